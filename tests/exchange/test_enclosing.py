"""Files beside a status: they travel, they are kept and shown, and what may not go along is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree
from stage_desk import AT_DEM021, ISSUER, TOWN, Stage, enclosure

from simulator.domain.flows import Return
from simulator.domain.judgement import Limits
from simulator.domain.reference import Options
from simulator.journal import contents, read
from simulator.messages import cdarreading
from simulator.messages.carrying import enclosed_file
from simulator.messages.pivotreading import read as read_pivot

PDF = b"%PDF-1.7 \x00\xff bon"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path / "data")
    yield made
    made.store.close()


def suspended(stage: Stage) -> None:
    stage.invoice("P-1", recipient=TOWN)
    stage.advance(minutes=5)
    stage.say("P-1", "06", motif="AUTRE")


def handed_on(stage: Stage) -> None:
    stage.invoice(
        "G-1", interface="FSO3110A", partner="DEM031", supplier=ISSUER, recipient=AT_DEM021
    )


def last(stage: Stage, partner: str) -> Return:
    return stage.sent(partner)[-1]


def document(stage: Stage, value: Return) -> etree._Element:
    ((_, content),) = stage.files(value).items()
    return etree.fromstring(content)


def shown(stage: Stage, number: str) -> list[tuple[str, str, int]]:
    (*_, entry) = stage.life(number)["history"]
    return [(f["name"], f["mime"], f["size"]) for f in entry["attachments"]]


def saved(stage: Stage, number: str) -> bytes:
    """The file beside the last status, as ``status files`` saves it."""
    (*_, entry) = stage.life(number)["history"]
    file = contents.enclosed_file(stage.store.connection, "default", entry["attachments"][0]["id"])
    blob = file.origin.blob if file.origin else file.blob
    assert blob
    content = contents.blob_named(stage.store.connection, "default", blob.sha256)
    return enclosed_file(file, {blob.sha256: content or b""}, Limits())


# -- they travel -----------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["209", "227"])
def test_a_file_of_a_platform_reaches_the_public_buyer(stage: Stage, status: str) -> None:
    suspended(stage)
    stage.say("P-1", status, actor="platform", attachments=[enclosure("bon.pdf", PDF)])
    (invoice,) = read_pivot(document(stage, last(stage, "BUYER1")))
    file = invoice.files[-1]
    assert (invoice.resent, file.name, file.mime, file.content, file.category) == (
        "Complétée",
        "bon.pdf",
        "application/pdf",
        PDF,
        "Document annexe",
    )


def test_a_file_of_a_historic_supplier_reaches_the_public_buyer(stage: Stage) -> None:
    stage.invoice("H-1", interface="FSO1100A", partner="DEM001", recipient=TOWN)
    stage.advance(minutes=5)
    stage.say("H-1", "06", motif="AUTRE")
    stage.say("H-1", "12", attachments=[enclosure("bon.docx", PDF)])
    (invoice,) = read_pivot(document(stage, last(stage, "BUYER1")))
    assert [f.content for f in invoice.files if f.name == "bon.docx"] == [PDF]


def test_a_file_of_an_issuer_reaches_the_platform_in_the_status(stage: Stage) -> None:
    handed_on(stage)
    stage.say("G-1", "209", attachments=[enclosure("bon.pdf", PDF), enclosure("a.csv", b"a;b")])
    value = last(stage, "DEM021")
    (said,) = cdarreading.read(document(stage, value)).statuses
    files = [(f.name, f.mime, f.content) for f in said.attachments]
    assert value.interface == "FEN4001A"
    assert files == [("bon.pdf", "application/pdf", PDF), ("a.csv", "text/csv", b"a;b")]


def test_files_beside_a_status_that_no_message_carries_stay_here_and_that_is_said(
    stage: Stage,
) -> None:
    stage.invoice("H-1", interface="FSO1100A", partner="DEM001")
    told = stage.say("H-1", "06", motif="AUTRE", attachments=["bon.pdf"])
    assert any("attachments stay here" in note for note in told.notes)
    assert stage.heard("DEM001")[-1] == "FEN1201A 06"
    assert shown(stage, "H-1") == [("bon.pdf", "application/pdf", 12)]


def test_statuses_with_large_files_are_gathered_only_as_far_as_they_fit(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "data", Options(status_delivery="daily"))
    stage.invoices(
        ["G-1", "G-2", "G-3"], "FSO3110A", "DEM031", supplier=ISSUER, recipient=AT_DEM021
    )
    for number, size in (("G-1", 1), ("G-2", 1), ("G-3", 32 << 20)):
        stage.say(number, "209", attachments=[enclosure(f"{number}.pdf", b"0" * size)])
    gathered = [len(v.statuses) for v in stage.sent("DEM021") if v.interface == "FEN4001A"]
    assert gathered == [2, 1]
    stage.store.close()


# -- they are kept and shown -------------------------------------------------------------------------


def test_a_file_sent_by_a_partner_is_in_the_history_and_can_be_had_again(stage: Stage) -> None:
    suspended(stage)
    flow = stage.status("DEM011", "FSO1304A", "209", "P-1")
    ((name, mime, size),) = shown(stage, "P-1")
    content = saved(stage, "P-1")
    assert (mime, size) == ("text/csv", len(content))
    assert size == 300
    details = [check["detail"] for check in stage.why(flow)["checks"]]
    assert any(f"with {name} ({size} bytes)" in detail for detail in details)
    shown_of_flow = read.describe_flow(stage.store.connection, stage._flow(flow))["attachments"]
    assert [(f["number"], f["name"], f["size"]) for f in shown_of_flow] == [("P-1", name, size)]


def test_a_file_sent_by_command_is_in_the_history_and_can_be_had_again(stage: Stage) -> None:
    suspended(stage)
    stage.say("P-1", "209", actor="platform", attachments=[enclosure("bon.pdf", PDF)])
    assert shown(stage, "P-1") == [("bon.pdf", "application/pdf", len(PDF))]
    assert saved(stage, "P-1") == PDF


def test_an_invoice_deposited_once_more_is_the_file_that_completes_it(stage: Stage) -> None:
    stage.invoice("H-1", interface="FSO1100A", partner="DEM001", recipient=TOWN)
    stage.advance(minutes=5)
    stage.say("H-1", "06", motif="AUTRE")
    stage.invoice("H-1", interface="FSO1100A", partner="DEM001", recipient=TOWN)
    assert stage.history("H-1")[-1] == ("12", "supplier")
    assert etree.fromstring(saved(stage, "H-1")).tag.endswith("Invoice")


@pytest.mark.parametrize("wanted", ["1-99", "99-1", "1-0", "x", "1", "-"])
def test_an_id_of_no_attachment_is_told(stage: Stage, wanted: str) -> None:
    suspended(stage)
    with pytest.raises(read.NoSuchFlow, match=r"no attachment"):
        contents.enclosed_file(stage.store.connection, "default", wanted)


# -- what may not go along -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "size", "rule"),
    [
        ("bon.pdf", 4097, "IRR_TAILLE_PJ"),
        ("bon.pdf", 0, "IRR_VID_PJ"),
        ("bon.exe", 1, "IRR_EXT_DOC_AFNOR"),
        ("bon.docx", 1, "IRR_EXT_DOC_AFNOR"),
        ("bon", 1, "IRR_EXT_DOC_AFNOR"),
        ("a:b.pdf", 1, "IRR_NOM_PJ_CHARACTER"),
    ],
)
def test_a_file_that_a_circuit_would_not_take_is_refused_with_the_rule(
    tmp_path: Path, name: str, size: int, rule: str
) -> None:
    stage = Stage(tmp_path / "data", Options(attachment_limit=4096))
    suspended(stage)
    before = stage.heard("BUYER1")
    with pytest.raises(ValueError, match=rf"^{rule}: Expected"):
        stage.say("P-1", "209", actor="platform", attachments=[enclosure(name, b"0" * size)])
    assert stage.history("P-1")[-1] == ("06", "buyer")
    assert stage.heard("BUYER1") == before
    stage.store.close()


def test_who_speaks_by_the_portal_may_send_ten_megabytes_and_a_platform_more(stage: Stage) -> None:
    stage.invoice("H-1", interface="FSO1100A", partner="DEM001", recipient=TOWN)
    suspended(stage)
    for number in ("H-1", "P-1"):
        stage.say(number, "06", motif="AUTRE")
    large, small = b"0" * (10 << 20) + b"1", b"0" * (10 << 20)
    with pytest.raises(ValueError, match=r"at most 10485760 bytes once decoded, found 10485761"):
        stage.say("H-1", "12", attachments=[enclosure("a.pdf", large)])
    stage.say("H-1", "12", attachments=[enclosure("a.pdf", small)])
    stage.say("P-1", "209", actor="platform", attachments=[enclosure("a.pdf", large)])
    assert [stage.history(n)[-1][0] for n in ("H-1", "P-1")] == ["12", "12"]


def test_files_that_do_not_fit_one_message_together_are_refused(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "data", Options(message_limit=16))
    suspended(stage)
    files = [enclosure("a.pdf", b"0" * 6), enclosure("b.pdf", b"0" * 7)]
    with pytest.raises(ValueError, match=r"^IRR_TAILLE_F: the attachments take 20 bytes"):
        stage.say("P-1", "209", actor="platform", attachments=files)
    stage.say("P-1", "209", actor="platform", attachments=files[:1])
    assert shown(stage, "P-1") == [("a.pdf", "application/pdf", 6)]
    stage.store.close()


def test_a_long_name_is_cut_to_fifty_characters_and_that_is_said(stage: Stage) -> None:
    suspended(stage)
    long = enclosure(f"{'x' * 60}.pdf", PDF)
    told = stage.say("P-1", "209", actor="platform", attachments=[long])
    ((name, _, _),) = shown(stage, "P-1")
    assert (len(name), name[-5:]) == (50, "x.pdf")
    assert any("keeps 50 characters" in note for note in told.notes)


def test_without_a_file_a_completion_is_still_refused(stage: Stage) -> None:
    suspended(stage)
    with pytest.raises(ValueError, match=r"attachment"):
        stage.say("P-1", "209", actor="platform")
