"""Records a run in the ledger: one transaction, which leaves the tables that publishing reads (spec 5, 6).

A night with the same inputs is recorded once; a second time it only gives its files back. A night earlier than one that
is on record is marked late: it gets its list, and what later nights know stays.
"""

import json
from pathlib import Path

from sqlalchemy import Connection, func, select

from cmfc.errors import CmfcError
from cmfc.findings.lifecycle import Life, Tonight
from cmfc.ledger.before import before_at, before_next
from cmfc.ledger.inputs import NightInputs, Recorded
from cmfc.ledger.journal import Head
from cmfc.ledger.row_digests import NewEntry
from cmfc.ledger.run_rows import write_changes, write_run
from cmfc.ledger.runs import RunRow, last_run, run_before, runs_on_time
from cmfc.ledger.store import Ledger
from cmfc.ledger.tables import journal, runs


def record(ledger: Ledger, inputs: NightInputs, inputs_digest: str, work: Path, archive: Path, at: int) -> Recorded:
    """Record a night, unless it is on record; write `standing` and `delta` into the work folder.

    Args:
        ledger: open.
        inputs: what the night was made from.
        inputs_digest: their digest (journal.digest of `inputs.identity()`).
        work: the core's tables of this night.
        archive: where the tables `known` and `links` are kept for the next night, named by their SHA-256.
        at: when, epoch seconds UTC.

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
            raise CmfcError("CMFC-J04", "The night before was recorded anew meanwhile; run this night again.")
        latest = connection.scalar(runs_on_time(inputs.agency, func.max(runs.c.business_date)))
        entry = NewEntry(connection, inputs.agency)
        is_late = latest is not None and latest > inputs.business_date
        is_next = latest is None or latest < inputs.business_date
        before = (
            before_next(connection, inputs.agency, work)
            if is_next
            else before_at(connection, inputs.agency, tonight, entry.seq)
        )
        with Life(tonight, before) as life:
            events = [] if is_late else write_changes(entry, life, is_next)
            head, run_id = write_run(
                entry, life, inputs, inputs_digest, at, events,
                attempt=there.attempt + 1 if there else 1, is_late=is_late, archive=archive,
            )  # fmt: skip
            life.write()
            ledger.analyze_findings(connection)
            return Recorded(run_id, entry.seq, head, life.counts(), False, is_late, inputs.code_commit)


def _again(connection: Connection, agency: str, there: RunRow, tonight: Tonight) -> Recorded:
    with Life(tonight, before_at(connection, agency, tonight, there.seq)) as life:
        if life.digest() != there.standing_digest:
            raise CmfcError("CMFC-J03", "The ledger does not give again what it recorded for this night.")
        life.write()
        hashed = connection.scalar(select(journal.c.hash).where(journal.c.agency == agency, journal.c.seq == there.seq))
        head = Head(there.seq, str(hashed))
        return Recorded(there.run_id, there.seq, head, json.loads(there.counts), True, there.is_late, there.code_commit)
