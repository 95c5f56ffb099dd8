"""The sample of EN 16931 of `breaking.core_documents`, and what the pack says of it."""

from __future__ import annotations

from lxml import etree

from simulator.validation.packs.breaking.core_documents import (
    CATEGORIES,
    STANDARD,
    SYNTAXES,
    document,
)
from simulator.validation.packs.breaking.edits import add, attribute, drop, found, text, twice
from simulator.validation.packs.run import Scope, run

__all__ = [
    "CATEGORIES",
    "SCHEMATRON",
    "STANDARD",
    "SYNTAXES",
    "add",
    "attribute",
    "business",
    "document",
    "drop",
    "fires",
    "found",
    "judged",
    "text",
    "twice",
]

SCHEMATRON = {"ubl": "EN16931-UBL", "cii": "EN16931-CII"}


def business(rules):
    """Those of some rules that are business rules, not code lists or rules of a syntax."""
    return {rule for rule in rules if rule.startswith("BR-") and not rule.startswith("BR-CL-")}


def judged(root, syntax):
    """What the pack says of a document."""
    content = etree.tostring(root)
    return run(content, etree.fromstring(content), Scope(("en16931",), syntax))


def fires(root, syntax):
    """The business rules that fire on a document."""
    return business(rule for _, rule in judged(root, syntax).fired)
