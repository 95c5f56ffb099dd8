"""BR-FR: notes with a subject code, and what the treatment code BAR makes of parties.

In UBL the subject code is in the text (``#PMT#...``), and the official rules look into all notes
joined by ``#``, so that a code may also be read across two notes. In CII it is an element.

Source: behaviour of the FNFE rules BR-FR Flux 2 V1.4.0.03 and of October 2026; XP Z12-012 annex A.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from simulator.messages.invoice.model import Invoice, Note, Party
from simulator.validation.packs.model import Fault, ModelRules, Placed
from simulator.validation.packs.models.brfr_formats import (
    SELF_BILLED,
    TREATMENTS,
    is_siren,
    normal,
)
from simulator.validation.packs.models.brfr_places import DOCUMENT, has
from simulator.validation.packs.models.brfr_roles import private_ids, siren_of

rules = ModelRules()
_TREATMENT = "BAR"
_BETWEEN_COMPANIES = "B2B"
_VAT_GROUP = "MEMBRE_ASSUJETTI_UNIQUE"
_ADDRESS_SCHEME = "0225"
_VAT_GROUP_SCHEME = "0231"


def count_of(invoice: Invoice, code: str) -> int:
    """How many notes have a subject code."""
    if invoice.syntax == "ubl":
        return invoice.joined_notes.count(f"#{code}#")
    return sum(note.code.value == code for note in invoice.notes)


def contents_of(invoice: Invoice, code: str) -> list[str]:
    """What the notes of a subject code say; of UBL only the first, up to the next ``#``."""
    if invoice.syntax == "ubl":
        _, found, after = invoice.joined_notes.partition(f"#{code}#")
        return [after.partition("#")[0]] if found else []
    return [note.content.value for note in invoice.notes if note.code.value == code]


def _place_of(invoice: Invoice, code: str, rank: int = 0) -> Placed:
    """The note of a subject code; the invoice when none has it for itself."""
    notes = [note for note in invoice.notes if _has_code(note, code)]
    return notes[rank].content if len(notes) > rank else invoice


def _has_code(note: Note, code: str) -> bool:
    return note.code.value == code or f"#{code}#" in note.content.value


def _missing(code: str, invoice: Invoice) -> Iterator[Fault]:
    if not count_of(invoice, code) and has(invoice, DOCUMENT):
        yield Fault(invoice, "", code)


def _repeated(code: str, invoice: Invoice) -> Iterator[Fault]:
    count = count_of(invoice, code)
    if count > 1:
        yield Fault(_place_of(invoice, code, 1), count, 1)


for _rank, _code in enumerate(("PMT", "PMD", "AAB", "TXD"), 1):
    if _code != "TXD":
        rules.add(f"BR-FR-05_BT-22-{_rank}", partial(_missing, _code))
        rules.add(f"BR-FR-05_BT-22_{_code}", partial(_missing, _code))
    rules.add(f"BR-FR-06_BT-21-{_rank}", partial(_repeated, _code))
    rules.add(f"BR-FR-06_BT-21_{_code}", partial(_repeated, _code))


@rules("BR-FR-20_BT-21")
def treatment(invoice: Invoice) -> Iterator[Fault]:
    """What a BAR note says is one of the list; an empty one passes in UBL."""
    for content in contents_of(invoice, _TREATMENT):
        if content not in TREATMENTS and (content or invoice.syntax == "cii"):
            yield Fault(_place_of(invoice, _TREATMENT), content)


@rules("BR-FR-30_BT-21", "BR-FR-31_BT-21")
def one_treatment(invoice: Invoice) -> Iterator[Fault]:
    """One BAR note with a code of the list at most."""
    if not count_of(invoice, _TREATMENT):
        return
    if invoice.syntax == "ubl":
        marked = [n.content.value for n in invoice.notes if _has_code(n, _TREATMENT)]
        text = f"{''.join(marked)}#"
        count = sum(text.count(f"BAR#{code}#") for code in TREATMENTS)
    else:
        said = (normal(content) for content in contents_of(invoice, _TREATMENT))
        count = sum(code in TREATMENTS for code in said)
    if count > 1:
        yield Fault(_place_of(invoice, _TREATMENT, 1), count, 1)


def _between_companies(invoice: Invoice) -> bool:
    return _BETWEEN_COMPANIES in contents_of(invoice, _TREATMENT)


@rules("BR-FR-11_BT-47")
def buyer_siren(invoice: Invoice) -> Iterator[Fault]:
    """B2B: the buyer has a SIREN (BT-47); CII does not look past blanks."""
    if _between_companies(invoice):
        siren = siren_of(invoice, invoice.buyer)
        value = normal(siren.value) if invoice.syntax == "ubl" else siren.value
        if not is_siren(value):
            yield Fault(siren if siren.exists else invoice.buyer, siren.value)


@rules("BR-FR-21_BT-49")
def buyer_address(invoice: Invoice) -> Iterator[Fault]:
    """B2B: BT-49 is an address of the directory that begins with the buyer's SIREN."""
    if _between_companies(invoice) and invoice.type_code.value not in SELF_BILLED:
        yield from _address(invoice, invoice.buyer)


@rules("BR-FR-22_BT-34")
def seller_address(invoice: Invoice) -> Iterator[Fault]:
    """B2B, self-billed: the same of BT-34 and the seller."""
    if _between_companies(invoice) and invoice.type_code.value in SELF_BILLED:
        yield from _address(invoice, invoice.seller)


def _address(invoice: Invoice, party: Party) -> Iterator[Fault]:
    """CII takes the legal identifier, of whatever scheme, for the SIREN."""
    address = party.endpoint
    siren = siren_of(invoice, party) if invoice.syntax == "ubl" else party.legal_id
    if address.scheme != _ADDRESS_SCHEME or not address.value.startswith(siren.value):
        yield Fault(address if address.exists else party, address.value, siren.value)


@rules("BR-FR-CO-14_BT-29-1")
def vat_group(invoice: Invoice) -> Iterator[Fault]:
    """A member of a VAT group (scheme 0231) says so in a note TXD."""
    member = [i for i in private_ids(invoice, invoice.seller) if i.scheme == _VAT_GROUP_SCHEME]
    if member and _VAT_GROUP not in contents_of(invoice, "TXD"):
        yield Fault(member[0])
