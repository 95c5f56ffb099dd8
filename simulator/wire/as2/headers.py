"""Header fields: read by name, in any order and any folding, never an exception.

Source: RFC 822/5322 section 2.2 (fields, folding), RFC 2045 section 5.1 (parameters), RFC 2231
(encoded and continued parameters), RFC 2047 (encoded words, met in file names), RFC 4130
section 6.2 (AS2 names).
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from urllib.parse import quote, unquote_to_bytes

import msgspec

from simulator.wire.as2.errors import LocalProtocolError

_FOLD = re.compile(r"\r?\n[ \t]+")
_LINE = re.compile(r"\r?\n")
_PARAMETER = re.compile(r';\s*([^\s=;"]+)\s*=\s*("(?:[^"\\]|\\.)*"?|[^;]*)', re.DOTALL)
_QUOTED_PAIR = re.compile(r'\\(["\\])')
_ENCODED_WORD = re.compile(r"=\?([^?]*)\?([bBqQ])\?([^?]*)\?=")
_UNSAFE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class Headers(msgspec.Struct, frozen=True):
    """Header fields in their order; names compare without case, values are kept as received."""

    fields: tuple[tuple[str, str], ...] = ()
    _first: dict[str, str] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        """Index the first value of each name: a dozen look-ups are made for each message."""
        self._first.update((name.lower(), value) for name, value in reversed(self.fields))

    @classmethod
    def of(cls, pairs: Iterable[tuple[str | bytes, str | bytes]]) -> Headers:
        """Take the pairs that an HTTP library gives, text or bytes."""
        return cls(tuple((_text(name).strip(), _text(value).strip()) for name, value in pairs))

    @classmethod
    def parse(cls, block: bytes) -> Headers:
        """Read a header block; what is not a field is passed over."""
        text = block.decode("latin-1")
        lines = _LINE.split(_FOLD.sub(" ", text) if "\n " in text or "\n\t" in text else text)
        split = (line.partition(":") for line in lines)
        return cls(tuple((name.strip(), value.strip()) for name, colon, value in split if colon))

    def get(self, name: str, default: str = "") -> str:
        """First value of that name."""
        return self._first.get(name.lower(), default)

    def all(self, name: str) -> list[str]:
        """Every value of that name."""
        return [value for key, value in self.fields if key.lower() == name.lower()]

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._first

    def parameters(self, name: str) -> tuple[str, Mapping[str, str]]:
        """A structured value (``Content-Type`` ...) as main value and parameters, in lower case."""
        return parse_parameters(self.get(name))


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("latin-1")


@lru_cache(maxsize=64)
def parse_parameters(value: str) -> tuple[str, Mapping[str, str]]:
    """Split ``main; a=b; c="d"``; the first of repeated parameters counts."""
    main, parameters = value.partition(";")[0].strip().lower(), dict[str, str]()
    for name, raw in _PARAMETER.findall(value):
        parameters.setdefault(name.lower(), _unquoted(raw.strip()))
    return main, parameters


def _unquoted(raw: str) -> str:
    if not raw.startswith('"'):
        return raw
    inner = raw[1:-1] if len(raw) > 1 and raw.endswith('"') else raw[1:]
    return _QUOTED_PAIR.sub(r"\1", inner) if "\\" in inner else inner


def parameter_text(parameters: Mapping[str, str], name: str) -> str:
    """A parameter as readable text: plain, RFC 2231 (``name*``, ``name*0``) or RFC 2047."""
    if f"{name}*" in parameters:
        return _extended(parameters[f"{name}*"])
    if name in parameters:
        return _readable(parameters[name])
    return _continued(parameters, name)


def _continued(parameters: Mapping[str, str], name: str) -> str:
    pieces, encoded = [], False
    for index in range(len(parameters)):
        key = f"{name}*{index}"
        if key not in parameters and f"{key}*" not in parameters:
            break
        encoded = encoded or f"{key}*" in parameters
        pieces.append(parameters.get(f"{key}*", parameters.get(key, "")))
    return _extended("".join(pieces)) if encoded else _readable("".join(pieces))


def _extended(value: str) -> str:
    charset, _, rest = value.partition("'")
    _, quote, text = rest.partition("'")
    return _decoded(unquote_to_bytes(text if quote else value), charset if quote else "")


def _readable(value: str) -> str:
    """Undo RFC 2047 words, and UTF-8 that was read as Latin-1."""
    if "=?" in value:
        return _ENCODED_WORD.sub(lambda word: _word(*word.groups()), value)
    try:
        return _decoded(value.encode("latin-1"), "")
    except UnicodeEncodeError:
        return value


def _word(charset: str, encoding: str, text: str) -> str:
    try:
        if encoding in "bB":
            raw = binascii.a2b_base64(text)
        else:
            raw = binascii.a2b_qp(text.encode("latin-1"), header=True)
    except (binascii.Error, UnicodeEncodeError):
        return text
    return _decoded(raw, charset)


def _decoded(raw: bytes, charset: str) -> str:
    for candidate in (charset, "utf-8"):
        try:
            return raw.decode(candidate)
        except (LookupError, ValueError):
            continue
    return raw.decode("latin-1")


def unquote_name(value: str) -> str:
    """An AS2 name as it is, from its form in ``AS2-From`` or ``AS2-To``."""
    value = value.strip()
    if len(value) > 1 and value.startswith('"') and value.endswith('"'):
        return _QUOTED_PAIR.sub(r"\1", value[1:-1])
    return value


def quote_name(name: str) -> str:
    """An AS2 name in its header form: quoted only if it must be.

    Raises:
        LocalProtocolError: not 1 to 128 printable ASCII characters (RFC 4130 section 6.2).
    """
    if not 1 <= len(name) <= 128 or not (name.isascii() and name.isprintable()):
        raise LocalProtocolError(
            f"AS2 name {name!r}: 1 to 128 printable ASCII characters are expected"
        )
    if re.search(r'[\\" ]', name):
        return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return name


def quoted_parameter(name: str, value: str) -> str:
    """``; name="value"``, and ``name*`` in UTF-8 where ASCII does not do (RFC 2231)."""
    checked_value(name, value)
    plain = value.replace("\\", "\\\\").replace('"', '\\"')
    if value.isascii():
        return f'; {name}="{plain}"'
    return f"; {name}*=utf-8''{quote(value, safe='')}"


def checked_value(name: str, value: str) -> str:
    """The value, once sure that it cannot break out of its header line.

    Raises:
        LocalProtocolError: it has a line break or another control character.
    """
    if _UNSAFE.search(value):
        raise LocalProtocolError(f"{name}: {value!r} has control characters, which no header takes")
    return value


def block(fields: Iterable[tuple[str, str]]) -> bytes:
    """Header fields as bytes, with the empty line that ends them."""
    lines = "".join(f"{name}: {checked_value(name, value)}\r\n" for name, value in fields)
    return f"{lines}\r\n".encode()
