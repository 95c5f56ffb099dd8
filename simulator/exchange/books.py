"""The steps that keep the books: raccordements, directory, clock, and transfers that broke off."""

from __future__ import annotations

from simulator.domain.businesstime import instant_text
from simulator.domain.raccordement import Raccordement
from simulator.exchange.holding import partner_saved, structures_saved
from simulator.exchange.inputs import (
    ClockMoved,
    PasswordChanged,
    RaccordementSaved,
    StructuresSaved,
    UploadCut,
)
from simulator.exchange.returns import push_what_waits
from simulator.journal.tx import Tx


def save_raccordement(tx: Tx, saved: RaccordementSaved) -> None:
    """Adds or changes a raccordement."""
    value = saved.raccordement
    tx.save_raccordement(value)
    body = {
        "circuit": value.circuit,
        "protocol": value.protocol,
        "environment": value.environment,
        "interfaces": value.interfaces,
        "valid_from": value.valid_from,
        "valid_to": value.valid_to,
    }
    event = tx.event(value.code_application, "RaccordementSaved", body)
    push_what_waits(tx, value, event)
    partner_saved(tx, value, event)


def change_password(tx: Tx, asked: PasswordChanged) -> Raccordement | None:
    """Gives a partner the password it asks for; its raccordement, None if there is none any more."""
    value = tx.raccordement(asked.partner)
    if value is None:
        return None
    changed = value.with_password(asked.password)
    tx.save_raccordement(changed)
    tx.event(asked.partner, "PasswordChanged", {"session": asked.session})
    return changed


def save_structures(tx: Tx, saved: StructuresSaved) -> None:
    """Adds or changes directory entries."""
    for structure in saved.structures:
        tx.save_structure(structure)
        event = tx.event(f"directory/{structure.identifier}", "StructureSaved", structure)
    if saved.structures:
        structures_saved(tx, saved.structures, event)


def move_clock(tx: Tx, moved: ClockMoved) -> None:
    """Sets the business clock of the space."""
    tx.save_clock(moved.clock)
    tx.event("clock", "ClockMoved", {"mode": moved.clock.mode, "to": instant_text(moved.to)})


def upload_cut(tx: Tx, cut: UploadCut) -> None:
    """Notes a transfer that broke off: it is no deposit, but the partner will ask about it."""
    tx.event(cut.partner, "UploadCut", {"name": cut.name, "size": cut.size})
