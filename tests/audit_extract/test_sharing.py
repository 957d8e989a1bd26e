"""What is passed on: main figures first, each month and year once, and nothing small from all of it together."""

import csv
import json
import random
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest

from cmfc.audit_extract.differencing import Contradiction, Shared, TooLong, given_away
from cmfc.audit_extract.disclosure import FLOWS, LEVELS, draw_shareable, share_period
from cmfc.audit_extract.population import EPOCH, WORDS, Period
from cmfc.audit_extract.release import build_extract, decide
from cmfc.audit_extract.sharing import from_json, to_json
from cmfc.errors import UsageError
from cmfc.ledger.releases import list_shared
from cmfc.ledger.store import Ledger, opened
from cmfc.ledger.verify import verify
from tests.support import several_nights
from tests.support.audited import KEY, REQUEST, Audited
from tests.support.packages import Packages

pytestmark = pytest.mark.long

OUTCOMES = ("on_time", "never", "late", "undetermined", "other")


def cells(period: str, numbers: dict[str, int | None], **more: Any) -> Shared:
    """A release of one month or a year with one row: the outcomes of reports to NCMEC by the statute, and its total."""
    year = period.startswith("FY")
    first = date(int(period[2:]) - 1, 10, 1) if year else date.fromisoformat(f"{period}-01")
    last = date(int(period[2:]), 9, 30) if year else date(first.year, first.month, 28)
    hidden = ";".join(name for name, number in numbers.items() if number is None)
    row = {"recipient": "ncmec", "view": "statute", "dimension": "all", "value": "all", "not_checked": 0,
           "undetermined": None, "folded": "undetermined", "hidden": hidden, **numbers}  # fmt: skip
    return Shared(period, first, last, (row,), (), **more)


def year_of(months: int, small: int = 1) -> list[Shared]:
    """Months of a fiscal year of which as many hide how many were late."""
    names = [f"2025-{n}" for n in (10, 11, 12)] + [f"2026-{n:02}" for n in range(1, 10)]
    return [
        cells(name, {"episodes": 100, "on_time": 40, "never": None if at < small else 30,
                     "late": None if at < small else 15, "other": 15})
        for at, name in enumerate(names[:months])
    ]  # fmt: skip


def test_a_periods_name_in_the_register() -> None:
    def named(first: str, last: str, begins: int = 10) -> str:
        return share_period(Period(date.fromisoformat(first), date.fromisoformat(last)), begins)

    assert named("2026-02-01", "2026-02-28") == "2026-02"
    assert named("2025-10-01", "2026-09-30") == "FY2026" and named("2025-09-01", "2026-08-31", 9) == "FY2026"
    for first, last in (("2025-10-01", "2025-11-30"), ("2025-01-01", "2025-12-31"), ("2026-02-01", "2026-02-27")):
        assert named(first, last) == ""


def test_a_year_gives_away_the_one_month_that_hides_a_cell() -> None:
    months = year_of(12, small=1)
    whole = cells("FY2026", {"episodes": 1200, "on_time": 480, "never": 370, "late": 170, "other": 180})
    assert given_away(months) == []
    disclosures = given_away([*months, whole])
    assert disclosures == ["2025-10 ncmec statute all all: late"]


def test_two_months_that_hide_it_protect_each_other() -> None:
    months = year_of(12, small=2)
    whole = cells("FY2026", {"episodes": 1200, "on_time": 480, "never": 370, "late": 170, "other": 180})
    assert given_away([*months, whole]) == []


def test_a_month_that_was_too_small_to_show_is_given_away_by_its_year() -> None:
    whole = cells("FY2026", {"episodes": 1107, "on_time": 443, "never": 332, "late": 166, "other": 166})
    assert any("episodes" in name for name in given_away([*year_of(11, 0), whole]))


def test_figures_that_do_not_add_up_contradict_and_a_named_correction_takes_their_place() -> None:
    whole = {"episodes": 1203, "on_time": 483, "never": 360, "late": 180, "other": 180}
    with pytest.raises(Contradiction):
        given_away([*year_of(12, 0), cells("FY2026", whole)])
    assert given_away([*year_of(12, 0), cells("FY2026", whole, corrects="typed-in-late")]) == []


