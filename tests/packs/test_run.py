"""Rules of each kind fire where they should, and say so."""

import datetime as dt

import pytest
from lxml import etree

from simulator.validation.packs.loading import load
from simulator.validation.packs.rows import PackError
from simulator.validation.packs.run import Scope, pack_of, run
from simulator.validation.syntaxes import recognise

NAMESPACES = (
    'xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2" '
    'xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2" '
    'xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"'
)


def judged(body, most=100, **scope):
    content = f"<Invoice {NAMESPACES}>\n{body}\n</Invoice>".encode()
    scope.setdefault("packs", ("test",))
    return run(content, etree.fromstring(content), Scope(syntax="ubl-invoice", **scope), most)


def rules_of(outcome):
    return {rule: count for (_, rule), count in outcome.fired.items()}


GOOD = "<cbc:ID>1</cbc:ID><cac:InvoiceLine><cbc:ID>1</cbc:ID></cac:InvoiceLine>"


@pytest.mark.parametrize(
    ("rule", "bad", "xpath"),
    [
        ('R.forbid = "cbc:UUID"', f"{GOOD}<cbc:UUID/>", "/Invoice/cbc:UUID"),
        ("R.forbid = \"cbc:ID[. = '2']\"", "<cbc:ID>2</cbc:ID>", "/Invoice/cbc:ID"),
        ('R.forbid = "//@schemeID"', "<cbc:ID schemeID='x'>1</cbc:ID>", "/Invoice/cbc:ID"),
        ('R.require = "cbc:ID"', "<cbc:ID> </cbc:ID>", "/Invoice"),
        ('R.single = "cbc:ID"', "<cbc:ID>1</cbc:ID><cbc:ID>1</cbc:ID>", "/Invoice"),
        ('R.test = "cac:InvoiceLine"', "<cbc:ID>1</cbc:ID>", "/Invoice"),
        (
            'R = { context = "cac:InvoiceLine", require = "cbc:ID" }',
            f"{GOOD}<cac:InvoiceLine/>",
            "/Invoice/cac:InvoiceLine[2]",
        ),
        (
            'R = { context = "cbc:Note", codes = "letters" }',
            f"{GOOD}<cbc:Note>C</cbc:Note>",
            "/Invoice/cbc:Note",
        ),
        (
            'R = { context = "cbc:Note[@languageID]", codes = "letters", value = "@languageID" }',
            f"{GOOD}<cbc:Note>C</cbc:Note><cbc:Note languageID='C'>A</cbc:Note>",
            "/Invoice/cbc:Note[2]",
        ),
    ],
)
def test_a_rule_of_each_kind_fires_on_the_bad_and_not_on_the_good_document(
    write_pack, rule, bad, xpath
):
    write_pack(f"[rules]\n{rule}")
    assert judged(GOOD).fired == {}
    outcome = judged(bad)
    assert rules_of(outcome) == {"R": 1}
    (finding,) = outcome.findings
    assert finding.place.xpath == xpath
    assert finding.place.line == (1 if xpath == "/Invoice" else 2)
    assert finding.place.column
    assert finding.place.excerpt


def test_a_finding_is_worded_by_the_row(write_pack):
    write_pack(
        '[rules.R]\ncontext = "cbc:Note"\ncodes = "letters"\nmotif = { b2g = "X", "*" = "Y" }\n'
        'level = "file"\nseverity = "warning"\nsource = "there"\nmark = "official"'
    )
    (finding,) = judged("<cbc:Note>{C}</cbc:Note>", circuit="b2g").findings
    assert finding.message == "R: cbc:Note '{C}'"
    assert finding.help == "Expected letters, found {C}."
    assert finding.repair == "Repair cbc:Note."
    assert (finding.motif, finding.level, finding.severity) == ("X", "file", "warning")
    assert (finding.source, finding.mark, finding.pack) == ("there (test 1)", "official", "test")
    (other,) = judged("<cbc:Note>C</cbc:Note>", circuit="b2g-pa").findings
    assert other.motif == "Y"


def test_an_excluded_context_is_left_out(write_pack):
    write_pack(
        '[rules]\nR = { context = "cac:InvoicePeriod", unless = "cac:InvoiceLine/cac:InvoicePeriod"'
        ', require = "cbc:StartDate" }\n'
        'S = { context = "cac:InvoicePeriod", unless = "cac:InvoiceLine/*", forbid = "cbc:EndDate" }'
    )
    period = "<cac:InvoicePeriod><cbc:EndDate/></cac:InvoicePeriod>"
    line = f"<cac:InvoiceLine>{period}</cac:InvoiceLine>"
    outcome = judged(period + line)
    assert rules_of(outcome)["R"] == 1
    assert next(f for f in outcome.findings if f.rule == "R").place.xpath == (
        "/Invoice/cac:InvoicePeriod"
    )


def test_a_rule_holds_for_its_syntaxes_circuits_interfaces_and_days(write_pack):
    write_pack(
        '[rules]\nA = { syntaxes = ["ubl-creditnote"], test = "false()" }\n'
        'B = { circuits = ["b2g"], test = "false()" }\n'
        'C = { interfaces = ["FSO1100A"], test = "false()" }\n'
        'D = { since = 2026-09-01, until = 2026-12-31, test = "false()" }\n'
        'E = { profiles = ["S1", "urn:x"], test = "false()" }'
    )
    fired = rules_of(judged(GOOD, circuit="b2g-pa", interface="FSO1150A", on=dt.date(2027, 1, 1)))
    assert fired == {}
    assert set(rules_of(judged(GOOD))) == {"B", "C", "D"}
    assert set(rules_of(judged("<cbc:ProfileID>S1</cbc:ProfileID>"))) == {"B", "C", "D", "E"}
    assert set(rules_of(judged("<cbc:CustomizationID>urn:x:y</cbc:CustomizationID>"))) == {*"BCDE"}


