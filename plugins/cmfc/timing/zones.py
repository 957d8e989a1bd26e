"""When a time zone's offset from UTC changes: one table for Python, for SQL and for the demonstration (spec 2.1).

The changes come from `zoneinfo`; Arrow's own zone functions know no summer time after 2037.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, cached_property
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

YEARS = (1899, 2200)
"""The first and the last year in which the table knows every change."""
_STEP, _RULE_STEP = 43_200, 7 * 86_400
"""Two changes stand further apart than that: by history, and from 2038 on, where a zone follows one rule."""
_RULES = 2_145_916_800
"""2038, in epoch seconds: the tables of zones list every change before it."""
USUAL_YEARS = (631_152_000, 2_208_988_800)
"""From 1990 to 2039: the years that nearly all rows are of, in epoch seconds."""


@dataclass(frozen=True)
class Zone:
    """When a zone's offset changes: n instants and n + 1 offsets, all in seconds; the first offset is before them."""

    changes: Ints
    offsets: Ints

    def utc_of(self, wall: Ints) -> tuple[Ints, Ints]:
        """First and last instant that a wall clock can mean; in a gap both are what the old offset gives."""
        before, after = self.offsets[:-1], self.offsets[1:]
        first = np.searchsorted(self.changes + np.maximum(before, after), wall, side="right")
        second = np.searchsorted(self.changes + np.minimum(before, after), wall, side="right")
        earliest = wall - self.offsets[first]
        # In a gap the new offset gives the smaller instant: the maximum keeps the old offset's there.
        return earliest, np.maximum(earliest, wall - self.offsets[second])

    def wall_of(self, instants: Ints) -> Ints:
        """Wall clocks, as seconds since 1970 on that clock."""
        return instants + self.offsets[np.searchsorted(self.changes, instants, side="right")]

    def offset(self, instant: int) -> int:
        """The offset at one instant, in seconds."""
        changes, offsets = self._lists
        return offsets[bisect_right(changes, instant)]

    @cached_property
    def _lists(self) -> tuple[list[int], list[int]]:
        return self.changes.tolist(), self.offsets.tolist()

    def offset_sql(self, instant: str) -> str:
        """DuckDB's expression for the offset in seconds at `instant`, the name of a BIGINT of epoch seconds.

        The usual years are cut into spans so short that none holds two changes: a row looks its own up. All other years
        count the changes before. It stands in many statements, often, so it is short.
        """
        first, last = USUAL_YEARS
        changes, offsets = _list_sql(self.changes), _list_sql(self.offsets)
        count = f"len(list_filter({changes}, lambda change: change <= {instant}))"
        return (
            f"CASE WHEN {instant} BETWEEN {first} AND {last} THEN {self._usual_sql(instant)}"
            f" WHEN {instant} IS NOT NULL THEN list_extract({offsets}, 1 + {count}) END"
        )

    def _usual_sql(self, instant: str) -> str:
        """The offset in the usual years: of the span's first change, whether the instant lies before it."""
        spans = self.usual_spans()
        change, old, new = (
            f"list_extract({_list_sql(values)}, 1 + ({instant} - {USUAL_YEARS[0]}) // {spans.seconds})"
            for values in (spans.changes, spans.before, spans.after)
        )
        return f"CASE WHEN {instant} < {change} THEN {old} ELSE {new} END"

    def usual_spans(self) -> "Spans":
        """The usual years in spans so short that none holds two changes."""
        first, last = USUAL_YEARS
        low, high = (int(np.searchsorted(self.changes, at, side="right")) for at in USUAL_YEARS)
        span = int(np.diff(self.changes[low:high]).min(initial=last - first))
        at = np.searchsorted(self.changes, np.arange(first, last + 1, span), side="right")
        nexts = np.append(self.changes, last + 1)[at]
        return Spans(span, nexts, self.offsets[at], self.offsets[np.minimum(at + 1, len(self.offsets) - 1)])


@dataclass(frozen=True)
class Spans:
    """Spans of equal length from the first of `USUAL_YEARS` on: each one's next change, and the offsets around it.

    `seconds`: how long one is.
    """

    seconds: int
    changes: Ints
    before: Ints
    after: Ints


@cache
def load_zone(name: str) -> Zone:
    """The changes of an IANA zone in `YEARS`, found by looking twice a day, later once a week, and halving."""
    zone = ZoneInfo(name)
    start = int(datetime(YEARS[0], 1, 1, tzinfo=UTC).timestamp())
    end = int(datetime(YEARS[1] + 1, 1, 2, tzinfo=UTC).timestamp())  # a day on: the last local day ends after UTC's
    changes: list[int] = []
    offsets = [_offset_at(zone, start)]
    before = start
    for instant in (*range(start + _STEP, _RULES, _STEP), *range(_RULES, end, _RULE_STEP), end):
        offset = _offset_at(zone, instant)
        if offset != offsets[-1]:
            changes.append(_change_between(zone, before, instant))
            offsets.append(offset)
        before = instant
    return Zone(np.array(changes, dtype=np.int64), np.array(offsets, dtype=np.int64))


def _list_sql(numbers: Ints) -> str:
    return f"CAST('[{','.join(str(number) for number in numbers)}]' AS BIGINT[])"


def _change_between(zone: ZoneInfo, low: int, high: int) -> int:
    old = _offset_at(zone, low)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset_at(zone, middle) == old else (low, middle)
    return high


def _offset_at(zone: ZoneInfo, instant: int) -> int:
    offset = datetime.fromtimestamp(instant, zone).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())
