"""``check`` gets the second opinion on each document of a flow."""

import io
import tarfile

import pytest

from simulator.domain.findings import NOWHERE, Finding
from simulator.domain.judgement import Job, Limits
from simulator.schematron.checking import Members, SecondOpinions
from simulator.schematron.folder import FolderError
from simulator.schematron.process import Subject

UBL = "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
FINDING = Finding(
    "BR-01", "en16931", "error", "invoice", "non", "", "", None, NOWHERE, "", "official"
)


def test_a_run_of_check_has_the_official_sets_and_those_of_the_folder(extra, tmp_path):
    (tmp_path / "mine.sch").write_text(
        f"""<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2">
        <ns prefix="u" uri="{UBL}"/><pattern><rule context="u:Invoice">
        <assert id="MY-01" flag="fatal" test="@mine">x</assert></rule></pattern></schema>"""
    )
    with SecondOpinions(tmp_path) as second:
        content = f'<Invoice xmlns="{UBL}"/>'.encode()
        subject = Subject(content, "ubl-invoice", packs=("xsd", "en16931"))
        found = second.beside([FINDING], subject)
    rows = {row.rule: row.where for row in found.rows}
    assert rows["BR-01"] == "both"
    assert rows["BR-03"] == rows["MY-01"] == "only official"
    assert len(found.engines) == 2


def test_a_folder_that_cannot_be_used_is_told_before_anything_runs(tmp_path):
    with pytest.raises(FolderError):
        SecondOpinions(tmp_path / "none")


@pytest.fixture
def envelope():
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name in ("a.xml", "b.xml", "c.xml"):
            entry = tarfile.TarInfo(name)
            entry.size = len(name)
            tar.addfile(entry, io.BytesIO(name.encode()))
    return Job("FLOW.tar.gz", "", "", None, Limits(), content=packed.getvalue())


def test_the_files_of_an_envelope_are_found_again_in_any_order(envelope):
    members = Members(envelope)
    names = ("a.xml", "a.xml", "c.xml", "b.xml", "none.xml", "a.xml")
    assert [members.content(name) for name in names] == [
        b"a.xml",
        b"a.xml",
        b"c.xml",
        b"b.xml",
        None,
        b"a.xml",
    ]
