"""Reports of stylesheets (SVRL) as values, and the rules that a stylesheet has."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any, NamedTuple

from lxml import etree
from lxml.etree import _Element as Element

from simulator.messages import cii, statusfacts, ubl
from simulator.messages.xpath import qualified
from simulator.schematron.rulesets import Fired

_PARSING: dict[str, Any] = {"resolve_entities": False, "no_network": True, "huge_tree": True}
_FIRED = ("failed-assert", "successful-report")
_XSL = "{http://www.w3.org/1999/XSL/Transform}"
_LONGEST = 1000
_LONGEST_RULE = 120
# A name that a text begins with, where checks have no id: "[G1.05] L'identifiant ...".
_NAMED = re.compile(r"\s*\[([A-Za-z][\w.-]*)\]")
# Factur-X numbers its checks; those it has from EN 16931 have their name in the text ("[BR-CO-15]-"),
# which is their id in the profiles that were published later.
_NUMBERED = re.compile(r"FX-SCH-A-\d+")
_PREFIXES = {**statusfacts.PREFIXES, **cii.PREFIXES, **ubl.PREFIXES}
# A step as the published stylesheets write it, and as path() does.
_STEP = re.compile(
    r"\*:(?P<name>[^\[/]+)\[namespace-uri\(\)='(?P<uri>[^']*)'\]"
    r"|@\*\[local-name\(\)='(?P<aname>[^']*)' and namespace-uri\(\)='(?P<auri>[^']*)'\]"
    r"|Q\{(?P<quri>[^}]*)\}(?P<qname>[^\[/]+)"
)


class NoReport(ValueError):
    """What a stylesheet wrote is no report of a validation."""


class Report(NamedTuple):
    """What fired: described as far as wanted, and counted by rule."""

    fired: tuple[Fired, ...]
    counts: dict[str, int]


def report(text: str, most: int) -> Report:
    """Reads a report.

    Args:
        text: SVRL, or what `sch.compiled` writes.
        most: how many to describe.

    Raises:
        NoReport: it is none.
    """
    root = _parsed(text)
    counts: Counter[str] = Counter()
    fired: list[Fired] = []
    for element in root.iterchildren(*(f"{{*}}{name}" for name in _FIRED)):
        rule = _rule(element, element.get("id"), _text(element))
        counts[rule] += 1
        if len(fired) < most:
            fired.append(_fired(element, rule))
    return Report(tuple(fired), dict(counts))


def rules_of(stylesheet: bytes) -> tuple[str, ...]:
    """The ids of all rules of a stylesheet, each once."""
    root: Element = etree.fromstring(stylesheet, etree.XMLParser(**_PARSING))
    found = (_declared(e) for e in root.iter(*(f"{{*}}{name}" for name in _FIRED)))
    return tuple(dict.fromkeys(found))


def _parsed(text: str) -> Element:
    try:
        root: Element = etree.fromstring(text.encode(), etree.XMLParser(**_PARSING))
    except etree.XMLSyntaxError:
        root = etree.Element("nothing")
    if etree.QName(root).localname != "schematron-output":
        message = f"expected a report (svrl:schematron-output), found {text[:60]!r}"
        raise NoReport(message)
    return root


def _fired(element: Element, rule: str) -> Fired:
    words = next(element.iterchildren("{*}text"), element)
    return Fired(
        rule,
        element.get("flag") or element.get("role") or "",
        place(element.get("location", "")),
        " ".join(_text(words).split())[:_LONGEST],
    )


def place(location: str) -> str:
    """A location as our paths are written: known prefixes, no ``[1]``."""
    return _STEP.sub(_step, location).replace("[1]", "")


def _step(match: re.Match[str]) -> str:
    name = match["name"] or match["aname"] or match["qname"]
    uri = match["uri"] or match["auri"] or match["quri"] or ""
    return ("@" if match["aname"] else "") + qualified(f"{{{uri}}}{name}", _PREFIXES)


def _rule(element: Element, identifier: str | None, text: str) -> str:
    named = _NAMED.match(text)
    if named and (not identifier or _NUMBERED.fullmatch(identifier)):
        return named[1]
    if identifier:
        return identifier
    kind = etree.QName(element).localname.partition("-")[2]
    words = " ".join(text.split()) or " ".join(element.get("test", "").split())
    return f"{kind}: {words}"[:_LONGEST_RULE]


def _declared(element: Element) -> str:
    """The rule of a check as it stands in a stylesheet."""
    given = (e for e in element.iterchildren(f"{_XSL}attribute") if e.get("name") == "id")
    identifier = element.get("id") or next((_text(e).strip() for e in given), "")
    return _rule(element, identifier, "".join(map(_text, element.iterchildren("{*}text"))))


def _text(element: Element) -> str:
    pieces: Any = element.itertext()  # the stubs allow bytes, which a parsed tree never has
    return "".join(pieces)
