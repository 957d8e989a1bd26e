"""The tables that auditors publish, from the episode lines and their characteristics, with identities asserted."""

from collections.abc import Sequence

import duckdb

from cmfc.audit_extract.population import Period, run_step
from cmfc.audit_extract.source_night import Knowledge
from cmfc.audit_extract.tables import assert_identities
from cmfc.feeds.catalog import feeds
from cmfc.storage.duck import quoted

LATE_COLUMNS = {"children": ("ethnicity",), "custody": ("conservatorship",), "returns": ("trafficked",)}
"""Columns that a snapshot from before they were in the catalogue does not have: not recorded."""
FREE_TEXT, COMMON, RARE = ("race", "ethnicity"), 5, "(rare)"
"""Columns that are text as typed, and of how many children a value must be: free text is never that of five."""
IDENTITIES = {
    "characteristics: one row per line": """SELECT abs(count(*) - (SELECT count(*) FROM characteristics)) FROM lines""",
    "incidence: every dimension has every episode": """SELECT count(*) FROM (
        SELECT dimension, sum(episodes) AS n FROM incidence GROUP BY dimension) AS d
        WHERE n <> (SELECT count(*) FROM lines)""",
    "census: at start + began - ended = at end": """SELECT count(*) FROM census
        WHERE at_start + began - ended <> at_end""",
    "census: at the end of a day = at the start of the next": """SELECT count(*) FROM (
        SELECT at_start, lag(at_end) OVER (ORDER BY day) AS before FROM census) AS c WHERE at_start <> before""",
    "after return: interview and screening have the same episodes": """SELECT count(*) FROM (
        SELECT population, work, sum(episodes) AS n FROM after_return GROUP BY ALL) AS a
        JOIN (SELECT population, work, sum(episodes) AS n FROM after_return GROUP BY ALL) AS b
        ON a.population = b.population WHERE a.n <> b.n""",
    "contact kept: every interval has every episode": """SELECT count(*) FROM (
        SELECT sum(episodes) AS n FROM contact_kept WHERE population = 'statute' GROUP BY recipient, interval_days)
        WHERE n <> (SELECT count(*) FROM lines)""",
    "completeness: every element has every episode": """SELECT count(*) FROM (
        SELECT sum(episodes) AS n FROM completeness WHERE population = 'statute' GROUP BY recipient, element)
        WHERE n <> (SELECT count(*) FROM lines)""",
    "federal counts: reported = likely trafficked + not + not recorded": """SELECT count(*) FROM federal_counts
        WHERE reported <> likely_trafficked + not_trafficked + trafficking_not_recorded OR recovered > reported""",
    "monthly: what is judged is part of the month's episodes": """SELECT count(*) FROM monthly
        WHERE on_time > judged OR judged + not_checked > episodes""",
}
"""What must hold: each query counts what does not."""


def draw_auditors_tables(connection: duckdb.DuckDBPyConnection, knowledge: Knowledge, period: Period) -> None:
    """Make them.

    Args:
        connection: holds the population and the extract's first tables.
        knowledge: of the night.
        period: the period.

    Raises:
        UsageError: CMFC-U06 if a table does not balance.
    """
    _create_late_columns(connection, knowledge)
    create_months(connection, period)
    connection.execute(
        "CREATE TABLE line_used AS SELECT l.episode, used.returns, used.returns_state FROM lines AS l CROSS JOIN used"
    )
    for step in ("310_characteristics", "320_incidence", "330_monthly", "340_census", "350_after_return",
                 "360_contact_kept", "370_completeness", "380_federal_counts"):  # fmt: skip
        run_step(connection, step)
    assert_published(connection)


def create_months(connection: duckdb.DuckDBPyConnection, period: Period) -> None:
    """Make `months`, those that the period meets."""
    months = sorted({f"{day.year}-{day.month:02}" for day in period.days()})
    connection.execute("CREATE TABLE months (month VARCHAR)")
    connection.executemany("INSERT INTO months VALUES (?)", [[month] for month in months])


def assert_published(connection: duckdb.DuckDBPyConnection, without: Sequence[str] = ()) -> None:
    """Hold the tables against IDENTITIES; `without`: those that are not made of a state.

    Raises:
        UsageError: CMFC-U06 if one does not balance.
    """
    left_out = {name.replace("_", " ") for name in without}
    assert_identities(connection, {name: sql for name, sql in IDENTITIES.items() if name.split(":")[0] not in left_out})


def _create_late_columns(connection: duckdb.DuckDBPyConnection, knowledge: Knowledge) -> None:
    for feed, names in LATE_COLUMNS.items():
        path = quoted(knowledge.folder / "checked" / f"{feed}.parquet")
        source = f"read_parquet('{path}')"
        there = {row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()}
        kinds = {name: "BOOLEAN" if feeds()[feed].columns[name].type == "bool" else "VARCHAR" for name in names}
        missing = "".join(f", CAST(NULL AS {kinds[name]}) AS {name}" for name in names if name not in there)
        grown = (
            ", CAST(CAST(date_of_birth + INTERVAL 18 YEAR AS DATE) - DATE '1970-01-01' AS BIGINT) AS came_of_age_day"
            if feed == "children"
            else ""
        )
        connection.execute(f"CREATE VIEW all_of_{feed} AS SELECT *{missing}{grown} FROM {source}")
        expressions = ", ".join(
            f"CASE WHEN {name} IS NULL OR count(*) OVER (PARTITION BY {name}) >= {COMMON}"
            f" THEN {name} ELSE '{RARE}' END AS {name}"
            for name in FREE_TEXT
            if feed == "children"
        )
        replaced = f" REPLACE ({expressions})" if expressions else ""
        connection.execute(f"CREATE TABLE of_{feed} AS SELECT *{replaced} FROM all_of_{feed}")
