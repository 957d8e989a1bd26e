"""A time is an interval until proven otherwise: text to [earliest, latest] in UTC seconds (spec 2.1).

Whole columns at a time: one regular expression takes the text apart, the rest is integer arithmetic.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cmfc.timing.zones import Ints, Zone, load_zone

Flags = npt.NDArray[np.bool_]

DAY = 86_400
YEARS = (1, 2199)
"""Years that a time may have. What lies before 1990 is no time of this work but a sentinel (spec 1)."""
_TIME = (
    r"^\s*(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})"
    r"(?:[Tt ](?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?"
    r"\s?(?:(?P<z>[Zz])|(?P<sign>[+-])(?P<off_hour>\d{2})(?::?(?P<off_minute>\d{2})(?::\d{2})?)?)?)?\s*$"
)
_SPAN = r"^\s*[\d-]+ \d{1,2}:\d{2}\s?-\d{2}(?::?\d{2})?\s*$"
"""Two clock times of a day, or one with an offset."""
_WEST, _EAST = 12 * 3600, 14 * 3600
"""The clocks furthest from UTC, in seconds."""
_BASIC = (  # the basic format of ISO 8601, and how the extended one writes it
    (r"^\s*(\d{4})(\d{2})(\d{2})(?:[Tt](\d{2})(\d{2})(\d{2})(.*))$", r"\1-\2-\3T\4:\5:\6\7"),
    (r"^\s*(\d{4})(\d{2})(\d{2})[Tt](\d{2})(\d{2})(\D.*|)$", r"\1-\2-\3T\4:\5\6"),
    (r"^\s*(\d{4})(\d{2})(\d{2})\s*$", r"\1-\2-\3"),
)
_TRUE = ["true", "t", "yes", "y", "1", "1.0", "-1", "-1.0"]
_FALSE = ["false", "f", "no", "n", "0", "0.0", "-0"]
TRUTH_WORDS = (*_TRUE, *_FALSE)
"""Words that are true or false as they stand, in any case."""


@dataclass(frozen=True)
class Moments:
    """One column of times.

    Attributes:
        earliest: int64 epoch seconds (UTC), null where the text is null or bad.
        latest: int64 epoch seconds (UTC), never below `earliest`.
        is_bad: bool, true where there is text that is not a time.
    """

    earliest: Any
    latest: Any
    is_bad: Any


def parse_moments(text: Any, zone: str, *, is_utc: bool = False, midnight_means_date_only: bool = False) -> Moments:
    """Read ISO 8601 dates and times as people and databases write them, of the years 1 to 2199 (spec 1, 2.1).

    Args:
        text: array of utf8; null is "no time". 24:00 is the next midnight; fractions of a second are cut, and so are
            the seconds of an offset, which zones had before there was standard time.
        zone: IANA zone of clock times and dates that carry no offset.
        is_utc: clock times without an offset are UTC. A date alone is still a local day.
        midnight_means_date_only: a local clock that reads 00:00:00 says only the day, also of a time with an offset.

    Returns:
        Arrays as long as `text`. Bad too is an offset that no clock has, and one behind a time without seconds that may
        be a second time, from when until when: `2026-03-02 07:00-08:00`.
    """
    text = _extended(_flat(text))
    parts = pc.extract_regex(text, pattern=_TIME)
    number = {name: _number(parts, name) for name in ("year", "month", "day", "hour", "minute", "second")}
    days, is_fine = _days(number["year"], number["month"], number["day"])
    clock = number["hour"] * 3600 + number["minute"] * 60 + number["second"]
    offset, offset_is_fine = _offset(parts)
    offset_is_fine &= ~_may_be_span(text, parts, clock, offset)
    is_fine &= (number["minute"] < 60) & (number["second"] < 60) & offset_is_fine
    is_fine &= (number["hour"] < 24) | (clock == DAY)
    is_fine &= _flags(pc.is_valid(parts))

    has_offset = _has(parts, "z") | _has(parts, "sign")
    is_day = ~_has(parts, "hour")

    rules = load_zone(zone)
    wall = days * DAY + clock
    instant = (has_offset | is_utc) & ~is_day
    if midnight_means_date_only:
        local = np.where(instant, rules.wall_of(wall - offset), wall)
        is_day |= (local % DAY == 0) & (clock < DAY)
        wall = np.where(is_day, local, wall)
        instant &= ~is_day
    earliest, latest = rules.utc_of(wall)
    earliest = np.where(instant, wall - offset, earliest)
    latest = np.where(instant, earliest, latest)
    latest[is_day] = _end_of_day(wall[is_day] // DAY, earliest[is_day], rules)
    is_bad = _flags(pc.is_valid(text)) & ~is_fine
    return Moments(pa.array(earliest, mask=~is_fine), pa.array(latest, mask=~is_fine), pa.array(is_bad))


def parse_dates(text: Any, zone: str, *, is_utc: bool = False) -> tuple[Any, Any]:
    """Read dates; of an instant the local day is taken, of another time, and of any midnight, the day as written.

    Args:
        text: array of utf8; null is "no date".
        zone: IANA zone of the local day.
        is_utc: clock times without an offset are UTC.

    Returns:
        A date32 array with nulls, and a bool array that is true where there is text that is not a date.
    """
    text = _extended(_flat(text))
    parts = pc.extract_regex(text, pattern=_TIME)
    days, is_fine = _days(*(_number(parts, name) for name in ("year", "month", "day")))
    is_fine &= _flags(pc.is_valid(parts))
    dates = pa.array(days.astype(np.int32), mask=~is_fine).cast(pa.date32())
    is_bad = pa.array(_flags(pc.is_valid(text)) & ~is_fine)
    # A midnight, with whatever offset, is how systems write a day: that of UTC would be the day before in America.
    has_clock = sum(_number(parts, name) for name in ("hour", "minute", "second")) > 0
    is_instant = has_clock & (_has(parts, "z") | _has(parts, "sign") | is_utc)
    if not is_instant.any():
        return dates, is_bad
    moments = parse_moments(text, zone, is_utc=is_utc)
    dates = pc.if_else(is_instant, local_dates(moments.earliest, zone), dates)
    return dates, pc.if_else(is_instant, moments.is_bad, is_bad)


def parse_bools(text: Any) -> tuple[Any, Any]:
    """Read `TRUTH_WORDS`; returns bools with nulls, and bools that are true where there is another word."""
    text = _flat(text)
    word = pc.utf8_lower(pc.utf8_trim_whitespace(text))
    is_true = pc.is_in(word, value_set=pa.array(_TRUE))
    is_false = pc.is_in(word, value_set=pa.array(_FALSE))
    is_known = pc.or_(is_true, is_false)
    return pc.if_else(is_known, is_true, pa.scalar(None, pa.bool_())), pc.and_(pc.is_valid(text), pc.invert(is_known))


def local_dates(instants: Any, zone: str) -> Any:
    """The local dates (date32, null for null) of instants in UTC seconds."""
    instants = _flat(instants)
    seconds = pc.fill_null(instants, 0).to_numpy(zero_copy_only=False)
    days = load_zone(zone).wall_of(seconds) // DAY
    return pa.array(days.astype(np.int32), mask=_flags(pc.is_null(instants))).cast(pa.date32())


def _extended(text: Any) -> Any:
    """The basic format (20260301T100000) in the extended one; other text stays as it is."""
    if not pc.any(pc.match_substring_regex(text, pattern=r"^\s*\d{8}")).as_py():
        return text
    for pattern, extended in _BASIC:
        text = pc.replace_substring_regex(text, pattern=pattern, replacement=extended)
    return text


def _end_of_day(days: Ints, earliest: Ints, rules: Zone) -> Ints:
    # A zone that once skipped a whole day (Samoa, 2011-12-30) has a day without seconds: it ends where it begins.
    return np.maximum(rules.utc_of((days + 1) * DAY)[0] - 1, earliest)


def _days(year: Ints, month: Ints, day: Ints) -> tuple[Ints, Flags]:
    """Days since 1970, and whether the calendar has that day within `YEARS`."""
    months = (year - 1970) * 12 + month - 1
    days = months.astype("M8[M]").astype("M8[D]") + (day - 1)
    is_fine = (month >= 1) & (month <= 12) & (day >= 1) & (days.astype("M8[M]").astype(np.int64) == months)
    return days.astype(np.int64), is_fine & (year >= YEARS[0]) & (year <= YEARS[1])


def _offset(parts: Any) -> tuple[Ints, Flags]:
    hours, minutes = _number(parts, "off_hour"), _number(parts, "off_minute")
    is_west = _flags(pc.equal(pc.struct_field(parts, "sign"), "-"))
    seconds = hours * 3600 + minutes * 60
    return np.where(is_west, -seconds, seconds), (seconds <= np.where(is_west, _WEST, _EAST)) & (minutes < 60)


def _may_be_span(text: Any, parts: Any, clock: Ints, offset: Ints) -> Flags:
    """Where a person may have written from when until when: `2026-03-02 07:00-08:00`."""
    may_be = (-offset > clock) & ~_has(parts, "second")
    if may_be.any():
        may_be &= _flags(pc.fill_null(pc.match_substring_regex(text, pattern=_SPAN), False))
    return may_be


def _number(parts: Any, name: str) -> Ints:
    digits = pc.fill_null(pc.struct_field(parts, name), "0")
    numbers = pc.if_else(pc.equal(digits, ""), "0", digits).cast(pa.int64())
    return np.asarray(numbers.to_numpy(zero_copy_only=False), dtype=np.int64)


def _has(parts: Any, name: str) -> Flags:
    return _flags(pc.not_equal(pc.struct_field(parts, name), ""))


def _flags(values: Any) -> Flags:
    return np.asarray(pc.fill_null(values, False).to_numpy(zero_copy_only=False), dtype=np.bool_)


def _flat(values: Any) -> Any:
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
