"""Flows for every deposit code of the catalogue, good and bad, and what is answered to each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from interface_documents import STYLESHEET, WHEN, document

from simulator import resources
from simulator.domain.interfaces import Catalogue
from simulator.messages.archives import pack
from simulator.messages.specimen import Specimen

CATALOGUE = Catalogue.from_table(resources.table("schemas", "catalogue.toml"))

# What comes back: by code of the return, its one status with the motifs.
Answers = Mapping[str, tuple[str, ...]]
SILENCE: Answers = {}


class Row(NamedTuple):
    """Who deposits on a code, and what comes back; no `rejected` where no invoices travel."""

    partner: str
    good: Answers
    broken: Answers
    rejected: Answers | None = None


def _historic(report: str) -> Row:
    return Row(
        "DEM001",
        good={report: ("90",), "FEN1201A": ("01",)},
        broken={report: ("93", "IRR_SYNTAX")},
        rejected={report: ("96", "REJ_ADR")},
    )


def _of_platform(report: str) -> Row:
    return Row(
        "DEM011",
        good={report: ("500",), "FEN1214A": ("202",)},
        broken={report: ("501", "IRR_SYNTAX")},
        rejected={report: ("500",), "FEN1214A": ("213", "REJ_ADR")},
    )


def _of_issuer(report: str, status: str) -> Row:
    return Row(
        "DEM031",
        good={status: ("200",)},
        broken={report: ("501", "IRR_SYNTAX")},
        rejected={status: ("213", "REJ_ADR")},
    )


def _acknowledgement(partner: str) -> Row:
    return Row(partner, SILENCE, SILENCE)


def _message(partner: str, report: str, refused: str = "501") -> Row:
    return Row(partner, SILENCE, {report: (refused, "IRR_SYNTAX")})


def _of_unknown(partner: str, report: str, rejection: str) -> Row:
    """Statuses of an invoice that the node never saw: each is rejected in its turn."""
    return Row(partner, {rejection: ("601", "REJ_INC")}, {report: ("501", "IRR_SYNTAX")})


def _of_declarant(report: str) -> Row:
    """A declaration is taken, and the PPF takes it."""
    good = {"CSO6000A": ("500",), "FEN6000A": ("300",)}
    return Row("DEM031", good, {report: ("501", "IRR_SYNTAX")})


# Chorus Pro external specifications v1.0 p. 55-61, fig. 19-25; annex of interface codes v1.0.
ROWS = {
    "FSO1100A": _historic("CSO1100A"),
    "FSO1106A": _historic("CSO1106A"),
    "FSO1110A": _historic("CSO1110A"),
    "FSO1113A": _historic("CSO1113A"),
    "FSO1116A": _historic("CSO1116A"),
    "FSO1117A": _historic("CSO1117A"),
    "FSO1120A": _historic("CSO1120A"),
    "FSO1130A": _historic("CSO1130A"),
    "FSO1131A": _historic("CSO1131A"),
    "FSO1137A": _historic("CSO1137A"),
    "FSO1300A": _message("BUYER1", "CSO1300A", "93"),
    "FSO1301A": _message("BUYER1", "CSO1301A", "93"),
    "FSO1150A": _of_platform("CSO1150A"),
    "FSO1156A": _of_platform("CSO1156A"),
    "FSO1157A": _of_platform("CSO1157A"),
    "FSO1304A": _of_unknown("DEM011", "CSO1304A", "FEN1205A"),
    "FSO1305A": _message("DEM011", "CSO1305A"),
    "CEN1204A": _acknowledgement("DEM011"),
    "CEN1205A": _acknowledgement("DEM011"),
    "CEN1214A": _acknowledgement("DEM011"),
    "FSO3301A": _of_unknown("DEM021", "CSI3301A", "FEN4003A"),
    "FSO3303A": _message("DEM021", "CSI3303A"),
    "CEN3036A": _acknowledgement("DEM021"),
    "CEN3736A": _acknowledgement("DEM021"),
    "CEI3036A": _acknowledgement("DEM021"),
    "CEI3736A": _acknowledgement("DEM021"),
    "CEI4001A": _acknowledgement("DEM021"),
    "CEI4003A": _acknowledgement("DEM021"),
    "FSO3110A": _of_issuer("CSI3110A", "CSO3110A"),
    "FSO3117A": _of_issuer("CSI3117A", "CSO3117A"),
    "FSO3300A": _of_unknown("DEM031", "CSI3300A", "FEN4002A"),
    "FSO3302A": _of_unknown("DEM031", "CSI3302A", "FEN4002A"),
    "CEI4000A": _acknowledgement("DEM031"),
    "CEI4002A": _acknowledgement("DEM031"),
    "FSO6000A": _of_declarant("CSI6000A"),
    "CEI6000A": _acknowledgement("DEM031"),
}


# Their statuses are of an invoice that was never there: refused, or noted where nothing answers.
OF_UNKNOWN = {code for code, row in ROWS.items() if "REJ_INC" in str(row.good)} | {
    "FSO1301A", "CEN3036A", "CEN3736A",
}  # fmt: skip


def standing_of(code: str) -> tuple[str, str]:
    """State and verdict of a good flow of a code."""
    taken = ("IN_INTEGRE", "accepted")
    return ("IN_INTEGRE_PARTIEL", "rejected") if code in OF_UNKNOWN else taken


class Flow(NamedTuple):
    """A flow to deposit."""

    code: str
    what: str
    name: str
    content: bytes


def specimen(code: str, what: str) -> Specimen:
    """The invoice of a code, between demo parties; in G2B the supplier is the public one."""
    is_historic, to_private = CATALOGUE[code].family == "historic", CATALOGUE[code].family == "g2b"
    private, public = "33254021516357", "12345678200051"
    recipient = private if to_private else public
    return Specimen(
        circuit="b2g" if is_historic else "b2g-pa",
        number=f"{code[3:7]}-{what}",
        supplier=public if to_private else private,
        recipient="90000000900017" if what == "rejected" else recipient,
    )


def stem_of(code: str) -> str:
    """The name of a file in its envelope; that of a declaration tells what is in it."""
    return "123456782_TR-1_20260801_20260810" if code == "FSO6000A" else "facture"


def flows_of(code: str, row: Row) -> Iterator[Flow]:
    """Good and rejected ones in an envelope, broken ones as a bare document."""
    interface = CATALOGUE[code]
    kinds = ("good", "broken") if row.rejected is None else ("good", "broken", "rejected")
    for number, what in enumerate(kinds):
        content = document(interface, specimen(code, what), broken=what == "broken")
        extension = ".pdf" if content.startswith(b"%PDF") else ".xml"
        if what != "broken":
            beside = [STYLESHEET] if interface.kind in ("E1", "E4") else []
            content = pack([(f"{stem_of(code)}{extension}", content), *beside], WHEN)
            extension = ".tar.gz"
        name = f"{code}_{row.partner}_{row.partner}{code[3:7]}70000000000000{number}{extension}"
        yield Flow(code, what, name, content)
