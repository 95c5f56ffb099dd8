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
    cpro_cases,
    extended_cases,
    extended_documents,
    extended_paths,
    french_bills,
    french_documents,
    historic_cases,
    historic_documents,
    ordering,
    status_edits,
    status_messages,
)
from simulator.validation.packs.breaking.core_edits import Case
from simulator.validation.packs.breaking.edits import Edit
from simulator.validation.packs.breaking.french_cases import Row
from simulator.validation.packs.breaking.french_edits import all_of, put
from simulator.validation.packs.rows import Rule

_EXTENSION = "extended-ctc-fr"
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
    return _TABLES.get(pack, _core)(rule, syntax)


def samples(pack: str, syntax: str) -> tuple[bytes, ...]:
    """The documents of a syntax that a pack lets pass."""
    family = core_syntax.family_of(syntax)
    if family == "cdar":
        return (status_messages.message(),)
    if pack == "historic" or family == "cpp":
        return _historic(syntax)
    core = (core_syntax.clean(_base(syntax)), _written(core_documents.document, _base(syntax)))
    if pack != "br-fr":
        return core
    return tuple(_sample(syntax, start) for start in _FRENCH)


_FRENCH = (
    extended_documents.start,
    french_documents.plain,
    french_documents.several_sellers,
    french_documents.both_ways,
)


def _base(syntax: str) -> str:
    return "cii-d22b" if core_syntax.family_of(syntax) == "cii" else syntax


def _extended(sample: bytes) -> bytes:
    """A sample of the core as the extension wants it: with its guideline (BT-24), and terms (BT-20)."""
    sample = sample.replace(_CORE, f"{extended_documents.GUIDELINE}<".encode())
    if b"PaymentTerms>" in sample:
        return sample
    ubl, cii = b"</cac:PaymentMeans>", b"<ram:SpecifiedTradeSettlementHeaderMonetarySummation>"
    return sample.replace(ubl, ubl + _UBL_TERMS).replace(cii, _CII_TERMS + cii)


def _from_row(rule: Rule, syntax: str) -> Iterator[Way]:
    def edit(root: Element) -> None:
        core_syntax.changed(root, rule, _base(syntax))

    def completed(root: Element) -> None:
        before = set(root.iter())
        edit(root)
        for element in [e for e in root.iter() if e not in before]:
            ordering.complete(element, syntax)

    known = samples(rule.pack.partition("@")[0], syntax)
    if rule.kind == "forbid":
        yield Way(completed, known)
    yield Way(edit, known)


def _core(rule: Rule, syntax: str) -> Iterator[Way]:
    renamed = _RENAMED.fullmatch(rule.id)
    name = f"{renamed[1]}-{renamed[2]}" if renamed else rule.id
    for case in _core_cases().get((name, _base(syntax)), ()):
        vat, edits = case.vat, case.edits
        if vat.code == _SPLIT:
            vat, edits = core_documents.STANDARD, (core_cases.recoded(syntax, _SPLIT), *edits)
        yield Way(all_of(*edits), (_written(core_documents.document, case.syntax, vat),))
    yield from _from_row(rule, syntax)


@cache
def _core_cases() -> Mapping[tuple[str, str], list[Case]]:
    found: dict[tuple[str, str], list[Case]] = {}
    for case in core_cases.cases():
        found.setdefault((case.rule, case.syntax), []).append(case)
    return found


_Start = Callable[[str], Element]


def _of_french(rule: Rule, syntax: str) -> Iterator[Way]:
    only = (french_documents.plain, french_bills.ONLY.get(core_syntax.family_of(syntax), []))
    yield from _of_rows(rule, syntax, [*french_bills.TABLES, only])
    yield from _from_row(rule, syntax)


def _of_cpro(rule: Rule, syntax: str) -> Iterator[Way]:
    yield from _of_rows(rule, syntax, [(french_documents.plain, cpro_cases.TABLE)])
    yield from _from_row(rule, syntax)


def _of_extension(rule: Rule, syntax: str) -> Iterator[Way]:
    tables = [*extended_cases.TABLES, extended_paths.ONLY[core_syntax.family_of(syntax)]]
    yield from _of_rows(rule, syntax, [(extended_documents.start, rows) for rows in tables])
    for way in _core(rule, syntax):
        yield way._replace(samples=tuple(map(_extended, way.samples)))


def _of_rows(rule: Rule, syntax: str, tables: list[tuple[_Start, list[Row]]]) -> Iterator[Way]:
    """Those of rows that break the rule, those that break the fewest with it first."""
    rows = [(row, start) for start, table in tables for row in table if rule.id in row[0]]
    for row, start in sorted(rows, key=lambda found: len(found[0][0])):
        starts = (extended_documents.start, start) if start is french_documents.plain else (start,)
        yield Way(row[1], tuple(_sample(syntax, each) for each in starts))


def _sample(syntax: str, start: _Start) -> bytes:
    """A French sample with the guideline that has all of it: more than the core is in most of them."""
    sample = _written(_french, syntax, start)
    return sample.replace(_CORE, f"{extended_documents.GUIDELINE}<".encode())


def _french(syntax: str, start: _Start) -> Element:
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
    family = core_syntax.family_of(syntax)
    if rule.id in historic_cases.CASES:
        for changes in historic_cases.CASES[rule.id][1]:
            edit = partial(historic_documents.edited, syntax=family, changes=changes)
            yield Way(edit, _historic(syntax))
    yield from _from_row(rule, syntax)


def _historic(syntax: str) -> tuple[bytes, ...]:
    """The invoice; of credit notes one with means of payment, which none needs, and one without."""
    known = {"ubl": "ubl-invoice", "cii": "cii-d16b", "cpp": "cpp-facture-mixte"}
    text = historic_documents.GOOD[known[core_syntax.family_of(syntax)]]
    if syntax == "factur-x":
        text = text.replace(_CONTEXT, f"{_PROFILE}{_CONTEXT}")
    if syntax != "ubl-creditnote":
        return (text.encode(),)
    paid = core_syntax.as_credit_note(text)
    before, _, rest = paid.partition("<cac:PaymentMeans>")
    return paid.encode(), (before + rest.partition("</cac:PaymentMeans>")[2]).encode()


_CONTEXT = "</rsm:ExchangedDocumentContext>"
_PROFILE = (  # which a Factur-X has
    "<ram:GuidelineSpecifiedDocumentContextParameter><ram:ID>urn:cen.eu:en16931:2017</ram:ID>"
    "</ram:GuidelineSpecifiedDocumentContextParameter>"
)


def _of_status(rule: Rule, syntax: str) -> Iterator[Way]:
    name = rule.id.removeprefix(status_messages.PREFIX)
    if name in status_messages.CASES:
        edit = status_edits.edit_of(status_messages.CASES[name][0])
        yield Way(edit, (status_messages.message(),))
    yield from _from_row(rule, syntax)


_TABLES: Mapping[str, Callable[[Rule, str], Iterator[Way]]] = {
    "br-fr": _of_french,
    "cpro": _of_cpro,
    _EXTENSION: _of_extension,
    "historic": _of_historic,
    "br-fr-cdv": _of_status,
}


@cache
def _written(start: Callable[..., Element], *given: object) -> bytes:
    return etree.tostring(start(*given))
