"""TLS 1.2 and 1.3 for listeners and callers, from PEM: shared by PeSIT and HTTPS.

Dates of certificates are ignored here on purpose: they are judged at business time, which may lie in
the past or far ahead (`Raccordement.has_valid_certificate`). A listener that asks for a client's
certificate takes any, since a partner's may come from any CA, and its owner compares it with the one
that was registered. A caller believes the certificates and authorities that it was given, and nothing
else: a name in the certificate is not compared, because partners are reached by address.

Source: Chorus Pro's fiche de raccordement: each side installs the other's public certificate (official).
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

import msgspec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from OpenSSL import SSL, crypto
from twisted.internet.abstract import isIPAddress, isIPv6Address
from twisted.internet.interfaces import (
    IOpenSSLClientConnectionCreator,
    IOpenSSLServerConnectionCreator,
)
from twisted.protocols.tls import TLSMemoryBIOFactory, TLSMemoryBIOProtocol
from twisted.web.iweb import IPolicyForHTTPS
from zope.interface import implementer  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from twisted.internet.interfaces import IProtocolFactory

__all__ = [
    "HttpsTrust",
    "Identity",
    "Reads",
    "TlsError",
    "at_once",
    "caller_factory",
    "certificates",
    "client_context",
    "is_tls",
    "listener_factory",
    "peer_certificate",
    "server_context",
]

# Octets of a TLS record at most, and what encryption adds to one of that size at most.
_RECORD = 1 << 14
_OVERHEAD = 325
# SSL_MODE_ENABLE_PARTIAL_WRITE: one call writes one record at most.
_PARTIAL_WRITE = 1
# X.509 verification results that a caller overlooks: not yet valid, expired (business time judges
# them), and purpose (the fiche takes one certificate, "serveur de type client", for both uses).
_OVERLOOKED = frozenset({9, 10, 26})


class TlsError(ValueError):
    """Key material that cannot be used; the text says which and why."""


class Identity(msgspec.Struct, frozen=True):
    """What one side proves itself with.

    Attributes:
        key: private key, PEM without password; RSA or EC.
        chain: its certificate, PEM, then those of its issuers if there are any.
    """

    key: bytes
    chain: bytes

    @classmethod
    def read(cls, key: Path, chain: Path) -> Identity:
        """From two files. Raises `TlsError`."""
        return cls(_content(key), _content(chain))


def server_context(identity: Identity, *, ask: bool = False, names: bytes = b"") -> SSL.Context:
    """What a listener is made with.

    Args:
        identity: the listener's.
        ask: ask for the client's certificate; none and any are accepted (`peer_certificate`).
        names: PEM of authorities whose names go with the question, a hint for the client.

    Raises:
        TlsError: key or certificate cannot be used.
    """
    context = _context(identity)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    # A resumed session would bring no certificate along.
    context.set_options(SSL.OP_NO_TICKET)
    if ask:
        context.set_verify(SSL.VERIFY_PEER, _take_any)
        for one in certificates(names):
            _add_name(context, one)
    return context


def client_context(trusted: bytes | None, identity: Identity | None = None) -> SSL.Context:
    """What a caller is made with.

    Args:
        trusted: PEM of the certificates believed: authorities, or the very certificate of the
            listener; None believes any listener.
        identity: shown when the listener asks for a certificate.

    Raises:
        TlsError: key or certificate cannot be used.
    """
    context = _context(identity)
    if trusted is None:
        context.set_verify(SSL.VERIFY_NONE, _take_any)
        return context
    store = context.get_cert_store()
    assert store is not None, "a context has a store"
    for one in certificates(trusted):
        store.add_cert(crypto.X509.from_cryptography(one))
    store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN)
    context.set_verify(SSL.VERIFY_PEER, _overlook_dates)
    return context


def certificates(pem: bytes) -> list[x509.Certificate]:
    """The certificates of a PEM text, in order. Raises `TlsError`."""
    if not pem.strip():
        return []
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        message = f"expected certificates in PEM form: {error}"
        raise TlsError(message) from None


def peer_certificate(transport: Any) -> x509.Certificate | None:  # noqa: ANN401 - a TLS transport has no type of its own
    """The certificate that the other side showed; None without one, or without TLS."""
    handle = getattr(transport, "getHandle", lambda: None)()
    if not isinstance(handle, SSL.Connection):
        return None
    return handle.get_peer_certificate(as_cryptography=True)


def is_tls(transport: Any) -> bool:  # noqa: ANN401 - a TLS transport has no type of its own
    """Whether a transport is TLS."""
    return isinstance(getattr(transport, "getHandle", lambda: None)(), SSL.Connection)


def listener_factory(context: SSL.Context, wrapped: IProtocolFactory) -> TLSMemoryBIOFactory:
    """A factory whose connections are the listener's end of TLS."""
    return TLSMemoryBIOFactory(cast("Any", _Listening(context)), False, wrapped)


class Reads(Protocol):
    """A protocol that is told when it has been given all that one read of the socket brought."""

    def read_ended(self) -> None:
        """Every record of the read was given."""


