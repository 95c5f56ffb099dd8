"""Who may connect: PI 4 is ours, PI 3 a partner, PI 5 its password, and the certificate its own.

Diagnostics: PeSIT E annex D as products use it (dossier protocols §1.8, §1.12; deduced).
"""

from __future__ import annotations

import hmac

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from simulator.domain.raccordement import Raccordement
from simulator.transport.pesit_house import House
from simulator.transport.tls import TlsError, certificates
from simulator.wire import pesit

_PASSWORD = 8  # characters of PI 5
_NOT_AUTHORISED = pesit.Diagnostic.named("not-authorised")


class TurnedAway(Exception):
    """A connection is refused; the diagnostic is for the peer, the words for the journal."""

    def __init__(self, diagnostic: pesit.Diagnostic, words: str) -> None:
        super().__init__(words)
        self.diagnostic = diagnostic


class Claim(msgspec.Struct, frozen=True):
    """What a connection shows.

    Attributes:
        connect: its CONNECT.
        certificate: the client's; None if it showed none.
        tls: whether there could be one.
        has_room: whether there are few enough connections for one more.
    """

    connect: pesit.Connect
    certificate: x509.Certificate | None
    tls: bool
    has_room: bool


def sign_in(house: House, claim: Claim) -> Raccordement:
    """The partner that connects. Raises `TurnedAway`."""
    connect = claim.connect
    if (version := pesit.refusal(connect)) is not None:
        raise TurnedAway(version, f"PI 6 = {connect.version}, version E is 2")
    if connect.server.rstrip() != house.settings.part_id:
        words = f"PI 4 = {connect.server!r}, this is {house.settings.part_id!r}"
        raise TurnedAway(pesit.Diagnostic.named("identity-unknown"), words)
    partner = _partner(house, connect.requester.rstrip())
    _check_password(house, partner, connect)
    _check_certificate(house, partner, claim)
    _check_room(house, partner.code_application, claim)
    return partner


def _partner(house: House, part_id: str) -> Raccordement:
    code = house.hooks.named(part_id)
    found = house.gateway.raccordement(code or part_id)
    if found is None:
        words = f"PI 3 = {part_id!r} is no partner, or its certificate is not valid now"
        raise TurnedAway(_NOT_AUTHORISED, words)
    if found.protocol != "pesit" and not found.password:
        words = f"{found.code_application} exchanges over {found.protocol} and has no password here"
        raise TurnedAway(_NOT_AUTHORISED, words)
    return found


def _check_password(house: House, partner: Raccordement, connect: pesit.Connect) -> None:
    access = connect.access
    expected = partner.password[:_PASSWORD].rstrip()
    given = access.password if access else ""
    same = hmac.compare_digest(given.encode(), expected.encode())
    if expected and not same:
        words = "PI 5 is absent" if access is None else "PI 5 is not the password of the partner"
        raise TurnedAway(_NOT_AUTHORISED, words)
    if access and access.new_password and not (expected and house.settings.password_change):
        raise TurnedAway(_NOT_AUTHORISED, "PI 5 asks for a new password: that is not offered here")


def _check_certificate(house: House, partner: Raccordement, claim: Claim) -> None:
    manner = house.settings.client_certificate
    if not claim.tls or manner == "ignore" or not partner.certificate:
        return
    if claim.certificate is None:
        if manner == "require":
            raise TurnedAway(_NOT_AUTHORISED, "no client certificate was shown in TLS")
        return
    if not _is_same(claim.certificate, partner.certificate):
        subject = claim.certificate.subject.rfc4514_string()
        words = f"the client certificate ({subject}) is not the one of the raccordement"
        raise TurnedAway(_NOT_AUTHORISED, words)


def _is_same(shown: x509.Certificate, registered: str) -> bool:
    """Whether the leaf that was registered is the one that was shown."""
    try:
        known = certificates(registered.encode())
    except TlsError:
        return False
    return bool(known) and known[0].public_bytes(Encoding.DER) == shown.public_bytes(Encoding.DER)


def _check_room(house: House, partner: str, claim: Claim) -> None:
    if not claim.has_room:
        words = f"too many connections: {len(house.links)}"
        raise TurnedAway(pesit.Diagnostic.named("remote-congestion"), words)
    most = house.settings.max_connections_per_partner
    if house.signed_in[partner] >= most:
        words = f"too many connections of {partner}: {most} are signed in"
        raise TurnedAway(pesit.Diagnostic.named("too-many-connections"), words)
