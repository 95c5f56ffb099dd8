"""Documents that break one syntax rule of EN 16931 each: made from the row, or from a table of edits.

The clean documents are `samples/en16931-ubl.xml` and `-cii.xml`, which have every group of the core
invoice; a credit note is the invoice with other names. `samples/en16931-syntax.toml` says what to edit
where a row does not tell it, and which rules come with one that cannot be broken alone.
"""

from __future__ import annotations

import copy
import tomllib
from functools import cache
from pathlib import Path as File

import msgspec
from lxml import etree
from lxml.etree import _Element as Element

from simulator.validation.packs.dialects import dialect_of
from simulator.validation.packs.loading import load
from simulator.validation.packs.patterns import Path, below, clark, parse
from simulator.validation.packs.rows import Rule

SAMPLES = File(__file__).resolve().parent / "samples"
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


class Edit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One change of a document.

    Attributes:
        at: XPath; the first element found is changed.
        add: XML to put into it; its root may have a prefix of the dialect.
        copy: how often to repeat the element behind itself.
        text: its new text.
        set, unset: attributes to give, and one to take away.
        remove: whether to take the element away.
    """

    at: str
    add: str = ""
    copy: int = 0
    text: str | None = None
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
    text = (SAMPLES / "en16931-syntax.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), dict[str, Sample])


def sample(rule: Rule, syntax: str) -> Sample:
    """What the table says of a rule in a syntax."""
    keys = (f"{rule.id}@{syntax}", f"{rule.id}@{syntax.partition('-')[0]}", rule.id)
    return next((table()[key] for key in keys if key in table()), Sample())


def rules(syntax: str) -> list[Rule]:
    """The syntax rules of a syntax."""
    return [r for r in load("en16931").rules if syntax in r.syntaxes and r.id.startswith(PREFIXES)]


@cache
def clean(syntax: str) -> bytes:
    """The clean document of a syntax."""
    text = (SAMPLES / f"en16931-{syntax.partition('-')[0]}.xml").read_text(encoding="utf-8")
    if syntax == "ubl-creditnote":
        for old, new in _CREDIT_NOTE.items():
            text = text.replace(old, new)
    return text.encode()


def broken(rule: Rule, syntax: str) -> Broken:
    """A document of a syntax that breaks a rule; `ValueError` when nobody says how."""
    root = etree.fromstring(clean(syntax))
    wanted = sample(rule, syntax)
    if wanted.edits:
        places = [edited(root, edit, syntax) for edit in wanted.edits]
        place = _first(root, wanted.place, syntax) if wanted.place else places[0]
    else:
        place = _broken(root, rule, syntax)
    where = root.getroottree().getelementpath(place)
    content = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    again = etree.fromstring(content)
    found = again.getroottree().find(where) if where != "." else again
    return Broken(content, again, found)


def codes_of(rule: Rule, syntax: str) -> list[Element]:
    """The elements of the clean document that a code rule looks at."""
    return _selected(etree.fromstring(clean(syntax)), rule, syntax)


def _broken(root: Element, rule: Rule, syntax: str) -> Element:
    if rule.kind == "forbid":
        paths = [p for p in below(parse(rule.context), rule.forbid) if p.plain]
        return _planted(root, min(paths, key=lambda p: _absent(root, p, syntax)), syntax)
    if rule.kind == "codes":
        place = _selected(root, rule, syntax)[0]
        if rule.value == ".":
            place.text = "?"
        else:
            place.set(rule.value.removeprefix("@"), "?")
        return place
    repeated = rule.test.removeprefix("count(").removesuffix(") <= 1")
    if repeated == rule.test:
        message = f"{rule.id} is not in samples/en16931-syntax.toml"
        raise ValueError(message)
    (found, *_) = _selected(root, rule, syntax)
    original = found.xpath(repeated, namespaces=_prefixes(syntax))[0]
    original.addnext(copy.deepcopy(original))
    return found


def _planted(root: Element, path: Path, syntax: str) -> Element:
    """What must not be there, put there; the steps above it are made where they are missing."""
    current = root
    last = len(path.steps) - 1
    for number, step in enumerate(path.steps):
        tag = clark(step.name, _prefixes(syntax))
        if step.deep:
            found = next((e for e in root.iter(tag) if e is not root), None)
        elif number == 0:
            continue
        else:
            found = current.find(tag)
        if found is None or (number == last and not path.attribute):
            found = etree.SubElement(current, tag)
            found.text = "x" if number == last else None
        current = found
    if path.attribute:
        current.set(path.attribute, "x")
    return current


def _absent(root: Element, path: Path, syntax: str) -> tuple[int, int]:
    """How many steps of a path a document lacks."""
    if not path.steps[0].deep and clark(path.steps[0].name, _prefixes(syntax)) != root.tag:
        return (1, 0)
    for number in range(len(path.steps), 0, -1):
        above = Path(path.steps[:number])
        if root.xpath(above.select, namespaces=_prefixes(syntax)):
            return (0, len(path.steps) - number)
    return (0, len(path.steps))


def _selected(root: Element, rule: Rule, syntax: str) -> list[Element]:
    prefixes = _prefixes(syntax)
    left_out = "".join(f"[not({p.condition})]" for p in parse(rule.unless or "none"))
    paths = [f"{p.select}{left_out}" for p in parse(rule.context)]
    found = [e for path in paths for e in root.xpath(path, namespaces=prefixes)]
    if rule.value != ".":
        found = [e for e in found if e.get(rule.value.removeprefix("@")) is not None]
    return found


def edited(root: Element, edit: Edit, syntax: str) -> Element:
    """Changes a document; the element that was changed."""
    place = _first(root, edit.at, syntax)
    if edit.add:
        declared = " ".join(f"xmlns:{p}='{u}'" for p, u in _prefixes(syntax).items())
        place.extend(etree.fromstring(f"<x {declared}>{edit.add}</x>"))
    for _ in range(edit.copy):
        place.addnext(copy.deepcopy(place))
    if edit.text is not None:
        place.text = edit.text
    for name, value in edit.set.items():
        place.set(name, value)
    if edit.unset:
        del place.attrib[edit.unset]
    if edit.remove:
        parent = place.getparent()
        parent.remove(place)
        return parent
    return place


def _first(root: Element, path: str, syntax: str) -> Element:
    found = root.xpath(path, namespaces=_prefixes(syntax))
    if not found:
        message = f"{path} finds nothing in the clean document"
        raise ValueError(message)
    return found[0]


def _prefixes(syntax: str) -> dict[str, str]:
    dialect = dialect_of(syntax)
    assert dialect is not None
    return dict(dialect.prefixes)
