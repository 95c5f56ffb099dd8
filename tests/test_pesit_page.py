"""docs/pesit-coverage.md says of each FPDU and parameter what the tables of this version say."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from simulator.pesit_page import page
from simulator.transport import pesit_server
from simulator.wire.pesit.coverage import SERVED, USES
from simulator.wire.pesit.diagnostics import DIAGNOSTICS, Diagnostic
from simulator.wire.pesit.kinds import FPDUS
from simulator.wire.pesit.profile import DEVIATIONS

NAMES = {row.name for row in DIAGNOSTICS.values()}
DOCS = Path(__file__).resolve().parents[1] / "docs"


def rows(text, heading):
    """The cells of the table below a heading, without its two first lines."""
    section = text.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


@pytest.mark.skipif(not DOCS.is_dir(), reason="docs/ is not part of an installed wheel")
def test_the_committed_page_is_the_generated_one():
    assert (DOCS / "pesit-coverage.md").read_text("utf-8") == page(), "run: make docs"


def test_the_command_prints_the_page():
    run = subprocess.run(
        [sys.executable, "-m", "simulator.pesit_page"], capture_output=True, check=True
    )
    assert run.stdout.decode() == page()


def test_every_fpdu_has_a_row_with_what_is_done_each_way():
    found = rows(page(), "FPDUs")
    assert [row[0].strip("`") for row in found] == [row.name for row in FPDUS.values()]
    for name, _, *cells, _ in found:
        assert set(cells) <= {"done", "refused: 3-311"}, name
        assert "done" in cells, name


def test_every_parameter_has_a_row_with_what_is_done_and_why():
    found = {int(row[0]): row for row in rows(page(), "Parameters")}
    assert set(found) == set(USES)
    for code, row in found.items():
        assert row[4].split(";")[0] == USES[code].received
        assert row[5] == USES[code].sent
        assert row[6] == USES[code].words


def test_every_liberty_says_what_each_profile_does():
    found = rows(page(), "Liberties of peers")
    assert [row[0].strip("`") for row in found] == list(DEVIATIONS)
    for name, _, lenient, strict, *_ in found:
        assert re.fullmatch(r"`[a-z-]+`", name)
        assert lenient == "tolerated" or lenient == strict
        assert re.fullmatch(r"refused: (ABORT|IDT) \d-\d{3}", strict)


def test_every_diagnostic_says_who_gives_it():
    found = rows(page(), "Diagnostics")
    assert [row[0] for row in found] == [str(one) for one in DIAGNOSTICS]
    assert {row[3] for row in found} == {"core", "server", "core, server", "nobody here"}


@pytest.mark.skipif(not DOCS.is_dir(), reason="docs/ is not part of an installed wheel")
def test_pages_that_are_linked_exist():
    for name in ("pesit.md", "pesit-coverage.md"):
        links = re.findall(r"\]\(([a-z0-9-]+\.md)", (DOCS / name).read_text("utf-8"))
        assert links
        assert all((DOCS / link).is_file() for link in links)


def test_the_diagnostics_of_the_server_are_those_of_its_source():
    parts = ("server", "sign_in", "house", "link", "depot", "retrait")
    folder = Path(pesit_server.__file__).parent
    text = "".join((folder / f"pesit_{part}.py").read_text("utf-8") for part in parts)
    named = {
        Diagnostic.named(one) for one in re.findall(r'"([a-z]+-[a-z-]+)"', text) if one in NAMES
    }
    numbered = {
        Diagnostic(int(a), int(b)) for a, b in re.findall(r"Diagnostic\((\d), (\d+)\)", text)
    }
    assert named | numbered == SERVED
