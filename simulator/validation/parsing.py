"""Bytes to a tree, refusing what the exchange refuses: other encodings, DOCTYPE, bad XML.

The parser expands no entities, loads nothing and has no limit of its own on the length of a text:
legal attachments of 100 MB travel as base64 (the limit of a member bounds it, and the process).

Source: PPF general dossier v3.2 note 69 (UTF-8 in and out).
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec
from lxml import etree
from lxml.etree import _Element as Element

from simulator import resources
from simulator.domain.findings import NOWHERE, Finding, Place, Rulebook
from simulator.validation.locate import excerpt, excerpt_at, position

_WIDE = ((b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"), (b"\0", "UTF-32"), (b"<\0", "UTF-16"))
_DECLARED = re.compile(rb"""<\?xml\s[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
# Everything that may stand before the DOCTYPE; possessive, so that it never backtracks.
_DOCTYPE = re.compile(rb"(?:\s++|<\?.*?\?>|<!--.*?-->)*+<!DOCTYPE", re.DOTALL)
# Encodings in which "<!DOCTYPE" has the same bytes as in UTF-8, so that it cannot hide: a document
# in one of these is refused for its encoding, and still read to tell what else is wrong.
_READABLE = re.compile(r"utf-?8|us-ascii|iso-8859-\d+|windows-125\d", re.IGNORECASE)
_UTF8 = ("utf-8", "utf8")
_SUFFIX = re.compile(r", line \d+, column \d+$")
_LONGEST_DETAIL = 200
# No format of the exchange gives an element more than a few. libxml2 has a word on each that is
# wrong: a million take 24 s and 1.5 GB; where memory ends among them, each fills the log.
_MOST_ATTRIBUTES = 10_000
_SHORTEST_OVERLOADED = len(" a=''") * _MOST_ATTRIBUTES
_OVERLOADED = re.compile(
    rb"""<(?P<name>[^\s<>/=!?][^\s<>/=]*+)(?:\s++[^\s<>/=]++\s*+=\s*+(?:"[^"<]*+"|'[^'<]*+')){%d}"""
    % (_MOST_ATTRIBUTES + 1)
)
_NO_MEMORY = 2  # XML_ERR_NO_MEMORY of libxml2


PARSING: Mapping[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "huge_tree": True,
    "collect_ids": False,
}


class Parsed(msgspec.Struct, frozen=True):
    """A document read, and what is wrong with its bytes; `root` is None when it is unreadable."""

    root: Element | None
    findings: tuple[Finding, ...]


@cache
def rules() -> Rulebook:
    """Wordings of syntax and schema errors. Raises `MissingResource`."""
    return Rulebook.from_tables(resources.table("schemas", "rules", "xsd.toml"))


def syntax_finding(rule: str, place: Place = NOWHERE, **values: object) -> Finding:
    """Words a row of that table; `KeyError` if there is none."""
    return rules().finding(rule, place, shown=None, **values)


def parse(content: bytes) -> Parsed:
    """Reads a document.

    Raises:
        MemoryError: the memory allowed to the process does not suffice.
    """
    begin = len(BOM_UTF8) if content.startswith(BOM_UTF8) else 0
    encoding = _encoding(content, begin)
    findings: list[Finding] = []
    if encoding.lower() not in _UTF8:
        findings.append(
            syntax_finding("IRR_SYNTAX_ENCODING", Place(line=1, column=1), found=encoding)
        )
    root = None
    if not _READABLE.fullmatch(encoding):
        pass
    elif doctype := _DOCTYPE.match(content, begin):
        findings.append(_at(content, doctype.end() - len("<!DOCTYPE"), "IRR_SYNTAX_DOCTYPE"))
    elif overloaded := _overloaded(content, begin):
        findings.append(overloaded)
    else:
        try:
            root = _tree(content)
        except etree.XMLSyntaxError as error:
            findings.append(_malformed(content, error))
        else:
            if hidden := _hidden(root, encoding):
                return Parsed(None, (*findings, hidden))
    return Parsed(root, tuple(findings))


def _tree(content: bytes) -> Element:
    parser: Any = etree.XMLParser(**PARSING)
    try:
        root: Element = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        fault: Any = error  # the stubs do not know its code
        if fault.code == _NO_MEMORY:
            raise MemoryError(error.msg) from None
        raise
    return root


def _hidden(root: Element, encoding: str) -> Finding | None:
    """What the parser saw and the bytes did not show: another encoding, or a DOCTYPE in it."""
    about: Any = root.getroottree().docinfo  # the stubs do not know its doctype
    if about.doctype:
        return syntax_finding("IRR_SYNTAX_DOCTYPE", Place(line=1, column=1), line=1, column=1)
    if about.encoding and about.encoding.lower() not in (*_UTF8, encoding.lower()):
        place = Place(line=1, column=1)
        return syntax_finding("IRR_SYNTAX_ENCODING", place, found=about.encoding)
    return None


def _overloaded(content: bytes, begin: int) -> Finding | None:
    """The first start tag with too many attributes, found before libxml2 makes nodes of them.

    Such a tag is long and has no other inside, so all but one tag in a stretch are passed over.
    """
    at = content.find(b"<", begin)
    while at >= 0:
        last = content.rfind(b"<", at + 1, at + _SHORTEST_OVERLOADED)
        if last < 0 and (tag := _OVERLOADED.match(content, at)):
            name = tag["name"][:_LONGEST_DETAIL].decode(errors="replace")
            values = {"element": name, "limit": _MOST_ATTRIBUTES}
            return _at(content, at, "IRR_SYNTAX_ATTRIBUTES", **values)
        at = last if last >= 0 else content.find(b"<", at + 1)
    return None


def _encoding(content: bytes, begin: int) -> str:
    """The encoding on the wire: by its first bytes, else as declared, else UTF-8."""
    for start, name in _WIDE:
        if content.startswith(start):
            return name
    declared = _DECLARED.match(content, begin, begin + 1024)
    return declared.group(1).decode() if declared else "UTF-8"


def _at(content: bytes, offset: int, rule: str, **values: object) -> Finding:
    line, column = position(content, offset)
    place = Place(line=line, column=column, excerpt=excerpt(content, offset))
    return syntax_finding(rule, place, line=line, column=column, **values)


def _malformed(content: bytes, error: etree.XMLSyntaxError) -> Finding:
    line, column = error.position
    detail = _SUFFIX.sub("", error.msg or "no reason given").strip()
    place = Place(line=line, column=column, excerpt=excerpt_at(content, line, column))
    values = {"line": line, "column": column, "detail": detail[:_LONGEST_DETAIL]}
    return syntax_finding("IRR_SYNTAX_MALFORMED", place, **values)
