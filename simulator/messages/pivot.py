"""Writer of CPPFacturePivot (FEN0036A): invoices for their public buyer, all of a return in one file.

A file of an invoice travels as a ZIP that holds it alone, under its own name, in base64.

Source: AIFE schema CPPFacturePivot V2_02; public samples of the pivot; Chorus Pro external
specifications v1.1 tables 6, 7; figures in ``schemas/messages/pivot.toml``.
"""

from __future__ import annotations

import base64
import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date
from functools import cache

import msgspec

from simulator import resources
from simulator.domain.delivery import (
    DeliveredInvoice,
    PivotAccount,
    PivotFile,
    PivotLine,
    PivotParty,
    PivotStatus,
    PivotVat,
)
from simulator.domain.findings import Mark
from simulator.domain.flowname import FlowName
from simulator.domain.flows import Return
from simulator.messages.cppstatut import envelope
from simulator.messages.xmltext import branch, document, leaf, optional

_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)", re.ASCII)
_EPOCH = (1980, 1, 1, 0, 0, 0)  # of every member of a ZIP: equal files give equal bytes
_FRANCE = "FR"


class Constants(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Version of the format."""

    version: str
    source: str
    mark: Mark


class Defaults(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands where the invoice gives nothing usable."""

    date: str
    cadre: str
    type: str
    payment: str
    supplier: str
    source: str
    mark: Mark


class Types(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Types of invoices that are credit notes."""

    credit_notes: tuple[str, ...]
    source: str
    mark: Mark


class Files(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """CategoriePJ of readable forms, annexes and, by syntax, of the invoice itself.

    `tracking` is that of the page of statuses, `tracking_name` its file name.
    """

    readable: str
    annex: str
    tracking: str
    tracking_name: str
    categories: dict[str, str]
    source: str
    mark: Mark


class Authors(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who said a status, where the invoice does not tell: identifier by actor, `other` for the rest."""

    identifiers: dict[str, str]
    other: str
    source: str
    mark: Mark


class Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The decoded table; `cadres` and `payments` have ``source`` and ``mark`` among their keys."""

    document: Constants
    limits: dict[str, int]
    defaults: Defaults
    types: Types
    cadres: dict[str, str]
    payments: dict[str, str]
    payment_labels: dict[str, str]
    files: Files
    authors: Authors


@cache
def form() -> Form:
    """The facts that pivots are written with, read once."""
    return msgspec.convert(resources.table("schemas", "messages", "pivot.toml"), Form)


def write(return_: Return) -> Iterator[tuple[str, bytes]]:
    """The one file of a return, as (name, bytes).

    Raises:
        ValueError: no invoice, an invoice without a file, or a name of the return that is not a
            flow name.
    """
    name = FlowName.parse(return_.name)
    if not all(invoice.files for invoice in return_.invoices) or not return_.invoices:
        message = f"a pivot holds invoices, each with a file: {return_.name} does not"
        raise ValueError(message)
    units = [_unit(str(rank), each) for rank, each in enumerate(return_.invoices, 1)]
    root = branch(
        "CPPFacturePivot",
        envelope(return_, name.identifier),
        branch("CPPFactures", *units, Compteur=str(len(units))),
        Version=form().document.version,
    )
    yield f"{name.stem}.xml", document(root)


def _unit(rank: str, invoice: DeliveredInvoice) -> str:
    files = (_file(str(n), file) for n, file in enumerate(invoice.files, 1))
    story = branch("CycleDeValidation", *map(_status, invoice.story)) if invoice.story else ""
    return branch(
        "CPPFacturePivotUnitaire",
        _supplier(invoice),
        _debtor(invoice.debtor),
        _data(invoice),
        *files,
        story,
        NumOrdre=rank,
    )


def _supplier(invoice: DeliveredInvoice) -> str:
    party = invoice.supplier
    return branch(
        "Fournisseur",
        leaf("TypeIdentifiant", party.kind),
        leaf("Identifiant", party.identifier),
        leaf("RaisonSociale", party.name),
        leaf("CodePays", _country(party)),
        _account(invoice.account) if invoice.account else "",
        leaf("ModeEmission", invoice.channel),
    )


def _account(account: PivotAccount) -> str:
    return branch(
        "ReferenceBancaire",
        optional("Compte", account.number),
        optional("Etablissement", account.bank),
        optional("RaisonSocialeEncaisseur", account.payee),
        Type=account.kind,
    )


def _debtor(party: PivotParty) -> str:
    length = form().limits["debtor"]
    return branch(
        "Debiteur",
        leaf("TypeIdentifiant", "1"),
        leaf("Identifiant", party.identifier[:length].rjust(length, "0")),
        optional("Nom", party.name),
        optional("CodeService", party.service[: form().limits["service"]]),
        optional("NomService", party.service_name),
    )


def _data(invoice: DeliveredInvoice) -> str:
    longest = form().limits["number"]
    payment = leaf("Code", invoice.payment), optional("Libelle", invoice.payment_label)
    return branch(
        "DonneesFacture",
        leaf("Id", invoice.number[:longest]),
        optional("IdCPRO", invoice.chorus_id),
        optional("Renvoi", invoice.resent),
        optional("IdFactureOrigine", invoice.preceding[:longest]),
        leaf("Type", invoice.type_code),
        leaf("Cadre", invoice.cadre),
        leaf("DateEmissionFacture", _day(invoice.issue_date)),
        leaf("DateLivraison", _day(invoice.delivered)) if invoice.delivered else "",
        branch("ModePaiement", *payment),
        leaf("DateReception", _day(invoice.received)),
        leaf("Devise", invoice.currency),
        branch(
            "Montants",
            leaf("MontantHT", _number(invoice.without_vat)),
            leaf("MontantTTC", _number(invoice.with_vat)),
            leaf("MontantNetAPayer", _number(invoice.payable)),
        ),
        branch("TVAs", *map(_vat, invoice.vat)) if invoice.vat else "",
        _commitment(invoice),
        _lines(invoice.lines),
    )


def _commitment(invoice: DeliveredInvoice) -> str:
    longest = form().limits["reference"]
    fields = (
        optional("NumeroMarche", invoice.contract[:longest]),
        optional("NumeroEngagement", invoice.order[:longest]),
    )
    return branch("Engagement", *fields) if any(fields) else ""


def _vat(row: PivotVat) -> str:
    return branch(
        "TVA",
        leaf("Taux", _number(row.rate)),
        leaf("BaseHt", _number(row.base)),
        leaf("MontantTVA", _number(row.tax)),
    )


def _lines(lines: tuple[PivotLine, ...]) -> str:
    rows = (_line(str(rank), line) for rank, line in enumerate(lines, 1))
    return branch("Lignes", *rows) if lines else ""


def _line(rank: str, line: PivotLine) -> str:
    return branch(
        "Ligne",
        optional("ReferenceProduit", line.reference),
        leaf("PrixUnitaire", _number(line.price)),
        leaf("Quantite", _number(line.quantity)),
        leaf("MontantHT", _number(line.net)),
        leaf("TauxTVA", _number(line.rate)) if line.rate else "",
        NumOrdre=rank,
    )


def _file(rank: str, file: PivotFile) -> str:
    name = fitted(file.name)
    return branch(
        "PJ",
        f"<Contenu>{base64.b64encode(zipped(name, file.content)).decode('ascii')}</Contenu>",
        leaf("NomPJ", name),
        optional("NomPJOrigine", fitted(file.original)),
        optional("CategoriePJ", file.category[: form().limits["name"]]),
        leaf("TypePJ", file.kind),
        leaf("MimeTypePJ", file.mime),
        NumOrdre=rank,
    )


def _status(status: PivotStatus) -> str:
    author = status.author
    return branch(
        "ValidationUnitaire",
        leaf("DateStatut", _day(status.day)),
        leaf("CodeStatut", status.code),
        optional("ComplementStatut", status.label),
        optional("Commentaire", status.comment),
        branch(
            "ProducteurStatut",
            leaf("TypeIdentifiant", author.kind),
            leaf("Id", author.identifier),
            leaf("RaisonSociale", author.name),
            leaf("CodePays", _country(author)),
            optional("Note", author.note),
        ),
    )


def fitted(name: str) -> str:
    """A file name in 50 characters, its extension kept (external specifications v1.0 §5.4.1)."""
    longest = form().limits["name"]
    stem, dot, extension = name.rpartition(".")
    if len(name) <= longest or not dot or len(extension) >= longest:
        return name[:longest]
    return f"{stem[: longest - len(extension) - 1]}.{extension}"


def zipped(name: str, content: bytes) -> bytes:
    """A ZIP of one file; the same file gives the same bytes."""
    target = io.BytesIO()
    member = zipfile.ZipInfo(name.encode(errors="replace").decode(), _EPOCH)
    member.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(member, content)
    return target.getvalue()


def _country(party: PivotParty) -> str:
    return party.country if len(party.country) == len(_FRANCE) else _FRANCE


def _number(text: str) -> str:
    return text if _DECIMAL.fullmatch(text) else "0"


def _day(text: str) -> str:
    try:
        is_day = date.fromisoformat(text).isoformat() == text
    except ValueError:
        is_day = False
    return text if is_day else form().defaults.date
