"""``python -m bench [NAME...]``: runs the measurements named, or all."""

from __future__ import annotations

import sys

from bench import as2, envelope, lifecycle, pesit, rules, spine

BENCHES = {
    "start": spine.start,
    "deposit": spine.deposit,
    "many": spine.many,
    "large": spine.large,
    "memory": spine.memory,
    "envelope": envelope.envelope,
    "rules": rules.rules,
    "as2": as2.as2_rate,
    "as2-large": as2.as2_large,
    "pesit": pesit.pesit,
    "lifecycle": lifecycle.lifecycle,
}

if __name__ == "__main__":
    wanted = sys.argv[1:] or list(BENCHES)
    unknown = [name for name in wanted if name not in BENCHES]
    if unknown:
        sys.exit(f"no measurement {', '.join(unknown)}: there are {', '.join(BENCHES)}")
    for name in wanted:
        print(f"== {name}", flush=True)
        BENCHES[name]()
