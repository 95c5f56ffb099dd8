"""Routes about partners and the directory."""

from __future__ import annotations

import re

import msgspec

from simulator.api.calls import SPACE, Call, Enrolment, Refused
from simulator.domain.endpoints import EndpointRefused, checked_endpoint
from simulator.domain.raccordement import (
    Structure,
)
from simulator.exchange.inputs import (
    DirectoryAsked,
    FailedRequeued,
    RaccordementSaved,
    StructuresSaved,
)
from simulator.journal import read

# A SIRET, a VAT or RIDET number, or a country and the first letters of a name (dossier §7.4).
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9 .\-]{0,79}")


_CHUNK = 500


async def resend_failed(call: Call) -> object:
    """Pushes every return once more that a partner could not be given."""
    partner = call.console.reception.partner(call.wanted)
    if partner is None:
        raise Refused(404, "no such partner", f"no partner {call.wanted!r}: aife-sim partner list")
    if not partner.listens:
        detail = f"{call.wanted} fetches its returns, or listens nowhere"
        raise Refused(409, "nothing to push to", detail)
    return {"resent": await call.console.submit(SPACE, FailedRequeued(call.wanted))}


async def every(call: Call) -> object:
    """The partners, as in the ready file."""
    return call.console.describe()["partners"]


async def show(call: Call) -> object:
    """One partner with its raccordement."""
    for row in call.console.describe()["partners"]:
        if row["code_application"] == call.wanted:
            value = call.console.reception.partner(call.wanted)
            return {**row, "raccordement": msgspec.to_builtins(value)}
    raise Refused(404, "no such partner", f"no partner {call.wanted!r}: aife-sim partner list")


async def add(call: Call) -> object:
    """Adds a partner, or replaces its raccordement."""
    given = call.decode(Enrolment)
    twin = call.console.reception.partner_named(given.as2_id or given.code)
    if twin is not None and twin.code_application != given.code:
        detail = f"{given.as2_id or given.code} is the AS2 name of {twin.code_application}"
        raise Refused(409, "AS2 name in use", detail)
    value = await call.console.enrol(given)
    return await show(Call(call.console, value.code_application, call.query, b""))


class Announced(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a partner listens from now on; None: nowhere."""

    endpoint: str | None


async def announce(call: Call) -> object:
    """Sets where a partner listens; what waits for it is pushed there."""
    value = call.console.reception.partner(call.wanted)
    if value is None:
        raise Refused(404, "no such partner", f"no partner {call.wanted!r}: aife-sim partner list")
    endpoint = call.decode(Announced).endpoint
    try:
        if endpoint is not None:
            checked_endpoint(value.protocol, endpoint)
    except EndpointRefused as error:
        raise Refused(400, "wrong endpoint", str(error)) from None
    changed = msgspec.structs.replace(value, endpoint=endpoint)
    await call.console.submit(SPACE, RaccordementSaved(changed))
    return await show(Call(call.console, call.wanted, call.query, b""))


async def waiting(call: Call) -> object:
    """How many returns wait for a partner or are on their way to it."""
    return {"waiting": await call.console.read(read.returns_left, SPACE, call.wanted)}


async def keys(call: Call) -> object:
    """The key material of a partner, base64 by file name."""
    return msgspec.to_builtins(dict(call.console.key_files(call.wanted)))


async def directory(call: Call) -> object:
    """The directory of structures."""
    return msgspec.to_builtins(await call.console.read(read.structures, SPACE))


async def add_structures(call: Call) -> object:
    """Adds or replaces structures."""
    values = call.decode(tuple[Structure, ...])
    for value in values:
        if not _IDENTIFIER.fullmatch(value.identifier):
            detail = f"expected 1 to 80 letters, digits, spaces, - or ., found {value.identifier!r}"
            raise Refused(400, "wrong identifier", detail)
    for start in range(0, len(values), _CHUNK):  # one step must not hold the engine for long
        await call.console.submit(SPACE, StructuresSaved(values[start : start + _CHUNK]))
    return {"saved": len(values)}


class ExportWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is to get the directory: a code application."""

    to: str


async def export_directory(call: Call) -> object:
    """Sends the directory of public structures to a partner that subscribes; its name."""
    wanted = call.decode(ExportWanted)
    try:
        name = await call.console.submit(SPACE, DirectoryAsked(wanted.to))
    except LookupError as error:
        raise Refused(404, "no such partner", str(error.args[0])) from None
    except ValueError as error:
        raise Refused(409, "not exported", str(error)) from None
    return {"name": name, "partner": wanted.to}
