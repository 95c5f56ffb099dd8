"""Reader of CPPFacturePivot as values: what `pivot.write` writes, and public samples.

Bad input never raises: what is not there is ``""``, a file that cannot be had out of its ZIP has no
content.

Source: AIFE schema CPPFacturePivot V2_02.
"""

from __future__ import annotations

import base64
import binascii
import io
import zipfile
import zlib
from typing import Literal, cast

from lxml.etree import _Element as Element

from simulator.domain.delivery import (
    Channel,
    DeliveredInvoice,
    PivotAccount,
    PivotFile,
    PivotLine,
    PivotParty,
    PivotStatus,
    PivotVat,
    Resent,
)
from simulator.messages.invoice.fields import content_of
from simulator.messages.reading import attribute

_LARGEST = 100 << 20  # external specifications v1.0 §5.4.1: an attachment
_INVOICE: Literal["01"] = "01"


def read(root: Element) -> tuple[DeliveredInvoice, ...]:
    """The invoices of a pivot, valid or not, in order."""
    units = root.iterfind("CPPFactures/CPPFacturePivotUnitaire")
    return tuple(_invoice(unit) for unit in units)


def _invoice(unit: Element) -> DeliveredInvoice:
    account = unit.find("Fournisseur/ReferenceBancaire")
    data = "DonneesFacture"
    return DeliveredInvoice(
        supplier=_party(unit.find("Fournisseur"), "RaisonSociale"),
        debtor=_party(unit.find("Debiteur"), "Nom"),
        number=_text(unit, f"{data}/Id"),
        type_code=_text(unit, f"{data}/Type"),
        cadre=_text(unit, f"{data}/Cadre"),
        issue_date=_text(unit, f"{data}/DateEmissionFacture"),
        received=_text(unit, f"{data}/DateReception"),
        payment=_text(unit, f"{data}/ModePaiement/Code"),
        without_vat=_text(unit, f"{data}/Montants/MontantHT"),
        with_vat=_text(unit, f"{data}/Montants/MontantTTC"),
        payable=_text(unit, f"{data}/Montants/MontantNetAPayer"),
        files=tuple(_file(each) for each in unit.iterfind("PJ")),
        currency=_text(unit, f"{data}/Devise"),
        payment_label=_text(unit, f"{data}/ModePaiement/Libelle"),
        delivered=_text(unit, f"{data}/DateLivraison"),
        resent=cast("Resent", _text(unit, f"{data}/Renvoi")),
        chorus_id=_text(unit, f"{data}/IdCPRO"),
        preceding=_text(unit, f"{data}/IdFactureOrigine"),
        contract=_text(unit, f"{data}/Engagement/NumeroMarche"),
        order=_text(unit, f"{data}/Engagement/NumeroEngagement"),
        channel=cast("Channel", _text(unit, "Fournisseur/ModeEmission")),
        account=None if account is None else _account(account),
        vat=tuple(_vat(each) for each in unit.iterfind(f"{data}/TVAs/TVA")),
        lines=tuple(_line(each) for each in unit.iterfind(f"{data}/Lignes/Ligne")),
        story=tuple(_status(each) for each in unit.iterfind("CycleDeValidation/*")),
    )


def _party(element: Element | None, name: str, identifier: str = "Identifiant") -> PivotParty:
    return PivotParty(
        identifier=_text(element, identifier),
        name=_text(element, name),
        kind=_text(element, "TypeIdentifiant"),
        country=_text(element, "CodePays") or "FR",
        service=_text(element, "CodeService"),
        service_name=_text(element, "NomService"),
        note=_text(element, "Note"),
    )


def _account(element: Element) -> PivotAccount:
    return PivotAccount(
        number=_text(element, "Compte"),
        bank=_text(element, "Etablissement"),
        payee=_text(element, "RaisonSocialeEncaisseur"),
        kind="RIB" if attribute(element, "Type") == "RIB" else "IBAN",
    )


def _vat(element: Element) -> PivotVat:
    return PivotVat(
        rate=_text(element, "Taux"), base=_text(element, "BaseHt"), tax=_text(element, "MontantTVA")
    )


def _line(element: Element) -> PivotLine:
    return PivotLine(
        price=_text(element, "PrixUnitaire"),
        quantity=_text(element, "Quantite"),
        net=_text(element, "MontantHT"),
        reference=_text(element, "ReferenceProduit"),
        rate=_text(element, "TauxTVA"),
    )


def _file(element: Element) -> PivotFile:
    return PivotFile(
        name=_text(element, "NomPJ"),
        kind=_INVOICE if _text(element, "TypePJ") == _INVOICE else "02",
        mime=_text(element, "MimeTypePJ"),
        content=_unzipped(element.findtext("Contenu") or ""),
        original=_text(element, "NomPJOrigine"),
        category=_text(element, "CategoriePJ"),
    )


def _unzipped(text: str) -> bytes:
    """The one file of a ZIP in base64."""
    try:
        with zipfile.ZipFile(io.BytesIO(base64.b64decode(text))) as archive:
            (member,) = archive.infolist()
            return archive.read(member) if member.file_size <= _LARGEST else b""
    # RuntimeError: a password, or (its kind NotImplementedError) an unknown compression
    except (ValueError, binascii.Error, zipfile.BadZipFile, zlib.error, OSError, RuntimeError):
        return b""


def _status(element: Element) -> PivotStatus:
    return PivotStatus(
        day=_text(element, "DateStatut"),
        code=_text(element, "CodeStatut"),
        author=_party(element.find("ProducteurStatut"), "RaisonSociale", "Id"),
        label=_text(element, "ComplementStatut"),
        comment=_text(element, "Commentaire"),
    )


def _text(element: Element | None, path: str) -> str:
    """As written, blanks included: what was written is what is read."""
    found = None if element is None else element.find(path)
    return "" if found is None else content_of(found)
