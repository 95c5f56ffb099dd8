"""Returns that a partner reads: from SELECT to DESELECT.

A return is fetched once TRANS.END says that the partner has all of it. PI 13 of a reading is made of
the return's number, so a reading that broke off is found again, also after a restart of the node.

Source: SELECT, generic names and restart: PeSIT E 3.6, 4.4; one fetch each: DG3.2 (deduced).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from typing import Any, ClassVar, cast

import msgspec

from simulator.runtime.gateway import GatewayError, ReturnReader, Waiting
from simulator.transport.pesit_house import Occupied, Visit, complement
from simulator.transport.pesit_link import Work
from simulator.transport.pesit_names import described, is_generic, matches
from simulator.transport.pesit_outflow import Outflow
from simulator.wire import pesit

_NUMBERS = (1 << 24) - 1
_NOT_FOUND = pesit.Diagnostic.named("file-not-found")
_BUSY = pesit.Diagnostic.named("file-busy")
_KB = 1024


class Listing:
    """What waits for a partner, as one connection sees it; asked for again when it has run dry."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._rows: dict[int, Waiting] = {}
        self._read: set[int] = set()

    def done(self, number: int) -> None:
        """A return was read: a generic name does not find it again on this connection."""
        self._rows.pop(number, None)
        self._read.add(number)

    async def choose(self, asked: pesit.Select) -> tuple[Waiting | None, bool]:
        """The return that is meant, reserved; without one, whether it is only being read elsewhere."""
        found, busy = self._reserve(asked)
        if found is None:
            rows = await self._visit.gateway.waiting(self._visit.partner)
            self._rows = {row.number: row for row in rows}
            found, busy = self._reserve(asked)
        if busy and (occupied := self._dead(asked)) is not None:
            await self._visit.house.wait_for(occupied)
            found, busy = self._reserve(asked)
        return found, busy

    def _dead(self, asked: pesit.Select) -> Occupied | None:
        """Who reads the return that a restart is about, if its connection is dead."""
        meant = (row.number for row in self._rows.values() if self._is_meant(asked, row))
        number = next(meant, None)
        return self._visit.house.yields(number) if number and asked.restarted else None

    def _reserve(self, asked: pesit.Select) -> tuple[Waiting | None, bool]:
        busy = False
        for row in self._rows.values():
            if not self._is_meant(asked, row):
                continue
            if self._visit.gateway.hold(row.number, self._visit.label):
                return row, False
            busy = True
        return None, busy

    def _is_meant(self, asked: pesit.Select, row: Waiting) -> bool:
        if asked.restarted and asked.transfer_id:
            return _transfer_id(row.number) == asked.transfer_id
        seen = row.number in self._read and is_generic(asked.file_name)
        return not seen and matches(asked.file_name, row.name)


def _transfer_id(number: int) -> int:
    """PI 13 of a return: three octets, never 0."""
    return (number - 1) % _NUMBERS + 1


async def select(visit: Visit, listing: Listing, asked: pesit.Select) -> Download | None:
    """Answers SELECT; the return to be read, None if it was refused."""
    connect = visit.link.session.agreement.connect
    assert connect is not None, "SELECT comes after CONNECT"
    if (reason := pesit.access_refusal(connect, asked)) is not None:
        _refuse(visit, asked, reason, "PI 22 of CONNECT did not announce a read")
        return None
    row, busy = await listing.choose(asked)
    if row is None and busy:
        _refuse(visit, asked, _BUSY, "it is being read on another connection")
    elif row is None:
        visit.link.say(pesit.AckSelect(diagnostic=_NOT_FOUND))  # the usual end of a poll
    return await _opened(visit, listing, asked, row) if row is not None else None


async def _opened(
    visit: Visit, listing: Listing, asked: pesit.Select, row: Waiting
) -> Download | None:
    try:
        reader = await visit.gateway.open_return(row.number)
    except BaseException as error:
        visit.gateway.release(row.number, visit.label)
        if not isinstance(error, GatewayError):
            raise
        listing.done(row.number)
        _refuse(visit, asked, _NOT_FOUND, str(error))
        return None
    visit.link.say(_answer(visit, asked, row))
    return Download(visit, listing, row, reader)


def _refuse(visit: Visit, asked: pesit.Select, reason: pesit.Diagnostic, words: str) -> None:
    visit.tell("refused", reason, f"SELECT {asked.file_name!r}: {words}")
    visit.link.say(pesit.AckSelect(diagnostic=reason, complement=complement(words)))


