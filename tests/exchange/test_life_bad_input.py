"""Bad statuses and acknowledgements, case by case: the answer of each circuit, and why.

A case is answered by a refusal of the flow (501, 93), by one of the status (601), or by nothing: then
it is noted. `flow why` tells the reason each time, and nothing is recorded of an invoice.
"""

from __future__ import annotations

import base64
import copy
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from lxml import etree
from playbook import START
from stage_desk import AT_DEM021, CATALOGUE, ISSUER, SUPPLIER, TOWN, Stage

from simulator.domain.judgement import Job, Limits
from simulator.domain.reference import Options
from simulator.exchange.inputs import Judged
from simulator.messages.archives import pack
from simulator.messages.specimen_status import Status, cdar_message, cpp_statut
from simulator.validation.judge import judge

RAM = "{urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100}"
RSM = "{urn:un:unece:uncefact:data:standard:CrossDomainAcknowledgementAndResponse:100}"


class Voice(msgspec.Struct, frozen=True):
    """A partner that speaks: by which code, of which invoice, what it may say; how it is refused."""

    partner: str
    code: str
    status: str
    own: str
    others: str
    refusal: tuple[tuple[str, str], ...]  # of a status: code and status; none: noted only
    irrecevable: tuple[tuple[str, str], ...]

    @property
    def supplier(self) -> str:
        return ISSUER if CATALOGUE[self.code].family == "g2b" else SUPPLIER


PLATFORM = Voice(
    "DEM011", "FSO1304A", "209", "P-1", "G-1", (("FEN1205A", "601"),), (("CSO1304A", "501"),)
)
RECEIVER = Voice(
    "DEM021", "FSO3301A", "203", "G-1", "P-1", (("FEN4003A", "601"),), (("CSI3301A", "501"),)
)
SENDER = Voice(
    "DEM031", "FSO3300A", "209", "G-1", "P-1", (("FEN4002A", "601"),), (("CSI3300A", "501"),)
)
BUYER = Voice("BUYER1", "FSO1301A", "07", "P-1", "G-1", (), (("CSO1301A", "93"),))
VOICES = {"platform": PLATFORM, "receiver": RECEIVER, "issuer": SENDER, "buyer": BUYER}
BY_CDAR = {name: voice for name, voice in VOICES.items() if name != "buyer"}


class NarrowStage(Stage):
    """A stage whose judge may be held to narrower limits."""

    limits = Limits()

    def _deposit(self, partner: str, name: str, content: bytes) -> int:
        raccordement, judged_as = self.partner(partner), CATALOGUE[name[:8]].judged_as
        flow = self.deposit(name, content, partner, raccordement.protocol)
        job = Job(name, judged_as, raccordement.circuit, ("xsd",), self.limits, content)
        work = next(w for w in self.todo if w.kind == "judge" and w.subject == flow)
        self.do(Judged(work.id, flow, judge(job)))
        self.compose_all()
        return flow


def made(tmp_path: Path, options: Options | None = None) -> NarrowStage:
    stage = NarrowStage(tmp_path / "data", options)
    stage.invoice("P-1", recipient=TOWN)
    stage.invoice("G-1", interface="FSO3110A", partner="DEM031", recipient=AT_DEM021)
    return stage


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[NarrowStage]:
    found = made(tmp_path)
    yield found
    found.store.close()


def message(voice: Voice, **changes: Any) -> bytes:
    name = f"{voice.code}_{voice.partner}_{voice.partner}{voice.code[3:7]}{4711:015d}.tar.gz"
    given = {"subject": voice.own, "flow": name, "supplier": voice.supplier, "buyer": TOWN}
    said = Status(**{"status": voice.status, **given, **changes})
    return cpp_statut(said) if voice is BUYER else cdar_message(said)


def deposited(stage: Stage, voice: Voice, content: bytes) -> int:
    return stage.send(voice.partner, voice.code, pack([("s.xml", content)], START))


def answered(stage: Stage, flow: int) -> tuple[tuple[str, str], ...]:
    return tuple((v.interface, s.status) for v in stage.returns(flow) for s in v.statuses)


def motifs(stage: Stage, flow: int) -> list[str]:
    """What the answers give as reason."""
    returns = stage.returns(flow)
    return [line.code for v in returns for status in v.statuses for line in status.lines]


def reasons(stage: Stage, flow: int) -> str:
    """What `flow why` says of the checks and findings."""
    why = stage.why(flow)
    return " | ".join(
        [*(c["detail"] for c in why["checks"]), *(f["help"] for f in why["findings"])]
    )


