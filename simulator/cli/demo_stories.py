"""What ``aife-sim demo`` shows after its tour: one story of each circuit, from deposit to payment.

Every message travels over SFTP, business time is moved, and what comes back must be what
``docs/circuits.md`` draws.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

if TYPE_CHECKING:
    from simulator.messages.specimens.model import Specimen
    from simulator.testing.client import Client

_QUIET_SECONDS = 30
# A recipient of the demo directory behind the platform DEM021, and the public issuer of DEM031.
_BEHIND_DEM021, _ISSUER = "90000000810015", "12345678200051"
_NUMBERS = "STORY-"

# story, what happened, what came, whether that is what was to come
Row = tuple[str, str, str, bool]


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happens in a story: a deposit, business time that passes, or words of an actor.

    Attributes:
        what: for people.
        story: which story it is of.
        code, content: of a deposit; the first of `at` is the partner.
        advance: business time, ISO 8601.
        says: invoice, status and motif, as `aife-sim status set` has them.
        at: who is asked what came, in order.
        expected: ``DEM001 FEN1201A 03``, in order.
    """

    what: str
    story: str
    code: str = ""
    content: bytes = b""
    advance: str = ""
    says: tuple[str, str, str] | None = None
    at: tuple[str, ...] = ()
    expected: tuple[str, ...] = ()


def tell(node: dict[str, Any], folder: Path) -> list[Row]:
    """Plays every story on a node; for each event: story, what happened, what came, whether right."""
    from simulator.testing.client import Client

    client = Client(node["http"])
    rows = []
    for number, event in enumerate(events(), start=1):
        box = folder / f"event{number}"
        box.mkdir()
        _happen(node, client, event, (box, number))
        client.get("/api/v1/quiet", timeout=_QUIET_SECONDS)
        came = tuple(said for partner in event.at for said in _heard(node, partner, box))
        rows.append((event.story, event.what, ", ".join(came) or "nothing", came == event.expected))
    return rows


def _happen(node: dict[str, Any], client: Client, event: Event, at: tuple[Path, int]) -> None:
    from simulator.cli.exchange_files import side_of
    from simulator.testing.client import quoted

    if event.advance:
        client.post("/api/v1/clock/advance", {"by": event.advance})
    elif event.says:
        invoice, status, motif = event.says
        body = {"status": status, "motif": motif}
        client.post(f"/api/v1/invoices/{quoted(invoice)}/status", body)
    else:
        box, number = at
        partner = event.at[0]
        flow = (
            box / f"{event.code}_{partner}_{partner}{event.code[3:7]}{90000 + number:015d}.tar.gz"
        )
        flow.write_bytes(event.content)
        side, exchange = side_of(node["http"], partner, None, {})
        sent = side.send(exchange, (flow,))
        if sent.failed:
            raise click.ClickException("; ".join(sent.lines))


def _heard(node: dict[str, Any], partner: str, box: Path) -> Iterator[str]:
    """What a partner is told of the stories' own invoices; an invoice by its code alone."""
    from simulator.cli.exchange_files import side_of
    from simulator.messages.summary import statuses

    side, exchange = side_of(node["http"], partner, None, {})
    fetched = side.receive(exchange, box / partner)
    if fetched.problems:
        raise click.ClickException("; ".join(fetched.problems))
    for file in fetched.files:
        code, said = file.name[:8], statuses(file.read_bytes())
        if not said:
            yield f"{partner} {code}"
        # The invoices of the tour grow older too: they are not of the story.
        yield from (f"{partner} {code} {s.status}" for s in said if not s.about.startswith("DEMO-"))


# -- the stories ------------------------------------------------------------------------------------


def events() -> tuple[Event, ...]:
    """All stories, one after the other."""
    return (*_historic(), *_platform(), *_suspended(), *_g2b(), *_declared())


