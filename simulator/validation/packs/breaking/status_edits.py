"""The changes of `status_messages`, made in any message instead of in the form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from lxml import etree
from lxml.etree import _Element as Element

from simulator.validation.packs.breaking.edits import Edit, NotThere, chosen, removed
from simulator.validation.packs.dialects import NAMES

_PREFIXES = NAMES["cdar"].prefixes
_CONTEXT = "/*/rsm:ExchangedDocumentContext"
_MESSAGE = "/*/rsm:ExchangedDocument"
_SAID = "/*/rsm:AcknowledgementDocument"
_INVOICE = f"{_SAID}/ram:ReferenceReferencedDocument"


class _Place(NamedTuple):
    """Children of a parent that a change stands for; no name: its text, ``*``: all of them."""

    parent: str
    child: str = ""


_PLACES = {
    "process": _Place(f"{_CONTEXT}/ram:BusinessProcessSpecifiedDocumentContextParameter/ram:ID"),
    "profile": _Place(f"{_CONTEXT}/ram:GuidelineSpecifiedDocumentContextParameter/ram:ID"),
    "id": _Place(_MESSAGE, "ram:ID"),
    "sender": _Place(f"{_MESSAGE}/ram:SenderTradeParty", "*"),
    "issuer": _Place(f"{_MESSAGE}/ram:IssuerTradeParty", "*"),
    "recipient": _Place(f"{_MESSAGE}/ram:RecipientTradeParty", "*"),
    "phase": _Place(_SAID, "ram:TypeCode"),
    "code": _Place(_INVOICE, "ram:StatusCode"),
    "type": _Place(f"{_INVOICE}/ram:TypeCode"),
    "date": _Place(_INVOICE, "ram:FormattedIssueDateTime"),
    "status": _Place(_INVOICE, "ram:ProcessConditionCode"),
    "seller": _Place(f"{_INVOICE}/ram:IssuerTradeParty", "*"),
    "debtor": _Place(f"{_INVOICE}/ram:RecipientTradeParty/ram:RoleCode"),
    "details": _Place(_INVOICE, "ram:SpecifiedDocumentStatus"),
}


def edit_of(changes: Mapping[str, str]) -> Edit:
    """Changes as an edit of a message."""

    def edit(root: Element) -> None:
        for name, value in changes.items():
            _change(root, _PLACES[name], value)

    return edit


def _change(root: Element, place: _Place, value: str) -> None:
    found = chosen(root, place.parent, _PREFIXES)
    if not found:
        message = f"expected {place.parent} in the message, found none"
        raise NotThere(message)
    parent = found[0]
    if not place.child:
        parent.text = value
        return
    old = chosen(parent, place.child, _PREFIXES)
    at = parent.index(old[0]) if old else len(parent)
    for element in old:
        removed(element)
    for offset, element in enumerate(_fragment(value)):
        parent.insert(at + offset, element)


def _fragment(xml: str) -> list[Element]:
    spaces = " ".join(f'xmlns:{p}="{u}"' for p, u in _PREFIXES.items())
    return list(etree.fromstring(f"<x {spaces}>{xml}</x>"))
