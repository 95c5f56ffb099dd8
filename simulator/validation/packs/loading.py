"""Reads packs: defaults are put into rules, words are found, everything is checked.

A pack is a folder ``schemas/rules/packs/NAME`` (the current version) or ``NAME@VERSION`` with a
``pack.toml`` and any number of other TOML files.
"""

from __future__ import annotations

import pathlib
import re
import tomllib
from functools import cache
from typing import Any, TypeVar

import msgspec
from lxml import etree

from simulator import resources
from simulator.validation.packs.codelists import code_list
from simulator.validation.packs.dialects import NAMES, dialect_of, expanded
from simulator.validation.packs.patterns import Path, PatternError, below, parse
from simulator.validation.packs.rows import (
    Header,
    Kind,
    Motifs,
    Pack,
    PackError,
    Row,
    Rule,
    Table,
    Texts,
)
from simulator.validation.packs.stylesheet import REGULAR

_HEADER = "pack.toml"
_MODELS = "simulator.validation.packs.models"
_LITERAL = re.compile(r"'[^']*'|\"[^\"]*\"")
# A slash that begins an expression: at its start, after an operator or an opening bracket.
_ABSOLUTE = re.compile(r"(?:^|[\[(,=<>!|+\-]|\b(?:and|or|div|mod)\s)\s*/")
_QUADRATIC = re.compile(r"\b(?:preceding|following)(?:-sibling)?::")
_CALL = re.compile(r"([A-Za-z][\w.:-]*)\s*\(")
# Core functions of XPath 1.0, tests of nodes, operators before a bracket, and one of EXSLT.
_CALLS = frozenset(
    [
        "last",
        "position",
        "count",
        "id",
        "local-name",
        "namespace-uri",
        "name",
        "string",
        "concat",
        "starts-with",
        "contains",
        "substring-before",
        "substring-after",
        "substring",
        "string-length",
        "normalize-space",
        "translate",
        "boolean",
        "not",
        "true",
        "false",
        "lang",
        "number",
        "sum",
        "floor",
        "ceiling",
        "round",
        "text",
        "node",
        "and",
        "or",
        "div",
        "mod",
        "re:test",
    ]
)
_PREFIX = re.compile(r"([A-Za-z_][\w.-]*):(?!:)")
_ONCE = re.compile(r"\s*/[^/\[]+(?:\[.*\])?\s*")
_WORDS = ("message", "asked", "repair")
_WHERE_AND_WHEN = ("circuits", "interfaces", "profiles", "since", "until")
_ABOUT = ("syntaxes", "severity", "level", "motif", "source", "mark", "context", "unless")
_FIELDS = (*_ABOUT, *_WHERE_AND_WHEN)
T = TypeVar("T")


def names() -> list[str]:
    """Every pack there is: ``name`` and ``name@version``."""
    folder = resources.path("schemas", "rules", "packs")
    return sorted(f.name for f in folder.iterdir() if (f / _HEADER).is_file())


@cache
def load(key: str) -> Pack:
    """A pack by name or ``name@version``, read once in a process.

    ``name@version`` is the folder of that name, or the current one if it has that version.

    Raises:
        PackError: there is none, or it says something that it must not.
    """
    name, _, version = key.partition("@")
    folder = resources.path("schemas", "rules", "packs") / key
    if not (folder / _HEADER).is_file():
        folder = folder.with_name(name)
    if not (folder / _HEADER).is_file():
        message = f"there is no rule pack {key}: expected one of {', '.join(names())}"
        raise PackError(message)
    header = _converted(folder / _HEADER, Header)
    if version and header.version != version:
        message = f"rule pack {name} has version {header.version}, not {version}"
        raise PackError(message)
    return _Reading(key, folder, header).pack()


class _Reading:
    """One pack on its way in."""

    def __init__(self, key: str, folder: pathlib.Path, header: Header) -> None:
        self._key = key
        self._header = header
        files = sorted(f for f in folder.glob("*.toml") if f.name != _HEADER)
        self._tables = {f: _converted(f, Table) for f in files}
        self._texts: dict[str, Texts] = {}
        for file, table in self._tables.items():
            for rule, texts in table.texts.items():
                if rule in self._texts:
                    message = f"{file}: words of {rule} are given twice"
                    raise PackError(message)
                self._texts[rule] = texts

    def pack(self) -> Pack:
        own = [rule for file in self._tables for rule in self._rules(file)]
        seen: set[tuple[str, str]] = set()
        for rule in own:
            for syntax in rule.syntaxes:
                if (rule.id, syntax) in seen:
                    message = f"pack {self._key}: rule {rule.id} is given twice for {syntax}"
                    raise PackError(message)
                seen.add((rule.id, syntax))
        inherited, functions = self._inherited(seen)
        modules = tuple(f"{_MODELS}.{name}" for name in self._header.functions)
        return Pack(self._key, self._header, (*inherited, *own), (*modules, *functions))

    def _inherited(self, own: set[tuple[str, str]]) -> tuple[list[Rule], tuple[str, ...]]:
        """Rules of the pack that this one extends, but those that it gives itself."""
        if not self._header.extends:
            return [], ()
        base = load(self._header.extends)
        taken: list[Rule] = []
        for rule in base.rules:
            syntaxes = tuple(s for s in rule.syntaxes if (rule.id, s) not in own)
            if syntaxes and rule.id not in self._header.without:
                changes = {"pack": self._key, "syntaxes": syntaxes}
                taken.append(msgspec.structs.replace(rule, **changes))
        return taken, base.functions

    def _rules(self, file: pathlib.Path) -> list[Rule]:
        found: list[Rule] = []
        for name, row in self._tables[file].rules.items():
            try:
                found.append(self._rule(name, row, self._tables[file]))
            except (ValueError, KeyError) as error:
                message = f"{file}: rule {name}: {error}"
                raise PackError(message) from None
        return found

    def _rule(self, name: str, row: Row, table: Table) -> Rule:
        rows = (row, table.defaults, self._header.defaults)
        given = _first_of(rows, _FIELDS)
        words = (row, self._texts.get(name, Texts()), table.defaults, self._header.defaults)
        kind = _kind(row)
        rule = Rule(
            id=name,
            pack=self._key,
            version=self._header.version,
            kind=kind,
            syntaxes=expanded(_needed(given, "syntaxes")),
            severity=given.get("severity", "error"),
            level=given.get("level", "invoice"),
            motif=_motif(given.get("motif")),
            source=given.get("source", self._header.source),
            mark=given.get("mark", self._header.mark),
            context="" if kind == "model" else given.get("context", ""),
            unless=given.get("unless", ""),
            test=_test(row),
            forbid=row.forbid or "",
            codes=frozenset().union(*(code_list(c).values for c in _lists(row))),
            lists=_lists(row),
            value=row.value,
            variables=table.variables,
            **{field: given[field] for field in _WHERE_AND_WHEN if field in given},
            **{field: _needed(_first_of(words, _WORDS), field) for field in _WORDS},
        )
        _check(rule)
        return rule


