"""PeSIT calls from a process that runs no reactor of its own: a verb of the command line, a script."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Coroutine
from typing import Any, TypeVar

from simulator.transport import reactor

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine of `pesit_client` or `pesit_returns` to its end; may be called again.

    Twisted's asyncio reactor does its input and output on the loop that it was given, so it is
    enough to run that loop; nothing here needs the reactor's threads or signals.

    Raises:
        RuntimeError: another reactor is installed, or a loop is running: await the coroutine there.
    """
    return _loop().run_until_complete(work)


@functools.cache
def _loop() -> asyncio.AbstractEventLoop:
    try:
        loop, _ = reactor.install()
    except RuntimeError as error:
        message = f"{error}: await PeSIT calls on its loop"
        raise RuntimeError(message) from None
    return loop
