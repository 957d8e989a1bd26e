"""What keeps the ledger in order between nights: waivers that have run out, and what may be erased when.

Nothing here touches the journal but to add to it.
"""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from cmfc.ledger.journal import append, head_of, lines_digest
from cmfc.ledger.run_rows import SYSTEM, events_of
from cmfc.ledger.store import Ledger
from cmfc.ledger.tables import finding_events, findings, journal, notes, outbox, runs, snapshots, waivers


@dataclass(frozen=True)
class Retention:
    """Days that each class of records is kept; 0: for ever.

    Attributes:
        records: snapshots and working files of a night, after its business date. Without them it cannot be rebuilt.
        notes: what people typed, after the finding was resolved; why an answer was given, after it was.
        messages: notices, after they were made.
    """

    records: int = 0
    notes: int = 0
    messages: int = 0


def expire_waivers(ledger: Ledger, agency: str, today: date, at: int) -> int:
    """Ends the waivers whose last day is past, for findings that live; gives how many."""
    with ledger.writing(agency) as connection:
        mine = (findings.c.agency == agency, findings.c.waived_until < today)
        ended = sorted(connection.scalars(select(findings.c.exception_id).where(*mine)))
        if not ended:
            return 0
        seq = head_of(connection, agency).seq + 1
        events = [(exception_id, "lapsed", '{"why":"expired"}') for exception_id in ended]
        body = {"waivers": len(ended), "events": lines_digest(events_of(events, None, at))}
        append(connection, agency, at, "upkeep", body)
        connection.execute(
            update(findings).where(*mine).values(waived_until=None, waiver_facts=None, revision=findings.c.revision + 1)
        )
        over = (waivers.c.agency == agency, waivers.c.to_seq.is_(None), waivers.c.until < today)
        connection.execute(update(waivers).where(*over).values(to_seq=seq, ended_why="expired"))
        rows = [
            {"agency": agency, "seq": seq, "ordinal": n, "exception_id": found, "kind": kind, "night": None, "at": at,
             "actor": SYSTEM, "detail": detail}
            for n, (found, kind, detail) in enumerate(events)
        ]  # fmt: skip
        connection.execute(insert(finding_events), rows)
    return len(ended)


def retain(ledger: Ledger, agency: str, keep: Retention, folder: Path, today: date, at: int) -> dict[str, int]:
    """Erases what is older than it is kept; the last two nights stay whatever their age.

    Args:
        ledger: open.
        agency: whose.
        keep: how long.
        folder: the agency's folder in the store.
        today: the local date.
        at: the time it is taken to be.

    Returns:
        How many snapshots, night folders, notes and messages were erased.
    """
    with ledger.writing(agency) as connection:
        done = {
            "notes": _erase_notes(connection, agency, keep, today, at),
            "messages": _erase_messages(connection, agency, keep, at),
        }
        nights, hashes = _old_nights(connection, agency, keep, today)
        files = [path for path in (folder / "kept" / f"{name}.parquet" for name in hashes) if path.exists()]
        folders = [path for path in (folder / night.isoformat() for night in nights) if path.is_dir()]
        done |= {"snapshots": len(files), "nights": len(folders)}
        if any(done.values()):
            append(connection, agency, at, "retention", done)
    for path in files:
        path.unlink()
    for path in folders:
        shutil.rmtree(path)
    return done


def _erase_notes(connection: Connection, agency: str, keep: Retention, today: date, at: int) -> int:
    if not keep.notes:
        return 0
    over = (findings.c.agency == agency, findings.c.resolved_on < today - timedelta(days=keep.notes))
    old = select(findings.c.exception_id).where(*over, findings.c.is_live.is_(False))
    given = (journal.c.agency == agency, journal.c.kind == "answer", journal.c.at < at - keep.notes * 86_400)
    of_answers = notes.c.exception_id.is_(None) & notes.c.seq.in_(select(journal.c.seq).where(*given))
    return _erased(connection, notes, notes.c.agency == agency, notes.c.exception_id.in_(old) | of_answers)


def _erase_messages(connection: Connection, agency: str, keep: Retention, at: int) -> int:
    if not keep.messages:
        return 0
    old = outbox.c.made_at < at - keep.messages * 86_400
    return _erased(connection, outbox, outbox.c.agency == agency, old, outbox.c.state.in_(("sent", "logged")))


def _erased(connection: Connection, table: Any, *where: Any) -> int:
    counted = connection.scalar(select(func.count()).select_from(table).where(*where))
    connection.execute(delete(table).where(*where))
    return int(counted or 0)


def _old_nights(connection: Connection, agency: str, keep: Retention, today: date) -> tuple[list[date], Iterable[str]]:
    """Nights whose records may go, and the hashes of files that no later night needs."""
    if not keep.records:
        return [], ()
    asked = select(runs.c.business_date).where(runs.c.agency == agency).distinct().order_by(runs.c.business_date)
    nights = list(connection.scalars(asked))
    old = [night for night in nights[:-2] if night < today - timedelta(days=keep.records)]
    said = select(runs.c.business_date, snapshots.c.sha256, runs.c.known_sha256, runs.c.links_sha256).where(
        runs.c.agency == agency, snapshots.c.agency == agency, snapshots.c.seq == runs.c.seq
    )
    by_night = [(row[0], set(row[1:]) - {""}) for row in connection.execute(said)]
    gone = set().union(*(hashes for night, hashes in by_night if night in old))
    needed = set().union(*(hashes for night, hashes in by_night if night not in old))
    return old, sorted(gone - needed)
