"""What follows from a status of an invoice: messages about it, and the invoice itself.

Whom a status is told to, on which code and with what is data (``schemas/lifecycle/mapping.toml``);
these functions find the partner behind an actor and emit. An invoice is never in a step: a return
names the file of the deposit that it came in (`Passage`), and is filled when it is written.

Source: Chorus Pro external specifications v1.0 p. 55-60, fig. 19-30 (who gets what); v1.1
§3.2.3.3.2 (a recipient without connected platform); statuses in G2B are relayed unmodified.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

import msgspec

from simulator.domain.flows import CarriedFile, InvoiceStatus, Origin, Passage, PastStatus
from simulator.domain.lifetable import Actor
from simulator.domain.raccordement import Raccordement
from simulator.domain.telling import Delivery
from simulator.exchange.emission import Content, emit_to
from simulator.exchange.standing import was_recycled
from simulator.journal.lifebook import Living
from simulator.journal.rows import Flow
from simulator.journal.tx import Tx

# Invoices of one return: a bound on what is in memory while it is written.
_MOST_INVOICES = 100
_MOST_BYTES = 32 << 20

# Who stands behind the partner that deposited the invoice, by circuit of that partner.
DEPOSITORS: Mapping[str, tuple[Actor, ...]] = {
    "b2g": ("supplier",),
    "b2g-pa": ("platform", "supplier"),
    "g2b-issuer": ("issuer",),
}
# Who speaks on the side of the recipient, so that a partner may be behind it.
RECIPIENTS: tuple[Actor, ...] = ("buyer", "accountant", "platform")
_UNMODIFIED = "g2b"


class Word(msgspec.Struct, frozen=True):
    """A message that follows from a status of an invoice.

    Attributes:
        source: the partner's own file that said the status; None: it came by no flow.
        message: identifier of that message (MDT-4), by which the addressee knows it if it is relayed.
        files: that come with a status which came by no flow.
    """

    living: Living
    delivery: Delivery
    source: Origin | None = None
    message: str = ""
    files: tuple[CarriedFile, ...] = ()


class _Group(msgspec.Struct):
    """Words that leave together: about invoices of one flow, to one partner on one code."""

    flow: Flow
    to: Raccordement
    code: str
    words: list[Word]


def tell(tx: Tx, words: Iterable[Word], cause: int, held: int | None = None) -> None:
    """Emits what follows from statuses, in the order given, as few returns as the settings allow.

    Args:
        tx: of the step.
        words: what is to be told; what no flow of this exchange carries is left out.
        cause: event that it follows from.
        held: a flow whose returns wait for `emission.release_held`.
    """
    for group in _grouped(tx, words):
        for content, words_in in _contents(tx, group):
            returned = emit_to(
                tx,
                group.flow,
                (group.to, group.code),
                content,
                cause,
                held=group.flow.id == held,
            )
            if returned is not None and words_in[0].delivery.carries != "status":
                tx.life.deliver(returned, (word.living.id for word in words_in))


def _grouped(tx: Tx, words: Iterable[Word]) -> Iterable[_Group]:
    flows: dict[int, Flow] = {}
    groups: dict[tuple[int, str, str], _Group] = {}
    for word in words:
        number = word.living.flow
        flow = flows[number] = flows.get(number) or tx.flow(number)
        to, code = addressee(tx, flow, word), code_of(tx, flow, word)
        if to is None or unsent(tx, flow, word):
            continue
        key = (number, to.code_application, code)
        groups.setdefault(key, _Group(flow, to, code, [])).words.append(word)
    return groups.values()


def code_of(tx: Tx, flow: Flow, word: Word) -> str:
    """The interface code that a message leaves on; ``""`` for none."""
    plan = tx.reference.circuits.get(word.living.circuit)
    return word.delivery.interface.format(
        life_cycle=tx.reference.options.life_cycle_interface,
        object_ack=next(iter(tx.reference.catalogue[flow.interface].object_acks), ""),
        delivery=plan.deliveries.get(flow.interface, "") if plan else "",
    )


def _contents(tx: Tx, group: _Group) -> Iterator[tuple[Content, Sequence[Word]]]:
    """What each return of a group holds."""
    for words in _batches(tx, group.words):
        if words[0].delivery.carries == "status":
            yield _statuses(tx, words), words
        else:
            yield _invoices(tx, group.flow, words), words


def _batches(tx: Tx, words: Sequence[Word]) -> Iterator[list[Word]]:
    """Neighbours of one kind; invoices in bounded numbers; no more than the settings allow."""
    batch: list[Word] = []
    most = tx.reference.options.messages_per_archive or len(words)
    for word in words:
        if len(batch) >= most or (batch and not _fits(batch, word)):
            yield batch
            batch = []
        batch.append(word)
    if batch:
        yield batch


def _fits(batch: Sequence[Word], word: Word) -> bool:
    first = batch[0]
    if _kind(first) != _kind(word):
        return False
    size = sum(_weight(each) for each in (*batch, word))
    if first.delivery.carries == "status":
        return size <= _MOST_BYTES
    return len(batch) < _MOST_INVOICES and size <= _MOST_BYTES


def _weight(word: Word) -> int:
    """Bytes that a message takes in besides its own words."""
    invoice = 0 if word.delivery.carries == "status" else word.living.size
    return invoice + sum(file.size for file in word.files)


def _kind(word: Word) -> tuple[str, bool]:
    return word.delivery.carries, word.source is None


# -- statuses ----------------------------------------------------------------------------------


def _statuses(tx: Tx, words: Sequence[Word]) -> Content:
    """Statuses as messages of ours; in G2B a message that came by a flow goes on as it is."""
    statuses = tuple(_status(tx, word) for word in words)
    life = tx.reference.life.circuits.get(words[0].living.circuit)
    if words[0].source is None or life != _UNMODIFIED:
        return Content(statuses)
    origins = dict.fromkeys(word.source for word in words if word.source)
    statuses = tuple(
        msgspec.structs.replace(status, message=word.message)
        for status, word in zip(statuses, words, strict=True)
    )
    return Content(statuses, tuple(Passage(origin) for origin in origins), "relay")


def _status(tx: Tx, word: Word) -> InvoiceStatus:
    about = word.delivery.on(word.living.about)
    files = word.files if word.files and carries_files(tx, word) else ()
    return msgspec.structs.replace(about, occurred=tx.now, attachments=files)


def carries_files(tx: Tx, word: Word) -> bool:
    """Whether what is told has a place for files: a completed invoice, or a status in a CDAR."""
    if word.delivery.carries != "status":
        return word.delivery.carries == "completed invoice"
    to = addressee(tx, tx.flow(word.living.flow), word)
    plan = tx.reference.circuits.get(to.circuit) if to else None
    return plan is not None and plan.format == "cdar"


# -- invoices ----------------------------------------------------------------------------------


def _invoices(tx: Tx, flow: Flow, words: Sequence[Word]) -> Content:
    """Invoices for a public buyer as pivots, for a platform as they are."""
    life = tx.reference.life.circuits.get(words[0].living.circuit)
    to_platform = life == _UNMODIFIED
    passages = tuple(_passage(tx, flow, word, to_platform=to_platform) for word in words)
    return Content(sources=passages, format="relay" if to_platform else "pivot")


def _passage(tx: Tx, flow: Flow, word: Word, *, to_platform: bool) -> Passage:
    living = word.living
    completed = word.delivery.carries == "completed invoice"
    plan = tx.reference.circuits.get(living.circuit)
    # Completed by depositing it once more, it is the new document; else files come with a status.
    again = word.source if completed and plan and plan.completed_in else None
    return Passage(
        origin=again or Origin(flow.blob, flow.name, living.member),
        number=living.number,
        readable=to_platform,
        day=living.about.received.date().isoformat(),
        is_platform=living.circuit == "b2g-pa",
        resent="Complétée" if completed else "Recyclée" if was_recycled(tx, living) else "",
        chorus_id=str(living.id),
        completing=(word.source,) if completed and word.source and not again else (),
        enclosed=word.files if completed else (),
        story=() if to_platform else tuple(_story(tx, living)),
    )


def _story(tx: Tx, living: Living) -> Iterator[PastStatus]:
    """The statuses of an invoice whose cadre is validated; another invoice has none to show.

    Source: AIFE schema CPPFacturePivot V2_02 (CycleDeValidation: only with cadres that need a
    validation).
    """
    table, life = tx.reference.life, tx.reference.life.circuits[living.circuit]
    if not table.group(living.cadre):
        return
    for entry in tx.life.history(living.id):
        # A platform's own AFNOR codes move nothing; the format knows those of CPPStatut.
        if entry.effect == "set":
            yield PastStatus(
                day=entry.at.date().isoformat(),
                status=entry.status,
                label=table.label(life, entry.status),
                actor=entry.actor,
                actor_label=table.actors[entry.actor],
                comment=" : ".join(filter(None, (entry.motif, entry.comment))),
            )


# -- who stands behind whom ----------------------------------------------------------------------


def addressee(tx: Tx, flow: Flow, word: Word) -> Raccordement | None:
    """The partner behind an actor; None when no flow of this exchange reaches it."""
    living, delivery = word.living, word.delivery
    if not delivery.interface:
        return None
    if delivery.to in DEPOSITORS.get(living.circuit, ()):
        return tx.raccordement(flow.partner)
    return receiver(tx, living.recipient)


def unsent(tx: Tx, flow: Flow, word: Word) -> str:
    """Why a message does not leave that a flow of this exchange would carry; ``""``: it leaves."""
    if not word.delivery.interface:
        return ""
    to, code = addressee(tx, flow, word), code_of(tx, flow, word)
    if to is None:
        return f"no active partner is behind {word.living.recipient}"
    is_subscribed = code in to.interfaces
    return "" if is_subscribed else f"{to.code_application} has not subscribed {code or 'to it'}"


def receiver(tx: Tx, recipient: str) -> Raccordement | None:
    """The connected partner behind a recipient: a public buyer, or a platform; None for nobody."""
    structure = tx.structure(recipient)
    found = tx.raccordement(structure.partner) if structure and structure.partner else None
    return found if found and found.is_active(tx.now) else None


def played_by(
    tx: Tx, circuit: str, interface: str, recipient: str
) -> Literal["us", "partner", "nobody"]:
    """Who speaks for the recipient of an invoice: a partner, the simulator in its place, or nobody.

    Nobody: the directory names a platform that is not connected. That the simulator plays a G2B
    recipient for whom the directory names nobody is assumed, and an option (`g2b_unconnected`).
    """
    plan = tx.reference.circuits.get(circuit)
    code = plan.deliveries.get(interface, "") if plan else ""
    structure = tx.structure(recipient)
    if structure is None or not structure.partner:
        is_left = code and tx.reference.options.g2b_unconnected == "non-transmise"
        return "nobody" if is_left else "us"
    found = receiver(tx, recipient)
    if not code:
        return "partner" if found and _speaks(tx, circuit, found) else "us"
    return "partner" if found and code in found.interfaces else "nobody"


def _speaks(tx: Tx, circuit: str, partner: Raccordement) -> bool:
    """Whether a partner has a code by which a recipient says statuses.

    A public body may be connected as a supplier alone: as a buyer it is played then.
    """
    life = tx.reference.life
    actors = set(RECIPIENTS).difference(DEPOSITORS.get(circuit, ()))
    return any(
        code in partner.interfaces
        for right in life.right
        if right.circuit == life.circuits.get(circuit) and right.actor in actors
        for code in right.via
    )
