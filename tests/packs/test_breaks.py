"""Rules of all packs: a good document breaks none, the broken one that rule, where it was changed."""

import re
import time
import tomllib
from functools import cache
from pathlib import Path

import pytest
from lxml import etree
from msgspec.structs import replace

from simulator.messages.specimen_status import Status, cdar_message
from simulator.messages.specimens import factory, facturx
from simulator.validation.packs.breaking import choosing
from simulator.validation.packs.breaking.core_syntax import family_of
from simulator.validation.packs.breaking.making import Unbreakable, attempts, broken
from simulator.validation.packs.breaking.unbreakable import reasons, why
from simulator.validation.packs.breaking.volumes import lines_for
from simulator.validation.packs.loading import load, names
from simulator.validation.packs.run import run
from simulator.validation.syntaxes import schema_of

_SECONDS = 90
_REFUSED_BY_SCHEMA = 0.2
# CII of any version and profile is held to the widest schema.
_SCHEMAS = {
    "ubl": "ubl-2.1",
    "ubl-creditnote": "ubl-2.1",
    "cpp": "cpp-facture-mixte",
    "cdar": "cdar-d22b",
}


def own_of(choice):
    """The specimen that the command breaks."""
    if choice.syntax == "cdar":
        return cdar_message(Status("204"))
    level = "extended" if choice.rule.pack.startswith("extended") else "en16931"
    spec = replace(factory.of_circuit(choice.circuit), level=level)
    if choice.syntax == "factur-x":
        return facturx.inside(spec)
    return factory.document(spec, choice.syntax)


def said(rule):
    return (rule.id, rule.kind, rule.context, rule.test, rule.forbid, rule.message, rule.codes)


def choices(pack):
    """Each rule of a pack in each syntax, once; those taken over are tried with their own pack."""
    base = load(pack).header.extends
    taken = {said(rule) for rule in load(base).rules} if base else set()
    seen = set()
    for choice in choosing.offered(choosing.Wanted()):
        key = (choice.rule.id, choice.syntax)
        if choice.rule.pack == pack and key not in seen and said(choice.rule) not in taken:
            seen.add(key)
            yield choice


@cache
def documents(pack):
    """(choice, its broken document) of the rules that can be broken in a document of usual size."""
    return [
        (choice, broken(choice.rule, choice.scope, own_of(choice)))
        for choice in choices(pack)
        if not why(choice.rule, choice.scope.syntax) and not lines_for(choice.rule)
    ]


def named(choice):
    return f"{choice.rule.id}@{choice.syntax}"


def judged(content, choice):
    return run(content, etree.fromstring(content), choice.scope)


@pytest.mark.parametrize("pack", names())
def test_a_broken_document_breaks_its_rule_and_those_of_the_table(pack):
    start = time.perf_counter()
    wrong = {}
    for choice, made in documents(pack):
        good, bad = judged(made.good, choice), judged(made.content, choice)
        new = {rule for _, rule in bad.fired} - {rule for _, rule in good.fired}
        if any(f.severity == "error" for f in good.findings):
            wrong[named(choice)] = "the good document breaks rules"
        elif new != {choice.rule.id, *of_table("companions", choice)}:
            wrong[named(choice)] = new
    assert wrong == {}
    assert time.perf_counter() - start < _SECONDS


@pytest.mark.parametrize("pack", names())
def test_a_rule_fires_where_the_document_was_changed(pack):
    elsewhere = {}
    for choice, made in documents(pack):
        findings = judged(made.content, choice).findings
        places = [f.place for f in findings if f.rule == choice.rule.id]
        if is_there(places, made.places) or {tag(p.xpath) for p in places} <= set(
            of_table("elsewhere", choice)
        ):
            continue
        elsewhere[named(choice)] = [p.xpath for p in places]
    assert elsewhere == {}


def is_there(found, changed):
    if {place.line for place in found} & {place.line for place in changed}:
        return True
    return any(near(f.xpath, c.xpath) for f in found for c in changed)


def near(one, other):
    """Whether a place is the other, in it, or beside it: two things that exclude each other."""
    beside = one.rpartition("/")[0] == other.rpartition("/")[0]
    return beside or f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")


def tag(xpath):
    return xpath.rpartition("/")[2].partition("[")[0]


@cache
def table(name):
    return tomllib.loads((Path(__file__).parent / f"{name}.toml").read_text(encoding="utf-8"))


def of_table(name, choice):
    """What a table of this folder says of a rule, for a syntax, a family of syntaxes, or all."""
    rows = table(name).get(choice.rule.pack, {})
    rule, family = choice.rule.id, family_of(choice.scope.syntax)
    keys = (f"{rule}@{choice.scope.syntax}", f"{rule}@{family}", rule)
    return next((rows[key] for key in keys if key in rows), ())


@pytest.mark.parametrize("pack", names())
def test_the_schema_lets_good_documents_pass_and_nearly_all_broken_ones(pack):
    """Some rules ask what the schema asks: the form of a date, what must be there."""
    good, bad, count = [], [], 0
    for choice, made in documents(pack):
        schema = schema_of(_SCHEMAS.get(choice.syntax, "cii-d22b"))
        count += 1
        if not schema.validate(etree.fromstring(made.good)) and not is_grouped(made.good):
            good.append(named(choice))
        if not schema.validate(etree.fromstring(made.content)):
            bad.append(named(choice))
    assert good == []
    assert len(bad) <= count * _REFUSED_BY_SCHEMA, bad


def is_grouped(content):
    """UBL 2.1 has no place for the amount with VAT of a GROUP line (EXT-FR-FE-184)."""
    return b"TaxInclusiveLineExtensionAmount" in content


@pytest.mark.parametrize("pack", names())
def test_nothing_is_excused_that_can_be_broken(pack):
    for choice in choices(pack):
        if why(choice.rule, choice.scope.syntax):
            with pytest.raises(Unbreakable, match=re.escape(why(choice.rule, choice.scope.syntax))):
                broken(choice.rule, choice.scope, own_of(choice))
            assert list(attempts(choice.rule, choice.scope, own_of(choice))) == []


def test_every_excuse_is_of_a_rule_that_there_is():
    known = {
        (choice.rule.pack, choice.scope.syntax, choice.rule.id)
        for choice in choosing.offered(choosing.Wanted())
    }
    excused = {
        (pack, syntax, rule)
        for pack, of_pack in reasons().items()
        for syntax, of_syntax in of_pack.items()
        for rule in of_syntax
    }
    assert excused <= known


def test_a_rule_that_never_fires_is_refused_with_the_reason():
    choice = choosing.choose("BR-FR-CDV-04_MDG-4", choosing.Wanted())
    with pytest.raises(Unbreakable, match="official test never fails"):
        broken(choice.rule, choice.scope)


def test_a_rule_of_another_circuit_is_refused_with_the_possible_ones():
    with pytest.raises(ValueError, match="--syntax ubl --circuit b2g-pa"):
        choosing.choose("BR-16", choosing.Wanted(circuit="b2g"))
    with pytest.raises(ValueError, match="there is no rule BR-999"):
        choosing.choose("BR-999", choosing.Wanted())


@pytest.mark.parametrize("pack", ["en16931", "historic"])
def test_a_rule_that_cannot_be_broken_alone_tells_which_come_with_it(pack):
    rule, also = {"en16931": ("BR-16", "BR-CO-10"), "historic": ("MOE_SERVICE", "CADRE_WORKS")}[
        pack
    ]
    choice = choosing.choose(rule, choosing.Wanted())
    assert also in broken(choice.rule, choice.scope, own_of(choice)).also
