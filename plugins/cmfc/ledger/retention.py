"""Retention: ends waivers that have run out, and erases what is older than it may be.

To the journal, entries are only added.
"""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from cmfc.ledger.journal import lines_digest
from cmfc.ledger.row_digests import NewEntry, key_of
from cmfc.ledger.run_rows import SYSTEM, events_of
from cmfc.ledger.store import Ledger
from cmfc.ledger.tables import finding_events, findings, journal, notes, outbox, runs, snapshots, waivers


@dataclass(frozen=True)
class Retention:
    """Days after which each class of records is erased; 0: never.

    Attributes:
        records: snapshots and working files of a night, after its business date. Without them it cannot be rebuilt.
        notes: what people typed, after the finding was resolved; reasons of answers and of lists that were taken back,
            and numbers of claims, after these.
        messages: notifications, after they were queued.
    """

    records: int = 0
    notes: int = 0
    messages: int = 0


def expire_waivers(ledger: Ledger, agency: str, today: date, at: int) -> int:
    """End the waivers whose last day is past; return how many."""
    with ledger.writing(agency) as connection:
        where = (findings.c.agency == agency, findings.c.waived_until < today)
        ended = sorted(connection.scalars(select(findings.c.exception_id).where(*where)))
        if not ended:
            return 0
        entry = NewEntry(connection, agency)
        seq = entry.seq
        entry.touch(findings, ((one,) for one in ended))
        over = (waivers.c.agency == agency, waivers.c.to_seq.is_(None), waivers.c.until < today)
        entry.touch(
            waivers, map(tuple, connection.execute(select(waivers.c.exception_id, waivers.c.from_seq).where(*over)))
        )
        events = [(exception_id, "lapsed", '{"why":"expired"}') for exception_id in ended]
        body = {"waivers": len(ended), "events": lines_digest(events_of(events, None, at))}
        connection.execute(
            update(findings)
            .where(*where)
            .values(waived_until=None, waiver_facts=None, revision=findings.c.revision + 1)
        )
        connection.execute(update(waivers).where(*over).values(to_seq=seq, ended_why="expired"))
        rows = [
            {"agency": agency, "seq": seq, "ordinal": n, "exception_id": finding, "kind": kind, "night": None, "at": at,
             "actor": SYSTEM, "detail": detail}
            for n, (finding, kind, detail) in enumerate(events)
        ]  # fmt: skip
        connection.execute(insert(finding_events), rows)
        entry.append(at, "upkeep", body)
    return len(ended)


def retain(ledger: Ledger, agency: str, limits: Retention, folder: Path, today: date, at: int) -> dict[str, int]:
    """Erase what is older than its limit; the last two nights stay whatever their age.

    Args:
        ledger: open.
        agency: whose.
        limits: how long.
        folder: the agency's folder in the store.
        today: the local date.
        at: when, epoch seconds UTC.

    Returns:
        How many snapshots, night folders, notes and messages were erased.
    """
    with ledger.writing(agency) as connection:
        entry = NewEntry(connection, agency)
        counts = {"notes": _erase_notes(entry, limits, today, at), "messages": _erase_messages(entry, limits, at)}
        nights, hashes = _old_nights(connection, agency, limits, today)
        files = [path for path in (folder / "kept" / f"{name}.parquet" for name in hashes) if path.exists()]
        folders = [path for path in (folder / night.isoformat() for night in nights) if path.is_dir()]
        counts |= {"snapshots": len(files), "nights": len(folders)}
        if any(counts.values()):
            entry.append(at, "retention", {**counts, "erased": [path.stem for path in files]})
    for path in files:
        path.unlink()
    for path in folders:
        shutil.rmtree(path)
    return counts


def _erase_notes(entry: NewEntry, limits: Retention, today: date, at: int) -> int:
    if not limits.notes:
        return 0
    agency = entry.agency
    over = (findings.c.agency == agency, findings.c.resolved_on < today - timedelta(days=limits.notes))
    old = select(findings.c.exception_id).where(*over, findings.c.is_live.is_(False))
    is_old = journal.c.at < at - limits.notes * 86_400
    where = (journal.c.agency == agency, journal.c.kind.in_(("answer", "claim", "current")), is_old)
    of_no_finding = notes.c.exception_id.is_(None) & notes.c.seq.in_(select(journal.c.seq).where(*where))
    return _erase(entry, notes, notes.c.agency == agency, notes.c.exception_id.in_(old) | of_no_finding)


def _erase_messages(entry: NewEntry, limits: Retention, at: int) -> int:
    if not limits.messages:
        return 0
    old = outbox.c.queued_at < at - limits.messages * 86_400
    return _erase(entry, outbox, outbox.c.agency == entry.agency, old, outbox.c.state.in_(("sent", "logged")))


def _erase(entry: NewEntry, table: Any, *where: Any) -> int:
    keys = [tuple(row) for row in entry.connection.execute(select(*(table.c[n] for n in key_of(table))).where(*where))]
    entry.touch(table, keys)
    entry.connection.execute(delete(table).where(*where))
    return len(keys)


def _old_nights(
    connection: Connection, agency: str, limits: Retention, today: date
) -> tuple[list[date], Iterable[str]]:
    """Nights whose records may go, and the hashes of files that no later night needs."""
    if not limits.records:
        return [], ()
    stmt = select(runs.c.business_date).where(runs.c.agency == agency).distinct().order_by(runs.c.business_date)
    nights = list(connection.scalars(stmt))
    old = [night for night in nights[:-2] if night < today - timedelta(days=limits.records)]
    files = select(runs.c.business_date, snapshots.c.sha256, runs.c.known_sha256, runs.c.links_sha256).where(
        runs.c.agency == agency, snapshots.c.agency == agency, snapshots.c.seq == runs.c.seq
    )
    by_night = [(row[0], set(row[1:]) - {""}) for row in connection.execute(files)]
    gone = set().union(*(hashes for night, hashes in by_night if night in old))
    needed = set().union(*(hashes for night, hashes in by_night if night not in old))
    return old, sorted(gone - needed)
