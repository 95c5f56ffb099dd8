"""What a return says, in a line a status: for people at a terminal, not for decisions.

Reads the tar.gz of CPPStatut or CDAR files that the exchange system sends back. It trusts its input:
use it on what a node of yours sent.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from xml.etree import ElementTree as ET

import msgspec


class Said(msgspec.Struct, frozen=True):
    """One status: its code, what it is about (flow id or invoice number), motifs and texts."""

    status: str
    about: str
    motifs: tuple[str, ...]
    texts: tuple[str, ...]


def statuses(content: bytes) -> list[Said]:
    """The statuses of a return, in order.

    Raises:
        ValueError: not a tar.gz of XML files.
    """
    found: list[Said] = []
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
            for entry in archive:
                file = archive.extractfile(entry)
                if file:
                    found += _statuses_of(ET.fromstring(file.read()))  # noqa: S314
    except (tarfile.TarError, OSError, ET.ParseError) as error:
        message = f"not a return: {error}"
        raise ValueError(message) from None
    return found


def _statuses_of(root: ET.Element) -> Iterator[Said]:
    if root.tag.rpartition("}")[2] == "CPPStatut":
        for data in root.iter("DonneesStatut"):
            about = data.findtext("IdFacture") or data.findtext("IdFlux") or ""
            yield Said(
                data.findtext("IdStatut") or "",
                about,
                tuple(_texts(data, "CodeErreur")),
                tuple(_texts(data, "LibelleErreur")),
            )
        return
    for reference in root.iter():
        if reference.tag.rpartition("}")[2] == "ReferenceReferencedDocument":
            yield Said(
                next(_texts(reference, "ProcessConditionCode"), ""),
                next(_texts(reference, "IssuerAssignedID"), ""),
                tuple(_texts(reference, "ReasonCode")),
                tuple(_texts(reference, "Content")),
            )


def _texts(parent: ET.Element, name: str) -> Iterator[str]:
    return (e.text or "" for e in parent.iter() if e.tag.rpartition("}")[2] == name)
