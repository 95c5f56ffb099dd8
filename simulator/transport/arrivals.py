"""Files that somebody fetches or is given: which name each gets in a folder, and that it keeps it.

Who says that a file arrived is believed: the other side forgets it. So it is on the disk before, and
so is its name.
"""

from __future__ import annotations

import os
from collections.abc import Set
from pathlib import Path
from typing import Final

LONGEST_NAME: Final = 240
"""Octets of a name: what a file system takes, less a number and the name of a draft."""
UNNAMED: Final = "unnamed"
_RESERVED: Final = frozenset('<>:"|?*')


def local_name(name: str, taken: Set[str] = frozenset()) -> str:
    """A name for the disk for a name of the peer: never a path, never hidden, never one twice."""
    last = name.replace("\\", "/").rpartition("/")[2]
    safe = "".join(c if c.isprintable() and c not in _RESERVED else "_" for c in last)
    safe = safe.lstrip(".").encode(errors="replace")[:LONGEST_NAME].decode(errors="ignore")
    first = candidate = safe or UNNAMED
    number = 1
    while candidate in taken:
        number += 1
        candidate = f"{first}.{number}"
    return candidate


def put_in_place(draft: Path, target: Path) -> None:
    """Gives a draft that is on the disk its name for good; replaces what had it. Raises OSError."""
    draft.replace(target)
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Has a folder know its names for good. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
