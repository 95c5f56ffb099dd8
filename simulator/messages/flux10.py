"""Reader of Flux 10, the e-reporting of transactions and payments.

Source: PPF annex 6 (flow 10) v1.10 (TT-n). No element has a namespace.
"""

from __future__ import annotations

from lxml.etree import _Element as Element

from simulator.domain.judgement import Facts
from simulator.messages.reading import attribute, day, facts_of, origin_of, text

REPORT = "Report"

PREFIXES: dict[str, str] = {}

_DOCUMENT = "ReportDocument"
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
    the day it was made, `supplier` the SIREN of the declarant, be it seller or buyer.

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
    return facts_of("flux-10", origin_of(root, PREFIXES), found, given)
