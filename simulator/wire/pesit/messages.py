"""What is said, as values: the same for both sides and both directions.

A requester sends ``Connect(...)``, the server receives ``Connect(...)``. Fields are named after
the parameters of ``data/parameters.toml``; None = the parameter is absent. Which FPDU may carry
which parameter is the business of ``data/fpdus.toml``, and a test holds the two together. The file
is long because the FPDUs are many; each is a list of fields.
"""

from __future__ import annotations

import enum
from typing import ClassVar, Final

import msgspec

from simulator.wire.pesit.diagnostics import SUCCESS, Diagnostic
from simulator.wire.pesit.kinds import Kind
from simulator.wire.pesit.parameters import Access, Compression, SyncOption

LARGEST_ENTITY: Final = 0xFFFF
SMALLEST_ENTITY: Final = 7
"""A header and one octet of data (check octets come on top): with less no file can ever move."""


class AccessType(enum.IntEnum):
    """PI 22: what the requester means to do on the connection."""

    WRITE = 0
    READ = 1
    MIXED = 2


class DataCode(enum.IntEnum):
    """PI 16: the code of the file's data."""

    ASCII = 0
    EBCDIC = 1
    BINARY = 2


class ArticleFormat(enum.IntEnum):
    """PI 31: articles of one length, or of any length up to PI 32."""

    FIXED = 0x00
    UNDEFINED = 0x40
    VARIABLE = 0x80


class EndCode(enum.IntEnum):
    """PI 19: why a transfer was interrupted. After the last three the file is done with."""

    ERROR = 4
    SUSPENSION = 8
    CANCELLED_BY_SERVER = 12
    CANCELLED_BY_REQUESTER = 16


class Wanted(enum.IntFlag):
    """PI 14 of SELECT: the groups of attributes that ACK(SELECT) is to carry."""

    LOGICAL = 0x80
    PHYSICAL = 0x40
    HISTORICAL = 0x20


class Message(msgspec.Struct, frozen=True, kw_only=True, repr_omit_defaults=True):
    """Common root of everything that is said."""

    KIND: ClassVar[Kind]


class PreConnection(Message, frozen=True, kw_only=True):
    """The 24 octets some partners send before CONNECT; at most 8 characters each."""

    KIND = Kind.PRECONNECT
    identifier: str
    password: str = ""


class PreAccept(Message, frozen=True, kw_only=True):
    """``ACK0``: go on with CONNECT."""

    KIND = Kind.PREACCEPT


class PreRefuse(Message, frozen=True, kw_only=True):
    """``NAK0``: close."""

    KIND = Kind.PREREFUSE


class Connect(Message, frozen=True, kw_only=True):
    """Opens the connection; answered by `Aconnect` or `Rconnect`."""

    KIND = Kind.CONNECT
    crc: bool | None = None
    requester: str
    server: str
    access: Access | None = None
    version: int = 2
    sync: SyncOption | None = None
    access_type: int = AccessType.MIXED
    resync: bool | None = None
    watchdog: int | None = None
    free: str | None = None


class Aconnect(Message, frozen=True, kw_only=True):
    """Accepts the connection, at most with what was offered; `negotiation.accept` writes one."""

    KIND = Kind.ACONNECT
    access: Access | None = None
    version: int = 2
    sync: SyncOption | None = None
    resync: bool | None = None
    free: str | None = None


class Rconnect(Message, frozen=True, kw_only=True):
    """Refuses the connection; the requester then closes the transport."""

    KIND = Kind.RCONNECT
    diagnostic: Diagnostic
    complement: bytes | None = None
    free: str | None = None


class Release(Message, frozen=True, kw_only=True):
    """Ends the connection; answered by `Relconf`."""

    KIND = Kind.RELEASE
    diagnostic: Diagnostic = SUCCESS
    complement: bytes | None = None
    free: str | None = None


class Relconf(Message, frozen=True, kw_only=True):
    """Confirms the end; the requester then closes the transport."""

    KIND = Kind.RELCONF
    free: str | None = None


class Abort(Message, frozen=True, kw_only=True):
    """Ends everything at once, from either side, in any state."""

    KIND = Kind.ABORT
    diagnostic: Diagnostic = SUCCESS
    complement: bytes | None = None


