"""The user's own rule sets: every ``.sch``, ``.xsl`` and ``.xslt`` of a folder.

What a file is for follows from the namespaces that it declares (``ns`` of Schematron, ``xmlns`` of
XSLT); a file that declares none of a document is for documents without namespace. A table in
``schematron.toml`` in the same folder, named like the file, says otherwise: see `Declaration`.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from xml.parsers import expat

import msgspec

from simulator.schematron.rulesets import Applies, RuleSet

DECLARATIONS = "schematron.toml"
ORIGIN = "your folder"
_SUFFIXES = (".sch", ".xsl", ".xslt")
_SCHEMA = "http://purl.oclc.org/dsdl/schematron schema"
_NS = "http://purl.oclc.org/dsdl/schematron ns"
_XSLT = "http://www.w3.org/1999/XSL/Transform"
# Namespaces that stylesheets and schemas declare for themselves.
_OWN = ("http://www.w3.org/", "http://purl.oclc.org/dsdl/", "http://saxon.sf.net/")
_OLD = "http://www.ascc.net/xml/schematron"


class FolderError(ValueError):
    """The folder of rule sets or its table cannot be used; the text says what to change."""


class Declaration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One table of ``schematron.toml``, named by a file of the folder.

    Attributes:
        name: shown instead of the file's; ``""``: the file's.
        version: shown; ``""``: the first characters of the file's SHA-256.
        pack: rule pack that it is the counterpart of: it runs only where that pack does, and is
            compared with it. ``""``: it runs on every document that it applies to.
        namespaces: of the root; None: those that the file declares.
        syntaxes: as ``check --json`` names them; empty: all.
        guidelines: patterns of BT-24; empty: all.
        off: not a rule set (a module that others import).
    """

    name: str = ""
    version: str = ""
    pack: str = ""
    namespaces: tuple[str, ...] | None = None
    syntaxes: tuple[str, ...] = ()
    guidelines: tuple[str, ...] = ()
    off: bool = False


def of_folder(folder: Path) -> tuple[RuleSet, ...]:
    """The rule sets of a folder, by name of file. Parts that schemas include are left out.

    Raises:
        FolderError: there is no such folder, or ``schematron.toml`` is wrong.
    """
    if not folder.is_dir():
        message = f"[schematron] folder: expected a folder, found {folder}: make it or unset it"
        raise FolderError(message)
    files = [p for p in sorted(folder.iterdir()) if p.suffix.lower() in _SUFFIXES and p.is_file()]
    declared = _declarations(folder / DECLARATIONS, {file.name for file in files})
    sets = (_rule_set(file, declared.get(file.name, Declaration())) for file in files)
    return tuple(found for found in sets if found is not None)


def _declarations(file: Path, names: set[str]) -> Mapping[str, Declaration]:
    if not file.exists():
        return {}
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
        declared = msgspec.convert(tables, dict[str, Declaration])
    except (ValueError, OSError) as error:  # TOML, encoding and msgspec's errors are ValueErrors
        message = f"{file}: {error}"
        raise FolderError(message) from None
    if unknown := sorted(set(declared) - names):
        message = f"{file}: no file {unknown[0]!r} beside it; a table is named like its file"
        raise FolderError(message)
    return declared


def _rule_set(file: Path, given: Declaration) -> RuleSet | None:
    if given.off:
        return None
    problem, namespaces, version = "", None, ""
    try:
        content = file.read_bytes()
        version = hashlib.sha256(content).hexdigest()[:12]
        namespaces = _namespaces(content)
        if namespaces is None:
            return None
    except (OSError, expat.ExpatError) as error:
        problem = f"cannot be read: {error}"
    chosen = given.namespaces if given.namespaces is not None else namespaces or ()
    applies = Applies(chosen, given.syntaxes, given.guidelines)
    name, version = given.name or file.name, given.version or version
    return RuleSet(name, version, ORIGIN, given.pack, str(file.resolve()), applies, problem)


def _namespaces(content: bytes) -> tuple[str, ...] | None:
    """The namespaces of documents that a file declares; None for a part that is no whole.

    Raises:
        expat.ExpatError: it is not XML.
    """
    seen: list[str] = []
    roots: list[str] = []
    parser = expat.ParserCreate(namespace_separator=" ")

    def started(name: str, attributes: dict[str, str]) -> None:
        if not roots:
            roots.append(name)
        if name == _NS:
            seen.append(attributes.get("uri", ""))

    def declared(_prefix: str | None, uri: str | None) -> None:
        if not roots:  # of the root element only: those inside are of literal results
            xmlns.append(uri or "")

    xmlns: list[str] = []
    parser.StartElementHandler = started
    parser.StartNamespaceDeclHandler = declared
    parser.Parse(content, True)
    if not roots[0].startswith((_XSLT, _SCHEMA, _OLD)):
        return None
    foreign = [uri for uri in (seen if roots[0] == _SCHEMA else xmlns) if not _is_own(uri)]
    return tuple(dict.fromkeys(foreign)) or ("",)


def _is_own(uri: str) -> bool:
    return not uri or uri.startswith(_OWN) or uri == _OLD
