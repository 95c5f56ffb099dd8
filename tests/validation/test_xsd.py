"""Schema errors: the keys of Xerces, the words of the table, the elements they speak of."""

import pytest
from lxml import etree

from simulator.validation import xsd
from simulator.validation.parsing import rules
from simulator.validation.syntaxes import Syntax

# A schema of our own with every kind of error that the table has words for.
SCHEMA = """
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:element name="r"><xs:complexType><xs:sequence>
    <xs:element name="enum" minOccurs="0"><xs:simpleType><xs:restriction base="xs:string">
      <xs:enumeration value="A"/><xs:enumeration value="B"/></xs:restriction>
      </xs:simpleType></xs:element>
    <xs:element name="pat" minOccurs="0"><xs:simpleType><xs:restriction base="xs:string">
      <xs:pattern value="[0-9]{3}"/></xs:restriction></xs:simpleType></xs:element>
    <xs:element name="len" minOccurs="0"><xs:simpleType><xs:restriction base="xs:string">
      <xs:length value="2"/></xs:restriction></xs:simpleType></xs:element>
    <xs:element name="short" minOccurs="0"><xs:simpleType><xs:restriction base="xs:string">
      <xs:minLength value="1"/><xs:maxLength value="3"/></xs:restriction></xs:simpleType></xs:element>
    <xs:element name="num" minOccurs="0"><xs:simpleType><xs:restriction base="xs:decimal">
      <xs:totalDigits value="4"/><xs:fractionDigits value="2"/><xs:minInclusive value="0"/>
      <xs:maxInclusive value="900"/></xs:restriction></xs:simpleType></xs:element>
    <xs:element name="open" minOccurs="0"><xs:simpleType><xs:restriction base="xs:decimal">
      <xs:minExclusive value="0"/><xs:maxExclusive value="9"/></xs:restriction>
      </xs:simpleType></xs:element>
    <xs:element name="date" type="xs:date" minOccurs="0"/>
    <xs:element name="needs" minOccurs="0"><xs:complexType><xs:simpleContent>
      <xs:extension base="xs:string"><xs:attribute name="a" use="required"/></xs:extension>
      </xs:simpleContent></xs:complexType></xs:element>
    <xs:element name="void" minOccurs="0"><xs:complexType/></xs:element>
    <xs:element name="fix" minOccurs="0"><xs:complexType>
      <xs:attribute name="c" fixed="1001"/></xs:complexType></xs:element>
    <xs:element name="last"/>
  </xs:sequence></xs:complexType></xs:element>
</xs:schema>
"""
LAST = "<last/>"
CASES = [
    ("cvc-complex-type.2.4.a", "<zzz/>", "'zzz', attendu : enum, pat"),
    ("cvc-complex-type.2.4.b", "<enum>A</enum>", "'r' est incomplet, attendu : pat, len"),
    ("cvc-complex-type.2.4.d", f"{LAST}<zzz/>", "'zzz', aucun élément"),
    ("cvc-complex-type.2.3", f"text{LAST}", "'r' ne peut pas contenir de texte"),
    ("cvc-complex-type.2.2", f'<needs a="1"><b/></needs>{LAST}', "'needs' ne peut pas contenir"),
    ("cvc-complex-type.2.1", f"<void>x</void>{LAST}", "'void' doit être vide"),
    (
        "cvc-complex-type.3.2.2",
        f'<needs a="1" b="2"/>{LAST}',
        "'b' n'est pas autorisé dans l'élément 'needs'",
    ),
    (
        "cvc-complex-type.3.1",
        f'<fix c="9"/>{LAST}',
        "'9' de l'attribut 'c' de l'élément 'fix' n'est pas la valeur imposée '1001'",
    ),
    ("cvc-complex-type.4", f"<needs/>{LAST}", "'a' doit figurer dans l'élément 'needs'"),
    (
        "cvc-datatype-valid.1.2.1",
        f"<date>1/9</date>{LAST}",
        "'1/9' n'est pas une valeur valide pour 'xs:date'",
    ),
    (
        "cvc-type.3.1.1",
        f'<date b="1">2026-09-01</date>{LAST}',
        "'b' n'est pas autorisé dans l'élément 'date'",
    ),
    ("cvc-type.3.1.2", f"<date><b/></date>{LAST}", "'date', de type simple"),
    (
        "cvc-enumeration-valid",
        f"<enum>it's</enum>{LAST}",
        "'it's' de l'élément 'enum' n'est pas dans la liste {'A', 'B'}",
    ),
    (
        "cvc-pattern-valid",
        f"<pat>12</pat>{LAST}",
        "'12' de l'élément 'pat' ne respecte pas le format [0-9]{3}",
    ),
    ("cvc-length-valid", f"<len>abc</len>{LAST}", "'len' est 3, attendu : 2"),
    ("cvc-minLength-valid", f"<short></short>{LAST}", "'short' est 0, minimum : 1"),
    ("cvc-maxLength-valid", f"<short>abcd</short>{LAST}", "'short' est 4, maximum : 3"),
    (
        "cvc-totalDigits-valid",
        f"<num>123.45</num>{LAST}",
        "'123.45' de l'élément 'num' a plus de 4 chiffres",
    ),
    (
        "cvc-fractionDigits-valid",
        f"<num>1.234</num>{LAST}",
        "'1.234' de l'élément 'num' a plus de 2 décimales",
    ),
    (
        "cvc-minInclusive-valid",
        f"<num>-1</num>{LAST}",
        "'-1' de l'élément 'num' est inférieure au minimum 0",
    ),
    (
        "cvc-maxInclusive-valid",
        f"<num>901</num>{LAST}",
        "'901' de l'élément 'num' dépasse le maximum 900",
    ),
    (
        "cvc-minExclusive-valid",
        f"<open>0</open>{LAST}",
        "'0' de l'élément 'open' n'est pas supérieure à 0",
    ),
    (
        "cvc-maxExclusive-valid",
        f"<open>9</open>{LAST}",
        "'9' de l'élément 'open' n'est pas inférieure à 9",
    ),
]
ROW = Syntax("test", "r", {}, lambda root: "test", lambda root: ())


