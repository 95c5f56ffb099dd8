"""What is asked of the life of an invoice, and what is answered; decided in `domain.lifecycle`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

import msgspec

from simulator.domain.flows import CarriedFile, Characteristic
from simulator.domain.lifetable import Actor
from simulator.domain.telling import Delivery


class Choices(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Behaviour that no public text settles, or that tests want otherwise.

    Attributes:
        order: ``free`` as the real system; ``strict`` holds to `Order.moves`.
        repeated: the same status again from the same actor with the same words: note it, relay it
            like any other, or refuse it.
        platform_statuses: take any AFNOR status of a supplier's platform (v1.1 table 12), or only
            those that the annex of codes lists.
        recycling: what becomes of 04 after its withdrawal: taken for 05 (EDI), refused (portal,
            API), or kept.
        recycling_since: day of the withdrawal; None: that of the table.
        strict_schematron: keep motifs that the official rules refuse from leaving on a 210.
    """

    order: Literal["free", "strict"] = "free"
    repeated: Literal["ignore", "relay", "refuse"] = "ignore"
    platform_statuses: Literal["any", "listed"] = "any"
    recycling: Literal["convert", "refuse", "keep"] = "convert"
    recycling_since: date | None = None
    strict_schematron: bool = False


class Entry(msgspec.Struct, frozen=True):
    """One line of the history of an invoice.

    Attributes:
        status: as recorded: CPPStatut codes in B2G, what a platform says of its own invoice and G2B
            in AFNOR codes.
        at: business instant.
        said: the code as the actor gave it.
        effect: ``noted``: it did not move the invoice.
        attachments: files that came with it, without their content.
    """

    status: str
    actor: Actor
    at: datetime
    said: str = ""
    effect: Literal["set", "noted"] = "set"
    motif: str = ""
    comment: str = ""
    attachments: tuple[CarriedFile, ...] = ()


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """Someone wants to set a status.

    Attributes:
        circuit: word of the raccordement that the invoice came by (``b2g``, ``b2g-pa``,
            ``g2b-issuer``, ``g2b-pa``), or ``ereporting``.
        status: code (``7`` is ``07``) or string code of the API (``MANDATEE``).
        at: business instant; its calendar day is compared with the withdrawal of 04.
        attachments: files that come with it.
        payments: blocks of 212: amounts received.
        cadre: cadre de facturation of the invoice.
        second_validator: whether the invoice has one (A9 with a co-contractor).
        interface: code of the flow that brings it; ``""``: by portal, API or command.
    """

    circuit: str
    actor: Actor
    status: str
    at: datetime
    motif: str = ""
    comment: str = ""
    attachments: tuple[CarriedFile, ...] = ()
    payments: tuple[Characteristic, ...] = ()
    history: tuple[Entry, ...] = ()
    cadre: str = ""
    second_validator: bool = False
    interface: str = ""
    choices: Choices = Choices()


class Allowed(msgspec.Struct, frozen=True):
    """A status may be set.

    Attributes:
        status: code to record.
        label: its French label.
        effect: ``set``, or ``noted``: recorded without moving the invoice.
        deliveries: whom to tell what, in this order.
        notes: English: what was done to the request, and why.
    """

    status: str
    label: str
    effect: Literal["set", "noted"]
    deliveries: tuple[Delivery, ...] = ()
    notes: tuple[str, ...] = ()


class Refused(msgspec.Struct, frozen=True):
    """A status may not be set.

    Attributes:
        cause: key of `LifeCycle.refusals`.
        code: motif of the 601 that says so (``REJ_INC`` ...).
        message: French, for the wire.
        reason: English, for whoever asked.
        possible: what the actor could say instead: statuses, or motifs where the motif is at fault.
        rule: id of the rule behind it, ``""`` where none is known.
    """

    cause: str
    code: str
    message: str
    reason: str
    possible: tuple[str, ...] = ()
    rule: str = ""


def current(history: tuple[Entry, ...]) -> str:
    """The status that an invoice has; ``""`` before its first."""
    return next((e.status for e in reversed(history) if e.effect == "set"), "")
