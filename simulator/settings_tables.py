"""The settings of the node and of the exchange, one table a subject."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from simulator.domain.businesstime import Mode, parse_duration, parse_instant
from simulator.domain.faults import Fault, Outcome
from simulator.domain.judgement import Limits
from simulator.domain.lifevalues import Choices
from simulator.domain.raccordement import As2Terms, Circuit, Environment, Protocol, Service
from simulator.domain.reference import Options
from simulator.settings_types import (
    As2Name,
    Code,
    Duration,
    Instant,
    Matricule,
    Port,
    Seconds,
    Section,
    Size,
    about,
    durations,
    named_durations,
)

_INTERFACE = re.compile(r"[A-Z]{3}[0-9]{4}[A-Z]")
_CODE = re.compile(r"[A-Z0-9]{6}")


def _prefixes(values: dict[str, str]) -> None:
    """Raises `ValueError` for a table with anything but codes application by interface."""
    for interface, prefix in values.items():
        if not (_INTERFACE.fullmatch(interface) and _CODE.fullmatch(prefix)):
            message = f"expected an interface code and a code application: {interface} = {prefix}"
            raise ValueError(message)


def _day(text: str) -> None:
    """Raises `ValueError` for anything but a day."""
    date.fromisoformat(text)


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


class ClockSettings(Section, frozen=True):
    """[clock]: where business time begins and how it runs."""

    start: Annotated[Instant, about("First business instant; empty: now.")] = ""
    mode: Annotated[Mode, about("real, frozen, or running from start.")] = "real"
    rate: Annotated[float, Meta(gt=0), about("Business seconds for one second, running.")] = 1.0


class ExchangeSettings(Section, frozen=True):
    """[exchange]: behaviour that no public text settles (see `Options`)."""

    prefix: Annotated[Code, about("First 6 characters of our own flow ids.")] = Options().prefix
    prefixes: Annotated[
        dict[str, str],
        Meta(
            extra={
                "check": _prefixes,
                "allowed": "codes application by interface such as { FEN0036A = 'CPP002' }",
            }
        ),
        about("The same for single interface codes."),
    ] = msgspec.field(default_factory=dict)
    ack_name: Annotated[
        Literal["same", "own"],
        about("Identifier of a report or acknowledgement: that of the flow, or one of ours."),
    ] = Options().ack_name
    matricule: Annotated[Matricule, about("Our number in scheme 0238.")] = Options().matricule
    matricule_g2b: Annotated[Matricule, about("The same on the circuits of G2B.")] = (
        Options().matricule_g2b
    )
    matricule_ppf: Annotated[Matricule, about("That of the PPF, whose statuses are passed on.")] = (
        Options().matricule_ppf
    )
    life_cycle_interface: Annotated[
        Literal["FEN1200A", "FEN1201A"], about("Code that carries historic statuses.")
    ] = Options().life_cycle_interface
    all_rejected: Annotated[
        Literal["partial", "refused"], about("Report on a historic flow without a good invoice.")
    ] = Options().all_rejected
    messages_per_archive: Annotated[
        int,
        Meta(ge=0, le=100_000),
        about("Most statuses, declarations or invoices of one return; 0: all of a deposit."),
    ] = Options().messages_per_archive
    status_delivery: Annotated[
        Literal["immediate", "daily"],
        about("Statuses of invoices leave at once, or those of a partner together once a day."),
    ] = Options().status_delivery
    daily_at: Annotated[
        str,
        Meta(
            pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$",
            extra={"allowed": "a time of the day such as 06:00"},
        ),
        about("When they do, in the legal time of Paris."),
    ] = Options().daily_at
    report: Annotated[
        Literal["always", "errors-only"], about("When a historic flow gets its report.")
    ] = Options().report
    ereporting_ack: Annotated[
        Literal["500", "300", "none"], about("Status of the CSO6000A that takes a declaration.")
    ] = Options().ereporting_ack
    held_for: Annotated[
        Duration,
        about(
            "How long a NON_TRANSMISE invoice still goes to a platform connected later; PT0S: not."
        ),
    ] = "P30D"
    code_aliases: Annotated[
        Literal["accept", "refuse"],
        about("A deposit named by a code of ours printed for it too: CSI6000A for CEI6000A."),
    ] = Options().code_aliases
    unpublished: Annotated[
        Literal["keep", "refuse"],
        about("A deposit whose format is not published (CEN0036A): kept unread, or refused."),
    ] = Options().unpublished
    g2b_unconnected: Annotated[
        Literal["played", "non-transmise"],
        about("A G2B recipient with nobody behind it is played, or cannot be reached."),
    ] = Options().g2b_unconnected


class LifeCycleSettings(Section, frozen=True):
    """[life_cycle]: what the simulated actors do by themselves, and how strictly they are held."""

    story: Annotated[
        bool,
        about("A well-behaved buyer or platform says its statuses by itself, in business time."),
    ] = True
    second_validator: Annotated[
        bool, about("Invoices of cadre A9 (S3) have a co-contractor, who validates second: 17, 18.")
    ] = False
    delays: Annotated[
        dict[str, str],
        Meta(
            extra={
                "check": named_durations,
                "allowed": "durations by status such as { '03' = 'PT1M' }",
            }
        ),
        about("Business time before a step of the story, by its status."),
    ] = msgspec.field(default_factory=dict)
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
    recycling_since: Annotated[
        str,
        Meta(extra={"check": _day, "allowed": "a day such as 2026-09-01"}),
        about("Day of the withdrawal of 04; empty: that of the table."),
    ] = ""
    strict_schematron: Annotated[
        bool, about("Keep motifs that the official rules refuse from leaving on a 210.")
    ] = False

    def choices(self) -> Choices:
        """As the life cycle knows them."""
        names = ("order", "repeated", "platform_statuses", "recycling", "strict_schematron")
        since = date.fromisoformat(self.recycling_since) if self.recycling_since else None
        return Choices(**{name: getattr(self, name) for name in names}, recycling_since=since)


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
        Meta(extra={"check": durations, "allowed": "a list of ISO 8601 durations such as PT5M"}),
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
    service_required: Annotated[bool, about("An invoice to it names one of its services.")] = False
    engagement_required: Annotated[bool, about("An invoice to it names an engagement.")] = False
    service_or_engagement: Annotated[bool, about("An invoice to it names one of the two.")] = False
    services: Annotated[
        tuple[Service, ...],
        Meta(extra={"allowed": "a list of tables such as { code = 'S1', name = 'Achats' }"}),
        about("Its services; none: any code will do."),
    ] = ()


class FaultSettings(Section, frozen=True):
    """[[fault]]: something that is to go wrong (see `simulator.domain.faults`)."""

    outcome: Annotated[Outcome, about("What is to happen.")]
    partner: Annotated[str, about("Code application; empty: any.")] = ""
    interface: Annotated[
        str, about("Code of the deposit, or of one of our returns; empty: any deposit.")
    ] = ""
    name: Annotated[str, about("Pattern of the flow name: *, ?, [...].")] = "*"
    invoice: Annotated[str, about("Pattern of the numbers of rejected invoices.")] = "*"
    motif: Annotated[str, about("IRR_... of an irrecevable flow, any other of an invoice.")] = ""
    text: Annotated[str, about("Words that go with the motif; empty: its own.")] = ""
    after: Annotated[Duration, about("Business time of a delay.")] = "PT0S"
    times: Annotated[int, Meta(ge=0), about("How often; 0: until it is taken away.")] = 1

    def fault(self) -> Fault:
        """As the exchange knows it."""
        return Fault(**(msgspec.structs.asdict(self) | {"after": parse_duration(self.after)}))
