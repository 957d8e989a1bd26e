"""Damages of a whole source: columns, headers, sort order, sheets, bytes. Each is a night of its own on a few children.

`after` is what a careful reader still finds in the source, by construction or by an independent strict parse: with it
honest.py tells whether what is left could honestly have been delivered. None: nobody could take it for a whole source.
"""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq

from cmfc.feeds.catalog import Feed
from tests.damage.agency import Row
from tests.damage.sources import SHEET, WIDTH, Sheet, delimited, fixed, sheet_of, write, write_book
from tests.damage.values import GARBAGE

Deliver = Callable[[Path], None]
"""Writes the damaged source into the folder of sources."""


@dataclass(frozen=True)
class Whole:
    """One damage of one feed's source."""

    feed: str
    kind: str
    column: str
    name: str
    deliver: Deliver
    after: tuple[Row, ...] | None = None


FILE = "(file)"
DELIMITER = {"csv": ",", "tsv": "\t"}


def wholes_of(feed: Feed, rows: Sequence[Row], kind: str) -> Iterator[Whole]:
    """Every damage of this feed's columns, header, order and container in this kind of source."""
    yield from _columns(feed, rows, kind)
    yield from _orders(feed, rows, kind)
    if kind in DELIMITER:
        yield from _text_files(feed, rows, kind)
    if kind == "fixed_width":
        yield from _fixed_files(feed, rows)
    if kind == "xlsx":
        yield from _books(feed, rows)
    if kind == "parquet":
        yield from _parquets(feed, rows)


def _sheet(feed: Feed, kind: str, column: str, name: str, sheet: Sheet, after: Sequence[Row] | None) -> Whole:
    deliver = partial(_write_sheet, feed.name, kind, sheet)
    return Whole(feed.name, kind, column, name, deliver, None if after is None else tuple(after))


def _write_sheet(feed: str, kind: str, sheet: Sheet, folder: Path) -> None:
    write(folder, feed, kind, sheet)


def _columns(feed: Feed, rows: Sequence[Row], kind: str) -> Iterator[Whole]:
    names, lines = list(feed.columns), [list(line) for line in sheet_of(feed, rows).lines]
    whole = partial(_sheet, feed, kind)
    for at, name in enumerate(names):
        if kind != "fixed_width":
            without = [[*line[:at], *line[at + 1 :]] for line in lines]
            yield whole(name, "column deleted", Sheet([*names[:at], *names[at + 1 :]], without), None)
            for what, header in _headers(name, kind):
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
            yield whole(name, what, Sheet(names, alike), _rows(names, alike))
        down = [[*line[:at], lines[i - 1][at], *line[at + 1 :]] for i, line in enumerate(lines)]
        yield whole(name, "column moved down a row", Sheet(names, down), _rows(names, down))
        if at + 1 < len(names):
            swapped = [[*line[:at], line[at + 1], line[at], *line[at + 2 :]] for line in lines]
            yield whole(name, f"swapped with {names[at + 1]}", Sheet(names, swapped), _rows(names, swapped))
        for other in range(at + 2, len(names)):
            if feed.columns[names[other]].type == feed.columns[name].type and feed.columns[name].type == "moment":
                far = [[*line] for line in lines]
                for line in far:
                    line[at], line[other] = line[other], line[at]
                yield whole(name, f"swapped with {names[other]}", Sheet(names, far), _rows(names, far))


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


def _rows(names: Sequence[str], lines: Sequence[Sequence[str]]) -> list[Row]:
    return [dict(zip(names, line, strict=True)) for line in lines]


def _orders(feed: Feed, rows: Sequence[Row], kind: str) -> Iterator[Whole]:
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


def _bytes(feed: Feed, kind: str, name: str, content: bytes, column: str = FILE) -> Whole:
    suffix = {"fixed_width": "txt"}.get(kind, kind)
    after = _careful(feed, kind, content)
    return Whole(feed.name, kind, column, name, partial(_write_bytes, f"{feed.name}.{suffix}", content), after)


