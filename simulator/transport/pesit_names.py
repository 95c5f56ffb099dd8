"""Names of flows in the parameters of a file, both ways.

Where a flow name travels in PeSIT is published nowhere. What reads as one is taken wherever it
stands (PI 37, then 12, then 99); what the rest means says a profile, one file of
``schemas/pesit-profiles/`` (dossier §3.3, assumed).
"""

from __future__ import annotations

import fnmatch
import hashlib
import re
import tomllib
from collections.abc import Iterator
from typing import Literal

import msgspec

from simulator.domain.flowname import FlowName, NameFault, interface_in, own_identifier
from simulator.wire import pesit

_WHOLE = (37, 12, 99)  # looked at for a whole name, in this order
_FIELDS = {37: "label", 12: "file_name", 99: "free", 61: "originator", 62: "recipient"}
_FIELDS |= {3: "requester", 4: "server", 13: "transfer_id"}
_INTERFACE = re.compile(r"[A-Z]{3}[0-9]{4}[A-Z]")
_MOST_TRANSFERS = (1 << 24) - 1  # PI 13 has three octets


class ProfileError(ValueError):
    """A profile that cannot be used; the text says which entry and why."""


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry of a profile: a parameter, why, and how sure that is."""

    pi: int
    source: str
    mark: Literal["official", "deduced", "assumed"]


class Naming(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which parameter carries what.

    Attributes:
        flow_name: the name as a whole.
        interface: code of the interface.
        code_application: of the partner.
        sequence: number of the flow, for a name that is put together.
    """

    flow_name: Place
    interface: Place
    code_application: Place
    sequence: Place

    @classmethod
    def read(cls, toml: str) -> Naming:
        """From the text of a profile. Raises `ProfileError`."""
        try:
            found = msgspec.convert(tomllib.loads(toml), cls)
        except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
            message = f"a PeSIT profile: {error}"
            raise ProfileError(message) from None
        for entry in cls.__struct_fields__:
            if (pi := getattr(found, entry).pi) not in _FIELDS:
                known = ", ".join(map(str, sorted(_FIELDS)))
                message = f"a PeSIT profile: {entry}: expected a PI of {known}, found {pi}"
                raise ProfileError(message)
        return found


def _assumed(pi: int) -> Place:
    return Place(pi, "default.toml", "assumed")


# The same as schemas/pesit-profiles/default.toml, for a listener that is given none.
DEFAULT = Naming(_assumed(37), _assumed(12), _assumed(61), _assumed(13))


def flow_name(create: pesit.Create, naming: Naming = DEFAULT) -> str:
    """The name under which a file becomes a deposit; never empty."""
    for pi in _WHOLE:
        if (text := _text(create, pi)) and _reads(text):
            return text
    composed = _composed(create, naming)
    if composed:
        return composed
    places = (naming.flow_name.pi, *_WHOLE)
    return next((text for pi in places if (text := _text(create, pi))), "unnamed")


def described(name: str, naming: Naming, ours: str, partner: str) -> dict[str, object]:
    """The fields of CREATE or ACK(SELECT) that name a flow of ours.

    Args:
        name: of the flow, with extension.
        naming: the profile.
        ours: our Part ID.
        partner: code application of who gets it.
    """
    interface = interface_in(name) or name[:76]
    fields: dict[str, object] = {"originator": ours, "recipient": partner, "file_name": interface}
    if naming.interface.pi == 99:
        fields["free"] = interface
    fields[_FIELDS[naming.flow_name.pi]] = name
    return fields


def transfer_number(name: str) -> int:
    """PI 13 for a file: the same whenever it is sent, different for its neighbours; 1 to 2**24 - 1.

    The sequence of the flow where it is a number, else taken from a hash.
    """
    try:
        sequence = FlowName.parse(name).sequence
    except NameFault:
        sequence = ""
    if sequence.isdecimal():
        return int(sequence) % _MOST_TRANSFERS + 1
    digest = hashlib.sha256(name.encode("utf-8", "replace")).digest()
    return int.from_bytes(digest[:3], "big") % _MOST_TRANSFERS + 1


def matches(wanted: str, name: str) -> bool:
    """Whether a return is meant by the file name of a SELECT.

    An interface code, a flow name with or without extension, or a pattern with ``*`` and ``?`` for
    any of them; nothing at all means any. PeSIT E leaves the form of a generic name open (assumed).
    """
    wanted = wanted.strip()
    stem = name.partition(".")[0]
    names = {name, stem, interface_in(name) or name}
    pattern = wanted.replace("[", "[[]")
    return not wanted or any(fnmatch.fnmatchcase(one, pattern) for one in names)


def is_generic(wanted: str) -> bool:
    """Whether a SELECT may mean several files."""
    wanted = wanted.strip()
    return not wanted or any(c in wanted for c in "*?") or _INTERFACE.fullmatch(wanted) is not None


def _text(create: pesit.Create, pi: int) -> str:
    found = getattr(create, _FIELDS[pi])
    return "" if found is None else str(found).rstrip(" \0")


def _reads(text: str) -> bool:
    try:
        FlowName.parse(text)
    except NameFault:
        return False
    return True


def _composed(create: pesit.Create, naming: Naming) -> str | None:
    """A name from its parts, if they can be read."""
    interface, code, sequence = _parts(create, naming)
    if not sequence.isdecimal() or not _INTERFACE.fullmatch(interface):
        return None
    try:
        identifier = own_identifier(code, interface, int(sequence))
        return str(FlowName.parse(f"{interface}_{code}_{identifier}"))
    except ValueError:
        return None


def _parts(create: pesit.Create, naming: Naming) -> Iterator[str]:
    for place in (naming.interface, naming.code_application, naming.sequence):
        yield _text(create, place.pi)
