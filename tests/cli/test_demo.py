"""The demo tours the protocols and tells a story of each circuit, and says so when it goes wrong."""

import subprocess
import sys
import time
from contextlib import contextmanager

import msgspec
import pytest
from click.testing import CliRunner

from simulator import resources
from simulator.circuit_sequences import SEQUENCES, arrows
from simulator.cli import demo, demo_stories
from simulator.cli.demo_stories import events
from simulator.domain.reference import Options

TOUR = ("1 historic invoice", "sftp", "FSO1100A_...", "90  01", "21 checks passed")
TOLD = ("historic", "FSO1100A deposited", "DEM001 CSO1100A 90")


@contextmanager
def no_node(_):
    yield {}


def shown(monkeypatch, *, tour=True, told=True):
    monkeypatch.setattr(demo, "running", no_node)
    monkeypatch.setattr(demo, "tour", lambda *_: [(*TOUR, tour)])
    monkeypatch.setattr(demo_stories, "tell", lambda *_: [(*TOLD, told)])
    return CliRunner().invoke(demo.demo)


@pytest.fixture(scope="module")
def played():
    begun = time.monotonic()
    run = subprocess.run(
        [sys.executable, "-m", "simulator", "demo"], capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip
    return run, time.monotonic() - begun


def test_all_comes_back_as_expected(played):
    run, _ = played
    assert (run.returncode, run.stderr) == (0, "")
    for event in events():
        assert event.what in run.stdout
        assert all(said in run.stdout for said in event.expected)


def test_the_machine_time_is_that_of_a_demo_though_a_month_passes(played):
    _, seconds = played
    assert seconds < 60  # about 9 s; the machine may be busy


def test_what_came_is_in_two_tables(monkeypatch):
    result = shown(monkeypatch)
    assert result.exit_code == 0
    assert "A tour of the exchange system" in result.output
    assert "A story of each circuit" in result.output


@pytest.mark.parametrize(
    ("wrong", "named"), [("tour", "1 historic invoice"), ("told", "historic: FSO1100A deposited")]
)
def test_what_did_not_come_as_expected_is_named_and_the_exit_code_is_1(monkeypatch, wrong, named):
    result = shown(monkeypatch, **{wrong: False})
    assert result.exit_code == 1
    assert f"not as expected: {named}" in result.output


def test_each_circuit_has_a_story_and_each_event_one_thing_that_happens():
    stories = dict.fromkeys(event.story for event in events())
    assert list(stories) == ["historic", "platform", "suspended", "G2B", "e-reporting"]
    for event in events():
        assert [bool(event.code), bool(event.advance), bool(event.says)].count(True) == 1


def test_what_is_expected_is_what_the_page_of_circuits_draws():
    reference = resources.reference(Options())
    drawn = {f"{a.code} {a.status}".strip() for s in SEQUENCES for a in arrows(reference, s)}
    told = {said.partition(" ")[2] for event in events() for said in event.expected}
    assert told <= drawn


def test_an_answer_that_did_not_come_makes_a_row_wrong(monkeypatch, tmp_path):
    (first, *_) = events()
    more = msgspec.structs.replace(first, expected=("DEM001 CSO1100A 93",))
    monkeypatch.setattr(demo_stories, "events", lambda: (first, more))
    monkeypatch.setattr(demo_stories, "_happen", lambda *_: None)
    monkeypatch.setattr(demo_stories, "_heard", lambda *_: iter(first.expected))
    monkeypatch.setattr("simulator.testing.client.Client.get", lambda *_, **__: None)
    rows = demo_stories.tell({"http": "http://127.0.0.1:1"}, tmp_path)
    assert [row[3] for row in rows] == [True, False]
