"""A small invented night for the tests of the outputs: the core's tables, the checked children and the quarantine."""

import random
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cmfc.publishing.manifest import FeedFacts, NightFacts
from cmfc.publishing.schema import output_tables

AS_OF = 1772521200  # 2026-03-03T07:00:00Z, midnight in Phoenix
HOUR = 3600
DAY = 24 * HOUR
FIRST_NAMES = ("Zephyrine", "Quillon", "Ondine", "Thaddea", "Isolde", "Bartholomea")
LAST_NAMES = ("Abernethy-Quux", "O'Fallonish", "Nuñezeta", "Vandersnoot", "Li-Montagne")
_ARROW = {
    "text": pa.string(),
    "code": pa.string(),
    "date": pa.string(),
    "moment_end": pa.int64(),
    "bool": pa.bool_(),
    "number": pa.float64(),
    "integer": pa.int64(),
}


def facts(**changes: Any) -> NightFacts:
    feeds = {
        "children": FeedFacts(
            "ok", {"pulled": 12, "accepted": 11, "quarantined": 1, "voided": 0, "collapsed": 0}, "a" * 64
        ),
        "absences": FeedFacts(
            "ok", {"pulled": 40, "accepted": 37, "quarantined": 1, "voided": 2, "collapsed": 0}, "b" * 64
        ),
        "sightings": FeedFacts("absent", {}, None),
    }
    defaults: dict[str, Any] = {
        "agency": "demo",
        "agency_name": "Saguaro County Child Services (invented)",
        "business_date": "2026-03-02",
        "as_of": AS_OF,
        "zone": "America/Phoenix",
        "jurisdiction": "us/tx",
        "code_version": "0.1.0",
        "law_digest": "c" * 64,
        "linkage_model_digest": None,
        "feeds": feeds,
        "incomplete": (),
        "stale": False,
    }
    return NightFacts(**{**defaults, **changes})


def finding(code: str, subject: str, **changes: Any) -> dict[str, Any]:
    """One finding with plain defaults: law enforcement for LE, NCMEC for NC, nobody for the others."""
    recipient = {"LE": "law_enforcement", "NC": "ncmec"}.get(code[:2], "")
    rule = {"LE": "us/federal/report_to_le", "NC": "us/federal/report_to_ncmec"}.get(code[:2], "")
    defaults: dict[str, Any] = {
        "code": code,
        "subject_id": subject,
        "recipient": recipient,
        "rule_id": rule,
        "rules": f"{rule}=missing" if rule else None,
        "child_id": "C1",
        "episode_id": subject,
        "severity": "high",
        "queue": "act_now",
        "status": "new",
        "is_open": True,
        "first_seen": "2026-03-02",
        "age_days": 0,
        "title": f"Title of {code}",
        "began_earliest": AS_OF - 5 * DAY,
        "days_missing": 5,
        "age": 15,
        "reason": "ran_away",
        "clock_start_earliest": AS_OF - 4 * DAY,
        "clock_start_latest": AS_OF - 4 * DAY,
        "deadline_earliest": AS_OF - 3 * DAY,
        "deadline_latest": AS_OF - 3 * DAY,
        "observed_at_earliest": None,
        "observed_at_latest": None,
        "hours_over_min": 72.0,
        "hours_over_max": 72.0003,
        "basis": "law" if rule else "record",
        "rule_verified": True if rule else None,
        "citation": "42 U.S.C. 671(a)(35)(B)" if rule else None,
        "why": f"Why {code}.",
        "next_action": f"Do {code}.",
        "evidence": "absences:A1",
        "county": "Pima",
        "office": "Tucson North",
        "caseworker_id": "W7",
        "assignee": None,
        "waived_until": None,
    }
    row = {**defaults, **changes}
    row.setdefault("exception_id", f"{abs(hash_of(row)):020x}"[:20])
    return row


def hash_of(row: Mapping[str, Any]) -> int:
    return random.Random("|".join(str(row[k]) for k in ("code", "subject_id", "recipient"))).getrandbits(80)


