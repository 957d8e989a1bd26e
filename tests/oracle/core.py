"""Runs the core on worlds and reads what it wrote in the oracle's words."""

import os
from dataclasses import fields
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cmfc.feeds.catalog import Feed
from cmfc.feeds.catalog import feeds as catalog
from cmfc.law.library import load_law
from cmfc.reconcile.engine import Night as CoreNight
from cmfc.reconcile.engine import reconcile
from cmfc.validation.quarantine import SCHEMA
from cmfc.validation.result import UNTIMED, Unknown
from tests.oracle.answer import Answer
from tests.oracle.finding import TIMES, Finding
from tests.oracle.law_files import root
from tests.oracle.world import SET_ASIDE, Night, Row, code_of
from tests.oracle.worlds import Feeds
from tests.support.named_rows import checked_table

TABLES = ("episodes", "determinations", "links", "findings", "episode_rows", "recipient_duties", "notices")
CLOCKS = ("clock_start", "deadline", "observed_at")


def write_checked(feeds: Feeds, night: Night, folder: Path) -> None:
    """Checked tables; a feed that is not ok has none of its rows, as the door leaves it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, feed in catalog().items():
        rows = feeds[name] if night.has(name) else []
        pq.write_table(checked_table(feed, rows), folder / f"{name}.parquet")
        pq.write_table(_quarantine(feeds, name, night), folder / f"quarantine.{name}.parquet")
        if feed.role == "report":
            pq.write_table(checked_table(feed, _untimed(feeds, feed, night)), folder / f"{UNTIMED}{name}.parquet")


def _quarantine(feeds: Feeds, name: str, night: Night) -> pa.Table:
    """What the door set aside of one feed, in the columns that the quarantine has."""
    rows = [row for row in feeds[SET_ASIDE] if row["feed"] == name and night.has(name)]
    return pa.Table.from_pylist([{c: row[c] for c in SCHEMA.names} for row in rows], schema=SCHEMA)


def _untimed(feeds: Feeds, feed: Feed, night: Night) -> list[Row]:
    """The reports that would count if anybody could read when they were made."""
    rows = [row for row in feeds[SET_ASIDE] if (row["feed"], row["field"]) == (feed.name, "reported_at")]
    cells = {"outcome": "accepted"} if feed.name == "le_reports" else {"source": "agency"}
    return [{**row, feed.key: row["key"], **cells} for row in rows if night.has(feed.name)]


def _unknowns(feeds: Feeds, night: Night) -> tuple[Unknown, ...]:
    """The codes behind rows that were set aside for their kind: critical while an open row has them (spec 1)."""
    unknowns = []
    for feed, field in (("absences", "kind"), ("placements", "setting")):
        rows = [row for row in feeds[SET_ASIDE] if code_of(row) == (feed, field) and night.has(feed)]
        if rows:
            severity = "critical" if any(row["is_open"] for row in rows) else "high"
            records, children = (tuple(sorted({row[n] for row in rows})) for n in ("record", "child_id"))
            unknowns.append(Unknown(f"{feed}:{field}=odd", severity, records, children))
    return tuple(unknowns)


def run_core(feeds: Feeds, night: Night, folder: Path, threads: int = 2) -> Path:
    """Writes the worlds, runs the core, returns the folder of work tables."""
    checked, work = folder / "checked", folder / "work"
    write_checked(feeds, night, checked)
    work.mkdir(parents=True, exist_ok=True)
    names = {f.name for f in fields(CoreNight)}
    facts = {f.name: getattr(night, f.name) for f in fields(night) if f.name in names}
    facts["unknowns"] = _unknowns(feeds, night)
    law = load_law(night.jurisdiction, night.zone, root())
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
    result.members = {(r["episode_id"], r["feed"], r["id"]) for r in tables["episode_rows"]}
    result.duties = {(r["episode_id"], r["recipient"]): _duty(r) for r in tables["recipient_duties"]}
    result.notices = {
        (r["episode_id"], r["recipient"], r["level"]): (r["rule_id"], r["verdict"], _moment(r, "told"))
        for r in tables["notices"]
    }
    listed = work / "missing_now.parquet"
    result.missing_now = {r["child_id"]: r for r in pq.read_table(listed).to_pylist()} if listed.exists() else None
    for row in tables["findings"]:
        finding = _finding(row)
        assert finding.key not in result.findings, f"twice: {finding.key}"
        result.findings[finding.key] = finding
    return result


def _seconds(hours: Any) -> int | None:
    return None if hours is None else round(float(hours) * 3600)


def _episode(row: Row) -> Row:
    read = {name: None if value == "" else value for name, value in row.items()}
    for short in ("le", "ncmec"):
        for end in ("min", "max"):
            read[f"{short}_seconds_{end}"] = _seconds(read.pop(f"{short}_hours_{end}"))
    return read


def _duty(row: Row) -> Row:
    names = ("learned", "sure", "told", "accepted", "entered")
    return row | {name: _moment(row, name) for name in names}


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
        rules=tuple(sorted((row["rules"] or "").split(";"))),
        episode_id=row["episode_id"] or None,
        fixed=TIMES,
        clock=clock,
        deadline=deadline,
        observed=observed,
        over=None if least is None or most is None else (least, most),
    )
