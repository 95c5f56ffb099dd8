"""Judging of flows: containers, syntax, schemas, rule packs. A job goes in, a judgement comes out.

`judge.judge` is a pure function of the job; `worker` runs it in a process of its own.
"""
