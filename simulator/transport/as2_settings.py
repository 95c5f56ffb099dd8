"""What may be set about AS2, and what is made of a partner's terms."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from simulator.domain.raccordement import As2Terms, Raccordement
from simulator.wire import as2


class As2Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Names, manners and bounds of the AS2 server and client.

    The path, the AS2 name of the exchange system and all bounds are published nowhere (assumed).

    Attributes:
        name: our AS2 name.
        path: of the URL that partners post to.
        body: largest request in bytes; base64 makes a flow of 1 GB a third larger.
        header_seconds: until the headers of a request must be there; idle connections end then.
        request_seconds: for the whole of a request.
        max_connections: at a time.
        push_seconds: for a push, until its answer is there.
        mdn_seconds: until an asynchronous MDN on a push must be there.
    """

    name: str = "CPP001"
    path: str = "/as2"
    body: int = 1536 << 20
    header_seconds: float = 30.0
    request_seconds: float = 900.0
    max_connections: int = 1000
    push_seconds: float = 60.0
    mdn_seconds: float = 120.0


def profile_of(terms: As2Terms) -> as2.Profile:
    """The profile of a partner, with what its terms change."""
    profile = as2.PROFILES[terms.profile]
    names = ("digest", "cipher", "key_transport", "signature")
    return msgspec.structs.replace(
        profile, **{name: value for name in names if (value := getattr(terms, name))}
    )


@lru_cache(maxsize=1024)
def certificate_of(pem: str) -> as2.Certificate:
    """A partner's certificate, read once. Raises `as2.LocalProtocolError`."""
    return as2.Certificate.load(pem.encode("ascii"))


def opening_of(partner: Raccordement, ours: as2.Identity, inflated: int) -> as2.Opening:
    """What is needed to open a message of a partner.

    Args:
        partner: whose certificate is the only one that counts.
        ours: decrypts.
        inflated: largest content of compressed layers, in bytes.
    """
    terms = partner.as2
    return as2.Opening(
        keys=(ours,),
        signers=(certificate_of(partner.certificate),) if partner.certificate else (),
        require_signature=terms.require_signature,
        require_encryption=terms.require_encryption,
        legacy=profile_of(terms).legacy,
        limits=as2.Limits(inflated=inflated, attachments=_MOST_FILES),
        subject_as_name=terms.subject_as_name,
    )


# All files of a message are admitted in one step, which must not hold the engine for long.
_MOST_FILES = 100
