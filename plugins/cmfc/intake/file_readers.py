"""Reads CSV, TSV, XLSX, Parquet and fixed-width files as chunks of text (spec 1)."""

import csv
import re
from collections.abc import Iterator
from datetime import datetime, time
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from cmfc.intake.native_text import text_of, text_of_array
from cmfc.intake.readers import ROWS_PER_CHUNK, Chunk, UnreadableFeed, chunk_of, refuse_twins
from cmfc.intake.sources import CsvSource, FileSource, FixedWidthSource, ParquetSource, TsvSource, XlsxSource

BLOCK_BYTES = 8 << 20


def refuse_missing(feed: str, source: FileSource) -> None:
    """A file must be there and hold something.

    Raises:
        UnreadableFeed: no such file, or zero bytes.
    """
    if not source.path.is_file():
        raise UnreadableFeed(f"{feed}: {source.shown} is not there; deliver the file or correct its path.")
    if source.path.stat().st_size == 0:
        raise UnreadableFeed(f"{feed}: {source.shown} is empty (0 bytes); deliver it again.")


def read_delimited(feed: str, source: CsvSource | TsvSource) -> Iterator[Chunk]:
    """Read CSV or TSV; every value stays text."""
    names = _header(feed, source)
    _refuse_open_quote(feed, source)
    ragged: list[str] = []

    def note(row: Any) -> str:
        ragged.append(f"row {row.number} has {row.actual_columns} columns instead of {row.expected_columns}")
        return "error"

    try:
        reader = pacsv.open_csv(
            source.path,
            # One thread, because only then does Arrow know the number of a bad row.
            pacsv.ReadOptions(use_threads=False, encoding=_arrow_encoding(source.encoding), block_size=BLOCK_BYTES),
            pacsv.ParseOptions(delimiter=source.delimiter, newlines_in_values=True, invalid_row_handler=note),
            pacsv.ConvertOptions(
                column_types={name: pa.string() for name in names}, strings_can_be_null=True, null_values=[""]
            ),
        )
        done = 1
        for batch in reader:
            table = pa.Table.from_batches([batch]).rename_columns([name.strip() for name in names])
            yield Chunk(pa.array(range(done + 1, done + len(table) + 1), pa.int64()), table)
            done += len(table)
        if done == 1:
            yield chunk_of([name.strip() for name in names], [], [])
    except UnicodeDecodeError:
        raise _wrong_encoding(feed, source, "") from None
    except pa.ArrowInvalid as error:
        if ragged:
            message = f"{feed}: {source.shown}, {ragged[0]}; it is cut off or a value holds an unquoted delimiter."
            raise UnreadableFeed(message) from None
        if "Empty CSV file" in str(error):  # a header alone, without a line end
            yield chunk_of([name.strip() for name in names], [], [])
            return
        # Arrow's message may quote the row: only its numbers are taken over.
        row, column = re.search(r"Row #(\d+)", str(error)), re.search(r"column #(\d+)", str(error))
        where = (f", row {row[1]}" if row else "") + (f", column {int(column[1]) + 1}" if column else "")
        if "UTF8" in str(error):
            raise _wrong_encoding(feed, source, where) from None
        raise UnreadableFeed(f"{feed}: {source.shown}{where} cannot be read; deliver the file again.") from None


def read_workbook(feed: str, source: XlsxSource) -> Iterator[Chunk]:
    """Read one sheet; blank rows are skipped but keep their number."""
    from openpyxl import load_workbook

    try:
        book = load_workbook(source.path, read_only=True, data_only=True)
    except Exception as error:
        message = f"{feed}: {source.shown} is not a readable workbook; save it as XLSX again."
        raise UnreadableFeed(message, type(error).__name__) from None
    if source.sheet is not None and source.sheet not in book.sheetnames:
        raise UnreadableFeed(f"{feed}: {source.shown} has no sheet {source.sheet!r}; correct `sheet` in the mapping.")
    sheet = book[source.sheet] if source.sheet is not None else book.worksheets[0]
    sheet.reset_dimensions()  # some exporters write the wrong ones, and rows beyond them would be lost
    lines = sheet.iter_rows(min_row=source.header_row)
    names = [text_of(cell.value) or "" for cell in next(lines, ())]
    while names and not names[-1].strip():
        names.pop()
    names = [name.strip() for name in names]
    refuse_twins(feed, source.shown, names)
    number, found = source.header_row + 1, False
    while block := [[_cell(cell) for cell in line[: len(names)]] for line in islice(lines, ROWS_PER_CHUNK)]:
        padded = [row + [None] * (len(names) - len(row)) for row in block]
        kept = [(number + i, row) for i, row in enumerate(padded) if any(row)]
        number += len(block)
        if kept:
            found = True
            yield chunk_of(names, [row for _, row in kept], [position for position, _ in kept])
    if not found:
        yield chunk_of(names, [], [])


