"""A name typed into any column, key, id, code or header of any feed stands in the worklists alone (spec 1, 6 Privacy).

The plants come from the catalogue, so that a new column or feed is planted too: each has a child of its own on file,
whose name is typed where it does not belong. The snapshots hold the records themselves and are not searched.
"""

import csv
import logging
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cmfc.feeds.catalog import Feed, feeds
from cmfc.pipeline.nightly import log_list, run_night
from cmfc.pipeline.run import run_of
from tests.sources.names import SNAPSHOTS, WORKLISTS, readable
from tests.support import small_agency as door
from tests.support.long import first

BORN = "2012-08-17"
SHOWN_AS_TYPED = {("children", "county"), ("children", "office")}  # routing: published as the agency wrote it
FORMS = {
    "last name": "{last}",
    "in capitals": "{LAST}",
    "first and last": "{first} {last}",
    "last, first": "{last}, {first} b. 8/17",
    "a word of it": "home_of_{last}",
}
WORD = "a word of it"
"""An id is held against names whole or by all its words: one that only holds a name is an id (spec 1, Ids and text)."""
NAME = re.compile(r"(?:quill([a-z]{3})feather|zephy([a-z]{3})rine)", re.IGNORECASE)


def plants() -> list[tuple[str, str]]:
    """Feed and column of every plant; a column named `header` is one that the mapping does not know."""
    columns = [(feed.name, name) for feed in feeds().values() for name in feed.columns]
    return [plant for plant in columns if plant not in SHOWN_AS_TYPED] + [(name, "header") for name in feeds()]


def letters(number: int) -> str:
    return "".join(chr(ord("a") + number // 26**digit % 26) for digit in (2, 1, 0))


def written(number: int, form: str) -> str:
    first, last = f"Zephy{letters(number)}rine", f"Quill{letters(number)}feather"
    return FORMS[form].format(first=first, last=last, LAST=last.upper())


def agency(folder: Path, form: str) -> None:
    """A file per feed: good rows, a row per plant with the name in its column; a column with a name for its header."""
    every = plants()
    for feed in feeds().values():
        rows = good_rows(feed, len(every))
        for number, (name, column) in enumerate(every):
            is_id = column in feed.columns and feed.columns[column].type == "id" and form == WORD
            if name == feed.name and column in feed.columns and not is_at_home(feed, column) and not is_id:
                rows[number][column] = written(number, form)
        extra = every.index((feed.name, "header"))
        with (folder / f"{feed.name}.csv").open("w", encoding="utf-8", newline="") as lines:
            writer = csv.writer(lines)
            writer.writerow([*feed.columns, written(extra, form)])
            writer.writerows([[row[name] for name in feed.columns] + [""] for row in rows])
        os.utime(folder / f"{feed.name}.csv", (door.PULLED_AT, door.PULLED_AT))


def good_rows(feed: Feed, count: int) -> list[dict[str, str]]:
    rows = door.good_rows(feed, count)
    for number, row in enumerate(rows):
        for name in row:
            if is_at_home(feed, name):
                row[name] = ""
        if feed.name == "children":
            row |= {"last_name": written(number, "last name"), "date_of_birth": BORN, "office": "North"}
            row["first_name"] = written(number, "first and last").split()[0]
    return rows


def is_at_home(feed: Feed, column: str) -> bool:
    """A name belongs there, or free text that nobody publishes."""
    return feed.columns[column].sensitivity == "identifying"


def texts(root: Path) -> Iterator[tuple[str, str]]:
    """Every file that may hold no name, and every file's name."""
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        relative = path.relative_to(root)
        yield f"the name of {relative}", str(relative)
        is_input = path.parent == root
        if not is_input and path.name not in WORKLISTS and not SNAPSHOTS & set(relative.parts):
            yield str(relative), readable(path)


@pytest.mark.parametrize("form", first(1, FORMS))
def test_a_name_typed_anywhere_stands_in_the_worklists_alone(
    form: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    agency(tmp_path, form)
    run = run_of(door.mapping_of(tmp_path), "2026-03-09", tmp_path / "store", tmp_path / "lists")
    report = run_night(run, door.PULLED_AT)
    log_list(run)
    outputs: dict[str, Any] = {"the log": caplog.text, "what was printed": "".join(capfd.readouterr())}
    outputs["the report"] = str(report)
    leaks = sorted({
        (*plants()[number_of(match)], where)
        for where, text in [*texts(tmp_path), *outputs.items()]
        for match in NAME.finditer(text)
    })  # fmt: skip
    assert not leaks, "\n".join(
        f"a name typed as {feed}.{column} stands in {where}" for feed, column, where in leaks[:60]
    )
    worklist = readable(run.out / "exceptions.html")
    assert NAME.search(worklist), "nothing was planted where it could be seen"


def number_of(match: re.Match[str]) -> int:
    first, second, third = (match[1] or match[2]).lower()
    return (ord(first) - 97) * 676 + (ord(second) - 97) * 26 + ord(third) - 97


def test_every_column_of_every_feed_is_planted() -> None:
    assert {name for name, _ in plants()} == set(feeds())
    for feed in feeds().values():
        planted = {column for name, column in plants() if name == feed.name}
        assert planted | {c for n, c in SHOWN_AS_TYPED if n == feed.name} == {*feed.columns, "header"}
