"""What the control API offers: one table of routes, and a function for each.

A handler takes a `Call` and answers anything JSON can carry, or a `Raw`. It never names a path on the
node's machine: content travels.
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Concatenate, Literal, ParamSpec, Protocol, TypeVar

import msgspec

from simulator.domain.businesstime import instant_text, parse_duration
from simulator.domain.endpoints import EndpointRefused, checked_endpoint
from simulator.domain.faults import Fault
from simulator.domain.flows import CarriedFile
from simulator.domain.lifetable import Actor
from simulator.domain.raccordement import (
    As2Terms,
    Circuit,
    Environment,
    Raccordement,
    Structure,
)
from simulator.domain.raccordement import Protocol as Wire
from simulator.exchange.inputs import (
    Acknowledged,
    DirectoryAsked,
    Enclosure,
    FailedRequeued,
    FaultAdded,
    FaultsRemoved,
    InvoiceEmitted,
    RaccordementSaved,
    Requeued,
    StatusAsked,
    StructuresSaved,
)
from simulator.journal import explain, read
from simulator.journal.faultbook import standing_faults
from simulator.journal.rows import Flow
from simulator.runtime.engine import Engine
from simulator.runtime.gateway import GatewayError
from simulator.runtime.lanes import Lanes, StillBusy
from simulator.runtime.reception import Reception, Submit

P = ParamSpec("P")
T = TypeVar("T")
SPACE = "default"
_LONGEST_WAIT = 60.0
# A SIRET, a VAT or RIDET number, or a country and the first letters of a name (dossier §7.4).
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9 .\-]{0,79}")
_MOST_FLOWS = 100_000
_CHUNK = 500


class Refused(Exception):
    """A request that cannot be met: HTTP status, title, and what to do."""

    def __init__(self, status: int, title: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title
        self.detail = detail


class Enrolment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A partner to add: what `partner add` and the ``[[partner]]`` table give.

    Attributes:
        certificate: PEM, DER or PKCS#7 of the partner's own certificate; None: keys are made for it.
        ssh_key: OpenSSH public key line, None to use the key of the certificate.
    """

    code: str
    circuit: Circuit
    protocol: Wire
    environment: Environment = "QUAL"
    interfaces: tuple[str, ...] = ()
    certificate: bytes | None = None
    ssh_key: str | None = None
    endpoint: str | None = None
    valid_from: str = ""
    valid_to: str = ""
    matricule: str = "0042"
    as2_id: str = ""
    part_id: str = ""
    password: str = ""
    as2: As2Terms = As2Terms()


