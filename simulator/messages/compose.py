"""From a `Return` to the bytes that travel: its files in one tar.gz.

A pure function: equal returns give equal bytes, so that work cut short is simply done again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from simulator.domain.flows import Format, Return
from simulator.messages import annuaire, cdar, cppstatut, pivot
from simulator.messages.archives import pack

Files = Iterator[tuple[str, bytes]]


def compose(return_: Return) -> bytes:
    """The tar.gz of a return; archive times are the business instant of issue.

    Raises:
        ValueError: a return that no document can be written for (see the writers); a fault of the
            step that made it, never of a partner.
    """
    return pack(_WRITERS[return_.format](return_), return_.issued)


def _relayed(return_: Return) -> Files:
    """Files as they are: what Chorus Pro passes on unmodified."""
    if not return_.files:
        message = f"a relay passes files on: found none in {return_.name}"
        raise ValueError(message)
    for file in return_.files:
        if file.blob is not None and not file.content:
            message = f"{file.name} of {return_.name} was not taken out of its blob"
            raise ValueError(message)
        yield file.name, file.content


_WRITERS: Mapping[Format, Callable[[Return], Files]] = {
    "cppstatut": cppstatut.write,
    "cdar": cdar.write,
    "pivot": pivot.write,
    "annuaire": annuaire.write,
    "relay": _relayed,
}
