"""Instants, local days and working days, from the offsets that manifest.json lists for the agency's zone."""

from __future__ import annotations

import bisect
from datetime import date, datetime, timezone
from typing import Any, FrozenSet, List, Optional, Tuple

from cmfc.audit_extract.verifier.reading import Odd, Row

Moment = Tuple[int, int]
"""Earliest and latest, epoch seconds UTC."""

DAY = 86400
FOREVER = 253402300799
EPOCH_DAY = date(1970, 1, 1).toordinal()


def day_number(text: str, place: str) -> int:
    """Days since 1970-01-01."""
    try:
        return date.fromisoformat(text).toordinal() - EPOCH_DAY
    except ValueError:
        raise Odd(f"{place}: '{text[:40]}' is not a date") from None


def instant(text: str, place: str) -> int:
    """Epoch seconds of YYYY-MM-DDTHH:MM:SSZ."""
    try:
        return int(datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc).timestamp())
    except ValueError:
        raise Odd(f"{place}: '{text[:40]}' is not an instant") from None


class Clock:
    """The agency's clock."""

    def __init__(self, changes: Any, holidays: Any = ()) -> None:
        try:
            self._offsets = [int(offset) for _, offset in changes]
            self._changes = [int(at) for at, _ in changes[1:]]
            self._holidays: FrozenSet[str] = frozenset(holidays)
        except (TypeError, ValueError):
            raise Odd("manifest.json does not list the offsets of the zone as pairs of numbers") from None
        if not self._offsets or self._changes != sorted(self._changes):
            raise Odd("manifest.json does not list the offsets of the zone in the order of time")

    def day(self, moment: int) -> int:
        """The local day of an instant: days since 1970-01-01."""
        return (moment + self._offset(moment)) // DAY

    def begin_of(self, day: int) -> int:
        """The first instant of a local day."""
        wall = day * DAY
        return wall - self._offset(wall - self._offset(wall))

    def end_of_working_day(self, moment: int, days: int) -> int:
        """The last second of the working day that comes so many working days after an instant's day."""
        day, remaining = self.day(moment), days
        if remaining == 0:  # the last working day at or before it
            while not self._is_working(day):
                day -= 1
        while remaining:
            day += 1
            remaining -= self._is_working(day)
        return self.begin_of(day + 1) - 1

    def moment(self, row: Row, name: str) -> Optional[Moment]:
        """A moment from its two columns; None where they are empty. A day stands for all its instants."""
        first, last = f"{name}_earliest", f"{name}_latest"
        if not row[first]:
            return None
        latest = row[last] or row[first]
        return self._end(row[first], row.place(first))[0], self._end(latest, row.place(last))[1]

    def single(self, row: Row, name: str) -> Optional[Moment]:
        """A moment from one column; None where it is empty."""
        return self._end(row[name], row.place(name)) if row[name] else None

    def _end(self, text: str, place: str) -> Moment:
        if len(text) != 10:
            at = instant(text, place)
            return at, at
        day = day_number(text, place)
        return self.begin_of(day), self.begin_of(day + 1) - 1

    def _offset(self, moment: int) -> int:
        return self._offsets[bisect.bisect_right(self._changes, moment)]

    def _is_working(self, day: int) -> bool:
        on = date.fromordinal(day + EPOCH_DAY)
        return on.weekday() < 5 and on.isoformat() not in self._holidays


def wrong_offsets(zone: str, changes: List[List[int]]) -> List[str]:
    """Instants at which this machine's own zone has another offset than manifest.json; none if it knows no zones."""
    try:
        from zoneinfo import ZoneInfo

        local = ZoneInfo(zone)
    except (ImportError, KeyError, ValueError, OSError):
        return []
    wrong = []
    for at, offset in changes:
        moment = datetime.fromtimestamp(max(at, 0), timezone.utc).astimezone(local)
        shift = moment.utcoffset()
        if at > 0 and shift is not None and int(shift.total_seconds()) != offset:
            wrong.append(moment.date().isoformat())
    return wrong
