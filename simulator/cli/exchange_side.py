"""What `send` and `receive` give to the module of a protocol, and what they take from it.

Such a module has ``OPTIONS`` (the options of the verbs that mean something to it), ``send(exchange,
flows) -> Sent`` and ``receive(exchange, into) -> Fetched``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import click
import msgspec


class Exchange(msgspec.Struct, frozen=True):
    """Who exchanges with which node.

    Attributes:
        node: URL or ready file as given, None for the default.
        ready: content of the ready file.
        partner: code application that we play.
        row: the partner in the ready file.
        key: private key given, None for that of the partner's folder.
        options: those of the protocol, as given; what was not given is absent.
    """

    node: str | None
    ready: dict[str, Any]
    partner: str
    row: dict[str, Any]
    key: Path | None
    options: Mapping[str, Any]


class Sent(msgspec.Struct, frozen=True):
    """What was sent: lines for people, remarks beside them; `failed` ends with exit code 1."""

    lines: tuple[str, ...]
    remarks: tuple[str, ...] = ()
    failed: bool = False


class Fetched(msgspec.Struct, frozen=True):
    """What was fetched: files in their order; remarks; problems, which end with exit code 1."""

    files: tuple[Path, ...]
    remarks: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


class Side(Protocol):
    """The module of one protocol."""

    OPTIONS: frozenset[str]

    def send(self, exchange: Exchange, flows: tuple[Path, ...]) -> Sent:
        """Sends files in the order given; raises click's exceptions."""

    def receive(self, exchange: Exchange, into: Path) -> Fetched:
        """Fetches what waits into a folder; raises click's exceptions."""


def partner_row(ready: dict[str, Any], partner: str) -> dict[str, Any]:
    """The partner in the ready file. Raises `ClickException` when the node has none of that code."""
    for row in ready["partners"]:
        if row["code_application"] == partner:
            found: dict[str, Any] = row
            return found
    raise click.ClickException(f"the node has no partner {partner}: aife-sim partner list")
