"""CPPStatut of the whole life cycle: every status of referential A is valid and read back."""

import os
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from simulator import resources
from simulator.domain.flows import ErrorLine, FlowStatus, InvoiceStatus, ObjectStatus, Return
from simulator.messages import cppstatut
from simulator.messages.cppstatutreading import read

SHARED = Path(os.environ.get("AIFE_SIM_SHARED", Path(__file__).resolve().parents[3] / "shared"))
OFFICIAL = SHARED / "standards" / "cpp-pivot" / "CPPStatutPivot_V1_19.xsd"
CORPUS = SHARED / "corpus" / "cpp-pivot"
TABLE = resources.life_cycle()
NOW = datetime(2026, 9, 5, 9, 0, tzinfo=UTC)
BEFORE = datetime(2026, 9, 2, 8, 0, tzinfo=UTC)

INVOICE = InvoiceStatus(
    status="06",
    label="Suspendue",
    number="F2026-001",
    issue_date="2026-09-01",
    type_code="",
    supplier_scheme="1",
    supplier="33254021516357",
    supplier_name="FOURNISSEUR",
    recipient="12345678200051",
    recipient_name="COMMUNE",
    received=BEFORE,
    comment="bon de livraison",
    motif="JUSTIF_ABS",
    occurred=BEFORE,
    producer="AGENT 7",
    service="SERV1",
    service_name="Comptabilité",
)
FLOW = FlowStatus("92", "Reçu destinataire final", "CPP0010036000000000000001", True, NOW)


def report(*statuses, interface="FEN1201A"):
    return Return(
        partner="DEM001",
        name=f"{interface}_DEM001_CPP0011201000000000000001.tar.gz",
        interface=interface,
        format="cppstatut",
        issued=NOW,
        emitter="CPP001",
        emitter_matricule="9999",
        partner_matricule="0042",
        statuses=statuses,
    )


def root_of(*statuses):
    ((_, content),) = cppstatut.write(report(*statuses))
    return etree.fromstring(content)


@pytest.fixture(scope="module")
def schemas():
    """Ours and, where it lies on this machine, the one of AIFE."""
    paths = [resources.path("schemas", "xsd", "CPPStatut.xsd"), OFFICIAL]
    return [etree.XMLSchema(etree.parse(path)) for path in paths if path.exists()]


def assert_valid(schemas, root):
    for schema in schemas:
        schema.assertValid(root)


@pytest.mark.parametrize("code", TABLE.statuses.a)
def test_every_status_of_an_invoice_is_valid_and_read_back(schemas, code):
    status = msgspec.structs.replace(
        INVOICE,
        status=code,
        label=TABLE.statuses.a[code].label,
        mandate="M-2026-7" if code == "08" else "",
    )
    root = root_of(status)
    assert_valid(schemas, root)
    assert read(root).statuses == (status,)


@pytest.mark.parametrize("code", ["90", "91", "92", "93", "94", "95", "96"])
def test_every_status_of_a_flow_is_valid_and_read_back(schemas, code):
    lines = (ErrorLine("TECHNIQUE", "IRR_SYNTAX", "Syntaxe", "ligne 12"),)
    status = msgspec.structs.replace(FLOW, status=code, lines=lines, comment="c")
    root = root_of(status)
    assert_valid(schemas, root)
    assert read(root).statuses == (status,)


def test_the_official_schema_is_one_of_both():
    if not OFFICIAL.exists():
        pytest.skip("the CPPStatut schema is not on this machine (AIFE_SIM_SHARED)")
    assert etree.XMLSchema(etree.parse(OFFICIAL)).validate(root_of(INVOICE))


def test_the_envelope_is_read():
    message = read(root_of(INVOICE))
    assert (message.flow, message.issued) == ("CPP0011201000000000000001", "2026-09-05")
    assert (message.sender, message.recipient) == ("CPP001", "DEM001")


def test_a_motif_stands_at_the_head_of_the_comment():
    root = root_of(INVOICE)
    assert root.findtext(".//Commentaire") == "JUSTIF_ABS : bon de livraison"
    bare = msgspec.structs.replace(INVOICE, comment="")
    assert root_of(bare).findtext(".//Commentaire") == "JUSTIF_ABS"
    labelled = msgspec.structs.replace(bare, motif_label="Pièce absente")
    assert root_of(labelled).findtext(".//Commentaire") == "JUSTIF_ABS : Pièce absente"


