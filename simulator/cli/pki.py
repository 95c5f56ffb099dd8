"""``aife-sim pki``: the key material of a data folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simulator.cli.console import client_of, node_option, talks_to_node
from simulator.cli.main import EnvironmentFailure

if TYPE_CHECKING:
    from simulator.pki import PartnerCertificate, Pki


@click.group()
def pki() -> None:
    """Show keys and certificates."""


@pki.command()
@click.argument("code", required=False)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    default=Path(".aife-sim"),
    show_default=True,
    help="Data folder of the node.",
)
@click.option("--json", "as_json", is_flag=True, help="One object a line.")
def show(code: str | None, data: Path, *, as_json: bool) -> None:
    """Tell whose certificates the data folder holds, all or that of one partner CODE."""
    from simulator.pki import Pki

    keys = Pki(data / "pki", data / "private")
    if not keys.ca.exists():
        message = f"no key material in {data}: name the data folder of a node with --data"
        raise EnvironmentFailure(message)
    for row in _rows(keys, code):
        click.echo(json.dumps(row) if as_json else _lines(row))


@pki.command()
@click.option("--partner", required=True, metavar="CODE", help="Whose key material.")
@click.option("--into", required=True, type=click.Path(file_okay=False, path_type=Path))
@node_option
@talks_to_node
def export(partner: str, into: Path, node: str | None) -> None:
    """Fetch a partner's folder from a running node (asks for its token)."""
    files = client_of(node).keys(partner)
    into.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        target = into / Path(name).name
        target.touch(mode=0o600)
        target.write_bytes(content)
        click.echo(target)


def _rows(keys: Pki, code: str | None) -> list[dict[str, object]]:
    """One row a certificate; the simulator's first."""
    folders = {c: keys.partner(c).folder for c in keys.codes() if code in (None, c)}
    if code is None:
        folders = {"aife": keys.certificate.parent, **folders}
    if not folders:
        message = f"no partner {code!r} in {keys.folder}: there are {', '.join(keys.codes())}"
        raise click.UsageError(message)
    return [_row(name, folder) for name, folder in folders.items()]


def _row(name: str, folder: Path) -> dict[str, object]:
    certificate = _certificate(folder / "cert.pem")
    return {
        "code": name,
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "not_before": certificate.not_before.isoformat(),
        "not_after": certificate.not_after.isoformat(),
        "serial": certificate.serial,
        "sha256": certificate.fingerprint,
        "folder": str(folder),
        "files": sorted(path.name for path in folder.iterdir()),
    }


def _certificate(path: Path) -> PartnerCertificate:
    from simulator.pki import CertificateRefused, read_partner_certificate

    try:
        return read_partner_certificate(path.read_bytes())
    except OSError as error:
        message = f"cannot read {path}: {error.strerror}"
        raise EnvironmentFailure(message) from None
    except CertificateRefused as error:
        message = f"{path}: {error}"
        raise EnvironmentFailure(message) from None


def _lines(row: dict[str, object]) -> str:
    """A row for people: its name, then what there is to know, indented."""
    files = row["files"] if isinstance(row["files"], list) else []
    rest = {k: v for k, v in row.items() if k not in {"code", "files"}}
    details = [f"  {key:<11}{value}" for key, value in (rest | {"files": " ".join(files)}).items()]
    return "\n".join([str(row["code"]), *details])
