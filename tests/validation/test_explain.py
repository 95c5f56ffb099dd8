"""The parts of a finding's words are read back, whatever rule it is of; French comes from the packs."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator import resources
from simulator.domain.findings import Finding, Place, Rulebook
from simulator.messages.specimen import Specimen, ubl_invoice
from simulator.validation.explain import (
    caret_of,
    explanation,
    templates_of,
    version_of,
)
from simulator.validation.locate import spots
from simulator.validation.packs.loading import load, names
from simulator.validation.packs.run import Scope, run
from simulator.validation.parsing import parse

BOOK = Rulebook.from_tables(*resources.rule_tables())
VALUES = {"found": "12,3", "expected": "100.00", "element": "cbc:ID", "rule": "R"}
RULES = [(name, rule) for name in names() for rule in load(name).rules]


def of_pack(key, rule, values):
    return Finding(
        rule=rule.id,
        pack=key,
        severity="error",
        level="invoice",
        message=rule.message.format(**values),
        help=rule.asked.format(**values),
        repair=rule.repair.en.format(**values),
        motif=None,
        place=Place(),
        source=f"{rule.source} ({key} {rule.version})",
        mark="official",
    )


def test_every_rule_of_every_pack_is_explained_in_both_languages():
    assert RULES
    for key, rule in RULES:
        values = {**VALUES, "rule": rule.id}
        told = explanation(of_pack(key, rule, values))
        assert told.repair_fr == rule.repair.fr.format(**values), (key, rule.id)
        assert told.version == rule.version, (key, rule.id)
        assert "{" not in told.asked, (key, rule.id)
        if rule.asked.rstrip(".").endswith(("found {found}", "found '{found}'")):
            assert told.found == "12,3", (key, rule.id)
            assert "12,3" not in told.asked, (key, rule.id)


class Some(dict):
    def __missing__(self, key):
        return f"some {key}"


@pytest.mark.parametrize("name", list(BOOK))
def test_every_rule_of_the_tables_is_explained(name):
    row = BOOK[name]
    finding = BOOK.finding(name) if "{" not in row.message + row.help + row.repair else None
    if finding is None:
        words = {k: getattr(row, k).format_map(Some()) for k in ("message", "help", "repair")}
        place = Place()
        finding = Finding(
            name, row.pack, row.severity, row.level, motif=None, place=place,
            source=row.source, mark=row.mark, **words,
        )  # fmt: skip
    told = explanation(finding)
    assert (told.version, told.repair_fr) == (None, None)
    assert told.asked
    assert "…" not in told.asked
    if told.found:
        assert told.found.strip(".") in finding.help
    assert templates_of(finding).message == row.message


def test_a_rule_that_fired_tells_what_it_asks_what_it_found_and_the_repair_in_french():
    content = ubl_invoice(Specimen(circuit="b2g-pa")).replace(b">EUR</cbc:Doc", b">EURO</cbc:Doc")
    outcome = run(content, parse(content).root, Scope(("en16931",), "ubl-invoice", "b2g-pa"))
    (finding,) = [f for f in outcome.findings if f.rule == "BR-CL-04"]
    told = explanation(finding)
    assert told.asked
    assert "EURO" not in told.asked
    assert told.found == "EURO"
    assert told.repair_fr
    assert told.repair_fr != finding.repair
    assert told.version == load("en16931").header.version
    assert finding.place.excerpt[told.caret :].startswith("<cbc:DocumentCurrencyCode>EURO")


FINDING = Finding(
    "BR-GONE", "en16931", "error", "invoice", "m", "Expected a b, found c.", "r", None,
    Place(), "EN 16931 (en16931 1.2.0)", "official",
)  # fmt: skip


def test_a_rule_that_is_gone_is_explained_as_far_as_the_finding_goes():
    told = explanation(FINDING)
    assert (told.asked, told.found) == ("Expected a b.", "c")
    assert (told.version, told.repair_fr) == ("1.2.0", None)
    assert explanation(msgspec.structs.replace(FINDING, pack="gone")).repair_fr is None
    assert templates_of(FINDING) is None


def test_words_of_another_version_of_a_rule_do_not_get_the_french_of_this_one():
    changed = msgspec.structs.replace(FINDING, rule="BR-02", message="said otherwise then")
    assert explanation(changed).repair_fr is None


def test_the_version_is_that_of_the_pack_itself():
    assert version_of(FINDING) == "1.2.0"
    other = msgspec.structs.replace(FINDING, pack="xsd")
    assert version_of(other) is None
    assert version_of(msgspec.structs.replace(FINDING, source="EN 16931 p. 4")) is None


@pytest.mark.parametrize(
    ("column", "excerpt", "caret"),
    [
        (1, "<a/>", 0),
        (3, "  <a/>", 2),
        (200, "x" * 60 + "<a/>", 60),
        (1, "\ufeff<a/>", 1),
        (9, "<a/>", None),
        (None, "<a/>", None),
        (0, "<a/>", None),
        (3, None, None),
    ],
)
def test_the_mark_is_where_the_column_is_in_the_excerpt(column, excerpt, caret):
    assert caret_of(Place(line=1, column=column, excerpt=excerpt)) == caret


@pytest.mark.parametrize("head", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("indent", ["", "\t  ", "é" * 100, "x" * 59, "y" * 61])
def test_the_mark_is_at_the_element_in_the_excerpt_that_the_judge_makes(head, indent):
    content = head + f"<r>{indent}<a/>{'z' * 300}</r>".encode()
    root = parse(content).root
    (spot,) = spots(content, [root[0]])
    place = Place(line=spot.line, column=spot.column, excerpt=spot.excerpt)
    assert spot.excerpt[caret_of(place) :].startswith("<a/>")


TEXT = st.text(max_size=80)


@given(TEXT, TEXT, TEXT, st.sampled_from(["en16931", "xsd", "gone", ""]))
def test_no_words_break_an_explanation(message, text, repair, pack):
    finding = msgspec.structs.replace(
        FINDING, rule="BR-02", pack=pack, message=message, help=text, repair=repair
    )
    assert explanation(finding).asked is not None


@given(TEXT)
def test_what_a_document_says_does_not_change_the_words_around_it(found):
    rule = next(rule for key, rule in RULES if key == "en16931" and rule.id == "BR-CL-04")
    told = explanation(of_pack("en16931", rule, {**VALUES, "found": found, "rule": rule.id}))
    assert told.repair_fr is not None
