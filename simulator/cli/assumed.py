"""What no public text settles: each unknown with what decides it, its values and what is in force."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from simulator import resources
from simulator.domain.findings import Mark
from simulator.settings import Settings, schema

_REF = "#/$defs/"


class Assumption(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row of ``schemas/assumptions.toml``.

    Attributes:
        row: of the list of unknowns (dossier §10); 0: found since.
        settings: that decide it, by path; those of ``partner`` are set for each partner.
        decided: where, when that is not a setting, or not only one.
        built: whether this version has the part that it speaks of.
    """

    row: int
    what: str
    source: str
    mark: Mark
    settings: tuple[str, ...] = ()
    decided: str = ""
    built: bool = True


class Shown(msgspec.Struct, frozen=True):
    """One line of the list: all texts, `row` ``""`` for what is not in the list of unknowns."""

    row: str
    what: str
    setting: str
    values: str
    in_force: str
    mark: str
    source: str


def assumptions() -> tuple[Assumption, ...]:
    """Every row of the table, in its order."""
    rows = resources.table("schemas", "assumptions.toml")["assumption"]
    return msgspec.convert(rows, tuple[Assumption, ...])


def shown(settings: Settings) -> Iterator[Shown]:
    """A line for each setting of an unknown; one for an unknown that no setting decides."""
    values, tables = msgspec.to_builtins(settings), schema()
    for each in assumptions():
        about = (f"{each.row or ''}", each.what)
        for path in each.settings:
            found = property_of(tables, path)
            in_force = _in_force(values, path, found)
            yield Shown(*about, path, allowed(found), in_force, each.mark, each.source)
        if not each.settings:
            where = f"fixed: {each.decided}" if each.built else "not built in this version"
            yield Shown(*about, "", "", where, each.mark, each.source)


def property_of(tables: Mapping[str, Any], path: str) -> Mapping[str, Any]:
    """The JSON Schema of a setting. Raises `KeyError` for one that does not exist."""
    found: Mapping[str, Any] = {"$ref": tables["$ref"]}
    for key in path.split("."):
        found = _table(tables, found)["properties"][key]
    return found


def _table(tables: Mapping[str, Any], found: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a property that is a table, or a list of them, refers to."""
    if "items" in found:
        found = found["items"]
    for each in (found, *found.get("anyOf", ()), *found.get("allOf", ())):
        if "$ref" in each:
            table: Mapping[str, Any] = tables["$defs"][each["$ref"].removeprefix(_REF)]
            return table
    message = "no table"
    raise KeyError(message)


def allowed(found: Mapping[str, Any]) -> str:
    """What a setting takes, in words."""
    if "enum" in found:
        return " | ".join(str(value) or '""' for value in found["enum"])
    if "pattern" in found:
        return f"text like {found['pattern']}"
    kinds = {
        "boolean": "true | false",
        "integer": "whole number",
        "number": "number",
        "array": "list",
        "object": "table",
    }
    return kinds.get(str(found.get("type")), "text")


def _in_force(values: Mapping[str, Any], path: str, found: Mapping[str, Any]) -> str:
    """The value in force; of what is set for each partner, the default."""
    table, _, rest = path.partition(".")
    if table == "partner":
        return f"{_text(found.get('default'))} (each partner)"
    value: Any = values[table]
    for key in rest.split("."):
        value = value[key]
    return _text(value)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return str(value) if value not in ("", None, {}) else "none"
