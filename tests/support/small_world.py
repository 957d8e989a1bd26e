"""Small worlds of children and reports, for matching."""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cmfc.feeds.catalog import feeds
from cmfc.matching.match import Matched
from tests.support.named_rows import checked_table

AS_OF = 1_790_000_000
DAY = 86_400
Row = dict[str, Any]


def child(number: int, first: str, last: str, born: str | None, sex: str = "F", **more: Any) -> Row:
    """A child on file."""
    day = date.fromisoformat(born) if born else None
    return {"child_id": f"C{number}", "first_name": first, "last_name": last, "date_of_birth": day, "sex": sex} | more


def report(
    number: int, first: str | None, last: str | None, born: str | None, sex: str | None = "F", **more: Any
) -> Row:
    """A report to law enforcement, made ten days before as_of."""
    day = date.fromisoformat(born) if born else None
    at = {"reported_at_earliest": AS_OF - 10 * DAY, "reported_at_latest": AS_OF - 10 * DAY}
    named = {"first_name": first, "last_name": last, "date_of_birth": day, "sex": sex, "outcome": "accepted"}
    return {"le_report_id": f"L{number}", **named, **at, **more}


def absence_of(number: int) -> Row:
    """The child was missing when the reports were made."""
    since = AS_OF - 11 * DAY
    return {"absence_id": f"A{number}", "child_id": f"C{number}", "kind": "missing",
            "absent_since_earliest": since, "absent_since_latest": since}  # fmt: skip


def home(number: int, provider: str, began: int, ended: int | None = None) -> Row:
    """The child was with a provider, from and to so many days before as_of."""
    to = None if ended is None else AS_OF - ended * DAY
    return {"placement_id": f"P{number}-{began}", "child_id": f"C{number}", "setting": "foster_home",
            "provider_id": provider, "began_at_earliest": AS_OF - began * DAY, "began_at_latest": AS_OF - began * DAY,
            "ended_at_earliest": to, "ended_at_latest": to}  # fmt: skip


def write(
    folder: Path, children: Iterable[Row], reports: Iterable[Row], absences: Iterable[Row] = (),
    more: Mapping[str, Iterable[Row]] = {}, untimed: Iterable[Row] = (), quarantined: Mapping[str, Iterable[str]] = {},
) -> Path:  # fmt: skip
    """A night's accepted feeds.

    Args:
        folder: where.
        children: rows of that feed; so are `reports` (to law enforcement) and `absences`.
        more: rows of other feeds.
        untimed: reports to law enforcement that were set aside because nobody can read when they were made.
        aside: by feed, the children of rows that were set aside.
    """
    tables = {"children": children, "le_reports": reports, "absences": absences, **more}
    folder.mkdir(parents=True, exist_ok=True)
    for name, feed in feeds().items():
        pq.write_table(checked_table(feed, tables.get(name, ())), folder / f"{name}.parquet")
    timeless = [{**row, "reported_at_earliest": None, "reported_at_latest": None} for row in untimed]
    pq.write_table(checked_table(feeds()["le_reports"], timeless), folder / "untimed.le_reports.parquet")
    for name, ids in quarantined.items():
        pq.write_table(pa.table({"child_id": pa.array(list(ids), pa.string())}), folder / f"quarantine.{name}.parquet")
    return folder


def others(count: int = 400) -> list[Row]:
    """Children who have nothing to do with it, so that a name or a birth date is worth something."""
    firsts = ["Olga", "Brian", "Cornelius", "Dorit", "Ewald", "Farah", "Gudrun", "Hamza", "Ivo", "Jutta"]
    lasts = ["Quist", "Rask", "Sund", "Trolle", "Uldall", "Vinther", "Westh", "Yde", "Zahle", "Aagaard"]
    days = [f"{2005 + n % 14}-{1 + n % 12:02}-{1 + n % 28:02}" for n in range(count)]
    names = [(firsts[n % 10], lasts[n // 10 % 10] + "abcd"[n // 100]) for n in range(count)]
    return [child(1000 + n, *names[n], day) for n, day in enumerate(days)]


def choices(out: Path) -> dict[str, list[Row]]:
    by_report: dict[str, list[Row]] = {}
    for row in pq.read_table(out / "matches.parquet").to_pylist():
        by_report.setdefault(row["report_id"], []).append(row)
    return by_report


def summary(out: Path) -> Matched:
    return Matched(**json.loads((out / "match.json").read_bytes()))


def of(by_report: dict[str, list[Row]], number: int) -> tuple[str, list[str]]:
    """A report's method and its children, the likeliest first."""
    rows = by_report[f"L{number}"]
    return rows[0]["method"], [row["child_id"] for row in rows if row["child_id"]]
