"""CDAR that the exchange itself never writes: what a seller says, and the rejection of a status.

Source: UN/CEFACT CDAR D22B (order of the elements); PPF annex 2 (flow 6) v2.3 (MDT-n); phases and
roles: AFNOR XP Z12-014 annex B v1.3, BR-FR-CDV schematron v1.4.0.
"""

from __future__ import annotations

from datetime import timedelta

from simulator.messages.cdarfields import form, issue_date, moment, platform, supplier
from simulator.messages.specimens.parts import plain
from simulator.messages.specimens.statuses import LABELS, MOTIFS, Status
from simulator.messages.xmltext import branch, document, leaf

REJECTION = "601"
# What a seller or its factor says of its own invoice.
OF_SELLER = frozenset({"209", "212", "220", "224", "225", "226", "227", "228"})

_COLLECTED = "212"
_NAMESPACES = {
    f"xmlns:{prefix}": f"urn:un:unece:uncefact:data:standard:{name}:100"
    for prefix, name in (
        ("rsm", "CrossDomainAcknowledgementAndResponse"),
        ("ram", "ReusableAggregateBusinessInformationEntity"),
        ("udt", "UnqualifiedDataType"),
        ("qdt", "QualifiedDataType"),
    )
}
_STATUS_MESSAGES = "urn.cpro.gouv.fr:1p0:CDV:messageCDV"  # MDT-3, MDT-97: about a status message
_STATUS_MESSAGE, _TRANSMISSION, _TREATMENT = "305", "305", "23"  # MDT-91, MDT-77
_RECEIVED = "MEN"  # MDT-207: amount received, tax included
_SELLER = "SE"
_SIRET = "0009"
_AGO = timedelta(hours=1)


def write(said: Status) -> bytes:
    """A status of `OF_SELLER`, or `REJECTION`, which speaks of a status message."""
    if said.status == REJECTION:
        return document(_own(said, _rejected(said), _TRANSMISSION))
    return document(_own(said, _by_seller(said), _TREATMENT))


def _own(said: Status, reference: str, phase: str) -> str:
    rejects = said.status == REJECTION
    guideline = _STATUS_MESSAGES if rejects else form().document.invoice_guideline
    process = leaf("ram:ID", form().document.business_process)
    business = branch("ram:BusinessProcessSpecifiedDocumentContextParameter", process)
    rules = branch("ram:GuidelineSpecifiedDocumentContextParameter", leaf("ram:ID", guideline))
    return branch(
        "rsm:CrossDomainAcknowledgementAndResponse",
        branch("rsm:ExchangedDocumentContext", "" if rejects else business, rules),
        branch(
            "rsm:ExchangedDocument",
            leaf("ram:ID", f"{said.flow[16:41]}-{said.status}"),
            leaf("ram:Name", f"CDV {said.status} {said.subject}"),
            moment("ram:IssueDateTime", said.issued),
            platform("ram:SenderTradeParty", said.sender),
            platform("ram:IssuerTradeParty", said.sender) if rejects else _seller(said),
            platform("ram:RecipientTradeParty", said.recipient),
        ),
        branch(
            "rsm:AcknowledgementDocument",
            branch("ram:MultipleReferencesIndicator", leaf("udt:Indicator", "false")),
            leaf("ram:TypeCode", phase),
            moment("ram:IssueDateTime", said.issued),
            reference,
        ),
        **_NAMESPACES,
    )


def _seller(said: Status) -> str:
    return branch(
        "ram:IssuerTradeParty",
        leaf("ram:GlobalID", said.supplier, schemeID=_SIRET),
        leaf("ram:Name", said.supplier_name),
        leaf("ram:RoleCode", _SELLER),
    )


def _rejected(said: Status) -> str:
    return branch(
        "ram:ReferenceReferencedDocument",
        leaf("ram:IssuerAssignedID", said.subject),
        leaf("ram:TypeCode", _STATUS_MESSAGE),
        moment("ram:ReceiptDateTime", said.issued - _AGO),
        leaf("ram:ReferenceTypeCode", _STATUS_MESSAGES),
        *_condition(said),
        branch("ram:IssuerTradeParty", supplier(_SIRET, said.supplier)),
        _motif(said),
    )


def _by_seller(said: Status) -> str:
    issued = leaf("qdt:DateTimeString", issue_date(said.issue_date), format="102")
    return branch(
        "ram:ReferenceReferencedDocument",
        leaf("ram:IssuerAssignedID", said.subject),
        leaf("ram:TypeCode", "380"),
        moment("ram:ReceiptDateTime", said.issued - _AGO),
        branch("ram:FormattedIssueDateTime", issued),
        *_condition(said),
        branch("ram:IssuerTradeParty", supplier(_SIRET, said.supplier)),
        _received(said) if said.status == _COLLECTED else "",
    )


def _condition(said: Status) -> tuple[str, str]:
    label = LABELS[said.status]
    return leaf("ram:ProcessConditionCode", said.status), leaf("ram:ProcessCondition", label)


def _motif(said: Status) -> str:
    code, label = MOTIFS[said.status]
    return branch(
        "ram:SpecifiedDocumentStatus",
        leaf("ram:ReasonCode", code),
        leaf("ram:Reason", label),
        leaf("ram:SequenceNumeric", "1"),
    )


def _received(said: Status) -> str:
    characteristic = branch(
        "ram:SpecifiedDocumentCharacteristic",
        leaf("ram:TypeCode", _RECEIVED),
        leaf("ram:ValueAmount", plain(said.amount), currencyID="EUR"),
        leaf("ram:ValuePercent", plain(said.vat)),
    )
    return branch("ram:SpecifiedDocumentStatus", leaf("ram:SequenceNumeric", "1"), characteristic)
