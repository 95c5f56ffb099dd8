"""Our compiler does what ISO Schematron says, and refuses what it cannot compile."""

from pathlib import Path

import pytest

from simulator.schematron.sch import compiled
from simulator.schematron.schparts import SchematronFault

FAILS = '<assert id="{}" test="false()">no</assert>'


def rules(ruled):
    return [fired.rule for fired in ruled.fired]


def test_only_the_first_rule_that_matches_a_node_fires_in_a_pattern(ruled):
    schema = f"""<pattern><rule context="a/b">{FAILS.format("first")}</rule>
        <rule context="b">{FAILS.format("second")}</rule></pattern>
        <pattern><rule context="b">{FAILS.format("other-pattern")}</rule></pattern>"""
    assert rules(ruled(schema, "<a><b/></a>")) == ["first", "other-pattern"]


def test_a_rule_without_checks_shields_its_nodes_from_later_rules(ruled):
    rule = f'<rule context="b">{FAILS.format("R")}</rule>'
    schema = f'<pattern><rule context="b[@x]"/>{rule}</pattern>'
    assert ruled(schema, "<a><b x='1'/><b/></a>").counts == {"R": 1}


def test_nodes_inside_a_matched_node_are_matched_too(ruled):
    schema = f'<pattern><rule context="b">{FAILS.format("R")}</rule></pattern>'
    found = ruled(schema, "<a><b><c><b/></c></b></a>")
    assert [fired.location for fired in found.fired] == ["/a/b", "/a/b/c/b"]


def test_variables_of_schema_pattern_and_rule_are_seen_in_tests_and_contexts(ruled):
    schema = """<let name="all" value="count(//b)"/>
        <pattern><let name="wanted" value="/a/@wanted"/>
        <rule context="b[@n = $wanted]"><let name="own" value="@n"/>
        <assert id="R" test="$all = 3 and $own = '3'">n=<value-of select="$own"/></assert>
        </rule></pattern>"""
    found = ruled(schema, "<a wanted='2'><b n='1'/><b n='2'/><b n='3'/></a>")
    assert [(fired.location, fired.text) for fired in found.fired] == [("/a/b[2]", "n=2")]


def test_two_patterns_may_use_one_name_for_their_variables(ruled):
    schema = "".join(
        f"""<pattern><let name="v" value="'{value}'"/><let name="v2" value="concat($v, '!')"/>
        <rule context="a[$v]"><assert id="{value}" test="$v2 = ''"><value-of select="$v2"/></assert>
        </rule></pattern>"""
        for value in ("one", "two")
    )
    assert [fired.text for fired in ruled(schema, "<a/>").fired] == ["one!", "two!"]


def test_a_variable_may_hold_elements(ruled):
    schema = """<let name="codes"><code xmlns="">A</code><code xmlns="">B</code></let>
        <pattern><rule context="a"><assert id="R" test=". = $codes/code">no</assert></rule></pattern>"""
    assert ruled(schema, "<a>B</a>").counts == {}
    assert ruled(schema, "<a>C</a>").counts == {"R": 1}


def test_abstract_patterns_are_instantiated_with_their_parameters(ruled):
    schema = """<pattern abstract="true" id="table"><rule context="$row">
        <assert id="R" test="count($cell) = $cells">x</assert></rule></pattern>
        <pattern is-a="table"><param name="row" value="tr"/><param name="cell" value="td"/>
          <param name="cells" value="2"/></pattern>
        <pattern is-a="table"><param name="row" value="line"/><param name="cell" value="item"/>
          <param name="cells" value="1"/></pattern>"""
    found = ruled(schema, "<a><tr><td/><td/></tr><line><item/><item/></line></a>")
    assert [fired.location for fired in found.fired] == ["/a/line"]


def test_rules_extend_abstract_ones_of_their_own_pattern_first(ruled):
    schema = """<pattern><rule abstract="true" id="base"><extends rule="deeper"/></rule>
        <rule abstract="true" id="deeper"><assert id="D" test="@d">x</assert></rule>
        <rule context="a"><extends rule="base"/><assert id="A" test="@a">x</assert></rule></pattern>
        <pattern><rule abstract="true" id="deeper"><assert id="E" test="@e">x</assert></rule>
        <rule context="a"><extends rule="deeper"/></rule></pattern>"""
    assert rules(ruled(schema, "<a/>")) == ["D", "A", "E"]


def test_parts_are_included_from_beside_the_schema_and_from_beside_a_part(ruled, tmp_path):
    ns = 'xmlns="http://purl.oclc.org/dsdl/schematron"'
    parts = tmp_path / "parts"
    parts.mkdir()
    (parts / "pattern.sch").write_text(
        f'<pattern {ns}><rule context="a"><extends href="more.sch#extra"/></rule></pattern>'
    )
    (parts / "more.sch").write_text(
        f'<x {ns}><rule id="extra"><assert id="R" test="@a">x</assert></rule></x>'
    )
    assert rules(ruled('<include href="parts/pattern.sch"/>', "<a/>")) == ["R"]


