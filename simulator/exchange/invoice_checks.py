"""Checks on the facts of one invoice that need the directory, and nothing else of the books.

A step makes them over its `tx`; ``aife-sim check --directory`` makes the same ones off line. They
read facts, never a document, and change nothing.

Source of the checks and their order: Chorus Pro external specifications v1.1 §3.2.1.4.2 (supplier,
recipient); of the numbers: dossier §7.2, §7.4. Each finding names its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal, Protocol

import msgspec

from simulator.domain.findings import Finding, Place
from simulator.domain.judgement import Check, Document, Facts
from simulator.domain.raccordement import Structure
from simulator.domain.reference import Reference

Role = Literal["supplier", "recipient"]

_NUMBER = re.compile(r"[A-Za-z0-9\-+_/]+( [A-Za-z0-9\-+_/]+)*")
_NUMBER_LENGTH = 20
_SIRET = re.compile(r"[0-9]{14}")
# Schemes of an identifier that stand for a French establishment: CPPStatut type 1, ICD 0009 and 0002.
_FRENCH = ("", "1", "0009", "0002")
_FROM_PUBLIC = "g2b-issuer"


class Books(Protocol):
    """What these checks look up; a `Tx` is one, a directory read from a file another."""

    @property
    def reference(self) -> Reference:
        """Wordings and options."""

    def structure(self, identifier: str) -> Structure | None:
        """The directory entry of an identifier; None if there is none."""


class Checked(msgspec.Struct, frozen=True):
    """What the checks of one invoice found, and the trace of them, both in order."""

    findings: tuple[Finding, ...]
    checks: tuple[Check, ...]


def check(books: Books, document: Document, circuit: str) -> Checked:
    """Makes every check of this module on an invoice.

    Args:
        books: directory, wordings and options.
        document: one whose facts could be read; a document without facts has an error of level
            file and is never checked.
        circuit: on which it came: to a public recipient, or (``g2b-issuer``) from a public supplier.
    """
    facts = document.facts
    assert facts is not None, "a document without facts has an error of level file"
    known = {finding.rule for finding in document.findings}
    found: list[Finding] = []
    checks: list[Check] = []
    public: Role = "supplier" if circuit == _FROM_PUBLIC else "recipient"
    for name, made in CHECKS.items():
        findings = list(made(books, facts, document.member))
        if name == public and not any(f.refuses for f in findings):
            findings += _public(books, facts, public, document.member)
        checks.append(traced(f"{name} of {document.member}", findings))
        # What a rule pack has said already is not said again.
        found += [finding for finding in findings if finding.rule not in known]
    if circuit != _FROM_PUBLIC:
        wanted = list(_commitment(books, facts, circuit, document.member))
        checks.append(traced(f"service and engagement of {document.member}", wanted))
        found += wanted
    return Checked(tuple(found), tuple(checks))


def place_of(facts: Facts, field: str, member: str) -> Place:
    """Where a field of the facts stands in the document, as far as it is known."""
    xpath, line, column = facts.places.get(field, ("", 0, 0))
    return Place(member, line or None, column or None, xpath or None)


def traced(name: str, findings: Sequence[Finding]) -> Check:
    """The line of the decision trace for a check that found this."""
    refused = any(f.refuses for f in findings)
    return Check(name, "failed" if refused else "passed", "; ".join(f.help for f in findings))


def _number(books: Books, facts: Facts, member: str) -> Iterator[Finding]:
    rules, place = books.reference.rules, place_of(facts, "number", member)
    if not facts.number.strip():
        yield rules.finding("NUMBER_MISSING", place)
        return
    if len(facts.number) > _NUMBER_LENGTH:
        yield rules.finding("G1.05_LENGTH", place, found=facts.number, length=len(facts.number))
    if not _NUMBER.fullmatch(facts.number):
        yield rules.finding("G1.05_CHARACTERS", place, found=facts.number)


def _supplier(books: Books, facts: Facts, member: str) -> Iterator[Finding]:
    place = place_of(facts, "supplier", member)
    return _party(books, "supplier", (facts.supplier_scheme, facts.supplier), place)


def _recipient(books: Books, facts: Facts, member: str) -> Iterator[Finding]:
    place = place_of(facts, "recipient", member)
    return _party(books, "recipient", (facts.recipient_scheme, facts.recipient), place)


def _party(books: Books, role: Role, named: tuple[str, str], place: Place) -> Iterator[Finding]:
    """Checks of one party: named, well-formed, in the directory, active, of the right nature."""
    rules, prefix = books.reference.rules, role.upper()
    scheme, identifier = named
    if not identifier:
        yield rules.finding(f"{prefix}_MISSING", place)
    elif scheme in _FRENCH and not _SIRET.fullmatch(identifier):
        yield rules.finding(f"{prefix}_FORMAT", place, found=identifier)
    else:
        yield from _in_directory(books, role, identifier, place)


def _in_directory(books: Books, role: Role, identifier: str, place: Place) -> Iterator[Finding]:
    rules, prefix = books.reference.rules, role.upper()
    structure = books.structure(identifier)
    if structure is None:
        unknown = books.reference.options.directory_unknown
        if unknown != "accept":
            rule = f"{prefix}_UNKNOWN" + ("" if unknown == "refuse" else "_ACCEPTED")
            yield rules.finding(rule, place, found=identifier)
    elif not structure.active:
        yield rules.finding(f"{prefix}_INACTIVE", place, found=identifier)


def _public(books: Books, facts: Facts, role: Role, member: str) -> Iterator[Finding]:
    """Whether a party that the circuit is for is of the public sector, as far as the books know it."""
    identifier = facts.supplier if role == "supplier" else facts.recipient
    structure = books.structure(identifier)
    if structure is not None and structure.kind != "public":
        place = place_of(facts, role, member)
        yield books.reference.rules.finding(f"{role.upper()}_NOT_PUBLIC", place, found=identifier)


def _commitment(books: Books, facts: Facts, circuit: str, member: str) -> Iterator[Finding]:
    """What the directory says that an invoice to a public structure must name.

    Source: parameters of structures in the API of Chorus Pro (public clients); BR-FR-CPRO-11 to 13, of
    which only the numbers and the subject are known: which says what is assumed.
    """
    structure = books.structure(facts.recipient)
    if structure is None or structure.kind != "public":
        return
    service = next((s for s in structure.services if s.code == facts.service), None)
    demands = structure.engagement_required or (service is not None and service.engagement_required)
    for rule, afnor, is_missing in (
        ("SERVICE_MISSING", "11", structure.service_required and not facts.service),
        ("ENGAGEMENT_MISSING", "12", demands and not facts.engagement),
        (
            "SERVICE_OR_ENGAGEMENT_MISSING",
            "13",
            structure.service_or_engagement and not (facts.service or facts.engagement),
        ),
        ("SERVICE_UNKNOWN", "", bool(facts.service and structure.services) and service is None),
        ("SERVICE_INACTIVE", "", service is not None and not service.active),
    ):
        if is_missing:
            shown = f"BR-FR-CPRO-{afnor}" if afnor and circuit == "b2g-pa" else None
            yield books.reference.rules.finding(
                rule,
                place_of(facts, "recipient", member),
                shown=shown,
                found=facts.service,
                recipient=facts.recipient,
                services=", ".join(s.code for s in structure.services) or "none listed",
            )


# By the name that the trace shows, in the order of the exchange system.
CHECKS: Mapping[str, Callable[[Books, Facts, str], Iterator[Finding]]] = {
    "invoice number": _number,
    "supplier": _supplier,
    "recipient": _recipient,
}
