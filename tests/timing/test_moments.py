"""Times as intervals (spec 2.1), against hand-computed instants and against zoneinfo."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmfc.timing.clock import local_midnight
from cmfc.timing.moments import local_dates, parse_bools, parse_dates, parse_moments

CHICAGO = "America/Chicago"


def read(text: str | None, zone: str = CHICAGO, **options: bool) -> tuple[int | None, int | None, bool]:
    moments = parse_moments(pa.array([text], pa.string()), zone, **options)
    return moments.earliest[0].as_py(), moments.latest[0].as_py(), moments.is_bad[0].as_py()


def utc(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp())  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("text", "earliest", "latest"),
    [
        ("2026-01-05T14:30:00", utc(2026, 1, 5, 20, 30), utc(2026, 1, 5, 20, 30)),
        ("2026-07-05 14:30", utc(2026, 7, 5, 19, 30), utc(2026, 7, 5, 19, 30)),
        ("2026-07-05T14:30:15.999", utc(2026, 7, 5, 19, 30, 15), utc(2026, 7, 5, 19, 30, 15)),
        ("2026-01-05T14:30:00Z", utc(2026, 1, 5, 14, 30), utc(2026, 1, 5, 14, 30)),
        ("2026-01-05T14:30:00+05:30", utc(2026, 1, 5, 9), utc(2026, 1, 5, 9)),
        ("2026-01-05T14:30:00-0330", utc(2026, 1, 5, 18), utc(2026, 1, 5, 18)),
        ("2026-01-05", utc(2026, 1, 5, 6), utc(2026, 1, 6, 5, 59, 59)),
        ("2024-02-29", utc(2024, 2, 29, 6), utc(2024, 3, 1, 5, 59, 59)),
        ("2050-07-01T12:00:00", utc(2050, 7, 1, 17), utc(2050, 7, 1, 17)),
        ("2026-03-01T10:00:00-06", utc(2026, 3, 1, 16), utc(2026, 3, 1, 16)),
        ("2026-03-01T10:00:00,123", utc(2026, 3, 1, 16), utc(2026, 3, 1, 16)),
        ("2026-03-01T05:00-06:00", utc(2026, 3, 1, 11), utc(2026, 3, 1, 11)),
        ("2026-03-01 05:00:00-06:00", utc(2026, 3, 1, 11), utc(2026, 3, 1, 11)),
        ("2026-03-01 12:00-06:00", utc(2026, 3, 1, 18), utc(2026, 3, 1, 18)),
        ("20260301T100000", utc(2026, 3, 1, 16), utc(2026, 3, 1, 16)),
        ("20260301T1000-0600", utc(2026, 3, 1, 16), utc(2026, 3, 1, 16)),
        ("20260301", utc(2026, 3, 1, 6), utc(2026, 3, 2, 5, 59, 59)),
        ("2026-03-01 24:00:00", utc(2026, 3, 2, 6), utc(2026, 3, 2, 6)),
        ("2026-03-01 9:05", utc(2026, 3, 1, 15, 5), utc(2026, 3, 1, 15, 5)),
        ("1753-01-01T00:00:00Z", utc(1753, 1, 1), utc(1753, 1, 1)),
        ("2026-01-05T10:00-12:00", utc(2026, 1, 5, 22), utc(2026, 1, 5, 22)),  # the clocks furthest from UTC
        ("2026-01-05T10:00+14:00", utc(2026, 1, 4, 20), utc(2026, 1, 4, 20)),
        ("0001-01-01T00:00:00-05:50:36", utc(1, 1, 1, 5, 50), utc(1, 1, 1, 5, 50)),  # as PostgreSQL writes it there
    ],
)
def test_a_time_becomes_its_interval(text: str, earliest: int, latest: int) -> None:
    assert read(text) == (earliest, latest, False)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "2026-02-30",
            "2025-02-29",
            "2026-13-01",
            "2026-00-10",
            "2026-01-00",
            "0000-00-00",
            "2200-01-01",
        ),
        *(
            "2026-01-05T24:01",
            "2026-01-05T25:00",
            "2026-01-05T10:60",
            "2026-01-05T10:00:60",
            "2026-01-05T10",
            "2026-01-05T10:00+24:00",
            "2026-01-05T10:00+14:15",
            "2026-01-05T10:00-12:01",
            "2026-01-05 07:00-20:00",  # from seven to eight, and no offset
            "2026-01-05 10:00-11:30",
            "2026-01-05 07:00 -08:00",
            "2026-01-05 07:00-0800",
            "2026-01-05 07:00-08",
        ),
        *("2026-01-05Z", "2026-1-5", "01/05/2026", "soon", "2200-01-01"),
    ],
)
def test_what_is_not_a_time_is_bad_and_null(text: str) -> None:
    assert read(text) == (None, None, True)


def test_null_is_null_and_not_bad() -> None:
    assert read(None) == (None, None, False)


def test_the_autumn_hour_means_either_of_two() -> None:
    assert read("2026-11-01T01:30:00") == (utc(2026, 11, 1, 6, 30), utc(2026, 11, 1, 7, 30), False)
    assert read("2026-11-01T00:59:59") == (utc(2026, 11, 1, 5, 59, 59),) * 2 + (False,)
    assert read("2026-11-01T02:00:00") == (utc(2026, 11, 1, 8),) * 2 + (False,)


def test_the_spring_gap_takes_the_offset_before_the_change() -> None:
    assert read("2026-03-08T02:30:00") == (utc(2026, 3, 8, 8, 30),) * 2 + (False,)
    assert read("2026-03-08T03:00:00") == (utc(2026, 3, 8, 8),) * 2 + (False,)


@pytest.mark.parametrize(("day", "hours"), [("2026-03-08", 23), ("2026-11-01", 25), ("2026-06-01", 24)])
def test_a_day_has_as_many_hours_as_the_clock_gives_it(day: str, hours: int) -> None:
    earliest, latest, _ = read(day)
    assert earliest is not None and latest is not None
    assert latest - earliest + 1 == hours * 3600


def test_a_midnight_that_does_not_exist_is_the_moment_of_the_change() -> None:
    earliest, latest, _ = read("2018-11-04", "America/Sao_Paulo")
    assert (earliest, latest) == (utc(2018, 11, 4, 3), utc(2018, 11, 5, 1, 59, 59))
    assert local_midnight(date(2018, 11, 4), "America/Sao_Paulo") == earliest


def test_a_midnight_that_comes_twice_begins_the_day_once() -> None:
    earliest, latest, _ = read("2025-11-02", "America/Havana")
    assert (earliest, latest) == (utc(2025, 11, 2, 4), utc(2025, 11, 3, 4, 59, 59))
    assert read("2025-11-01", "America/Havana")[1] == utc(2025, 11, 2, 3, 59, 59)


def test_a_day_that_a_zone_skipped_is_still_an_interval() -> None:
    earliest, latest, _ = read("2011-12-30", "Pacific/Apia")
    assert earliest is not None and earliest == latest


def test_a_utc_column_holds_instants_but_its_dates_are_local_days() -> None:
    assert read("2026-01-05T00:00:00", is_utc=True) == (utc(2026, 1, 5),) * 2 + (False,)
    assert read("2026-01-05", is_utc=True)[0] == utc(2026, 1, 5, 6)
    assert read("2026-01-05T00:00:00", is_utc=True, midnight_means_date_only=True)[1] == utc(2026, 1, 5)


def test_midnight_may_mean_that_only_the_day_is_known() -> None:
    day = read("2026-01-05")
    assert read("2026-01-05T00:00:00", midnight_means_date_only=True) == day
    assert read("2026-01-05T00:00:00.0", midnight_means_date_only=True) == day
    assert read("2026-01-05T00:00:00") == (utc(2026, 1, 5, 6),) * 2 + (False,)
    assert read("2026-01-05T00:00:01", midnight_means_date_only=True)[1] == utc(2026, 1, 5, 6, 0, 1)


@pytest.mark.parametrize("written", ["2026-01-05T00:00:00-06:00", "2026-01-05T06:00:00Z", "2026-01-05T07:00:00+01:00"])
def test_an_offset_does_not_make_a_local_midnight_a_clock_time(written: str) -> None:
    """Databases give a column that holds days with an offset, often as UTC."""
    day = read("2026-01-05")
    assert read(written, midnight_means_date_only=True) == day
    assert read(written)[:2] == (utc(2026, 1, 5, 6),) * 2
    assert read("2026-01-05T06:00:00", is_utc=True, midnight_means_date_only=True) == day
    for other in ("2026-01-05T00:00:00Z", "2026-01-04T24:00:00-06:00", "2026-01-05T00:00:00-05:00"):
        assert read(other, midnight_means_date_only=True) == read(other)


ZONES = [
    *("America/Chicago", "America/New_York", "America/Phoenix", "America/Anchorage", "America/Adak", "UTC"),
    *("America/Puerto_Rico", "Pacific/Guam", "America/Indiana/Knox", "America/Havana", "Australia/Lord_Howe"),
]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.datetimes(datetime(1900, 1, 2), datetime(2199, 12, 30)), min_size=1, max_size=40),  # noqa: DTZ001
    st.sampled_from(ZONES),
)
def test_every_clock_agrees_with_zoneinfo(clocks: list[datetime], zone: str) -> None:
    clocks = [c.replace(microsecond=0) for c in clocks] + [_near_a_change(c) for c in clocks]
    moments = parse_moments(pa.array([c.isoformat() for c in clocks]), zone)
    for clock, earliest, latest in zip(clocks, moments.earliest.to_pylist(), moments.latest.to_pylist(), strict=True):
        folds = [_instant(clock.replace(tzinfo=ZoneInfo(zone), fold=f)) for f in (0, 1)]
        assert earliest == folds[0]
        assert latest == max(folds)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.dates(date(1900, 1, 2), date(2199, 12, 30)), min_size=1, max_size=40), st.sampled_from(ZONES))
def test_days_follow_each_other_without_a_gap(days: list[date], zone: str) -> None:
    today = parse_moments(pa.array([d.isoformat() for d in days]), zone)
    tomorrow = parse_moments(pa.array([(d + timedelta(days=1)).isoformat() for d in days]), zone)
    assert [end + 1 for end in today.latest.to_pylist()] == tomorrow.earliest.to_pylist()
    assert today.earliest.to_pylist() == [local_midnight(d, zone) for d in days]


def test_local_dates_read_the_calendar_on_the_wall() -> None:
    dates = local_dates(pa.array([utc(2026, 1, 5, 5, 59), utc(2026, 1, 5, 6), None]), CHICAGO)
    assert dates.to_pylist() == [date(2026, 1, 4), date(2026, 1, 5), None]


def test_dates_and_truth_values() -> None:
    dates, bad = parse_dates(pa.array(["2012-02-29", "2013-02-29", None, "2012-02-28T10:00:00"]), CHICAGO)
    assert dates.to_pylist() == [date(2012, 2, 29), None, None, date(2012, 2, 28)]
    assert bad.to_pylist() == [False, True, False, False]
    values, bad = parse_bools(pa.array(["TRUE", "n", "1", "maybe", None]))
    assert values.to_pylist() == [True, False, True, None, None]
    assert bad.to_pylist() == [False, False, False, True, False]


@pytest.mark.parametrize(
    ("text", "zone", "is_utc", "day"),
    [
        ("2012-01-14T14:00:00Z", "Pacific/Guam", False, date(2012, 1, 15)),
        ("2012-01-14 14:00:00+00", "Pacific/Guam", False, date(2012, 1, 15)),
        ("2012-01-14T14:00:00", "Pacific/Guam", True, date(2012, 1, 15)),
        ("2012-01-14T14:00:00", "Pacific/Guam", False, date(2012, 1, 14)),
        ("2012-01-14T13:59:59Z", "Pacific/Guam", False, date(2012, 1, 14)),
        ("2012-01-15T06:00:00Z", CHICAGO, False, date(2012, 1, 15)),
        ("2012-07-15T05:00:00Z", CHICAGO, False, date(2012, 7, 15)),
        ("2012-01-15T05:59:00Z", CHICAGO, False, date(2012, 1, 14)),
        ("2012-01-14T23:30:00-06:00", CHICAGO, False, date(2012, 1, 14)),
        # Midnight as written is how a system writes a day.
        ("2012-01-15T00:00:00Z", CHICAGO, False, date(2012, 1, 15)),
        ("2012-01-15T00:00:00.000+00:00", CHICAGO, False, date(2012, 1, 15)),
        ("2012-01-15T00:00:00", CHICAGO, True, date(2012, 1, 15)),
        ("2012-01-15T00:00:00-05:00", CHICAGO, False, date(2012, 1, 15)),
        ("2012-01-15T00:00:00+10:00", "Pacific/Guam", False, date(2012, 1, 15)),
        ("2012-01-15", "Pacific/Guam", True, date(2012, 1, 15)),
        ("2012-01-15T10:00:00+24:00", CHICAGO, False, None),
        ("2012-01-15T25:00:00Z", CHICAGO, False, None),
    ],
)
def test_a_date_that_is_written_as_an_instant_is_the_local_day(
    text: str, zone: str, is_utc: bool, day: date | None
) -> None:
    dates, bad = parse_dates(pa.array([text]), zone, is_utc=is_utc)
    assert (dates[0].as_py(), bad[0].as_py()) == (day, day is None)


def _near_a_change(clock: datetime) -> datetime:
    """The same year's hours in which most zones change."""
    return clock.replace(month=(3, 11)[clock.day % 2], day=1 + clock.day % 14, hour=clock.hour % 4, microsecond=0)


def _instant(clock: datetime) -> int:
    return round((clock - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())
