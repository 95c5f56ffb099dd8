"""``docs/circuits.md``: who says what to whom, in order, on every circuit.

``python -m simulator.circuits_page`` prints the page out of the catalogue, ``schemas/circuits/`` and
``schemas/lifecycle/``; ``make docs`` keeps it in the repository. What is drawn:
`simulator.circuit_sequences`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from simulator import resources
from simulator.circuit_sequences import SEQUENCES, Arrow, Deposit, Dialogue, arrows
from simulator.domain.interfaces import Interface
from simulator.domain.reference import Options, Reference
from simulator.interfaces_page import table

_NAMES = {
    "SUPPLIER": "Fournisseur",
    "PA_E": "Plateforme émettrice",
    "ISSUER": "Émetteur public",
    "PUBLIC_ENTITY": "Entité publique",
    "CPRO": "Chorus Pro",
    "BUYER": "Destinataire public",
    "STATE_LEDGER": "Chorus (État)",
    "PA_R": "Plateforme réceptrice",
    "PPF": "PPF",
}
_INTRODUCTION = """\
# Circuits

This page is generated from `schemas/catalogue.toml`, `schemas/circuits/` and `schemas/lifecycle/`:
change those and run `make docs`.

Each sequence is drawn for one code of deposit; the codes that it stands for as well are named below its
title. A solid arrow is a flow of this exchange: code, status, label, mark. A dashed arrow is what the
public portal (PPF) is told, which no flow of this exchange carries. The mark tells how far a message is
known: *official*, *deduced* or *assumed*; `aife-sim doctor --assumptions` lists the choices behind. The
setting `exchange.life_cycle_interface` says which of FEN1200A and FEN1201A carries historic statuses.
"""


# -- where each code is ------------------------------------------------------------------------------


def standing(reference: Reference, sequence: Dialogue) -> Iterator[tuple[Reference, Dialogue]]:
    """A sequence with each deposit, and each choice of the life cycle's code, in place of its own."""
    plan = reference.circuits[sequence.circuit]
    codes = plan.deposits if sequence.deposit in plan.deposits else (sequence.deposit,)
    for code in codes:
        steps = tuple(
            msgspec.structs.replace(step, code=code) if isinstance(step, Deposit) else step
            for step in sequence.steps
        )
        variant = msgspec.structs.replace(sequence, steps=steps)
        for life_cycle in ("FEN1201A", "FEN1200A"):
            options = msgspec.structs.replace(reference.options, life_cycle_interface=life_cycle)
            yield msgspec.structs.replace(reference, options=options), variant


def places(reference: Reference) -> Mapping[str, tuple[str, ...]]:
    """Where each interface code appears, by heading; codes that appear nowhere are absent."""
    found: dict[str, dict[str, None]] = {}
    for sequence in SEQUENCES:
        for data, variant in standing(reference, sequence):
            for arrow in arrows(data, variant):
                found.setdefault(arrow.code, {})[sequence.title] = None
    for title, rows in _tables(reference).items():
        for row in rows:
            for code in (part for cell in row for part in cell.split() if part.startswith("`")):
                found.setdefault(code.strip("`,"), {})[title] = None
    return {code: tuple(found[code]) for code in reference.catalogue if code in found}


def not_carried(reference: Reference) -> Mapping[str, str]:
    """The codes that appear in no sequence and no table, each with the reason."""
    there = places(reference)
    return {code: _why_not(row) for code, row in reference.catalogue.items() if code not in there}


def _why_not(row: Interface) -> str:
    if row.direction == "EMISSION" and not row.judged_as:
        return f"taken and kept unread: its format, {row.syntax}, is not published"
    return "never sent: nothing in the data leads to it"


_REFUSALS = "Refused status messages"
_BACK = "What partners answer"
_ASKED = "Sent on request"
_REFUSED_HEAD = ("code", "from → to", "refused as a flow", "refused for what it says")
_BACK_HEAD = ("code", "from → to", "about our", "status (what it makes of our flow)")
_ASKED_HEAD = ("code", "from → to", "what", "by", "mark", "source")
# No sequence leads to these: somebody at the node asks for them.
_COMMANDS = {"FAR0037A": "aife-sim directory export --to PARTNER"}


def _tables(reference: Reference) -> Mapping[str, Iterator[tuple[str, ...]]]:
    """The tables beside the sequences, by heading."""
    return {
        _REFUSALS: _refusals(reference),
        _BACK: _acknowledged(reference),
        _ASKED: _on_request(reference),
    }