def untouched(stage: NarrowStage) -> bool:
    return [len(stage.history(number)) for number in ("P-1", "G-1")] == [1, 1]


# -- refused, or noted ---------------------------------------------------------------------------------


def changed(**changes: str) -> Callable[[Voice], bytes]:
    return lambda voice: message(voice, **changes)


def twice_the_document(voice: Voice) -> bytes:
    """Two statuses of one invoice: the part that says one is there twice."""
    return _with_second(voice, RSM + "AcknowledgementDocument", lambda _: None)


def two_invoices(voice: Voice) -> bytes:
    def other(reference: Any) -> None:
        reference.find(RAM + "IssuerAssignedID").text = "X-2"

    return _with_second(voice, RAM + "ReferenceReferencedDocument", other)


def two_statuses(voice: Voice) -> bytes:
    def other(reference: Any) -> None:
        reference.find(RAM + "ProcessConditionCode").text = "204"

    return _with_second(voice, RAM + "ReferenceReferencedDocument", other)


def _with_second(voice: Voice, tag: str, change: Callable[[Any], None]) -> bytes:
    root = etree.fromstring(message(voice))
    first = root.find(f".//{tag}")
    second = copy.deepcopy(first)
    change(second)
    first.addnext(second)
    return bytes(etree.tostring(root))


_REFUSED: dict[str, tuple[Callable[[Voice], bytes], str, str]] = {
    # What it is: the message, motif of the 601, words of `flow why`.
    "of an unknown invoice": (changed(subject="NONE"), "REJ_INC", "no invoice 'NONE' stands"),
    "of a known number of another supplier": (
        changed(supplier="90000000700018"),
        "REJ_INC",
        "of another supplier or year",
    ),
    "of a known number of another year": (
        changed(issue_date="2025-09-01"),
        "REJ_INC",
        "of another supplier or year",
    ),
    "of two invoices": (two_invoices, "REJ_RG", "2"),
    "of two statuses": (two_statuses, "REJ_RG", "2"),
    "of one status told twice": (twice_the_document, "REJ_RG", "2"),
    "with an unknown code": (changed(status="299"), "REJ_INEX", "does not exist"),
}


@pytest.mark.parametrize("voice", BY_CDAR)
@pytest.mark.parametrize("case", _REFUSED)
def test_a_bad_status_of_a_cdar_is_refused_by_one_601(
    stage: NarrowStage, case: str, voice: str
) -> None:
    make, motif, words = _REFUSED[case]
    flow = deposited(stage, VOICES[voice], make(VOICES[voice]))
    assert answered(stage, flow) == VOICES[voice].refusal
    assert motifs(stage, flow) == [motif]
    assert words in reasons(stage, flow)
    assert stage.state(flow) == ("IN_INTEGRE_PARTIEL", "rejected")
    assert untouched(stage)


_NOTED = {
    "of an unknown invoice": (changed(subject="NONE"), "no invoice 'NONE' stands"),
    "of another supplier": (changed(supplier="90000000700018"), "of another supplier or year"),
    "without the motif that it needs": (changed(status="05"), "05 needs a motif"),
}


@pytest.mark.parametrize("case", _NOTED)
def test_a_bad_status_of_a_public_buyer_is_noted_for_no_interface_answers_it(
    stage: NarrowStage, case: str
) -> None:
    make, words = _NOTED[case]
    flow = deposited(stage, BUYER, make(BUYER))
    assert answered(stage, flow) == ()
    assert words in reasons(stage, flow)
    assert stage.why(flow)["checks"][-1]["outcome"] == "failed"
    assert stage.state(flow) == ("IN_INTEGRE_PARTIEL", "rejected")
    assert untouched(stage)


@pytest.mark.parametrize("status", ["202", "213"])
@pytest.mark.parametrize(
    ("partner", "code", "answer"),
    [
        ("DEM021", "CEN3036A", []),
        ("DEM021", "CEN3736A", []),
        ("DEM021", "FSO3301A", ["601"]),
        ("DEM011", "FSO1304A", ["601"]),
        ("DEM031", "FSO3300A", ["601"]),
    ],
)
def test_an_invoice_that_was_never_sent_is_neither_received_nor_rejected(
    stage: NarrowStage, partner: str, code: str, answer: list[str], status: str
) -> None:
    flow = stage.status(partner, code, status, "NONE")
    assert [s.status for v in stage.returns(flow) for s in v.statuses] == answer
    assert stage.why(flow)["checks"][-1]["outcome"] == "failed"
    assert untouched(stage)


