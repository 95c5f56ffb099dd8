"""MIME bodies as spans: nothing is decoded or copied unless its transfer encoding demands it.

Source: RFC 2045 and 2046 (section 5.1 for boundaries). The line break before a boundary belongs
to the boundary. Bare LF is accepted as a line end on reading, never written.
"""

from __future__ import annotations

import binascii
import re
from itertools import pairwise
from typing import NamedTuple

import msgspec

from simulator.wire.as2.errors import RemoteProtocolError
from simulator.wire.as2.headers import Headers
from simulator.wire.as2.span import WINDOW, Span

MAX_HEADER = 65_536
"""Bytes of one header block."""

MAX_PARTS = 1_000

_FIELD = re.compile(rb"[!-9;-~]+[ \t]*:")
_AFTER_BOUNDARY = re.compile(rb"(--)?[ \t]*(\r?\n|\Z)")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]+")


class Entity(msgspec.Struct, frozen=True, eq=False):
    """A MIME part.

    Attributes:
        headers: its fields; of the outermost entity, those of HTTP.
        body: its content, still in its transfer encoding.
        whole: header and body exactly as they stand, None for the outermost entity.
    """

    headers: Headers
    body: Span
    whole: Span | None = None

    @property
    def content_type(self) -> str:
        """Media type in lower case, ``text/plain`` when none is said (RFC 2045 5.2)."""
        return self.headers.parameters("Content-Type")[0] or "text/plain"

    def parameter(self, name: str) -> str:
        """A parameter of the content type, empty when absent."""
        return self.headers.parameters("Content-Type")[1].get(name, "")

    def decoded(self) -> Span:
        """The content without its transfer encoding: a copy only for base64, quoted-printable.

        Raises:
            RemoteProtocolError: it is not base64 though it says so.
        """
        encoding = self.headers.get("Content-Transfer-Encoding").strip().lower()
        if encoding == "base64":
            return from_base64(self.body)
        if encoding == "quoted-printable":
            return Span.of(binascii.a2b_qp(self.body.view()))
        return self.body


def from_base64(span: Span) -> Span:
    """Decode base64 with any line breaks; a long one window by window."""
    try:
        if len(span) <= WINDOW:
            return Span.of(binascii.a2b_base64(span.view()))
        return Span.of(_from_long_base64(span))
    except binascii.Error as error:
        raise RemoteProtocolError(f"the body announced as base64 is not: {error}") from None


def _from_long_base64(span: Span) -> bytearray:
    out, carry = bytearray(), b""
    for window in span.windows():
        clean = carry + _NOT_BASE64.sub(b"", window)
        whole = len(clean) - len(clean) % 4
        out += binascii.a2b_base64(clean[:whole])
        carry = clean[whole:]
    out += binascii.a2b_base64(carry)
    return out


def read_entity(whole: Span, *, need_header: bool = False) -> Entity | None:
    """Split a part into header and body; None when there is no header block to be seen.

    Args:
        whole: the part, header first.
        need_header: refuse a part without any field (for content that comes out of a cipher).
    """
    if not need_header and _starts_empty(whole):
        return Entity(Headers(), whole.to(_line_end(whole, whole.start), whole.stop), whole)
    if not _FIELD.match(whole.base, whole.start, min(whole.stop, whole.start + 1024)):
        return None
    end = _blank_line(whole)
    if end is None:
        return None
    header = whole.to(whole.start, end[0]).copy()
    return Entity(Headers.parse(header), whole.to(end[1], whole.stop), whole)


def _starts_empty(span: Span) -> bool:
    return bytes(span.base[span.start : min(span.start + 2, span.stop)]) in {b"", b"\r\n"} or (
        bytes(span.base[span.start : min(span.start + 1, span.stop)]) == b"\n"
    )


def _line_end(span: Span, at: int) -> int:
    found = span.find(b"\n", at)
    return span.stop if found < 0 else found + 1


def _blank_line(span: Span) -> tuple[int, int] | None:
    """End of the last field and start of the body; a header alone counts as an empty body."""
    limit = span.start + MAX_HEADER
    crlf = span.find(b"\n\r\n", span.start, limit)
    bare = span.find(b"\n\n", span.start, limit if crlf < 0 else crlf)
    if bare >= 0:
        return bare, bare + 2
    if crlf >= 0:
        return crlf, crlf + 3
    if len(span) <= MAX_HEADER and span.ends_with(b"\n"):
        return span.stop, span.stop
    return None


def split_parts(entity: Entity, *, need_end: bool = True) -> list[Span]:
    """The parts of a multipart body, header included, without the line break before a boundary.

    Args:
        entity: the multipart.
        need_end: refuse a body without its closing boundary, which is probably cut short. Where
            a signature follows, that will tell.

    Raises:
        RemoteProtocolError: no boundary parameter, no boundary in the body, too many parts.
    """
    boundary = entity.parameter("boundary").rstrip()
    if not boundary:
        raise RemoteProtocolError(f"{entity.content_type} without a boundary parameter")
    body = entity.body
    lines = _boundaries(body, b"--" + boundary.encode("latin-1", "replace"))
    parts = [_part(body, line.after, following.start) for line, following in pairwise(lines)]
    if len(parts) > MAX_PARTS:
        raise RemoteProtocolError(f"more than {MAX_PARTS} parts in one {entity.content_type}")
    if lines and not lines[-1].closing:
        if need_end:
            raise RemoteProtocolError(f"the {entity.content_type} body has no end: it is cut short")
        parts.append(body.to(lines[-1].after, body.stop))
    if not parts:
        raise RemoteProtocolError(f"no part within {boundary!r} in the {entity.content_type} body")
    return parts


class _Boundary(NamedTuple):
    start: int
    after: int
    closing: bool


def _boundaries(body: Span, mark: bytes) -> list[_Boundary]:
    """Each boundary line, up to the closing one."""
    lines: list[_Boundary] = []
    at = body.find(mark, body.start)
    while at >= 0 and len(lines) <= MAX_PARTS + 1:
        if at == body.start or body.base[at - 1] == 0x0A:
            tail = _AFTER_BOUNDARY.match(body.base, at + len(mark), body.stop)
            if tail:
                lines.append(_Boundary(at, tail.end(), bool(tail[1])))
                if tail[1]:
                    break
        at = body.find(mark, at + 2)
    return lines


def _part(body: Span, begin: int, boundary: int) -> Span:
    stop = boundary - 1
    if stop > begin and body.base[stop - 1] == 0x0D:
        stop -= 1
    return body.to(begin, max(begin, stop))
