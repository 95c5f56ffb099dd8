"""Declarations of e-reporting: once under one name, named by what they say, answered by the PPF."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from lxml import etree
from playbook import START
from stage_desk import Stage

from simulator.messages.archives import pack
from simulator.messages.specimen_ereporting import EReporting, ereporting, ereporting_name

RAM = "{urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100}"
CLOSED = EReporting()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    found = Stage(tmp_path)
    yield found
    found.store.close()


def declare(stage: Stage, given: EReporting = CLOSED, name: str = "") -> int:
    content = pack([(name or ereporting_name(given), ereporting(given))], START)
    return stage.send("DEM031", "FSO6000A", content)


def document(stage: Stage, interface: str) -> etree._Element:
    """The message of the last return on a code."""
    value = [r for r in stage.sent("DEM031") if r.interface == interface][-1]
    (content,) = stage.files(value).values()
    return etree.fromstring(content)


def words(root: etree._Element, *tags: str) -> list[str]:
    found = root.findall("/".join((".//" + RAM + tags[0], *(RAM + tag for tag in tags[1:]))))
    return [e.text or "" for e in found]


def test_a_declaration_is_acknowledged_and_taken_by_the_ppf(stage: Stage) -> None:
    flow = declare(stage)
    assert stage.heard("DEM031") == ["CSO6000A 500", "FEN6000A 300"]
    assert stage.state(flow) == ("IN_INTEGRE", "accepted")


def test_a_name_that_was_taken_makes_the_second_flow_irrecevable(stage: Stage) -> None:
    first, second = declare(stage), declare(stage)
    assert stage.heard("DEM031") == ["CSO6000A 500", "FEN6000A 300", "CSI6000A 501"]
    (finding,) = stage.why(second)["findings"]
    assert finding["rule"] == "IRR_NOM_F_REPORT_AGAIN"
    assert stage.why(first)["name"] in finding["help"]
    assert stage.state(second) == ("IN_REJETE", "irrecevable")


def test_a_name_may_be_used_again_after_its_flow_was_irrecevable(stage: Stage) -> None:
    broken = pack([(ereporting_name(CLOSED), b"<Report/>")], START)
    stage.send("DEM031", "FSO6000A", broken)
    declare(stage)
    assert stage.heard("DEM031") == ["CSI6000A 501", "CSO6000A 500", "FEN6000A 300"]


@pytest.mark.parametrize(
    "name",
    [
        "999999999_ER-2026-0001_20260801_20260810.xml",
        "123456782_ER-2026-0002_20260801_20260810.xml",
        "123456782_ER-2026-0001_20260801_20260811.xml",
    ],
)
def test_a_name_that_its_declaration_denies_is_irrecevable(stage: Stage, name: str) -> None:
    flow = declare(stage, name=name)
    assert stage.heard("DEM031") == ["CSI6000A 501"]
    assert [f["rule"] for f in stage.why(flow)["findings"]] == ["IRR_NOM_F_REPORT_OTHER"]


def test_the_ppf_refuses_a_period_that_is_not_over(stage: Stage) -> None:
    today = START.date()
    ends = {"closed": today - timedelta(days=1), "open": today}
    for name, end in ends.items():
        declare(stage, EReporting(identifier=name, end=end.isoformat()))
    heard = ["CSO6000A 500", "FEN6000A 300", "CSO6000A 500", "FEN6000A 301"]
    assert stage.heard("DEM031") == heard
    said = document(stage, "FEN6000A")
    assert words(said, "SpecifiedDocumentStatus", "ReasonCode") == ["REJ_PER"]
    assert not words(document(stage, "CSO6000A"), "SpecifiedDocumentStatus", "ReasonCode")


def test_what_the_ppf_says_names_the_ppf_and_the_instant_of_the_declaration(stage: Stage) -> None:
    declare(stage)
    said, own = document(stage, "FEN6000A"), document(stage, "CSO6000A")
    for tag in ("SenderTradeParty", "IssuerTradeParty"):
        assert words(said, tag, "RoleCode") == ["DFH"]
        assert words(own, tag, "RoleCode") == ["WK"]
    (when,) = said.iter("{*}FormattedIssueDateTime")
    assert "".join(when.itertext()).strip() == "20260811020000"  # TT-3
    assert words(said, "Name")[-1] == stage.why(1)["name"].removesuffix(".tar.gz")
