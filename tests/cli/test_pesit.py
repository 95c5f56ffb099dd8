"""``aife-sim pesit``: whatever form octets come in, they are read aloud; damage is shown."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from simulator.cli.hex_dumps import read_dump
from simulator.cli.main import aife_sim
from simulator.wire.pesit.recording import (
    Chunk,
    Header,
    Recording,
    read_recording,
    recording_text,
)

SESSIONS = Path(__file__).parents[1] / "wire" / "pesit" / "sessions"
CONNECT = bytes.fromhex(
    "00270027402000010304 41434D450403485542 0506736563726574 060102 0703002004 160102 170101"
)
STREAM = read_recording((SESSIONS / "push.txt").read_text("utf-8")).octets(">")


def run(*arguments, stdin=None):
    return CliRunner().invoke(aife_sim, ["pesit", *map(str, arguments)], input=stdin)


def decoded(path, *options):
    result = run("decode", path, *options)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture
def file(tmp_path):
    def made(content, name="dump"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return made


# The forms of a dump.


def lines_of(octets, width=16):
    return [(at, octets[at : at + width]) for at in range(0, len(octets), width)]


def shown(octets):
    return "".join(chr(one) if 32 <= one < 127 else "." for one in octets)


def xxd(octets):
    rows = ((at, " ".join(re.findall("..?.?.?", row.hex())), row) for at, row in lines_of(octets))
    return "".join(f"{at:08x}: {words:<39}  {shown(row)}\n" for at, words, row in rows)


def hexdump_c(octets):
    text = ""
    for at, row in lines_of(octets):
        halves = "  ".join(filter(None, (row[:8].hex(" "), row[8:].hex(" "))))
        text += f"{at:08x}  {halves:<48}  |{shown(row)}|\n"
    return text + f"{len(octets):08x}\n"


def wireshark(octets, indent=""):
    rows = ((at, row.hex(" "), row) for at, row in lines_of(octets))
    return "".join(f"{indent}{at:04x}   {words:<47}   {shown(row)}\n" for at, words, row in rows)


def od(octets):
    rows = "".join(f"{at:06x} {row.hex(' ')}\n" for at, row in lines_of(octets))
    return rows + f"{len(octets):06x}\n"


FORMS = {
    "raw octets": lambda octets: octets,
    "xxd": xxd,
    "hexdump -C": hexdump_c,
    "od -A x -t x1": od,
    "wireshark hex dump": wireshark,
    "wireshark hex stream": lambda octets: octets.hex() + "\n",
    "xxd -p": lambda octets: "\n".join(row.hex() for _, row in lines_of(octets, 30)),
    "blanks": lambda octets: octets.hex(" ").upper(),
    "colons": lambda octets: octets.hex(":"),
    "0x": lambda octets: ", ".join(f"0x{one:02X}" for one in octets),
    "escapes": lambda octets: "".join(f"\\x{one:02x}" for one in octets),
    "comments": lambda octets: f"# a trace\r\n{octets.hex()}\r\n# the end\r\n",
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("stream", [CONNECT, STREAM, CONNECT[2:]], ids=["one", "all", "no prefix"])
def test_any_form_gives_the_same_octets(form, stream, file):
    content = form(stream)
    dump = read_dump(content if isinstance(content, bytes) else content.encode())
    assert dump.fault is None
    assert b"".join(octets for _, octets in dump.parts) == stream
    first = decoded(file(content)).splitlines()[0]
    assert first.startswith("000000  CONNECT  39 octets" if stream == CONNECT else "000000  CONN")


@pytest.mark.parametrize(
    "command", [["xxd"], ["xxd", "-p"], ["hexdump", "-C"], ["od", "-Ax", "-tx1z"]]
)
@pytest.mark.parametrize("stream", [CONNECT, STREAM, CONNECT + bytes(500) + CONNECT])
def test_what_the_tools_of_this_machine_write_is_read(command, stream):
    try:
        written = subprocess.run(command, input=stream, capture_output=True, check=True).stdout
    except FileNotFoundError:
        pytest.skip(f"{command[0]} is not on this machine")
    assert b"".join(octets for _, octets in read_dump(written).parts) == stream


def test_a_stream_that_was_followed_in_both_directions_tells_who_said_what(file):
    there, back = CONNECT, bytes.fromhex("0011001140210162 060102 0703002004 170101")
    text = wireshark(there) + wireshark(back, "    ")
    heads = [line for line in decoded(file(text)).splitlines() if line[0].isdigit()]
    assert [line.split()[1] for line in heads] == ["CONNECT", "ACONNECT"]
    assert [line[line.index("[") :] for line in heads] == ["[requester]", "[server]"]


FAULTS = {
    "no digit": ("00 27 0g", 8, "a hexadecimal digit", "'g'"),
    "no digits at all": ("hello", 1, "a hexadecimal digit", "'h'"),
    "half an octet": ("00 27 0", 8, "a second digit of the last octet", "the end"),
    "a gap": (xxd(STREAM[:64]).replace("00000020:", "00000030:"), 1, "the offset 20", "30"),
    "a line that is none": (xxd(STREAM[:32]) + "oops\n", 1, "an offset and octets", "'oops'"),
    "words": ("0000000 2700 2700 2040\n", 9, "hexdump -C", "words"),
}


@pytest.mark.parametrize(("text", "column", "expected", "found"), FAULTS.values(), ids=FAULTS)
def test_a_dump_that_cannot_be_read_says_where_what_was_expected_and_what_found(
    text, column, expected, found, file
):
    fault = read_dump(text.encode()).fault
    assert (fault.column, found in fault.found, expected in fault.expected) == (column, True, True)
    result = run("decode", file(text))
    assert result.exit_code == 1
    assert f"Error: line {fault.line}, column {column} of the dump: expected " in result.stderr


def test_what_stands_before_the_fault_of_a_dump_is_decoded(file):
    result = run("decode", file(CONNECT.hex() + "\n0006zz"))
    assert result.exit_code == 1
    assert result.stdout.startswith("000000  CONNECT")
    assert "line 2, column 5" in result.stderr


# What is shown.


def test_each_fpdu_is_named_with_its_parameters_in_words(file):
    text = decoded(file(CONNECT))
    assert text.splitlines() == [
        "000000  CONNECT  39 octets, to 0, octet 6 = 1  [requester]",
        "  PI 3 requester id: 'ACME'",
        "  PI 4 server id: 'HUB'",
        "  PI 5 access control: password (not shown)",
        "  PI 6 version: 2, E",
        "  PI 7 synchronisation points: interval 32 KB, window 4",
        "  PI 22 access: 2, mixed",
        "  PI 23 resynchronisation: 1, allowed",
    ]


@pytest.mark.parametrize("name", sorted(path.stem for path in SESSIONS.glob("*.txt")))
def test_recorded_sessions_are_read_whole_without_their_passwords(name):
    path = SESSIONS / f"{name}.txt"
    text = decoded(path)
    assert "FAULT" not in text
    assert "secret" not in text + decoded(path, "--json")
    assert "newer" not in text + decoded(path, "--json")
    chunks = [c for c in read_recording(path.read_text("utf-8")).chunks if c.octets]
    heads = [line for line in text.splitlines() if re.match(r"\d{6}  ", line)]
    assert len(heads) >= len(chunks)
    assert all(re.search(r"\[\d+\.\d{3} s  (requester|server)\]$", line) for line in heads)


def test_a_diagnostic_is_given_in_words(file):
    octets = bytes.fromhex("000f000f c030 0100 0203 0200cc 1902 1000")
    assert "PI 2 diagnostic: 2-204, the file already exists" in decoded(file(octets))
    [line] = map(json.loads, decoded(file(octets), "--json").splitlines())
    assert line["diagnostic"] == {"code": "2-204", "words": "the file already exists"}


def test_json_is_one_object_a_line(file):
    rows = [json.loads(line) for line in decoded(file(STREAM), "--json").splitlines()]
    assert [row["fpdu"] for row in rows[:4]] == ["CONNECT", "CREATE", "ORF", "WRITE"]
    assert sum(row["octets"] for row in rows) == len(STREAM)
    assert {row["direction"] for row in rows} <= {"requester", "server", None}
    create = rows[1]
    [group] = [one for one in create["parameters"] if one["pi"] == 9]
    names = [one["value"] for one in group["parameters"] if one["name"] == "file name"]
    assert names == ["'INVOICES'"]
    assert all(set(row) == set(create) for row in rows)


def test_a_pre_connection_in_ebcdic_and_a_text_in_ebcdic_are_read(file):
    greeting = bytes.fromhex("D7C5E2C9E3404040C1C3D4C540404040A2858399 85A34040".replace(" ", ""))
    connect = CONNECT.replace(b"ACME", "ACME".encode("cp037"))
    text = decoded(file(b"\x00\x18" + greeting + connect))
    assert "pre-connection of 'ACME', password not shown (EBCDIC)" in text
    assert "PI 3 reads as EBCDIC: 'ACME'" in text


@pytest.mark.parametrize(
    ("octets", "at", "words"),
    [
        (CONNECT + b"GET / HTTP/1.1\r\n", 43, "expected the length of an FPDU"),
        (CONNECT[:-3], 0, "expected 41 octets from here, found 38 before the end"),
        (CONNECT[:9] + b"\x99" + CONNECT[10:], 8, "expected 153 octets of PI 3, found 31"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01", 0, "expected an FPDU"),
    ],
)
def test_damaged_input_is_read_up_to_the_fault_and_exits_with_1(octets, at, words, file):
    result = run("decode", file(octets))
    assert result.exit_code == 1
    [fault] = re.findall(r"FAULT at octet (\d+): (.*)", result.stdout)
    assert (int(fault[0]), words in fault[1]) == (at, True), fault
    rows = [json.loads(one) for one in run("decode", "--json", file(octets)).stdout.splitlines()]
    assert [one["at"] for row in rows for one in row["faults"]] == [at]


def test_the_framing_may_be_told(file):
    octets = bytes.fromhex("0008 0000 C001 4849")
    assert run("decode", file(octets), "--framing", "prefixed").exit_code == 1
    assert "DTF" in run("decode", file(octets), "--framing", "raw").stdout


def test_the_standard_input_is_read():
    result = run("decode", "-", stdin=CONNECT.hex())
    assert result.exit_code == 0
    assert result.stdout.startswith("000000  CONNECT")


def test_an_empty_file_is_damaged_and_a_missing_one_is_a_mistake(file, tmp_path):
    assert run("decode", file(b"")).exit_code == 1
    assert run("decode", tmp_path / "none").exit_code == 2
    assert run("decode").exit_code == 2
    assert run("replay", tmp_path / "none").exit_code == 2


def test_a_damaged_recording_says_its_line(file):
    text = (SESSIONS / "refused.txt").read_text("utf-8").replace("> 0.0 41", "> 0.0 40")
    for verb in ("decode", "replay"):
        result = run(verb, file(text))
        assert result.exit_code == 1
        assert (
            "not a recording: line 2: expected 40 octets in this chunk, found 41" in result.stderr
        )


def test_names_that_a_peer_chose_cannot_steer_a_terminal(file):
    octets = CONNECT.replace(b"ACME", b"\x1b[2J")
    assert "\x1b" not in decoded(file(octets))


# Replay.


def test_a_recording_that_our_server_answers_otherwise_exits_with_1_and_names_fields():
    result = run("replay", SESSIONS / "refused.txt")
    assert result.exit_code == 1
    assert result.stdout == (
        "FPDU 1, RCONNECT: recorded RCONNECT (3-304, the requester is not authorised), "
        "ours ACONNECT\n"
    )


def test_what_may_differ_is_left_out():
    fields = [option for name in ("RCONNECT", "ACONNECT") for option in ("--may-differ", name)]
    result = run("replay", SESSIONS / "refused.txt", *fields)
    assert result.exit_code == 0
    assert result.stdout == "our server says the same, 0 FPDUs\n"


def test_differences_as_json():
    result = run("replay", SESSIONS / "refused.txt", "--json")
    assert result.exit_code == 1
    [line] = map(json.loads, result.stdout.splitlines())
    assert line["fpdu"] == "RCONNECT"
    assert set(line) == {"number", "fpdu", "field", "recorded", "ours"}


def test_octets_that_are_no_pesit_end_a_replay_with_words(file):
    head = (SESSIONS / "refused.txt").read_text("utf-8").splitlines()[0]
    result = run("replay", file(f"{head}\n> 0.0 4  47455420\n> 0.1 4  2f202020\n"))
    assert result.exit_code == 1
    assert "our server could not go on" in result.stderr
    assert "not PeSIT" in result.stderr


def test_what_a_recording_left_out_is_said_and_what_follows_is_read(tmp_path):
    begin = b"\x00\x27" + CONNECT[-39:]
    release = bytes.fromhex("000b000b402362010203000000")
    chunks = (
        Chunk(">", begin, 0.0),
        Chunk(">", b"", 1.5, "9 data FPDUs left out", 70_000),
        Chunk(">", release, 2.0),
        Chunk(">", release[:5], 2.5),
    )
    path = tmp_path / "session.txt"
    path.write_text(recording_text(Recording(Header(), chunks, "more than 9 octets")), "utf-8")
    lines = decoded(path).splitlines()
    assert "000041  9 data FPDUs left out, 70000 octets  [1.500 s  requester]" in lines
    assert any(line.startswith("070041  RELEASE") for line in lines)
    assert lines[-1] == "000000  the recording stops here: more than 9 octets"
    assert "FAULT" not in decoded(path)
