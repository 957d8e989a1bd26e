"""Reads sheets of a workbook (spec 1). Every visible sheet with data is read, or named as no records, or refused."""

import io
import re
import warnings
from collections.abc import Iterator
from datetime import datetime, time
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from cmfc.errors import CmfcError
from cmfc.ingest.readers.census import SourceCensus
from cmfc.ingest.readers.chunk import (
    ROWS_PER_CHUNK,
    Chunk,
    Columns,
    Layout,
    UnreadableFeed,
    chunk_of,
    columns_of,
    counts_differ,
)
from cmfc.ingest.readers.workbook_parts import Sheet, SheetCount, count_sheet, open_workbook, sheets_of
from cmfc.ingest.sources import XlsxSource
from cmfc.ingest.text import UNREADABLE, rounded_text, text_of


def read_workbook(feed: str, source: XlsxSource, census: SourceCensus, layout: Layout) -> Iterator[Chunk]:
    """Read one sheet or several, one after the other; blank rows are skipped but keep their number.

    With several sheets, the rows of each are numbered on from the last row of the one before; the census says from
    which number (`rows_before_sheet_<position>`).

    Raises:
        UnreadableFeed: damaged, a sheet is missing or was not named, sheets of different columns.
    """
    try:
        file = open_workbook(source.path)
        sheets = sheets_of(file)
        counts = {sheet.position: count_sheet(file, sheet) for sheet in sheets}
    except Exception as error:  # noqa: BLE001 - a damaged workbook fails in many ways
        raise _unreadable(feed, source, error) from None
    chosen = _chosen(feed, source, sheets, counts, census)
    census.record(records=0, records_counted_apart=0, cells=0, cells_counted_apart=0)
    with _stream(file) as stream:
        try:
            book = _load(stream)
        except Exception as error:  # noqa: BLE001 - as above
            raise _unreadable(feed, source, error) from None
        yield from _read_sheets(
            feed, source, book, [(sheet, counts[sheet.position]) for sheet in chosen], census, layout
        )


def _read_sheets(
    feed: str,
    source: XlsxSource,
    book: Any,
    sheets: list[tuple[Sheet, SheetCount]],
    census: SourceCensus,
    layout: Layout,
) -> Iterator[Chunk]:
    columns: Columns | None = None
    before, is_empty = 0, True
    for sheet, count in sheets:
        reader = _SheetReader(feed, source, sheet, count, census)
        lines = reader.lines(book[sheet.name])
        columns = reader.columns(lines, layout, columns)
        if before:
            census.record(**{f"rows_before_sheet_{sheet.position}": before})
        for numbers, rows in reader.records(lines, columns):
            is_empty = False
            names = [columns.names[at] for at in columns.named]
            yield chunk_of(names, rows, [before + number for number in numbers], sheet.position)
        reader.compare()
        before += count.last_row
    assert columns is not None
    if is_empty:
        yield columns.nothing()


def _chosen(
    feed: str, source: XlsxSource, sheets: list[Sheet], counts: dict[int, SheetCount], census: SourceCensus
) -> list[Sheet]:
    """The sheets to read, in the order in which they are named or stand."""
    label, by_name = f"{feed}: {source.label}", {sheet.name: sheet for sheet in sheets}
    with_data = [sheet for sheet in sheets if counts[sheet.position].cells or counts[sheet.position].valueless]
    visible = [sheet for sheet in with_data if sheet.is_visible and sheet.name not in source.ignore_sheets]
    names = (source.sheet,) if source.sheet is not None else source.sheets
    if names:
        chosen = [_sheet_named(name, by_name, label) for name in names]
    elif source.sheet_pattern is not None:
        chosen = [s for s in sheets if s.is_visible and s.part and re.fullmatch(source.sheet_pattern, s.name)]
        if not chosen:
            raise UnreadableFeed(f"{label} has no sheet that fits `sheet_pattern`; correct it in the mapping.")
    elif len(visible) > 1:
        places = " and ".join(str(sheet.position) for sheet in visible)
        message = f"{label} has several sheets with data ({places}); name those to read (`sheet`, `sheets`,"
        raise UnreadableFeed(f"{message} `sheet_pattern`) and those to leave (`ignore_sheets`) in the mapping.")
    elif visible:
        chosen = visible
    elif any(not sheet.is_visible for sheet in with_data):
        raise UnreadableFeed(f"{label} holds data only in hidden sheets; name the sheet in the mapping.")
    else:
        chosen = [s for s in sheets if s.is_visible and s.part and s.name not in source.ignore_sheets][:1]
        if not chosen:
            raise UnreadableFeed(f"{label} has no visible sheet to read; name the sheet in the mapping.")
    if others := [sheet for sheet in visible if sheet not in chosen]:
        message = f"{label}: sheet {others[0].position} holds data and is neither read nor in `ignore_sheets`; name it"
        raise UnreadableFeed(f"{message} in the mapping.")
    census.add("sheets_read", len(chosen))
    census.add("sheets_ignored", sum(s.is_visible and s.name in source.ignore_sheets for s in with_data))
    census.add("sheets_hidden", sum(not s.is_visible and s not in chosen for s in with_data))
    return chosen


