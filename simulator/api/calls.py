"""What every route works with: a request, what it is answered, what it may ask of the node.

A handler takes a `Call` and answers anything JSON can carry, or a `Raw`. It never names a path on the
node's machine: content travels.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

import msgspec

from simulator.domain.flows import CarriedFile
from simulator.domain.raccordement import (
    As2Terms,
    Circuit,
    Environment,
    Raccordement,
)
from simulator.domain.raccordement import Protocol as Wire
from simulator.runtime.engine import Engine
from simulator.runtime.lanes import Lanes
from simulator.runtime.reception import Reception, Submit

P = ParamSpec("P")


T = TypeVar("T")


SPACE = "default"


MOST_ROWS = 100_000


class Refused(Exception):
    """A request that cannot be met: HTTP status, title, and what to do."""

    def __init__(self, status: int, title: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title
        self.detail = detail


class Enrolment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A partner to add: what `partner add` and the ``[[partner]]`` table give.

    Attributes:
        certificate: PEM, DER or PKCS#7 of the partner's own certificate; None: keys are made for it.
        ssh_key: OpenSSH public key line, None to use the key of the certificate.
    """

    code: str
    circuit: Circuit
    protocol: Wire
    environment: Environment = "QUAL"
    interfaces: tuple[str, ...] = ()
    certificate: bytes | None = None
    ssh_key: str | None = None
    endpoint: str | None = None
    valid_from: str = ""
    valid_to: str = ""
    matricule: str = "0042"
    as2_id: str = ""
    part_id: str = ""
    password: str = ""
    as2: As2Terms = As2Terms()


class Reader(Protocol):
    """Runs a function of `simulator.journal.read` off the loop (`Readers`)."""

    async def __call__(
        self,
        ask: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """See `simulator.runtime.readers.Readers`."""


class Console(msgspec.Struct, frozen=True):
    """What the routes work on; the composition root fills it.

    Attributes:
        enrol: adds a partner; raises `Refused`.
        enclosed: the bytes of a file that came with a status; raises `ValueError`, `OSError`.
        key_files: the key material of a partner by file name; raises `Refused`.
        describe: the content of the ready file.
    """

    read: Reader
    submit: Submit
    lanes: Lanes
    engine: Engine
    reception: Reception
    blob_path: Callable[[str], Path]
    enclosed: Callable[[str, CarriedFile], Awaitable[bytes]]
    enrol: Callable[[Enrolment], Awaitable[Raccordement]]
    key_files: Callable[[str], Mapping[str, bytes]]
    describe: Callable[[], Mapping[str, Any]]


class Call(msgspec.Struct):
    """One request: the part of the path that a route leaves open, the query, the JSON body."""

    console: Console
    wanted: str
    query: Mapping[str, str]
    body: bytes

    def decode(self, kind: type[T]) -> T:
        """The JSON body as a value; raises `Refused` with the place of what is wrong."""
        try:
            return msgspec.json.decode(self.body, type=kind)
        except msgspec.DecodeError as error:
            raise Refused(400, "unreadable body", str(error)) from None


class Raw(msgspec.Struct, frozen=True):
    """An answer that is not JSON."""

    content: bytes
    kind: str = "application/octet-stream"
    name: str = ""


Handler = Callable[[Call], Awaitable[object]]


class Route(msgspec.Struct, frozen=True):
    """One row of the table. ``secret``: asks for the token even on loopback."""

    method: str
    path: str
    handler: Handler
    summary: str
    secret: bool = False
