"""``aife-sim flow``: the journal of a running node, or of a data folder."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulator.cli.console import (
    client_of,
    data_option,
    json_option,
    node_option,
    plain,
    print_json,
    print_table,
    talks_to_node,
)
from simulator.cli.main import EnvironmentFailure

if TYPE_CHECKING:
    from simulator.cli.why import Beside
    from simulator.validation.jsonline import FindingLine


@click.group()
def flow() -> None:
    """List, show and explain flows.

    FLOW is a flow name, its 25-character id, its journal number, or 'latest'.
    """


@flow.command("list")
@click.option("--partner", metavar="CODE", help="Only the flows of this partner.")
@click.option("--limit", default=50, show_default=True)
@click.option("--sent", is_flag=True, help="Our own flows instead of deposits.")
@node_option
@data_option
@json_option
@talks_to_node
def list_flows(
    partner: str | None,
    limit: int,
    *,
    sent: bool,
    node: str | None,
    data: str | None,
    as_json: bool,
) -> None:
    """The newest flows first, with their states as the portal's "Suivi des flux" words them."""
    question = "returns" if sent else "flows"
    rows = (
        _offline(data, question, partner=partner, limit=limit)
        if data
        else client_of(node).get(f"/api/v1/{question}", partner=partner, limit=limit)
    )
    if as_json:
        print_json(rows)
        return
    dated = "issued" if sent else "received"
    last = "acknowledged" if sent else "verdict"
    columns = ["no", dated, "partner", "interface", "name", "bytes", "state", last]
    keys = ("id", dated, "partner", "interface", "name", "size")
    standing = _standing_of_return if sent else _standing
    lines = [[*(row[key] for key in keys), *standing(row)] for row in rows]
    if not sent:  # as in the portal's "Suivi des flux": the state has a date of its own
        columns.append("since")
        lines = [[*line, row["state_at"]] for line, row in zip(lines, rows, strict=True)]
    print_table("Our flows" if sent else "Flows", columns, lines)


def _standing(row: dict[str, Any]) -> tuple[str, str]:
    """State, with its label on the portal, and verdict of a deposit."""
    return state_shown(row["state"]), row["verdict"]


def _standing_of_return(row: dict[str, Any]) -> tuple[str, str]:
    return row["state"], ack_shown(row["ack"])


def state_shown(state: str) -> str:
    """A state of a flow with its French label: ``IN_INTEGRE (Intégré)``."""
    from simulator import resources

    found = resources.flow_states().states.get(state)
    return f"{state} ({found.label})" if found else state


def ack_shown(ack: str) -> str:
    """What a partner said of a flow of ours, and the state that the flow has by it."""
    from simulator import resources
    from simulator.domain.flowstates import path

    table = resources.flow_states()
    happening = table.acknowledged.get(ack)
    if happening is None:
        return ack
    final = path(table, table.outgoing, ("sent", happening))[-1]
    return f"{ack} ({table.states[final].label})"


@flow.command()
@click.argument("wanted", metavar="FLOW", default="latest")
@node_option
@data_option
@json_option
@talks_to_node
def show(wanted: str, node: str | None, data: str | None, as_json: bool) -> None:
    """One flow: invoices, returns, events."""
    row = _offline(data, "show", wanted) if data else _ask(node, wanted)
    if as_json:
        print_json(row)
        return
    click.echo(f"{plain(row['name'])}  (no {row['id']}, {row['partner']} over {row['protocol']})")
    click.echo(f"received {row['received']}  {state_shown(row['state'])}  {row['verdict']}")
    invoices = [(i["member"], i["number"], i["supplier"], i["verdict"]) for i in row["invoices"]]
    print_table("Invoices", ("file", "number", "supplier", "verdict"), invoices)
    if row["attachments"]:
        files = [(f["member"], f["number"], f["name"], f["size"]) for f in row["attachments"]]
        print_table("Attachments", ("file", "invoice", "name", "bytes"), files)
    _print_returns(row["returns"])
    events = [(e["at"], e["type"]) for e in row["events"]]
    print_table("Events", ("business time", "event"), events)


@flow.command()
@click.argument("wanted", metavar="FLOW", default="latest")
@click.option("--schematron", is_flag=True, help="Compare with official Schematron, run here.")
@node_option
@data_option
@json_option
@talks_to_node
def why(
    wanted: str, *, schematron: bool, node: str | None, data: str | None, as_json: bool
) -> None:
    """Why a flow was answered as it was: every check in order, every finding explained."""
    from simulator.cli.why import Explained

    if schematron and data:
        message = "--schematron takes the flow from a running node, not from --data"
        raise click.UsageError(message)
    trace = _offline(data, "why", wanted) if data else _ask(node, wanted, "/why")
    beside = _beside(node, trace) if schematron else None
    explained = Explained(trace)
    if as_json:
        print_json(explained.as_json(beside))
        return
    _print_checks(trace)
    for finding, line in zip(trace["findings"], explained.findings, strict=True):
        click.echo("")
        click.echo("\n".join(finding_lines(finding, line)))
    if trace["returns"]:
        _print_returns(trace["returns"])
    if beside:
        click.echo("")
        click.echo("\n".join(map(plain, beside.lines)))


def _print_checks(trace: dict[str, Any]) -> None:
    verdict = trace["verdict"] or "not decided yet"
    click.echo(f"{plain(trace['name'])}: {verdict} ({trace['state']})")
    for check in trace["checks"]:
        sign = {"passed": "ok", "failed": "NO", "skipped": "--"}[check["outcome"]]
        detail = f"  {check['detail']}" if check["detail"] else ""
        click.echo(plain(f"  {sign}  {check['name']}{detail}"))
    for pack, reason in trace["skipped"]:
        click.echo(f"  --  {pack}: {reason}")


