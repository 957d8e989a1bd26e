"""Local clocks for drawn instants, vectorised; nothing here reads the wall clock."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from cmfc.timing.zones import Ints, Zone, load_zone

Flags = npt.NDArray[np.bool_]
MINUTE, HOUR, DAY = 60, 3600, 86400
NEVER = 2**53
"""Stands for an end that has not come; above every instant."""


@dataclass(frozen=True)
class LocalClock:
    """The clock of one zone."""

    zone: Zone

    def wall(self, instants: Ints) -> Ints:
        """Seconds since 1970 as the local clock shows them."""
        return self.zone.wall_of(instants)

    def days(self, instants: Ints) -> Ints:
        """Local dates as days since 1970."""
        return self.wall(instants) // DAY

    def midnight(self, days: Ints) -> Ints:
        """The instants at which local days begin."""
        return self.zone.utc_of(days * DAY)[0]

    def make_plain(self, instants: Ints) -> Ints:
        """Instants that a clock without an offset can show: none in the doubled autumn hour, none at midnight sharp.

        Order is kept (equal times may come out of unequal ones). The doubled hour has scenarios of its own.
        """
        moved = self.after_fold(instants, 0)
        plain: Ints = moved + (self.wall(moved) % DAY == 0)
        return plain

    def after_fold(self, instants: Ints, lead: int) -> Ints:
        """Move instants from `lead` seconds before the doubled autumn hour up to its end, to its end."""
        moved = instants.copy()
        changes, offsets = self.zone.changes, self.zone.offsets
        first, last = (instants.min(), instants.max()) if len(instants) else (0, 0)
        is_near = (changes > first - DAY) & (changes < last + lead + DAY)
        for place in np.flatnonzero((np.diff(offsets) < 0) & is_near):
            change, length = int(changes[place]), int(offsets[place] - offsets[place + 1])
            is_inside = (instants >= change - length - lead) & (instants < change + length)
            moved[is_inside] = change + length
        return moved


@cache
def local_clock(zone: str) -> LocalClock:
    """The clock of an IANA zone."""
    return LocalClock(load_zone(zone))
