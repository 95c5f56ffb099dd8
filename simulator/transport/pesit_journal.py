"""PeSIT sessions as the journal keeps them: octets, times and words; of long ones without the data.

The recording is text that `aife-sim pesit decode` and `pesit replay` read again. It is put together
when the connection is gone, in a thread, so that a transfer pays for a list and nothing else.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import suppress

import msgspec

from simulator.domain.flows import WireRecord
from simulator.runtime.gateway import Gateway, GatewayError
from simulator.transport.pesit_hooks import Capture, Direction, Note
from simulator.wire.pesit import messages
from simulator.wire.pesit.dissect import commentator
from simulator.wire.pesit.errors import RemoteProtocolError
from simulator.wire.pesit.fpdu import HEADER_LENGTH, decode_body, diagnostic_of
from simulator.wire.pesit.overhearing import pieces_of
from simulator.wire.pesit.recording import Header, Recording, recording_text
from simulator.wire.pesit.tape import Tape

log = logging.getLogger("aife_sim.pesit")

_MOST_LINES = 40
_DRAIN = 5.0


class _Notes:
    """What was noted of a session: a peer that asks the same for ever fills no memory."""

    def __init__(self) -> None:
        self.kept: list[Note] = []
        self._dropped = 0

    def add(self, note: Note) -> None:
        self.kept.append(note)
        if len(self.kept) > _MOST_LINES:
            del self.kept[_MOST_LINES // 2]
            self._dropped += 1

    def lines(self) -> Iterator[str]:
        for number, note in enumerate(self.kept):
            if self._dropped and number == _MOST_LINES // 2:
                yield f"({self._dropped} more)"
            yield " ".join(filter(None, (note.kind, note.diagnostic, note.words)))


class _Session:
    """One connection while it lasts."""

    def __init__(self, label: str, ended: Callable[[_Session], None]) -> None:
        self.label, _, self.peer = label.partition(" ")
        self.tape = Tape()
        self.notes = _Notes()
        self._ended: Callable[[_Session], None] | None = ended

    def __call__(self, direction: Direction, octets: bytes, offset: float, /) -> None:
        self.tape(direction, octets, round(offset, 6))
        if not octets and self._ended is not None:
            # In the next turn: what the end itself is noted for has been said by then.
            asyncio.get_running_loop().call_soon(self._ended, self)
            self._ended = None


class SessionJournal:
    """Hands every session to the journal when it is over.

    Args:
        gateway: the rest of the node.
        named: the code application of a Part ID.
    """

    def __init__(self, gateway: Gateway, named: Callable[[str], str | None]) -> None:
        self._gateway = gateway
        self._named = named
        self._sessions: dict[str, _Session] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def capture(self, label: str) -> Capture:
        """Takes the octets of a connection (`Hooks.capture`)."""
        session = _Session(label, self._over)
        self._sessions[session.label] = session
        return session

    def note(self, note: Note) -> None:
        """Takes what happens beside deposits and fetches (`Hooks.note`)."""
        session = self._sessions.get(note.session.partition(" ")[0])
        if session is not None:
            session.notes.add(note)

    def _over(self, session: _Session) -> None:
        self._sessions.pop(session.label, None)
        task = asyncio.get_running_loop().create_task(self._kept(session))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _kept(self, session: _Session) -> None:
        try:
            outgoing = session.label.startswith(_PUSH)
            text, facts, said = await asyncio.to_thread(_told, session)
            asked = next((one.requester for one in said if isinstance(one, messages.Connect)), "")
            partner = session.peer.partition(" ")[0] if outgoing else self._named(asked) or ""
            raw = await self._gateway.keep_bytes(text.encode())
            await self._gateway.note(
                WireRecord(
                    partner=partner,
                    protocol="pesit",
                    direction="out" if outgoing else "in",
                    label=session.label,
                    outcome=_outcome_of_call(said) if outgoing else _outcome(session),
                    facts=facts,
                    request=raw,
                )
            )
        except GatewayError as error:
            log.warning("%s was not recorded: %s", session.label, error)
        except Exception:
            log.exception("%s was not recorded", session.label)

    async def close(self) -> None:
        """Waits for what is being recorded."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_DRAIN)


_PUSH = "pesit-push"
_HARMLESS = frozenset({"tolerated", "message", "changed"})


def _outcome(session: _Session) -> str:
    """The last that went wrong, one with a diagnostic before one without, else that all went well."""
    said = [note for note in session.notes.kept if note.kind not in _HARMLESS]
    last = next((note for note in reversed(said) if note.diagnostic), said[-1] if said else None)
    return f"{last.kind} {last.diagnostic}".strip() if last else "ended"


def _outcome_of_call(said: list[messages.Message]) -> str:
    """How a call of ours ended: its errand tells nobody else, so what was said does."""
    if not said:
        return "nothing was said"
    for message in reversed(said):
        found = diagnostic_of(message)
        if found is not None and not found.is_success:
            return f"{'aborted' if isinstance(message, messages.Abort) else 'refused'} {found}"
    return "ended" if isinstance(said[-1], messages.Relconf) else "cut"


def _told(session: _Session) -> tuple[str, dict[str, object], list[messages.Message]]:
    """The recording as text, what was read of it, and what was said but for the data."""
    header = Header(session=session.label, fields={"peer": session.peer})
    recording = session.tape.recording(header)
    text = recording_text(recording, commentator())
    said = list(_said(recording))
    lines = _few([_line(one) for one in said if not isinstance(one, _DATA)])
    facts: dict[str, object] = {"peer": session.peer, "said": lines}
    if notes := list(session.notes.lines()):
        facts["notes"] = notes
    return text, facts, said


def _few(lines: list[str]) -> list[str]:
    """The first and the last of many lines: how it began, and how it ended."""
    left = len(lines) - _MOST_LINES
    half = _MOST_LINES // 2
    return [*lines[:half], f"({left} more)", *lines[-half:]] if left > 0 else lines


def _said(recording: Recording) -> Iterator[messages.Message]:
    """What was said but for the data, also what is not allowed; what cannot be read is not among it."""
    for piece in pieces_of(recording):
        if piece.kind is None or piece.kind.is_data or not piece.fpdu:
            continue
        with suppress(RemoteProtocolError):
            yield decode_body(piece.kind, piece.fpdu[HEADER_LENGTH:], _lenient)


def _lenient(deviation: str, words: str, code: int | None = None) -> None:
    """Passes everything: what is outside the text was judged when it came (`fpdu.Judge`)."""
    log.debug("recorded: %s, PI %s: %s", deviation, code, words)


_DATA = (messages.Syn, messages.AckSyn)


def _line(message: messages.Message) -> str:
    """An FPDU in one line: its name, and the names and diagnostics in it; never a password."""
    shown = {
        key: value
        for key, value in msgspec.structs.asdict(message).items()
        if key in _SHOWN and value not in ("", 0, None)
    }
    words = ", ".join(f"{key} {value}" for key, value in shown.items())
    return f"{type(message).__name__} {words}".strip()


_SHOWN = ("requester", "server", "file_name", "label", "transfer_id", "restart_point", "diagnostic")
