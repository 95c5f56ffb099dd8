"""From a `Return` to the bytes that travel: its XML files in one tar.gz.

A pure function: equal returns give equal bytes, so that work cut short is simply done again.
"""

from __future__ import annotations

from simulator.domain.flows import Return
from simulator.messages import cdar, cppstatut
from simulator.messages.archives import pack

_WRITERS = {"cppstatut": cppstatut.write, "cdar": cdar.write}


def compose(return_: Return) -> bytes:
    """The tar.gz of a return; archive times are the business instant of issue.

    Raises:
        ValueError: a return that no document can be written for (see the writers); a fault of the
            step that made it, never of a partner.
    """
    return pack(_WRITERS[return_.format](return_), return_.issued)
