"""The directory of public structures, emitted to a partner that subscribes to it.

That it exists as XML is known, its code is seen in public code only and its layout is ours (assumed:
`simulator.messages.annuaire`); the real one is sent at a frequency that nobody published, ours when
somebody asks.
"""

from __future__ import annotations

from simulator.domain.flows import Return
from simulator.domain.raccordement import Raccordement
from simulator.exchange.emission import own_name
from simulator.exchange.inputs import DirectoryAsked
from simulator.journal.tx import Tx

INTERFACE = "FAR0037A"


def export(tx: Tx, asked: DirectoryAsked) -> str:
    """Emits the public structures to a partner as they stand now; returns the name of the flow.

    Raises:
        LookupError: there is no such partner.
        ValueError: it may not have the directory; the text tells why, and what to do.
    """
    partner = _subscriber(tx, asked.partner)
    code = partner.code_application
    structures = tx.public_structures()
    if not structures:
        message = "the directory holds no public structure: aife-sim directory add or import"
        raise ValueError(message)
    options, name = tx.reference.options, str(own_name(tx, code, INTERFACE))
    value = Return(
        partner=code,
        name=name,
        interface=INTERFACE,
        format="annuaire",
        issued=tx.now,
        emitter=options.prefix,
        emitter_matricule=options.matricule,
        partner_matricule=partner.matricule,
        statuses=(),
        structures=structures,
    )
    # It may be large: written outside of the step.
    number = tx.returns.add(value, None, None)
    body = {"name": name, "interface": INTERFACE, "structures": len(structures)}
    event = tx.event(f"{code}/{name}", "DirectoryExported", body)
    tx.enqueue("compose", number, f"compose:{code}", event)
    return name


def _subscriber(tx: Tx, wanted: str) -> Raccordement:
    partner = tx.raccordement(wanted)
    if partner is None:
        message = f"no partner {wanted!r}: aife-sim partner list shows them"
        raise LookupError(message)
    code = partner.code_application
    if INTERFACE not in partner.interfaces:
        message = (
            f"{code} does not subscribe to {INTERFACE}: add the code to the interfaces of the partner"
            f" (found: {', '.join(partner.interfaces) or 'none'})"
        )
        raise ValueError(message)
    if not partner.is_active(tx.now):
        message = f"the raccordement of {code} is not active at {tx.at}"
        raise ValueError(message)
    return partner
