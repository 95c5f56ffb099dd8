"""What verbs on a running node share: finding it, its errors, tables and JSON."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click

from simulator.cli.main import EnvironmentFailure

if TYPE_CHECKING:
    from simulator.testing.client import Client

_PIPE_WIDTH = 160
_BAD_REQUEST = 400
P = ParamSpec("P")
R = TypeVar("R")

node_option = click.option(
    "--node", metavar="URL|READYFILE", help="The node (default AIFE_SIM_NODE, then port 18080)."
)
json_option = click.option("--json", "as_json", is_flag=True, help="JSON instead of a table.")
data_option = click.option(
    "--data", metavar="DIR", help="Read the journal of a stopped node instead of asking one."
)


def client_of(node: str | None) -> Client:
    """The client of the node that a verb works on."""
    from simulator.testing.client import Client

    return Client.find(node)


def talks_to_node(verb: Callable[P, R]) -> Callable[P, R]:
    """A verb whose node may refuse (exit 1) or be away (exit 3); one line says which."""

    @functools.wraps(verb)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        from simulator.testing.client import NodeError, NodeUnreachable

        try:
            return verb(*args, **kwargs)
        except NodeError as error:
            if error.status == _BAD_REQUEST:
                raise click.UsageError(str(error)) from None
            raise click.ClickException(str(error)) from None
        except BrokenPipeError:  # who reads has read enough
            sys.stderr.close()
            sys.exit(0)
        except OSError as error:
            raise EnvironmentFailure(str(error)) from None
        except NodeUnreachable as error:
            raise EnvironmentFailure(str(error)) from None

    return wrapped


def plain(text: object) -> str:
    """A text that cannot steer a terminal: partners choose names, and names may hold anything."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(text))


def print_json(value: Any) -> None:  # noqa: ANN401 - whatever the node answered
    """JSON on one line when it is one value, one line each for a list."""
    for item in value if isinstance(value, list) else [value]:
        click.echo(json.dumps(item, ensure_ascii=False))


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table for people; cells are plain text, whatever a partner put into them."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(plain(cell)) for cell in row))
    # Into a file or a pipe there is no width to respect: names stay on one line.
    width = None if sys.stdout.isatty() else _PIPE_WIDTH
    Console(highlight=False, width=width).print(table)
