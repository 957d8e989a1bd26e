"""The tables that auditors publish say what was planted; what is not delivered is not recorded, and never nought."""

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from statistics import median

import duckdb
import pytest

from cmfc.audit_extract.auditors import COMMON, RARE, _create_late_columns
from cmfc.audit_extract.population import SQL
from tests.support import several_nights
from tests.support.audited import Audited
from tests.support.packages import Packages, one_of, rows_of
from tests.support.several_nights import PERIOD, Planned, planned

pytestmark = pytest.mark.long

NIGHT = datetime.fromisoformat(several_nights.DOUBTFUL) + timedelta(days=1)
"""The end of the last night: by it every planned episode is on file as planned."""


def length(one: Planned) -> int:
    return (min(one.ended or NIGHT, NIGHT).date() - one.began.date()).days


@pytest.fixture(scope="module")
def package(nights: Packages) -> Path:
    return nights.package(several_nights.DOUBTFUL)


def test_how_often_and_how_long(package: Path) -> None:
    days = [length(one) for one in planned()]
    row = one_of(package, "incidence", dimension="all")
    assert (int(row["episodes"]), int(row["children"]), row["most_of_a_child"]) == (len(days), len(days), "1")
    assert float(row["mean_days"]) == round(sum(days) / len(days), 2) and float(row["median_days"]) == median(days)
    assert int(row["over_50_days"]) == sum(n > 50 for n in days)
    assert int(row["children_in_care"]) == several_nights.CHILDREN + 14  # and those of earlier years
    by_sex = Counter("FM"[one.number % 2] for one in planned())
    assert {r["value"]: int(r["episodes"]) for r in rows_of(package, "incidence", dimension="sex")} == by_sex
    by_place = Counter(("foster_home", "group_home")[one.number % 2] for one in planned())
    assert {r["value"]: int(r["episodes"]) for r in rows_of(package, "incidence", dimension="setting_left")} == by_place
    by_order = Counter(("permanent", "temporary", "not recorded")[one.number % 3] for one in planned())
    counts = {r["value"]: int(r["episodes"]) for r in rows_of(package, "incidence", dimension="conservatorship")}
    assert counts == by_order
    grown = sum(one.number % 7 == 0 and one.began.date() < date(2026, 2, 2) <= (one.ended or NIGHT).date()
                for one in planned())  # fmt: skip
    assert int(row["came_of_age"]) == grown > 0


def test_who_was_missing_on_each_day(package: Path) -> None:
    rows = {date.fromisoformat(row["day"]): row for row in rows_of(package, "census")}
    assert len(rows) == 365
    for day in (date(2025, 12, 24), date(2026, 4, 1), PERIOD[1]):
        there = [one for one in planned() if one.began.date() <= day and (one.ended is None or one.ended.date() > day)]
        assert int(rows[day]["at_end"]) == len(there) > 5
        assert int(rows[day]["over_50_days"]) == sum((day - one.began.date()).days > 50 for one in there)
        assert int(rows[day]["began"]) == sum(one.began.date() == day for one in planned())


def is_found(one: Planned) -> bool:
    return one.ended is not None and one.number % 4 < 2 and one.ended.date() <= PERIOD[1]


def test_work_after_a_find(package: Path) -> None:
    done = [one for one in planned() if is_found(one)]
    interviewed = Counter(
        f"d0{((one.ended or NIGHT) + timedelta(hours=20)).date().toordinal() - (one.ended or NIGHT).date().toordinal()}"
        if one.number % 3 == 0 else "none" for one in done
    )  # fmt: skip
    counts = {
        r["days"]: int(r["episodes"]) for r in rows_of(package, "after_return", population="statute", work="interview")
    }
    assert counts == interviewed and counts["none"] > 10


def test_what_is_in_the_reports(package: Path) -> None:
    reports = [one for one in planned() if one.ncmec is not None]
    photos = Counter(("yes", "no", "not_recorded")[one.number % 3] for one in reports)
    rows = rows_of(package, "completeness", population="statute", recipient="ncmec", element="photo")
    counts = {r["state"]: int(r["episodes"]) for r in rows}
    assert counts == {**photos, "no_report": several_nights.CHILDREN - len(reports)}


def test_counts_of_the_federal_law(package: Path) -> None:
    reported = [one for one in planned() if one.ncmec is not None]
    row = one_of(package, "federal_counts", counted="children")
    assert (int(row["missing"]), int(row["reported"])) == (several_nights.CHILDREN, len(reported))
    assert int(row["recovered"]) == sum(is_found(one) for one in reported)
    told_of = [one.number // 3 % 3 for one in reported
               if one.ended and one.number % 3 == 0 and one.number % 4 < 2]  # fmt: skip
    assert (int(row["likely_trafficked"]), int(row["not_trafficked"])) == (told_of.count(0), told_of.count(1))
    parts = ("likely_trafficked", "not_trafficked", "trafficking_not_recorded")
    assert int(row["reported"]) == sum(int(row[name]) for name in parts)


