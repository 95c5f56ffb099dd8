"""The key material of a data folder: what a partner needs, what the simulator needs.

Everything is made once; a later start looks at names of files, reads one certificate and parses no
private key. ``DATA/pki`` may be shown to partners, ``DATA/private`` to nobody (design §7).
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.hazmat.primitives.serialization.pkcs7 import serialize_certificates

from simulator.authority import (
    Authority,
    UnusableName,
    is_good_for,
    key_pem,
    ssh_private,
    ssh_public,
)
from simulator.certificates import (
    MALFORMED,
    CertificateRefused,
    PartnerCertificate,
    read_partner_certificate,
)

__all__ = [
    "NAMES",
    "PARTNER_FILES",
    "PASSWORD",
    "CertificateRefused",
    "Partner",
    "PartnerCertificate",
    "Pki",
    "PkiError",
    "ensure",
    "keep_public",
    "partner_password",
    "prepare_data",
    "read_partner_certificate",
]

NAMES = ("localhost", "127.0.0.1", "::1", "host.docker.internal")
PASSWORD = "aife-sim"  # noqa: S105 - documented: it is there because some tools want one

PARTNER_FILES = ("key.pem", "cert.pem", "chain.p7b", "ssh_key", "ssh_key.pub", "bundle.p12")
_SECRET = frozenset({"key.pem", "ssh_key", "bundle.p12"})


class PkiError(Exception):
    """Key material or data folder cannot be used; one line that says what to do."""


class Partner(msgspec.Struct, frozen=True):
    """The folder of one partner, ``pki/partners/CODE``."""

    folder: Path

    def path(self, name: str) -> Path:
        """One of `PARTNER_FILES`."""
        return self.folder / name

    def ssh_line(self) -> str:
        """Its SSH public key: one line in OpenSSH form."""
        return self.path("ssh_key.pub").read_text(encoding="ascii").strip()

    def certificate(self) -> str:
        """Its certificate, PEM."""
        return self.path("cert.pem").read_text(encoding="ascii")


class Pki(msgspec.Struct, frozen=True):
    """Where everything lies.

    Attributes:
        folder: ``DATA/pki``, for partners to see.
        private: ``DATA/private``, for nobody.
        names: host names and addresses that the certificates are good for.
    """

    folder: Path
    private: Path
    names: tuple[str, ...] = NAMES

    def partner(self, code: str) -> Partner:
        """The folder of a partner."""
        return Partner(self.folder / "partners" / code)

    def codes(self) -> list[str]:
        """Partners that have a folder."""
        return sorted(p.name for p in self.folder.glob("partners/*") if p.is_dir())

    @property
    def ca(self) -> Path:
        """Certificate of the test CA, PEM."""
        return self.folder / "aife" / "ca.pem"

    @property
    def ca_key(self) -> Path:
        """Private key of the test CA."""
        return self.private / "ca_key.pem"

    @property
    def certificate(self) -> Path:
        """The simulator's certificate, server and client, PEM."""
        return self.folder / "aife" / "cert.pem"

    @property
    def chain(self) -> Path:
        """The simulator's certificate with its chain, PKCS#7."""
        return self.folder / "aife" / "chain.p7b"

    @property
    def key(self) -> Path:
        """The simulator's private key, PEM."""
        return self.private / "key.pem"

    @property
    def host_key(self) -> Path:
        """The SFTP host key, OpenSSH form."""
        return self.private / "ssh_host_key"

    @property
    def host_key_public(self) -> Path:
        """Public half of the SFTP host key, one line."""
        return self.private / "ssh_host_key.pub"

    @property
    def known_hosts(self) -> Path:
        """What an SFTP client trusts; there once `write_known_hosts` ran."""
        return self.folder / "aife" / "known_hosts"

    def write_known_hosts(self, host: str, port: int) -> None:
        """Writes `known_hosts` for the port that was bound, under every name of the node."""
        public = self.host_key_public.read_text(encoding="ascii").strip()
        hosts = dict.fromkeys((host, *self.names))
        lines = [f"{h if port == 22 else f'[{h}]:{port}'} {public}\n" for h in hosts]
        _write(self.known_hosts, "".join(lines).encode("ascii"))


