"""Opening a data folder: lock, schema, settings of SQLite, and the folder of large blobs."""

from __future__ import annotations

import fcntl
import os
import secrets
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Literal

from simulator.domain.flows import BlobRef

Sync = Literal["full", "normal", "off"]
FILE = "journal.sqlite3"
_MIGRATIONS = Path(__file__).parent / "migrations"
# The engine merges the log when it is idle; this bound (256 MiB) is for a node that never is.
_CHECKPOINT_PAGES = 65536


class StoreError(Exception):
    """A data folder cannot be used; one line that says why and what to do."""


class Store:
    """An open data folder. One process at a time writes it.

    Args:
        folder: exists and is writable.
        sync: ``full`` survives power loss, ``normal`` survives a kill, ``off`` neither.

    Raises:
        StoreError: another process has it, or its schema is newer than this program.
    """

    def __init__(self, folder: Path, sync: Sync = "full") -> None:
        self.folder = folder
        self.sync = sync
        self.incoming = folder / "incoming"
        self.blobs = folder / "blobs"
        self._lock = _lock(folder)
        try:
            for part in (self.incoming, self.blobs):
                part.mkdir(mode=0o700, exist_ok=True)
            self._sweep()
            self.connection = self._open()
            self._sweep_blobs()
        except BaseException:
            os.close(self._lock)
            raise

    def _sweep(self) -> None:
        """Spools of a process that is gone were never acknowledged."""
        for leftover in self.incoming.iterdir():
            leftover.unlink(missing_ok=True)

    def _sweep_blobs(self) -> None:
        """A large content whose transaction never came was never acknowledged either."""
        kept = {row[0] for row in self.connection.execute("SELECT sha256 FROM blob")}
        for file in self.blobs.iterdir():
            if file.name not in kept:
                file.unlink(missing_ok=True)

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.folder / FILE, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {self.sync.upper()}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        connection.execute("PRAGMA foreign_keys = ON")
        migrate(connection)
        return connection

    def adopt(self, spooled: Path, ref: BlobRef) -> None:
        """Makes a spooled file, already fsynced, the blob `ref`: rename, then fsync of the folder.

        Called off the reactor and before the transaction that refers to it.
        """
        spooled.replace(self.blob_path(ref.sha256))
        if self.sync == "full":
            sync_folder(self.blobs)

    def write_blob(self, ref: BlobRef, content: bytes | memoryview) -> None:
        """Keeps large content that is in memory, durably, before a transaction refers to it."""
        spooled = self.incoming / secrets.token_hex(16)
        try:
            with spooled.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            self.adopt(spooled, ref)
        finally:
            spooled.unlink(missing_ok=True)

    def blob_path(self, sha256: str) -> Path:
        """Where a large blob lies."""
        return self.blobs / sha256

    def close(self) -> None:
        """Closes the file and gives the folder free."""
        self.connection.close()
        os.close(self._lock)


def open_reader(folder: Path) -> sqlite3.Connection:
    """A connection that can only read; it never checkpoints. Raises `StoreError` if no journal."""
    file = folder / FILE
    if not file.exists():
        message = f"no journal in {folder}: expected {FILE}"
        raise StoreError(message)
    connection = sqlite3.connect(
        f"{file.resolve().as_uri()}?mode=ro",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.row_factory = sqlite3.Row
    return connection


def migrate(connection: sqlite3.Connection) -> None:
    """Brings the schema up to the newest numbered SQL file, one transaction for each."""
    scripts = sorted(_MIGRATIONS.glob("*.sql"))
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(scripts):
        message = (
            f"the journal has schema {version}, this version of aife-sim knows up to {len(scripts)}:"
            " use a newer aife-sim or another --data folder"
        )
        raise StoreError(message)
    for number, script in enumerate(scripts[version:], start=version + 1):
        text = script.read_text(encoding="utf-8")
        connection.executescript(f"BEGIN;\n{text}\nPRAGMA user_version = {number};\nCOMMIT;")


def sync_folder(folder: Path) -> None:
    """Makes the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _lock(folder: Path) -> int:
    """Takes the folder's lock file and writes our pid into it."""
    path = folder / "lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        owner = os.read(descriptor, 32).decode("ascii", "replace").strip() or "unknown"
        os.close(descriptor)
        message = (
            f"data folder {folder} is in use by process {owner}: stop it or give another --data"
        )
        raise StoreError(message) from None
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return descriptor