def test_a_flow_of_good_and_bad_statuses_is_integrated_in_part(stage: NarrowStage) -> None:
    files = [("a.xml", message(BUYER)), ("b.xml", message(BUYER, subject="NONE"))]
    flow = stage.send("BUYER1", "FSO1301A", pack(files, START))
    assert stage.state(flow) == ("IN_INTEGRE_PARTIEL", "partial")
    assert answered(stage, flow) == ()


@pytest.mark.parametrize("voice", VOICES)
def test_statuses_are_refused_one_by_one_whatever_is_chosen_for_invoices(
    tmp_path: Path, voice: str
) -> None:
    stage = made(tmp_path, Options(all_rejected="refused"))
    flow = deposited(stage, VOICES[voice], message(VOICES[voice], subject="NONE"))
    assert answered(stage, flow) == VOICES[voice].refusal
    stage.store.close()


@pytest.mark.parametrize("voice", VOICES)
def test_a_status_of_another_partners_invoice_is_answered_like_one_of_none(
    stage: NarrowStage, voice: str
) -> None:
    one = VOICES[voice]
    whose = SUPPLIER if one.others == "P-1" else ISSUER
    flow = deposited(stage, one, message(one, subject=one.others, supplier=whose))
    unknown = deposited(stage, one, message(one, subject="NONE", supplier=whose))
    assert answered(stage, flow) == answered(stage, unknown) == one.refusal
    told = [line for v in stage.returns(flow) for s in v.statuses for line in s.lines]
    assert [line.text.replace(one.others, "NONE") for line in told] == [
        line.text for v in stage.returns(unknown) for s in v.statuses for line in s.lines
    ]
    assert f"{one.partner} has no part in it" in reasons(stage, flow)
    assert untouched(stage)


@pytest.mark.parametrize("voice", ["receiver", "buyer"])
def test_a_status_said_twice_is_taken_once_and_noted_the_second_time(
    stage: NarrowStage, voice: str
) -> None:
    one = VOICES[voice]
    flows = [deposited(stage, one, message(one)) for _ in range(2)]
    assert [answered(stage, flow) for flow in flows] == [(), ()]
    assert "noted, nobody is told" not in reasons(stage, flows[0])
    assert "noted, nobody is told" in reasons(stage, flows[1])
    teller = stage.sent("DEM031" if voice == "receiver" else "DEM011")
    assert len([s for v in teller for s in v.statuses if s.status in ("203", "204")]) == 1


@pytest.mark.parametrize(
    ("motif", "expected"),
    [(b"NON_TRANSMISE", "REJ_RG"), (b"SANS_RAISON", "REJ_RG")],
)
def test_a_motif_that_does_not_go_with_the_status_is_refused(
    stage: NarrowStage, motif: bytes, expected: str
) -> None:
    wrong = message(RECEIVER, status="210").replace(b">CMD_ERR<", b">" + motif + b"<")
    flow = deposited(stage, RECEIVER, wrong)
    assert (answered(stage, flow), motifs(stage, flow)) == (RECEIVER.refusal, [expected])
    assert motif.decode() in reasons(stage, flow)
    assert untouched(stage)


def test_a_code_that_the_list_of_cppstatut_does_not_have_makes_its_flow_irrecevable(
    stage: NarrowStage,
) -> None:
    flow = deposited(stage, BUYER, message(BUYER, status="99"))
    assert (answered(stage, flow), motifs(stage, flow)) == (BUYER.irrecevable, ["IRR_SYNTAX"])
    assert untouched(stage)


# -- attachments ---------------------------------------------------------------------------------------


def with_attachment(voice: Voice, size: int) -> bytes:
    """A Complétée with a file of that many bytes."""
    filled = base64.b64encode(b"0" * size)
    found = re.compile(rb"(<ram:AttachmentBinaryObject[^>]*>)[^<]*")
    return found.sub(lambda m: m[1] + filled, message(voice, status="209"))


@pytest.mark.parametrize("voice", ["platform", "issuer"])
def test_an_attachment_over_its_limit_makes_the_flow_irrecevable(
    stage: NarrowStage, voice: str
) -> None:
    stage.limits = Limits(attachment=4096)
    flow = deposited(stage, VOICES[voice], with_attachment(VOICES[voice], 4097))
    assert answered(stage, flow) == VOICES[voice].irrecevable
    assert motifs(stage, flow) == ["IRR_TAILLE_PJ"]
    assert "4096" in stage.why(flow)["findings"][0]["message"]
    assert untouched(stage)
    stage.limits = Limits(attachment=4097)
    taken = deposited(stage, VOICES[voice], with_attachment(VOICES[voice], 4097))
    assert answered(stage, taken) == ()


