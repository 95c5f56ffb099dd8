"""What the circuits write differently, and what an invoice must say on each.

Historic: SIRETs in scheme 1, tax TVA, a cadre A1 to A25, no profile of EN 16931 (practice of public
clients of Chorus Pro, AIFE samples of FSO1116A and FSO1117A; deduced). AFNOR: EN 16931 with the
mentions and identifiers of the BR-FR rules (AFNOR XP Z12-012).
"""

from __future__ import annotations

from datetime import date, timedelta

from simulator.messages.specimens.model import Specimen
from simulator.messages.specimens.parts import Note

_CORE = "urn:cen.eu:en16931:2017"
_CTC_FR = f"{_CORE}#conformant#urn.cpro.gouv.fr:1p0:extended-ctc-fr"
_FACTUR_X = {
    "basic": f"{_CORE}#compliant#urn:factur-x.eu:1p0:basic",
    "en16931": _CORE,
    "extended": f"{_CORE}#conformant#urn:factur-x.eu:1p0:extended",
}
# The mentions that a French invoice must carry (BR-FR-05), in our words.
_MENTIONS = (
    Note("Pénalités de retard : trois fois le taux d'intérêt légal", "PMD"),
    Note("Indemnité forfaitaire pour frais de recouvrement : 40 euros", "PMT"),
    Note("Pas d'escompte pour paiement anticipé", "AAB"),
)
_BETWEEN_BUSINESSES = Note("B2B", "BAR")  # BR-FR-20: which treatment the platform is to give it
_TERM = timedelta(days=30)
_SIREN = len("123456789")

# BT-121 and BT-120 by category (VATEX code list; words of our own).
_EXEMPTIONS = {
    "E": ("VATEX-EU-132-1I", "Exonération de TVA, enseignement : article 261-4-4° du CGI"),
    "AE": ("VATEX-EU-AE", "Autoliquidation de la TVA par le preneur"),
    "K": ("VATEX-EU-IC", "Livraison intracommunautaire exonérée"),
    "G": ("VATEX-EU-G", "Exportation hors de l'Union européenne"),
    "O": ("VATEX-EU-O", "Hors champ d'application de la TVA"),
}


def cadre(spec: Specimen) -> str:
    """BT-23."""
    return spec.profile or ("S1" if spec.is_afnor else "A1")


def type_code(spec: Specimen) -> str:
    """BT-3."""
    return "381" if spec.credit_note else "380"


def due_date(spec: Specimen) -> str:
    """BT-9, ``YYYY-MM-DD``. Raises ValueError for an issue date that is not one."""
    return (date.fromisoformat(spec.issue_date) + _TERM).isoformat()


def guideline(spec: Specimen) -> str:
    """BT-24 in UBL and CII; ``""`` on the historic circuit."""
    if not spec.is_afnor:
        return ""
    return _CTC_FR if spec.level == "extended" else _CORE


def facturx_guideline(spec: Specimen) -> str:
    """BT-24 in Factur-X, on every circuit."""
    return _FACTUR_X[spec.level]


def notes(spec: Specimen) -> tuple[Note, ...]:
    """BG-1: the notes of the specimen after those that the circuit asks for."""
    if not spec.is_afnor:
        return spec.notes
    is_g2b = spec.circuit == "g2b-issuer" and spec.address_scheme == "0225"
    return (*_MENTIONS, *((_BETWEEN_BUSINESSES,) if is_g2b else ()), *spec.notes)


def electronic_address(spec: Specimen, siret: str) -> str:
    """BT-34, BT-49: an address of the directory begins with the SIREN; a SIRET is one itself."""
    return f"{siren(siret)}_{siret}" if spec.address_scheme == "0225" else siret


def siren(siret: str) -> str:
    """The company of an establishment."""
    return siret[:_SIREN]


def vat_number(number: str) -> str:
    """The French VAT number of a SIREN; ``""`` for what is not one.

    Source: article 286 ter of the tax code: the key is 12 + 3 times the SIREN, modulo 97.
    """
    if len(number) != _SIREN or not (number.isascii() and number.isdigit()):
        return ""
    return f"FR{(12 + 3 * int(number)) % 97:02d}{number}"


def exemption(category: str) -> tuple[str, str]:
    """BT-121 and BT-120 of a category, ``""`` for one that is taxed or needs no reason."""
    return _EXEMPTIONS.get(category, ("", ""))


def item_exemption(spec: Specimen, category: str) -> tuple[str, str]:
    """The same on lines, allowances and charges: an extension (EXTENDED, EXTENDED-CTC-FR)."""
    return exemption(category) if spec.level == "extended" else ("", "")


def names_buyer_for_tax(spec: Specimen) -> bool:
    """Whether the VAT number of the buyer must be there: who pays the tax is the buyer (BR-AE)."""
    return any(category == "AE" for category, _ in _taxes(spec))


def _taxes(spec: Specimen) -> set[tuple[str, object]]:
    return {line.tax for line in spec.lines} | {each.tax for each in spec.adjustments}
