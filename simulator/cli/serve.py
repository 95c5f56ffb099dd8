"""``aife-sim serve``: a node in the foreground."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import resource
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulator.cli.config import settings_in_force
from simulator.cli.main import EnvironmentFailure

if TYPE_CHECKING:
    from simulator.settings import Settings

PORT = click.IntRange(0, 65535)


@click.command()
@click.option("--config", type=click.Path(path_type=Path), help="Settings file (TOML).")
@click.option("--data", help="Data folder (default ./.aife-sim).")
@click.option("--memory", is_flag=True, default=None, help="A temporary data folder.")
@click.option("--host", help="Address to listen on (default 127.0.0.1).")
@click.option("--advertise-host", help="Host told to partners.")
@click.option("--http-port", type=PORT, help="Console and API (default 18080).")
@click.option("--sftp-port", type=PORT, help="SFTP (default 18022).")
@click.option("--as2-port", type=PORT, help="AS2 over HTTP (default 18081).")
@click.option("--as2-tls-port", type=PORT, help="AS2 over HTTPS (default none).")
@click.option("--pesit-port", type=PORT, help="PeSIT over TLS (default 18100).")
@click.option("--pesit-plain-port", type=PORT, help="PeSIT in clear, on loopback (default none).")
@click.option("--ephemeral", is_flag=True, default=None, help="Free ports for all not given.")
@click.option(
    "--partner-endpoint",
    multiple=True,
    metavar="CODE=ENDPOINT",
    help="Where a partner listens for pushed returns; repeatable.",
)
@click.option("--ready-file", help="JSON written once every listener is bound.")
@click.option("--clock", help="Business time to start from (ISO 8601).")
@click.option("--seed", type=int, help="Seed of what is drawn by chance (nothing yet).")
def serve(
    config: Path | None, clock: str | None, partner_endpoint: tuple[str, ...], **node: object
) -> None:
    """Run a node until it is told to stop (SIGTERM, or Ctrl-C; twice to kill)."""
    flags: dict[str, object] = {key: value for key, value in node.items() if value is not None}
    if clock:
        flags["clock.start"] = clock
    settings = settings_in_force(config, flags)
    failure = run_node(settings, _endpoints(partner_endpoint), _announce)
    if failure:
        raise EnvironmentFailure(failure)


def _endpoints(given: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for text in given:
        code, sign, endpoint = text.partition("=")
        if not sign or not endpoint:
            message = f"expected CODE=ENDPOINT, found {text!r}"
            raise click.BadParameter(message, param_hint="--partner-endpoint")
        pairs[code] = endpoint
    return pairs


def run_node(
    settings: Settings, endpoints: Mapping[str, str], announce: Callable[[Mapping[str, Any]], None]
) -> str | None:
    """Runs a node on this thread until a signal; returns why it could not start, if it could not."""
    _prepare_process()
    # Installed here and nowhere else, before anything imports the reactor.
    from simulator.transport import reactor as reactors

    loop, reactor = reactors.install()
    from twisted.internet import defer

    from simulator.node import Node, NodeFailure

    node = Node(settings, endpoints, os.environ.get("AIFE_SIM_POINTS", ""))
    failures: list[str] = []

    async def start() -> None:
        try:
            await node.start()
            _spare_collections()
            announce(node.describe())
        except NodeFailure as failure:
            failures.append(str(failure))
            reactor.stop()
        except Exception as defect:
            logging.getLogger("aife_sim").exception("the node could not start")
            failures.append(f"the node could not start: {type(defect).__name__}: {defect}")
            reactor.stop()

    def stop() -> defer.Deferred[None]:
        loop.remove_signal_handler(signal.SIGINT)
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # the second Ctrl-C does not wait
        return defer.Deferred.fromFuture(asyncio.ensure_future(node.stop()))

    starting: list[asyncio.Task[None]] = []
    reactor.callWhenRunning(lambda: starting.append(loop.create_task(start())))
    reactor.addSystemEventTrigger("before", "shutdown", stop)
    _stop_on_signals(loop, reactor)
    reactor.run(installSignalHandlers=False)
    return failures[0] if failures else None


def _stop_on_signals(loop: asyncio.AbstractEventLoop, reactor: Any) -> None:  # noqa: ANN401 - Twisted's
    """SIGTERM and the first Ctrl-C stop the node, whatever the timers of the reactor are about."""
    asked: list[int] = []

    def stop(number: int) -> None:
        if not asked and reactor.running:
            asked.append(number)
            reactor.stop()
            loop.call_soon(reactor.runUntilCurrent)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop, number)


def _prepare_process() -> None:
    """Log to standard error, many descriptors, quick turns between threads."""
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger("asyncssh").setLevel(logging.WARNING)
    # Every connection and every upload that may be resumed holds a descriptor.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    # The engine and the loop hand the interpreter to each other several times a deposit.
    sys.setswitchinterval(0.001)


def _spare_collections() -> None:
    """What is there after the start stays; collecting it again would cost every deposit."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def _announce(ready: Mapping[str, Any]) -> None:
    """One block: where, with what, and a line to paste."""
    sftp = ready["sftp"]
    lines = [f"aife-sim {ready['version']} is ready", f"  console and API  {ready['http']}"]
    lines += [
        f"  SFTP             {sftp['host']}:{sftp['port']}",
        f"  AS2              {ready['as2']}",
        *([f"  AS2 over HTTPS   {ready['as2_tls']}"] if ready["as2_tls"] else []),
        f"  PeSIT over TLS   {ready['pesit']['host']}:{ready['pesit']['port']}",
        f"  data             {ready['data']}",
    ]
    lines += ["  partners"]
    lines += [
        f"    {p['code_application']}  {p['circuit']:7} {p['protocol']:5} {p['environment']}"
        for p in ready["partners"]
    ]
    lines += ["  try this", f"    aife-sim flow list --node {ready['http']}"]
    ours = [p for p in ready["partners"] if Path(p["pki"], "ssh_key").exists()]
    lines += [f"    {sftp_line(ready, p)}" for p in ours if p["protocol"] == "sftp"][:1]
    click.echo("\n".join(lines))
    sys.stdout.flush()


def sftp_line(ready: Mapping[str, Any], partner: Mapping[str, Any]) -> str:
    """The command that opens an SFTP session as a partner."""
    sftp = ready["sftp"]
    return (
        f"sftp -P {sftp['port']} -i {partner['pki']}/ssh_key"
        f" -o UserKnownHostsFile={ready['pki']}/aife/known_hosts"
        f" {partner['sftp_user']}@{sftp['host']}"
    )
