"""The checklist of a simulator of Chorus Pro, point by point (dossier §12), and every interface code.

One node over real SFTP, whose business time moves only when a test moves it; a second one with other
settings. Every test has invoices and flows of its own.
"""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Iterator

import as2_desk
import pytest
from as2_partner import Partner, listening
from conformance_world import (
    AT_DEM021,
    AT_NOBODY,
    ISSUER,
    PARTNERS,
    TOWN,
    World,
    everything,
    world_at,
)
from interface_documents import WHEN
from interface_flows import CATALOGUE, ROWS

from simulator import resources
from simulator.circuits_page import not_carried
from simulator.domain.reference import Options
from simulator.messages.archives import pack
from simulator.messages.specimen import Line, Specimen, ubl_invoice
from simulator.testing.client import NodeError

NAME = re.compile(r"[A-Z]{3}\d{4}[A-Z]_[A-Z0-9]{6}_[A-Z0-9]{6}\d{4}\d{15}")
OTHER = """
[exchange]
life_cycle_interface = "FEN1200A"
[limits]
member = 100000
[judging]
seconds = 1.0
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world_at(tmp_path_factory.mktemp("conformance")) as running:
        yield running


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A node with the other code of the life cycle, narrow limits and little time to judge."""
    with world_at(tmp_path_factory.mktemp("other"), OTHER) as running:
        yield running


@pytest.fixture(scope="module")
def played(world: World, other: World) -> World:
    """The world after every code was used once."""
    everything(world)
    other.invoice("DEM001", "FSO1100A", "b2g", number="OTHER-1")
    for partner in PARTNERS:
        other.fetched(partner)
    world.came["FEN1200A"] = other.came.get("FEN1200A", [])
    return world


def empty(world: World) -> None:
    for partner in PARTNERS:
        world.fetched(partner)


def settle(world: World) -> None:
    """Every story that other tests began comes to its end, and is heard."""
    world.advance("P31D")
    empty(world)


def invoice(**changes: str) -> bytes:
    return ubl_invoice(Specimen(**changes))  # type: ignore[arg-type]


# -- every interface code ------------------------------------------------------------------------------

NOT_CARRIED = not_carried(resources.reference(Options()))


@pytest.mark.parametrize("code", [c for c in CATALOGUE if CATALOGUE[c].direction == "EMISSION"])
def test_a_deposit_code_is_accepted(played: World, code: str) -> None:
    """CEN0036A as well, whose format is not published: it is kept unread."""
    if code not in NOT_CARRIED:
        assert "accepted" in played.verdicts[code]
        return
    flow = played.put("BUYER1", played.name("BUYER1", code, ".xml"), b"<CR18/>")
    row = played.node.client.get(f"/api/v1/flows/{flow}")
    assert (row["verdict"], row["state"]) == ("accepted", "IN_INTEGRE")
    assert NOT_CARRIED[code].startswith("taken and kept unread: its format, CR18")


@pytest.mark.parametrize("code", [c for c in CATALOGUE if CATALOGUE[c].direction == "RECEPTION"])
def test_a_return_code_is_emitted_with_statuses_that_it_may_carry(played: World, code: str) -> None:
    assert played.came[code]
    for each in played.came[code]:
        assert NAME.fullmatch(each.name.removesuffix(".tar.gz"))
        assert {said.split()[0] for said in each.said} <= set(CATALOGUE[code].statuses)
        assert each.files()


# -- the checklist ------------------------------------------------------------------------------------


def test_point_1_names_are_checked_and_the_acknowledgement_keeps_the_rest(played: World) -> None:
    for code in (code for code, row in ROWS.items() if CATALOGUE[code].flow_ack and row.rejected):
        ack = CATALOGUE[code].flow_ack
        # 7000...: the flows of `interface_flows`; broken ones have the number 1.
        names = [each.name for each in played.came[ack]]
        partner = ROWS[code].partner
        assert f"{ack}_{partner}_{partner}{code[3:7]}700000000000001.tar.gz" in names
    empty(played)
    bad = "FSO1100A_DEM001_facture-mars.xml"
    played.put("DEM001", bad, b"<x/>")
    assert played.motifs(bad) == {"IRR_FORM"}
    assert played.heard("DEM001") == ["CSO1100A 93 IRR_FORM"]