def _sheet_named(name: str, by_name: dict[str, Sheet], label: str) -> Sheet:
    if name not in by_name:
        raise UnreadableFeed(f"{label} has no sheet {name!r}; correct `sheet` in the mapping.")
    if not by_name[name].part:
        raise UnreadableFeed(f"{label}: the sheet {name!r} is a chart; correct `sheet` in the mapping.")
    return by_name[name]


class _SheetReader:
    """Reads one sheet and counts what it gives."""

    def __init__(self, feed: str, source: XlsxSource, sheet: Sheet, count: SheetCount, census: SourceCensus) -> None:
        self.feed, self.source, self.sheet, self.count, self.census = feed, source, sheet, count, census
        self.number = self.rows = self.cells = self.before = 0

    def lines(self, sheet: Any) -> Iterator[list[str | None]]:
        """Every row as text, as long as it is."""
        sheet.reset_dimensions()  # some exporters write the wrong ones, and rows beyond them would be lost
        lines = sheet.iter_rows()
        while True:
            try:
                line = next(lines, None)
                texts = None if line is None else self._texts(line)
            except CmfcError:
                raise
            except Exception as error:  # noqa: BLE001 - as above
                message = f"{self.feed}: {self._label}, row {self.number} cannot be read; save the workbook anew."
                raise UnreadableFeed(message, type(error).__name__) from None
            if texts is None:
                return
            yield texts

    def columns(self, lines: Iterator[list[str | None]], layout: Layout, first: Columns | None) -> Columns:
        """The columns of the header; those of another sheet are the same in the same order, or it is refused."""
        header = next((list(line) for line in islice(lines, self.source.header_row - 1, None)), [])
        own = columns_of(self.feed, self._label, [text or "" for text in header], layout)
        if first is not None and [n for n in own.names if n] != [n for n in first.names if n]:
            message = f"{self.feed}: {self._label} has other columns than the sheet before it; make them alike."
            raise UnreadableFeed(message)
        self.before = self.rows
        return own

    def records(
        self, lines: Iterator[list[str | None]], columns: Columns
    ) -> Iterator[tuple[list[int], list[list[str | None]]]]:
        """Rows that hold anything, with their numbers."""
        width, named = len(columns.names), columns.named
        unnamed = [at for at in range(width) if not columns.names[at]]
        numbers: list[int] = []
        rows: list[list[str | None]] = []
        for line in lines:
            if not any(text and text.strip() for text in line):
                self.census.add("lines_blank", int(any(text is not None for text in line)))
                continue
            line += [None] * (width - len(line))
            for at in (*unnamed, *range(width, len(line))):
                if (line[at] or "").strip():
                    self.census.unnamed.add(at + 1)
            numbers.append(self.number)
            rows.append([line[at] for at in named])
            if len(rows) == ROWS_PER_CHUNK:
                yield numbers, rows
                numbers, rows = [], []
        if rows:
            yield numbers, rows

    def compare(self) -> None:
        """Hold what was read against the sheet's XML.

        Raises:
            UnreadableFeed: the counts differ.
        """
        counts = self.census.counts
        counts["records"] += self.rows - self.before
        counts["records_counted_apart"] += self.count.rows - self.before
        counts["cells"] += self.cells
        counts["cells_counted_apart"] += self.count.cells
        counts_differ(self.feed, self._label, self.census)
        if counts["cells"] != counts["cells_counted_apart"]:
            message = f"{self.feed}: {self._label} was read as {self.cells} cells and holds {self.count.cells}"
            raise UnreadableFeed(f"{message}; save the workbook anew.")

    def _texts(self, line: Any) -> list[str | None]:
        self.number += 1
        texts = [_text(cell) for cell in line]
        self.cells += len(texts) - texts.count(None)
        for column in self.count.valueless.get(self.number, ()):
            texts += [None] * (column - len(texts))
            texts[column - 1] = UNREADABLE
            self.census.add("formulas_without_value", 1)
        self.rows += any(text is not None for text in texts)
        return texts

    @property
    def _label(self) -> str:
        """The sheet by its place: its name may be a person's, and is shown only where the mapping says it."""
        mapped = {self.source.sheet, *self.source.sheets}
        return f"{self.source.label}, sheet {self.sheet.name!r}" if self.sheet.name in mapped else self._place

    @property
    def _place(self) -> str:
        return self.source.label if self.sheet.position == 1 else f"{self.source.label}, sheet {self.sheet.position}"