def test_functions_and_keys_of_xslt_are_taken_over(ruled):
    schema = """<ns prefix="f" uri="urn:f"/>
        <xsl:function xmlns:xsl="http://www.w3.org/1999/XSL/Transform" name="f:even" as="xs:boolean">
          <xsl:param name="n" as="xs:integer"/><xsl:sequence select="$n mod 2 = 0"/></xsl:function>
        <xsl:key xmlns:xsl="http://www.w3.org/1999/XSL/Transform" name="by" match="b" use="@id"/>
        <pattern><rule context="a"><assert id="E" test="f:even(count(b))">x</assert>
        <assert id="K" test="key('by', '7')">x</assert></rule></pattern>"""
    assert rules(ruled(schema, "<a><b id='7'/></a>")) == ["E"]


def test_a_report_fires_when_its_test_holds(ruled):
    schema = '<pattern><rule context="a"><report id="R" test="@x">x</report></rule></pattern>'
    assert rules(ruled(schema, "<a x=''/>")) == ["R"]
    assert rules(ruled(schema, "<a/>")) == []


@pytest.mark.parametrize(
    ("context", "document", "location"),
    [
        ("@x", "<a><b x='1'/></a>", "/a/b/@x"),
        ("b/text()", "<a><b>t</b></a>", "/a/b/text()"),
        ("/", "<a/>", "/"),
        ("/a | c", "<a/>", "/a"),
    ],
)
def test_a_context_may_be_any_node(ruled, context, document, location):
    schema = f'<pattern><rule context="{context}">{FAILS.format("R")}</rule></pattern>'
    assert [fired.location for fired in ruled(schema, document).fired] == [location]


def test_a_message_says_what_value_of_and_name_ask_for(ruled):
    schema = """<pattern><rule context="b"><assert id="R" test="false()">
        In <name path=".."/>, <name/> is <emph>{<value-of select="@x, @y"/>}</emph>
        not 1</assert></rule></pattern>"""
    assert ruled(schema, "<a><b x='2' y='3'/></a>").fired[0].text == "In a, b is {2 3} not 1"


def test_flag_role_and_the_rule_s_own_flag_count_in_that_order(ruled):
    check = '<assert id="{0}" test="false()" {1}>x</assert>'
    schema = f"""<pattern><rule context="a" role="info">{check.format("A", 'flag="fatal" role="x"')}
        {check.format("B", 'role="warning"')}{check.format("C", "")}</rule></pattern>"""
    assert [f.flag for f in ruled(schema, "<a/>").fired] == ["fatal", "warning", "info"]


def test_a_check_without_id_is_named_by_its_text_or_its_test(ruled):
    schema = """<pattern><rule context="a"><assert test="@x">[G1.05] Trop long</assert>
        <assert test="@y">Not
        {good}</assert><assert test="@z = '{1}'"/></rule></pattern>"""
    found = ruled(schema, "<a/>")
    assert rules(found) == ["G1.05", "assert: Not {good}", "assert: @z = '{1}'"]
    assert "G1.05" in found.rules


def test_phases_do_not_switch_patterns_off(ruled):
    schema = f"""<phase id="p"><active pattern="one"/></phase>
        <pattern id="one"/><pattern id="two"><rule context="a">{FAILS.format("R")}</rule></pattern>"""
    assert rules(ruled(schema, "<a/>")) == ["R"]


def test_prefixes_of_ns_and_of_the_file_may_be_used_in_queries(ruled):
    schema = f"""<ns prefix="p" uri="urn:p"/><pattern><rule context="p:a[xs:integer(@n) = 1]">
        {FAILS.format("R")}</rule></pattern>"""
    assert rules(ruled(schema, "<q:a xmlns:q='urn:p' n='01'/>")) == ["R"]


def write(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "bad.sch"
    file.write_text(text)
    return file


SCH = 'xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2"'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("<schema/>", "line 1: expected .*schema .ISO., found schema"),
        ("<schema", "bad.sch"),
        (f"<schema {SCH}>\n<pattern><rule/></pattern></schema>", "line 2: expected a context"),
        (f"<schema {SCH}><include href='none.sch'/></schema>", "expected a file none.sch"),
        (f"<schema {SCH}><include href='bad.sch'/></schema>", "includes itself"),
        (f"<schema {SCH}><pattern is-a='x'/></schema>", "expected an abstract pattern 'x'"),
        (
            f"<schema {SCH}><pattern><rule context='a'><extends rule='x'/></rule></pattern></schema>",
            "expected an abstract rule 'x'",
        ),
        (
            f"<schema {SCH}><pattern><rule context='a'><assert/></rule></pattern></schema>",
            "expected a test",
        ),
        (f"<schema {SCH}><ns prefix='xsl' uri='urn:x'/></schema>", "expected a prefix of its own"),
        (f"<schema {SCH.replace('xslt2', 'stx')}/>", "expected a queryBinding of .*found 'stx'"),
    ],
)
def test_what_cannot_be_compiled_is_told_with_file_and_line(tmp_path, text, told):
    with pytest.raises(SchematronFault, match=f"(?s)bad.sch.*{told}|{told}"):
        compiled(write(tmp_path, text))


def test_rules_that_extend_each_other_are_refused(tmp_path):
    text = f"""<schema {SCH}><pattern><rule abstract="true" id="x"><extends rule="x"/></rule>
        <rule context="a"><extends rule="x"/></rule></pattern></schema>"""
    with pytest.raises(SchematronFault, match="that ends"):
        compiled(write(tmp_path, text))
