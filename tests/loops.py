"""Runs a coroutine on a loop of its own, in a thread: independent of the reactor of the test run."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T], seconds: float = 30.0) -> T:
    """The result of a coroutine; fails after some seconds."""

    async def bounded() -> T:
        return await asyncio.wait_for(work, seconds)

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, bounded()).result()
