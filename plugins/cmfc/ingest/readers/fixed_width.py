"""Reads fixed-width records (spec 1): lines, or records of one length that follow each other without line ends."""

import codecs
import re
from collections.abc import Iterator, Sequence
from itertools import islice

import pyarrow as pa
import pyarrow.compute as pc

from cmfc.ingest.readers.census import SourceCensus
from cmfc.ingest.readers.chunk import ROWS_PER_CHUNK, Chunk, Layout, UnreadableFeed, columns_of, counts_differ
from cmfc.ingest.readers.plain_text import normal_lines, utf8_blocks, wrong_encoding
from cmfc.ingest.sources import FixedWidthSource
from cmfc.ingest.text import UNREADABLE, text_array

_END_MARK = "\x1a"
_BLANK = " \t\0"
"""Stands between fields and is no data."""


def read_fixed_width(feed: str, source: FixedWidthSource, census: SourceCensus, layout: Layout) -> Iterator[Chunk]:
    """Read fixed-width records; there is no header of names, so the first line is row 1.

    Raises:
        UnreadableFeed: a line that is longer or shorter than the fields, or holds data where no field is; a trailer
            that is missing or counts otherwise; a header or trailer that is a record.
    """
    columns = columns_of(feed, source.label, [field.name for field in source.fields], layout)
    names = list(columns.names)
    lines = _Lines(feed, source, census, layout, names)
    records = 0
    try:
        numbered = lines.records()
        while block := list(islice(numbered, ROWS_PER_CHUNK)):
            yield Chunk(
                pa.array([row for row, _ in block], pa.int64()), _fields(source, names, [line for _, line in block])
            )
            records += len(block)
        census.record(records=records, records_counted_apart=_count_apart(source, lines.blank))
    except UnicodeDecodeError:
        raise wrong_encoding(feed, source, f", after row {lines.row}") from None
    counts_differ(feed, source.label, census)
    if not records:
        yield columns.nothing()


class _Lines:
    """The lines of one file: records, a header, a trailer, blank ones."""

    def __init__(
        self, feed: str, source: FixedWidthSource, census: SourceCensus, layout: Layout, names: Sequence[str]
    ) -> None:
        self.source, self.census, self.label, self.row = source, census, f"{feed}: {source.label}", 0
        self.layout, self.names = layout, names
        self.gaps = source.gaps
        self.mark = _mark(source)
        self.first_short: int | None = None
        self.has_padding = False
        self.blank = 0
        self.ends_like_records: dict[str, int] = {}
        """By `header` and `trailer`: the row that was taken for it and is written like a record."""
        self.fit_records: set[str] = set()
        """`header` and `trailer`, where the pattern fits a record."""

    def records(self) -> Iterator[tuple[int, str]]:
        """Each record with its row, one behind: only at the end is it known which line is the last."""
        line_before: str | None = None
        records = 0
        for line in self._raw():
            if line_before is not None and (whole := self._record(line_before)) is not None:
                records += 1
                self._note_record(whole)
                yield self.row, whole
            line_before = line
            self.row += 1
            if self.row == 1 and self.source.header is not None:
                self._expect(self.source.header, line_before, "header", "the first")
                self._note_end("header", line_before)
                self.census.add("lines_header", 1)
                line_before = None
        if self.source.trailer is not None:
            fit = self._expect(self.source.trailer, line_before or "", "trailer", "the last")
            self.census.add("lines_trailer", 1)
            self._compare(fit, line_before or "", records)
            self._note_end("trailer", line_before or "")
        elif line_before is not None and (whole := self._record(line_before, is_last=True)) is not None:
            self._note_record(whole)
            yield self.row, whole
        for what, row in self.ends_like_records.items():
            if what in self.fit_records:
                raise self._refuse(row, f"may be a record: `{what}` fits records too; write it so that it fits none")
        if self.first_short is not None and self.has_padding:
            raise self._refuse(self.first_short, "is shorter than others; are widths in bytes? Then say `widths_in`")

    def _raw(self) -> Iterator[str]:
        """Lines with their ends, or records of one length; blank ones at the end of the file left out.

        A byte-order mark, or the end mark of a part before it, shifts no field.
        """
        encoding = "latin-1" if self.source.widths_in == "bytes" else self.source.encoding
        blank: list[str] = []
        with self.source.path.open(encoding=encoding, newline="") as file:
            length = self.source.record_length
            if file.read(len(self.mark)) != self.mark:
                file.seek(0)
            for line in file if length is None else iter(lambda: file.read(length), ""):
                blank.append(line if length is not None else line.lstrip(_END_MARK).removeprefix(self.mark))
                if line.strip(" \r\n\0" + _END_MARK):
                    yield from blank
                    blank.clear()
        self.census.add("lines_blank", len(blank))

    def _record(self, line: str, is_last: bool = False) -> str | None:
        """A record's text, or None for a blank line."""
        source, bare = self.source, line.rstrip("\r\n" + _END_MARK) if self.source.record_length is None else line
        if not bare.strip():
            self.blank += 1
            self.census.add("lines_blank", 1)
            return None
        if len(bare.rstrip()) > source.width:
            hint = "; make a field of what follows and map it or name it in `ignore`"
            if source.record_length is None:
                hint += "; if records follow each other without line ends, say record_length"
            raise self._refuse(self.row, f"is longer than the fields, which end at {source.width}{hint}")
        if source.record_length is not None:
            if len(line) < source.record_length:
                raise self._refuse(self.row, "is shorter than record_length; the file is cut off")
            self._refuse_shifted(bare)
            self._refuse_uncovered(bare)
            return bare
        if len(bare) < source.width:
            # Trailing spaces may have been taken off; a last line without its end is short because it was cut.
            too_short = not source.trimmed and len(bare) < max(field.start for field in source.fields)
            if too_short or (is_last and bare == line):
                raise self._refuse(self.row, "is too short; the file is cut off")
            self.first_short = self.row if self.first_short is None else self.first_short
        elif bare.endswith(" "):
            self.has_padding = True
        self._refuse_uncovered(bare)
        return bare

    def _refuse_shifted(self, record: str) -> None:
        """Refuse a record in which stands what is no part of one: all that follows it is shifted."""
        if "\n" in record.rstrip() or "\r" in record.rstrip():
            raise self._refuse(self.row, "has a line end inside; record_length is wrong")
        if self.mark in record:
            raise self._refuse(self.row, "holds a byte-order mark; deliver the parts of the file one by one")

    def _note_record(self, record: str) -> None:
        for what, pattern in (("header", self.source.header), ("trailer", self.source.trailer)):
            if pattern is not None and re.match(pattern, record) and self._is_record(record):
                self.fit_records.add(what)

    def _note_end(self, what: str, line: str) -> None:
        if self._is_record(line):
            self.ends_like_records[what] = self.row

    def _is_record(self, line: str) -> bool:
        """Whether a line may be a record, one that cannot be used too."""
        fields = [line[field.start - 1 : field.start - 1 + field.width] for field in self.source.fields]
        return self.layout.may_be_record(self.names, fields)

    def _refuse_uncovered(self, bare: str) -> None:
        """Data where no field is: of a field that is too narrow, what is left may be another record's value."""
        for start, end in self.gaps:
            if bare[start - 1 : end].strip(_BLANK):
                where = f"position {start}" if start == end else f"positions {start} to {end}"
                why = f"holds data in {where}, where no field is; correct `start` and `width` of the fields beside it"
                raise self._refuse(self.row, f"{why}, or make a field of it and name that in `ignore`")

    def _expect(self, pattern: str, line: str, what: str, which: str) -> re.Match[str]:
        fit = re.match(pattern, line.rstrip("\r\n" + _END_MARK))
        if fit is None:
            message = f"{self.label}, row {self.row}: {which} line is not the {what} that the mapping describes."
            raise UnreadableFeed(f"{message} The file is cut off, or `{what}` is wrong.")
        return fit

    def _compare(self, fit: re.Match[str], line: str, records: int) -> None:
        place = self.source.trailer_count
        if place is not None:
            count: str | None = line[place.start - 1 : place.start - 1 + place.width]
        elif "count" in fit.re.groupindex:
            count = fit["count"]
        else:
            return
        if not count or not count.strip().isdecimal():
            raise UnreadableFeed(f"{self.label}, row {self.row}: the trailer's count of records is not a number.")
        if int(count) != records:
            message = f"{self.label}, row {self.row}: the trailer counts {int(count)} records and {records} are there"
            raise UnreadableFeed(f"{message}; deliver the file again.")

    def _refuse(self, row: int, why: str) -> UnreadableFeed:
        return UnreadableFeed(f"{self.label}, row {row} {why}.")


