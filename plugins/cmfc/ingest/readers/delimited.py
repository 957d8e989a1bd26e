"""Reads CSV and TSV (spec 1). Every value stays text; the records are counted twice."""

import io
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from cmfc.ingest.readers.census import SourceCensus
from cmfc.ingest.readers.chunk import Chunk, Layout, UnreadableFeed, counts_differ
from cmfc.ingest.readers.head import Foot, Head, read_head, record_blocks
from cmfc.ingest.readers.plain_text import BLOCK_BYTES, wrong_encoding
from cmfc.ingest.readers.quoting import LongRecord, Positions, Records, StrayQuote, SwallowedRecord, row_numbers
from cmfc.ingest.sources import CsvSource, TsvSource


def read_delimited(feed: str, source: CsvSource | TsvSource, census: SourceCensus, layout: Layout) -> Iterator[Chunk]:
    """Read CSV or TSV.

    Raises:
        UnreadableFeed: a quote that swallows records, a ragged or cut-off row, the wrong encoding.
    """
    head = read_head(feed, source, layout)
    records = _count(feed, source, head, census, layout)
    done, is_empty = 0, True
    skipped: list[int] = []
    last = _LastField() if "last_line_open" in census.counts and not source.last_line_may_be_open else None
    if records.rows > len(records.blanks()):
        for table in _tables(feed, source, head, records, skipped):
            if last is not None:
                last.note(table.columns[-1])
            rows = head.row + 1 + _rows_of(np.arange(done, done + len(table)), skipped, records)
            done += len(table)
            keep = _filled(table)
            named = head.columns.table(table.columns, census)
            if keep is not None:
                census.add("lines_blank", len(table) - len(keep))
                named, rows = named.take(keep), rows[keep.to_numpy()]
            if len(named):
                is_empty = False
                yield Chunk(pa.array(rows, pa.int64()), named)
    census.add("lines_blank", len(skipped) + len(records.blanks()))
    census.record(records=done + len(skipped), records_counted_apart=records.rows - len(records.blanks()))
    counts_differ(feed, source.label, census)
    if last is not None and head.is_open:
        message = f"{feed}: {source.label}, row {head.row} is the header and has no line end; the file is cut off."
        raise UnreadableFeed(message)
    if last is not None and last.looks_cut:
        message = f"{feed}: {source.label}, row {head.row + records.rows} is the last and has no line end, and its last"
        message += " value looks like none before it; it may be cut off."
        raise UnreadableFeed(f"{message} If this file always ends so, say `last_line_may_be_open` in the mapping.")
    if is_empty:
        yield head.columns.nothing()


def _count(feed: str, source: CsvSource | TsvSource, head: Head, census: SourceCensus, layout: Layout) -> Records:
    """The records by their bytes, and all the refusals that bytes alone give."""
    names, foot, label = head.columns.names, Foot(), f"{feed}: {source.label}"

    def is_record(line: bytes) -> bool:
        return line.count(head.delimiter.encode()) >= len(names) - 1 and layout.is_record(names, head.fields(line))

    records = Records(head.delimiter, is_record)
    first = head.row + 1
    try:
        records.count(record_blocks(source, head, foot))
    except StrayQuote as fault:
        why = "the file is cut off" if fault.is_at_end else "the rows after it would be lost"
        raise UnreadableFeed(f"{label}, row {first + fault.row} opens a quote that is not closed; {why}.") from None
    except LongRecord as fault:
        message = f"{label}, row {first + fault.row} is longer than {BLOCK_BYTES >> 20} MiB, and no record of ours is; "
        message += "a quote in it is not closed, or " if fault.is_quoted else ""
        raise UnreadableFeed(f"{message}a value must be shortened or its column left out of the extract.") from None
    except SwallowedRecord as fault:
        message = f"{label}, row {first + fault.row} holds a quoted value with whole records in it; a quote is astray."
        raise UnreadableFeed(message) from None
    except UnicodeError:
        raise wrong_encoding(feed, source, f", row {first + records.rows}") from None
    if any(layout.may_be_record(names, head.fields(line)) for line in foot.lines):
        raise UnreadableFeed(
            f"{label}, row {first + records.rows}: the last lines are records, not a footer; correct `skip_footer`."
        )
    if len(foot.lines) < source.skip_footer:
        raise UnreadableFeed(f"{label} ends without its {source.skip_footer} footer lines; it is cut off.")
    if foot.lines and foot.is_open and not source.last_line_may_be_open:
        last = first + records.rows + len(foot.lines) - 1
        message = f"{label}, row {last} is the last and has no line end; it may be no footer but a record that was cut"
        message += " off. If this file always ends so, say `last_line_may_be_open` in the mapping."
        raise UnreadableFeed(message)
    census.add("last_line_open", int(head.is_open or foot.is_open))
    census.add("lines_before_header", head.row - 1)
    census.add("lines_footer", len(foot.lines))
    census.add("lines_in_values", records.lines_in_values)
    census.add("end_marks", int(foot.has_end_mark))
    return records


