"""One SFTP session on an SSH channel: packets in, replies out, in step with what either side bears.

asyncssh has an SFTP server of its own. This takes its place, over the documented
`asyncssh.SSHServerSession`, for three reasons. It knows a CLOSE that was received from a connection
that was lost: there both end in the same call. Commits of one session can share a transaction:
there each request waits for the one before. And it costs less of the reactor's time, having no
task, lock and log line for each packet.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Protocol

import asyncssh

from simulator.transport.sftp_packets import LONGEST_PACKET, Broken
from simulator.transport.sftp_view import Apart, View

if TYPE_CHECKING:
    from simulator.transport.sftp_handles import Visit

log = logging.getLogger("aife_sim.sftp")

# Replies are gathered up to this size before they go to the channel.
_GATHERED = 128 << 10
# The channel may hold this much that the client has no window for before requests wait.
_WRITE_AHEAD = 1 << 20
# A packet is preceded by its length; a little above what is announced, as OpenSSH grants.
_HEAD, _LONGEST = 4, LONGEST_PACKET + 1024
# Commits under way in one session before its next request waits.
_MOST_APART = 64


class Spawn(Protocol):
    """Runs a coroutine to its end, even when the session is over before."""

    def __call__(self, work: Coroutine[Any, Any, object]) -> None:
        """Never raises; what the coroutine raises is logged."""


class SftpSession(asyncssh.SSHServerSession[bytes]):
    """The server's end of a channel; takes the sftp subsystem and nothing else.

    Args:
        visit: whose session it is.
        spawn: runs what a session leaves to be done.
        left: called once, when the channel is gone.
    """

    def __init__(self, visit: Visit, spawn: Spawn, left: Callable[[], None]) -> None:
        self._view = View(visit)
        self._spawn = spawn
        self._left = left
        self._label = visit.label
        self._chan: asyncssh.SSHServerChannel[bytes] | None = None
        self._buffer = bytearray()
        self._gathered: list[bytes] = []
        self._serving = False
        self._in_turn = False
        self._apart = 0
        self._write_paused = False
        self._read_paused = False
        self._ended = False
        self._over = False

    # -- the channel ----------------------------------------------------------------------------

    def connection_made(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        """The channel is there."""
        self._chan = chan
        chan.set_write_buffer_limits(high=_WRITE_AHEAD)

    def pty_requested(self, *_: object) -> bool:
        """No terminal."""
        return False

    def shell_requested(self) -> bool:
        """No shell."""
        return False

    def exec_requested(self, command: str) -> bool:
        """No command, scp included."""
        log.info("%s: refused to execute %.200r", self._label, command)
        return False

    def subsystem_requested(self, subsystem: str) -> bool:
        """Only sftp."""
        return subsystem == "sftp"

    def data_received(self, data: bytes, datatype: int | None) -> None:  # noqa: ARG002 - fixed
        """Bytes from the client; none are wanted after the end."""
        if not self._ended:
            self._buffer += data
            self._serve()

    def eof_received(self) -> bool:
        """The client sends no more; replies still go out."""
        self._ended = True
        self._serve()
        return True

    def pause_writing(self) -> None:
        """The client does not keep up."""
        self._write_paused = True

    def resume_writing(self) -> None:
        """It does again."""
        self._write_paused = False
        self._serve()

    def connection_lost(self, exc: Exception | None) -> None:
        """The channel is gone, whatever the reason; what was received and not served is dropped."""
        if exc is not None:
            log.info("%s: lost: %s", self._label, exc)
        self._chan = None
        self._buffer.clear()
        self._finish()
        self._left()

    # -- serving --------------------------------------------------------------------------------

    def _serve(self) -> None:
        """Serves what has arrived; may be called from within, as writing can resume at once."""
        if self._serving:
            return
        self._serving = True
        try:
            self._serve_packets()
        except Broken as error:
            log.warning("%s: not SFTP: %s", self._label, error)
            self._buffer.clear()
            self._ended = True
        finally:
            self._serving = False
        self._flush()
        self._balance()

    def _serve_packets(self) -> None:
        at = 0
        size = 0
        try:
            while not (self._blocked or self._over) and (end := self._end_of_packet(at)):
                packet = bytes(memoryview(self._buffer)[at + _HEAD : end])
                at = end
                size += self._serve_packet(packet)
                if size >= _GATHERED:
                    self._flush()
                    size = 0
        finally:
            del self._buffer[:at]

    def _end_of_packet(self, at: int) -> int:
        """Where the packet at an offset ends, 0 while it is not all there. Raises `Broken`."""
        if len(self._buffer) < at + _HEAD:
            return 0
        size = int.from_bytes(self._buffer[at : at + _HEAD], "big")
        if size > _LONGEST:
            raise Broken(f"a packet of {size} bytes, at most {_LONGEST} are allowed")
        end = at + _HEAD + size
        return end if end <= len(self._buffer) else 0

    def _serve_packet(self, packet: bytes) -> int:
        """Answers a packet; returns the size of what was gathered."""
        answer = self._view.answer(packet)
        if isinstance(answer, bytes):
            self._gathered.append(answer)
            return len(answer)
        if isinstance(answer, Apart):
            self._apart += 1
            self._spawn(self._reply_apart(answer.reply))
        else:
            self._in_turn = True
            self._spawn(self._reply_in_turn(answer))
        return 0

    async def _reply_in_turn(self, reply: Coroutine[Any, Any, bytes]) -> None:
        try:
            answer = await reply
            self._gathered.append(answer)
        finally:
            self._in_turn = False
            self._serve()

    async def _reply_apart(self, reply: Coroutine[Any, Any, bytes]) -> None:
        try:
            answer = await reply
            self._gathered.append(answer)
        finally:
            self._apart -= 1
            self._serve()

    # -- flow -----------------------------------------------------------------------------------

    @property
    def _blocked(self) -> bool:
        """Whether the next request has to wait."""
        return self._in_turn or self._write_paused or self._apart >= _MOST_APART

    def _flush(self) -> None:
        replies = b"".join(self._gathered)
        self._gathered.clear()
        if self._chan is None or not replies:
            return
        try:
            self._chan.write(replies)
        except OSError:  # the channel closed under us; its connection_lost follows
            self._chan = None

    def _balance(self) -> None:
        """Lets the client wait while we do; ends the session once all of it was served."""
        if self._chan is not None and self._blocked != self._read_paused:
            self._read_paused = self._blocked
            (self._chan.pause_reading if self._blocked else self._chan.resume_reading)()
        if self._ended and not self._blocked:
            self._finish()

    def _finish(self) -> None:
        """Cuts what is still open, then leaves once the commits under way are answered."""
        if not self._over:
            self._over = True
            for work in self._view.end():
                self._spawn(work)
        if self._chan is not None and not self._apart:
            chan, self._chan = self._chan, None
            chan.exit(0)
