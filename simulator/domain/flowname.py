"""Names of flows (envelopes) as they travel on the wire.

A name is ``{interface:8}_{code application:6}_{id:25}[.extension]`` and the id is
``{emitter:6}{interface digits:4}{sequence:15}``.

Source: Chorus Pro external specifications v1.0 §5.4.3.1; PPF general dossier v3.2 §3.4.5.
"""

from __future__ import annotations

import re

import msgspec

UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DIGITS = "0123456789"
ALNUM = UPPER + DIGITS
EXTENSIONS = (".tar.gz", ".xml", ".zip", ".pdf")
ID_LENGTH = 25
STEM_LENGTH = 41

# One row a part, in reading order: first character, length, characters allowed, words for a person.
_LAYOUT: tuple[tuple[str, int, int, str, str], ...] = (
    ("interface letters", 0, 3, UPPER, "3 uppercase letters"),
    ("interface digits", 3, 4, DIGITS, "4 digits"),
    ("interface version", 7, 1, UPPER, "1 uppercase letter"),
    ("first separator", 8, 1, "_", "an underscore"),
    ("code application", 9, 6, ALNUM, "6 uppercase letters or digits"),
    ("second separator", 15, 1, "_", "an underscore"),
    ("emitter", 16, 6, ALNUM, "6 uppercase letters or digits"),
    ("sequence", 22, 19, ALNUM, "19 uppercase letters or digits"),
)
_INTERFACE_CODE = re.compile(r"[A-Z]{3}[0-9]{4}[A-Z]")


class NameFault(ValueError):
    """A name that is not a flow name.

    Attributes:
        part: which part is wrong, in the words of the layout (``"sequence"``, ``"extension"`` ...).
        at: 0-based index of the first wrong character; the length of the name when it is too short.
        expected: what stands there in a legal name.
        found: what was found there, at most 60 characters.
    """

    def __init__(self, part: str, at: int, expected: str, found: str) -> None:
        super().__init__(f"{part} at character {at + 1}: expected {expected}, found {found!r}")
        self.part = part
        self.at = at
        self.expected = expected
        self.found = found[:60]


class FlowName(msgspec.Struct, frozen=True):
    """A legal flow name, in its parts.

    Attributes:
        interface: 8 characters, ``FSO1100A``.
        code_application: 6 characters; always the partner's, whoever sends.
        identifier: 25 characters, the portal's "numéro de flux".
        extension: with its dot, ``""`` when the name has none.
    """

    interface: str
    code_application: str
    identifier: str
    extension: str = ""

    @classmethod
    def parse(cls, text: str) -> FlowName:
        """Reads a name; raises `NameFault` that tells the part and the character."""
        for part, start, length, allowed, expected in _LAYOUT:
            _check_part(text, part, start, length, allowed, expected)
        extension = text[STEM_LENGTH:]
        if extension and extension not in EXTENSIONS:
            at = STEM_LENGTH + _first_difference(extension)
            raise NameFault(
                "extension", at, "nothing, " + ", ".join(EXTENSIONS), extension or "nothing"
            )
        return cls(text[0:8], text[9:15], text[16:STEM_LENGTH], extension)

    def __str__(self) -> str:
        """The name as it stands on the wire."""
        return f"{self.stem}{self.extension}"

    @property
    def stem(self) -> str:
        """The 41 characters without extension."""
        return f"{self.interface}_{self.code_application}_{self.identifier}"

    @property
    def emitter(self) -> str:
        """Code application of who emitted the flow (first 6 of the identifier)."""
        return self.identifier[:6]

    @property
    def sequence(self) -> str:
        """The emitter's 15 characters at the end of the identifier."""
        return self.identifier[10:]

    def acknowledged_by(self, interface: str, extension: str = ".tar.gz") -> FlowName:
        """Name of the acknowledgement of this flow: another code, the rest unchanged.

        Source: PPF general dossier v3.2 fig. 16-20, applied to Chorus Pro (deduced).
        """
        return FlowName(interface, self.code_application, self.identifier, extension)


def own_identifier(prefix: str, interface: str, number: int) -> str:
    """The 25-character id of a flow that we emit.

    Args:
        prefix: 6 characters of the emitter, ``CPP001``.
        interface: 8-character code whose digits go in.
        number: counter of the emitter, 1 to 10**15 - 1.
    """
    identifier = f"{prefix}{interface[3:7]}{number:015d}"
    if len(identifier) != ID_LENGTH:
        message = f"an identifier has {ID_LENGTH} characters: {identifier!r} has {len(identifier)}"
        raise ValueError(message)
    return identifier


def interface_in(text: str) -> str | None:
    """The interface code that a name starts with, if that much of it can be read."""
    head = text[:8]
    return head if _INTERFACE_CODE.fullmatch(head) and text[8:9] == "_" else None


def code_application_in(text: str) -> str | None:
    """The code application that a name holds, if the name can be read that far."""
    part = text[9:15]
    readable = len(part) == len("DEM001") and all(c in ALNUM for c in part)
    return part if interface_in(text) and readable else None


def _check_part(text: str, part: str, start: int, length: int, allowed: str, expected: str) -> None:
    found = text[start : start + length]
    for offset, character in enumerate(found):
        if character not in allowed:
            raise NameFault(part, start + offset, expected, character)
    if len(found) < length:
        raise NameFault(part, len(text), expected, "end of name")


def _first_difference(extension: str) -> int:
    """Index of the first character that no legal extension has in that place."""
    best = 0
    for legal in EXTENSIONS:
        common = 0
        while common < min(len(legal), len(extension)) and legal[common] == extension[common]:
            common += 1
        best = max(best, common)
    return best
