"""What Python's own types would change: PostgreSQL's times and short floats as text.

Python knows no BC and no infinity, and one such cell would end the pull. A `real` is a float to it like any other, and
whole numbers that were rounded would look like ids.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from cmfc.ingest.text import text_of_database_time, text_of_real

_DATE, _TIMESTAMP, _TIMESTAMPTZ = 1082, 1114, 1184
_TIME, _REAL = 1083, 700


@contextmanager
def as_text(connection: Connection) -> Iterator[None]:
    """On a connection of psycopg2, read times and `real` as `text_of` would write them; elsewhere does nothing."""
    if connection.dialect.name != "postgresql" or connection.dialect.driver != "psycopg2":
        yield
        return
    from psycopg2 import extensions

    raw = connection.connection.dbapi_connection
    assert raw is not None
    connection.exec_driver_sql("SET LOCAL datestyle TO 'ISO'")
    kinds = (
        extensions.new_type(
            (_DATE, _TIMESTAMP, _TIMESTAMPTZ), "TEXT_TIME", lambda value, _: text_of_database_time(value)
        ),
        extensions.new_type((_TIME,), "TEXT_CLOCK", lambda value, _: value),  # 24:00:00 is one, and Python has none
        extensions.new_type((_REAL,), "TEXT_REAL", lambda value, _: text_of_real(value)),
    )
    for kind in kinds:
        extensions.register_type(kind, raw)
    try:
        yield
    finally:  # the connection may be another's: it goes back to its pool
        for kind in kinds:
            for oid in kind.values:
                raw.string_types.pop(oid, None)
