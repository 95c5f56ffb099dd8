"""A file that a command leaves behind: written whole or not at all, ``-`` for the standard output."""

from __future__ import annotations

import os
from pathlib import Path

import click

STANDARD_OUTPUT = "-"


def can_be_written(target: str) -> None:
    """Finds out before a long run that its result will have no place.

    Raises:
        OSError: the folder of the file is missing or closed, or the file is a folder.
    """
    path = Path(target)
    if target == STANDARD_OUTPUT:
        return
    if path.is_dir():
        raise IsADirectoryError(21, "Is a directory", target)
    if not path.parent.is_dir():
        raise FileNotFoundError(2, "No such folder", str(path.parent))
    if not os.access(path.parent, os.W_OK):
        raise PermissionError(13, "Permission denied", str(path.parent))


def write_whole(target: str, text: str) -> None:
    """Writes a text in UTF-8; a file that was there stays until the new one is complete.

    Raises:
        OSError: it cannot be written.
    """
    if target == STANDARD_OUTPUT:
        click.echo(text, nl=False)
        return
    path = Path(target).resolve()  # a link goes on pointing to the file
    content = text.encode(errors="replace")
    if path.exists() and not path.is_file():  # a pipe or device is not replaced
        path.write_bytes(content)
        return
    draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
    try:
        draft.write_bytes(content)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
