"""``aife-sim wire``: what went over the wire, raw bytes and what was read of them."""

from __future__ import annotations

import sys
from typing import Any

import click

from simulator.cli.console import (
    client_of,
    json_option,
    node_option,
    plain,
    print_json,
    print_table,
    talks_to_node,
)

# A head is text; of a body so much is shown when it is.
_MOST_SHOWN = 4000
_MOST_LINES = 400


@click.group()
def wire() -> None:
    """Show exchanges on the wire: AS2 messages and MDNs, refused ones and strangers' too.

    NUMBER is that of `wire list`.
    """


@wire.command("list")
@click.option("--partner", metavar="CODE", help="Only exchanges with this partner; '' strangers'.")
@click.option("--limit", default=50, show_default=True)
@node_option
@json_option
@talks_to_node
def list_exchanges(partner: str | None, limit: int, node: str | None, as_json: bool) -> None:
    """The newest exchanges first."""
    rows = client_of(node).get("/api/v1/wire", partner=partner, limit=limit)
    if as_json:
        print_json(rows)
        return
    columns = ("no", "at", "partner", "protocol", "way", "label", "outcome")
    keys = ("id", "at", "partner", "protocol", "direction", "label", "outcome")
    print_table("On the wire", columns, [[row[key] for key in keys] for row in rows])


@wire.command()
@click.argument("number", metavar="NUMBER", type=int)
@node_option
@talks_to_node
def show(number: int, node: str | None) -> None:
    """One exchange: heads as they were sent, and what was read of the bodies."""
    client = client_of(node)
    row = client.get(f"/api/v1/wire/{number}")
    click.echo("\n".join(exchange_lines(client, row)))


@wire.command()
@click.argument("number", metavar="NUMBER", type=int)
@click.option("--answer", is_flag=True, help="The bytes that came back, not those of the caller.")
@node_option
@talks_to_node
def raw(number: int, *, answer: bool, node: str | None) -> None:
    """The raw bytes of an exchange, to standard output: head, empty line, body."""
    side = "answer" if answer else "request"
    sys.stdout.buffer.write(client_of(node).raw(f"/api/v1/wire/{number}/{side}"))


def exchange_lines(client: Any, row: dict[str, Any]) -> list[str]:  # noqa: ANN401 - the API client
    """An exchange as a person reads it: both sides raw as far as they are text, decoded beside."""
    way = "received from" if row["direction"] == "in" else "sent to"
    who = row["partner"] or "a stranger"
    lines = [f"no {row['id']}  {row['protocol']}  {way} {who}  {row['at']}  {row['outcome']}"]
    for side in ("request", "answer"):
        if row[f"{side}_size"] is not None:
            lines += ["", f"{side}, {row[f'{side}_size']} bytes"]
            content = client.raw(f"/api/v1/wire/{row['id']}/{side}")
            shown = _spoken(content) if row["protocol"] == "pesit" else _shown(content)
            lines += [f"  | {line}" for line in shown]
    lines += ["", "read of it"]
    lines += [f"  {key}: {_words(value)}" for key, value in row["facts"].items()]
    return [plain(line) for line in lines]


def _spoken(content: bytes) -> list[str]:
    """A recorded session without its octets: who spoke when, and the FPDUs in words."""
    lines = [line for line in content.decode().splitlines() if not line.startswith("  ")]
    left = len(lines) - _MOST_LINES
    return [
        *lines[:_MOST_LINES],
        *([f"({left} lines more: aife-sim wire raw)"] if left > 0 else []),
    ]


def _shown(content: bytes) -> list[str]:
    """The head, and the body if it is short text."""
    head, _, body = content.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    if not body:
        return lines
    if len(body) > _MOST_SHOWN or not _is_text(body):
        return [*lines, "", f"({len(body)} bytes of body: aife-sim wire raw)"]
    return [*lines, "", *body.decode("utf-8").splitlines()]


def _is_text(body: bytes) -> bool:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return all(character.isprintable() or character in "\r\n\t" for character in text)


def _words(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_words(inner)}" for key, inner in value.items() if inner)
    if isinstance(value, list):
        return "; ".join(_words(inner) for inner in value)
    return "none" if value is None else str(value)
