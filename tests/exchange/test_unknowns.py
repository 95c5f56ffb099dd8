"""What no public text settles is an option: each of its values does what it says."""

from __future__ import annotations

from typing import Any

import pytest
from interface_documents import document as interface_document
from interface_flows import specimen
from lxml import etree
from playbook import START
from stage_desk import AT_DEM021, CATALOGUE, PLAYED, TOWN, Stage

from simulator.domain.lifevalues import Choices
from simulator.messages.archives import pack
from simulator.messages.specimen_status import Status, cdar_message

RAM = "{urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100}"
G2B = {"interface": "FSO3110A", "partner": "DEM031"}


def senders(stage: Stage, partner: str) -> dict[str, str]:
    """Matricule of the sender of the first CDAR of each code."""
    found = {}
    for value in stage.sent(partner):
        if value.format == "cdar":
            root = etree.fromstring(next(iter(stage.files(value).values())))
            found[value.interface] = root.findtext(f".//{RAM}SenderTradeParty/{RAM}GlobalID")
    return found


def declared(stage: Stage) -> int:
    content = interface_document(CATALOGUE["FSO6000A"], specimen("FSO6000A", "good"))
    name = "123456782_TR-1_20260801_20260810.xml"
    return stage.send("DEM031", "FSO6000A", pack([(name, content)], START))


# -- numbers of platforms -------------------------------------------------------------------------


def test_chorus_pro_has_one_number_as_receiver_another_as_sender_and_passes_on_that_of_the_ppf(
    staged: Any,
) -> None:
    stage = staged()
    stage.invoice("P-1")
    stage.invoice("G-1", recipient=AT_DEM021, **G2B)
    declared(stage)
    assert senders(stage, "DEM011") == {"CSO1150A": "9999", "FEN1214A": "9999"}
    assert senders(stage, "DEM031") == {
        "CSO3110A": "9997",
        "CSO6000A": "9997",
        "FEN6000A": "9998",
    }


def test_these_numbers_are_options(staged: Any) -> None:
    stage = staged(matricule="0001", matricule_g2b="0002", matricule_ppf="0000")
    stage.invoice("P-1")
    declared(stage)
    assert set(senders(stage, "DEM011").values()) == {"0001"}
    assert senders(stage, "DEM031") == {"CSO6000A": "0002", "FEN6000A": "0000"}


# -- a declaration that is taken ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choice", "heard", "label"),
    [
        ("500", ["CSO6000A 500", "FEN6000A 300"], "Recevable"),
        ("300", ["CSO6000A 300", "FEN6000A 300"], "Déposée"),
        ("none", ["FEN6000A 300"], "Déposée"),
    ],
)
def test_how_a_declaration_is_taken_is_an_option(
    staged: Any, choice: str, heard: list[str], label: str
) -> None:
    stage = staged(ereporting_ack=choice)
    declared(stage)
    assert stage.heard("DEM031") == heard
    assert stage.sent("DEM031")[0].statuses[0].label == label


# -- a recipient behind whom there is nobody ------------------------------------------------------


def test_a_recipient_with_nobody_behind_it_is_played_or_cannot_be_reached(staged: Any) -> None:
    played, left = staged(), staged(g2b_unconnected="non-transmise")
    for stage in (played, left):
        stage.invoice("G-1", recipient=PLAYED, **G2B)
        stage.invoice("G-2", recipient=AT_DEM021, **G2B)
        stage.advance(days=1)
    assert [s for s, _ in played.history("G-1")] == ["200", "202", "203"]
    assert [s for s, _ in left.history("G-1")] == ["200"]
    for stage, motif in ((played, ""), (left, "NON_TRANSMISE")):
        first, second = (v.statuses[0] for v in stage.sent("DEM031")[:2])
        assert (first.motif, second.motif) == (motif, "")
        assert stage.heard("DEM021") == ["FEN3036A G-2"]


def test_a_public_buyer_with_nobody_behind_it_is_played_all_the_same(staged: Any) -> None:
    stage = staged(g2b_unconnected="non-transmise")
    stage.invoice("P-1")
    stage.advance(days=4)
    assert [s for s, _ in stage.history("P-1")] == ["01", "03", "07"]


# -- 04 after its withdrawal ----------------------------------------------------------------------


@pytest.mark.parametrize("circuit", ["b2g", "b2g-pa"])
@pytest.mark.parametrize("by_flow", [True, False])
def test_a_converted_04_carries_the_motif_of_the_table_into_history_and_onto_the_wire(
    staged: Any, circuit: str, by_flow: bool
) -> None:
    stage = staged()
    given = {"interface": "FSO1100A", "partner": "DEM001"} if circuit == "b2g" else {}
    stage.invoice("F-1", recipient=TOWN, **given)
    if by_flow:
        stage.status("BUYER1", "FSO1301A", "04", "F-1", buyer=TOWN)
    else:
        stage.say("F-1", "04")
    motif = stage.engine._reference.life.recycling.motif
    assert motif == "SE_ERR"
    entry = stage.life("F-1")["history"][-1]
    assert (entry["status"], entry["said"], entry["motif"]) == ("05", "04", motif)
    told = stage.sent("DEM001" if circuit == "b2g" else "DEM011")[-1]
    expected = ("05", motif) if circuit == "b2g" else ("210", "DEST_ERR")
    assert (told.statuses[0].status, told.statuses[0].motif) == expected
    (content,) = stage.files(told).values()
    assert expected[1].encode() in content


