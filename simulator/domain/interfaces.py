"""The catalogue of interface codes.

Source: the interface tables of the Chorus Pro external specifications v1.0 (p. 55-61); each row of
``schemas/catalogue.toml`` carries its own source and mark.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import msgspec

from simulator.domain.findings import Mark


class Interface(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One interface code.

    Attributes:
        direction: seen from the partner: ``EMISSION`` is partner to Chorus Pro.
        family: ``historic``, ``pa-b2g``, ``g2b`` or ``ereporting``.
        syntax: format as the official table prints it.
        kind: ``E1`` ... ``F2``, ``F6``, ``CPPStatut``.
        level: ``flow`` (speaks of a whole flow), ``object`` (of one invoice or status) or ``-``.
        statuses: codes it may carry.
        flow_ack: code that acknowledges the flow, ``""`` if none.
        object_acks: codes that answer per object.
        protocols: ``sftp``, ``as2``, ``pesit``.
        judged_as: syntax that the judging processes know it by; ``""`` while they do not.
        also: codes of what we send that are printed for this deposit as well.
    """

    code: str
    direction: Literal["EMISSION", "RECEPTION"]
    family: Literal["historic", "pa-b2g", "g2b", "ereporting"]
    sender: str
    receiver: str
    syntax: str
    kind: str
    level: Literal["flow", "object", "-"]
    source: str
    mark: Mark
    statuses: tuple[str, ...] = ()
    flow_ack: str = ""
    object_acks: tuple[str, ...] = ()
    cdv_acks: tuple[str, ...] = ()
    acknowledges: tuple[str, ...] = ()
    protocols: tuple[str, ...] = ("pesit", "sftp", "as2")
    judged_as: str = ""
    also: tuple[str, ...] = ()


class Catalogue(Mapping[str, Interface]):
    """All interface codes, by code."""

    def __init__(self, rows: Mapping[str, Interface]) -> None:
        self._rows = dict(rows)
        self._deposits = {other: code for code, row in rows.items() for other in row.also}

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> Catalogue:
        """Reads the decoded TOML of the catalogue: ``{code: row}``."""
        return cls(
            {code: msgspec.convert({"code": code, **row}, Interface) for code, row in table.items()}
        )

    def deposited_as(self, code: str) -> str:
        """The code of a deposit: its own, or the one that it is another name of."""
        return self._deposits.get(code, code)

    def __getitem__(self, code: str) -> Interface:
        return self._rows[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)
