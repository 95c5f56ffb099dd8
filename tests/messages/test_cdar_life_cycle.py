"""CDAR of the whole life cycle: valid by schema and rules, with motif, files and amounts."""

import msgspec
import pytest
from cdar_desk import (
    ABOUT,
    BEFORE,
    BON,
    COLLECTED,
    COMPLETED,
    DECLARED,
    NEW_ACCOUNT,
    NOW,
    NS,
    RECEIVED,
    REF,
    REJECTION,
    SUSPENDED,
    at,
    content_of,
    root_of,
    schema_d22b,
)
from lxml import etree
from packs import schematron

from simulator import resources
from simulator.domain.flows import Characteristic
from simulator.domain.lifecycle import Allowed, Choices, Entry, Request, decide
from simulator.messages.cdarreading import read
from simulator.validation.packs.run import Scope, run

TABLE = resources.life_cycle()


@pytest.fixture(scope="module")
def schema():
    return schema_d22b()


def own_rules(content):
    outcome = run(content, etree.fromstring(content), Scope(("br-fr-cdv",), "cdar"))
    return {rule for _, rule in outcome.fired}


def official_rules(content):
    pytest.importorskip("saxonche", reason="saxonche runs the official schematron")
    return set(schematron.fired("BR-FR-CDV", content))


# -- every status that the life cycle tells as CDAR ---------------------------------------------


def lives():
    """Every delivery in CDAR, for each circuit, actor, status and cadre, with its id."""
    for circuit in ("b2g-pa", "g2b-pa", "g2b-issuer"):
        for actor in TABLE.actors:
            for status in TABLE.codes(TABLE.circuits[circuit]):
                for cadre in ("", "A9", "A12"):
                    yield from told(circuit, actor, status, cadre)


def told(circuit, actor, status, cadre):
    order = TABLE.order[TABLE.circuits[circuit]]
    creates = status in order.first and actor == "chorus"
    history = () if creates else (Entry(order.first[0], "chorus", BEFORE),)
    request = Request(
        circuit=circuit,
        actor=actor,
        status=status,
        at=NOW,
        motif=TABLE.motifs.lists.get(status, ("",))[0] if len(status) > 2 else motif_of(status),
        comment="mot",
        attachments=("bon.pdf",),
        payments=RECEIVED,
        history=history,
        cadre=cadre,
        second_validator=True,
        choices=Choices(strict_schematron=True),
    )
    answered = decide(TABLE, request)
    for delivery in answered.deliveries if isinstance(answered, Allowed) else ():
        if delivery.to in ("platform", "issuer") and delivery.carries == "status":
            yield f"{circuit}-{actor}-{status}-{cadre}-{delivery.status}", actor, delivery


def motif_of(status):
    return "EJ_ERR" if status in TABLE.motifs.of_buyer else ""


LIVES = {name: (actor, delivery) for name, actor, delivery in lives()}


def written_of(name):
    actor, delivery = LIVES[name]
    about = msgspec.structs.replace(
        delivery.on(ABOUT),
        attachments=(BON,) if delivery.status == "209" else (),
        characteristics=RECEIVED if delivery.status == "212" else (),
    )
    # What a platform or an issuer says goes from its own matricule; Chorus Pro relays it unmodified.
    return content_of(about, sender="0043" if actor in ("platform", "issuer") else "9999")


def test_all_codes_of_the_circuits_are_among_them():
    codes = {delivery.status for _, delivery in LIVES.values()}
    of_platforms = "202 203 204 205 206 208 210 211 213 214"
    of_g2b = "200 201 202 203 204 205 206 207 208 209 210 211 212 213 214 220"
    assert codes == {*of_platforms.split(), *of_g2b.split()}


@pytest.mark.parametrize("name", LIVES)
def test_every_status_of_the_life_cycle_is_valid_and_breaks_no_rule(schema, name):
    content = written_of(name)
    schema.assertValid(etree.fromstring(content))
    assert own_rules(content) == set()


