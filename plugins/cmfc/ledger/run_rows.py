"""Writes a run into the ledger, once findings/steps have worked out what changed."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from cmfc.findings.lifecycle import Life
from cmfc.ledger.bitemporal import EPISODES, LINKS, store_table, write_versions
from cmfc.ledger.bulk import insert_rows, select_by, update_rows
from cmfc.ledger.inputs import NightInputs
from cmfc.ledger.journal import Head, digest, lines_digest
from cmfc.ledger.row_digests import NewEntry
from cmfc.ledger.tables import (
    assignments,
    duty_changes,
    finding_events,
    findings,
    lineage,
    outbox,
    runs,
    snapshots,
    waivers,
)

Event = tuple[str, str, str]
"""exception_id, kind, detail as JSON."""
SYSTEM = "cmfc"
ROW = ("code", "subject_id", "rule_id", "recipient", "child_id", "episode_id", "severity", "severity_rank", "queue",
       "is_open", "county", "office", "caseworker_id", "clock_start_earliest", "deadline_earliest", "facts_digest",
       "row_digest", "status", "first_seen", "acknowledged_by", "assignee", "waived_until", "waiver_facts")  # fmt: skip


_HEIRS = """SELECT exception_id, assignee FROM changes
    WHERE event = 'found' AND giver IS NOT NULL AND assignee IS NOT NULL ORDER BY ALL"""


def write_changes(entry: NewEntry, life: Life, is_next: bool) -> list[Event]:
    """Bring the findings' rows up to date; return the events in their order.

    `is_next`: the night follows the last one, so what was new or reopened is open now.
    """
    connection, agency, seq = entry.connection, entry.agency, entry.seq
    _touch(entry, life, is_next)
    if is_next:
        aged = (findings.c.agency == agency) & findings.c.status.in_(("new", "reopened"))
        connection.execute(update(findings).where(aged).values(status="open"))
    listed = ", ".join(ROW)
    fresh = life.rows(f"SELECT exception_id, {listed} FROM changes WHERE is_new_row ORDER BY exception_id")
    names = ("agency", "revision", "is_live", "exception_id", *ROW)
    insert_rows(connection, findings, names, ((agency, 1, True, *row) for row in fresh))
    changed = life.rows(f"SELECT exception_id, {listed} FROM changes WHERE NOT is_new_row ORDER BY exception_id")
    if changed:
        new = {"is_live": "true", "resolved_on": "NULL", "resolved_by": "NULL", "revision": "findings.revision + 1"}
        key = ("agency", "exception_id")
        update_rows(connection, findings, key, ROW, ((agency, *row) for row in changed), also=new)
    _end(connection, life, agency)
    _write_duty_changes(connection, life, agency)
    _end_waivers(connection, life, agency, seq)
    _inherit_assignees(connection, life, agency, seq)
    return life.rows("""
        SELECT * FROM (
            SELECT exception_id, event, CASE WHEN event = 'found'
                THEN '{"first_seen":"' || first_seen || '","severity":"' || severity || '"}'
                ELSE '{"severity":"' || severity || '"}' END AS detail FROM changes WHERE event IS NOT NULL
            UNION ALL SELECT exception_id, 'inherits', '{"from":"' || giver || '"}' FROM changes
                WHERE giver IS NOT NULL AND event = 'found'
            UNION ALL SELECT exception_id, 'lapsed', '{"why":"' || waiver_ends || '"}' FROM changes
                WHERE waiver_ends <> ''
            UNION ALL SELECT exception_id, event, CASE WHEN event = 'withdrawn'
                THEN CAST(to_json({'by': resolved_by}) AS VARCHAR)
                ELSE CAST(to_json({'by': resolved_by, 'ended': ended}) AS VARCHAR) END FROM ended
        ) ORDER BY ALL""")


def _touch(entry: NewEntry, life: Life, is_next: bool) -> None:
    """Name every row that the changes will write, before they do."""
    connection, agency, seq = entry.connection, entry.agency, entry.seq
    ids = {row[0] for row in life.rows("SELECT exception_id FROM changes UNION SELECT exception_id FROM ended")}
    if is_next:
        aged = (findings.c.agency == agency, findings.c.status.in_(("new", "reopened")))
        ids |= set(connection.scalars(select(findings.c.exception_id).where(*aged)))
    entry.touch(findings, ((one,) for one in ids))
    duties = {row[0] for row in life.rows("SELECT exception_id FROM delta WHERE duty_change IS NOT NULL")}
    duties |= set(connection.scalars(select(duty_changes.c.exception_id).where(duty_changes.c.agency == agency)))
    entry.touch(duty_changes, ((one,) for one in duties))
    lapsed = [row[0] for row in life.rows("SELECT exception_id FROM changes WHERE waiver_ends <> ''")]
    columns, in_force = [waivers.c.exception_id, waivers.c.from_seq], waivers.c.to_seq.is_(None)
    ended = select_by(connection, columns, waivers.c.exception_id, lapsed, waivers.c.agency == agency, in_force)
    entry.touch(waivers, map(tuple, ended))
    heirs = life.rows(_HEIRS)
    entry.touch(assignments, ((finding, seq) for finding, _ in heirs))


def _end(connection: Connection, life: Life, agency: str) -> None:
    rows = life.rows("SELECT exception_id, event, seen_on, resolved_by FROM ended, night ORDER BY exception_id")
    if rows:
        new = {"is_live": "false", "revision": "findings.revision + 1"}
        names = ("status", "resolved_on", "resolved_by")
        key = ("agency", "exception_id")
        update_rows(connection, findings, key, names, ((agency, *row) for row in rows), also=new)


def _write_duty_changes(connection: Connection, life: Life, agency: str) -> None:
    connection.execute(delete(duty_changes).where(duty_changes.c.agency == agency))
    rows = life.rows("SELECT exception_id, duty_change FROM delta WHERE duty_change IS NOT NULL ORDER BY exception_id")
    insert_rows(connection, duty_changes, ("agency", "exception_id", "change"), ((agency, *row) for row in rows))


def _end_waivers(connection: Connection, life: Life, agency: str, seq: int) -> None:
    lapsed = life.rows("SELECT exception_id, waiver_ends FROM changes WHERE waiver_ends <> '' ORDER BY ALL")
    if lapsed:
        rows = ((agency, finding, seq, why) for finding, why in lapsed)
        key = ("agency", "exception_id")
        update_rows(connection, waivers, key, ("to_seq", "ended_why"), rows, where="AND waivers.to_seq IS NULL")


def _inherit_assignees(connection: Connection, life: Life, agency: str, seq: int) -> None:
    """Assignees go over from an episode that goes on in another."""
    assigned = life.rows(_HEIRS)
    names = ("agency", "exception_id", "from_seq", "assignee", "actor")
    insert_rows(connection, assignments, names, ((agency, finding, seq, who, SYSTEM) for finding, who in assigned))


def write_run(
    entry: NewEntry, life: Life, inputs: NightInputs, inputs_digest: str, at: int,
    events: Sequence[Event], *, attempt: int, is_late: bool, archive: Path,
) -> tuple[Head, str]:  # fmt: skip
    """Write the journal's entry, the run and all that came with it; return the journal's head and the run's id."""
    connection, seq = entry.connection, entry.seq
    agency, night = inputs.agency, inputs.business_date.isoformat()
    run_id = digest([agency, night, attempt, inputs_digest])[:20]
    counts, standing_digest = life.counts(), life.digest()
    known_sha256, linked = store_table(life.work, "known", archive), store_table(life.work, "links", archive)
    body = {
        "run_id": run_id, "business_date": night, "attempt": attempt, "is_late": is_late, "as_of": inputs.as_of,
        "inputs": inputs_digest, "code_version": inputs.code_version, "commit": inputs.code_commit,
        "law": inputs.law_digest, "model": inputs.model_digest,
        "snapshots": {n: f.sha256 for n, f in sorted(inputs.feeds.items())},
        "standing": standing_digest, "known": known_sha256, "links": linked, "counts": counts,
        "events": lines_digest(events_of(events, night, at)),
        "lineage": lines_digest(() if is_late else _lineage(life)),
    }  # fmt: skip
    entry.touch(runs, [(seq,)])
    entry.touch(snapshots, ((seq, name) for name in inputs.feeds))
    connection.execute(insert(runs).values(
        agency=agency, seq=seq, run_id=run_id, business_date=inputs.business_date, attempt=attempt, as_of=inputs.as_of,
        recorded_at=at, is_late=is_late, base_seq=inputs.base_seq, inputs_digest=inputs_digest,
        code_version=inputs.code_version, code_commit=inputs.code_commit, engine=inputs.engine,
        law_digest=inputs.law_digest, expectations_digest=inputs.expectations_digest,
        model_digest=inputs.model_digest, mapping=inputs.mapping, standing_digest=standing_digest,
        known_sha256=known_sha256, links_sha256=linked, counts=json.dumps(counts, sort_keys=True),
    ))  # fmt: skip
    for name, feed in inputs.feeds.items():
        connection.execute(insert(snapshots).values(
            agency=agency, seq=seq, feed=name, status=feed.status, sha256=feed.sha256, pulled=feed.pulled,
            accounting=feed.checked, previous_rows=feed.previous_rows,
        ))  # fmt: skip
    rows = ((agency, seq, n, finding, kind, night, at, SYSTEM, text) for n, (finding, kind, text) in enumerate(events))
    names = ("agency", "seq", "ordinal", "exception_id", "kind", "night", "at", "actor", "detail")
    insert_rows(connection, finding_events, names, rows)
    if not is_late:
        _write_versions(entry, life, archive)
        _queue_notification(entry, life, inputs, run_id, counts, at)
    return entry.append(at, "night", body), run_id


