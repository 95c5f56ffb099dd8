"""The two check octets that follow each FPDU when PI 1 says so.

Two running sums modulo 255, both started at 0, over the FPDU and two zero octets; the check
octets bring both to zero at the receiver.

Source: PeSIT E annex (error control), variant PeSIT.F' used by the profile Hors-SIT.
"""

from __future__ import annotations

from itertools import accumulate
from typing import Final

LENGTH: Final = 2


def check_octets(fpdu: bytes) -> bytes:
    """The two octets that follow ``fpdu``."""
    first = sum(fpdu)
    second = sum(accumulate(fpdu)) + LENGTH * first
    return bytes(((first - second) % 255, (second - 2 * first) % 255))