@pytest.mark.parametrize(
    ("what", "partner", "code", "emitter", "motif"),
    [
        ("code application of nobody", "DEM001", "FSO1100A", "ZZZ999", "IRR_CODE_APP"),
        ("code application of another", "DEM001", "FSO1100A", "DEM011", "IRR_CODE_APP"),
        ("not subscribed", "DEM001", "FSO1150A", "DEM001", "IRR_CODE_INTER"),
        ("wrong direction", "DEM001", "CSO1100A", "DEM001", "IRR_CODE_INTER"),
        ("unknown code", "DEM001", "FSO1102A", "DEM001", "IRR_CODE_INTER"),
    ],
)
def test_point_2_the_raccordement_admits_the_flow(
    world: World, what: str, partner: str, code: str, emitter: str, motif: str
) -> None:
    name = world.name(emitter, code, ".xml")
    world.put(partner, name, invoice(number="POINT-2"))
    assert world.motifs(name) == {motif}, what


def test_point_2_the_raccordement_is_active_from_its_day_and_bound_to_its_protocol(
    world: World,
) -> None:
    later = {"code": "LATE02", "circuit": "b2g", "protocol": "sftp",
             "valid_from": "2030-01-01T00:00:00Z"}  # fmt: skip
    by_as2 = {"code": "BYAS2A", "circuit": "b2g", "protocol": "as2"}
    for enrolment in (later, by_as2):
        world.node.client.post("/api/v1/partners", enrolment)
    world.node.ready = world.node.client.get("/api/v1/node")
    early = world.put("LATE02", world.name("LATE02", "FSO1100A", ".xml"), invoice(number="P-2A"))
    assert world.motifs(early) == {"IRR_CODE_APP"}
    wrong = world.put("BYAS2A", world.name("BYAS2A", "FSO1100A", ".xml"), invoice(number="P-2B"))
    assert world.motifs(wrong) == {"IRR_CODE_INTER"}


def test_point_3_archives_are_unpacked_within_bounds_and_nowhere_else(
    world: World, other: World
) -> None:
    good = invoice(number="POINT-3")
    cases = {
        "IRR_NOM_F": (world, [("../evil.xml", good)]),
        "IRR_TYPE_F": (world, [("a.xml", good), ("b.pdf", b"%PDF-1.7\n")]),
        "IRR_TAILLE_F": (other, [("a.xml", good + b" " * 100_000)]),
    }
    for motif, (where, files) in cases.items():
        flow = where.put("DEM001", where.name("DEM001", "FSO1100A"), pack_raw(files))
        assert where.motifs(flow) == {motif}
        assert where.state(flow) == "IN_REJETE"


