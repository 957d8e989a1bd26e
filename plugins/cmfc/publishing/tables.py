"""Writes the published tables as CSV and Parquet from the core's tables (spec 6).

The core keeps times as epoch seconds and text as it came; here every value gets its published form, by the types of
columns.yml, and every table its total order. All of it is SQL on DuckDB, so that size does not matter.
"""

from pathlib import Path

import duckdb

from cmfc.errors import UsageError
from cmfc.publishing.schema import OutputColumn, OutputTable, output_tables
from cmfc.storage.duck import open_duckdb, quoted

ROW_GROUP_ROWS = 100_000
STANDING = ("status", "first_seen", "age_days", "assignee", "waived_until")
CORE_TABLES = ("findings", "episodes", "determinations", "links", "missing_now", "episode_rows")
_QUARANTINE = {"feed": "VARCHAR", "source": "VARCHAR", "row": "BIGINT", "key": "VARCHAR", "field": "VARCHAR",
               "rule": "VARCHAR", "effect": "VARCHAR"}  # fmt: skip

_RFC_4180 = "FORMAT csv, HEADER true, DELIMITER ',', QUOTE '\"', ESCAPE '\"', NULLSTR '', COMMENT '', NEW_LINE '\r\n'"
FORMULA_SIGNS = r"=+\-@|\t＝＋－＠﹦﹢﹣﹫−"
"""What a spreadsheet may take for the beginning of a formula, in ordinary, full and small width."""
FORMULA_LINE = rf"(^|[\r\n])('*[\p{{Z}}\p{{Cf}}]*[{FORMULA_SIGNS}]|'*%[0-9A-Fa-f]{{2}})"
"""A line that begins with one, after blanks, signs without width or apostrophes, or percent-encoded."""
EMPTY_LINE = r"^('*[\r\n])"
"""A first line that is empty, or nothing but apostrophes."""


def open_engine(spill: Path) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB with bounded memory; one thread, so that the same rows give the same bytes.

    Args:
        spill: folder for what does not fit in memory. It lies in the folder being written, never in a shared one:
            what is spilled may hold names.
    """
    return open_duckdb(threads=1, memory="512MB", spill=spill)


def create_views(connection: duckdb.DuckDBPyConnection, work: Path, checked: Path) -> None:
    """Create views of the run's tables in the connection: the core's, `quarantine` and `delta`.

    A work folder may hold `standing.parquet`, what the ledger says of each finding, and `delta.parquet`. Without them
    every finding is new, and the delta is what the findings say of themselves.

    Raises:
        UsageError: CMFC-P01 if a table is absent or lacks a column of columns.yml.
    """
    for name in CORE_TABLES:
        _view(connection, name, work / f"{name}.parquet")
    if (work / "standing.parquet").exists():
        _view(connection, "standing", work / "standing.parquet")
        connection.execute("ALTER VIEW findings RENAME TO found")
        connection.execute(f"CREATE VIEW findings AS {with_status('found', 'standing')}")
    parts = sorted(checked.glob("quarantine.*.parquet"))
    typed = ", ".join(f'CAST("{name}" AS {kind}) AS "{name}"' for name, kind in _QUARANTINE.items())
    empty = ", ".join(f'CAST(NULL AS {kind}) AS "{name}"' for name, kind in _QUARANTINE.items())
    union = " UNION ALL ".join(f"SELECT {typed} FROM read_parquet('{quoted(part)}')" for part in parts)
    connection.execute(f"CREATE VIEW quarantine AS {union or f'SELECT {empty} WHERE false'}")
    if (work / "delta.parquet").exists():
        _view(connection, "delta", work / "delta.parquet")
    else:
        connection.execute(
            "CREATE VIEW delta AS SELECT status AS change, exception_id, code, subject_id, severity,"
            " CAST(NULL AS VARCHAR) AS ended, 'new' AS duty_change FROM findings"
            " WHERE status IN ('new', 'reopened', 'resolved')"
        )
    for table in output_tables().values():
        columns = {row[0] for row in connection.execute(f"DESCRIBE {table.source}").fetchall()}
        if missing := [name for name in table.column_names if name not in columns]:
            raise UsageError(
                "CMFC-P01",
                f"The table {table.source} of this night lacks columns that are published; nothing was published.",
                f"missing: {', '.join(missing)}",
            )


def with_status(findings: str, status: str) -> str:
    """SQL: the core's findings with what the ledger says of each."""
    stands = ", ".join(f"s.{name} AS {name}" for name in STANDING)
    return f"SELECT f.* REPLACE ({stands}) FROM {findings} AS f JOIN {status} AS s ON s.exception_id = f.exception_id"


