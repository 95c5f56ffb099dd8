"""The objects of a PDF that a partner sent: read with bounds, whatever they are.

A PDF is hostile input. Any entry may be missing or of another type, trees may form loops, and a
stream of 600 KB may inflate to gigabytes. Here a wrong type reads as nothing, a tree is walked once
and with a bound, and streams are inflated by us, not by the library; what the library must inflate
itself to find the objects is bounded by its own settings.

Source: ISO 32000-1 §7.3 (objects), §7.4 (filters), §7.5.7 and §7.5.8 (object streams,
cross-reference streams).
"""

from __future__ import annotations

import binascii
import importlib
import io
import logging
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from types import ModuleType
from typing import Any

# What the library may inflate by itself in one go (an object stream of numbers takes 60 times its
# size in memory), items of one array or dictionary, and how much damage it puts up with.
_STRUCTURE = 8 << 20
_MOST_ITEMS = 500_000
_MOST_WARNINGS = 10_000

_MOST_FILTERS = 4
_STEP = 1 << 20
_ADDRESS = re.compile(r"stream <[^<>]* object at 0x[0-9a-f]+>:? ?")


class StreamFault(Exception):
    """The data of a stream cannot be had.

    Attributes:
        rule: row of ``schemas/rules/facturx.toml``.
        values: what its words ask for, the name of the stream apart.
    """

    def __init__(self, rule: str, **values: object) -> None:
        super().__init__(rule)
        self.rule = rule
        self.values = values


@cache
def library() -> ModuleType:
    """pikepdf, loaded when the first PDF comes and told its bounds, which hold in this process."""
    pikepdf = importlib.import_module("pikepdf")
    settings = importlib.import_module("pikepdf.settings")
    # Older versions have no such bounds: there the memory limit of the judging process holds.
    if bound := getattr(settings, "set_qpdf_limits", None):
        filters = ("flate", "png", "run_length", "tiff")
        memory = {f"{name}_max_memory": _STRUCTURE for name in filters}
        counts = {"parser_max_container_size": _MOST_ITEMS, "doc_max_warnings": _MOST_WARNINGS}
        bound(**counts, **memory)
    # What it logs of a partner's file is a finding of ours; a log is not for partners to fill.
    logger = logging.getLogger("pikepdf._core")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    return pikepdf


@cache
def faults() -> tuple[type[Exception], ...]:
    """What malformed objects and streams raise; lack of memory is not among it."""
    ours = (RuntimeError, ValueError, LookupError, OverflowError, zlib.error)
    return (library().PikepdfError, *ours)


def reason(error: object) -> str:
    """The text of an error or warning of the library, without addresses in memory."""
    return _ADDRESS.sub("", str(error)).strip()


def entry(holder: object, key: str) -> object:
    """The entry of a dictionary or stream; None if it has none or is something else."""
    return holder.get(key) if isinstance(holder, library().Object) else None


def items(value: object, most: int) -> list[Any]:
    """The first items of an array; none if it is something else."""
    if not isinstance(value, library().Array):
        return []
    return [value[index] for index in range(min(len(value), most))]


def values(holder: object) -> list[Any]:
    """The values of a dictionary; none if it is something else."""
    if not isinstance(holder, library().Dictionary):
        return []
    return [value for _, value in holder.items()]


def text(value: object) -> str:
    """A text string, or a name without its slash; ``""`` for anything else."""
    if isinstance(value, library().Name):
        return str(value)[1:]
    return str(value) if isinstance(value, library().String) else ""


def walk(top: object, below: Callable[[Any], Iterable[Any]], most: int) -> Iterator[Any]:
    """The nodes of a tree in order, at most so many, each once even where they form a loop."""
    kinds = library().Dictionary | library().Stream
    waiting: list[Any] = [top]
    seen: set[object] = set()
    while waiting and len(seen) < most:
        node = waiting.pop()
        if not isinstance(node, kinds):
            continue
        key = node.objgen if node.is_indirect else len(seen)
        if key not in seen:
            seen.add(key)
            yield node
            waiting += [*below(node)][:most][::-1]


def unfiltered(stream: Any, most: int, *, cut: bool = False) -> bytes:  # noqa: ANN401 - no own type
    """The data of a stream, at most so many bytes; where `cut`, longer data give their start.

    Raises:
        StreamFault: filters we do not read, data that do not unpack, too many of them.
    """
    chain = _filters(stream)
    if wrong := [name for name in chain if name not in _DECODERS] or chain[_MOST_FILTERS:]:
        raise StreamFault("IRR_SYNTAX_PDF_FILTER", found=wrong[0])
    try:
        content: bytes = stream.read_raw_bytes()
        sizes = [] if chain else [len(content)]
        for name in chain:
            content = _DECODERS[name](content, most)
            sizes.append(len(content))
    except faults() as error:
        raise StreamFault("IRR_SYNTAX_PDF_STREAM", detail=reason(error)) from None
    if max(sizes) > most and not cut:
        raise StreamFault("IRR_TAILLE_F_XML", limit=most)
    return content[:most]


def _filters(stream: object) -> list[str]:
    """Names of the filters in their order; a predictor counts as a filter of its own."""
    single = entry(stream, "/Filter")
    chain = [text(name) for name in items(single, 100)] or [text(single)]
    parameters = entry(stream, "/DecodeParms")
    for given in items(parameters, 100) or [parameters]:
        predictor = entry(given, "/Predictor")
        if predictor is not None and predictor != 1:
            chain.append("Predictor")
    return [name for name in chain if name]


def _inflate(content: bytes, most: int) -> bytes:
    """Inflates to one byte more than allowed at most, without a second copy in memory.

    Data that end early give what there is: the XML tells whether something is missing.
    """
    inflater = zlib.decompressobj()
    out = io.BytesIO()
    while content and not inflater.eof and out.tell() <= most:
        out.write(inflater.decompress(content, min(_STEP, most + 1 - out.tell())))
        content = inflater.unconsumed_tail
    return out.getvalue()


def _hexadecimal(content: bytes, _most: int) -> bytes:
    digits = content.partition(b">")[0].translate(None, b"\0\t\n\f\r ")
    return binascii.unhexlify(digits + b"0" * (len(digits) % 2))


# No ASCII85Decode: the standard library takes half a minute for what a flow may hold. No LZWDecode
# and no RunLengthDecode: PDF/A forbids the one, nobody uses the other on attachments.
_DECODERS: dict[str, Callable[[bytes, int], bytes]] = {
    "FlateDecode": _inflate,
    "ASCIIHexDecode": _hexadecimal,
}
