"""States of a flow as the portal's "Suivi des flux" shows them, and how it goes from one to another.

Source: AIFE portal, monitoring of flows; rows of ``schemas/lifecycle/flow-states.toml``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from simulator.domain.lifetable import Row

Happening = Literal[
    "received",  # the exchange system has what was deposited on the portal
    "admitted",  # name, code application, interface, protocol are good
    "queued",
    "begun",
    "integrated",  # with all its invoices
    "partial",  # at least one invoice was refused
    "refused",  # of our own flows: the partner found it irrecevable
    "incident",
    "blocked",
    "sent",  # of our own flows: pushed or fetched
    "accepted",  # the partner says that it took it
    "faulty",  # the partner took it and refused an object in it
]


class FlowState(Row, frozen=True, kw_only=True):
    """One state: French label, and what leads where."""

    label: str
    moves: dict[Happening, str]

    @property
    def is_final(self) -> bool:
        """Whether nothing can happen to the flow any more."""
        return not self.moves


class FlowStates(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All states by code.

    Attributes:
        incoming, portal, outgoing: where flows begin.
        acknowledged: status by which a partner answers a flow of ours -> what happens to that flow.
    """

    incoming: str
    portal: str
    outgoing: str
    acknowledged: dict[str, Happening]
    states: dict[str, FlowState]


def after(table: FlowStates, state: str, happening: Happening) -> str | None:
    """The state that follows; None when this cannot happen to a flow in that state.

    Raises:
        KeyError: no such state.
    """
    return table.states[state].moves.get(happening)


def path(table: FlowStates, start: str, happenings: Iterable[Happening]) -> list[str]:
    """The states that a flow goes through, the first one included.

    Raises:
        KeyError: no such state.
        ValueError: something that cannot happen in the state it happens in.
    """
    states = [start]
    for happening in happenings:
        state = after(table, states[-1], happening)
        if state is None:
            expected = ", ".join(table.states[states[-1]].moves) or "nothing"
            message = f"a flow in {states[-1]} expects {expected}: found {happening}"
            raise ValueError(message)
        states.append(state)
    return states
