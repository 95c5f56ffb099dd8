"""CPPStatut documents are valid, complete and survive whatever a partner wrote."""

import os
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from simulator.domain.flowname import FlowName
from simulator.domain.flows import ErrorLine, FlowStatus, InvoiceStatus, Return
from simulator.messages import cppstatut

SHARED = Path(os.environ.get("AIFE_SIM_SHARED", Path(__file__).resolve().parents[3] / "shared"))
XSD = SHARED / "standards" / "cpp-pivot" / "CPPStatutPivot_V1_19.xsd"

SUMMER = datetime(2026, 9, 2, 8, 0, tzinfo=UTC)
LINE = ErrorLine("FONCTIONNELLE", "REJ_COH", "Cohérence", "fournisseur inconnu", subject="F1")
FLOW = FlowStatus("96", "Reçu - intégration partielle", "DEM001110" + "0" * 16, True, SUMMER)
INVOICE = InvoiceStatus(
    status="01",
    label="Déposée",
    number="F2026-001",
    issue_date="2026-09-01",
    type_code="380",
    supplier_scheme="1",
    supplier="33254021516357",
    supplier_name="FOURNISSEUR",
    recipient="12345678200051",
    recipient_name="COMMUNE",
    received=SUMMER,
)


def report(*statuses, interface="CSO1100A", issued=SUMMER):
    return Return(
        partner="DEM001",
        name=f"{interface}_DEM001_DEM0011100000000000000001.tar.gz",
        interface=interface,
        format="cppstatut",
        issued=issued,
        emitter="CPP001",
        emitter_matricule="9999",
        partner_matricule="0042",
        statuses=statuses,
    )


def written(return_):
    ((name, content),) = cppstatut.write(return_)
    return name, etree.fromstring(content)


def texts(root, *tags):
    return [root.findtext(f".//{tag}") for tag in tags]


@pytest.fixture(scope="module")
def schema():
    if not XSD.exists():
        pytest.skip("the CPPStatut schema is not on this machine (AIFE_SIM_SHARED)")
    return etree.XMLSchema(etree.parse(XSD))


def test_a_report_without_errors_is_valid(schema):
    _, root = written(report(FLOW))
    schema.assertValid(root)
    assert texts(root, "IdStatut", "ComplementStatut", "IdFlux", "Details") == [
        "96",
        "Reçu - intégration partielle",
        FLOW.identifier,
        None,
    ]


def test_error_lines_are_counted_and_numbered(schema):
    second = msgspec.structs.replace(LINE, code="REJ_UNI", label="", subject="")
    _, root = written(report(msgspec.structs.replace(FLOW, lines=(LINE, second))))
    schema.assertValid(root)
    details = root.find(".//Details")
    assert details.get("NbLignesErreur") == "2"
    assert [line.get("IdLigne") for line in details] == ["1", "2"]
    assert [[field.text for field in line] for line in details] == [
        ["FONCTIONNELLE", "REJ_COH", "Cohérence", "F1 : fournisseur inconnu"],
        ["FONCTIONNELLE", "REJ_UNI", "REJ_UNI", "fournisseur inconnu"],
    ]


def test_all_invoices_of_a_return_are_in_one_document(schema):
    second = msgspec.structs.replace(INVOICE, number="F2026-002")
    name, root = written(report(INVOICE, second, interface="FEN1201A"))
    schema.assertValid(root)
    assert name == "FEN1201A_DEM001_DEM0011100000000000000001.xml"
    units = root.find("CPPFactureStatuts")
    assert units.get("compteur") == "2"
    assert [unit.findtext(".//IdFacture") for unit in units] == ["F2026-001", "F2026-002"]
    assert texts(units, "IdStatut", "DateFacture") == ["01", "2026-09-01"]
    assert texts(units, "Fournisseur/Identifiant", "Debiteur/Identifiant") == [
        INVOICE.supplier,
        INVOICE.recipient,
    ]


@pytest.mark.parametrize(
    ("instant", "date", "stamp"),
    [
        (SUMMER, "2026-09-02", "2026-09-02T10:00:00+02:00"),
        (datetime(2026, 12, 31, 23, 30, tzinfo=UTC), "2027-01-01", "2027-01-01T00:30:00+01:00"),
    ],
)
def test_times_are_those_of_paris(instant, date, stamp):
    _, root = written(report(FLOW, issued=instant))
    parameters = {
        p.findtext("Code"): p.findtext("Valeurparametre") for p in root.iter("ParametreIndiv")
    }
    assert parameters == {"DtPrd": date, "IdFlx": "DEM0011100000000000000001"}
    assert root.findtext(".//Horodatage") == stamp


