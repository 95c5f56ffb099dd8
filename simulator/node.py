"""The composition root: one node, from settings to listeners.

Read `Node.start` to see what there is and what it is made of. The three places where code runs are
made here: the loop that this module is called on, the engine thread, the judging processes.
"""

from __future__ import annotations

import asyncio
import importlib.metadata
import logging
import os
import secrets
import shutil
import sqlite3
import tempfile
from collections.abc import Container, Iterator, Mapping
from contextlib import AsyncExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from twisted.internet import reactor as installed_reactor
from twisted.internet.error import CannotListenError

from simulator import pki, resources
from simulator.api import server as api
from simulator.api.calls import SPACE, Console, Enrolment, Refused
from simulator.api.server import LOOPBACK
from simulator.domain.businesstime import Clock, Mode, instant_text, parse_instant
from simulator.domain.flows import Deposit
from simulator.domain.raccordement import Raccordement, Structure
from simulator.domain.reference import Reference
from simulator.enrolment import Enrolments, check_endpoint, from_settings
from simulator.exchange.admission import Admission
from simulator.exchange.inputs import (
    ClockMoved,
    FaultAdded,
    MessageTaken,
    RaccordementSaved,
    StructuresSaved,
)
from simulator.exchange.receipts import Taken
from simulator.journal import read
from simulator.journal.faultbook import standing_faults
from simulator.journal.store import Store, StoreError
from simulator.journal.tx import open_work
from simulator.layers import Problem
from simulator.listeners import Listeners, PortTaken, in_url
from simulator.messages.compose import compose
from simulator.runtime import points
from simulator.runtime.engine import Engine, EngineThread, Order, Turn, utc_now
from simulator.runtime.hands import NodeHands
from simulator.runtime.judging import JudgingPool, JudgingUnavailable, PoolClosed
from simulator.runtime.lanes import Lanes
from simulator.runtime.readers import Readers
from simulator.runtime.reception import Reception
from simulator.settings import Settings

log = logging.getLogger("aife_sim.node")

# The reactor is whatever was installed; its type is only known then.
reactor: Any = installed_reactor
# What a person at the terminal can do something about.
_IN_THE_WAY = (
    pki.PkiError,
    PortTaken,
    StoreError,
    OSError,
    CannotListenError,
    Refused,
    sqlite3.Error,
    ValueError,
    resources.MissingResource,
)
# Wall seconds that a stopping node gives to what is under way.
_DRAIN = 10.0


class NodeFailure(Exception):
    """A node cannot run here: one line that says what is in the way and what to do."""


