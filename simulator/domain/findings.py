"""What can be said against a flow, and the table that words it.

A refused invoice is data, never an exception: a `Finding`. Its wording, motif, source and fidelity
mark come from ``schemas/rules/*.toml``; the code only says which rule and with which values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import msgspec

Severity = Literal["error", "warning", "info"]
Level = Literal["flow", "file", "invoice"]
Mark = Literal["official", "deduced", "assumed"]


class Place(msgspec.Struct, frozen=True):
    """Where a finding points: all of it optional, lines and columns from 1."""

    member: str | None = None
    line: int | None = None
    column: int | None = None
    xpath: str | None = None
    excerpt: str | None = None


NOWHERE = Place()


class Finding(msgspec.Struct, frozen=True):
    """One rule that fired, complete in itself: a journal read years later still explains it.

    Attributes:
        rule: id of the rule (``IRR_FORM``, ``cvc-complex-type.2.4.a``, ``G1.05``).
        pack: family of rules (``admission``, ``container``, ``xsd``, ``functional`` ...).
        severity: only ``error`` refuses.
        level: what the rule speaks of; a flow or file error makes the whole flow irrecevable.
        message: French, as the exchange system would word it.
        help: English: expected, found, where.
        repair: English: what to do.
        motif: code on the wire (``IRR_SYNTAX``, ``REJ_UNI``), None for what never leaves.
        place: where in the flow.
        source: document and section behind the rule.
        mark: how far the behaviour is known.
    """

    rule: str
    pack: str
    severity: Severity
    level: Level
    message: str
    help: str
    repair: str
    motif: str | None
    place: Place
    source: str
    mark: Mark

    @property
    def refuses(self) -> bool:
        """Whether the flow or invoice cannot be accepted with this finding."""
        return self.severity == "error"


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row of a rule table; texts are templates with ``{name}`` places."""

    pack: str
    level: Level
    message: str
    help: str
    repair: str
    source: str
    mark: Mark
    severity: Severity = "error"
    motif: str | None = None


class Rulebook:
    """The wordings of all rules, by id."""

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        self._rules = dict(rules)

    @classmethod
    def from_tables(cls, *tables: Mapping[str, Any]) -> Rulebook:
        """Reads decoded TOML tables ``{rule id: row}``; an id given twice is a `ValueError`."""
        rules: dict[str, Rule] = {}
        for table in tables:
            for name, row in table.items():
                if name in rules:
                    message = f"rule {name} is defined twice"
                    raise ValueError(message)
                rules[name] = msgspec.convert(row, Rule)
        return cls(rules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._rules)

    def __getitem__(self, rule: str) -> Rule:
        return self._rules[rule]

    def __contains__(self, rule: str) -> bool:
        return rule in self._rules

    def finding(
        self, rule: str, place: Place = NOWHERE, *, shown: str | None = None, **values: object
    ) -> Finding:
        """Words a rule that fired.

        Args:
            rule: id of the row in the table; `KeyError` if there is none.
            place: where it fired.
            shown: id to show instead of the row's (an XSD row stands for many ``cvc-`` keys).
            values: what the templates of the row ask for.
        """
        row = self._rules[rule]
        return Finding(
            rule=shown or rule,
            pack=row.pack,
            severity=row.severity,
            level=row.level,
            message=row.message.format(**values),
            help=row.help.format(**values),
            repair=row.repair.format(**values),
            motif=row.motif,
            place=place,
            source=row.source,
            mark=row.mark,
        )