def at_once(factory: TLSMemoryBIOFactory) -> TLSMemoryBIOFactory:
    """The same factory, for a protocol that `Reads` and gives whole messages to be written."""
    factory.protocol = _AtOnce
    return factory


class _AtOnce(TLSMemoryBIOProtocol):
    """Encrypts what is written in one go, where Twisted goes to the socket with each record.

    Measured, sender of 100 MB in blocks of 256 KB: 0.08 s of processor time, against 0.12 s.
    """

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """Gives the protocol each record, and then tells that these were all."""
        twisted: Any = super()
        twisted.dataReceived(data)
        cast("Reads", self.wrappedProtocol).read_ended()

    def write(self, data: bytes) -> None:
        """Writes; what is short, or cannot be encrypted yet or any more, is left to Twisted."""
        twisted: Any = super()  # has no types
        connection: SSL.Connection | None = twisted.getHandle()
        if self.disconnecting or connection is None or len(data) <= _RECORD:
            twisted.write(data)
            return
        try:
            sent = connection.send(data)
        except SSL.Error:
            twisted.write(data)
            return
        room = len(data) + _OVERHEAD * (2 + len(data) // _RECORD)
        self._give(connection, room)
        if sent < len(data):
            twisted.write(data[sent:])

    def _give(self, connection: SSL.Connection, room: int) -> None:
        """Passes on all that was encrypted; a peer may ask for so small records that more is needed."""
        wire = cast("Any", self.transport)
        with suppress(SSL.WantReadError):
            full = True
            while full:
                octets = connection.bio_read(room)
                wire.write(octets)
                full = len(octets) == room


def caller_factory(
    context: SSL.Context, wrapped: IProtocolFactory, name: str | None = None
) -> TLSMemoryBIOFactory:
    """A factory whose connections are the caller's end; `name` is told to the listener (SNI)."""
    return TLSMemoryBIOFactory(cast("Any", _Calling(context, name)), True, wrapped)


@implementer(IPolicyForHTTPS)
class HttpsTrust:
    """What an HTTPS agent believes: the context, whatever the host is called."""

    def __init__(self, context: SSL.Context) -> None:
        self._context = context

    def creatorForNetloc(self, hostname: bytes, port: int) -> _Calling:  # noqa: N802
        """What makes the TLS side of a connection."""
        del port
        return _Calling(self._context, hostname.decode("ascii"))


@implementer(IOpenSSLServerConnectionCreator)
class _Listening:
    def __init__(self, context: SSL.Context) -> None:
        self._context = context

    def serverConnectionForTLS(self, _protocol: object) -> SSL.Connection:  # noqa: N802
        return SSL.Connection(self._context, None)


@implementer(IOpenSSLClientConnectionCreator)
class _Calling:
    def __init__(self, context: SSL.Context, name: str | None) -> None:
        self._context = context
        self._name = name

    def clientConnectionForTLS(self, _protocol: object) -> SSL.Connection:  # noqa: N802
        connection = SSL.Connection(self._context, None)
        if self._name and not isIPAddress(self._name) and not isIPv6Address(self._name):
            connection.set_tlsext_host_name(self._name.encode("idna"))
        return connection


def _context(identity: Identity | None) -> SSL.Context:
    context = SSL.Context(SSL.TLS_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_options(SSL.OP_NO_RENEGOTIATION | SSL.OP_NO_COMPRESSION)
    context.clear_mode(_PARTIAL_WRITE)
    if identity is not None:
        _use(context, identity)
    return context


def _use(context: SSL.Context, identity: Identity) -> None:
    chain = certificates(identity.chain)
    if not chain:
        raise TlsError("expected a certificate in PEM form, found none")
    try:
        key = load_pem_private_key(identity.key, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        message = f"expected a private key in PEM form, without password: {error}"
        raise TlsError(message) from None
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        message = f"expected an RSA or EC private key, found {type(key).__name__}"
        raise TlsError(message)
    try:
        context.use_certificate(chain[0])
        for issuer in chain[1:]:
            context.add_extra_chain_cert(issuer)
        context.use_privatekey(key)
        context.check_privatekey()
    except SSL.Error as error:
        message = f"this key and {chain[0].subject.rfc4514_string()} cannot be used: {_said(error)}"
        raise TlsError(message) from None


def _add_name(context: SSL.Context, authority: x509.Certificate) -> None:
    context.add_client_ca(authority)


def _take_any(_c: SSL.Connection, _x: crypto.X509, _error: int, _depth: int, _ok: int) -> bool:
    return True


def _overlook_dates(_c: SSL.Connection, _x: crypto.X509, error: int, _depth: int, ok: int) -> bool:
    return bool(ok) or error in _OVERLOOKED


def _said(error: SSL.Error) -> str:
    rows: Iterable[Iterable[str]] = error.args[0] if error.args else ()
    return "; ".join(":".join(part for part in row if part) for row in rows) or "no reason given"


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        message = f"cannot read {path}: {error.strerror}"
        raise TlsError(message) from None
