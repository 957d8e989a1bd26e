"""Damages of workbooks, Parquet files and databases."""

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from openpyxl import load_workbook

from cmfc.feeds.catalog import Feed
from tests.damage.agency import Row
from tests.damage.sources import SHEET, Sheet, sheet_of, write, write_book
from tests.damage.whole import FILE, Whole, by_turns

_CELLS = ("formula without a value", "error cell", "number", "date cell", "true cell", "infinity")
_TYPES = ("infinities", "not-numbers", "year 10000", "bytes that are no text", "lists", "nulls", "integers")


def books_of(feed: Feed, rows: Sequence[Row]) -> Iterator[Whole]:
    """Sheets renamed, hidden or split, and cells that are no text."""
    sheet, half = sheet_of(feed, rows), len(rows) // 2
    old = Sheet(sheet.header, sheet.lines[:1])
    parts = (Sheet(sheet.header, sheet.lines[:half]), Sheet(sheet.header, sheet.lines[half:]))
    books = {
        "sheet renamed": ({"Sheet1": sheet}, ()),
        "sheet renamed in capitals": ({SHEET.upper(): sheet}, ()),
        "split over two sheets": ({SHEET: parts[0], "March": parts[1]}, ()),
        "the rest on a hidden sheet": ({SHEET: parts[0], "old": parts[1]}, ("old",)),
        "the sheet hidden": ({"Notes": Sheet(["Notes"], []), SHEET: sheet}, (SHEET,)),
        "a hidden old copy first": ({"old": old, SHEET: sheet}, ("old",)),
        "another sheet with data": ({SHEET: sheet, "Notes": Sheet(["Notes"], [["call back"]])}, ()),
        "the sheet empty": ({SHEET: Sheet([], [])}, ()),
    }
    for name, (sheets, hidden) in books.items():
        after = (
            tuple(rows) if name in ("a hidden old copy first", "another sheet with data", "the sheet hidden") else None
        )
        yield Whole(feed.name, "xlsx", FILE, name, partial(_write_book, feed.name, sheets, hidden), after)
    for place, name in enumerate(feed.columns):
        for what in by_turns(_CELLS, place, 3):
            yield Whole(feed.name, "xlsx", name, what, partial(_write_cell, feed.name, sheet, place, what))
    yield Whole(feed.name, "xlsx", FILE, "cut in half", partial(_write_cut, feed.name, "xlsx", sheet))


def _write_book(feed: str, sheets: dict[str, Sheet], hidden: Sequence[str], folder: Path) -> None:
    write_book(folder / f"{feed}.xlsx", sheets, hidden)


def _write_cell(feed: str, sheet: Sheet, place: int, what: str, folder: Path) -> None:
    """One odd cell per column: in the first record."""
    path = write(folder, feed, "xlsx", sheet)
    book = load_workbook(path)
    cell = book[SHEET].cell(2, place + 1)
    cell.value = {
        "formula without a value": "=A1", "error cell": "#N/A", "number": 46000.5, "true cell": True,
        "date cell": datetime.fromisoformat("2026-02-20"), "infinity": "=1/0",
    }[what]  # fmt: skip
    if what == "error cell":
        cell.data_type = "e"
    book.save(path)


def _write_cut(feed: str, kind: str, sheet: Sheet, folder: Path) -> None:
    path = write(folder, feed, kind, sheet)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def parquets_of(feed: Feed, rows: Sequence[Row]) -> Iterator[Whole]:
    """A file cut off, and columns of types that hold no such text."""
    sheet = sheet_of(feed, rows)
    yield Whole(feed.name, "parquet", FILE, "cut in half", partial(_write_cut, feed.name, "parquet", sheet))
    for place, name in enumerate(feed.columns):
        for what in by_turns(_TYPES, place, 3):
            yield Whole(feed.name, "parquet", name, f"column of {what}", partial(_write_typed, feed, rows, name, what))


def _write_typed(feed: Feed, rows: Sequence[Row], name: str, what: str, folder: Path) -> None:
    columns = {c: pa.array([row[c] or None for row in rows], pa.string()) for c in feed.columns}
    size = len(rows)
    columns[name] = {
        "infinities": lambda: pa.array([float("inf")] * size),
        "not-numbers": lambda: pa.array([float("nan")] * size),
        "year 10000": lambda: pa.array([253402300800 + 86400] * size, pa.timestamp("s")),
        "bytes that are no text": lambda: pa.array([b"\xff\xfe"] * size, pa.binary()),
        "lists": lambda: pa.array([["a", "b"]] * size),
        "nulls": lambda: pa.nulls(size),
        "integers": lambda: pa.array(list(range(size))),
    }[what]()
    pq.write_table(pa.table(columns), folder / f"{feed.name}.parquet")


def databases_of(feed: Feed, rows: Sequence[Row]) -> Iterator[Whole]:
    """A table that is gone, and cells of other types."""
    sheet = sheet_of(feed, rows)
    yield Whole(feed.name, "sql", FILE, "the table gone", partial(_change, feed.name, sheet, f"DROP TABLE {feed.name}"))
    odd = {"infinity": "9e999", "bytes that are no text": "X'FFFE'", "a number": "20260220", "a fraction": "0.5"}
    for name in feed.columns:
        for what, value in odd.items():
            change = f"UPDATE {feed.name} SET {name} = {value} WHERE rowid = 1"
            yield Whole(feed.name, "sql", name, what, partial(_change, feed.name, sheet, change))


def _change(feed: str, sheet: Sheet, statement: str, folder: Path) -> None:
    with sqlite3.connect(write(folder, feed, "sql", sheet)) as connection:
        connection.execute(statement)
    connection.close()