def test_the_official_stylesheet_finds_nothing_in_any_of_them():
    one_of_each = {delivery.status: name for name, (_, delivery) in LIVES.items()}
    assert {n: f for n in one_of_each.values() if (f := official_rules(written_of(n)))} == {}


@pytest.mark.parametrize("status", ["206", "207", "208", "210", "213", "221"])
def test_the_lists_of_motifs_are_those_of_the_rules(status):
    """A motif is in our list if and only if the rule pack lets it pass; another sender than 9999."""
    about = msgspec.structs.replace(ABOUT, status=status, comment="mot")
    passed = {
        motif
        for motif in TABLE.motifs.labels
        if not own_rules(content_of(msgspec.structs.replace(about, motif=motif), sender="0043"))
    }
    if status == "221":  # a motif is free there but for its own rule
        assert set(TABLE.motifs.lists[status]) <= passed
    else:
        assert passed == set(TABLE.motifs.lists[status])


@pytest.mark.parametrize("motif", ["FACT_NON_CONFORME", "CONTACT_ACHTR"])
def test_tables_3_and_4_pass_motifs_on_that_the_rules_refuse(motif):
    """The conflict behind the choice strict_schematron."""
    for strict, expected in ((False, {"BR-FR-CDV-CL-09_MDT-113_210B2G"}), (True, set())):
        request = Request(
            circuit="b2g-pa",
            actor="buyer",
            status="05",
            at=NOW,
            motif=motif,
            history=(Entry("01", "chorus", BEFORE),),
            choices=Choices(strict_schematron=strict),
        )
        delivery = decide(TABLE, request).deliveries[0]
        fired = own_rules(content_of(delivery.on(ABOUT)))
        assert bool(fired) == bool(expected)
        assert fired >= expected


def test_of_chorus_pro_a_refusal_takes_more_motifs():
    about = msgspec.structs.replace(ABOUT, status="210", comment="mot")
    passed = {
        motif
        for motif in TABLE.motifs.labels
        if not own_rules(content_of(msgspec.structs.replace(about, motif=motif)))
    }
    motifs = TABLE.motifs
    assert passed == {*motifs.lists["210"], *motifs.of_chorus["210"]}


# -- what the circuit asks for --------------------------------------------------------------------


def test_a_suspension_has_motif_words_action_and_comment_in_one_block(schema):
    root = root_of(SUSPENDED)
    schema.assertValid(root)
    (block,) = root.iterfind(f"{REF}ram:SpecifiedDocumentStatus", NS)
    assert [(e.tag.split("}")[1], e.text) for e in block][:5] == [
        ("ReasonCode", "JUSTIF_ABS"),
        ("Reason", "Pièce justificative absente"),
        ("RequestedActionCode", "PIN"),
        ("RequestedAction", "Fournir une information"),
        ("SequenceNumeric", "1"),
    ]
    assert at(block, "ram:IncludedNote/ram:Content") == "bon de livraison"


@pytest.mark.parametrize("status", [COMPLETED, NEW_ACCOUNT])
def test_files_travel_with_209_and_227(schema, status):
    root = root_of(status)
    schema.assertValid(root)
    binary = root.find(f"{REF}ram:AttachmentBinaryObject", NS)
    assert (binary.get("mimeCode"), binary.get("filename")) == (BON.mime, BON.name)
    assert read(root).statuses[0].attachments == (BON,)
    bare = read(root, files=False).statuses[0].attachments
    assert bare == (msgspec.structs.replace(BON, content=b"", size=len(BON.content)),)


def test_a_seller_says_209_212_and_227_itself(schema):
    for status in (COMPLETED, COLLECTED, NEW_ACCOUNT):
        root = root_of(msgspec.structs.replace(status, issuer=""))
        schema.assertValid(root)
        issuer = root.find("rsm:ExchangedDocument/ram:IssuerTradeParty", NS)
        assert at(issuer, "ram:RoleCode") == "SE"
        assert at(issuer, "ram:GlobalID") == ABOUT.supplier
        assert issuer.find("ram:GlobalID", NS).get("schemeID") == "0009"


