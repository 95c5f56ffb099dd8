"""``docs/interfaces.md``: every interface code, what this simulator does with it, how far it is known.

``python -m simulator.interfaces_page`` prints the page out of the catalogue, the circuits and the
syntaxes that can be judged; ``make docs`` keeps it in the repository.
"""

from __future__ import annotations

import sys
import typing
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from simulator import resources
from simulator.domain.interfaces import Interface
from simulator.domain.reference import Answer, CircuitPlan, Options, Reference

UNSUPPORTED = "IRR_CODE_INTER_UNSUPPORTED"

_FAMILIES = {
    "historic": "B2G and G2G, historic channel",
    "pa-b2g": "B2G through a plateforme agréée",
    "g2b": "G2B",
    "ereporting": "e-reporting of public entities",
}
_COLUMNS = (
    "code",
    "direction",
    "from → to",
    "kind",
    "level",
    "syntax",
    "what we do",
    "acknowledgements",
    "protocols",
    "mark",
    "source",
)
_OUTCOMES = {
    "flow_accepted": "flow accepted",
    "flow_partial": "flow partly accepted",
    "flow_refused": "flow refused",
    "invoice_accepted": "invoice accepted",
    "invoice_refused": "invoice refused",
}
_INTRODUCTION = """\
# Interface codes

This page is generated from `schemas/catalogue.toml`, `schemas/circuits/` and the syntaxes that can be
judged: change those and run `make docs`.

Direction is seen from the partner: a *deposit* (EMISSION) goes to Chorus Pro, a *return* (RECEPTION)
comes from it. The mark tells how far the code itself is known: *official*: code, sender and syntax
are printed in an AIFE document; *deduced*: a printed pattern or rule applied; *assumed*: seen in
public code only. Sources are listed at the head of `schemas/catalogue.toml`. What we do has marks of
its own, in the table of answers at the end.
"""


def page(reference: Reference, judged: Collection[str]) -> str:
    """The page.

    Args:
        reference: catalogue, circuits and wordings.
        judged: the values of ``judged_as`` that the judging processes know.
    """
    uses = uses_of(reference, judged)
    sections = [_INTRODUCTION, _summary(uses)]
    for family, title in _FAMILIES.items():
        rows = [row for row in reference.catalogue.values() if row.family == family]
        sections.append(_section(f"## {title}", _subtitle(family, rows, reference), rows, uses))
    sections.append(_answers(reference))
    return "\n".join(sections)


def uses_of(reference: Reference, judged: Collection[str]) -> Mapping[str, str]:
    """What we do with each code, in words whose beginning, up to a colon, tells the kind of use."""
    emitted = _emitted(reference)
    uses = {}
    for code, row in reference.catalogue.items():
        if row.direction == "EMISSION":
            uses[code] = _deposit(row, reference, judged)
        else:
            uses[code] = emitted.get(code, "not emitted")
    return uses


def _deposit(row: Interface, reference: Reference, judged: Collection[str]) -> str:
    if not row.judged_as:
        motif = reference.rules[UNSUPPORTED].motif
        return f"kept unread (`exchange.unpublished`), or refused as not supported: {motif}"
    plan = _plan_of(row, reference)
    answered = f"answered on circuit `{plan.circuit}`" if plan else "in no circuit yet"
    if row.judged_as not in judged:
        return f"accepted, not judged: `{row.judged_as}` is not known yet; {answered}"
    also = f"; named {', '.join(row.also)} as well" if row.also else ""
    return f"judged: as `{row.judged_as}`; {answered}{also}"


def _plan_of(row: Interface, reference: Reference) -> CircuitPlan | None:
    plans = reference.circuits.values()
    return next((p for p in plans if row.code in (*p.deposits, *p.statuses)), None)


def _emitted(reference: Reference) -> dict[str, str]:
    """What goes out on each code of return."""
    found: dict[str, dict[str, None]] = {}
    for plan in reference.circuits.values():
        for deposit in (*plan.deposits, *plan.statuses):
            row = reference.catalogue[deposit]
            for answer in _answers_to(row, plan):
                code = answer.code_for(row, reference.options)
                found.setdefault(code, {})[f"{answer.status} {answer.label}"] = None
    for code, status, label in _of_life(reference):
        found.setdefault(code, {})[f"{status} {label}".strip()] = None
    told = {code: f"emitted: {', '.join(statuses)}" for code, statuses in found.items()}
    told.setdefault("FAR0037A", "emitted: on request (`aife-sim directory export`)")
    choices = typing.get_args(typing.get_type_hints(Options)["life_cycle_interface"])
    default = reference.options.life_cycle_interface
    for code in choices:
        if default in told and code not in told:
            text = f"emitted instead of {default}: with `exchange.life_cycle_interface`"
            told[code] = text
    return told


