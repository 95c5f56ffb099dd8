"""Which implementation plays the other party: pyas2lib where it loads, else our own core."""

from __future__ import annotations

from simulator.transport.as2_party import EngineName, Party, PartyError, PartySettings
from simulator.transport.as2_party_own import OwnParty
from simulator.transport.as2_party_pyas2 import Pyas2Party
from simulator.transport.as2_pyas2 import Pyas2Unavailable, load


def party(settings: PartySettings, engine: EngineName | None = None) -> Party:
    """The party of these settings.

    Args:
        settings: who plays whom, and what was agreed.
        engine: the one wanted; None takes pyas2lib, and our own core where that does not load: the
            party's `remark` says so then.

    Raises:
        PartyError: the engine asked for does not load, or cannot use the keys or an algorithm.
    """
    if engine == "own":
        return OwnParty(settings)
    try:
        library = load()
    except Pyas2Unavailable as error:
        if engine == "pyas2lib":
            raise PartyError(str(error)) from error
        return OwnParty(settings, f"the built-in AS2 engine plays the partner: {error}")
    return Pyas2Party(settings, library)
