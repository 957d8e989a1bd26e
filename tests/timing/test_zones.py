"""The one table of zone offsets, in Python and in SQL, held against zoneinfo in every year that it knows."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import pytest

from cmfc.reconcile.macros import zone_words
from cmfc.timing.clock import as_of_night, iso, local_clock, local_date, local_midnight, parse_iso
from cmfc.timing.zones import YEARS, load_zone

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ZONES = ("America/Chicago", "America/Phoenix", "America/St_Johns", "Pacific/Apia", "Africa/Casablanca", "UTC")


def seconds(year: int) -> int:
    return int(datetime(year, 1, 1, tzinfo=UTC).timestamp())


def sample(zone: str) -> list[int]:
    """Every five days of all years, and both sides of every change."""
    sides = [int(change) + side for change in load_zone(zone).changes for side in (-1, 0, 1)]
    return sorted([*range(seconds(YEARS[0]), seconds(YEARS[1] + 1), 432_000), *sides])


def wall_of(instant: int, zone: str) -> int:
    offset = (EPOCH + timedelta(seconds=instant)).astimezone(ZoneInfo(zone)).utcoffset()
    assert offset is not None
    return instant + int(offset.total_seconds())


@pytest.mark.parametrize("zone", ZONES)
def test_python_and_sql_show_the_clock_of_zoneinfo_in_every_year(zone: str) -> None:
    instants = sample(zone)
    walls = [wall_of(instant, zone) for instant in instants]
    assert load_zone(zone).wall_of(np.array(instants, dtype=np.int64)).tolist() == walls
    with duckdb.connect() as connection:
        for signature, body in zone_words(zone).items():
            connection.execute(f"CREATE MACRO {signature} AS ({body})")
        rows = connection.execute(
            "SELECT local_seconds(moment), local_day(moment) FROM unnest(?::BIGINT[]) AS t(moment)", [instants]
        ).fetchall()
        assert connection.execute("SELECT local_seconds(CAST(NULL AS BIGINT))").fetchone() == (None,)
    assert rows == [(wall, wall // 86_400) for wall in walls]


def test_summer_time_is_known_long_after_the_tables_of_the_zone_end() -> None:
    july, january = (int(datetime(2099, month, 1, 12, tzinfo=UTC).timestamp()) for month in (7, 1))
    walls = load_zone("America/Chicago").wall_of(np.array([july, january]))
    assert (walls - np.array([july, january])).tolist() == [-5 * 3600, -6 * 3600]


def test_the_first_year_is_one_before_the_oldest_dates_that_databases_put_for_none() -> None:
    """Puerto Rico's clocks were set to standard time in March 1899."""
    days = [int(datetime(1899, month, 1, tzinfo=UTC).timestamp()) for month in (1, 5)]
    walls = load_zone("America/Puerto_Rico").wall_of(np.array(days))
    assert walls.tolist() == [wall_of(day, "America/Puerto_Rico") for day in days] != [day - 14_400 for day in days]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("day", ["1901-07-04", "1990-01-01", "2026-03-08", "2026-11-01", "2070-07-01", "2099-11-01"])
def test_days_begin_and_end_where_zoneinfo_says(day: str, zone: str) -> None:
    end = as_of_night(day, zone)
    begin = local_midnight(datetime.fromisoformat(day).date(), zone)
    walls = load_zone(zone).wall_of(np.array([begin, end]))
    assert (walls % 86_400).tolist() == [0, 0]
    assert local_date(begin, zone).isoformat() == local_date(end - 1, zone).isoformat() == day
    assert local_clock(end, zone).hour == 0


def test_instants_are_written_and_read_alike() -> None:
    assert iso(1_772_000_000) == "2026-02-25T06:13:20Z"
    assert parse_iso(iso(1_772_000_000)) == 1_772_000_000