def _answer(visit: Visit, asked: pesit.Select, row: Waiting) -> pesit.AckSelect:
    """The file chosen, described as if we were about to write it to the partner."""
    settings, naming = visit.house.settings, visit.house.hooks.naming
    fields: dict[str, Any] = described(row.name, naming, settings.part_id, visit.partner)
    chosen = pesit.Create(
        transfer_id=_transfer_id(row.number),
        data_code=pesit.DataCode.BINARY,
        article_format=pesit.ArticleFormat.VARIABLE,
        article_length=settings.article_length,
        max_reserved=max(1, -(-row.size // _KB)),
        created=row.at.astimezone(UTC).strftime("%y%m%d%H%M%S"),
        **fields,
    )
    answer = pesit.accept_select(asked, chosen, settings.limits)
    # Without its label a return has no name for a partner that did not ask for PI 37.
    free = chosen.free or (None if answer.label else row.name)
    return msgspec.structs.replace(answer, free=free, article_length=settings.article_length)


class Download:
    """One return being read."""

    def __init__(self, visit: Visit, listing: Listing, row: Waiting, reader: ReturnReader) -> None:
        self._visit = visit
        self._listing = listing
        self._row = row
        self._reader = reader
        self._marks = visit.unfinished.marks(row.number)
        self._outflow: Outflow | None = None
        self._fetched = False
        visit.house.occupy(row.number, visit.link)

    def hear(self, event: pesit.Event) -> Work:
        """Something between ORF and CRF."""
        action = self._ACTIONS.get(type(event))
        return action(self, event) if action else None

    def ready(self) -> None:
        """There is room to send."""
        if self._outflow is not None:
            self._outflow.pump()

    def _begin(self, asked: pesit.Read) -> None:
        link, number = self._visit.link, asked.restart_point
        mark = self._marks.get(number)
        if number and mark is None:
            reason = pesit.Diagnostic.named("restart-point-not-agreed")
            words = f"nothing is known of point {number} of {self._row.name}: read from 0"
            self._visit.tell("refused", reason, words)
            link.say(pesit.AckRead(diagnostic=reason, complement=complement(words)))
            return
        if mark is not None:
            link.session.know([mark])
        link.say(pesit.AckRead())
        length = self._visit.house.settings.article_length
        reader = cast("Any", self._reader)
        self._outflow = Outflow(link, reader, self._row.size, length)
        if mark is not None:
            self._outflow.marks[number] = mark

    def _resync(self, asked: pesit.Resyn) -> None:
        """The receiver wants to go back: to that point, or to the start if it is forgotten."""
        self._visit.link.go_back(asked.restart_point)

    def _stopped(self, event: pesit.Idt) -> None:
        words = f"{self._row.name}: interrupted by the partner"
        self._visit.tell("aborted", event.diagnostic, words)
        self._visit.link.say(pesit.AckIdt())

    async def _trans_end(self, event: pesit.TransEnd) -> None:
        """Returns once the fetch is durable and acknowledged, or refused."""
        visit, transfer = self._visit, self._visit.link.session.agreement.current
        verdict = transfer.verdict(event)
        octets, articles = transfer.moved
        words = f"PI 27 = {event.octets}, PI 28 = {event.articles}; sent: {octets}, {articles}"
        if verdict.is_success and (failure := await self._record()):
            verdict, words = pesit.Diagnostic.named("abnormal-end"), failure
        if verdict.is_success:
            self._listing.done(self._row.number)
            visit.link.say(pesit.AckTransEnd(octets=octets, articles=articles))
            return
        visit.tell("refused", verdict, f"{self._row.name}: {words}")
        visit.link.say(pesit.AckTransEnd(diagnostic=verdict, complement=complement(words)))

    async def _record(self) -> str:
        """Makes the fetch durable; why it could not be, or nothing."""
        visit, number = self._visit, self._row.number
        visit.house.busy[number].committing = True
        try:
            keep = not visit.house.settings.once
            await visit.gateway.fetched(number, visit.partner, visit.label, keep=keep)
            self._fetched = True
        except GatewayError as error:
            return str(error)
        finally:
            if number in visit.house.busy:  # the connection may be gone meanwhile
                visit.house.busy[number].committing = False
        return ""

    def leave(self) -> Work:
        """The file is left, or its connection is gone."""
        marks = self._outflow.marks if self._outflow and not self._fetched else {}
        self._visit.unfinished.keep_marks(self._row.number, marks)
        self._outflow = None
        self._reader.close()
        self._visit.gateway.release(self._row.number, self._visit.label)
        self._visit.house.free(self._row.number)
        return None

    _ACTIONS: ClassVar[dict[type, Callable[[Any, Any], Work]]] = {
        pesit.Read: _begin,
        pesit.Resyn: _resync,
        pesit.Idt: _stopped,
        pesit.TransEnd: _trans_end,
    }