def test_what_cannot_be_decided_in_time_is_not_taken_for_safe() -> None:
    with pytest.raises(TooLong):
        given_away(year_of(12), seconds=0)


def test_the_register_keeps_a_release_as_it_is() -> None:
    one = year_of(1)[0]
    assert from_json(to_json(one)) == one


@pytest.fixture
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    """A made-up agency's judged episodes over a year, many a month."""
    chance = random.Random(5)
    rows = []
    for day in range(365):
        for _ in range(chance.choice((1, 2, 3))):
            county = chance.choices(("Elm", "Fir", "Oak"), (60, 30, 10))[0]
            le = chance.choices(("on_time", "late", "never", "undetermined", "ended_first"), (70, 15, 8, 5, 2))[0]
            ncmec = chance.choices(("on_time", "late", "never", "no_duty"), (60, 20, 15, 5))[0]
            length = chance.choice((3, 9, 40, None))
            rows.append((county, chance.choice(("13-15", "16-17")), le, ncmec, day, length, chance.random()))
    with duckdb.connect() as connection:
        for signature, body in WORDS.items():
            connection.execute(f"CREATE MACRO {signature} AS {body}")
        connection.execute(
            "CREATE TABLE made (county VARCHAR, age_band VARCHAR, le VARCHAR, ncmec VARCHAR, day BIGINT, days BIGINT,"
            " chance DOUBLE)"
        )
        connection.executemany("INSERT INTO made VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        yield connection


def shared_of(connection: duckdb.DuckDBPyConnection, name: str, period: Period) -> tuple[Shared, list[dict[str, Any]]]:
    """What a release of the period shows at every level of detail, the most detailed first, and its unhidden flows."""
    zero = (date(2025, 10, 1) - EPOCH).days
    connection.execute("CREATE OR REPLACE TABLE request AS SELECT ?::BIGINT AS first_day, ?::BIGINT AS last_day",
                       [period.first_day, period.last_day])  # fmt: skip
    connection.execute(
        f"""CREATE OR REPLACE TABLE judged AS SELECT 'audit' AS population, r.recipient, v.view, r.outcome, county,
        age_band, day_of({zero} + day) AS began_on FROM made
        CROSS JOIN LATERAL (VALUES ('law_enforcement', le), ('ncmec', ncmec)) AS r(recipient, outcome)
        CROSS JOIN (VALUES ('statute'), ('calendar_days')) AS v(view)"""
    )
    connection.execute(
        f"""CREATE OR REPLACE TABLE lines AS SELECT TRUE AS in_audit_population, {zero} + day AS began_day,
        {zero} + day + days AS ended_day, CASE WHEN chance < 0.9 THEN 'returned' WHEN chance < 0.95 THEN 'exited_care'
        ELSE 'not_recorded' END AS outcome FROM made
        WHERE {zero} + day <= {period.last_day} AND coalesce({zero} + day + days >= {period.first_day}, TRUE)"""
    )
    made_of: list[dict[str, Any]] = []
    for level in LEVELS:
        draw_shareable(connection, level)
        tables = []
        for table in ("shareable", "shareable_flows"):
            result = connection.execute(f"SELECT * FROM {table}")
            names = [column[0] for column in result.description]
            tables.append(tuple(dict(zip(names, row, strict=True)) for row in result.fetchall()))
        made_of.append({"shared": Shared(name, period.first, period.last, *tables)})
    return made_of[0]["shared"], made_of


def months_of_the_year() -> list[Period]:
    firsts = [date(2025 + (n > 12), (n - 1) % 12 + 1, 1) for n in range(10, 23)]
    return [Period(first, date.fromordinal(after.toordinal() - 1)) for first, after in pairwise(firsts)]


def test_twelve_months_and_their_year_give_nothing_away(database: duckdb.DuckDBPyConnection) -> None:
    """As a build does: each release shows as much as what was released before allows."""
    released: list[Shared] = []
    for period in [*months_of_the_year(), Period(date(2025, 10, 1), date(2026, 9, 30))]:
        name = share_period(period, 10)
        _, levels = shared_of(database, name, period)
        candidates = (one["shared"] for one in levels if one["shared"].timeliness)
        released += [next(one for one in candidates if not given_away([*released, one]))]
    assert len(released) == 13 and given_away(released) == []
    whole = [row for one in released for row in one.timeliness if row["dimension"] == "all"]
    assert sum(row["on_time"] is not None for row in whole) > 0.9 * len(whole)  # the main figure first
    for one in released:
        for row in (*one.timeliness, *one.flows):
            assert not any(isinstance(cell, int) and 1 <= cell <= 10 for cell in row.values()), row


def test_stock_and_flow_balances_where_it_is_shown_and_hides_no_cell_alone(database: duckdb.DuckDBPyConnection) -> None:
    for period in months_of_the_year():
        first, _ = shared_of(database, share_period(period, 10), period)
        for row in first.flows:
            empty = [name for name in FLOWS if row[name] is None]
            for part in (FLOWS[:2], FLOWS[2:]):
                hidden = [name for name in part if name in empty]
                rest = row["missing"] - sum(row[name] or 0 for name in part)
                assert len(hidden) != 1 and (not hidden or rest == 0 or rest > 10)


def test_a_log_that_was_not_usable_shows_one_column_alone(nights: Packages) -> None:
    package = nights.package(several_nights.BROKEN, period=(date(2025, 10, 1), date(2026, 9, 30)))
    with (package / "shareable" / "timeliness.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    own = [row for row in rows if row["recipient"] == "law_enforcement"]
    assert own and all(row["not_checked"] == row["episodes"] and row["dimension"] == "all" for row in own)
    assert all(row[name] == "" for row in own for name in OUTCOMES)
    theirs = [row for row in rows if row["recipient"] == "ncmec" and row["dimension"] == "all"]
    assert theirs and all(row["not_checked"] == "0" and int(row["on_time"]) > 10 for row in theirs)
    note = (package / "shareable" / "README.md").read_text(encoding="utf-8")
    assert "FY2026" in note and several_nights.BROKEN in note and "le_reports" in note and "`not_checked`" in note


def test_another_period_has_a_note_and_no_table(nights: Packages) -> None:
    package = nights.package(several_nights.DOUBTFUL, period=(date(2023, 8, 1), date(2023, 9, 30)))
    assert [path.name for path in (package / "shareable").iterdir()] == ["README.md"]
    assert "neither a calendar month nor a fiscal year" in (package / "shareable" / "README.md").read_text("utf-8")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with opened(f"sqlite:///{tmp_path / 'ledger.sqlite'}") as ledger:
        yield ledger


def test_a_year_is_released_once_and_again_only_as_a_named_correction(
    audited: Audited, tmp_path: Path, ledger: Ledger
) -> None:
    """The same year as known on the same night is no other figure; with a reason less in the file it is."""

    def released(name: str, package: Audited = audited, correction: str = "", **changes: Any) -> Path:
        out = tmp_path / "audits" / name
        request = audited.request(year_begins=1, **changes)
        build_extract(package.knowledge(), request, KEY, out, "tests", ledger, "otto", 1_800_000_000)
        return decide(out, True, "as_asked", ledger, "vera", ("vera",), 1_800_000_500, correction=correction)

    first = released("first")
    assert json.loads((first / "manifest.json").read_bytes())["shareable"]["period"] == "FY2025"
    assert [from_json(text).period for text in list_shared(ledger, "planted")] == ["FY2025"]
    released("same-figures", seed=7)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cmfc.audit_extract.disclosure.LEVELS", LEVELS[1:])
        patch.setattr("cmfc.audit_extract.sharing.LEVELS", LEVELS[1:])
        with pytest.raises(UsageError, match="CMFC-U20"):
            released("others", seed=8)
        with pytest.raises(UsageError, match="CMFC-U11"):
            decide(tmp_path / "audits" / "others", True, "as_asked", ledger, "vera", ("vera",), 1, correction="A B")
        released("others", seed=8, correction="counties-left-out")
        assert released("for-the-auditor", seed=9, is_shareable=False).exists()
    assert [from_json(text).corrects for text in list_shared(ledger, "planted")] == ["", "", "counties-left-out"]
    assert verify(ledger, "planted", {})[1] == []
    assert REQUEST.is_shareable
