"""The days that limits in business days are counted by."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from cmfc.reconcile.engine import EPOCH, working_calendar


def test_it_holds_every_day_from_1990_to_2070_once() -> None:
    days = [row[0] for row in working_calendar("America/Chicago")]
    assert days == list(range((date(1990, 1, 1) - EPOCH).days, (date(2070, 12, 31) - EPOCH).days + 1))


@pytest.mark.parametrize(
    ("day", "last_second", "is_working"),
    [
        ("2026-11-25", "2026-11-26T05:59:59", True),
        ("2026-11-26", "2026-11-27T05:59:59", False),  # Thanksgiving
        ("2026-11-27", "2026-11-28T05:59:59", True),
        ("2026-11-28", "2026-11-29T05:59:59", False),
        ("2026-11-29", "2026-11-30T05:59:59", False),
        ("2026-07-03", "2026-07-04T04:59:59", False),  # for Saturday, 4 July
        ("2070-12-31", "2071-01-01T05:59:59", True),
    ],
)
def test_a_working_day_is_monday_to_friday_and_no_federal_holiday(day: str, last_second: str, is_working: bool) -> None:
    calendar: Any = working_calendar("America/Chicago")
    rows = {row[0]: row for row in calendar}
    number = (date.fromisoformat(day) - EPOCH).days
    _, ends_at, worked, works = rows[number]
    assert datetime.fromtimestamp(ends_at, UTC).isoformat() == f"{last_second}+00:00"
    assert works is is_working and worked - rows[number - 1][2] == is_working
