"""How returns are packed: which statuses leave together, and when.

By default a status leaves at once. With `Options.status_delivery` ``daily`` the statuses of invoices
for a partner are gathered, a return for each interface code, and leave at one hour of the day: the
row of work that writes the return is due then. Reports on flows, refusals of statuses and invoices
do not wait. That there may be a daily batch is known, its hour and its content are not (assumed).

Source: dossier §10 rows 8 and 26.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from typing import TypeVar

import msgspec

from simulator.domain.businesstime import LEGAL_TIME
from simulator.domain.flows import InvoiceStatus, Return
from simulator.journal.tx import Tx

T = TypeVar("T")

# A gathered return is written anew into the books with each status that joins it.
_MOST_GATHERED = 500
_MOST_BYTES = 32 << 20


def next_leaving(now: datetime, daily_at: str) -> datetime:
    """The next instant, later than now, at which gathered statuses leave.

    Args:
        now: business instant.
        daily_at: ``HH:MM``, legal time in Paris.
    """
    local = now.astimezone(LEGAL_TIME)
    at = datetime.combine(local.date(), time.fromisoformat(daily_at), LEGAL_TIME)
    while at.timestamp() <= now.timestamp():
        at = datetime.combine(at.date() + timedelta(days=1), at.time(), LEGAL_TIME)
    return at.astimezone(now.tzinfo)


def packed(tx: Tx, messages: Sequence[T]) -> Iterator[tuple[T, ...]]:
    """Messages as they share returns: in their order, as many as the settings allow."""
    most = tx.reference.options.messages_per_archive or len(messages)
    for start in range(0, len(messages), max(1, most)):
        yield tuple(messages[start : start + most])


def leaves_later(tx: Tx, statuses: tuple[object, ...]) -> datetime | None:
    """When a return of these statuses leaves; None for now."""
    options = tx.reference.options
    of_invoices = bool(statuses) and all(isinstance(s, InvoiceStatus) for s in statuses)
    if options.status_delivery == "immediate" or not of_invoices:
        return None
    return next_leaving(tx.now, options.daily_at)


def joined(tx: Tx, more: Return) -> tuple[int, Return] | None:
    """The gathered return that takes what another would hold, with its number; None: none can.

    What it takes is written into the books; the name of `more` does not count.
    """
    most = min(tx.reference.options.messages_per_archive or _MOST_GATHERED, _MOST_GATHERED)
    for number, value in tx.returns.gathering(more.partner, more.interface) if most > 1 else ():
        if _fits(value, more, most):
            whole = msgspec.structs.replace(
                value,
                statuses=(*value.statuses, *more.statuses),
                sources=tuple(dict.fromkeys((*value.sources, *more.sources))),
            )
            tx.returns.rewrite(number, whole)
            return number, whole
    return None


def _fits(value: Return, more: Return, most: int) -> bool:
    """Whether they can be one archive: of one format, not too many, no two files of one name."""
    names = {source.origin.member: source for source in value.sources}
    return (
        value.format == more.format
        and value.emitter_matricule == more.emitter_matricule
        and len(value.statuses) + len(more.statuses) <= most
        and all(names.get(s.origin.member, s) == s for s in more.sources)
        and _carried(value) + _carried(more) <= _MOST_BYTES
    )


def _carried(value: Return) -> int:
    """Bytes of the files beside the statuses of a return."""
    statuses = (s for s in value.statuses if isinstance(s, InvoiceStatus))
    return sum(file.size for status in statuses for file in status.attachments)
