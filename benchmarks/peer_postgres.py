"""The same statements on PostgreSQL, from the pip wheel, with its statistics brought up to date after each table."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.peer_records import RESULT
from benchmarks.verdicts import VERDICTS, ZONE, judge
from cmfc.reconcile.macros import CODE_WORDS, SEPARATOR, WORDS, zone_words
from cmfc.reconcile.word_expansion import WordExpansion
from cmfc.timing.zones import USUAL_YEARS, Zone, load_zone

NAMES = {"VARCHAR": "TEXT", "DOUBLE": "DOUBLE PRECISION"}
POSTGRES_WORDS = {
    "joined(item)": f"string_agg(item, {SEPARATOR})",
    "each_of(items)": f"unnest(string_to_array(items, {SEPARATOR}))",
    "digest20(item)": "substr(encode(sha256(convert_to(item, 'UTF8')), 'hex'), 1, 20)",
    "begins_with(item, start)": "starts_with(item, start)",
    "birthday(born, years)": (
        "days_since_1970(make_date(CAST(extract(year FROM born) AS INTEGER) + years,"
        " CASE WHEN is_leap_born(born) THEN 3 ELSE CAST(extract(month FROM born) AS INTEGER) END,"
        " CASE WHEN is_leap_born(born) THEN 1 ELSE CAST(extract(day FROM born) AS INTEGER) END))"
    ),
    "days_since_1970(day)": "CAST(day - DATE '1970-01-01' AS BIGINT)",
}
SETTINGS = {"work_mem": "256MB", "jit": "off", "synchronous_commit": "off", "temp_buffers": "256MB"}
"""As somebody would set them who has this to do."""


def judged(folder: Path, where: Path) -> pd.DataFrame:
    """One row per episode, from Parquet files to a frame, by way of COPY."""
    server = import_module("tests.support.postgres").start(str(where))
    try:
        engine = PostgresEngine(server.get_uri())
        judge(engine, folder)
        rows = engine.rows_of(VERDICTS)
        return pd.DataFrame(rows, columns=RESULT).astype({"ended_earliest": "Int64", "ended_latest": "Int64"})
    finally:
        server.cleanup()


def _usual_years(zone: Zone) -> Zone:
    low, high = (bisect_right(zone.changes, at) for at in USUAL_YEARS)
    return Zone(zone.changes[low:high], zone.offsets[low : high + 1])


class PostgresEngine:
    """What of an engine the steps need (reconcile/engines.py)."""

    def __init__(self, uri: str) -> None:
        import psycopg2

        self._connection = psycopg2.connect(uri)
        self._cursor = self._connection.cursor()
        for name, value in SETTINGS.items():
            self._cursor.execute(f"SET {name} = '{value}'")
        zone = _usual_years(load_zone(ZONE))
        usual = f"moment + {_search_sql(zone, 0, len(zone.changes))}"
        words = {**CODE_WORDS, **zone_words(ZONE), **WORDS, **POSTGRES_WORDS, "local_seconds(moment)": usual}
        self._words = WordExpansion(words, NAMES)

    def read(self, paths: Sequence[Path]) -> str:
        names = [self._load(path) for path in paths]
        return names[0] if len(names) == 1 else f"({' UNION ALL '.join(f'SELECT * FROM {n}' for n in names)}) AS read"

    def _load(self, path: Path) -> str:
        name, table = "loaded_" + path.stem.replace(".", "_"), pq.read_table(path)
        self._cursor.execute("SELECT to_regclass(%s)", (name,))
        if self._cursor.fetchone()[0] is None:
            columns = ", ".join(f'"{field.name}" {_type_of(field.type)}' for field in table.schema)
            self._cursor.execute(f"CREATE UNLOGGED TABLE {name} ({columns})")
            self._cursor.copy_expert(f"COPY {name} FROM STDIN (FORMAT csv)", _Csv(table))
            self._cursor.execute(f"ANALYZE {name}")
        return name

    def fill(self, name: str, columns: Mapping[str, str], rows: Sequence[Sequence[object]]) -> None:
        declared = ", ".join(f"{column} {NAMES.get(kind, kind)}" for column, kind in columns.items())
        self._cursor.execute(f"CREATE UNLOGGED TABLE {name} ({declared})")
        marks = f"({', '.join(['%s'] * len(columns))})"
        for at in range(0, len(rows), 1_000):
            part = rows[at : at + 1_000]
            values = ", ".join([marks] * len(part))
            self._cursor.execute(f"INSERT INTO {name} VALUES {values}", [value for row in part for value in row])
        self._cursor.execute(f"ANALYZE {name}")

    def view(self, name: str, sql: str) -> None:
        self._cursor.execute(f"CREATE VIEW {name} AS {self._said(sql)}")

    def table(self, name: str, sql: str) -> None:
        self._cursor.execute(f"CREATE UNLOGGED TABLE {name} AS {self._said(sql)}")
        self._cursor.execute(f"ANALYZE {name}")

    def unite(self, name: str, columns: Mapping[str, str], parts: Iterable[str]) -> None:
        raise NotImplementedError("the verdict table needs none")

    def drop(self, name: str) -> None:
        self._cursor.execute(f"DROP TABLE {name}")

    def columns_of(self, sql: str) -> list[str]:
        self._cursor.execute(f"SELECT * FROM ({self._said(sql)}) AS asked LIMIT 0")
        return [column.name for column in self._cursor.description]

    def rows_of(self, sql: str) -> list[tuple[object, ...]]:
        self._cursor.execute(self._said(sql))
        return list(self._cursor.fetchall())

    def write(self, sql: str, target: Path) -> int:
        raise NotImplementedError("the verdict table is fetched")

    def _said(self, sql: str) -> str:
        """In PostgreSQL's words; a column too many, which it has no word to leave out, harms nothing."""
        return self._words.expand(sql).replace("* EXCLUDE (is_untimed)", "*")


class _Csv:
    """An Arrow table as the text that COPY reads."""

    def __init__(self, table: Any) -> None:
        from pyarrow import csv

        sink = pa.BufferOutputStream()
        csv.write_csv(table, sink, csv.WriteOptions(include_header=False))
        self.read = pa.BufferReader(sink.getvalue()).read


def _type_of(kind: Any) -> str:
    if pa.types.is_int64(kind):
        return "BIGINT"
    return "DATE" if pa.types.is_date32(kind) else "BOOLEAN" if pa.types.is_boolean(kind) else "TEXT"


def _search_sql(zone: Zone, low: int, high: int) -> str:
    """Binary search, written out, among the offsets from position `low` to `high`."""
    if low == high:
        return str(zone.offsets[low])
    middle = (low + high) // 2
    before, after = _search_sql(zone, low, middle), _search_sql(zone, middle + 1, high)
    return f"CASE WHEN moment < {zone.changes[middle]} THEN {before} ELSE {after} END"
