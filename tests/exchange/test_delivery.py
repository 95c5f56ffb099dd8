"""Invoices for their recipients: what leaves, on which code, with which content; what is relayed."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from lxml import etree
from playbook import START, Playbook, document, name_of
from stage_desk import (
    AT_DEM021,
    AT_DEM022,
    AT_NOBODY,
    BUYER,
    ISSUER,
    PLAYED,
    SUPPLIER,
    TOWN,
    Stage,
)

from simulator.domain.flows import BlobRef, Origin, Passage
from simulator.domain.judgement import Limits
from simulator.domain.raccordement import Raccordement, Structure
from simulator.domain.reference import Options
from simulator.exchange.inputs import (
    Acknowledged,
    Blob,
    InvoiceEmitted,
    RaccordementSaved,
    StructuresSaved,
)
from simulator.journal import read
from simulator.messages import cdarreading
from simulator.messages.archives import pack
from simulator.messages.carrying import filled
from simulator.messages.invoice import ubl
from simulator.messages.pivotreading import read as read_pivot
from simulator.messages.specimen_status import Status, cdar_message
from simulator.messages.specimens.factory import document as made
from simulator.messages.specimens.factory import of_circuit
from simulator.messages.specimens.model import Specimen
from simulator.validation.syntaxes import schema_of


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    staged = Stage(tmp_path / "data")
    yield staged
    staged.store.close()


def g2b(stage: Stage, number: str = "G-1", recipient: str = AT_DEM021, **more: object) -> int:
    given = {"interface": "FSO3110A", "partner": "DEM031", **more}
    return stage.invoice(number, recipient=recipient, **given)


def only_file(stage: Stage, partner: str, code: str) -> tuple[str, bytes]:
    (value,) = [v for v in stage.sent(partner) if v.interface == code]
    ((name, content),) = stage.files(value).items()
    return name, content


# -- G2B: to the platform of the recipient ----------------------------------------------------------


def test_an_invoice_goes_to_the_platform_behind_its_recipient_with_a_readable_form(
    stage: Stage,
) -> None:
    g2b(stage)
    assert stage.heard("DEM031") == ["CSO3110A 200"]
    assert stage.heard("DEM021") == ["FEN3036A G-1"]
    name, content = only_file(stage, "DEM021", "FEN3036A")
    assert name == "G-1.xml"
    root = etree.fromstring(content)
    schema_of("ubl-2.1").assertValid(root)
    (readable,) = ubl.read_invoice(root).supporting
    assert readable.description.clean == "LISIBLE"
    assert ubl.read_invoice(root).number.clean == "G-1"


def test_an_invoice_with_a_readable_form_goes_on_byte_for_byte(stage: Stage) -> None:
    spec = msgspec.structs.replace(of_circuit("g2b-issuer"), number="G-1", recipient=AT_DEM021)
    with_pdf = only_readable(made(spec, "ubl"))
    stage.send("DEM031", "FSO3110A", pack([("f.xml", with_pdf)], START))
    assert only_file(stage, "DEM021", "FEN3036A") == ("f.xml", with_pdf)


def only_readable(content: bytes) -> bytes:
    from simulator.messages.readableubl import with_readable

    return with_readable(etree.fromstring(content), b"%PDF-1.7 own\n%%EOF") + b"\n<!-- end -->"


def test_a_factur_x_goes_on_as_it_is(stage: Stage) -> None:
    spec = msgspec.structs.replace(of_circuit("g2b-issuer"), number="G-1", recipient=AT_DEM022)
    content = made(spec, "factur-x")
    stage.send("DEM031", "FSO3117A", pack([("f.pdf", content)], START))
    assert stage.heard("DEM031") == ["CSO3117A 200"]
    assert only_file(stage, "DEM022", "FEN3736A") == ("f.pdf", content)


def test_each_platform_gets_only_its_invoices_of_one_envelope(stage: Stage) -> None:
    files = []
    for number, recipient in (("A", AT_DEM021), ("B", AT_DEM022), ("C", AT_DEM021), ("D", PLAYED)):
        spec = msgspec.structs.replace(of_circuit("g2b-issuer"), number=number, recipient=recipient)
        files.append((f"{number}.xml", made(spec, "ubl")))
    stage.send("DEM031", "FSO3110A", pack(files, START))
    assert stage.heard("DEM031") == ["CSO3110A 200 200 200 200"]
    assert stage.heard("DEM021") == ["FEN3036A A C"]
    assert stage.heard("DEM022") == ["FEN3036A B"]
    assert list(stage.files(stage.sent("DEM021")[0])) == ["A.xml", "C.xml"]


def test_one_return_each_where_the_settings_ask_for_it(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "other", Options(messages_per_archive=1))
    stage.invoices(["A", "B"], interface="FSO3110A", partner="DEM031", recipient=AT_DEM021)
    assert stage.heard("DEM021") == ["FEN3036A A", "FEN3036A B"]
    stage.store.close()


@pytest.mark.parametrize("setting", ["same", "own"])
def test_the_first_acknowledgement_keeps_the_identifier_of_the_deposit(
    tmp_path: Path, setting: str
) -> None:
    stage = Stage(tmp_path / "other", Options(messages_per_archive=1, ack_name=setting))
    stage.invoices(["A", "B"], interface="FSO3110A", partner="DEM031", recipient=AT_DEM021)
    kept = read.flows(stage.store.connection, "default")[0]["name"].replace("FSO", "CSO", 1)
    names = [value.name for value in stage.sent("DEM031")]
    assert [name == kept for name in names] == [setting == "same", False]
    assert all(name.startswith("CSO3110A_DEM031_CPP001") for name in names if name != kept)
    stage.store.close()


def test_many_invoices_leave_in_returns_of_bounded_size(stage: Stage) -> None:
    numbers = [f"N-{n}" for n in range(130)]
    stage.invoices(numbers, interface="FSO3110A", partner="DEM031", recipient=AT_NOBODY)
    play(stage, numbers)
    assert [len(v.sources) for v in stage.sent("DEM021")] == [100, 30]


def play(stage: Stage, numbers: list[str]) -> None:
    """A flow judged without documents, and left uncomposed."""
    name = name_of(777, "FSO3110A", "DEM031")
    flow = stage.deposit(name, partner="DEM031")
    facts = {"supplier": ISSUER, "recipient": AT_DEM021, "issue_date": "2026-01-01"}
    stage.judge(flow, *(document(f"{n}x", **facts) for n in numbers))


def test_without_a_connected_platform_the_first_status_says_so(stage: Stage) -> None:
    g2b(stage, recipient=AT_NOBODY)
    (value,) = stage.sent("DEM031")
    (status,) = value.statuses
    assert (status.status, status.motif) == ("200", "NON_TRANSMISE")
    (content,) = stage.files(value).values()
    (read,) = cdarreading.read(etree.fromstring(content)).statuses
    assert read.motif == "NON_TRANSMISE"
    stage.advance(days=365)
    assert stage.history("G-1") == [("200", "chorus")]
    assert stage.sent("DEM021") == stage.sent("DEM022") == []


def test_a_platform_whose_raccordement_ended_is_not_connected(stage: Stage) -> None:
    ended = msgspec.structs.replace(stage.partner("DEM021"), valid_to=START)
    stage.do(RaccordementSaved(ended))
    g2b(stage)
    assert stage.sent("DEM031")[0].statuses[0].motif == "NON_TRANSMISE"
    assert stage.sent("DEM021") == []


def test_an_invoice_that_is_refused_goes_nowhere(stage: Stage) -> None:
    g2b(stage, supplier=PLAYED)  # of no public supplier
    assert stage.heard("DEM031") == ["CSO3110A 213"]
    assert stage.sent("DEM021") == []


# -- G2B: what the platform and the issuer say -------------------------------------------------------


def test_statuses_are_relayed_to_the_issuer_as_the_platform_wrote_them(stage: Stage) -> None:
    g2b(stage)
    for code, status in (("CEN3036A", "202"), ("FSO3301A", "203"), ("FSO3301A", "204")):
        name = f"{code}_DEM021_DEM021{code[3:7]}{int(status) + 5000:015d}.tar.gz"
        said = Status(status, "G-1", name, supplier=ISSUER)
        content = cdar_message(said)
        stage.send("DEM021", code, pack([(f"{status}.xml", content)], START))
        relayed = stage.sent("DEM031")[-1]
        assert (relayed.interface, relayed.format) == ("FEN4000A", "relay")
        assert stage.files(relayed) == {f"{status}.xml": content}
    assert stage.heard("DEM031")[1:] == ["FEN4000A 202", "FEN4000A 203", "FEN4000A 204"]
    assert stage.acks("DEM021") == {"FEN3036A": "202"}


def test_statuses_of_one_envelope_are_relayed_in_one(stage: Stage) -> None:
    numbers = ["A", "B", "C"]
    stage.invoices(numbers, interface="FSO3110A", partner="DEM031", recipient=AT_DEM021)
    flow = "FSO3301A_DEM021_DEM0213301000000000000099.tar.gz"
    said = {f"{n}.xml": cdar_message(Status("203", n, flow, supplier=ISSUER)) for n in numbers}
    stage.send("DEM021", "FSO3301A", pack(list(said.items()), START))
    assert stage.heard("DEM031")[1:] == ["FEN4000A 203 203 203"]
    assert stage.files(stage.sent("DEM031")[-1]) == said


def test_a_platform_refuses_one_invoice_of_two(stage: Stage) -> None:
    stage.invoices(["A", "B"], interface="FSO3110A", partner="DEM031", recipient=AT_DEM021)
    stage.status("DEM021", "CEN3036A", "213", "A")
    stage.status("DEM021", "CEN3036A", "202", "B")
    assert stage.heard("DEM031")[1:] == ["FEN4000A 213", "FEN4000A 202"]
    assert stage.acks("DEM021") == {"FEN3036A": "213"}


@pytest.mark.parametrize(
    ("said", "relay", "refusal"),
    [
        (("DEM021", "FSO3301A", "204"), ("DEM031", "FEN4000A"), "FSO3302A"),
        (("DEM031", "FSO3300A", "212"), ("DEM021", "FEN4001A"), "FSO3303A"),
    ],
)
def test_a_relayed_status_is_refused_by_the_name_that_its_author_gave_it(
    stage: Stage, said: tuple[str, str, str], relay: tuple[str, str], refusal: str
) -> None:
    g2b(stage)
    author, code, status = said
    other = "205" if status == "212" else "203"
    stage.status(author, code, status, "G-1")
    stage.status(author, code, other, "G-1")  # a later one, which is not meant
    addressee, interface = relay
    meant = next(v for v in stage.sent(addressee) if v.interface == interface)
    ((_, content),) = stage.files(meant).items()
    message = cdarreading.read(etree.fromstring(content)).identifier
    flow = stage.status(addressee, refusal, "601", message)
    assert stage.returns(flow) == []
    assert stage.ack(meant.name) == "601"
    assert stage.acks(addressee)[interface] == ""


def test_what_stops_at_chorus_pro_is_not_relayed(stage: Stage) -> None:
    g2b(stage)
    stage.status("DEM021", "FSO3301A", "221", "G-1")
    assert stage.heard("DEM031") == ["CSO3110A 200"]
    assert stage.history("G-1")[-1] == ("221", "platform")


@pytest.mark.parametrize("code", ["FSO3300A", "FSO3302A"])
def test_statuses_of_the_issuer_are_relayed_to_the_platform(stage: Stage, code: str) -> None:
    g2b(stage)
    stage.status("DEM031", code, "212", "G-1")
    assert stage.heard("DEM021") == ["FEN3036A G-1", "FEN4001A 212"]
    assert stage.heard("DEM022") == []


def test_a_status_by_command_is_written_by_us(stage: Stage) -> None:
    g2b(stage)
    stage.say("G-1", "208", motif="JUSTIF_ABS", comment="bon de commande manquant")
    told = stage.sent("DEM031")[-1]
    assert (told.interface, told.format, told.sources) == ("FEN4000A", "cdar", ())
    assert (told.statuses[0].motif, told.statuses[0].status) == ("JUSTIF_ABS", "208")


def test_a_platform_that_no_longer_receives_for_it_may_still_speak(stage: Stage) -> None:
    g2b(stage)
    moved = Structure(AT_DEM021, "Imprimerie", "private", partner="DEM022")
    stage.do(StructuresSaved((moved,)))
    stage.status("DEM021", "CEN3036A", "202", "G-1")
    stage.status("DEM022", "FSO3301A", "203", "G-1")
    assert stage.history("G-1") == [("200", "chorus"), ("202", "platform")]
    assert stage.heard("DEM022") == ["FEN4003A 601"]


# -- B2G: to a public buyer ----------------------------------------------------------------------------


def pivot(stage: Stage, partner: str = "BUYER1", rank: int = -1):
    value = stage.sent(partner)[rank]
    assert (value.interface, value.format) == ("FEN0036A", "pivot")
    ((_, content),) = stage.files(value).items()
    root = etree.fromstring(content)
    schema_of("cpp-facture-pivot").assertValid(root)
    return read_pivot(root)


def test_a_public_buyer_gets_the_invoice_once_it_is_at_its_disposal(stage: Stage) -> None:
    stage.invoice("P-1", recipient=TOWN)
    assert stage.sent("BUYER1") == []
    stage.advance(minutes=5)
    (invoice,) = pivot(stage)
    assert (invoice.number, invoice.debtor.identifier) == ("P-1", TOWN)
    assert (invoice.received, invoice.resent) == ("2026-09-01", "")
    assert [(f.kind, f.category) for f in invoice.files] == [
        ("01", "Facture_UBL_AFNOR"),
        ("02", "Facture PDF"),
    ]
    spec = msgspec.structs.replace(of_circuit("b2g-pa"), number="P-1", recipient=TOWN)
    assert invoice.files[0].content == made(spec, "ubl")
    assert stage.heard("DEM011")[-1] == "FEN1204A 203"


def test_a_historic_invoice_reaches_its_buyer_likewise(stage: Stage) -> None:
    numbers = ["H-1", "H-2"]
    stage.invoices(numbers, interface="FSO1100A", partner="DEM001", recipient=TOWN)
    stage.advance(minutes=5)
    assert [invoice.number for invoice in pivot(stage)] == numbers
    assert stage.heard("BUYER1") == ["FEN0036A H-1 H-2"]


def test_a_completed_invoice_comes_again_with_what_completes_it(stage: Stage) -> None:
    stage.invoice("P-1", recipient=TOWN)
    stage.advance(minutes=5)
    stage.say("P-1", "06", motif="AUTRE")
    assert stage.heard("DEM011")[-1] == "FEN1204A 208"
    stage.status("DEM011", "FSO1304A", "209", "P-1")
    (invoice,) = pivot(stage)
    assert invoice.resent == "Complétée"
    assert [f.category for f in invoice.files][-1] == "Document annexe"
    assert invoice.files[-1].content
    assert stage.heard("BUYER1") == ["FEN0036A P-1", "FEN0036A P-1"]


def test_a_buyer_that_does_not_subscribe_gets_nothing(stage: Stage) -> None:
    quiet = Raccordement("BUYER1", "b2g", "sftp", interfaces=tuple(c for c in BUYER if c[0] != "F"))
    stage.do(RaccordementSaved(quiet))
    stage.invoice("P-1", recipient=TOWN)
    stage.advance(minutes=5)
    assert stage.sent("BUYER1") == []
    assert stage.history("P-1")[-1] == ("03", "chorus")


@pytest.mark.parametrize("status", ["92", "94"])
def test_a_buyer_acknowledges_the_flow(stage: Stage, status: str) -> None:
    stage.invoice("P-1", recipient=TOWN)
    stage.advance(minutes=5)
    (value,) = stage.sent("BUYER1")
    flow = stage.status("BUYER1", "FSO1300A", status, value.name[16:41])
    assert stage.returns(flow) == []
    assert stage.acks("BUYER1") == {"FEN0036A": status}


# -- actors by hand ------------------------------------------------------------------------------------


def test_the_issuer_sends_an_invoice_by_hand_under_a_new_name(stage: Stage) -> None:
    names = []
    for number in ("A", "B"):
        spec = msgspec.structs.replace(of_circuit("g2b-issuer"), number=number, recipient=AT_DEM021)
        blob = Blob.of(made(spec, "ubl"))
        admission = stage.do(InvoiceEmitted("DEM031", "FSO3110A", ".xml", blob))
        assert admission.refused is None
        names.append(stage._flow(admission.flow).name)
    assert names == [
        "FSO3110A_DEM031_DEM0313110900000000000001.xml",
        "FSO3110A_DEM031_DEM0313110900000000000002.xml",
    ]


def number_of(stage: Stage, code: str) -> int:
    row = stage.store.connection.execute("SELECT id FROM returned WHERE interface = ?", (code,))
    return int(row.fetchone()[0])


def test_a_partner_acknowledges_by_hand(stage: Stage) -> None:
    stage.invoices(["A", "B"], interface="FSO3110A", partner="DEM031", recipient=AT_DEM021)
    done = stage.do(Acknowledged(number_of(stage, "FEN3036A"), "202"))
    stage.compose_all()
    assert done.told == ("issuer: 202 Reçue de la plateforme",)
    assert stage.heard("DEM031")[1:] == ["FEN4000A 202", "FEN4000A 202"]
    assert stage.acks("DEM021") == {"FEN3036A": "202"}
    stage.do(Acknowledged(number_of(stage, "FEN3036A"), "501"))
    assert stage.acks("DEM021") == {"FEN3036A": "501"}


@pytest.mark.parametrize(
    ("code", "status", "possible"),
    [
        ("FEN3036A", "500", "501, 202, 213"),
        ("FEN4000A", "202", "501, 601"),
        ("CSO3110A", "501", "nothing"),
    ],
)
def test_an_impossible_acknowledgement_is_refused_with_what_is_possible(
    stage: Stage, code: str, status: str, possible: str
) -> None:
    g2b(stage)
    stage.say("G-1", "202")
    with pytest.raises(ValueError, match=f"possible: {possible}"):
        stage.do(Acknowledged(number_of(stage, code), status))


def test_a_refusal_by_hand_needs_its_motif(stage: Stage) -> None:
    g2b(stage)
    with pytest.raises(ValueError, match="motif"):
        stage.do(Acknowledged(number_of(stage, "FEN3036A"), "213"))
    assert stage.acks("DEM021") == {"FEN3036A": ""}


@pytest.mark.parametrize(
    ("code", "status", "good"),
    [("FEN3036A", "501", "IRR_TAILLE"), ("FEN4000A", "601", "REJ_INC")],
)
def test_a_motif_by_hand_must_go_with_the_status(
    stage: Stage, code: str, status: str, good: str
) -> None:
    g2b(stage)
    stage.say("G-1", "202")
    with pytest.raises(ValueError, match=f"'NONE' does not go with {status}.*{good}"):
        stage.do(Acknowledged(number_of(stage, code), status, "NONE"))
    stage.do(Acknowledged(number_of(stage, code), status, good))


def test_why_tells_that_no_platform_takes_an_accepted_invoice(stage: Stage) -> None:
    flow = stage.invoice("G-1", interface="FSO3110A", partner="DEM031", recipient=AT_NOBODY)
    last = stage.why(flow)["checks"][-1]
    assert (last["name"], last["outcome"]) == ("platform of the recipient of G-1", "skipped")
    expected = f"no connected platform takes FEN3036A for {AT_NOBODY}: NON_TRANSMISE"
    assert last["detail"] == expected


def test_why_has_no_such_line_of_an_invoice_that_leaves(stage: Stage) -> None:
    flow = g2b(stage)
    assert not [c for c in stage.why(flow)["checks"] if c["name"].startswith("platform")]


# -- what the journal keeps ----------------------------------------------------------------------------


def test_the_journal_keeps_where_an_invoice_lies_and_not_the_invoice(stage: Stage) -> None:
    g2b(stage)
    row = stage.store.connection.execute("SELECT body FROM returned WHERE partner = 'DEM021'")
    assert len(row.fetchone()[0]) < 1500


def test_invoices_are_never_taken_out_inside_a_step(stage: Stage) -> None:
    flow = stage.deposit(name_of(778, "FSO3110A", "DEM031"), partner="DEM031")
    facts = {"supplier": ISSUER, "recipient": AT_DEM021}
    stage.judge(flow, document("G-9", **facts))
    rows = stage.store.connection.execute("SELECT state FROM returned WHERE partner = 'DEM021'")
    assert [row[0] for row in rows] == ["composing"]
    assert [w.lane for w in stage.todo if w.kind == "compose"] == ["compose:DEM021"]


def test_a_file_that_is_not_in_its_deposit_is_a_fault_that_is_told(stage: Stage) -> None:
    g2b(stage)
    (value,) = stage.sent("DEM021")
    content = pack([("other.xml", b"<Invoice/>")], START)
    ref = BlobRef("0" * 64, len(content))
    lost = Passage(Origin(ref, "FSO3110A_DEM031_DEM0313110000000000000001.tar.gz", "f.xml"))
    with pytest.raises(ValueError, match=r"holds no f\.xml"):
        filled(msgspec.structs.replace(value, sources=(lost,)), {ref.sha256: content}, Limits())


def test_large_deposits_are_read_from_their_file(stage: Stage, tmp_path: Path) -> None:
    g2b(stage)
    (value,) = stage.sent("DEM021")
    sha256 = value.sources[0].origin.blob.sha256
    data = stage.store.connection.execute(
        "SELECT data FROM blob WHERE sha256 = ?", (sha256,)
    ).fetchone()[0]
    file = tmp_path / sha256
    file.write_bytes(data)
    (from_file,) = filled(value, {sha256: file}, Limits()).files
    (from_memory,) = filled(value, {sha256: data}, Limits()).files
    assert from_file == from_memory
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        assert archive.getnames() == [from_file.name]


def test_returns_of_a_large_flow_wait_for_the_report_on_it(play: Playbook) -> None:
    from simulator.domain.judgement import Judgement
    from simulator.exchange.inputs import BlockJudged, Judged

    for partner in (
        Raccordement("DEM031", "g2b-issuer", "sftp", interfaces=("FSO3110A", "CSO3110A")),
        Raccordement("DEM021", "g2b-pa", "sftp", interfaces=("FEN3036A",)),
    ):
        play.do(RaccordementSaved(partner))
    play.do(StructuresSaved((Structure(AT_DEM021, "Imprimerie", "private", partner="DEM021"),)))
    flow = play.deposit(name_of(1, "FSO3110A", "DEM031"), partner="DEM031")
    work = next(w for w in play.todo if w.kind == "judge" and w.subject == flow)
    facts = {"supplier": "12345678200051", "recipient": AT_DEM021}
    block = msgspec.msgpack.encode((document("A", **facts), document("B", **facts)))
    play.do(BlockJudged(work.id, flow, 0, block))
    assert [w.lane for w in play.todo if w.kind == "compose"] == []
    play.do(Judged(work.id, flow, Judgement()))
    lanes = [w.lane for w in play.todo if w.kind == "compose"]
    assert lanes == ["compose:DEM031", "compose:DEM021"]


def test_what_a_large_flow_promised_is_taken_back_with_it(play: Playbook) -> None:
    from simulator.exchange.inputs import BlockJudged, Judged
    from simulator.validation.givenup import given_up

    for partner in (
        Raccordement("DEM031", "g2b-issuer", "sftp", interfaces=("FSO3110A", "CSO3110A")),
        Raccordement("DEM021", "g2b-pa", "sftp", interfaces=("FEN3036A",)),
    ):
        play.do(RaccordementSaved(partner))
    play.do(StructuresSaved((Structure(AT_DEM021, "Imprimerie", "private", partner="DEM021"),)))
    flow = play.deposit(name_of(1, "FSO3110A", "DEM031"), partner="DEM031")
    work = next(w for w in play.todo if w.kind == "judge" and w.subject == flow)
    facts = {"supplier": "12345678200051", "recipient": AT_DEM021}
    block = msgspec.msgpack.encode((document("A", **facts),))
    play.do(BlockJudged(work.id, flow, 0, block))
    play.do(Judged(work.id, flow, given_up("SIM_JUDGE_DEFECT", detail="x")))
    assert play.store.connection.execute("SELECT count(*) FROM delivery").fetchone()[0] == 0
    assert play.waiting("DEM021") == []


# -- what the issuer calls its invoice ------------------------------------------------------------

OWN_NAME = (
    b'<cac:AdditionalDocumentReference><cbc:ID schemeID="AJW">REF-9</cbc:ID>'
    b"<cbc:DocumentTypeCode>130</cbc:DocumentTypeCode></cac:AdditionalDocumentReference>"
)


def with_own_name(spec: Specimen) -> bytes:
    """An archive with one invoice that says what its issuer calls it."""
    before = b"<cac:AccountingSupplierParty>"
    named = made(spec, "ubl").replace(before, OWN_NAME + before)
    return pack([(f"{spec.number}.xml", named)], START)


def echoes(stage: Stage, partner: str) -> list[tuple[str, str]]:
    """Status and MDT-92 of every CDAR of ours to a partner."""
    said = []
    for value in stage.sent(partner):
        for content in stage.files(value).values() if value.format == "cdar" else ():
            (status,) = cdarreading.read(etree.fromstring(content)).statuses
            said.append((status.status, getattr(status, "reference", "")))
    return said


def test_statuses_of_g2b_echo_the_reference_of_the_issuer(stage: Stage) -> None:
    spec = msgspec.structs.replace(of_circuit("g2b-issuer"), number="G-1", recipient=AT_DEM021)
    stage.send("DEM031", "FSO3110A", with_own_name(spec))
    stage.say("G-1", "204")
    assert echoes(stage, "DEM031") == [("200", "REF-9"), ("204", "REF-9")]


def test_statuses_of_b2g_echo_none(stage: Stage) -> None:
    spec = msgspec.structs.replace(of_circuit("b2g-pa"), number="P-1", recipient=TOWN)
    stage.send("DEM011", "FSO1150A", with_own_name(spec))
    assert echoes(stage, "DEM011")[-1] == ("202", "")


def test_who_asks_why_of_a_flow_of_ours_is_sent_to_its_deposit(stage: Stage) -> None:
    g2b(stage)
    ours = stage.sent("DEM021")[0].name
    for wanted in (ours, ours.removesuffix(".tar.gz")):
        with pytest.raises(read.NoSuchFlow, match="follows from, FSO3110A_DEM031_"):
            read.find_flow(stage.store.connection, "default", wanted)
    with pytest.raises(read.NoSuchFlow, match="expected a flow name"):
        read.find_flow(stage.store.connection, "default", "NOTHING")


# -- validated before they reach their buyer ------------------------------------------------------------


@pytest.mark.parametrize(
    ("partner", "code", "cadre"), [("DEM001", "FSO1100A", "A9"), ("DEM011", "FSO1150A", "S3")]
)
def test_a_validated_invoice_comes_with_the_statuses_so_far_and_a_page_of_them(
    stage: Stage, partner: str, code: str, cadre: str
) -> None:
    stage.invoice("V-1", interface=code, partner=partner, recipient=TOWN, profile=cadre)
    stage.say("V-1", "13", actor="validator1", comment="travaux faits")
    stage.advance(days=2)
    stage.say("V-1", "03", actor="chorus")
    (invoice,) = pivot(stage)
    assert [(s.day, s.code, s.label, s.comment) for s in invoice.story] == [
        ("2026-09-01", "01", "Déposée", ""),
        ("2026-09-01", "13", "Validée par le 1er valideur", "travaux faits"),
        ("2026-09-03", "03", "Mise à disposition du destinataire", ""),
    ]
    assert [(s.author.identifier, s.author.name) for s in invoice.story[:2]] == [
        ("CPP001", "Chorus Pro"),
        ("INCONNU", "1er valideur"),
    ]
    (page,) = [f for f in invoice.files if f.name == "BORDEREAU_SUIVI.pdf"]
    assert (page.kind, page.mime, page.content[:5]) == ("02", "application/pdf", b"%PDF-")


def test_an_ordinary_invoice_has_no_cycle_of_validation(stage: Stage) -> None:
    stage.invoice("P-1", recipient=TOWN)
    stage.advance(minutes=5)
    (invoice,) = pivot(stage)
    assert invoice.story == ()
    assert "BORDEREAU_SUIVI.pdf" not in [f.name for f in invoice.files]


def test_the_supplier_who_completed_and_the_buyer_who_suspended_are_named(stage: Stage) -> None:
    stage.invoice("V-1", recipient=TOWN, profile="S3")
    stage.say("V-1", "13", actor="validator1")
    stage.advance(minutes=5)
    stage.say("V-1", "03", actor="chorus")
    stage.say("V-1", "06", motif="AUTRE")
    stage.say("V-1", "209", actor="platform", attachments=["bon.pdf"])
    (invoice,) = pivot(stage)
    assert [(s.code, s.author.identifier) for s in invoice.story[-2:]] == [
        ("06", TOWN),
        ("12", SUPPLIER),
    ]
