"""Many rows at once, in and out: COPY on PostgreSQL, one statement for all rows on SQLite."""

import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Table, bindparam, insert, select, update
from sqlalchemy.sql import ColumnElement

Row = Sequence[Any]
_CHUNK = 20_000
_NAMES = 500
"""Ids in one IN list; SQLite takes 32,766 values in all."""


def insert_rows(connection: Connection, table: Table, names: Sequence[str], rows: Iterable[Row]) -> int:
    """Inserts rows of the named columns, in the order given; gives how many there were."""
    found, total = iter(rows), 0
    while chunk := list(islice(found, _CHUNK)):
        if connection.dialect.name == "postgresql":
            _copy(connection, table, names, chunk)
        else:
            connection.execute(insert(table), [dict(zip(names, row, strict=True)) for row in chunk])
        total += len(chunk)
    return total


def update_rows(
    connection: Connection, table: Table, key: Sequence[str], names: Sequence[str], rows: Iterable[Row], *still: Any
) -> int:
    """Updates one row per given row: its key's values first, then the new values; `still` are further conditions."""
    found, total = iter(rows), 0
    where = [table.c[name] == bindparam(f"key_{name}") for name in key]
    statement = update(table).where(*where, *still).values({name: bindparam(f"new_{name}") for name in names})
    binds = [f"key_{name}" for name in key] + [f"new_{name}" for name in names]
    while chunk := list(islice(found, _CHUNK)):
        connection.execute(statement, [dict(zip(binds, row, strict=True)) for row in chunk])
        total += len(chunk)
    return total


def select_by(
    connection: Connection, columns: Sequence[ColumnElement[Any]], column: ColumnElement[Any], values: Iterable[str],
    *where: ColumnElement[bool],
) -> Iterator[Row]:  # fmt: skip
    """Rows whose `column` is one of many values, in no order."""
    found = iter(values)
    while chunk := list(islice(found, _NAMES)):
        yield from connection.execute(select(*columns).where(column.in_(chunk), *where))


def _copy(connection: Connection, table: Table, names: Sequence[str], chunk: list[Row]) -> None:
    text = io.StringIO()
    for row in chunk:
        text.write("\t".join(map(_copied, row)) + "\n")
    text.seek(0)
    listed = ", ".join(f'"{name}"' for name in names)
    with connection.connection.cursor() as cursor:
        cursor.copy_expert(f'COPY "{table.schema}"."{table.name}" ({listed}) FROM STDIN', text)


def _copied(value: Any) -> str:
    """A value in COPY's text form."""
    if value is None:
        return r"\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    text = str(value)
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
