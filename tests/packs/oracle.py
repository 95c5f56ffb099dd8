"""Compares our packs with the official rule sets, rule by rule.

    python tests/packs/oracle.py EN16931-UBL [--rule BR-CO-10] [--prefix UBL-CR] [--quiet]
    python tests/packs/oracle.py --saxon FILE [FILE...]

The first runs every CEN unit case and every corpus document (``expected.json``) and prints for each
rule where it is missing (it should fire and does not) and where it is extra. Rules that our pack does
not have are counted in one line. The second runs the official rules on documents of your own beside
ours; it needs saxonche.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from lxml import etree

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

from schematron import SHARED, EngineError, fired  # noqa: E402

from simulator.validation.packs.dialects import dialect_of  # noqa: E402
from simulator.validation.packs.loading import load  # noqa: E402
from simulator.validation.packs.rows import PackError  # noqa: E402
from simulator.validation.packs.run import Scope, run  # noqa: E402

CORPUS = SHARED / "corpus"
TESTS = "{http://difi.no/xsd/vefa/validator/1.0}"
# By rule set: our pack, and the syntaxes by root element.
UBL = {"Invoice": "ubl-invoice", "CreditNote": "ubl-creditnote"}
CII = {"CrossIndustryInvoice": "cii-d22b"}
CDAR = {"CrossDomainAcknowledgementAndResponse": "cdar"}
RULE_SETS = {
    "EN16931-UBL": ("en16931", UBL),
    "EN16931-CII": ("en16931", CII),
    "BR-FR-UBL": ("br-fr", UBL),
    "BR-FR-CII": ("br-fr", CII),
    "EXT-FR-UBL": ("extended-ctc-fr", UBL),
    "EXT-FR-CII": ("extended-ctc-fr", CII),
    "BR-FR-CDV": ("br-fr-cdv", CDAR),
}


@dataclass
class Case:
    """One document, and what the official rules say of it.

    `must` and `must_not` are rule ids; `complete`: every rule that is not in `must` must not fire.
    """

    name: str
    content: bytes
    root: etree._Element
    must: set[str]
    must_not: set[str] = field(default_factory=set)
    complete: bool = False


@dataclass
class Report:
    """Differences by rule: names of cases where it is missing, and where it is extra.

    `foreign`: documents left out because their root element is none that any pack speaks of.
    """

    cases: int = 0
    foreign: list[str] = field(default_factory=list)
    missing: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    extra: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    unwritten: dict[str, int] = field(default_factory=lambda: defaultdict(int))


def compared(rule_set: str, wanted=lambda rule: True) -> Report:
    """Runs our pack on every case of a rule set."""
    report = Report()
    pack, _ = RULE_SETS[rule_set]
    for case in cases(rule_set):
        if not syntax_of(case.root):  # the judge refuses it before any pack
            report.foreign.append(case.name)
            continue
        report.cases += 1
        ours = fired_by_us(pack, case.content, case.root)
        known = ids(pack, syntax_of(case.root))
        for rule in case.must - known:
            report.unwritten[rule] += 1
        for rule in sorted(case.must & known - ours):
            if wanted(rule):
                report.missing[rule].append(case.name)
        wrong = ours - case.must if case.complete else ours & case.must_not
        for rule in sorted(wrong):
            if wanted(rule):
                report.extra[rule].append(case.name)
    return report


def fired_by_us(pack: str, content: bytes, root: etree._Element) -> set[str]:
    """Ids of the rules of a pack that fire on a document."""
    outcome = run(content, root, Scope((pack,), syntax_of(root)))
    return {rule for _, rule in outcome.fired}


@cache
def ids(pack: str, syntax: str) -> set[str]:
    """The rules that a pack has for a syntax."""
    return {rule.id for rule in load(pack).rules if syntax in rule.syntaxes}


def syntax_of(root: etree._Element) -> str:
    """The syntax by the root element; ``""`` for another, and for one in a foreign namespace."""
    syntax = {**UBL, **CII, **CDAR}.get(etree.QName(root).localname, "")
    dialect = dialect_of(syntax)
    return syntax if dialect and etree.QName(root).namespace in dialect.prefixes.values() else ""


def cases(rule_set: str) -> Iterator[Case]:
    """Every unit case and corpus document of a rule set."""
    _, roots = RULE_SETS[rule_set]
    if rule_set.startswith("EN16931"):
        yield from _unit_cases(roots)
    yield from _documents(rule_set)


def _unit_cases(roots: dict[str, str]) -> Iterator[Case]:
    for file in sorted((CORPUS / "en16931" / "test").rglob("*.xml")):
        top = etree.parse(str(file)).getroot()
        if top.tag != f"{TESTS}testSet":
            continue
        for number, test in enumerate(top.iter(f"{TESTS}test"), 1):
            document = next(e for e in test.iterchildren("*") if e.tag != f"{TESTS}assert")
            if etree.QName(document).localname not in roots:
                continue
            content = etree.tostring(document, with_tail=False)
            asked = {
                kind: {e.text.strip() for e in test.iter(f"{TESTS}{kind}")}
                for kind in ("success", "error", "warning")
            }
            yield Case(
                name=f"{file.relative_to(CORPUS)}#{number}",
                content=content,
                root=etree.fromstring(content),
                must=asked["error"] | asked["warning"],
                must_not=asked["success"],
            )


def _documents(rule_set: str) -> Iterator[Case]:
    for expected in sorted(CORPUS.glob("*/expected.json")):
        files = json.loads(expected.read_text(encoding="utf-8"))["files"]
        for name, entry in files.items():
            official = (entry.get("schematron") or {}).get(rule_set)
            if not isinstance(official, dict) or any("ENGINE-ERROR" in r for r in official):
                continue
            content = content_of(expected.parent / name)
            yield Case(
                name=f"{expected.parent.name}/{name}",
                content=content,
                root=etree.fromstring(content, etree.XMLParser(huge_tree=True)),
                must={rule for rule in official if not rule.startswith("report:")},
                complete=True,
            )


def content_of(file: Path) -> bytes:
    """The XML of a document: a PDF's attachment, else the file."""
    if file.suffix.lower() != ".pdf":
        return file.read_bytes()
    import pikepdf

    with pikepdf.open(io.BytesIO(file.read_bytes())) as pdf:
        found = {n: f for n, f in pdf.attachments.items() if n.lower().endswith(".xml")}
        preferred = [
            n
            for n in found
            if n.lower() in ("factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml")
        ]
        return found[(preferred or sorted(found))[0]].get_file().read_bytes()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("target", nargs="+", help=", ".join(RULE_SETS) + ", or files after --saxon")
    parser.add_argument("--rule", action="append", default=[])
    parser.add_argument("--prefix", action="append", default=[])
    parser.add_argument("--quiet", action="store_true", help="counts only")
    parser.add_argument("--saxon", action="store_true")
    options = parser.parse_args(arguments)
    if options.saxon:
        return max(_beside(Path(file)) for file in options.target)

    def wanted(rule: str) -> bool:
        chosen = options.rule or options.prefix
        return (
            not chosen or rule in options.rule or rule.startswith(tuple(options.prefix or ["\0"]))
        )

    return max(
        _print(name, compared(name, wanted), options.quiet, wanted) for name in options.target
    )


