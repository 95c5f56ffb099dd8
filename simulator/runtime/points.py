"""Named points: places in the code where a crash, a fault or a test can take hold.

The list below is the whole of it. A node passes every point in order; nothing happens there unless
an action was armed for it. Crash tests kill the process at each of them by name.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable, Mapping

Point = Callable[[str], None]

POINTS: Mapping[str, str] = {
    "deposit.received": "a whole flow is in the spool, nothing is durable",
    "blob.synced": "a large content is durable under a temporary name",
    "blob.adopted": "a large content has its final name and the folder is durable",
    "engine.before-commit": "a batch of steps has run and is not durable",
    "engine.after-commit": "a batch of steps is durable, nobody was told",
    "deposit.before-reply": "a deposit is durable, the peer was not told",
    "deposit.after-reply": "the reply on a deposit was handed to the protocol",
    "judge.sent": "a job was handed to a judging process",
    "judge.answered": "a judging process has answered, the engine was not told",
    "block.decided": "a block of a large flow is durable, others may follow",
    "compose.begun": "a large return is about to be written",
    "compose.done": "a large return is written, the engine was not told",
    "push.begun": "a push is recorded as begun and about to leave",
    "push.ended": "a push has its outcome, the engine was not told",
    "fetch.read": "a part of a return was read by the partner",
    "fetch.before-reply": "a fetch is durable, the peer was not told",
    "fetch.after-reply": "the reply on a fetch was handed to the protocol",
}


# Stands for whichever point is passed; counts them all.
ANY = "*"


def nothing(name: str) -> None:
    """The action of a node that nobody disturbs."""


class Points:
    """The points of one node, with what was armed on them."""

    def __init__(self) -> None:
        self._armed: dict[str, tuple[int, Callable[[], None]]] = {}
        self.passed: Counter[str] = Counter()

    def arm(self, name: str, action: Callable[[], None], nth: int = 1) -> None:
        """Runs `action` when the point is passed for the nth time.

        Raises:
            KeyError: there is no such point.
        """
        if name not in (*POINTS, ANY):
            message = f"no point {name!r}: there are {', '.join(POINTS)}"
            raise KeyError(message)
        self._armed[name] = (nth, action)

    def __call__(self, name: str) -> None:
        """Passes a point."""
        for passed in (name, ANY):
            self.passed[passed] += 1
            nth, action = self._armed.get(passed, (0, None))
            if action and self.passed[passed] == nth:
                action()


def kill_self() -> None:
    """Ends the process as ``kill -9`` would: no clean-up of any kind."""
    os.kill(os.getpid(), signal.SIGKILL)


def from_text(text: str) -> Points:
    """Points armed from a text such as ``engine.before-commit@3=kill``; ``""`` arms none.

    Raises:
        ValueError: the text does not read so.
    """
    points = Points()
    for part in filter(None, text.split(",")):
        place, _, action = part.partition("=")
        name, _, nth = place.partition("@")
        if action != "kill" or name not in (*POINTS, ANY) or not (nth or "1").isdecimal():
            message = f"expected POINT[@N]=kill with a POINT of {', '.join(POINTS)}, found {part!r}"
            raise ValueError(message)
        points.arm(name, kill_self, int(nth or 1))
    return points
