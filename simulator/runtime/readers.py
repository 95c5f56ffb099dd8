"""Reading the journal from a loop: a few threads, each with a read-only connection of its own."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from simulator.journal.store import open_reader

P = ParamSpec("P")
T = TypeVar("T")


class Readers:
    """Runs functions of `simulator.journal.read` off the loop.

    Args:
        folder: the data folder, with a journal in it.
        threads: how many may read at once.
    """

    def __init__(self, folder: Path, threads: int = 2) -> None:
        self._folder = folder
        self._local = threading.local()
        self._open: list[sqlite3.Connection] = []
        self._pool = ThreadPoolExecutor(threads, "reader", self._connect)

    async def __call__(
        self,
        ask: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Runs ``ask(connection, *args, **kwargs)`` in a reader thread."""

        def run() -> T:
            return ask(self._local.connection, *args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self._pool, run)

    def close(self) -> None:
        """Ends the threads and closes their connections."""
        self._pool.shutdown()
        for connection in self._open:
            connection.close()

    def _connect(self) -> None:
        self._local.connection = open_reader(self._folder)
        self._open.append(self._local.connection)