@pytest.mark.parametrize(
    ("comment", "complement", "motif", "rest"),
    [
        ("JUSTIF_ABS", "", "JUSTIF_ABS", ""),
        ("JUSTIF_ABS:bon", "", "JUSTIF_ABS", "bon"),
        (" AUTRE : a : b ", "", "AUTRE", "a : b"),
        ("AUTRE chose", "", "", "AUTRE chose"),
        ("INCONNU : x", "", "", "INCONNU : x"),
        ("x", "CMD_ERR", "CMD_ERR", "x"),
        ("x", "Suspendue", "", "x"),
    ],
)
def test_a_motif_is_found_where_partners_may_put_it(comment, complement, motif, rest):
    status = msgspec.structs.replace(INVOICE, motif="", comment=comment, label=complement)
    (found,) = read(root_of(status)).statuses
    assert (found.motif, found.comment) == (motif, rest)


def test_the_status_is_dated_when_it_was_set():
    assert root_of(INVOICE).findtext(".//Horodatage") == "2026-09-02T10:00:00+02:00"
    now = msgspec.structs.replace(INVOICE, occurred=None)
    assert root_of(now).findtext(".//Horodatage") == "2026-09-05T11:00:00+02:00"


def test_producer_mandate_and_service_have_their_elements(schemas):
    status = msgspec.structs.replace(INVOICE, mandate="M1", service="x" * 120)
    root = root_of(status)
    assert_valid(schemas, root)
    assert root.find(".//Producteur").get("Id") == "AGENT 7"
    assert root.findtext(".//IdMandatDP") == "M1"
    assert len(root.findtext(".//CodeService")) == 100


def test_a_long_comment_is_whole():
    status = msgspec.structs.replace(INVOICE, comment="x" * 2000)
    (found,) = read(root_of(status)).statuses
    assert found == status


def test_statuses_of_messages_have_no_place_in_it():
    rejected = ObjectStatus("601", "Rejeté", "message", "CDV-1", NOW)
    for statuses in ((rejected,), (INVOICE, rejected)):
        with pytest.raises(ValueError, match=r"at least one status|no status of a message"):
            root_of(*statuses)


@pytest.mark.parametrize("text", ["7", "07", "+7", "007"])
def test_codes_are_numbers(text):
    root = root_of(INVOICE)
    root.find(".//IdStatut").text = text
    assert read(root).statuses[0].status == "07"


@pytest.mark.parametrize(
    "text", ["", "hier", "2026-09-02", "9999-12-31T23:59:59-14:00", "2026-09-02T10:00:00"]
)
def test_an_instant_that_is_none_is_a_day_long_ago(text):
    root = root_of(INVOICE)
    root.find(".//Horodatage").text = text
    assert read(root).statuses[0].received.tzinfo is UTC


def test_an_empty_document_is_read_as_nothing():
    assert read(etree.Element("CPPStatut")).statuses == ()


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.is_dir(), reason="no reference corpus: set AIFE_SIM_SHARED")
def test_public_samples_are_read():
    roots = [etree.parse(path).getroot() for path in sorted(CORPUS.glob("**/*.xml"))]
    found = [s for root in roots if root.tag == "CPPStatut" for s in read(root).statuses]
    assert {(s.number, s.status, s.issue_date) for s in found} == {
        ("Example01", "07", "2018-06-13"),
        ("Example03", "07", "2018-06-13"),
    }


WORDS = st.text("abcé É'&<>\n", min_size=1, max_size=20).map(str.strip).filter(bool)


@settings(deadline=None, max_examples=150)
@given(
    st.lists(
        st.builds(
            InvoiceStatus,
            status=st.sampled_from(sorted(TABLE.statuses.a)),
            label=WORDS,
            number=WORDS,
            issue_date=st.dates().map(str) | st.just(""),
            type_code=st.just(""),
            supplier_scheme=st.sampled_from("1234567"),
            supplier=WORDS,
            supplier_name=WORDS,
            recipient=st.text("0123456789", min_size=14, max_size=14),
            recipient_name=WORDS,
            received=st.just(BEFORE),
            comment=WORDS | st.just(""),
            motif=st.sampled_from(["", *TABLE.motifs.buyer]),
            occurred=st.just(BEFORE),
            producer=st.text("ABC 12", max_size=9),
            mandate=WORDS | st.just(""),
            service=WORDS | st.just(""),
            service_name=WORDS | st.just(""),
        ),
        min_size=1,
        max_size=3,
    )
)
def test_any_status_is_valid_and_what_was_written_is_read(schemas, statuses):
    root = root_of(*statuses)
    assert_valid(schemas, root)
    assert read(root).statuses == tuple(statuses)