def read_parquet(feed: str, source: ParquetSource) -> Iterator[Chunk]:
    """Read Parquet; typed values become text. The first record is row 2, as in files with a header."""
    try:
        with pq.ParquetFile(source.path) as file:
            names = [name.strip() for name in file.schema_arrow.names]
            refuse_twins(feed, source.shown, names)
            done = 1
            for batch in file.iter_batches(ROWS_PER_CHUNK):
                table = pa.table([text_of_array(column) for column in batch.columns], names=names)
                yield Chunk(pa.array(range(done + 1, done + len(table) + 1), pa.int64()), table)
                done += len(table)
            if done == 1:
                yield chunk_of(names, [], [])
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        message = f"{feed}: {source.shown} is not a readable Parquet file; deliver it again."
        raise UnreadableFeed(message, type(error).__name__) from None


def read_fixed_width(feed: str, source: FixedWidthSource) -> Iterator[Chunk]:
    """Read fixed-width lines; there is no header, so the first line is row 1."""
    names = [field.name for field in source.fields]
    refuse_twins(feed, source.shown, names)
    last_start = max(field.start for field in source.fields)
    width = max(field.start + field.width - 1 for field in source.fields)
    done = 0
    try:
        with source.path.open(encoding=source.encoding, newline="") as file:
            while block := list(islice(file, ROWS_PER_CHUNK)):
                for number, line in enumerate(block, done + 1):
                    bare = line.rstrip("\r\n")
                    # Trailing spaces may be stripped; a last line without its end is short because it was cut.
                    if bare and (len(bare) < last_start or (bare == line and len(bare) < width)):
                        message = f"{feed}: {source.shown}, row {number} is too short; the file is cut off."
                        raise UnreadableFeed(message)
                yield _fields(source, names, block, done)
                done += len(block)
    except UnicodeDecodeError:
        raise _wrong_encoding(feed, source, f", after row {done}") from None


def _fields(source: FixedWidthSource, names: list[str], block: list[str], done: int) -> Chunk:
    lines = pc.utf8_rtrim(pa.array(block, pa.string()), characters="\r\n")
    filled = pc.not_equal(lines, "")
    starts = [(field.start - 1, field.start - 1 + field.width) for field in source.fields]
    columns = [pc.utf8_slice_codeunits(lines, start, stop) for start, stop in starts]
    rows = pa.array(range(done + 1, done + len(block) + 1), pa.int64())
    return Chunk(rows.filter(filled), pa.table(columns, names=names).filter(filled))


def _cell(cell: Any) -> str | None:
    value = cell.value
    # A workbook keeps a date as midnight: only the cell's format tells whether a clock time was meant.
    if isinstance(value, datetime) and value.time() == time.min and "h" not in (cell.number_format or "").lower():
        value = value.date()
    return text_of(value)


def _header(feed: str, source: CsvSource | TsvSource) -> list[str]:
    try:
        with source.path.open(encoding=_python_encoding(source.encoding), newline="") as file:
            names = next(csv.reader(file, delimiter=source.delimiter), [])
    except (UnicodeError, csv.Error, LookupError):
        raise _wrong_encoding(feed, source, ", row 1") from None
    refuse_twins(feed, source.shown, [name.strip() for name in names])
    return names


def _refuse_open_quote(feed: str, source: CsvSource | TsvSource) -> None:
    """A quote that is never closed would swallow the rows after it without a word."""
    with source.path.open("rb") as raw:
        quotes = sum(block.count(b'"') for block in iter(lambda: raw.read(BLOCK_BYTES), b""))
    if quotes % 2 == 0:
        return
    row = 0
    try:
        with source.path.open(encoding=_python_encoding(source.encoding), newline="") as file:
            for _ in csv.reader(file, delimiter=source.delimiter, strict=True):
                row += 1
    except csv.Error:
        message = f"{feed}: {source.shown}, row {row + 1} opens a quote that is not closed; the file is cut off."
        raise UnreadableFeed(message) from None
    except UnicodeError:
        raise _wrong_encoding(feed, source, f", after row {row}") from None


def _wrong_encoding(feed: str, source: CsvSource | TsvSource | FixedWidthSource, where: str) -> UnreadableFeed:
    return UnreadableFeed(
        f"{feed}: {source.shown}{where} is not {source.encoding} text; set `encoding` in the mapping or save it again."
    )


def _python_encoding(encoding: str) -> str:
    return "utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding


def _arrow_encoding(encoding: str) -> str:
    # The exact spelling lets Arrow skip the recoding.
    return "utf8" if encoding.lower() in ("utf-8", "utf8", "utf-8-sig") else encoding
