"""Sessions as text: nothing is lost, everything can be read, and what is no recording is said so."""

import io
import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pesit_tour import SESSIONS, tours

from simulator.wire.pesit.dissect import commentator
from simulator.wire.pesit.recording import (
    DIRECTIONS,
    Chunk,
    Header,
    Recorder,
    Recording,
    RecordingError,
    is_recording,
    read_recording,
    recording_text,
)

GOLDEN = Path(__file__).parent / "sessions"
HEAD = "aife-sim-recording/1 protocol=pesit session=1 from=requester to=server\n"

texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
chunks = st.builds(
    Chunk,
    st.sampled_from(DIRECTIONS),
    st.binary(max_size=200),
    st.floats(0, 1e9, allow_nan=False).map(abs),
    st.text(max_size=20),
)
headers = st.builds(
    Header,
    texts,
    texts,
    texts,
    texts,
    st.dictionaries(st.from_regex(r"[a-z][a-z_]{5,9}", fullmatch=True), st.text(max_size=9)),
)


@settings(max_examples=200, deadline=None)
@given(headers, st.lists(chunks, max_size=6), st.sampled_from(["", "more than 7 octets"]))
def test_a_recording_comes_back_as_it_was(header, chunks, stopped):
    whole = Recording(header, tuple(chunks), stopped)
    for comment in (None, commentator(), lambda direction, octets: ["# a\nb", "", "\x1b[31m"]):
        text = recording_text(whole, comment)
        assert is_recording(text)
        assert read_recording(text) == whole


@given(st.lists(chunks, max_size=6))
def test_a_recorder_writes_what_the_recording_is(chunks):
    stream = io.StringIO()
    recorder = Recorder(stream, Header())
    for one in chunks:
        recorder(one.direction, one.octets, one.offset, one.label)
    assert stream.getvalue() == recording_text(Recording(Header(), tuple(chunks)))


def test_a_large_chunk_is_wrapped_and_a_small_one_is_one_line():
    text = recording_text(Recording(Header(), (Chunk(">", bytes(9), 0.5), Chunk("<", bytes(1000)))))
    _, small, *large = text.splitlines()
    assert small == "> 0.5 9  000000000000000000"
    assert large[0] == "< 0.0 1000"
    assert len(large) == 1 + math.ceil(1000 / 36)
    assert max(map(len, large)) <= 100


def test_a_recorder_stops_at_its_bound_and_says_so():
    stream = io.StringIO()
    recorder = Recorder(stream, Header(), most=10)
    recorder(">", bytes(6), 0.0)
    recorder("<", bytes(5), 1.0)
    recorder("<", b"x", 2.0)
    assert recorder.is_full
    found = read_recording(stream.getvalue())
    assert [len(one.octets) for one in found.chunks] == [6]
    assert found.stopped == "more than 10 octets"


@pytest.mark.parametrize(
    ("direction", "offset"), [("=", 0.0), (">", -1.0), (">", math.nan), ("<", math.inf)]
)
def test_what_cannot_be_recorded_is_our_callers_mistake(direction, offset):
    with pytest.raises(ValueError, match="expected"):
        Recorder(io.StringIO(), Header()).capture(direction, b"x", offset)


def test_a_comment_stays_one_comment_whatever_a_peer_called_its_file():
    stream = io.StringIO()
    Recorder(stream, Header(), lambda *_: ["evil\n> 0.0 1  ff", "\x1b[2J"])(">", b"x", 0.0)
    assert read_recording(stream.getvalue()).chunks == (Chunk(">", b"x"),)
    assert "\x1b" not in stream.getvalue()


FAULTS = {
    "nothing": ("", 1, "aife-sim-recording/1", "nothing"),
    "another file": ("#!/bin/sh\n", 1, "aife-sim-recording/1", "#!/bin/sh"),
    "a later version": ("aife-sim-recording/2 x=1\n", 1, "version 1", "2 x=1"),
    "a missing field": ("aife-sim-recording/1 protocol=pesit session=1 from=a\n", 1, "to=", "from"),
    "a bad field": (HEAD.replace("from=", '"from='), 1, "name=value", "from"),
    "no chunk": (HEAD + "\n? 0.0 1  ff\n", 3, "a chunk", "? 0.0"),
    "no count": (HEAD + "> 0.0\n", 2, "a chunk", "> 0.0"),
    "no hexadecimal": (HEAD + "> 0.0 2\n  ffxx\n", 3, "hexadecimal digits", "ffxx"),
    "half an octet": (HEAD + "> 0.0 1\n  f\n", 3, "hexadecimal digits", "'f'"),
    "too few": (HEAD + "> 0.0 3\n  ffff\n> 1.0 0\n", 2, "3 octets", "2"),
    "too many": (HEAD + "> 0.0 1  ffff\n", 2, "1 octets", "2"),
    "no moment": (HEAD + "> 1e999 0\n", 2, "seconds", "1e999"),
    "a moment of dots": (HEAD + "> 1.1.1 0\n", 2, "seconds", "1.1.1"),
    "a bad label": (HEAD + '> 1.0 0 "\\x"\n', 2, "double quotes", "x"),
    "octets first": (HEAD + "  ffff\n", 2, "a chunk", "ffff"),
}


@pytest.mark.parametrize(("text", "line", "expected", "found"), FAULTS.values(), ids=FAULTS)
def test_what_is_no_recording_says_the_line_what_was_expected_and_what_found(
    text, line, expected, found
):
    with pytest.raises(RecordingError) as caught:
        read_recording(text)
    assert caught.value.line == line
    assert expected in caught.value.expected
    assert found in caught.value.found
    assert str(caught.value).startswith(f"line {line}: expected ")


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60), st.booleans())
def test_any_text_is_a_recording_or_says_why_not(text, with_head):
    try:
        read_recording(HEAD * with_head + text)
    except RecordingError as error:
        assert error.line >= 1


@pytest.mark.parametrize("name", SESSIONS)
def test_what_we_put_on_the_wire_is_what_was_recorded(name):
    """To accept a change, see `sessions/README.md`."""
    recorded = (GOLDEN / f"{name}.txt").read_text("utf-8")
    assert recorded == SESSIONS[name](name).text.getvalue()


@pytest.mark.parametrize("name", SESSIONS)
def test_the_comments_of_a_recording_show_no_password(name):
    comments = "\n".join(
        line
        for line in recording_text(tours()[name], commentator()).splitlines()
        if line.startswith("#")
    )
    assert "secret" not in comments
    assert "newer" not in comments
