"""Documents that break one syntax rule of EN 16931 each: made from the row, or from a table.

The clean documents are `schemas/breaks/en16931-ubl.xml` and `-cii.xml`, which have every group of the
core invoice; a credit note is the invoice with other names. `en16931-syntax.toml` beside them says what
to edit where a row does not tell it, and which rules come with one that cannot be broken alone.
"""

from __future__ import annotations

import copy
import re
import tomllib
from functools import cache

import msgspec
from lxml import etree
from lxml.etree import _Element as Element

from simulator import resources
from simulator.validation.packs.breaking import unbreakable
from simulator.validation.packs.breaking.derived import (
    at_path,
    derive,
    looked_at,
    path_of,
    prefixes_of,
)
from simulator.validation.packs.breaking.edits import NotThere, chosen, removed, without
from simulator.validation.packs.dialects import dialect_of
from simulator.validation.packs.loading import load
from simulator.validation.packs.rows import Rule

PREFIXES = ("UBL-", "CII-", "BR-CL-")
SYNTAXES = ("ubl-invoice", "ubl-creditnote", "cii-d22b")
_CREDIT_NOTE = {
    "Invoice>": "CreditNote>",
    "<Invoice ": "<CreditNote ",
    ":xsd:Invoice-2": ":xsd:CreditNote-2",
    "InvoiceTypeCode": "CreditNoteTypeCode",
    ">380<": ">381<",
    "InvoiceLine": "CreditNoteLine",
    "InvoicedQuantity": "CreditedQuantity",
}
_INVOICE_ONLY = re.compile(r"<(cbc:DueDate|cac:ProjectReference)>.*?</\1>\s*", re.DOTALL)


class Edit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One change of a document.

    Attributes:
        at: XPath; the first element found is changed.
        add: XML to put into it; its root may have a prefix of the dialect.
        behind: XML to put behind it.
        copy: how often to repeat the element behind itself.
        text: its new text.
        fill: a text of so many letters.
        set, unset: attributes to give, and one to take away.
        remove: whether to take the element away.
    """

    at: str
    add: str = ""
    behind: str = ""
    copy: int = 0
    text: str | None = None
    fill: int = 0
    set: dict[str, str] = {}
    unset: str = ""
    remove: bool = False


class Sample(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How to break a rule.

    Attributes:
        edits: what to change; none: the row tells it.
        place: XPath of the element at fault; without it the one that was changed first.
        also: rules that come with it.
    """

    edits: tuple[Edit, ...] = ()
    place: str = ""
    also: tuple[str, ...] = ()


class Broken(msgspec.Struct, frozen=True):
    """A broken document, read as it is written.

    Attributes:
        content: its bytes.
        root: its tree.
        place: the element at fault.
    """

    content: bytes
    root: Element
    place: Element


@cache
def table() -> dict[str, Sample]:
    """The edits by rule id, or by id and syntax or family of syntaxes (``BR-CL-22@cii``)."""
    found: dict[str, Sample] = {}
    for file in sorted(resources.path("schemas", "breaks").glob("*.toml")):
        if file.name == unbreakable.FILE:
            continue
        text = file.read_text(encoding="utf-8")
        found |= msgspec.convert(tomllib.loads(text), dict[str, Sample])
    return found


def sample(rule: Rule, syntax: str) -> Sample:
    """What the table says of a rule in a syntax."""
    keys = (f"{rule.id}@{syntax}", f"{rule.id}@{family_of(syntax)}", rule.id)
    return next((table()[key] for key in keys if key in table()), Sample())


def rules(syntax: str) -> list[Rule]:
    """The syntax rules of a syntax."""
    return [r for r in load("en16931").rules if syntax in r.syntaxes and r.id.startswith(PREFIXES)]


@cache
def clean(syntax: str) -> bytes:
    """The clean document of a syntax."""
    text = _sample_of(family_of(syntax))
    return (as_credit_note(text) if syntax == "ubl-creditnote" else text).encode()


def as_credit_note(text: str) -> str:
    """A UBL invoice as the credit note of the same content: other names, and not what it has not."""
    text = _INVOICE_ONLY.sub("", text)
    for old, new in _CREDIT_NOTE.items():
        text = text.replace(old, new)
    return text


def broken(rule: Rule, syntax: str) -> Broken:
    """A document of a syntax that breaks a rule; `ValueError` when nobody says how."""
    root = etree.fromstring(clean(syntax))
    place = changed(root, rule, syntax)
    where = path_of(place)
    content = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    again = etree.fromstring(content)
    return Broken(content, again, at_path(again, where))


def changed(root: Element, rule: Rule, syntax: str) -> Element:
    """Breaks a rule in a document; the element at fault.

    Raises:
        NotThere: the document does not have the place, or nobody says how.
    """
    wanted = sample(rule, syntax)
    if not wanted.edits:
        return derive(root, rule, prefixes_of(syntax))
    places = [edited(root, edit, syntax) for edit in wanted.edits]
    return _first(root, wanted.place, syntax) if wanted.place else places[0]


def codes_of(rule: Rule, syntax: str) -> list[Element]:
    """The elements of the clean document that a code rule looks at."""
    return looked_at(etree.fromstring(clean(syntax)), rule, prefixes_of(syntax))


def edited(root: Element, edit: Edit, syntax: str) -> Element:
    """Changes a document; the element that was changed."""
    place = _first(root, edit.at, syntax)
    place.extend(_elements(edit.add, syntax))
    for element in reversed(_elements(edit.behind, syntax)):
        place.addnext(element)
    for _ in range(edit.copy):
        place.addnext(copy.deepcopy(place))
    if edit.text is not None:
        place.text = edit.text
    if edit.fill:
        place.text = "x" * edit.fill
    for name, value in edit.set.items():
        place.set(name, value)
    if edit.unset:
        without(place, edit.unset)
    if edit.remove:
        parent = place.getparent()
        removed(place)
        return root if parent is None else parent
    return place


def _elements(xml: str, syntax: str) -> list[Element]:
    declared = " ".join(f"xmlns:{p}='{u}'" for p, u in prefixes_of(syntax).items())
    return list(etree.fromstring(f"<x {declared}>{xml}</x>"))


def _first(root: Element, path: str, syntax: str) -> Element:
    found = chosen(root, path, prefixes_of(syntax))
    if not found:
        message = f"expected {path} in the document, found none"
        raise NotThere(message)
    return found[0]


def family_of(syntax: str) -> str:
    """``ubl``, ``cii``, ``cpp`` or ``cdar``."""
    dialect = dialect_of(syntax)
    return dialect.name if dialect else ""


def _sample_of(family: str) -> str:
    return (resources.path("schemas", "breaks") / f"en16931-{family}.xml").read_text(
        encoding="utf-8"
    )
