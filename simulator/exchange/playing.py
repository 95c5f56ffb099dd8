"""Actors played by hand: a public issuer that sends an invoice, a partner that acknowledges.

What a person has them do enters the books like what a partner does: the invoice is a deposit of the
issuer and is judged like one, an acknowledgement of an invoice is a status of its life.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from simulator.domain.flowname import FlowName, own_identifier
from simulator.domain.flows import Deposit, Return
from simulator.exchange.admission import Admission, admit
from simulator.exchange.inputs import Acknowledged, InvoiceEmitted, StatusAsked
from simulator.exchange.life import say_of
from simulator.journal.tx import Tx

# Numbers of flows that the simulator deposits in a partner's place: far from the partner's own.
_FIRST = 900_000_000_000_000
_REFUSED_MESSAGE, _IRRECEVABLE = "601", "501"


class Acked(msgspec.Struct, frozen=True):
    """What became of an acknowledgement by hand: the flow of ours, and who was told of it."""

    name: str
    status: str
    told: tuple[str, ...]


# -- an issuer sends -----------------------------------------------------------------------------


def emit(tx: Tx, emitted: InvoiceEmitted) -> Admission:
    """Deposits an invoice in the place of its issuer, under a name that was not used before.

    Raises:
        LookupError: there is no such issuer.
    """
    issuer = tx.raccordement(emitted.partner)
    if issuer is None:
        message = f"no partner {emitted.partner!r}: expected a public issuer of the node"
        raise LookupError(message)
    name = _unused(tx, emitted)
    blob = emitted.blob
    return admit(tx, Deposit(emitted.partner, issuer.protocol, name, blob.ref, blob.content))


def _unused(tx: Tx, emitted: InvoiceEmitted) -> str:
    while True:
        # A space before the code: these numbers are of the issuer's flows, not of ours to it.
        number = _FIRST + tx.returns.next_number(emitted.partner, f" {emitted.interface}")
        identifier = own_identifier(emitted.partner, emitted.interface, number)
        name = FlowName(emitted.interface, emitted.partner, identifier, emitted.extension)
        if tx.flow_received_as(name.stem) is None:
            return str(name)


# -- a partner acknowledges ----------------------------------------------------------------------


def acknowledge(tx: Tx, asked: Acknowledged) -> Acked:
    """Has a partner acknowledge a flow of ours.

    A status of the invoices that it brought (202, 213) is said of each of them.

    Raises:
        LookupError: there is no such flow.
        ValueError: it is not sent yet, or not acknowledged so; the text tells why, and how it is.
    """
    value, flow, state = tx.returns.find(asked.returned)
    if state in ("held", "composing"):
        message = f"{value.name} is still being written"
        raise ValueError(message)
    flow_words, object_words = _possible(tx, value)
    if asked.status not in (*flow_words, *object_words):
        possible = ", ".join((*flow_words, *object_words)) or "nothing: it is never acknowledged"
        message = f"{value.interface} is not acknowledged by {asked.status} (possible: {possible})"
        raise ValueError(message)
    _check_motif(tx, asked)
    told = _said_of_each(tx, asked) if asked.status in object_words else ()
    tx.life.acknowledged(asked.returned, asked.status)
    body = {"name": value.name, "status": asked.status, "motif": asked.motif, "by": "hand"}
    tx.event(f"{value.partner}/{value.name}", "ReturnAcknowledged", body, flow=flow)
    return Acked(value.name, asked.status, told)


def _check_motif(tx: Tx, asked: Acknowledged) -> None:
    """Raises `ValueError` for a motif that does not go with the status."""
    listed = tx.reference.life.motifs.lists.get(asked.status, ())
    if asked.status == _IRRECEVABLE:  # that of a flow as a whole may be any of its motifs
        listed = tuple(code for code in tx.reference.motifs if code.startswith("IRR_"))
    if asked.motif and asked.motif not in listed:
        possible = ", ".join(listed) or "none"
        message = f"motif {asked.motif!r} does not go with {asked.status} (possible: {possible})"
        raise ValueError(message)


def _possible(tx: Tx, value: Return) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Statuses that acknowledge a flow as a whole, and those that speak of its invoices."""
    return tuple(_of_flow(tx, value)), tuple(_of_objects(tx, value))


def _of_flow(tx: Tx, value: Return) -> Iterator[str]:
    catalogue = tx.reference.catalogue
    row = catalogue[value.interface]
    if row.flow_ack in catalogue:
        yield from catalogue[row.flow_ack].statuses
    if any(_REFUSED_MESSAGE in catalogue[code].statuses for code in row.cdv_acks):
        yield _REFUSED_MESSAGE


def _of_objects(tx: Tx, value: Return) -> Iterator[str]:
    catalogue = tx.reference.catalogue
    for code in catalogue[value.interface].object_acks:
        yield from catalogue[code].statuses


def _said_of_each(tx: Tx, asked: Acknowledged) -> tuple[str, ...]:
    told: list[str] = []
    for living in tx.life.in_return(asked.returned):
        status = StatusAsked(
            living.number, asked.status, "platform", motif=asked.motif, comment=asked.comment
        )
        told += say_of(tx, living, status).told
    return tuple(dict.fromkeys(told))
