"""The message integrity check: what it covers, how it is written and compared.

Source: RFC 4130 section 7.3.1 and 7.4.3; RFC 5402 section 4 (compressed messages).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator

import msgspec

from simulator.wire.as2.algorithms import digest_named, new_hash
from simulator.wire.as2.span import Buffer, Span

_BARE_LF = re.compile(rb"(?<!\r)\n")
_SPACE = re.compile(r"\s+")


class Mic(msgspec.Struct, frozen=True):
    """A digest with its algorithm.

    Attributes:
        algorithm: our name (``sha256``), empty when the partner names one that we do not know.
        value: the digest.
        spelling: how the algorithm is to be written, or was.
    """

    algorithm: str
    value: bytes
    spelling: str

    def __str__(self) -> str:
        return f"{base64.b64encode(self.value).decode()}, {self.spelling}"


def parse_mic(field: str) -> Mic | None:
    """Read ``Received-Content-MIC``; None when it is empty or holds no digest."""
    encoded, _, spelling = _SPACE.sub("", field).partition(",")
    try:
        value = binascii.a2b_base64(encoded)
    except (binascii.Error, ValueError):
        return None
    if not value:
        return None
    return Mic(digest_named(spelling) or "", value, spelling)


class Content(msgspec.Struct, frozen=True, eq=False):
    """The bytes that were signed or that a MIC covers, as they arrived.

    Attributes:
        span: the bytes.
        canonical: digest them as if each bare LF were CRLF (RFC 8551 section 3.1.1); only for a
            signer who signed that form and sent another. The bytes themselves stay as they are.
    """

    span: Span
    canonical: bool = False
    _digests: dict[str, bytes] = msgspec.field(default_factory=dict)

    def digest(self, algorithm: str) -> bytes:
        """Digest by our name of the algorithm; computed once."""
        if algorithm not in self._digests:
            pieces = _canonical(self.span) if self.canonical else (self.span.view(),)
            self._digests[algorithm] = digest_of(pieces, algorithm)
        return self._digests[algorithm]


def digest_of(pieces: Iterable[Buffer | memoryview], algorithm: str) -> bytes:
    """Digest of pieces one after the other."""
    running = new_hash(algorithm)
    for piece in pieces:
        running.update(piece)
    return running.digest()


def _canonical(span: Span) -> Iterator[bytes]:
    after_cr = False
    for window in map(bytes, span.windows()):
        head = b"\n" if after_cr and window[:1] == b"\n" else b""
        after_cr = window.endswith(b"\r")
        yield head + _BARE_LF.sub(b"\r\n", window[len(head) :])
