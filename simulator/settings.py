"""The settings of a node: what there is, the defaults, and how a node reads them.

One TOML file, one table a subject. A variable ``AIFE_SIM_<TABLE>_<KEY>`` (``AIFE_SIM_<KEY>`` for
``[node]``; lists separated by commas) stands over the file, an option of the command line over
both. The description of each key below is what editors show (``schemas/config.schema.json``, made
by ``make schema``), so it is written once.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from simulator.domain.businesstime import Mode, parse_duration, parse_instant
from simulator.domain.judgement import Limits
from simulator.domain.lifevalues import Choices
from simulator.domain.raccordement import As2Terms, Circuit, Environment, Protocol
from simulator.domain.reference import Options
from simulator.layers import Layers, Origin, Problem, SettingsError, SettingsFile, resolve

__all__ = ["Origin", "Problem", "Settings", "SettingsError", "load", "schema"]

PREFIX = "AIFE_SIM_"

# Variables with our prefix that are no settings: where the node is, how to start one, the settings
# file itself, the reference corpus, named points for tests.
FOREIGN = frozenset(PREFIX + name for name in ("NODE", "COMMAND", "CONFIG", "SHARED", "POINTS"))

Port = Annotated[int, Meta(ge=0, le=65535)]
Size = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(gt=0, extra={"allowed": "a number of seconds above 0"})]
Instant = Annotated[
    str,
    Meta(
        extra={
            "check": parse_instant,
            "allowed": "an ISO 8601 instant such as 2026-09-01T08:00:00Z",
        }
    ),
]
Duration = Annotated[
    str,
    Meta(extra={"check": parse_duration, "allowed": "an ISO 8601 duration such as P7D or PT2H"}),
]
Code = Annotated[
    str,
    Meta(pattern="^[A-Z0-9]{6}$", extra={"allowed": "6 uppercase letters or digits"}),
]
Matricule = Annotated[str, Meta(pattern="^[0-9]{4}$", extra={"allowed": "4 digits"})]
As2Name = Annotated[
    str,
    Meta(pattern="^[ -~]{1,128}$", extra={"allowed": "1 to 128 printable ASCII characters"}),
]
AreaName = Annotated[
    str,
    Meta(
        pattern="^/[^/]+$",
        extra={"allowed": "a folder at the root such as /depot"},
    ),
]


def about(description: str) -> Meta:
    """What a setting is for, for editors and `doctor --config`."""
    return Meta(description=description)


def _durations(values: tuple[str, ...]) -> None:
    """Raises `ValueError` for a list with anything but durations."""
    for value in values:
        parse_duration(value)


def _named_durations(values: dict[str, str]) -> None:
    """Raises `ValueError` for a table with anything but durations."""
    _durations(tuple(values.values()))


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One table of the settings file."""


class NodeSettings(Section, frozen=True):
    """[node]: where the node keeps its data and listens."""

    data: Annotated[str, about("Data folder; in a file: relative to it.")] = "./.aife-sim"
    memory: Annotated[bool, about("Temporary data folder, removed at exit; journal.sync off.")] = (
        False
    )
    host: Annotated[str, about("Address to listen on.")] = "127.0.0.1"
    advertise_host: Annotated[str, about("Host told to partners; empty: the bound address.")] = ""
    http_port: Annotated[Port, about("Console and API; 0 takes a free port.")] = 18080
    as2_port: Annotated[Port, about("AS2; 0 takes a free port.")] = 18081
    as2_tls_port: Annotated[Port | None, about("AS2 over HTTPS; none without.")] = None
    sftp_port: Annotated[Port, about("SFTP; 0 takes a free port.")] = 18022
    pesit_port: Annotated[Port, about("PeSIT over TLS; 0 takes a free port.")] = 18100
    pesit_plain_port: Annotated[Port | None, about("PeSIT without TLS, loopback only.")] = None
    ephemeral: Annotated[bool, about("Free ports for all that were not given one.")] = False
    ready_file: Annotated[str | None, about("JSON written once every listener is bound.")] = None
    seed: Annotated[int, about("Seed of everything drawn by chance.")] = 0
    token: Annotated[str | None, about("Token of the API; none is asked for on loopback.")] = None


class JournalSettings(Section, frozen=True):
    """[journal]: how durable the record is."""

    sync: Annotated[
        Literal["full", "normal", "off"],
        about("full survives a power loss, normal a killed process, off neither."),
    ] = "full"


