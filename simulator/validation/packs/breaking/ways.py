"""Ways to break a rule: an edit, and documents that have what it changes.

The table of a rule comes first, then what its row tells. Whether a way breaks the rule is seen by who
tries it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from typing import NamedTuple

from lxml import etree
from lxml.etree import _Element as Element

from simulator.validation.packs.breaking import (
    core_cases,
    core_documents,
    core_syntax,
    french_bills,
    french_documents,
    historic_cases,
    historic_documents,
    status_edits,
    status_messages,
)
from simulator.validation.packs.breaking.core_edits import Case
from simulator.validation.packs.breaking.edits import Edit
from simulator.validation.packs.breaking.french_edits import all_of, put
from simulator.validation.packs.rows import Rule

_EXTENSION = "extended-ctc-fr"
_EXTENDED = f"urn:cen.eu:en16931:2017#conformant#urn.cpro.gouv.fr:1p0:{_EXTENSION}"
_UBL_TERMS = b"<cac:PaymentTerms><cbc:Note>30 jours</cbc:Note></cac:PaymentTerms>"
_CII_TERMS = (
    b"<ram:SpecifiedTradePaymentTerms><ram:Description>30 jours</ram:Description>"
    b"</ram:SpecifiedTradePaymentTerms>"
)
# Ids of the extension, which mostly are those of the core rules they stand for.
_RENAMED = re.compile(r"(BR|UBL|CII)-(?:FREXT|FXEXT|EXT)-?(?:BR-)?(.+?)(?:ini|rev)?")
_SPLIT = "B"  # a category whose mere use breaks a rule outside Italy
_CORE = b"urn:cen.eu:en16931:2017<"


class Way(NamedTuple):
    """A way to break a rule.

    Attributes:
        edit: of a document's root.
        samples: documents to try it on.
    """

    edit: Edit
    samples: tuple[bytes, ...]


def ways(rule: Rule, syntax: str) -> Iterator[Way]:
    """Ways to break a rule in a syntax, the surest first."""
    pack = rule.pack.partition("@")[0]
    made = _TABLES.get(pack, _core)(rule, syntax)
    if pack == _EXTENSION:
        made = (way._replace(samples=tuple(map(_extended, way.samples))) for way in made)
    return made


def samples(pack: str, syntax: str) -> tuple[bytes, ...]:
    """The documents of a syntax that a pack lets pass."""
    family = core_syntax.family_of(syntax)
    if family == "cdar":
        return (status_messages.message(),)
    if pack == "historic" or family == "cpp":
        return (_historic(syntax),)
    core = (core_syntax.clean(_base(syntax)), _written(core_documents.document, _base(syntax)))
    if pack != "br-fr":
        return core
    starts = (french_documents.plain, french_documents.several_sellers, french_documents.both_ways)
    return tuple(_written(_french, syntax, start) for start in starts)


def _base(syntax: str) -> str:
    return "cii-d22b" if core_syntax.family_of(syntax) == "cii" else syntax


def _extended(sample: bytes) -> bytes:
    """A sample of the core as the extension wants it: with its guideline (BT-24), and terms (BT-20)."""
    sample = sample.replace(_CORE, f"{_EXTENDED}<".encode())
    if b"PaymentTerms>" in sample:
        return sample
    ubl, cii = b"</cac:PaymentMeans>", b"<ram:SpecifiedTradeSettlementHeaderMonetarySummation>"
    return sample.replace(ubl, ubl + _UBL_TERMS).replace(cii, _CII_TERMS + cii)


def _from_row(rule: Rule, syntax: str) -> Way:
    def edit(root: Element) -> None:
        core_syntax.changed(root, rule, _base(syntax))

    return Way(edit, samples(rule.pack.partition("@")[0], syntax))


def _core(rule: Rule, syntax: str) -> Iterator[Way]:
    renamed = _RENAMED.fullmatch(rule.id)
    name = f"{renamed[1]}-{renamed[2]}" if renamed else rule.id
    for case in _core_cases().get((name, _base(syntax)), ()):
        vat, edits = case.vat, case.edits
        if vat.code == _SPLIT:
            vat, edits = core_documents.STANDARD, (core_cases.recoded(syntax, _SPLIT), *edits)
        yield Way(all_of(*edits), (_written(core_documents.document, case.syntax, vat),))
    yield _from_row(rule, syntax)


@cache
def _core_cases() -> Mapping[tuple[str, str], list[Case]]:
    found: dict[tuple[str, str], list[Case]] = {}
    for case in core_cases.cases():
        found.setdefault((case.rule, case.syntax), []).append(case)
    return found


def _of_french(rule: Rule, syntax: str) -> Iterator[Way]:
    family = core_syntax.family_of(syntax)
    tables = [*french_bills.TABLES, (french_documents.plain, french_bills.ONLY.get(family, []))]
    rows = [(row, start) for start, table in tables for row in table if rule.id in row[0]]
    for row, start in sorted(rows, key=lambda found: len(found[0][0])):
        yield Way(row[1], (_written(_french, syntax, start),))
    yield _from_row(rule, syntax)


def _french(syntax: str, start: Callable[[str], Element]) -> Element:
    """A start as an invoice, or as the credit note of the same content."""
    root = start("cii" if core_syntax.family_of(syntax) == "cii" else "ubl")
    is_credit_note = etree.QName(root).localname == "CreditNote"
    if syntax == "ubl-creditnote" and not is_credit_note:
        root = french_documents.as_credit_note(root)
        if start is french_documents.both_ways:
            put("BT-3", "261")(root)  # made by the buyer
        return root
    if syntax == "ubl-invoice" and is_credit_note:
        root = french_documents.plain("ubl")
        put("BT-3", "381")(root)
    return root


def _of_historic(rule: Rule, syntax: str) -> Iterator[Way]:
    if rule.id in historic_cases.CASES:
        for changes in historic_cases.CASES[rule.id][1]:
            edit = partial(historic_documents.edited, syntax=syntax, changes=changes)
            yield Way(edit, (_historic(syntax),))
    yield _from_row(rule, syntax)


def _historic(syntax: str) -> bytes:
    known = {"ubl": "ubl-invoice", "cii": "cii-d16b", "cpp": "cpp-facture-mixte"}
    text = historic_documents.GOOD[known[core_syntax.family_of(syntax)]]
    return (core_syntax.as_credit_note(text) if syntax == "ubl-creditnote" else text).encode()


def _of_status(rule: Rule, syntax: str) -> Iterator[Way]:
    name = rule.id.removeprefix(status_messages.PREFIX)
    if name in status_messages.CASES:
        edit = status_edits.edit_of(status_messages.CASES[name][0])
        yield Way(edit, (status_messages.message(),))
    yield _from_row(rule, syntax)


_TABLES: Mapping[str, Callable[[Rule, str], Iterator[Way]]] = {
    "br-fr": _of_french,
    "historic": _of_historic,
    "br-fr-cdv": _of_status,
}


@cache
def _written(start: Callable[..., Element], *given: object) -> bytes:
    return etree.tostring(start(*given))
