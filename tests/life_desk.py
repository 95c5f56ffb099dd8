"""Requests on the life of an invoice that lack nothing, and what each actor may say."""

from datetime import UTC, datetime

from simulator import resources
from simulator.domain.flows import CarriedFile, Characteristic
from simulator.domain.lifecycle import Entry, Request, decide

TABLE = resources.life_cycle()
CATALOGUE = resources.table("schemas", "catalogue.toml")
BEFORE = datetime(2026, 8, 31, 12, tzinfo=UTC)
NOW = datetime(2026, 9, 5, 9, tzinfo=UTC)

CIRCUITS = tuple(TABLE.circuits)
ACTORS = tuple(TABLE.actors)
CADRES = ("", "A9", "A12", "S6")
RECEIVED = (Characteristic("MEN", amount="120.00", percent="20"),)
MOTIF = {
    "206": "AUTRE",
    "207": "AUTRE",
    "208": "JUSTIF_ABS",
    "210": "DEST_ERR",
    "213": "REJ_UNI",
    "301": "REJ_UNI",
    "221": "ROUTAGE_ERR",
}
BUYERS_MOTIF = dict.fromkeys(("04", "05", "06", "14", "17"), "AUTRE")


def entries(*statuses, at=NOW):
    return tuple(Entry(status, "chorus", at) for status in statuses)


def deposited(circuit):
    return entries(TABLE.order[TABLE.circuits[circuit]].first[0])


def complete(circuit, actor, status, **more):
    """A request with everything that some rule could ask for."""
    fields = {
        "motif": {**MOTIF, **BUYERS_MOTIF}.get(status, ""),
        "comment": "voir service achats",
        "attachments": (CarriedFile("bon.pdf"),),
        "payments": RECEIVED,
        "second_validator": True,
        "history": deposited(circuit),
        "at": NOW,
        **more,
    }
    return Request(circuit=circuit, actor=actor, status=status, **fields)


def ask(circuit, actor, status, **more):
    return decide(TABLE, complete(circuit, actor, status, **more))


def every_code(circuit):
    return (*TABLE.codes(TABLE.circuits[circuit]), "999", "", "quelconque", "٧")


def motif_of(code):
    return {**MOTIF, **BUYERS_MOTIF}.get(code, "")


def told_to(party, answer):
    (found,) = [d for d in answer.deliveries if d.to == party]
    return found


# Life, actor -> what may be said of an invoice that is there, an ordinary one.
EXPECTED = {
    ("b2g", "chorus"): "02 03",
    ("b2g", "supplier"): "12",
    ("b2g", "buyer"): "04 05 06 07 08 09 10 11",
    ("b2g", "accountant"): "09 10 11",
    ("b2g-pa", "chorus"): "03",
    ("b2g-pa", "buyer"): "04 05 06 07 08 09 10 11",
    ("b2g-pa", "accountant"): "09 10 11",
    ("b2g-pa", "platform"): "209 227 210 212 214 220 224 225 226 228",
    ("g2b", "chorus"): "201 213",
    ("g2b", "platform"): "202 213 203 204 206 207 208 210 211 221",
    ("g2b", "issuer"): "205 209 210 212 214 220 227",
    ("ereporting", "ppf"): "",
}
