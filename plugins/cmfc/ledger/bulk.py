"""Many rows at once: COPY on PostgreSQL, one prepared statement on SQLite; updates go through a temporary table."""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Table, select
from sqlalchemy.sql import ColumnElement

from cmfc.ledger.driver import refusal

Row = Sequence[Any]
_CHUNK = 50_000
_NAMES = 500
"""Ids in one IN list; SQLite takes 32,766 values in all."""


def insert_rows(connection: Connection, table: Table, names: Sequence[str], rows: Iterable[Row]) -> int:
    """Inserts rows of the named columns, in the order given; gives how many there were. Dates may be ISO text."""
    return _insert(connection, _name(connection, table), names, rows)


def update_rows(
    connection: Connection, table: Table, key: Sequence[str], names: Sequence[str], rows: Iterable[Row],
    also: Mapping[str, str] | None = None, where: str = "",
) -> int:  # fmt: skip
    """Updates one row per given row: its key's values first, then the new values.

    Args:
        connection: of the transaction.
        table: what is updated.
        key: columns that name a row.
        names: columns that change.
        rows: key and new values of each row; a key stands once.
        also: SQL by column for what is the same for all, such as `revision + 1`.
        where: a further condition, as SQL on the table.
    """
    named = _name(connection, table)
    listed = ", ".join(f'"{name}"' for name in [*key, *names])
    connection.exec_driver_sql("DROP TABLE IF EXISTS changed_rows")
    connection.exec_driver_sql(f"CREATE TEMPORARY TABLE changed_rows AS SELECT {listed} FROM {named} WHERE 1 = 0")
    total = _insert(connection, "changed_rows", [*key, *names], rows)
    quoted = ", ".join(f'"{name}"' for name in key)
    connection.exec_driver_sql(f"CREATE UNIQUE INDEX changed_key ON changed_rows ({quoted})")
    sets = [f'"{name}" = changed_rows."{name}"' for name in names]
    sets += [f'"{name}" = {sql}' for name, sql in (also or {}).items()]
    same = " AND ".join(f'{table.name}."{name}" = changed_rows."{name}"' for name in key)
    connection.exec_driver_sql(
        f"UPDATE {named} AS {table.name} SET {', '.join(sets)} FROM changed_rows WHERE {same} {where}"
    )
    connection.exec_driver_sql("DROP TABLE changed_rows")
    return total


def select_by(
    connection: Connection, columns: Sequence[ColumnElement[Any]], column: ColumnElement[Any], values: Iterable[str],
    *where: ColumnElement[bool],
) -> Iterator[Any]:  # fmt: skip
    """Rows whose `column` is one of many values, in no order."""
    remaining = iter(values)
    while chunk := list(islice(remaining, _NAMES)):
        yield from connection.execute(select(*columns).where(column.in_(chunk), *where))


def _name(connection: Connection, table: Table) -> str:
    return f'"{table.schema}"."{table.name}"' if connection.dialect.name == "postgresql" else f'"{table.name}"'


def _insert(connection: Connection, named: str, names: Sequence[str], rows: Iterable[Row]) -> int:
    listed, remaining, total = ", ".join(f'"{name}"' for name in names), iter(rows), 0
    marks = ", ".join("?" for _ in names)
    while chunk := list(islice(remaining, _CHUNK)):
        if connection.dialect.name == "postgresql":
            text = io.StringIO("".join("\t".join(map(_copied, row)) + "\n" for row in chunk))
            cursor: Any = connection.connection.cursor()
            try:
                cursor.copy_expert(f"COPY {named} ({listed}) FROM STDIN", text)
            except Exception as error:  # noqa: BLE001 - the driver's own, past SQLAlchemy; its text quotes the row
                raise refusal(error) from None
        else:
            connection.exec_driver_sql(f"INSERT INTO {named} ({listed}) VALUES ({marks})", [tuple(r) for r in chunk])
        total += len(chunk)
    return total


def _copied(value: Any) -> str:
    """A value in COPY's text form."""
    if value is None:
        return r"\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    text = str(value)
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
