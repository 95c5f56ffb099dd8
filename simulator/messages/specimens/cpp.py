"""CPPFactureMixte of a specimen: the invoice with its readable form, one to a file.

Source: public sample of FSO1113A (tree, TVAS, party codes of zeros); blocks of the AIFE schema
CPPFacturePivot V2_02, lines among them (assumed: see ``schemas/xsd/CPPFactureMixte.xsd``). A file is
wrapped into a ZIP that holds it under its own name, as in CPPFacturePivot (deduced). Amounts of a
credit note are positive, as in UBL and CII (assumed).
"""

from __future__ import annotations

import base64

from simulator.messages.specimens import dialect, filler
from simulator.messages.specimens.figures import Figures, VatRow, figures
from simulator.messages.specimens.model import Specimen
from simulator.messages.specimens.parts import Line, Payment, References, plain
from simulator.messages.specimens.streaming import FILLER, LINES, RANK, Writer
from simulator.messages.xmltext import branch, leaf, optional

_SIRET = "1"
_NOBODY = "00000000"
_NO_FLOW = "0" * 25
_INVOICE, _SUPPORTING = "01", "02"
_LISIBLE = "LISIBLE"


def _frame(spec: Specimen, filled: bool) -> str:
    files = [_file(spec, rank) for rank in range(len(spec.attachments))]
    if filled:
        files.append(_pj(filler.NAME, filler.MIME, _SUPPORTING, FILLER))
    invoice = branch(
        "CPPFactureMixteUnitaire",
        _supplier(spec),
        _debtor(spec),
        _data(spec, figures(spec)),
        *files,
        NumOrdre="1",
    )
    return branch("CPPFactureMixte", _envelope(spec), branch("CPPFactures", invoice, Compteur="1"))


def _envelope(spec: Specimen) -> str:
    parameters = branch(
        "Parametres",
        _parameter("0001", "DtPrd", spec.issue_date),
        _parameter("0002", "IdFlx", spec.flow or _NO_FLOW),
    )
    nobody = leaf("Id", _NOBODY)
    partners = branch("Partenaires", branch("Recepteur", nobody), branch("Emetteur", nobody))
    return branch("Enveloppe", branch("EnveloppeUnitaire", parameters, partners, NumOrdre="1"))


def _parameter(number: str, code: str, value: str) -> str:
    fields = leaf("Code", code), leaf("Valeurparametre", value)
    return branch("ParametreIndiv", *fields, NumOrdre=number)


def _supplier(spec: Specimen) -> str:
    means = next((each for each in _payments(spec) if each.account), None)
    return branch(
        "Fournisseur",
        leaf("TypeIdentifiant", _SIRET),
        leaf("Identifiant", spec.supplier),
        leaf("RaisonSociale", spec.supplier_name),
        leaf("CodePays", spec.seller.country),
        branch("ReferenceBancaire", leaf("Compte", means.account), Type="IBAN") if means else "",
    )


def _debtor(spec: Specimen) -> str:
    return branch(
        "Debiteur",
        leaf("TypeIdentifiant", _SIRET),
        leaf("Identifiant", spec.recipient),
        leaf("Nom", spec.recipient_name),
        optional("CodeService", spec.references.buyer),
    )


def _payments(spec: Specimen) -> tuple[Payment, ...]:
    return () if spec.credit_note else spec.payments


def _data(spec: Specimen, totals: Figures) -> str:
    given = spec.references
    identity = [leaf("Id", spec.number), *_original(given)]
    kind = [leaf("Type", dialect.type_code(spec)), leaf("Cadre", dialect.cadre(spec))]
    if spec.broken == "xsd":
        kind.reverse()
    means = next((leaf("Code", each.code) for each in _payments(spec)), "")
    return branch(
        "DonneesFacture",
        *identity,
        *kind,
        leaf("DateEmissionFacture", spec.issue_date),
        leaf("DateLivraison", spec.delivery.day) if spec.delivery else "",
        branch("ModePaiement", means) if means else "",
        leaf("Devise", "EUR"),
        branch(
            "Montants",
            leaf("MontantHT", plain(totals.net)),
            leaf("MontantTTC", plain(totals.gross)),
            leaf("MontantNetAPayer", plain(totals.payable)),
        ),
        branch("TVAS", *(_rate(row) for row in totals.vat)),
        _engagement(given),
        branch("Lignes", LINES),
    )


def _original(given: References) -> list[str]:
    return [leaf("IdFactureOrigine", each.number) for each in given.preceding[:1]]


def _rate(row: VatRow) -> str:
    return branch(
        "TVA",
        leaf("Taux", plain(row.rate)),
        leaf("BaseHt", plain(row.base)),
        leaf("MontantTVA", plain(row.tax)),
    )


def _engagement(given: References) -> str:
    fields = optional("NumeroMarche", given.contract), optional("NumeroEngagement", given.order)
    return branch("Engagement", *fields) if any(fields) else ""


def _file(spec: Specimen, rank: int) -> str:
    file = spec.attachments[rank]
    content = b"".join(filler.zipped(file.name, lambda: iter((file.content,))))
    kind = _INVOICE if file.qualifier == _LISIBLE else _SUPPORTING
    return _pj(file.name, file.mime, kind, base64.b64encode(content).decode("ascii"))


def _pj(name: str, mime: str, kind: str, text: str) -> str:
    return branch(
        "PJ",
        f"<Contenu>{text}</Contenu>",
        leaf("NomPJ", name),
        leaf("TypePJ", kind),
        leaf("MimeTypePJ", mime),
    )


def _line(spec: Specimen, line: Line) -> str:
    del spec
    fields = (
        optional("ReferenceProduit", line.reference),
        leaf("PrixUnitaire", plain(line.price)),
        leaf("Quantite", plain(line.quantity)),
        leaf("MontantHT", plain(line.amount)),
        leaf("TauxTVA", plain(line.vat)),
    )
    inside = "\n".join(filter(None, fields))
    return f'<Ligne NumOrdre="{RANK}">\n{inside}\n</Ligne>'


WRITER = Writer(_frame, _line, filler.zipped_filler)
