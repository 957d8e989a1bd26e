"""Records a night in the ledger: one transaction, which leaves the tables that publishing reads (spec 5, 6).

A night with the same inputs is recorded once; again, it only gives its files back. A night earlier than one that is on
record is noted as late: it gets its list, and what later nights know stays.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select

from cmfc.errors import CmfcError
from cmfc.findings.lifecycle import ACTS, BASE, CURRENT, EVENTS, GIVEN, KEPT, WAIVED, Before, Life, Tonight, fold, table
from cmfc.ledger.bulk import select_by
from cmfc.ledger.journal import Head, head_of
from cmfc.ledger.run_rows import write_changes, write_run
from cmfc.ledger.store import Ledger
from cmfc.ledger.tables import assignments, finding_events, findings, journal, runs, snapshots, waivers


@dataclass(frozen=True)
class FeedInput:
    """One feed of a night: what the door said, and what is needed to check it again.

    `pulled`, `checked`: the records of the pull and of the door as canonical JSON; `previous_rows`: of the band.
    """

    status: str
    sha256: str
    pulled: str
    checked: str
    previous_rows: int | None


@dataclass(frozen=True)
class NightInputs:
    """Everything a night was made from. Times in epoch seconds UTC.

    Attributes:
        base_seq: the run whose episodes the core was given; None on a first night.
        model_digest, matches_sha256: the linkage model, and what matching made of the reports without an id.
        mapping: the agency's mapping as canonical JSON.
        engine: name and version of the set engine.
    """

    agency: str
    business_date: date
    seen_on: date
    as_of: int
    base_seq: int | None
    code_version: str
    engine: str
    expectations_digest: str
    law_digest: str
    model_digest: str | None
    matches_sha256: str
    mapping: str
    feeds: Mapping[str, FeedInput]

    def told(self) -> dict[str, Any]:
        """What decides that two runs are the same: all of it but when it was pulled."""
        feeds = {n: [f.status, f.sha256, f.checked, f.previous_rows] for n, f in self.feeds.items()}
        return {
            "business_date": self.business_date.isoformat(), "as_of": self.as_of, "base": self.base_seq,
            "code": self.code_version, "engine": self.engine, "law": self.law_digest, "model": self.model_digest,
            "matches": self.matches_sha256, "expectations": self.expectations_digest,
            "mapping": self.mapping, "feeds": feeds,
        }  # fmt: skip

    @property
    def lost(self) -> tuple[tuple[str, str], ...]:
        """Feed and column of what was promised and did not come, or cannot be read (DQ-04)."""
        return tuple(
            (name, lost["column"])
            for name, feed in sorted(self.feeds.items())
            for lost in json.loads(feed.checked)["lost_columns"]
        )

    @property
    def broken(self) -> tuple[str, ...]:
        """Feeds that could not be used."""
        return tuple(name for name, feed in sorted(self.feeds.items()) if feed.status == "broken")


@dataclass(frozen=True)
class Recorded:
    """A night on record: its run, the journal's head with it, what changed; `is_again`: it was there before."""

    run_id: str
    seq: int
    head: Head
    counts: Mapping[str, int]
    is_again: bool
    is_late: bool


def record(ledger: Ledger, inputs: NightInputs, inputs_digest: str, work: Path, kept: Path, at: int) -> Recorded:
    """Records a night, or finds it on record; writes `standing` and `delta` into the work folder.

    Args:
        ledger: open.
        inputs: what the night was made from.
        inputs_digest: their digest (journal.digest of `inputs.told()`).
        work: the core's tables of this night.
        kept: where the tables `known` and `links` are kept for the next night, named by their SHA-256.
        at: the time it is taken to be.

    Raises:
        CmfcError: CMFC-J03 the ledger does not give a recorded night again; CMFC-J04 the night before changed.
    """
    tonight = Tonight(inputs.business_date, inputs.seen_on, work, inputs.broken, inputs.lost)
    with ledger.writing(inputs.agency) as connection:
        there = last_run(connection, inputs.agency, inputs.business_date)
        if there is not None and there.inputs_digest == inputs_digest:
            return _again(connection, inputs.agency, there, tonight)
        base = run_before(connection, inputs.agency, inputs.business_date)
        if (base.seq if base else None) != inputs.base_seq:
            raise CmfcError("CMFC-J04", "The previous night was recorded anew meanwhile; run this night again.")
        latest = connection.scalar(_runs_on_time(inputs.agency, func.max(runs.c.business_date)))
        seq = head_of(connection, inputs.agency).seq + 1
        is_late = latest is not None and latest > inputs.business_date
        is_next = latest is None or latest < inputs.business_date
        before = (
            before_next(connection, inputs.agency, work)
            if is_next
            else before_at(connection, inputs.agency, tonight, seq)
        )
        with Life(tonight, before) as life:
            if not is_late:
                events = write_changes(connection, life, inputs.agency, inputs.business_date, seq, at, is_next)
            else:
                events = []
            head, run_id = write_run(
                connection, life, inputs, inputs_digest, seq, at, events,
                attempt=there.attempt + 1 if there else 1, is_late=is_late, kept=kept,
            )  # fmt: skip
            life.write()
            ledger.count_findings(connection)
            return Recorded(run_id, seq, head, life.counts(), False, is_late)