class Node:
    """One running simulator.

    Args:
        settings: in force.
        endpoints: where partners listen for pushes, by code application.
        disturb: named points armed by a test (``engine.before-commit@2=kill``).
    """

    def __init__(
        self, settings: Settings, endpoints: Mapping[str, str] | None = None, disturb: str = ""
    ) -> None:
        self.settings = settings
        self.point = points.from_text(disturb)
        self.reference: Reference = resources.reference(settings.options())
        self._temporary = settings.node.memory
        self.data = Path(
            tempfile.mkdtemp(prefix="aife-sim-") if self._temporary else settings.node.data
        )
        self._endpoints = dict(endpoints or {})
        # What was opened, in order; closed in the opposite order, also after half a start.
        self._exit = AsyncExitStack()
        self._enrolments = Enrolments(
            self.data,
            self.reference,
            settings.tls.names,
            settings.pki.p12_password,
            local=settings.node.host in LOOPBACK,
            as2_name=settings.as2.name,
        )

    # -- start ----------------------------------------------------------------------------------

    async def start(self) -> None:
        """Opens the journal, starts engine and judging, binds every listener, writes the ready file.

        Raises:
            NodeFailure: with one line for the person at the terminal.
        """
        try:
            if self._temporary:
                self._exit.callback(shutil.rmtree, self.data, ignore_errors=True)
            pki.prepare_data(self.data)
            self.store = Store(self.data, self.settings.journal.sync)
            self._exit.callback(self.store.close)
            self.keys = await asyncio.to_thread(self._enrolments.make_keys, self._demo_codes())
            self.engine = Engine(self.store, self.reference, compose, point=self.point)
            await asyncio.to_thread(self._fill_books)
            self._start_runtime()
            await self._listen()
            self._write_ready_file()
        except _IN_THE_WAY as error:
            raise NodeFailure(_one_line(error)) from error

    def _start_runtime(self) -> None:
        settings = self.settings
        loop = asyncio.get_running_loop()
        self.thread = EngineThread(self.engine, loop, self._follow)
        self.readers = Readers(self.data)
        self._exit.callback(self.readers.close)
        self.reception = Reception(
            store=self.store,
            submit=self.thread.submit,
            readers=self.readers,
            inline=self.reference.options.inline,
            now=self.engine.business_now,
            point=self.point,
        )
        for space, raccordement in read.raccordements(self.store.connection):
            self.reception.know(space, raccordement)
        self.pool = JudgingPool(settings.judging.processes, settings.job_limits(), point=self.point)
        self.hands = NodeHands(
            store=self.store,
            readers=self.readers,
            pool=self.pool,
            reference=self.reference,
            limits=settings.job_limits(),
            rules=settings.judging.rules,
            compose=compose,
            partner=self.reception.partner,
            at_once=settings.judging.processes + 2,
        )
        self.lanes = Lanes(self.thread, self.hands, self.engine.clocks, self.point)
        # Taken up once everything that pushes is there.
        self._left = open_work(self.store.connection)
        self.thread.start()
        self._exit.push_async_callback(self.thread.close)
        self._judging = loop.create_task(self._start_judging())
        self._exit.push_async_callback(self.pool.close)
        self._exit.push_async_callback(self._drain)

    async def _start_judging(self) -> None:
        """Warms the judging processes while the listeners are bound; jobs would start them too."""
        with suppress(PoolClosed):
            try:
                await self.pool.start()
            except JudgingUnavailable as error:
                log.error("no flow can be judged: %s", error)  # noqa: TRY400 - one line says it

    def _follow(self, turn: Turn) -> None:
        """What one durable transaction leaves to be done."""
        for order, outcome in turn.outcomes:
            for admission, deposit in _admitted(order.input, outcome):
                if not admission.refused:
                    self.hands.remember(admission.flow, admission.received, deposit)
            if isinstance(order.input, RaccordementSaved) and outcome is None:
                self.reception.know(order.space, order.input.raccordement)
        self.lanes.take(turn.work, turn.cancelled)

    async def _listen(self) -> None:
        """Binds every port; what an earlier life left is taken up once there is a way to push it."""
        self.listeners = Listeners(self.settings, self.keys, self.reception, self._host())
        self._exit.push_async_callback(self.listeners.close)
        await self.listeners.start(self.hands)
        self.lanes.take(self._left)
        node = self.settings.node
        self.token = _token(self.data / "token", node.token)
        try:
            self.http = api.listen(
                reactor.listenTCP,
                self._console(),
                node.host,
                node.http_port,
                self.token,
            )
        except CannotListenError as error:
            raise PortTaken("http_port", node.http_port, error.socketError) from error
        self._exit.callback(self.http.close)

    def _console(self) -> Console:
        return Console(
            read=self.readers,
            submit=partial(self.thread.submit, urgent=True),
            lanes=self.lanes,
            engine=self.engine,
            reception=self.reception,
            blob_path=self.store.blob_path,
            enclosed=self.hands.enclosed,
            enrol=self.enrol,
            key_files=self._key_files,
            describe=self.describe,
        )

    # -- books at the start ---------------------------------------------------------------------

    def _demo_codes(self) -> list[str]:
        """Partners of the demo, unless the settings name partners of their own."""
        if self.settings.partner:
            return []
        return [p.code_application for p in resources.demo_partners()]

    def _fill_books(self) -> None:
        """Writes clock, partners and structures that the journal does not have as they are given."""
        orders = [Order(SPACE, value) for value in self._missing()]
        if not orders:
            return
        for order, outcome in self.engine.run(orders).outcomes:
            if isinstance(outcome, ValueError) and isinstance(order.input, FaultAdded):
                raise NodeFailure(str(self._problem(order.input, outcome))) from outcome
            if isinstance(outcome, Exception):
                raise outcome

    def _problem(self, given: FaultAdded, reason: ValueError) -> Problem:
        """A fault of the settings that makes no sense."""
        faults = [row.fault() for row in self.settings.fault]
        path = f"fault[{faults.index(given.fault)}]"
        return Problem(self.settings.origin[f"{path}.outcome"].place, path, str(reason))

    def _missing(self) -> Iterator[object]:
        if SPACE not in self.engine.clocks or self._is_ahead(self.settings.clock.start):
            yield self._first_clock()
        known = {r.code_application: r for _, r in read.raccordements(self.store.connection)}
        given = {p.code_application: p for p in self._given_partners(known)}
        for code, partner in {**known, **given}.items():
            wanted = self._as_it_was(partner, known.get(code))
            if known.get(code) != wanted:
                yield RaccordementSaved(wanted)
        had = {s.identifier: s for s in read.structures(self.store.connection, SPACE)}
        new = tuple(s for s in self._given_structures(had) if had.get(s.identifier) != s)
        if new:
            yield StructuresSaved(new)
        there = [each.fault for each in standing_faults(self.store.connection, SPACE)]
        for row in self.settings.fault:
            if row.fault() not in there:
                yield FaultAdded(row.fault())

    def _is_ahead(self, start: str) -> bool:
        """Business time only goes forward: a start that lies behind is that of an earlier life."""
        return bool(start) and parse_instant(start) > self.engine.business_now(SPACE)

    def _first_clock(self) -> ClockMoved:
        given, wall = self.settings.clock, utc_now()
        if not given.start and given.mode == "real":
            return ClockMoved(Clock(), wall)
        start = parse_instant(given.start) if given.start else wall
        mode: Mode = "frozen" if given.mode == "frozen" else "running"
        return ClockMoved(Clock(mode, start, wall, given.rate), start)

    def _given_partners(self, known: Mapping[str, Raccordement]) -> Iterator[Raccordement]:
        if not self.settings.partner:
            for demo in resources.demo_partners():
                fresh = self._enrolments.with_keys(demo, self.keys)
                yield self._enrolments.kept(known.get(demo.code_application), fresh)
        for number, partner in enumerate(self.settings.partner):
            try:
                yield self._enrolments.raccordement(from_settings(partner))
            except (OSError, Refused, ValueError) as error:
                place = self.settings.origin.get(f"partner[{number}].code", "")
                message = f"{place}: partner[{number}] {partner.code}: {error}"
                raise NodeFailure(message) from error

    def _as_it_was(self, partner: Raccordement, known: Raccordement | None) -> Raccordement:
        """With the endpoint of the command line, else its own, else that announced in a life before.

        And with the password that it chose itself in that life.
        """
        own = partner.endpoint or (known.endpoint if known else None)
        endpoint = self._endpoints.get(partner.code_application, own)
        check_endpoint(partner.protocol, endpoint)
        placed = msgspec.structs.replace(partner, endpoint=endpoint)
        return placed.as_left_by(known) if known else placed

    def _given_structures(self, had: Container[str]) -> Iterator[Structure]:
        """Of the demo only what is missing: an entry changed by command outlives a restart."""
        if self.settings.directory.demo:
            yield from (s for s in resources.demo_structures() if s.identifier not in had)
        for row in self.settings.structure:
            yield Structure(**msgspec.structs.asdict(row))

    async def enrol(self, given: Enrolment) -> Raccordement:
        """Adds a partner while the node runs. Raises `Refused`."""
        value = await asyncio.to_thread(self._enrolments.raccordement, given)
        await self.thread.submit(SPACE, RaccordementSaved(value), urgent=True)
        return value

    # -- what others need to know ---------------------------------------------------------------

    def describe(self) -> Mapping[str, Any]:
        """The ready file's content (design §7)."""
        host = self._host()
        partners = [r for _, r in self.reception.partners()]
        return {
            "version": importlib.metadata.version("aife-sim"),
            "pid": os.getpid(),
            "http": f"http://{in_url(host)}:{self.http.port}",
            **self.listeners.describe(),
            "data": str(self.data.resolve()),
            "pki": str(self.keys.folder.resolve()),
            "token_file": str((self.data / "token").resolve()),
            "clock": instant_text(self.engine.business_now(SPACE)),
            "partners": [self._describe_partner(r) for r in partners],
        }

    def _describe_partner(self, partner: Raccordement) -> Mapping[str, Any]:
        code = partner.code_application
        return {
            "code_application": code,
            "circuit": partner.circuit,
            "environment": partner.environment,
            "protocol": partner.protocol,
            "interfaces": partner.interfaces,
            "pki": str(self.keys.partner(code).folder.resolve()),
            "space": SPACE,
            "sftp_user": code,
            "depot": self.settings.sftp.depot,
            "retrait": self.settings.sftp.retrait,
            "as2_id": partner.as2_id,
            "part_id": partner.part_id,
            "password": partner.password,
            "endpoint": partner.endpoint,
        }

    def _host(self) -> str:
        node = self.settings.node
        everywhere = node.host in ("0.0.0.0", "::", "")  # noqa: S104 - compared, not bound
        return node.advertise_host or ("127.0.0.1" if everywhere else node.host)

    def _key_files(self, code: str) -> Mapping[str, bytes]:
        folder = self.keys.partner(code).folder
        if self.reception.partner(code) is None or not folder.is_dir():
            raise Refused(404, "no such partner", f"no key material of {code!r}")
        return {f.name: f.read_bytes() for f in sorted(folder.iterdir()) if f.name[0] != "."}

    def _write_ready_file(self) -> None:
        if not self.settings.node.ready_file:
            return
        target = Path(self.settings.node.ready_file)
        if target.is_dir():
            message = f"the ready file {target} is a folder"
            raise NodeFailure(message)
        draft = target.with_name(f".{target.name}.{os.getpid()}")
        draft.write_bytes(msgspec.json.format(msgspec.json.encode(self.describe()), indent=2))
        draft.replace(target)
        self._exit.callback(target.unlink, missing_ok=True)

    # -- stop -----------------------------------------------------------------------------------

    async def stop(self) -> None:
        """Takes nothing new, lets what is under way end, and gives the folder free."""
        await self._exit.aclose()

    async def _drain(self) -> None:
        with suppress(TimeoutError):  # rows that are left are taken up at the next start
            await asyncio.wait_for(self.lanes.quiet(), _DRAIN)
        await self.lanes.close()


def _admitted(value: object, outcome: object) -> Iterator[tuple[Admission, Deposit]]:
    """The deposits of an input with what admission said of each."""
    if isinstance(outcome, Admission) and isinstance(value, Deposit):
        yield outcome, value
    elif isinstance(outcome, Taken) and isinstance(value, MessageTaken) and outcome.admissions:
        yield from zip(outcome.admissions, value.deposits, strict=True)


def _token(file: Path, given: str | None) -> str:
    """The token of the API: the one given, else one drawn at the first start."""
    if given is None and file.exists():
        return file.read_text(encoding="ascii").strip()
    token = given or secrets.token_urlsafe(32)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(token + "\n")
    return token


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