def _kind(row: Row) -> Kind:
    has: dict[Kind, bool] = {
        "test": bool(row.test or row.require or row.single),
        "forbid": row.forbid is not None,
        "codes": row.codes is not None,
        "model": row.function,
    }
    kinds = [kind for kind, given in has.items() if given]
    if len(kinds) != 1 or sum(map(bool, (row.test, row.require, row.single))) > 1:
        message = (
            "expected exactly one of test, require, single, forbid, codes and function, "
            f"found {', '.join(kinds) or 'none'}"
        )
        raise PackError(message)
    return kinds[0]


def _test(row: Row) -> str:
    if row.require:
        return f"normalize-space({row.require}) != ''"
    if row.single:
        return f"count({row.single}) <= 1"
    return row.test or ""


def _lists(row: Row) -> tuple[str, ...]:
    if row.codes is None:
        return ()
    return (row.codes,) if isinstance(row.codes, str) else row.codes


def _motif(given: str | Motifs | None) -> Motifs:
    if given is None:
        return {}
    return {"*": given} if isinstance(given, str) else given


def _first_of(rows: tuple[object, ...], fields: tuple[str, ...]) -> dict[str, Any]:
    """Each field from the first row that says something of it; those of which none does are out."""
    found: dict[str, Any] = {}
    for field in fields:
        value = next((v for r in rows if (v := getattr(r, field)) not in (None, ())), None)
        if value is not None:
            found[field] = value
    return found


def _needed(given: dict[str, Any], field: str) -> Any:  # noqa: ANN401 - of the type of its field
    if field not in given:
        message = f"{field} is neither in the rule nor in texts or defaults"
        raise PackError(message)
    return given[field]


def _check(rule: Rule) -> None:
    """What a rule must not say: see docs/rules.md, performance."""
    if rule.kind == "model":
        return
    if not rule.context:
        message = "a context is needed"
        raise PackError(message)
    bare = _LITERAL.sub("''", rule.test)
    context = parse(rule.context)
    _check_paths((*context, *below(context, rule.forbid or "*")))
    known = {p for s in rule.syntaxes if (d := dialect_of(s)) for p in d.prefixes} | set(REGULAR)
    for text in (rule.test, rule.context, rule.unless, rule.forbid, *rule.variables.values()):
        _check_xpath(_LITERAL.sub("''", text), known)
    repeated = not all(_ONCE.fullmatch(part) for part in rule.context.split("|"))
    if repeated and _ABSOLUTE.search(bare):
        message = (
            f"the test {rule.test!r} has an absolute path inside the repeated context "
            f"{rule.context!r}: put it into [variables], or write a model rule"
        )
        raise PackError(message)
    if repeated and _QUADRATIC.search(bare):
        message = f"the test {rule.test!r} looks at all siblings of each: write a model rule"
        raise PackError(message)


def _check_paths(paths: tuple[Path, ...]) -> None:
    for path in paths:
        if not path.plain:
            try:
                etree.XPath(path.select)
            except etree.XPathSyntaxError as error:
                message = f"{path.select!r} is not XPath 1.0: {error}"
                raise PackError(message) from None


def _check_xpath(text: str, prefixes: set[str]) -> None:
    calls = {name.rpartition("::")[2] for name in _CALL.findall(text)}
    if unknown := sorted(calls - _CALLS):
        message = f"{text!r} calls what XPath 1.0 has not: {', '.join(unknown)}"
        raise PackError(message)
    if foreign := sorted(set(_PREFIX.findall(text)) - prefixes):
        message = f"{text!r} has an unknown prefix {foreign[0]}; known are {', '.join(prefixes)}"
        raise PackError(message)


def _converted(file: pathlib.Path, kind: type[T]) -> T:
    try:
        return msgspec.convert(tomllib.loads(file.read_text(encoding="utf-8")), kind)
    except (msgspec.ValidationError, tomllib.TOMLDecodeError, PatternError) as error:
        message = f"{file}: {error}"
        raise PackError(message) from None


def dialects_of(pack: Pack) -> list[str]:
    """Names of the dialects that a pack has rules for."""
    used = {syntax for rule in pack.rules for syntax in rule.syntaxes}
    return [name for name, d in NAMES.items() if used & set(d.syntaxes)]
