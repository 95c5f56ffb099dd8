"""The life of invoices as dialogues: stories in business time, what actors say, what is refused."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from lxml import etree
from playbook import START
from stage_desk import AT_DEM021, AT_DEM022, CITY, ISSUER, PLAYED, SUPPLIER, TOWN, Stage

from simulator.domain.lifevalues import Choices
from simulator.domain.reference import Options
from simulator.messages.archives import pack
from simulator.messages.specimen_status import Status, cdar_message

RAM = "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path / "data")
    yield made
    made.store.close()


def others(tmp_path: Path, **options: object) -> Stage:
    return Stage(tmp_path / "other", Options(**options))


def historic(stage: Stage, number: str = "H-1", **more: object) -> int:
    return stage.invoice(number, interface="FSO1100A", partner="DEM001", **more)


def refused(stage: Stage, flow: int) -> list[tuple[str, str, str]]:
    """What answers a status that may not be said: code, status, motif."""
    return [
        (value.interface, status.status, status.lines[0].code)
        for value in stage.returns(flow)
        for status in value.statuses
    ]


# -- stories in business time --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cocontractor", "validators", "told"),
    [
        (False, ["validator1"], ["FEN1204A 205"]),
        (True, ["validator1", "validator2"], ["FEN1204A 205", "FEN1204A 205"]),
    ],
)
def test_an_invoice_of_a_subcontractor_is_validated_before_its_buyer_gets_it(
    tmp_path: Path, cocontractor: bool, validators: list[str], told: list[str]
) -> None:
    stage = others(tmp_path, second_validator=cocontractor)
    stage.invoice("P-1", profile="S3")
    stage.advance(days=3)
    said = [actor for _, actor in stage.history("P-1")]
    assert said[1 : 1 + len(validators)] == validators
    assert said[1 + len(validators)] == "chorus"
    assert stage.heard("DEM011")[2:] == [*told, "FEN1204A 203"]
    stage.store.close()


def test_nobody_validates_second_where_there_is_no_second_validator(stage: Stage) -> None:
    stage.invoice("P-1", profile="S3")
    with pytest.raises(ValueError, match="cadre"):
        stage.say("P-1", "17", actor="validator2")


def test_the_story_of_a_platforms_invoice_goes_on_by_itself_in_business_time(stage: Stage) -> None:
    stage.invoice("P-1")
    assert stage.heard("DEM011") == ["CSO1150A 500", "FEN1214A 202"]
    stage.advance(minutes=5)
    assert stage.heard("DEM011")[2:] == ["FEN1204A 203"]
    stage.advance(days=3)
    assert stage.heard("DEM011")[3:] == ["FEN1204A 204"]
    stage.advance(days=7)
    assert stage.heard("DEM011")[4:] == ["FEN1204A 204"]
    stage.advance(days=20)
    assert stage.heard("DEM011")[5:] == ["FEN1204A 211"]
    stage.advance(days=100)
    assert len(stage.heard("DEM011")) == 6
    assert [v.statuses[0].comment for v in stage.sent("DEM011")[3:5]] == [
        "Service fait",
        "Mandatée",
    ]
    assert stage.history("P-1") == [
        ("01", "chorus"),
        ("03", "chorus"),
        ("07", "buyer"),
        ("08", "buyer"),
        ("11", "accountant"),
    ]


def test_the_story_of_a_historic_invoice_is_told_in_codes_of_cppstatut(stage: Stage) -> None:
    historic(stage)
    stage.advance(days=31)
    assert stage.heard("DEM001") == [
        "CSO1100A 90",
        "FEN1201A 01",
        "FEN1201A 03",
        "FEN1201A 07",
        "FEN1201A 08",
        "FEN1201A 11",
    ]
    paid = stage.life("H-1")["history"][-1]["at"]
    assert paid == (START + timedelta(days=30, minutes=5)).isoformat().replace("+00:00", "Z")


def test_invoices_of_one_envelope_are_told_together(stage: Stage) -> None:
    stage.invoices(["P-1", "P-2", "P-3"])
    stage.advance(minutes=5)
    assert stage.heard("DEM011")[-1] == "FEN1204A 203 203 203"


def test_delays_are_settings(tmp_path: Path) -> None:
    stage = others(tmp_path, delays={"03": timedelta(hours=1), "07": timedelta(hours=1)})
    stage.invoice("P-1")
    stage.advance(hours=2)
    assert stage.history("P-1")[1:] == [("03", "chorus"), ("07", "buyer")]
    stage.store.close()


def test_without_a_story_nothing_comes_by_itself(tmp_path: Path) -> None:
    stage = others(tmp_path, story=False)
    stage.invoice("P-1")
    stage.advance(days=365)
    assert stage.history("P-1") == [("01", "chorus")]
    stage.store.close()


def test_a_story_ends_when_somebody_speaks(stage: Stage) -> None:
    stage.invoice("P-1")
    stage.advance(minutes=5)
    stage.say("P-1", "08")
    stage.advance(days=365)
    assert stage.history("P-1")[-1] == ("08", "buyer")


def test_a_refused_invoice_has_no_life(stage: Stage) -> None:
    flow = stage.invoice("P-1", recipient="99999999999999")
    stage.advance(days=365)
    assert stage.heard("DEM011") == ["CSO1150A 500", "FEN1214A 213"]
    assert stage.state(flow)[1] == "rejected"
    with pytest.raises(LookupError, match="P-1"):
        stage.say("P-1", "06", motif="AUTRE")


# -- what actors say ------------------------------------------------------------------------------


def test_a_suspended_invoice_is_completed_by_its_platform_and_goes_on(stage: Stage) -> None:
    stage.invoice("P-1")
    stage.advance(minutes=5)
    stage.say("P-1", "06", motif="HONORER_LA_COMMANDE", comment="bon manquant")
    suspended = stage.sent("DEM011")[-1].statuses[0]
    assert (suspended.status, suspended.comment) != ("208", "")
    stage.status("DEM011", "FSO1304A", "209", "P-1")
    stage.say("P-1", "07")
    assert stage.heard("DEM011")[2:] == ["FEN1204A 203", "FEN1204A 208", "FEN1204A 204"]
    assert stage.history("P-1")[2:] == [("06", "buyer"), ("12", "platform"), ("07", "buyer")]


def test_a_suspended_historic_invoice_is_completed_by_depositing_it_once_more(
    stage: Stage,
) -> None:
    historic(stage, recipient=TOWN)
    stage.advance(minutes=5)
    stage.say("H-1", "06", motif="AUTRE")
    again = historic(stage, recipient=TOWN, receipts=True)
    assert stage.state(again) == ("IN_INTEGRE", "accepted")
    assert "completes H-1" in stage.why(again)["checks"][-1]["detail"]
    assert stage.heard("DEM001")[3:] == ["FEN1201A 06", "CSO1100A 90", "FEN1201A 12"]
    assert stage.history("H-1")[2:] == [("06", "buyer"), ("12", "supplier")]
    completed = stage.sent("BUYER1")[-1]
    assert (completed.interface, completed.sources[0].resent) == ("FEN0036A", "Complétée")
    assert completed.sources[0].origin.flow == stage._flow(again).name
    assert len(stage.files(completed)) == 1
    third = historic(stage, recipient=TOWN)
    assert stage.motifs(third) == ["REJ_UNI"]


def test_a_platform_may_not_complete_an_invoice_by_depositing_it_once_more(stage: Stage) -> None:
    stage.invoice("P-1")
    stage.say("P-1", "06", motif="AUTRE")
    assert stage.motifs(stage.invoice("P-1")) == ["REJ_UNI"]


def test_a_status_that_stays_at_chorus_pro_is_taken_and_told_to_nobody(stage: Stage) -> None:
    stage.invoice("P-1")
    flow = stage.status("DEM011", "FSO1304A", "212", "P-1")
    assert stage.returns(flow) == []
    assert stage.history("P-1")[-1] == ("212", "platform")
    assert "stays here" in stage.why(flow)["checks"][-1]["detail"]


def test_a_public_buyer_says_its_statuses_by_flow(stage: Stage) -> None:
    stage.invoice("P-1", recipient=TOWN)
    stage.advance(minutes=5)
    for status in ("07", "08", "11"):
        flow = stage.status("BUYER1", "FSO1301A", status, "P-1", buyer=TOWN)
        assert stage.returns(flow) == []
    assert stage.heard("DEM011")[3:] == ["FEN1204A 204", "FEN1204A 204", "FEN1204A 211"]


def test_a_recipient_may_say_any_status_after_any_other(stage: Stage) -> None:
    stage.invoice("P-1")
    for status in ("11", "07", "10", "08"):
        stage.say("P-1", status)
    assert [s for s, _ in stage.history("P-1")] == ["01", "11", "07", "10", "08"]


def test_with_strict_order_it_may_not(tmp_path: Path) -> None:
    stage = others(tmp_path, choices=Choices(order="strict"))
    stage.invoice("P-1")
    with pytest.raises(ValueError, match="possible"):
        stage.say("P-1", "07")
    stage.store.close()


def test_what_may_not_be_said_is_refused_with_what_could_be(stage: Stage) -> None:
    stage.invoice("P-1")
    with pytest.raises(ValueError, match=r"possible: .*09"):
        stage.say("P-1", "06", actor="accountant", motif="AUTRE")
    with pytest.raises(ValueError, match=r"possible: .*AUTRE"):
        stage.say("P-1", "05", motif="SANS_RAISON")
    with pytest.raises(ValueError, match="motif"):
        stage.say("P-1", "05")
    assert stage.history("P-1") == [("01", "chorus")]


def test_random_orders_leave_a_consistent_history(stage: Stage) -> None:
    chance = random.Random(6)
    numbers = [f"R-{n}" for n in range(50)]
    stage.invoices(numbers)
    codes = ("04", "05", "06", "07", "08", "09", "10", "11", "12", "209", "203", "99", "")
    allowed = dict.fromkeys(numbers, 1)
    for _ in range(1000):
        number, code = chance.choice(numbers), chance.choice(codes)
        try:
            stage.say(number, code, motif=chance.choice(("", "AUTRE")), attachments=("b.pdf",))
        except ValueError as refusal:
            assert "possible" in str(refusal)
        else:
            allowed[number] += 1
    for number in numbers:
        row = stage.life(number)
        moving = [e["status"] for e in row["history"] if e["effect"] == "set"]
        assert len(row["history"]) == allowed[number]
        assert (row["status"], moving[0]) == (moving[-1], "01")
        assert [e["at"] for e in row["history"]] == sorted(e["at"] for e in row["history"])
        assert row["due"] is None or len(moving) == 1


# -- refused by 601 -----------------------------------------------------------------------------


def test_a_status_of_an_unknown_invoice_is_refused_by_601(stage: Stage) -> None:
    flow = stage.status("DEM011", "FSO1304A", "209", "NONE")
    assert refused(stage, flow) == [("FEN1205A", "601", "REJ_INC")]


def test_a_status_of_another_partners_invoice_is_refused_like_one_of_none(stage: Stage) -> None:
    stage.invoice("G-1", interface="FSO3110A", partner="DEM031", recipient=AT_DEM021)
    stage.invoice("P-1")
    flow = stage.status("DEM022", "FSO3301A", "203", "G-1")
    assert refused(stage, flow) == [("FEN4003A", "601", "REJ_INC")]
    flow = stage.status("DEM021", "FSO3301A", "203", "P-1")
    assert refused(stage, flow) == [("FEN4003A", "601", "REJ_INC")]
    assert stage.history("G-1") == [("200", "chorus")]
    assert stage.history("P-1") == [("01", "chorus")]


def test_a_platform_may_not_say_what_its_circuit_has_for_others(stage: Stage) -> None:
    stage.invoice("G-1", interface="FSO3110A", partner="DEM031", recipient=AT_DEM021)
    flow = stage.status("DEM021", "FSO3301A", "212", "G-1")
    ((code, status, _),) = refused(stage, flow)
    assert (code, status) == ("FEN4003A", "601")


def test_an_unknown_status_is_refused_by_601(stage: Stage) -> None:
    stage.invoice("G-1", interface="FSO3110A", partner="DEM031", recipient=AT_DEM021)
    flow = stage.status("DEM021", "FSO3301A", "299", "G-1")
    ((code, status, _),) = refused(stage, flow)
    assert (code, status) == ("FEN4003A", "601")
    assert any(c["outcome"] == "failed" for c in stage.why(flow)["checks"])


def test_a_motif_that_does_not_go_with_a_status_is_refused_by_601(stage: Stage) -> None:
    g2b = {"interface": "FSO3110A", "partner": "DEM031", "recipient": AT_DEM021}
    stage.invoice("G-1", **g2b)
    said = Status("210", "G-1", "FSO3301A_DEM021_DEM0213301000000000004711.tar.gz", supplier=ISSUER)
    wrong = cdar_message(said).replace(b">CMD_ERR<", b">NON_TRANSMISE<")
    flow = stage.send("DEM021", "FSO3301A", pack([("s.xml", wrong)], START))
    assert refused(stage, flow) == [("FEN4003A", "601", "REJ_RG")]
    assert stage.history("G-1") == [("200", "chorus")]


def test_a_message_with_two_statuses_is_refused_once_and_nothing_of_it_is_taken(
    stage: Stage,
) -> None:
    for number in ("G-1", "G-2"):
        stage.invoice(number, interface="FSO3110A", partner="DEM031", recipient=AT_DEM021)
    said = Status("203", "G-1", "FSO3301A_DEM021_DEM0213301000000000004712.tar.gz", supplier=ISSUER)
    root = etree.fromstring(cdar_message(said))
    reference = root.find(f".//{{{RAM}}}ReferenceReferencedDocument")
    other = copy.deepcopy(reference)
    other.find(f"{{{RAM}}}IssuerAssignedID").text = "G-2"
    reference.addnext(other)
    content = pack([("s.xml", etree.tostring(root))], START)
    flow = stage.send("DEM021", "FSO3301A", content)
    assert refused(stage, flow) == [("FEN4003A", "601", "REJ_RG")]
    assert stage.history("G-1") == stage.history("G-2") == [("200", "chorus")]


def test_the_same_status_twice_is_noted_and_told_once(stage: Stage) -> None:
    stage.invoice("G-1", interface="FSO3110A", partner="DEM031", recipient=AT_DEM021)
    for _ in range(2):
        stage.status("DEM021", "CEN3036A", "202", "G-1")
    assert stage.heard("DEM031") == ["CSO3110A 200", "FEN4000A 202"]
    assert stage.history("G-1")[-2:] == [("202", "platform"), ("202", "platform")]


def test_a_bad_acknowledgement_is_noted_and_never_answered(stage: Stage) -> None:
    flow = stage.status("DEM021", "CEN3036A", "202", "NONE")
    assert stage.returns(flow) == []
    assert stage.why(flow)["checks"][-1]["outcome"] == "failed"


def test_two_suppliers_with_one_number_are_told_apart(stage: Stage) -> None:
    stage.invoice("SAME", recipient=TOWN)
    stage.invoice("SAME", recipient=TOWN, supplier="90000000700018")
    stage.status("BUYER1", "FSO1301A", "07", "SAME", supplier=SUPPLIER, buyer=TOWN)
    first, second = (stage.returns(n)[0].in_reply_to for n in (1, 2))
    told = stage.sent("DEM011")[-1]
    assert told.in_reply_to == first != second


# -- acknowledgements of our flows ----------------------------------------------------------------


def identifier(stage: Stage, partner: str, code: str) -> str:
    return next(v.name[16:41] for v in stage.sent(partner) if v.interface == code)


def test_a_platform_finds_a_flow_of_ours_irrecevable(stage: Stage) -> None:
    stage.invoice("P-1")
    flow = stage.status(
        "DEM011", "CEN1214A", "501", identifier(stage, "DEM011", "FEN1214A")
    )  # fmt: skip
    assert stage.returns(flow) == []
    assert stage.acks("DEM011") == {"CSO1150A": "", "FEN1214A": "501"}


def test_a_platform_rejects_a_status_of_ours(stage: Stage) -> None:
    stage.invoice("P-1")
    message = f"{stage.sent('DEM011')[1].name.removesuffix('.tar.gz')}-1"
    flow = stage.status("DEM011", "FSO1305A", "601", message)
    assert stage.returns(flow) == []
    assert stage.acks("DEM011")["FEN1214A"] == "601"


def test_an_acknowledgement_of_a_flow_that_was_never_sent_is_noted(stage: Stage) -> None:
    stage.invoice("P-1")
    flow = stage.status("DEM011", "CEN1214A", "501", "CPP0011214000000000009999")
    assert "no flow of ours" in stage.why(flow)["checks"][-1]["detail"]
    assert set(stage.acks("DEM011").values()) == {""}


def test_nobody_acknowledges_the_flows_of_others(stage: Stage) -> None:
    stage.invoice("P-1")
    stage.status("DEM021", "CEI3036A", "501", identifier(stage, "DEM011", "FEN1214A"))
    assert set(stage.acks("DEM011").values()) == {""}


# -- nobody sees what is not for it -----------------------------------------------------------------


def test_two_buyers_and_two_platforms_never_see_each_others_flows(stage: Stage) -> None:
    recipients = {"BUYER1": TOWN, "BUYER2": CITY, "DEM021": AT_DEM021, "DEM022": AT_DEM022}
    for rank in range(2):
        for partner, recipient in recipients.items():
            number = f"{partner}-{rank}"
            if partner.startswith("BUYER"):
                stage.invoice(number, recipient=recipient)
            else:
                stage.invoice(number, interface="FSO3110A", partner="DEM031", recipient=recipient)
    stage.advance(days=40)
    for partner in recipients:
        numbers = [p.number for value in stage.sent(partner) for p in value.sources]
        assert numbers == [f"{partner}-0", f"{partner}-1"]
        assert all(value.partner == partner for value in stage.sent(partner))
    assert stage.sent("DEM012") == stage.sent("DEM001") == []


def test_the_story_does_not_speak_for_a_connected_partner(stage: Stage) -> None:
    stage.invoice("P-1", recipient=TOWN)
    stage.invoice("G-1", interface="FSO3110A", partner="DEM031", recipient=AT_DEM021)
    stage.invoice("G-2", interface="FSO3110A", partner="DEM031", recipient=PLAYED)
    stage.advance(days=365)
    assert stage.history("P-1") == [("01", "chorus"), ("03", "chorus")]
    assert stage.history("G-1") == [("200", "chorus")]
    # 212 is for the issuer to say, which is a partner.
    assert [s for s, _ in stage.history("G-2")] == ["200", "202", "203", "204", "211"]
