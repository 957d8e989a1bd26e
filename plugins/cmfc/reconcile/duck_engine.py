"""DuckDB as the engine of the core: embedded, the default."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from cmfc.reconcile.macros import CODE_WORDS, WORDS, zone_words
from cmfc.storage.duck import open_duckdb, parquet_of, quoted

MEMORY = "600MB"
"""What does not fit spills to disk beside the work tables; a night must not take the machine from others. A statement
that cannot do with it is given twice as much and run again (`_run`)."""
BYTES_PER_ROW = 72
"""Of memory for each row that is read, where that is more: an agency of millions would run most statements twice."""


@contextmanager
def open_duck(zone: str, spill: Path, threads: int | None = None) -> Iterator["DuckEngine"]:
    """A DuckDB of its own that knows the words."""
    threads = threads or os.cpu_count() or 1
    with open_duckdb(threads=threads, memory=MEMORY, spill=spill, is_order_kept=False) as connection:
        yield DuckEngine(connection, zone)


class DuckEngine:
    """The core's tables in a DuckDB connection (engines.py says what each method is for)."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, zone: str) -> None:
        self._connection = connection
        self._rows: dict[Path, int] = {}
        for signature, body in {**CODE_WORDS, **zone_words(zone), **WORDS}.items():
            connection.execute(f"CREATE MACRO {signature} AS {body}")

    def read(self, paths: Sequence[Path]) -> str:
        """DuckDB's own reader."""
        self._rows |= {path: pq.read_metadata(path).num_rows for path in paths}
        self._allow(BYTES_PER_ROW * sum(self._rows.values()))
        return parquet_of(paths)

    def fill(self, name: str, columns: Mapping[str, str], rows: Sequence[Sequence[object]]) -> None:
        """By way of Arrow."""
        self._declare(name, columns)
        if rows:
            table = pa.table({f"c{n}": list(column) for n, column in enumerate(zip(*rows, strict=True))})
            self._connection.register("rows_to_insert", table)
            self._connection.execute(f"INSERT INTO {name} SELECT * FROM rows_to_insert")
            self._connection.unregister("rows_to_insert")

    def view(self, name: str, sql: str) -> None:
        """A view."""
        self._connection.execute(f"CREATE VIEW {name} AS {sql}")

    def table(self, name: str, sql: str) -> None:
        """A table in memory, or spilled."""
        self._run(f"CREATE TABLE {name} AS {sql}")

    def unite(self, name: str, columns: Mapping[str, str], parts: Iterable[str]) -> None:
        """One insertion after the other."""
        self._declare(name, columns)
        for part in parts:
            self._run(f"INSERT INTO {name} {part}")

    def drop(self, name: str) -> None:
        """Its memory is free again."""
        self._connection.execute(f"DROP TABLE {name}")

    def columns_of(self, sql: str) -> list[str]:
        """As DuckDB describes them."""
        return [str(row[0]) for row in self._connection.execute(f"DESCRIBE {sql}").fetchall()]

    def rows_of(self, sql: str) -> list[tuple[object, ...]]:
        """As Python's own types."""
        return list(self._run(sql).fetchall())

    def write(self, sql: str, target: Path) -> int:
        """DuckDB's own writer, which keeps the order of the query."""
        self._connection.execute("SET preserve_insertion_order = true")
        copy = f"COPY ({sql}) TO '{quoted(target)}' (FORMAT parquet, COMPRESSION zstd)"
        row = self._run(copy).fetchone()
        assert row is not None
        return int(row[0])

    def _run(self, sql: str) -> duckdb.DuckDBPyConnection:
        """Run a statement; one that memory is too small for leaves nothing behind, and is run again with more."""
        while True:
            try:
                return self._connection.execute(sql)
            except duckdb.OutOfMemoryException:
                if not self._more_memory():
                    raise

    def _more_memory(self) -> bool:
        """Double the limit; whether there was more to give."""
        limit = self._limit()
        self._allow(2 * limit)
        return self._limit() > limit

    def _allow(self, memory: int) -> None:
        """Raise the limit to so many bytes, up to what DuckDB takes of the machine by itself."""
        limit = self._limit()
        if memory > limit:
            self._connection.execute("RESET memory_limit")
            self._connection.execute(f"SET memory_limit = '{max(limit, min(memory, self._limit()))}B'")

    def _limit(self) -> int:
        row = self._connection.execute("SELECT parse_formatted_bytes(current_setting('memory_limit'))").fetchone()
        assert row is not None
        return int(row[0])

    def _declare(self, name: str, columns: Mapping[str, str]) -> None:
        declared = ", ".join(f"{column} {kind}" for column, kind in columns.items())
        self._connection.execute(f"CREATE TABLE {name} ({declared})")
