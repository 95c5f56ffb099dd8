"""Official opinions stand beside our findings, rule by rule."""

import msgspec

from simulator.domain.findings import Finding, Place
from simulator.schematron.beside import NO_SUCH_RULE, NOT_OURS, SideBySide, lines, side_by_side
from simulator.schematron.opinion import Opinion, SecondOpinion
from simulator.schematron.process import NOT_RUN
from simulator.schematron.rulesets import Fired


def finding(rule, pack="en16931"):
    place = Place(xpath="/Invoice")
    return Finding(rule, pack, "error", "invoice", "non", "", "", None, place, "", "official")


def opinion(**counts):
    fired = tuple(Fired(rule, "fatal", "/Invoice", "text") for rule in counts)
    rules = ("BR-01", "BR-02", "BR-03")
    return Opinion("EN", "1", "pkg 1", "en16931", fired, counts, rules)


def beside(findings, *opinions):
    return side_by_side(findings, SecondOpinion(opinions, "Saxon"))


def test_rules_stand_side_by_side_the_different_ones_first():
    found = beside(
        [finding("BR-01"), finding("BR-02"), finding("BR-02")], opinion(**{"BR-01": 1, "BR-03": 4})
    )
    assert [(r.rule, r.where, r.ours, r.official, r.sets) for r in found.rows] == [
        ("BR-02", "only ours", 2, 0, ("EN",)),
        ("BR-03", "only official", 0, 4, ("EN",)),
        ("BR-01", "both", 1, 1, ("EN",)),
    ]
    assert found.rows[1].flag == "fatal"
    assert found.rows[0].location == "/Invoice"
    assert not found.agrees
    assert found.engines == ("EN 1 (pkg 1), Saxon",)


def test_a_rule_that_no_official_set_has_is_no_disagreement():
    found = beside([finding("BR-FR-99")], opinion())
    assert [(r.rule, r.where, r.note) for r in found.rows] == [
        ("BR-FR-99", "only ours", NO_SUCH_RULE)
    ]
    assert found.agrees


def test_each_pack_is_compared_with_its_own_counterparts():
    extended = msgspec.structs.replace(opinion(**{"BR-01": 1}), name="EXT", pack="extended-ctc-fr")
    found = beside([finding("BR-01")], opinion(), extended)
    assert [(r.rule, r.where, r.sets) for r in found.rows] == [
        ("BR-01", "only ours", ("EN",)),
        ("BR-01", "only official", ("EXT",)),
    ]


def test_a_set_of_the_user_is_compared_with_the_findings_it_has_rules_for():
    mine = msgspec.structs.replace(opinion(**{"BR-01": 1}), pack="")
    found = beside([finding("BR-01"), finding("X", "br-fr")], mine)
    assert [(r.rule, r.where) for r in found.rows] == [("BR-01", "both")]


def test_rules_of_a_pack_that_we_did_not_run_are_shown_and_are_no_disagreement():
    second = SecondOpinion((opinion(**{"BR-01": 1}),), "Saxon")
    found = side_by_side([], second, packs=("xsd",))
    assert [(r.rule, r.where, r.note) for r in found.rows] == [("BR-01", "only official", NOT_OURS)]
    assert found.agrees
    assert not side_by_side([], second, packs=("en16931",)).agrees


def test_people_are_told_in_lines():
    ours = [finding("BR-02"), finding("BR-09")]
    stopped = Opinion("BR", "", "p", "br-fr", stopped="FORG0001: no number")
    assert list(lines(beside(ours, opinion(**{"BR-03": 4}), stopped))) == [
        "official Schematron: EN 1 (pkg 1), Saxon",
        "stopped: BR (p): FORG0001: no number",
        "only ours:  BR-02  /Invoice  non",
        "only official:  BR-03 x4  fatal  /Invoice  text",
        f"only ours:  BR-09  /Invoice  non  ({NO_SUCH_RULE})",
        "rules that fired: 0 on both sides, 2 differ, 1 not comparable",
    ]
    assert list(lines(SideBySide(not_run=NOT_RUN))) == [NOT_RUN]


def test_more_lines_than_asked_for_are_counted():
    fired = {f"BR-{n}": 1 for n in range(50)}
    told = list(lines(beside([], opinion(**fired)), 5))
    assert told[-2:] == [
        "and 45 more",
        "rules that fired: 0 on both sides, 50 differ, 0 not comparable",
    ]


def test_findings_of_other_packs_are_left_out():
    assert beside([finding("cvc-elt.1.a", "xsd"), finding("X", "br-fr")], opinion()).rows == ()


def test_a_set_that_stopped_is_told_and_compared_with_nothing():
    stopped = Opinion("EN", "1", "p", "en16931", rules=("BR-01",), stopped="FORG0001: no number")
    found = beside([finding("BR-01")], stopped)
    assert found.rows == ()
    assert found.stopped == (("EN 1 (p)", "FORG0001: no number"),)


def test_what_did_not_run_is_told():
    assert side_by_side([finding("BR-01")], SecondOpinion(not_run=NOT_RUN)) == SideBySide(
        not_run=NOT_RUN
    )
