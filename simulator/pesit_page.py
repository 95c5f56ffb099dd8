"""``docs/pesit-coverage.md``: each FPDU and each parameter of PeSIT: done, tolerated or refused.

``python -m simulator.pesit_page`` prints the page out of the tables of ``simulator.wire.pesit``;
``make docs`` keeps it in the repository.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from simulator.interfaces_page import table
from simulator.wire.pesit.coverage import (
    DONE,
    GIVEN,
    SERVED,
    TOLERATED,
    UNEXPECTED,
    USES,
    carriers,
    fpdu_use,
)
from simulator.wire.pesit.diagnostics import DIAGNOSTICS
from simulator.wire.pesit.kinds import FPDUS, GROUP_CODES, Allowed
from simulator.wire.pesit.parameters import GROUPS, PARAMETERS
from simulator.wire.pesit.profile import DEVIATIONS
from simulator.wire.pesit.states import Side

_INTRODUCTION = """\
# Coverage of PeSIT

This page is generated from the tables of `simulator/wire/pesit` (`data/*.toml`, `states.py`): change
those and run `make docs`. It is about the core, version E, profile Hors-SIT; how it is used is in
[pesit-core.md](pesit-core.md), which product is set up how in [pesit.md](pesit.md).

*done*: sent or received with its full meaning; *tolerated*: read over, noted, the session goes on;
*refused*: answered with the diagnostic. The tests hold each row to the behaviour: what is done
travels in a session of the tests, what is refused gets its diagnostic.
"""
_FPDUS = """\
An FPDU is refused with ABORT {unexpected} from a side that may never send it, and in a state in
which it may not be sent. So is a type that does not exist. In the last column **bold** is
mandatory; *italic* is mandatory in the text, but products leave it out: the lenient profile notes
it, the strict one refuses with 3-318. The pre-connection (24 octets of EBCDIC, answered `ACK0` or
`NAK0`) is no FPDU; it is done in both roles, with and without prefix.
"""
_PARAMETERS = """\
A parameter that is tolerated is noted by the lenient profile and refused by the strict one with the
diagnostic given. So is one that does not exist (PI 24 and 35 of version D among them), and one in
an FPDU that does not carry it.
"""
_LIBERTIES = """\
What peers do outside the text, by the name that `Options(profile=LENIENT.refusing(...))` takes.
"""
_DIAGNOSTICS = """\
*core*: given by the core itself; *server*: by the simulator's server, which uses it. The rest the
simulator never gives; a caller of the core may. All are read, and shown in words by `aife-sim pesit
decode`.
"""


def page() -> str:
    """The page."""
    return "\n".join(
        (
            _INTRODUCTION,
            "## FPDUs\n",
            _FPDUS.format(unexpected=UNEXPECTED),
            table(("FPDU", "octets 3, 4", "requester to server", "server to requester", "carries"),
                  _fpdus()),
            "## Parameters\n",
            _PARAMETERS,
            table(("PI", "name", "type", "octets", "received", "sent", "what is done, or why not",
                   "in"), _parameters()),
            "## Groups\n",
            table(("PGI", "name", "holds"), _groups()),
            "## Liberties of peers\n",
            _LIBERTIES,
            table(("name", "what", "lenient", "strict", "mark", "source"), _liberties()),
            "## Diagnostics\n",
            _DIAGNOSTICS,
            table(("PI 2", "meaning", "in", "given by", "mark"), _diagnostics()),
        )
    )  # fmt: skip


def _fpdus() -> Iterator[tuple[str, ...]]:
    for kind, row in FPDUS.items():
        uses = (fpdu_use(kind, side) for side in (Side.REQUESTER, Side.SERVER))
        cells = (use if use == DONE else f"{use}: {UNEXPECTED}" for use in uses)
        carried = "data" if row.data else " ".join(map(_allowed, row.allowed)) or "nothing"
        yield f"`{row.name}`", row.octets, *cells, carried


def _allowed(one: Allowed) -> str:
    marks = {"!": "**", "~": "*"}.get(one.need, "")
    members = " ".join(map(_allowed, one.members))
    return f"{marks}{one.code}{marks}" + (f" ({members})" if members else "")


def _parameters() -> Iterator[tuple[str, ...]]:
    for code, row in PARAMETERS.items():
        use = USES[code]
        received = f"{use.received}; strict: {use.refusal}" if use.refusal else use.received
        inside = ", ".join(FPDUS[kind].name for kind in carriers(code)) or "none"
        sizes = row.type, str(row.max)
        yield str(code), row.words, *sizes, received, use.sent, use.words, inside


def _groups() -> Iterator[tuple[str, ...]]:
    for code in sorted(GROUP_CODES):
        yield str(code), GROUPS[code].name, " ".join(map(str, GROUPS[code].members))


def _liberties() -> Iterator[tuple[str, ...]]:
    for name, row in DEVIATIONS.items():
        answer = "IDT" if row.answer == "interrupt" else "ABORT"
        refused = f"refused: {answer} {row.diagnostic}"
        lenient = TOLERATED if row.lenient else refused
        yield f"`{name}`", row.words, lenient, refused, row.mark, row.source


def _diagnostics() -> Iterator[tuple[str, ...]]:
    for diagnostic, row in DIAGNOSTICS.items():
        givers = (("core", diagnostic in GIVEN), ("server", diagnostic in SERVED))
        by = ", ".join(name for name, gives in givers if gives) or "nobody here"
        yield str(diagnostic), row.words, row.where, by, row.mark


def main() -> None:
    """Prints the page for this version."""
    sys.stdout.buffer.write(page().encode())


if __name__ == "__main__":
    main()
