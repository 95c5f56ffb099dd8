"""How messages are generated and how much is accepted: the habits of one partner.

Source: RFC 8551 section 2.5, RFC 4130, and for `RFC4130BIS` draft-ietf-ediint-rfc4130bis
(AS2-Version 1.3: SHA-1 and 3DES never generated, AS2-Product, a copy of the key for the sender).
"""

from __future__ import annotations

from typing import Literal

import msgspec

from simulator.wire.as2.algorithms import CipherName, DigestName

Compression = Literal["none", "before-signing", "after-signing"]


class Limits(msgspec.Struct, frozen=True):
    """What one message may cost; sizes in bytes."""

    inflated: int = 512 << 20
    layers: int = 8
    attachments: int = 1_000
    recipients: int = 2_000
    signers: int = 16


class Profile(msgspec.Struct, frozen=True):
    """Generation and acceptance.

    Attributes:
        name: for the settings and the journal.
        version: ``AS2-Version`` that is announced.
        product: ``AS2-Product``, sent when not empty.
        features: ``EDIINT-Features``, sent when not empty.
        digest: of signatures and of a MIC for which the partner names none.
        cipher: of the content; a GCM cipher makes it AuthEnvelopedData.
        key_transport: RSA padding of the content key.
        oaep_digest: hash of OAEP and of its mask.
        signature: RSA padding of signatures; an EC key signs with ECDSA whatever is said here.
        certificates: whether SignedData carries the certificate (OpenAS2 leaves it out).
        copy_to_self: encrypt the content key for the sender too.
        base64: post an encrypted or compressed body in base64, as libas2 does.
        plain_names: write ``sha256`` instead of ``sha-256`` in ``micalg`` and in the MIC.
        mic_from: algorithm of the MIC of a signed message: that of its signature (RFC 4130 7.3.1)
            or the first asked for in signed-receipt-micalg, as OpenAS2 does.
        legacy: accept and generate SHA-1 and 3DES.
    """

    name: str = "strict"
    version: str = "1.2"
    product: str = ""
    features: str = "multiple-attachments"
    digest: DigestName = "sha256"
    cipher: CipherName = "aes256-cbc"
    key_transport: Literal["rsa-pkcs1", "rsa-oaep"] = "rsa-pkcs1"
    oaep_digest: DigestName = "sha256"
    signature: Literal["rsa-pkcs1", "rsa-pss"] = "rsa-pkcs1"
    certificates: bool = True
    copy_to_self: bool = False
    base64: bool = False
    plain_names: bool = False
    mic_from: Literal["signature", "request"] = "signature"
    legacy: bool = True


STRICT = Profile()
LEGACY = Profile(
    name="legacy", version="1.1", features="", digest="sha1", cipher="3des-cbc", plain_names=True
)
OPENAS2_LIKE = Profile(name="openas2-like", certificates=False, mic_from="request")
LIBAS2_LIKE = Profile(
    name="libas2-like", base64=True, key_transport="rsa-oaep", oaep_digest="sha512"
)
RFC4130BIS = Profile(
    name="rfc4130bis", version="1.3", product="aife-sim:0.1", copy_to_self=True, legacy=False
)

PROFILES = {
    profile.name: profile for profile in (STRICT, LEGACY, OPENAS2_LIKE, LIBAS2_LIKE, RFC4130BIS)
}
