"""Rules that no document breaks, and why."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache

import msgspec

from simulator import resources
from simulator.validation.packs.rows import Rule

FILE = "unbreakable.toml"
# Tests that hold whatever a document says.
_ALWAYS = (".", "true()")
_NOTHING = "[false()]"
_ANY = "any"

Reasons = Mapping[str, Mapping[str, Mapping[str, str]]]


def why(rule: Rule, syntax: str) -> str:
    """Why no document of a syntax breaks a rule; ``""`` if one does."""
    return never(rule) or _said(rule, syntax)


def never(rule: Rule) -> str:
    """Why a rule never fires by construction; ``""`` if it does."""
    is_so = rule.test in _ALWAYS or rule.forbid.endswith(_NOTHING)
    return rule.asked if is_so else ""


def _said(rule: Rule, syntax: str) -> str:
    of_pack = reasons().get(rule.pack, {})
    found = (of_pack.get(name, {}).get(rule.id, "") for name in (syntax, _ANY))
    return next(filter(None, found), "")


@cache
def reasons() -> Reasons:
    """Of the other rules: by pack and syntax (``any``: all of them) the reason by rule."""
    text = resources.path("schemas", "breaks", FILE).read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), dict[str, dict[str, dict[str, str]]])
