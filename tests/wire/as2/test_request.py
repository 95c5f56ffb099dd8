"""The request headers: what a partner asks for, and what cannot be answered."""

import pytest

from simulator.wire import as2

PROTOCOL, MICALG = "signed-receipt-protocol", "signed-receipt-micalg"
NAMES = [("AS2-From", "DEM002"), ("AS2-To", "CPP001"), ("Message-ID", "<1@platform>")]


def asking(options=None, *more):
    fields = [*NAMES, ("Disposition-Notification-To", "x@y"), *more]
    if options is not None:
        fields.append(("Disposition-Notification-Options", options))
    return as2.read_request(fields)


def test_absent_things_are_empty():
    request = as2.read_request([])
    assert (request.as2_from, request.message_id, request.version) == ("", "", "1.0")
    assert (request.receipt, request.features) == (None, ())


def test_everything_is_read():
    request = as2.read_request(
        [
            ("as2-from", '"Hub 1"'),
            ("AS2-TO", "CPP001"),
            ("message-id", "<1@a>"),
            ("AS2-Version", "1.3"),
            ("AS2-Product", "x:1.0"),
            ("ediint-features", "CEM, Multiple-Attachments,,new"),
            ("Subject", "hello"),
        ]
    )
    assert (request.as2_from, request.as2_to, request.version) == ("Hub 1", "CPP001", "1.3")
    assert (request.product, request.subject) == ("x:1.0", "hello")
    assert request.features == ("cem", "multiple-attachments", "new")
    assert as2.refusal_of(request) is None


@pytest.mark.parametrize(
    "options",
    [
        f"{PROTOCOL}=optional, pkcs7-signature; {MICALG}=optional, sha-512, md5",
        f"{MICALG}=optional,sha-512,md5;{PROTOCOL}=optional,pkcs7-signature",
        f"Signed-Receipt-MICAlg = sha-512 , md5 ; extra=required, 7 ; {PROTOCOL}=PKCS7-signature",
        f'{PROTOCOL}="optional, pkcs7-signature"; {MICALG}="optional", "sha-512", md5;',
        f"{MICALG}=required, sha-512, md5",
        f"{PROTOCOL}=required, x-pkcs7-signature; ; {MICALG}=optional, SHA-512, MD5",
    ],
)
def test_receipt_options_in_any_order_and_dress(options):
    receipt = asking(options).receipt
    assert receipt.signed
    assert receipt.digests == ["sha512"]
    assert [name.lower() for name in receipt.micalgs] == ["sha-512", "md5"]


@pytest.mark.parametrize("options", [None, "", ";", "nonsense", "signed-receipt-protocol=optional"])
def test_a_receipt_without_usable_options_is_unsigned(options):
    request = asking(options)
    assert not request.receipt.signed
    assert as2.refusal_of(request) is None


def test_the_url_of_an_asynchronous_receipt():
    assert asking().receipt.url is None
    assert asking(None, ("Receipt-Delivery-Option", "")).receipt.url is None
    assert asking(None, ("receipt-delivery-option", "http://x/y")).receipt.url == "http://x/y"


def refused(*changes):
    fields = dict(NAMES) | dict(changes)
    return as2.refusal_of(as2.read_request(fields.items()))


@pytest.mark.parametrize("name", ["AS2-From", "AS2-To"])
def test_no_as2_name_is_no_as2_message(name):
    fault = refused((name, ""))
    assert isinstance(fault, as2.MalformedRequest)
    assert fault.http_status == 400


def test_a_sender_that_is_the_receiver():
    fault = refused(("AS2-From", '"CPP001"'))
    assert str(fault.disposition).endswith("failed/failure: sender-equals-receiver")
    assert refused(("AS2-From", "cpp001")) is None, "names are case-sensitive"


@pytest.mark.parametrize("message_id", ["", "a b", "<é@x>", "<" + "x" * 998 + ">", "<a\tb>"])
def test_a_message_id_that_cannot_be_echoed(message_id):
    assert isinstance(refused(("Message-ID", message_id)), as2.InvalidMessageId)


@pytest.mark.parametrize("message_id", ["1@x", "<1@x", "<>", "<" + "x" * 996 + ">"])
def test_a_message_id_that_is_odd_but_can(message_id):
    assert refused(("Message-ID", message_id)) is None


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ("signed-receipt-protocol=required, pgp-signature", as2.UnsupportedFormat),
        ("signed-receipt-protocol=optional, pgp-signature", type(None)),
        (
            "signed-receipt-protocol=required, pkcs7-signature; signed-receipt-micalg=required, md5",
            as2.UnsupportedMicAlgorithms,
        ),
        (
            "signed-receipt-protocol=required, pkcs7-signature; signed-receipt-micalg=optional, md5",
            type(None),
        ),
    ],
)
def test_a_receipt_that_cannot_be_made(options, fault):
    assert type(as2.refusal_of(asking(options))) is fault


def test_every_error_has_a_wire_form():
    def kinds(root):
        return [root, *(kind for each in root.__subclasses__() for kind in kinds(each))]

    for kind in kinds(as2.RemoteProtocolError):
        assert str(kind.disposition).startswith("automatic-action/MDN-sent-automatically; ")
        assert not kind.disposition.is_positive
        assert kind.http_status in {200, 400}
    assert not issubclass(as2.LocalProtocolError, as2.RemoteProtocolError)
    assert issubclass(as2.LocalProtocolError, as2.ProtocolError)
