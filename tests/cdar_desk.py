"""Statuses of the life cycle as CDAR: values of every kind, their documents, the schema."""

from datetime import UTC, datetime

import msgspec
from lxml import etree

from simulator import resources
from simulator.domain.flows import (
    CarriedFile,
    Characteristic,
    ErrorLine,
    FlowStatus,
    InvoiceStatus,
    ObjectStatus,
    Return,
)
from simulator.messages import cdar

_XSD = "CrossDomainAcknowledgementAndResponse_100pD22B.xsd"
NOW = datetime(2026, 9, 5, 9, 0, tzinfo=UTC)
BEFORE = datetime(2026, 9, 2, 8, 0, tzinfo=UTC)
NS = {
    prefix: f"urn:un:unece:uncefact:data:standard:{name}:100"
    for prefix, name in (
        ("rsm", "CrossDomainAcknowledgementAndResponse"),
        ("ram", "ReusableAggregateBusinessInformationEntity"),
        ("udt", "UnqualifiedDataType"),
        ("qdt", "QualifiedDataType"),
    )
}
REF = "rsm:AcknowledgementDocument/ram:ReferenceReferencedDocument/"

ABOUT = InvoiceStatus(
    status="",
    label="",
    number="F2026-001",
    issue_date="2026-09-01",
    type_code="380",
    supplier_scheme="0009",
    supplier="33254021516357",
    supplier_name="FOURNISSEUR",
    recipient="12345678200051",
    recipient_name="COMMUNE",
    received=BEFORE,
    occurred=BEFORE,
)
BON = CarriedFile("bon é.pdf", "application/pdf", b"%PDF-1.7 \x00\xff")
RECEIVED = (
    Characteristic("MEN", amount="1200.00", percent="20"),
    Characteristic("MEN", amount="110.00", percent="10"),
)
ACCOUNT = Characteristic("CBB", name="IBAN", value="FR7630006000011234567890189", changed="true")
COMPLETED = msgspec.structs.replace(
    ABOUT, status="209", label="Complétée", attachments=(BON,), comment="voici", issuer="SE"
)
NEW_ACCOUNT = msgspec.structs.replace(
    ABOUT, status="227", attachments=(BON,), characteristics=(ACCOUNT,), issuer="SE"
)
COLLECTED = msgspec.structs.replace(
    ABOUT, status="212", label="Encaissée", characteristics=RECEIVED, issuer="SE"
)
SUSPENDED = msgspec.structs.replace(
    ABOUT,
    status="208",
    label="Suspendue",
    motif="JUSTIF_ABS",
    motif_label="Pièce justificative absente",
    comment="bon de livraison",
    action="PIN",
    issuer="BY",
)
REJECTION = ObjectStatus(
    status="601",
    label="Cycle de vie rejeté",
    kind="message",
    number="CDV-42",
    received=BEFORE,
    flow="FSO1304A_DEM011_DEM0111304000000000000001",
    issued=BEFORE,
    supplier_scheme="0002",
    supplier="332540215",
    lines=(ErrorLine("FONCTIONNELLE", "REJ_RG", "Règle", "motif absent", "G7.08", "MDT-113"),),
)
DECLARED = ObjectStatus(
    status="301",
    label="Rejetée",
    kind="declaration",
    number="T-2026-09",
    received=BEFORE,
    lines=(ErrorLine("FONCTIONNELLE", "REJ_PER", "Période", "période close"),),
)
FLOW = FlowStatus("501", "Irrecevable", "DEM0111150000000000000001", True, BEFORE)


def answer(*statuses, sender="9999", interface="FEN1204A"):
    return Return(
        partner="DEM011",
        name=f"{interface}_DEM011_CPP001{interface[3:7]}000000000000001.tar.gz",
        interface=interface,
        format="cdar",
        issued=NOW,
        emitter="CPP001",
        emitter_matricule=sender,
        partner_matricule="0042",
        statuses=statuses,
    )


def content_of(status, **more):
    ((_, content),) = cdar.write(answer(status, **more))
    return content


def root_of(status, **more):
    return etree.fromstring(content_of(status, **more))


def at(root, path):
    return root.findtext(path, namespaces=NS)


def schema_d22b():
    return etree.XMLSchema(etree.parse(resources.of_package("pyfrctc", "cdar-xsd", _XSD)))