class Create(Message, frozen=True, kw_only=True):
    """Asks to write a file; answered by `AckCreate`.

    ``max_entity`` is in octets, ``max_reserved`` in KB (or articles: ``reservation_unit`` 1),
    dates are YYMMDDhhmmss.
    """

    KIND = Kind.CREATE
    requester: str | None = None
    server: str | None = None
    file_type: int = 0
    file_name: str
    transfer_id: int
    restarted: bool | None = None
    data_code: int | None = None
    priority: int = 1
    max_entity: int = LARGEST_ENTITY
    article_format: int | None = None
    article_length: int | None = None
    organisation: int | None = None
    label: str | None = None
    key_length: int | None = None
    key_offset: int | None = None
    reservation_unit: int | None = None
    max_reserved: int | None = None
    created: str | None = None
    extracted: str | None = None
    originator: str | None = None
    recipient: str | None = None
    free: str | None = None


class AckCreate(Message, frozen=True, kw_only=True):
    """Answers `Create`; a session fills in ``max_entity`` with what was offered when it is None."""

    KIND = Kind.ACK_CREATE
    diagnostic: Diagnostic = SUCCESS
    transfer_id: int | None = None
    max_entity: int | None = None
    complement: bytes | None = None
    free: str | None = None


class Select(Message, frozen=True, kw_only=True):
    """Asks to read a file, whose name may be generic; answered by `AckSelect`."""

    KIND = Kind.SELECT
    requester: str | None = None
    server: str | None = None
    file_type: int = 0
    file_name: str
    transfer_id: int = 0
    attributes: int | None = None
    restarted: bool | None = None
    priority: int = 1
    max_entity: int = LARGEST_ENTITY
    originator: str | None = None
    recipient: str | None = None
    free: str | None = None


class AckSelect(Message, frozen=True, kw_only=True):
    """Answers `Select` with the file chosen; 2-205 when there is none (left)."""

    KIND = Kind.ACK_SELECT
    diagnostic: Diagnostic = SUCCESS
    requester: str | None = None
    server: str | None = None
    file_type: int | None = None
    file_name: str | None = None
    transfer_id: int | None = None
    data_code: int | None = None
    max_entity: int | None = None
    complement: bytes | None = None
    article_format: int | None = None
    article_length: int | None = None
    organisation: int | None = None
    label: str | None = None
    key_length: int | None = None
    key_offset: int | None = None
    reservation_unit: int | None = None
    max_reserved: int | None = None
    created: str | None = None
    extracted: str | None = None
    free: str | None = None


class Deselect(Message, frozen=True, kw_only=True):
    """Leaves the file; answered by `AckDeselect`."""

    KIND = Kind.DESELECT
    diagnostic: Diagnostic = SUCCESS
    complement: bytes | None = None
    free: str | None = None


class AckDeselect(Message, frozen=True, kw_only=True):
    """Answers `Deselect`; whatever it says, the file is left."""

    KIND = Kind.ACK_DESELECT
    diagnostic: Diagnostic = SUCCESS
    complement: bytes | None = None
    free: str | None = None


class Orf(Message, frozen=True, kw_only=True):
    """Opens the file; answered by `AckOrf`."""

    KIND = Kind.ORF
    compression: Compression | None = None


class AckOrf(Message, frozen=True, kw_only=True):
    """Answers `Orf` with the compression granted."""

    KIND = Kind.ACK_ORF
    diagnostic: Diagnostic = SUCCESS
    compression: Compression | None = None
    complement: bytes | None = None


class Crf(Message, frozen=True, kw_only=True):
    """Closes the file; answered by `AckCrf`."""

    KIND = Kind.CRF
    diagnostic: Diagnostic = SUCCESS
    complement: bytes | None = None


class AckCrf(Message, frozen=True, kw_only=True):
    """Answers `Crf`; whatever it says, the file is closed."""

    KIND = Kind.ACK_CRF
    diagnostic: Diagnostic = SUCCESS
    complement: bytes | None = None


class Read(Message, frozen=True, kw_only=True):
    """Asks for the data after a point (0 = all); answered by `AckRead`."""

    KIND = Kind.READ
    restart_point: int = 0


class AckRead(Message, frozen=True, kw_only=True):
    """Answers `Read`; data follow."""

    KIND = Kind.ACK_READ
    diagnostic: Diagnostic = SUCCESS
    complement: bytes | None = None


