"""The FPDU types, and which parameters each may carry.

The rows are ``data/fpdus.toml``; this module gives them names that mypy knows.

Source: PeSIT E 4.4, 4.5, 4.7.1.
"""

from __future__ import annotations

import enum
import re
from typing import Final

import msgspec

from simulator.wire.pesit.parameters import GROUPS
from simulator.wire.pesit.tables import Provenance, rows


class Kind(enum.IntEnum):
    """An FPDU type: octets 3 and 4 of the header as one number.

    The last three are the pre-connection, which is no FPDU but takes part in the dialogue.
    """

    CONNECT = 0x4020
    ACONNECT = 0x4021
    RCONNECT = 0x4022
    RELEASE = 0x4023
    RELCONF = 0x4024
    ABORT = 0x4025
    READ = 0xC001
    WRITE = 0xC002
    SYN = 0xC003
    DTF_END = 0xC004
    RESYN = 0xC005
    IDT = 0xC006
    TRANS_END = 0xC008
    CREATE = 0xC011
    SELECT = 0xC012
    DESELECT = 0xC013
    ORF = 0xC014
    CRF = 0xC015
    MSG = 0xC016
    MSGDM = 0xC017
    MSGMM = 0xC018
    MSGFM = 0xC019
    ACK_CREATE = 0xC030
    ACK_SELECT = 0xC031
    ACK_DESELECT = 0xC032
    ACK_ORF = 0xC033
    ACK_CRF = 0xC034
    ACK_READ = 0xC035
    ACK_WRITE = 0xC036
    ACK_TRANS_END = 0xC037
    ACK_SYN = 0xC038
    ACK_RESYN = 0xC039
    ACK_IDT = 0xC03A
    ACK_MSG = 0xC03B
    DTF = 0x0000
    DTFMA = 0x0040
    DTFDA = 0x0041
    DTFFA = 0x0042
    PRECONNECT = 0x1_0001
    PREACCEPT = 0x1_0002
    PREREFUSE = 0x1_0003

    @property
    def is_connection(self) -> bool:
        """One of the connection phase, whose octet 6 is the sender's identifier."""
        return self >> 8 == 0x40

    @property
    def is_data(self) -> bool:
        """One of the four that carry file data and no parameters."""
        return self >> 8 == 0x00

    @property
    def label(self) -> str:
        """The name as the text writes it: ``ACK(TRANS.END)``."""
        return FPDUS[self].name if self in FPDUS else self.name


class Allowed(msgspec.Struct, frozen=True):
    """One parameter that an FPDU may carry.

    Attributes:
        code: the parameter or group.
        need: ``""`` optional, ``"!"`` mandatory, ``"~"`` mandatory in the text only.
        members: of a group, what it may hold here.
    """

    code: int
    need: str = ""
    members: tuple[Allowed, ...] = ()


class Fpdu(Provenance, frozen=True, kw_only=True):
    """One row of the table of FPDUs.

    Attributes:
        octets: octets 3 and 4 in hexadecimal.
        name: as the text writes it.
        parameters: what it carries, in the notation of the file.
        concatenated: it may share an entity.
        data: it carries file data.
        allowed: ``parameters``, read.
    """

    octets: str
    name: str
    parameters: str = ""
    concatenated: bool = False
    data: bool = False

    @property
    def allowed(self) -> tuple[Allowed, ...]:
        """``parameters``, read."""
        return read_allowed(self.parameters)


_TOKEN: Final = re.compile(r"(\d+)([!~]?)(?:\{([^}]*)\})?")


def read_allowed(notation: str) -> tuple[Allowed, ...]:
    """Reads ``"3! 9~{11 12!}"``, the notation of ``fpdus.toml``."""
    return tuple(
        Allowed(int(code), need, read_allowed(members or ""))
        for code, need, members in _TOKEN.findall(notation)
    )


FPDUS: Final[dict[Kind, Fpdu]] = {
    Kind[name]: row for name, row in rows("fpdus", None, Fpdu).items()
}
"""Every FPDU by its type."""

LAYOUT: Final[dict[Kind, tuple[Allowed, ...]]] = {
    kind: row.allowed for kind, row in FPDUS.items() if not row.data
}
"""What each FPDU with parameters may carry, in order."""

CONCATENATED: Final = frozenset(kind for kind, row in FPDUS.items() if row.concatenated)
"""The FPDUs that may share an entity (PeSIT E 4.5)."""

GROUP_CODES: Final = frozenset(GROUPS)
