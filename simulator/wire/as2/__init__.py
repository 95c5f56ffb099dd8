"""AS2 (RFC 4130) without I/O: bytes and headers in, values out, and the other way round.

Receiving::

    request = as2.read_request(headers)
    try:
        if refused := as2.refusal_of(request):
            raise refused
        message = as2.open_message(request, body, as2.Opening(keys=(ours,), signers=(theirs,)))
        reply = as2.reply_to(request, message)
    except as2.RemoteProtocolError as error:
        reply = as2.reply_to(request, error)
    answer = as2.build_mdn(reply, "<1@here>", ours)

Sending::

    outgoing = as2.build_message(envelope, [as2.File(content, "F.xml")], security)
    mdn = as2.read_mdn(as2.read_request(headers), body, as2.Opening(signers=(theirs,)))
    receipt = as2.judge_mdn(mdn, outgoing.message_id, outgoing.mic)

`docs/as2-core.md` tells the rest: what is accepted, what is generated, what is not there.
"""

from simulator.wire.as2.dispositions import Disposition, parse_disposition
from simulator.wire.as2.errors import (
    AuthenticationFailed,
    DecompressionFailed,
    DecryptionFailed,
    DuplicateFilename,
    IllegalFilename,
    InsufficientSecurity,
    IntegrityCheckFailed,
    InvalidMessageId,
    LocalProtocolError,
    MalformedRequest,
    ProtocolError,
    RemoteProtocolError,
    SenderEqualsReceiver,
    UnknownTradingRelationship,
    UnsupportedFormat,
    UnsupportedMicAlgorithms,
)
from simulator.wire.as2.headers import Headers
from simulator.wire.as2.keys import Certificate, Identity
from simulator.wire.as2.mdn import (
    Mdn,
    NotAnMdn,
    Receipt,
    Reply,
    build_mdn,
    is_mdn,
    judge_mdn,
    read_mdn,
    reply_to,
)
from simulator.wire.as2.message import Attachment, Message, open_message
from simulator.wire.as2.mic import Mic
from simulator.wire.as2.opening import Opening
from simulator.wire.as2.outgoing import Envelope, File, Outgoing, Security, build_message
from simulator.wire.as2.profile import PROFILES, Limits, Profile
from simulator.wire.as2.request import ReceiptRequest, Request, read_request, refusal_of
from simulator.wire.as2.values import Layer, Signature

__all__ = [
    "PROFILES",
    "Attachment",
    "AuthenticationFailed",
    "Certificate",
    "DecompressionFailed",
    "DecryptionFailed",
    "Disposition",
    "DuplicateFilename",
    "Envelope",
    "File",
    "Headers",
    "Identity",
    "IllegalFilename",
    "InsufficientSecurity",
    "IntegrityCheckFailed",
    "InvalidMessageId",
    "Layer",
    "Limits",
    "LocalProtocolError",
    "MalformedRequest",
    "Mdn",
    "Message",
    "Mic",
    "NotAnMdn",
    "Opening",
    "Outgoing",
    "Profile",
    "ProtocolError",
    "Receipt",
    "ReceiptRequest",
    "RemoteProtocolError",
    "Reply",
    "Request",
    "Security",
    "SenderEqualsReceiver",
    "Signature",
    "UnknownTradingRelationship",
    "UnsupportedFormat",
    "UnsupportedMicAlgorithms",
    "build_mdn",
    "build_message",
    "is_mdn",
    "judge_mdn",
    "open_message",
    "parse_disposition",
    "read_mdn",
    "read_request",
    "refusal_of",
    "reply_to",
]
