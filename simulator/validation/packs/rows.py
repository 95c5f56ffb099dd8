"""What a pack says: header, rules, texts. Read from TOML, checked by type.

A rule is of one kind, told by what it has: ``test`` (also as ``require`` or ``single``), ``forbid``,
``codes`` or ``function``. docs/rules.md has the fields with examples.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

import msgspec

from simulator.domain.findings import Level, Mark, Severity

Kind = Literal["test", "forbid", "codes", "model"]
Motifs = dict[str, str]


class PackError(ValueError):
    """A pack that cannot be used; the text names file, rule and reason."""


class Repair(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How to repair, in both languages."""

    en: str
    fr: str


class Texts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Words of a rule; what is not given comes from the defaults. Templates with ``{name}`` places.

    Attributes:
        message: French, as the platform would say it.
        asked: English: what the rule asks for.
        repair: what to do.
    """

    message: str | None = None
    asked: str | None = None
    repair: Repair | None = None


class Row(Texts, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One rule, or defaults for the rules of a file (in ``[defaults]``).

    Attributes:
        syntaxes: names of design §7, or ``ubl``, ``cii``, ``cdar``, ``cpp``.
        circuits, interfaces: where it applies; empty: everywhere.
        profiles: beginnings of BT-24, or whole BT-23, for which it applies; empty: all.
        severity: only ``error`` refuses.
        level: what the rule speaks of.
        motif: code on the wire: one for all circuits, or by circuit (``*`` for the others).
        source, mark: where the rule is from, and how far it is known.
        since, until: first and last day on which it applies.
        context: pattern of the elements that it is about.
        unless: pattern of elements that are left out though the context has them.
        test: XPath 1.0 on an element of the context, true when all is well.
        require: relative path to something that must be there and not blank.
        single: relative path of which there may be one at most.
        forbid: relative or absolute path to what must not be there.
        codes: name of the code list that the context must be of; a list of names is their union.
        value: ``.`` for the text of the context, ``@name`` for its attribute.
        function: whether the rule is a Python function registered under its id.
    """

    syntaxes: tuple[str, ...] | None = None
    circuits: tuple[str, ...] = ()
    interfaces: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    severity: Severity | None = None
    level: Level | None = None
    motif: str | Motifs | None = None
    source: str | None = None
    mark: Mark | None = None
    since: date | None = None
    until: date | None = None
    context: str | None = None
    unless: str | None = None
    test: str | None = None
    require: str | None = None
    single: str | None = None
    forbid: str | None = None
    codes: str | tuple[str, ...] | None = None
    value: str = "."
    function: bool = False


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of a pack.

    Attributes:
        defaults: for the rules of this file.
        variables: names of tests to absolute XPath expressions, computed once a document.
        texts: words by rule id, for rules of any file of the pack.
        rules: by id.
    """

    defaults: Row = Row()
    variables: dict[str, str] = {}
    texts: dict[str, Texts] = {}
    rules: dict[str, Row] = {}


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``pack.toml``.

    Attributes:
        name: as jobs and ``--packs`` name it.
        version: of the rules (``1.3.16``).
        title: one line, English.
        functions: modules below ``simulator.validation.packs.models`` with its model rules.
        extends: pack (``name`` or ``name@version``) whose rules it takes over.
        without: ids of rules that it does not take over.
        defaults: for the rules of all files.
    """

    name: str
    version: str
    title: str
    source: str
    mark: Mark
    functions: tuple[str, ...] = ()
    extends: str = ""
    without: tuple[str, ...] = ()
    defaults: Row = Row()


class Rule(msgspec.Struct, frozen=True, eq=False):
    """A rule ready to be compiled: defaults and words are in it.

    Attributes:
        id: shown in findings; two rules of a pack have the same one if their syntaxes differ.
        pack: its pack, ``name`` or ``name@version`` as it was asked for.
        kind: which of the following it uses.
        context: pattern.
        test: XPath 1.0 test of a path rule.
        forbid: pattern of what must not be there.
        codes: union of its lists.
        lists: the names of those lists.
        variables: of its file, for its test.
    """

    id: str
    pack: str
    version: str
    kind: Kind
    syntaxes: tuple[str, ...]
    message: str
    asked: str
    repair: Repair
    severity: Severity
    level: Level
    motif: Motifs
    source: str
    mark: Mark
    circuits: tuple[str, ...] = ()
    interfaces: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    context: str = ""
    unless: str = ""
    test: str = ""
    forbid: str = ""
    codes: frozenset[str] = frozenset()
    lists: tuple[str, ...] = ()
    value: str = "."
    variables: dict[str, str] = {}

    def motif_on(self, circuit: str) -> str | None:
        """The motif code on a circuit; None when nothing leaves."""
        return self.motif.get(circuit, self.motif.get("*"))

    def applies(self, circuit: str, interface: str) -> bool:
        """Whether it holds on a circuit and interface; ``""`` is any."""
        here = not self.circuits or not circuit or circuit in self.circuits
        return here and (not self.interfaces or not interface or interface in self.interfaces)


class Pack(msgspec.Struct, frozen=True, eq=False):
    """A pack that was read.

    Attributes:
        key: ``name``, or ``name@version`` for one that lies in a folder of that name.
        rules: of all syntaxes.
        functions: full names of the modules with its model rules.
    """

    key: str
    header: Header
    rules: tuple[Rule, ...]
    functions: tuple[str, ...]
