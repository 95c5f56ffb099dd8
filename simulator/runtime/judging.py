"""The judging processes: a few lanes, each with one worker that is killed and replaced alone.

A job waits for a free lane, first come, first served. A worker that dies under a job is replaced
and the job repeated once, for judging is pure; a job that exceeds its deadline is not repeated.
Whatever happens, the answer is a judgement.

Processes are started by `subprocess.Popen` in a thread and spoken to over a socket pair: this needs
no child watcher and no signal, which the loop under Twisted does not have.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import struct
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import msgspec

from simulator.domain.judgement import Job, Judgement, Limits
from simulator.runtime.points import Point, nothing
from simulator.validation.givenup import given_up

_LENGTH = struct.Struct(">I")
_ATTEMPTS = 2
_STARTS = 3
_CLOSED = "the judging pool is closed"
# What the node's own interfaces are judged as; compiled before the first job.
_WARM = ("ubl-2.1",)

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Judgement).decode


class JudgingUnavailable(RuntimeError):
    """No judging process can work here; the text says why and what to do."""


class _DiedAtStart(JudgingUnavailable):
    """A process ended before it was ready: its own trouble, or killed from outside."""


class PoolClosed(RuntimeError):
    """The pool was closed while a job waited, or before it came."""


class _WorkerGone(Exception):
    """The process ended without an answer; `code` is its exit status as Popen tells it."""

    def __init__(self, code: int | None) -> None:
        super().__init__(f"exit status {code}")
        self.code = code


class _Worker:
    """One process and the conversation with it."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.process = process
        self._reader = reader
        self._writer = writer

    @classmethod
    async def start(cls, memory: int) -> _Worker:
        """Starts a process and waits for its hello. Raises `JudgingUnavailable`."""
        try:
            worker = cls(*await _connected(memory))
        except OSError as error:
            message = f"cannot start a judging process: {error}"
            raise JudgingUnavailable(message) from error
        try:
            problem = await worker._receive()
        except _WorkerGone as gone:
            await worker.end()
            message = f"a judging process ended at its start ({gone}); its error is on stderr"
            raise _DiedAtStart(message) from None
        if problem:
            await worker.end()
            raise JudgingUnavailable(problem.decode())
        return worker

    @property
    def usable(self) -> bool:
        return self.process.poll() is None and not self._reader.at_eof()

    async def ask(self, job: bytes, point: Point) -> bytes:
        """Hands a job over and gives the answer. Raises `_WorkerGone`."""
        with suppress(ConnectionError):  # what happened to it, the reading side tells
            self._writer.write(_LENGTH.pack(len(job)) + job)
            await self._writer.drain()
        point("judge.sent")
        return await self._receive()

    async def _receive(self) -> bytes:
        try:
            head = await self._reader.readexactly(_LENGTH.size)
            return await self._reader.readexactly(_LENGTH.unpack(head)[0])
        except (asyncio.IncompleteReadError, ConnectionError):
            raise _WorkerGone(await asyncio.to_thread(self.process.wait)) from None

    def kill(self) -> None:
        """Ends the process at once; `end` still has to follow."""
        self.process.kill()
        self._writer.close()

    async def end(self) -> None:
        """Ends the process and waits until it is gone."""
        self.kill()
        await asyncio.to_thread(self.process.wait)
        with suppress(ConnectionError):
            await self._writer.wait_closed()