def events_of(events: Sequence[Event], night: str | None, at: int) -> list[list[Any]]:
    """Events as the journal's digest takes them (ledger/verify.py reads them back from the table)."""
    return [[n, finding, kind, night, at, SYSTEM, detail] for n, (finding, kind, detail) in enumerate(events)]


def _write_versions(entry: NewEntry, life: Life, archive: Path) -> None:
    connection, agency, seq = entry.connection, entry.agency, entry.seq
    on_time = (runs.c.agency == agency) & runs.c.is_late.is_(False) & (runs.c.seq < seq)
    last = connection.execute(select(runs).where(on_time).order_by(runs.c.seq.desc()).limit(1)).first()
    for what, column in ((EPISODES, "known_sha256"), (LINKS, "links_sha256")):
        former = archive / f"{getattr(last, column)}.parquet" if last else None
        write_versions(entry, life.engine, what, life.work, former)
    names = ("agency", "seq", "episode_id", "change", "other_id")
    insert_rows(connection, lineage, names, ((agency, seq, *row) for row in _lineage(life)))


def _lineage(life: Life) -> list[Any]:
    return life.rows("SELECT episode_id, change, other_id FROM lineage ORDER BY ALL")


def _same_as(entry: NewEntry, inputs: NightInputs) -> str:
    """The night before, where every source brought the very same rows then; else empty."""
    of_run = (snapshots.c.agency == entry.agency, snapshots.c.seq == inputs.base_seq, snapshots.c.status == "ok")
    rows = entry.connection.execute(select(snapshots.c.feed, snapshots.c.sha256).where(*of_run)).all()
    tonight = {name: feed.sha256 for name, feed in inputs.feeds.items() if feed.status == "ok"}
    if not tonight or tonight != {row.feed: row.sha256 for row in rows}:
        return ""
    night = select(runs.c.business_date).where(runs.c.agency == entry.agency, runs.c.seq == inputs.base_seq)
    return str(entry.connection.scalar(night))


def _queue_notification(
    entry: NewEntry, life: Life, inputs: NightInputs, run_id: str, counts: dict[str, int], at: int
) -> None:
    """Counts per severity and office; it is sent after the lists are out (ledger/outbox.py)."""
    severities = dict(life.rows("SELECT severity, count(*) FROM lines GROUP BY 1 ORDER BY min(severity_rank)"))
    offices = life.rows(
        "SELECT coalesce(office, ''), severity, count(*) FROM lines GROUP BY 1, 2 ORDER BY 1, min(severity_rank)"
    )
    agency, night = entry.agency, inputs.business_date.isoformat()
    key = f"night:{night}:{run_id}"
    body = {"agency": agency, "business_date": night, "counts": counts, "severities": severities, "offices": offices,
            "same_as": _same_as(entry, inputs), "fewer": inputs.fewer}  # fmt: skip
    entry.touch(outbox, [(key,)])
    entry.connection.execute(insert(outbox).values(
        agency=agency, key=key, kind="night", body=json.dumps(body), state="waiting", queued_at=at,
        tries=0,
    ))  # fmt: skip
