"""Routes about invoices: what actors say of them, and what issuers emit."""

from __future__ import annotations

from typing import Literal

import msgspec

from simulator.api.calls import SPACE, Call, Raw, Refused
from simulator.domain.lifetable import Actor
from simulator.domain.raccordement import (
    Circuit,
)
from simulator.exchange.inputs import (
    Enclosure,
    InvoiceEmitted,
    StatusAsked,
)
from simulator.journal import contents, read
from simulator.runtime.gateway import GatewayError


async def show(call: Call) -> object:
    """The invoices of a number that stand, with their history."""
    return await call.console.read(read.lives, SPACE, call.wanted)


class FileWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file beside a status: name, bytes (base64), and its MIME type if its extension does not tell."""

    name: str
    content: bytes
    mime: str = ""


class StatusWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A status that somebody is to say (`StatusAsked` without the invoice)."""

    status: str
    actor: Actor | Literal[""] = ""
    motif: str = ""
    comment: str = ""
    attachments: tuple[FileWanted, ...] = ()
    partner: str = ""
    supplier: str = ""
    year: str = ""


async def say(call: Call) -> object:
    """Has an actor say a status of an invoice."""
    wanted = call.decode(StatusWanted)
    files = [await _enclosure(call, file) for file in wanted.attachments]
    words = {**msgspec.structs.asdict(wanted), "attachments": tuple(files)}
    asked = StatusAsked(call.wanted, **words)
    try:
        return msgspec.to_builtins(await call.console.submit(SPACE, asked))
    except LookupError as error:
        raise Refused(404, "no such invoice", str(error.args[0])) from None
    except ValueError as error:
        raise Refused(409, "may not be said", str(error)) from None


async def _enclosure(call: Call, file: FileWanted) -> Enclosure:
    try:
        return Enclosure(
            file.name, await call.console.reception.keep_bytes(file.content), file.mime
        )
    except GatewayError as error:
        raise Refused(507, "not taken", str(error)) from None


async def attachment(call: Call) -> Raw:
    """The bytes of a file that came with a status."""
    file = await call.console.read(contents.enclosed_file, SPACE, call.wanted)
    try:
        return Raw(await call.console.enclosed(SPACE, file), name=file.name)
    except (OSError, ValueError) as error:
        raise Refused(404, "not there any more", str(error)) from None


class Emission(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An invoice to be sent in the place of a public issuer.

    Attributes:
        to: code application of the platform that it is meant for.
        content: of one UBL or Factur-X document, or of an envelope (tar.gz) of UBL documents.
        issuer: code application; ``""``: the first public issuer that may send it.
    """

    to: str
    content: bytes
    issuer: str = ""


_STARTS = ((b"%PDF", ".pdf", "FSO3117A"), (b"\x1f\x8b", ".tar.gz", "FSO3110A"))


async def emit(call: Call) -> object:
    """Has a public issuer send an invoice to a platform; the flow that it became."""
    wanted = call.decode(Emission)
    extension, interface = next(
        ((end, code) for start, end, code in _STARTS if wanted.content.startswith(start)),
        (".xml", "FSO3110A"),
    )
    _demand(call, "g2b-pa", wanted.to, "")
    issuer = _demand(call, "g2b-issuer", wanted.issuer, interface)
    try:
        blob = await call.console.reception.keep_bytes(wanted.content)
    except GatewayError as error:
        raise Refused(507, "not taken", str(error)) from None
    value = InvoiceEmitted(issuer, interface, extension, blob)
    admission = await call.console.submit(SPACE, value)
    flow = await call.console.read(read.find_flow, SPACE, str(admission.flow))
    return await call.console.read(read.describe_flow, flow)


def _demand(call: Call, circuit: Circuit, code: str, interface: str) -> str:
    """The partner of a circuit that is asked for, or (``""``) the first that has a code."""
    known = [
        r.code_application
        for _, r in call.console.reception.partners()
        if r.circuit == circuit and (not interface or interface in r.interfaces)
    ]
    wanted = code or next(iter(known), "")
    if wanted not in known:
        detail = f"no {circuit} partner {wanted!r} (possible: {', '.join(known) or 'none'})"
        raise Refused(404, "no such partner", detail)
    return wanted