def test_variables_are_those_of_the_file(write_pack):
    write_pack(
        '[variables]\nnumber = "string(/*/cbc:ID)"\n'
        '[rules]\nR = { context = "cac:InvoiceLine", test = "cbc:ID = $number" }'
    )
    assert judged(GOOD).fired == {}
    outcome = judged("<cbc:ID>9</cbc:ID><cac:InvoiceLine><cbc:ID>1</cbc:ID></cac:InvoiceLine>")
    assert [f.place.xpath for f in outcome.findings] == ["/Invoice/cac:InvoiceLine"]


def test_findings_are_capped_fairly_and_counted(write_pack):
    write_pack(
        '[rules]\nA = { context = "cac:InvoiceLine", require = "cbc:ID" }\n'
        'B.forbid = "cac:InvoiceLine/cbc:Note"\nC.require = "cbc:ID"'
    )
    outcome = judged("<cac:InvoiceLine><cbc:Note/></cac:InvoiceLine>" * 50, most=5)
    assert rules_of(outcome) == {"A": 50, "B": 50, "C": 1}
    assert {f.rule for f in outcome.findings} == {"A", "B", "C"}
    assert (len(outcome.findings), outcome.more) == (5, 96)


def test_the_next_version_only_warns(write_pack):
    write_pack('[rules]\nR = { motif = "X", require = "cbc:UUID" }')
    write_pack('[rules]\nS = { motif = "X", require = "cbc:UUID" }', version="2", folder="test@2")
    outcome = judged(GOOD, packs=("test", "test@2"), warn=("test@2",))
    assert [(f.rule, f.severity, f.motif) for f in outcome.findings] == [
        ("R", "error", "X"),
        ("S", "warning", None),
    ]


def test_a_pack_takes_over_the_rules_of_another(write_pack):
    write_pack('[rules]\nA.require = "cbc:UUID"\nB.require = "cbc:UUID"\nC.require = "cbc:UUID"')
    write_pack(
        '[rules]\nB.require = "cbc:ID"', name="more", header='extends = "test"\nwithout = ["C"]'
    )
    outcome = judged(GOOD, packs=("more",))
    assert outcome.fired == {("more", "A"): 1}


def test_the_deepest_document_that_can_be_parsed_is_judged(write_pack):
    write_pack('[rules]\nR = { context = "cac:Party", test = "cac:AgentParty" }')
    deep = 2000
    body = "<cac:AgentParty>" * deep + "<cac:Party/>" + "</cac:AgentParty>" * deep
    content = f"<Invoice {NAMESPACES}>{body}</Invoice>".encode()
    root = etree.fromstring(content, etree.XMLParser(huge_tree=True))
    assert run(content, root, Scope(("test",), "ubl-invoice")).fired == {("test", "R"): 1}


def test_the_judge_calls_a_pack_as_any_other(write_pack):
    write_pack('[rules]\nA.require = "cbc:UUID"\nB.require = "cbc:UUID"')
    content = f"<Invoice {NAMESPACES}>{GOOD}</Invoice>".encode()
    root = etree.fromstring(content)
    findings, more = pack_of("test")(content, root, recognise(root), 1)
    assert ([f.rule for f in findings], more) == (["A"], 1)


def test_an_unknown_syntax_has_no_rules(write_pack):
    write_pack('[rules]\nA.require = "cbc:UUID"')
    assert run(b"<a/>", etree.fromstring("<a/>"), Scope(("test",), "unknown")).findings == []


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ('R.test = "cbc:ID and"', "not XPath 1.0"),
        ('R.test = "exists(cbc:ID)"', "exists"),
        ('R.test = "cbc:ID = $none"', "no variable"),
        ('R = { context = "cac:InvoiceLine", test = "//cbc:ID" }', "absolute path"),
        ('R = { context = "cac:InvoiceLine", test = "not(/*/cbc:ID)" }', "absolute path"),
        ('R = { context = "cac:InvoiceLine", test = "preceding-sibling::*" }', "siblings"),
        ('R = { context = "a[", test = "true()" }', "brackets"),
        ('R = { context = "xyz:ID", forbid = "cbc:ID" }', "unknown prefix"),
        ('R = { context = "cbc:ID[. =]", forbid = "a" }', "not XPath 1.0"),
        ('R = { context = "cbc:ID", test = "xyz:a" }', "unknown prefix"),
        ('R.forbid = "cbc:ID[exists(.)]"', "exists"),
        ("R = { severity = 'error' }", "exactly one"),
        ('R = { test = "a", forbid = "b" }', "exactly one"),
        ('R = { context = "cbc:ID", codes = "none" }', "code list none"),
        ('R = { syntaxes = ["edifact"], test = "a" }', "unknown syntax"),
        ("R = { function = true }", "no function"),
        ('R = { tset = "a" }', "tset"),
        ("R.test = ", "rules.toml"),
    ],
)
def test_a_pack_that_cannot_be_used_says_why(write_pack, rules, reason):
    write_pack(f"[rules]\n{rules}")
    with pytest.raises(PackError, match=reason):
        judged(GOOD)


def test_a_pack_that_is_not_there_is_named(write_pack):
    write_pack("")
    with pytest.raises(PackError, match="there is no rule pack none: expected one of test"):
        load("none")
    with pytest.raises(PackError, match="version 1, not 3"):
        load("test@3")
