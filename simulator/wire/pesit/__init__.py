"""PeSIT E (profile Hors-SIT) without sockets: a library of its own.

::

    from simulator.wire import pesit

    server = pesit.Server(own_id=0x62)
    for event in server.receive(octets, now):
        match event:
            case pesit.Connect():
                transport.write(server.send(pesit.accept(event)))
            ...

What is said is a `Message`, the same value sent or received. Read ``states`` for the dialogue,
``docs/pesit-core.md`` for the way to use it.
"""

from simulator.wire.pesit.annotate import Line, annotate, describe
from simulator.wire.pesit.content import Layout, after, cut, join
from simulator.wire.pesit.deadlines import Deadline, Expired
from simulator.wire.pesit.diagnostics import DIAGNOSTICS, SUCCESS, Diagnostic
from simulator.wire.pesit.errors import LocalProtocolError, ProtocolError, RemoteProtocolError
from simulator.wire.pesit.feed import Feed, Source
from simulator.wire.pesit.fpdu import fpdu
from simulator.wire.pesit.kinds import Kind
from simulator.wire.pesit.messages import (
    Abort,
    AccessType,
    AckCreate,
    AckCrf,
    AckDeselect,
    AckIdt,
    AckMsg,
    AckOrf,
    AckRead,
    AckResyn,
    AckSelect,
    AckSyn,
    AckTransEnd,
    AckWrite,
    Aconnect,
    ArticleFormat,
    Connect,
    Create,
    Crf,
    Data,
    DataCode,
    Deselect,
    DtfEnd,
    EndCode,
    Idt,
    Mark,
    Message,
    Msg,
    Orf,
    PreAccept,
    PreConnection,
    PreRefuse,
    Rconnect,
    Read,
    Relconf,
    Release,
    Resyn,
    Select,
    Syn,
    TransEnd,
    Wanted,
    Write,
)
from simulator.wire.pesit.negotiation import (
    Limits,
    accept,
    accept_create,
    accept_open,
    accept_select,
    access_refusal,
    refusal,
)
from simulator.wire.pesit.parameters import Access, Compression, SyncOption
from simulator.wire.pesit.profile import (
    LENIENT,
    STRICT,
    Framing,
    Options,
    Packing,
    Profile,
    Timers,
    Tolerated,
)
from simulator.wire.pesit.session import Event, Requester, Server, Session
from simulator.wire.pesit.states import Side, State
from simulator.wire.pesit.transfer import Transfer

__all__ = [
    "DIAGNOSTICS",
    "LENIENT",
    "STRICT",
    "SUCCESS",
    "Abort",
    "Access",
    "AccessType",
    "AckCreate",
    "AckCrf",
    "AckDeselect",
    "AckIdt",
    "AckMsg",
    "AckOrf",
    "AckRead",
    "AckResyn",
    "AckSelect",
    "AckSyn",
    "AckTransEnd",
    "AckWrite",
    "Aconnect",
    "ArticleFormat",
    "Compression",
    "Connect",
    "Create",
    "Crf",
    "Data",
    "DataCode",
    "Deadline",
    "Deselect",
    "Diagnostic",
    "DtfEnd",
    "EndCode",
    "Event",
    "Expired",
    "Feed",
    "Framing",
    "Idt",
    "Kind",
    "Layout",
    "Limits",
    "Line",
    "LocalProtocolError",
    "Mark",
    "Message",
    "Msg",
    "Options",
    "Orf",
    "Packing",
    "PreAccept",
    "PreConnection",
    "PreRefuse",
    "Profile",
    "ProtocolError",
    "Rconnect",
    "Read",
    "Relconf",
    "Release",
    "RemoteProtocolError",
    "Requester",
    "Resyn",
    "Select",
    "Server",
    "Session",
    "Side",
    "Source",
    "State",
    "Syn",
    "SyncOption",
    "Timers",
    "Tolerated",
    "TransEnd",
    "Transfer",
    "Wanted",
    "Write",
    "accept",
    "accept_create",
    "accept_open",
    "accept_select",
    "access_refusal",
    "after",
    "annotate",
    "cut",
    "describe",
    "fpdu",
    "join",
    "refusal",
]
