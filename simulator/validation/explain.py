"""What there is to say of a finding beyond what it carries: the parts of its words, French, its mark.

A finding holds sentences, not the values that went into them; those are read back by the templates
of its rule, in the pack or the table that it came from. So nothing of this is paid for on the path of
a flow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache, lru_cache
from string import Formatter
from typing import NamedTuple

import msgspec

from simulator import resources
from simulator.domain.findings import Finding, Place, Rulebook
from simulator.validation.packs import loading
from simulator.validation.packs.rows import PackError, Rule

# An excerpt begins at most so many characters before the column that it is about (`locate.excerpt`).
_BEFORE = 60
_BOM = "\ufeff"
# How the sentences of `Finding.help` part what is asked from what is there.
_ASKED_FIRST = re.compile(r"(?P<asked>.*?)[:;,.]* [Ff]ound:? (?P<found>.+?)\.?", re.DOTALL)
_FOUND_FIRST = re.compile(r"(?P<found>.*?)[;,] expected (?P<asked>.+)", re.DOTALL)
_VERSIONED = re.compile(r"\((?P<pack>[^\s()]+) (?P<version>[^\s()]+)\)$")
_PLACE = re.compile(r"'?\{(?P<name>\w+)\}'?")
_MORE_DOTS = re.compile(r"\.{4,}$")
# Sentences are short; one that is not comes from elsewhere, and patterns take their time with it.
_LONGEST = 3000


class Explanation(msgspec.Struct, frozen=True):
    """What can be said of a finding beyond what it carries.

    Attributes:
        version: of its rule pack, as it was when it judged; None: a check of the program itself.
        asked: English: what the rule asks for.
        found: what was found, a value as it stands or English; None where the rule does not tell it.
        caret: where in the excerpt the place is, in characters from 0; None without a column.
        repair_fr: how to repair, in French; None: there is English only.
    """

    version: str | None
    asked: str
    found: str | None
    caret: int | None
    repair_fr: str | None


def explanation(finding: Finding) -> Explanation:
    """Explains a finding, one of today or one out of a journal.

    Raises:
        MissingResource: the rule tables are not installed.
    """
    worded = _worded(finding)
    asked, found = _parted(finding, worded)
    return Explanation(
        version=version_of(finding),
        asked=asked,
        found=found,
        caret=caret_of(finding.place),
        repair_fr=worded.repair_fr if worded else None,
    )


def version_of(finding: Finding) -> str | None:
    """The version of the pack that a finding is from, as its source tells it; None without one."""
    told = _VERSIONED.search(finding.source)
    return told["version"] if told and told["pack"] == finding.pack else None


def caret_of(place: Place) -> int | None:
    """Where in its excerpt a place is, in characters from 0; None if that is not known."""
    if not place.column or not place.excerpt:
        return None
    caret = min(place.column - 1, _BEFORE) + place.excerpt.startswith(_BOM)
    return caret if caret < len(place.excerpt) else None


class Templates(NamedTuple):
    """The words of a rule, with ``{name}`` places; French only from packs."""

    message: str
    asked: str
    repair: str
    repair_fr: str | None


class _Worded(NamedTuple):
    """The words of the rule of a finding, and what filled them."""

    asked: str
    values: Mapping[str, str]
    repair_fr: str | None


def _worded(finding: Finding) -> _Worded | None:
    """By the rule whose words the finding has; None if there is none any more."""
    texts = (finding.message, finding.help, finding.repair)
    if max(map(len, texts)) > _LONGEST:
        return None
    for templates in _candidates(finding):
        matches = [
            _pattern(template).fullmatch(text)
            for template, text in zip(templates, texts, strict=False)
        ]
        values: dict[str, str] = {}
        for match in filter(None, matches):
            values |= match.groupdict()
        if all(matches):
            french = templates.repair_fr
            return _Worded(templates.asked, values, french and french.format_map(_Open(values)))
    return None


def templates_of(finding: Finding) -> Templates | None:
    """The words of the rule of a finding as they read without an occasion; None if it is gone.

    Raises:
        MissingResource: the rule tables are not installed.
    """
    return next(_candidates(finding), None)


def _candidates(finding: Finding) -> Iterator[Templates]:
    if finding.pack in _packs():
        for rule in _rules_of(finding.pack).get(finding.rule, ()):
            yield Templates(rule.message, rule.asked, rule.repair.en, rule.repair.fr)
    elif finding.rule in _tables():
        row = _tables()[finding.rule]
        yield Templates(row.message, row.help, row.repair, None)


@cache
def _packs() -> frozenset[str]:
    return frozenset(loading.names())


@cache
def _rules_of(pack: str) -> Mapping[str, list[Rule]]:
    found: dict[str, list[Rule]] = {}
    with suppress(PackError):  # a pack that cannot be read any more leaves the finding unexplained
        for rule in loading.load(pack).rules:
            found.setdefault(rule.id, []).append(rule)
    return found


@cache
def _tables() -> Rulebook:
    return Rulebook.from_tables(*resources.rule_tables())


@lru_cache(maxsize=2048)
def _pattern(template: str) -> re.Pattern[str]:
    """What a template matches once it is filled; a place that comes twice has one value."""
    parts: list[str] = []
    seen: set[str] = set()
    for literal, name, _spec, _conversion in Formatter().parse(template):
        parts.append(re.escape(literal))
        if name is not None:
            parts.append(f"(?P={name})" if name in seen else f"(?P<{name}>.*?)")
            seen.add(name)
    return re.compile("".join(parts), re.DOTALL)


class _Open(dict[str, str]):
    """Values for a template; a place without one is left open."""

    def __missing__(self, key: str) -> str:
        return "…"


def _parted(finding: Finding, worded: _Worded | None) -> tuple[str, str | None]:
    """What is asked and what was found, as far as the sentence tells them apart."""
    if worded is None:
        return _split(finding.help)
    values = _Open(worded.values)
    asked, found = _split(worded.asked)
    filled = _MORE_DOTS.sub("...", asked.format_map(values))
    return filled, found and _filled(found, values)


def _filled(found: str, values: _Open) -> str:
    """What was found; a value that stands alone without its quotes."""
    alone = _PLACE.fullmatch(found)
    return values[alone["name"]] if alone else found.format_map(values)


def _split(sentence: str) -> tuple[str, str | None]:
    if match := _ASKED_FIRST.fullmatch(sentence):
        return f"{match['asked']}.", match["found"]
    if match := _FOUND_FIRST.fullmatch(sentence):
        return f"Expected {match['asked']}", match["found"]
    return sentence, None
