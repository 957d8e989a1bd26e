"""The population of an extract by both definitions, with everything that was left out on the way (spec 6)."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import files

import duckdb
import pyarrow as pa

from cmfc.audit_extract.source_night import Knowledge
from cmfc.errors import UsageError
from cmfc.privacy.pseudonyms import Key
from cmfc.reconcile.macros import CODE_WORDS, zone_words
from cmfc.storage.duck import make_table, quoted

SQL = files("cmfc.audit_extract").joinpath("sql")
EPOCH = date(1970, 1, 1)
EARLIEST_YEAR = 1900
LENGTH_BANDS = ((2, "000-001"), (8, "002-007"), (31, "008-030"), (91, "031-090"), (181, "091-180"), (366, "181-365"))
WORDS = {
    **CODE_WORDS,
    "day_of(day)": "DATE '1970-01-01' + CAST(day AS INTEGER)",
    "length_band(days)": "CASE "
    + " ".join(f"WHEN days < {limit} THEN '{band}'" for limit, band in LENGTH_BANDS)
    + " ELSE '366+' END",
    "undetermined_because(verdict, basis, information_width, report_width)": """CASE
        WHEN verdict <> 'undetermined' THEN NULL
        WHEN basis = 'inferred' THEN 'information_time_not_recorded'
        WHEN basis = 'capped' THEN 'information_time_only_bounded'
        WHEN information_width > 0 AND report_width > 0 THEN 'both_times_imprecise'
        WHEN information_width > 0 THEN 'information_time_imprecise'
        WHEN report_width > 0 THEN 'report_time_imprecise'
        ELSE 'report_or_rule_in_doubt' END""",
}


STATES = {"ok": "", "absent": "not_recorded", "broken": "not_checked"}
"""What a table says where it rests on a feed that is not ok: the agency does not deliver it, or it failed."""


@dataclass(frozen=True)
class Period:
    """Whole local days, both ends included."""

    first: date
    last: date

    @property
    def first_day(self) -> int:
        """Days since 1970-01-01."""
        return (self.first - EPOCH).days

    @property
    def last_day(self) -> int:
        """Days since 1970-01-01."""
        return (self.last - EPOCH).days

    def days(self) -> Iterator[date]:
        """Every day of it."""
        return (EPOCH + timedelta(days=day) for day in range(self.first_day, self.last_day + 1))


def create_views(connection: duckdb.DuckDBPyConnection, knowledge: Knowledge, period: Period) -> None:
    """Create views of the night's tables, and the tables of what is asked for.

    Raises:
        UsageError: CMFC-U05 for a period that ends before it begins, or that was not over on the night.
    """
    as_of_day = (date.fromisoformat(knowledge.business_date) - EPOCH).days + 1
    if period.first.year < EARLIEST_YEAR or period.last < period.first or period.last_day >= as_of_day:
        raise UsageError(
            "CMFC-U05",
            f"The period ends before it begins, or after {knowledge.business_date}, the last day that is known,"
            f" or begins before {EARLIEST_YEAR}.",
        )
    for signature, body in WORDS.items():
        connection.execute(f"CREATE MACRO {signature} AS {body}")
    for signature, body in zone_words(knowledge.zone).items():
        connection.execute(f"CREATE MACRO {signature} AS {body}")
    connection.execute(
        "CREATE TABLE request AS SELECT ?::BIGINT AS as_of, ?::BIGINT AS as_of_day, ?::BIGINT AS first_day,"
        " ?::BIGINT AS last_day",
        [knowledge.as_of, as_of_day, period.first_day, period.last_day],
    )
    for folder, prefix, names in (
        (
            "work",
            "night",
            ("episodes", "episode_rows", "determinations", "notices", "recipient_duties", "rules", "duties", "links"),
        ),
        (
            "checked",
            "checked",
            ("children", "custody", "placements", "absences", "le_reports", "ncmec_reports", "contacts"),
        ),
    ):
        for name in names:
            path = quoted(knowledge.folder / folder / f"{name}.parquet")
            connection.execute(f"CREATE VIEW {prefix}_{name} AS SELECT * FROM read_parquet('{path}')")
    states = [(feed, status == "ok", STATES[status]) for feed, status in sorted(knowledge.status.items())]
    connection.execute("CREATE TABLE feeds_used (feed VARCHAR, is_ok BOOLEAN, state VARCHAR)")
    connection.executemany("INSERT INTO feeds_used VALUES (?, ?, ?)", states)
    listed = ", ".join(
        f"bool_or(is_ok) FILTER (feed = '{feed}') AS {feed}, max(state) FILTER (feed = '{feed}') AS {feed}_state"
        for feed, _, _ in states
    )
    connection.execute(f"CREATE TABLE used AS SELECT {listed} FROM feeds_used")
    rows = [
        (feed, item, knowledge.manifest["feeds"][feed]["accounting"][item])
        for feed in ("absences", "placements")
        for item in ("pulled", "accepted", "quarantined", "voided", "collapsed")
    ]
    connection.execute("CREATE TABLE accounting (feed VARCHAR, item VARCHAR, number BIGINT)")
    connection.executemany("INSERT INTO accounting VALUES (?, ?, ?)", rows)


def draw_population(connection: duckdb.DuckDBPyConnection, agency: str, key: Key) -> None:
    """Make `lines`, `exclusions` and `funnel`, and assert that every row and episode is accounted for.

    Raises:
        UsageError: CMFC-U06 if the numbers do not add up; nothing is written then.
    """
    for step in ("010_away_rows", "020_placed_rows", "030_dated", "032_reported", "035_rested_on"):
        run_step(connection, step)
    _name(connection, agency, key)
    for step in ("040_lines", "045_rules", "050_exclusions", "055_reports", "060_funnel"):
        run_step(connection, step)
    _assert_sums(connection)


def run_step(connection: duckdb.DuckDBPyConnection, step: str) -> None:
    """Make the table that a numbered SQL file describes."""
    connection.execute(f"CREATE TABLE {step[4:]} AS {SQL.joinpath(f'{step}.sql').read_text(encoding='utf-8')}")


def ids_of(connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str]]:
    """Kind and id of everything that has a pseudonym in this extract."""
    yield from connection.execute(
        """SELECT 'episode', episode_id FROM dated UNION SELECT 'child', child_id FROM dated
        UNION SELECT 'child', child_id FROM placed_rows WHERE item <> 'opens_episode'
        UNION SELECT feed, id FROM placed_rows WHERE item <> 'opens_episode'
        UNION SELECT feed, id FROM reported ORDER BY ALL"""
    ).fetchall()


def _name(connection: duckdb.DuckDBPyConnection, agency: str, key: Key) -> None:
    named = [(kind, record, key.pseudonym(agency, kind, record)) for kind, record in ids_of(connection)]
    kinds, ids, pseudonyms = zip(*named, strict=True) if named else ((), (), ())
    if len(set(pseudonyms)) != len(named):
        raise UsageError("CMFC-U06", "Two ids have the same pseudonym; use another key.")
    columns = {"kind": kinds, "id": ids, "pseudonym": pseudonyms}
    rows = pa.table({name: pa.array(column, pa.string()) for name, column in columns.items()})
    make_table(connection, "pseudonyms", rows)


def _assert_sums(connection: duckdb.DuckDBPyConnection) -> None:
    """What remains after each step is what came in less what was left out, and exclusions are listed one by one."""
    rows = connection.execute(
        "SELECT step, effect, item, sum(number) FROM funnel GROUP BY ALL ORDER BY step"
    ).fetchall()
    remaining, lost = 0, 0
    for _, effect, item, number in rows:
        lost += number if item == "lost" else 0
        if effect == "left" and remaining != number:
            raise UsageError("CMFC-U06", f"The rows and episodes do not add up at '{item}': {remaining}, not {number}.")
        remaining = number if effect == "left" else remaining + (number if effect == "in" else -number)
    listed = dict(connection.execute("SELECT item, count(*) FROM exclusions GROUP BY item").fetchall())
    uncounted = ("ordinary_placement", "quarantined", "voided", "collapsed")
    counted: Counter[str] = Counter()
    for _, effect, item, number in rows:
        if effect == "out" and item not in uncounted:
            counted[item] += number
    if lost or listed != {item: number for item, number in counted.items() if number}:
        raise UsageError("CMFC-U06", "Some evidence belongs to no episode, without a reason.", f"{lost} rows are lost")
