"""The read side of the journal: what pages, verbs and transports ask, on a read-only connection.

Answers are plain values that JSON can carry. Numbers of flows and returns are the journal's own.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from typing import Any

import msgspec

from simulator.domain.flowname import EXTENSIONS
from simulator.domain.flows import FlowStatus, Return
from simulator.domain.lifevalues import Entry
from simulator.domain.raccordement import Raccordement, Structure
from simulator.journal.rows import Flow, flow_of

Row = dict[str, Any]

_NAMES = ", ".join(f":wanted || '{extension}'" for extension in ("", *EXTENSIONS))
# Two searches, each by its index.
_FLOW_BY_NAME = (
    f"SELECT id FROM flow WHERE space = :space AND name IN ({_NAMES})"  # noqa: S608
    " UNION SELECT id FROM flow WHERE space = :space AND identifier = :wanted"
)


class NoSuchFlow(LookupError):
    """No flow answers to what was asked for; the text says what may be asked."""


def raccordements(connection: sqlite3.Connection) -> list[tuple[str, Raccordement]]:
    """Every raccordement with its space, in code order."""
    rows = connection.execute("SELECT space, body FROM raccordement ORDER BY space, code")
    return [(r["space"], msgspec.json.decode(r["body"], type=Raccordement)) for r in rows]


def structures(connection: sqlite3.Connection, space: str) -> list[Structure]:
    """The directory of a space, in order of identifier."""
    rows = connection.execute(
        "SELECT body FROM structure WHERE space = ? ORDER BY identifier", (space,)
    )
    return [msgspec.json.decode(r["body"], type=Structure) for r in rows]


def flows(
    connection: sqlite3.Connection, space: str, partner: str | None = None, limit: int = 50
) -> list[Row]:
    """The newest deposits first, one row each."""
    rows = connection.execute(
        "SELECT * FROM flow WHERE space = ? AND (? IS NULL OR partner = ?) ORDER BY id DESC LIMIT ?",
        (space, partner, partner, limit),
    )
    return [{**_flow_row(row), "state_at": _state_at(connection, row)} for row in rows]


def _state_at(connection: sqlite3.Connection, flow: sqlite3.Row) -> str:
    """Business instant of the state of a deposit: when it came, or was decided last."""
    decided = connection.execute(
        "SELECT max(at) FROM event WHERE flow = ? AND type IN ('FlowJudged', 'DocumentsDecided')",
        (flow["id"],),
    ).fetchone()[0]
    return str(decided or flow["received"])


def find_flow(connection: sqlite3.Connection, space: str, wanted: str) -> Flow:
    """A deposit by flow name (with or without extension), 25-character id, number or ``latest``.

    The newest one answers when several do. Raises `NoSuchFlow`.
    """
    if wanted == "latest":
        found = "SELECT max(id) FROM flow WHERE space = :space"
    elif wanted.isdecimal() and len(wanted) < 16:
        found = "SELECT id FROM flow WHERE space = :space AND id = CAST(:wanted AS INTEGER)"
    else:
        found = _FLOW_BY_NAME
    row = connection.execute(
        f"SELECT * FROM flow WHERE id IN ({found}) ORDER BY id DESC LIMIT 1",  # noqa: S608
        {"space": space, "wanted": wanted},
    ).fetchone()
    if row is None:
        raise NoSuchFlow(_why_no_flow(connection, space, wanted))
    return flow_of(row)


def _why_no_flow(connection: sqlite3.Connection, space: str, wanted: str) -> str:
    """What to ask for instead: a flow of ours is explained by the deposit that it follows from."""
    row = connection.execute(
        "SELECT flow.name FROM returned JOIN flow ON flow.id = returned.flow"
        " WHERE returned.space = ? AND returned.name IN (?, ? || '.tar.gz')",
        (space, wanted, wanted),
    ).fetchone()
    if row:
        return (
            f"{wanted!r} is a flow of ours: ask for the deposit that it follows from, {row['name']}"
        )
    return (
        f"no flow {wanted!r}: expected a flow name, its 25-character id, its journal number"
        " or 'latest' (aife-sim flow list shows them)"
    )


def describe_flow(connection: sqlite3.Connection, flow: Flow) -> Row:
    """A deposit with its invoices, returns and events."""
    row = connection.execute("SELECT * FROM flow WHERE id = ?", (flow.id,)).fetchone()
    invoices = connection.execute(
        "SELECT member, number, supplier, recipient, verdict FROM invoice WHERE flow = ? ORDER BY id",
        (flow.id,),
    )
    events = events_of(connection, flow.id)
    return {
        **_flow_row(row),
        "state_at": _state_at(connection, row),
        "stream": flow.stream,
        "invoices": [dict(i) for i in invoices],
        "attachments": list(_attachments(events)),
        "returns": returns_of(connection, flow.id),
        "events": events,
    }


def _attachments(events: list[Row]) -> Iterator[Row]:
    """Files that came beside the statuses of a deposit: of which invoice, in which file."""
    for event in events:
        for document in event["body"].get("documents", ()):
            about = {key: document[key] for key in ("member", "number")}
            yield from ({**about, **file} for file in document.get("attachments", ()))


def events_of(connection: sqlite3.Connection, flow: int) -> list[Row]:
    """The events of a deposit, in order, with their bodies."""
    rows = connection.execute("SELECT * FROM event WHERE flow = ? ORDER BY seq", (flow,))
    return [
        {
            "seq": r["seq"],
            "type": r["type"],
            "at": r["at"],
            "wall": r["wall"],
            "cause": r["cause"],
            "session": r["session"],
            "body": msgspec.json.decode(r["body"]),
        }
        for r in rows
    ]


def returns_of(connection: sqlite3.Connection, flow: int) -> list[Row]:
    """What was answered to a deposit, in order, with the statuses and their lines."""
    rows = connection.execute(
        "SELECT * FROM returned WHERE flow = :flow"
        " OR id IN (SELECT returned FROM answers WHERE flow = :flow) ORDER BY id",
        {"flow": flow},
    )
    return [_return_row(row) for row in rows]


def returns(
    connection: sqlite3.Connection, space: str, partner: str | None = None, limit: int = 50
) -> list[Row]:
    """The newest flows of ours first, one row each."""
    rows = connection.execute(
        "SELECT * FROM returned WHERE space = ? AND (? IS NULL OR partner = ?)"
        " ORDER BY id DESC LIMIT ?",
        (space, partner, partner, limit),
    )
    return [_return_row(row) for row in rows]


def find_return(connection: sqlite3.Connection, space: str, wanted: str) -> Row:
    """A return by its name or number, the newest first. Raises `NoSuchFlow`."""
    row = connection.execute(
        "SELECT * FROM returned WHERE space = :space AND (name IN (:wanted, :wanted || '.tar.gz')"
        " OR id = CAST(:number AS INTEGER) OR :wanted IN ('latest', substr(name, 17, 25)))"
        " ORDER BY id DESC LIMIT 1",
        {"space": space, "wanted": wanted, "number": wanted if wanted.isdecimal() else "0"},
    ).fetchone()
    if row is None:
        message = (
            f"no return {wanted!r}: expected its name or number (aife-sim flow show ID lists them)"
        )
        raise NoSuchFlow(message)
    return _return_row(row)


def waiting(connection: sqlite3.Connection, space: str, partner: str) -> list[sqlite3.Row]:
    """Returns in the retrieval area of a partner, as they got there: id, name, size, issued."""
    return connection.execute(
        "SELECT id, name, size, issued FROM returned"
        " WHERE space = ? AND partner = ? AND state = 'waiting' ORDER BY ready, id",
        (space, partner),
    ).fetchall()


def returns_left(connection: sqlite3.Connection, space: str, partner: str) -> int:
    """How many returns of a partner are still being written, wait, or are on their way.

    What is gathered until its hour is not among them: nobody waits for that.
    """
    row = connection.execute(
        "SELECT count(*) FROM returned WHERE space = ? AND partner = ?"
        " AND state IN ('held', 'composing', 'waiting')"
        " AND NOT (state = 'composing' AND leaves IS NOT NULL)",
        (space, partner),
    ).fetchone()
    return int(row[0])


def lives(connection: sqlite3.Connection, space: str, number: str) -> list[Row]:
    """The invoices that stand under a number with their history, the newest first.

    Raises:
        NoSuchFlow: there is none.
    """
    rows = connection.execute(
        "SELECT i.id, i.number, i.supplier, i.recipient, i.status, i.circuit, i.cadre, i.due,"
        " f.name AS flow, f.partner FROM invoice i JOIN flow f ON f.id = i.flow"
        " WHERE i.space = ? AND i.number = ? AND i.about IS NOT NULL ORDER BY i.id DESC",
        (space, number),
    ).fetchall()
    if not rows:
        message = f"no invoice {number!r} stands: expected the number of one that was accepted"
        raise NoSuchFlow(message)
    return [{**dict(row), "history": _history(connection, row["id"])} for row in rows]


def _history(connection: sqlite3.Connection, invoice: int) -> list[Row]:
    rows = connection.execute(
        "SELECT id, entry FROM status WHERE invoice = ? ORDER BY id", (invoice,)
    )
    return [_entry(row["id"], msgspec.json.decode(row["entry"], type=Entry)) for row in rows]


def _entry(number: int, entry: Entry) -> Row:
    """A line of history; each file with the id that `enclosed_file` takes."""
    files = [
        {"id": f"{number}-{rank}", "name": file.name, "mime": file.mime, "size": file.size}
        for rank, file in enumerate(entry.attachments, 1)
    ]
    return {**msgspec.to_builtins(entry), "attachments": files}


# The session that brought a flow: recorded when it was over, under the label that the deposit has.
_SESSION = (
    "SELECT w.id FROM wire w JOIN event e ON e.flow = :flow AND e.type = 'DepositReceived'"
    " WHERE w.space = e.space AND w.protocol = 'pesit' AND w.wall >= e.wall"
    " AND (e.session = w.label OR e.session LIKE w.label || ' %') ORDER BY w.id LIMIT 1"
)
_WIRE = (
    "id, partner, protocol, direction, label, outcome, facts, request, answer, returned, at, wall"
)


def wire_of_flow(connection: sqlite3.Connection, number: int) -> list[Row]:
    """What went over the wire about a deposit: the exchange that brought it, pushes of its answers.

    Sizes are in bytes; raw bytes are had by number (`blob_of_wire`).
    """
    rows = connection.execute(
        f"SELECT {_WIRE} FROM wire WHERE id = (SELECT wire FROM flow WHERE id = :flow)"  # noqa: S608
        " OR returned IN (SELECT id FROM returned WHERE flow = :flow"
        " UNION SELECT returned FROM answers WHERE flow = :flow)"
        f" OR id = ({_SESSION}) ORDER BY id",
        {"flow": number},
    )
    return [_wire_row(connection, row) for row in rows]


def wire_log(
    connection: sqlite3.Connection, space: str, partner: str | None = None, limit: int = 50
) -> list[Row]:
    """The newest exchanges first; strangers' have the partner ``""``."""
    rows = connection.execute(
        f"SELECT {_WIRE} FROM wire WHERE space = ? AND (? IS NULL OR partner = ?)"  # noqa: S608
        " ORDER BY id DESC LIMIT ?",
        (space, partner, partner, limit),
    )
    return [_wire_row(connection, row) for row in rows]


