"""Whom a recorded status is told to, in which code, with which motif and words.

Source: Chorus Pro external specifications v1.1 tables 3, 4 (motifs) and 8 to 12 (statuses);
BR-FR-CDV schematron v1.4.0, CL-09 (closed lists of motifs); rows of ``schemas/lifecycle/*.toml``.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from simulator.domain.findings import Mark
from simulator.domain.flows import InvoiceStatus
from simulator.domain.lifetable import Actor, Carries, Life, LifeCycle, Told

# AFNOR statuses that need a comment toward a platform (PPF annex 7 v1.9, G7.25).
_COMMENTED = ("208", "210")
# Who is told a status of CPPStatut in AFNOR codes, and its motif likewise.
_AFNOR = ("platform", "ppf")


class Words(msgspec.Struct, frozen=True):
    """What the actor gave with a status; `strict` is the choice ``strict_schematron``."""

    motif: str = ""
    comment: str = ""
    strict: bool = False


class Delivery(msgspec.Struct, frozen=True):
    """A message that follows from a status.

    Attributes:
        to: addressee.
        interface: code, or ``{life_cycle}``, ``{object_ack}`` as in circuits; ``""`` when no flow of
            this exchange carries it (the PPF).
        status: code on the wire, with its label.
        carries: ``status``, or the invoice (again) for a public buyer.
        motif: as the addressee knows it, with its words.
        comment: words for the addressee.
    """

    to: Actor
    interface: str
    status: str
    label: str
    carries: Carries
    source: str
    mark: Mark
    motif: str = ""
    motif_label: str = ""
    comment: str = ""

    def on(self, about: InvoiceStatus) -> InvoiceStatus:
        """This status of an invoice, of which `about` says everything else."""
        return msgspec.structs.replace(
            about,
            status=self.status,
            label=self.label,
            motif=self.motif,
            motif_label=self.motif_label,
            comment=self.comment,
        )


def deliveries(
    table: LifeCycle, case: tuple[Life, Actor, str], status: str, words: Words
) -> Iterator[Delivery]:
    """What is told of a status.

    Args:
        table: of the life cycle.
        case: life, actor, group of validation.
        status: as recorded.
        words: what the actor gave.
    """
    life, actor, group = case
    for row in table.told:
        if row.circuit != life or status not in row.statuses:
            continue
        if (row.by and actor not in row.by) or (row.cadres and group not in row.cadres):
            continue
        yield _delivery(table, row, status, words)


def transcoded(table: LifeCycle, motif: str, told: str, *, strict: bool = False) -> str:
    """A buyer's motif as a platform is told it on an AFNOR status; ``""`` stays ``""``.

    Tables 3 and 4 first; a motif that the closed list of 206 or 208 does not have becomes the one
    of last resort there (on 210 with `strict` only).
    """
    if not motif:
        return ""
    motifs, becomes = table.motifs, _mapped(table, motif, strict=strict)
    admitted = (*motifs.lists.get(told, ()), *motifs.of_chorus.get(told, ()))
    fallback = motifs.fallback | (motifs.fallback_strict if strict else {})
    return becomes if becomes in admitted else fallback.get(told, becomes)


def _mapped(table: LifeCycle, motif: str, *, strict: bool) -> str:
    """A motif by tables 3 and 4 alone."""
    rows = (r for r in table.motifs.transcoding if motif in r.motifs and (strict or not r.strict))
    row = min(rows, key=lambda r: not r.strict, default=None)
    return (row.becomes if row else "") or motif


def _delivery(table: LifeCycle, row: Told, status: str, words: Words) -> Delivery:
    told = row.status or status
    motif, comment = words.motif, words.comment
    if row.status and row.to in _AFNOR and len(status) == 2:
        given = words.motif or table.motifs.default.get(status, "")
        motif = transcoded(table, given, told, strict=words.strict)
        comment = _comment(table, row, motif, words) or _default_comment(table, told, given)
    return Delivery(
        to=row.to,
        interface=row.interface,
        status=told,
        label=_label(table, row.circuit, told),
        carries=row.carries,
        source=row.source,
        mark=row.mark,
        motif=motif,
        motif_label=table.motifs.label(motif) if motif else "",
        comment=comment,
    )


def _label(table: LifeCycle, life: Life, told: str) -> str:
    """The label of what is told: in historic B2G the PPF is told AFNOR codes too."""
    return table.label("b2g-pa" if life == "b2g" else life, told)


def _comment(table: LifeCycle, row: Told, motif: str, words: Words) -> str:
    """Which status it was, the motif where one of last resort stands for it, and what was written."""
    given = words.motif
    is_hidden = bool(given) and motif != _mapped(table, given, strict=words.strict)
    hidden = f"{given} : {table.motifs.label(given)}" if is_hidden else ""
    return " - ".join(filter(None, (row.comment, hidden, words.comment)))


def _default_comment(table: LifeCycle, told: str, given: str) -> str:
    return table.motifs.label(given) if told in _COMMENTED else ""
