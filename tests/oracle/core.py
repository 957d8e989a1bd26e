"""Runs the core on worlds and reads what it wrote in the oracle's words."""

import os
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from cmfc.feeds.catalog import feeds as catalog
from cmfc.intake.quarantine import SCHEMA
from cmfc.law.library import load_law
from cmfc.reconcile.engine import Night as CoreNight
from cmfc.reconcile.engine import reconcile
from tests.named_rows import checked_table
from tests.oracle.answer import Answer
from tests.oracle.finding import Finding
from tests.oracle.world import Night, Row
from tests.oracle.worlds import Feeds

TABLES = ("episodes", "determinations", "links", "findings")
CLOCKS = ("clock_start", "deadline", "observed_at")


def write_checked(feeds: Feeds, night: Night, folder: Path) -> None:
    """Checked tables; a feed that is not ok has none of its rows, as the door leaves it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, feed in catalog().items():
        rows = feeds[name] if night.has(name) else []
        pq.write_table(checked_table(feed, rows), folder / f"{name}.parquet")
        pq.write_table(SCHEMA.empty_table(), folder / f"quarantine.{name}.parquet")


def run_core(feeds: Feeds, night: Night, folder: Path, threads: int = 2) -> Path:
    """Writes the worlds, runs the core, returns the folder of work tables."""
    checked, work = folder / "checked", folder / "work"
    write_checked(feeds, night, checked)
    work.mkdir(parents=True, exist_ok=True)
    facts = {name: getattr(night, name) for name in night.__dataclass_fields__}
    law = load_law(night.jurisdiction, night.zone)
    reconcile(checked, work, CoreNight(**facts, threads=min(threads, os.cpu_count() or 1)), law)
    return work


def read_answer(work: Path) -> Answer:
    """The work tables as an Answer."""
    tables = {name: pq.read_table(work / f"{name}.parquet").to_pylist() for name in TABLES}
    result = Answer()
    result.episodes = {row["episode_id"]: _episode(row) for row in tables["episodes"]}
    result.determinations = [
        (r["child_id"], r["from_earliest"], r["to_latest"], r["kind"], r["evidence"]) for r in tables["determinations"]
    ]
    result.links = [
        (r["feed"], r["report_id"], r["child_id"] or None, r["episode_id"] or None, r["method"])
        for r in tables["links"]
    ]
    for row in tables["findings"]:
        found = _finding(row)
        assert found.key not in result.findings, f"twice: {found.key}"
        result.findings[found.key] = found
    return result


def _seconds(hours: Any) -> int | None:
    return None if hours is None else round(float(hours) * 3600)


def _episode(row: Row) -> Row:
    read = {name: None if value == "" else value for name, value in row.items()}
    for short in ("le", "ncmec"):
        for end in ("min", "max"):
            read[f"{short}_seconds_{end}"] = _seconds(read.pop(f"{short}_hours_{end}"))
    return read


def _moment(row: Row, name: str) -> tuple[int, int] | None:
    earliest = row[f"{name}_earliest"]
    return None if earliest is None else (earliest, row[f"{name}_latest"])


def _finding(row: Row) -> Finding:
    least, most = _seconds(row["hours_over_min"]), _seconds(row["hours_over_max"])
    clock, deadline, observed = (_moment(row, name) for name in CLOCKS)
    return Finding(
        code=row["code"],
        subject_id=row["subject_id"],
        recipient=row["recipient"] or "",
        rule_id=row["rule_id"] or "",
        severity=row["severity"],
        queue=row["queue"],
        is_open=bool(row["is_open"]),
        child_id=row["child_id"] or None,
        episode_id=row["episode_id"] or None,
        has_clock=True,
        clock=clock,
        deadline=deadline,
        observed=observed,
        over=None if least is None or most is None else (least, most),
    )
