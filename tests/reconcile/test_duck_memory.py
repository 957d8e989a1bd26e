"""What does not fit in the limit is given more: a large agency's night must not end for a number of ours."""

import os
from pathlib import Path

import duckdb
import pytest

from cmfc.reconcile.duck_engine import BYTES_PER_ROW, DuckEngine, open_duck
from cmfc.storage.duck import open_duckdb

ROWS = "SELECT i, md5(CAST(i AS VARCHAR)) AS text FROM range(60000) AS r(i)"
WIDE = "SELECT i % 7 AS k, string_agg(text, ',' ORDER BY i) AS texts FROM given GROUP BY i % 7"


def small(tmp_path: Path) -> duckdb.DuckDBPyConnection:
    return open_duckdb(threads=2, memory="4MB", spill=tmp_path / "spill", is_order_kept=False)


def test_a_statement_that_does_not_fit_is_run_again_with_more_memory(tmp_path: Path) -> None:
    with small(tmp_path) as connection:
        engine = DuckEngine(connection, "UTC")
        engine.table("given", ROWS)
        with pytest.raises(duckdb.OutOfMemoryException):
            connection.execute(WIDE).fetchall()
        engine.table("wide", WIDE)
        assert engine.rows_of("SELECT count(*), sum(length(texts)) FROM wide") == [(7, 60_000 * 33 - 7)]


def test_where_the_machine_has_no_more_it_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with small(tmp_path) as connection:
        engine = DuckEngine(connection, "UTC")
        engine.table("given", ROWS)
        monkeypatch.setattr(DuckEngine, "_more_memory", lambda _: False)
        with pytest.raises(duckdb.OutOfMemoryException):
            engine.table("wide", WIDE)


def test_of_all_that_the_machine_gives_there_is_no_more(tmp_path: Path) -> None:
    with small(tmp_path) as connection:
        engine = DuckEngine(connection, "UTC")
        assert engine._more_memory()
        engine._allow(1 << 60)
        assert not engine._more_memory()


@pytest.mark.parametrize(("asked", "there", "used"), [(3, 2, 3), (None, 2, 2), (None, None, 1)])
def test_it_uses_the_threads_it_is_given_or_all_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: int | None, there: int | None, used: int
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: there)
    with open_duck("UTC", tmp_path / "spill", asked) as engine:
        assert engine.rows_of("SELECT current_setting('threads')") == [(used,)]


def test_whoever_reads_more_rows_has_more_memory_from_the_start(tmp_path: Path) -> None:
    with small(tmp_path) as connection:
        engine, file = DuckEngine(connection, "UTC"), tmp_path / "rows.parquet"
        connection.execute(f"COPY (SELECT 1 AS one FROM range(90000)) TO '{file}' (FORMAT parquet)")
        for _ in range(2):  # the same file, read twice, counts once
            engine.read([file])
            assert limit_of(connection) == pytest.approx(90_000 * BYTES_PER_ROW, rel=0.1)


def limit_of(connection: duckdb.DuckDBPyConnection) -> int:
    row = connection.execute("SELECT parse_formatted_bytes(current_setting('memory_limit'))").fetchone()
    assert row is not None
    return int(row[0])
