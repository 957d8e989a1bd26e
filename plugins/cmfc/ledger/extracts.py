"""What an audit extract asks of the ledger: runs, the feeds of every night, how findings ended, what people decided.

All of it as it was on record with one entry of the journal, so that what came later changes nothing.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import and_, func, or_, select

from cmfc.findings.lifecycle import table
from cmfc.ledger.runs import RunRow
from cmfc.ledger.store import Ledger
from cmfc.ledger.tables import episodes, finding_events, findings, journal, link_decisions, links, releases, runs
from cmfc.ledger.tables import snapshots as snapshot_rows

LIVES = {"exception_id": "text", "code": "text", "recipient": "text", "episode_id": "text", "kind": "text",
         "seq": "int", "night": "text", "ended": "text"}  # fmt: skip
VERSIONS = {"episode_id": "text", "from_seq": "int", "state": "text", "began_earliest": "int", "began_latest": "int",
            "ended_earliest": "int", "ended_latest": "int"}  # fmt: skip
LINKS = {"feed": "text", "report_id": "text", "from_seq": "int", "child_id": "text", "episode_id": "text",
         "method": "text"}  # fmt: skip
ACTS = {"act": "text", "item": "text", "actor": "text", "number": "int"}
_ACTED = ("acknowledged", "assigned", "waived", "unwaived", "commented", "explained", "lapsed")


@dataclass(frozen=True)
class FeedNight:
    """One feed on one run: `status`, the record of validation and that of the pull, both as they were kept."""

    seq: int
    feed: str
    status: str
    checked: Mapping[str, Any]
    pulled: Mapping[str, Any]


@dataclass(frozen=True)
class Record:
    """What was on record.

    Attributes:
        runs: every run that was not late, first one first.
        feeds: every feed of them.
        lives: what happened to findings (LIVES), versions of episodes (VERSIONS) and of links (LINKS), what people
            did by the last run (ACTS): Arrow tables.
    """

    runs: tuple[RunRow, ...]
    feeds: tuple[FeedNight, ...]
    lives: Any
    versions: Any
    links: Any
    acts: Any


def published_runs(ledger: Ledger, agency: str) -> list[RunRow]:
    """Every run of an agency whose lists went out, in the order in which they were recorded."""
    out = select(releases.c.subject).where(releases.c.agency == agency, releases.c.kind == "list")
    stmt = select(runs).where(runs.c.agency == agency, runs.c.run_id.in_(out)).order_by(runs.c.seq)
    with ledger.reading() as connection:
        return [RunRow(**row) for row in connection.execute(stmt).mappings()]


def read_record(ledger: Ledger, run: RunRow) -> Record:
    """What was on record when a run was, of its night and those before it."""
    agency, night, seq = run.agency, run.business_date, run.seq
    with ledger.reading() as connection:
        until = (runs.c.agency == agency, runs.c.seq <= seq, runs.c.business_date <= night, runs.c.is_late.is_(False))
        own = and_(runs.c.agency == agency, runs.c.seq == seq)
        rows = connection.execute(select(runs).where(or_(and_(*until), own)).order_by(runs.c.seq)).mappings()
        run_rows = tuple(RunRow(**row) for row in rows)
        s = snapshot_rows.c
        stmt = select(s.seq, s.feed, s.status, s.accounting, s.pulled).where(s.agency == agency, s.seq <= seq)
        seqs = {one.seq for one in run_rows}
        feeds = tuple(
            FeedNight(row.seq, row.feed, row.status, json.loads(row.accounting), json.loads(row.pulled or "{}"))
            for row in connection.execute(stmt.order_by(s.seq, s.feed))
            if row.seq in seqs
        )
        e, f = finding_events.c, findings.c
        lives = connection.execute(
            select(e.exception_id, f.code, f.recipient, f.episode_id, e.kind, e.seq, e.night, e.detail)
            .join(findings, and_(f.agency == e.agency, f.exception_id == e.exception_id))
            .where(e.agency == agency, e.seq <= seq, e.night <= night, e.kind.in_(_LIVED))
            .order_by(e.seq, e.ordinal, e.exception_id)
        ).fetchall()
        v = episodes.c
        versions = connection.execute(
            select(*(v[name] for name in VERSIONS)).where(v.agency == agency, v.from_seq <= seq)
            .order_by(v.episode_id, v.from_seq)
        ).fetchall()  # fmt: skip
        k = links.c
        linked = connection.execute(
            select(*(k[name] for name in LINKS)).where(k.agency == agency, k.from_seq <= seq)
            .order_by(k.feed, k.report_id, k.from_seq)
        ).fetchall()  # fmt: skip
        return Record(
            run_rows, feeds, table_of(LIVES, [(*row[:7], _ended(row.kind, row.detail)) for row in lives]),
            table_of(VERSIONS, versions), table_of(LINKS, linked), table_of(ACTS, _acts(connection, agency, seq)),
        )  # fmt: skip


_LIVED = ("found", "reopened", "restored", "resolved", "withdrawn")


def _ended(kind: str, detail: str) -> str | None:
    return json.loads(detail).get("ended") or "not_recorded" if kind == "resolved" else None


def _acts(connection: Any, agency: str, seq: int) -> list[tuple[str, str, str, int]]:
    """Acts of people by kind, code and person: on findings, and answers about matches."""
    e, f, d = finding_events.c, findings.c, link_decisions.c
    acted = (
        select(e.kind, f.code, e.actor, func.count())
        .join(findings, and_(f.agency == e.agency, f.exception_id == e.exception_id))
        .where(e.agency == agency, e.seq <= seq, e.kind.in_(_ACTED))
        .group_by(e.kind, f.code, e.actor)
    )
    answered = (
        select(d.answer, d.feed, d.decided_by, func.count())
        .where(d.agency == agency, d.seq <= seq)
        .group_by(d.answer, d.feed, d.decided_by)
    )
    rows = [("finding_" + kind, code, actor, number) for kind, code, actor, number in connection.execute(acted)]
    rows += [("match_" + answer, feed, by, number) for answer, feed, by, number in connection.execute(answered)]
    return sorted(rows)


def table_of(columns: Mapping[str, str], rows: Any) -> Any:
    """An Arrow table of rows, in the columns of LIVES, VERSIONS, LINKS or ACTS."""
    import pyarrow as pa

    kinds = {name: pa.string() if kind == "text" else pa.int64() for name, kind in columns.items()}
    return table(kinds, [[v.isoformat() if isinstance(v, date) else v for v in row] for row in rows])


def head_at(ledger: Ledger, run: RunRow) -> str:
    """The journal's head with a run, as `seq:hash`."""
    where = (journal.c.agency == run.agency, journal.c.seq == run.seq)
    with ledger.reading() as connection:
        return f"{run.seq}:{connection.scalar(select(journal.c.hash).where(*where))}"
