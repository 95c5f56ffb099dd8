"""What the control API offers: one table of routes, and a function for each."""

from __future__ import annotations

from simulator.api import control, flows, invoices, partners
from simulator.api.calls import Call, Raw, Route


async def page(call: Call) -> Raw:
    """What a browser sees."""
    about = call.console.describe()
    lines = [
        f"aife-sim {about['version']}: a simulator of the AIFE exchange system",
        "",
        *(f"{r.method:5} {r.path:40} {r.summary}" for r in ROUTES),
    ]
    return Raw("\n".join(lines).encode() + b"\n", "text/plain; charset=utf-8")


ROUTES: tuple[Route, ...] = (
    Route("GET", "/", page, "this page"),
    Route("GET", "/livez", control.alive, "the process answers"),
    Route("GET", "/readyz", control.ready, "every listener is bound"),
    Route("GET", "/api/v1/node", control.node, "what the ready file says, as it is now"),
    Route("GET", "/api/v1/flows", flows.every, "newest deposits; ?partner= &limit="),
    Route("GET", "/api/v1/flows/{}", flows.show, "a deposit by name, id, number or 'latest'"),
    Route("GET", "/api/v1/flows/{}/why", flows.why, "its decision trace"),
    Route("GET", "/api/v1/flows/{}/raw", flows.raw, "its bytes", secret=True),
    Route("GET", "/api/v1/returns/{}/raw", flows.return_raw, "the bytes of a return", secret=True),
    Route("GET", "/api/v1/returns", flows.returns, "newest flows of ours; ?partner= &limit="),
    Route(
        "POST", "/api/v1/returns/{}/ack", flows.acknowledge, "has its partner acknowledge a return"
    ),
    Route(
        "POST", "/api/v1/emit", invoices.emit, "has a public issuer send an invoice to a platform"
    ),
    Route("POST", "/api/v1/returns/{}/requeue", flows.requeue, "puts a return back"),
    Route("POST", "/api/v1/returns/{}/resend", flows.resend, "pushes a return once more"),
    Route(
        "GET",
        "/api/v1/invoices/{}",
        invoices.show,
        "invoices of a number, with their history",
    ),
    Route("POST", "/api/v1/invoices/{}/status", invoices.say, "has an actor say a status"),
    Route(
        "GET",
        "/api/v1/attachments/{}",
        invoices.attachment,
        "a file beside a status",
        secret=True,
    ),
    Route("GET", "/api/v1/pending", flows.pending, "what is still to be done"),
    Route("GET", "/api/v1/partners", partners.every, "the partners"),
    Route("POST", "/api/v1/partners", partners.add, "adds a partner"),
    Route("GET", "/api/v1/partners/{}", partners.show, "one partner"),
    Route("GET", "/api/v1/partners/{}/keys", partners.keys, "its key material", secret=True),
    Route(
        "POST", "/api/v1/partners/{}/resend", partners.resend_failed, "pushes what failed once more"
    ),
    Route("PUT", "/api/v1/partners/{}/endpoint", partners.announce, "where it listens"),
    Route(
        "GET",
        "/api/v1/partners/{}/waiting",
        partners.waiting,
        "how many returns it has to get",
    ),
    Route("GET", "/api/v1/flows/{}/wire", flows.wire_of, "what went over the wire about it"),
    Route("GET", "/api/v1/wire", flows.wire, "newest exchanges on the wire; ?partner= &limit="),
    Route("GET", "/api/v1/wire/{}", flows.wire_show, "one of them"),
    Route(
        "GET", "/api/v1/wire/{}/request", flows.wire_request, "raw bytes of the caller", secret=True
    ),
    Route(
        "GET", "/api/v1/wire/{}/answer", flows.wire_answer, "raw bytes of the answer", secret=True
    ),
    Route("GET", "/api/v1/directory", partners.directory, "the directory of structures"),
    Route("POST", "/api/v1/directory", partners.add_structures, "adds structures"),
    Route(
        "POST", "/api/v1/directory/export", partners.export_directory, "sends it to a subscriber"
    ),
    Route("GET", "/api/v1/faults", control.faults, "what is to go wrong"),
    Route("POST", "/api/v1/faults", control.add_fault, "has something go wrong"),
    Route(
        "POST", "/api/v1/faults/{}/remove", control.remove_faults, "takes it away; 'all' of them"
    ),
    Route("GET", "/api/v1/clock", control.clock, "business time"),
    Route("POST", "/api/v1/clock/advance", control.advance, "moves it: {'by': 'P1D'}"),
    Route("GET", "/api/v1/quiet", control.quiet, "waits until nothing runs; ?timeout="),
)
