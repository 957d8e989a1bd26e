"""Each table of what auditors publish, and of how far it can be trusted, is held by its content alone."""

import pytest

from tests.support.evidence import Evidence

pytestmark = pytest.mark.long

HELD = {
    "characteristics": ("days", "le_longest_gap_days", "episode"),
    "incidence": ("episodes", "children", "most_of_a_child", "mean_days", "median_days", "over_50_days", "died",
                  "came_of_age", "children_in_care", "value"),
    "monthly": ("episodes", "judged", "on_time", "not_checked", "percent", "target_percent", "is_met", "month"),
    "census": ("at_start", "began", "ended", "at_end", "over_50_days", "over_180_days"),
    "after_return": ("episodes", "days"),
    "contact_kept": ("episodes", "state"),
    "completeness": ("episodes", "state"),
    "federal_counts": ("missing", "not_checked", "reported", "recovered", "likely_trafficked", "not_trafficked",
                       "trafficking_not_recorded"),
    "yearly": ("first_on", "last_on", "is_whole", "has_records", "missing"),
    "findings": ("first_on", "ended_on", "days", "ended", "state"),
    "resolution": ("found", "resolved", "done", "still_open", "set_aside", "median_days", "longest_days"),
    "nights": ("pulled", "accepted", "is_last", "control_difference", "night"),
    "nevers": ("child", "in_audit_population", "by_statute", "by_state", "by_calendar_days", "is_in_doubt"),
    "usability": ("percent", "is_usable", "why"),
    "reconciliation": ("number",),
    "changes": ("now", "item"),
    "definitions": ("meaning",),
    "shareable/timeliness": ("episodes", "on_time", "other"),
    "shareable/stock_and_flow": ("missing", "open_at_start", "returned"),
}  # fmt: skip
"""Columns that follow from others, by table."""


def _edited(value: str) -> str:
    """Another value of the same kind."""
    if value in ("true", "false"):
        return {"true": "false", "false": "true"}[value]
    if value.isdigit():
        return str(int(value) + 13)
    if value.replace(".", "", 1).isdigit():
        return str(float(value) + 7)
    return f"1999{value[4:]}" if value[:3] in ("201", "202") else "" if " " in value else f"{value}x"


@pytest.mark.parametrize(("table", "column"), [(table, column) for table, some in HELD.items() for column in some])
def test_an_edit_of_what_follows_is_found_by_the_content(evidence: Evidence, table: str, column: str) -> None:
    name = f"{table}.csv"
    rows = evidence.read(name)
    place = rows[0].index(column)
    at = next((n for n, row in enumerate(rows[1:], start=1) if row[place]), 1)
    rows[at][place] = _edited(rows[at][place]) if rows[at][place] else "1"
    with evidence.edited(name, rows):
        sentences = evidence.content()
    assert any(name in sentence for sentence in sentences), sentences


def test_a_measure_that_other_tables_give_is_found(evidence: Evidence) -> None:
    rows = evidence.read("reliability.csv")
    measure, number = (rows[0].index(name) for name in ("measure", "number"))
    derived = {"nights_expected", "nights_run", "nights_run_again", "nights_not_usable", "rows_pulled",
               "information_time", "never_law_enforcement"}  # fmt: skip
    assert derived <= {row[measure] for row in rows}
    for name in sorted(derived):
        edited = [list(row) for row in rows]
        at = next(n for n, row in enumerate(rows) if row[measure] == name)
        edited[at][number] = str(int(edited[at][number]) + 1)
        with evidence.edited("reliability.csv", edited):
            assert any(
                f"reliability.csv, row {at + 1}, column number" in sentence for sentence in evidence.content()
            ), name


def test_what_a_report_holds_is_found_by_the_table_that_counts_it(evidence: Evidence) -> None:
    rows = evidence.read("characteristics.csv")
    place = rows[0].index("le_has_number")
    at = next(n for n, row in enumerate(rows[1:], start=1) if row[place] == "true")
    rows[at][place] = "false"
    with evidence.edited("characteristics.csv", rows):
        assert any("completeness.csv" in sentence for sentence in evidence.content())


def test_a_never_that_was_taken_out_is_found(evidence: Evidence) -> None:
    rows = evidence.read("nevers.csv")
    with evidence.edited("nevers.csv", rows[:-1]):
        assert any("nevers.csv lacks the episode" in sentence for sentence in evidence.content())


def test_an_untouched_package_shows_nothing(evidence: Evidence) -> None:
    assert evidence.content() == []
