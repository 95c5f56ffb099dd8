"""A file that a partner writes: from CREATE to DESELECT, into a spool and on to be a deposit.

ACK(SYN) says that the octets are with the node, ACK(TRANS.END) that the deposit is durable. A
transfer whose end the partner may not have heard of is remembered: restarted (PI 15) it is heard to
its end once more, acknowledged, and is no second deposit.
"""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable
from typing import Any, ClassVar

from simulator.runtime.gateway import GatewayError
from simulator.runtime.spool import Spool
from simulator.transport.pesit_house import Occupied, Visit, complement
from simulator.transport.pesit_inflow import START, Inflow, Place
from simulator.transport.pesit_link import Work
from simulator.transport.pesit_names import flow_name
from simulator.transport.pesit_unfinished import Cut, End, Key
from simulator.wire import pesit

log = logging.getLogger("aife_sim.pesit")

_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_ABNORMAL_END = pesit.Diagnostic.named("abnormal-end")
_TO_BE_RESTARTED = frozenset({pesit.EndCode.ERROR, pesit.EndCode.SUSPENSION, None})
_KB = 1024


def create(visit: Visit, asked: pesit.Create) -> Upload | None:
    """Answers CREATE; the upload, None if it was refused."""
    connect = visit.link.session.agreement.connect
    assert connect is not None, "CREATE comes after CONNECT"
    reason = pesit.access_refusal(connect, asked)
    words = "PI 22 of CONNECT did not announce a write"
    transfer = visit.link.session.transfer
    assert transfer is not None, "the session has taken CREATE"
    key = transfer.identity
    if reason is None and not asked.reservation_unit:
        reason, words = _quota(visit, asked.max_reserved or 0)
    if reason is None and (visit.partner, key) in visit.house.busy:
        reason = pesit.Diagnostic.named("file-busy")
        words = f"transfer {key[2]} of {key[1]!r} is under way on another connection"
    if reason is not None:
        visit.tell("refused", reason, f"CREATE {asked.file_name!r}: {words}")
        visit.link.say(pesit.AckCreate(diagnostic=reason, complement=complement(words)))
        return None
    upload = Upload(visit, asked, key)
    visit.link.say(pesit.accept_create(asked, visit.house.settings.limits))
    return upload


def in_the_way(visit: Visit, asked: pesit.Create) -> Occupied | None:
    """What a restart waits for: the same transfer is becoming a deposit, or its connection is dead.

    Then the restart is told the outcome, or goes on from the last point.
    """
    transfer = visit.link.session.transfer
    assert transfer is not None, "the session has taken CREATE"
    return visit.house.yields((visit.partner, transfer.identity)) if asked.restarted else None


def _quota(visit: Visit, reserved: int) -> tuple[pesit.Diagnostic | None, str]:
    limit = visit.house.settings.max_file
    if reserved * _KB <= limit + _KB:
        return None, ""
    words = f"PI 42 reserves {reserved} KB, a file may have {limit} bytes"
    return pesit.Diagnostic.named("quota-exceeded"), words