def wire_row(connection: sqlite3.Connection, space: str, number: int) -> Row:
    """One exchange by its number. Raises `NoSuchFlow`."""
    row = connection.execute(
        f"SELECT {_WIRE} FROM wire WHERE space = ? AND id = ?",  # noqa: S608
        (space, number),
    ).fetchone()
    if row is None:
        message = f"no exchange {number}: aife-sim wire list shows what there is"
        raise NoSuchFlow(message)
    return _wire_row(connection, row)


def _wire_row(connection: sqlite3.Connection, row: sqlite3.Row) -> Row:
    sizes = {}
    for side in ("request", "answer"):
        size = connection.execute("SELECT size FROM blob WHERE sha256 = ?", (row[side],)).fetchone()
        sizes[f"{side}_size"] = size[0] if size else None
    return {**dict(row), "facts": msgspec.json.decode(row["facts"]), **sizes}


def pending(connection: sqlite3.Connection, space: str) -> list[Row]:
    """What is still to be done, soonest first: the answer to "why do I see nothing?"."""
    rows = connection.execute(
        "SELECT id, lane, due, kind, state, subject, attempt FROM work WHERE space = ?"
        " ORDER BY due IS NOT NULL, due, id",
        (space,),
    )
    return [dict(row) for row in rows]


