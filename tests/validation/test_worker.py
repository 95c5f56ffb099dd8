"""The judging process alone: frames in, frames out, and nothing else on its output."""

import signal
import struct
import subprocess
import sys
from contextlib import contextmanager

import msgspec

from simulator.domain.judgement import Answer, Ending, Job, Limits
from simulator.messages.specimen import Specimen, ubl_invoice
from simulator.validation.assembly import assembled
from simulator.validation.judge import judge

GOOD = ubl_invoice(Specimen())
MEMORY = str(1 << 30)
NOISY = """
import sys
from simulator.validation import worker
quiet = worker.safe_answers

def noisy(job):
    print("noise")
    sys.stdout.flush()
    return quiet(job)

worker.safe_answers = noisy
sys.exit(worker.main(sys.argv[1:]))
"""


def job(content=GOOD, **limits):
    return Job("f.xml", "ubl-2.1", "b2g", ("xsd",), Limits(**limits), content=content)


@contextmanager
def worker(*command):
    given = [sys.executable, *command, MEMORY, "0"]
    with subprocess.Popen(given, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield process


def write(process, job):
    frame = msgspec.msgpack.encode(job)
    process.stdin.write(struct.pack(">I", len(frame)) + frame)
    process.stdin.flush()


def read(process):
    return process.stdout.read(*struct.unpack(">I", process.stdout.read(4)))


def judgement(process, job):
    answers = []
    while not answers or not isinstance(answers[-1], Ending):
        answers.append(msgspec.msgpack.decode(read(process), type=Answer))
    return assembled(job, answers)


def test_it_says_hello_answers_each_job_and_ends_with_its_input():
    with worker("-m", "simulator.validation.worker") as process:
        assert read(process) == b""
        for number in ("F-1", "F-2"):
            one = job(ubl_invoice(Specimen(number=number)))
            write(process, one)
            assert judgement(process, one) == judge(one)
        process.stdin.close()
        assert process.stdout.read() == b""
        assert process.wait() == 0


def test_what_a_library_prints_does_not_get_among_the_frames():
    with worker("-c", NOISY) as process:
        assert read(process) == b""
        write(process, job())
        assert judgement(process, job()).verdict == "accepted"


def test_a_process_whose_memory_ran_out_answers_and_ends():
    with worker("-m", "simulator.validation.worker") as process:
        read(process)
        write(process, job(GOOD.replace(b"</Invoice>", b"<a/>" * 10_000_000 + b"</Invoice>")))
        answer = judgement(process, job())
        assert [f.rule for f in answer.findings] == ["SIM_JUDGE_MEMORY"]
        assert process.wait() == 70


def test_the_kernel_ends_a_process_that_takes_too_long():
    """Two seconds of work where a second at most is allowed."""
    long = GOOD.replace(b"<cbc:DocumentC", b'<cbc:Note x="1"/>' * 2_000_000 + b"<cbc:DocumentC", 1)
    with worker("-m", "simulator.validation.worker") as process:
        read(process)
        write(process, job(long, seconds=0.1))
        process.stdin.close()
        assert process.stdout.read() == b""
        assert process.wait() == -signal.SIGXCPU