class _Lane:
    """One worker at a time, always on its way to the next job."""

    def __init__(self, memory: int, point: Point) -> None:
        self._memory = memory
        self._point = point
        self._starting: asyncio.Task[_Worker] | None = None
        self._ending: set[asyncio.Task[None]] = set()
        self.closed = False

    @property
    def pid(self) -> int | None:
        """Of the worker, if it is up."""
        worker = self._up()
        return worker.process.pid if worker and worker.usable else None

    def _up(self) -> _Worker | None:
        task = self._starting
        if task is None or not task.done() or task.cancelled() or task.exception():
            return None
        return task.result()

    async def worker(self) -> _Worker:
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

    def _start(self) -> asyncio.Task[_Worker]:
        self._starting = asyncio.get_running_loop().create_task(self._bring_up())
        return self._starting

    async def _bring_up(self) -> _Worker:
        for _ in range(_STARTS - 1):
            with suppress(_DiedAtStart):
                return await _Worker.start(self._memory)
        return await _Worker.start(self._memory)

    def replace(self, worker: _Worker) -> None:
        """Ends a worker and starts the next, without waiting for either."""
        worker.kill()
        task = asyncio.get_running_loop().create_task(worker.end())
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
        self._starting = None
        if not self.closed:
            self._start()

    async def judge(self, job: Job) -> Judgement:
        """One job, twice if its process dies under it."""
        frame = _encode(job)
        code: int | None = None
        for _ in range(_ATTEMPTS):
            try:
                return await self._attempt(frame, job.limits.seconds)
            except TimeoutError:
                return _timed_out(job)
            except _WorkerGone as gone:
                code = gone.code
            if self.closed:
                raise PoolClosed(_CLOSED)
            if code == -signal.SIGXCPU:
                return _timed_out(job)
        return given_up("SIM_JUDGE_DIED", detail=f"exit status {code}")

    async def _attempt(self, frame: bytes, seconds: float) -> Judgement:
        worker = await self.worker()
        judgement: Judgement | None = None
        try:
            async with asyncio.timeout(seconds):
                judgement = _decode(await worker.ask(frame, self._point))
        except msgspec.MsgspecError:
            raise _WorkerGone(None) from None
        finally:
            # Also when cancelled: its answer would be taken for that of the next job.
            if judgement is None or _wears_out(judgement):
                self.replace(worker)
        self._point("judge.answered")
        return judgement

    def shut(self) -> None:
        """Ends a job that runs; no other will."""
        self.closed = True
        if worker := self._up():
            worker.kill()

    async def close(self) -> None:
        """Waits until no process is left; no job may run."""
        if self._starting is not None:
            with suppress(JudgingUnavailable):
                await (await self._starting).end()
        await asyncio.gather(*self._ending)


class JudgingPool:
    """Judging processes for a node.

    Args:
        processes: how many, from 1.
        limits: its `memory` bounds each process; a job's own limits bound the job.
        point: called with ``judge.sent`` and ``judge.answered``.
    """

    def __init__(self, processes: int, limits: Limits, point: Point = nothing) -> None:
        self._lanes = [_Lane(limits.memory, point) for _ in range(processes)]
        self._closed = False
        self._free: asyncio.Queue[_Lane] = asyncio.Queue()
        for lane in self._lanes:
            self._free.put_nowait(lane)

    @property
    def pids(self) -> tuple[int, ...]:
        """Processes that are up."""
        return tuple(lane.pid for lane in self._lanes if lane.pid is not None)

    async def start(self) -> None:
        """Brings all processes up. Jobs may come before it is done.

        Raises:
            JudgingUnavailable: they cannot work here; each job will try again.
        """
        results = await asyncio.gather(
            *(lane.worker() for lane in self._lanes), return_exceptions=True
        )
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def judge(self, job: Job) -> Judgement:
        """Judges a job in the first process that is free. May be cancelled at any time.

        Raises:
            JudgingUnavailable: no process can be started.
            PoolClosed: the pool is closed.
        """
        if self._closed:
            raise PoolClosed(_CLOSED)
        lane = await self._free.get()
        try:
            return await lane.judge(job)
        finally:
            self._free.put_nowait(lane)

    async def close(self) -> None:
        """Ends all processes; jobs that wait or run fail with `PoolClosed`."""
        self._closed = True
        for lane in self._lanes:
            lane.shut()
        # Every lane comes back once its job has failed, after all jobs that waited before us.
        idle = [await self._free.get() for _ in self._lanes]
        await asyncio.gather(*(lane.close() for lane in idle))
        for lane in idle:
            self._free.put_nowait(lane)


async def _connected(
    memory: int,
) -> tuple[subprocess.Popen[bytes], asyncio.StreamReader, asyncio.StreamWriter]:
    """A process and the streams to it. Raises `OSError`; then nothing is left open."""
    ours, theirs = socket.socketpair()
    try:
        with theirs:
            process = await asyncio.to_thread(_spawn, theirs.fileno(), memory)
        return process, *await asyncio.open_connection(sock=ours)
    except OSError:
        ours.close()
        raise


def _spawn(channel: int, memory: int) -> subprocess.Popen[bytes]:
    root = str(Path(__file__).parents[2])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    return subprocess.Popen(  # noqa: S603 - our own interpreter and module
        # -P: a file in the working folder must not be taken for a module of ours.
        [sys.executable, "-P", "-m", "simulator.validation.worker", str(memory), *_WARM],
        stdin=channel,
        stdout=channel,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
    )


def _wears_out(judgement: Judgement) -> bool:
    """Whether the process ends itself after this answer."""
    return any(f.rule == "SIM_JUDGE_MEMORY" for f in judgement.findings)


def _timed_out(job: Job) -> Judgement:
    return given_up("SIM_JUDGE_TIMEOUT", seconds=f"{job.limits.seconds:g}")
