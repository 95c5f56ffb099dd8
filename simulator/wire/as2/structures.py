"""The small CMS structures as plain values; the only module that knows asn1crypto.

What every message has (recipientInfo, signerInfo, attributes, algorithm identifiers) is read with
our own reader; asn1crypto reads what is rare or subtle: parameters with defaults (OAEP, PSS),
comparing names, bringing attributes into DER. It can be replaced here without a change elsewhere.
Source: RFC 5652 sections 5.3, 6.2 and 11; RFC 8017 appendix A (OAEP and PSS parameters); RFC 5084
section 3.2 (GCM parameters).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, ClassVar, TypeVar

import msgspec
from asn1crypto import algos, core, x509

from simulator.wire.as2 import algorithms, ber
from simulator.wire.as2.ber import Reader
from simulator.wire.as2.errors import RemoteProtocolError
from simulator.wire.as2.span import Span

MAX_STRUCTURE = 262_144
"""Bytes of one small structure; the cost of asn1crypto grows with them."""

_DEFAULT_ICV = 12
_NULL = ber.NULL_VALUE

_T = TypeVar("_T")


class StructureError(RemoteProtocolError):
    """One of the small structures is not what CMS says it is."""


class Algorithm(msgspec.Struct, frozen=True):
    """An AlgorithmIdentifier: dotted identifier, DER of the parameters (empty: absent or NULL)."""

    oid: str
    parameters: bytes = b""


class PartyId(msgspec.Struct, frozen=True):
    """Who is meant: issuer (DER) with serial number, or a key identifier."""

    issuer: bytes = b""
    serial: int = 0
    key_id: bytes = b""


class Recipient(msgspec.Struct, frozen=True):
    """A KeyTransRecipientInfo."""

    party: PartyId
    transport: Algorithm
    encrypted_key: bytes


class Attribute(msgspec.Struct, frozen=True):
    """A signed attribute: its identifier, its values in DER."""

    oid: str
    values: tuple[bytes, ...]


class Signer(msgspec.Struct, frozen=True):
    """A SignerInfo.

    Attributes:
        party: whose key signed.
        digest: algorithm of the content digest.
        attributes: the signed attributes; None without any.
        attribute_bytes: their encodings one after the other, as sent.
        scheme: signature algorithm.
        signature: the signature itself.
    """

    party: PartyId
    digest: Algorithm
    attributes: tuple[Attribute, ...] | None
    attribute_bytes: bytes
    scheme: Algorithm
    signature: bytes


class PssParameters(msgspec.Struct, frozen=True):
    """Digest of the message, digest of the mask (identifiers), salt length in bytes."""

    digest: str
    mask_digest: str
    salt: int


class OaepParameters(msgspec.Struct, frozen=True):
    """Digest of the label, digest of the mask (identifiers), the label."""

    digest: str
    mask_digest: str
    label: bytes


class _AnySet(core.SetOf):  # type: ignore[misc]  # asn1crypto has no types
    _child_spec = core.Any


class _Attribute(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar[list[Any]] = [("type", core.ObjectIdentifier), ("values", _AnySet)]


class _Attributes(core.SetOf):  # type: ignore[misc]
    _child_spec = _Attribute


def _guarded(what: str, der: bytes, read: Callable[[bytes], _T]) -> _T:
    """Run asn1crypto; whatever it makes of bad bytes becomes one error of ours."""
    if len(der) > MAX_STRUCTURE:
        raise StructureError(f"{what} of {len(der)} bytes: at most {MAX_STRUCTURE} are read")
    try:
        return read(der)
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError) as error:
        raise StructureError(f"{what} is malformed: {error}") from None
    except RecursionError:
        raise StructureError(f"{what} is nested too deeply") from None


def _reader(what: str, der: bytes) -> Reader:
    if len(der) > MAX_STRUCTURE:
        raise StructureError(f"{what} of {len(der)} bytes: at most {MAX_STRUCTURE} are read")
    return Reader(Span.of(der))


def read_algorithm(der: bytes) -> Algorithm:
    """Read an AlgorithmIdentifier.

    Raises:
        BerError, StructureError: it is none. So do all functions here.
    """
    return _algorithm(_reader("algorithm identifier", der))


def _algorithm(reader: Reader) -> Algorithm:
    return _algorithm_of(reader.skip().copy())


@lru_cache(maxsize=128)
def _algorithm_of(der: bytes) -> Algorithm:
    """The same few are in every message."""
    reader = Reader(Span.of(der))
    reader.enter(ber.SEQUENCE)
    oid = reader.oid()
    parameters = b"" if reader.at_end() else reader.skip().copy()
    reader.leave()
    return Algorithm(oid, b"" if parameters == _NULL else parameters)


def _party(reader: Reader) -> PartyId:
    if reader.peek() != ber.SEQUENCE:
        return PartyId(key_id=_joined(reader.octets(ber.CONTEXT_0_PRIMITIVE, ber.CONTEXT_0)))
    reader.enter(ber.SEQUENCE)
    issuer = reader.skip().copy()
    serial = int.from_bytes(reader.primitive(ber.INTEGER), "big", signed=True)
    reader.leave()
    return PartyId(issuer, serial)


def _joined(pieces: list[Span]) -> bytes:
    return b"".join(piece.view() for piece in pieces)


def read_recipient(der: bytes) -> Recipient:
    """Read a KeyTransRecipientInfo."""
    reader = _reader("recipientInfo", der)
    reader.enter(ber.SEQUENCE)
    reader.primitive(ber.INTEGER)
    return Recipient(_party(reader), _algorithm(reader), _joined(reader.octets()))


def read_signer(der: bytes) -> Signer:
    """Read a SignerInfo."""
    reader = _reader("signerInfo", der)
    reader.enter(ber.SEQUENCE)
    reader.primitive(ber.INTEGER)
    party, digest = _party(reader), _algorithm(reader)
    attributes, raw = None, b""
    if reader.peek() == ber.CONTEXT_0:
        attributes, (start, stop) = _attributes(reader)
        raw = der[start:stop]
    return Signer(party, digest, attributes, raw, _algorithm(reader), _joined(reader.octets()))


def _attributes(reader: Reader) -> tuple[tuple[Attribute, ...], tuple[int, int]]:
    """The attributes, and where their encodings begin and end."""
    found: list[Attribute] = []
    reader.enter(ber.CONTEXT_0)
    start = reader.pos
    while not reader.at_end():
        reader.enter(ber.SEQUENCE)
        oid = reader.oid()
        reader.enter(ber.SET)
        values: list[bytes] = []
        while not reader.at_end():
            values.append(reader.skip().copy())
        reader.leave()
        reader.leave()
        found.append(Attribute(oid, tuple(values)))
    stop = reader.pos
    reader.leave()
    return tuple(found), (start, stop)


def attribute_forms(raw: bytes) -> Iterator[bytes]:
    """The forms of a set of attributes that a signature or a tag may cover.

    The encodings as sent come first; then strict DER, which is what RFC 5652 5.4 and RFC 5083 2.2
    ask for, whatever the message itself uses.
    """
    sent = ber.tlv(ber.SET, raw)
    yield sent
    strict = _guarded("attributes", sent, _in_der)
    if strict != sent:
        yield strict


def _in_der(data: bytes) -> bytes:
    return bytes(_Attributes.load(data).dump(force=True))


def attribute_bytes(der: bytes) -> bytes:
    """Encodings inside a tagged set of attributes, whatever its length form."""
    reader = _reader("attributes", der)
    reader.enter(der[0])
    start = reader.pos
    while not reader.at_end():
        reader.skip()
    return der[start : reader.pos]


def read_octets(der: bytes) -> bytes:
    """Content of an OCTET STRING."""
    return _joined(_reader("octet string", der).octets())


def read_oid(der: bytes) -> str:
    """An OBJECT IDENTIFIER, dotted."""
    return _reader("identifier", der).oid()


def read_gcm(parameters: bytes) -> tuple[bytes, int]:
    """Nonce and length of the tag, in bytes, of GCM parameters."""
    reader = _reader("GCM parameters", parameters)
    reader.enter(ber.SEQUENCE)
    nonce, icv = _joined(reader.octets()), _DEFAULT_ICV
    if not reader.at_end():
        icv = int.from_bytes(reader.primitive(ber.INTEGER), "big")
    return nonce, icv


def read_pss(parameters: bytes) -> PssParameters:
    """PSS parameters; absent ones mean SHA-1 (RFC 4055 section 3.1)."""

    def read(data: bytes) -> PssParameters:
        value = algos.RSASSAPSSParams.load(data)
        mask = value["mask_gen_algorithm"]
        return PssParameters(
            value["hash_algorithm"]["algorithm"].dotted,
            _mask_digest(mask),
            value["salt_length"].native,
        )

    return _guarded("PSS parameters", parameters or b"\x30\x00", read)


def read_oaep(parameters: bytes) -> OaepParameters:
    """OAEP parameters; absent ones mean SHA-1 (RFC 4055 section 4.1)."""

    def read(data: bytes) -> OaepParameters:
        value = algos.RSAESOAEPParams.load(data)
        source = value["p_source_algorithm"]
        if source["algorithm"].dotted != algorithms.P_SPECIFIED:
            raise ValueError("the label source is not pSpecified")
        label = source["parameters"].native
        return OaepParameters(
            value["hash_algorithm"]["algorithm"].dotted,
            _mask_digest(value["mask_gen_algorithm"]),
            label or b"",
        )

    return _guarded("OAEP parameters", parameters or b"\x30\x00", read)


def _mask_digest(mask: Any) -> str:  # noqa: ANN401
    if mask["algorithm"].dotted != algorithms.MGF1:
        raise ValueError(f"mask generation {mask['algorithm'].dotted} is not MGF1")
    return str(mask["parameters"]["algorithm"].dotted)


def same_name(first: bytes, second: bytes) -> bool:
    """Whether two DER names are the same after preparation (RFC 5280 section 7.1)."""

    def compare(data: bytes) -> bool:
        return bool(x509.Name.load(data) == x509.Name.load(second))

    return first == second or _guarded("issuer name", first, compare)
