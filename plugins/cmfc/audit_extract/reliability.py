"""How far an extract can be trusted, and which of its tables cannot be used (spec 6; GAO-20-283G)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

import duckdb
import pyarrow as pa

from cmfc.audit_extract.population import EPOCH, run_step
from cmfc.audit_extract.source_night import Knowledge
from cmfc.reconcile.recipients import RECIPIENTS
from cmfc.storage.duck import make_table, quoted
from cmfc.storage.yaml_text import load_yaml

REPORTS = {one.feed: one.recipient for one in RECIPIENTS}
_OF_REPORTS = ("timeliness", "time_to_report", "undetermined", "monthly", "completeness", "notices")
_OF_EPISODES = (*_OF_REPORTS, "ncic", "population", "stock_and_flow", "yearly", "incidence", "census", "after_return",
                "contact_kept", "federal_counts")  # fmt: skip
"""Every table that counts episodes: one that a row set aside does not open is in none of them."""
REST_ON: Mapping[str, tuple[str, ...]] = {
    "le_reports": (*_OF_REPORTS, "ncic"),
    "ncmec_reports": (*_OF_REPORTS, "federal_counts"),
    "absences": _OF_EPISODES,
    "placements": _OF_EPISODES,
    "sightings": _OF_EPISODES,
    "custody": ("timeliness", "time_to_report", "undetermined", "monthly", "notices", "stock_and_flow", "yearly",
                "incidence"),
    "children": ("timeliness", "stock_and_flow", "incidence"),
    "returns": ("after_return",),
    "contacts": ("contact_kept",),
}  # fmt: skip
"""Which tables rest on a feed: on its rows, or (custody, children) on who owes what, where and at what age."""
UNASKED = ("sightings",)
"""Where these are not delivered, nothing is cut short by them, and no table is worse for it."""
_NIGHTS = {"seq": pa.int64(), "night_day": pa.int64(), "nth": pa.int64(), "is_last": pa.bool_(), "run_id": pa.string(),
           "recorded_at": pa.int64(), "feed": pa.string(), "status": pa.string(), "lost_columns": pa.string(),
           "pulled": pa.int64(), "accepted": pa.int64(), "quarantined": pa.int64(), "voided": pa.int64(),
           "collapsed": pa.int64(), "fields_set_aside": pa.int64(), "control_total": pa.int64()}  # fmt: skip
_ROWS = ("pulled", "accepted", "quarantined", "voided", "collapsed")


@dataclass(frozen=True)
class Threshold:
    """The most percent, and why."""

    most: float
    why: str


@cache
def thresholds() -> Mapping[str, Threshold]:
    """Each threshold by its name, from thresholds.yml."""
    text = files("cmfc.audit_extract").joinpath("thresholds.yml").read_text(encoding="utf-8")
    return {name: Threshold(**body) for name, body in load_yaml(text).items()}


def draw_reliability(connection: duckdb.DuckDBPyConnection, knowledge: Knowledge) -> None:
    """Make `nights`, `period_reports`, `nevers`, `reliability` and `usability`.

    Args:
        connection: holds the population and the tables.
        knowledge: of the night.
    """
    make_table(connection, "feed_nights", pa.table(_columns(_night_rows(knowledge), _NIGHTS)))
    _create_reports(connection, knowledge)
    _create_lags(connection, knowledge)
    for step in ("410_nights", "420_period_reports", "430_nevers", "440_reliability"):
        run_step(connection, step)
    rows = _judge(connection, knowledge)
    names = {"table_name": pa.string(), "recipient": pa.string(), "test": pa.string(), "feed": pa.string(),
             "percent": pa.float64(), "most": pa.float64(), "is_usable": pa.bool_(), "why": pa.string()}  # fmt: skip
    make_table(connection, "usability", pa.table(_columns(rows, names)))


def _columns(rows: list[tuple[Any, ...]], kinds: Mapping[str, Any]) -> dict[str, Any]:
    listed = list(zip(*rows, strict=True)) or [()] * len(kinds)
    return {name: pa.array(values, kind) for (name, kind), values in zip(kinds.items(), listed, strict=True)}


def _night_rows(knowledge: Knowledge) -> list[tuple[Any, ...]]:
    runs = {run.seq: run for run in knowledge.record.runs}
    by_night: dict[date, list[int]] = {}
    for run in knowledge.record.runs:
        by_night.setdefault(run.business_date, []).append(run.seq)
    rows = []
    for one in knowledge.record.feeds:
        run, seqs = runs[one.seq], by_night[runs[one.seq].business_date]
        accounting = one.checked["accounting"]
        lost = ";".join(sorted(column["column"] for column in one.checked["lost_columns"])) or None
        census = one.pulled["census"] if one.pulled else {}
        control = census.get("records_counted_apart")
        rows.append(
            (run.seq, (run.business_date - EPOCH).days, seqs.index(run.seq) + 1, run.seq == seqs[-1], run.run_id,
             run.recorded_at, one.feed, one.status, lost, *(accounting[name] for name in _ROWS),
             one.checked["fields_set_aside"], control)
        )  # fmt: skip
    return rows


def _create_reports(connection: duckdb.DuckDBPyConnection, knowledge: Knowledge) -> None:
    """Every row of both logs that may be a report, dated or not, and every line of the quarantine."""
    parts = []
    for feed in REPORTS:
        for name, is_undated in ((feed, "FALSE"), (f"untimed.{feed}", "TRUE")):
            path = knowledge.folder / "checked" / f"{name}.parquet"
            if path.is_file():
                parts.append(
                    f"SELECT '{feed}' AS feed, record_id, child_id, reported_at_earliest AS reported_earliest,"
                    f" reported_at_latest AS reported_latest, {is_undated} AS is_undated, record"
                    f" FROM read_parquet('{quoted(path)}')"
                )
    connection.execute(f"CREATE TABLE all_reports AS {' UNION ALL '.join(parts)}")
    there = sorted((knowledge.folder / "checked").glob("quarantine.*.parquet"))
    lines = ", ".join(f"'{quoted(path)}'" for path in there)
    connection.execute(
        "CREATE TABLE set_aside AS SELECT q.feed, q.row, q.field, q.rule, q.effect, q.child_id,"
        " r.record IS NOT NULL AS is_undated"
        f" FROM read_parquet([{lines}]) AS q"
        " LEFT JOIN all_reports AS r ON r.is_undated AND r.feed = q.feed AND r.record = q.record"
    )


def _create_lags(connection: duckdb.DuckDBPyConnection, knowledge: Knowledge) -> None:
    """When rows were typed in, when reports first were on record, and what was changed since it first was."""
    connection.execute(
        """CREATE TABLE entered AS
        SELECT r.feed, (coalesce(a.entered_at_latest, p.entered_at_latest) - d.began_earliest) / 3600 AS lag_hours
        FROM placed_rows AS r
        JOIN dated AS d ON d.episode_id = r.episode_id AND d.item IN ('audit', 'shorter_than_two_calendar_days')
        LEFT JOIN checked_absences AS a ON r.feed = 'absences' AND a.record_id = r.id
        LEFT JOIN checked_placements AS p ON r.feed = 'placements' AND p.record_id = r.id"""
    )
    make_table(connection, "episode_versions", knowledge.record.versions)
    make_table(connection, "link_versions", knowledge.record.links)
    make_table(connection, "acts", knowledge.record.acts)
    runs = [(run.seq, (run.business_date - EPOCH).days) for run in knowledge.record.runs]
    make_table(connection, "run_days", pa.table(_columns(runs, {"seq": pa.int64(), "night_day": pa.int64()})))
    connection.execute(
        """CREATE TABLE appeared AS
        SELECT k.feed, n.night_day - local_day(r.reported_earliest) AS lag_days
        FROM (SELECT feed, report_id, min(from_seq) AS seq FROM link_versions GROUP BY ALL) AS k
        JOIN run_days AS n ON n.seq = k.seq
        JOIN all_reports AS r ON r.feed = k.feed AND r.record_id = k.report_id AND NOT r.is_undated
        CROSS JOIN request
        WHERE k.seq > (SELECT min(seq) FROM run_days)
          AND local_day(r.reported_earliest) BETWEEN first_day AND last_day"""
    )
    connection.execute(
        """CREATE TABLE episode_changes AS
        WITH own AS (
            SELECT v.*, row_number() OVER (PARTITION BY v.episode_id ORDER BY v.from_seq) AS nth,
                   lag(v.began_earliest) OVER w AS was_began, lag(v.ended_earliest) OVER w AS was_ended
            FROM episode_versions AS v JOIN dated AS d ON d.episode_id = v.episode_id
            WHERE d.item IN ('audit', 'shorter_than_two_calendar_days')
            WINDOW w AS (PARTITION BY v.episode_id ORDER BY v.from_seq)
        )
        SELECT 'began' AS change, count(DISTINCT episode_id) AS number FROM own
        WHERE nth > 1 AND began_earliest IS DISTINCT FROM was_began
        UNION ALL SELECT 'ended', count(DISTINCT episode_id) FROM own
        WHERE nth > 1 AND was_ended IS NOT NULL AND ended_earliest IS DISTINCT FROM was_ended"""
    )
    connection.execute(
        """CREATE TABLE link_changes AS
        WITH own AS (
            SELECT k.feed, k.report_id, k.child_id, k.from_seq, lag(k.from_seq) OVER w AS was_there,
                   lag(k.child_id) OVER w AS was_child
            FROM link_versions AS k
            WINDOW w AS (PARTITION BY k.feed, k.report_id ORDER BY k.from_seq)
        )
        SELECT feed, count(DISTINCT report_id) AS number FROM own
        WHERE was_there IS NOT NULL AND child_id IS DISTINCT FROM was_child GROUP BY feed"""
    )


def _judge(connection: duckdb.DuckDBPyConnection, knowledge: Knowledge) -> list[tuple[Any, ...]]:
    """One row per table, recipient, feed and test: whether the table can be used, and why not."""
    counted = {
        (feed, measure, item): number
        for feed, measure, item, number in connection.execute("SELECT * FROM reliability").fetchall()
    }

    def sum_of(feed: str | None, measure: str, *items: str) -> int:
        keys = [key for key in counted if key[:2] == (feed, measure) and (not items or key[2] in items)]
        return int(sum(counted[key] for key in keys))

    rows: list[tuple[Any, ...]] = []
    nights = sum_of(None, "nights_run")

    def test(feed: str, name: str, part: int, whole: int, tables: tuple[str, ...]) -> None:
        limit, percent = thresholds()[name], round(100 * part / whole, 4) if whole else 0.0
        is_usable = percent <= limit.most
        for table in tables:
            rows.append(
                (table, _to(feed, table), name, feed, percent, limit.most, is_usable, None if is_usable else limit.why)
            )

    expected = sum_of(None, "nights_expected")
    test("all", "nights_not_run", expected - nights, expected, ("findings", "resolution"))
    for feed, tables in REST_ON.items():
        status = knowledge.status[feed]
        if feed in UNASKED and status == "absent":
            continue
        why = None if status == "ok" else f"The feed was {status} on this night."
        rows += [(table, _to(feed, table), "feed_used", feed, None, None, status == "ok", why) for table in tables]
        test(feed, "nights_not_usable", sum_of(feed, "nights_not_usable"), nights, ("findings", "resolution"))
        if status != "ok":
            continue
        pulled = sum_of(feed, "rows_pulled")
        test(feed, "set_aside", sum_of(feed, "rows_set_aside"), pulled, tables)
        if (feed, "control_total", None) in counted:
            total = sum_of(feed, "control_total")
            test(feed, "control_difference", abs(sum_of(feed, "control_difference")), total, tables)
        if feed in REPORTS:
            reports = sum_of(feed, "reports_dated_in_period")
            undated = sum_of(feed, "reports_undated")
            test(feed, "undated", undated, reports + undated, tables)
            test(feed, "unlinked", sum_of(feed, "reports_dated_in_period", "none", "candidate"), reports, tables)
    known_times = sum_of(None, "information_time", "recorded")
    lines = sum_of(None, "information_time")
    for feed in REPORTS:
        test(feed, "information_time", lines - known_times, lines, ("timeliness", "time_to_report", "monthly"))
    return sorted(rows, key=lambda row: tuple(str(cell) for cell in row[:4]))


def _to(feed: str, table: str) -> str | None:
    return REPORTS[feed] if feed in REPORTS and table not in ("findings", "resolution") else None
