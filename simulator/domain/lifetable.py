"""The life of an invoice as data: statuses, rights, order, obligations, motifs, mappings, stories.

Values that ``schemas/lifecycle/*.toml`` are read into (`simulator.resources.life_cycle`), with the
look-ups that need nothing but the table. `simulator.domain.lifecycle` decides with them.

Source: each row has its own; the whole is Chorus Pro external specifications v1.0 and v1.1 (§3.4,
tables 1 to 12), the annex of interface codes and statuses v1.0, AIFE schema CPPStatutPivot V1_19.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Literal

import msgspec

from simulator.domain.findings import Mark

Life = Literal["b2g", "b2g-pa", "g2b", "ereporting"]
Actor = Literal[
    "chorus",
    "supplier",
    "validator1",
    "validator2",
    "buyer",
    "accountant",
    "platform",
    "issuer",
    "ppf",
]
Need = Literal["motif", "comment", "attachment", "payment"]
Subject = Literal["invoice", "declaration", "flow", "message"]
Carries = Literal["status", "invoice", "completed invoice", "declaration"]


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What every row of the tables says of itself."""

    source: str
    mark: Mark


class Status(Row, frozen=True, kw_only=True):
    """One status of a referential.

    Attributes:
        label: French, as it stands on the wire.
        name: string code of the API (referentials A and B).
        of: what it speaks of.
        same: code of referential A (referential B only).
    """

    label: str
    name: str = ""
    of: Subject = "invoice"
    same: str = ""


class Codes(Row, frozen=True, kw_only=True):
    """Codes that exist and whose meaning nobody published; `actors` may say them."""

    codes: tuple[str, ...]
    actors: tuple[Actor, ...]