def test_an_attachment_of_100_mb_does_not_fit_its_message_of_100_mb(stage: NarrowStage) -> None:
    flow = deposited(stage, PLATFORM, with_attachment(PLATFORM, 100 << 20))
    assert (answered(stage, flow), motifs(stage, flow)) == (PLATFORM.irrecevable, ["IRR_TAILLE_F"])
    assert str(Limits().member) in stage.why(flow)["findings"][0]["message"]
    assert untouched(stage)


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "a/b.pdf",
        "a\\b.pdf",
        "a\x00.pdf",
        "a\nb",
        "\x1b[31m",
        "",
        " ",
        "..",
        ".",
        "fdp.\u202egpj",
        "a%b.pdf",
    ],
)
def test_an_attachment_named_by_command_is_a_name_and_no_path(
    stage: NarrowStage, name: str
) -> None:
    stage.say("P-1", "06", motif="AUTRE")
    with pytest.raises(ValueError, match=r"^IRR_NOM_PJ"):
        stage.say("P-1", "12", actor="platform", attachments=("bon.pdf", name))
    assert [s for s, _ in stage.history("P-1")] == ["01", "06"]


# -- acknowledgements -----------------------------------------------------------------------------------


def identifier(stage: Stage, partner: str, code: str) -> str:
    return next(v.name[16:41] for v in stage.sent(partner) if v.interface == code)


def message_id(stage: Stage, partner: str, code: str) -> str:
    name = next(v.name for v in stage.sent(partner) if v.interface == code)
    return f"{name.removesuffix('.tar.gz')}-1"


_NEVER_SENT = [
    ("DEM011", "CEN1214A", "501", "CPP0011214000000000009999"),
    ("DEM011", "FSO1305A", "601", "FEN1214A_DEM011_CPP0011214000000000009999-1"),
    ("DEM011", "FSO1305A", "601", "x"),
    ("DEM021", "CEI3036A", "501", "CPP0013036000000000009999"),
    ("DEM021", "FSO3303A", "601", "FEN4001A_DEM021_CPP0014001000000000009999-1"),
    ("DEM031", "CEI4000A", "501", "CPP0014000000000000009999"),
    ("BUYER1", "FSO1300A", "94", "CPP0010036000000000009999"),
]


@pytest.mark.parametrize(("partner", "code", "status", "subject"), _NEVER_SENT)
def test_an_acknowledgement_of_a_flow_never_sent_is_noted_and_never_answered(
    stage: NarrowStage, partner: str, code: str, status: str, subject: str
) -> None:
    flow = stage.status(partner, code, status, subject)
    assert answered(stage, flow) == ()
    assert "no flow of ours was called so: noted" in reasons(stage, flow)
    assert set(stage.acks(partner).values()) <= {""}


@pytest.mark.parametrize("status", ["90", "91", "96"])
def test_a_status_that_does_not_acknowledge_leaves_the_flow_as_its_receiver_left_it(
    stage: NarrowStage, status: str
) -> None:
    stage.advance(minutes=5)
    ours = identifier(stage, "BUYER1", "FEN0036A")
    stage.status("BUYER1", "FSO1300A", "92", ours)
    flow = stage.status("BUYER1", "FSO1300A", status, ours)
    assert stage.acks("BUYER1")["FEN0036A"] == "92"
    assert "carries 92, 94: noted, nothing follows" in reasons(stage, flow)


def test_a_report_about_a_report_is_noted_and_changes_nothing(stage: NarrowStage) -> None:
    flow = stage.status("DEM011", "CEN1214A", "501", identifier(stage, "DEM011", "CSO1150A"))
    assert answered(stage, flow) == ()
    assert "CEN1214A does not answer such a flow" in reasons(stage, flow)
    assert set(stage.acks("DEM011").values()) == {""}


def test_a_refusal_of_a_refusal_is_noted_and_changes_nothing(stage: NarrowStage) -> None:
    deposited(stage, PLATFORM, message(PLATFORM, subject="NONE"))
    flow = stage.status("DEM011", "FSO1305A", "601", message_id(stage, "DEM011", "FEN1205A"))
    assert answered(stage, flow) == ()
    assert "FSO1305A does not answer such a flow" in reasons(stage, flow)
    assert set(stage.acks("DEM011").values()) == {""}


def test_an_acknowledgement_on_the_code_of_another_flow_is_noted(stage: NarrowStage) -> None:
    flow = stage.status("DEM021", "CEI3736A", "501", identifier(stage, "DEM021", "FEN3036A"))
    assert answered(stage, flow) == ()
    assert "(but FEN3736A): noted" in reasons(stage, flow)
    assert set(stage.acks("DEM021").values()) == {""}
