"""Families of syntaxes that rules are written for: prefixes, names, reader of the model.

Prefixes are fixed here and the same in every pack, whatever a document uses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec
from lxml.etree import _Element as Element

from simulator.messages.invoice.model import Invoice

_UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
_CEFACT = "urn:un:unece:uncefact:data:standard:"
_SHARED = {
    "ram": f"{_CEFACT}ReusableAggregateBusinessInformationEntity:100",
    "udt": f"{_CEFACT}UnqualifiedDataType:100",
    "qdt": f"{_CEFACT}QualifiedDataType:100",
}


class Dialect(msgspec.Struct, frozen=True, eq=False):
    """Syntaxes that share element names.

    Attributes:
        name: as rules say it (``ubl``).
        syntaxes: the names of design §7 that it stands for.
        prefixes: prefix to namespace, for contexts and tests.
        read: the neutral invoice of a document; None if it is not an invoice.
        read_all: every invoice of a document that may hold several; None: the one that `read` gives.
        bare: prefixes that paths in findings leave out.
    """

    name: str
    syntaxes: tuple[str, ...]
    prefixes: Mapping[str, str]
    read: Callable[[Element], Invoice] | None = None
    bare: tuple[str, ...] = ()
    read_all: Callable[[Element], Sequence[Invoice]] | None = None

    @property
    def shown(self) -> dict[str, str]:
        """Namespace to prefix, as `messages.xpath` takes it."""
        return {uri: "" if p in self.bare else p for p, uri in self.prefixes.items()}


def _read_ubl(root: Element) -> Invoice:
    from simulator.messages.invoice.ubl import read_invoice  # noqa: PLC0415 - compiled on first use

    return read_invoice(root)


def _read_cii(root: Element) -> Invoice:
    from simulator.messages.invoice.cii import read_invoice  # noqa: PLC0415 - compiled on first use

    return read_invoice(root)


def _read_cpp(root: Element) -> Invoice:
    from simulator.messages.invoice.cpp import read_invoice  # noqa: PLC0415 - compiled on first use

    return read_invoice(root)


def _read_all_cpp(root: Element) -> Sequence[Invoice]:
    from simulator.messages.invoice.cpp import read_invoices  # noqa: PLC0415 - compiled on first use

    return read_invoices(root)


DIALECTS = (
    Dialect(
        "ubl",
        ("ubl-invoice", "ubl-creditnote"),
        {
            "ubl": f"{_UBL}Invoice-2",
            "cn": f"{_UBL}CreditNote-2",
            "cac": f"{_UBL}CommonAggregateComponents-2",
            "cbc": f"{_UBL}CommonBasicComponents-2",
            "ext": f"{_UBL}CommonExtensionComponents-2",
        },
        _read_ubl,
        ("ubl", "cn"),
    ),
    Dialect(
        "cii",
        ("cii-d16b", "cii-d22b", "factur-x"),
        {"rsm": f"{_CEFACT}CrossIndustryInvoice:100", **_SHARED},
        _read_cii,
    ),
    Dialect(
        "cdar",
        ("cdar",),
        {"rsm": f"{_CEFACT}CrossDomainAcknowledgementAndResponse:100", **_SHARED},
    ),
    Dialect(
        "cpp",
        ("cpp-statut", "cpp-facture-pivot", "cpp-facture-mixte"),
        {},
        _read_cpp,
        read_all=_read_all_cpp,
    ),
)
NAMES: Mapping[str, Dialect] = {d.name: d for d in DIALECTS}
_BY_SYNTAX = {syntax: d for d in DIALECTS for syntax in d.syntaxes}


def dialect_of(syntax: str) -> Dialect | None:
    """The dialect of a syntax of design §7; None for one that has no rules."""
    return _BY_SYNTAX.get(syntax)


def expanded(names: tuple[str, ...]) -> tuple[str, ...]:
    """Syntaxes, dialect names replaced by what they stand for; `ValueError` for an unknown one."""
    found: list[str] = []
    for name in names:
        if name in NAMES:
            found += NAMES[name].syntaxes
        elif name in _BY_SYNTAX:
            found.append(name)
        else:
            known = ", ".join(sorted([*NAMES, *_BY_SYNTAX]))
            message = f"unknown syntax {name}: expected one of {known}"
            raise ValueError(message)
    return tuple(dict.fromkeys(found))
