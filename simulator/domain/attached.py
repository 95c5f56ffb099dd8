"""What a file inside a message may be called and may be: ids of rules, worded elsewhere.

One set of checks for files that come in documents (`simulator.validation.attachments`) and for those
that somebody has an actor send along (`simulator.exchange.enclosing`). The values are data:
``schemas/codelists/attachments.toml``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping

import msgspec

from simulator.domain.findings import Mark

# Id of a rule, with what its texts ask for.
Fault = tuple[str, Mapping[str, object]]

# Categories of characters that cannot be seen: control (line breaks), format (direction of writing).
_UNSEEN = ("Cc", "Cf", "Zl", "Zp")
_SEPARATORS = frozenset("/\\")
_LONGEST = 120


class CodeList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Values that a source lists."""

    values: frozenset[str]
    source: str
    date: str
    mark: Mark


class Length(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A number of characters that a source gives."""

    characters: int
    source: str
    date: str
    mark: Mark


class Extensions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The extensions that some circuits accept.

    Attributes:
        values: lower case, without the dot.
        circuits: whose attachments they are.
        rule: row that words a refusal.
        named_by_reference: the identifier of the reference stands in for a missing file name.
    """

    values: frozenset[str]
    circuits: tuple[str, ...]
    rule: str
    source: str
    date: str
    mark: Mark
    named_by_reference: bool = False


class Portal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Largest attachment, in bytes, of actors who speak by portal or API, not by EDI."""

    actors: tuple[str, ...]
    bytes: int
    source: str
    date: str
    mark: Mark


class MimeTypes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """MIME types by extension, for a file that nobody told the type of."""

    values: Mapping[str, str]
    other: str
    source: str
    date: str
    mark: Mark

    def of(self, name: str) -> str:
        """The type of a file by its name."""
        return self.values.get(extension_of(name).lower(), self.other)


class Conventions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The table ``schemas/codelists/attachments.toml``."""

    longest_name: Length
    forbidden_characters: CodeList
    portal: Portal
    mime_types: MimeTypes
    extensions: Mapping[str, Extensions]
    kinds_with_pdf: CodeList
    kinds_with_stylesheet: CodeList

    def of_circuit(self, circuit: str) -> Extensions | None:
        """The list of a circuit; None if it has none."""
        return next((row for row in self.extensions.values() if circuit in row.circuits), None)


def size_faults(shown: str, size: int, limit: int) -> Iterator[Fault]:
    """What is wrong with the size of a file, in bytes."""
    if not size:
        yield "IRR_VID_PJ", {"name": shown}
    elif size > limit:
        yield "IRR_TAILLE_PJ", {"name": shown, "size": size, "limit": limit}


def name_faults(
    name: str, conventions: Conventions, extensions: Extensions | None
) -> Iterator[Fault]:
    """What is wrong with the name of a file; without extensions, only what misleads whoever reads it."""
    unsafe = bool(name) and _is_unsafe(name)
    if unsafe:
        yield "IRR_NOM_PJ_UNSAFE", {"name": shown_name(name)}
    if extensions is None:
        return
    if not name:
        yield "IRR_NOM_PJ_MISSING", {}
        return
    yield from _of_circuit(name, conventions, extensions, unsafe=unsafe)


def _of_circuit(
    name: str, conventions: Conventions, extensions: Extensions, *, unsafe: bool
) -> Iterator[Fault]:
    """What a circuit asks of a name."""
    shown = shown_name(name)
    forbidden = conventions.forbidden_characters.values
    if not unsafe and (found := sorted(forbidden.intersection(name))):
        signs = {"found": " ".join(found), "forbidden": " ".join(sorted(forbidden))}
        yield "IRR_NOM_PJ_CHARACTER", {"name": shown, **signs}
    extension = extension_of(name)
    if extension.lower() not in extensions.values:
        expected = ", ".join(sorted(extensions.values))
        told = f".{shown_name(extension)}" if extension else "''"
        yield extensions.rule, {"name": shown, "found": told, "expected": expected}
    longest = conventions.longest_name.characters
    if len(name) > longest:
        kept = shown_name(cut_name(name, longest))
        yield (
            "ATTACHMENT_NAME_CUT",
            {"name": shown, "length": len(name), "limit": longest, "cut": kept},
        )


def extension_of(name: str) -> str:
    """What follows the last dot of a name; ``""`` without one."""
    return name.rpartition(".")[2] if "." in name else ""


def cut_name(name: str, longest: int) -> str:
    """A name as Chorus Pro keeps it: so many characters, the extension among them."""
    extension = extension_of(name)
    if len(name) <= longest or not extension or len(extension) >= longest - 1:
        return name[:longest]
    stem = name.rpartition(".")[0]
    return f"{stem[: longest - len(extension) - 1]}.{extension}"


def shown_name(name: str) -> str:
    """A name for a message: one line, nothing unseen."""
    seen = (
        f"\\u{ord(c):04x}" if unicodedata.category(c) in _UNSEEN else c for c in name[:_LONGEST]
    )
    return "".join(seen) + ("..." if len(name) > _LONGEST else "")


def _is_unsafe(name: str) -> bool:
    """Whether a name is a path, or has characters that mislead whoever reads it."""
    if name in (".", "..") or not _SEPARATORS.isdisjoint(name):
        return True
    return any(unicodedata.category(character) in _UNSEEN for character in name)