def test_each_month_against_the_target(package: Path) -> None:
    key = {"population": "statute", "recipient": "ncmec", "view": "statute"}
    for row in rows_of(package, "monthly", **key):
        own = one_of(package, "timeliness", **key, dimension="month", value=row["month"])
        judged = sum(int(own[name]) for name in ("never", "late", "on_time", "undetermined"))
        assert (row["judged"], row["on_time"]) == (str(judged), own["on_time"])
        assert float(row["percent"]) == pytest.approx(100 * int(own["on_time"]) / judged, abs=0.01)
        assert (row["is_met"] == "true") == (int(own["on_time"]) / judged >= 0.95)


def test_contact_by_interval(package: Path) -> None:
    """One contact after three days, of every fifth child, with law enforcement alone."""
    gaps = [(length(one), max(3, length(one) - 3) if one.number % 5 == 0 and length(one) >= 3 else length(one))
            for one in planned()]  # fmt: skip
    for days in (7, 30):
        expected = Counter("too_short" if n <= days else "kept" if gap <= days else "not_kept" for n, gap in gaps)
        key = {"population": "statute", "recipient": "law_enforcement", "interval_days": str(days)}
        counts = {r["state"]: int(r["episodes"]) for r in rows_of(package, "contact_kept", **key)}
        assert counts == expected


def test_what_is_not_delivered_is_not_recorded(audited: Audited) -> None:
    lines = str(len(rows_of(audited.package, "episodes")))
    for dimension in ("sex", "race", "ethnicity", "conservatorship", "trafficked"):
        assert [(r["value"], r["episodes"]) for r in rows_of(audited.package, "incidence", dimension=dimension)] == [
            ("not recorded", lines)
        ]


@pytest.mark.parametrize("state", ["not_recorded", "not_checked"])
def test_a_feed_that_is_absent_or_broken_is_named_and_not_counted_as_none(state: str) -> None:
    with duckdb.connect() as connection:
        connection.execute("CREATE MACRO is_found_outcome(outcome) AS outcome = 'returned'")
        connection.execute("CREATE TABLE lines AS SELECT 'E' AS episode, TRUE AS in_audit_population,"
                           " 'returned' AS outcome, 5 AS ended_day")  # fmt: skip
        connection.execute("CREATE TABLE characteristics AS SELECT 'E' AS episode,"
                           " NULL::BIGINT AS interviewed_after_days,"
                           " NULL::BIGINT AS screened_after_days, NULL::BIGINT AS le_longest_gap_days,"
                           " NULL::BIGINT AS ncmec_longest_gap_days, 40 AS days")  # fmt: skip
        connection.execute("CREATE TABLE request AS SELECT 9 AS last_day")
        connection.execute(f"CREATE TABLE used AS SELECT FALSE AS returns, '{state}' AS returns_state,"
                           f" FALSE AS contacts, '{state}' AS contacts_state")  # fmt: skip
        connection.execute("CREATE TABLE line_used AS SELECT 'E' AS episode, returns, returns_state FROM used")
        for step, column in (("350_after_return", "days"), ("360_contact_kept", "state")):
            rows = connection.sql(SQL.joinpath(f"{step}.sql").read_text(encoding="utf-8"))
            assert {row[rows.columns.index(column)] for row in rows.fetchall()} == {state}


def test_a_snapshot_from_before_a_column_was_known_has_none_of_it(nights: Packages, tmp_path: Path) -> None:
    """And a value that few children have may be free text, so it is not told."""
    from cmfc.pipeline.past_run import known_at

    with known_at(
        nights.root / "store", nights.root / "lists", several_nights.AGENCY, several_nights.DOUBTFUL, "", nights.ledger
    ) as knowledge:
        for feed, drop in (("children", "ethnicity"), ("custody", "conservatorship"), ("returns", "trafficked")):
            path = tmp_path / "checked" / f"{feed}.parquet"
            path.parent.mkdir(exist_ok=True)
            named = "" if feed != "children" else (
                ", CASE WHEN child_id = 'K000' THEN 'Zephyrine Quill' ELSE race END AS race")  # fmt: skip
            excluded = f"{drop}, race" if feed == "children" else drop
            source = knowledge.folder / "checked" / f"{feed}.parquet"
            duckdb.sql(f"COPY (SELECT * EXCLUDE ({excluded}){named} FROM '{source}') TO '{path}' (FORMAT parquet)")
        with duckdb.connect() as connection:
            _create_late_columns(connection, replace(knowledge, folder=tmp_path))
            assert connection.sql("SELECT count(*), count(ethnicity) FROM of_children").fetchall() == [(146, 0)]
            assert connection.sql("SELECT count(conservatorship) FROM of_custody").fetchall() == [(0,)]
            assert connection.sql("SELECT count(trafficked) FROM of_returns").fetchall() == [(0,)]
            races = Counter(row[0] for row in connection.sql("SELECT race FROM of_children").fetchall())
    assert races[RARE] == 1 and "Zephyrine Quill" not in races and races["White"] > COMMON