def pack_raw(files: list[tuple[str, bytes]]) -> bytes:
    """A tar.gz whose names nobody looked at."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def test_point_4_one_document_against_its_schema_refuses_the_whole_flow(world: World) -> None:
    empty(world)
    good, bad = (invoice(circuit="b2g-pa", number=f"POINT-4{each}") for each in "AB")
    broken = bad.replace(b"</Invoice>", b"<intrus/></Invoice>")
    assert broken != bad
    files = [("a.xml", good), ("b.xml", broken)]
    flow = world.put("DEM011", world.name("DEM011", "FSO1150A"), pack(files, WHEN))
    assert world.state(flow) == "IN_REJETE"
    assert world.motifs(flow) == {"IRR_SYNTAX"}
    assert world.heard("DEM011") == ["CSO1150A 501 IRR_SYNTAX"]
    with pytest.raises(NodeError, match="POINT-4A"):
        world.history("POINT-4A")


@pytest.mark.parametrize(
    ("what", "changes"),
    [
        ("unknown recipient", {"recipient": "99999999999999"}),
        ("closed recipient", {"recipient": "90000000600010"}),
        ("private recipient in B2G", {"recipient": "90000000700018"}),
        ("closed supplier", {"supplier": "90000000400015"}),
    ],
)
def test_point_5_each_invoice_is_held_to_the_directory(
    world: World, what: str, changes: dict[str, str]
) -> None:
    empty(world)
    number = f"POINT-5-{sum(map(ord, what))}"
    world.invoice("DEM011", "FSO1150A", "b2g-pa", number=number, **changes)
    flow, refusal = world.heard("DEM011")
    assert flow == "CSO1150A 500"
    assert refusal.startswith("FEN1214A 213 REJ_"), what


def test_point_6_flows_of_ours_have_sequences_of_their_own_for_each_interface(
    world: World,
) -> None:
    settle(world)
    for number in ("POINT-6A", "POINT-6B"):
        world.invoice("DEM011", "FSO1150A", "b2g-pa", number=number)
    world.advance("PT5M")
    names = [each.name for each in world.fetched("DEM011") if each.code != "CSO1150A"]
    for code in ("FEN1214A", "FEN1204A"):
        own = [name for name in names if name.startswith(code)]
        assert all(name[9:26] == f"DEM011_CPP001{code[3:7]}" for name in own)
        numbers = [int(name[26:41]) for name in own]
        assert numbers == list(range(numbers[0], numbers[0] + 2))
    sent = world.node.client.get("/api/v1/returns", partner="DEM011", limit=1000)
    assert len({row["name"] for row in sent}) == len(sent)


def test_point_7_flows_have_states_and_invoices_a_history(world: World) -> None:
    good, bad = (
        ("a.xml", invoice(number="POINT-7A")),
        ("b.xml", invoice(recipient="99999999999999")),
    )
    flows = {
        "IN_INTEGRE": pack([("c.xml", invoice(number="POINT-7C"))], WHEN),
        "IN_INTEGRE_PARTIEL": pack([good, bad], WHEN),
        "IN_REJETE": b"rubbish",
    }
    for state, content in flows.items():
        flow = world.put("DEM001", world.name("DEM001", "FSO1100A"), content)
        assert world.state(flow) == state
        assert world.node.client.get(f"/api/v1/flows/{flow}")["events"]
    world.advance("P31D")
    for number in ("POINT-7A", "POINT-7C"):
        assert world.history(number) == ["01", "03", "07", "08", "11"]


def test_point_8_buyers_say_statuses_in_any_order_and_give_reasons(world: World) -> None:
    settle(world)
    world.invoice("DEM011", "FSO1150A", "b2g-pa", number="POINT-8")
    world.advance("PT5M")
    for status in ("05", "06"):
        with pytest.raises(NodeError, match="motif"):
            world.set("POINT-8", status)
    said = (("11", ""), ("07", ""), ("06", "HONORER_LA_COMMANDE"), ("10", ""), ("05", "CMD_ERR"))
    for status, motif in said:
        world.set("POINT-8", status, motif)
    assert world.history("POINT-8") == ["01", "03", "11", "07", "06", "10", "05"]
    told = [line.split()[1] for line in world.heard("DEM011")[2:]]
    assert told == ["203", "211", "204", "208", "204", "210"]


def test_point_9_acknowledgements_of_partners_show_on_the_flows_of_ours(world: World) -> None:
    empty(world)
    for number, code, status in (
        ("POINT-9A", "CEN3036A", "202"), ("POINT-9B", "CEN3036A", "213"),
        ("POINT-9C", "CEI3036A", "501"),
    ):  # fmt: skip
        world.invoice("DEM031", "FSO3110A", "g2b-issuer", number=number, recipient=AT_DEM021)
        (brought,) = world.fetched("DEM021")
        subject = brought.name[16:41] if status == "501" else number
        world.says("DEM021", code, status, subject, supplier=ISSUER)
        assert world.ack("DEM021", brought.name) == status


def test_point_9_a_platform_rejects_a_status_message_of_ours(world: World) -> None:
    empty(world)
    world.invoice("DEM011", "FSO1150A", "b2g-pa", number="POINT-9D")
    (_, first) = world.fetched("DEM011")
    message = f"{first.name.removesuffix('.tar.gz')}-1"
    world.says("DEM011", "FSO1305A", "601", message)
    assert world.ack("DEM011", first.name) == "601"


def test_point_9_a_public_buyer_acknowledges_its_invoices(world: World) -> None:
    empty(world)
    for number, status in (("POINT-9E", "92"), ("POINT-9F", "94")):
        world.invoice("DEM001", "FSO1100A", "b2g", number=number, recipient=TOWN)
        world.advance("PT5M")
        (brought,) = world.fetched("BUYER1")
        world.says("BUYER1", "FSO1300A", status, brought.name[16:41])
        assert world.ack("BUYER1", brought.name) == status


def test_point_10_a_duplicate_envelope_is_refused_and_the_first_stands(world: World) -> None:
    empty(world)
    name = world.name("DEM001", "FSO1100A", ".xml")
    for number in ("POINT-10A", "POINT-10B"):
        world.put("DEM001", name, invoice(number=number))
    said = world.heard("DEM001")
    assert said == ["CSO1100A 90", "FEN1201A 01", "CSO1100A 93 IRR_UNICITE"]
    assert world.history("POINT-10A") == ["01"]


def test_point_10_an_incident_is_told_apart_from_a_refusal(other: World) -> None:
    heavy = ubl_invoice(Specimen(number="P-10", lines=(Line(),), line_count=150))
    assert len(heavy) < 100_000
    files = [(f"f{number}.xml", heavy) for number in range(400)]
    flow = other.put("DEM001", other.name("DEM001", "FSO1100A"), pack(files, WHEN))
    assert other.state(flow) == "IN_INCIDENTE"
    assert other.heard("DEM001")[-1].startswith("CSO1100A 93")


def test_point_10_a_recipient_without_connected_platform_is_told(world: World) -> None:
    empty(world)
    world.invoice("DEM031", "FSO3110A", "g2b-issuer", number="POINT-10N", recipient=AT_NOBODY)
    assert world.heard("DEM031") == ["CSO3110A 200 NON_TRANSMISE"]
    assert world.heard("DEM021") == []


def test_point_10_a_partial_integration_names_each_refused_invoice(world: World) -> None:
    empty(world)
    recipients = {"A": "12345678200051", "B": "99999999999999", "C": "90000000600010"}
    files = [
        (f"{key}.xml", invoice(number=f"POINT-10P{key}", recipient=recipient))
        for key, recipient in recipients.items()
    ]
    world.put("DEM001", world.name("DEM001", "FSO1100A"), pack(files, WHEN))
    report, status = world.fetched("DEM001")
    assert report.said == ("96 REJ_ADR REJ_ADR",)
    (content,) = report.files().values()
    assert b"POINT-10PB" in content
    assert b"POINT-10PC" in content
    assert b"POINT-10PA" not in content
    assert status.said == ("01",)


def test_point_10_a_negative_receipt_and_a_missing_one_are_told_apart(world: World) -> None:
    desk = as2_desk.Desk(world.node)
    partner: Partner = desk["DEM002"]
    weak = as2_desk.security(partner, sign=False, encrypt=True, compression="none")
    mdn, _ = partner.send(b"<x/>", world.name("DEM002", "FSO1100A", ".xml"), security=weak)
    assert not mdn.disposition.is_positive
    name = world.name("DEM002", "FSO1100A", ".xml")
    with listening(lambda _: (200, [("Content-Type", "text/plain")], b"thanks")) as listener:
        desk.announce("DEM002", listener.url)
        partner.send(b"", name)
        world.node.quiet()
        desk.announce("DEM002", None)
    assert desk.pushes(name)[-1]["body"]["outcome"] == "no-mdn"