def test_a_motif_that_was_given_with_04_stays(staged: Any) -> None:
    stage = staged()
    stage.invoice("F-1", interface="FSO1100A", partner="DEM001")
    stage.say("F-1", "04", motif="JUSTIF_ABS")
    assert stage.life("F-1")["history"][-1]["motif"] == "JUSTIF_ABS"


def test_a_converted_04_said_again_without_motif_is_the_same_status(staged: Any) -> None:
    stage = staged()
    stage.invoice("F-1")
    assert stage.say("F-1", "04").effect == "set"
    assert stage.say("F-1", "04").effect == "noted"
    assert stage.say("F-1", "05", motif="SE_ERR").effect == "noted"


def test_04_that_is_kept_has_no_motif_of_its_own(staged: Any) -> None:
    stage = staged(choices=Choices(recycling="keep"))
    stage.invoice("F-1", interface="FSO1100A", partner="DEM001")
    stage.say("F-1", "04")
    entry = stage.life("F-1")["history"][-1]
    assert (entry["status"], entry["motif"]) == ("04", "")


# -- words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "told"),
    [("05", "ppf: 210 Refusée"), ("11", "ppf: 212 Encaissée")],
)
def test_the_ppf_is_told_labels_of_its_own_list_in_the_historic_circuit(
    staged: Any, status: str, told: str
) -> None:
    stage = staged()
    stage.invoice("H-1", interface="FSO1100A", partner="DEM001")
    assert told in stage.say("H-1", status, motif="AUTRE" if status == "05" else "").told


# -- a code printed for two directions -----------------------------------------------------------------


def refusal_of_our_flow(stage: Stage) -> tuple[str, bytes]:
    """What the declarant sends to refuse our FEN6000A: name without its code, and content."""
    declared(stage)
    ours = next(v for v in stage.sent("DEM031") if v.interface == "FEN6000A")
    name = f"_DEM031_DEM0316000{7:015d}.tar.gz"
    said = Status("501", subject=ours.name[16:41], flow=f"CEI6000A{name}")
    return name, pack([("501.xml", cdar_message(said))], START)


@pytest.mark.parametrize("code", ["CEI6000A", "CSI6000A"])
def test_a_declarant_refuses_our_flow_under_either_code(staged: Any, code: str) -> None:
    stage = staged()
    name, content = refusal_of_our_flow(stage)
    stage._deposit("DEM031", f"{code}{name}", content)
    assert stage.acks("DEM031")["FEN6000A"] == "501"


def test_that_the_second_code_is_taken_is_an_option(staged: Any) -> None:
    stage = staged(code_aliases="refuse")
    name, content = refusal_of_our_flow(stage)
    flow = stage.deposit(f"CSI6000A{name}", content, "DEM031", "sftp")
    (finding,) = stage.why(flow)["findings"]
    assert (finding["rule"], finding["motif"]) == ("IRR_CODE_INTER_DIRECTION", "IRR_CODE_INTER")


def test_a_code_of_ours_that_names_no_deposit_is_refused_all_the_same(staged: Any) -> None:
    stage = staged()
    name, content = refusal_of_our_flow(stage)
    flow = stage.deposit(f"CSO6000A{name}", content, "DEM031", "sftp")
    assert stage.motifs(flow) == ["IRR_CODE_INTER"]


# -- names of acknowledgements --------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["CEN3036A", "CEI3036A"])
def test_an_acknowledgement_may_keep_the_identifier_of_our_flow(staged: Any, code: str) -> None:
    stage = staged()
    stage.invoice("G-1", recipient=AT_DEM021, **G2B)
    ours = next(v for v in stage.sent("DEM021") if v.interface == "FEN3036A")
    name = ours.name.replace("FEN3036A", code)
    word = "202" if code == "CEN3036A" else "501"
    subject = "G-1" if word == "202" else ours.name[16:41]
    said = Status(word, subject=subject, flow=name, supplier="12345678200051")
    stage._deposit("DEM021", name, pack([(f"{word}.xml", cdar_message(said))], START))
    assert stage.acks("DEM021")["FEN3036A"] == word


def test_a_flow_that_is_no_acknowledgement_may_not(staged: Any) -> None:
    stage = staged()
    name = "FSO3301A_DEM021_CPP0013301000000000000001.tar.gz"
    flow = stage.deposit(name, b"x", "DEM021", "sftp")
    assert [f["rule"] for f in stage.why(flow)["findings"]] == ["IRR_FORM_EMITTER"]
