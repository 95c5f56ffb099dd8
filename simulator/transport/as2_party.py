"""The other party of an AS2 exchange, whatever implementation plays it: values and verdict.

Two engines implement `Party`: pyas2lib (`as2_party_pyas2`), so that two independent
implementations meet, and our own core (`as2_party_own`). `as2_party_choice.party` chooses.
Source: RFC 4130 section 7; for the outcomes RFC 8098 section 3.2.6.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from typing import Literal, Protocol, TypeAlias

import msgspec

from simulator.wire.as2 import Disposition, Mic, ReceiptRequest, Request
from simulator.wire.as2.algorithms import DIGESTS, CipherName, DigestName
from simulator.wire.as2.mic import digest_of

Fields: TypeAlias = tuple[tuple[str, str], ...]
"""Header fields as name and value, in their order."""

ReceiptMode: TypeAlias = Literal["sync", "async", "none"]
EngineName: TypeAlias = Literal["pyas2lib", "own"]
OutcomeKind: TypeAlias = Literal[
    "delivered", "sent", "nok", "wrong-mic", "no-mdn", "unreadable", "not-sent"
]

CONTENT_TYPE = "application/octet-stream"
"""The only type of which pyas2lib leaves the line ends alone (pyas2-lib issue 49)."""

DOMAIN = "platform.invalid"
"""Right half of our Message-IDs: a name that is reserved for never being one (RFC 2606)."""


class PartyError(Exception):
    """What was asked cannot be done with this engine or these keys; says why and what to do."""


class PartySettings(msgspec.Struct, frozen=True):
    """Who we play, for whom, and what was agreed.

    Attributes:
        own_name: AS2 name that we play, unquoted.
        peer_name: AS2 name of the other side, unquoted.
        key: our private key, PEM, without passphrase.
        certificate: our certificate, PEM.
        peer_certificate: certificate of the other side, PEM: it signs and is encrypted for.
        sign: messages are signed, and are refused unsigned.
        encrypt: messages are encrypted, and are refused in clear.
        compress: what we send is compressed, before it is signed.
        receipt: the MDN we ask for.
        signed_receipt: whether it is to be signed.
        receipt_url: where an asynchronous MDN is to be posted.
        digest: of signatures, and asked for in the MDN.
        cipher: of what we send.
    """

    own_name: str
    peer_name: str
    key: bytes
    certificate: bytes
    peer_certificate: bytes
    sign: bool = True
    encrypt: bool = True
    compress: bool = False
    receipt: ReceiptMode = "sync"
    signed_receipt: bool = True
    receipt_url: str = ""
    digest: DigestName = "sha256"
    cipher: CipherName = "aes256-cbc"


class File(msgspec.Struct, frozen=True, eq=False):
    """One file: its name, never a path, empty when none was announced; its bytes."""

    name: str
    content: bytes | memoryview


class Built(msgspec.Struct, frozen=True, eq=False):
    """A message to be posted.

    Attributes:
        headers: of the request, without those of HTTP itself.
        body: its body.
        message_id: with brackets.
        mics: the digest that a correct MDN returns, by our name of the algorithm: which of them
            counts is said by the MDN.
    """

    headers: Fields
    body: bytes
    message_id: str
    mics: Mapping[str, bytes]

    @property
    def mic(self) -> str:
        """The MIC by SHA-256, as an MDN would write it."""
        return str(Mic("sha256", self.mics["sha256"], "sha-256"))


class Outcome(msgspec.Struct, frozen=True):
    """What became of a message that was sent.

    Attributes:
        kind: ``delivered`` (positive MDN), ``sent`` (HTTP said yes, no MDN was asked for), ``nok``
            (negative disposition), ``wrong-mic``, ``no-mdn``, ``unreadable`` (an answer that proves
            nothing: false signature, unsigned, of another message), ``not-sent``.
        text: in words.
        disposition: as the MDN says it, empty without.
        message_id: the message that the MDN speaks of, as echoed.
        proven: delivered, signed, and with the MIC of what was sent.
    """

    kind: OutcomeKind
    text: str
    disposition: str = ""
    message_id: str = ""
    proven: bool = False

    @property
    def is_positive(self) -> bool:
        """Whether the sender may be content: acknowledged, or not asked to be."""
        return self.kind in {"delivered", "sent"}


class Answer(msgspec.Struct, frozen=True, eq=False):
    """The MDN to be answered, or to be posted to `url` when it is not None."""

    headers: Fields
    body: bytes
    url: str | None = None


class Opened(msgspec.Struct, frozen=True, eq=False):
    """A message that came.

    Attributes:
        message_id: as received.
        files: what was in it; none when it was refused.
        problem: why it was refused, empty when it was accepted.
        mdn: the MDN that tells so; None when none was asked for or none can be made.
        status: of the HTTP answer.
    """

    message_id: str
    files: tuple[File, ...] = ()
    problem: str = ""
    mdn: Answer | None = None
    status: int = 200


class Party(Protocol):
    """One side of an exchange. It blocks: public-key work, whole messages in memory."""

    @property
    def engine(self) -> str:
        """Name and version of the implementation."""

    @property
    def remark(self) -> str:
        """What the user ought to know of the choice of engine, empty for nothing."""

    def build(self, file: File) -> Built:
        """A message with that file; remembered until its MDN is read.

        Raises:
            PartyError: the file name cannot be sent.
        """

    def read_mdn(self, headers: Fields, body: bytes) -> Outcome:
        """The verdict of an MDN on a message that was built here; never raises."""

    def open(self, headers: Fields, body: bytes) -> Opened:
        """A message of the other side, with the MDN to give; never raises."""


class Notification(msgspec.Struct, frozen=True):
    """An MDN as an engine read it.

    Attributes:
        message_id: the message that it speaks of.
        disposition: what became of it.
        mic: the digest returned, None without.
        signed: signed by the other side, and verified.
    """

    message_id: str
    disposition: Disposition
    mic: Mic | None
    signed: bool


class Sent:
    """The messages that still have no MDN: their MICs by Message-ID."""

    def __init__(self, *, signed_receipt: bool) -> None:
        self._mics: dict[str, Mapping[str, bytes]] = {}
        self._signed_receipt = signed_receipt

    def remember(self, built: Built) -> Built:
        """Keeps what a verdict will need."""
        self._mics[_bare(built.message_id)] = built.mics
        return built

    def __contains__(self, message_id: str) -> bool:
        return _bare(message_id) in self._mics

    def judge(self, told: Notification) -> Outcome:
        """The verdict; a negative disposition counts also unsigned, a positive one does not."""
        mics = self._mics.get(_bare(told.message_id))
        said = str(told.disposition).partition(";")[2].strip()
        if mics is None:
            text = f"it speaks of {told.message_id!r}, which was not sent from here"
            return Outcome("unreadable", text, said, told.message_id)
        kind, text = self._verdict(told, mics)
        proven = kind == "delivered" and told.signed and told.mic is not None
        compared = proven and told.mic is not None and told.mic.algorithm in mics
        return Outcome(kind, text, said, told.message_id, compared)

    def _verdict(self, told: Notification, mics: Mapping[str, bytes]) -> tuple[OutcomeKind, str]:
        if not told.disposition.is_positive:
            return "nok", "the other side refused it"
        if self._signed_receipt and not told.signed:
            return "unreadable", "a signed MDN was asked for, this one is not signed"
        if told.mic is None:
            return "delivered", "without a MIC"
        own = mics.get(told.mic.algorithm)
        if own is None:
            return "delivered", f"MIC by {told.mic.spelling!r}, which cannot be compared"
        if own != told.mic.value:
            expected = Mic(told.mic.algorithm, own, told.mic.spelling)
            return "wrong-mic", f"MIC {told.mic} came back, {expected} was sent"
        return "delivered", "with the right MIC"


def _bare(message_id: str) -> str:
    return message_id.strip("<> \t")


def mics_of(pieces: Iterable[bytes | memoryview]) -> dict[str, bytes]:
    """Digests of what a MIC covers, by each algorithm that an MDN may name."""
    whole = list(pieces)
    return {name: digest_of(whole, name) for name in DIGESTS}


def new_id() -> str:
    """The left half of a Message-ID."""
    return secrets.token_hex(16)


def checked_name(name: str) -> str:
    """A file name that may stand in a header.

    Raises:
        PartyError: it has control characters, or it is a path.
    """
    if not name or not name.isprintable() or "/" in name or "\\" in name:
        message = f"{name!r} cannot be sent as a file name: printable characters, no path, expected"
        raise PartyError(message)
    return name


def stranger(settings: PartySettings, request: Request) -> str:
    """Why a message is not one of this relationship; empty when it is."""
    expected = (settings.peer_name, settings.own_name)
    found = (request.as2_from, request.as2_to)
    if found == expected:
        return ""
    return f"from {expected[0]!r} to {expected[1]!r} expected, {found[0]!r} to {found[1]!r} came"


def receipt_asked(settings: PartySettings) -> ReceiptRequest | None:
    """The MDN to ask for.

    Raises:
        PartyError: an asynchronous one without an address.
    """
    if settings.receipt == "none":
        return None
    if settings.receipt == "async" and not settings.receipt_url:
        raise PartyError("an asynchronous MDN needs the URL where it is to be posted")
    url = settings.receipt_url if settings.receipt == "async" else None
    if not settings.signed_receipt:
        return ReceiptRequest(url=url)
    return ReceiptRequest(
        signed=True, protocols=("pkcs7-signature",), micalgs=(settings.digest,), url=url
    )
