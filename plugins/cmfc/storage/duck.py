"""How this package opens DuckDB, and what its SQL texts share."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb


def open_duckdb(
    file: Path | None = None,
    *,
    threads: int | None = None,
    memory: str | None = None,
    spill: Path | None = None,
    is_order_kept: bool = True,
) -> duckdb.DuckDBPyConnection:
    """Open an embedded DuckDB that fetches no extension and works in UTC; the caller closes it.

    Args:
        file: the database file; None: in memory.
        threads: how many; None: one per core.
        memory: the most memory it takes, such as `512MB`; None: most of the machine's.
        spill: folder for what does not fit in memory. It must be the run's own: what is spilled may hold names.
        is_order_kept: rows without ORDER BY keep the order of insertion.
    """
    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "preserve_insertion_order": is_order_kept,
    }
    if threads is not None:
        config["threads"] = threads
    if memory is not None:
        config["memory_limit"] = memory
    if spill is not None:
        config["temp_directory"] = str(spill)
    connection = duckdb.connect(file or ":memory:", config=config)
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def quoted(value: object) -> str:
    """A path or a text as it stands between single quotes in SQL."""
    return str(value).replace("'", "''")


def parquet_of(paths: Sequence[Path]) -> str:
    """A relation over Parquet files of one shape, as it stands behind FROM."""
    return "read_parquet([" + ", ".join(f"'{quoted(path)}'" for path in paths) + "])"


def rows_of(connection: duckdb.DuckDBPyConnection, sql: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
    """A query's rows, each as a dictionary by the names of its columns."""
    result = connection.execute(sql, list(values))
    names = [column[0] for column in result.description or ()]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def make_table(connection: duckdb.DuckDBPyConnection, name: str, rows: Any, *, again: bool = False) -> None:
    """Make a table of Arrow rows; `again`: in the place of one of this name."""
    connection.register("rows_given", rows)
    connection.execute(f"CREATE {'OR REPLACE ' if again else ''}TABLE {name} AS SELECT * FROM rows_given")
    connection.unregister("rows_given")
