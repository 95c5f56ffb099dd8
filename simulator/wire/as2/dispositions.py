"""What an MDN says about a message: the ``Disposition`` field, read leniently, written exactly.

Source: RFC 4130 section 7.4 and RFC 8098 section 3.2.6; rfc4130bis adds the modifiers
``unknown-trading-relationship``, ``illegal-filename``, ``duplicate-filename`` and
``invalid-message-id``.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

AUTOMATIC = "automatic-action/MDN-sent-automatically"

Verdict = Literal["processed", "warning", "error", "failed", "unknown"]


class Disposition(msgspec.Struct, frozen=True):
    """One disposition value.

    Attributes:
        type: ``processed``, ``failed`` or what the partner wrote, in lower case.
        modifier: ``""``, ``error``, ``warning``, ``failure`` or what the partner wrote.
        text: what follows the colon, as it stands (``authentication-failed``).
        mode: action and sending mode, before the semicolon.
    """

    type: str
    modifier: str = ""
    text: str = ""
    mode: str = AUTOMATIC

    def __str__(self) -> str:
        modifier = f"/{self.modifier}" if self.modifier else ""
        text = f": {self.text}" if self.text else ""
        return f"{self.mode}; {self.type}{modifier}{text}"

    @property
    def verdict(self) -> Verdict:
        """What the disposition comes to, whatever its spelling."""
        if self.type == "failed" or "failure" in self.modifier:
            return "failed"
        if "error" in self.modifier:
            return "error"
        if self.type != "processed":
            return "unknown"
        return "warning" if self.modifier else "processed"

    @property
    def is_positive(self) -> bool:
        """Whether the sender may consider its message delivered (a warning delivers)."""
        return self.verdict in {"processed", "warning"}


def _error(text: str) -> Disposition:
    return Disposition("processed", "error", text)


def _failure(text: str) -> Disposition:
    return Disposition("failed", "failure", text)


PROCESSED = Disposition("processed")
AUTHENTICATION_FAILED = _error("authentication-failed")
DECRYPTION_FAILED = _error("decryption-failed")
DECOMPRESSION_FAILED = _error("decompression-failed")
INTEGRITY_CHECK_FAILED = _error("integrity-check-failed")
INSUFFICIENT_MESSAGE_SECURITY = _error("insufficient-message-security")
UNEXPECTED_PROCESSING_ERROR = _error("unexpected-processing-error")
UNKNOWN_TRADING_RELATIONSHIP = _error("unknown-trading-relationship")
DUPLICATE_FILENAME = _error("duplicate-filename")
ILLEGAL_FILENAME = _error("illegal-filename")
INVALID_MESSAGE_ID = _error("invalid-message-id")
DUPLICATE_DOCUMENT = Disposition("processed", "warning", "duplicate-document")
UNSUPPORTED_FORMAT = _failure("unsupported format")
UNSUPPORTED_MIC_ALGORITHMS = _failure("unsupported MIC-algorithms")
SENDER_EQUALS_RECEIVER = _failure("sender-equals-receiver")

_VALUE = re.compile(r"(?:([^;]*);)?([^/:]*)(?:/([^:]*))?(?::(.*))?", re.DOTALL)


def parse_disposition(value: str) -> Disposition:
    """Read a ``Disposition`` field; old spellings (``processed/Error: x``) too, never an error."""
    found = _VALUE.fullmatch(value)
    if found is None:
        return Disposition("", text=value.strip())
    mode, kind, modifier, text = ((group or "").strip() for group in found.groups())
    return Disposition(kind.lower(), modifier.lower(), text, mode or AUTOMATIC)
