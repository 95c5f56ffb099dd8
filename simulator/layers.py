"""Typed settings from layers: command line over environment over file over default.

This module knows how a value is found, checked and traced to the layer it came from; which settings
there are is told by a msgspec struct of tables (`simulator.settings.Tables`). Every problem is
collected, so a user mends the whole file in one go.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

import msgspec
from msgspec import inspect

T = TypeVar("T", bound=msgspec.Struct)

_HEADER = re.compile(r"\s*\[(\[?)\s*([A-Za-z0-9_.\-]+)\s*\]")
_KEY = re.compile(r"""\s*["']?([A-Za-z0-9_\-.]+)["']?\s*=""")


class Origin(msgspec.Struct, frozen=True):
    """Where a value comes from: the layer, and the place in it (variable name, ``file:line``)."""

    layer: Literal["flag", "env", "file", "default"]
    place: str = ""

    def __str__(self) -> str:
        return f"{self.layer} {self.place}".strip()


class Problem(msgspec.Struct, frozen=True):
    """One thing wrong: where it stands, which setting it is about, what is wrong and allowed."""

    place: str
    path: str
    text: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.place, self.path, self.text) if part)


class SettingsError(Exception):
    """The settings cannot be used; `problems` holds all that is wrong, the text one line each."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


class SettingsFile(msgspec.Struct, frozen=True):
    """A settings file as read: its path, its text and the decoded tables."""

    path: Path
    text: str
    tables: dict[str, Any]

    @classmethod
    def read(cls, path: Path) -> SettingsFile:
        """Reads TOML. Raises `SettingsError` of one line when there is no way to."""
        try:
            text = path.read_text(encoding="utf-8")
            return cls(path, text, tomllib.loads(text))
        except tomllib.TOMLDecodeError as error:
            found = re.search(r"at line (\d+)", str(error))
            line = found[1] if found else len(text.splitlines())  # "at end of document"
            problem = Problem(f"{path}:{line}", "", f"not valid TOML: {error}")
            raise SettingsError(problem) from None
        except UnicodeDecodeError as error:
            raise SettingsError(Problem(str(path), "", f"not UTF-8: {error.reason}")) from None
        except OSError as error:
            text = f"cannot read the settings file: {error.strerror or error}"
            raise SettingsError(Problem(str(path), "", text)) from None

    def place(self, path: str) -> str:
        """``file:line`` of a setting such as ``sftp.depot`` or ``partner[1].code``, or the file."""
        line = _line_of(self.text, path)
        return f"{self.path}:{line}" if line else str(self.path)


class Layers(msgspec.Struct, frozen=True):
    """What is given besides the defaults.

    Attributes:
        file: the settings file, None without one.
        environ: the process environment; an empty variable counts as not set.
        flags: by path (``clock.start``; a key of the first table alone, ``http_port``); None is
            a flag that was not given.
        prefix: of the variables: ``AIFE_SIM_``.
        foreign: variables of that prefix which belong to somebody else.
    """

    file: SettingsFile | None
    environ: Mapping[str, str]
    flags: Mapping[str, object]
    prefix: str
    foreign: Collection[str] = ()


class _Raw(msgspec.Struct, frozen=True):
    """A value before it is checked."""

    value: object
    origin: Origin


class _Resolution:
    """One run over all layers: what was found, what was wrong."""

    def __init__(self, model: type[msgspec.Struct], layers: Layers) -> None:
        self.layers = layers
        self.sections, self.arrays = _shape(model)
        self.first = next(iter(self.sections))
        self.origins: dict[str, Origin] = {}
        self.problems: list[Problem] = []

    def settings(self) -> dict[str, Any]:
        """Every table, converted; to be thrown away if there are problems."""
        given = self._from_file() | self._from_environment() | self._from_flags()
        tables: dict[str, Any] = {}
        for name, section in self.sections.items():
            rows = {k: v for k, v in given.items() if k.rpartition(".")[0] == name}
            tables[name] = self._struct(name, section, rows)
        for name, row in self.arrays.items():
            tables[name] = tuple(self._rows(name, row))
        return tables

    def _struct(
        self, path: str, model: type[msgspec.Struct], given: Mapping[str, _Raw]
    ) -> msgspec.Struct | None:
        values: dict[str, object] = {}
        for field in msgspec.structs.fields(model):
            name = f"{path}.{field.name}"
            raw = given.get(name)
            if raw is None and field.required:
                self._wrong(self._place(path), name, f"is required: {_allowed(field.type)}")
            elif raw is None:
                self.origins[name] = Origin("default")
            else:
                self.origins[name] = raw.origin
                values[field.name] = self._value(name, field.type, raw)
        return None if self.problems else model(**values)

    def _value(self, path: str, kind: object, raw: _Raw) -> object:
        """The typed value; a problem and None when it is wrong."""
        try:
            return _converted(raw, kind)
        except ValueError as error:  # msgspec.ValidationError is one
            place = raw.origin.place or "command line"
            text = f"expected {_allowed(kind)}, found {raw.value!r}"
            if isinstance(_info(kind)[0], inspect.StructType):
                text = f"{error}; {text}"
            self._wrong(place, path, text)
            return None

    def _rows(self, name: str, model: type[msgspec.Struct]) -> Iterator[Any]:
        rows = self.layers.file.tables.get(name, []) if self.layers.file else []
        if not isinstance(rows, list):
            self._wrong(self._place(name), name, f"expected tables headed [[{name}]]")
            return
        for number, row in enumerate(rows):
            path = f"{name}[{number}]"
            yield self._struct(path, model, dict(self._table(path, model, row)))

    def _from_file(self) -> dict[str, _Raw]:
        given: dict[str, _Raw] = {}
        for name, table in (self.layers.file.tables if self.layers.file else {}).items():
            if name in self.sections:
                given.update(self._table(name, self.sections[name], table))
            elif name not in self.arrays:
                self._wrong(self._place(name), name, self._unknown_table(name))
        return given

    def _table(
        self, path: str, model: type[msgspec.Struct], table: object
    ) -> Iterator[tuple[str, _Raw]]:
        if not isinstance(table, dict):
            self._wrong(self._place(path), path, f"expected a table, found {table!r}")
            return
        keys = [field.name for field in msgspec.structs.fields(model)]
        for key, value in table.items():
            name = f"{path}.{key}"
            if key in keys:
                yield name, _Raw(value, Origin("file", self._place(name)))
            else:
                header = path.partition("[")[0]
                text = f"{_closest(key, keys)}allowed in [{header}]: {', '.join(keys)}"
                self._wrong(self._place(name), name, f"unknown setting; {text}")

    def _from_environment(self) -> dict[str, _Raw]:
        known = self._variables()
        given: dict[str, _Raw] = {}
        for variable, value in self.layers.environ.items():
            if not variable.startswith(self.layers.prefix) or variable in self.layers.foreign:
                continue
            if variable not in known:
                text = _closest(variable, list(known)) or "see the table of settings; "
                self._wrong(variable, "", f"unknown environment variable; {text}".rstrip("; "))
            elif value:
                given[known[variable]] = _Raw(value, Origin("env", variable))
        return given

    def _variables(self) -> dict[str, str]:
        """Path of the setting behind each variable."""
        return {
            f"{self.layers.prefix}{'' if name == self.first else f'{name}_'}{field.name}".upper(): (
                f"{name}.{field.name}"
            )
            for name, section in self.sections.items()
            for field in msgspec.structs.fields(section)
        }

    def _from_flags(self) -> dict[str, _Raw]:
        known = list(self._variables().values())
        given: dict[str, _Raw] = {}
        for key, value in self.layers.flags.items():
            path = key if "." in key else f"{self.first}.{key}"
            if path not in known:
                self._wrong("command line", path, f"unknown setting; {_closest(path, known)}")
            elif value is not None:
                given[path] = _Raw(value, Origin("flag"))
        return given

    def _unknown_table(self, name: str) -> str:
        if name in (field.name for field in msgspec.structs.fields(self.sections[self.first])):
            return f"stands outside of any table; write it under [{self.first}]"
        tables = [*self.sections, *self.arrays]
        return f"unknown table; {_closest(name, tables)}allowed: {', '.join(tables)}"

    def _place(self, path: str) -> str:
        return self.layers.file.place(path) if self.layers.file else ""

    def _wrong(self, place: str, path: str, text: str) -> None:
        self.problems.append(Problem(place, path, text.rstrip("; ")))


def resolve(model: type[T], layers: Layers) -> tuple[T, dict[str, Origin]]:
    """Merges the layers into `model`, and tells the origin of every value by its path.

    Args:
        model: a struct whose fields are tables (structs) or arrays of tables (tuples of structs),
            each with a default; variables and flags of the first table do without its name.
        layers: what is given.

    Raises:
        SettingsError: with every unknown name and wrong value.
    """
    run = _Resolution(model, layers)
    tables = run.settings()
    if run.problems:
        raise SettingsError(*run.problems)
    return model(**tables), run.origins


def _shape(
    model: type[msgspec.Struct],
) -> tuple[dict[str, type[msgspec.Struct]], dict[str, type[msgspec.Struct]]]:
    """The tables and the arrays of tables of a model, by name."""
    fields = msgspec.structs.fields(model)
    arrays = {f.name: get_args(f.type)[0] for f in fields if get_origin(f.type) is tuple}
    return {f.name: f.type for f in fields if f.name not in arrays}, arrays


def _converted(raw: _Raw, kind: object) -> object:
    """A value in its type. Raises `ValueError` (`msgspec.ValidationError` is one)."""
    value = raw.value
    if isinstance(value, date):  # TOML writes instants and days without quotes
        value = value.isoformat()
    info, extra = _info(kind)
    if raw.origin.layer == "env" and isinstance(info, inspect.VarTupleType):
        value = [part.strip() for part in str(value).split(",")]
    converted = msgspec.convert(value, kind, strict=raw.origin.layer != "env")
    if "check" in extra and converted:
        extra["check"](converted)
    return converted


def _info(kind: object) -> tuple[inspect.Type, dict[str, Any]]:
    """Type without its annotations or its None, and the `extra` of its `msgspec.Meta`."""
    extra: dict[str, Any] = {}
    if get_origin(kind) is Annotated:
        for meta in get_args(kind)[1:]:
            extra |= meta.extra or {}
    info = inspect.type_info(kind)
    while isinstance(info, inspect.Metadata):
        info = info.type
    if isinstance(info, inspect.UnionType):
        info = next(t for t in info.types if not isinstance(t, inspect.NoneType))
    return info, extra


def _allowed(kind: object) -> str:
    """What a setting takes, in words."""
    info, extra = _info(kind)
    if "allowed" in extra:
        return str(extra["allowed"])
    match info:
        case inspect.LiteralType(values=values):
            return f"one of {', '.join(map(repr, values))}"
        case inspect.IntType(ge=low, le=high):
            bounds = [f"{word} {n}" for word, n in (("from", low), ("to", high)) if n is not None]
            return " ".join(["a whole number", *bounds])
        case inspect.FloatType(gt=low):
            return "a number" if low is None else f"a number above {low:g}"
    words = {inspect.BoolType: "true or false", inspect.VarTupleType: "a list of texts"}
    return words.get(type(info), "a text")


def _closest(name: str, known: list[str]) -> str:
    """``did you mean ...? `` with what it was most likely meant to be, or nothing."""
    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {near[0]}? " if near else ""


def _line_of(text: str, path: str) -> int | None:
    """Line, from 1, of a key such as ``sftp.depot`` or of a table such as ``partner[1]``.

    A key that is not found has the line of its table.
    """
    table = path.rpartition(".")[0]
    near = None
    for number, found in _lines(text):
        if found == path:
            return number
        if found == table and near is None:
            near = number
    return near


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Line number and path of each line that has the header of a table or a key.

    A scan, not a parser: a line inside a long text may be taken for a key, which can only put a
    wrong line number into a message.
    """
    table = ""
    counts: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            table = header[2]
            if header[1]:
                counts[table] = counts.get(table, -1) + 1
                table = f"{table}[{counts[table]}]"
            yield number, table
        elif key := _KEY.match(line):
            yield number, f"{table}.{key[1]}".lstrip(".")
