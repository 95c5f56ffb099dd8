"""Reads groups out of elements by mappings: which path below an element holds which field.

A mapping is compiled once to nested tables by tag, so that one pass over the children of an element
fills a group; what no row names is not looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from lxml.etree import _Element as Element

from simulator.messages.invoice.fields import day_of, number_of, text_of
from simulator.messages.invoice.parties import Group

G = TypeVar("G", bound=Group)

# What a row of a compiled table does with a child: go into it, keep the first, or keep all.
_INTO, _ONE, _MANY = range(3)


class Field:
    """How a field is filled: a reader of one element; `many` collects instead of taking the first."""

    def __init__(self, name: str, read: Callable[[Element], object], *, many: bool = False) -> None:
        self.name = name
        self.read = read
        self.many = many


def text(name: str) -> Field:
    """A text, code or identifier; of several the first."""
    return Field(name, text_of)


def texts(name: str) -> Field:
    """Texts, codes or identifiers, all of them."""
    return Field(name, text_of, many=True)


def number(name: str) -> Field:
    """A number; of several the first."""
    return Field(name, number_of)


def numbers(name: str) -> Field:
    """Numbers, all of them."""
    return Field(name, number_of, many=True)


def day(name: str) -> Field:
    """A date; of several the first."""
    return Field(name, day_of)


def group(name: str, mapping: Mapped[Any]) -> Field:
    """A group; of several the first."""
    return Field(name, mapping.read)


def groups(name: str, mapping: Mapped[Any]) -> Field:
    """Groups, all of them."""
    return Field(name, mapping.read, many=True)


Row = tuple[int, str, Any]


class Mapped(Generic[G]):
    """A group and where its fields stand below its element.

    Attributes:
        kind: the class of the group.
        table: compiled rows by tag.
        own: groups read from the same element (path ``.``).
    """

    def __init__(
        self, kind: type[G], fields: Mapping[str, Field], prefixes: Mapping[str, str]
    ) -> None:
        """Compiles a mapping.

        Args:
            kind: the class of the group.
            fields: path below the element (``cac:Country/cbc:IdentificationCode``) to field; a
                last step ``.`` for a group in the element itself.
            prefixes: prefix to namespace.

        Raises:
            ValueError: one path is both a field and on the way to another.
        """
        self.kind = kind
        self.table: dict[Any, Row] = {}
        self.own: list[Field] = []
        for path, field in fields.items():
            self._add([_clark(step, prefixes) for step in path.split("/")], path, field)

    def read(self, element: Element) -> G:
        """The group in an element, valid or not."""
        return self.kind(**self.values(element))

    def values(self, element: Element) -> dict[str, Any]:
        """The fields of the group alone, for a reader that adds to them."""
        values: dict[str, Any] = {"element": element}
        _fill(element, self.table, self.own, values)
        return values

    def _add(self, steps: list[str], path: str, field: Field) -> None:
        table, own = self.table, self.own
        for step in steps[:-1]:
            row = table.setdefault(step, (_INTO, "", ({}, [])))
            if row[0] != _INTO:
                message = f"{path}: {step} is a field of {self.kind.__name__} already"
                raise ValueError(message)
            table, own = row[2]
        if steps[-1] == ".":
            own.append(field)
            return
        if steps[-1] in table:
            message = f"{path} is mapped twice in {self.kind.__name__}"
            raise ValueError(message)
        table[steps[-1]] = (_MANY if field.many else _ONE, field.name, field.read)


def _fill(
    element: Element, table: dict[Any, Row], own: list[Field], values: dict[str, Any]
) -> None:
    for child in element:
        row = table.get(child.tag)
        if row is None:
            continue
        what, name, read = row
        if what == _INTO:
            inner, inner_own = read
            _fill(child, inner, inner_own, values)
        elif what == _MANY:
            _keep_all(values, name, read(child))
        elif name not in values:
            values[name] = read(child)
    if own:
        _fill_own(element, own, values)


def _fill_own(element: Element, own: list[Field], values: dict[str, Any]) -> None:
    for field in own:
        if field.many:
            _keep_all(values, field.name, field.read(element))
        elif field.name not in values:
            values[field.name] = field.read(element)


def _keep_all(values: dict[str, Any], name: str, value: object) -> None:
    found = values.get(name)
    if found is None:
        values[name] = [value]
    else:
        found.append(value)


def _clark(step: str, prefixes: Mapping[str, str]) -> str:
    if step == ".":
        return step
    prefix, _, name = step.partition(":")
    return f"{{{prefixes[prefix]}}}{name}"
