"""The directory of public structures goes to a partner that subscribes to it, and to no other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from lxml import etree
from playbook import START
from stage_desk import Stage

from simulator import resources
from simulator.domain.raccordement import Raccordement
from simulator.exchange.inputs import DirectoryAsked, RaccordementSaved
from simulator.messages.annuairereading import read as read_directory

SUBSCRIBER = Raccordement("VFE025", "b2g", "sftp", interfaces=("FSO1100A", "FAR0037A"))


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path / "data")
    made.do(RaccordementSaved(SUBSCRIBER))
    yield made
    made.store.close()


def export(stage: Stage, partner: str = "VFE025") -> str:
    name = str(stage.do(DirectoryAsked(partner)))
    stage.compose_all()
    return name


def test_a_subscriber_gets_the_public_structures_as_they_stand(stage: Stage) -> None:
    name = export(stage)
    assert name == "FAR0037A_VFE025_CPP0010037000000000000001.tar.gz"
    assert stage.waiting("VFE025") == [name]
    (value,) = stage.sent("VFE025")
    ((file, content),) = stage.files(value).items()
    assert file == name.replace(".tar.gz", ".xml")
    schema = etree.XMLSchema(file=str(resources.path("schemas", "xsd", "Annuaire.xsd")))
    schema.assertValid(etree.fromstring(content))
    found = [s.identifier for s in read_directory(etree.fromstring(content))]
    public = [s for s in resources.demo_structures() if s.kind == "public"]
    assert {s.identifier for s in public} <= set(found)
    assert found == sorted(found)
    assert "90000000810015" not in found  # private


def test_each_export_has_a_name_of_its_own(stage: Stage) -> None:
    names = [export(stage) for _ in range(3)]
    assert len(set(names)) == 3
    assert stage.waiting("VFE025") == names


@pytest.mark.parametrize(
    ("partner", "error", "reason"),
    [
        ("DEM001", ValueError, "DEM001 does not subscribe to FAR0037A: add the code"),
        ("NONE01", LookupError, "no partner 'NONE01'"),
    ],
)
def test_who_may_not_have_it_is_told_why(
    stage: Stage, partner: str, error: type[Exception], reason: str
) -> None:
    with pytest.raises(error, match=re.escape(reason)):
        export(stage, partner)
    assert stage.sent(partner) == []


def test_a_raccordement_that_is_over_gets_nothing(stage: Stage) -> None:
    stage.do(RaccordementSaved(msgspec.structs.replace(SUBSCRIBER, valid_to=START)))
    with pytest.raises(ValueError, match="not active"):
        export(stage)


def test_a_directory_without_public_structures_is_not_sent(stage: Stage) -> None:
    stage.store.connection.execute("DELETE FROM structure WHERE body LIKE '%\"public\"%'")
    with pytest.raises(ValueError, match="no public structure"):
        export(stage)


@pytest.mark.parametrize("circuit", ["b2g-pa", "g2b-pa", "g2b-issuer"])
def test_a_subscriber_of_any_circuit_gets_it(stage: Stage, circuit: Any) -> None:
    stage.do(RaccordementSaved(Raccordement("VFE026", circuit, "sftp", interfaces=("FAR0037A",))))
    name = export(stage, "VFE026")
    assert stage.waiting("VFE026") == [name]
    (value,) = stage.sent("VFE026")
    assert stage.files(value)
