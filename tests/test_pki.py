"""The key material of a data folder: what is made, for whom, and that it works."""

import stat
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_ssh_private_key,
    pkcs7,
    pkcs12,
)

from simulator import pki

CODES = ("DEM001", "DEM002")


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    data = tmp_path_factory.mktemp("keys") / "data"
    pki.prepare_data(data)
    return pki.ensure(data, CODES)


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    pki.prepare_data(folder)
    return folder


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def snapshot(folder: Path) -> dict[Path, bytes]:
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def spki(key):
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def test_a_partner_gets_the_files_of_the_contract(keys):
    for code in CODES:
        files = {p.name for p in keys.partner(code).folder.iterdir()}
        assert files == {
            "key.pem",
            "cert.pem",
            "chain.p7b",
            "ssh_key",
            "ssh_key.pub",
            "bundle.p12",
        }
    assert keys.codes() == list(CODES)


def test_nothing_private_of_the_simulator_lies_under_pki(keys):
    assert {p.name for p in keys.certificate.parent.iterdir()} <= {
        "cert.pem",
        "chain.p7b",
        "ca.pem",
        "known_hosts",
    }
    assert not any(b"PRIVATE" in path.read_bytes() for path in (keys.folder / "aife").iterdir())
    assert all(p.is_relative_to(keys.private) for p in (keys.key, keys.ca_key, keys.host_key))


def test_private_files_are_the_owners_alone(keys):
    assert mode(keys.private) == 0o700
    assert mode(keys.private.parent) == 0o700
    secret = [keys.key, keys.ca_key, keys.host_key]
    secret += [keys.partner(c).path(n) for c in CODES for n in ("key.pem", "ssh_key", "bundle.p12")]
    assert {mode(path) for path in secret} == {0o600}
    assert not list(keys.private.parent.rglob("*.draft"))


def test_all_files_of_a_partner_hold_one_rsa_key(keys):
    partner = keys.partner("DEM001")
    key = load_pem_private_key(partner.path("key.pem").read_bytes(), None)
    assert key.key_size == 2048
    public = spki(key.public_key())
    ssh = load_ssh_private_key(partner.path("ssh_key").read_bytes(), None)
    assert spki(ssh.public_key()) == public
    bundle = pkcs12.load_key_and_certificates(partner.path("bundle.p12").read_bytes(), b"aife-sim")
    assert spki(bundle[0].public_key()) == public
    certificate = x509.load_pem_x509_certificate(partner.certificate().encode())
    assert spki(certificate.public_key()) == public
    chain = pkcs7.load_pem_pkcs7_certificates(partner.path("chain.p7b").read_bytes())
    ca = x509.load_pem_x509_certificate(keys.ca.read_bytes())
    assert set(chain) == {certificate, ca}
    line = certificate.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    assert partner.ssh_line().split()[:2] == line.split()
    assert pki.read_partner_certificate(partner.path("chain.p7b").read_bytes()).ssh_key == line


def test_the_bundle_is_under_aes_256(keys):
    content = keys.partner("DEM001").path("bundle.p12").read_bytes()
    aes_256_cbc = bytes.fromhex("060960864801650304012a")
    assert aes_256_cbc in content
    with pytest.raises(ValueError, match="password"):
        pkcs12.load_key_and_certificates(content, b"other")


def test_partners_and_simulator_have_keys_of_their_own(keys):
    certificates = [keys.partner(c).certificate().encode() for c in CODES]
    certificates.append(keys.certificate.read_bytes())
    publics = {spki(x509.load_pem_x509_certificate(c).public_key()) for c in certificates}
    host = load_ssh_private_key(keys.host_key.read_bytes(), None)
    assert len(publics | {spki(host.public_key())}) == 4


