"""How a partner gets in: from the demo table, the settings file or the API, to a raccordement."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_ssh_public_key

from simulator import pki
from simulator.api.calls import Enrolment, Refused
from simulator.certificates import (
    CertificateRefused,
    PartnerCertificate,
    read_partner_certificate,
)
from simulator.domain.businesstime import parse_instant
from simulator.domain.endpoints import EndpointRefused, checked_endpoint
from simulator.domain.flowname import ALNUM
from simulator.domain.raccordement import Raccordement
from simulator.domain.reference import Reference
from simulator.settings_tables import PartnerSettings

_ANY = "ANY"  # receiver of what a partner of any circuit may subscribe to (the directory)
_LOCAL_PASSWORD = "secret"  # noqa: S105 - documented: on loopback it keeps nobody out


def circuit_interfaces(reference: Reference, circuit: str) -> tuple[str, ...]:
    """Every code of a circuit: what its deposit partners send, and what is sent to them."""
    plan = reference.circuits.get(circuit)
    if plan is None:
        known = ", ".join(reference.circuits)
        raise Refused(400, "unknown circuit", f"expected one of {known}, found {circuit!r}")
    catalogue = reference.catalogue
    who = {catalogue[code].sender for code in plan.deposits or plan.statuses}
    return tuple(code for code, row in catalogue.items() if {row.sender, row.receiver} & who)


# What is made for a partner or announced by it; everything else of a raccordement is agreed.
_MADE = ("ssh_keys", "certificate", "certificate_from", "certificate_to", "password", "endpoint")


def _terms(partner: Raccordement) -> dict[str, object]:
    """What was agreed with a partner."""
    fields = msgspec.structs.asdict(partner)
    return {name: value for name, value in fields.items() if name not in _MADE}


def _brought_keys(known: Raccordement, fresh: Raccordement) -> bool:
    """Whether the keys of a partner are its own, rather than made by an earlier CA of the node."""
    if known.certificate == fresh.certificate:
        return known.ssh_keys != fresh.ssh_keys
    was, now = (read_partner_certificate(each.certificate.encode()) for each in (known, fresh))
    return was.issuer != now.issuer


class Enrolments:
    """Makes raccordements of what people give, keys included.

    Args:
        data: the data folder.
        reference: the catalogue that interfaces must be in.
        names: host names for certificates (setting ``tls.names``).
        p12_password: of new ``bundle.p12`` files.
        local: whether only this machine reaches the node: then every partner's PeSIT password is
            ``secret``, else each has one of its own, in its folder (design §7).
        as2_name: of the simulator.
    """

    def __init__(
        self,
        data: Path,
        reference: Reference,
        names: Iterable[str],
        p12_password: str,
        *,
        local: bool = True,
        as2_name: str = "CPP001",
    ) -> None:
        self._data = data
        self._reference = reference
        self._names = tuple(names)
        self._password = p12_password
        self._local = local
        self._own_as2_name = as2_name

    def make_keys(self, codes: Iterable[str]) -> pki.Pki:
        """The key material of partners that bring none of their own; blocking."""
        return pki.ensure(self._data, list(codes), self._names, self._password)

    def raccordement(self, given: Enrolment) -> Raccordement:
        """The raccordement of an enrolment; its files are written. Blocking.

        Raises:
            Refused: an interface is unknown, or the certificate cannot be used.
        """
        if len(given.code) != len("DEM001") or any(c not in ALNUM for c in given.code):
            detail = f"expected 6 uppercase letters or digits, found {given.code!r}"
            raise Refused(400, "wrong code application", detail)
        if given.code == self._reference.options.prefix:
            detail = f"{given.code} is the simulator's own"
            raise Refused(400, "wrong code application", detail)
        if given.as2_id == self._own_as2_name:
            detail = f"{given.as2_id} is the simulator's own AS2 name"
            raise Refused(400, "wrong AS2 name", detail)
        _check_ssh_key(given.ssh_key)
        check_endpoint(given.protocol, given.endpoint)
        interfaces = given.interfaces or circuit_interfaces(self._reference, given.circuit)
        self._check_interfaces(interfaces, given.circuit)
        own, key = self._identity(given)
        return Raccordement(
            code_application=given.code,
            circuit=given.circuit,
            protocol=given.protocol,
            environment=given.environment,
            interfaces=tuple(interfaces),
            valid_from=parse_instant(given.valid_from) if given.valid_from else None,
            valid_to=parse_instant(given.valid_to) if given.valid_to else None,
            ssh_keys=(key,),
            certificate=own.pem,
            certificate_from=own.not_before,
            certificate_to=own.not_after,
            matricule=given.matricule,
            endpoint=given.endpoint,
            as2_id=given.as2_id or given.code,
            part_id=given.part_id or given.code,
            password=given.password or self._pesit_password(given.code, given.protocol),
            as2=given.as2,
        )

    def with_keys(self, demo: Raccordement, keys: pki.Pki) -> Raccordement:
        """A partner of the demo with the keys that were made for it."""
        folder = keys.partner(demo.code_application)
        own = read_partner_certificate(folder.certificate().encode())
        return msgspec.structs.replace(
            demo,
            ssh_keys=(own.ssh_key,),
            certificate=own.pem,
            certificate_from=own.not_before,
            certificate_to=own.not_after,
            as2_id=demo.as2_id or demo.code_application,
            part_id=demo.part_id or demo.code_application,
            password=demo.password or self._pesit_password(demo.code_application, demo.protocol),
        )

    def kept(self, known: Raccordement | None, fresh: Raccordement) -> Raccordement:
        """A partner of the demo at a start: as it is known if a command changed it, else as given.

        Its password follows how far the node can be reached, in either case.
        """
        if known is None or (_terms(known) == _terms(fresh) and not _brought_keys(known, fresh)):
            return fresh
        return msgspec.structs.replace(known, password=fresh.password or known.password)

    def _pesit_password(self, code: str, protocol: str) -> str:
        """The password of a partner that was given none; PI 5 has 8 characters."""
        if protocol != "pesit":
            return ""
        if self._local:
            return _LOCAL_PASSWORD
        return pki.partner_password(self._data, code)

    def _check_interfaces(self, codes: Iterable[str], circuit: str) -> None:
        catalogue = self._reference.catalogue
        unknown = [code for code in codes if code not in catalogue]
        if unknown:
            detail = f"not in the catalogue: {', '.join(unknown)}"
            raise Refused(400, "unknown interface", detail)
        circuit_interfaces(self._reference, circuit)
        plan = self._reference.circuits[circuit]
        families = {catalogue[code].family for code in (*plan.deposits, *plan.statuses)}
        foreign = [
            code
            for code in codes
            if catalogue[code].family not in families and catalogue[code].receiver != _ANY
        ]
        if foreign:
            detail = f"not of circuit {circuit}: {', '.join(foreign)}"
            raise Refused(400, "foreign interface", detail)

    def _identity(self, given: Enrolment) -> tuple[PartnerCertificate, str]:
        """Certificate and SSH key line: the partner's own, or made here."""
        if given.certificate is None:
            folder = self.make_keys([given.code]).partner(given.code)
            made = read_partner_certificate(folder.certificate().encode())
            return made, given.ssh_key or made.ssh_key
        try:
            own = read_partner_certificate(given.certificate)
        except CertificateRefused as error:
            raise Refused(400, "certificate refused", str(error)) from None
        pki.keep_public(self._data, given.code, own)
        return own, given.ssh_key or own.ssh_key