class Referentials(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The three lists of statuses by code: `a` CPPStatut, `b` inside Chorus Pro, `afnor` CDAR."""

    a: dict[str, Status]
    b: dict[str, Status]
    afnor: dict[str, Status]


class Right(Row, frozen=True, kw_only=True):
    """Who may set what.

    Attributes:
        statuses: as recorded, after `Alias`.
        via: interface codes by which a flow of the actor brings them; none: not by a flow.
        cadres: groups of `LifeCycle.validation` that it is limited to; none: any invoice.
        second: only where there is a second validator.
        open: any other AFNOR status of an invoice is taken too, and noted.
    """

    circuit: Life
    actor: Actor
    statuses: tuple[str, ...]
    via: tuple[str, ...] = ()
    cadres: tuple[str, ...] = ()
    second: bool = False
    open: bool = False


class Alias(Row, frozen=True, kw_only=True):
    """What an actor says, and the code that it is recorded under."""

    circuit: Life
    actors: tuple[Actor, ...]
    said: str
    means: str


class Told(Row, frozen=True, kw_only=True):
    """Whom a recorded status is told to.

    Attributes:
        by: actors who set it; none: whoever.
        cadres: as in `Right`.
        to: addressee.
        interface: code, or a place to be filled as in `domain.reference.Answer`; ``""``: not by a
            flow of this exchange (the PPF).
        status: code on the wire; ``""``: the recorded one. ``as`` in the file.
        comment: words that say which of several statuses it is.
        carries: what the flow holds.
    """

    circuit: Life
    statuses: tuple[str, ...]
    to: Actor
    interface: str = ""
    status: str = msgspec.field(default="", name="as")
    by: tuple[Actor, ...] = ()
    cadres: tuple[str, ...] = ()
    comment: str = ""
    carries: Carries = "status"


class Order(Row, frozen=True, kw_only=True):
    """Which status may follow which on one life.

    Attributes:
        first: what creates an invoice.
        ends: after these there is no invoice to speak of, whatever the order.
        again: statuses that are worth saying twice.
        moves: status -> what may follow with order ``strict``; what is no key does not move an
            invoice.
    """

    first: tuple[str, ...]
    ends: tuple[str, ...]
    again: tuple[str, ...]
    moves: dict[str, tuple[str, ...]]


class Obligation(Row, frozen=True, kw_only=True):
    """What must come with a status; `rule` is the id of who asks for it."""

    circuits: tuple[Life, ...]
    statuses: tuple[str, ...]
    needs: Need
    rule: str


class Refusal(Row, frozen=True, kw_only=True):
    """How a refusal is worded.

    Attributes:
        code: motif of the 601 that says it.
        message: French, with places.
        reason: English, with places.
    """

    code: str
    message: str
    reason: str


class Transcoding(Row, frozen=True, kw_only=True):
    """Motifs of a buyer, and what a platform is told (``""``: the same).

    Attributes:
        strict: only with the choice ``strict_schematron``, and before the others.
    """

    motifs: tuple[str, ...]
    becomes: str = ""
    strict: bool = False


class Motifs(Row, frozen=True, kw_only=True):
    """Motifs: what there is, what goes with what, what becomes of them.

    Attributes:
        buyer: those of public buyers and validators, for the statuses `of_buyer`.
        default: status -> motif that stands in for one that was not given.
        lists: AFNOR status -> motifs that go with it.
        of_chorus: the same, taken besides from Chorus Pro.
        of_cadre: cadre -> status -> motifs, where a cadre takes fewer.
        fallback: AFNOR status -> motif of last resort; `fallback_strict` with ``strict_schematron``.
        labels: words of each motif.
    """

    buyer: tuple[str, ...]
    of_buyer: tuple[str, ...]
    default: dict[str, str]
    lists: dict[str, tuple[str, ...]]
    of_chorus: dict[str, tuple[str, ...]]
    of_cadre: dict[str, dict[str, tuple[str, ...]]]
    fallback: dict[str, str]
    fallback_strict: dict[str, str]
    transcoding: tuple[Transcoding, ...]
    labels: dict[str, str]

    def label(self, motif: str) -> str:
        """The words of a motif; the code itself for one without."""
        return self.labels.get(motif, motif)


class Recycling(Row, frozen=True, kw_only=True):
    """The withdrawal of "à recycler": since when `status` is taken for `becomes`."""

    status: str
    becomes: str
    since: date
    motif: str


class Validated(Row, frozen=True, kw_only=True):
    """Cadres de facturation of invoices that are validated before they reach the buyer."""

    cadres: tuple[str, ...]


class Step(Row, frozen=True, kw_only=True):
    """One step of the default story.

    Attributes:
        after: business time since the step before.
        cadres: groups of `LifeCycle.validation` that it is told for; none: any invoice.
        second: only where there is a second validator.
    """

    circuits: tuple[Life, ...]
    actor: Actor
    status: str
    after: timedelta
    cadres: tuple[str, ...] = ()
    second: bool = False


class LifeCycle(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All tables together.

    Attributes:
        actors: French name of each.
        circuits: word of a raccordement -> the life of its invoices.
        refusals: by cause.
        validation: group (``A9``, ``A12``) -> its cadres.
    """

    actors: dict[Actor, str]
    circuits: dict[str, Life]
    unpublished: Codes
    statuses: Referentials
    right: tuple[Right, ...]
    alias: tuple[Alias, ...]
    told: tuple[Told, ...]
    order: dict[Life, Order]
    obligation: tuple[Obligation, ...]
    refusals: dict[str, Refusal]
    motifs: Motifs
    recycling: Recycling
    validation: dict[str, Validated]
    story: tuple[Step, ...]

    def status(self, life: Life, code: str) -> Status | None:
        """The row of a code as it is recorded on a life; None if it does not exist there.

        On ``b2g-pa`` both lists are in use: two digits are CPPStatut, three are AFNOR.
        """
        return self._referential(life, code).get(code)

    def label(self, life: Life, code: str) -> str:
        """The French label of a code; the code itself where none is known."""
        found = self.status(life, code)
        return found.label if found else code

    def is_unpublished(self, life: Life, code: str) -> bool:
        """Whether it is a code of CPPStatut whose meaning nobody published."""
        return life in ("b2g", "b2g-pa") and code in self.unpublished.codes

    def group(self, cadre: str) -> str:
        """The group of validation of a cadre de facturation; ``""`` for an ordinary invoice."""
        return next((name for name, row in self.validation.items() if cadre in row.cadres), "")

    def codes(self, life: Life) -> tuple[str, ...]:
        """Every code that can be said on a life, those without a meaning included."""
        lists: Mapping[Life, tuple[Mapping[str, Status], ...]] = {
            "b2g": (self.statuses.a,),
            "b2g-pa": (self.statuses.a, self.statuses.afnor),
        }
        known = [code for each in lists.get(life, (self.statuses.afnor,)) for code in each]
        return (*known, *(c for c in self.unpublished.codes if self.is_unpublished(life, c)))

    def _referential(self, life: Life, code: str) -> Mapping[str, Status]:
        if life == "b2g" or (life == "b2g-pa" and len(code) <= 2):
            return self.statuses.a
        return self.statuses.afnor
