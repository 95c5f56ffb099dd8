"""The judging processes: a few lanes, each with one process that is killed and replaced alone.

A job waits for a free lane, first come, first served. A process that dies under a job is replaced
and the job repeated once, for judging is pure; a job that exceeds its deadline is not repeated.
Whatever happens, the answer is a judgement.

A large flow has lanes of its own, which yield to all others and have a process only while there is
something for them to do, so that nobody waits behind it; and it is spread over all of them.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from simulator.domain.judgement import Answer, Ending, Job, Judgement, Limits
from simulator.runtime.judgeprocess import (
    DiedAtStart,
    JudgingUnavailable,
    Kind,
    Worker,
    WorkerGone,
)
from simulator.runtime.points import Point, nothing
from simulator.validation.assembly import assembled
from simulator.validation.givenup import gave_up

__all__ = ["JudgingPool", "JudgingUnavailable", "PoolClosed"]

_ATTEMPTS = 2
_STARTS = 3
_CLOSED = "the judging pool is closed"
# What the node's own interfaces are judged as; compiled before the first job.
_WARM = ("ubl-2.1",)
_NICENESS, _NICENESS_OF_LARGE = 5, 10
# Bytes of a flow from which on it is worth being unpacked by several processes.
_SPREAD = 256 << 10
# Seconds after which a process for large flows ends that has nothing to do.
_REST = 20.0

_encode = msgspec.msgpack.Encoder().encode


class PoolClosed(RuntimeError):
    """The pool was closed while a job waited, or before it came."""


class _Lane:
    """One process at a time; `ready` keeps one on its way to the next job."""

    def __init__(self, kind: Kind, point: Point, *, ready: bool) -> None:
        self._kind = kind
        self._point = point
        self._ready = ready
        self._starting: asyncio.Task[Worker] | None = None
        self._ending: set[asyncio.Task[None]] = set()
        self._rest: asyncio.TimerHandle | None = None
        self.closed = False

    @property
    def pid(self) -> int | None:
        """Of the worker, if it is up."""
        worker = self._up()
        return worker.process.pid if worker and worker.usable else None

    def _up(self) -> Worker | None:
        task = self._starting
        if task is None or not task.done() or task.cancelled() or task.exception():
            return None
        return task.result()

    async def worker(self) -> Worker:
        """The worker, once it is ready; a fresh one if it died meanwhile.

        Raises:
            JudgingUnavailable: no process can work here.
            PoolClosed: the pool was closed.
        """
        while not self.closed:
            task = self._starting or self._start()
            try:
                # Shielded: who waits may be cancelled, the process comes up for the next job.
                worker = await asyncio.shield(task)
            except BaseException:
                if task.done():  # a failure is told once; the next job starts anew
                    self._starting = None
                raise
            if worker.usable and not self.closed:
                return worker
            self.replace(worker)
        raise PoolClosed(_CLOSED)

    def _start(self) -> asyncio.Task[Worker]:
        self._starting = asyncio.get_running_loop().create_task(self._bring_up())
        return self._starting

    async def _bring_up(self) -> Worker:
        for _ in range(_STARTS - 1):
            with suppress(DiedAtStart):
                return await Worker.start(self._kind)
        return await Worker.start(self._kind)

    def replace(self, worker: Worker) -> None:
        """Ends a worker and starts the next, without waiting for either."""
        self._end(worker)
        if self._ready and not self.closed:
            self._start()

    def _end(self, worker: Worker) -> None:
        worker.kill()
        task = asyncio.get_running_loop().create_task(worker.end())
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
        self._starting = None

    async def answers(self, job: Job) -> list[Answer]:
        """What a process says of a job, at the second try if it dies under it."""
        self._stay()
        frame = _encode(job)
        code: int | None = None
        for _ in range(_ATTEMPTS):
            try:
                return await self._attempt(frame, job.limits.seconds)
            except TimeoutError:
                return [_timed_out(job)]
            except WorkerGone as gone:
                code = gone.code
            if self.closed:
                raise PoolClosed(_CLOSED)
            if code == -signal.SIGXCPU:
                return [_timed_out(job)]
        return [gave_up("SIM_JUDGE_DIED", detail=f"exit status {code}")]

    async def _attempt(self, frame: bytes, seconds: float) -> list[Answer]:
        worker = await self.worker()
        answers: list[Answer] = []
        try:
            answers = await worker.ask(frame, seconds, self._point)
        finally:
            # Also when cancelled: its answer would be taken for that of the next job.
            if not answers or _wears_out(answers[-1]):
                self.replace(worker)
        self._point("judge.answered")
        return answers

    def _stay(self) -> None:
        if self._rest:
            self._rest.cancel()

    def rest(self) -> None:
        """Lets the process go after a while without a job, if none is to be kept ready."""
        self._stay()
        if not self._ready and not self.closed:
            self._rest = asyncio.get_running_loop().call_later(_REST, self._let_go)

    def _let_go(self) -> None:
        if worker := self._up():
            self._end(worker)

    def shut(self) -> None:
        """Ends a job that runs; no other will."""
        self.closed = True
        self._stay()
        if worker := self._up():
            worker.kill()

    async def close(self) -> None:
        """Waits until no process is left; no job may run."""
        if self._starting is not None:
            with suppress(JudgingUnavailable):
                await (await self._starting).end()
        await asyncio.gather(*self._ending)


class _Lanes:
    """Lanes that take jobs in turn."""

    def __init__(self, lanes: Sequence[_Lane]) -> None:
        self.lanes = lanes
        self._free: asyncio.Queue[_Lane] = asyncio.Queue()
        for lane in lanes:
            self._free.put_nowait(lane)

    async def answers(self, job: Job) -> list[Answer]:
        """Has a job judged in the first lane that is free."""
        lane = await self._free.get()
        try:
            return await lane.answers(job)
        finally:
            lane.rest()
            self._free.put_nowait(lane)

    async def close(self) -> None:
        """Ends all processes; jobs that wait or run fail."""
        for lane in self.lanes:
            lane.shut()
        # Every lane comes back once its job has failed, after all jobs that waited before us.
        idle = [await self._free.get() for _ in self.lanes]
        await asyncio.gather(*(lane.close() for lane in idle))
        for lane in idle:
            self._free.put_nowait(lane)


class JudgingPool:
    """Judging processes for a node.

    Args:
        processes: how many, from 1; large flows have as many more while there are any.
        limits: its `memory` bounds each process; a job's own limits bound the job.
        point: called with ``judge.sent`` and ``judge.answered``.
    """

    def __init__(self, processes: int, limits: Limits, point: Point = nothing) -> None:
        kind = Kind(limits.memory, _NICENESS, _WARM)
        yielding = Kind(limits.memory, _NICENESS_OF_LARGE, ())
        self._small = _Lanes([_Lane(kind, point, ready=True) for _ in range(processes)])
        self._large = _Lanes([_Lane(yielding, point, ready=False) for _ in range(processes)])
        self._closed = False

    @property
    def pids(self) -> tuple[int, ...]:
        """Processes that are up."""
        lanes = (*self._small.lanes, *self._large.lanes)
        return tuple(lane.pid for lane in lanes if lane.pid is not None)

    async def start(self) -> None:
        """Brings up those that are kept ready. Jobs may come before it is done.

        Raises:
            JudgingUnavailable: they cannot work here; each job will try again.
        """
        starting = (lane.worker() for lane in self._small.lanes)
        for result in await asyncio.gather(*starting, return_exceptions=True):
            if isinstance(result, BaseException):
                raise result

    async def judge(self, job: Job) -> Judgement:
        """Judges a job, a large one in several processes. May be cancelled at any time.

        Raises:
            JudgingUnavailable: no process can be started.
            OSError: the job's path cannot be read.
            PoolClosed: the pool is closed.
        """
        if self._closed:
            raise PoolClosed(_CLOSED)
        if job.path is None:
            return assembled(job, await self._small.answers(job))
        parts = len(self._large.lanes) if _is_worth_spreading(job.name, job.path) else 1
        shares = [msgspec.structs.replace(job, part=n, parts=parts) for n in range(parts)]
        answers = await _all(self._large, shares)
        return assembled(job, answers)

    async def close(self) -> None:
        """Ends all processes; jobs that wait or run fail with `PoolClosed`."""
        self._closed = True
        await asyncio.gather(self._small.close(), self._large.close())


async def _all(lanes: _Lanes, shares: Sequence[Job]) -> list[Answer]:
    """The answers to all shares of a job; when one fails the others are cancelled."""
    tasks = [asyncio.ensure_future(lanes.answers(share)) for share in shares]
    try:
        return [answer for answers in await asyncio.gather(*tasks) for answer in answers]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _is_worth_spreading(name: str, path: str) -> bool:
    if name.lower().endswith((".xml", ".pdf")):
        return False
    with suppress(OSError):  # what cannot be read, the process will say
        return Path(path).stat().st_size >= _SPREAD
    return False


def _wears_out(answer: Answer) -> bool:
    """Whether the process ends itself after this answer."""
    return isinstance(answer, Ending) and any(f.rule == "SIM_JUDGE_MEMORY" for f in answer.findings)


def _timed_out(job: Job) -> Ending:
    return gave_up("SIM_JUDGE_TIMEOUT", seconds=f"{job.limits.seconds:g}")
