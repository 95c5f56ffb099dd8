"""Reads the tables of this package (``data/*.toml``) once, as typed rows.

The tables are data on purpose: every row that is a fact says where it comes from, and a reader
can check them against the text without reading any code.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import TypeVar

import msgspec

T = TypeVar("T")


class Provenance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a row comes from.

    Attributes:
        source: the text and its section, or the exchange it was seen in; empty = the file's.
        mark: ``official``, ``deduced`` or ``assumed``; empty = the file's.
    """

    source: str = ""
    mark: str = ""


@cache
def load(table: str) -> dict[str, object]:
    """The content of ``data/{table}.toml``."""
    text = resources.files(__package__).joinpath(f"data/{table}.toml").read_text("utf-8")
    return tomllib.loads(text)


def rows(table: str, section: str | None, row: type[T]) -> dict[str, T]:
    """The rows of one table by key, each completed with the file's source and mark.

    Args:
        table: file name without its ending.
        section: name of the TOML table that holds the rows, or None when the rows are at the top.
        row: the struct of a row; unknown keys of the file are an error.
    """
    content = load(table)
    found = content if section is None else msgspec.convert(content[section], dict[str, object])
    common = {key: content[key] for key in ("source", "mark") if key in content}
    full = {
        key: common | msgspec.convert(value, dict[str, object])
        for key, value in found.items()
        if key not in common
    }
    return {key: msgspec.convert(value, row, str_keys=True) for key, value in full.items()}
