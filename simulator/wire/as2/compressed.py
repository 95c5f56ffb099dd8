"""CompressedData: inflating with a ceiling, deflating piece by piece.

Source: RFC 3274, RFC 5402.
"""

from __future__ import annotations

import zlib

from simulator.wire.as2 import ber, cms, structures
from simulator.wire.as2.ber import Reader
from simulator.wire.as2.errors import DecompressionFailed
from simulator.wire.as2.profile import Limits
from simulator.wire.as2.span import WINDOW, Span
from simulator.wire.as2.values import Pieces, size_of, windows_of

ZLIB = "1.2.840.113549.1.9.16.3.8"


def inflate(reader: Reader, limits: Limits) -> Span:
    """The content without its compression.

    Args:
        reader: inside the structure (`cms.open_content`).
        limits: the ceiling of the result; a bomb stops there.

    Raises:
        DecompressionFailed: unknown method, damaged or unfinished data, ceiling reached.
        BerError: the structure itself is broken.
    """
    reader.primitive(ber.INTEGER)
    method = structures.read_algorithm(reader.skip().copy())
    if method.oid != ZLIB:
        raise DecompressionFailed(f"compression {method.oid} is not supported, only ZLIB")
    reader.enter(ber.SEQUENCE)
    reader.oid()
    reader.enter(ber.CONTEXT_0)
    pieces = reader.octets()
    engine, out = zlib.decompressobj(), bytearray()
    try:
        for piece in pieces:
            for window in piece.windows():
                _feed(engine, window, out, limits.inflated)
    except zlib.error as error:
        raise DecompressionFailed(f"the compressed content is damaged: {error}") from None
    if not engine.eof:
        raise DecompressionFailed("the compressed content is cut short")
    return Span.of(out)


def _feed(engine: zlib._Decompress, window: memoryview, out: bytearray, most: int) -> None:
    data: bytes | memoryview = window
    while data and not engine.eof:
        out += engine.decompress(data, WINDOW)
        if len(out) > most:
            raise DecompressionFailed(f"the content inflates to more than {most} bytes")
        data = engine.unconsumed_tail


def deflate(pieces: Pieces) -> Pieces:
    """The content compressed, as one DER structure."""
    engine = zlib.compressobj()
    packed = [engine.compress(window) for piece in pieces for window in windows_of(piece)]
    packed.append(engine.flush())
    front, back = ber.shell(
        size_of(packed),
        (ber.OCTETS, b"", b""),
        (ber.CONTEXT_0, b"", b""),
        (ber.SEQUENCE, cms.DATA_OID, b""),
        (ber.SEQUENCE, ber.integer(0) + cms.algorithm(ZLIB), b""),
        *cms.frame(cms.COMPRESSED_DATA),
    )
    return (front, *(piece for piece in packed if piece), back)
