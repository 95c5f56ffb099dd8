"""Why a status may not be set: the checks of `domain.lifecycle.decide`, in their order.

Source: rows of ``schemas/lifecycle/*.toml``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date

import msgspec

from simulator.domain.lifetable import Life, LifeCycle, Need, Right
from simulator.domain.lifevalues import Request, current

Fault = tuple[str, tuple[str, ...]]  # key of `LifeCycle.refusals`, and what was expected

_NUMBER = re.compile(r"\+?0*([0-9]{1,3})", re.ASCII)
_RECEIVED = "MEN"  # MDT-207: amount received, tax included
_PUBLIC: tuple[Life, ...] = ("b2g", "b2g-pa")  # lives in codes of CPPStatut
_CREATORS = ("chorus", "ppf")


class Case(msgspec.Struct, frozen=True):
    """A request with what the table makes of its words.

    Attributes:
        said: the code in the digits of its list.
        code: the code that it is recorded under.
        converted: whether it was 04, which is withdrawn.
    """

    table: LifeCycle
    request: Request
    life: Life
    said: str
    code: str
    converted: bool

    @property
    def current(self) -> str:
        """The status that the invoice has."""
        return current(self.request.history)

    @property
    def group(self) -> str:
        """The group of validation of the invoice."""
        return self.table.group(self.request.cadre)

    @property
    def motif(self) -> str:
        """The motif given, or the one of a converted 04: a refusal has to say why."""
        return self.request.motif or (self.table.recycling.motif if self.converted else "")

    @property
    def withdrawn(self) -> date:
        """Since when 04 is withdrawn."""
        return self.request.choices.recycling_since or self.table.recycling.since

    @property
    def rows(self) -> list[Right]:
        """The rights of the actor on this life."""
        who = (self.life, self.request.actor)
        return [row for row in self.table.right if (row.circuit, row.actor) == who]


def case_of(table: LifeCycle, request: Request, life: Life) -> Case:
    """A request with its code as it would be recorded."""
    said = _code(table, life, request.status)
    means = (
        row.means
        for row in table.alias
        if (row.circuit, row.said) == (life, said) and request.actor in row.actors
    )
    case = Case(table, request, life, said, next(means, said), converted=False)
    if not (_is_recycling(case) and request.choices.recycling == "convert"):
        return case
    return msgspec.structs.replace(case, code=table.recycling.becomes, converted=True)


def _code(table: LifeCycle, life: Life, text: str) -> str:
    """A code in the digits of its list; a string code of the API as the code it stands for."""
    number = _NUMBER.fullmatch(text.strip())
    if number:
        return f"{number[1]:0>2}"
    rows = table.statuses.a if life in _PUBLIC else {}
    return next((c for c, row in rows.items() if row.name == text.strip().upper()), text.strip())


def _is_recycling(case: Case) -> bool:
    """Whether it is 04 after its withdrawal."""
    is_old = case.code == case.table.recycling.status and case.life in _PUBLIC
    return is_old and case.request.at.date() >= case.withdrawn


# -- checks: None, or why not -------------------------------------------------------------------


def _exists(case: Case) -> Fault | None:
    table, life = case.table, case.life
    row = table.status(life, case.code)
    if row is None or _is_foreign(case):
        return None if table.is_unpublished(life, case.code) else ("unknown", ())
    expected = "declaration" if life == "ereporting" else "invoice"
    return None if row.of == expected else ("not_of_invoice", ())


def _is_foreign(case: Case) -> bool:
    """Whether a platform uses a code of CPPStatut, which its messages do not have."""
    is_platform = case.life == "b2g-pa" and case.request.actor == "platform"
    return is_platform and case.said == case.code and len(case.code) <= 2


def _entitled(case: Case) -> Fault | None:
    if case.table.is_unpublished(case.life, case.code):
        return None if case.request.actor in case.table.unpublished.actors else ("role", ())
    row = _right(case)
    if row is None:
        return "role", ()
    limited = row.cadres and case.group not in row.cadres
    if limited or (row.second and not case.request.second_validator):
        return "cadre", row.cadres
    return None


def _arrives(case: Case) -> Fault | None:
    code, row = case.request.interface, _right(case)
    if not code or row is None or code in row.via:
        return None
    return "interface", row.via


def _still_used(case: Case) -> Fault | None:
    refuses = case.request.choices.recycling == "refuse"
    return ("recycling", ()) if refuses and _is_recycling(case) else None


def _has_invoice(case: Case) -> Fault | None:
    order = case.table.order[case.life]
    # A platform may refuse (213) what it was sent, but no refusal of its own brings an invoice about.
    creates = case.code in order.first and case.request.actor in _CREATORS
    if not case.current:
        return None if creates else ("no_invoice", order.first)
    if case.current in order.ends:
        return "ended", ()
    if creates and case.code not in order.moves[case.current]:
        return "again", ()
    return None


def _not_repeated(case: Case) -> Fault | None:
    refuses = case.request.choices.repeated == "refuse"
    return ("repeated", ()) if refuses and is_repeated(case) else None


def _in_order(case: Case) -> Fault | None:
    follows = case.table.order[case.life].moves.get(case.current, ())
    is_free = case.request.choices.order == "free" or not case.current or not moves(case)
    if is_free or is_repeated(case) or case.code in follows:
        return None
    return "order", follows


def _has_motif(case: Case) -> Fault | None:
    if not case.motif:
        return ("motif_missing", ()) if rule_of(case, "motif") else None
    expected = motifs_of(case)
    return ("motif_unknown", expected) if expected and case.motif not in expected else None


def _has_comment(case: Case) -> Fault | None:
    missing = rule_of(case, "comment") and not case.request.comment.strip()
    return ("comment_missing", ()) if missing else None


def _has_attachment(case: Case) -> Fault | None:
    missing = rule_of(case, "attachment") and not case.request.attachments
    return ("attachment_missing", ()) if missing else None


def _has_payment(case: Case) -> Fault | None:
    received = [p for p in case.request.payments if p.type == _RECEIVED]
    complete = received and all(p.amount and p.percent for p in received)
    return ("payment_missing", ()) if rule_of(case, "payment") and not complete else None


Check = Callable[[Case], Fault | None]
_SAYABLE: tuple[Check, ...] = (
    _exists,
    _entitled,
    _arrives,
    _still_used,
    _has_invoice,
    _not_repeated,
    _in_order,
)
CHECKS: tuple[Check, ...] = (
    *_SAYABLE,
    _has_motif,
    _has_comment,
    _has_attachment,
    _has_payment,
)


# -- what the checks look up --------------------------------------------------------------------


def is_listed(case: Case) -> bool:
    """Whether a row names the status for the actor; an open right only takes it."""
    return any(case.code in row.statuses for row in case.rows)


def moves(case: Case) -> bool:
    """Whether the status moves the invoice, rather than being noted."""
    return is_listed(case) and case.code in case.table.order[case.life].moves


def is_repeated(case: Case) -> bool:
    """Whether the invoice has this very status already, from the same actor in the same words."""
    last = next((e for e in reversed(case.request.history) if e.effect == "set"), None)
    if last is None or case.code in case.table.order[case.life].again:
        return False
    said = (case.code, case.request.actor, case.motif, case.request.comment)
    return said == (last.status, last.actor, last.motif, last.comment)


def rule_of(case: Case, need: Need) -> str:
    """Id of the rule that asks for something with this status; ``""``: none does."""
    rows = (
        row.rule
        for row in case.table.obligation
        if row.needs == need and case.life in row.circuits and case.code in row.statuses
    )
    return next(rows, "")


def motifs_of(case: Case) -> tuple[str, ...]:
    """The motifs that go with the status; none: any."""
    motifs, code = case.table.motifs, case.code
    if case.life in _PUBLIC and code in motifs.of_buyer:
        return motifs.buyer
    if narrowed := motifs.of_cadre.get(case.request.cadre, {}).get(code):
        return narrowed
    more = motifs.of_chorus.get(code, ()) if case.request.actor == "chorus" else ()
    return (*motifs.lists.get(code, ()), *more)


def sayable(case: Case) -> tuple[str, ...]:
    """The statuses that the actor could set now, in the codes that it speaks."""
    return tuple(dict.fromkeys(_sayable(case)))


def _sayable(case: Case) -> Iterator[str]:
    for row in case.rows:
        for code in row.statuses:
            other = msgspec.structs.replace(case, code=code, said="", converted=False)
            if all(check(other) is None for check in _SAYABLE):
                yield from _words(case, code)


def _words(case: Case, code: str) -> list[str]:
    """How the actor says a status: a platform in AFNOR codes only."""
    actor = case.request.actor
    if actor != "platform" or len(code) > 2:
        return [code]
    rows = (r for r in case.table.alias if (r.circuit, r.means) == (case.life, code))
    return [row.said for row in rows if actor in row.actors and len(row.said) > 2]


def _right(case: Case) -> Right | None:
    """The row that lets the actor set the status: one that names it, or an open one."""
    listed = next((row for row in case.rows if case.code in row.statuses), None)
    return listed or (next((r for r in case.rows if r.open), None) if _is_open(case) else None)


def _is_open(case: Case) -> bool:
    known = case.table.statuses.afnor.get(case.code)
    is_any = case.request.choices.platform_statuses == "any"
    return is_any and known is not None and known.of == "invoice"