class Write(Message, frozen=True, kw_only=True):
    """Asks to send data; answered by `AckWrite`."""

    KIND = Kind.WRITE


class AckWrite(Message, frozen=True, kw_only=True):
    """Answers `Write` with the point after which data are wanted (0 = all)."""

    KIND = Kind.ACK_WRITE
    diagnostic: Diagnostic = SUCCESS
    restart_point: int = 0
    complement: bytes | None = None


class Data(Message, frozen=True, kw_only=True):
    """Whole articles, decompressed; one FPDU brings one or several, or a segment ends one."""

    KIND = Kind.DTF
    articles: tuple[bytes, ...]


class DtfEnd(Message, frozen=True, kw_only=True):
    """No more data."""

    KIND = Kind.DTF_END
    diagnostic: Diagnostic = SUCCESS
    complement: bytes | None = None


class Mark(msgspec.Struct, frozen=True):
    """What a synchronisation point stands for in the file.

    Attributes:
        number: of the point; 0 is the start of the file.
        articles: before it.
        octets: before it, of the file (decompressed, without prefixes).
        wire: before it, as PI 27 counts them (compressed).
    """

    number: int = 0
    articles: int = 0
    octets: int = 0
    wire: int = 0


class Syn(Message, frozen=True, kw_only=True):
    """A synchronisation point; ``mark`` does not travel, reception fills it in."""

    KIND = Kind.SYN
    number: int
    mark: Mark | None = None


class AckSyn(Message, frozen=True, kw_only=True):
    """Everything up to that point is safe."""

    KIND = Kind.ACK_SYN
    number: int


class Resyn(Message, frozen=True, kw_only=True):
    """Asks to go back to a point without leaving the transfer; answered by `AckResyn`."""

    KIND = Kind.RESYN
    diagnostic: Diagnostic = SUCCESS
    restart_point: int
    complement: bytes | None = None


class AckResyn(Message, frozen=True, kw_only=True):
    """Data go on after that point."""

    KIND = Kind.ACK_RESYN
    restart_point: int


class Idt(Message, frozen=True, kw_only=True):
    """Interrupts the transfer; answered by `AckIdt`."""

    KIND = Kind.IDT
    diagnostic: Diagnostic = SUCCESS
    end_code: int | None = None
    complement: bytes | None = None


class AckIdt(Message, frozen=True, kw_only=True):
    """Answers `Idt`."""

    KIND = Kind.ACK_IDT


class TransEnd(Message, frozen=True, kw_only=True):
    """The requester's end of the transfer, with the counts of the data moved."""

    KIND = Kind.TRANS_END
    octets: int | None = None
    articles: int | None = None


class AckTransEnd(Message, frozen=True, kw_only=True):
    """The delivery receipt: acknowledges every point; make the file durable before sending it."""

    KIND = Kind.ACK_TRANS_END
    diagnostic: Diagnostic = SUCCESS
    octets: int | None = None
    articles: int | None = None
    complement: bytes | None = None


class Msg(Message, frozen=True, kw_only=True):
    """A message without a file; a long one travels as MSGDM, MSGMM, MSGFM and arrives as one."""

    KIND = Kind.MSG
    requester: str | None = None
    server: str | None = None
    file_type: int = 0
    file_name: str = ""
    transfer_id: int = 0
    attributes: int | None = None
    data_code: int | None = None
    created: str | None = None
    originator: str | None = None
    recipient: str | None = None
    text: bytes | None = None


class MsgPart(Message, frozen=True, kw_only=True):
    """The middle or the end of a long message; the session never shows one."""

    KIND = Kind.MSGMM
    text: bytes | None = None


class AckMsg(Message, frozen=True, kw_only=True):
    """Answers `Msg`, with a message in return if one was asked for."""

    KIND = Kind.ACK_MSG
    diagnostic: Diagnostic = SUCCESS
    transfer_id: int | None = None
    data_code: int | None = None
    complement: bytes | None = None
    text: bytes | None = None


MESSAGES: Final[dict[Kind, type[Message]]] = {
    message.KIND: message for message in Message.__subclasses__() if message is not Data
} | {Kind.MSGDM: Msg, Kind.MSGFM: MsgPart}
"""The value that each FPDU with parameters is shown as."""