def finding_lines(finding: dict[str, Any], line: FindingLine) -> list[str]:
    """A finding as a person reads it.

    Args:
        finding: as the node tells it.
        line: the same, explained.
    """
    from simulator.cli.finding_text import lines

    wire = [f"{w['code']} in {w['return']} (status {w['status']})" for w in finding["wire"]]
    heading = f"{line.severity.upper()} {line.rule}  (motif {line.motif or 'none'})"
    return [plain(heading), *(f"  {text}" for text in lines(line, wire, finding["invoice"]))]


def _beside(node: str | None, trace: dict[str, Any]) -> Beside:
    """Official Schematron on a flow, which comes from the node and is looked at here."""
    from simulator.cli.why import beside
    from simulator.resources import MissingResource
    from simulator.runtime.judging import JudgingUnavailable

    content = client_of(node).raw(f"/api/v1/flows/{trace['flow']}/raw")
    try:
        return beside(trace, content)
    except (MissingResource, JudgingUnavailable) as error:
        raise EnvironmentFailure(str(error)) from None


@flow.command()
@click.argument("wanted", metavar="FLOW", default="latest")
@click.option("--return", "is_return", is_flag=True, help="FLOW names a return of ours.")
@click.option("--wire", is_flag=True, help="Requests and MDNs about it, decoded beside.")
@node_option
@talks_to_node
def raw(wanted: str, *, is_return: bool, wire: bool, node: str | None) -> None:
    """The bytes of a flow, to standard output; of a return with --return."""
    from simulator.cli.wire import exchange_lines
    from simulator.testing.client import quoted

    if wire:
        client = client_of(node)
        rows = client.get(f"/api/v1/flows/{quoted(wanted)}/wire")
        shown = ["\n".join(exchange_lines(client, row)) for row in rows]
        click.echo("\n\n".join(shown) or "its protocol leaves no raw bytes in the journal")
        return
    kind = "returns" if is_return else "flows"
    sys.stdout.buffer.write(client_of(node).raw(f"/api/v1/{kind}/{quoted(wanted)}/raw"))


@flow.command()
@click.argument("wanted", metavar="RETURN")
@node_option
@json_option
@talks_to_node
def requeue(wanted: str, node: str | None, as_json: bool) -> None:
    """Put a return back into the retrieval area.

    RETURN is its name, its 25-character id, the number that `flow show` gives, or 'latest'.
    """
    from simulator.testing.client import quoted

    row = client_of(node).post(f"/api/v1/returns/{quoted(wanted)}/requeue", {})
    if as_json:
        print_json(row)
    else:
        click.echo(f"{row['name']} waits again")


@flow.command()
@click.argument("wanted", metavar="[RETURN]", required=False)
@click.option("--failed", metavar="PARTNER", help="all that this partner could not be given")
@node_option
@json_option
@talks_to_node
def resend(wanted: str | None, failed: str | None, node: str | None, as_json: bool) -> None:
    """Push a return once more, under the same identity, to a partner that listens.

    RETURN is its name, its 25-character id, the number that `flow show` gives, or 'latest'.
    """
    from simulator.testing.client import quoted

    if (wanted is None) is (failed is None):
        message = "expected a RETURN, or --failed PARTNER, and not both"
        raise click.UsageError(message)
    if failed is not None:
        rows = client_of(node).post(f"/api/v1/partners/{quoted(failed)}/resend", {})["resent"]
        if as_json:
            print_json(rows)
        else:
            click.echo("\n".join(f"{name} is pushed again" for name in rows) or "none had failed")
        return
    assert wanted is not None
    row = client_of(node).post(f"/api/v1/returns/{quoted(wanted)}/resend", {})
    if as_json:
        print_json(row)
    else:
        click.echo(f"{row['name']} is pushed again")


def _ask(node: str | None, wanted: str, tail: str = "") -> dict[str, Any]:
    from simulator.testing.client import quoted

    row: dict[str, Any] = client_of(node).get(f"/api/v1/flows/{quoted(wanted)}{tail}")
    return row


def _offline(data: str, question: str, wanted: str = "", **query: Any) -> Any:  # noqa: ANN401
    """The same answers from the journal of a stopped node."""
    import sqlite3

    from simulator.journal import explain, read
    from simulator.journal.store import StoreError, open_reader

    try:
        connection = open_reader(Path(data))
        if question in ("flows", "returns"):
            ask_all = read.flows if question == "flows" else read.returns
            return ask_all(connection, "default", **query)
        found = read.find_flow(connection, "default", wanted)
        ask = explain.why if question == "why" else read.describe_flow
        return ask(connection, found)
    except (StoreError, sqlite3.Error) as error:
        raise EnvironmentFailure(f"{data}: {error}") from None
    except read.NoSuchFlow as error:
        raise click.ClickException(str(error)) from None


def _print_returns(returns: list[dict[str, Any]]) -> None:
    rows = [
        (
            r["id"],
            r["name"],
            r["state"],
            r["partner"],
            ", ".join(f"{s['status']} {s['about']}" for s in r["statuses"])
            or ", ".join(f"invoice {number}" for number in r["invoices"]),
            ack_shown(r["ack"]),
        )
        for r in returns
    ]
    columns = ("no", "name", "state", "to", "statuses", "acknowledged")
    print_table("Returns", columns, rows)
