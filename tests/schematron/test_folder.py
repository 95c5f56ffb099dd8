"""A user's folder of rule sets is read, and says for itself what its files are for."""

import pytest

from simulator.schematron.folder import FolderError, of_folder
from simulator.schematron.opinion import opinions
from simulator.schematron.process import Subject
from simulator.schematron.rulesets import Applies

CII = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
SCH = 'xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2"'
SCHEMA = f"""<schema {SCH}><ns prefix="r" uri="{CII}"/><ns prefix="x"
  uri="http://www.w3.org/2001/XMLSchema"/><pattern><rule context="/r:*"><assert id="MY-01"
  test="@mine">Mine</assert></rule></pattern></schema>"""
SHEET = """<xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform" version="2.0" {}
  xmlns:svrl="http://purl.oclc.org/dsdl/svrl"><xsl:template match="/"><svrl:schematron-output
  ><svrl:failed-assert id="X-01" location="/"/></svrl:schematron-output></xsl:template
  ></xsl:stylesheet>"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "mine.sch").write_text(SCHEMA)
    (tmp_path / "plain.XSLT").write_text(SHEET.format(""))
    (tmp_path / "part.sch").write_text(f"<pattern {SCH}/>")
    (tmp_path / "notes.txt").write_text("no rule set")
    return tmp_path


def by_name(folder):
    return {row.name: row for row in of_folder(folder)}


def test_every_schema_and_stylesheet_is_a_rule_set_and_parts_are_not(folder):
    assert list(by_name(folder)) == ["mine.sch", "plain.XSLT"]


def test_a_file_is_for_the_namespaces_that_it_declares(folder):
    (folder / "ubl.xsl").write_text(SHEET.format('xmlns:a="urn:a" xmlns:b="urn:b"'))
    rows = by_name(folder)
    assert rows["mine.sch"].applies == Applies((CII,))
    assert rows["plain.XSLT"].applies == Applies(("",))
    assert rows["ubl.xsl"].applies == Applies(("urn:a", "urn:b"))


def test_its_table_overrides_what_a_file_is_for(folder):
    (folder / "schematron.toml").write_text(
        """["mine.sch"]
        name = "House rules"
        version = "3"
        pack = "en16931"
        syntaxes = ["cii-d22b"]
        guidelines = ["urn:cen.eu:*"]
        ["plain.XSLT"]
        off = true
        """
    )
    (row,) = of_folder(folder)
    assert (row.name, row.version, row.pack) == ("House rules", "3", "en16931")
    assert row.applies.to(CII, "cii-d22b", "urn:cen.eu:en16931:2017")
    assert not row.applies.to(CII, "factur-x", "urn:cen.eu:en16931:2017")
    assert not row.applies.to(CII, "cii-d22b", "urn:other")


def test_without_a_version_the_content_is_told(folder):
    before = by_name(folder)["mine.sch"].version
    (folder / "mine.sch").write_text(SCHEMA + "\n")
    assert by_name(folder)["mine.sch"].version != before


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ('["nine.sch"]\noff = true', "no file 'nine.sch' beside it"),
        ('["mine.sch"]\nof = true', "unknown field `of`"),
        ('["mine.sch"]\nsyntaxes = "cdar"', "Expected `array`"),
        ("[", "schematron.toml: "),
    ],
)
def test_a_wrong_table_is_refused_with_its_place(folder, table, told):
    (folder / "schematron.toml").write_text(table)
    with pytest.raises(FolderError, match=told):
        of_folder(folder)


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(FolderError, match="expected a folder"):
        of_folder(tmp_path / "none")


def test_the_folder_s_rules_run_on_the_documents_they_are_for(folder, process):
    sets = of_folder(folder)
    of_cii = opinions(process, sets, Subject(f'<r:I xmlns:r="{CII}"/>'.encode(), "cii-d22b"))
    assert [(o.name, o.counts) for o in of_cii.opinions] == [("mine.sch", {"MY-01": 1})]
    of_plain = opinions(process, sets, Subject(b"<Report/>", "flux-10"))
    assert [(o.name, o.counts) for o in of_plain.opinions] == [("plain.XSLT", {"X-01": 1})]


def test_a_file_that_cannot_be_used_says_so_and_harms_no_other(folder, process):
    (folder / "broken.sch").write_text("<schema")
    (folder / "wrong.sch").write_text(SCHEMA.replace('test="@mine"', 'test="@mine["'))
    (folder / "html.xslt").write_text(
        SHEET.format(f'xmlns:c="{CII}"').replace("svrl:schematron-output", "html")
    )
    subject = Subject(f'<r:I xmlns:r="{CII}"/>'.encode(), "cii-d22b")
    found = {o.name: o for o in opinions(process, of_folder(folder), subject).opinions}
    assert found["broken.sch"].stopped.startswith("cannot be read: ")
    assert "XPST0003" in found["wrong.sch"].stopped
    assert found["html.xslt"].stopped.startswith("expected a report (svrl:schematron-output)")
    assert found["mine.sch"].counts == {"MY-01": 1}
