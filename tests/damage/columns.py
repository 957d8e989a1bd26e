"""Damages of columns, of their headers and of the order of rows, in every kind of source."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from random import Random

from cmfc.feeds.catalog import Feed
from tests.damage.agency import Row
from tests.damage.sources import Sheet, sheet_of, write
from tests.damage.values import GARBAGE
from tests.damage.whole import FILE, Whole, by_turns, rows_of


def _sheet(feed: Feed, kind: str, column: str, name: str, sheet: Sheet, after: Sequence[Row] | None) -> Whole:
    deliver = partial(_write_sheet, feed.name, kind, sheet)
    return Whole(feed.name, kind, column, name, deliver, None if after is None else tuple(after))


def _write_sheet(feed: str, kind: str, sheet: Sheet, folder: Path) -> None:
    write(folder, feed, kind, sheet)


def columns_of(feed: Feed, rows: Sequence[Row], kind: str) -> Iterator[Whole]:
    """Every column deleted, renamed, doubled, emptied, spoilt, moved and swapped."""
    names, lines = list(feed.columns), [list(line) for line in sheet_of(feed, rows).lines]
    whole = partial(_sheet, feed, kind)
    for at, name in enumerate(names):
        if kind != "fixed_width":
            without = [[*line[:at], *line[at + 1 :]] for line in lines]
            yield whole(name, "column deleted", Sheet([*names[:at], *names[at + 1 :]], without), None)
            headers = dict(_headers(name, kind))
            for what, header in ((what, headers[what]) for what in by_turns(list(headers), at, 3)):
                yield whole(name, what, Sheet([*names[:at], header, *names[at + 1 :]], lines), None)
        if kind in ("csv", "tsv", "xlsx", "parquet"):
            doubled = [[*line, line[at]] for line in lines]
            yield whole(name, "column doubled", Sheet([*names, name], doubled), None)
        for what, value in (
            ("column all garbage", GARBAGE),
            ("column all empty", ""),
            ("column all 1900-01-01", "1900-01-01"),
        ):
            alike = [[*line[:at], value, *line[at + 1 :]] for line in lines]
            yield whole(name, what, Sheet(names, alike), rows_of(names, alike))
        down = [[*line[:at], lines[i - 1][at], *line[at + 1 :]] for i, line in enumerate(lines)]
        yield whole(name, "column moved down a row", Sheet(names, down), rows_of(names, down))
        if at + 1 < len(names):
            swapped = [[*line[:at], line[at + 1], line[at], *line[at + 2 :]] for line in lines]
            yield whole(name, f"swapped with {names[at + 1]}", Sheet(names, swapped), rows_of(names, swapped))
        for other in range(at + 2, len(names)):
            if feed.columns[names[other]].type == feed.columns[name].type and feed.columns[name].type == "moment":
                far = [[*line] for line in lines]
                for line in far:
                    line[at], line[other] = line[other], line[at]
                yield whole(name, f"swapped with {names[other]}", Sheet(names, far), rows_of(names, far))


def _headers(name: str, kind: str) -> Iterator[tuple[str, str]]:
    yield "header renamed", f"{name}_2"
    yield "header of a word", "Comment"
    if kind in ("csv", "tsv", "xlsx"):
        yield "header empty", ""
        yield "header with a line break", f"{name}\n"
        yield "header cut", name[:-1]
        yield "header in quotes", f'"{name}"'
    if kind != "sql":  # SQLite knows no capitals in a name
        yield "header in capitals", name.upper()
    yield "header with a zero width", f"{name}​"


def orders_of(feed: Feed, rows: Sequence[Row], kind: str) -> Iterator[Whole]:
    """Rows in another order, fewer or more of them; the header gone, doubled or moved."""
    names, rows = list(feed.columns), list(rows)
    whole = partial(_sheet, feed, kind, FILE)
    shuffled = Random(3).sample(rows, len(rows))
    for what, order in (
        ("sort order reversed", rows[::-1]),
        ("sort order shuffled", shuffled),
        ("delivered twice", rows * 2),
    ):
        yield whole(what, sheet_of(feed, order), order)
    for place in sorted({0, len(rows) // 2, len(rows) - 1}):
        left = rows[:place] + rows[place + 1 :]
        yield whole(f"row {place + 1} deleted", sheet_of(feed, left), left)
    yield whole("the first half only", sheet_of(feed, rows[: len(rows) // 2]), rows[: len(rows) // 2])
    yield whole("no rows", sheet_of(feed, []), None)
    columns = Random(4).sample(names, len(names))
    if kind != "fixed_width":
        yield whole("columns in another order", Sheet(columns, [[row[name] for name in columns] for row in rows]), rows)
        sheet = sheet_of(feed, rows)
        if rows:
            if kind in ("csv", "tsv", "xlsx"):
                yield whole("header missing", Sheet(sheet.lines[0], sheet.lines[1:]), None)
            else:
                yield whole("columns numbered", Sheet([f"column_{i}" for i in range(len(names))], sheet.lines), None)
        if kind in ("csv", "tsv", "xlsx"):
            yield whole("header twice", Sheet(names, [names, *sheet.lines]), rows)
            yield whole("header at the end", Sheet(names, [*sheet.lines, names]), rows)
            title = ["Records of the night", *[""] * (len(names) - 1)]
            yield whole("a title first", Sheet(title, [names, *sheet.lines]), None)
            blank = [""] * len(names)
            yield whole("blank rows between", Sheet(names, [x for li in sheet.lines for x in (li, blank)]), rows)
