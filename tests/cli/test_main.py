"""The command as a whole: light to start, every name in place, exit codes of the contract."""

import importlib.metadata
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from simulator.cli import main as cli
from simulator.cli.config import settings_in_force
from simulator.cli.main import EnvironmentFailure

HEAVY = ("twisted", "asyncssh", "lxml", "rich", "cryptography", "xmlschema", "msgspec", "sqlite3")

PROBE = f"""
import sys
from simulator.cli.main import main
try:
    main()
finally:
    print("loaded:", *[name for name in {HEAVY!r} if name in sys.modules])
"""


def run(*arguments):
    return CliRunner().invoke(cli.aife_sim, arguments, prog_name="aife-sim")


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["nonsense"], []])
def test_help_version_and_mistakes_import_nothing_heavy(arguments):
    command = [sys.executable, "-c", PROBE, *arguments]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.stdout.splitlines()[-1] == "loaded:"


def test_help_shows_every_command_with_its_line():
    told = run("--help")
    assert told.exit_code == 0
    for name, (_, line) in cli.COMMANDS.items():
        assert any(row.split() == [name, *line.split()] for row in told.output.splitlines())


@pytest.mark.parametrize("name", list(cli.COMMANDS))
def test_every_command_of_the_table_is_there(name):
    command = cli.aife_sim.get_command(click.Context(cli.aife_sim), name)
    assert isinstance(command, click.Command)
    assert command.name == name


def test_python_m_simulator_is_the_command():
    command = [sys.executable, "-m", "simulator", "--version"]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    assert told.stdout == f"aife-sim {importlib.metadata.version('aife-sim')}\n"


def test_an_unknown_command_is_a_usage_error_with_the_nearest():
    told = run("flwo")
    assert told.exit_code == cli.USAGE == 2
    assert "did you mean 'flow'?" in told.output
    assert run("nonsense").exit_code == cli.USAGE


def test_an_environment_failure_is_one_line_and_ends_with_3():
    @click.command()
    def fails():
        raise cli.EnvironmentFailure("port 18080 is taken")

    told = CliRunner().invoke(fails)
    assert told.exit_code == cli.ENVIRONMENT == 3
    assert told.output == "Error: port 18080 is taken\n"


def test_wrong_settings_are_an_environment_failure_with_their_place(tmp_path, monkeypatch):
    file = tmp_path / "aife-sim.toml"
    file.write_text("[sftp]\ndepott = 1\n")
    with pytest.raises(EnvironmentFailure, match=r"aife-sim\.toml:2: sftp\.depott") as caught:
        settings_in_force(file, {})
    assert caught.value.exit_code == cli.ENVIRONMENT
    monkeypatch.setenv("AIFE_SIM_CONFIG", str(file))
    with pytest.raises(EnvironmentFailure, match=r"depott"):
        settings_in_force(None, {})


def test_settings_in_force_take_options_over_variables(monkeypatch):
    monkeypatch.delenv("AIFE_SIM_CONFIG", raising=False)
    monkeypatch.setenv("AIFE_SIM_HTTP_PORT", "1")
    monkeypatch.setenv("AIFE_SIM_AS2_PORT", "1")
    node = settings_in_force(None, {"http_port": 2}).node
    assert (node.http_port, node.as2_port) == (2, 1)