class JudgingSettings(Section, frozen=True):
    """[judging]: the processes that read documents."""

    processes: Annotated[
        Size, about("Judging processes; large flows have as many more while there are any.")
    ] = 2
    seconds: Annotated[
        Seconds, about("Longest time for one flow, or for each 500 files of a large one.")
    ] = 60.0
    memory: Annotated[Size, about("Memory of one process, in bytes.")] = 2 << 30
    rules: Annotated[
        bool, about("Hold documents to the rule packs of their interface; else to schemas alone.")
    ] = True


class SchematronSettings(Section, frozen=True):
    """[schematron]: official Schematron as a second opinion (needs the extra)."""

    folder: Annotated[
        str | None, about("Your own .sch, .xsl and .xslt; relative to the settings file.")
    ] = None
    seconds: Annotated[Seconds, about("For each rule set on a document.")] = 60.0
    memory: Annotated[Size, about("Bytes that the process may write to.")] = 2 << 30
    fired: Annotated[Size, about("Failed asserts described for each rule set.")] = 100
    size: Annotated[Size, about("Bytes of a document; larger ones get no opinion.")] = 20 << 20


class LimitSettings(Section, frozen=True):
    """[limits]: bounds of a flow, in bytes or pieces."""

    flow: Annotated[Size, about("Bytes of a flow as deposited.")] = Limits().flow
    member: Annotated[Size, about("Bytes of one file of an envelope.")] = Limits().member
    attachment: Annotated[Size, about("Bytes of one attachment of a document, decoded.")] = (
        Limits().attachment
    )
    members: Annotated[Size, about("Files in an envelope.")] = Limits().members
    total: Annotated[Size, about("Bytes of an envelope unpacked.")] = Limits().total
    header: Annotated[Size, about("Bytes of a header record inside an archive.")] = Limits().header
    findings: Annotated[Size, about("Findings described for one document.")] = Limits().findings


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


class ClockSettings(Section, frozen=True):
    """[clock]: where business time begins and how it runs."""

    start: Annotated[Instant, about("First business instant; empty: now.")] = ""
    mode: Annotated[Mode, about("real, frozen, or running from start.")] = "real"
    rate: Annotated[float, Meta(gt=0), about("Business seconds for one second, running.")] = 1.0


class ExchangeSettings(Section, frozen=True):
    """[exchange]: behaviour that no public text settles (see `Options`)."""

    prefix: Annotated[Code, about("First 6 characters of our own flow ids.")] = Options().prefix
    matricule: Annotated[Matricule, about("Our number in scheme 0238.")] = Options().matricule
    life_cycle_interface: Annotated[
        Literal["FEN1200A", "FEN1201A"], about("Code that carries historic statuses.")
    ] = Options().life_cycle_interface
    all_rejected: Annotated[
        Literal["partial", "refused"], about("Report on a historic flow without a good invoice.")
    ] = Options().all_rejected
    group_statuses: Annotated[bool, about("One return for all statuses of a deposit.")] = True
    report: Annotated[
        Literal["always", "errors-only"], about("When a historic flow gets its report.")
    ] = Options().report


class LifeCycleSettings(Section, frozen=True):
    """[life_cycle]: what the simulated actors do by themselves, and how strictly they are held."""

    story: Annotated[
        bool,
        about("A well-behaved buyer or platform says its statuses by itself, in business time."),
    ] = True
    delays: Annotated[
        dict[str, str],
        Meta(
            extra={
                "check": _named_durations,
                "allowed": "durations by status such as { '03' = 'PT1M' }",
            }
        ),
        about("Business time before a step of the story, by its status."),
    ] = {}
    order: Annotated[
        Literal["free", "strict"], about("free as the real system; strict: only the usual order.")
    ] = "free"
    repeated: Annotated[
        Literal["ignore", "relay", "refuse"], about("The same status again with the same words.")
    ] = "ignore"
    platform_statuses: Annotated[
        Literal["any", "listed"], about("Which AFNOR statuses a supplier's platform may send.")
    ] = "any"
    recycling: Annotated[
        Literal["convert", "refuse", "keep"], about("What becomes of 04 after its withdrawal.")
    ] = "convert"
    strict_schematron: Annotated[
        bool, about("Keep motifs that the official rules refuse from leaving on a 210.")
    ] = False

    def choices(self) -> Choices:
        """As the life cycle knows them."""
        names = ("order", "repeated", "platform_statuses", "recycling", "strict_schematron")
        return Choices(**{name: getattr(self, name) for name in names})


class DirectorySettings(Section, frozen=True):
    """[directory]: the structures that invoices name."""

    unknown: Annotated[
        Literal["refuse", "accept", "accept-and-warn"],
        about("What becomes of an invoice that names an unknown structure."),
    ] = Options().directory_unknown
    demo: Annotated[bool, about("Load the structures of the demo.")] = True