def prepare_data(data: Path) -> None:
    """Makes a data folder, 0700 and ignored by git; one with content stays as it is.

    Raises:
        PkiError: it cannot be made or written to.
    """
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not any(data.iterdir()):
            _write(data / ".gitignore", b"*\n")
    except OSError as error:
        text = f"cannot use the data folder {data}: {error.strerror}; choose another with --data"
        raise PkiError(text) from None
    if not os.access(data, os.W_OK | os.X_OK):
        text = f"cannot write to the data folder {data}; choose another with --data"
        raise PkiError(text)


def ensure(
    data: Path,
    partners: Sequence[str] = (),
    names: Iterable[str] = (),
    password: str = PASSWORD,
) -> Pki:
    """Makes the keys and certificates that are missing, and leaves the others as they are.

    Args:
        data: the data folder, as `prepare_data` left it.
        partners: codes of those that need keys; one that has a ``cert.pem`` without a ``key.pem``
            brought its own.
        names: host names and addresses besides `NAMES` (setting ``tls.names``).
        password: of each ``bundle.p12`` that is made now.

    Raises:
        PkiError: the CA is incomplete or was made for other names, or a file cannot be used.
    """
    pki = Pki(data / "pki", data / "private", tuple(dict.fromkeys((*NAMES, *names))))
    try:
        pki.private.mkdir(mode=0o700, exist_ok=True)
        pki.private.chmod(0o700)
        if tasks := list(_missing(pki, partners, password)):
            _run(tasks, _ca(pki))
    except OSError as error:
        raise _unusable(error) from None
    except UnusableName as error:
        text = f"tls.names: {error}"
        raise PkiError(text) from None
    return pki


def keep_public(data: Path, code: str, own: PartnerCertificate) -> Partner:
    """Keeps the certificate that a partner brought; test keys made for it before are removed.

    Does nothing when this very certificate is kept already.

    Raises:
        PkiError: a file cannot be read or written.
    """
    partner = Pki(data / "pki", data / "private").partner(code)
    kept = partner.path("cert.pem")
    try:
        if kept.exists() and kept.read_text(encoding="ascii", errors="replace") == own.pem:
            return partner
        for name in _SECRET:
            partner.path(name).unlink(missing_ok=True)
        chain = x509.load_pem_x509_certificates(own.chain.encode("ascii"))
        _write(partner.path("chain.p7b"), serialize_certificates(chain, Encoding.PEM))
        _write(partner.path("ssh_key.pub"), f"{own.ssh_key} {code}\n".encode("ascii"))
        _write(kept, own.pem.encode("ascii"))
    except OSError as error:
        raise _unusable(error) from None
    return partner


def partner_password(data: Path, code: str) -> str:
    """The PeSIT password of a partner, drawn once and kept in its folder: 8 hexadecimal digits.

    Raises:
        PkiError: the file cannot be read or written.
    """
    file = Pki(data / "pki", data / "private").partner(code).path("password")
    try:
        if not file.exists():
            _write(file, secrets.token_hex(4).encode("ascii"), secret=True)
        return file.read_text(encoding="ascii").strip()
    except OSError as error:
        raise _unusable(error) from None


def _unusable(error: OSError) -> PkiError:
    return PkiError(f"cannot use {error.filename}: {error.strerror}")


_Task = Callable[[Authority], None]


def _missing(pki: Pki, partners: Sequence[str], password: str) -> Iterator[_Task]:
    """What is still to be made: one task a key."""
    if not (pki.key.exists() and pki.chain.exists() and _is_current(pki)):
        yield partial(_make_own, pki)
    if not (pki.host_key.exists() and pki.host_key_public.exists()):
        yield partial(_make_host_key, pki)
    for code in dict.fromkeys(partners):
        partner = pki.partner(code)
        brought = partner.path("cert.pem").exists() and not partner.path("key.pem").exists()
        if not brought and not all(partner.path(name).exists() for name in PARTNER_FILES):
            yield partial(_make_partner, pki, code, password)


