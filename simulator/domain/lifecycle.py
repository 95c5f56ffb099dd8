"""May this actor set this status on this invoice, and what follows: a pure function over a table.

`decide` answers every request: `Allowed` with what to record and whom to tell, or `Refused` with the
reason, the motif of a 601 that says so, and what would be possible. Chorus Pro imposes no order on
the statuses of a recipient, so by default a status is refused only for who says it, for what is
missing, or because there is no invoice.

Source: Chorus Pro external specifications v1.1 §2.4.2, §3.4 and tables 3 to 12; PPF annex 7 v1.9
G7.08, G7.19, G7.25, G7.45; rows of ``schemas/lifecycle/*.toml``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

import msgspec

from simulator.domain.flows import ErrorLine
from simulator.domain.lifechecks import (
    CHECKS,
    Case,
    case_of,
    is_listed,
    is_repeated,
    motifs_of,
    moves,
    rule_of,
    sayable,
)
from simulator.domain.lifetable import LifeCycle, Need, Refusal, Step
from simulator.domain.lifevalues import Allowed, Choices, Entry, Refused, Request, current
from simulator.domain.telling import Delivery, Words, deliveries

__all__ = [
    "Allowed",
    "Choices",
    "Delivery",
    "Entry",
    "Refused",
    "Request",
    "current",
    "decide",
    "possible",
    "recorded",
    "story",
    "told_as_error",
]

_NO_DELAYS: Mapping[str, timedelta] = {}
_NEEDS: tuple[Need, ...] = ("motif", "comment", "attachment", "payment")


def decide(table: LifeCycle, request: Request) -> Allowed | Refused:
    """Whether a status may be set, and what follows."""
    life = table.circuits.get(request.circuit)
    if life is None:
        return _worded(table.refusals["circuit"], "circuit", (), {"found": request.circuit})
    case = case_of(table, request, life)
    for check in CHECKS:
        fault = check(case)
        if fault is not None:
            return _refused(case, *fault)
    return _allowed(case)


def possible(table: LifeCycle, request: Request) -> tuple[str, ...]:
    """The statuses that this actor could set on this invoice now, whatever must come with them."""
    life = table.circuits.get(request.circuit)
    return sayable(case_of(table, request, life)) if life else ()


def recorded(request: Request, allowed: Allowed, table: LifeCycle | None = None) -> Entry:
    """The line of history of a status that was allowed.

    With the table the motif is that of the status as recorded: a converted 04 brings its own.
    """
    life = table.circuits.get(request.circuit) if table else None
    motif = case_of(table, request, life).motif if table and life else request.motif
    return Entry(
        status=allowed.status,
        actor=request.actor,
        at=request.at,
        said=request.status,
        effect=allowed.effect,
        motif=motif,
        comment=request.comment,
        attachments=request.attachments,
    )


def told_as_error(table: LifeCycle, refused: Refused) -> ErrorLine:
    """A refusal as the line of a 601 (`ObjectStatus.lines`): motif, rule, French words."""
    return ErrorLine(
        nature="FONCTIONNELLE",
        code=refused.code,
        label=table.motifs.label(refused.code),
        text=refused.message,
        rule=refused.rule,
    )


def story(
    table: LifeCycle,
    circuit: str,
    cadre: str = "",
    *,
    second_validator: bool = False,
    delays: Mapping[str, timedelta] = _NO_DELAYS,
) -> tuple[Step, ...]:
    """The default story of an invoice, after its first status; each step after the one before.

    Args:
        table: of the life cycle.
        circuit: word of the raccordement that the invoice came by; an unknown one has no story.
        cadre: cadre de facturation: A9 and A12 are validated first.
        second_validator: whether the invoice has one.
        delays: business time before a step, by its status, where it is not that of the table.
    """
    life, group = table.circuits.get(circuit), table.group(cadre)
    return tuple(
        msgspec.structs.replace(step, after=delays.get(step.status, step.after))
        for step in table.story
        if life in step.circuits
        and (not step.cadres or group in step.cadres)
        and (second_validator or not step.second)
    )


def _allowed(case: Case) -> Allowed:
    repeated = is_repeated(case) and case.request.choices.repeated == "ignore"
    told = () if repeated or not is_listed(case) else _told(case)
    return Allowed(
        status=case.code,
        label=case.table.label(case.life, case.code),
        effect="set" if moves(case) and not repeated else "noted",
        deliveries=told,
        notes=tuple(_notes(case, repeated=repeated, told=bool(told))),
    )


def _told(case: Case) -> tuple[Delivery, ...]:
    request = case.request
    words = Words(case.motif, request.comment, strict=request.choices.strict_schematron)
    return tuple(deliveries(case.table, (case.life, request.actor, case.group), case.code, words))


def _notes(case: Case, *, repeated: bool, told: bool) -> Iterator[str]:
    said = case.request.status
    if case.converted:
        yield f"{said} is withdrawn since {case.withdrawn}: taken for {case.code}"
    elif said != case.code:
        yield f"{said} is recorded as {case.code}"
    if repeated:
        yield f"the invoice already is {case.code}: noted, nobody is told"
    elif case.table.is_unpublished(case.life, case.code):
        yield f"the meaning of {case.code} is not published: noted, nobody is told"
    elif not told:
        yield f"{case.code} is accepted and stays here: nobody is told"


def _refused(case: Case, cause: str, expected: tuple[str, ...]) -> Refused:
    request, row = case.request, case.table.status(case.life, case.code)
    words = {
        "found": request.status,
        "circuit": request.circuit,
        "actor": case.table.actors[request.actor],
        "current": f"{case.current} {case.table.label(case.life, case.current)}".strip(),
        "cadre": request.cadre,
        "interface": request.interface,
        "motif": case.motif,
        "since": str(case.withdrawn),
        "of": row.of if row else "",
        "rule": next((r for n in _NEEDS if cause.startswith(n) and (r := rule_of(case, n))), ""),
        "expected": ", ".join(expected) or "none",
    }
    instead = motifs_of(case) if cause.startswith("motif") else sayable(case)
    return _worded(case.table.refusals[cause], cause, instead, words)


def _worded(row: Refusal, cause: str, instead: tuple[str, ...], words: dict[str, str]) -> Refused:
    return Refused(
        cause=cause,
        code=row.code,
        message=row.message.format(**words),
        reason=row.reason.format(**words),
        possible=instead,
        rule=words.get("rule", ""),
    )
