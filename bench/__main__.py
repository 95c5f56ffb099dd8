"""``python -m bench [NAME...]``: runs the measurements named, or all."""

from __future__ import annotations

import sys

from bench import envelope, rules, spine

BENCHES = {
    "start": spine.start,
    "deposit": spine.deposit,
    "many": spine.many,
    "large": spine.large,
    "memory": spine.memory,
    "envelope": envelope.envelope,
    "rules": rules.rules,
}

if __name__ == "__main__":
    wanted = sys.argv[1:] or list(BENCHES)
    unknown = [name for name in wanted if name not in BENCHES]
    if unknown:
        sys.exit(f"no measurement {', '.join(unknown)}: there are {', '.join(BENCHES)}")
    for name in wanted:
        print(f"== {name}", flush=True)
        BENCHES[name]()
