"""What the values of settings may be, in types that say so to people and to editors."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from simulator.domain.businesstime import parse_duration, parse_instant

Port = Annotated[int, Meta(ge=0, le=65535)]
Size = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(gt=0, extra={"allowed": "a number of seconds above 0"})]
Instant = Annotated[
    str,
    Meta(
        extra={
            "check": parse_instant,
            "allowed": "an ISO 8601 instant such as 2026-09-01T08:00:00Z",
        }
    ),
]
Duration = Annotated[
    str,
    Meta(extra={"check": parse_duration, "allowed": "an ISO 8601 duration such as P7D or PT2H"}),
]
Code = Annotated[
    str,
    Meta(pattern="^[A-Z0-9]{6}$", extra={"allowed": "6 uppercase letters or digits"}),
]
Matricule = Annotated[str, Meta(pattern="^[0-9]{4}$", extra={"allowed": "4 digits"})]
As2Name = Annotated[
    str,
    Meta(pattern="^[ -~]{1,128}$", extra={"allowed": "1 to 128 printable ASCII characters"}),
]
AreaName = Annotated[
    str,
    Meta(
        pattern="^/[^/]+$",
        extra={"allowed": "a folder at the root such as /depot"},
    ),
]


def about(description: str) -> Meta:
    """What a setting is for, for editors and `doctor --config`."""
    return Meta(description=description)


def durations(values: tuple[str, ...]) -> None:
    """Raises `ValueError` for a list with anything but durations."""
    for value in values:
        parse_duration(value)


def named_durations(values: dict[str, str]) -> None:
    """Raises `ValueError` for a table with anything but durations."""
    durations(tuple(values.values()))


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One table of the settings file."""
