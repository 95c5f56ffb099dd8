"""The command ``aife-sim``: a table of verbs and nouns, each imported only when it runs.

So ``aife-sim --help`` costs nothing but Click. Exit codes: 0 ok, 1 expectation failed or document
refused, 2 usage, 3 environment (design §7).
"""

from __future__ import annotations

import difflib
import importlib

import click

EXPECTATION_FAILED = 1
USAGE = 2
ENVIRONMENT = 3

# name: (module and attribute, the line that --help shows)
COMMANDS: dict[str, tuple[str, str]] = {
    "serve": ("simulator.cli.serve:serve", "Run a node."),
    "demo": ("simulator.cli.demo:demo", "Run a node on free ports and tour the main job."),
    "check": ("simulator.cli.check:check", "Judge envelopes or documents off line."),
    "send": ("simulator.cli.exchange_files:send", "Deposit flows as a partner."),
    "receive": ("simulator.cli.exchange_files:receive", "Fetch the returns of a partner."),
    "flow": ("simulator.cli.flow:flow", "List, show and explain flows."),
    "status": ("simulator.cli.status:status", "Show the life of invoices, set statuses."),
    "emit": ("simulator.cli.emit:emit", "Have a public issuer send invoices to a platform."),
    "ack": ("simulator.cli.emit:ack", "Have a partner acknowledge a flow of ours."),
    "fault": ("simulator.cli.fault:fault", "Let something go wrong, once or always."),
    "wire": ("simulator.cli.wire:wire", "Show raw exchanges: AS2 messages and MDNs."),
    "rules": ("simulator.cli.rules:rules", "List and show the rules."),
    "partner": ("simulator.cli.partner:partner", "Add and show partners."),
    "directory": ("simulator.cli.directory:directory", "Add, import and list structures."),
    "clock": ("simulator.cli.clock:clock", "Show and move business time."),
    "pesit": ("simulator.cli.pesit:pesit", "Read PeSIT aloud and replay recorded sessions."),
    "invoice": ("simulator.cli.invoice:invoice", "Make sample invoices."),
    "doctor": ("simulator.cli.doctor:doctor", "Check the environment and the settings."),
    "probe": ("simulator.cli.probe:probe", "Tell whether a node is ready, for containers."),
    "pki": ("simulator.cli.pki:pki", "Show keys and certificates."),
}


class EnvironmentFailure(click.ClickException):
    """Nothing is wrong with the command, but it cannot run here: port taken, folder locked ...

    The message is one line that says what to do.
    """

    exit_code = ENVIRONMENT


class LazyGroup(click.Group):
    """A group that knows its commands by `COMMANDS` and imports the one that runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the table: the daily ones first."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Imports a command; None for a name that is not in the table."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Click's, with the nearest name for one that is unknown."""
        name = args[0]
        near = difflib.get_close_matches(name, COMMANDS, n=1)
        if name not in COMMANDS and not name.startswith("-") and near:
            ctx.fail(f"no such command {name!r}; did you mean {near[0]!r}?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table as help text, without importing anything."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="aife-sim", message="%(package)s %(version)s")
def aife_sim() -> None:
    """A local stand-in for the AIFE exchange system in front of Chorus Pro.

    Exit codes: 0 ok, 1 expectation failed or document refused, 2 usage, 3 environment.
    """


def main() -> None:
    """Entry point of the command ``aife-sim``."""
    aife_sim(prog_name="aife-sim")
