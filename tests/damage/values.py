"""What a damaged cell may hold, made from the catalogue's types: the text, and what a careful reader of spec 1 reads.

`means` is known because the text is made here, not parsed: it is what the rule of honest.py goes by.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from cmfc.feeds.catalog import Column, feeds
from tests.damage.agency import NOW

EMPTY, BAD = "«empty»", "«cannot be read»"
WORDS = ("", "NULL", "\\N", "N/A", "#N/A", "none", "unknown", "pending", "TBD", "-", "0", "x")
"""Words that say nothing (spec 1); in codes and true/false `0`, `-` and `x` are not."""
MORNING = NOW + timedelta(hours=19)
"""Of the second night: less than 24 hours before it."""
NOT_IN_CODES = ("-", "0", "x")
GARBAGE = "§7f ä~ßq!"
LONG = 30_000
FREE = ("text", "list", "agency", "number")
TRUE, FALSE = ("true", "Yes", "T", "1", "1.0", "-1"), ("false", "NO", "f", "0", "0.0")

Meaning = str | bool | datetime | date


@dataclass(frozen=True)
class Value:
    """One damaged text of a cell: its damage's name, the text, and what it means."""

    name: str
    text: str
    means: Meaning


@dataclass(frozen=True)
class Cell:
    """The cell to damage: column, its text, the row's begin and birth date, and what stands elsewhere.

    Attributes:
        begins: the begin of the row, or of the child's absence.
        born: the child's birth date.
        other: the same column's text in a row of another child.
        other_child: the id of another child on file.
    """

    column: Column
    text: str
    begins: datetime
    born: date
    other: str
    other_child: str


def values_of(cell: Cell) -> Iterator[Value]:
    """Every damage of one cell that changes it."""
    texts = {cell.text}
    for value in _all(cell):
        if value.text not in texts:
            texts.add(value.text)
            yield value


def _all(cell: Cell) -> Iterator[Value]:
    yield from _words(cell.column)
    yield Value("garbage", GARBAGE, _of_text(cell.column, GARBAGE))
    yield Value("very long", "z" * LONG, _of_text(cell.column, "z" * LONG))
    yield from _signs(cell)
    yield from _decorated(cell)
    if cell.other:
        yield Value("another row's", cell.other, read_text(cell.column, cell.other))
    yield from BY_TYPE[cell.column.type](cell)


def _words(column: Column) -> Iterator[Value]:
    for word in WORDS:
        means: Meaning = EMPTY
        if column.type in ("code", "bool") and word in NOT_IN_CODES:
            means = read_text(column, word)
        elif (word and word in column.codes) or (column.type in FREE and word):
            means = word
        yield Value(f"says nothing: {word or 'empty'}", word, means)


def _signs(cell: Cell) -> Iterator[Value]:
    for name, sign in (("quote", '"'), ("delimiter", ","), ("tab", "\t"), ("NUL", "\0"), ("zero width", "​")):
        yield Value(f"only a {name}", sign, EMPTY if sign in "\0​\t" else BAD)


def _decorated(cell: Cell) -> Iterator[Value]:
    old = cell.text
    if not old:
        return
    middle = len(old) // 2 or 1
    inside = {
        "quote": '"', "delimiter": ",", "semicolon": ";", "line break": "\n", "return and line break": "\r\n",
        "NUL": "\0", "control character": "\x01", "zero width": "​", "mark of order": "﻿",
        "mark of direction": "\u200e", "no-break space": "\xa0", "_x000D_": "_x000D_",
    }  # fmt: skip
    for name, sign in inside.items():
        yield Value(f"{name} inside", old[:middle] + sign + old[middle:], BAD)
    for name in ("quote", "delimiter", "NUL", "zero width", "no-break space"):
        yield Value(f"{name} before", inside[name] + old, read_text(cell.column, old))
        yield Value(f"{name} after", old + inside[name], read_text(cell.column, old))
    yield Value("quoted twice", f'"{old}"', BAD)
    yield Value("spaces around", f"  {old} ", read_text(cell.column, old))
    yield Value("written twice", old + old, BAD)
    yield Value("half of it", old[:middle], _of_text(cell.column, old[:middle]))
    yield Value("last character cut", old[:-1], _of_text(cell.column, old[:-1]))
    yield Value("first character cut", old[1:], _of_text(cell.column, old[1:]))
    yield Value("upper case", old.upper(), read_text(cell.column, old))
    yield Value("lower case", old.lower(), read_text(cell.column, old))


def _ids(cell: Cell) -> Iterator[Value]:
    if cell.column.name == "child_id":
        yield Value("another child's id", cell.other_child, cell.other_child)
    yield Value("a name", "Ilse Brisco", BAD)
    yield Value("a name and a date", "Ilse Brisco 2010-09-21", BAD)
    yield Value("an error cell's text", "#REF!", BAD)
    yield Value("a number with a fraction", "171.0", "171.0")
    yield Value("1900-01-01", "1900-01-01", "1900-01-01")
    yield Value("9999-12-31", "9999-12-31", "9999-12-31")


