"""Invented words that specimens are made of: with accents, signs that XML escapes, and long ones."""

from __future__ import annotations

from simulator.messages.specimens.parts import Attachment, Contact

ITEMS = (
    "Prestation de démonstration",
    "Conseil en organisation",
    "Fournitures de bureau (lot n° 3)",
    "Mise à jour & maintenance logicielle",
    "Main-d'œuvre « atelier »",
    "Câble Ø 12 mm < 50 m",
    'Écran 24" reconditionné',
    (
        "Hébergement, sauvegarde et supervision d'un service fictif dont la désignation est longue, "
        "comme le sont parfois celles que produit un logiciel de gestion"
    ),
    "Formation à la dématérialisation",
    "Frais kilométriques",
    "Location de matériel",
    "Œuvre d'art imaginaire – reproduction",
    "Repas de séminaire",
    "Ouvrage « Les factures de l'été »",
)
DESCRIPTIONS = (
    "Suivant devis accepté",
    "Livré en l'état ; garantie : 2 ans",
    "Quantité relevée au compteur, arrondie à l'unité supérieure",
    "Référence catalogue été/hiver, coloris bleu nuit",
)
NOTES = (
    "Merci de rappeler le numéro de la facture lors du règlement.",
    "Société imaginaire au capital de 1 000 €, sans existence légale.",
    (
        "Les montants, les parties et les comptes de ce document sont inventés : il n'est destiné "
        "qu'à éprouver des logiciels, ne vaut ni facture ni quittance, et ne donne droit à rien."
    ),
    "Contact : <accueil@exemple.invalid> – tél. 01 99 00 00 00",
)
LINE_NOTES = ("Voir le bon de livraison", "Tarif négocié", "Première échéance")
STREETS = ("1 rue de l'Exemple", "27 bis, allée des Tilleuls", "Zone d'activité « Les Prés »")
COMPLEMENTS = ("", "Bâtiment B", "Boîte postale n° 12")
CITIES = (("VILLE-DEMO", "99999"), ("SAINT-EXEMPLE-SUR-MER", "99001"), ("L'ÎLE-FICTIVE", "99123"))
TRADE_NAMES = ("", "Ateliers Démo", "Compagnie générale des exemples, essais et démonstrations")
CONTACTS = (
    None,
    Contact("Camille Exemple", "0199000000", "camille@exemple.invalid"),
    Contact("Service comptabilité", email="compta@exemple.invalid"),
    Contact("Noël Œuvré", "0199000001"),
)
DELIVERY_NAMES = ("", "Entrepôt n° 2", "Accueil de l'hôtel de ville")
FILES = (
    Attachment(
        "BL-1", "BON_LIVRAISON", "bon-de-livraison.csv", "text/csv", b"article;quantite\nA;1\n"
    ),
    Attachment("BC-1", "BON_COMMANDE", "commande 2026.csv", "text/csv", b"ligne;prix\n1;2.50\n"),
)
TERMS = ("", "Paiement à 30 jours", "Règlement à réception, par virement, sans escompte")
PROPERTIES = (("Couleur", "bleu"), ("Poids net", "12,5 kg"), ("Durée", "3 mois"))
UNITS = ("C62", "HUR", "DAY", "KGM", "MTR", "LTR")
# Reasons with their code: UNTDID 5189 for allowances, 7161 for charges.
ALLOWANCES = (("Remise", "95"), ("Remise sur volume", "100"), ("Promotion", ""))
CHARGES = (("Frais de port", "FC"), ("Emballage", "PC"), ("Frais administratifs", "ABK"))
