"""Which rule, syntax and circuit are meant by a rule's id and what is said beside it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from simulator.validation.packs.breaking.unbreakable import why
from simulator.validation.packs.loading import load, names
from simulator.validation.packs.rows import Rule
from simulator.validation.packs.run import Scope

# By the name that a user gives: the name of rules. In the order in which they are preferred.
SYNTAXES = {
    "ubl": "ubl-invoice",
    "ubl-creditnote": "ubl-creditnote",
    "cii-d22b": "cii-d22b",
    "cii-d16b": "cii-d16b",
    "factur-x": "factur-x",
    "cpp": "cpp-facture-mixte",
    "cdar": "cdar",
}
CIRCUITS = ("b2g", "b2g-pa", "g2b-issuer")
# The last day of control but one that G1.36 knows of: an invoice of the last is of the future for it.
_CONTROL = date(2099, 12, 30)
_HISTORIC, _EXTENSION = "historic", "extended-ctc-fr"


class Choice(NamedTuple):
    """A rule where it can be broken; syntax by the name that a user gives."""

    rule: Rule
    syntax: str
    circuit: str

    @property
    def scope(self) -> Scope:
        """Its pack, for the document; the rules in force are those of the circuit."""
        on = _CONTROL if self.circuit == "b2g" else None
        return Scope((self.rule.pack,), SYNTAXES[self.syntax], self.circuit, on=on)

    def __str__(self) -> str:
        return f"--syntax {self.syntax} --circuit {self.circuit} (pack {self.rule.pack})"


class Wanted(NamedTuple):
    """What is said of a rule; ``""`` where nothing is.

    Attributes:
        syntax: of `SYNTAXES`.
        circuit: of `CIRCUITS`.
        extended: whether the extension of the core norm is meant where both have the rule.
    """

    syntax: str = ""
    circuit: str = ""
    extended: bool = False

    def allows(self, choice: Choice) -> bool:
        """Whether a choice is as it was said."""
        return self.syntax in ("", choice.syntax) and self.circuit in ("", choice.circuit)


def choose(rule: str, wanted: Wanted) -> Choice:
    """The rule that is meant, where it can be broken if it can be anywhere.

    Raises:
        ValueError: there is none of the id, or not in the syntax and circuit; the text says where.
        PackError: a pack cannot be used.
    """
    known = [choice for choice in _choices(wanted.extended) if choice.rule.id == rule]
    allowed = [choice for choice in known if wanted.allows(choice)]
    if allowed:
        return next(filter(_can_be_broken, allowed), allowed[0])
    if not known:
        message = f"there is no rule {rule}: see --break list, or aife-sim rules list"
        raise ValueError(message)
    places = "; ".join(str(choice) for choice in known)
    message = f"rule {rule} is not one of {_said(wanted)}: it can be broken with {places}"
    raise ValueError(message)


def offered(wanted: Wanted) -> list[Choice]:
    """The rules of a syntax and circuit, in the order of their packs."""
    return [choice for choice in _choices(wanted.extended) if wanted.allows(choice)]


def breakable(wanted: Wanted) -> Iterator[Choice]:
    """The rules that can be broken, each id once: where `choose` finds it."""
    told: set[str] = set()
    for choice in offered(wanted):
        if choice.rule.id not in told and _can_be_broken(choice):
            told.add(choice.rule.id)
            yield choice


def _can_be_broken(choice: Choice) -> bool:
    return not why(choice.rule, SYNTAXES[choice.syntax])


def _choices(extended: bool) -> Iterator[Choice]:
    keys = sorted(names(), key=lambda k: ("@" in k, k == _EXTENSION and not extended, k))
    for key in sorted(keys, key=lambda k: extended and k != _EXTENSION):
        for rule in load(key).rules:
            yield from _places(rule)


def _places(rule: Rule) -> Iterator[Choice]:
    historic = rule.pack.partition("@")[0] == _HISTORIC
    for syntax, name in SYNTAXES.items():
        if name not in rule.syntaxes or (syntax, historic) in _UNUSED:
            continue
        for circuit in CIRCUITS:
            if (circuit == "b2g") == historic and rule.applies(circuit, ""):
                yield Choice(rule, syntax, circuit)


# CII of the historic channel is D16B, of the reform D22B.
_UNUSED = (("cii-d22b", True), ("cii-d16b", False))


def _said(wanted: Wanted) -> str:
    return " ".join(
        f"--{name} {value}"
        for name, value in (("syntax", wanted.syntax), ("circuit", wanted.circuit))
        if value
    )
