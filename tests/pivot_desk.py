"""Invoices for public buyers as pivots, and the schemas that they are held to."""

import os
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from lxml import etree

from simulator import resources
from simulator.domain.delivery import (
    DeliveredInvoice,
    PivotAccount,
    PivotFile,
    PivotLine,
    PivotParty,
    PivotStatus,
    PivotVat,
)
from simulator.domain.flows import Return
from simulator.messages import pivot

SHARED = Path(os.environ.get("AIFE_SIM_SHARED", Path(__file__).resolve().parents[2] / "shared"))
OFFICIAL = SHARED / "standards" / "cpp-pivot" / "CPPFacturePivot_V2_02.xsd"
NOW = datetime(2026, 9, 5, 9, 0, tzinfo=UTC)

SUPPLIER = PivotParty("33254021516357", "FOURNISSEUR")
DEBTOR = PivotParty("12345678200051", "COMMUNE", service="SERV1", service_name="Comptabilité")
FULL = DeliveredInvoice(
    supplier=SUPPLIER,
    debtor=DEBTOR,
    number="F2026-001",
    type_code="380",
    cadre="A9",
    issue_date="2026-09-01",
    received="2026-09-02",
    payment="30",
    without_vat="100.00",
    with_vat="120.00",
    payable="120.00",
    files=(
        PivotFile("f.xml", "01", "application/xml", b"<a/>", category="Facture_UBL_AFNOR"),
        PivotFile("PJ01.pdf", "02", "application/pdf", b"%PDF", "bon é.pdf", "Document annexe"),
    ),
    payment_label="Virement",
    delivered="2026-08-31",
    resent="Complétée",
    chorus_id="42",
    preceding="F2026-000",
    contract="M1",
    order="E1",
    account=PivotAccount("FR7630006000011234567890189", "BANQUE", "FACTOR"),
    vat=(PivotVat("20", "100.00", "20.00"),),
    lines=(PivotLine("50", "2", "100.00", "REF", "20"), PivotLine("0", "1", "0")),
    story=(
        PivotStatus("2026-09-02", "01", PivotParty("1", "CHORUS"), "Déposée", "c"),
        PivotStatus("2026-09-03", "13", msgspec.structs.replace(SUPPLIER, note="n")),
    ),
)
BARE = DeliveredInvoice(
    supplier=msgspec.structs.replace(SUPPLIER, kind="2", country="BE"),
    debtor=PivotParty("12345678200051"),
    number="F2026-002",
    type_code="381",
    cadre="A1",
    issue_date="2026-09-01",
    received="2026-09-02",
    payment="42",
    without_vat="-1",
    with_vat="-1.2",
    payable="0",
    files=(PivotFile("f.pdf", "01", "application/pdf", b""),),
)


def parcel(*invoices):
    return Return(
        partner="DEM041",
        name="FEN0036A_DEM041_CPP0010036000000000000001.tar.gz",
        interface="FEN0036A",
        format="pivot",
        issued=NOW,
        emitter="CPP001",
        emitter_matricule="9999",
        partner_matricule="0042",
        statuses=(),
        invoices=invoices,
    )


def root_of(*invoices):
    ((_, content),) = pivot.write(parcel(*invoices))
    return etree.fromstring(content)


def both_schemas():
    """Ours and, where it lies on this machine, the one of AIFE."""
    paths = [resources.path("schemas", "xsd", "CPPFacturePivot.xsd"), OFFICIAL]
    return [etree.XMLSchema(etree.parse(path)) for path in paths if path.exists()]


def assert_valid(schemas, root):
    for schema in schemas:
        schema.assertValid(root)
