"""Twisted's reactor on an asyncio loop, with a clock that never goes back."""

from __future__ import annotations

import asyncio
import time
from typing import Any


def install() -> tuple[asyncio.AbstractEventLoop, Any]:
    """Installs the reactor, before anything imports it; its loop, which is current now, and itself.

    Twisted measures delays by the wall clock (`twisted.python.runtime.seconds`): set back by a minute,
    nothing would be due for a minute, timeouts of clients among it. The loop's own clock is monotonic.

    Raises:
        RuntimeError: another reactor is installed already.
    """
    from twisted.internet import asyncioreactor, error  # noqa: PLC0415 - before any reactor

    loop = asyncio.new_event_loop()
    try:
        asyncioreactor.install(loop)
    except error.ReactorAlreadyInstalledError:
        loop.close()
        message = "a reactor is installed already"
        raise RuntimeError(message) from None
    asyncio.set_event_loop(loop)
    from twisted.internet import reactor  # noqa: PLC0415 - it is what was installed

    installed: Any = reactor
    installed.seconds = time.monotonic
    return loop, installed
