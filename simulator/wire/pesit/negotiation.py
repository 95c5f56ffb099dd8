"""What two sides settle on: pure functions from an offer and our limits to an answer.

Source: PeSIT E 3.7 (options of CONNECT), 4.7.3.
"""

from __future__ import annotations

import msgspec

from simulator.wire.pesit.diagnostics import Diagnostic
from simulator.wire.pesit.messages import (
    LARGEST_ENTITY,
    AccessType,
    AckCreate,
    AckOrf,
    AckSelect,
    Aconnect,
    Connect,
    Create,
    Orf,
    Select,
    Wanted,
)
from simulator.wire.pesit.parameters import UNDEFINED_INTERVAL, Compression, SyncOption

LARGEST_WINDOW = 16
VERSION_E = 2


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What we grant at most.

    Attributes:
        sync: points; the default wants them and lets the peer choose.
        resync: RESYN may be used.
        max_entity: octets.
        compression: which kinds we take part in.
    """

    sync: SyncOption = SyncOption(UNDEFINED_INTERVAL, LARGEST_WINDOW)
    resync: bool = True
    max_entity: int = LARGEST_ENTITY
    compression: Compression = Compression(horizontal=True, vertical=True)


DEFAULT_LIMITS = Limits()


def smaller(one: SyncOption | None, other: SyncOption | None) -> SyncOption:
    """The points that two options have in common: an undefined interval yields, none wins."""
    if not (one and other and one.interval and other.interval):
        return SyncOption()
    return SyncOption(min(one.interval, other.interval), min(one.window, other.window))


def accept(connect: Connect, limits: Limits = DEFAULT_LIMITS) -> Aconnect:
    """The positive answer to CONNECT; options that were not offered are left out."""
    return Aconnect(
        version=min(connect.version, VERSION_E),
        sync=smaller(connect.sync, limits.sync) if connect.sync else None,
        resync=(connect.resync and limits.resync) if connect.resync is not None else None,
    )


def accept_create(create: Create, limits: Limits = DEFAULT_LIMITS) -> AckCreate:
    """The positive answer to CREATE."""
    return AckCreate(max_entity=min(create.max_entity, limits.max_entity))


def accept_select(select: Select, chosen: Create, limits: Limits = DEFAULT_LIMITS) -> AckSelect:
    """The positive answer to SELECT: the file chosen, with the attributes asked for (PI 14).

    Args:
        select: the question.
        chosen: the file, described as if we were about to write it to the peer.
        limits: ours.
    """
    answer = AckSelect(
        requester=chosen.requester,
        server=chosen.server,
        file_type=chosen.file_type,
        file_name=chosen.file_name,
        transfer_id=chosen.transfer_id,
        data_code=chosen.data_code,
        max_entity=min(select.max_entity, limits.max_entity),
    )
    return msgspec.structs.replace(answer, **_attributes(chosen, select.attributes or 0))


def accept_open(orf: Orf, limits: Limits = DEFAULT_LIMITS) -> AckOrf:
    """The positive answer to ORF: of the compression asked for, what we take part in."""
    if orf.compression is None:
        return AckOrf()
    return AckOrf(
        compression=Compression(
            orf.compression.horizontal and limits.compression.horizontal,
            orf.compression.vertical and limits.compression.vertical,
        )
    )


def refusal(connect: Connect) -> Diagnostic | None:
    """Why a CONNECT cannot be served whoever sends it: a version that we do not speak."""
    if connect.version < VERSION_E:
        return Diagnostic.named("version-not-supported")
    return None


def access_refusal(connect: Connect, request: Create | Select) -> Diagnostic | None:
    """Why a file cannot be asked for on this connection: PI 22 did not announce it.

    3-304 as pesitwizard answers (deduced).
    """
    wanted = AccessType.WRITE if isinstance(request, Create) else AccessType.READ
    if connect.access_type in {wanted, AccessType.MIXED}:
        return None
    return Diagnostic.named("not-authorised")


_GROUPS = (
    (
        Wanted.LOGICAL,
        ("article_format", "article_length", "organisation", "label", "key_length", "key_offset"),
    ),
    (Wanted.PHYSICAL, ("reservation_unit", "max_reserved")),
    (Wanted.HISTORICAL, ("created", "extracted")),
)


def _attributes(chosen: Create, wanted: int) -> dict[str, object]:
    names = [name for bit, group in _GROUPS if wanted & bit for name in group]
    return {name: getattr(chosen, name) for name in names}