def _count_apart(source: FixedWidthSource, blank: int) -> int:
    """The records by the file's bytes: what is not blank, header and trailer apart; records of one length may be."""
    apart = int(source.header is not None) + int(source.trailer is not None)
    blocks = utf8_blocks(source.path, "latin-1" if source.widths_in == "bytes" else source.encoding)
    if source.record_length is not None:
        return _count_of_one_length(blocks, source.record_length, _mark(source)) - apart - blank
    lines, rest = 0, b""
    for block in normal_lines(blocks):
        *whole, rest = (rest + block).split(b"\n")
        lines += sum(1 for line in whole if line.strip(b" \0\x1a"))
    return lines + bool(rest.strip(b" \0\x1a")) - apart


def _count_of_one_length(blocks: Iterator[bytes], length: int, mark: str) -> int:
    text = b"".join(blocks).removeprefix(mark.encode())
    signs = len(text) if text.isascii() else len(text.decode())
    blank = len(text) - len(text.rstrip(b" \r\n\0\x1a"))
    return -(-(signs - blank) // length)


def _fields(source: FixedWidthSource, names: list[str], block: list[str]) -> pa.Table:
    lines = text_array(block)
    in_bytes = source.widths_in == "bytes" and not all(map(str.isascii, block))
    columns = []
    for field in source.fields:
        values = pc.utf8_slice_codeunits(lines, field.start - 1, field.start - 1 + field.width)
        columns.append(_decoded(values, source.encoding) if in_bytes else values)
    return pa.table(columns, names=names)


def _decoded(values: pa.Array, encoding: str) -> pa.Array:
    """Bytes that were read one sign each, in their encoding; one that was cut in two costs its cell."""

    def decode(text: str) -> str:
        try:
            return text if text.isascii() else text.encode("latin-1").decode(encoding)
        except UnicodeDecodeError:
            return UNREADABLE

    return text_array([decode(text) for text in values.to_pylist()])


def _mark(source: FixedWidthSource) -> str:
    """A byte-order mark as the file is read; only in UTF-8 is it read byte by byte."""
    is_utf8 = codecs.lookup(source.encoding).name in ("utf-8", "utf-8-sig")
    return "\ufeff".encode().decode("latin-1") if source.widths_in == "bytes" and is_utf8 else "\ufeff"