def test_212_has_a_block_for_each_rate(schema):
    root = root_of(COLLECTED)
    schema.assertValid(root)
    found = [
        (at(each, "ram:TypeCode"), at(each, "ram:ValueAmount"), at(each, "ram:ValuePercent"))
        for each in root.iter(f"{{{NS['ram']}}}SpecifiedDocumentCharacteristic")
    ]
    assert found == [("MEN", "1200.00", "20"), ("MEN", "110.00", "10")]
    (amount, _) = root.iter(f"{{{NS['ram']}}}ValueAmount")
    assert amount.get("currencyID") == "EUR"
    assert own_rules(content_of(COLLECTED)) == official_rules(content_of(COLLECTED)) == set()
    assert own_rules(content_of(msgspec.structs.replace(COLLECTED, characteristics=()))) == {
        "BR-FR-CDV-14_MDT-207"
    }


def test_an_amount_that_is_none_is_left_out(schema):
    bad = Characteristic("MEN", amount="douze", percent="20 %")
    root = root_of(msgspec.structs.replace(COLLECTED, characteristics=(bad,)))
    schema.assertValid(root)
    assert root.find(f".//{{{NS['ram']}}}ValueAmount") is None


def test_a_reference_of_the_buyer_is_echoed_with_its_qualifier(schema):
    root = root_of(msgspec.structs.replace(SUSPENDED, reference="AJW-7"))
    schema.assertValid(root)
    echo = root.find(f"{REF}ram:GlobalID", NS)
    assert (echo.get("schemeID"), echo.text) == ("AJW", "AJW-7")


def test_a_status_is_dated_when_it_was_set_and_the_message_when_it_leaves():
    root = root_of(SUSPENDED)
    stamp = "ram:IssueDateTime/udt:DateTimeString"
    assert at(root, f"rsm:AcknowledgementDocument/{stamp}") == "20260902100000"
    assert at(root, f"rsm:ExchangedDocument/{stamp}") == "20260905110000"


def test_601_speaks_of_the_message_that_is_rejected(schema):
    root = root_of(REJECTION, interface="FEN1205A")
    schema.assertValid(root)
    guideline = "ram:GuidelineSpecifiedDocumentContextParameter/ram:ID"
    assert at(root, f"rsm:ExchangedDocumentContext/{guideline}") == (
        "urn.cpro.gouv.fr:1p0:CDV:messageCDV"
    )
    assert at(root, "rsm:AcknowledgementDocument/ram:TypeCode") == "305"
    for path, expected in {
        "ram:IssuerAssignedID": "CDV-42",
        "ram:TypeCode": "305",
        "ram:Name": REJECTION.flow,
        "ram:ReferenceTypeCode": "urn.cpro.gouv.fr:1p0:CDV:messageCDV",
        "ram:FormattedIssueDateTime/qdt:DateTimeString": "20260902100000",
        "ram:ProcessConditionCode": "601",
        "ram:IssuerTradeParty/ram:GlobalID": "332540215",
        "ram:SpecifiedDocumentStatus/ram:ReasonCode": "REJ_RG",
        "ram:SpecifiedDocumentStatus/ram:IncludedNote/ram:ContentCode": "G7.08",
        "ram:SpecifiedDocumentStatus/ram:IncludedNote/ram:SubjectCode": "MDT-113",
    }.items():
        assert at(root, f"{REF}{path}") == expected


@pytest.mark.parametrize("status", ["300", "301", "500"])
def test_statuses_of_declarations_refer_to_flow_10(schema, status):
    lines = DECLARED.lines if status == "301" else ()
    root = root_of(msgspec.structs.replace(DECLARED, status=status, lines=lines))
    schema.assertValid(root)
    assert at(root, f"{REF}ram:TypeCode") == "304"
    assert at(root, f"{REF}ram:ReferenceTypeCode") == "urn.cpro.gouv.fr:1p0:CDV:ereportingF10"
    assert root.find(f"{REF}ram:IssuerTradeParty", NS) is None
