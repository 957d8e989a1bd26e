"""What Python says of times and durations reads as what the sentences in SQL say."""

import duckdb
import pytest

from cmfc.reconcile.macros import WORDS, zone_words
from cmfc.worklists.times import days_text, due_text, duration_text, local_text, over_text, span_text
from tests.support.outputs_night import AS_OF, DAY, HOUR

ZONE = "America/Phoenix"
EDGES = (60, 3600, 2 * DAY, 60 * DAY, 365 * DAY, 2_629_746, 31_556_952, 2 * 31_556_952)
SECONDS = sorted({
    *(edge + off for edge in EDGES for off in (-3601, -3600, -61, -60, -1, 0, 1, 59, 60, 3599, 3600, DAY)),
    *range(0, 200_000, 997), *range(200_000, 3 * 31_556_952, 123_457), 5_000 * DAY,
})  # fmt: skip


@pytest.fixture(scope="module")
def sql() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for signature, body in (zone_words(ZONE) | WORDS).items():
        connection.execute(f"CREATE MACRO {signature} AS ({body})")
    return connection


def test_durations_are_worded_as_in_the_sentences(sql: duckdb.DuckDBPyConnection) -> None:
    rows = sql.execute("SELECT s, duration_text(s) FROM unnest(?::BIGINT[]) AS t(s)", [SECONDS]).fetchall()
    assert len(rows) == len(SECONDS) > 900
    assert [(s, text, duration_text(s)) for s, text in rows if text != duration_text(s)] == []
    assert not [text for _, text in rows if text.startswith("0 ")]


def test_law_that_was_read_is_stronger_than_law_that_was_not_and_both_than_policy(
    sql: duckdb.DuckDBPyConnection,
) -> None:
    rows = "('law', TRUE), ('law', FALSE), ('policy', TRUE), ('advice', TRUE)"
    strengths = sql.execute(f"SELECT strength_of(basis, is_read) FROM (VALUES {rows}) AS t(basis, is_read)")
    assert strengths.fetchall() == [(0,), (1,), (2,), (3,)]


def test_spans_are_worded_as_in_the_sentences(sql: duckdb.DuckDBPyConnection) -> None:
    pairs = [(low, low + more) for low in SECONDS[::7] for more in (0, 1, 59, 7_200, 90_000)]
    rows = sql.execute(
        "SELECT low, high, span_text(low, duration_text(low), duration_text(high))"
        " FROM (SELECT unnest(?::BIGINT[]) AS low, unnest(?::BIGINT[]) AS high)",
        [list(ends) for ends in zip(*pairs, strict=True)],
    ).fetchall()
    assert len(rows) == len(pairs) > 600
    assert [(low, high, text) for low, high, text in rows if text != span_text(low, high)] == []


def test_durations_are_what_people_say() -> None:
    text = {0: "less than a minute", 25 * 60: "25 min", 3 * HOUR + 300: "3 h 5 min", 2 * DAY + 14 * HOUR: "2 days 14 h",
            100 * DAY: "3 months", 520 * DAY: "1 year 5 months", 365 * DAY: "11 months"}  # fmt: skip
    assert {seconds: duration_text(seconds) for seconds in text} == text
    assert [days_text(n) for n in (0, 1, 2, 520)] == ["less than a day", "1 day", "2 days", "1 year 5 months"]


def test_hours_over_are_said_only_where_it_is_over() -> None:
    assert over_text(62.0, 62.0) == "2 days 14 h" and over_text(-3.0, 2.5) == "up to 2 h 30 min"
    assert over_text(-3.0, -1.0) == over_text(None, None) == over_text(None, 3.0) == ""


def test_moments_are_said_as_far_as_they_are_known() -> None:
    assert local_text(AS_OF, AS_OF + 59, ZONE) == "2026-03-03 00:00 MST"
    assert local_text(AS_OF, AS_OF + DAY - 1, ZONE) == "2026-03-03"
    assert local_text(AS_OF, AS_OF + DAY, ZONE) == "between 2026-03-03 00:00 MST and 2026-03-04 00:00 MST"
    assert local_text(AS_OF, None, ZONE) == "2026-03-03 00:00 MST or later"


def test_a_deadline_says_how_far_it_is_off() -> None:
    assert due_text(AS_OF + 5 * HOUR, AS_OF, ZONE) == "2026-03-03 05:00 MST (in 5 h)"
    assert due_text(AS_OF - 51 * HOUR, AS_OF, ZONE) == "2026-02-28 21:00 MST (2 days 3 h ago)"
