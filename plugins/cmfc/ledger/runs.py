"""Runs on record: the last one of a night, the one before it, what each was made from, and what was published of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, select

from cmfc.ledger.journal import Head
from cmfc.ledger.store import Ledger
from cmfc.ledger.tables import journal, releases, runs, snapshots


@dataclass(frozen=True)
class RunRow:
    """A run as the table holds it; the fields are those of ledger/inputs.NightInputs, with what came out.

    Attributes:
        seq: the journal's entry.
        recorded_at: epoch seconds UTC.
        code_commit: the Git commit of the code that judged, where it was known; else empty.
        standing_digest: over the status of every finding and the delta (findings/lifecycle.py).
        known_sha256, links_sha256: the tables for the next night.
        counts: as JSON.
    """

    agency: str
    seq: int
    run_id: str
    business_date: date
    attempt: int
    as_of: int
    recorded_at: int
    is_late: bool
    base_seq: int | None
    inputs_digest: str
    code_version: str
    code_commit: str
    engine: str
    expectations_digest: str
    law_digest: str
    model_digest: str | None
    mapping: str
    standing_digest: str
    known_sha256: str
    links_sha256: str
    counts: str


@dataclass(frozen=True)
class SnapshotRow:
    """One feed of a run: `pulled` and `accounting` are canonical JSON, `previous_rows` those of the count band."""

    feed: str
    status: str
    sha256: str
    pulled: str
    accounting: str
    previous_rows: int | None


@dataclass(frozen=True)
class PastRun:
    """A run with all that is needed to make it again.

    Attributes:
        snapshots: by feed.
        base: the run whose episodes it was given; None on a first night.
        head: the journal's head with it.
        published: SHA-256 of the manifests that went out for it.
    """

    run: RunRow
    snapshots: Mapping[str, SnapshotRow]
    base: RunRow | None
    head: Head
    published: frozenset[str]


def last_run(
    connection: Connection, agency: str, night: date, until: int | None = None, run_id: str = ""
) -> RunRow | None:
    """The last run of a night, or that at an instant, or the one of an id; None if there is none."""
    where = [runs.c.recorded_at <= until] if until is not None else []
    where += [runs.c.run_id == run_id] if run_id else []
    stmt = select(runs).where(runs.c.agency == agency, runs.c.business_date == night, *where)
    return _one_run(connection, stmt.order_by(runs.c.seq.desc()))


def run_before(connection: Connection, agency: str, night: date) -> RunRow | None:
    """The last run of the last earlier night, late ones left out; None if there is none."""
    stmt = runs_on_time(agency, runs).where(runs.c.business_date < night)
    return _one_run(connection, stmt.order_by(runs.c.business_date.desc(), runs.c.seq.desc()))


def past_run(ledger: Ledger, agency: str, night: date, until: int | None = None, run_id: str = "") -> PastRun | None:
    """As `last_run`, with all that is needed to make it again."""
    with ledger.reading() as connection:
        run = last_run(connection, agency, night, until, run_id)
        if run is None:
            return None
        entry = (journal.c.agency == agency, journal.c.seq == run.seq)
        lists = (releases.c.agency == agency, releases.c.kind == "list", releases.c.subject == run.run_id)
        return PastRun(
            run,
            _snapshots_of(connection, agency, run.seq),
            _one_run(connection, select(runs).where(runs.c.agency == agency, runs.c.seq == run.base_seq)),
            Head(run.seq, str(connection.scalar(select(journal.c.hash).where(*entry)))),
            frozenset(connection.scalars(select(releases.c.sha256).where(*lists))),
        )


def list_feeds(ledger: Ledger, agency: str, limit: int) -> list[dict[str, Any]]:
    """The feeds of the last runs, at most `limit` of them, by feed and night; of a night that was run again, the last.

    Each has `feed`, `night`, `status` and the record of validation (validation/result.py).
    """
    stmt = (
        select(runs.c.business_date, snapshots.c.feed, snapshots.c.status, snapshots.c.accounting)
        .join(runs, (runs.c.agency == snapshots.c.agency) & (runs.c.seq == snapshots.c.seq))
        .where(runs.c.agency == agency)
        .order_by(runs.c.seq.desc())
        .limit(limit)
    )
    with ledger.reading() as connection:
        rows = connection.execute(stmt).fetchall()
    feeds: dict[tuple[str, str], dict[str, Any]] = {}
    for night, feed, status, accounting in reversed(rows):
        record = json.loads(accounting)
        feeds[(feed, str(night))] = {"feed": feed, "night": str(night), "status": status, **record}
    return [feeds[key] for key in sorted(feeds)]


def runs_on_time(agency: str, columns: Any) -> Select[Any]:
    """A SELECT over the runs that were not late."""
    return select(columns).select_from(runs).where(runs.c.agency == agency, runs.c.is_late.is_(False))


def _one_run(connection: Connection, stmt: Select[Any]) -> RunRow | None:
    row = connection.execute(stmt.limit(1)).mappings().first()
    return RunRow(**row) if row else None


def _snapshots_of(connection: Connection, agency: str, seq: int) -> dict[str, SnapshotRow]:
    columns = [snapshots.c[name] for name in SnapshotRow.__dataclass_fields__]
    stmt = select(*columns).where(snapshots.c.agency == agency, snapshots.c.seq == seq)
    return {row.feed: SnapshotRow(*row) for row in connection.execute(stmt)}
