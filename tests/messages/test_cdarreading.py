"""What was written as CDAR is read; so is what others write, valid or not."""

import os
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest
from cdar_desk import (
    ABOUT,
    COLLECTED,
    COMPLETED,
    DECLARED,
    FLOW,
    NEW_ACCOUNT,
    NOW,
    NS,
    REF,
    REJECTION,
    SUSPENDED,
    answer,
    content_of,
    root_of,
    schema_d22b,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from simulator import resources
from simulator.domain.flows import (
    CarriedFile,
    Characteristic,
    ErrorLine,
    FlowStatus,
    InvoiceStatus,
    ObjectStatus,
    Return,
)
from simulator.messages import statusfacts
from simulator.messages.cdarreading import read

SHARED = Path(os.environ.get("AIFE_SIM_SHARED", Path(__file__).resolve().parents[3] / "shared"))
CORPUS = SHARED / "corpus"
TABLE = resources.life_cycle()


@pytest.fixture(scope="module")
def schema():
    return schema_d22b()


# -- reading --------------------------------------------------------------------------------------

# What a message does not carry of an invoice status.
UNSAID = {"recipient": "", "recipient_name": "", "supplier_name": ""}
OF_BUYER = {"supplier": "332540215", "supplier_scheme": "0002", "supplier_name": ""}
TRANSMITTED = msgspec.structs.replace(ABOUT, status="203", label="Mise à disposition", issuer="WK")
ERRORS = msgspec.structs.replace(
    ABOUT,
    status="213",
    issuer="WK",
    lines=(ErrorLine("FONCTIONNELLE", "REJ_COH", "Cohérence", "long", "G1.05", "BT-1"),),
    comment="voir",
)


@pytest.mark.parametrize(
    ("status", "unsaid"),
    [
        (FLOW, {}),
        (msgspec.structs.replace(FLOW, identifier="x y.tar.gz", readable=False), {}),
        (REJECTION, {}),
        (DECLARED, {}),
        (SUSPENDED, OF_BUYER),
        (COMPLETED, {"recipient": "", "recipient_name": ""}),
        (COLLECTED, {"recipient": "", "recipient_name": ""}),
        (NEW_ACCOUNT, {"recipient": "", "recipient_name": ""}),
        (TRANSMITTED, OF_BUYER | UNSAID),
        (ERRORS, OF_BUYER | UNSAID),
    ],
)
def test_what_was_written_is_read(status, unsaid):
    message = read(root_of(status))
    assert message.statuses == (msgspec.structs.replace(status, **unsaid),)
    assert (message.sender.identifier, message.recipient.identifier) == ("9999", "0042")
    assert message.identifier.endswith("-1")
    assert message.issued == NOW


TEXT = st.text(st.characters(), max_size=30)
CODES = st.sampled_from([*TABLE.statuses.afnor, "999"])
LINES = st.lists(st.builds(ErrorLine, TEXT, TEXT, TEXT, TEXT, TEXT | st.just("G1.05"), TEXT)).map(
    tuple
)
INSTANTS = st.integers(946_684_800, 4_070_908_800).map(lambda s: datetime.fromtimestamp(s, UTC))
DATA = st.builds(
    Characteristic, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT | st.just("1.5"), TEXT, TEXT | st.just("20")
)
STATUSES = st.one_of(
    st.builds(FlowStatus, CODES, TEXT, TEXT, st.booleans(), INSTANTS, LINES, TEXT),
    st.builds(
        ObjectStatus,
        CODES,
        TEXT,
        st.sampled_from(["message", "declaration"]),
        TEXT,
        INSTANTS,
        TEXT,
        st.none() | INSTANTS,
        TEXT,
        TEXT,
        LINES,
        TEXT,
    ),
    st.builds(
        InvoiceStatus,
        status=CODES,
        label=TEXT,
        number=TEXT,
        issue_date=TEXT | st.just("2026-09-01"),
        type_code=TEXT | st.just("380"),
        supplier_scheme=TEXT | st.just("0009"),
        supplier=TEXT | st.just("33254021516357"),
        supplier_name=TEXT,
        recipient=TEXT | st.just("12345678200051"),
        recipient_name=TEXT,
        received=INSTANTS,
        lines=LINES,
        comment=TEXT,
        motif=TEXT,
        motif_label=TEXT,
        action=TEXT | st.just("NIN"),
        attachments=st.lists(
            st.builds(CarriedFile, TEXT, TEXT, st.binary(max_size=40)), max_size=2
        ).map(tuple),
        characteristics=st.lists(DATA, max_size=3).map(tuple),
        issuer=TEXT | st.just("SE"),
        occurred=st.none() | INSTANTS,
        reference=TEXT,
    ),
)


@settings(deadline=None, max_examples=200)
@given(STATUSES)
def test_any_text_in_any_field_gives_a_valid_document_that_can_be_read(schema, status):
    root = root_of(status)
    schema.assertValid(root)
    (found,) = read(root).statuses
    schema.assertValid(root_of(found))


WORDS = st.text("abcé É'&<>", min_size=1, max_size=20).filter(lambda t: t == t.strip())


@settings(deadline=None, max_examples=200)
@given(
    status=st.builds(
        InvoiceStatus,
        status=st.sampled_from(["203", "204", "206", "208", "209", "210", "212", "213", "227"]),
        label=WORDS,
        number=WORDS,
        issue_date=st.dates(date(2000, 1, 1), date(2099, 12, 31)).map(str),
        type_code=st.sampled_from(["380", "381"]),
        supplier_scheme=st.just("0009"),
        supplier=st.just("33254021516357"),
        supplier_name=WORDS,
        recipient=st.just("12345678200051"),
        recipient_name=WORDS,
        received=INSTANTS,
        comment=WORDS,
        motif=st.sampled_from(["CMD_ERR", "AUTRE"]),
        motif_label=WORDS,
        action=st.sampled_from(["", "NIN"]),
        occurred=INSTANTS,
        reference=WORDS,
    )
)
def test_writing_what_was_read_gives_the_same_bytes(status):
    content = content_of(status)
    (found,) = read(etree.fromstring(content)).statuses
    whole = msgspec.structs.replace(
        found,
        recipient=found.recipient or status.recipient,
        recipient_name=found.recipient_name or status.recipient_name,
    )
    assert content_of(whole) == content


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.is_dir(), reason="no reference corpus: set AIFE_SIM_SHARED")
def test_every_message_of_the_corpus_is_read_as_the_facts_say():
    files = 0
    for path in sorted(CORPUS.glob("**/*.xml")):
        if b"CrossDomainAcknowledgementAndResponse" not in path.read_bytes()[:3000]:
            continue
        root = etree.parse(path).getroot()
        if root.tag != statusfacts.CDAR:
            continue
        files += 1
        message = read(root)
        facts = statusfacts.read_all(root)
        assert [s.status for s in message.statuses] == [f.type_code for f in facts], path
        for status, fact in zip(message.statuses, facts, strict=True):
            if isinstance(status, InvoiceStatus):
                assert (status.number, status.issue_date) == (fact.number.strip(), fact.issue_date)
                assert status.received.year > 2000
    assert files > 40


def test_an_empty_message_is_read_as_nothing():
    assert read(etree.Element(statusfacts.CDAR)).statuses == ()


def test_a_message_with_two_statuses_is_read_as_two():
    root = root_of(SUSPENDED)
    reference = root.find(REF[:-1], NS)
    reference.addnext(etree.fromstring(etree.tostring(reference)))
    assert [s.status for s in read(root).statuses] == ["208", "208"]


def test_returns_of_older_journals_decode():
    value = msgspec.json.encode(answer(ABOUT, FLOW))
    plain = msgspec.json.decode(value)
    for key in ("invoices", "files", "structures"):
        del plain[key]
    for status in plain["statuses"]:
        for key in ("motif", "attachments", "characteristics", "occurred", "service", "issuer"):
            status.pop(key, None)
    old = msgspec.json.decode(msgspec.json.encode(plain), type=Return)
    assert old.statuses[1] == FLOW
    assert old.statuses[0].motif == ""
    assert msgspec.json.decode(value, type=Return) == answer(ABOUT, FLOW)
