"""The page of fidelity is that of the data."""

from pathlib import Path

from simulator import resources
from simulator.domain.reference import Options
from simulator.fidelity_page import differences, page
from simulator.validation.packs.loading import names

REPOSITORY = Path(__file__).resolve().parents[1]


def test_the_committed_page_is_the_generated_one():
    committed = (REPOSITORY / "docs" / "fidelity.md").read_text(encoding="utf-8")
    assert committed == page(resources.reference(Options())), "run make docs"


def test_every_judged_interface_and_every_pack_has_a_line():
    reference = resources.reference(Options())
    text = page(reference)
    judged = [code for code, row in reference.catalogue.items() if row.judged_as]
    assert all(f"| `{code}` |" in text for code in judged)
    assert all(f"| {name} |" in text for name in names())


def test_every_difference_says_why():
    assert all(d.rules and d.official and d.ours and d.reason for d in differences())
