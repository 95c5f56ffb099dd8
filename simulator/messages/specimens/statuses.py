"""A status to be said of an invoice, a flow or a message; with the words and motifs of each code.

Source: AFNOR XP Z12-014 annex B v1.3 (codes, labels, who sets which); BR-FR-CDV schematron v1.4.0,
CDV-15 and CL-09 (motifs).
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import msgspec

LABELS = {
    "202": "Reçue par la plateforme",
    "203": "Mise à disposition",
    "204": "Prise en charge",
    "205": "Approuvée",
    "206": "Approuvée partiellement",
    "207": "En litige",
    "208": "Suspendue",
    "209": "Complétée",
    "210": "Refusée",
    "211": "Paiement transmis",
    "212": "Encaissée",
    "213": "Rejetée",
    "214": "Visée",
    "220": "Annulée",
    "221": "Erreur de routage",
    "224": "Demande de paiement direct",
    "225": "Affacturée",
    "226": "Affacturée confidentiel",
    "227": "Changement de compte à payer",
    "228": "Non affacturée",
    "501": "Irrecevable",
    "601": "Rejeté",
}
# A motif that goes with a status that must have one (BR-FR-CDV-15, CL-09; of 601: tried on PPF).
MOTIFS = {
    "206": ("QTE_ERR", "Quantité erronée"),
    "207": ("MONTANTTOTAL_ERR", "Montant total erroné"),
    "208": ("JUSTIF_ABS", "Justificatif absent"),
    "210": ("CMD_ERR", "Numéro d'engagement erroné"),
    "213": ("REJ_COH", "Contrôle de cohérence"),
    "221": ("ROUTAGE_ERR", "Données de routage obsolètes"),
    "501": ("IRR_SYNTAX", "Contrôle syntaxique des fichiers"),
    "601": ("REJ_COH", "Contrôle de cohérence"),
}


class Status(msgspec.Struct, frozen=True):
    """A status to be said.

    Attributes:
        status: CDAR 2xx, 501 or 601; CPPStatut 90 to 96 of a flow, 01 to 41 of an invoice.
        subject: what it is about: number of the invoice; identifier of the flow (501, 90 to 96);
            identifier of the message that is rejected (601).
        flow: name of the flow it travels in, which its own identifier is made of.
        sender, recipient: matricules of the platforms (scheme 0238).
        issue_date: of the invoice, ``YYYY-MM-DD``.
        supplier, buyer: SIRETs.
        issued: when it is said; what it is about was received an hour before.
        amount, vat: of 212: received, tax included, at that rate.
    """

    status: str
    subject: str = "DEMO-0001"
    flow: str = "FSO1304A_DEM011_DEM0111304000000000000001.tar.gz"
    sender: str = "0042"
    recipient: str = "9999"
    issue_date: str = "2026-09-01"
    supplier: str = "33254021516357"
    supplier_name: str = "FOURNISSEUR DE DEMONSTRATION"
    buyer: str = "12345678200051"
    buyer_name: str = "COMMUNE DE DEMONSTRATION"
    issued: datetime = datetime(2026, 9, 2, 10, tzinfo=UTC)
    amount: Decimal = Decimal("360.00")
    vat: Decimal = Decimal(20)