def _of_life(reference: Reference) -> Iterator[tuple[str, str, str]]:
    """What the life of invoices and declarations sends: code, status, label."""
    life = reference.life
    for row in life.told:
        if row.interface in reference.catalogue:
            for status in (row.status,) if row.status else row.statuses:
                label = life.label(row.circuit, status)
                is_invoice = row.carries in ("invoice", "completed invoice")
                yield (
                    (row.interface, "", "the invoice")
                    if is_invoice
                    else (
                        row.interface,
                        status,
                        label if label != status else "",
                    )
                )
    for plan in reference.circuits.values():
        for code in plan.deliveries.values():
            yield code, "", "the invoice"
        refused = (plan.status_refused,) if plan.status_refused else ()
        for answer in (*refused, *plan.declaration_accepted):
            if answer.interface in reference.catalogue:
                yield answer.interface, answer.status, answer.label


def _answers_to(row: Interface, plan: CircuitPlan) -> Iterator[Answer]:
    """All answers to invoices; to statuses, and to what is not supported, the refusal of the flow.

    What has no acknowledgement is not answered.
    """
    whole = row.judged_as and row.code in plan.deposits
    names = _OUTCOMES if whole else ("flow_refused",)
    if row.flow_ack:
        yield from filter(None, (getattr(plan, name) for name in names))


def _summary(uses: Mapping[str, str]) -> str:
    kinds = [use.partition(":")[0] for use in uses.values()]
    rows = [(kind, str(kinds.count(kind))) for kind in dict.fromkeys(kinds)]
    return table(("what we do", "codes"), [*rows, ("all", str(len(kinds)))])


def _subtitle(family: str, rows: Iterable[Interface], reference: Reference) -> str:
    plans = [_plan_of(row, reference) for row in rows]
    circuits = dict.fromkeys(f"`{plan.circuit}`" for plan in plans if plan)
    named = f"circuit {', '.join(circuits)}" if circuits else "no circuit yet"
    return f"Family `{family}`, {named}.\n"


def _section(title: str, subtitle: str, rows: Iterable[Interface], uses: Mapping[str, str]) -> str:
    cells = [_cells(row, uses[row.code]) for row in rows]
    return f"{title}\n\n{subtitle}\n{table(_COLUMNS, cells)}"


def _cells(row: Interface, use: str) -> tuple[str, ...]:
    statuses = f" {', '.join(row.statuses)}" if row.statuses else ""
    return (
        f"`{row.code}`",
        "deposit" if row.direction == "EMISSION" else "return",
        f"{row.sender} → {row.receiver}",
        row.kind,
        row.level,
        f"{row.syntax}{statuses}",
        use,
        _acknowledgements(row),
        ", ".join(row.protocols),
        row.mark,
        row.source,
    )


def _acknowledgements(row: Interface) -> str:
    """Codes that acknowledge this one, and those that it acknowledges, each with its scope."""
    scopes = {"flow": (row.flow_ack,), "object": row.object_acks, "status": row.cdv_acks}
    by = [f"{code} ({scope})" for scope, codes in scopes.items() for code in codes if code]
    links = [link.partition(":") for link in row.acknowledges]
    of = [f"{code} ({'status' if scope == 'cdv' else scope})" for code, _, scope in links]
    told = [f"by {', '.join(by)}" if by else "", f"of {', '.join(of)}" if of else ""]
    return "; ".join(filter(None, told)) or "-"


def _answers(reference: Reference) -> str:
    rows = [
        (f"`{plan.circuit}`", words, *_answer_cells(answer))
        for plan in reference.circuits.values()
        for name, words in _OUTCOMES.items()
        if (answer := getattr(plan, name)) is not None
    ]
    columns = ("circuit", "when", "on code", "status", "label", "mark", "source")
    note = (
        "`{flow_ack}` is the code that acknowledges the deposit's own; `{life_cycle}` the setting\n"
        f"`exchange.life_cycle_interface`, {reference.options.life_cycle_interface} by default.\n"
    )
    return f"## Answers of the circuits\n\n{note}\n{table(columns, rows)}"


def _answer_cells(answer: Answer) -> tuple[str, ...]:
    return (f"`{answer.interface}`", answer.status, answer.label, answer.mark, answer.source)


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [columns, ["---"] * len(columns), *rows]
    text = ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]
    return "\n".join(text) + "\n"


def main() -> None:
    """Prints the page for the data of this installation."""
    # Heavy, and only the names of the families are wanted.
    from simulator.validation.syntaxes import FAMILIES  # noqa: PLC0415

    text = page(resources.reference(Options()), FAMILIES)
    sys.stdout.buffer.write(text.encode())  # UTF-8, whatever the terminal speaks


if __name__ == "__main__":
    main()