class Upload:
    """One file being written.

    Args:
        visit: whose.
        asked: its CREATE.
        key: what tells it from others of the partner.
    """

    def __init__(self, visit: Visit, asked: pesit.Create, key: Key) -> None:
        self._visit = visit
        self._key = key
        self.name = flow_name(asked, visit.house.hooks.naming)
        self._code = asked.data_code
        self._end: End | None = None
        self._begun = self._over = self._gone = False
        self._well = self._keep = True
        visit.house.occupy((visit.partner, key), visit.link)
        left = None
        if asked.restarted:
            left = visit.unfinished.take(key, self.name)
        else:
            visit.unfinished.forget(key)
        self._spool: Spool | None = None
        self._inflow = self._new_inflow()
        self._take_up(left)

    def _new_inflow(self) -> Inflow:
        settings = self._visit.house.settings
        lines = settings.text == "lines"
        return Inflow(self._write, self._code, lines=lines, limit=settings.max_file)

    def _take_up(self, left: Cut | End | None) -> None:
        """Goes on with what an earlier connection left."""
        if isinstance(left, End):
            self._end = left
        elif left is not None:
            self._spool = left.spool
        if left is not None:
            self._inflow.resume(left.place, is_lines=left.is_lines)

    def _write(self, offset: int, octets: bytes) -> None:
        if self._end is not None:
            return  # heard once more, and kept no second time
        if self._spool is None:
            self._spool = self._visit.gateway.new_spool()
        self._spool.write(offset, octets)

    # -- what is said about the file ------------------------------------------------------------

    def hear(self, event: pesit.Event) -> Work:
        """Something between ORF and CRF."""
        action = self._ACTIONS.get(type(event))
        return action(self, event) if action else None

    def ready(self) -> None:
        """A receiver has nothing to send of its own."""

    def _begin(self, _asked: pesit.Write) -> None:
        if self._over:
            words = "this file was written already: leave it"
            other = pesit.Diagnostic.named("other-file-error")
            self._visit.link.say(pesit.AckWrite(diagnostic=other, complement=complement(words)))
            return
        self._begun = True
        place = self._inflow.last
        self._inflow.back(place.mark.number)
        self._visit.link.session.know([place.mark])
        self._visit.link.say(pesit.AckWrite(restart_point=place.mark.number))

    def _data(self, event: pesit.Data) -> None:
        try:
            self._inflow.take(event.articles)
        except OSError as error:
            self._interrupt(error)

    def _interrupt(self, error: OSError) -> None:
        """The octets cannot be kept: the transfer ends, and begins anew if at all."""
        full = error.errno in _SPACE
        reason = pesit.Diagnostic.named("space-exhausted" if full else "input-output-error")
        too_large = error.errno == errno.EFBIG
        end = pesit.EndCode.CANCELLED_BY_SERVER if too_large else pesit.EndCode.ERROR
        words = f"{self.name} cannot be stored: {error.strerror or error}"
        self._visit.tell("refused", reason, words)
        idt = pesit.Idt(diagnostic=reason, end_code=end, complement=complement(words))
        self._visit.link.say(idt)
        self._start_over()

    def _point(self, event: pesit.Syn) -> None:
        agreement = self._visit.link.session.agreement
        assert event.mark is not None, "the session fills it in"
        try:
            self._inflow.point(event.mark, agreement.current.acknowledged)
        except OSError as error:
            self._interrupt(error)
            return
        if agreement.sync.window:
            self._visit.link.say(pesit.AckSyn(number=event.number))

    def _ended(self, event: pesit.DtfEnd) -> None:
        try:
            self._inflow.flush()
        except OSError as error:
            self._interrupt(error)
        self._well = event.diagnostic.is_success

    def _resync(self, event: pesit.Resyn) -> None:
        """The sender wants to go back: to that point, or the last acknowledged, but never before."""
        least = self._visit.link.session.agreement.current.acknowledged
        number = event.restart_point
        number = max(number, least) if number else 0
        self._inflow.back(self._visit.link.go_back(number))

    def _resynced(self, event: pesit.AckResyn) -> None:
        self._inflow.back(event.restart_point)

    def _stopped(self, event: pesit.Idt) -> None:
        self._keep = event.end_code in _TO_BE_RESTARTED
        self._visit.tell("aborted", event.diagnostic, f"{self.name}: interrupted by the partner")
        self._visit.link.say(pesit.AckIdt())

    # -- the end --------------------------------------------------------------------------------

    def _trans_end(self, event: pesit.TransEnd) -> Work:
        transfer = self._visit.link.session.agreement.current
        verdict = transfer.verdict(event) if self._well else _ABNORMAL_END
        if verdict.is_success and self._fits():
            return self._deposit()
        octets, articles = transfer.moved
        words = f"PI 27 = {event.octets}, PI 28 = {event.articles}; came: {octets}, {articles}"
        if not self._well:
            words = "DTF.END said that the data ended badly"
        self._refuse(_ABNORMAL_END, words)
        return None

    def _fits(self) -> bool:
        """Whether the file is as long as what is kept of it: a restart may have brought less."""
        kept = self._end.size if self._end else (self._spool.size if self._spool else 0)
        return kept == self._inflow.end

    def _refuse(self, reason: pesit.Diagnostic, words: str) -> None:
        self._visit.tell("refused", reason, f"{self.name}: {words}")
        self._start_over()
        self._keep = False
        answer = pesit.AckTransEnd(diagnostic=reason, complement=complement(words))
        self._visit.link.say(answer)

    async def _deposit(self) -> None:
        """Returns once the deposit is durable and acknowledged, or refused."""
        visit = self._visit
        spool = self._spool or visit.gateway.new_spool()
        self._over = True
        self._visit.house.busy[self._visit.partner, self._key].committing = True
        self._spool = None
        try:
            if self._end is None:
                await visit.gateway.deposit(visit.partner, "pesit", self.name, spool, visit.label)
        except GatewayError as error:
            self._refuse(_ABNORMAL_END, str(error))
        else:
            self._acknowledge()
        finally:
            spool.discard()
            self._free()

    def _acknowledge(self) -> None:
        last, inflow = self._inflow.last, self._inflow
        end = End(self.name, inflow.end, last, inflow.is_lines)
        self._visit.unfinished.end(self._key, end)
        if self._gone:
            return
        octets, articles = self._visit.link.session.agreement.current.moved
        self._visit.link.say(pesit.AckTransEnd(octets=octets, articles=articles))

    def leave(self) -> Work:
        """The file is left, or its connection is gone."""
        self._gone = True
        if self._over:
            return None
        size = self._inflow.end
        self._free()
        self._keep_rest()
        return self._tell_cut(size) if self._begun else None

    def _keep_rest(self) -> None:
        spool, self._spool = self._spool, None
        if spool is None:
            return
        place: Place = self._inflow.last
        if self._keep and place is not START:
            left = Cut(self.name, spool, place, self._inflow.is_lines)
            self._visit.unfinished.keep(self._key, left)
        else:
            spool.discard()

    async def _tell_cut(self, size: int) -> None:
        visit = self._visit
        await visit.gateway.upload_cut(visit.partner, self.name, size, visit.label)

    def _free(self) -> None:
        self._visit.house.free((self._visit.partner, self._key))

    def _start_over(self) -> None:
        """Nothing of what came is kept: should the file be written again, then from its start."""
        spool, self._spool = self._spool, None
        if spool is not None:
            spool.discard()
        self._inflow = self._new_inflow()

    _ACTIONS: ClassVar[dict[type, Callable[[Any, Any], Work]]] = {
        pesit.Write: _begin,
        pesit.Data: _data,
        pesit.Syn: _point,
        pesit.DtfEnd: _ended,
        pesit.Resyn: _resync,
        pesit.AckResyn: _resynced,
        pesit.Idt: _stopped,
        pesit.TransEnd: _trans_end,
    }
