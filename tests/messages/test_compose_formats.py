"""Every format of a return is composed: invoices, directories and files passed on as they are."""

import gzip
import io
import tarfile
from datetime import UTC, datetime
from typing import get_args

import msgspec
import pytest

from simulator.domain.delivery import DeliveredInvoice, PivotFile, PivotParty
from simulator.domain.flows import (
    BlobRef,
    CarriedFile,
    FlowStatus,
    Format,
    Return,
)
from simulator.domain.raccordement import Structure
from simulator.messages.compose import compose

NOW = datetime(2026, 9, 5, 9, 0, tzinfo=UTC)
PARTY = PivotParty("33254021516357", "X")
INVOICE = DeliveredInvoice(
    *(PARTY, PARTY, "F1", "380", "A1", "2026-09-01", "2026-09-02", "30", "1", "1", "1"),
    files=(PivotFile("f.xml", "01", "application/xml", b"<a/>"),),
)
RELAYED = CarriedFile("statut é.xml", content=b"<any bytes \xff")
STATUS = FlowStatus("500", "Recevable", "DEM0111150000000000000001", True, NOW)


def return_of(form, **more):
    plain = Return(
        partner="DEM011",
        name="FEN4001A_DEM011_CPP0014001000000000000001.tar.gz",
        interface="FEN4001A",
        format=form,
        issued=NOW,
        emitter="CPP001",
        emitter_matricule="9997",
        partner_matricule="0042",
        statuses=(STATUS,),
        invoices=(INVOICE,),
        files=(RELAYED,),
        structures=(Structure("12345678200051", "COMMUNE", "public"),),
    )
    return msgspec.structs.replace(plain, **more)


def files_of(content):
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(content))) as archive:
        return {m.name: archive.extractfile(m).read() for m in archive}


@pytest.mark.parametrize("form", get_args(Format))
def test_every_format_is_composed_and_repeats(form):
    content = compose(return_of(form))
    assert len(files_of(content)) == 1
    assert compose(return_of(form)) == content


def test_a_relay_passes_bytes_on_as_they_are():
    assert files_of(compose(return_of("relay"))) == {RELAYED.name: RELAYED.content}


def test_a_relay_without_its_bytes_is_a_fault_of_ours():
    away = msgspec.structs.replace(RELAYED, content=b"", blob=BlobRef("0" * 64, 9))
    with pytest.raises(ValueError, match="not taken out of its blob"):
        compose(return_of("relay", files=(away,)))
    with pytest.raises(ValueError, match="found none"):
        compose(return_of("relay", files=()))


@pytest.mark.parametrize("form", get_args(Format))
def test_a_return_survives_the_journal(form):
    value = return_of(form)
    assert msgspec.json.decode(msgspec.json.encode(value), type=Return) == value
