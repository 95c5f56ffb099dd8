"""Fields of CDAR documents: their values, lengths and the small blocks that all of them share.

Source: PPF annex 2 (flow 6) v2.3 for the fields (MDT-n) and their lengths; figures in
``schemas/messages/cdar.toml``.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo

import msgspec

from simulator import resources
from simulator.domain.findings import Mark
from simulator.messages.xmltext import branch, leaf, optional, shortened

SIRET_SCHEME = "0009"
SIREN_SCHEME = "0002"

_SIRET = re.compile(r"[0-9]{14}")
_SIREN = re.compile(r"[0-9]{9}")
# Schemes of French identifiers in the formats of both channels; "" is a document that gave none.
_FRENCH_SCHEMES = ("", "1", SIRET_SCHEME, SIREN_SCHEME)


class Constants(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Values that every document carries; the names are those of the table."""

    business_process: str
    flow_guideline: str
    invoice_guideline: str
    flow_type: str
    platform_role: str
    ppf_role: str
    buyer_role: str
    seller_role: str
    message_guideline: str
    message_type: str
    declaration_guideline: str
    declaration_type: str
    reference_scheme: str
    matricule_scheme: str
    invalid_data: str
    timezone: str
    source: str
    mark: Mark


class Defaults(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands where the invoice gives nothing usable."""

    number: str
    date: str
    siren: str
    source: str
    mark: Mark


class Phase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """MDT-77 (`type`) and MDT-88 (`status`, ``""`` when absent) of an invoice status.

    Attributes:
        issuer: MDT-40 of who says it in the treatment phase; ``""``: the buyer.
    """

    type: str
    status: str
    source: str
    mark: Mark
    issuer: str = ""


class Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The decoded table: `limits` by field, `phases` by status, `treatment` for the others.

    Attributes:
        actions: MDT-121 -> MDT-122.
    """

    document: Constants
    actions: dict[str, str]
    defaults: Defaults
    treatment: Phase
    limits: dict[str, int]
    phases: dict[str, Phase]


@cache
def form() -> Form:
    """The facts that documents are written with, read once."""
    return msgspec.convert(resources.table("schemas", "messages", "cdar.toml"), Form)


def cut(field: str, value: str) -> str:
    """An identifier or code in the length of its field."""
    return value[: form().limits[field]]


def prose(field: str, value: str) -> str:
    """Prose in the length of its field."""
    return shortened(value, form().limits[field])


def moment(tag: str, instant: datetime) -> str:
    """An instant in format 204, ``YYYYMMDDHHMMSS``, in the zone of the table."""
    return branch(tag, leaf("udt:DateTimeString", stamp(instant), format="204"))


def stamp(instant: datetime) -> str:
    """The same as text."""
    return instant.astimezone(ZoneInfo(form().document.timezone)).strftime("%Y%m%d%H%M%S")


def phase_of(status: str) -> Phase:
    """MDT-77 and MDT-88 of an invoice status."""
    return form().phases.get(status, form().treatment)


def issue_date(text: str) -> str:
    """``YYYY-MM-DD`` as ``YYYYMMDD`` (format 102); the agreed default for anything else."""
    try:
        is_date = date.fromisoformat(text).isoformat() == text
    except ValueError:
        is_date = False
    return text.replace("-", "") if is_date else form().defaults.date


def platform(tag: str, matricule: str, role: str = "") -> str:
    """A party that is a platform, known by its matricule; `role` is another than that of platforms."""
    constants = form().document
    return branch(
        tag,
        leaf("ram:GlobalID", matricule, schemeID=constants.matricule_scheme),
        leaf("ram:RoleCode", role or constants.platform_role),
    )


def treating(role: str, scheme: str, identifier: str, name: str) -> str:
    """MDG-16 of the treatment phase: buyer or seller, who says the status.

    The scheme is that of the identifier where it shows (SIRET, SIREN), else the one given.
    """
    shown = SIREN_SCHEME if _SIREN.fullmatch(identifier) else scheme
    return branch(
        "ram:IssuerTradeParty",
        leaf("ram:GlobalID", cut("MDT-38", identifier), schemeID=shown),
        optional("ram:Name", prose("MDT-39", name)),
        leaf("ram:RoleCode", role),
    )


def supplier(scheme: str, identifier: str) -> str:
    """MDT-129: the SIREN in scheme 0002; a foreign supplier keeps its own scheme."""
    if scheme not in _FRENCH_SCHEMES and identifier:
        return leaf("ram:GlobalID", cut("MDT-129", identifier), schemeID=scheme)
    is_known = _SIRET.fullmatch(identifier) or _SIREN.fullmatch(identifier)
    siren = identifier[:9] if is_known else form().defaults.siren
    return leaf("ram:GlobalID", siren, schemeID=SIREN_SCHEME)