def write_csv(connection: duckdb.DuckDBPyConnection, table: OutputTable, path: Path) -> int:
    """Write one table as CSV (UTF-8, RFC 4180, formula-safe) and give its rows."""
    select = ", ".join(f'{_csv_cell(column)} AS "{column.name}"' for column in table.columns)
    return _copy(
        connection,
        f"COPY (SELECT {select} FROM ({_ordered(table)}) AS sorted) TO '{quoted(path)}' ({_RFC_4180})",
    )


def write_parquet(connection: duckdb.DuckDBPyConnection, table: OutputTable, path: Path, incomplete: str = "") -> int:
    """Write one table as Parquet in row groups of a fixed size and give its rows.

    `incomplete`, what could not be used tonight, goes into the file's metadata, so that it travels with the rows.
    """
    note = quoted(incomplete)
    select = ", ".join(f'{_parquet_cell(column)} AS "{column.name}"' for column in table.columns)
    return _copy(
        connection,
        f"COPY (SELECT {select} FROM ({_ordered(table)}) AS sorted) TO '{quoted(path)}'"
        f" (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP_ROWS}, KV_METADATA {{incomplete: '{note}'}})",
    )


def _copy(connection: duckdb.DuckDBPyConnection, statement: str) -> int:
    copied = connection.execute(statement).fetchone()
    assert copied is not None
    return int(copied[0])


def _view(connection: duckdb.DuckDBPyConnection, name: str, path: Path) -> None:
    if not path.exists():
        raise UsageError("CMFC-P01", f"The table {name} of this night is missing; nothing was published.", path.name)
    connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{quoted(path)}')")


def _ordered(table: OutputTable) -> str:
    """The table in its total order: by every column as listed, nulls first; text compares byte by byte."""
    select = ", ".join(f'{_value(column)} AS "{column.name}"' for column in table.columns)
    order = ", ".join(f"{number} NULLS FIRST" for number in range(1, len(table.columns) + 1))
    return f"SELECT {select} FROM {table.source} ORDER BY {order}"


def _value(column: OutputColumn) -> str:
    """A value in one plain type per kind of column; empty text is null, as CSV cannot tell them apart."""
    match column.type:
        case "text" | "code":
            return f"nullif(CAST(\"{column.name}\" AS VARCHAR), '')"
        case "date":
            return f"CAST(nullif(CAST(\"{column.name}\" AS VARCHAR), '') AS DATE)"
        case "number":
            return f'CAST("{column.name}" AS DECIMAL(20, {column.decimals}))'
        case "bool":
            return f'CAST("{column.name}" AS BOOLEAN)'
        case "moment_end" | "integer":
            return f'CAST("{column.name}" AS BIGINT)'


def _csv_cell(column: OutputColumn) -> str:
    text = text_of(column, f'make_timestamp("{column.name}" * 1000000)')
    return guarded(text) if column.type == "text" else text


def text_of(column: OutputColumn, moment: str) -> str:
    """SQL: a value as the CSV writes it, but for what guards a text; `moment` is SQL for the column's time in UTC."""
    match column.type:
        case "moment_end":
            return f"strftime({moment}, '%Y-%m-%dT%H:%M:%SZ')"
        case "number":
            exact = f'CAST(CAST("{column.name}" AS DECIMAL(20, {column.decimals})) AS VARCHAR)'
            return f"rtrim(rtrim({exact}, '0'), '.')" if column.decimals else exact
        case _:
            return f'CAST("{column.name}" AS VARCHAR)'


def guarded(text: str) -> str:
    """SQL: a text as it may stand in a CSV file that is opened in a spreadsheet.

    Each line that may begin a formula gets one apostrophe in front, and so does a text whose first line is empty.
    Taking one off a text that begins with apostrophes and a line end, and then off each line that begins with an
    apostrophe and FORMULA_LINE, gives the text back.
    """
    lines = f"regexp_replace({text}, '{quoted(FORMULA_LINE)}', '\\1''\\2', 'g')"
    return f"regexp_replace({lines}, '{quoted(EMPTY_LINE)}', '''\\1')"


def _parquet_cell(column: OutputColumn) -> str:
    name = f'"{column.name}"'
    match column.type:
        case "moment_end":
            return f"make_timestamp({name} * 1000000) AT TIME ZONE 'UTC'"
        case "number":
            return f"CAST({name} AS DOUBLE)"
        case _:
            return name
