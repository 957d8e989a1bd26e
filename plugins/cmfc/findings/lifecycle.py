"""Life of a finding: the status of each of tonight's findings, and what the ledger must write (findings/steps).

Nothing here reads a clock or a database: what went before comes in as tables, and what changes goes out as tables.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from cmfc.feeds.catalog import feeds
from cmfc.reconcile.recipients import RECIPIENTS
from cmfc.reconcile.registry import SEVERITIES
from cmfc.storage.atomic import replace_file
from cmfc.storage.duck import open_duckdb, quoted

STEPS = files("cmfc.findings").joinpath("steps")
_TEXT, _SEQ, _BOOL = pa.string(), pa.int64(), pa.bool_()
BASE = {"exception_id": _TEXT, "code": _TEXT, "subject_id": _TEXT, "rule_id": _TEXT, "recipient": _TEXT,
        "severity": _TEXT, "is_live": _BOOL, "first_seen": _TEXT}  # fmt: skip
CURRENT = {**BASE, "status": _TEXT, "row_digest": _TEXT, "acknowledged_by": _TEXT, "assignee": _TEXT}
ACTIONS = {"exception_id": _TEXT, "acknowledged_by": _TEXT, "assignee": _TEXT, "waived_until": _TEXT,
        "waiver_facts": _TEXT}  # fmt: skip
EVENTS = {"exception_id": _TEXT, "kind": _TEXT, "seq": _SEQ, "ordinal": _SEQ, "night": _TEXT, "actor": _TEXT,
          "detail": _TEXT}  # fmt: skip
FINDINGS = {"exception_id": _TEXT, "code": _TEXT, "subject_id": _TEXT, "rule_id": _TEXT, "recipient": _TEXT}
ASSIGNED = {"exception_id": _TEXT, "assignee": _TEXT}
WAIVED = {"exception_id": _TEXT, "until": _TEXT, "facts_digest": _TEXT}
STANDING = "exception_id, status, first_seen, age_days, assignee, waived_until"
DELTA = "change, exception_id, code, subject_id, severity, ended, duty_change"
DUTY_CHANGES = ("better", "worse", "new", "over")
"""What a night may change for a duty (spec 5, Life of a finding)."""

SILENT: Mapping[str, tuple[str | None, tuple[str, ...]]] = {
    "le_reports": ("law_enforcement", ("NC-04", "NC-11", "RC-08", "RC-10")),
    "ncmec_reports": ("ncmec", ("RC-08", "RC-10")),
    "sightings": (None, ("NI-04", "RC-11", "RC-14", "RC-15", "RT-01", "RT-02", "RT-03", "RT-05")),
    "contacts": (None, ("CM-01", "CM-02")),
    "returns": (None, ("NI-04", "RT-01", "RT-02", "RT-03", "RT-05")),
}
"""By feed: whose findings, and which codes, cannot be called over when the feed could not be used.

Sightings and returns may be what proves that a child is back (spec 2.2), on which NI-04 and RT rest.
"""
MOVES_CLOCKS = ("le_reports", "ncmec_reports", "sightings", "returns")
"""Feeds that say when the agency knew, or when an episode begins and ends: without one of them, a duty to either
recipient may look better than it is."""
_TABLES = {"night_findings": "findings"} | {
    name: name for name in ("episodes", "lineage", "notices", "recipient_duties")
}
"""By name of a view, the work table of the night that it reads."""


@dataclass(frozen=True)
class Tonight:
    """Which night, and what its tables are.

    Attributes:
        business_date: the night.
        seen_on: local date of as_of, the day on which people read the list (docs/readings.md).
        work: folder with findings, episodes and lineage.
        broken: feeds that could not be used.
        lost: feed and column of what was promised and did not come, or cannot be read (DQ-04).
    """

    business_date: date
    seen_on: date
    work: Path
    broken: tuple[str, ...] = ()
    lost: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Before:
    """What went before, as tables.

    `base` after the last earlier night, `current` in the ledger's rows, `actions` of people that are in force.
    """

    base: Any
    current: Any
    actions: Any


def table(columns: Mapping[str, Any], rows: Iterable[Sequence[Any]]) -> Any:
    """An Arrow table of rows; dates become ISO text."""
    listed = list(zip(*rows, strict=True)) or [()] * len(columns)
    arrays = {
        name: pa.array([v.isoformat() if isinstance(v, date) else v for v in values], kind)
        for (name, kind), values in zip(columns.items(), listed, strict=True)
    }
    return pa.table(arrays)


def fold(tonight: Tonight, events: Any, findings: Any, assigned: Any, waived: Any) -> tuple[Any, Any]:
    """`base` and `actions` from what had been written until then, when the ledger's rows are already newer."""
    with _engine() as engine:
        _lay_out_night(engine, tonight)
        stored = {"events": events, "ledger_rows": findings, "assignments": assigned, "waivers": waived}
        for name, rows in stored.items():
            engine.register(name, rows)
        read = files("cmfc.findings").joinpath
        base = engine.sql(read("past.sql").read_text(encoding="utf-8")).to_arrow_table()
        actions = engine.sql(read("past_actions.sql").read_text(encoding="utf-8")).to_arrow_table()
    return base, actions