def _texts(cell: Cell) -> Iterator[Value]:
    for text in ("1900-01-01", "9999-12-31", "Ilse Brisco 2010-09-21", "=1+1", cell.other_child):
        yield Value("another column's" if text == cell.other_child else text, text, text)


def _codes(cell: Cell) -> Iterator[Value]:
    for code in cell.column.codes:
        yield Value(f"code {code}", code, code)
        yield Value(f"code {code} in capitals", code.upper(), code)
        yield Value(f"code {code} misspelt", code + "e", BAD)
    foreign = next(
        c for f in feeds().values() for col in f.of_type("code") for c in col.codes if c not in cell.column.codes
    )
    yield Value("another column's code", foreign, BAD)
    yield Value("two codes", ";".join(cell.column.codes[:2]), BAD)
    yield from (Value(day, day, BAD) for day in ("1900-01-01", "9999-12-31"))


def _bools(cell: Cell) -> Iterator[Value]:
    yield from (Value(f"true as {word}", word, True) for word in TRUE)
    yield from (Value(f"false as {word}", word, False) for word in FALSE)
    for word in ("maybe", "2", "truee", "fals", "1900-01-01", "9999-12-31"):
        yield Value(word, word, BAD)


def _moments(cell: Cell) -> Iterator[Value]:
    for text in (
        "1900-01-01", "1900-01-01T00:00:00", "0001-01-01T00:00:00", "1753-01-01", "1970-01-01T00:00:00", "9999-12-31",
        "9999-12-31T23:59:59", "2099-12-31", "infinity", "-infinity", "10000-01-01", "0000-00-00", "2026-02-30",
        "2026-02-20T25:10:00", "46000", "1772400000", "20.02.2026", "Feb 20 2026", "2026", "2026-02-20 10:00 CST",
    ):  # fmt: skip
        yield Value(text, text, BAD)
    base = datetime.fromisoformat(cell.text) if cell.text else cell.begins + timedelta(days=1)
    moved = {
        "ten years back": base - timedelta(days=3653), "ten years on": base + timedelta(days=3653),
        "a year back": base - timedelta(days=365), "a year on": base + timedelta(days=365),
        "a day before the begin": cell.begins - timedelta(days=1),
        "a day after the begin": cell.begins + timedelta(days=1), "the begin": cell.begins,
        "before the birth": datetime.fromisoformat(f"{cell.born.year - 1}-06-01"), "this morning": MORNING,
        "in the week to come": NOW + timedelta(days=6),
    }  # fmt: skip
    for name, moment in moved.items():
        yield Value(name, moment.isoformat(), moment)
    day = (cell.begins + timedelta(days=1)).date()
    yield Value("a day without a clock", day.isoformat(), datetime.fromisoformat(day.isoformat()))
    yield Value("an offset", (cell.begins + timedelta(days=1)).isoformat() + "-06:00", cell.begins + timedelta(days=1))


def _dates(cell: Cell) -> Iterator[Value]:
    for text in (
        "1900-01-01", "0001-12-31 BC", "0001-01-01", "1899-12-30", "9999-12-31", "2099-12-31", "infinity", "2011-02-30",
        "40000", "12/31/2011",
    ):  # fmt: skip
        yield Value(text, text, BAD)
    for name, years in (("ten years back", -10), ("ten years on", 10), ("a year back", -1), ("a year on", 1)):
        moved = cell.born.replace(year=cell.born.year + years)
        yield Value(name, moved.isoformat(), moved)
    yield Value("in the week to come", (NOW + timedelta(days=6)).date().isoformat(), (NOW + timedelta(days=6)).date())
    yield Value("a hundred years back", f"{cell.born.year - 100}{cell.text[4:]}", BAD)


BY_TYPE = {
    "id": _ids,
    "text": _texts,
    "agency": _texts,
    "number": _texts,
    "list": _texts,
    "code": _codes,
    "bool": _bools,
    "moment": _moments,
    "date": _dates,
}
"""A new type of the catalogue fails here until it has its damages."""


def _of_text(column: Column, text: str) -> Meaning:
    """What is left of a cut text: of a time its day, where that still is one."""
    if column.type in (*FREE, "id"):
        return text
    if column.type in ("moment", "date") and len(text) == 10:
        return read_text(column, text)
    return read_text(column, text) if column.type in ("code", "bool") else BAD


def read_text(column: Column, text: str) -> Meaning:
    """A well-written text of the column's type."""
    word = text.strip().lower()
    if not word:
        return EMPTY
    if column.type == "code":
        return next((code for code in column.codes if code.lower() == word), BAD)
    if column.type == "bool":
        return True if word in map(str.lower, TRUE) else False if word in map(str.lower, FALSE) else BAD
    try:
        if column.type == "moment":
            return datetime.fromisoformat(text.strip())
        if column.type == "date":
            return date.fromisoformat(text.strip())
    except ValueError:
        return BAD
    return text.strip()
