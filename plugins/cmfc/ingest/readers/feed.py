"""Reads a feed: the one place where a source's kind is looked at, and where any error ends as a refusal (spec 1)."""

import codecs
import zipfile
from collections.abc import Iterator
from pathlib import Path

from cmfc.errors import CmfcError
from cmfc.ingest.readers.budget import MIB, Budget
from cmfc.ingest.readers.census import SourceCensus
from cmfc.ingest.readers.chunk import Chunk, Connect, Layout, UnreadableFeed, refuse_second_header
from cmfc.ingest.readers.file import read_file
from cmfc.ingest.readers.plain_text import wrong_encoding
from cmfc.ingest.readers.refusal import unreadable
from cmfc.ingest.sources import (
    CsvSource,
    FileSource,
    FixedWidthSource,
    ParquetSource,
    Source,
    SqlSource,
    TsvSource,
    XlsxSource,
)
from cmfc.settings import Settings

_PAGE = "a web page, as of a login or an error"
_BEGINS = {
    b"PK\x03\x04": ("xlsx", "a workbook or another ZIP archive"),
    b"PAR1\x15": ("parquet", "a Parquet file"),
    b"\x1f\x8b\x08": ("", "packed by gzip"),
    b"\xd0\xcf\x11\xe0\xa1\xb1": ("", "an old workbook (.xls) or one with a password"),
    b"%PDF-": ("", "a PDF document"),
    b"<!doctype html": ("", _PAGE),
    b"<html": ("", _PAGE),
}
"""How files of other kinds begin (in small letters, if letters): what kind of source each is, and in words."""
_MARKS = {b"\xef\xbb\xbf": ("utf-8",), b"\xff\xfe": ("utf-16", "utf-32"), b"\xfe\xff": ("utf-16",)}
"""Byte-order marks, and how the names of the encodings begin that they stand for."""
_APART_FROM = 16 * MIB
"""A workbook or Parquet file that may unpack to so much is read in a process of its own (apart.py)."""


def read(
    feed: str,
    source: Source,
    connect: Connect | None = None,
    census: SourceCensus | None = None,
    layout: Layout | None = None,
    budget: Budget | None = None,
) -> Iterator[Chunk]:
    """Read a feed in bounded chunks; at least one chunk, so that the columns are known.

    Args:
        feed: name of the feed, for messages.
        source: where it comes from.
        connect: gives the SQLAlchemy URL or engine of a named connection.
        census: is filled with what was counted; whole when the last chunk has been given.
        layout: what the mapping looks for in it.
        budget: what it may ask of this worker; else what the settings say.

    Raises:
        UnreadableFeed: not there, zero bytes, wrong encoding, ragged or cut-off rows, two counts that differ, the query
            failed, more than the budget, or whatever else a parser or driver stumbled over.
    """
    try:
        limits, layout, rows = budget or Budget.of(Settings()), layout or Layout(), 0
        for chunk in _read(feed, source, connect, census or SourceCensus(), layout, limits):
            limits.hold(feed, source.label, chunk, rows)
            refuse_second_header(feed, source.label, chunk, layout)
            rows += len(chunk.table)
            yield chunk
    except (CmfcError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever a parser or driver raises
        raise unreadable(feed, source, error) from None


def _read(
    feed: str, source: Source, connect: Connect | None, census: SourceCensus, layout: Layout, budget: Budget
) -> Iterator[Chunk]:
    # Each kind's libraries are loaded only where they are needed.
    if isinstance(source, SqlSource):
        from cmfc.ingest.readers.query import read_query

        if connect is None:
            message = f"{feed}: {source.label} is not set up here; name its address in the settings."
            raise UnreadableFeed(message)
        yield from read_query(feed, source, connect, census, layout)
        return
    _refuse_missing(feed, source)
    _refuse_other_kind(feed, source)
    _refuse_other_mark(feed, source)
    before = _state(source.path)
    census.record(bytes=source.path.stat().st_size)
    if _may_be_large(feed, source, budget):
        from cmfc.ingest.readers.apart import read_apart

        yield from read_apart(feed, source, census, layout, budget)
    else:
        yield from read_file(feed, source, census, layout, budget)
    if _state(source.path) != before:
        raise UnreadableFeed(f"{feed}: {source.label} changed while it was read; deliver it whole, then run again.")


def _may_be_large(feed: str, source: FileSource, budget: Budget) -> bool:
    """Whether a packed file might unpack to much; what it declares beyond the budget is refused at once."""
    if isinstance(source, XlsxSource):
        try:
            return budget.refuse_parts(feed, source.label, source.path) > _APART_FROM
        except zipfile.BadZipFile:
            return False  # the reader says what is wrong with it
    return isinstance(source, ParquetSource) and source.path.stat().st_size > _APART_FROM


def _state(path: Path) -> tuple[int, int, int]:
    """What differs once a file was written to, or another was put in its place."""
    now = path.stat()
    return now.st_ino, now.st_size, now.st_mtime_ns


def _refuse_missing(feed: str, source: FileSource) -> None:
    if not source.path.is_file():
        raise UnreadableFeed(f"{feed}: {source.label} is not there; deliver the file or correct its path.")
    if source.path.stat().st_size == 0:
        raise UnreadableFeed(f"{feed}: {source.label} is empty (0 bytes); deliver it again.")


def _refuse_other_kind(feed: str, source: FileSource) -> None:
    """A file that is no table of the mapping's kind, whatever its name says; its bytes are no records."""
    with source.path.open("rb") as file:
        first = file.read(256).lstrip(b"\xef\xbb\xbf \t\r\n")
    for begin, (kind, words) in _BEGINS.items():
        if kind != source.kind and begin in (first[: len(begin)], first[: len(begin)].lower()):
            why = f"{feed}: {source.label} is {words}, and no {source.kind} file"
            raise UnreadableFeed(f"{why}; deliver the table itself, or correct `kind` in the mapping.")


def _refuse_other_mark(feed: str, source: FileSource) -> None:
    """Text whose mark is that of another encoding than the mapping says: in one of one byte all would be read."""
    if not isinstance(source, CsvSource | TsvSource | FixedWidthSource):
        return
    with source.path.open("rb") as file:
        first = file.read(4)
    for mark, names in _MARKS.items():
        if first.startswith(mark) and not codecs.lookup(source.encoding).name.startswith(names):
            raise wrong_encoding(feed, source, ", row 1")
