"""Specimen status messages, CDAR and CPPStatut, as partners of the exchange deposit them.

Platforms, buyers and public issuers say them. Most are written by the writers of our own returns;
what the exchange never sends is written by `specimens.sellercdar`. E-reporting has a module of its
own, `specimen_ereporting`.

Source: UN/CEFACT CDAR D22B with the fields of PPF annex 2 (flow 6) v2.3 (MDT-n); AFNOR XP Z12-014
annex B v1.3; AIFE schema CPPStatutPivot V1_19.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from simulator.domain.flows import ErrorLine, FlowStatus, InvoiceStatus, Return
from simulator.messages import cdar, cppstatut
from simulator.messages.specimens import sellercdar
from simulator.messages.specimens.statuses import LABELS, MOTIFS, Status

__all__ = ["Status", "cdar_message", "cpp_statut"]

_FLOW_STATUSES = range(90, 97)  # CPPStatut


def cdar_message(said: Status) -> bytes:
    """A status as CDAR D22B.

    Raises:
        ValueError: a flow name that is none.
    """
    if said.status == sellercdar.REJECTION or said.status in sellercdar.OF_SELLER:
        return sellercdar.write(said)
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
        statuses=(_flow_status(said) if _is_of_flow(said.status) else _invoice_status(said),),
    )


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
    )


def _before(said: Status) -> datetime:
    return said.issued - timedelta(hours=1)


def _lines(status: str) -> tuple[ErrorLine, ...]:
    if status not in MOTIFS:
        return ()
    code, label = MOTIFS[status]
    nature = "TECHNIQUE" if status == "501" else "FONCTIONNELLE"
    return (ErrorLine(nature, code, label, "Message de démonstration"),)
