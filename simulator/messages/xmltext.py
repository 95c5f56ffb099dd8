"""Text of XML documents: the few functions that our writers build them with.

Values may quote a partner's bytes, so nothing is taken on trust: markup is escaped, and characters
that XML 1.0 cannot carry become U+FFFD. Tag and attribute names are always ours.

Source: XML 1.0 (fifth edition) §2.2 (Char), §2.11 (line ends).
"""

from __future__ import annotations

import re

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
# Every document that leaves can be told from a real one, by a node that no reader has to know.
TEST_DATA = "<!-- aife-sim : message de test, sans valeur -->"

_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;"})


def shortened(prose: str, limit: int) -> str:
    """Prose in at most `limit` characters; a cut shows as an ellipsis. Not for identifiers."""
    return prose if len(prose) <= limit else f"{prose[: limit - 1]}…"


def escaped(value: str) -> str:
    """A value as text of an element, or of an attribute in double quotes."""
    return _ILLEGAL.sub("\ufffd", value).translate(_MARKUP)


def leaf(tag: str, value: str, **attributes: str) -> str:
    """An element with text; value and attributes are escaped."""
    return f"<{_opened(tag, attributes)}>{escaped(value)}</{tag}>"


def optional(tag: str, value: str) -> str:
    """An element with text, or nothing for an empty value."""
    return leaf(tag, value) if value else ""


def branch(tag: str, *children: str, **attributes: str) -> str:
    """An element with elements, one a line; children that are empty texts are left out."""
    inside = "\n".join(filter(None, children))
    return f"<{_opened(tag, attributes)}>\n{inside}\n</{tag}>"


def document(root: str) -> bytes:
    """A whole document around its root element, in UTF-8, marked as test data."""
    return f"{DECLARATION}\n{TEST_DATA}\n{root}\n".encode()


def _opened(tag: str, attributes: dict[str, str]) -> str:
    return " ".join((tag, *(f'{name}="{escaped(text)}"' for name, text in attributes.items())))
