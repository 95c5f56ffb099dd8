"""Routes about flows, returns, and what went over the wire."""

from __future__ import annotations

import asyncio

import msgspec

from simulator.api.calls import MOST_ROWS, SPACE, Call, Raw, Refused
from simulator.exchange.inputs import (
    Acknowledged,
    Requeued,
)
from simulator.journal import contents, explain, read
from simulator.journal.rows import Flow


async def every(call: Call) -> object:
    """The newest deposits."""
    limit = max(1, min(int(call.query.get("limit", "50")), MOST_ROWS))
    return await call.console.read(read.flows, SPACE, call.query.get("partner"), limit)


async def _flow(call: Call) -> Flow:
    return await call.console.read(read.find_flow, SPACE, call.wanted)


async def show(call: Call) -> object:
    """A deposit with invoices, returns and events."""
    return await call.console.read(read.describe_flow, await _flow(call))


async def why(call: Call) -> object:
    """The decision trace of a deposit."""
    return await call.console.read(explain.why, await _flow(call))


async def raw(call: Call) -> Raw:
    """The bytes of a deposit."""
    flow = await _flow(call)
    sha256, data = await call.console.read(contents.blob_of_flow, flow.id)
    return Raw(await _content(call, sha256, data), name=flow.name)


async def return_raw(call: Call) -> Raw:
    """The bytes of a return."""
    row = await call.console.read(read.find_return, SPACE, call.wanted)
    sha256, data = await call.console.read(contents.blob_of_return, row["id"])
    return Raw(await _content(call, sha256, data), name=row["name"])


async def _content(call: Call, sha256: str, data: bytes | None) -> bytes:
    if data is not None:
        return data
    return await asyncio.to_thread(call.console.blob_path(sha256).read_bytes)


async def requeue(call: Call) -> object:
    """Puts a return back into the retrieval area."""
    row = await call.console.read(read.find_return, SPACE, call.wanted)
    try:
        await call.console.submit(SPACE, Requeued(row["id"]))
    except ValueError as error:
        raise Refused(409, "not possible now", str(error)) from None
    return await call.console.read(read.find_return, SPACE, str(row["id"]))


async def resend(call: Call) -> object:
    """Pushes a return once more, under the same identity."""
    row = await call.console.read(read.find_return, SPACE, call.wanted)
    partner = call.console.reception.partner(row["partner"])
    if partner is None or not partner.listens:
        detail = f"{row['partner']} fetches its returns, or listens nowhere: requeue puts one back"
        raise Refused(409, "nothing to push to", detail)
    return await requeue(call)


class AckWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a partner acknowledges a flow of ours (`Acknowledged` without the flow)."""

    status: str
    motif: str = ""
    comment: str = ""


async def acknowledge(call: Call) -> object:
    """Has a partner acknowledge a flow of ours."""
    row = await call.console.read(read.find_return, SPACE, call.wanted)
    wanted = call.decode(AckWanted)
    value = Acknowledged(row["id"], **msgspec.structs.asdict(wanted))
    try:
        return msgspec.to_builtins(await call.console.submit(SPACE, value))
    except ValueError as error:
        raise Refused(409, "not acknowledged so", str(error)) from None


async def returns(call: Call) -> object:
    """The newest flows of ours."""
    limit = max(1, min(int(call.query.get("limit", "50")), MOST_ROWS))
    return await call.console.read(read.returns, SPACE, call.query.get("partner"), limit)


async def pending(call: Call) -> object:
    """What is still to be done, and when."""
    return await call.console.read(read.pending, SPACE)


async def wire(call: Call) -> object:
    """The newest exchanges on the wire."""
    limit = max(1, min(int(call.query.get("limit", "50")), MOST_ROWS))
    return await call.console.read(read.wire_log, SPACE, call.query.get("partner"), limit)


async def wire_show(call: Call) -> object:
    """One exchange on the wire."""
    return await call.console.read(read.wire_row, SPACE, int(call.wanted))


async def wire_of(call: Call) -> object:
    """What went over the wire about a deposit."""
    return await call.console.read(read.wire_of_flow, (await _flow(call)).id)


async def wire_request(call: Call) -> Raw:
    """The raw bytes that the caller of an exchange sent."""
    return await _wire_side(call, "request")


async def wire_answer(call: Call) -> Raw:
    """The raw bytes that came back."""
    return await _wire_side(call, "answer")


async def _wire_side(call: Call, side: str) -> Raw:
    sha256, data = await call.console.read(contents.blob_of_wire, int(call.wanted), side)
    return Raw(await _content(call, sha256, data), name=f"wire-{call.wanted}-{side}")