def stream_hash(connection: sqlite3.Connection, space: str) -> str:
    """Hex SHA-256 over all streams: (stream, position, type, business time, cause, body).

    Two runs with the same inputs in the same order per partner, times and seed have the same hash;
    global numbers and wall time are left out.
    """
    digest = hashlib.sha256()
    rows = connection.execute(
        "SELECT e.stream, e.position, e.type, e.at, c.stream, c.position, e.body FROM event e"
        " LEFT JOIN event c ON c.seq = e.cause WHERE e.space = ? ORDER BY e.stream, e.position",
        (space,),
    )
    for row in rows:
        digest.update(msgspec.json.encode(tuple(row)))
    return digest.hexdigest()


def _flow_row(row: sqlite3.Row) -> Row:
    shown = ("id", "partner", "protocol", "name", "identifier", "interface", "sha256", "size")
    return {**{key: row[key] for key in (*shown, "received", "state")}, "verdict": row["verdict"]}


def _return_row(row: sqlite3.Row) -> Row:
    value = msgspec.json.decode(row["body"], type=Return)
    return {
        "id": row["id"],
        "partner": row["partner"],
        "name": row["name"],
        "interface": row["interface"],
        "format": value.format,
        "state": row["state"],
        "issued": row["issued"],
        "size": row["size"],
        "ack": row["ack"],
        "invoices": [source.number for source in value.sources if source.number],
        "statuses": [
            {
                "status": status.status,
                "label": status.label,
                "about": status.identifier if isinstance(status, FlowStatus) else status.number,
                "lines": [msgspec.to_builtins(line) for line in status.lines],
            }
            for status in value.statuses
        ],
    }
