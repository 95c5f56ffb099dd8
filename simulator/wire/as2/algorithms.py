"""Algorithms by name and object identifier: what is accepted, what may be generated.

Source: RFC 8551 section 2, RFC 5754 (SHA-2), RFC 3370 (SHA-1, 3DES), RFC 3560 (OAEP), RFC 4056
(PSS), RFC 5084 (GCM). SHA-1 and 3DES are the legacy of RFC 4130; MD5 is known by name only, so
that a refusal can say what it refuses.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import Literal

import msgspec
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher as _Cipher
from cryptography.hazmat.primitives.ciphers import CipherContext, algorithms
from cryptography.hazmat.primitives.ciphers.modes import CBC, GCM

from simulator.wire.as2.errors import LocalProtocolError

DigestName = Literal["sha1", "sha256", "sha384", "sha512"]
CipherName = Literal[
    "3des-cbc", "aes128-cbc", "aes192-cbc", "aes256-cbc", "aes128-gcm", "aes192-gcm", "aes256-gcm"
]
SchemeName = Literal["rsa-pkcs1", "rsa-pss", "ecdsa"]

LEGACY = frozenset({"md5", "sha1", "3des-cbc"})
"""Below the floor of rfc4130bis: accepted by agreement, never generated between 1.3 partners."""


class Digest(msgspec.Struct, frozen=True):
    """One digest: our name (``sha256``), its name on the wire, its object identifier."""

    name: DigestName
    wire: str
    oid: str
    hash: hashes.HashAlgorithm


class Cipher(msgspec.Struct, frozen=True):
    """One content cipher; sizes in bytes."""

    name: str
    oid: str
    key_size: int
    block: int
    mode: Literal["cbc", "gcm"]

    def decryptor(self, key: bytes, iv: bytes, tag: bytes = b"") -> CipherContext:
        """A context that decrypts; `ValueError` when key, IV or tag have a wrong size."""
        return self._cipher(key, iv, tag).decryptor()

    def encryptor(self, key: bytes, iv: bytes) -> CipherContext:
        """A context that encrypts."""
        return self._cipher(key, iv, b"").encryptor()

    def _cipher(self, key: bytes, iv: bytes, tag: bytes) -> _Cipher[CBC | GCM]:
        if len(key) != self.key_size:
            raise ValueError(f"{self.name} takes a key of {self.key_size} bytes, not {len(key)}")
        algorithm = TripleDES(key) if self.name == "3des-cbc" else algorithms.AES(key)
        mode = CBC(iv) if self.mode == "cbc" else GCM(iv, tag or None, min_tag_length=16)
        return _Cipher(algorithm, mode)


_SHA2 = "2.16.840.1.101.3.4.2"
_AES = "2.16.840.1.101.3.4.1"

DIGESTS: dict[str, Digest] = {
    digest.name: digest
    for digest in (
        Digest("sha1", "sha-1", "1.3.14.3.2.26", hashes.SHA1()),  # noqa: S303  # legacy partners
        Digest("sha256", "sha-256", f"{_SHA2}.1", hashes.SHA256()),
        Digest("sha384", "sha-384", f"{_SHA2}.2", hashes.SHA384()),
        Digest("sha512", "sha-512", f"{_SHA2}.3", hashes.SHA512()),
    )
}
DIGESTS_BY_OID = {digest.oid: digest for digest in DIGESTS.values()}

CIPHERS = {
    cipher.name: cipher
    for cipher in (
        Cipher("3des-cbc", "1.2.840.113549.3.7", 24, 8, "cbc"),
        Cipher("aes128-cbc", f"{_AES}.2", 16, 16, "cbc"),
        Cipher("aes192-cbc", f"{_AES}.22", 24, 16, "cbc"),
        Cipher("aes256-cbc", f"{_AES}.42", 32, 16, "cbc"),
        Cipher("aes128-gcm", f"{_AES}.6", 16, 16, "gcm"),
        Cipher("aes192-gcm", f"{_AES}.26", 24, 16, "gcm"),
        Cipher("aes256-gcm", f"{_AES}.46", 32, 16, "gcm"),
    )
}
CIPHERS_BY_OID = {cipher.oid: cipher for cipher in CIPHERS.values()}

RSA = "1.2.840.113549.1.1.1"
RSA_OAEP = "1.2.840.113549.1.1.7"
MGF1 = "1.2.840.113549.1.1.8"
P_SPECIFIED = "1.2.840.113549.1.1.9"
RSA_PSS = "1.2.840.113549.1.1.10"
EC_PUBLIC_KEY = "1.2.840.10045.2.1"

SIGNATURES: dict[str, tuple[SchemeName, str | None]] = {
    RSA: ("rsa-pkcs1", None),
    "1.2.840.113549.1.1.5": ("rsa-pkcs1", "sha1"),
    "1.2.840.113549.1.1.11": ("rsa-pkcs1", "sha256"),
    "1.2.840.113549.1.1.12": ("rsa-pkcs1", "sha384"),
    "1.2.840.113549.1.1.13": ("rsa-pkcs1", "sha512"),
    RSA_PSS: ("rsa-pss", None),
    EC_PUBLIC_KEY: ("ecdsa", None),
    "1.2.840.10045.4.1": ("ecdsa", "sha1"),
    "1.2.840.10045.4.3.2": ("ecdsa", "sha256"),
    "1.2.840.10045.4.3.3": ("ecdsa", "sha384"),
    "1.2.840.10045.4.3.4": ("ecdsa", "sha512"),
}
"""Signature identifier to scheme and the digest it implies (None: the one beside it rules)."""

ECDSA_OIDS = {digest: oid for oid, (scheme, digest) in SIGNATURES.items() if scheme == "ecdsa"}

REFUSED = {
    "1.2.840.113549.2.5": "MD5",
    "1.2.840.113549.1.1.4": "MD5 with RSA",
    "1.2.840.113549.3.2": "RC2",
    "1.2.840.113549.3.4": "RC4",
    "1.3.14.3.2.7": "single DES",
}
"""Methods that old partners still send: named in the error, never used."""


def describe(oid: str) -> str:
    """Name an object identifier in a message: its common name if it has one, else itself."""
    known = DIGESTS_BY_OID.get(oid) or CIPHERS_BY_OID.get(oid)
    return known.name if known else REFUSED.get(oid, oid)


_SPELLINGS = {
    spelling: name
    for name in ("sha256", "sha384", "sha512")
    for spelling in (name, name.replace("sha", "sha2"), name.removeprefix("sha"))
} | {"sha1": "sha1", "sha": "sha1", "md5": "md5"}


@lru_cache(maxsize=64)
def digest_named(name: str) -> str | None:
    """Our name of a digest, however spelled (``SHA-256``, ``sha256``, ``rsa-sha1``); None unknown.

    ``md5`` is answered too: it can be recognised and reported, nothing more.
    """
    plain = "".join(c for c in name.lower() if c.isalnum())
    return _SPELLINGS.get(plain.removeprefix("rsa"))


def digest(name: str) -> Digest:
    """The digest of that name.

    Raises:
        LocalProtocolError: no such digest.
    """
    found = DIGESTS.get(name)
    if found is None:
        raise LocalProtocolError(f"digest {name!r} is unknown: use one of {', '.join(DIGESTS)}")
    return found


def cipher(name: str) -> Cipher:
    """The content cipher of that name.

    Raises:
        LocalProtocolError: no such cipher.
    """
    found = CIPHERS.get(name)
    if found is None:
        raise LocalProtocolError(f"cipher {name!r} is unknown: use one of {', '.join(CIPHERS)}")
    return found


_HASHES: dict[str, Callable[..., hashlib._Hash]] = {
    name: getattr(hashlib, name) for name in ("md5", *DIGESTS)
}


def new_hash(name: str) -> hashlib._Hash:
    """A running digest by our name; MD5 included, which only ever serves to report a MIC."""
    return _HASHES[name](usedforsecurity=False)
