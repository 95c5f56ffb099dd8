"""A Schematron schema out of its parts: inclusions, abstract rules and abstract patterns."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from lxml import etree
from lxml.etree import _Element as Element

XSL = "{http://www.w3.org/1999/XSL/Transform}"
_SCH = "{http://purl.oclc.org/dsdl/schematron}"
# XPath 1 is taken for XPath 3, as the engine has no other; the few differences are not made up for.
BINDINGS = ("xslt", "xslt1", "xpath", "xslt2", "xpath2", "xslt3", "xpath3", "xpath31")
_PARSING: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "remove_comments": True,
    "remove_pis": True,
}
_DEEPEST = 20


class SchematronFault(ValueError):
    """A schema that cannot be compiled; the text has file and line."""

    def __init__(self, message: str, at: Element) -> None:
        base = at.getroottree().docinfo.URL or "schema"
        super().__init__(f"{Path(unquote(base)).name}, line {at.sourceline}: {message}")


def sch(name: str) -> str:
    """A name of Schematron, as lxml writes it."""
    return _SCH + name


def attributes(element: Element) -> list[tuple[str, str]]:
    """Names and values; the stubs allow bytes, which a parsed tree never has."""
    found: Any = element.items()
    return list(found)


def resolved(file: Path) -> Element:
    """A schema with all its parts in place.

    Raises:
        SchematronFault: it is none, or a part is missing or has no end.
        OSError: it, or a part, cannot be read.
    """
    schema = _read(file)
    if schema.tag != sch("schema"):
        message = f"expected {{{_SCH[1:-1]}}}schema (ISO), found {schema.tag}"
        raise SchematronFault(message, schema)
    _include(schema, file, 0)
    _instantiate(schema)
    _extend(schema)
    return schema


def _read(file: Path) -> Element:
    try:
        return etree.fromstring(file.read_bytes(), etree.XMLParser(**_PARSING), base_url=str(file))
    except etree.XMLSyntaxError as error:
        message = f"{file.name}: {error.msg}"
        raise SchematronFault(message, etree.Element("schema")) from None


def _include(element: Element, file: Path, depth: int) -> None:
    """Puts what include and extends href name in their place, with all that it includes itself."""
    if depth > _DEEPEST:
        message = f"{file.name} includes itself, or more than {_DEEPEST} levels"
        raise SchematronFault(message, element)
    wanted = [e for e in element.iter(sch("include"), sch("extends")) if e.get("href")]
    for reference in wanted:
        target = file.parent / unquote(reference.get("href", "").partition("#")[0])
        part = _part(target, reference.get("href", "").partition("#")[2], reference)
        _include(part, target, depth + 1)
        is_whole = reference.tag == sch("include")
        _replace(reference, [part] if is_whole else list(part))


def _part(target: Path, fragment: str, reference: Element) -> Element:
    if not target.is_file():
        message = f"expected a file {target.name} in {target.parent}, found none"
        raise SchematronFault(message, reference)
    root = _read(target)
    if not fragment:
        return root
    found = next((e for e in root.iter("*") if e.get("id") == fragment), None)
    if found is None:
        message = f"expected an element with id {fragment!r} in {target.name}, found none"
        raise SchematronFault(message, reference)
    return found


def _replace(old: Element, new: list[Element]) -> None:
    parent = old.getparent()
    if parent is None:
        message = "the root cannot be a reference"
        raise SchematronFault(message, old)
    at = parent.index(old)
    parent[at : at + 1] = new


def _instantiate(schema: Element) -> None:
    """Patterns that say ``is-a`` become copies of the abstract one, with their parameters."""
    abstract = {p.get("id"): p for p in schema.iter(sch("pattern")) if p.get("abstract") == "true"}
    for pattern in schema.findall(sch("pattern")):
        if pattern.get("is-a"):
            _replace(pattern, [_instance(pattern, abstract.get(pattern.get("is-a")))])
    for pattern in abstract.values():
        _replace(pattern, [])


def _instance(pattern: Element, abstract: Element | None) -> Element:
    if abstract is None:
        message = f"expected an abstract pattern {pattern.get('is-a')!r}, found none"
        raise SchematronFault(message, pattern)
    values = {p.get("name", ""): p.get("value", "") for p in pattern.iter(sch("param"))}
    names = "|".join(re.escape(name) for name in sorted(values, key=len, reverse=True))
    copy = deepcopy(abstract)
    copy.set("abstract", "false")
    copy.set("id", pattern.get("id", ""))
    for element in copy.iter("*") if names else ():
        for attribute, value in attributes(element):
            element.set(attribute, re.sub(rf"\$({names})(?![\w.-])", _lookup(values), value))
    return copy


def _lookup(values: dict[str, str]) -> Callable[[re.Match[str]], str]:
    return lambda match: values[match.group(1)]


def _extend(schema: Element) -> None:
    """Rules that extend an abstract one get its content; abstract ones go."""
    everywhere = _abstract_rules(schema)
    for pattern in schema.iterfind(sch("pattern")):
        # Instances of an abstract pattern have rules of the same id: the nearest counts.
        near = {**everywhere, **_abstract_rules(pattern)}
        for rule in pattern.findall(sch("rule")):
            if rule.get("abstract") != "true":
                rule[:] = list(_content(rule, near, 0))
    for rule in list(schema.iter(sch("rule"))):
        if rule.get("abstract") == "true":
            _replace(rule, [])


def _abstract_rules(within: Element) -> dict[str | None, Element]:
    return {r.get("id"): r for r in within.iter(sch("rule")) if r.get("abstract") == "true"}


def _content(rule: Element, abstract: dict[str | None, Element], depth: int) -> Iterator[Element]:
    for child in rule:
        if child.tag != sch("extends"):
            yield deepcopy(child)
            continue
        base = abstract.get(child.get("rule"))
        if base is None or depth > _DEEPEST:
            message = f"expected an abstract rule {child.get('rule')!r} that ends, found none"
            raise SchematronFault(message, child)
        yield from _content(base, abstract, depth + 1)
