"""Files on a connection of ours: one is put there, one is read from there."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from simulator.transport.pesit_call import Broken, Call, Refused, refusal
from simulator.transport.pesit_inflow import Inflow
from simulator.transport.pesit_names import described, transfer_number
from simulator.transport.pesit_outflow import Outflow, Reader
from simulator.wire import pesit

_KB = 1024


class Sending(msgspec.Struct):
    """A file on its way to a peer, over as many connections as it takes.

    Attributes:
        name: of the flow.
        reader: its bytes.
        size: how many.
        restarted: PI 15: an earlier connection may have brought some of it, or all.
        marks: where the points of the last connection lie.
        delivered: ACK(TRANS.END) came.
    """

    name: str
    reader: Reader
    size: int
    restarted: bool = False
    marks: dict[int, pesit.Mark] = {}
    delivered: bool = False


class FileCall(Call):
    """A connection on which files are sent and read."""

    async def put(self, sending: Sending) -> None:
        """Sends a file; it is `delivered` once the peer has said that it has all of it."""
        session = self.link.session
        session.know(sending.marks.values())
        await self.ask(self._creation(sending), pesit.AckCreate)
        sending.restarted = True
        await self.ask(pesit.Orf(compression=self._compression()), pesit.AckOrf)
        begun = await self.ask(pesit.Write(), pesit.AckWrite)
        if begun.restart_point and begun.restart_point not in sending.marks:
            await self._start_over(sending, begun.restart_point)
        length = self.endpoint.manner.article_length
        outflow = Outflow(self.link, sending.reader, sending.size, length)
        outflow.marks.update(sending.marks)
        sending.marks = outflow.marks
        try:
            await self._flow(outflow)
            sending.delivered = True
        finally:
            sending.marks, self.outflow = outflow.marks, None
        await self._leave()

    async def _flow(self, outflow: Outflow) -> None:
        """Data until they have been taken; again, if the peer goes back to a point at the end."""
        session = self.link.session
        while True:
            self.outflow = outflow
            await self.wait(Outflow)
            octets, articles = session.agreement.current.moved
            self.link.say(pesit.TransEnd(octets=octets, articles=articles))
            answer = await self.wait(pesit.AckTransEnd, pesit.Resyn)
            if isinstance(answer, pesit.Resyn):
                continue
            if not answer.diagnostic.is_success:
                raise refusal(pesit.TransEnd(), answer.diagnostic, answer.complement)
            return

    async def _start_over(self, sending: Sending, point: int) -> None:
        """The peer wants to go on from a point that we know nothing of: cancel, and begin anew."""
        reason = pesit.Diagnostic.named("restart-point-not-agreed")
        end = pesit.EndCode.CANCELLED_BY_REQUESTER
        await self.ask(pesit.Idt(diagnostic=reason, end_code=end), pesit.AckIdt)
        await self._leave()
        sending.restarted = False
        message = f"nothing is known here of point {point} of {sending.name}"
        raise Broken(message)

    async def choose(self, wanted: str, restart_of: int = 0) -> pesit.AckSelect | None:
        """Selects a file to read; None when there is none (left).

        Args:
            wanted: file name, which may be generic.
            restart_of: PI 13 of the reading that broke off; 0 for a new one.
        """
        asked = pesit.Select(
            file_name=wanted,
            transfer_id=restart_of,
            restarted=True if restart_of else None,
            attributes=pesit.Wanted.LOGICAL | pesit.Wanted.PHYSICAL | pesit.Wanted.HISTORICAL,
            max_entity=self.endpoint.manner.max_entity,
        )
        try:
            return await self.ask(asked, pesit.AckSelect)
        except Refused as refusal:
            if refusal.diagnostic == pesit.Diagnostic.named("file-not-found"):
                return None
            raise

    async def read(self, inflow: Inflow, point: int) -> None:
        """Reads the file selected to DTF.END, after a point; see `acknowledge`."""
        await self.ask(pesit.Orf(compression=self._compression()), pesit.AckOrf)
        try:
            await self._start_reading(inflow, point)
        except Refused as refusal:
            unknown = refusal.diagnostic == pesit.Diagnostic.named("restart-point-not-agreed")
            if not (unknown and point):
                raise
            await self._start_reading(inflow, 0)
        if not self.data_ended:
            await self.wait(pesit.DtfEnd)

    async def _start_reading(self, inflow: Inflow, point: int) -> None:
        """READ; the data may be here as soon as its answer, so all is made ready before."""
        self.link.session.know([inflow.last.mark])
        inflow.back(point)
        self.inflow, self.data_ended = inflow, False
        await self.ask(pesit.Read(restart_point=point), pesit.AckRead)

    async def acknowledge(self) -> None:
        """Says that every byte is written, and leaves the file."""
        octets, articles = self.link.session.agreement.current.moved
        await self.ask(pesit.TransEnd(octets=octets, articles=articles), pesit.AckTransEnd)
        self.inflow = None
        await self._leave()

    async def _leave(self) -> None:
        await self.ask(pesit.Crf(), pesit.AckCrf)
        await self.ask(pesit.Deselect(), pesit.AckDeselect)

    def _creation(self, sending: Sending) -> pesit.Create:
        given = self.endpoint
        fields: dict[str, Any] = described(
            sending.name, given.naming, given.part_id, given.server_id
        )
        return pesit.Create(
            transfer_id=transfer_number(sending.name),
            restarted=True if sending.restarted else None,
            data_code=pesit.DataCode.BINARY,
            max_entity=given.manner.max_entity,
            article_format=pesit.ArticleFormat.VARIABLE,
            article_length=given.manner.article_length,
            max_reserved=max(1, -(-sending.size // _KB)),
            created=datetime.now(UTC).strftime("%y%m%d%H%M%S"),
            **fields,
        )

    def _compression(self) -> pesit.Compression | None:
        return pesit.Compression(True, True) if self.endpoint.manner.compression else None
