"""Timers of the reactor do not depend on the wall clock; seen in a process of its own."""

import subprocess
import sys

SET_BACK = """
import time
from simulator.transport import reactor as reactors
from twisted.internet import base

loop, reactor = reactors.install()
reactor.callLater(0.01, reactor.stop)
reactor.callLater(20, print, "the delay was not heard of")
reactor.callLater(20, reactor.crash)
base.ReactorBase.seconds = staticmethod(lambda: time.time() - 3600)
reactor.run()
"""


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )


def test_a_delay_passes_though_the_wall_clock_is_set_back() -> None:
    done = run(SET_BACK)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_second_reactor_is_refused() -> None:
    code = "from simulator.transport import reactor as r; r.install(); r.install()"
    assert "RuntimeError: a reactor is installed already" in run(code).stderr
