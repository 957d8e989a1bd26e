"""Agencies for whole nights: the demonstration's generator at any size, and the same agency a day later.

All of it follows from a seed and from row numbers: numpy's PCG64 draws, and no engine's `hash()`, which another version
changes.
"""

import re
import sqlite3
from pathlib import Path

import duckdb
import yaml
from sqlalchemy import create_engine

from cmfc.timing.clock import as_of_night
from cmfc_demo.synthetic.agency import COPIES, write_demo, write_sources
from cmfc_demo.synthetic.planted import plant
from cmfc_demo.synthetic.population import Feeds, generate_with_truth

ZONE, SEED = "America/Chicago", 7
FIRST, FOLLOWING = "2026-09-30", "2026-10-01"
DATABASE = "case_management.sqlite"
CHANGED = "TRY_CAST(substr(child_id, 2) AS BIGINT) % 100 = 7"
"""One child in a hundred is placed elsewhere on the second day."""
GONE = "TRY_CAST(substr(child_id, 2) AS BIGINT) % 2000 = 11"
"""One in two thousand goes missing on it; law enforcement hears of half of them, NCMEC of a third."""
_NEW_PLACEMENTS = f"""SELECT * REPLACE (CASE WHEN ended_at IS NULL AND {CHANGED} THEN '2026-10-01 10:00:00'
        ELSE ended_at END AS ended_at) FROM placements
    UNION ALL SELECT * REPLACE (placement_id || 'N' AS placement_id, 'group_home' AS setting,
        '2026-10-01 10:00:00' AS began_at, '2026-10-01 15:00:00' AS entered_at)
    FROM placements WHERE ended_at IS NULL AND {CHANGED}"""
_NEW_ABSENCES = f"""SELECT * EXCLUDE (is_over) REPLACE (
        CASE WHEN is_over THEN '2026-10-01 08:00:00' ELSE ended_at END AS ended_at,
        CASE WHEN is_over THEN 'returned' ELSE end_reason END AS end_reason)
    FROM (SELECT *, kind = 'missing' AND ended_at IS NULL
              AND TRY_CAST(substr(absence_id, 2) AS BIGINT) % 10 = 3 AS is_over FROM absences)
    UNION ALL BY NAME SELECT 'A' || substr(child_id, 2) || 'N' AS absence_id, child_id, 'missing' AS kind,
        '2026-10-01 09:00:00' AS absent_since, '2026-10-01 09:30:00' AS agency_informed_at, 'ran_away' AS reason,
        '2026-10-01 10:00:00' AS entered_at FROM children WHERE {GONE}"""
_NEW_LE = f"""SELECT * FROM le_reports UNION ALL BY NAME SELECT 'L' || substr(child_id, 2) || 'N' AS le_report_id,
        child_id, first_name, last_name, date_of_birth, sex, '2026-10-01 11:00:00' AS reported_at,
        'accepted' AS outcome, 'agency' AS reporter, 'Jasper County Sheriff' AS agency_name,
        'MO-' || child_id AS report_number, '2026-10-01 09:00:00' AS missing_since
    FROM children WHERE {GONE} AND CAST(substr(child_id, 2) AS BIGINT) % 4000 = 11"""
_NEW_NCMEC = f"""SELECT * FROM ncmec_reports UNION ALL BY NAME SELECT 'N' || substr(child_id, 2) || 'N'
        AS ncmec_report_id, child_id, first_name, last_name, date_of_birth, sex, '2026-10-01 12:00:00' AS reported_at,
        'online' AS channel, 'agency' AS source, 'K' || child_id AS ncmec_case_number,
        '2026-10-01 09:00:00' AS missing_since
    FROM children WHERE {GONE} AND CAST(substr(child_id, 2) AS BIGINT) % 6000 = 11"""
_NEXT = {
    "placements": _NEW_PLACEMENTS, "absences": _NEW_ABSENCES, "le_reports": _NEW_LE, "ncmec_reports": _NEW_NCMEC,
}  # fmt: skip


def write_first(folder: Path, children: int) -> Path:
    """Write the agency as it is on the first night; give its mapping's path."""
    return write_demo(folder, children=children, seed=SEED, as_of=as_of_night(FIRST, ZONE), zone=ZONE)


def write_following(folder: Path, children: int) -> None:
    """Write the same sources as they are a day later."""
    as_of = as_of_night(FIRST, ZONE)
    feeds, _ = generate_with_truth(children, SEED, as_of, ZONE)
    plant(feeds, SEED, as_of, ZONE, COPIES)
    write_sources(folder, feeds | next_day(feeds))


def next_day(feeds: Feeds) -> Feeds:
    """The feeds that a day changes, about one child in a hundred."""
    with duckdb.connect() as engine:
        for name in ("children", *_NEXT):
            engine.register(name, feeds[name])
        changed: Feeds = {name: engine.sql(query).to_arrow_table() for name, query in _NEXT.items()}
    return {name: table.select(feeds[name].column_names).cast(feeds[name].schema) for name, table in changed.items()}


def into_postgres(folder: Path, url: str) -> None:
    """Copy the SQLite tables into a PostgreSQL database, in the place of what is there."""
    source, target = sqlite3.connect(folder / DATABASE), create_engine(url)
    with target.begin() as connection:
        cursor = connection.connection.cursor()
        for (table,) in source.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            names = [column[1] for column in source.execute(f"PRAGMA table_info({table})").fetchall()]
            columns = ", ".join(f'"{name}" text' for name in names)
            cursor.execute(f'DROP TABLE IF EXISTS "{table}"; CREATE TABLE "{table}" ({columns})')
            cursor.copy_expert(f'COPY "{table}" FROM STDIN', _Rows(source.execute(f"SELECT * FROM {table}")))
    source.close()
    target.dispose()


def of_postgres(mapping: Path) -> Path:
    """Write the mapping anew for tables in PostgreSQL; give its path."""
    written = yaml.safe_load(mapping.read_text(encoding="utf-8"))
    for feed in written["feeds"].values():
        if (source := feed["source"])["kind"] == "sql":
            query = source["query"].replace("ORDER BY rowid", "ORDER BY 1")
            source["query"] = re.sub(r"\b[A-Z]+(?:_[A-Z]+)+\b", r'"\g<0>"', query)
    path = mapping.with_name("postgres.yml")
    path.write_text(yaml.safe_dump(written, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return path


class _Rows:
    """Rows as the text that COPY reads, a few thousand at a time."""

    def __init__(self, rows: sqlite3.Cursor) -> None:
        self.rows, self.rest = rows, ""

    def read(self, size: int) -> str:
        while len(self.rest) < size and (batch := self.rows.fetchmany(5_000)):
            self.rest += "".join("\t".join(map(_copied, row)) + "\n" for row in batch)
        chunk, self.rest = self.rest[:size], self.rest[size:]
        return chunk


def _copied(value: str | None) -> str:
    if value is None:
        return r"\N"
    return value.replace("\\", r"\\").replace("\t", r"\t").replace("\n", r"\n").replace("\r", r"\r")
