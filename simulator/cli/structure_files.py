"""Files of structures: TOML with ``[[structure]]`` tables, or CSV with a header.

Columns and keys: ``identifier``, ``name``, ``kind`` (``public``, ``private``), and optionally those of
`domain.raccordement.Structure`. In a CSV ``services`` are codes with spaces between them.
"""

from __future__ import annotations

import csv
import tomllib
from pathlib import Path
from typing import Any

import msgspec

from simulator.domain.raccordement import Structure

_TRUTHS = {"active", "service_required", "engagement_required", "service_or_engagement"}
_TRUE = ("1", "true", "yes", "oui")
_FALSE = ("0", "false", "no", "non")


class StructureFileError(ValueError):
    """A file that holds no structures; the text says what was expected, and where."""


def structures_in(file: Path) -> tuple[Structure, ...]:
    """The structures of a file, in its order.

    Raises:
        OSError: the file cannot be read.
        StructureFileError: it is neither of the two forms, or an entry is wrong.
    """
    return tuple(_structure(file, number, row) for number, row in enumerate(rows_in(file), 1))


def rows_in(file: Path) -> list[dict[str, Any]]:
    """The entries of a file as they stand there, not yet checked one by one.

    Raises:
        OSError: the file cannot be read.
        StructureFileError: it is neither of the two forms.
    """
    try:
        rows = _csv_rows(file) if file.suffix.lower() == ".csv" else _toml_rows(file)
    except (csv.Error, ValueError) as error:
        message = f"{file}: expected [[structure]] tables, or a CSV with a header: {error}"
        raise StructureFileError(message) from None
    return rows


def _structure(file: Path, number: int, row: dict[str, Any]) -> Structure:
    try:
        return msgspec.convert(row, Structure)
    except msgspec.ValidationError as error:
        name = row.get("identifier", "without identifier")
        message = f"{file}: entry {number} ({name}): {error}"
        raise StructureFileError(message) from None


def _toml_rows(file: Path) -> list[dict[str, Any]]:
    found = tomllib.loads(file.read_text(encoding="utf-8")).get("structure")
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        message = "there is no [[structure]] table"
        raise ValueError(message)
    return found


def _csv_rows(file: Path) -> list[dict[str, Any]]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        dialect = csv.Sniffer().sniff(lines.readline(), ",;\t")
        lines.seek(0)
        rows = csv.DictReader(lines, dialect=dialect, restkey="more")
        return [_typed(row) for row in rows]


def _typed(row: dict[str, Any]) -> dict[str, Any]:
    """A row of texts with its truth values and services; empty cells count as not given."""
    given = {key: value for key, value in row.items() if value}
    for key in _TRUTHS & given.keys():
        word = str(given[key]).lower()
        if word in _TRUE + _FALSE:
            given[key] = word in _TRUE
    if "services" in given:
        given["services"] = [{"code": code} for code in str(given["services"]).split()]
    return given
