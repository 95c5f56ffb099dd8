r"""BR-FR: formats of identifiers, dates and amounts, and the codes of the French lists.

Values are looked at as written: a blank in front of a code makes it another code. Digits are those
of any script, as ``\d`` means them in XPath.

Source: behaviour of the FNFE rules BR-FR Flux 2 V1.4.0.03 and of October 2026; XP Z12-012 annex A.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache

from simulator.validation.packs.codelists import code_list

# No number, date or identifier that can be right is longer; what is longer is not kept in caches.
_LONGEST = 200
_BLANKS = re.compile(r"[ \t\r\n]+")
_INVOICE_ID = re.compile(r"[A-Za-z0-9+\-_/]+")
_ADDRESS = re.compile(r"[A-Za-z0-9+\-_.]+")
_SIREN = re.compile(r"\d{9}")
_SIRET = re.compile(r"\d{14}")
_ISO_DAY = re.compile(r"(20[0-9]{2})-([0-9]{2})-([0-9]{2})")
_BARE_DAY = re.compile(r"(20[0-9]{2})([0-9]{2})([0-9]{2})")

TYPE_CODES = code_list("fr-type-codes").values
CADRES = code_list("fr-cadres").values
VAT_CATEGORIES = code_list("fr-vat-categories").values
VAT_RATES = code_list("fr-vat-rates").values
ATTACHMENTS = code_list("fr-attachment-qualifiers").values
TREATMENTS = code_list("fr-treatments").values

# Cadres de facturation by what they mean, and the self-billed types.
PAID = frozenset(("B2", "S2", "M2"))
FINAL = frozenset(("B4", "S4", "M4"))
SEVERAL_SELLERS = frozenset(("B8", "S8", "M8"))
BOTH_WAYS = frozenset(("B9", "S9", "M9"))
SELF_BILLED = frozenset(("389", "501", "500", "471", "473", "261", "502"))
ADVANCES = frozenset(("386", "500", "503"))
CORRECTIVES = frozenset(("384", "471", "472", "473"))
CREDIT_NOTES = frozenset(("261", "381", "396", "502", "503"))


def normal(value: str) -> str:
    """``normalize-space``: other blanks than those of XML stay."""
    if value.isascii():
        return " ".join(value.split())
    return _BLANKS.sub(" ", value).strip(" ")


def is_invoice_id(value: str) -> bool:
    """Letters, digits and ``+ - _ /``, without a space (BR-FR-02)."""
    return " " not in value and _INVOICE_ID.fullmatch(normal(value)) is not None


def is_address(value: str) -> bool:
    """Letters, digits and ``+ - _ .`` (BR-FR-23, BR-FR-24)."""
    return _ADDRESS.fullmatch(value) is not None


def is_siren(value: str) -> bool:
    """Nine digits."""
    return _SIREN.fullmatch(value) is not None


def is_siret(value: str) -> bool:
    """Fourteen digits."""
    return _SIRET.fullmatch(value) is not None


def is_day(value: str, syntax: str) -> bool:
    """A day of the years 2000 to 2099: ``YYYY-MM-DD`` (UBL), ``YYYYMMDD`` and any more (CII)."""
    match = _ISO_DAY.fullmatch(value) if syntax == "ubl" else _BARE_DAY.fullmatch(value[:8])
    if match is None:
        return False
    try:
        date(*map(int, match.groups()))
    except ValueError:
        return False
    return True


def _numbers(pattern: str, most: int) -> Callable[[str], bool]:
    """A check of numbers: their form, and characters without the point (the sign counts)."""
    form = re.compile(pattern)

    @lru_cache(4096)
    def known(text: str) -> bool:
        value = normal(text)
        return form.fullmatch(value) is not None and len(value.replace(".", "")) <= most

    def fits(text: str) -> bool:
        return len(text) <= _LONGEST and known(text)

    return fits


is_amount = _numbers(r"-?\d{1,19}(\.\d{1,2})?", 19)
is_quantity = _numbers(r"-?\d{1,19}(\.\d{1,4})?", 19)
is_price = _numbers(r"\d{1,19}(\.\d{1,6})?", 19)
is_signed_price = _numbers(r"-?\d{1,19}(\.\d{1,6})?", 19)
is_percent = _numbers(r"\d{1,4}(\.\d{1,2})?", 4)
