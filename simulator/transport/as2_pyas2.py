"""The door to pyas2lib, the AS2 implementation that plays the other party.

pyas2lib 1.4.4 rests on oscrypto 1.3.0, which reads the version of OpenSSL with a pattern of one
digit a place: from OpenSSL 3.0.10 on the import fails (oscrypto issue 78). `load` tries the plain
import first; only when that fails, and only while it imports again, the pattern is widened.
Nothing else in this package imports pyas2lib or oscrypto.
"""

from __future__ import annotations

import importlib
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import msgspec

_NARROW = r"\b(\d\.\d\.\d[a-z]*)\b"
_WIDE = r"\b(\d+\.\d+\.\d+[a-z]*)\b"
_ROOTS = ("oscrypto", "pyas2lib")
_MARK = "_aife_sim_wide_pattern"

_lock = threading.Lock()


class Pyas2Unavailable(Exception):
    """pyas2lib cannot be used here; the text says why and what to do."""


class Pyas2(msgspec.Struct, frozen=True):
    """pyas2lib, loaded.

    Attributes:
        module: the package; `Organization`, `Partner`, `Message` and `Mdn` are in it.
        version: its version.
        patched: whether oscrypto needed the wider pattern.
    """

    module: ModuleType
    version: str
    patched: bool


def load() -> Pyas2:
    """Import pyas2lib, past oscrypto's version pattern if need be.

    Raises:
        Pyas2Unavailable: it is not installed, or does not import even so.
    """
    with _lock:
        try:
            module = importlib.import_module("pyas2lib")
        except Exception as error:  # a package that fails to import may raise anything
            if type(error).__name__ != "LibraryNotFoundError":
                raise Pyas2Unavailable(_why(error)) from error
            module = _load_patched()
        return Pyas2(module, str(module.__version__), hasattr(module, _MARK))


def _load_patched() -> ModuleType:
    _forget()
    try:
        with _wide_version_pattern():
            module = importlib.import_module("pyas2lib")
    except Exception as error:
        _forget()
        raise Pyas2Unavailable(_why(error)) from error
    setattr(module, _MARK, True)
    return module


def _forget() -> None:
    """Drop what a failed import leaves behind, or the next one would find it half made."""
    for name in [name for name in sys.modules if name.partition(".")[0] in _ROOTS]:
        del sys.modules[name]


@contextmanager
def _wide_version_pattern() -> Iterator[None]:
    """Answer that one pattern differently; any other search is passed on."""
    genuine = re.search

    def search(pattern: Any, string: Any, flags: Any = 0) -> Any:  # noqa: ANN401  # as re.search
        return genuine(_WIDE if pattern == _NARROW else pattern, string, flags)

    re.search = search
    try:
        yield
    finally:
        re.search = genuine


def _why(error: Exception) -> str:
    return (
        f"pyas2lib does not import ({type(error).__name__}: {error}); install it with"
        " 'pip install pyas2lib==1.4.4', or let the built-in AS2 engine play the partner"
    )
