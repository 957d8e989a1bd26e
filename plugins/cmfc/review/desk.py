"""The table that lists ask: a row per finding of the night and per one that it ended, with what people did since.

It lies in the night's tables (review/data.py), so that a page of 200,000 findings, its filters and
counts are one query. What people do is in the ledger; the rows that changed there are brought up to date first.
"""

from collections.abc import Iterable
from threading import Lock
from typing import Any

import duckdb
import pyarrow as pa

from cmfc.feeds.catalog import feeds
from cmfc.ledger.desk import changed_since, listed_of
from cmfc.ledger.queries import Listed
from cmfc.ledger.store import Ledger
from cmfc.worklists.duties import duty_sql

BANDS = {"under 13": "under 13", "13 to 15": "13 to 15", "16 to 17": "16 to 17", "18 or older": "18 or older",
         "unknown": "age unknown"}  # fmt: skip
_BAND = (
    "CASE WHEN age IS NULL THEN 'unknown' WHEN age < 13 THEN 'under 13' WHEN age < 16 THEN '13 to 15'"
    " WHEN age < 18 THEN '16 to 17' ELSE '18 or older' END"
)
_KEPT = ("exception_id", "code", "title", "subject_id", "recipient", "child_id", "episode_id", "severity", "queue",
         "basis", "is_open", "county", "office", "caseworker_id", "rule_id", "clock_start_earliest",
         "deadline_earliest", "age")  # fmt: skip

_MOMENTS = ("clock_start_earliest", "deadline_earliest")


class Desk:
    """The table `desk` of one night; `version` changes with what people do."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, seq: int) -> None:
        """Make it.

        Args:
            connection: holds the night's tables and places.
            seq: the journal's entry that recorded the night.
        """
        self._connection, self._lock, self._seq = connection, Lock(), seq
        self.version = 0
        self._ended = False
        columns = ", ".join(f"f.{name}" for name in _KEPT)
        with connection.cursor() as cursor:  # pages ask the connection meanwhile
            cursor.execute(f"""
                CREATE TABLE desk AS
                WITH joined AS (
                    SELECT {columns}, s.status, s.first_seen, s.age_days, s.assignee, s.waived_until, p.place,
                           d.duty_change, CAST(NULL AS VARCHAR) AS ended, {_feeds_sql()} AS feeds
                    FROM findings AS f
                    JOIN standing AS s ON s.exception_id = f.exception_id
                    JOIN places AS p ON p.exception_id = f.exception_id
                    LEFT JOIN delta AS d ON d.exception_id = f.exception_id
                )
                SELECT *, coalesce(child_id, '#' || subject_id) AS case_id,
                       dense_rank() OVER (ORDER BY coalesce(child_id, '#' || subject_id)) AS case_no,
                       dense_rank() OVER (ORDER BY subject_id, {duty_sql()}) AS duty_no, {duty_sql()} AS duty,
                       {_BAND} AS band,
                       coalesce(child_id IN (SELECT child_id FROM missing_now), FALSE) AS is_missing
                FROM joined ORDER BY place""")
            cursor.execute("CREATE INDEX desk_by_case ON desk (case_id)")

    def catch_up(self, ledger: Ledger, agency: str) -> int:
        """Bring the table up to what people did until now; its version."""
        with self._lock:
            if not self._ended:
                self._add_ended(ledger, agency)
                self._ended = True
            seq, changed = changed_since(ledger, agency, self._seq)
            if seq > self._seq:
                self._take(changed)
                self._seq = seq
                self.version += 1
            return self.version

    def _take(self, changed: Iterable[Listed]) -> None:
        with self._connection.cursor() as cursor:
            cursor.register("changed", _arrow(changed))
            # Nobody resolves by hand: what is resolved was so by a later night, which is not the list that stands.
            cursor.execute(
                "UPDATE desk SET status = CASE WHEN c.status = 'resolved' THEN desk.status ELSE c.status END,"
                " assignee = c.assignee, waived_until = c.waived_until"
                " FROM changed AS c WHERE c.exception_id = desk.exception_id AND desk.ended IS NULL"
            )
            cursor.unregister("changed")

    def _add_ended(self, ledger: Ledger, agency: str) -> None:
        """What the night ended: it stands in the delta, and about whom it was in the ledger."""
        with self._connection.cursor() as cursor:
            ids = [
                row[0] for row in cursor.execute("SELECT exception_id FROM delta WHERE ended IS NOT NULL").fetchall()
            ]
            cursor.register("gone", _arrow(listed_of(ledger, agency, ids).values()))
            cursor.execute(f"""
                INSERT INTO desk BY NAME
                WITH known AS (
                    SELECT g.* REPLACE ('resolved' AS status), d.duty_change, d.ended, CAST([] AS VARCHAR[]) AS feeds,
                           coalesce(g.child_id, '#' || g.subject_id) AS case_id, {duty_sql("g.code")} AS duty,
                           'unknown' AS band,
                           coalesce(g.child_id IN (SELECT child_id FROM missing_now), FALSE) AS is_missing
                    FROM gone AS g JOIN delta AS d ON d.exception_id = g.exception_id AND d.ended IS NOT NULL
                ),
                cases AS (SELECT case_id, min(case_no) AS case_no FROM desk GROUP BY ALL),
                duties AS (SELECT subject_id, duty, min(duty_no) AS duty_no FROM desk GROUP BY ALL)
                SELECT k.*,
                       coalesce(c.case_no, -dense_rank() OVER (ORDER BY k.case_id)) AS case_no,
                       coalesce(u.duty_no, -dense_rank() OVER (ORDER BY k.subject_id, k.duty)) AS duty_no,
                       1000000000 + row_number() OVER (ORDER BY k.exception_id) AS place
                FROM known AS k
                LEFT JOIN cases AS c ON c.case_id = k.case_id
                LEFT JOIN duties AS u ON u.subject_id = k.subject_id AND u.duty = k.duty""")
            cursor.unregister("gone")


def _feeds_sql() -> str:
    """SQL: the feeds that the evidence of a finding names, and that of a row it is about."""
    named = []
    for feed in feeds():
        starts = " OR ".join(f"starts_with({column}, '{feed}{mark}')" for mark in ":#" for column in
                             ("coalesce(f.evidence, '')", "f.subject_id"))  # fmt: skip
        within = " OR ".join(f"contains(coalesce(f.evidence, ''), ';{feed}{mark}')" for mark in ":#")
        named.append(f"CASE WHEN {starts} OR {within} THEN '{feed}' END")
    return f"list_filter([{', '.join(named)}], lambda x: x IS NOT NULL)"


def _arrow(rows: Iterable[Listed]) -> pa.Table:
    listed = list(rows)
    text = {name: pa.string() for name in (*_KEPT, "status", "assignee", "waived_until", "first_seen")}
    for name in ("title", "basis", "age", "is_open", *_MOMENTS):
        del text[name]
    columns: dict[str, Any] = {
        name: pa.array([None if (value := getattr(row, name)) is None else str(value) for row in listed], kind)
        for name, kind in text.items()
    }
    columns["is_open"] = pa.array([row.is_open for row in listed], pa.bool_())
    columns |= {name: pa.array([getattr(row, name) for row in listed], pa.int64()) for name in _MOMENTS}
    return pa.table(columns)
