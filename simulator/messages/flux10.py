"""Reader of Flux 10, the e-reporting of transactions and payments.

Source: PPF annex 6 (flow 10) v1.10 (TT-n). No element has a namespace.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from lxml.etree import _Element as Element

from simulator.domain.judgement import Facts
from simulator.messages.reading import attribute, day, facts_of, origin_of, text

REPORT, SYNTAX = "Report", "flux-10"

PREFIXES: dict[str, str] = {}

_DOCUMENT = "ReportDocument"
# TT-17, TT-18; TT-89, TT-90.
_PERIODS = ("TransactionsReport/ReportPeriod", "PaymentsReport/ReportPeriod")
_FIELDS = {
    "number": f"{_DOCUMENT}/Id",  # TT-1
    "issue_date": f"{_DOCUMENT}/IssueDateTime/DateTimeString",  # TT-3
    "type_code": f"{_DOCUMENT}/TypeCode",  # TT-4
    "supplier": f"{_DOCUMENT}/Issuer/Id",  # TT-13
    "supplier_name": f"{_DOCUMENT}/Issuer/Name",  # TT-14
}


def read_facts(root: Element) -> Facts:
    """What a transmission says, valid or not; ``""`` where it says nothing.

    `number` is the id of the transmission, `type_code` its type (``IN`` or ``RE``), `issue_date`
    the day it was made and `issued` the instant, `supplier` the SIREN of the declarant, be it seller or
    buyer.

    Raises:
        KeyError: another root element.
    """
    if root.tag != REPORT:
        raise KeyError(root.tag)
    found = {field: root.find(path) for field, path in _FIELDS.items()}
    given = {
        "issue_date": day(text(found["issue_date"])),
        "supplier_scheme": attribute(found["supplier"], "schemeId"),
    }
    facts = facts_of(SYNTAX, origin_of(root, PREFIXES), found, given)
    issued = text(found["issue_date"])
    return msgspec.structs.replace(facts, issued=issued, periods=tuple(_periods(root)))


def _periods(root: Element) -> Iterator[tuple[str, str]]:
    for path in _PERIODS:
        if (period := root.find(path)) is not None:
            yield text(period.find("StartDate")), text(period.find("EndDate"))


def names_of(facts: Facts) -> tuple[str, ...]:
    """How the file of a transmission may be called: declarant, id, first and last day of a period.

    Source: Chorus Pro external specifications v1.1 §3.2.1.4.1 and §3.6.2.
    """
    return tuple(f"{facts.supplier}_{facts.number}_{start}_{end}" for start, end in facts.periods)
