"""Plain fuzzing of the AS2 core: mutated messages, and only our own errors may come out.

    python bench/fuzz/as2.py --runs 10000 --seed 1

A run that raises anything else stops with the seed and the bytes that did it. With atheris on the
machine, ``--atheris`` lets it choose the mutations.
"""

from __future__ import annotations

import argparse
import importlib
import random
import sys
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "wire" / "as2")]

from as2_forge import ENCRYPTED, enveloped  # noqa: E402
from test_hostile import FORMS, _mutate, attempt  # noqa: E402


def one(chance: random.Random) -> str:
    """Mutate one message, outside or under its encryption; the class of what came out."""
    fields, body = chance.choice(FORMS)
    if chance.random() < 0.3:
        kind = dict(fields)["Content-Type"].encode()
        inner = bytearray(b"Content-Type: " + kind + b"\r\n\r\n" + body)
        _mutate(inner, chance)
        return type(attempt(ENCRYPTED, enveloped(bytes(inner)))).__name__
    mutated = bytearray(body)
    for _ in range(chance.randint(1, 5)):
        _mutate(mutated, chance)
    return type(attempt(fields, bytes(mutated))).__name__


def fuzz(runs: int, seed: int) -> None:
    """Run, count, and stop at the first foreign exception."""
    seen: Counter[str] = Counter()
    start, slowest = time.perf_counter(), 0.0
    for run in range(runs):
        began = time.perf_counter()
        try:
            seen[one(random.Random(f"{seed}-{run}"))] += 1
        except BaseException:
            print(f"run {run} of seed {seed}", file=sys.stderr)
            raise
        slowest = max(slowest, time.perf_counter() - began)
    print(f"{runs} runs in {time.perf_counter() - start:.1f} s, slowest {slowest * 1e3:.1f} ms")
    for name, count in seen.most_common():
        print(f"  {count:6} {name}")


def with_atheris() -> None:
    """Hand the bytes that atheris makes to each genuine header."""
    atheris = importlib.import_module("atheris")

    def target(data: bytes) -> None:
        fields, _ = FORMS[data[0] % len(FORMS)] if data else FORMS[0]
        attempt(fields, data[1:])

    atheris.Setup(sys.argv[:1], target)
    atheris.Fuzz()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--atheris", action="store_true")
    given = parser.parse_args()
    if given.atheris:
        with_atheris()
    else:
        fuzz(given.runs, given.seed)
