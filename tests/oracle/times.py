"""Moments, birthdays and business days (spec 2.1). A moment is (earliest, latest) in epoch seconds UTC, or None."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

Moment = tuple[int, int]

HOUR = 3600
DAY = 86400
FOREVER = 1 << 60
"""The end of what has no end."""


def capped(moment: Moment | None, as_of: int) -> Moment | None:
    """What has not happened is null; what may lie after as_of is capped there."""
    if moment is None or moment[0] > as_of:
        return None
    return (moment[0], min(moment[1], as_of))


def end_or_forever(moment: Moment | None) -> Moment:
    return (FOREVER, FOREVER) if moment is None else moment


def may_overlap(a: Moment, b: Moment) -> bool:
    return a[0] <= b[1] and b[0] <= a[1]


def distance(a: Moment, b: Moment) -> int:
    """Seconds between two moments, 0 if they overlap (spec 4.2)."""
    return max(a[0] - b[1], b[0] - a[1], 0)


def outer(began: Moment, ended: Moment | None) -> Moment:
    """From the earliest begin to the latest end."""
    return (began[0], end_or_forever(ended)[1])


def raised(moment: Moment, floor: int) -> Moment:
    """Both ends are at least `floor`."""
    return (max(moment[0], floor), max(moment[1], floor))


def local_date(instant: int, zone: str) -> date:
    return datetime.fromtimestamp(instant, UTC).astimezone(ZoneInfo(zone)).date()


def local_midnight(day: date, zone: str) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).timestamp())


def completed_years(born: date, day: date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def birthday(born: date, years: int) -> date:
    """The first day on which so many years are completed (a 29 February counts on 1 March)."""
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        return date(born.year + years, 3, 1)


def federal_holidays(year: int) -> set[date]:
    """Legal public holidays as observed (5 U.S.C. 6103): Saturday's on Friday, Sunday's on Monday."""
    fixed = [(1, 1), (6, 19), (7, 4), (11, 11), (12, 25)]
    days = {_observed(date(y, month, day)) for y in (year, year + 1) for month, day in fixed}
    days |= {_nth(year, 1, 0, 3), _nth(year, 2, 0, 3), _nth(year, 9, 0, 1), _nth(year, 10, 0, 2), _nth(year, 11, 3, 4)}
    last_of_may = date(year, 5, 31)
    return days | {last_of_may - timedelta(days=last_of_may.weekday())}


def _observed(day: date) -> date:
    return day + timedelta(days={5: -1, 6: 1}.get(day.weekday(), 0))


def _nth(year: int, month: int, weekday: int, nth: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))


def business_day_after(day: date, nth: int) -> date:
    """The nth business day after `day`: Monday to Friday, no federal holiday (spec 5, NI-01)."""
    while nth:
        day += timedelta(days=1)
        nth -= day.weekday() < 5 and day not in federal_holidays(day.year)
    return day