def _stream(file: io.BytesIO | Path) -> BinaryIO:
    return file.open("rb") if isinstance(file, Path) else file  # by its path, only some endings would be allowed


def _load(file: BinaryIO) -> Any:
    from openpyxl import load_workbook
    from openpyxl.worksheet import _reader

    # What a cell of the type `d` says is a time as text. Its own reading of it takes the offset off.
    _reader.from_ISO8601 = str
    # What it warns of quotes cells.
    warnings.filterwarnings("ignore", category=UserWarning, module=r"openpyxl\.")
    return load_workbook(file, read_only=True, data_only=True)


def _unreadable(feed: str, source: XlsxSource, error: Exception) -> UnreadableFeed:
    message = f"{feed}: {source.label} is not a readable workbook; save it as XLSX again."
    return UnreadableFeed(message, type(error).__name__)


_NO_PART_OF_A_TIME = re.compile(r'"[^"]*"?|[\\_*].|\[(?!h+\])[^\]]*\]', re.IGNORECASE)
"""In a number format: quoted text, a sign that is shown, skipped or repeated, a colour, a locale or a condition."""


def _shows_hours(number_format: str) -> bool:
    """Whether a cell's format has an hour, elapsed hours (`[h]`) too."""
    return "h" in _NO_PART_OF_A_TIME.sub("", number_format).lower()


_MIDNIGHT = re.compile(r"T00:00(:00([.,]0+)?)?(Z|[+-]00:?00)?$")
_ZEROS = re.compile("00+")
"""The number format of a whole number that is shown with leading zeros, as ids are."""
_EXACT = 10**15
"""A workbook keeps fifteen digits of a number: longer ids were rounded, and several are written alike."""


def _text(cell: Any) -> str | None:
    value = cell.value
    if isinstance(value, str) and cell.data_type == "d":
        return value if _shows_hours(cell.number_format or "") else _MIDNIGHT.sub("", value)
    if value is None or isinstance(value, str):
        return UNREADABLE if cell.data_type == "e" else value
    # A workbook keeps a date as midnight: only the cell's format tells whether a clock time was meant.
    if isinstance(value, datetime) and value.time() == time.min and not _shows_hours(cell.number_format or ""):
        value = value.date()
    if value != value:
        return UNREADABLE
    if isinstance(value, int | float) and not isinstance(value, bool) and _EXACT <= abs(value) < float("inf"):
        return rounded_text(float(value))
    text = text_of(value)
    if isinstance(value, int | float) and text and text.isdigit() and _ZEROS.fullmatch(cell.number_format or ""):
        return text.zfill(len(cell.number_format))
    return text