def _refusals(reference: Reference) -> Iterator[tuple[str, ...]]:
    """By code of a status message: how it is refused as a flow, and how for what it says."""
    for plan in reference.circuits.values():
        for row in (reference.catalogue[code] for code in plan.statuses):
            flow, content = plan.flow_refused, plan.status_refused
            whole = f"`{row.flow_ack}` {flow.status} {flow.label}" if row.flow_ack and flow else "-"
            acks = ", ".join(f"`{code}`" for code in row.cdv_acks)
            rejected = f"{acks} {content.status} {content.label}" if acks and content else "-"
            if (whole, rejected) != ("-", "-"):
                yield f"`{row.code}`", f"{row.sender} → {row.receiver}", whole, rejected


def _acknowledged(reference: Reference) -> Iterator[tuple[str, ...]]:
    """By code that a partner answers on: flows of ours it speaks of, statuses, states they reach."""
    states = resources.flow_states()
    for row in reference.catalogue.values():
        if row.direction != "EMISSION" or not row.acknowledges or not row.judged_as:
            continue
        of = ", ".join(f"`{link.partition(':')[0]}`" for link in row.acknowledges)
        known = [status for status in row.statuses if status in states.acknowledged]
        said = ", ".join(f"{status} ({states.acknowledged[status]})" for status in known)
        yield f"`{row.code}`", f"{row.sender} → {row.receiver}", of, said


def _on_request(reference: Reference) -> Iterator[tuple[str, ...]]:
    """By code that is sent by a command: its ends, the command, mark and source."""
    for code, command in _COMMANDS.items():
        row = reference.catalogue[code]
        ends = f"{row.sender} → {row.receiver}"
        yield f"`{code}`", ends, row.syntax, f"`{command}`", row.mark, row.source


# -- the page ----------------------------------------------------------------------------------------


def page(reference: Reference) -> str:
    """The page."""
    sections = [_INTRODUCTION, *(_drawn(reference, sequence) for sequence in SEQUENCES)]
    heads = {_REFUSALS: _REFUSED_HEAD, _BACK: _BACK_HEAD, _ASKED: _ASKED_HEAD}
    for title, rows in _tables(reference).items():
        sections.append(f"## {title}\n\n{table(heads[title], rows)}")
    sections.append(f"## Where each code is\n\n{table(('code', 'where'), _index(reference))}")
    return "\n".join(sections)


def _index(reference: Reference) -> Iterator[tuple[str, str]]:
    there, reasons = places(reference), not_carried(reference)
    for code in reference.catalogue:
        where = "; ".join(there.get(code, ()))
        yield f"`{code}`", where or f"not carried: {reasons[code]}"


def _drawn(reference: Reference, sequence: Dialogue) -> str:
    lines = arrows(reference, sequence)
    columns = ("", "from → to", "code", "status", "label", "mark", "source")
    rows = [_row(number, line) for number, line in enumerate(lines, start=1)]
    diagram = "\n".join(_diagram(lines))
    return (
        f"## {sequence.title}\n\n{_also(reference, sequence)}\n"
        f"```mermaid\n{diagram}\n```\n\n{table(columns, rows)}"
    )


def _also(reference: Reference, sequence: Dialogue) -> str:
    plan = reference.circuits[sequence.circuit]
    others = [code for code in plan.deposits if code != sequence.deposit]
    stands = f"Also for {', '.join(others)}. " if sequence.deposit in plan.deposits else ""
    return f"{stands}Answers: `schemas/circuits/{plan.circuit}.toml`.\n"


def _diagram(lines: Sequence[Arrow]) -> Iterator[str]:
    yield "sequenceDiagram"
    yield "    autonumber"
    there = {end for line in lines for end in (line.sender, line.receiver)}
    yield from (f"    participant {end} as {_NAMES[end]}" for end in _NAMES if end in there)
    for line in lines:
        stroke = "-->>" if line.receiver == "PPF" else "->>"
        yield f"    {line.sender}{stroke}{line.receiver}: {_text(line)}"


def _text(line: Arrow) -> str:
    """The words of an arrow, without what would end a statement of Mermaid."""
    words = [line.code, line.status, line.label, f"[{line.note}]" if line.note else ""]
    said = " ".join(filter(None, words))
    return f"{said} ({line.mark})".replace(";", ",").replace("#", "no. ")


def _row(number: int, line: Arrow) -> Sequence[str]:
    code = f"`{line.code}`" if line.code else "-"
    label = f"{line.label} ({line.note})" if line.note else line.label
    ends = f"{line.sender} → {line.receiver}"
    return (str(number), ends, code, line.status or "-", label, line.mark, line.source)


def main() -> None:
    """Prints the page for the data of this installation."""
    sys.stdout.buffer.write(page(resources.reference(Options())).encode())


if __name__ == "__main__":
    main()
