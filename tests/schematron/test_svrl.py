"""Reports of published stylesheets are read as they are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.schematron.svrl import NoReport, place, report, rules_of

UBL = "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
SVRL = """<svrl:schematron-output xmlns:svrl="http://purl.oclc.org/dsdl/svrl">
<svrl:active-pattern/><svrl:fired-rule context="/"/>
<svrl:failed-assert test="t" id="BR-01" flag="fatal" location="/*:Invoice[namespace-uri()='{ubl}'][1]">
<svrl:text>[BR-01]-An
  Invoice</svrl:text><svrl:diagnostic-reference>d</svrl:diagnostic-reference></svrl:failed-assert>
<svrl:failed-assert test="t" id="BR-01" location="/x[1]"><svrl:text>again</svrl:text>
</svrl:failed-assert>
<svrl:successful-report test="@listID" role="warning" location="/x[1]/@listID"><svrl:text>Attribute
</svrl:text></svrl:successful-report></svrl:schematron-output>"""

names = st.from_regex(r"[A-Za-z_][\w.-]{0,8}", fullmatch=True).filter(str.isascii)
steps = st.lists(
    st.tuples(st.sampled_from([UBL, CBC, "urn:other"]), names, st.integers(1, 12)), min_size=1
)


def test_asserts_that_failed_and_reports_that_hold_are_what_fired():
    fired, counts = report(SVRL.replace("{ubl}", UBL), 10)
    assert counts == {"BR-01": 2, "report: Attribute": 1}
    assert [f.flag for f in fired] == ["fatal", "", "warning"]
    assert fired[0].location == "/Invoice"
    assert fired[0].text == "[BR-01]-An Invoice"


def test_what_is_not_described_is_still_counted():
    fired, counts = report(SVRL, 1)
    assert len(fired) == 1
    assert sum(counts.values()) == 3


@pytest.mark.parametrize("text", ["", "<html/>", "no XML", '<?xml version="1.0"?>'])
def test_what_a_stylesheet_wrote_must_be_a_report(text):
    with pytest.raises(NoReport, match="expected a report"):
        report(text, 1)


@given(steps)
def test_published_locations_and_those_of_path_are_shown_alike(path):
    published = "".join(f"/*:{n}[namespace-uri()='{u}'][{i}]" for u, n, i in path)
    of_path = "".join(f"/Q{{{u}}}{n}[{i}]" for u, n, i in path)
    assert place(published) == place(of_path)
    assert "urn:" not in place(published)


def test_attributes_are_shown_with_their_at_sign():
    location = f"/*:a[namespace-uri()='{CBC}'][2]/@*[local-name()='x' and namespace-uri()='{CBC}']"
    assert place(location) == "/cbc:a[2]/@cbc:x"
    assert place("/Q{}a[1]/@y") == "/a/@y"


def test_a_numbered_check_of_factur_x_goes_by_the_name_of_the_rule_it_stands_for():
    text = """<o><failed-assert id="FX-SCH-A-000121"><text>[BR-CO-15]-Invoice total</text>
    </failed-assert><failed-assert id="FX-SCH-A-000027"><text>Element must occur</text>
    </failed-assert></o>""".replace("o>", "schematron-output>")
    assert report(text, 9).counts == {"BR-CO-15": 1, "FX-SCH-A-000027": 1}


def test_the_rules_of_a_stylesheet_are_those_it_could_fire():
    sheet = """<x:stylesheet xmlns:x="http://www.w3.org/1999/XSL/Transform" xmlns:s="urn:svrl">
    <s:failed-assert><x:attribute name="id">BR-01</x:attribute><s:text>t</s:text></s:failed-assert>
    <s:failed-assert id="BR-02"/><s:failed-assert id="BR-02"/>
    <s:failed-assert test="a"><s:text>[G1.05] t</s:text></s:failed-assert></x:stylesheet>"""
    assert rules_of(sheet.encode()) == ("BR-01", "BR-02", "G1.05")
