"""Plain fuzzing of the PeSIT core: damaged inputs, and only our own errors may come out.

    python bench/fuzz/pesit.py --runs 1000000 --seed 1

Half of the runs are inputs of the codec (parameters, articles, compression, entities, the decoder,
recordings), half are entities for sessions in every state. A run that raises anything else stops
with the number and the seed that did it; a session is rebuilt from the run that began it. With
atheris on the machine, ``--atheris`` lets it choose the octets.
"""

from __future__ import annotations

import argparse
import importlib
import random
import resource
import sys
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "wire" / "pesit")]

from pesit_fuzz import (  # noqa: E402
    CODEC,
    OPTIONS,
    STATES,
    USES,
    Sessions,
    codec_input,
    feed,
    up_to,
)

from simulator.wire.pesit.dissect import dissect  # noqa: E402


def fuzz(runs: int, seed: int) -> None:
    """Run, count, and stop at the first foreign exception."""
    seen: Counter[str] = Counter()
    sessions = Sessions()
    start, slowest = time.perf_counter(), 0.0
    for run in range(runs):
        began = time.perf_counter()
        chance = random.Random(f"{seed}-{run}")
        one, about = (sessions.input, "session") if run % 2 else (codec_input, "codec")
        try:
            seen[f"{about}: {one(chance)}"] += 1
        except BaseException:
            print(f"run {run} of seed {seed} (a session began within {2 * USES} runs before)",
                  file=sys.stderr)  # fmt: skip
            raise
        slowest = max(slowest, time.perf_counter() - began)
    took = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{runs} runs in {took:.1f} s, slowest {slowest * 1e3:.1f} ms, peak {peak} MiB")
    for name, count in seen.most_common():
        print(f"  {count:8} {name}")


def with_atheris() -> None:
    """Hand the octets that atheris makes to a session, to the decoder and to the codec."""
    atheris = importlib.import_module("atheris")

    def target(data: bytes) -> None:
        if len(data) < 3:
            return
        dialogue = up_to(STATES[data[0] % len(STATES)], OPTIONS[data[1] % len(OPTIONS)])
        feed(dialogue.server if data[2] % 2 else dialogue.requester, data[3:])
        list(dissect(data[3:]))
        CODEC[data[0] % len(CODEC)](random.Random(data))

    atheris.Setup(sys.argv[:1], target)
    atheris.Fuzz()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--atheris", action="store_true")
    given = parser.parse_args()
    if given.atheris:
        with_atheris()
    else:
        fuzz(given.runs, given.seed)
