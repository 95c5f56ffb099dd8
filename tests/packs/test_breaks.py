"""Rules of all packs: a good document breaks none, the broken one that rule, where it was changed."""

import time

import pytest
from click.testing import CliRunner
from lxml import etree

from simulator.cli.invoice import invoice
from simulator.messages.specimen_status import Status, cdar_message
from simulator.messages.specimens import factory
from simulator.validation.packs.breaking import choosing
from simulator.validation.packs.breaking.making import Unbreakable, broken, never
from simulator.validation.packs.loading import load, names
from simulator.validation.packs.run import run

# Rules that nothing here breaks, and why; by pack (`pack syntax` for one syntax only).
_NOT_IN_IT = "the official test asks in the other UBL document only"
_CREDIT = "credit notes are not held to it, or hold no means of payment to be wrong"
WITHOUT = {
    "br-fr ubl": {"BR-FR-CO-03_BT-3": _NOT_IN_IT, "BR-FR-CO-05_BT-3": _NOT_IN_IT},
    "br-fr ubl-creditnote": dict.fromkeys(
        ("BR-FR-16_BT-152", "BR-FR-CO-04_BT-3", "BR-FR-03_BT-9"), _NOT_IN_IT
    ),
    "historic": {
        "G1.07": "it compares with the day of control",
        "FACTORING_MENTION": "advice on a payee that the samples do not have",
    },
    "historic ubl-creditnote": dict.fromkeys(
        ("G1.14", "PAYMENT_ON_CREDIT_NOTE", "IBAN_MISSING", "PAYMENT_MEANS_MISSING"), _CREDIT
    ),
}
# Rules of the newest packs that wait for a row in schemas/breaks: one small change of a sample does not
# break them, they need groups that the samples do not have (lines in groups, several sellers, fees).
WAITING = {
    "cpro": "01 19 24 27 40",
    "extended-ctc-fr": """
        BR-45 BR-46 BR-48 BR-CO-03 BR-CO-25 BR-DEC-19 BR-DEC-20 BR-FREXT-04 BR-FXEXT-04
        BR-FREXT-05 BR-FREXT-06 BR-FREXT-08 BR-FREXT-11 BR-FREXT-12
        BR-FREXT-AE-01 BR-FREXT-G-01 BR-FREXT-IC-01 BR-FREXT-O-01 BR-FREXT-Z-01
        BR-FREXT-AE-08rev BR-FREXT-E-08rev BR-FREXT-G-08rev BR-FREXT-IC-08rev BR-FREXT-O-08rev
        BR-FXEXT-AE-08rev BR-FXEXT-E-08rev BR-FXEXT-G-08rev BR-FXEXT-IC-08rev BR-FXEXT-O-08rev
        BR-FXEXT-AF-08 BR-FXEXT-AF-08ini BR-FXEXT-AF-08rev
        BR-FXEXT-AG-08 BR-FXEXT-AG-08ini BR-FXEXT-AG-08rev
        BR-FREXT-CL-19-GP BR-FREXT-CL-20-LISTID BR-FREXT-CL-20-TAX BR-FREXT-CL-27
        CII-FREXT-CR-490 CII-FREXT-SR-106 CII-FREXT-SR-293 CII-FREXT-SR-366 CII-FREXTDT-027
        UBL-FREXT-CR-410 UBL-FREXT-CR-645
    """,
}
MOST_WAITING = 36  # in one syntax
_SECONDS = 25


def own_of(choice):
    """The specimen that the command breaks."""
    if choice.syntax == "cdar":
        return cdar_message(Status("204"))
    return factory.document(factory.of_circuit(choice.circuit), choice.syntax)


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


def near(one, other):
    """Whether a place is the other, in it, or beside it: two things that exclude each other."""
    beside = one.rpartition("/")[0] == other.rpartition("/")[0]
    return beside or f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")


def without(choice):
    named = {**WITHOUT.get(choice.rule.pack, {})}
    return named | WITHOUT.get(f"{choice.rule.pack} {choice.syntax}", {})


def checked(choice):
    """None if all is well with a broken document, else what is wrong; `Unbreakable` goes on."""
    made = broken(choice.rule, choice.scope, own_of(choice))
    good = run(made.good, etree.fromstring(made.good), choice.scope)
    outcome = run(made.content, etree.fromstring(made.content), choice.scope)
    if any(f.severity == "error" for f in good.findings):
        return "the good document breaks rules"
    new = {rule for _, rule in outcome.fired} - {rule for _, rule in good.fired}
    if new != {choice.rule.id, *made.also}:
        return f"fires {sorted(new)}"
    findings = [f for f in outcome.findings if f.rule == choice.rule.id]
    lines = {place.line: place.xpath for place in made.places}
    if any(f.place.line in lines for f in findings):
        return None
    is_near = any(near(f.place.xpath, p.xpath) for f in findings for p in made.places)
    # A model rule compares: the finding may be on the other of the things compared.
    return None if is_near or choice.rule.kind in ("model", "test") else "fires elsewhere"


@pytest.mark.parametrize("pack", names())
def test_a_broken_document_breaks_its_rule_where_it_was_changed(pack):
    start = time.perf_counter()
    wrong, unbroken = [], {}
    for choice in choices(pack):
        try:
            problem = checked(choice)
        except Unbreakable:
            if not never(choice.rule) and choice.rule.id not in without(choice):
                unbroken.setdefault(choice.syntax, []).append(choice.rule.id)
            continue
        if problem:
            wrong.append((choice.rule.id, choice.syntax, problem))
    assert wrong == []
    for syntax, rules in unbroken.items():
        assert {rule.removeprefix("BR-FR-CPRO-") for rule in rules} <= set(
            WAITING.get(pack, "").split()
        ), syntax
        assert len(rules) <= MOST_WAITING
    assert time.perf_counter() - start < _SECONDS


def test_nothing_is_excused_that_can_be_broken():
    for key, excused in WITHOUT.items():
        pack, _, syntax = key.partition(" ")
        for choice in choices(pack):
            if choice.rule.id in excused and syntax in ("", choice.syntax):
                with pytest.raises(Unbreakable):
                    broken(choice.rule, choice.scope, own_of(choice))


def test_the_command_writes_the_document_and_tells_what_comes_with_it():
    told = CliRunner().invoke(invoice, ["make", "--break", "BR-FR-12_BT-49", "--lines", "3"])
    assert told.exit_code == 0
    assert b"cac:InvoiceLine" in told.stdout_bytes
    assert b"BR-FR-12_BT-49 of pack br-fr, changed in line" in told.stderr_bytes
    listed = CliRunner().invoke(invoice, ["make", "--break", "list", "--circuit", "b2g"])
    assert "G1.05_LENGTH\thistoric\terror" in listed.stdout
    assert "BR-16" not in listed.stdout
    for wrong in (["BR-16", "--circuit", "b2g"], ["BR-999"], ["BR-FR-CDV-04_MDG-4"]):
        assert CliRunner().invoke(invoice, ["make", "--break", *wrong]).exit_code == 2


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
