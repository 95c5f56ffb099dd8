"""A second opinion on schema errors, in the words of another validator (xmlschema).

It compiles UBL in two seconds and checks 10 MB in six, so it runs only when a person asks, in a
process of its own with a time limit: ``python -m simulator.validation.explain SYNTAX`` reads a
document from its input, XML or the PDF around it, and writes JSON.
"""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
from lxml import etree

from simulator.domain.findings import Finding
from simulator.domain.judgement import Job
from simulator.messages.archives import Member, unpack
from simulator.messages.facturx import extract
from simulator.validation.parsing import parse
from simulator.validation.syntaxes import FAMILIES, SCHEMAS, recognise

SECONDS = 20.0
_MEMORY = 2 << 30
_MOST = 100
_PDF = b"%PDF"
_FIRST = re.compile(r"\[1\]")


class Reason(msgspec.Struct, frozen=True):
    """What xmlschema says: of the element at `path`, or of a child of it."""

    path: str
    text: str


def reasons(content: bytes, seconds: float = SECONDS, demanded: str = "") -> tuple[Reason, ...]:
    """What xmlschema has against a document, at most 100 reasons.

    Args:
        content: a document of a known syntax, or the PDF that it is in; for any other there are no
            reasons.
        seconds: wall time allowed; one reason says so when it does not suffice.
        demanded: what the interface demands, as `Job.syntax`.
    """
    if not content.startswith(_PDF) and _schema_of(content, demanded) is None:
        return ()
    package = str(Path(__file__).parents[2])
    command = [sys.executable, "-P", "-m", __name__, demanded]
    try:
        told = subprocess.run(  # noqa: S603 - our own interpreter and module
            command,
            input=content,
            capture_output=True,
            timeout=seconds,
            check=True,
            env={**os.environ, "PYTHONPATH": package},
        )
    except subprocess.TimeoutExpired:
        return (Reason("/", f"xmlschema did not finish in {seconds:g} s"),)
    except subprocess.CalledProcessError as error:
        return (Reason("/", f"xmlschema failed with exit status {error.returncode}"),)
    return msgspec.json.decode(told.stdout, type=tuple[Reason, ...])


def reasons_of_member(job: Job, member: str) -> tuple[Reason, ...]:
    """The same for one document of a flow."""
    for item in unpack(job):
        if isinstance(item, Member) and item.name == member and item.content:
            return reasons(item.content, demanded=job.syntax)
    return ()


def matched(findings: Sequence[Finding], found: Sequence[Reason]) -> list[str | None]:
    """The reason that speaks of each finding: of its element, else of the parent of that."""
    left = list(found)
    texts: list[str | None] = []
    for finding in findings:
        path = _FIRST.sub("", finding.place.xpath or "")
        near = (path, path.rpartition("/")[0])
        match = next((r for r in left if path and _FIRST.sub("", r.path) in near), None)
        if match is not None:
            left.remove(match)
        texts.append(match.text if match else None)
    return texts


def main(demanded: str) -> None:
    """Reads a document from the input, writes its reasons."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    found = _ask(sys.stdin.buffer.read(), demanded)
    sys.stdout.buffer.write(msgspec.json.encode(found))


def _ask(content: bytes, demanded: str) -> list[Reason]:
    is_pdf = content.startswith(_PDF)
    xml = extract(content).xml if is_pdf else content
    path = _schema_of(xml, demanded, is_pdf=is_pdf) if xml else None
    return [] if xml is None or path is None else _errors(xml, path)


def _schema_of(xml: bytes, demanded: str, *, is_pdf: bool = False) -> str | None:
    """Path of the schema of a document; None if it has none."""
    root = parse(xml).root
    syntax = None if root is None else recognise(root, demanded, is_pdf=is_pdf)
    if root is None or syntax is None:
        return None
    # D16B is made in memory out of D22B, which speaks of all but what came between the two.
    key = syntax.schema(root).replace("cii-d16b", "cii-d22b")
    return str(SCHEMAS[key].path(etree.QName(root).namespace or ""))


def _errors(content: bytes, path: str) -> list[Reason]:
    import xmlschema  # noqa: PLC0415 - heavy, and only this process needs it

    # The schema may read the modules beside it; the document may read nothing at all.
    schema = xmlschema.XMLSchema(path, defuse="always", allow="local")
    document: Any = xmlschema.XMLResource(content, defuse="always", allow="none")
    syntaxes = (syntax for family in FAMILIES.values() for syntax in family)
    names = {p: uri for s in syntaxes for uri, p in s.prefixes.items() if p}
    errors = schema.iter_errors(document, namespaces=names, use_location_hints=False)
    return [Reason(e.path or "/", (e.reason or "")[:400]) for e in islice(errors, _MOST)]


if __name__ == "__main__":
    main(*sys.argv[1:])
