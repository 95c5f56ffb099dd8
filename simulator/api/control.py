"""Routes about the node itself: its state, its clock, what is to go wrong."""

from __future__ import annotations

import asyncio

import msgspec

from simulator.api.calls import SPACE, Call, Refused
from simulator.domain.businesstime import instant_text, parse_duration
from simulator.domain.faults import Fault
from simulator.exchange.inputs import (
    FaultAdded,
    FaultsRemoved,
)
from simulator.journal.faultbook import standing_faults
from simulator.runtime.lanes import StillBusy

_LONGEST_WAIT = 60.0


async def alive(_: Call) -> object:
    """The process answers."""
    return {"status": "alive"}


async def ready(_: Call) -> object:
    """Every listener is bound: before that nothing answers at all."""
    return {"status": "ready"}


async def node(call: Call) -> object:
    """The ready file's content, as it is now."""
    return call.console.describe()


async def faults(call: Call) -> object:
    """What is to go wrong, what is used up included."""
    return msgspec.to_builtins(await call.console.read(standing_faults, SPACE))


async def add_fault(call: Call) -> object:
    """Has something go wrong from now on; the fault with its number."""
    fault = call.decode(Fault)
    try:
        number = await call.console.submit(SPACE, FaultAdded(fault))
    except ValueError as error:
        raise Refused(400, "not a fault", str(error)) from None
    return {"id": number, "fault": msgspec.to_builtins(fault), "left": fault.times or None}


async def remove_faults(call: Call) -> object:
    """Takes a fault away by its number, or ``all``; how many."""
    number = None if call.wanted == "all" else int(call.wanted)
    try:
        return {"removed": await call.console.submit(SPACE, FaultsRemoved(number))}
    except LookupError as error:
        raise Refused(404, "no such fault", str(error.args[0])) from None


async def clock(call: Call) -> object:
    """Business time and how it runs."""
    engine = call.console.engine
    clock = engine.clocks[SPACE]
    return {
        "space": SPACE,
        "now": instant_text(engine.business_now(SPACE)),
        "mode": clock.mode,
        "rate": clock.rate,
    }


class Advance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """By how much: an ISO 8601 duration."""

    by: str


async def advance(call: Call) -> object:
    """Moves business time forward; what is due on the way happens."""
    try:
        by = parse_duration(call.decode(Advance).by)
    except ValueError as error:
        raise Refused(400, "not a duration", str(error)) from None
    try:
        await call.console.lanes.advance(SPACE, by)
    except StillBusy as error:
        raise Refused(409, "still busy", str(error)) from None
    return await clock(call)


async def quiet(call: Call) -> object:
    """Waits until nothing is ready or running; 408 when that takes too long."""
    seconds = min(float(call.query.get("timeout", "10")), _LONGEST_WAIT)
    try:
        await asyncio.wait_for(call.console.lanes.quiet(), seconds)
    except TimeoutError:
        raise Refused(408, "still busy", f"work was still running after {seconds} s") from None
    return {"status": "quiet"}
