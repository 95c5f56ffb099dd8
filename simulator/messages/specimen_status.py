"""Specimen status messages, CDAR and CPPStatut, as partners of the exchange deposit them.

Platforms, buyers, sellers and public issuers say them; they are written by the writers of our own
returns. E-reporting has a module of its own, `specimen_ereporting`.

Source: UN/CEFACT CDAR D22B with the fields of PPF annex 2 (flow 6) v2.3 (MDT-n); AFNOR XP Z12-014
annex B v1.3; AIFE schema CPPStatutPivot V1_19.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from simulator.domain.flows import (
    CarriedFile,
    Characteristic,
    ErrorLine,
    FlowStatus,
    InvoiceStatus,
    ObjectStatus,
    Return,
)
from simulator.messages import cdar, cppstatut
from simulator.messages.specimens import filler
from simulator.messages.specimens.parts import plain
from simulator.messages.specimens.statuses import LABELS, MOTIFS, Status

__all__ = ["Status", "cdar_message", "cpp_statut"]

_FLOW_STATUSES = range(90, 97)  # CPPStatut
_REJECTION, _COLLECTED = "601", "212"
# Statuses of which Chorus Pro passes on nothing but the files that come with them.
_WITH_FILES = ("209", "227")
_RECEIVED = "MEN"  # MDT-207: amount received, tax included
_FILE_SIZE = 300


def cdar_message(said: Status) -> bytes:
    """A status as CDAR D22B.

    Raises:
        ValueError: a flow name that is none.
    """
    ((_, content),) = cdar.write(_return(said, "cdar"))
    return content


def cpp_statut(said: Status) -> bytes:
    """A status as CPPStatut.

    Raises:
        ValueError: a flow name that is none.
    """
    ((_, content),) = cppstatut.write(_return(said, "cppstatut"))
    return content


def _return(said: Status, form_of: str) -> Return:
    return Return(
        partner=said.recipient,
        name=said.flow,
        interface=said.flow[:8],
        format="cdar" if form_of == "cdar" else "cppstatut",
        issued=said.issued,
        emitter=said.flow[16:22],
        emitter_matricule=said.sender,
        partner_matricule=said.recipient,
        statuses=(_status(said),),
    )


def _status(said: Status) -> FlowStatus | InvoiceStatus | ObjectStatus:
    if said.status == _REJECTION:
        return _message_status(said)
    return _flow_status(said) if _is_of_flow(said.status) else _invoice_status(said)


def _is_of_flow(status: str) -> bool:
    return status == "501" or (status.isdecimal() and int(status) in _FLOW_STATUSES)


def _flow_status(said: Status) -> FlowStatus:
    return FlowStatus(
        status=said.status,
        label=LABELS.get(said.status, ""),
        identifier=said.subject,
        readable=True,
        received=_before(said),
        lines=_lines(said.status),
    )


def _message_status(said: Status) -> ObjectStatus:
    return ObjectStatus(
        status=said.status,
        label=LABELS[said.status],
        kind="message",
        number=said.subject,
        received=_before(said),
        supplier_scheme="0009",
        supplier=said.supplier,
        lines=_lines(said.status),
    )


def _invoice_status(said: Status) -> InvoiceStatus:
    return InvoiceStatus(
        status=said.status,
        label=LABELS.get(said.status, ""),
        number=said.subject,
        issue_date=said.issue_date,
        type_code="380",
        supplier_scheme="0009",
        supplier=said.supplier,
        supplier_name=said.supplier_name,
        recipient=said.buyer,
        recipient_name=said.buyer_name,
        received=_before(said),
        lines=_lines(said.status),
        attachments=_files() if said.status in _WITH_FILES else (),
        characteristics=(_received(said),) if said.status == _COLLECTED else (),
    )


def _files() -> tuple[CarriedFile, ...]:
    content = b"".join(filler.filler(_FILE_SIZE))
    return (CarriedFile(filler.NAME, filler.MIME, content),)


def _received(said: Status) -> Characteristic:
    return Characteristic(_RECEIVED, amount=plain(said.amount), percent=plain(said.vat))


def _before(said: Status) -> datetime:
    return said.issued - timedelta(hours=1)


def _lines(status: str) -> tuple[ErrorLine, ...]:
    if status not in MOTIFS:
        return ()
    code, label = MOTIFS[status]
    nature = "TECHNIQUE" if status == "501" else "FONCTIONNELLE"
    return (ErrorLine(nature, code, label, "Message de démonstration"),)
