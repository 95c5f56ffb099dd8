"""The process of the second validator: ``python -m simulator.validation.reasons_worker``.

Descriptor 0 is a socket: a `Question` in, a tuple of `Reason` out, until the other end hangs up. Each
schema is compiled once. The kernel holds the limits: RLIMIT_AS for the life of the process,
RLIMIT_CPU anew for each question.
"""

from __future__ import annotations

import math
import os
import resource
import signal
import sys
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec
from lxml import etree

from simulator.messages.facturx import extract
from simulator.validation.parsing import parse
from simulator.validation.reasons import LENGTH, Question, Reason
from simulator.validation.syntaxes import FAMILIES, SCHEMAS, recognise

if TYPE_CHECKING:
    import xmlschema

_MEMORY = 2 << 30
_MOST = 100
_LONGEST = 400
_PDF = b"%PDF"


def main() -> int:
    """Answers questions until there are no more; gives the exit code."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who asks, who then ends us
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    source, sink = _own_descriptors()
    while head := source.read(LENGTH.size):
        frame = source.read(LENGTH.unpack(head)[0])
        try:
            _answer(sink, msgspec.msgpack.decode(frame, type=Question))
        except MemoryError:
            return 1  # nobody knows what the heap looks like now
    return 0


def _own_descriptors() -> tuple[BinaryIO, BinaryIO]:
    """Both ends of the conversation, moved where no print of a library can reach them."""
    source, sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(0), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    os.close(nothing)
    return source, sink


def _answer(sink: BinaryIO, question: Question) -> None:
    _allow(question.seconds)
    answer = msgspec.msgpack.encode(_reasons(question))
    sink.write(LENGTH.pack(len(answer)) + answer)
    sink.flush()


def _allow(seconds: float) -> None:
    """Gives the process some seconds of processor from now; whole ones, as the kernel counts."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = math.ceil(used.ru_utime + used.ru_stime + seconds)
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (until, most))


def _reasons(question: Question) -> list[Reason]:
    try:
        return _errors(question)
    except MemoryError:
        raise
    except Exception as error:  # whatever a document makes of a library
        return [Reason("/", f"xmlschema failed: {type(error).__name__}: {error}"[:_LONGEST])]


def _errors(question: Question) -> list[Reason]:
    is_pdf = question.content.startswith(_PDF)
    xml = extract(question.content).xml if is_pdf else question.content
    path = _schema_of(xml, question.demanded, is_pdf=is_pdf) if xml else None
    if xml is None or path is None:
        return []
    import xmlschema  # noqa: PLC0415 - heavy: what is no document is told without

    document: Any = xmlschema.XMLResource(xml, defuse="always", allow="none")
    schema = _compiled(path)
    errors = schema.iter_errors(document, namespaces=_prefixes(), use_location_hints=False)
    return [Reason(e.path or "/", (e.reason or "")[:_LONGEST]) for e in islice(errors, _MOST)]


def _schema_of(xml: bytes, demanded: str, *, is_pdf: bool) -> str | None:
    """Path of the schema of a document; None if it has none."""
    root = parse(xml).root
    syntax = None if root is None else recognise(root, demanded, is_pdf=is_pdf)
    if root is None or syntax is None:
        return None
    # D16B is made in memory out of D22B, which speaks of all but what came between the two.
    key = syntax.schema(root).replace("cii-d16b", "cii-d22b")
    return str(SCHEMAS[key].path(etree.QName(root).namespace or ""))


@cache
def _compiled(path: str) -> xmlschema.XMLSchema:
    import xmlschema  # noqa: PLC0415 - see above

    # The schema may read the modules beside it; the document may read nothing at all.
    return xmlschema.XMLSchema(path, defuse="always", allow="local")


@cache
def _prefixes() -> dict[str, str]:
    syntaxes = (syntax for family in FAMILIES.values() for syntax in family)
    return {p: uri for s in syntaxes for uri, p in s.prefixes.items() if p}


if __name__ == "__main__":
    sys.exit(main())
