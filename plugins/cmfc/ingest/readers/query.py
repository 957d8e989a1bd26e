"""Reads what a query gives, and lets the database count it a second time (spec 1)."""

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError, NotSupportedError, ProgrammingError, SQLAlchemyError

from cmfc.ingest.readers.census import SourceCensus
from cmfc.ingest.readers.chunk import (
    ROWS_PER_CHUNK,
    Chunk,
    Connect,
    Layout,
    SilentDatabase,
    UnreadableFeed,
    chunk_of_columns,
    columns_of,
    counts_differ,
)
from cmfc.ingest.readers.postgres import as_text
from cmfc.ingest.sources import SqlSource
from cmfc.ingest.text import text_of, texts_of

_HICCUPS = ("OperationalError", "InterfaceError", "TimeoutError", "DisconnectionError")
"""Kinds of error, of a driver or of SQLAlchemy, that may pass by themselves."""
_ONE_VIEW = {"postgresql": "REPEATABLE READ", "mysql": "REPEATABLE READ", "mariadb": "REPEATABLE READ"}
"""Where two statements of one transaction see the same rows, and what it is called; SQLite does so by itself."""

_BIT_AS_BYTES = ("mysql", "mariadb")
"""Where a BIT column comes as bytes. SQLite's texts are bytes here, and a control character in one is no bit."""
_READ_ONLY = {
    "postgresql": "SET TRANSACTION READ ONLY",
    "mysql": "SET TRANSACTION READ ONLY",
    "mariadb": "SET TRANSACTION READ ONLY",
    "oracle": "SET TRANSACTION READ ONLY",
    "sqlite": "PRAGMA query_only = ON",
}
"""How a transaction is kept from writing. Elsewhere the account must be one that may only read (add-your-agency.md)."""

_NO_CODE = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|--[^\n]*|/\*.*?\*/", re.DOTALL)
_QUERY = re.compile(r"(?:\s|--[^\n]*\n|/\*.*?\*/|\()*(?:SELECT|WITH|VALUES|TABLE)\b", re.IGNORECASE | re.DOTALL)


def read_query(
    feed: str, source: SqlSource, connect: "Connect", census: SourceCensus, layout: Layout
) -> Iterator[Chunk]:
    """Read the rows of a query; the first record is row 1.

    Raises:
        SilentDatabase: the database did not answer; `detail` is the driver's class of error.
        UnreadableFeed: the query is not one statement that reads; it failed, or gave another number of rows than the
            database counts.
    """
    _refuse_other_statements(feed, source)
    try:
        target = connect(source.connection)
        engine = target if isinstance(target, Engine) else create_engine(target)
        with closing(_Own(engine)) if engine is not target else nullcontext(), engine.connect() as connection:
            view = _ONE_VIEW.get(engine.dialect.name)
            if view is not None:
                connection.execution_options(isolation_level=view)
            with _only_reading(connection, engine.dialect.name), as_text(connection):
                yield from _rows(feed, source, connection, census, layout)
            if source.count_again and (view is not None or engine.dialect.name == "sqlite"):
                _count_again(connection, source, census)
        if "records_counted_apart" in census.counts:
            counts_differ(feed, source.label, census)
    except (SQLAlchemyError, OSError, ImportError) as error:
        # The driver's own message may quote the query and its values.
        kind = _kind(getattr(error, "orig", None) or error)
        if kind in _HICCUPS:
            raise SilentDatabase(f"{feed}: the database behind {source.label} did not answer.", kind) from None
        message = f"{feed}: the query through {source.label} failed; check the connection, the account and the query."
        raise UnreadableFeed(message, kind) from None


@contextmanager
def _only_reading(connection: Connection, dialect: str) -> Iterator[None]:
    """Keep the transaction from writing, where the database can; what a query calls might."""
    if statement := _READ_ONLY.get(dialect):
        connection.exec_driver_sql(statement)
    raw: Any = connection.connection.dbapi_connection
    if dialect == "sqlite":
        connection.exec_driver_sql("BEGIN")  # else each statement sees the rows of its own moment
        raw.text_factory = bytes  # what is no text costs its cell; the driver's own error is that of a hiccup
    try:
        yield
    finally:
        if dialect == "sqlite" and not connection.invalidated:  # the connection may be another's
            raw.text_factory = str
            connection.rollback()
            connection.exec_driver_sql("PRAGMA query_only = OFF")


def _refuse_other_statements(feed: str, source: SqlSource) -> None:
    """Refuse what is not one SELECT: a mapping reads, whoever wrote it.

    Raises:
        UnreadableFeed: it starts with another word, or a semicolon stands inside it, a comment and a quote apart.
    """
    plain = _NO_CODE.sub(" ", source.query).rstrip().rstrip(";")
    if ";" in plain or not _QUERY.match(source.query):
        message = f"{feed}: the query through {source.label} must be one statement that reads (SELECT or WITH)"
        raise UnreadableFeed(f"{message}; correct it in the mapping.")


def _rows(
    feed: str, source: SqlSource, connection: Connection, census: SourceCensus, layout: Layout
) -> Iterator[Chunk]:
    # Of this statement alone: PostgreSQL cannot stream a SET.
    options = {"stream_results": True, "yield_per": ROWS_PER_CHUNK}
    result = connection.execute(text(source.query), execution_options=options)
    columns = columns_of(feed, source.label, [str(name) for name in result.keys()], layout)  # noqa: SIM118
    names, done = [columns.names[at] for at in columns.named], 0
    has_bits = connection.dialect.name in _BIT_AS_BYTES
    for rows in result.partitions(ROWS_PER_CHUNK):
        texts = [texts_of(values, has_bits=has_bits) for values in zip(*rows, strict=True)]
        for at in set(range(len(columns.names))) - set(columns.named):
            if any((text_of(text) or "").strip() for text in texts[at]):
                census.unnamed.add(at + 1)
        yield chunk_of_columns(names, [texts[at] for at in columns.named], range(done + 1, done + len(rows) + 1))
        done += len(rows)
    census.record(records=done)
    if not done:
        yield columns.nothing()


def _count_again(connection: Connection, source: SqlSource, census: SourceCensus) -> None:
    """Note how many rows the database counts, unless the statement cannot stand inside another."""
    query = source.query.strip().rstrip(";")
    try:
        # The line end closes a comment at the end of the query.
        counted = connection.execute(text(f"SELECT count(*) FROM (\n{query}\n) AS counted_apart")).scalar_one()
    except DBAPIError as error:
        is_wrong = isinstance(error, ProgrammingError | NotSupportedError)
        if is_wrong or _kind(error.orig or error) == "StatementError":
            return
        raise
    census.record(records_counted_apart=int(counted))


class _Own:
    """An engine of our own, closed after use."""

    def __init__(self, engine: Engine) -> None:
        self.close = engine.dispose


def _kind(error: BaseException) -> str:
    """A driver's own class of error; SQLite says OperationalError of a wrong statement too, which no waiting mends."""
    return "StatementError" if getattr(error, "sqlite_errorname", "") == "SQLITE_ERROR" else type(error).__name__
