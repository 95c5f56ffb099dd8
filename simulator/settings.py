"""The settings of a node: what there is, the defaults, and how a node reads them.

One TOML file, one table a subject. A variable ``AIFE_SIM_<TABLE>_<KEY>`` (``AIFE_SIM_<KEY>`` for
``[node]``; lists separated by commas) stands over the file, an option of the command line over
both. The description of each key below is what editors show (``schemas/config.schema.json``, made
by ``make schema``), so it is written once.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from simulator.domain.businesstime import parse_duration
from simulator.domain.judgement import Limits
from simulator.domain.reference import Options
from simulator.layers import Layers, Origin, Problem, SettingsError, SettingsFile, resolve
from simulator.settings_tables import (
    ClockSettings,
    DirectorySettings,
    ExchangeSettings,
    FaultSettings,
    JournalSettings,
    JudgingSettings,
    LifeCycleSettings,
    LimitSettings,
    NodeSettings,
    PartnerSettings,
    PkiSettings,
    ReturnSettings,
    SchematronSettings,
    StructureSettings,
    TlsSettings,
)
from simulator.settings_types import Section
from simulator.settings_wire import (
    As2Settings,
    PesitSettings,
    SftpSettings,
)

__all__ = ["Origin", "Problem", "Settings", "SettingsError", "load", "schema"]

PREFIX = "AIFE_SIM_"

# Variables with our prefix that are no settings: where the node is, how to start one, the settings
# file itself, the reference corpus, named points for tests.
FOREIGN = frozenset(PREFIX + name for name in ("NODE", "COMMAND", "CONFIG", "SHARED", "POINTS"))


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
    fault: tuple[FaultSettings, ...] = ()


class Settings(Tables, frozen=True):
    """All settings of a node, in force; `origin` tells the layer of each by its path."""

    origin: dict[str, Origin] = msgspec.field(default_factory=dict)

    def options(self) -> Options:
        """The part that the exchange knows."""
        return Options(
            **msgspec.structs.asdict(self.exchange)
            | {"held_for": parse_duration(self.exchange.held_for)},
            directory_unknown=self.directory.unknown,
            flow_limit=self.limits.flow,
            message_limit=self.limits.member,
            attachment_limit=self.limits.attachment,
            purge_after=parse_duration(self.returns.purge_after),
            push_retries=tuple(map(parse_duration, self.returns.retry)),
            story=self.life_cycle.story,
            second_validator=self.life_cycle.second_validator,
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
