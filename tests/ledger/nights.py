"""Nights made of a few findings: the work tables that recording reads, written from plain Python."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cmfc.ledger.inputs import FeedInput, NightInputs, Recorded
from cmfc.ledger.journal import canonical, digest
from cmfc.ledger.record import record
from cmfc.ledger.runs import run_before
from cmfc.ledger.store import Ledger
from cmfc.reconcile.recipients import RECIPIENTS

AGENCY = "hill"
FIRST = date(2026, 3, 2)
_TEXT, _INT, _BOOL = pa.string(), pa.int64(), pa.bool_()
FINDING = {
    "exception_id": _TEXT, "code": _TEXT, "subject_id": _TEXT, "rule_id": _TEXT, "recipient": _TEXT, "child_id": _TEXT,
    "episode_id": _TEXT, "severity": _TEXT, "queue": _TEXT, "is_open": _BOOL, "county": _TEXT, "office": _TEXT,
    "caseworker_id": _TEXT, "reason": _TEXT, "began_earliest": _INT, "clock_start_earliest": _INT,
    "clock_start_latest": _INT, "deadline_earliest": _INT, "deadline_latest": _INT, "observed_at_earliest": _INT,
    "observed_at_latest": _INT, "evidence": _TEXT,
}  # fmt: skip
EPISODE = {"episode_id": _TEXT, "child_id": _TEXT, "status": _TEXT, "is_back": _BOOL, "le_report_id": _TEXT,
           "le_verdict": _TEXT, "le_state_verdict": _TEXT, "ncmec_report_id": _TEXT, "ncmec_verdict": _TEXT,
           "ncmec_state_verdict": _TEXT, "ncic_verdict": _TEXT}  # fmt: skip
DUTY = {
    "episode_id": _TEXT,
    "recipient": _TEXT,
    "accepted_earliest": _INT,
    "is_entered": _BOOL,
    "removed_earliest": _INT,
}
NOTICE = {"episode_id": _TEXT, "recipient": _TEXT, "verdict": _TEXT, "told_earliest": _INT}
LINEAGE = {"episode_id": _TEXT, "change": _TEXT, "other_id": _TEXT}
LINK = {"feed": _TEXT, "report_id": _TEXT, "child_id": _TEXT, "episode_id": _TEXT, "method": _TEXT,
        "score": pa.float64()}  # fmt: skip
KNOWN = {
    "episode_id": _TEXT, "child_id": _TEXT, "state": _TEXT, "kind": _TEXT, "id": _TEXT, "nth": _INT, "is_name": _BOOL,
    "began_earliest": _INT, "began_latest": _INT, "ended_earliest": _INT, "ended_latest": _INT,
}  # fmt: skip


def night_number(number: int) -> date:
    return FIRST + timedelta(days=number)


def instant(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def finding_of(subject: str, code: str = "NC-01", **more: Any) -> dict[str, Any]:
    """One finding about an episode, with facts that stay."""
    row: dict[str, Any] = dict.fromkeys(FINDING)
    row |= {"code": code, "subject_id": subject, "episode_id": subject, "rule_id": "us/federal/report_to_ncmec",
            "recipient": "ncmec", "child_id": f"child of {subject}", "severity": "high", "queue": "act_now",
            "is_open": True, "office": "North", "began_earliest": 1000, "clock_start_earliest": 1000,
            "clock_start_latest": 1000, "deadline_earliest": 87400, "deadline_latest": 87400}  # fmt: skip
    row |= more
    named = "|".join([AGENCY, row["code"], row["subject_id"], row["rule_id"], row["recipient"]])
    return row | {"exception_id": hashlib.sha256(named.encode()).hexdigest()[:20]}


@dataclass
class Nights:
    """A ledger and the folder of its nights; `night` records one."""

    ledger: Ledger
    folder: Path
    hour: int = 0
    at: int = 0
    done: dict[date, Recorded] = field(default_factory=dict)
    lost: dict[str, str] = field(default_factory=dict)
    """By feed, the column that the nights lack from now on (DQ-04)."""

    def night(
        self, number: int, findings: Sequence[Mapping[str, Any]], *, broken: tuple[str, ...] = (), salt: str = "",
        lineage: Sequence[tuple[str, str, str]] = (), episodes: Sequence[Mapping[str, Any]] = (),
        known: Sequence[Mapping[str, Any]] = (), notices: Sequence[Mapping[str, Any]] = (), before: int | None = None,
    ) -> Recorded:  # fmt: skip
        """Records a night; `salt` stands for other inputs of the same night; `before`: rows of all feeds, once more."""
        work = self.folder / night_number(number).isoformat()
        work.mkdir(parents=True, exist_ok=True)
        write(work / "findings.parquet", FINDING, findings)
        write(work / "episodes.parquet", EPISODE, episodes)
        duties = [{"episode_id": e["episode_id"], "recipient": r.recipient} for e in episodes for r in RECIPIENTS]
        write(work / "recipient_duties.parquet", DUTY, duties)
        write(work / "notices.parquet", NOTICE, notices)
        write(work / "lineage.parquet", LINEAGE, [dict(zip(LINEAGE, row, strict=True)) for row in lineage])
        write(work / "links.parquet", LINK, [])
        write(work / "known.parquet", KNOWN, known)
        return self.record(number, broken, [salt, sorted(str(sorted(f.items())) for f in findings)], before=before)

    def record(
        self, number: int, broken: tuple[str, ...] = (), salt: Any = "", explained: tuple[str, ...] = (),
        before: int | None = None,
    ) -> Recorded:  # fmt: skip
        """Records the night whose work tables are there."""
        day, work = night_number(number), self.folder / night_number(number).isoformat()
        with self.ledger.reading() as connection:
            base = run_before(connection, AGENCY, day)
        status = dict.fromkeys(broken, "broken")
        feeds = {}
        for name in sorted({"absences", "le_reports", "ncmec_reports", *broken, *self.lost}):
            state = status.get(name, "ok")
            checked = checked_as(salt, state, before, self.lost.get(name))
            feeds[name] = FeedInput(state, "0" * 64, "{}", checked, before)
        inputs = NightInputs(
            agency=AGENCY, business_date=day, seen_on=day + timedelta(days=1), as_of=instant(day + timedelta(days=1)),
            base_seq=base.seq if base else None, code_version="1", engine="duckdb", expectations_digest="e",
            law_digest="l", model_digest=None, matches_sha256="m", mapping="{}", feeds=feeds,
            explained=explained,
        )  # fmt: skip
        self.hour += 3600
        self.at = instant(day) + self.hour
        recorded = record(self.ledger, inputs, digest(inputs.identity()), work, self.folder / "kept", self.at)
        self.done[day] = recorded
        return recorded

    def lines(self, number: int) -> dict[str, dict[str, Any]]:
        """What the night's list says of each finding, by exception_id."""
        rows = pq.read_table(self.folder / night_number(number).isoformat() / "standing.parquet").to_pylist()
        return {row["exception_id"]: row for row in rows}

    def statuses(self, number: int) -> dict[str, str]:
        return {name: row["status"] for name, row in self.lines(number).items()}

    def delta(self, number: int) -> set[tuple[str, str]]:
        return {(row["change"], row["exception_id"]) for row in self.changes(number)}

    def changes(self, number: int) -> list[dict[str, Any]]:
        """The rows of the delta."""
        rows: list[dict[str, Any]] = pq.read_table(
            self.folder / night_number(number).isoformat() / "delta.parquet"
        ).to_pylist()
        return rows

    def ended(self, number: int) -> dict[str, tuple[str | None, str | None]]:
        """By code of the delta: what ended it, and what changed for its duty."""
        return {row["code"]: (row["ended"], row["duty_change"]) for row in self.changes(number)}


def checked_as(salt: Any, status: str, before: int | None = None, lost: str | None = None) -> str:
    """What validation would say of a feed, so far as the ledger reads it."""
    columns = [{"column": lost}] if lost else []
    return canonical(
        {"told": digest([salt, status]), "lost_columns": columns, "accounting": {"pulled": 9}, "rows_before": before}
    )


def write(path: Path, columns: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> None:
    pq.write_table(pa.table({n: pa.array([row.get(n) for row in rows], k) for n, k in columns.items()}), path)
