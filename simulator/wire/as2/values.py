"""Values that several modules of the core share."""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Sequence
from typing import Literal, TypeAlias

import msgspec

from simulator.wire.as2.algorithms import DigestName, SchemeName
from simulator.wire.as2.keys import Certificate
from simulator.wire.as2.span import WINDOW

Piece: TypeAlias = bytes | bytearray | memoryview | mmap.mmap
Pieces: TypeAlias = Sequence[Piece]
"""A body to be sent, as stretches one after the other: the payload in it is never copied."""

Fit: TypeAlias = Literal["exact", "without-last-crlf", "with-next-crlf", "canonical", "attached"]


class Layer(msgspec.Struct, frozen=True):
    """One layer of a message, outermost first.

    Attributes:
        kind: what it does.
        algorithm: content cipher, digest, or ``zlib``.
        detail: key transport or signature scheme.
    """

    kind: Literal["encrypted", "signed", "compressed"]
    algorithm: str
    detail: str = ""


class Signature(msgspec.Struct, frozen=True, eq=False):
    """A signature that was verified.

    Attributes:
        digest: our name of the digest.
        scheme: how it was signed.
        signer: the certificate of the partner, one of those that the caller trusts.
        fit: which form of the part was signed: ``exact`` or what a known product makes of it.
        enclosed: certificates that came along, DER; never trusted, to be shown.
    """

    digest: DigestName
    scheme: SchemeName
    signer: Certificate
    fit: Fit
    enclosed: tuple[bytes, ...] = ()


def windows_of(piece: Piece) -> Iterator[memoryview]:
    """A piece in views of at most a window."""
    view = memoryview(piece)
    return (view[at : at + WINDOW] for at in range(0, len(view), WINDOW))


def size_of(pieces: Pieces) -> int:
    """Bytes of a body in pieces."""
    return sum(len(piece) for piece in pieces)
