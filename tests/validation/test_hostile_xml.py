"""Documents made to cost: refused before they do, and told of in few words."""

import time

import msgspec
import pytest
from bad_flows import UBL, crowded, with_attachment, with_number

from simulator.domain.judgement import Job, Limits
from simulator.validation.judge import judge
from simulator.validation.parsing import parse

LONG = b"x" * 9_000_000


def found(content):
    return [f.rule for f in parse(content).findings]


def judged(content):
    return judge(Job("a.xml", "ubl-2.1", "b2g-pa", ("xsd",), Limits(), content=content))


@pytest.mark.parametrize("attribute", [' a{}=""', " a{} = '>'", "\n xmlns:a{}='u'"])
def test_an_element_may_have_so_many_attributes_and_no_more(attribute):
    names = [attribute.format(n).encode() for n in range(10_001)]
    for inside in (b"<cbc:UBLVersionID", b"<cac:Item", b"<cac:Price"):
        few, many = (UBL.replace(inside, inside + b"".join(n), 1) for n in (names[1:], names))
        assert found(few) == []
        parsed = parse(many)
        assert [f.rule for f in parsed.findings] == ["IRR_SYNTAX_ATTRIBUTES"]
        assert parsed.root is None
        assert inside[1:].decode() in parsed.findings[0].message


def test_the_element_of_too_many_attributes_is_placed():
    (finding,) = parse(crowded(10_001)).findings
    line = UBL.decode().splitlines()[finding.place.line - 1]
    assert line[finding.place.column - 1 :].startswith("<Invoice")
    assert finding.place.excerpt.startswith('<Invoice a0=""')


@pytest.mark.parametrize(
    "content",
    [
        with_number(b"a='' " * 20_000),
        with_number(b"<![CDATA[" + b"a='' " * 20_000 + b"]]>"),
        UBL.replace(b"<Invoice", b"<!--" + b" a=''" * 20_000 + b"--><Invoice", 1),
        UBL.replace(b"<Invoice", b"<Invoice a='" + b'b="" ' * 20_000 + b"'", 1),
        with_number(b"".join(b"<a b='' c='' d=''/>" for _ in range(20_000))),
    ],
)
def test_what_only_looks_like_attributes_is_none(content):
    assert found(content) == []


def test_a_million_attributes_cost_no_more_than_their_bytes():
    content, begin = crowded(1_000_000), time.perf_counter()
    assert found(content) == ["IRR_SYNTAX_ATTRIBUTES"]
    assert time.perf_counter() - begin < 2


@pytest.mark.parametrize(
    "content",
    [
        b"<" + LONG + b"/>",
        b'<a xmlns="' + LONG + b'"/>',
        with_number(b"<" + LONG + b"/>"),
        UBL.replace(b"<cac:Item>", b"<cac:Item><" + LONG + b"/>", 1),
        UBL.replace(b"<cbc:ID", b"<cbc:ID " + LONG + b'=""', 1),
        with_attachment(None).replace(b"<cac:Attachment>", b"<" + LONG + b"><cac:Attachment>")
        .replace(b"</cac:Attachment>", b"</cac:Attachment></" + LONG + b">"),
    ],
    ids=["root", "namespace", "child", "deeper child", "attribute", "parent"],
)  # fmt: skip
def test_a_name_of_9_mb_is_not_repeated_in_findings(content):
    judgement = judged(content)
    assert judgement.verdict == "irrecevable"
    assert len(msgspec.json.encode(judgement)) < 20_000
