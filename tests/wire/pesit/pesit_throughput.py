"""Measures the data phase: MB of file for each second of processor time, no network.

Run it as a program: ``python tests/wire/pesit/pesit_throughput.py [megabytes]``.
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import msgspec
from pesit_dialogue import Dialogue, big, pump
from pesit_examples import ACONNECT, CONNECT

from simulator.wire import pesit as p

MB = 1 << 20
CHUNK = 1 << 16


def ready(compression=None, crc=None, framing=p.Framing.PREFIXED, entity=32_768, article=4096):
    sync = p.SyncOption(1024, 4)
    dialogue = Dialogue(requester=p.Options(framing=framing))
    dialogue.connected(
        msgspec.structs.replace(CONNECT, sync=sync, crc=crc),
        msgspec.structs.replace(ACONNECT, sync=sync),
    )
    create = big(max_entity=entity, article_length=article, max_reserved=1 << 30)
    orf, ackorf = p.Orf(compression=compression), p.AckOrf(compression=compression)
    return dialogue.writing(create, orf, ackorf)


def measure(megabytes, text=False, **options):
    """MB/s of encoding and of decoding a file of that size."""
    article = b"".join(b"FACTURE %06d     %-20s\n" % (n, b"EUR") for n in range(110))[:4096]
    if not text:
        article = bytes(range(256)) * 16
    dialogue = ready(**options)
    total = megabytes * MB // len(article)
    feed = p.Feed(dialogue.requester, lambda mark: iter([article] * (total - mark.articles)))
    encoding = decoding = 0.0
    received = 0
    while not feed.is_done:
        started = time.process_time()
        octets = feed.more()
        encoding += time.process_time() - started
        points = []
        started = time.process_time()
        for at in range(0, len(octets), CHUNK):
            for event in dialogue.server.receive(octets[at : at + CHUNK]):
                if isinstance(event, p.Data):
                    received += sum(map(len, event.articles))
                elif isinstance(event, p.Syn):
                    points.append(event.number)
        decoding += time.process_time() - started
        for number in points:
            dialogue.answer(p.AckSyn(number=number))
    assert received == total * len(article)
    return megabytes / encoding, megabytes / decoding


def files(count=300):
    """Whole files of 10 KB a second on one connection, both sides counted."""
    dialogue = Dialogue().connected()
    article = bytes(1024)
    started = time.process_time()
    for number in range(1, count + 1):
        dialogue.writing(big(transfer_id=number))
        pump(dialogue, lambda mark: iter([article] * 10))
        dialogue.ended()
    return count / (time.process_time() - started)


if __name__ == "__main__":
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    both = p.Compression(horizontal=True, vertical=True)
    cases = [
        ("articles 4 KB, entity 32 KB, prefix", size, {}),
        ("articles 4 KB, entity 32 KB, no prefix", size, {"framing": p.Framing.RAW}),
        ("articles 4 KB, entity 4 KB (segments)", size, {"entity": 4096}),
        ("check octets (CRC)", max(1, size // 10), {"crc": True}),
        (
            "compression, text like a listing",
            max(1, size // 10),
            {"compression": both, "text": True},
        ),
        (
            "compression, bytes that do not compress",
            max(1, size // 10),
            {"compression": p.Compression(horizontal=True)},
        ),
    ]
    for name, megabytes, options in cases:
        encode, decode = measure(megabytes, **options)
        sys.stdout.write(f"{name:45} encode {encode:6.0f} MB/s  decode {decode:6.0f} MB/s\n")
    sys.stdout.write(f"{files():.0f} files of 10 KB a second, both sides in this process\n")
