"""The settings of the protocols: names, manners and bounds of SFTP, AS2 and PeSIT."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from simulator.settings_types import AreaName, As2Name, Seconds, Section, Size, about


class SftpSettings(Section, frozen=True):
    """[sftp]: the areas and the manners of the SFTP server; the real names are not published."""

    depot: Annotated[AreaName, about("Area that partners write to.")] = "/depot"
    retrait: Annotated[AreaName, about("Area that partners fetch from.")] = "/retrait"
    temporary_suffixes: Annotated[
        tuple[str, ...], about("A file so named is not a deposit until it is renamed.")
    ] = (".tmp", ".part", ".filepart")
    hidden_prefix: Annotated[str, about("A file so named is not a deposit until renamed.")] = "."
    once: Annotated[bool, about("A return leaves the area once it is fetched.")] = True
    login_timeout: Annotated[Seconds, about("Seconds to sign in.")] = 30.0
    max_connections: Annotated[Size, about("Connections at a time.")] = 200
    max_connections_per_partner: Annotated[Size, about("Connections of one partner.")] = 20
    max_handles: Annotated[Size, about("Files and listings that one session may have open.")] = 128
    kept_uploads: Annotated[Size, about("Cut uploads of one partner that may be resumed.")] = 16
    kept_staged: Annotated[Size, about("Files of one partner under temporary names.")] = 256
    kept_bytes: Annotated[Size, about("Size of both kinds together, in bytes.")] = 4 << 30


class As2Settings(Section, frozen=True):
    """[as2]: the manners of the AS2 server and client; what was agreed is a partner's own table."""

    name: Annotated[As2Name, about("Our AS2 name.")] = "CPP001"
    path: Annotated[
        str,
        Meta(pattern="^/[!-~]*$", extra={"allowed": "a path such as /as2"}),
        about("Path of the URL that partners post to."),
    ] = "/as2"
    body: Annotated[Size, about("Bytes of one request.")] = 1536 << 20
    header_seconds: Annotated[Seconds, about("Until the head of a request is there.")] = 30.0
    request_seconds: Annotated[Seconds, about("For the whole of a request.")] = 900.0
    max_connections: Annotated[Size, about("Connections at a time.")] = 1000
    push_seconds: Annotated[Seconds, about("Until a push has its answer.")] = 60.0
    mdn_seconds: Annotated[Seconds, about("Until an asynchronous MDN on a push is there.")] = 120.0


class PesitCallSettings(Section, frozen=True):
    """[pesit.calls]: how the node speaks when it calls a partner to push."""

    article_length: Annotated[int, Meta(ge=1, le=65535), about("Octets of an article (PI 32).")] = (
        4096
    )
    max_entity: Annotated[int, Meta(ge=64, le=65535), about("Octets of an entity (PI 25).")] = 32768
    sync_interval: Annotated[
        int, Meta(ge=0, le=65535), about("KB between two points (PI 7); 0 for none.")
    ] = 1024
    window: Annotated[int, Meta(ge=0, le=255), about("Points that may wait for their answer.")] = 4
    crc: Annotated[bool, about("Check octets behind each FPDU (PI 1).")] = False
    compression: Annotated[bool, about("Ask for compression (PI 21).")] = False
    prefixed: Annotated[bool, about("Two octets of length before each entity, on TLS too.")] = True
    preconnection: Annotated[bool, about("The 24 octets before CONNECT.")] = False
    strict: Annotated[bool, about("Refuse every liberty that the text does not give.")] = False
    attempts: Annotated[
        int, Meta(ge=1, le=100), about("Connections for one push, when they break off.")
    ] = 3
    pause: Annotated[Seconds, about("Before the next of them.")] = 1.0
    timeout: Annotated[Seconds, about("Until a connection stands.")] = 30.0
    answer_timeout: Annotated[Seconds, about("Tp: silence in a transfer.")] = 30.0


class PesitSettings(Section, frozen=True):
    """[pesit]: names, manners and bounds of PeSIT."""

    profile: Annotated[
        str,
        Meta(pattern="^[a-z0-9-]+$", extra={"allowed": "a file of schemas/pesit-profiles"}),
        about("Which parameter carries which name."),
    ] = "default"
    part_id: Annotated[
        str,
        Meta(pattern="^[!-~]{1,24}$", extra={"allowed": "1 to 24 printable ASCII characters"}),
        about("Our identifier: PI 4 of those who call, PI 3 when we do."),
    ] = "CPP001"
    strict: Annotated[bool, about("Refuse every liberty that the text does not give.")] = False
    password_change: Annotated[
        bool, about("A partner may change its password in CONNECT (PI 5).")
    ] = True
    client_certificate: Annotated[
        Literal["ask", "require", "ignore"], about("Of those who call over TLS.")
    ] = "ask"
    sync_interval: Annotated[
        int, Meta(ge=0, le=65535), about("KB between two points at most; 0 grants none.")
    ] = 65535
    window: Annotated[int, Meta(ge=0, le=255), about("Points that may wait, at most.")] = 16
    max_entity: Annotated[int, Meta(ge=64, le=65535), about("Octets of an entity at most.")] = 65535
    compression: Annotated[bool, about("Take part in compression that is asked for.")] = True
    text: Annotated[
        Literal["lines", "pieces"], about("What articles of a file announced as text are.")
    ] = "lines"
    once: Annotated[bool, about("A return that was read whole waits no longer.")] = True
    article_length: Annotated[
        int, Meta(ge=1, le=65535), about("Octets of an article of a return that is read.")
    ] = 4096
    connect_timeout: Annotated[Seconds, about("Tc: until CONNECT.")] = 30.0
    answer_timeout: Annotated[Seconds, about("Tp: silence in a transfer.")] = 30.0
    idle_timeout: Annotated[Seconds, about("Td: between two files.")] = 300.0
    close_timeout: Annotated[Seconds, about("Tr: until the peer closes.")] = 30.0
    max_connections: Annotated[Size, about("Connections at a time.")] = 200
    max_connections_per_partner: Annotated[Size, about("Connections of one partner.")] = 20
    max_file: Annotated[Size, about("Octets of one file at most.")] = 4 << 30
    kept_uploads: Annotated[Size, about("Cut uploads of one partner that may be restarted.")] = 16
    kept_bytes: Annotated[Size, about("Their size together, in bytes.")] = 4 << 30
    calls: Annotated[
        PesitCallSettings,
        Meta(extra={"allowed": "a table such as { window = 0, prefixed = false }"}),
        about("How we speak when we call."),
    ] = PesitCallSettings()
    raw_partners: Annotated[
        tuple[str, ...], about("Partners that want no prefix on TLS when we call.")
    ] = ()
    preconnection_partners: Annotated[
        tuple[str, ...], about("Partners that want the pre-connection when we call.")
    ] = ()