def test_the_envelope_names_both_partners(schema):
    _, root = written(report(FLOW))
    assert texts(root, "Recepteur/Id", "Emetteur/Id", "Emetteur/Libelle") == [
        "DEM001",
        "CPP001",
        "Chorus Pro",
    ]


@pytest.mark.parametrize(
    ("scheme", "kind", "country"),
    [
        ("1", "1", "FR"),
        ("0009", "1", "FR"),
        ("0223", "2", None),
        ("0227", "3", None),
        ("0228", "4", "NC"),
        ("0229", "5", "PF"),
        ("0226", "7", None),
        ("7", "7", None),
        ("unheard of", "1", "FR"),
        ("", "1", "FR"),
    ],
)
def test_the_scheme_of_the_supplier_becomes_its_type(schema, scheme, kind, country):
    _, root = written(report(msgspec.structs.replace(INVOICE, supplier_scheme=scheme)))
    schema.assertValid(root)
    assert texts(root, "Fournisseur/TypeIdentifiant", "Fournisseur/CodePays") == [kind, country]


def test_errors_of_an_invoice_are_told_in_its_comment(schema):
    status = msgspec.structs.replace(INVOICE, status="05", comment="Voir motif", lines=(LINE,))
    _, root = written(report(status))
    schema.assertValid(root)
    assert root.findtext(".//Commentaire") == "Voir motif | REJ_COH F1 : fournisseur inconnu"


@pytest.mark.parametrize("text", ["", "2026-02-30", "01/09/2026", "20260901", "2026-09-01T00:00"])
def test_a_date_that_is_none_is_left_out(schema, text):
    _, root = written(report(msgspec.structs.replace(INVOICE, issue_date=text)))
    schema.assertValid(root)
    assert root.find(".//DateFacture") is None


def test_a_long_label_is_cut_to_40_characters(schema):
    _, root = written(report(msgspec.structs.replace(FLOW, label="x" * 41)))
    schema.assertValid(root)
    assert root.findtext(".//ComplementStatut") == "x" * 39 + "…"


@pytest.mark.parametrize("statuses", [(), (FLOW, INVOICE)])
def test_nothing_or_a_mixture_is_a_fault_of_ours(statuses):
    with pytest.raises(ValueError, match="at least one status"):
        written(report(*statuses))


def test_a_document_is_marked_as_test_data():
    ((_, content),) = cppstatut.write(report(FLOW))
    assert b"<!-- aife-sim : message de test" in content


ANY = st.text(st.characters())
LINES = st.lists(st.builds(ErrorLine, ANY, ANY, ANY, ANY, ANY, ANY), max_size=3).map(tuple)
INSTANTS = st.integers(946_684_800, 4_070_908_800).map(lambda s: datetime.fromtimestamp(s, UTC))
FLOWS = st.builds(
    FlowStatus,
    status=st.sampled_from(["90", "93", "96"]),
    label=ANY,
    identifier=ANY,
    readable=st.booleans(),
    received=INSTANTS,
    lines=LINES,
    comment=ANY,
)
INVOICES = st.builds(
    InvoiceStatus,
    status=st.sampled_from(["01", "05", "12"]),
    label=ANY,
    number=ANY,
    issue_date=ANY,
    type_code=ANY,
    supplier_scheme=ANY,
    supplier=ANY,
    supplier_name=ANY,
    recipient=ANY,
    recipient_name=ANY,
    received=INSTANTS,
    lines=LINES,
    comment=ANY,
)


@settings(deadline=None, max_examples=150)
@given(
    statuses=st.one_of(
        st.lists(FLOWS, min_size=1, max_size=2), st.lists(INVOICES, min_size=1, max_size=2)
    ),
    issued=INSTANTS,
    partner=ANY,
)
def test_any_text_in_any_field_still_gives_a_valid_document(schema, statuses, issued, partner):
    return_ = report(*statuses, issued=issued)
    _, root = written(msgspec.structs.replace(return_, partner=partner))
    schema.assertValid(root)


def test_a_name_that_is_no_flow_name_is_a_fault_of_ours():
    return_ = msgspec.structs.replace(report(FLOW), name="whatever.tar.gz")
    with pytest.raises(ValueError, match="interface letters"):
        written(return_)


def test_the_identifier_of_the_envelope_is_that_of_the_return():
    name = FlowName("FEN1201A", "DEM001", "CPP0011201000000000000007", ".tar.gz")
    return_ = msgspec.structs.replace(report(INVOICE), name=str(name))
    _, root = written(return_)
    values = [value.text for value in root.iter("Valeurparametre")]
    assert values[1] == name.identifier
