"""The outer frame of CMS: content types, and the frame around a content.

Source: RFC 5652 section 3; object identifiers of RFC 5652, RFC 5083 and RFC 3274.
"""

from __future__ import annotations

from functools import lru_cache

from simulator.wire.as2 import ber
from simulator.wire.as2.ber import Reader
from simulator.wire.as2.span import Span

DATA = "1.2.840.113549.1.7.1"
SIGNED_DATA = "1.2.840.113549.1.7.2"
ENVELOPED_DATA = "1.2.840.113549.1.7.3"
COMPRESSED_DATA = "1.2.840.113549.1.9.16.1.9"
AUTH_ENVELOPED_DATA = "1.2.840.113549.1.9.16.1.23"

CONTENT_TYPE = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
SIGNING_TIME = "1.2.840.113549.1.9.5"

DATA_OID = ber.oid(DATA)


def open_content(span: Span) -> tuple[str, Reader]:
    """Step into a ContentInfo: its content type, and a reader placed inside the content.

    Raises:
        BerError: it is no ContentInfo.
    """
    reader = Reader(span)
    reader.enter(ber.SEQUENCE)
    content_type = reader.oid()
    reader.enter(ber.CONTEXT_0)
    reader.enter(ber.SEQUENCE)
    return content_type, reader


def frame(content_type: str) -> tuple[tuple[int, bytes, bytes], tuple[int, bytes, bytes]]:
    """The two outermost levels of a ContentInfo, for `ber.shell`."""
    return (ber.CONTEXT_0, b"", b""), (ber.SEQUENCE, ber.oid(content_type), b"")


@lru_cache(maxsize=64)
def algorithm(oid: str, parameters: bytes = b"") -> bytes:
    """An AlgorithmIdentifier in DER."""
    return ber.tlv(ber.SEQUENCE, ber.oid(oid), parameters)