def _run(tasks: Iterable[_Task], ca: Authority) -> None:
    """Runs the tasks on two threads: RSA key generation lets go of the interpreter lock."""
    with ThreadPoolExecutor(2, thread_name_prefix="keys") as pool:
        for outcome in [pool.submit(task, ca) for task in tasks]:
            outcome.result()


def _is_current(pki: Pki) -> bool:
    """Whether the simulator's certificate is there and good for all names."""
    if not pki.certificate.exists():
        return False
    try:
        certificate = x509.load_pem_x509_certificate(pki.certificate.read_bytes())
        return is_good_for(certificate, pki.names)
    except UnusableName:
        raise
    except (*MALFORMED, x509.ExtensionNotFound):
        return False


def _ca(pki: Pki) -> Authority:
    """The CA of this folder, made now if there is none."""
    if not pki.ca.exists() and not pki.ca_key.exists():
        return _make_ca(pki)
    remedy = f"remove {pki.folder} and {pki.private} to have all keys made anew"
    for path in (pki.ca, pki.ca_key):
        if not path.exists():
            text = f"{path} is missing: put it back, or {remedy}"
            raise PkiError(text)
    try:
        ca = Authority.load(pki.ca.read_bytes(), pki.ca_key.read_bytes())
        refused = ca.refused(pki.names)
    except UnusableName:
        raise
    except (*MALFORMED, x509.ExtensionNotFound) as error:
        text = f"cannot read {pki.ca} and {pki.ca_key}: {error}; {remedy}"
        raise PkiError(text) from None
    if refused:
        text = f"{pki.ca} was not made for {', '.join(refused)} (setting tls.names): {remedy}"
        raise PkiError(text)
    return ca


def _make_ca(pki: Pki) -> Authority:
    ca = Authority.create(pki.names)
    _write(pki.ca_key, key_pem(ca.key), secret=True)
    _write(pki.ca, ca.certificate.public_bytes(Encoding.PEM))
    return ca


def _make_own(pki: Pki, ca: Authority) -> None:
    """The simulator's certificate; its key is kept when only names were added."""
    key = _key(pki.key)
    certificate = ca.issue("aife-sim exchange system", key.public_key(), pki.names)
    _write(pki.key, key_pem(key), secret=True)
    _write(pki.chain, ca.chain(certificate))
    _write(pki.certificate, certificate.public_bytes(Encoding.PEM))


def _make_host_key(pki: Pki, _: Authority) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    _write(pki.host_key, ssh_private(key), secret=True)
    _write(pki.host_key_public, f"{ssh_public(key.public_key())}\n".encode("ascii"))


def _make_partner(pki: Pki, code: str, password: str, ca: Authority) -> None:
    """A partner's files; a key that is there stays. The certificate, written last, says done."""
    partner = pki.partner(code)
    key = _key(partner.path("key.pem"))
    certificate = ca.issue(f"{code} aife-sim partner", key.public_key(), pki.names)
    files = {
        "key.pem": key_pem(key),
        "ssh_key": ssh_private(key),
        "ssh_key.pub": f"{ssh_public(key.public_key())} {code}\n".encode("ascii"),
        "bundle.p12": ca.bundle(code, key, certificate, password),
        "chain.p7b": ca.chain(certificate),
        "cert.pem": certificate.public_bytes(Encoding.PEM),
    }
    for name, content in files.items():
        _write(partner.path(name), content, secret=name in _SECRET)


def _key(path: Path) -> rsa.RSAPrivateKey:
    """The RSA key of a file, a new one when there is no such file."""
    if not path.exists():
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except MALFORMED as error:
        text = f"cannot read the key {path}: {error}"
        raise PkiError(text) from None
    if not isinstance(key, rsa.RSAPrivateKey):
        text = f"expected an RSA key in {path}, found another kind"
        raise PkiError(text)
    return key


def _write(path: Path, content: bytes, *, secret: bool = False) -> None:
    """Writes a file whole or not at all; a secret one is the owner's alone from the first byte."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    draft.unlink(missing_ok=True)
    mode = 0o600 if secret else 0o644
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
    draft.replace(path)
