"""What every step may look up and none may change: tables read once when a node starts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Literal

import msgspec

from simulator.domain.attached import Conventions
from simulator.domain.findings import Mark, Rulebook
from simulator.domain.interfaces import Catalogue, Interface
from simulator.domain.lifetable import LifeCycle
from simulator.domain.lifevalues import Choices


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Behaviour of the exchange that no public text settles; each has a default and a reason.

    Attributes:
        prefix: first 6 characters of our own flow ids (``CPP001``: dossier §2.1).
        prefixes: the same for single interface codes (dossier §10 row 30).
        ack_name: a report on a flow or an acknowledgement (CSO) keeps its identifier, or has one of our
            own (dossier §10 row 7).
        matricule: our 4 digits in scheme 0238 as sender of CDAR (``9999``: dossier §4.7).
        matricule_g2b: the same on the circuits of G2B (``9997``: dossier §10 row 20).
        matricule_ppf: that of the PPF, where its statuses are passed on (dossier §10 row 20).
        report: send the flow report of the historic channel always, or only when something failed
            (dossier §10 row 5).
        life_cycle_interface: which of FEN1200A and FEN1201A carries historic statuses.
        directory_unknown: what to do with a supplier or recipient that is not in the directory.
        all_rejected: report on a flow of the historic channel none of whose invoices was integrated:
            the one of a partial integration or the one of a refusal (dossier §4.1, §6).
        messages_per_archive: most statuses, declarations or invoices of one return; 0: all that there
            are of a deposit (dossier §10 row 8).
        status_delivery: statuses of invoices leave at once, or those of a partner are gathered and
            leave once a day (dossier §10 row 26).
        daily_at: when they do: ``HH:MM``, legal time in Paris, every calendar day.
        ereporting_ack: status of the CSO6000A that takes a declaration; ``none``: nothing is sent
            (dossier §10 row 17).
        g2b_unconnected: a G2B recipient behind whom the directory names nobody is played, or cannot
            be reached: its invoices stay, with the motif NON_TRANSMISE.
        held_for: business time during which an invoice that was NON_TRANSMISE still goes to the platform
            of its recipient, once that is connected; 0: never (dossier §7.3: "under delay conditions").
        unpublished: a deposit whose format is not published (CEN0036A) is kept unread, or refused.
        code_aliases: whether a deposit may be named by a code of ours that is printed for it as well
            (CSI6000A for CEI6000A: dossier §10 row 29).
        purge_after: business time after which an unfetched return goes (DG3.2 note 42: 7 days).
        push_retries: business time before each further attempt to push a return; none by default: the
            exchange system does not repeat (DG3.2: without an answer one calls support).
        story: let a well-behaved buyer or platform say its statuses by itself.
        second_validator: invoices of cadre A9 have a co-contractor who validates second; no field of an
            invoice says so.
        delays: business time before a step of the story, by status; else that of the table.
        choices: of the life cycle.
        inline: largest content in bytes that is kept inside the journal file.
        flow_limit: largest flow in bytes (1 GB: Chorus Pro external specifications v1.0 §5.4.1).
        message_limit: largest file of an envelope in bytes (100 MB unzipped: the same).
        attachment_limit: largest attachment in bytes by EDI (100 MB: the same).
    """

    prefix: str = "CPP001"
    prefixes: dict[str, str] = {}
    ack_name: Literal["same", "own"] = "same"
    matricule: str = "9999"
    matricule_g2b: str = "9997"
    matricule_ppf: str = "9998"
    report: Literal["always", "errors-only"] = "always"
    life_cycle_interface: Literal["FEN1200A", "FEN1201A"] = "FEN1201A"
    directory_unknown: Literal["refuse", "accept", "accept-and-warn"] = "refuse"
    all_rejected: Literal["partial", "refused"] = "partial"
    messages_per_archive: int = 0
    status_delivery: Literal["immediate", "daily"] = "immediate"
    daily_at: str = "06:00"
    ereporting_ack: Literal["500", "300", "none"] = "500"
    g2b_unconnected: Literal["played", "non-transmise"] = "played"
    held_for: timedelta = timedelta(days=30)
    unpublished: Literal["keep", "refuse"] = "keep"
    code_aliases: Literal["accept", "refuse"] = "accept"
    purge_after: timedelta = timedelta(days=7)
    push_retries: tuple[timedelta, ...] = ()
    story: bool = True
    second_validator: bool = False
    delays: dict[str, timedelta] = {}
    choices: Choices = Choices()
    inline: int = 256 << 10
    flow_limit: int = 1 << 30
    message_limit: int = 100 << 20
    attachment_limit: int = 100 << 20


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One answer of a circuit: which status goes out, on which code, with which label.

    Attributes:
        interface: code of the return; ``"{flow_ack}"`` and ``"{object_ack}"`` are the deposit's own
            acknowledgements, ``"{life_cycle}"`` is the option `Options.life_cycle_interface`.
        status: code on the wire.
        option: name of the option that stands over `status`; ``""``: none does.
        said_by: who speaks: what the PPF says is passed on with its matricule.
        refused: code on the wire for an object that the speaker refuses; ``""``: it refuses none.
    """

    interface: str
    status: str
    label: str
    source: str
    mark: Mark
    option: Literal["", "ereporting_ack"] = ""
    said_by: Literal["chorus", "ppf"] = "chorus"
    refused: str = ""

    def code_for(self, deposit: Interface, options: Options) -> str:
        """The interface code on which a deposit is so answered."""
        return self.interface.format(
            flow_ack=deposit.flow_ack,
            object_ack=next(iter(deposit.object_acks), ""),
            life_cycle=options.life_cycle_interface,
        )

    def status_by(self, options: Options) -> str:
        """The code on the wire with the options in force; ``none``: nothing is sent."""
        return str(getattr(options, self.option)) if self.option else self.status


class CircuitPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What follows what on one circuit: a row of ``schemas/circuits/*.toml``.

    Attributes:
        format: how its messages are written.
        deposits: interface codes whose deposits of invoices follow this plan.
        statuses: codes of deposits that carry statuses or declarations: of these only a refusal is
            answered, and not even that where the catalogue knows no acknowledgement.
        fallback_ack: code of the report on a flow whose name cannot be read.
        flow_accepted, flow_partial, flow_refused: reports on the flow; None: nothing is sent.
        invoice_accepted, invoice_refused: statuses per invoice; None: nothing is sent.
        status_refused: answer to a status that may not be said; None: nothing is sent.
        declaration_accepted: answers to a declaration that was taken, in order.
        completed_in: statuses of an invoice that is completed by depositing it once more.
        recycled_in: statuses of an invoice that is corrected and sent again under its own number.
        deliveries: by code of a deposit, the code on which its invoices go to the recipient.
        undelivered: motif of the first status of an invoice whose recipient cannot be reached.
        echoes: whether statuses repeat the reference that the invoice has for it (BT-18, AJW).
    """

    circuit: str
    format: Literal["cppstatut", "cdar"]
    deposits: tuple[str, ...]
    fallback_ack: str
    statuses: tuple[str, ...] = ()
    flow_accepted: Answer | None = None
    flow_partial: Answer | None = None
    flow_refused: Answer | None = None
    invoice_accepted: Answer | None = None
    invoice_refused: Answer | None = None
    status_refused: Answer | None = None
    declaration_accepted: tuple[Answer, ...] = ()
    completed_in: tuple[str, ...] = ()
    deliveries: dict[str, str] = {}
    recycled_in: tuple[str, ...] = ()
    undelivered: str = ""
    echoes: bool = False


class Reference(msgspec.Struct, frozen=True):
    """Everything a step may look up; `motifs` gives the label of each motif code.

    `attachments` says what files beside a status may be.
    """

    catalogue: Catalogue
    rules: Rulebook
    circuits: Mapping[str, CircuitPlan]
    motifs: Mapping[str, str]
    life: LifeCycle
    attachments: Conventions
    options: Options = Options()