def child(child_id: str, number: int, **changes: Any) -> dict[str, Any]:
    defaults: dict[str, Any] = {
        "child_id": child_id,
        "last_name": LAST_NAMES[number % 5],
        "first_name": FIRST_NAMES[number % 6],
        "middle_name": None,
        "date_of_birth": date(2010, 1 + number % 12, 1 + number % 28),
    }
    return {**defaults, **changes}


def some_findings() -> list[dict[str, Any]]:
    """Nine findings on eight lines: two rules of a duty, every queue, rows with and without a child, awkward text."""
    return [
        finding(
            "LE-01",
            "e1",
            severity="critical",
            rule_id="us/tx/report_to_le",
            rules="us/tx/report_to_le=missing;us/federal/report_to_le=undetermined",
            rule_verified=False,
            citation="Tex. Fam. Code 264.123",
            evidence="absences:A1;placements:P1",
        ),
        finding(
            "LE-05",
            "e1",
            severity="low",
            queue="correct_record",
            rule_id="",
            rules=None,
            basis="record",
            rule_verified=None,
            citation=None,
        ),
        finding("NC-01", "e1", severity="critical"),
        finding("LE-01", "e2", severity="critical", child_id="C2", age=9, office="Mesa/East: [2]?", county="Maricopa"),
        finding(
            "RT-01",
            "e3",
            severity="medium",
            child_id="C3",
            basis="advice",
            rule_id="advice/tell_le_located",
            rules="advice/tell_le_located=missing",
            recipient="law_enforcement",
            office=None,
            county=None,
            is_open=False,
        ),
        finding("LE-02", "e4", severity="medium", queue="history", is_open=False, child_id="C1", office="tucson north"),
        finding("NC-02", "e6", severity="medium", queue="explain", is_open=False, child_id="C1", basis="policy"),
        finding(
            "RC-02",
            "e5",
            severity="low",
            queue="correct_record",
            child_id="C2",
            office="Mesa/East: [2]?",
            why='He said "no", then\nleft; <b>x</b> & more',
            reason="abducted_by_stranger",
        ),
        finding(
            "DQ-01",
            "absences#17",
            severity="low",
            queue="correct_record",
            child_id=None,
            episode_id=None,
            is_open=None,
            age=None,
            reason=None,
            began_earliest=None,
            days_missing=None,
            clock_start_earliest=None,
            office=None,
            clock_start_latest=None,
            deadline_earliest=None,
            deadline_latest=None,
            hours_over_min=None,
            hours_over_max=None,
        ),
    ]


def some_episodes() -> list[dict[str, Any]]:
    episode = {
        "child_id": "C1",
        "began_earliest": AS_OF - 5 * DAY,
        "began_latest": AS_OF - 5 * DAY + 86399,
        "episode_id": "e1",
        "status": "open",
        "outcome": None,
        "outcome_basis": None,
        "is_back": False,
        "sources": "absence",
        "informed_basis": "recorded",
        "le_duty": "required",
        "ncmec_duty": "required",
        "le_verdict": "missing",
        "le_hours_min": 24.0003,
        "le_hours_max": 1234567.5,
        "le_audit_late": True,
        "ncmec_verdict": "pending",
        "days_missing": 5,
        "in_audit_population": True,
        "evidence": "absences:A1",
    }
    return [episode, {**episode, "child_id": "C2", "episode_id": "e2", "ended_earliest": AS_OF, "le_audit_late": False}]