def create_duty_codes(engine: duckdb.DuckDBPyConnection) -> None:
    """Make the table `duty_codes`: the codes of each recipient's duty to report, the worst ranked first."""
    ranked = [(code, rank) for r in RECIPIENTS for rank, code in enumerate(r.codes, 1)]
    engine.execute("CREATE TABLE duty_codes (code VARCHAR, rank BIGINT)")
    engine.executemany("INSERT INTO duty_codes VALUES (?, ?)", ranked)


class Life:
    """The status of one night's findings, in an open engine; to be closed."""

    def __init__(self, tonight: Tonight, before: Before) -> None:
        self.engine = _engine()
        self.work = tonight.work
        _lay_out_night(self.engine, tonight)
        for name, stored in _TABLES.items():
            self.engine.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet({_sql(tonight.work, stored)})")
        create_duty_codes(self.engine)
        for name in ("base", "current", "actions"):
            self.engine.register(f"{name}_before", getattr(before, name))
            self.engine.execute(f"CREATE TABLE {name} AS SELECT * FROM {name}_before")
        for step in sorted((s for s in STEPS.iterdir() if s.name.endswith(".sql")), key=lambda s: s.name):
            self.engine.execute(f"CREATE TABLE {step.name[4:-4]} AS {step.read_text(encoding='utf-8')}")

    def __enter__(self) -> "Life":
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the engine."""
        self.engine.close()

    def digest(self) -> str:
        """SHA-256 over the status of every finding and the delta, in order."""
        rows = self.rows(f"""
            SELECT sha256(coalesce(string_agg(line, chr(10) ORDER BY line), '')) FROM (
                SELECT CAST(to_json([{_texts(STANDING)}]) AS VARCHAR) AS line FROM lines
                UNION ALL SELECT CAST(to_json([{_texts(DELTA)}]) AS VARCHAR) FROM delta)""")
        return str(rows[0][0])

    def write(self) -> None:
        """Writes `standing.parquet` and `delta.parquet` into the work folder, each whole or not at all."""
        for name, columns, source in (("standing", STANDING, "lines"), ("delta", DELTA, "delta")):
            query = f"SELECT {columns} FROM {source} ORDER BY ALL"
            with replace_file(self.work / f"{name}.parquet") as part:
                self.engine.execute(f"COPY ({query}) TO '{quoted(part)}' (FORMAT parquet, COMPRESSION zstd)")

    def rows(self, query: str) -> list[Any]:
        """The rows of a query."""
        return list(self.engine.execute(query).fetchall())

    def counts(self) -> dict[str, int]:
        """How many findings were listed, what changed by duty, and how many are held because a feed is silent."""
        counted = Counter(dict(self.rows("SELECT duty_change, count(*) FROM delta GROUP BY duty_change")))
        listed, not_checked = self.rows(
            "SELECT (SELECT count(*) FROM lines), (SELECT count(*) FROM absent_findings WHERE is_held)"
        )[0]
        changes = {change: counted[change] for change in DUTY_CHANGES}
        return {"listed": listed, **changes, "not_checked": not_checked}


def _engine() -> duckdb.DuckDBPyConnection:
    engine = open_duckdb(threads=2, memory="1GB")
    engine.execute(f"CREATE MACRO severity_rank(severity) AS list_position({list(SEVERITIES)}, severity)")
    return engine


def _lay_out_night(engine: duckdb.DuckDBPyConnection, tonight: Tonight) -> None:
    days = [tonight.business_date.isoformat(), tonight.seen_on.isoformat()]
    engine.execute("CREATE TABLE night AS SELECT ?::VARCHAR AS business_date, ?::VARCHAR AS seen_on", days)
    engine.execute(
        "CREATE TABLE silent_feeds (feed VARCHAR, recipient VARCHAR, codes VARCHAR[], is_all BOOLEAN,"
        " moves_clocks BOOLEAN)"
    )
    for feed in tonight.broken:
        recipient, codes = SILENT.get(feed, (None, ()))
        engine.execute(
            "INSERT INTO silent_feeds VALUES (?, ?, ?, FALSE, ?)", [feed, recipient, list(codes), feed in MOVES_CLOCKS]
        )
    for feed, column in tonight.lost:
        # We cannot know which findings rest on one column: all of its recipient stay, or all there are.
        recipient, codes = SILENT.get(feed, (None, ()))
        is_fact = feeds()[feed].columns[column].type not in ("text", "list")
        values = [feed, recipient, list(codes), is_fact and recipient is None, is_fact and feed in MOVES_CLOCKS]
        engine.execute("INSERT INTO silent_feeds VALUES (?, ?, ?, ?, ?)", values)


def _texts(columns: str) -> str:
    return ", ".join(f"CAST({name} AS VARCHAR)" for name in columns.split(", "))


def _sql(work: Path, name: str) -> str:
    return f"'{quoted(work / name)}.parquet'"
