"""Official opinions beside our findings, rule by rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from simulator.domain.findings import Finding
from simulator.schematron.opinion import Opinion, SecondOpinion, compare

Where = Literal["both", "only ours", "only official"]
NO_SUCH_RULE = "no official set that ran has this rule"
NOT_OURS = "no rules of ours ran to compare with"


class Comparison(msgspec.Struct, frozen=True):
    """One rule that fired.

    Attributes:
        rule: its id.
        where: who says so.
        ours: how many findings of it; the report of findings may be cut.
        official: how often it fired there.
        sets: names of the official sets that fired it; for `only ours`, of those that have it.
        flag: as the official rule has it; ``""`` for `only ours`.
        location: of the first of them, official if there is one.
        text: its message.
        note: `NO_SUCH_RULE` or `NOT_OURS` where the difference means nothing.
    """

    rule: str
    where: Where
    ours: int
    official: int
    sets: tuple[str, ...]
    flag: str
    location: str
    text: str
    note: str = ""


class SideBySide(msgspec.Struct, frozen=True):
    """Our findings on a document beside the official ones.

    Attributes:
        rows: rules that differ first, then those that agree, by id; a rule once for each pack.
        engines: official sets that ran to their end.
        stopped: those that did not, with the reason.
        not_run: why none ran.
    """

    rows: tuple[Comparison, ...] = ()
    engines: tuple[str, ...] = ()
    stopped: tuple[tuple[str, str], ...] = ()
    not_run: str = ""

    @property
    def agrees(self) -> bool:
        """Whether no rule differs; where nothing ran, nothing does."""
        return all(row.where == "both" or row.note for row in self.rows)


def side_by_side(
    findings: Sequence[Finding], second: SecondOpinion, packs: Sequence[str] | None = None
) -> SideBySide:
    """Compares findings with an opinion, pack by pack.

    Only findings of packs that a set which ran is the counterpart of are compared: the official sets
    have nothing to say on XSD, containers or the directory. A set without a pack is compared with all
    findings of rules that it has.

    Args:
        findings: ours on a document.
        second: the official ones on it.
        packs: of ours that ran; None: all.
    """
    ran = [opinion for opinion in second.opinions if not opinion.stopped]
    rows: list[Comparison] = []
    for pack in dict.fromkeys(opinion.pack for opinion in ran):
        is_ours = pack in packs if packs is not None else bool(pack)
        rows += _of_pack(pack, findings, ran, "" if is_ours else NOT_OURS)
    return SideBySide(
        rows=tuple(sorted(rows, key=_order)),
        engines=second.engines,
        stopped=tuple((o.title, o.stopped) for o in second.opinions if o.stopped),
        not_run=second.not_run,
    )


def lines(side: SideBySide, most: int = 40) -> Iterator[str]:
    """The comparison for people: what ran, then a line for each rule that differs.

    Args:
        side: of one document.
        most: rules to show; the others are counted.
    """
    if side.not_run:
        yield side.not_run
        return
    yield "official Schematron: " + ("; ".join(side.engines) or "none got to its end")
    yield from (f"stopped: {title}: {reason}" for title, reason in side.stopped)
    agreeing = sum(row.where == "both" for row in side.rows)
    alone = sum(bool(row.note) for row in side.rows)
    differing = [row for row in side.rows if row.where != "both"]
    yield from (_line(row) for row in differing[:most])
    if len(differing) > most:
        yield f"and {len(differing) - most} more"
    differ = len(differing) - alone
    yield f"rules that fired: {agreeing} on both sides, {differ} differ, {alone} not comparable"


def _line(row: Comparison) -> str:
    count = max(row.ours, row.official)
    rule = f"{row.rule} x{count}" if count > 1 else row.rule
    note = f"({row.note})" if row.note else ""
    parts = (f"{row.where}:", rule, row.flag, row.location, row.text, note)
    return "  ".join(filter(None, parts))


def _order(row: Comparison) -> tuple[int, str]:
    """Real differences first, rules that no official set has last but for agreement."""
    return (2 if row.where == "both" else bool(row.note)), row.rule


def _of_pack(
    pack: str, findings: Sequence[Finding], ran: Sequence[Opinion], note: str
) -> Iterator[Comparison]:
    counterparts = [opinion for opinion in ran if opinion.pack == pack]
    known = {rule for opinion in counterparts for rule in opinion.rules}
    ours = [f for f in findings if f.pack == pack or (not pack and f.rule in known)]
    return _Beside(ours, counterparts).rows(note)


class _Beside:
    """Findings of one pack and the official sets that are its counterpart."""

    def __init__(self, findings: Sequence[Finding], ran: Sequence[Opinion]) -> None:
        self._findings = findings
        self._counts = Counter(finding.rule for finding in findings)
        self._ran = ran

    def rows(self, note: str) -> Iterator[Comparison]:
        """Rules that fired; `note` goes with those that we did not fire."""
        found = compare(set(self._counts), self._ran)
        yield from (self._official(rule, "only official", note) for rule in found.only_official)
        yield from (self._ours(rule) for rule in found.only_ours)
        yield from (self._ours(rule, NO_SUCH_RULE) for rule in found.unknown)
        yield from (self._official(rule, "both") for rule in found.both)

    def _official(self, rule: str, where: Where, note: str = "") -> Comparison:
        firing = [opinion for opinion in self._ran if rule in opinion.counts]
        first = next((f for opinion in firing for f in opinion.fired if f.rule == rule), None)
        return Comparison(
            rule=rule,
            where=where,
            ours=self._counts[rule],
            official=sum(opinion.counts[rule] for opinion in firing),
            sets=tuple(opinion.name for opinion in firing),
            flag=first.flag if first else "",
            location=first.location if first else "",
            text=first.text if first else "",
            note=note,
        )

    def _ours(self, rule: str, note: str = "") -> Comparison:
        first = next(finding for finding in self._findings if finding.rule == rule)
        return Comparison(
            rule=rule,
            where="only ours",
            ours=self._counts[rule],
            official=0,
            sets=tuple(opinion.name for opinion in self._ran if rule in opinion.rules),
            flag="",
            location=first.place.xpath or "",
            text=first.message,
            note=note,
        )