def test_known_hosts_names_the_port_that_was_bound(keys):
    keys.write_known_hosts("192.0.2.7", 18022)
    lines = keys.known_hosts.read_text().splitlines()
    public = keys.host_key_public.read_text().strip()
    assert lines[0] == f"[192.0.2.7]:18022 {public}"
    assert public.startswith("ssh-rsa ")
    assert f"[localhost]:18022 {public}" in lines
    keys.write_known_hosts("127.0.0.1", 22)
    assert keys.known_hosts.read_text().splitlines()[0] == f"127.0.0.1 {public}"


@pytest.mark.interop
def test_openssh_reads_the_keys(keys):
    try:
        told = subprocess.run(
            ["ssh-keygen", "-y", "-f", keys.partner("DEM001").path("ssh_key")],
            capture_output=True,
            text=True,
            check=True,
        )
    except FileNotFoundError:
        pytest.skip("ssh-keygen is not installed")
    assert told.stdout.split()[:2] == keys.partner("DEM001").ssh_line().split()[:2]


def test_a_later_start_changes_nothing_and_makes_only_what_is_new(data, monkeypatch):
    made = pki.ensure(data, ["DEM001"])
    before = snapshot(data)
    pki.ensure(data, ["DEM001"])
    assert snapshot(data) == before
    pki.ensure(data, ["DEM001", "DEM009"])
    after = snapshot(data)
    assert {k: v for k, v in after.items() if k in before} == before
    assert {p.parent.name for p in set(after) - set(before)} == {"DEM009"}
    assert made.codes() == ["DEM001", "DEM009"]


def test_a_later_start_parses_no_private_key(data, monkeypatch):
    pki.ensure(data, ["DEM001"])
    monkeypatch.setattr(pki, "load_pem_private_key", None)
    monkeypatch.setattr("simulator.authority.load_pem_private_key", None)
    monkeypatch.setattr(pki.rsa, "generate_private_key", None)
    assert pki.ensure(data, ["DEM001"]).partner("DEM001").certificate()


def test_a_lost_file_of_a_partner_is_made_again_from_its_key(data):
    partner = pki.ensure(data, ["DEM001"]).partner("DEM001")
    key, line = partner.path("key.pem").read_bytes(), partner.ssh_line()
    partner.path("bundle.p12").unlink()
    partner.path("ssh_key.pub").unlink()
    pki.ensure(data, ["DEM001"])
    assert (partner.path("key.pem").read_bytes(), partner.ssh_line()) == (key, line)
    assert partner.path("bundle.p12").exists()


def test_a_partner_that_brought_its_certificate_gets_no_key(data):
    own = data / "pki" / "partners" / "VFE025" / "cert.pem"
    own.parent.mkdir(parents=True)
    own.write_text("mine")
    pki.ensure(data, ["VFE025"])
    assert [p.name for p in own.parent.iterdir()] == ["cert.pem"]
    assert own.read_text() == "mine"


def test_a_certificate_that_a_partner_brings_replaces_the_keys_made_for_it(data, tmp_path):
    pki.prepare_data(tmp_path / "other")
    elsewhere = pki.ensure(tmp_path / "other", ["VFE025"]).partner("VFE025")
    brought = pki.read_partner_certificate(elsewhere.path("chain.p7b").read_bytes())
    pki.ensure(data, ["VFE025"])
    partner = pki.keep_public(data, "VFE025", brought)
    assert {p.name for p in partner.folder.iterdir()} == {"cert.pem", "chain.p7b", "ssh_key.pub"}
    assert partner.certificate() == brought.pem
    assert partner.ssh_line() == f"{brought.ssh_key} VFE025"
    chain = partner.path("chain.p7b").read_bytes()
    assert pki.read_partner_certificate(chain).chain == brought.chain
    before = snapshot(data)
    pki.ensure(data, ["VFE025"])
    assert snapshot(data) == before


def test_a_partner_that_brings_back_the_certificate_made_for_it_keeps_its_key(data):
    made = pki.ensure(data, ["VFE025"]).partner("VFE025")
    before = snapshot(data)
    pki.keep_public(data, "VFE025", pki.read_partner_certificate(made.certificate().encode()))
    assert snapshot(data) == before