@pytest.fixture(autouse=True)
def _own_schema(monkeypatch):
    schema = etree.XMLSchema(etree.fromstring(SCHEMA))
    monkeypatch.setattr(xsd, "schema_of", lambda key: schema)


def found(content, most=100):
    return xsd.schema_findings(content, etree.fromstring(content), ROW, most)


@pytest.mark.parametrize(("key", "body", "words"), CASES, ids=[key for key, _, _ in CASES])
def test_an_error_is_named_by_its_xerces_key_and_worded(key, body, words):
    findings, more = found(f"<r>{body}</r>".encode())
    assert more == 0
    assert key in [f.rule for f in findings]
    finding = next(f for f in findings if f.rule == key)
    assert finding.message.startswith(f"IRRECEVABILITE: {key} : ")
    assert words in finding.message
    assert finding.message.endswith(f" - ligne: 1 - position: {finding.place.column}")
    assert (finding.motif, finding.level, finding.pack) == ("IRR_SYNTAX", "file", "xsd")


def test_a_root_of_no_schema_has_its_key():
    (finding,), _ = found(b"<other/>")
    assert finding.rule == "cvc-elt.1.a"
    assert "'other'" in finding.message


def test_every_key_of_the_table_has_a_failing_document():
    keys = {key for key in rules() if key.startswith("cvc-")}
    assert keys == {key for key, _, _ in CASES} | {"cvc-elt.1.a", "cvc-other"}


@pytest.mark.parametrize(
    ("type_name", "key"),
    [
        ("SCHEMAV_CVC_TYPE_3_1_1", "cvc-type.3.1.1"),
        ("SCHEMAV_CVC_ELT_5_2_2_2_1", "cvc-elt.5.2.2.2.1"),
        ("SCHEMAV_CVC_AU_2", "cvc-au.2"),
        ("SCHEMAV_CVC_IDC", "cvc-identity-constraint"),
    ],
)
def test_a_key_without_a_row_is_still_shown(type_name, key):
    assert xsd._key(type_name, "") == key


def test_an_error_of_a_kind_without_words_keeps_those_of_libxml2(monkeypatch):
    monkeypatch.setattr(xsd, "_key", lambda type_name, message: "cvc-au")
    (finding,), _ = found(b"<r/>")
    assert finding.rule == "cvc-au"
    assert finding.message.startswith("IRRECEVABILITE: cvc-au : ")
    assert "Missing child element" in finding.help


@pytest.mark.parametrize(
    ("content", "path", "column"),
    [
        (b"<r><enum>A</enum><!-- --><zzz/></r>", "/r/zzz", 26),
        (b"<r><last/><last/></r>", "/r/last[2]", 11),
        (b'<r><needs a="1"/><needs/><last/></r>', "/r/needs[2]", 18),
        (b'<r><zzz xmlns="urn:x"/><zzz/></r>', "/r/zzz[1]", 4),
        (b"<r>\xc3\xa9<last/></r>", "/r", 1),
    ],
)
def test_an_error_points_to_its_element(content, path, column):
    findings, _ = found(content)
    assert (findings[0].place.xpath, findings[0].place.column) in [
        (path, column),
        (path.replace("[1]", ""), column),
    ]


def test_a_huge_value_is_quoted_in_part():
    findings, _ = found(b"<r><date>" + b"9" * 100_000 + b"</date><last/></r>")
    assert findings[0].rule == "cvc-datatype-valid.1.2.1"
    assert len(findings[0].message) < 1000


def test_errors_beyond_the_limit_are_counted():
    findings, more = found(b"<r>" + b"<needs/>" * 3 + b"</r>", most=1)
    assert (len(findings), more > 0) == (1, True)
