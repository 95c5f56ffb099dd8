"""What becomes of a return: written, waiting, pushed or fetched, purged, put back.

Source: PPF general dossier v3.2 (no repetition of pushes, purge after 7 days: note 42).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from simulator.domain.flows import BlobRef, LateReceipt, Return, WireRecord
from simulator.domain.raccordement import Raccordement
from simulator.exchange.inputs import (
    Composed,
    FailedRequeued,
    Fetched,
    Purged,
    PushBegun,
    Pushed,
    Requeued,
)
from simulator.journal.tx import Tx


def composed(tx: Tx, done: Composed) -> None:
    """A return is written: it waits for the partner, or a push is due."""
    value, flow, state = tx.returns.find(done.returned)
    if state != "composing":
        return
    _, cause = tx.finish(done.work)
    tx.keep_blob(done.blob, done.content)
    tx.returns.set(done.returned, "waiting", done.blob)
    ready(tx, done.returned, value, flow, done.blob, cause)


def ready(
    tx: Tx, number: int, value: Return, flow: int | None, blob: BlobRef, cause: int | None
) -> None:
    """A return has its bytes: it waits to be fetched and, in the end, purged; or it is pushed."""
    event = _tell(tx, value, flow, "ReturnReady", msgspec.to_builtins(blob), cause)
    tx.returns.mark_ready(number, event)
    if _listens(tx.raccordement(value.partner)):
        tx.enqueue("push", number, _push_lane(value.partner), event)
    _plan_purge(tx, number, value, event)


def push_what_waits(tx: Tx, partner: Raccordement, cause: int) -> None:
    """A partner listens from now on: what waits for it leaves, oldest first.

    So does what was to be tried again later: there may be somebody now.
    """
    if partner.listens:
        for number in tx.returns.waiting(partner.code_application):
            tx.cancel("push", number)
            tx.enqueue("push", number, _push_lane(partner.code_application), cause)


def _listens(partner: Raccordement | None) -> bool:
    return partner is not None and partner.listens


def _push_lane(partner: str) -> str:
    """One push at a time, so that 500 goes before 202."""
    return f"push:{partner}"


def fetched(tx: Tx, done: Fetched) -> None:
    """A partner has taken a return; from now on it is in no listing."""
    value, flow, state = tx.returns.find(done.returned)
    if state != "waiting":
        return
    if not done.keep:
        tx.returns.set(done.returned, "delivered")
        tx.cancel("purge", done.returned)
    _tell(tx, value, flow, "ReturnFetched", {"kept": done.keep})
    _go_again(tx, done.returned)


def push_begun(tx: Tx, begun: PushBegun) -> bool | None:
    """A push leaves; whether it is a resend: another attempt came before, also one that a crash cut.

    None when the partner listens no longer: the return waits for it instead.
    """
    value, flow, _ = tx.returns.find(begun.returned)
    partner = tx.raccordement(value.partner)
    if partner is None or not partner.listens:
        _, cause = tx.finish(begun.work)
        tx.returns.set(begun.returned, "waiting")
        _tell(tx, value, flow, "PushPutOff", {"reason": "the partner listens no longer"}, cause)
        return None
    tx.mark_work(begun.work, "running", begun.attempt)
    attempt = tx.returns.begin_push(begun.returned)
    body = {"attempt": attempt, "resend": attempt > 1}
    _tell(tx, value, flow, "PushAttempted", body, tx.cause_of(begun.work))
    return attempt > 1


def pushed(tx: Tx, done: Pushed) -> None:
    """A push has ended. By default there is no retry (DG3.2: without an answer one calls support)."""
    is_open, cause = tx.finish(done.work)
    if not is_open:
        return
    value, flow, _ = tx.returns.find(done.returned)
    if done.record:
        record = done.record
        done = _with_receipt(tx, done, record)
        tx.wire.add(record, returned=done.returned)
    body = {"outcome": done.outcome, "detail": done.detail}
    if done.delivered:
        tx.returns.set(done.returned, "delivered")
        tx.cancel("purge", done.returned)
        _tell(tx, value, flow, "PushSucceeded", body, cause)
        _go_again(tx, done.returned)
        return
    due = _next_attempt(tx, done)
    tx.returns.set(done.returned, "waiting" if due else "failed")
    event = _tell(tx, value, flow, "PushFailed", {**body, "again": due}, cause)
    if due:
        tx.enqueue("push", done.returned, _push_lane(value.partner), event, due)


def _with_receipt(tx: Tx, done: Pushed, record: WireRecord) -> Pushed:
    """A push that was given up, as the receipt has it that came while it was; or as it is."""
    proofs = record.facts.get("proofs", ())
    late = tx.wire.receipt_on(record) if proofs and not done.delivered else None
    if late is None:
        return done
    outcome, detail = judged(late, proofs)
    delivered = outcome == "delivered"
    return msgspec.structs.replace(
        done, delivered=delivered, outcome=outcome, detail=detail, again=False
    )


def judged(late: LateReceipt, proofs: Sequence[str]) -> tuple[str, str]:
    """What a receipt comes to for a push: outcome in one word, and the partner's word."""
    if late.delivered and late.proof and late.proof not in proofs:
        return "wrong-mic", f"MIC {late.proof} came back, not one of {'; '.join(proofs)}"
    return ("delivered" if late.delivered else "nok"), late.detail


