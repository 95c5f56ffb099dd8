"""Model rules: Python functions over the neutral invoice, registered by id.

    rules = ModelRules()

    @rules("BR-CO-10")
    def lines_total(invoice: Invoice) -> Iterator[Fault]:
        ...

A function yields a `Fault` for each place where it fires. It neither raises nor loops over lines
inside a loop over lines; sums by VAT category are on the invoice (`Invoice.vat_sums`).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from datetime import date
from typing import Protocol

import msgspec
from lxml.etree import _Element as Element

from simulator.messages.invoice.model import Invoice
from simulator.validation.packs.rows import PackError


class Placed(Protocol):
    """A field or group of the invoice."""

    @property
    def element(self) -> Element | None:
        """Where it stands; None when it is not there."""
        ...


class Fault(msgspec.Struct, frozen=True, eq=False, gc=False):
    """A place where a rule fires.

    Attributes:
        at: the field or group at fault; for what is missing, the group that should have it.
        found: what is there, for the message.
        expected: what should be there, for the message.
        before: the fault stands only where the rules are asked for a day before this one
            (`Scope.on`); None: always.
    """

    at: Placed
    found: object = ""
    expected: object = ""
    before: date | None = None


Function = Callable[[Invoice], Iterable[Fault]]


class ModelRules:
    """The model rules of one module, which keeps them under the name ``rules``."""

    def __init__(self) -> None:
        self.functions: dict[str, Function] = {}

    def __call__(self, *ids: str) -> Callable[[Function], Function]:
        """Registers a function under one or more ids."""

        def registered(function: Function) -> Function:
            for rule in ids:
                self.add(rule, function)
            return function

        return registered

    def add(self, rule: str, function: Function) -> None:
        """Registers a function; an id that is taken is a `PackError`."""
        if rule in self.functions:
            message = f"model rule {rule} is registered twice"
            raise PackError(message)
        self.functions[rule] = function


def functions_of(modules: tuple[str, ...]) -> dict[str, Function]:
    """The functions that modules registered, by id; of an id in several the first module counts.

    Raises:
        PackError: a module cannot be imported, or has no ``rules``.
    """
    found: dict[str, Function] = {}
    for name in modules:
        try:
            rules: ModelRules = importlib.import_module(name).rules
        except (ModuleNotFoundError, AttributeError) as error:
            message = f"module {name} of model rules: {error}"
            raise PackError(message) from None
        for rule, function in rules.functions.items():
            found.setdefault(rule, function)
    return found
