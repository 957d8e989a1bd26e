"""Reads a feed as chunks of text under its native column names (spec 1).

Messages name the file, row and column and never a value.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from sqlalchemy import URL, Engine, create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from cmfc.errors import InputError
from cmfc.intake.native_text import text_of
from cmfc.intake.sources import CsvSource, FixedWidthSource, ParquetSource, Source, SqlSource, TsvSource, XlsxSource

Connect = Callable[[str], URL | Engine | str]
ROWS_PER_CHUNK = 50_000


class UnreadableFeed(InputError):
    """The source is not there, is empty, or cannot be understood: part of a broken contract (spec 1)."""

    def __init__(self, message: str, detail: str = "") -> None:
        """`message` says what to do; `detail` is the kind of error, for an engineer."""
        super().__init__("CMFC-I01", message, detail)


@dataclass(frozen=True)
class Chunk:
    """Some rows of a feed.

    Attributes:
        rows: int64, the rows as a person counts them: a file's header is row 1, a query's first record is row 1.
        table: utf8 columns with native names, as long as `rows`.
    """

    rows: Any
    table: Any


def read(feed: str, source: Source, connect: Connect | None = None) -> Iterator[Chunk]:
    """Read a feed in bounded chunks; at least one chunk, so that the columns are known.

    Args:
        feed: name of the feed, for messages.
        source: where it comes from.
        connect: gives the SQLAlchemy URL or engine of a named connection.

    Raises:
        UnreadableFeed: not there, zero bytes, wrong encoding, ragged or cut-off rows, or the query failed.
    """
    if isinstance(source, SqlSource):
        yield from _read_sql(feed, source, connect)
        return
    from cmfc.intake import file_readers

    file_readers.refuse_missing(feed, source)
    if isinstance(source, CsvSource | TsvSource):
        yield from file_readers.read_delimited(feed, source)
    elif isinstance(source, XlsxSource):
        yield from file_readers.read_workbook(feed, source)
    elif isinstance(source, ParquetSource):
        yield from file_readers.read_parquet(feed, source)
    elif isinstance(source, FixedWidthSource):
        yield from file_readers.read_fixed_width(feed, source)


def chunk_of(names: Sequence[str], rows: Sequence[Sequence[str | None]], numbers: Sequence[int]) -> Chunk:
    """A chunk from rows of text."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    arrays = [pa.array(column, pa.string()) for column in columns]
    return Chunk(pa.array(numbers, pa.int64()), pa.table(dict(zip(names, arrays, strict=True))))


def refuse_twins(feed: str, shown: str, names: Sequence[str]) -> None:
    """Two columns of one name cannot be told apart.

    Raises:
        UnreadableFeed: names the feed, the source and the positions; a header may be a record by mistake, so no names.
    """
    for position, name in enumerate(names):
        first = names.index(name)
        if first != position:
            twins = f"two columns of one name ({first + 1} and {position + 1})"
            raise UnreadableFeed(f"{feed}: {shown} has {twins}; give each column its own name.")


def _read_sql(feed: str, source: SqlSource, connect: Connect | None) -> Iterator[Chunk]:
    if connect is None:
        raise UnreadableFeed(f"{feed}: {source.shown} is not set up here; name its address in the settings.")
    try:
        target = connect(source.connection)
        engine = target if isinstance(target, Engine) else create_engine(target)
        with engine.connect().execution_options(stream_results=True, yield_per=ROWS_PER_CHUNK) as connection:
            result = connection.execute(text(source.query))
            names = [str(name).strip() for name in result.keys()]  # noqa: SIM118 (rows, not keys, is what iterating gives)
            refuse_twins(feed, source.shown, names)
            done = 0
            for rows in result.partitions(ROWS_PER_CHUNK):
                texts = [[text_of(value) for value in row] for row in rows]
                yield chunk_of(names, texts, range(done + 1, done + len(rows) + 1))
                done += len(rows)
            if not done:
                yield chunk_of(names, [], [])
    except (SQLAlchemyError, OSError, ImportError) as error:
        # The driver's own message may quote the query and its values.
        kind = _kind(getattr(error, "orig", None) or error)
        message = f"{feed}: the query through {source.shown} failed; check the connection, the account and the query."
        raise UnreadableFeed(message, kind) from None
    except UnicodeDecodeError as error:
        message = f"{feed}: {source.shown} returned bytes that are not UTF-8 text; convert that column in the query."
        raise UnreadableFeed(message, type(error).__name__) from None


def _kind(error: BaseException) -> str:
    """A driver's own class of error; SQLite says OperationalError of a wrong statement too, which no waiting mends."""
    return "StatementError" if getattr(error, "sqlite_errorname", "") == "SQLITE_ERROR" else type(error).__name__