def told_late(tx: Tx, number: int, end: tuple[str, str], cause: int) -> None:
    """The partner's word on a push that was given up without one; there is no other attempt then.

    Args:
        tx: of the step.
        number: of the return.
        end: outcome in one word, and the partner's word.
        cause: event that brought it.
    """
    value, flow, state = tx.returns.find(number)
    if state not in ("waiting", "failed") or tx.returns.is_pushing(number):
        return
    outcome, detail = end
    is_delivered = outcome == "delivered"
    tx.cancel("push", number)
    if is_delivered:
        tx.cancel("purge", number)
    tx.returns.set(number, "delivered" if is_delivered else "failed")
    body = {"outcome": outcome, "detail": detail, "late": True}
    _tell(tx, value, flow, "PushSucceeded" if is_delivered else "PushFailed", body, cause)
    if is_delivered:
        _go_again(tx, number)


def _next_attempt(tx: Tx, done: Pushed) -> datetime | None:
    """When the plan of the settings has another attempt; None for never."""
    plan = tx.reference.options.push_retries
    attempts = tx.returns.attempts(done.returned)
    return tx.now + plan[attempts - 1] if done.again and attempts <= len(plan) else None


def purged(tx: Tx, due: Purged) -> None:
    """An unfetched return goes (DG3.2 note 42)."""
    open_, cause = tx.finish(due.work)
    if not open_:
        return
    value, flow, state = tx.returns.find(due.returned)
    if state == "waiting":
        tx.returns.set(due.returned, "purged")
        _tell(tx, value, flow, "ReturnPurged", {}, cause)


def requeued(tx: Tx, asked: Requeued) -> str:
    """Puts a return back, or pushes it again with the same identity; returns its name.

    Raises:
        LookupError: there is no such return.
        ValueError: it is not written yet, or on its way.
    """
    value, flow, state = tx.returns.find(asked.returned)
    if state in ("composing", "held"):
        message = f"{value.name} is still being written"
        raise ValueError(message)
    if tx.returns.is_pushing(asked.returned):
        message = f"{value.name} is being pushed"
        raise ValueError(message)
    tx.cancel("push", asked.returned)
    tx.cancel("purge", asked.returned)
    tx.returns.set(asked.returned, "waiting")
    event = _tell(tx, value, flow, "ReturnRequeued", {"was": state})
    if _listens(tx.raccordement(value.partner)):
        tx.enqueue("push", asked.returned, _push_lane(value.partner), event)
    _plan_purge(tx, asked.returned, value, event)
    return value.name


def failed_requeued(tx: Tx, asked: FailedRequeued) -> tuple[str, ...]:
    """Pushes what failed once more, in the order in which it was issued; the names."""
    failed = tx.returns.failed(asked.partner)
    return tuple(requeued(tx, Requeued(number)) for number in failed)


def _go_again(tx: Tx, number: int) -> None:
    """A return that a fault on demand doubles is there a second time once it was delivered."""
    if not tx.returns.is_pushing(number) and tx.faults.is_repeated(number):
        requeued(tx, Requeued(number))


def _plan_purge(tx: Tx, number: int, value: Return, cause: int) -> None:
    due = tx.now + tx.reference.options.purge_after
    tx.enqueue("purge", number, f"purge:{value.partner}", cause, due)


def _tell(
    tx: Tx,
    value: Return,
    flow: int | None,
    kind: str,
    body: Mapping[str, object],
    cause: int | None = None,
) -> int:
    """Appends an event to the stream of a return.

    A stream of its own: when a return is written, fetched or purged depends on the machine and the
    partner, and must not mix into the order of events of the deposit that it answers.
    """
    stream = f"{value.partner}/{value.name}"
    return tx.event(stream, kind, {"name": value.name, **body}, cause=cause, flow=flow)
