"""The head and foot of delimited text: what is no record and stands before or after the records (spec 1)."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass

from cmfc.ingest.headers import delimiter_sentence
from cmfc.ingest.readers.chunk import Columns, Layout, UnreadableFeed, columns_of
from cmfc.ingest.readers.plain_text import BLOCK_BYTES, utf8_blocks, wrong_encoding
from cmfc.ingest.sources import CsvSource, TsvSource

_SEPARATOR = re.compile(rb'"?sep=([\x20-\x7e\t])"?[\r\n]*', re.IGNORECASE)
_END_MARK = re.compile(rb"\x1a[\x1a\r\n\0 \t]*\Z")
_FOOT_BYTES = 64 << 10
"""The end of a file in which a footer and an end mark are looked for."""


@dataclass(frozen=True)
class Head:
    """What stands before the records.

    Attributes:
        columns: the columns of the header.
        delimiter: between fields; `sep=;` in the first line says it.
        length: how long the head is, in bytes of UTF-8.
        row: the header's row; a `sep=` line does not count, as spreadsheets do not show it.
        is_open: the header has no line end.
    """

    columns: Columns
    delimiter: str
    length: int
    row: int
    is_open: bool

    def fields(self, line: bytes) -> list[str]:
        """A line's fields, taken alone."""
        try:
            return next(csv.reader([line.decode(errors="replace")], delimiter=self.delimiter), [])
        except csv.Error:
            return []


@dataclass
class Foot:
    """What stands after the records, known when the last block was given."""

    lines: tuple[bytes, ...] = ()
    has_end_mark: bool = False
    is_open: bool = False


def read_head(feed: str, source: CsvSource | TsvSource, layout: Layout) -> Head:
    """Read up to the header, which is the first line from `header_row` on that is not blank.

    Raises:
        UnreadableFeed: there is none, or it cannot be read.
    """
    lines, row, done, delimiter = _lines(source), 1, 0, source.delimiter
    try:
        line = next(lines, b"")
        if separator := _SEPARATOR.fullmatch(line):
            delimiter, done, line = separator[1].decode(), len(line), next(lines, b"")
        while line and (row < source.header_row or not line.strip(b" \t\r\n" + delimiter.encode())):
            row, done, line = row + 1, done + len(line), next(lines, b"")
        if not line:
            raise UnreadableFeed(f"{feed}: {source.label} ends before its header; deliver it again.")
        if line.count(b"\0") > len(line) // 3:  # UTF-16 that was read as signs of one byte
            raise wrong_encoding(feed, source, f", row {row}")
        own = [line]
        reader = csv.reader(_noted(line, lines, own), delimiter=delimiter, strict=True)
        names = next(reader)
    except (UnicodeError, LookupError):
        raise wrong_encoding(feed, source, f", row {row}") from None
    except csv.Error:
        message = f"{feed}: {source.label}, row {row} is the header and opens a quote that is not closed"
        why = delimiter_sentence(line.decode(errors="replace"), layout.columns, delimiter)
        raise UnreadableFeed(f"{message}; {why}." if why else f"{message}.") from None
    if any(delimiter in name and "\n" in name.replace("\r", "\n") for name in names):
        raise UnreadableFeed(
            f"{feed}: {source.label}, row {row}: a name in the header holds whole lines; a quote is open."
        )
    columns = columns_of(feed, source.label, names, layout)
    return Head(columns, delimiter, done + sum(map(len, own)), row, not own[-1].endswith((b"\n", b"\r")))


def record_blocks(source: CsvSource | TsvSource, head: Head, foot: Foot, verify: bool = False) -> Iterator[bytes]:
    """The bytes of the records alone; `foot` is filled in at the end.

    Raises:
        UnicodeDecodeError: not the encoding, after all the text before the fault has been given.
    """
    to_skip, tail = head.length, b""
    try:
        for block in utf8_blocks(source.path, source.encoding, BLOCK_BYTES, verify):
            cut = min(to_skip, len(block))
            to_skip -= cut
            tail += block[cut:]
            if len(tail) > _FOOT_BYTES:
                yield tail[:-_FOOT_BYTES]
                tail = tail[-_FOOT_BYTES:]
    except UnicodeDecodeError:
        yield tail
        raise
    body = _END_MARK.sub(b"", tail, count=1)
    foot.has_end_mark = body != tail
    foot.is_open = bool(body) and not foot.has_end_mark and not body.endswith((b"\n", b"\r"))
    lines = body.splitlines(keepends=True)
    footer: list[bytes] = []
    while lines and len(footer) < source.skip_footer:
        line = lines.pop()
        if line.strip(b' \t\r\n"' + head.delimiter.encode()):
            footer.append(line)
    foot.lines = tuple(footer)
    if rest := b"".join(lines):
        yield rest


def _lines(source: CsvSource | TsvSource) -> Iterator[bytes]:
    rest = b""
    for block in utf8_blocks(source.path, source.encoding, size=64 << 10):
        lines = (rest + block).splitlines(keepends=True)
        rest = lines.pop()  # its end may be in the next block
        yield from lines
    if rest:
        yield rest


def _noted(first: bytes, lines: Iterator[bytes], own: list[bytes]) -> Iterator[str]:
    yield first.decode()
    for line in lines:
        own.append(line)
        yield line.decode()
