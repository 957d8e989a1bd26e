"""Damages of text files: their lines, marks and bytes."""

import csv
import io
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from random import Random

from cmfc.feeds.catalog import Feed
from tests.damage.agency import Row
from tests.damage.sources import WIDTH, delimited, fixed, sheet_of
from tests.damage.whole import FILE, Whole, by_turns, rows_of

DELIMITER = {"csv": ",", "tsv": "\t"}


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
        return tuple(rows_of(list(feed.columns), cut))
    try:
        table = list(csv.reader(io.StringIO(text, newline=""), delimiter=DELIMITER[kind], strict=True))
    except csv.Error:
        return None
    table = [line for line in table if any(line)]
    if not table or table[0] != list(feed.columns):
        return None
    if any(len(line) != len(feed.columns) or any("\n" in value for value in line) for line in table[1:]):
        return None
    return tuple(rows_of(table[0], table[1:]))


def delimited_of(feed: Feed, rows: Sequence[Row], kind: str) -> Iterator[Whole]:
    """CSV and TSV as other tools leave them, with stray marks."""
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
    marks = {"quote": '"', "delimiter": delimiter, "line break": "\n", "NUL": "\0", "CR": "\r"}
    fields = lines[1].split(delimiter)
    for place, name in enumerate(feed.columns):
        for what in by_turns(list(marks), place, 3):
            spoilt = [*fields]
            spoilt[place] = marks[what] + spoilt[place]
            text = "\n".join([lines[0], delimiter.join(spoilt), *lines[2:]]) + "\n"
            yield _bytes(feed, kind, f"a bare {what} before the value in row 1", text.encode(), name)


def fixed_of(feed: Feed, rows: Sequence[Row]) -> Iterator[Whole]:
    """Fixed width with lines too long, too short or joined."""
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
