"""PeSIT sessions as the journal keeps them: octets, times and words, whole up to a bound.

The recording is text that `aife-sim pesit decode` and `pesit replay` read again. It is put together
when the connection is gone, in a thread, so that a transfer pays for a list and nothing else.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from io import StringIO

import msgspec

from simulator.domain.flows import WireRecord
from simulator.runtime.gateway import Gateway, GatewayError
from simulator.transport.pesit_hooks import Capture, Direction, Note
from simulator.wire.pesit import messages
from simulator.wire.pesit.dissect import commentator
from simulator.wire.pesit.overhearing import overhear
from simulator.wire.pesit.recording import Header, Recorder, read_recording

log = logging.getLogger("aife_sim.pesit")

# Octets of a session that are kept; what follows is said to be missing.
MOST = 1 << 20
_MOST_LINES = 40
_DRAIN = 5.0


class _Session:
    """One connection while it lasts."""

    def __init__(self, label: str, ended: Callable[[_Session], None]) -> None:
        self.label, _, self.peer = label.partition(" ")
        self.chunks: list[tuple[Direction, bytes, float]] = []
        self.notes: list[Note] = []
        self._left = MOST
        self._ended: Callable[[_Session], None] | None = ended

    def __call__(self, direction: Direction, octets: bytes, offset: float, /) -> None:
        if self._left >= 0:
            self._left -= len(octets)
            self.chunks.append((direction, bytes(octets), round(offset, 6)))
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
            session.notes.append(note)

    def _over(self, session: _Session) -> None:
        self._sessions.pop(session.label, None)
        task = asyncio.get_running_loop().create_task(self._kept(session))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _kept(self, session: _Session) -> None:
        try:
            text, facts, asked = await asyncio.to_thread(_told, session)
            outgoing = session.label.startswith(_PUSH)
            partner = session.peer.partition(" ")[0] if outgoing else self._named(asked) or ""
            raw = await self._gateway.keep_bytes(text.encode())
            await self._gateway.note(
                WireRecord(
                    partner=partner,
                    protocol="pesit",
                    direction="out" if outgoing else "in",
                    label=session.label,
                    outcome=_outcome(session),
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
    said = [note for note in session.notes if note.kind not in _HARMLESS]
    last = next((note for note in reversed(said) if note.diagnostic), said[-1] if said else None)
    return f"{last.kind} {last.diagnostic}".strip() if last else "ended"


def _told(session: _Session) -> tuple[str, dict[str, object], str]:
    """The recording as text, what was read of it, and the Part ID of the caller."""
    out = StringIO()
    recorder = Recorder(
        out, Header(session=session.label, fields={"peer": session.peer}), commentator(), MOST
    )
    for direction, octets, offset in session.chunks:
        recorder(direction, octets, offset)
    text = out.getvalue()
    said = [one.message for one in overhear(read_recording(text))]
    asked = next((one.requester for one in said if isinstance(one, messages.Connect)), "")
    lines = [_line(one) for one in said if not isinstance(one, _DATA)][:_MOST_LINES]
    facts: dict[str, object] = {"peer": session.peer, "said": lines}
    notes = [" ".join(filter(None, (n.kind, n.diagnostic, n.words))) for n in session.notes]
    if notes:
        facts["notes"] = notes[:_MOST_LINES]
    return text, facts, asked


_DATA = (messages.Data, messages.Syn, messages.AckSyn)


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