class Reader(Protocol):
    """Runs a function of `simulator.journal.read` off the loop (`Readers`)."""

    async def __call__(
        self,
        ask: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """See `simulator.runtime.readers.Readers`."""


class Console(msgspec.Struct, frozen=True):
    """What the routes work on; the composition root fills it.

    Attributes:
        enrol: adds a partner; raises `Refused`.
        enclosed: the bytes of a file that came with a status; raises `ValueError`, `OSError`.
        key_files: the key material of a partner by file name; raises `Refused`.
        describe: the content of the ready file.
    """

    read: Reader
    submit: Submit
    lanes: Lanes
    engine: Engine
    reception: Reception
    blob_path: Callable[[str], Path]
    enclosed: Callable[[str, CarriedFile], Awaitable[bytes]]
    enrol: Callable[[Enrolment], Awaitable[Raccordement]]
    key_files: Callable[[str], Mapping[str, bytes]]
    describe: Callable[[], Mapping[str, Any]]


class Call(msgspec.Struct):
    """One request: the part of the path that a route leaves open, the query, the JSON body."""

    console: Console
    wanted: str
    query: Mapping[str, str]
    body: bytes

    def decode(self, kind: type[T]) -> T:
        """The JSON body as a value; raises `Refused` with the place of what is wrong."""
        try:
            return msgspec.json.decode(self.body, type=kind)
        except msgspec.DecodeError as error:
            raise Refused(400, "unreadable body", str(error)) from None


class Raw(msgspec.Struct, frozen=True):
    """An answer that is not JSON."""

    content: bytes
    kind: str = "application/octet-stream"
    name: str = ""


Handler = Callable[[Call], Awaitable[object]]


class Route(msgspec.Struct, frozen=True):
    """One row of the table. ``secret``: asks for the token even on loopback."""

    method: str
    path: str
    handler: Handler
    summary: str
    secret: bool = False


async def page(call: Call) -> Raw:
    """What a browser sees."""
    about = call.console.describe()
    lines = [
        f"aife-sim {about['version']}: a simulator of the AIFE exchange system",
        "",
        *(f"{r.method:5} {r.path:40} {r.summary}" for r in ROUTES),
    ]
    return Raw("\n".join(lines).encode() + b"\n", "text/plain; charset=utf-8")


async def alive(_: Call) -> object:
    """The process answers."""
    return {"status": "alive"}


async def ready(_: Call) -> object:
    """Every listener is bound: before that nothing answers at all."""
    return {"status": "ready"}


async def node(call: Call) -> object:
    """The ready file's content, as it is now."""
    return call.console.describe()


async def flow_list(call: Call) -> object:
    """The newest deposits."""
    limit = max(1, min(int(call.query.get("limit", "50")), _MOST_FLOWS))
    return await call.console.read(read.flows, SPACE, call.query.get("partner"), limit)


async def _flow(call: Call) -> Flow:
    return await call.console.read(read.find_flow, SPACE, call.wanted)


async def flow_show(call: Call) -> object:
    """A deposit with invoices, returns and events."""
    return await call.console.read(read.describe_flow, await _flow(call))


async def flow_why(call: Call) -> object:
    """The decision trace of a deposit."""
    return await call.console.read(explain.why, await _flow(call))


async def flow_raw(call: Call) -> Raw:
    """The bytes of a deposit."""
    flow = await _flow(call)
    sha256, data = await call.console.read(read.blob_of_flow, flow.id)
    return Raw(await _content(call, sha256, data), name=flow.name)


async def return_raw(call: Call) -> Raw:
    """The bytes of a return."""
    row = await call.console.read(read.find_return, SPACE, call.wanted)
    sha256, data = await call.console.read(read.blob_of_return, row["id"])
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


async def resend_failed(call: Call) -> object:
    """Pushes every return once more that a partner could not be given."""
    partner = call.console.reception.partner(call.wanted)
    if partner is None:
        raise Refused(404, "no such partner", f"no partner {call.wanted!r}: aife-sim partner list")
    if not partner.listens:
        detail = f"{call.wanted} fetches its returns, or listens nowhere"
        raise Refused(409, "nothing to push to", detail)
    return {"resent": await call.console.submit(SPACE, FailedRequeued(call.wanted))}


async def invoice_show(call: Call) -> object:
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


async def invoice_status(call: Call) -> object:
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


async def attachment_raw(call: Call) -> Raw:
    """The bytes of a file that came with a status."""
    file = await call.console.read(read.enclosed_file, SPACE, call.wanted)
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


class AckWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a partner acknowledges a flow of ours (`Acknowledged` without the flow)."""

    status: str
    motif: str = ""
    comment: str = ""


async def return_ack(call: Call) -> object:
    """Has a partner acknowledge a flow of ours."""
    row = await call.console.read(read.find_return, SPACE, call.wanted)
    wanted = call.decode(AckWanted)
    value = Acknowledged(row["id"], **msgspec.structs.asdict(wanted))
    try:
        return msgspec.to_builtins(await call.console.submit(SPACE, value))
    except ValueError as error:
        raise Refused(409, "not acknowledged so", str(error)) from None


async def return_list(call: Call) -> object:
    """The newest flows of ours."""
    limit = max(1, min(int(call.query.get("limit", "50")), _MOST_FLOWS))
    return await call.console.read(read.returns, SPACE, call.query.get("partner"), limit)


async def pending(call: Call) -> object:
    """What is still to be done, and when."""
    return await call.console.read(read.pending, SPACE)


async def partner_list(call: Call) -> object:
    """The partners, as in the ready file."""
    return call.console.describe()["partners"]


async def partner_show(call: Call) -> object:
    """One partner with its raccordement."""
    for row in call.console.describe()["partners"]:
        if row["code_application"] == call.wanted:
            value = call.console.reception.partner(call.wanted)
            return {**row, "raccordement": msgspec.to_builtins(value)}
    raise Refused(404, "no such partner", f"no partner {call.wanted!r}: aife-sim partner list")


async def partner_add(call: Call) -> object:
    """Adds a partner, or replaces its raccordement."""
    given = call.decode(Enrolment)
    twin = call.console.reception.partner_named(given.as2_id or given.code)
    if twin is not None and twin.code_application != given.code:
        detail = f"{given.as2_id or given.code} is the AS2 name of {twin.code_application}"
        raise Refused(409, "AS2 name in use", detail)
    value = await call.console.enrol(given)
    return await partner_show(Call(call.console, value.code_application, call.query, b""))


class Announced(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a partner listens from now on; None: nowhere."""

    endpoint: str | None


async def partner_endpoint(call: Call) -> object:
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
    return await partner_show(Call(call.console, call.wanted, call.query, b""))


async def partner_waiting(call: Call) -> object:
    """How many returns wait for a partner or are on their way to it."""
    return {"waiting": await call.console.read(read.returns_left, SPACE, call.wanted)}


async def wire_list(call: Call) -> object:
    """The newest exchanges on the wire."""
    limit = max(1, min(int(call.query.get("limit", "50")), _MOST_FLOWS))
    return await call.console.read(read.wire_log, SPACE, call.query.get("partner"), limit)


async def wire_show(call: Call) -> object:
    """One exchange on the wire."""
    return await call.console.read(read.wire_row, SPACE, int(call.wanted))


async def flow_wire(call: Call) -> object:
    """What went over the wire about a deposit."""
    return await call.console.read(read.wire_of_flow, (await _flow(call)).id)


async def wire_request(call: Call) -> Raw:
    """The raw bytes that the caller of an exchange sent."""
    return await _wire_side(call, "request")


async def wire_answer(call: Call) -> Raw:
    """The raw bytes that came back."""
    return await _wire_side(call, "answer")


async def _wire_side(call: Call, side: str) -> Raw:
    sha256, data = await call.console.read(read.blob_of_wire, int(call.wanted), side)
    return Raw(await _content(call, sha256, data), name=f"wire-{call.wanted}-{side}")


async def partner_keys(call: Call) -> object:
    """The key material of a partner, base64 by file name."""
    return msgspec.to_builtins(dict(call.console.key_files(call.wanted)))


async def directory_list(call: Call) -> object:
    """The directory of structures."""
    return msgspec.to_builtins(await call.console.read(read.structures, SPACE))


async def directory_add(call: Call) -> object:
    """Adds or replaces structures."""
    values = call.decode(tuple[Structure, ...])
    for value in values:
        if not _IDENTIFIER.fullmatch(value.identifier):
            detail = f"expected 1 to 80 letters, digits, spaces, - or ., found {value.identifier!r}"
            raise Refused(400, "wrong identifier", detail)
    for start in range(0, len(values), _CHUNK):  # one step must not hold the engine for long
        await call.console.submit(SPACE, StructuresSaved(values[start : start + _CHUNK]))
    return {"saved": len(values)}


async def fault_list(call: Call) -> object:
    """What is to go wrong, what is used up included."""
    return msgspec.to_builtins(await call.console.read(standing_faults, SPACE))


async def fault_add(call: Call) -> object:
    """Has something go wrong from now on; the fault with its number."""
    fault = call.decode(Fault)
    try:
        number = await call.console.submit(SPACE, FaultAdded(fault))
    except ValueError as error:
        raise Refused(400, "no such fault", str(error)) from None
    return {"id": number, "fault": msgspec.to_builtins(fault), "left": fault.times or None}


async def fault_remove(call: Call) -> object:
    """Takes a fault away by its number, or ``all``; how many."""
    number = None if call.wanted == "all" else int(call.wanted)
    try:
        return {"removed": await call.console.submit(SPACE, FaultsRemoved(number))}
    except LookupError as error:
        raise Refused(404, "no such fault", str(error.args[0])) from None


class ExportWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is to get the directory: a code application."""

    to: str


async def directory_export(call: Call) -> object:
    """Sends the directory of public structures to a partner that subscribes; its name."""
    wanted = call.decode(ExportWanted)
    try:
        name = await call.console.submit(SPACE, DirectoryAsked(wanted.to))
    except LookupError as error:
        raise Refused(404, "no such partner", str(error.args[0])) from None
    except ValueError as error:
        raise Refused(409, "not exported", str(error)) from None
    return {"name": name, "partner": wanted.to}


async def clock_show(call: Call) -> object:
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


async def clock_advance(call: Call) -> object:
    """Moves business time forward; what is due on the way happens."""
    try:
        by = parse_duration(call.decode(Advance).by)
    except ValueError as error:
        raise Refused(400, "not a duration", str(error)) from None
    try:
        await call.console.lanes.advance(SPACE, by)
    except StillBusy as error:
        raise Refused(409, "still busy", str(error)) from None
    return await clock_show(call)


async def quiet(call: Call) -> object:
    """Waits until nothing is ready or running; 408 when that takes too long."""
    seconds = min(float(call.query.get("timeout", "10")), _LONGEST_WAIT)
    try:
        await asyncio.wait_for(call.console.lanes.quiet(), seconds)
    except TimeoutError:
        raise Refused(408, "still busy", f"work was still running after {seconds} s") from None
    return {"status": "quiet"}


ROUTES: tuple[Route, ...] = (
    Route("GET", "/", page, "this page"),
    Route("GET", "/livez", alive, "the process answers"),
    Route("GET", "/readyz", ready, "every listener is bound"),
    Route("GET", "/api/v1/node", node, "what the ready file says, as it is now"),
    Route("GET", "/api/v1/flows", flow_list, "newest deposits; ?partner= &limit="),
    Route("GET", "/api/v1/flows/{}", flow_show, "a deposit by name, id, number or 'latest'"),
    Route("GET", "/api/v1/flows/{}/why", flow_why, "its decision trace"),
    Route("GET", "/api/v1/flows/{}/raw", flow_raw, "its bytes", secret=True),
    Route("GET", "/api/v1/returns/{}/raw", return_raw, "the bytes of a return", secret=True),
    Route("GET", "/api/v1/returns", return_list, "newest flows of ours; ?partner= &limit="),
    Route("POST", "/api/v1/returns/{}/ack", return_ack, "has its partner acknowledge a return"),
    Route("POST", "/api/v1/emit", emit, "has a public issuer send an invoice to a platform"),
    Route("POST", "/api/v1/returns/{}/requeue", requeue, "puts a return back"),
    Route("POST", "/api/v1/returns/{}/resend", resend, "pushes a return once more"),
    Route("GET", "/api/v1/invoices/{}", invoice_show, "invoices of a number, with their history"),
    Route("POST", "/api/v1/invoices/{}/status", invoice_status, "has an actor say a status"),
    Route("GET", "/api/v1/attachments/{}", attachment_raw, "a file beside a status", secret=True),
    Route("GET", "/api/v1/pending", pending, "what is still to be done"),
    Route("GET", "/api/v1/partners", partner_list, "the partners"),
    Route("POST", "/api/v1/partners", partner_add, "adds a partner"),
    Route("GET", "/api/v1/partners/{}", partner_show, "one partner"),
    Route("GET", "/api/v1/partners/{}/keys", partner_keys, "its key material", secret=True),
    Route("POST", "/api/v1/partners/{}/resend", resend_failed, "pushes what failed once more"),
    Route("PUT", "/api/v1/partners/{}/endpoint", partner_endpoint, "where it listens"),
    Route("GET", "/api/v1/partners/{}/waiting", partner_waiting, "how many returns it has to get"),
    Route("GET", "/api/v1/flows/{}/wire", flow_wire, "what went over the wire about it"),
    Route("GET", "/api/v1/wire", wire_list, "newest exchanges on the wire; ?partner= &limit="),
    Route("GET", "/api/v1/wire/{}", wire_show, "one of them"),
    Route("GET", "/api/v1/wire/{}/request", wire_request, "raw bytes of the caller", secret=True),
    Route("GET", "/api/v1/wire/{}/answer", wire_answer, "raw bytes of the answer", secret=True),
    Route("GET", "/api/v1/directory", directory_list, "the directory of structures"),
    Route("POST", "/api/v1/directory", directory_add, "adds structures"),
    Route("POST", "/api/v1/directory/export", directory_export, "sends it to a subscriber"),
    Route("GET", "/api/v1/faults", fault_list, "what is to go wrong"),
    Route("POST", "/api/v1/faults", fault_add, "has something go wrong"),
    Route("POST", "/api/v1/faults/{}/remove", fault_remove, "takes it away; 'all' of them"),
    Route("GET", "/api/v1/clock", clock_show, "business time"),
    Route("POST", "/api/v1/clock/advance", clock_advance, "moves it: {'by': 'P1D'}"),
    Route("GET", "/api/v1/quiet", quiet, "waits until nothing runs; ?timeout="),
)
