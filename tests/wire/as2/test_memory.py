"""A large body is held once, and once more where a cipher or a compression writes it anew."""

import base64
import mmap
import os
import tracemalloc

import pytest
from as2_forge import (
    CRLF,
    ENCRYPTED,
    enveloped,
    multipart_signed,
    opened,
    opening,
    part,
    security,
    sent,
    signed_data,
    signer_info,
)
from msgspec.structs import replace

from simulator.wire import as2
from simulator.wire.as2 import enveloped as enveloped_module
from simulator.wire.as2.profile import STRICT

SIZE = 9 << 20
CONTENT = os.urandom(SIZE)


def peak(action):
    """Result of an action, and the most memory that it took, in payloads."""
    tracemalloc.start()
    try:
        result = action()
        return result, tracemalloc.get_traced_memory()[1] / SIZE
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("sign", "encrypt", "cipher", "most"),
    [
        (False, False, "aes256-cbc", 0.05),
        (True, False, "aes256-cbc", 0.05),
        (True, True, "aes256-cbc", 0.05),
        (True, True, "aes256-gcm", 0.05),
    ],
)
def test_building_and_opening_copy_nothing_needlessly(monkeypatch, sign, encrypt, cipher, most):
    """What a cipher writes goes to a mapped buffer, once, which the allocator does not see."""
    blanks = []
    genuine = enveloped_module.blank
    monkeypatch.setattr(
        enveloped_module, "blank", lambda size: blanks.append(size) or genuine(size)
    )
    profile = replace(STRICT, cipher=cipher)
    outgoing, built = peak(lambda: sent(CONTENT, layers=security(sign, encrypt), profile=profile))
    assert built < most
    body, request = outgoing.body(), as2.read_request(outgoing.headers)
    message, taken = peak(lambda: as2.open_message(request, body, opening()))
    assert taken < most
    assert message.attachments[0].content == CONTENT
    assert len(blanks) == 2 * encrypt
    assert max(blanks, default=0) < 1.001 * SIZE + 10_000


@pytest.mark.parametrize("frame", ["der", "ber"])
def test_opening_ber_costs_no_more_than_der(frame):
    body = enveloped(part(CONTENT), frame=frame)
    message, taken = peak(lambda: opened(ENCRYPTED, body))
    assert taken < 0.5, "the pieces of 1,000 bytes are remembered one by one"
    assert message.attachments[0].content == CONTENT


def test_a_mapped_body_is_verified_where_it_lies(tmp_path):
    whole = part(CONTENT)
    fields, body = multipart_signed(whole, signed_data(signer_info(whole)))
    (tmp_path / "body").write_bytes(body)
    with (tmp_path / "body").open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        message, taken = peak(lambda: opened(fields, mapped))
        assert taken < 0.05
        assert message.attachments[0].content.obj is mapped


def test_base64_costs_its_result_only():
    fields = [("Content-Type", "application/xml"), ("Content-Transfer-Encoding", "base64")]
    body = base64.encodebytes(CONTENT).replace(b"\n", CRLF)
    message, taken = peak(lambda: opened(fields, body))
    assert taken < 2
    assert message.attachments[0].content == CONTENT