def _tables(
    feed: str, source: CsvSource | TsvSource, head: Head, records: Records, skipped: list[int]
) -> Iterator[Any]:
    """The records as Arrow reads them; those of delimiters alone with too many or too few are skipped and noted."""
    names = [str(at) for at in range(len(head.columns.names))]
    dressing = f" \t{head.delimiter}"
    ragged: list[str] = []

    def note(row: Any) -> str:
        if not row.text.strip(dressing):
            skipped.append(row.number - 1)
            return "skip"
        number = _row_of(head, records, row.number - 1)
        ragged.append(f"row {number} has {row.actual_columns} columns instead of {row.expected_columns}")
        return "error"

    try:
        yield from pacsv.open_csv(
            _File(record_blocks(source, head, Foot())),
            # One thread, because only then does Arrow know the number of a bad row.
            pacsv.ReadOptions(use_threads=False, block_size=BLOCK_BYTES, column_names=names),
            pacsv.ParseOptions(delimiter=head.delimiter, newlines_in_values=True, invalid_row_handler=note),
            pacsv.ConvertOptions(
                column_types={name: pa.string() for name in names}, strings_can_be_null=True, null_values=[""]
            ),
        )
    except pa.ArrowInvalid as error:
        if ragged:
            message = f"{feed}: {source.label}, {ragged[0]}; it is cut off, or a value holds an"
            message += " unquoted delimiter, or it is no record (`skip_footer`)."
            raise UnreadableFeed(message) from None
        # Arrow's message may quote the row: only its numbers are taken over.
        row, column = re.search(r"Row #(\d+)", str(error)), re.search(r"column #(\d+)", str(error))
        where = f", row {_row_of(head, records, int(row[1]) - 1)}" if row else ""
        where += f", column {int(column[1]) + 1}" if column else ""
        if "UTF8" in str(error):
            raise wrong_encoding(feed, source, where or _undecodable(source, head)) from None
        raise UnreadableFeed(f"{feed}: {source.label}{where} cannot be read; deliver the file again.") from None


def _undecodable(source: CsvSource | TsvSource, head: Head) -> str:
    """Where the first bytes stand that are not UTF-8."""
    records = Records(head.delimiter, lambda _: False)
    try:
        records.count(record_blocks(source, head, Foot(), verify=True))
    except UnicodeDecodeError:
        return f", row {head.row + 1 + records.rows}"
    return ""


def _rows_of(done: Positions, skipped: list[int], records: Records) -> Positions:
    """Places among the tables' rows as places among all records and blank lines."""
    return row_numbers(row_numbers(done, np.array(skipped, np.int64)), records.blanks())


def _row_of(head: Head, records: Records, place: int) -> int:
    return head.row + 1 + int(row_numbers(np.array([place]), records.blanks())[0])


def _filled(table: Any) -> Any:
    """The places of the rows that hold anything, or None when all do."""
    empty = np.arange(len(table))
    for column in table.columns:
        values = column.take(pa.array(empty)) if len(empty) < len(table) else column
        is_empty = pc.fill_null(pc.equal(pc.utf8_trim_whitespace(values), ""), True)
        empty = empty[is_empty.to_numpy(zero_copy_only=False)]
        if not len(empty):
            return None
    return pa.array(np.delete(np.arange(len(table)), empty))


class _LastField:
    """The last value of a file that does not end its last line: whether it was cut there.

    Nobody can tell a short value from one that was cut, but one that is written like another of its column is no worse
    for it: the same digits, letters and signs in the same places.
    """

    def __init__(self) -> None:
        self.shapes: set[str] = set()
        self.last: str | None = None

    def note(self, values: Any) -> None:
        """Follows the column, table by table."""
        shapes = pc.replace_substring_regex(pc.fill_null(values, ""), pattern=r"\d", replacement="9")
        shapes = pc.replace_substring_regex(shapes, pattern=r"\pL", replacement="a").to_pylist()
        if shapes:
            self.shapes.update([*shapes[:-1], *([] if self.last is None else [self.last])])
            self.last = shapes[-1]

    @property
    def looks_cut(self) -> bool:
        """Whether the last value is none like the others; an empty one too may have lost what it had."""
        return self.last is not None and self.last not in self.shapes


class _File(io.RawIOBase):
    """Blocks of bytes as a file that Arrow can read."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self.blocks, self.rest = blocks, b""

    def readable(self) -> bool:
        """It can be read."""
        return True

    def read(self, size: int = BLOCK_BYTES) -> bytes:
        """`size` bytes, or what is left: Arrow refuses a record that is longer than two pieces."""
        while len(self.rest) <= size and (block := next(self.blocks, None)) is not None:
            self.rest += block
        cut = min(size, len(self.rest))
        if cut > 1 and self.rest[cut - 1 : cut] == b"\r":
            cut -= 1  # Arrow loses the LF of a CR LF that is in two blocks, inside a quoted value
        piece, self.rest = self.rest[:cut], self.rest[cut:]
        return piece