def missing_child(child_id: str, **changes: Any) -> dict[str, Any]:
    """One row of missing_now with plain defaults: told neither to law enforcement nor to NCMEC."""
    defaults: dict[str, Any] = {
        "child_id": child_id,
        "record_state": "open",
        "missing_since_earliest": AS_OF - 5 * DAY,
        "missing_since_latest": AS_OF - 5 * DAY,
        "days_missing": 5,
        "age": 15,
        "reason": "ran_away",
        "informed_earliest": AS_OF - 4 * DAY,
        "informed_latest": AS_OF - 4 * DAY,
        "le_state": "overdue",
        "le_due": AS_OF - 3 * DAY,
        "ncic_state": "not_told",
        "ncmec_state": "told",
        "ncmec_due": AS_OF - 3 * DAY,
        "worst": "critical",
        "is_new": False,
        "county": "Pima",
        "office": "Tucson North",
        "caseworker_id": "W7",
        "episode_id": f"e-{child_id}",
    }
    return {**defaults, **changes}


def some_missing() -> list[dict[str, Any]]:
    """Three children: one missing, one younger and missing, one of whom a record cannot be read."""
    unread = dict.fromkeys(
        ("missing_since_earliest", "missing_since_latest", "days_missing", "age", "reason", "informed_earliest",
         "informed_latest", "le_state", "le_due", "ncic_state", "ncmec_state", "ncmec_due", "episode_id")
    )  # fmt: skip
    return [
        missing_child("C1"),
        missing_child("C2", age=9, le_state="not_told", le_due=AS_OF + 5 * HOUR, is_new=True),
        missing_child("C3", record_state="cannot_be_read", **unread),
    ]


def write(path: Path, table: str, rows: list[dict[str, Any]]) -> None:
    """Writes rows as the core writes the table: epoch seconds, booleans, text."""
    columns = output_tables()[table].columns
    arrays = {c.name: pa.array([row.get(c.name) for row in rows], _ARROW[c.type]) for c in columns}
    pq.write_table(pa.table(arrays), path)


def write_night(
    folder: Path,
    findings: list[dict[str, Any]] | None = None,
    children: list[dict[str, Any]] | None = None,
    missing: list[dict[str, Any]] | None = None,
) -> tuple[Path, Path]:
    """Writes a night and gives its work and checked folders."""
    work, checked = folder / "work", folder / "checked"
    work.mkdir(parents=True, exist_ok=True)
    checked.mkdir(exist_ok=True)
    write(work / "findings.parquet", "exceptions", some_findings() if findings is None else findings)
    write(work / "episodes.parquet", "episodes", some_episodes())
    write(work / "missing_now.parquet", "missing_now", some_missing() if missing is None else missing)
    row = {"episode_id": "e1", "feed": "absences", "id": "A1", "record": "absences:A1", "child_id": "C1"}
    write(work / "episode_rows.parquet", "episode_rows", [row])
    write(
        work / "determinations.parquet",
        "determinations",
        [
            {
                "child_id": "C3",
                "from_earliest": AS_OF - DAY,
                "kind": "not_missing",
                "why": "Planned absence.",
                "evidence": "absences:A9",
            }
        ],
    )
    write(
        work / "links.parquet",
        "links",
        [
            {
                "feed": "le_reports",
                "report_id": "L1",
                "child_id": "C2",
                "episode_id": "e2",
                "method": "probable",
                "score": 0.999999,
            },
            {"feed": "ncmec_reports", "report_id": "N1", "method": "none"},
        ],
    )
    write(
        checked / "quarantine.absences.parquet",
        "quarantine",
        [
            {
                "feed": "absences",
                "source": "absences.csv",
                "row": 17,
                "field": "absence_id",
                "rule": "not_null",
                "effect": "row",
            },
            {
                "feed": "absences",
                "source": "absences.csv",
                "row": 3,
                "key": "A3",
                "field": "ended_at",
                "rule": "end_before_begin",
                "effect": "field",
            },
        ],
    )
    rows = children if children is not None else [child(f"C{n}", n) for n in (1, 2, 3)]
    names = ("child_id", "last_name", "first_name", "middle_name")
    arrays: dict[str, pa.Array] = {name: pa.array([r[name] for r in rows], pa.string()) for name in names}
    arrays["date_of_birth"] = pa.array([r["date_of_birth"] for r in rows], pa.date32())
    pq.write_table(pa.table(arrays), checked / "children.parquet")
    return work, checked
