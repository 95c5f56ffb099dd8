"""``aife-sim pesit``: reads PeSIT aloud, and plays recorded sessions again. No node is needed.

Exit codes: 0 ok, 1 damaged input or a difference, 2 usage (design §7).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulator.cli.console import json_option, plain, print_json
from simulator.cli.main import EXPECTATION_FAILED

if TYPE_CHECKING:
    from simulator.cli.hex_dumps import Dump
    from simulator.wire.pesit.dissect import Piece
    from simulator.wire.pesit.items import Item
    from simulator.wire.pesit.recording import Recording

_STDIN = "-"
_SHOWN = 24
_file = click.Path(exists=True, dir_okay=False, path_type=Path, allow_dash=True)


@click.group()
def pesit() -> None:
    """Read PeSIT aloud, and play recorded sessions again."""


@pesit.command()
@click.argument("file", type=_file)
@click.option(
    "--framing",
    type=click.Choice(["prefixed", "raw"]),
    help="Two octets of length before each entity, or none (default: as the octets tell).",
)
@json_option
def decode(file: Path, *, framing: str | None, as_json: bool) -> None:
    """Show each FPDU of FILE: a hex dump, hexadecimal digits, raw octets or a recording; - = stdin.

    With or without pre-connection, prefix and check octets. Passwords are not shown. Input that is
    damaged is read up to the fault; then the exit code is 1.
    """
    content = sys.stdin.buffer.read() if str(file) == _STDIN else file.read_bytes()
    is_damaged = not content
    try:
        for time, piece in _pieces(content, framing):
            is_damaged = is_damaged or bool(piece.faults)
            print_json(_as_json(time, piece)) if as_json else click.echo(_as_text(time, piece))
    except _Damaged as fault:
        is_damaged = True
        if as_json:
            print_json({"fault": str(fault)})
        click.echo(f"Error: {fault}", err=True)
    if not content:
        click.echo("Error: expected octets, found an empty file", err=True)
    if is_damaged:
        raise SystemExit(EXPECTATION_FAILED)


@pesit.command()
@click.argument("recording", type=_file)
@click.option(
    "--may-differ",
    multiple=True,
    metavar="FIELD",
    help="Not compared: 'PI 4', 'CREATE PI 13', 'octet 5', or a whole FPDU: 'ACK(SYN)'.",
)
@json_option
def replay(recording: Path, *, may_differ: tuple[str, ...], as_json: bool) -> None:
    """Play the requester of RECORDING to our server, and show where it answers otherwise.

    The server accepts everything; who reads is given the file that was recorded.
    """
    from simulator.wire.pesit.overhearing import Accepting
    from simulator.wire.pesit.replay import replay as played

    content = sys.stdin.buffer.read() if str(recording) == _STDIN else recording.read_bytes()
    try:
        session = _recording(content)
    except _Damaged as fault:
        raise click.ClickException(str(fault)) from None
    outcome = played(session, server=Accepting, may_differ=may_differ)
    if as_json:
        import msgspec

        print_json([msgspec.to_builtins(one) for one in outcome.differences])
    for difference in () if as_json else outcome.differences:
        click.echo(plain(difference))
    if outcome.ended:
        click.echo(f"Error: our server could not go on: {plain(outcome.ended)}", err=True)
    if not outcome.is_same:
        raise SystemExit(EXPECTATION_FAILED)
    if not as_json:
        click.echo(f"our server says the same, {outcome.compared} FPDUs")


class _Damaged(Exception):
    """The file cannot be read past a place; the text says where, what was expected and found."""


def _pieces(content: bytes, framing: str | None) -> Iterator[tuple[float | None, Piece]]:
    """The FPDUs of a file, with their moments when it has them; raises `_Damaged` at the end."""
    from simulator.cli.hex_dumps import read_dump
    from simulator.wire.pesit.dissect import Dissection, remark
    from simulator.wire.pesit.profile import Framing
    from simulator.wire.pesit.recording import FORMAT
    from simulator.wire.pesit.states import Side

    dissection = Dissection(Framing(framing) if framing else None)
    if content.startswith(FORMAT.encode()):
        recording = _recording(content)
        for chunk in recording.chunks:
            by = Side.REQUESTER if chunk.direction == ">" else Side.SERVER
            if chunk.left_out:
                yield chunk.offset, dissection.skip(chunk, by)
            yield from ((chunk.offset, one) for one in dissection.feed(chunk.octets, by))
        if recording.stopped:  # nobody was cut short but the recording
            yield None, remark(f"the recording stops here: {recording.stopped}")
            return
        yield from ((None, one) for one in dissection.finish())
        return
    dump: Dump = read_dump(content)
    sides = {True: Side.REQUESTER, False: Side.SERVER, None: None}
    for opened, octets in dump.parts:
        yield from ((None, one) for one in dissection.feed(octets, sides[opened]))
    yield from ((None, one) for one in dissection.finish())
    if dump.fault:
        raise _Damaged(str(dump.fault))


def _recording(content: bytes) -> Recording:
    from simulator.wire.pesit.recording import RecordingError, read_recording

    try:
        return read_recording(content.decode("utf-8"))
    except (RecordingError, UnicodeDecodeError) as error:
        raise _Damaged(f"not a recording: {error}") from None


def _as_text(time: float | None, piece: Piece) -> str:
    who = piece.by.value if piece.by else ""
    when = f"{time:.3f} s" if time is not None else ""
    head = "  ".join(filter(None, (when, who)))
    first, *rest = str(piece).splitlines()
    return "\n".join(plain(line) for line in (f"{first}  [{head}]" if head else first, *rest))


def _as_json(time: float | None, piece: Piece) -> dict[str, Any]:
    """One FPDU as the line of ``--json``."""
    fpdu = piece.fpdu
    return {
        "at": piece.at,
        "octets": len(piece.octets),
        "direction": piece.by.value if piece.by else None,
        "time": time,
        "fpdu": piece.name or None,
        "title": piece.line.title,
        "to": fpdu[4] if fpdu else None,
        "octet_6": fpdu[5] if fpdu else None,
        "parameters": [_item(item) for item in piece.items],
        "diagnostic": _diagnostic(piece),
        "articles": [
            {"octets": len(one), "hex": one[:_SHOWN].hex(), "is_cut": len(one) > _SHOWN}
            for one in piece.articles
        ],
        "notes": list(piece.also),
        "faults": [{"at": f.at, "expected": f.expected, "found": f.found} for f in piece.faults],
    }


def _item(item: Item) -> dict[str, Any]:
    row = {"pi": item.code, "at": item.at, "name": item.name, "value": item.words}
    if item.note:
        row["note"] = item.note
    if item.members:
        row["parameters"] = [_item(member) for member in item.members]
    return row


def _diagnostic(piece: Piece) -> dict[str, str] | None:
    from simulator.wire.pesit.diagnostics import Diagnostic
    from simulator.wire.pesit.parameters import CODES

    octets = next((i.octets for i in piece.items if i.code == CODES["diagnostic"]), None)
    if octets is None:
        return None
    found = Diagnostic.from_bytes(octets)
    return {"code": str(found), "words": found.words}