def _print(name: str, report: Report, quiet: bool, wanted) -> int:
    wrong = sum(map(len, [*report.missing.values(), *report.extra.values()]))
    _say(f"{name}: {report.cases} cases, {wrong} differences, {len(report.foreign)} foreign roots")
    for title, found in (("missing", report.missing), ("extra", report.extra)):
        for rule, names in sorted(found.items()):
            _say(f"  {rule} {title} in {len(names)}")
            for case in [] if quiet else names[:12]:
                _say(f"      {case}")
    unwritten = {r: n for r, n in report.unwritten.items() if wanted(r)}
    if unwritten:
        _say(f"  not written yet, and fires somewhere: {len(unwritten)} rules")
        if not quiet:
            _say("      " + " ".join(f"{r}({n})" for r, n in sorted(unwritten.items())))
    return int(wrong > 0)


def _beside(file: Path) -> int:
    """Official and own verdict on a file, for every rule set of its syntax."""
    content = content_of(file)
    root = etree.fromstring(content, etree.XMLParser(huge_tree=True))
    differs = 0
    for name, (pack, roots) in RULE_SETS.items():
        if etree.QName(root).localname not in roots:
            continue
        try:
            official = fired(name, content)
        except EngineError as error:
            _say(f"{name}: the official rules stopped: {error}")
            continue
        _say(
            f"{name}: official {' '.join(f'{r}({n})' for r, n in sorted(official.items())) or '-'}"
        )
        try:
            known = ids(pack, syntax_of(root))
        except PackError as error:
            _say(f"{'':{len(name)}}  ours     {error}")
            continue
        ours = fired_by_us(pack, content, root)
        for title, rules in (
            ("missing", set(official) & known - ours),
            ("extra", ours - set(official)),
        ):
            differs |= bool(rules)
            _say(f"{'':{len(name)}}  {title}: {' '.join(sorted(rules)) or '-'}")
    return differs


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
