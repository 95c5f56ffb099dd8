"""EN 16931: a VAT number begins with a country (BR-CO-09), whosever number it is.

Source: EN 16931-1:2017 clause 6.4; countries: the CEN validation artefacts 1.3.16, whose UBL rule is
content with what is shorter than a country code.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from lxml.etree import _Element as Element

from simulator.messages.invoice.fields import Text, text_of
from simulator.messages.invoice.model import Invoice
from simulator.validation.packs.codelists import code_list
from simulator.validation.packs.model import Fault, ModelRules
from simulator.validation.packs.models.en16931_anywhere import CAC, CBC, RAM, anywhere
from simulator.validation.packs.models.en16931_faults import ABSENT

rules = ModelRules()
_LENGTH = 2
_NUMBER, _SCHEME, _ID = f"{CBC}CompanyID", f"{CAC}TaxScheme", f"{CBC}ID"
_CII_VAT_SCHEME = "VA"


@rules("BR-CO-09")
def has_country(invoice: Invoice) -> Iterator[Fault]:
    """A VAT number (BT-31, BT-48, BT-63) begins with a country code."""
    for number in _vat_numbers(invoice):
        if not _begins_well(invoice.syntax, number.value[:_LENGTH]):
            yield Fault(number, found=number.clean or ABSENT)


def _vat_numbers(invoice: Invoice) -> Iterator[Text]:
    if invoice.syntax == "cii":
        for registration in anywhere(invoice)["SpecifiedTaxRegistration"]:
            for number in registration.iterchildren(f"{RAM}ID"):
                if number.get("schemeID") == _CII_VAT_SCHEME:
                    yield text_of(number)
        return
    for registration in anywhere(invoice)["PartyTaxScheme"]:
        for number in registration.iterchildren(_NUMBER):
            if _is_vat(registration):
                yield text_of(number)


def _is_vat(registration: Element) -> bool:
    schemes = (s for group in registration.iterchildren(_SCHEME) for s in group.iterchildren(_ID))
    return any(text_of(scheme).clean.upper() == "VAT" for scheme in schemes)


@cache
def _countries(syntax: str) -> tuple[frozenset[str], str]:
    codes = code_list(f"vat-countries-{syntax}").values
    return codes, f" {' '.join(sorted(codes))} "


def _begins_well(syntax: str, start: str) -> bool:
    codes, joined = _countries(syntax)
    return start in codes or (syntax == "ubl" and start in joined)