def _historic() -> Iterator[Event]:
    story, at = "historic", ("DEM001",)
    yield Event(
        what="FSO1100A deposited", story=story, code="FSO1100A", at=at,
        content=_envelope("b2g", number=f"{_NUMBERS}H"),
        expected=("DEM001 CSO1100A 90", "DEM001 FEN1201A 01"),
    )  # fmt: skip
    yield from _passing(story, at, ("03", "07", "08", "11"), "FEN1201A")


def _platform() -> Iterator[Event]:
    story, at = "platform", ("DEM011",)
    yield _deposited(story, f"{_NUMBERS}P")
    yield from _passing(story, at, ("203", "204", "204", "211"), "FEN1204A")


def _suspended() -> Iterator[Event]:
    from simulator.messages.specimen_status import Status, cdar_message

    story, at, number = "suspended", ("DEM011",), f"{_NUMBERS}S"
    yield _deposited(story, number)
    yield Event(
        what=f"status set {number} 208 --motif JUSTIF_ABS", story=story, at=at,
        says=(number, "208", "JUSTIF_ABS"), expected=("DEM011 FEN1204A 208",),
    )  # fmt: skip
    yield Event(
        what="FSO1304A 209 deposited: completed", story=story, code="FSO1304A", at=at,
        content=_packed(cdar_message(Status("209", number))),
    )  # fmt: skip
    yield Event(
        what=f"status set {number} 211", story=story, at=at,
        says=(number, "211", ""), expected=("DEM011 FEN1204A 211",),
    )  # fmt: skip


def _g2b() -> Iterator[Event]:
    from simulator.messages.specimen_status import Status, cdar_message

    story, number = "G2B", f"{_NUMBERS}G"
    yield Event(
        what="FSO3110A deposited by DEM031", story=story, code="FSO3110A", at=("DEM031", "DEM021"),
        content=_envelope("g2b-issuer", number=number, recipient=_BEHIND_DEM021),
        expected=("DEM031 CSO3110A 200", "DEM021 FEN3036A"),
    )  # fmt: skip
    for code, status in (("CEN3036A", "202"), ("FSO3301A", "203"), ("FSO3301A", "211")):
        said = cdar_message(Status(status, number, supplier=_ISSUER))
        yield Event(
            what=f"{code} {status} deposited by DEM021", story=story, code=code,
            content=_packed(said), at=("DEM021", "DEM031"), expected=(f"DEM031 FEN4000A {status}",),
        )  # fmt: skip


def _declared() -> Iterator[Event]:
    from simulator.messages.specimen_ereporting import EReporting, ereporting, ereporting_name

    declaration = EReporting()
    yield Event(
        what="FSO6000A deposited", story="e-reporting", code="FSO6000A", at=("DEM031",),
        content=_packed(ereporting(declaration), ereporting_name(declaration)),
        expected=("DEM031 CSO6000A 500", "DEM031 FEN6000A 300"),
    )  # fmt: skip


def _deposited(story: str, number: str) -> Event:
    return Event(
        what="FSO1150A deposited", story=story, code="FSO1150A", at=("DEM011",),
        content=_envelope("b2g-pa", number=number),
        expected=("DEM011 CSO1150A 500", "DEM011 FEN1214A 202"),
    )  # fmt: skip


def _passing(story: str, at: tuple[str, ...], told: tuple[str, ...], code: str) -> Iterator[Event]:
    """Business time passes as the default story of a well-behaved buyer has it."""
    for by, status in zip(("PT5M", "P3D", "P7D", "P20D"), told, strict=True):
        expected = (f"{at[0]} {code} {status}",)
        yield Event(what=f"clock advance {by}", story=story, advance=by, at=at, expected=expected)


def _envelope(circuit: Any, **changes: str) -> bytes:  # noqa: ANN401 - a literal of `of_circuit`
    from simulator.messages.specimens.factory import document, of_circuit

    spec: Specimen = msgspec.structs.replace(of_circuit(circuit), **changes)
    return _packed(document(spec, "ubl"), "facture.xml")


def _packed(content: bytes, name: str = "statut.xml") -> bytes:
    from datetime import UTC, datetime

    from simulator.messages.archives import pack

    return pack([(name, content)], datetime.now(UTC))
