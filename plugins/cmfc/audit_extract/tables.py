"""The extract's tables, from its episode lines, each with its identities asserted (spec 6)."""

from collections.abc import Mapping
from datetime import date

import duckdb

from cmfc.audit_extract.population import EPOCH, Period, run_step
from cmfc.errors import UsageError

OUTCOMES = (
    "never", "late", "on_time", "undetermined", "ended_first", "pending", "no_rule", "no_number", "no_duty",
    "not_checked",
)  # fmt: skip
IDENTITIES = {
    "timeliness: the outcomes are the episodes": f"""SELECT count(*) FROM timeliness
        WHERE episodes <> {" + ".join(OUTCOMES)}""",
    "timeliness: every dimension has every episode": """SELECT count(*) FROM (
        SELECT population, recipient, view, dimension, sum(episodes) AS n FROM timeliness GROUP BY ALL) AS d
        JOIN timeliness AS t ON t.dimension = 'all' AND t.population = d.population AND t.recipient = d.recipient
        AND t.view = d.view WHERE d.n <> t.episodes""",
    "stock and flow: open + new - closed = open": """SELECT count(*) FROM stock_and_flow
        WHERE open_at_start + new - returned - otherwise_closed <> open_at_end""",
    "stock and flow: days on run are days in care or missing": """SELECT count(*) FROM stock_and_flow
        WHERE run_days > care_days""",
    "yearly: a year without records counts nothing": """SELECT count(*) FROM yearly
        WHERE NOT has_records AND missing + children_in_care > 0""",
    "yearly: missing = located + still missing + left care + not recorded": """SELECT count(*) FROM yearly
        WHERE missing <> located + still_missing + left_care + not_recorded""",
}
"""What must hold of the tables: each query counts the rows for which it does not."""


def draw_tables(connection: duckdb.DuckDBPyConnection, period: Period, year_begins: int) -> None:
    """Make every table from `lines`.

    Args:
        connection: holds the population (population.py).
        period: the period.
        year_begins: month in which the fiscal year begins: 9 in Texas, 10 federally, 7 in Arizona.

    Raises:
        UsageError: CMFC-U06 if a table does not balance.
    """
    create_years(connection, period, year_begins)
    for step in ("110_judged", "120_timeliness", "130_time_to_report", "140_undetermined", "150_ncic", "160_notices",
                 "170_care", "180_stock_and_flow", "190_yearly"):  # fmt: skip
        run_step(connection, step)
    assert_identities(connection)


def assert_identities(connection: duckdb.DuckDBPyConnection, identities: Mapping[str, str] = IDENTITIES) -> None:
    """Hold the tables against identities: each query counts what does not hold.

    Raises:
        UsageError: CMFC-U06 if one does not balance.
    """
    for identity, query in identities.items():
        if connection.execute(query).fetchall() != [(0,)]:
            raise UsageError("CMFC-U06", f"A table does not balance. {identity}.")


def fiscal_years(period: Period, year_begins: int) -> list[tuple[int, int, int, bool]]:
    """The fiscal years that meet a period: the year each ends in, first and last day in the period, whether whole."""
    years = []
    for year in range(period.first.year, period.last.year + 2):
        first = date(year - (year_begins > 1), year_begins, 1)
        following = date(first.year + 1, year_begins, 1)
        begins, ends = (first - EPOCH).days, (following - EPOCH).days - 1
        if begins <= period.last_day and ends >= period.first_day:
            is_whole = period.first_day <= begins and ends <= period.last_day
            years.append((year, max(begins, period.first_day), min(ends, period.last_day), is_whole))
    return years


def create_years(connection: duckdb.DuckDBPyConnection, period: Period, year_begins: int) -> None:
    """Make `years`, the fiscal years that meet the period."""
    connection.execute("CREATE TABLE years (year BIGINT, first_day BIGINT, last_day BIGINT, is_whole BOOLEAN)")
    connection.executemany("INSERT INTO years VALUES (?, ?, ?, ?)", fiscal_years(period, year_begins))