def _write_bytes(file: str, content: bytes, folder: Path) -> None:
    (folder / file).write_bytes(content)


def _careful(feed: Feed, kind: str, content: bytes) -> tuple[Row, ...] | None:
    """What a strict parser finds, if every record is whole; a value with a line break in it is no honest one here."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    if kind == "fixed_width":
        lines = text.split("\n")
        if any(len(line) != WIDTH * len(feed.columns) for line in lines[:-1]) or lines[-1]:
            return None
        cut = [[line[i * WIDTH : (i + 1) * WIDTH].strip() for i in range(len(feed.columns))] for line in lines[:-1]]
        return tuple(_rows(list(feed.columns), cut))
    try:
        table = list(csv.reader(io.StringIO(text, newline=""), delimiter=DELIMITER[kind], strict=True))
    except csv.Error:
        return None
    table = [line for line in table if any(line)]
    if not table or table[0] != list(feed.columns):
        return None
    if any(len(line) != len(feed.columns) or any("\n" in value for value in line) for line in table[1:]):
        return None
    return tuple(_rows(table[0], table[1:]))


def _text_files(feed: Feed, rows: Sequence[Row], kind: str) -> Iterator[Whole]:
    delimiter = DELIMITER[kind]
    good = delimited(sheet_of(feed, rows), delimiter)
    lines = good.decode().splitlines()
    sign = delimiter.encode()
    rough = {
        "CRLF": good.replace(b"\n", b"\r\n"), "CR": good.replace(b"\n", b"\r"), "BOM": b"\xef\xbb\xbf" + good,
        "UTF-16": good.decode().encode("utf-16"), "sep= first": b"sep=" + sign + b"\n" + good,
        "Ctrl-Z last": good + b"\x1a", "no last line end": good[:-1], "a footer": good + b"(4 rows affected)\n",
        "semicolons": good.replace(sign, b";"), "pipes": good.replace(sign, b"|"),
        "all quoted": "\n".join('"' + li.replace(delimiter, f'"{delimiter}"') + '"' for li in lines).encode() + b"\n",
        "zero bytes": b"", "a NUL between all": good.decode().encode("utf-16-le"), "header alone": good.split(b"\n")[0],
        "HTML": b"<html><body><table><tr><td>" + good + b"</td></tr></table></body></html>",
        "delimiter-only rows last": good + (sign * (len(feed.columns) - 1) + b"\n") * 30,
        "appended with its header": good + good,
    }  # fmt: skip
    yield from (_bytes(feed, kind, name, content) for name, content in rough.items())
    for first in range(1, min(4, len(lines) - 1)):
        for second in range(first + 1, min(first + 3, len(lines))):
            stray = [*lines]
            for at in (first, second):
                head, _, last = stray[at].rpartition(delimiter)
                stray[at] = f'{head}{delimiter}"{last}'
            yield _bytes(feed, kind, f"a stray quote in rows {first} and {second}", "\n".join(stray).encode() + b"\n")
    for at in (1,):
        fields = lines[at].split(delimiter)
        for place, name in enumerate(feed.columns):
            for what, sign_ in (
                ("quote", '"'),
                ("delimiter", delimiter),
                ("line break", "\n"),
                ("NUL", "\0"),
                ("CR", "\r"),
            ):
                spoilt = [*fields]
                spoilt[place] = sign_ + spoilt[place]
                text = "\n".join([*lines[:at], delimiter.join(spoilt), *lines[at + 1 :]]) + "\n"
                yield _bytes(feed, kind, f"a bare {what} before the value in row {at}", text.encode(), name)


def _fixed_files(feed: Feed, rows: Sequence[Row]) -> Iterator[Whole]:
    good = fixed(sheet_of(feed, rows))
    lines = good.decode().splitlines()
    rough = {
        "CRLF": good.replace(b"\n", b"\r\n"), "no line ends": good.replace(b"\n", b""), "zero bytes": b"",
        "a column wider in all": "".join(li + "Y \n" for li in lines).encode(),
        "a column inserted in all": "".join("X" + li + "\n" for li in lines).encode(),
        "a character lost in all": "".join(li[1:] + "\n" for li in lines).encode(),
        "spaces stripped": "".join(li.rstrip() + "\n" for li in lines).encode(),
        "tabs for spaces": good.replace(b"    ", b"\t"), "a header line": b"HDR20260303\n" + good,
        "a trailer line": good + b"TRL0000099\n", "one line joined": good.replace(b"\n", b"", 1),
    }  # fmt: skip
    yield from (_bytes(feed, "fixed_width", name, content) for name, content in rough.items())
    for place, name in enumerate(feed.columns):
        for what, sign in (("character more", "x"), ("line break", "\n"), ("NUL", "\0"), ("tab", "\t")):
            text = lines[0][: place * WIDTH] + sign + lines[0][place * WIDTH :]
            content = "\n".join([text, *lines[1:]]) + "\n"
            yield _bytes(feed, "fixed_width", f"a {what} before the value in row 1", content.encode(), name)
        text = lines[0][: place * WIDTH] + lines[0][place * WIDTH + 1 :]
        yield _bytes(
            feed, "fixed_width", "a character less in row 1", ("\n".join([text, *lines[1:]]) + "\n").encode(), name
        )


def cuts_of(feed: Feed, rows: Sequence[Row], kind: str) -> Iterator[Whole]:
    """The source cut off after every byte."""
    sheet = sheet_of(feed, rows)
    if kind == "fixed_width" or kind in DELIMITER:
        good = fixed(sheet) if kind == "fixed_width" else delimited(sheet, DELIMITER[kind])
        yield from (_bytes(feed, kind, f"cut after byte {at}", good[:at]) for at in range(1, len(good)))


def bytes_of(feed: Feed, rows: Sequence[Row], kind: str, dice: Random, count: int) -> Iterator[Whole]:
    """One byte, or a few in a row, replaced, doubled or taken away somewhere."""
    sheet = sheet_of(feed, rows)
    good = fixed(sheet) if kind == "fixed_width" else delimited(sheet, DELIMITER[kind])
    for _ in range(count):
        at, size = dice.randrange(len(good)), dice.choice((1, 1, 1, 2, 8, 40))
        stretch = good[at : at + size]
        what, instead = dice.choice(
            [("lost", b""), ("doubled", stretch * 2), ("zeroed", b"\0" * size), ("0xFF", b"\xff" * size)]
            + [(repr(chr(s[0])), s * size) for s in (b'"', b",", b"\n", b"\t", b"x", b"0", b" ", b"\r", b";")]
        )
        content = good[:at] + instead + good[at + size :]
        if content != good:
            yield _bytes(feed, kind, f"{size} bytes at {at}: {what}", content)


def _books(feed: Feed, rows: Sequence[Row]) -> Iterator[Whole]:
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
        for what in ("formula without a value", "error cell", "number", "date cell", "true cell", "infinity"):
            yield Whole(feed.name, "xlsx", name, what, partial(_write_cell, feed.name, sheet, place, what))
    yield Whole(feed.name, "xlsx", FILE, "cut in half", partial(_write_cut, feed.name, "xlsx", sheet))


def _write_book(feed: str, sheets: dict[str, Sheet], hidden: Sequence[str], folder: Path) -> None:
    write_book(folder / f"{feed}.xlsx", sheets, hidden)


def _write_cell(feed: str, sheet: Sheet, place: int, what: str, folder: Path) -> None:
    """One odd cell per column: in the first record."""
    from datetime import datetime

    from openpyxl import load_workbook

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


def _parquets(feed: Feed, rows: Sequence[Row]) -> Iterator[Whole]:
    sheet = sheet_of(feed, rows)
    yield Whole(feed.name, "parquet", FILE, "cut in half", partial(_write_cut, feed.name, "parquet", sheet))
    for name in feed.columns:
        for what in ("infinities", "not-numbers", "year 10000", "bytes that are no text", "lists", "nulls", "integers"):
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
