"""A partner's connection to the exchange system, and the structures that invoices name."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec

Circuit = Literal["b2g", "b2g-pa", "g2b-pa", "g2b-issuer"]
Protocol = Literal["sftp", "as2", "pesit"]
Environment = Literal["QUAL", "PROD"]


def _about(description: str) -> msgspec.Meta:
    """What editors show of a key of the settings."""
    return msgspec.Meta(description=description)


class As2Terms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was agreed with a partner about AS2: its profile and what departs from it.

    The channel asks for signed and encrypted messages and synchronous MDNs (dossier §3.1, official);
    names of algorithms are those of `simulator.wire.as2`, ``""`` leaves it to the profile.
    """

    profile: Annotated[
        Literal["strict", "legacy", "openas2-like", "libas2-like", "rfc4130bis"],
        _about("Its habits."),
    ] = "strict"
    digest: Annotated[
        Literal["", "sha1", "sha256", "sha384", "sha512"], _about("Of our signatures.")
    ] = ""
    cipher: Annotated[
        Literal[
            "",
            "3des-cbc",
            "aes128-cbc",
            "aes192-cbc",
            "aes256-cbc",
            "aes128-gcm",
            "aes192-gcm",
            "aes256-gcm",
        ],
        _about("Of our messages."),
    ] = ""
    key_transport: Annotated[
        Literal["", "rsa-pkcs1", "rsa-oaep"], _about("How our content keys are wrapped.")
    ] = ""
    signature: Annotated[
        Literal["", "rsa-pkcs1", "rsa-pss"], _about("Padding of our signatures.")
    ] = ""
    compression: Annotated[
        Literal["none", "before-signing", "after-signing"], _about("Of our messages.")
    ] = "none"
    require_signature: Annotated[bool, _about("Refuse a message that is not signed.")] = True
    require_encryption: Annotated[bool, _about("Refuse a message that is not encrypted.")] = True
    sign: Annotated[bool, _about("Sign our messages.")] = True
    encrypt: Annotated[bool, _about("Encrypt our messages.")] = True
    mdn: Annotated[
        Literal["sync", "async", "none"], _about("The receipt that our messages ask for.")
    ] = "sync"
    mdn_signed: Annotated[bool, _about("Whether that receipt is to be signed.")] = True
    subject_as_name: Annotated[
        bool, _about("Take the Subject for the file name when a message gives none.")
    ] = False


class Raccordement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One raccordement: one partner, one circuit, one protocol, one environment.

    Attributes:
        code_application: ``DEM001``; 6 uppercase letters or digits.
        interfaces: codes subscribed, deposits and returns alike.
        valid_from: business instant of activation; None: always was.
        valid_to: business instant from which it is inactive; None: never.
        ssh_keys: public keys that open an SFTP session, in OpenSSH form.
        certificate: PEM of the partner's certificate, ``""`` if none was given.
        certificate_from: first business instant of its validity, `certificate_to` the last.
        matricule: 4 digits of the platform in scheme 0238.
        endpoint: where returns are pushed, None to wait for the partner.
        as2_id: its AS2 name, as `part_id` is its PeSIT name.
        password: of PeSIT, both ways (PI 5); ``""`` asks for none.
        given_password: the one that it was given, once it has changed it itself, else ``""``.
        as2: what was agreed about AS2.
    """

    code_application: str
    circuit: Circuit
    protocol: Protocol
    environment: Environment = "QUAL"
    interfaces: tuple[str, ...] = ()
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    ssh_keys: tuple[str, ...] = ()
    certificate: str = ""
    certificate_from: datetime | None = None
    certificate_to: datetime | None = None
    matricule: str = "0042"
    endpoint: str | None = None
    as2_id: str = ""
    part_id: str = ""
    password: str = ""
    given_password: str = ""
    as2: As2Terms = As2Terms()

    @property
    def listens(self) -> bool:
        """Whether returns go to where it listens; else they wait to be fetched."""
        return self.protocol != "sftp" and bool(self.endpoint)

    def with_password(self, password: str) -> Raccordement:
        """After the partner has changed its password."""
        given = self.given_password or self.password
        return msgspec.structs.replace(self, password=password, given_password=given)

    def as_left_by(self, earlier: Raccordement) -> Raccordement:
        """With the password that the partner chose, unless it has been given another one since."""
        kept = earlier.given_password
        return self.with_password(earlier.password) if kept and kept == self.password else self

    def has_valid_certificate(self, now: datetime) -> bool:
        """Whether the certificate is good at this business instant: the one place that judges it.

        Source: AIFE's page on certificates: valid at connection time (dossier §8.2, official).
        """
        begun = self.certificate_from is None or self.certificate_from <= now
        return begun and (self.certificate_to is None or now <= self.certificate_to)

    def is_active(self, now: datetime) -> bool:
        """Whether flows are taken at this business instant."""
        started = self.valid_from is None or self.valid_from <= now
        return started and (self.valid_to is None or now < self.valid_to)


class Service(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A service of a public structure: its code, and whether an invoice to it names an engagement."""

    code: Annotated[
        str, msgspec.Meta(min_length=1, max_length=100, description="As invoices name it (BT-10).")
    ]
    name: Annotated[str, _about("Its name.")] = ""
    active: Annotated[bool, _about("An inactive one is refused like an unknown one.")] = True
    engagement_required: Annotated[bool, _about("An invoice to it names an engagement.")] = False


class Structure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry of the directory (annuaire).

    Attributes:
        identifier: 14-digit SIRET, or the identifier that the scheme asks for.
        name: raison sociale.
        kind: ``public`` or ``private``.
        active: an inactive structure is refused like an unknown one (deduced).
        address: electronic address; ``""`` stands for the SIRET itself.
        partner: code application by which it is reached: that of a public buyer, or of the platform
            that receives for it; ``""`` for nobody, so the simulator plays it.
        service_required: an invoice to it names one of its services (codeServiceDoitEtreRenseigne).
        engagement_required: an invoice to it names an engagement (numeroEJDoitEtreRenseigne).
        service_or_engagement: at least one of the two (gestionNumeroEJOuCodeService).
        services: those it has; none: they are not known, and any code will do.
    """

    identifier: str
    name: str
    kind: Literal["public", "private"]
    active: bool = True
    address: str = ""
    partner: str = ""
    service_required: bool = False
    engagement_required: bool = False
    service_or_engagement: bool = False
    services: tuple[Service, ...] = ()
