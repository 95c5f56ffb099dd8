"""Files that somebody has an actor send along with a status: checked like those of a partner, kept.

An actor who speaks by EDI is held to the limits of EDI, one who speaks by portal or API to theirs; what
would not fit the message is refused too, as a partner's would be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from simulator.domain.attached import cut_name, name_faults, shown_name, size_faults
from simulator.domain.findings import NOWHERE, Finding
from simulator.domain.flows import CarriedFile
from simulator.domain.lifetable import Actor
from simulator.exchange.inputs import Enclosure
from simulator.journal.tx import Tx


class Enclosed(msgspec.Struct, frozen=True):
    """Files that may go along, as the books know them, and what was done to their names."""

    kept: tuple[CarriedFile, ...] = ()
    notes: tuple[str, ...] = ()


def enclosed(tx: Tx, given: tuple[Enclosure, ...], circuit: str, actor: Actor) -> Enclosed:
    """The files that an actor sends along.

    Raises:
        ValueError: one of them may not; the text says which, why, and how to repair it.
    """
    findings = [f for each in given for f in _findings(tx, each, circuit, actor)]
    if refused := next((f for f in findings if f.refuses), None):
        message = f"{refused.rule}: {refused.help} {refused.repair}"
        raise ValueError(message)
    _fit(tx, given)
    longest = tx.reference.attachments.longest_name.characters
    types = tx.reference.attachments.mime_types
    kept = (
        CarriedFile(
            name=cut_name(each.name.strip(), longest),
            mime=each.mime or types.of(each.name),
            blob=each.blob.ref,
            size=each.blob.ref.size,
        )
        for each in given
    )
    return Enclosed(tuple(kept), tuple(f.help for f in findings))


def keep(tx: Tx, given: Iterable[Enclosure]) -> None:
    """Writes the content of files into the books."""
    for each in given:
        tx.keep_blob(each.blob.ref, each.blob.content)


def _findings(tx: Tx, given: Enclosure, circuit: str, actor: Actor) -> Iterator[Finding]:
    conventions, name = tx.reference.attachments, given.name.strip()
    portal = conventions.portal
    edi = tx.reference.options.attachment_limit
    limit = min(portal.bytes, edi) if actor in portal.actors else edi
    faults = (
        *size_faults(shown_name(name) or "?", given.blob.ref.size, limit),
        *name_faults(name, conventions, conventions.of_circuit(circuit)),
    )
    for rule, values in faults:
        yield tx.reference.rules.finding(rule, NOWHERE, shown=None, where="the command", **values)


def _fit(tx: Tx, given: tuple[Enclosure, ...]) -> None:
    """Raises `ValueError` for files that one message has no room for: they travel in base64."""
    limit = tx.reference.options.message_limit
    size = sum(4 * -(-each.blob.ref.size // 3) for each in given)
    if size > limit:
        message = (
            f"IRR_TAILLE_F: the attachments take {size} bytes in base64, a message at most {limit}:"
            " make them smaller, or send them with several statuses"
        )
        raise ValueError(message)
