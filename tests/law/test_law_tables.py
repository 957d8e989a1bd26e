"""The law as the steps read it: the tables duties, law_values, value_scopes, law_rules."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from cmfc.feeds.catalog import feeds
from cmfc.law.library import Law, load_law
from cmfc.reconcile.duck_engine import DuckEngine
from cmfc.reconcile.engine import Night, lay_out_night
from tests.law.law_folder import law_folder, rule

ZONE = "America/Chicago"


@pytest.fixture
def law(tmp_path: Path) -> Law:
    changes = (
        {"applies_to": {"custody": ["state_care"], "ages": [0, 17]}},
        {
            "applies_to": {"custody": ["voluntary_extended_care"], "ages": [18, 20]}, "limit_hours": None,
            "limit_business_days": 1, "counting": "business_days",
        },
    )  # fmt: skip
    return load_law("us/zz", ZONE, law_folder(tmp_path, report_to_ncmec=rule(*changes)))


@pytest.fixture
def tables(law: Law) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        status = dict.fromkeys(feeds(), "ok")
        night = Night("local", 0, ZONE, "us/zz", 0, False, None, status)
        lay_out_night(DuckEngine(connection, ZONE), night, law)
        yield connection


def test_a_value_is_a_row_of_numbers_and_words(tables: duckdb.DuckDBPyConnection) -> None:
    columns = {name: kind for name, kind, *_ in tables.execute("DESCRIBE law_values").fetchall()}
    numbers = ("value_id", "from_at", "until_at", "limit_seconds", "limit_business_days")
    assert {name: columns.pop(name) for name in numbers} == dict.fromkeys(numbers, "BIGINT")
    assert {name: columns.pop(name) for name in ("is_verified", "is_first")} == dict.fromkeys(
        ("is_verified", "is_first"), "BOOLEAN"
    )
    assert columns == dict.fromkeys(
        ("rule_id", "level", "duty", "recipient", "basis", "starts_when", "counting", "citation", "quote",
         "in_force_certainty", "plain_name"),
        "VARCHAR",
    )  # fmt: skip


def test_a_value_has_a_row_for_each_custody_and_age_it_is_for(tables: duckdb.DuckDBPyConnection, law: Law) -> None:
    rows = tables.execute(
        "SELECT v.limit_seconds, v.limit_business_days, v.counting, s.custody, s.age_band FROM law_values AS v"
        " JOIN value_scopes AS s ON s.value_id = v.value_id WHERE v.level = 'state' ORDER BY ALL"
    ).fetchall()
    assert sorted(rows, key=str) == sorted(
        [
            (86400, None, "elapsed", "state_care", "under_18"),
            (86400, None, "elapsed", "state_care", "unknown"),
            (None, 1, "business_days", "voluntary_extended_care", "18_to_20"),
        ],
        key=str,
    )
    assert tables.execute("SELECT count(*) FROM value_scopes").fetchall() == [(sum(len(v.scopes) for v in law.values),)]


def test_a_rule_is_shown_by_its_last_value(tables: duckdb.DuckDBPyConnection, law: Law) -> None:
    rows = tables.execute("SELECT rule_id, value_id FROM law_rules").fetchall()
    assert dict(rows) == {v.rule_id: n for n, v in enumerate(law.values)}


def test_the_duties_have_four_age_bands_and_no_duty(tables: duckdb.DuckDBPyConnection) -> None:
    bands = {row[0] for row in tables.execute("SELECT DISTINCT age_band FROM duties").fetchall()}
    assert bands == {"under_18", "unknown", "18_to_20", "21_and_over"}
    levels = tables.execute("SELECT DISTINCT level FROM duties WHERE obligation = 'no_duty'").fetchall()
    assert levels == [("state",)]
