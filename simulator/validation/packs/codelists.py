"""Code lists: ``schemas/codelists/*.toml``, each with its source and date.

A list is ``title``, ``source``, ``date``, ``mark`` and ``codes``: one string of codes parted by
blanks, or an array where codes have blanks in them; ``labels`` may name some.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

import msgspec

from simulator import resources
from simulator.domain.findings import Mark
from simulator.validation.packs.rows import PackError


class CodeList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A code list.

    Attributes:
        title: its official name.
        source: who publishes it, which version.
        date: of that version.
        codes: parted by blanks, or one an entry.
        labels: names of some codes, as published.
    """

    title: str
    source: str
    date: date
    mark: Mark
    codes: str | tuple[str, ...]
    labels: dict[str, str] = {}

    @property
    def values(self) -> frozenset[str]:
        """The codes."""
        return frozenset(self.codes.split() if isinstance(self.codes, str) else self.codes)


@cache
def code_list(name: str) -> CodeList:
    """A list by the name of its file.

    Raises:
        PackError: there is none, or it is not one.
    """
    try:
        table: dict[str, Any] = resources.table("schemas", "codelists", f"{name}.toml")
        found = msgspec.convert(table, CodeList)
    except (resources.MissingResource, msgspec.ValidationError) as error:
        message = f"code list {name}: {error}"
        raise PackError(message) from None
    if isinstance(found.codes, str) and len(found.codes.split()) != len(found.values):
        message = f"code list {name} has a code twice"
        raise PackError(message)
    return found
