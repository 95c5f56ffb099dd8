"""Bytes and values of the journal: what judging, composing, pushing and fetching take out of it.

Content is in the journal file or, large, in the blob folder under its hash; whoever asks hears which.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime

import msgspec

from simulator.domain.businesstime import parse_instant
from simulator.domain.flows import CarriedFile, Return
from simulator.domain.lifevalues import Entry
from simulator.journal.read import NoSuchFlow


def blob_of_flow(connection: sqlite3.Connection, number: int) -> tuple[str, bytes | None]:
    """Hash of a deposit's content and the bytes when they are in the journal file."""
    return _blob(connection, "flow", number)


def blob_of_return(
    connection: sqlite3.Connection, number: int, *, waiting_only: bool = False
) -> tuple[str, bytes | None]:
    """Hash of a return's content and the bytes when they are in the journal file.

    Raises:
        NoSuchFlow: it has no content yet, or (`waiting_only`) it is not in the retrieval area.
    """
    if waiting_only:
        row = connection.execute("SELECT state FROM returned WHERE id = ?", (number,)).fetchone()
        if row is None or row["state"] != "waiting":
            message = "this file was fetched or purged meanwhile"
            raise NoSuchFlow(message)
    return _blob(connection, "returned", number)


def blob_named(connection: sqlite3.Connection, space: str, sha256: str) -> bytes | None:
    """The bytes of a content by its hash when they are in the journal file; None: in the folder.

    Raises:
        NoSuchFlow: nobody refers to such content.
    """
    row = connection.execute(
        "SELECT data FROM blob WHERE space = ? AND sha256 = ?", (space, sha256)
    ).fetchone()
    if row is None:
        message = f"no content with the hash {sha256}"
        raise NoSuchFlow(message)
    data: bytes | None = row["data"]
    return data


def return_value(connection: sqlite3.Connection, number: int) -> Return:
    """A return before it is written out."""
    row = connection.execute("SELECT body FROM returned WHERE id = ?", (number,)).fetchone()
    return msgspec.json.decode(row["body"], type=Return)


class ToJudge(msgspec.Struct, frozen=True):
    """A deposit as judging needs it; `content` is None when it lies in the blob folder."""

    partner: str
    name: str
    received: datetime
    sha256: str
    content: bytes | None


def to_judge(connection: sqlite3.Connection, number: int) -> ToJudge:
    """A deposit that is to be judged, by its journal number."""
    row = connection.execute(
        "SELECT partner, name, received FROM flow WHERE id = ?", (number,)
    ).fetchone()
    received = parse_instant(row["received"])
    return ToJudge(row["partner"], row["name"], received, *_blob(connection, "flow", number))


def enclosed_file(connection: sqlite3.Connection, space: str, wanted: str) -> CarriedFile:
    """A file that came with a status: where it lies. Raises `NoSuchFlow`."""
    number, _, rank = wanted.partition("-")
    if number.isdecimal() and rank.isdecimal():
        row = connection.execute(
            "SELECT entry FROM status WHERE space = ? AND id = ?", (space, int(number))
        ).fetchone()
        files = msgspec.json.decode(row["entry"], type=Entry).attachments if row else ()
        if 0 < int(rank) <= len(files):
            return files[int(rank) - 1]
    message = f"no attachment {wanted!r}: expected an id of one in the history of an invoice"
    raise NoSuchFlow(message)


class Receipt(msgspec.Struct, frozen=True):
    """A receipt to be sent by a connection of its own: raw bytes and the URL that was asked for."""

    partner: str
    protocol: str
    answer: bytes
    url: str


def receipt(connection: sqlite3.Connection, number: int) -> Receipt:
    """The receipt of an exchange, by the number of the exchange."""
    row = connection.execute(
        "SELECT w.partner, w.protocol, w.facts, b.data FROM wire w LEFT JOIN blob b"
        " ON b.space = w.space AND b.sha256 = w.answer WHERE w.id = ?",
        (number,),
    ).fetchone()
    facts = msgspec.json.decode(row["facts"])
    return Receipt(row["partner"], row["protocol"], row["data"] or b"", facts.get("reply_to", ""))


def blob_of_wire(
    connection: sqlite3.Connection, number: int, side: str
) -> tuple[str, bytes | None]:
    """Hash of the raw bytes of an exchange, and the bytes when they are in the journal file.

    Args:
        connection: to the journal.
        number: of the exchange.
        side: ``request`` or ``answer``.

    Raises:
        NoSuchFlow: there is no such exchange, or it has no such bytes.
    """
    column = "answer" if side == "answer" else "request"
    row = connection.execute(
        f"SELECT b.sha256, b.data FROM wire w JOIN blob b"  # noqa: S608 - column is one of ours
        f" ON b.space = w.space AND b.sha256 = w.{column} WHERE w.id = ?",
        (number,),
    ).fetchone()
    if row is None:
        message = f"no {column} of an exchange {number}: aife-sim wire list shows what there is"
        raise NoSuchFlow(message)
    return row["sha256"], row["data"]


def _blob(connection: sqlite3.Connection, table: str, number: int) -> tuple[str, bytes | None]:
    row = connection.execute(
        f"SELECT t.sha256, b.data FROM {table} t JOIN blob b"  # noqa: S608 - table is one of ours
        " ON b.space = t.space AND b.sha256 = t.sha256 WHERE t.id = ?",
        (number,),
    ).fetchone()
    if row is None:
        message = f"no content for number {number}"
        raise NoSuchFlow(message)
    return row["sha256"], row["data"]