class ReturnSettings(Section, frozen=True):
    """[returns]: what happens to returns."""

    purge_after: Annotated[Duration, about("Business time until an unfetched return goes.")] = "P7D"
    retry: Annotated[
        tuple[str, ...],
        Meta(extra={"check": _durations, "allowed": "a list of ISO 8601 durations such as PT5M"}),
        about("Business time before each further push of a return; none: no retry, as AIFE."),
    ] = ()


class TlsSettings(Section, frozen=True):
    """[tls]: certificates that the node issues."""

    names: Annotated[
        tuple[str, ...], about("More host names and addresses that certificates are good for.")
    ] = ()


class PkiSettings(Section, frozen=True):
    """[pki]: the key material of partners."""

    p12_password: Annotated[str, about("Password of bundle.p12, when it is made.")] = "aife-sim"  # noqa: S105 - documented: it is there because some tools want one


class PartnerSettings(Section, frozen=True):
    """[[partner]]: a raccordement of your own."""

    code: Annotated[Code, about("Code application.")]
    circuit: Annotated[Circuit, about("What it exchanges.")]
    protocol: Annotated[Protocol, about("How it connects.")]
    environment: Annotated[Environment, about("QUAL or PROD.")] = "QUAL"
    interfaces: Annotated[
        tuple[str, ...],
        about("Interface codes subscribed; none: the circuit's, as far as exchanged."),
    ] = ()
    cert: Annotated[
        str | None, about("Its certificate (p7b, crt, cer, pem); none: keys are made for it.")
    ] = None
    ssh_key: Annotated[str | None, about("OpenSSH public key file; none: the certificate's.")] = (
        None
    )
    endpoint: Annotated[str | None, about("Where returns are pushed; none: they wait.")] = None
    valid_from: Annotated[Instant, about("First business instant of activity.")] = ""
    valid_to: Annotated[Instant, about("Business instant from which it is inactive.")] = ""
    matricule: Annotated[Matricule, about("Its number in scheme 0238.")] = "0042"
    as2_id: Annotated[As2Name | Literal[""], about("AS2 name; empty: the code application.")] = ""
    part_id: Annotated[str, about("PeSIT Part ID; empty: the code application.")] = ""
    password: Annotated[str, about("PeSIT password; empty: the node's default.")] = ""
    as2: Annotated[
        As2Terms,
        Meta(extra={"allowed": "a table such as { profile = 'legacy', mdn = 'async' }"}),
        about("What was agreed about AS2."),
    ] = As2Terms()

    @property
    def active_from(self) -> datetime | None:
        """`valid_from` as an instant."""
        return parse_instant(self.valid_from) if self.valid_from else None

    @property
    def active_to(self) -> datetime | None:
        """`valid_to` as an instant."""
        return parse_instant(self.valid_to) if self.valid_to else None


class StructureSettings(Section, frozen=True):
    """[[structure]]: an entry of the directory."""

    identifier: Annotated[str, Meta(min_length=1), about("SIRET, or what its scheme asks for.")]
    name: Annotated[str, about("Raison sociale.")]
    kind: Annotated[Literal["public", "private"], about("Which side of public procurement.")]
    active: Annotated[bool, about("An inactive one is refused like an unknown one.")] = True
    address: Annotated[str, about("Electronic address; empty: the identifier.")] = ""
    partner: Annotated[str, about("Code application that it is reached by; empty: nobody.")] = ""


class Tables(Section, frozen=True):
    """A settings file."""

    node: NodeSettings = NodeSettings()
    journal: JournalSettings = JournalSettings()
    judging: JudgingSettings = JudgingSettings()
    limits: LimitSettings = LimitSettings()
    schematron: SchematronSettings = SchematronSettings()
    sftp: SftpSettings = SftpSettings()
    as2: As2Settings = As2Settings()
    pesit: PesitSettings = PesitSettings()
    clock: ClockSettings = ClockSettings()
    exchange: ExchangeSettings = ExchangeSettings()
    directory: DirectorySettings = DirectorySettings()
    returns: ReturnSettings = ReturnSettings()
    life_cycle: LifeCycleSettings = LifeCycleSettings()
    tls: TlsSettings = TlsSettings()
    pki: PkiSettings = PkiSettings()
    partner: tuple[PartnerSettings, ...] = ()
    structure: tuple[StructureSettings, ...] = ()


