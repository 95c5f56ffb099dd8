"""The most memory that a process and its children have taken, as Linux counts it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_RESET_PEAK = "5"
_STEP = 0.05


class Peak:
    """Highest resident size of each process since the watch began, in bytes.

    Resident pages that processes share are counted in each of them, so the sum is an upper bound of
    what they take together.
    """

    def __init__(self) -> None:
        self._of: dict[int, int] = {}

    @property
    def total(self) -> int:
        """Of all processes that were there, also of those that have ended since."""
        return sum(self._of.values())

    def look(self, pid: int) -> None:
        for member in family(pid):
            self._of[member] = max(self._of.get(member, 0), _peak(member))


def family(pid: int) -> list[int]:
    """A process and its children."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*"):
        with suppress(OSError):
            found += [int(child) for child in (task / "children").read_text().split()]
    return found


@contextmanager
def watched(pid: int) -> Iterator[Peak]:
    """Watches a process and its children; a process that ends is seen up to 50 ms before."""
    for member in family(pid):
        with suppress(OSError):
            Path(f"/proc/{member}/clear_refs").write_text(_RESET_PEAK)
    peak, stop = Peak(), threading.Event()

    def watch() -> None:
        while not stop.wait(_STEP):
            peak.look(pid)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peak
    finally:
        stop.set()
        watcher.join()
        peak.look(pid)


def _peak(pid: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) << 10
    return 0
