"""What this library does with each FPDU and each parameter: done, tolerated or refused.

Of FPDUs the tables say it: who may say one is in ``states.TABLE``, and what nobody may say is
refused. Of parameters ``data/coverage.toml`` says it. ``docs/pesit-coverage.md`` is made of both,
and the tests hold both to the behaviour.
"""

from __future__ import annotations

from typing import Final

import msgspec

from simulator.wire.pesit.diagnostics import PROTOCOL_ERROR, Diagnostic
from simulator.wire.pesit.kinds import GROUP_CODES, LAYOUT, Allowed, Kind
from simulator.wire.pesit.profile import DEVIATIONS
from simulator.wire.pesit.states import Side, State, roles, step
from simulator.wire.pesit.tables import Provenance, load, rows

DONE, TOLERATED, REFUSED, NEVER = "done", "tolerated", "refused", "never"


class ParameterUse(Provenance, frozen=True, kw_only=True):
    """One row of the table: what becomes of a parameter.

    Attributes:
        received: ``done`` or ``tolerated``.
        sent: ``done`` or ``never``.
        words: what is done, or why not.
        by: the deviation that tolerates it; empty when no profile minds.
    """

    received: str
    sent: str
    words: str
    by: str = ""

    @property
    def refusal(self) -> Diagnostic | None:
        """What the strict profile answers to it, if it refuses it."""
        return DEVIATIONS[self.by].refusal if self.by else None


USES: Final[dict[int, ParameterUse]] = {
    int(code): row for code, row in rows("coverage", "parameters", ParameterUse).items()
}
"""What becomes of each parameter, by its code."""

GIVEN: Final = frozenset(
    map(Diagnostic.parse, msgspec.convert(load("coverage")["given"], tuple[str, ...]))
) | {row.refusal for row in DEVIATIONS.values()}
"""The diagnostics that the library gives by itself."""

SERVED: Final = frozenset(
    map(Diagnostic.parse, msgspec.convert(load("coverage")["served"], tuple[str, ...]))
)
"""The diagnostics that the simulator's server gives."""

UNEXPECTED: Final = PROTOCOL_ERROR
"""The answer to an FPDU that its sender may not send (in that state, or in any)."""


def fpdu_use(kind: Kind, side: Side) -> str:
    """What becomes of an FPDU that a side sends: ``done`` if some state allows it, or ``refused``."""
    allowed = (
        step(state, kind, roles(side, writing))
        for state in State
        for writing in (None, True, False)
    )
    return DONE if any(one and not one.ignored for one in allowed) else REFUSED


def carriers(code: int) -> list[Kind]:
    """The FPDUs that may carry a parameter."""
    return [kind for kind, layout in LAYOUT.items() if code in _codes(layout)]


def _codes(layout: tuple[Allowed, ...]) -> set[int]:
    codes: set[int] = set()
    for one in layout:
        codes |= _codes(one.members) if one.code in GROUP_CODES else {one.code}
    return codes