class Settings(Tables, frozen=True):
    """All settings of a node, in force; `origin` tells the layer of each by its path."""

    origin: dict[str, Origin] = {}

    def options(self) -> Options:
        """The part that the exchange knows."""
        return Options(
            **msgspec.structs.asdict(self.exchange),
            directory_unknown=self.directory.unknown,
            flow_limit=self.limits.flow,
            purge_after=parse_duration(self.returns.purge_after),
            push_retries=tuple(map(parse_duration, self.returns.retry)),
            story=self.life_cycle.story,
            delays={k: parse_duration(v) for k, v in self.life_cycle.delays.items()},
            choices=self.life_cycle.choices(),
        )

    def job_limits(self) -> Limits:
        """Bounds of one judging job."""
        bounds = msgspec.structs.asdict(self.limits)
        return Limits(**bounds, seconds=self.judging.seconds, memory=self.judging.memory)


def load(
    file: Path | None = None,
    environ: Mapping[str, str] | None = None,
    flags: Mapping[str, object] | None = None,
) -> Settings:
    """The settings in force: flag over environment over file over default.

    Args:
        file: TOML settings file.
        environ: the process environment.
        flags: by path (``clock.start``), keys of ``[node]`` alone (``http_port``); None values
            are flags that were not given.

    Raises:
        SettingsError: with every unknown name, wrong value, and entry given twice.
    """
    read = SettingsFile.read(file) if file else None
    tables, origin = resolve(Tables, Layers(read, environ or {}, flags or {}, PREFIX, FOREIGN))
    settings = Settings(**msgspec.structs.asdict(tables), origin=origin)
    _refuse_twins(settings, read)
    return _with_implied(_beside(settings, file) if file else settings)


def schema() -> dict[str, Any]:
    """JSON Schema of a settings file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Settings of aife-sim",
        **msgspec.json.schema(Tables),
    }


def schema_text() -> str:
    """`schema` as it stands in ``schemas/config.schema.json``."""
    return msgspec.json.format(msgspec.json.encode(schema()), indent=2).decode() + "\n"


def _refuse_twins(settings: Settings, file: SettingsFile | None) -> None:
    """One entry per partner code and per structure."""
    keys = [(f"partner[{n}].code", p.code) for n, p in enumerate(settings.partner)]
    keys += [(f"partner[{n}].as2_id", p.as2_id) for n, p in enumerate(settings.partner) if p.as2_id]
    keys += [(f"structure[{n}].identifier", s.identifier) for n, s in enumerate(settings.structure)]
    seen: dict[tuple[str, str, str], str] = {}
    problems = []
    for path, value in keys:
        first = seen.setdefault((path.partition("[")[0], path.rpartition(".")[2], value), path)
        if first != path:
            place = file.place(path) if file else ""
            problems.append(Problem(place, path, f"{value} is given twice, first as {first}"))
    if problems:
        raise SettingsError(*problems)


def _beside(settings: Settings, file: Path) -> Settings:
    """Paths that the file gave, made relative to the file instead of the working folder."""
    node = {
        key: str(file.parent / Path(getattr(settings.node, key)).expanduser())
        for key in ("data", "ready_file")
        if settings.origin[f"node.{key}"].layer == "file"
    }
    partners = tuple(
        msgspec.structs.replace(
            partner,
            **{
                key: str(file.parent / Path(value).expanduser())
                for key in ("cert", "ssh_key")
                if (value := getattr(partner, key))
            },
        )
        for partner in settings.partner
    )
    schematron = settings.schematron
    if schematron.folder and settings.origin["schematron.folder"].layer == "file":
        folder = str(file.parent / Path(schematron.folder).expanduser())
        schematron = msgspec.structs.replace(schematron, folder=folder)
    return msgspec.structs.replace(
        settings,
        node=msgspec.structs.replace(settings.node, **node),
        schematron=schematron,
        partner=partners,
    )


def _with_implied(settings: Settings) -> Settings:
    """What ``memory`` and ``ephemeral`` say about settings that nobody gave."""
    origin = dict(settings.origin)
    ports = ("http_port", "as2_port", "sftp_port", "pesit_port") if settings.node.ephemeral else ()
    free = [key for key in ports if origin[f"node.{key}"].layer == "default"]
    origin |= {f"node.{key}": Origin("default", "ephemeral") for key in free}
    node = msgspec.structs.replace(settings.node, **dict.fromkeys(free, 0))
    journal = settings.journal
    if node.memory and origin["journal.sync"].layer == "default":
        journal = JournalSettings(sync="off")
        origin["journal.sync"] = Origin("default", "memory")
    return msgspec.structs.replace(settings, node=node, journal=journal, origin=origin)


if __name__ == "__main__":
    sys.stdout.write(schema_text())
