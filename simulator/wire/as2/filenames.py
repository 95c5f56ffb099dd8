"""File names from the wire: what the partner wrote, made safe to show and to store.

Source: draft-ietf-ediint-filename-preservation (name in the ``Content-Disposition`` of the
innermost part), RFC 2183 section 2.3 and RFC 6266 section 4.3 (never trust a path).
"""

from __future__ import annotations

import re
import unicodedata

from simulator.wire.as2.headers import Headers, parameter_text

MAX_BYTES = 255
"""The longest name that common file systems take, in UTF-8 bytes."""

_FORBIDDEN = re.compile(r'[<>:"|?*]')
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def announced_name(headers: Headers) -> str:
    """The name as announced by ``Content-Disposition``, else by ``Content-Type``, else empty."""
    _, disposition = headers.parameters("Content-Disposition")
    _, content_type = headers.parameters("Content-Type")
    return parameter_text(disposition, "filename") or parameter_text(content_type, "name")


def safe_name(announced: str) -> str | None:
    """A name without path, control characters and device names; None when nothing remains."""
    name = unicodedata.normalize("NFC", announced).replace("\\", "/").rpartition("/")[2]
    if not name.isprintable():
        name = "".join(c for c in name if unicodedata.category(c)[0] != "C")
    name = _FORBIDDEN.sub("_", name).strip(" .")
    if _DEVICE.fullmatch(name):
        name = f"_{name}"
    return _shortened(name) or None


def _shortened(name: str) -> str:
    if len(name.encode()) <= MAX_BYTES:
        return name
    stem, dot, suffix = name.partition(".")
    tail = f"{dot}{suffix}" if len(suffix) <= 16 else ""
    room = MAX_BYTES - len(tail.encode())
    return (stem if tail else name).encode()[:room].decode(errors="ignore") + tail
