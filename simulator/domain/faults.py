"""What somebody wants to go wrong, as data: an outcome, and the deposits or returns it is for.

A fault is met in the order in which faults were given, so many times, and then never again: a retry can
succeed. It is told in the trace of the flow (`flow why`) and nowhere on the wire.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from simulator.domain.businesstime import LAST_YEAR
from simulator.domain.interfaces import Catalogue

Outcome = Literal[
    "irrecevable",  # the whole flow is refused, with a motif
    "rejected",  # invoices are refused, with a motif; with `invoice` some of an envelope
    "incident",  # the flow is not treated (IN_INCIDENTE), and nothing comes back
    "silence",  # what answers is never sent
    "delay",  # it is sent later, by business time
    "duplicate",  # the partner gets it a second time, under the same name
    "wire-refusal",  # the transport answers no (NOK MDN), and nothing was taken
    "no-receipt",  # it was taken, and the sender is not told (missing MDN)
]
OF_WIRE: tuple[Outcome, ...] = ("wire-refusal", "no-receipt")
OF_RETURNS: tuple[Outcome, ...] = ("silence", "delay", "duplicate")
LONGEST_DELAY = timedelta(days=3650)
_DEFAULT_MOTIFS = {"irrecevable": "IRR_SYNTAX", "rejected": "REJ_COH"}
_WORDED: tuple[Outcome, ...] = ("irrecevable", "rejected", "incident")
_LATEST = datetime(LAST_YEAR - 1, 12, 31, tzinfo=UTC)


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One order to let something go wrong.

    Attributes:
        outcome: what is to happen.
        partner: code application; ``""``: any.
        interface: code of the deposit, or of one of our returns (`OF_RETURNS` only); ``""``: any
            deposit.
        name: pattern of the flow name (``*``, ``?``, ``[...]``).
        invoice: pattern of the numbers of the invoices that are `rejected`.
        motif: ``IRR_...`` of an `irrecevable` flow, any other of a `rejected` invoice; ``""``:
            ``IRR_SYNTAX``, ``REJ_COH``.
        text: words that go with the motif, on the wire; ``""``: those of the motif.
        after: business time of a `delay`, `LONGEST_DELAY` at most.
        times: how often; 0: until it is taken away.
    """

    outcome: Outcome
    partner: str = ""
    interface: str = ""
    name: Annotated[str, Meta(min_length=1, max_length=100)] = "*"
    invoice: Annotated[str, Meta(min_length=1, max_length=100)] = "*"
    motif: str = ""
    text: Annotated[str, Meta(max_length=500)] = ""
    after: timedelta = timedelta()
    times: Annotated[int, Meta(ge=0, le=1_000_000)] = 1

    @property
    def said(self) -> str:
        """The motif that travels."""
        return self.motif or _DEFAULT_MOTIFS.get(self.outcome, "")

    def put_off(self, instant: datetime) -> datetime:
        """An instant after the delay; one that no business date can be becomes the last that can."""
        return instant + min(self.after, max(_LATEST - instant, timedelta()))

    def meets(self, partner: str, interface: str, name: str) -> bool:
        """Whether a deposit is meant."""
        return (
            self.partner in ("", partner)
            and self.interface in ("", interface)
            and fnmatchcase(name, self.name)
        )

    def meets_return(self, partner: str, interface: str, name: str) -> bool:
        """Whether one of our returns is meant: only a fault that names its code means returns."""
        is_meant = bool(self.interface) and self.outcome in OF_RETURNS
        return is_meant and self.meets(partner, interface, name)

    def meets_invoice(self, number: str) -> bool:
        """Whether an invoice of the deposit is meant."""
        return fnmatchcase(number, self.invoice)


class Standing(msgspec.Struct, frozen=True):
    """A fault in the books; `left` is how often it is still met, None: until it is taken away."""

    id: int
    fault: Fault
    left: int | None


def objection(fault: Fault, catalogue: Catalogue, motifs: frozenset[str]) -> str:
    """What is wrong with a fault: found, and expected; ``""``: nothing.

    Args:
        fault: as somebody gave it.
        catalogue: of interface codes.
        motifs: every motif that is known.
    """
    row = catalogue.get(fault.interface)
    if fault.interface and row is None:
        return f"interface {fault.interface!r}: expected a code of the catalogue"
    if row and row.direction == "RECEPTION" and fault.outcome not in OF_RETURNS:
        possible = ", ".join(OF_RETURNS)
        return (
            f"{fault.outcome} is for deposits, {row.code} is a return of ours: expected {possible}"
        )
    return _needless(fault) or _delay_objection(fault) or _motif_objection(fault, motifs)


def _needless(fault: Fault) -> str:
    """What was given that the outcome has no use for."""
    if fault.invoice != "*" and fault.outcome != "rejected":
        return f"'invoice' is for rejected alone: leave it out of {fault.outcome}"
    if fault.after and fault.outcome != "delay":
        return f"'after' is for delay alone: leave it out of {fault.outcome}"
    if fault.text and fault.outcome not in _WORDED:
        return f"'text' is for {', '.join(_WORDED)} alone: leave it out of {fault.outcome}"
    return ""


def _delay_objection(fault: Fault) -> str:
    if fault.outcome != "delay" or timedelta() < fault.after <= LONGEST_DELAY:
        return ""
    most = f"P{LONGEST_DELAY.days}D"
    return f"a delay needs a time above 0 in 'after', {most} at most: found {fault.after}"


def _motif_objection(fault: Fault, motifs: frozenset[str]) -> str:
    if not fault.motif:
        return ""
    if fault.outcome not in _DEFAULT_MOTIFS:
        return f"{fault.outcome} has no motif: found {fault.motif}"
    of_flow = fault.outcome == "irrecevable"
    possible = sorted(m for m in motifs if m.startswith("IRR_") == of_flow)
    if fault.motif in possible:
        return ""
    return f"motif {fault.motif!r} of {fault.outcome}: expected one of {', '.join(possible)}"
