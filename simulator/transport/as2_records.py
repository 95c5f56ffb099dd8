"""AS2 exchanges as the journal keeps them: what was read of a message, of a receipt, in words.

Shown by ``aife-sim flow raw --wire`` beside the raw bytes, so each value is plain.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from simulator.domain.flows import Blob, LateReceipt, WireRecord
from simulator.wire import as2
from simulator.wire.as2.algorithms import DIGESTS

Fields = Iterable[tuple[str, str]]
Facts = dict[str, Any]


_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


def message_id(name: str, own: str) -> str:
    """A Message-ID of ours: the same for the same name; AS2 names may have characters that it may not.

    Args:
        name: what it identifies, unique.
        own: our AS2 name.
    """
    return f"<{_UNSAFE.sub('-', name)}@{_UNSAFE.sub('-', own)}>"


def head(fields: Fields, first: str = "") -> bytes:
    """A head as it stands on the wire, the empty line included."""
    lines = [first] if first else []
    lines += [f"{name}: {value}" for name, value in fields]
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode("latin-1", "replace")


def raw_of(outgoing: as2.Outgoing, first: str = "") -> bytes:
    """What we send, head and body."""
    return head(outgoing.headers, first) + outgoing.body()


def split_raw(raw: bytes) -> tuple[tuple[tuple[str, str], ...], bytes]:
    """Head and body of `raw_of` again."""
    block, _, body = raw.partition(b"\r\n\r\n")
    lines = (line.partition(": ") for line in block.decode("latin-1").split("\r\n"))
    return tuple((name, value) for name, _, value in lines), body


def request_facts(request: as2.Request) -> Facts:
    """What the headers say."""
    receipt = request.receipt
    facts: Facts = {
        "from": request.as2_from,
        "to": request.as2_to,
        "version": request.version,
        "product": request.product,
        "subject": request.subject,
    }
    if receipt:
        facts["receipt"] = {
            "signed": receipt.signed,
            "micalgs": receipt.micalgs,
            "url": receipt.url,
        }
    return {key: value for key, value in facts.items() if value}


def message_facts(message: as2.Message, mic: as2.Mic | None) -> Facts:
    """What a message holds, what was around it, and the MIC that its receipt brings."""
    facts: Facts = {
        "layers": layers(message.layers),
        "files": [
            {"name": a.filename, "announced": a.announced, "bytes": len(a.content)}
            for a in message.attachments
        ],
        "mic": str(mic) if mic else None,
    }
    if message.signature:
        facts["signer"] = message.signature.signer.subject
        facts["signed form"] = message.signature.fit
    return facts


def error_facts(error: as2.RemoteProtocolError) -> Facts:
    """Why a message was refused; the partner only hears the disposition."""
    return {"layers": layers(error.layers), "reason": f"{type(error).__name__}: {error}"}


def layers(found: Sequence[as2.Layer]) -> list[str]:
    """Layers of security, outermost first, in words."""
    return [" ".join(filter(None, (x.kind, x.algorithm, x.detail))) for x in found]


def said(disposition: as2.Disposition) -> str:
    """What a disposition says, without the part that is always the same."""
    return str(disposition).partition(";")[2].strip()


def mdn_facts(mdn: as2.Mdn) -> Facts:
    """What a receipt says."""
    return {
        "disposition": str(mdn.disposition),
        "original message": mdn.original_message_id,
        "mic": str(mdn.mic) if mdn.mic else None,
        "signed by": mdn.signature.signer.subject if mdn.signature else None,
        "text": mdn.text,
    }


def late_receipt(mdn: as2.Mdn) -> LateReceipt:
    """What a receipt says that no push waits for any more."""
    known = mdn.mic if mdn.mic and mdn.mic.algorithm in DIGESTS else None
    return LateReceipt(
        label=f"<{mdn.original_message_id.strip('<> ')}>",
        delivered=mdn.disposition.is_positive,
        proof=_proof(known) if known else "",
        detail=said(mdn.disposition),
    )


def proofs(outgoing: as2.Outgoing) -> list[str]:
    """What a right receipt on a message may bring, one for each algorithm."""
    return [_proof(outgoing.mic(name)) for name in DIGESTS]


def _proof(mic: as2.Mic) -> str:
    return str(msgspec.structs.replace(mic, spelling=mic.algorithm))


def record_in(
    partner: str, request: as2.Request, outcome: str, facts: Facts, blobs: tuple[Blob, bytes | None]
) -> WireRecord:
    """A POST that came in, with the answer that it gets (None: none)."""
    raw, answer = blobs
    return WireRecord(
        partner=partner,
        protocol="as2",
        direction="in",
        label=request.message_id,
        outcome=outcome,
        facts=facts,
        request=raw,
        answer=Blob.of(answer) if answer is not None else None,
    )