def _again(connection: Connection, agency: str, there: Any, tonight: Tonight) -> Recorded:
    with Life(tonight, before_at(connection, agency, tonight, there.seq)) as life:
        if life.digest() != there.standing_digest:
            raise CmfcError("CMFC-J03", "The ledger no longer gives what it recorded for this night.")
        life.write()
        hashed = connection.scalar(select(journal.c.hash).where(journal.c.agency == agency, journal.c.seq == there.seq))
        return Recorded(
            there.run_id, there.seq, Head(there.seq, str(hashed)), json.loads(there.counts), True, there.is_late
        )


def last_run(connection: Connection, agency: str, night: date, until: int | None = None) -> Any:
    """The last run of a night, or the last that was recorded at or before an instant; None if there is none."""
    known = [runs.c.recorded_at <= until] if until is not None else []
    asked = select(runs).where(runs.c.agency == agency, runs.c.business_date == night, *known)
    return connection.execute(asked.order_by(runs.c.seq.desc()).limit(1)).first()


def run_before(connection: Connection, agency: str, night: date) -> Any:
    """The last run of the last earlier night, late ones left out; None if there is none."""
    asked = _runs_on_time(agency, runs).where(runs.c.business_date < night)
    return connection.execute(asked.order_by(runs.c.business_date.desc(), runs.c.seq.desc()).limit(1)).first()


def feeds_of(connection: Connection, agency: str, seq: int) -> dict[str, Any]:
    """The snapshots of a run by feed."""
    asked = select(snapshots).where(snapshots.c.agency == agency, snapshots.c.seq == seq)
    return {row.feed: row for row in connection.execute(asked)}


def _runs_on_time(agency: str, what: Any) -> Any:
    return select(what).select_from(runs).where(runs.c.agency == agency, runs.c.is_late.is_(False))


def before_next(connection: Connection, agency: str, work: Path) -> Before:
    """What went before a night that follows the last one: the ledger's rows are it."""
    import duckdb

    columns = [findings.c[name] for name in CURRENT]
    extra = [findings.c.waived_until, findings.c.waiver_facts]
    mine = findings.c.agency == agency
    rows = list(connection.execute(select(*columns, *extra).where(mine, findings.c.is_live)))
    living = {row.exception_id for row in rows}
    tonight = duckdb.execute("SELECT exception_id FROM read_parquet(?)", [str(work / "findings.parquet")]).fetchall()
    if connection.execute(select(findings.c.code).where(mine).limit(1)).first():
        unknown = [i for (i,) in tonight if i not in living]
        rows += list(select_by(connection, [*columns, *extra], findings.c.exception_id, unknown, mine))
    # "New" and "reopened" were true for the night that said so; by this one they are open.
    aged = [(*r[:8], "open" if r.status in ("new", "reopened") else r.status, *r[9:]) for r in rows]
    base = table(BASE, [r[: len(BASE)] for r in aged if r[8] != "withdrawn"])
    current = table(CURRENT, [r[: len(CURRENT)] for r in aged])
    acts = [(r[0], *r[10:]) for r in aged if any(v is not None for v in r[10:])]
    return Before(base, current, table(ACTS, acts))


def before_at(connection: Connection, agency: str, tonight: Tonight, seq: int) -> Before:
    """What went before a run, by what had been written before the journal's entry `seq`; and the rows as they are."""

    def read(source: Any, names: Mapping[str, Any], *where: Any) -> Any:
        asked = select(*(source.c[name] for name in names)).where(source.c.agency == agency, *where)
        return table(names, connection.execute(asked))

    events = read(finding_events, EVENTS, finding_events.c.seq < seq)
    in_force = [and_(t.c.from_seq < seq, or_(t.c.to_seq.is_(None), t.c.to_seq >= seq)) for t in (assignments, waivers)]
    given, waived = read(assignments, GIVEN, in_force[0]), read(waivers, WAIVED, in_force[1])
    base, acts = fold(tonight, events, read(findings, KEPT), given, waived)
    return Before(base, read(findings, CURRENT), acts)
