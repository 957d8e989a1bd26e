"""Small whole agencies for the faults at the door: canonical CSV files that can be spoiled one at a time."""

import csv
from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from cmfc.feeds.catalog import Feed, feeds
from cmfc.ingest.mapping import AgencyMapping, ColumnMapping, FeedMapping
from cmfc.ingest.pulled import PulledFeed
from cmfc.ingest.snapshot import pull
from cmfc.ingest.sources import CsvSource
from cmfc.validation.result import CheckedFeed
from cmfc.validation.validate import validate_feed

PULLED_AT = int(datetime(2026, 3, 10, 9, tzinfo=UTC).timestamp())
AS_OF = int(datetime(2026, 3, 10, 5, tzinfo=UTC).timestamp())
ROWS = 30

LAST, FIRST, BORN, NUMBER = "Quillfeather", "Zephyrine", "2012-08-17", "LPD-77-4410"
"""Planted: none of these may be seen outside the records."""

Row = dict[str, str]
_PLANTED = {"last_name": LAST, "first_name": FIRST, "date_of_birth": BORN, "report_number": NUMBER}
_PLANTED |= {"middle_name": LAST, "aliases": FIRST, "ncic_number": NUMBER, "ncmec_case_number": NUMBER}
_PLANTED |= {"le_report_number": NUMBER, "contributing_factors": f"ran to {LAST}", "purpose": f"asked for {FIRST}"}
_PLANTED |= {"phone": NUMBER, "marks": f"{LAST} in ink", "parents": f"{FIRST} {LAST}", "last_seen_with": LAST}
_CODES = {"setting": "foster_home", "kind": "missing", "authority": "state_care"}


def good_rows(feed: Feed, rows: int = ROWS) -> list[Row]:
    """Rows without a fault: each begins a minute after the one before, and what ends has not ended."""
    return [_row(feed, number) for number in range(rows)]


def _row(feed: Feed, number: int) -> Row:
    row = {}
    for column in feed.columns.values():
        if column.name == "child_id":
            row[column.name] = f"CH{number}"
        elif column.name == feed.key:
            row[column.name] = f"{feed.name[:2].upper()}{number}"
        elif column.name == feed.begins:
            row[column.name] = f"2026-03-09T10:{number % 60:02}:00"
        elif column.type == "code":
            row[column.name] = _CODES.get(column.name, column.codes[0])
        elif column.type == "bool":
            row[column.name] = "true" if column.required else "false"
        else:
            row[column.name] = _PLANTED.get(column.name, "")
    return row


def text_of(feed: Feed, rows: list[Row]) -> str:
    """The rows as canonical CSV."""
    out = StringIO()
    writer = csv.DictWriter(out, [*feed.columns], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def mapping_of(folder: Path, **settings: Any) -> AgencyMapping:
    """All feeds as canonical CSV files, each with the same settings for emptiness, age and band."""
    mapped = {
        feed.name: FeedMapping(
            source=CsvSource(kind="csv", path=folder / f"{feed.name}.csv"),
            columns={name: ColumnMapping(native=name) for name in feed.columns},
            **_fit(feed, settings),
        )
        for feed in feeds().values()
    }
    return AgencyMapping(agency="demo", name="Demo", zone="America/Chicago", jurisdiction="us/federal", feeds=mapped)


def with_column(mapping: AgencyMapping, feed_name: str, column: str, mapped: ColumnMapping) -> AgencyMapping:
    """The mapping with one column mapped otherwise."""
    feed = mapping.feeds[feed_name]
    feed = feed.model_copy(update={"columns": {**feed.columns, column: mapped}})
    return mapping.model_copy(update={"feeds": {**mapping.feeds, feed_name: feed}})


def _fit(feed: Feed, settings: dict[str, Any]) -> dict[str, Any]:
    return {k: feed.begins if v == "<begins>" else v for k, v in settings.items() if v != "<begins>" or feed.begins}


def deliver(folder: Path, feed: Feed, rows: list[Row] | None = None) -> Path:
    """Write the feed's file."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{feed.name}.csv"
    path.write_text(text_of(feed, good_rows(feed) if rows is None else rows), encoding="utf-8")
    return path


def take_in(
    folder: Path,
    feed_name: str,
    mapping: AgencyMapping | None = None,
    previous_rows: int | None = None,
    again: bool = False,
) -> tuple[PulledFeed, CheckedFeed]:
    """Pull and check one feed."""
    mapping = mapping or mapping_of(folder)
    pulled = pull(feed_name, mapping, folder / "night", pulled_at=PULLED_AT, as_of=AS_OF, again=again)
    return pulled, validate_feed(feed_name, mapping, folder / "night", as_of=AS_OF, previous_rows=previous_rows)


def quarantine(folder: Path, feed_name: str) -> list[dict[str, Any]]:
    """What was listed as set aside."""
    rows: list[dict[str, Any]] = pq.read_table(folder / "night/checked" / f"quarantine.{feed_name}.parquet").to_pylist()
    return rows


def accepted(folder: Path, feed_name: str) -> list[dict[str, Any]]:
    """What was accepted."""
    rows: list[dict[str, Any]] = pq.read_table(folder / "night/checked" / f"{feed_name}.parquet").to_pylist()
    return rows


def change(rows: list[Row], number: int, **values: str) -> list[Row]:
    """The rows with some values of one row changed."""
    return [row | values if at == number else row for at, row in enumerate(rows)]


Spoil = Callable[[Path], None]


def absent(path: Path) -> None:
    path.unlink()


def zero_bytes(path: Path) -> None:
    path.write_bytes(b"")


def header_only(path: Path) -> None:
    path.write_text(path.read_text().splitlines()[0] + "\n")


def header_without_line_end(path: Path) -> None:
    path.write_text(path.read_text().splitlines()[0])


def cut_off(path: Path) -> None:
    lines = path.read_text().splitlines()
    path.write_text("\n".join(lines[:-1]) + "\n" + lines[-1].split(",")[0])


def open_quote(path: Path) -> None:
    path.write_text(path.read_text().replace("CH7,", '"CH7,', 1))


def other_encoding(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"CH7,", b"CH\xe9,", 1))


def no_header(path: Path) -> None:
    path.write_text("\n".join(path.read_text().splitlines()[1:]) + "\n")


def semicolons(path: Path) -> None:
    path.write_text(path.read_text().replace(",", ";"))
