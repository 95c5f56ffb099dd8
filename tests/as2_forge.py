"""AS2 messages for tests: certificates made on the spot, and structures that our writer never makes.

The core only writes good DER; what is bad, old or peculiar to a product is forged here.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import os
from functools import cache

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.x509.oid import NameOID

from simulator.wire import as2
from simulator.wire.as2 import ber, cms
from simulator.wire.as2.algorithms import CIPHERS, DIGESTS, RSA

FORMAT = serialization.PrivateFormat.PKCS8
CRLF = b"\r\n"
PAYLOAD = b"<Invoice>\r\n  <ID>F1</ID>\n</Invoice>\n" * 40


class Pair(msgspec.Struct, frozen=True, eq=False):
    """A key with its certificate, as PEM and as the core takes it."""

    key: bytes
    certificate: bytes
    identity: as2.Identity

    @property
    def public(self):
        return self.identity.certificate


def pair(name, kind="rsa"):
    return _pair(name, kind)


@cache
def _pair(name, kind):
    if kind == "rsa":
        key = rsa.generate_private_key(65537, 2048)
    else:
        key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
        .not_valid_after(dt.datetime(2049, 12, 31, tzinfo=dt.UTC))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(serialization.Encoding.PEM, FORMAT, serialization.NoEncryption())
    certificate_pem = certificate.public_bytes(serialization.Encoding.PEM)
    return Pair(pem, certificate_pem, as2.Identity.load(pem, certificate_pem))


def platform():
    return pair("platform")


def simulator():
    return pair("simulator")


def opening(**changes):
    """The simulator's view: its key, the platform's certificate."""
    given = {"keys": (simulator().identity,), "signers": (platform().public,)} | changes
    return as2.Opening(**given)


def envelope(**changes):
    given = {"as2_from": "DEM002", "as2_to": "CPP001", "message_id": "<1@platform>"} | changes
    return as2.Envelope(**given)


def security(sign=True, encrypt=True, compression="none"):
    return as2.Security(
        platform().identity if sign else None,
        (simulator().public,) if encrypt else (),
        compression,
    )


def sent(content=PAYLOAD, *, profile=None, layers=None, name="FSO1100A.xml", **changes):
    """A message built by the core."""
    return as2.build_message(
        envelope(**changes),
        [as2.File(content, name, "application/xml")],
        layers or security(),
        profile or as2.PROFILES["strict"],
    )


def received(outgoing, **changes):
    return as2.open_message(as2.read_request(outgoing.headers), outgoing.body(), opening(**changes))


def opened(fields, body, **changes):
    """Open a body under these headers, as the simulator would."""
    named = [("AS2-From", "DEM002"), ("AS2-To", "CPP001"), ("Message-ID", "<1@platform>")]
    return as2.open_message(as2.read_request([*named, *fields]), body, opening(**changes))


def content_of(message):
    return [bytes(attachment.content) for attachment in message.attachments]


# --- BER as others write it


def indefinite(tag, *parts):
    return bytes((tag, 0x80)) + b"".join(parts) + b"\0\0"


def chopped(data, size, tag=ber.OCTETS_CUT):
    pieces = (data[at : at + size] for at in range(0, len(data), size))
    return indefinite(tag, *(ber.tlv(ber.OCTETS, piece) for piece in pieces))


def part(content=PAYLOAD, header=b"Content-Type: application/xml\r\n"):
    return header + CRLF + content


# --- EnvelopedData, AuthEnvelopedData


def recipient(key, certificate=None, *, transport=None, encrypted=None):
    certificate = certificate or simulator().public
    transport = transport or cms.algorithm(RSA, ber.NULL_VALUE)
    encrypted = encrypted or certificate.public_key.encrypt(key, padding.PKCS1v15())
    name = ber.tlv(ber.SEQUENCE, certificate.issuer, ber.integer(certificate.serial))
    return ber.tlv(ber.SEQUENCE, ber.integer(0), name, transport, ber.tlv(ber.OCTETS, encrypted))


def cbc(data, key, iv, *, padded=True):
    fill = 16 - len(data) % 16
    data = data + bytes((fill,)) * fill if padded else data
    context = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    return context.update(data) + context.finalize()


def enveloped(data=None, *, recipients=None, cipher="aes256-cbc", padded=True, frame="der"):
    """EnvelopedData over AES-256-CBC, whatever the cipher it names."""
    key, iv = os.urandom(32), os.urandom(16)
    method = CIPHERS[cipher].oid
    encrypted = cbc(part() if data is None else data, key, iv, padded=padded)
    wanted = recipients(key) if recipients else [recipient(key)]
    algorithm = cms.algorithm(method, ber.tlv(ber.OCTETS, iv))
    if frame == "der":
        inner = ber.tlv(ber.SEQUENCE, cms.DATA_OID, algorithm, ber.tlv(0x80, encrypted))
        body = ber.tlv(ber.SEQUENCE, ber.integer(0), ber.tlv(ber.SET, *wanted), inner)
        return framed(cms.ENVELOPED_DATA, body)
    inner = indefinite(ber.SEQUENCE, cms.DATA_OID, algorithm, chopped(encrypted, 1000, 0xA0))
    body = indefinite(ber.SEQUENCE, ber.integer(0), indefinite(ber.SET, *wanted), inner)
    kind = ber.oid(cms.ENVELOPED_DATA)
    return indefinite(ber.SEQUENCE, kind, indefinite(ber.CONTEXT_0, body))


def authenticated(*, tag_size=16, attributes=b"", covered=None, announced=16):
    """AuthEnvelopedData; ``covered`` is what the tag covers when not the attributes sent."""
    key, nonce = os.urandom(32), os.urandom(12)
    aad = ber.tlv(ber.SET, attributes) if attributes else b""
    sealed = AESGCM(key).encrypt(nonce, part(), aad if covered is None else covered)
    encrypted, tag = sealed[:-16], sealed[-16:][:tag_size]
    parameters = ber.tlv(ber.SEQUENCE, ber.tlv(ber.OCTETS, nonce), ber.integer(announced))
    algorithm = cms.algorithm(CIPHERS["aes256-gcm"].oid, parameters)
    body = ber.tlv(
        ber.SEQUENCE,
        ber.integer(0),
        ber.tlv(ber.SET, recipient(key)),
        ber.tlv(ber.SEQUENCE, cms.DATA_OID, algorithm, ber.tlv(0x80, encrypted)),
        ber.tlv(ber.CONTEXT_1, attributes) if attributes else b"",
        ber.tlv(ber.OCTETS, tag),
    )
    return framed(cms.AUTH_ENVELOPED_DATA, body)


def framed(kind, body):
    return ber.tlv(ber.SEQUENCE, ber.oid(kind), ber.tlv(ber.CONTEXT_0, body))


ENCRYPTED = [("Content-Type", "application/pkcs7-mime; smime-type=enveloped-data")]


# --- SignedData


def attribute(oid, *values):
    return ber.tlv(ber.SEQUENCE, ber.oid(oid), ber.tlv(ber.SET, *values))


def attributes(data, digest="sha256"):
    hashed = hashlib.new(digest, data).digest()
    return {
        "type": attribute(cms.CONTENT_TYPE, cms.DATA_OID),
        "digest": attribute(cms.MESSAGE_DIGEST, ber.tlv(ber.OCTETS, hashed)),
    }


def signer_info(
    data, *, by=None, digest="sha256", scheme=RSA, signed=None, named=None, hashed=None, oid=None
):
    """A SignerInfo; ``signed`` are the attributes (None: those of the data, empty: none).

    ``named``, ``hashed`` and ``oid`` let it say another signer or digest than it uses.
    """
    by, named = by or platform(), named or (by or platform())
    chosen = attributes(data, digest).values() if signed is None else signed
    block = b"".join(sorted(chosen))
    over = ber.tlv(ber.SET, block) if block else data
    signature = by.identity.key.sign(over, padding.PKCS1v15(), DIGESTS[hashed or digest].hash)
    return ber.tlv(
        ber.SEQUENCE,
        ber.integer(1),
        ber.tlv(ber.SEQUENCE, named.public.issuer, ber.integer(named.public.serial)),
        cms.algorithm(oid or DIGESTS[digest].oid),
        ber.tlv(ber.CONTEXT_0, block) if block else b"",
        cms.algorithm(scheme, ber.NULL_VALUE),
        ber.tlv(ber.OCTETS, signature),
    )


def signed_data(*infos, certificates=(), attached=None):
    inside = b"" if attached is None else ber.tlv(ber.CONTEXT_0, ber.tlv(ber.OCTETS, attached))
    enclosed = ber.tlv(ber.CONTEXT_0, *certificates) if certificates else b""
    return framed(
        cms.SIGNED_DATA,
        ber.tlv(
            ber.SEQUENCE,
            ber.integer(1),
            ber.tlv(ber.SET),
            ber.tlv(ber.SEQUENCE, cms.DATA_OID, inside),
            enclosed,
            ber.tlv(ber.SET, *infos),
        ),
    )


def multipart_signed(first, proof, *, binary=False, boundary=b"edge"):
    """Headers and body of a multipart/signed around these bytes."""
    encoding = b"binary" if binary else b"base64"
    second = proof if binary else base64.encodebytes(proof).replace(b"\n", CRLF)
    head = b"Content-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: " + encoding
    mark = b"--" + boundary
    body = CRLF.join((mark, first, mark, head + CRLF + CRLF + second, mark + b"--", b""))
    kind = 'multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256'
    return [("Content-Type", f"{kind}; boundary={boundary.decode()}")], body
