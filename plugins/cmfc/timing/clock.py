"""Days and instants on an agency's clock, and how instants are written. Nothing here reads the clock of the machine."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo


def local_midnight(day: date, zone: str) -> int:
    """The instant (epoch seconds UTC) at which a local day begins; the first one where midnight comes twice."""
    return int(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).timestamp())


def as_of_night(business_date: str, zone: str) -> int:
    """Epoch seconds of the local midnight that ends a business date (YYYY-MM-DD); right on days of 23 and 25 hours."""
    return local_midnight(date.fromisoformat(business_date) + timedelta(days=1), zone)


def local_clock(instant: int, zone: str) -> datetime:
    """What the local clock shows at an instant in epoch seconds UTC."""
    return datetime.fromtimestamp(instant, UTC).astimezone(ZoneInfo(zone))


def local_date(instant: int, zone: str) -> date:
    """The date on the local clock at an instant in epoch seconds UTC: today, when `instant` is now."""
    return local_clock(instant, zone).date()


def iso(instant: int) -> str:
    """An instant in epoch seconds UTC as the outputs print it: YYYY-MM-DDTHH:MM:SSZ."""
    return datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_iso(text: str) -> int:
    """Epoch seconds UTC of what `iso` printed.

    Raises:
        ValueError: `text` is not an ISO 8601 time.
    """
    return int(datetime.fromisoformat(text).timestamp())


def local_time(instant: int, zone: str) -> str:
    """An instant (epoch seconds UTC) for people, on the agency's clock with the zone's name: 2026-03-02 14:05 MST."""
    return local_clock(instant, zone).strftime("%Y-%m-%d %H:%M %Z")
