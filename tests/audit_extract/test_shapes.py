"""Published figures as shapes: identities that Texas prints, rates that HHS-OIG estimated. Nothing is reproduced."""

import ast
import re
import sys
from datetime import date
from importlib.resources import files

import duckdb
import pytest

from cmfc.audit_extract.estimate import StratumSample, estimate_one
from cmfc.audit_extract.extract import audit_tables
from cmfc.audit_extract.population import EPOCH, WORDS, Period, run_step
from cmfc.audit_extract.reliability import REST_ON
from cmfc.audit_extract.tables import fiscal_years
from cmfc.audit_extract.verifier_file import PACKAGE, PARTS, verifier_text
from cmfc.reconcile.macros import zone_words

FOUND, LEFT = "returned", "exited_care"


LINES = "child VARCHAR, nth_of_child BIGINT, began_day BIGINT, ended_day BIGINT, outcome VARCHAR"
CUSTODY = "child_id VARCHAR, authority VARCHAR, began_at_earliest BIGINT, ended_at_earliest BIGINT"


def test_texas_closes() -> None:
    """FY2018, as published: 1,582 located + 197 still missing + 64 left care = 1,843 missing."""
    located, still, left = 1582, 197, 64
    year = Period(date(2017, 9, 1), date(2018, 8, 31))
    began, ended = year.first_day + 100, year.first_day + 110
    fates = (("a", 1, located, ended, FOUND), ("b", 1, still, None, None), ("c", 1, left, ended, LEFT),
             # A child found in autumn and gone again at the year's end is still missing, and is counted once.
             ("b", 0, still // 2, ended, FOUND))  # fmt: skip
    with duckdb.connect() as connection:
        for signature, body in WORDS.items():
            connection.execute(f"CREATE MACRO {signature} AS {body}")
        for signature, body in zone_words("America/Chicago").items():
            connection.execute(f"CREATE MACRO {signature} AS {body}")
        connection.execute("CREATE TABLE request AS SELECT 4000000000 AS as_of")
        connection.execute(f"CREATE TABLE checked_custody ({CUSTODY})")
        connection.execute(f"CREATE TABLE lines ({LINES})")
        connection.execute("CREATE TABLE years (year BIGINT, first_day BIGINT, last_day BIGINT, is_whole BOOLEAN)")
        connection.executemany("INSERT INTO years VALUES (?, ?, ?, ?)", fiscal_years(year, 9))
        for prefix, nth, number, end, outcome in fates:
            connection.execute(
                f"INSERT INTO lines SELECT '{prefix}' || i, {nth}, {began}, ?, ? FROM range({number}) AS r(i)",
                [end, outcome],
            )
        run_step(connection, "190_yearly")
        rows = connection.execute(
            "SELECT year, is_whole, missing, located, still_missing, left_care, not_recorded FROM yearly"
            " WHERE counted = 'children'"
        ).fetchall()
    assert rows == [(2018, True, 1843, located, still, left, 0)]


@pytest.mark.parametrize(("cases", "published"), [(45, 34_869), (22, 16_246)])
def test_oigs_rates_lie_within_the_limits_of_an_unweighted_sample_of_as_many(cases: int, published: int) -> None:
    """45 and 22 of 100 of 74,353: its own estimates rest on strata nobody published, so only the shape is held."""
    samples = [StratumSample("all", 74_353, 100, 0, ("never",) * cases + ("late",) * (100 - cases))]
    one = estimate_one("ncmec_on_file", "never", "all", samples)
    assert one.low_95 < published / 74_353 < one.high_95
    assert one.total == pytest.approx(cases / 100 * 74_353) and abs(one.total - published) > 100


def test_fiscal_years_are_whole_or_say_that_they_are_not() -> None:
    years = fiscal_years(Period(date(2025, 1, 1), date(2026, 8, 31)), 9)
    assert [(year, whole) for year, _, _, whole in years] == [(2025, False), (2026, True)]
    assert years[0][1:3] == ((date(2025, 1, 1) - EPOCH).days, (date(2025, 8, 31) - EPOCH).days)
    calendar = fiscal_years(Period(date(2025, 1, 1), date(2025, 12, 31)), 1)
    assert calendar == [(2025, (date(2025, 1, 1) - EPOCH).days, (date(2025, 12, 31) - EPOCH).days, True)]


def test_how_findings_ended_comes_from_what_the_ledger_noted() -> None:
    """a ends after three days, b came back and ended, c is open, d was found too early, e waits for a feed, f was set
    aside, g was withdrawn on its night and found later, for good."""
    noted = (("a", "found", 3, None), ("a", "resolved", 6, "done"), ("b", "found", 4, None),
             ("b", "resolved", 5, "corrected"), ("b", "reopened", 6, None), ("b", "resolved", 8, "left"),
             ("c", "found", 8, None), ("d", "found", 2, None), ("e", "found", 5, None), ("f", "found", 5, None),
             ("g", "found", 1, None), ("g", "withdrawn", 1, None), ("g", "found", 4, None))  # fmt: skip
    with duckdb.connect() as connection:
        for signature, body in WORDS.items():
            connection.execute(f"CREATE MACRO {signature} AS {body}")
        connection.execute("CREATE TABLE request AS SELECT 3 AS first_day, 8 AS last_day")
        connection.execute(
            "CREATE TABLE life_events (exception_id VARCHAR, code VARCHAR, recipient VARCHAR, episode_id VARCHAR,"
            " kind VARCHAR, seq BIGINT, night_day BIGINT, ended VARCHAR)"
        )
        rows = [(key, "NC-01", "ncmec", None, kind, seq, day, how) for seq, (key, kind, day, how) in enumerate(noted)]
        connection.executemany("INSERT INTO life_events VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        connection.execute(
            "CREATE TABLE night_findings AS SELECT unnest(['c', 'f', 'g']) AS exception_id, 'open' AS status"
        )
        connection.execute("CREATE TABLE night_standing AS SELECT 'f' AS exception_id, 'waived' AS status")
        run_step(connection, "200_ended_findings")
        findings = connection.execute(
            "SELECT exception_id, first_day, gone_day, state, ended FROM ended_findings ORDER BY ALL"
        ).fetchall()
    assert findings == [
        ("a", 3, 6, "resolved", "done"), ("b", 4, 8, "resolved", "left"), ("c", 8, None, "still_open", None),
        ("e", 5, None, "not_checked", None), ("f", 5, None, "set_aside", None), ("g", 4, None, "still_open", None),
    ]  # fmt: skip


def test_every_table_that_counts_episodes_is_unusable_where_rows_that_open_them_are_set_aside() -> None:
    """A table that is none of these, or of the following, must be put somewhere: a child may be missing from it."""
    other = {"rules", "duties", "definitions", "reports", "findings", "resolution", "nights", "nevers", "reliability",
             "usability", "changes", "reconciliation", "shareable", "shareable_flows"}  # fmt: skip
    one_by_one = {"episodes", "characteristics", "exclusions", "sample", "sample_exclusions", "sample_reports"}
    counting = set(audit_tables()) - other - one_by_one
    assert counting == set(REST_ON["absences"]) == set(REST_ON["placements"]) == set(REST_ON["sightings"])


def test_the_verifier_runs_on_any_python_from_3_8_on_and_imports_nothing_of_ours() -> None:
    text = verifier_text()
    tree = ast.parse(text, feature_version=(3, 8))
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert not [call.lineno for call in calls if isinstance(call, ast.Subscript) and isinstance(call.value, ast.Name)]
    assert not re.search(r"\.remove(prefix|suffix)\(", text)  # new in 3.9, like Counter[str]()
    modules = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    modules |= {alias.name for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names}
    assert modules <= {*sys.stdlib_module_names, "xml.etree"} and not re.search(
        r"zip\(.*strict=|^ *match .*:$", text, re.MULTILINE
    )


def test_the_parts_of_the_verifier_are_those_in_its_folder() -> None:
    there = {path.name.removesuffix(".py") for path in files(PACKAGE).iterdir() if path.name.endswith(".py")}
    assert there - {"__init__"} == set(PARTS)
