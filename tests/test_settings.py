"""Settings: defaults, layers, origins, and what a user is told about a mistake."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from simulator import resources
from simulator.domain.judgement import Limits
from simulator.domain.reference import Options
from simulator.settings import (
    FOREIGN,
    Settings,
    SettingsError,
    Tables,
    load,
    schema_text,
)
from simulator.settings_tables import PartnerSettings
from simulator.settings_wire import SftpSettings
from simulator.transport import sftp as transport

PARTNER = '[[partner]]\ncode = "VFE025"\ncircuit = "b2g-pa"\nprotocol = "as2"\n'


@pytest.fixture
def settings_file(tmp_path):
    def write(text):
        path = tmp_path / "aife-sim.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def problem(file=None, environ=None, flags=None):
    """The only problem that these layers have."""
    with pytest.raises(SettingsError) as caught:
        load(file, environ, flags)
    (only,) = caught.value.problems
    return only


def test_without_anything_the_defaults_are_in_force():
    settings = load()
    assert msgspec.structs.asdict(settings) | {"origin": {}} == msgspec.structs.asdict(Settings())
    assert (settings.node.http_port, settings.node.as2_port) == (18080, 18081)
    assert (settings.node.sftp_port, settings.node.pesit_port) == (18022, 18100)
    assert settings.node.pesit_plain_port is None
    assert settings.node.data == "./.aife-sim"
    assert settings.journal.sync == "full"
    assert {origin.layer for origin in settings.origin.values()} == {"default"}


def test_defaults_are_those_of_the_domain():
    assert load().job_limits() == Limits()
    assert load().options() == Options()


def test_every_option_and_limit_but_the_inner_ones_has_a_setting(settings_file):
    file = settings_file(
        "[exchange]\n"
        'prefix = "CPP002"\nmatricule = "0001"\nlife_cycle_interface = "FEN1200A"\n'
        'prefixes = { FEN0036A = "CPP002" }\nack_name = "own"\n'
        'matricule_g2b = "0002"\nmatricule_ppf = "0000"\n'
        'status_delivery = "daily"\ndaily_at = "18:30"\n'
        'ereporting_ack = "300"\ng2b_unconnected = "non-transmise"\ncode_aliases = "refuse"\n'
        'unpublished = "refuse"\n'
        'held_for = "PT0S"\n'
        'messages_per_archive = 1\nreport = "errors-only"\nall_rejected = "refused"\n'
        '[directory]\nunknown = "accept"\n[returns]\npurge_after = "PT1H"\nretry = ["PT5M"]\n'
        "[limits]\nflow = 1\nmember = 2\nattachment = 3\nmembers = 4\ntotal = 5\n"
        "header = 6\nfindings = 7\n"
        "[judging]\nseconds = 8\nmemory = 9\n"
        "[life_cycle]\nstory = false\nsecond_validator = true\n"
        "order = 'strict'\ndelays = { 03 = 'PT1M' }\n"
    )
    settings = load(file)
    changed = msgspec.structs.asdict(settings.options())
    same = {k for k, v in msgspec.structs.asdict(Options()).items() if changed[k] == v}
    assert same == {"inline"}
    assert settings.options().purge_after == timedelta(hours=1)
    assert settings.job_limits() == Limits(1, 2, 3, 4, 5, 6, 7, 8.0, 9)


def test_a_flag_stands_over_a_variable_over_the_file_over_the_default(settings_file):
    file = settings_file("[node]\nhost = 'file'\nhttp_port = 1\nas2_port = 1\n")
    environ = {"AIFE_SIM_HTTP_PORT": "2", "AIFE_SIM_AS2_PORT": "2"}
    settings = load(file, environ, {"as2_port": 3, "sftp_port": None})
    node = settings.node
    assert (node.host, node.http_port, node.as2_port, node.sftp_port) == ("file", 1 + 1, 3, 18022)
    origins = {k: str(settings.origin[f"node.{k}"]) for k in ("host", "http_port", "as2_port")}
    assert origins == {
        "host": f"file {file}:2",
        "http_port": "env AIFE_SIM_HTTP_PORT",
        "as2_port": "flag",
    }
    assert str(settings.origin["node.sftp_port"]) == "default"


def test_every_setting_of_a_table_has_an_origin():
    sections = {f.name: f.type for f in msgspec.structs.fields(Tables)}
    expected = {
        f"{name}.{field.name}"
        for name, section in sections.items()
        if isinstance(section, type)
        for field in msgspec.structs.fields(section)
    }
    assert set(load().origin) == expected


def test_variables_are_read_in_the_type_of_their_setting():
    settings = load(
        environ={
            "AIFE_SIM_MEMORY": "true",
            "AIFE_SIM_JUDGING_MEMORY": "4096",
            "AIFE_SIM_PESIT_PLAIN_PORT": "18101",
            "AIFE_SIM_CLOCK_RATE": "60",
            "AIFE_SIM_TLS_NAMES": "sim.test, 192.0.2.1",
            "AIFE_SIM_TOKEN": "0123",
        }
    )
    assert settings.node.memory is True
    assert settings.judging.memory == 4096
    assert settings.node.pesit_plain_port == 18101
    assert settings.clock.rate == 60.0
    assert settings.tls.names == ("sim.test", "192.0.2.1")
    assert settings.node.token == "0123"


def test_an_empty_variable_and_those_of_other_tools_are_left_alone():
    environ = dict.fromkeys(FOREIGN, "x") | {"AIFE_SIM_HTTP_PORT": "", "HOME": "/"}
    assert load(environ=environ) == load()
    assert {"AIFE_SIM_NODE", "AIFE_SIM_COMMAND", "AIFE_SIM_SHARED"} <= FOREIGN


def test_an_unknown_key_is_named_with_its_line_and_the_nearest(settings_file):
    file = settings_file("# mine\n[sftp]\nonce = true\ndepott = '/x'\n")
    found = problem(file)
    assert (found.place, found.path) == (f"{file}:4", "sftp.depott")
    assert "did you mean depot?" in found.text
    assert "allowed in [sftp]: depot, retrait, temporary_suffixes" in found.text


def test_an_unknown_table_is_named_with_its_line_and_the_nearest(settings_file):
    file = settings_file("\n[jurnal]\nsync = 'off'\n")
    found = problem(file)
    assert (found.place, found.path) == (f"{file}:2", "jurnal")
    assert "did you mean journal?" in found.text


def test_a_key_outside_of_its_table_is_shown_its_place(settings_file):
    found = problem(settings_file("http_port = 1\n"))
    assert found.path == "http_port"
    assert "under [node]" in found.text


def test_an_unknown_variable_names_the_nearest():
    found = problem(environ={"AIFE_SIM_SFTP_DEPOTT": "/x"})
    assert found.place == "AIFE_SIM_SFTP_DEPOTT"
    assert "did you mean AIFE_SIM_SFTP_DEPOT?" in found.text


def test_an_unknown_flag_names_the_nearest():
    found = problem(flags={"clock.strat": "x"})
    assert (found.place, found.path) == ("command line", "clock.strat")
    assert "did you mean clock.start?" in found.text


@pytest.mark.parametrize(
    ("text", "path", "line", "allowed"),
    [
        ("[node]\nhttp_port = 65536", "node.http_port", 2, "a whole number from 0 to 65535"),
        ("[node]\nhttp_port = true", "node.http_port", 2, "a whole number from 0 to 65535"),
        ("[node]\nmemory = 1", "node.memory", 2, "true or false"),
        ("[node]\nhost = 1", "node.host", 2, "a text"),
        ("[journal]\nsync = 'on'", "journal.sync", 2, "one of 'full', 'normal', 'off'"),
        ("[limits]\n\nflow = 0", "limits.flow", 3, "a whole number from 1"),
        ("[sftp]\ndepot = 'depot'", "sftp.depot", 2, "such as /depot"),
        ("[sftp]\nlogin_timeout = 0", "sftp.login_timeout", 2, "seconds above 0"),
        ("[clock]\nstart = 'tomorrow'", "clock.start", 2, "2026-09-01T08:00:00Z"),
        ("[clock]\nrate = 0", "clock.rate", 2, "a number above 0"),
        ("[returns]\npurge_after = '7'", "returns.purge_after", 2, "such as P7D"),
        ("[tls]\nnames = 'a'", "tls.names", 2, "a list of texts"),
        ("[exchange]\nmatricule = '99999'", "exchange.matricule", 2, "4 digits"),
        ("[exchange]\ndaily_at = '24:00'", "exchange.daily_at", 2, "such as 06:00"),
        ("[exchange]\nprefixes = {FEN = 'C'}", "exchange.prefixes", 2, "codes application by"),
        ("[life_cycle]\nrecycling_since = '1.9.'", "life_cycle.recycling_since", 2, "a day such"),
        (PARTNER + "valid_from = 'x'", "partner[0].valid_from", 5, "ISO 8601 instant"),
        (PARTNER + PARTNER.replace("b2g-pa", "b2b"), "partner[1].circuit", 7, "'g2b-issuer'"),
        ("tls = 3", "tls", 1, "a table"),
        ("partner = 3", "partner", 1, "[[partner]]"),
        ("sftp.depot = 3", "sftp.depot", 1, "such as /depot"),
        ("sftp = {depot = 3}", "sftp.depot", 1, "such as /depot"),
    ],
)
def test_a_wrong_value_is_told_with_its_line_and_what_is_allowed(
    settings_file, text, path, line, allowed
):
    file = settings_file(text)
    found = problem(file)
    assert (found.place, found.path) == (f"{file}:{line}", path)
    assert allowed in found.text


def test_a_wrong_variable_or_flag_names_itself():
    assert problem(environ={"AIFE_SIM_HTTP_PORT": "x"}).place == "AIFE_SIM_HTTP_PORT"
    found = problem(flags={"http_port": -1})
    assert (found.place, found.path) == ("command line", "node.http_port")


def test_a_missing_key_of_a_partner_is_told_with_the_line_of_its_table(settings_file):
    file = settings_file(PARTNER + '[[partner]]\ncode = "VFE026"\nprotocol = "as2"\n')
    found = problem(file)
    assert (found.place, found.path) == (f"{file}:5", "partner[1].circuit")
    assert "is required: one of 'b2g'" in found.text


def test_a_partner_or_structure_given_twice_is_refused(settings_file):
    file = settings_file(PARTNER + PARTNER)
    assert (problem(file).place, problem(file).path) == (f"{file}:6", "partner[1].code")
    structure = '[[structure]]\nidentifier = "1"\nname = "x"\nkind = "public"\n'
    assert "given twice" in problem(settings_file(structure * 2)).text


def test_all_problems_are_told_at_once_one_line_each(settings_file):
    file = settings_file("[node]\nhttp_port = 'x'\n[sftp]\ndepott = 1\n")
    with pytest.raises(SettingsError) as caught:
        load(file, {"AIFE_SIM_FOO": "1"})
    assert len(caught.value.problems) == 3
    assert len(str(caught.value).splitlines()) == 3


@pytest.mark.parametrize(
    ("text", "line"), [("[node]\nhost = \n", 2), ("[node]\nhost = [", 2), ("a=1\na=2\n", 2)]
)
def test_broken_toml_is_one_line_with_the_place(settings_file, text, line):
    file = settings_file(text)
    found = problem(file)
    assert found.place == f"{file}:{line}"
    assert "not valid TOML" in found.text


def test_a_file_that_cannot_be_read_is_one_line(tmp_path):
    assert "cannot read" in problem(tmp_path / "none.toml").text
    assert "cannot read" in problem(tmp_path).text
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe")
    assert "not UTF-8" in problem(binary).text


def test_paths_of_a_file_are_relative_to_it_and_others_are_not(settings_file, tmp_path):
    file = settings_file(
        "[node]\ndata = 'd'\n" + PARTNER + "cert = 'mine.p7b'\nssh_key = '/etc/key.pub'\n"
    )
    settings = load(file, flags={"ready_file": "ready.json"})
    assert settings.node.data == str(tmp_path / "d")
    assert settings.node.ready_file == "ready.json"
    (partner,) = settings.partner
    assert (partner.cert, partner.ssh_key) == (str(tmp_path / "mine.p7b"), "/etc/key.pub")


def test_toml_dates_are_taken_as_instants(settings_file):
    file = settings_file(
        "[clock]\nstart = 2026-09-01T08:00:00Z\n" + PARTNER + "valid_from = 2026-09-01\n"
    )
    settings = load(file)
    assert settings.clock.start == "2026-09-01T08:00:00+00:00"
    (partner,) = settings.partner
    assert partner.active_from == datetime(2026, 9, 1, tzinfo=UTC)
    assert partner.active_to is None


def test_ephemeral_frees_the_ports_that_nobody_gave():
    settings = load(flags={"ephemeral": True, "sftp_port": 2222})
    node = settings.node
    assert (node.http_port, node.as2_port, node.sftp_port, node.pesit_port) == (0, 0, 2222, 0)
    assert str(settings.origin["node.http_port"]) == "default ephemeral"


def test_memory_turns_the_journal_off_unless_it_was_given():
    assert load(flags={"memory": True}).journal.sync == "off"
    asked = load(flags={"memory": True}, environ={"AIFE_SIM_JOURNAL_SYNC": "full"})
    assert asked.journal.sync == "full"


def test_a_partner_of_the_file_has_its_defaults(settings_file):
    (partner,) = load(settings_file(PARTNER)).partner
    assert partner == PartnerSettings(code="VFE025", circuit="b2g-pa", protocol="as2")
    assert (partner.environment, partner.matricule, partner.endpoint) == ("QUAL", "0042", None)


_ODD = [None, True, -1, 10**30, float("nan"), "", "é\0", b"x", [], [None], {"a": {}}, {1}, object()]


# A machine that is busy with other tests is no failure.
@examples(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["host", "http_port", "clock.start", "x", "tls.names", ""]),
        st.sampled_from(_ODD) | st.text("0aZ:-T", max_size=12),
    )
)
def test_flags_of_any_kind_end_in_settings_or_our_own_error(flags):
    outcome = outcome_of(None, flags)
    assert isinstance(outcome, Settings) or len(outcome) <= len(flags)


# A machine that is busy with other tests is no failure.
@examples(deadline=None)
@given(
    st.text("[]{}='\"\n.#,1nodehsté", max_size=40)
    | st.lists(st.sampled_from(PARTNER.split("\n"))).map("\n".join)
)
def test_a_file_of_any_text_ends_in_settings_or_our_own_error(tmp_path_factory, text):
    file = tmp_path_factory.getbasetemp() / "any.toml"
    file.write_text(text, encoding="utf-8")
    outcome = outcome_of(file, {})
    assert isinstance(outcome, Settings) or all(p.place.startswith(str(file)) for p in outcome)


def outcome_of(file, flags):
    """The settings, or the problems that there were."""
    try:
        return load(file, flags=flags)
    except SettingsError as error:
        return error.problems


def test_the_committed_json_schema_is_the_generated_one():
    committed = resources.path("schemas", "config.schema.json").read_text(encoding="utf-8")
    assert committed == schema_text(), "run: make schema"


def test_the_json_schema_describes_every_setting():
    definitions = json.loads(schema_text())["$defs"]
    tables = {k: v for k, v in definitions.items() if k != "Tables"}
    plain = [
        f"{name}.{key}"
        for name, table in tables.items()
        for key, value in table["properties"].items()
        if "description" not in value
    ]
    assert plain == []
    assert all(table["additionalProperties"] is False for table in definitions.values())


def test_the_schema_command_prints_the_schema():
    command = [sys.executable, "-m", "simulator.settings"]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert run.stdout == schema_text()


def test_sftp_settings_are_those_of_the_server_with_its_defaults():
    ours = msgspec.structs.asdict(SftpSettings())
    server = msgspec.structs.asdict(transport.SftpSettings())
    assert {**server, **ours} == server
    assert server.keys() - ours.keys() == {"ciphers", "macs"}
