"""Local clocks for drawn instants, vectorised; nothing here reads the wall clock."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
MINUTE, HOUR, DAY = 60, 3600, 86400
NEVER = 2**53
"""Stands for an end that has not come; above every instant."""


@dataclass(frozen=True)
class LocalClock:
    """A zone from 2005 to 2100: n changes (epoch seconds) and n + 1 offsets (seconds east of UTC)."""

    changes: Ints
    offsets: Ints

    def wall(self, instants: Ints) -> Ints:
        """Seconds since 1970 as the local clock shows them."""
        return instants + self.offsets[np.searchsorted(self.changes, instants, side="right")]

    def days(self, instants: Ints) -> Ints:
        """Local dates as days since 1970."""
        return self.wall(instants) // DAY

    def midnight(self, days: Ints) -> Ints:
        """The instants at which local days begin."""
        before, after = self.offsets[:-1], self.offsets[1:]
        wall = days * DAY
        return wall - self.offsets[np.searchsorted(self.changes + np.maximum(before, after), wall, side="right")]

    def settle(self, instants: Ints) -> Ints:
        """Instants that a clock without an offset can tell: none in the doubled autumn hour, none at midnight sharp.

        Order is kept (equal times may come out of unequal ones). The doubled hour has scenarios of its own.
        """
        told = self.after_fold(instants, 0)
        settled: Ints = told + (self.wall(told) % DAY == 0)
        return settled

    def after_fold(self, instants: Ints, lead: int) -> Ints:
        """Moves instants from `lead` seconds before the doubled autumn hour up to its end, to its end."""
        moved = instants.copy()
        for place in np.flatnonzero(np.diff(self.offsets) < 0):
            change, length = int(self.changes[place]), int(self.offsets[place] - self.offsets[place + 1])
            is_inside = (instants >= change - length - lead) & (instants < change + length)
            moved[is_inside] = change + length
        return moved


@cache
def local_clock(zone: str) -> LocalClock:
    """The clock of an IANA zone, found by looking daily and halving."""
    rules = ZoneInfo(zone)
    start, end = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (2005, 2100))
    changes: list[int] = []
    offsets = [_offset(rules, start)]
    for low in range(start, end, DAY):
        if _offset(rules, low + DAY) == offsets[-1]:
            continue
        high, old = low + DAY, offsets[-1]
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if _offset(rules, middle) == old else (low, middle)
        changes.append(high)
        offsets.append(_offset(rules, high))
    return LocalClock(np.array(changes, dtype=np.int64), np.array(offsets, dtype=np.int64))


def _offset(rules: ZoneInfo, instant: int) -> int:
    offset = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=instant)).astimezone(rules).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())
