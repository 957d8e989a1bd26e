"""Times and durations as people read them: the agency's clock, and the words of the sentences (spec 5).

The sentences are made in SQL (reconcile/macros.py); what is said here uses the same words.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from cmfc.timing.clock import local_time

MINUTE, HOUR, DAY = 60, 3_600, 86_400
MONTH, YEAR = 2_629_746, 31_556_952
"""Seconds of a mean Gregorian month and year."""


def local_text(earliest: int, latest: int | None, zone: str) -> str:
    """A moment of which only the ends are known: an instant, a whole day, or between two.

    Args:
        earliest: epoch seconds UTC.
        latest: epoch seconds UTC; None: it is not known until when.
        zone: the agency's IANA zone.
    """
    if latest is None:
        return f"{local_time(earliest, zone)} or later"
    if latest - earliest < MINUTE:
        return local_time(earliest, zone)
    first, last = (datetime.fromtimestamp(at, ZoneInfo(zone)) for at in (earliest, latest))
    is_whole = (first.hour, first.minute) == (0, 0) and (last.hour, last.minute) == (23, 59)
    if is_whole and first.date() == last.date():
        return f"{first:%Y-%m-%d}"
    return f"between {local_time(earliest, zone)} and {local_time(latest, zone)}"


def duration_text(seconds: float) -> str:
    """A duration: 25 min; 3 h 5 min; 2 days 14 h; 5 months; 1 year 5 months."""
    whole = int(seconds // 1)
    if whole < MINUTE:
        return "less than a minute"
    if whole < HOUR:
        return f"{whole // MINUTE} min"
    if whole < 2 * DAY:
        return _and_more(f"{whole // HOUR} h", whole % HOUR // MINUTE, "min")
    if whole < 60 * DAY:
        return _and_more(_counted(whole // DAY, "day"), whole % DAY // HOUR, "h")
    if whole < YEAR:
        return _counted(whole // MONTH, "month")
    months = whole % YEAR // MONTH
    return " ".join([_counted(whole // YEAR, "year"), *([_counted(months, "month")] if months else [])])


def span_text(least: float, most: float) -> str:
    """A duration of which only the ends are known, in seconds."""
    low, high = duration_text(least), duration_text(most)
    if low == high:
        return low
    return f"up to {high}" if least < MINUTE else f"between {low} and {high}"


def days_text(days: int) -> str:
    """Whole days: 5 days; 1 year 5 months."""
    return duration_text(days * DAY) if days >= 2 else "1 day" if days == 1 else "less than a day"


def over_text(least_hours: float | None, most_hours: float | None) -> str:
    """How far over a limit, from hours; empty where it is not over, or nothing is known."""
    if least_hours is None or most_hours is None or most_hours <= 0:
        return ""
    return span_text(max(0, round(least_hours * HOUR)), round(most_hours * HOUR))


def due_text(deadline: int, as_of: int, zone: str) -> str:
    """A deadline on the agency's clock and how far it is off: 2026-03-02 14:05 MST (in 5 h; 2 days 3 h ago)."""
    away = f"in {duration_text(deadline - as_of)}" if deadline >= as_of else f"{duration_text(as_of - deadline)} ago"
    return f"{local_time(deadline, zone)} ({away})"


def _counted(number: int, one: str) -> str:
    return f"{number} {one}" if number == 1 else f"{number} {one}s"


def _and_more(text: str, number: int, unit: str) -> str:
    return f"{text} {number} {unit}" if number else text