def check_endpoint(protocol: str, endpoint: str | None) -> None:
    """Refuses an endpoint that nothing can or may be pushed to. Raises `Refused`."""
    try:
        if endpoint:
            checked_endpoint(protocol, endpoint)
    except EndpointRefused as error:
        raise Refused(400, "wrong endpoint", str(error)) from None


def _check_ssh_key(line: str | None) -> None:
    try:
        if line is not None:
            load_ssh_public_key(line.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Refused(400, "wrong SSH key", f"expected an OpenSSH public key: {error}") from None


def from_settings(partner: PartnerSettings) -> Enrolment:
    """An entry ``[[partner]]`` with its files read. Raises `OSError`."""
    return Enrolment(
        code=partner.code,
        circuit=partner.circuit,
        protocol=partner.protocol,
        environment=partner.environment,
        interfaces=partner.interfaces,
        certificate=Path(partner.cert).read_bytes() if partner.cert else None,
        ssh_key=Path(partner.ssh_key).read_text("ascii").strip() if partner.ssh_key else None,
        endpoint=partner.endpoint,
        valid_from=partner.valid_from,
        valid_to=partner.valid_to,
        matricule=partner.matricule,
        as2_id=partner.as2_id,
        part_id=partner.part_id,
        password=partner.password,
        as2=partner.as2,
    )