def test_the_password_of_the_bundle_is_a_setting(data):
    partner = pki.ensure(data, ["DEM001"], password="other").partner("DEM001")
    assert pkcs12.load_key_and_certificates(partner.path("bundle.p12").read_bytes(), b"other")[0]


def test_more_names_are_in_certificates_from_the_start(data):
    keys = pki.ensure(data, ["DEM001"], names=["sim.test", "192.0.2.1"])
    certificate = x509.load_pem_x509_certificate(keys.certificate.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [
        "localhost",
        "host.docker.internal",
        "sim.test",
    ]
    addresses = [str(a) for a in names.get_values_for_type(x509.IPAddress)]
    assert addresses == ["127.0.0.1", "::1", "192.0.2.1"]


def test_names_that_the_ca_was_not_made_for_are_refused_with_the_remedy(data):
    pki.ensure(data)
    with pytest.raises(pki.PkiError, match=r"not made for sim\.test .*tls\.names.*remove"):
        pki.ensure(data, names=["sim.test"])
    with pytest.raises(pki.PkiError, match="expected a host name"):
        pki.ensure(data, names=["not a name"])


@pytest.mark.parametrize("lost", ["ca", "ca_key"])
def test_half_a_ca_is_told_when_it_is_needed(data, lost):
    keys = pki.ensure(data)
    getattr(keys, lost).unlink()
    with pytest.raises(pki.PkiError, match="is missing: put it back"):
        pki.ensure(data, ["DEM001"])


@pytest.mark.parametrize("broken", ["ca", "ca_key"])
def test_a_broken_ca_is_told_when_it_is_needed(data, broken):
    keys = pki.ensure(data)
    getattr(keys, broken).write_text("-----BEGIN x")
    with pytest.raises(pki.PkiError, match="cannot read"):
        pki.ensure(data, ["DEM001"])


def test_a_broken_certificate_of_the_simulator_is_made_again_from_its_key(data):
    keys = pki.ensure(data)
    key = keys.key.read_bytes()
    keys.certificate.write_text("x")
    pki.ensure(data)
    assert "BEGIN CERTIFICATE" in keys.certificate.read_text()
    assert keys.key.read_bytes() == key


def test_a_broken_key_of_a_partner_is_told(data):
    partner = pki.ensure(data, ["DEM001"]).partner("DEM001")
    partner.path("key.pem").write_text("x")
    partner.path("ssh_key").unlink()
    with pytest.raises(pki.PkiError, match=r"cannot read the key .*key\.pem"):
        pki.ensure(data, ["DEM001"])


def test_a_new_data_folder_is_private_and_ignored_by_git(tmp_path):
    data = tmp_path / "deep" / "data"
    pki.prepare_data(data)
    assert mode(data) == 0o700
    assert (data / ".gitignore").read_text() == "*\n"


def test_a_folder_with_content_keeps_its_manners(tmp_path):
    (tmp_path / "mine.txt").write_text("x")
    tmp_path.chmod(0o755)
    pki.prepare_data(tmp_path)
    assert not (tmp_path / ".gitignore").exists()
    assert mode(tmp_path) == 0o755


def test_a_data_folder_that_cannot_be_used_is_told_in_one_line(tmp_path):
    file = tmp_path / "file"
    file.write_text("x")
    for path in (file, file / "below"):
        with pytest.raises(pki.PkiError, match="cannot use the data folder") as caught:
            pki.prepare_data(path)
        assert "\n" not in str(caught.value)


def test_a_folder_without_the_right_to_write_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(pki.os, "access", lambda *_: False)
    with pytest.raises(pki.PkiError, match="cannot write to the data folder"):
        pki.prepare_data(tmp_path)


def test_key_material_that_cannot_be_written_is_told(data):
    (data / "pki").write_text("in the way")
    with pytest.raises(pki.PkiError, match="cannot use"):
        pki.ensure(data)
