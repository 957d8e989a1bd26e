"""Verifies an agency's memory: the journal's chain, and the tables that its entries vouch for."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from cmfc.findings.lifecycle import Tonight
from cmfc.ledger.before import before_at
from cmfc.ledger.faults import Fault
from cmfc.ledger.journal import EARLY_SECONDS, GENESIS, Head, entry_hash, head_of, lines_digest
from cmfc.ledger.row_digests import GONE, STREAM, VOUCHED, digests_of, last_digests, raw
from cmfc.ledger.store import Ledger
from cmfc.ledger.tables import finding_events, findings, journal, lineage, row_digests
from cmfc.ledger.verify_files import kept_faults, list_faults

_ACTS = ("action", "answer", "claim", "current")
_HASHED = {
    "events": (finding_events, ("ordinal", "exception_id", "kind", "night", "at", "actor", "detail")),
    "lineage": (lineage, ("episode_id", "change", "other_id")),
    "rows": (row_digests, ("relation", "key", "digest")),
}
"""What an entry holds one hash of: the rows of a table that carry its number."""


Heads = Iterable[tuple[int, str]]
"""Entry numbers and hashes from outside; two of one entry may contradict each other, and then one is a forgery."""


def verify_chain(connection: Connection, agency: str, heads: Heads = ()) -> Iterator[Fault]:
    """Every fault of an agency's journal, in order.

    Args:
        connection: to read with.
        agency: whose journal.
        heads: entry numbers and hashes that somebody wrote down outside (manifests, messages); without one, entries
            cut off the end leave no trace.
    """
    stmt = select(journal).where(journal.c.agency == agency).order_by(journal.c.seq)
    rows: Any = connection.execute(stmt, execution_options=STREAM)
    previous, expected, outside, latest = GENESIS, 1, _by_entry(heads), 0
    for row in rows:
        if row.seq != expected:
            yield Fault(expected, f"Entries {expected} to {row.seq - 1} are missing.")
        elif row.previous != previous:
            yield Fault(row.seq, "It does not follow the entry before it: one of them was inserted, moved or replaced.")
        if row.hash != entry_hash(agency, row.seq, row.at, row.kind, row.body, row.previous):
            yield Fault(row.seq, "It was changed: its hash is not that of its content.")
        if outside.pop(row.seq, {row.hash}) != {row.hash}:
            yield Fault(row.seq, "It is not the entry that the given head names: the journal was written anew.")
        if row.kind in _ACTS and isinstance(row.at, int) and row.at < latest - EARLY_SECONDS:
            yield Fault(row.seq, "A person's act stands before the time of the entry that precedes it.")
        latest = row.at if isinstance(row.at, int) else latest
        previous, expected = row.hash, row.seq + 1
    for seq in sorted(outside):
        yield Fault(seq, f"The journal ends at entry {expected - 1}; the given head names entry {seq}.")


def verify(
    ledger: Ledger, agency: str, heads: Heads, lists: Path | None = None, archive: Path | None = None
) -> tuple[Head, list[Fault]]:
    """The journal's head and every fault of the journal and of what it vouches for, in order.

    Args:
        ledger: open.
        agency: whose.
        heads: entry numbers and hashes that were written down outside.
        lists: the folder of the agency's published lists; None: they are not looked at.
        archive: the folder of the kept snapshots and tables; None: they are not looked at.
    """
    with ledger.reading() as connection:
        head = head_of(connection, agency)
        faults = [*verify_chain(connection, agency, heads), *_verify_entries(connection, agency)]
        faults += _verify_rows(connection, agency, head.seq)
        if not faults:  # else these would say it again, without saying which row
            faults += _verify_standing(connection, agency, head.seq)
        faults += list_faults(connection, agency, lists) if lists else []
        faults += kept_faults(connection, agency, archive) if archive else []
    return head, sorted(faults, key=lambda fault: (fault.seq, fault.table, fault.key))


def _by_entry(heads: Heads) -> dict[int, set[str]]:
    named: dict[int, set[str]] = {}
    for seq, hashed in heads:
        named.setdefault(seq, set()).add(hashed)
    return named


def _verify_entries(connection: Connection, agency: str) -> Iterator[Fault]:
    """What entries hold a hash of: events, lineage, and the digests of rows; and what they found changed themselves."""
    stmt = select(journal).where(journal.c.agency == agency).order_by(journal.c.seq)
    whole = {}
    for e in connection.execute(stmt, execution_options=STREAM):
        if e.hash == entry_hash(agency, e.seq, e.at, e.kind, e.body, e.previous):  # else it is a fault already
            whole[e.seq] = json.loads(e.body)
    for name, hashed in hashes_of_rows(connection, agency).items():
        entry_hashes = {seq: body[name] for seq, body in whole.items() if name in body}
        empty = lines_digest(())
        for seq in sorted(hashed.keys() | entry_hashes.keys()):
            if hashed.get(seq, empty) != entry_hashes.get(seq, empty):
                yield Fault(seq, "Rows of this entry were changed, added or deleted.", _HASHED[name][0].name)
    for seq, body in whole.items():
        for table_name, key in body.get("altered", ()):
            yield Fault(seq, "It had been changed outside cmfc; this entry found it so.", table_name, key)


def hashes_of_rows(connection: Connection, agency: str) -> dict[str, dict[int, str]]:
    """By what an entry calls it and by entry: the hash over the rows of a table that carry the entry's number."""
    return {name: dict(_hashes(connection, agency, *of)) for name, of in _HASHED.items()}


def _hashes(connection: Connection, agency: str, table: Any, columns: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Per entry, the hash over the rows of a table that carry its number."""
    by_name = dict(zip((column.name for column in table.columns), raw(connection, table), strict=True))
    stmt = select(table.c.seq, *(by_name[name] for name in columns)).where(table.c.agency == agency)
    rows = connection.execute(stmt.order_by(table.c.seq), execution_options=STREAM)
    for seq, of_entry in groupby(rows, key=lambda row: row[0]):
        yield seq, lines_digest(_in_order(list(row[1:]) for row in of_entry))


def _in_order(rows: Iterable[list[Any]]) -> list[list[Any]]:
    """As they were hashed: by number, then by text; what somebody wrote may be of another kind."""
    return sorted(rows, key=lambda row: [(value, "") if isinstance(value, int) else (-1, str(value)) for value in row])


def _verify_rows(connection: Connection, agency: str, head: int) -> Iterator[Fault]:
    """Every row is as the journal last had it."""
    for table in VOUCHED:
        now, last = digests_of(connection, agency, table), last_digests(connection, agency, table)
        for key in sorted(now.keys() | last.keys()):
            seq, digest = last.get(key, (head, GONE))
            if now.get(key, GONE) == digest:
                continue
            what = (
                "It was changed later."
                if digest and key in now
                else "It is missing."
                if digest
                else "It was erased by this entry, and is back."
                if key in last
                else "No entry of the journal brought it."
            )
            yield Fault(seq, what, table.name, key)


def _verify_standing(connection: Connection, agency: str, head: int) -> Iterator[Fault]:
    """The findings' rows agree with their events."""
    before = before_at(connection, agency, Tonight(date.max, date.max, Path()), head + 1)
    base = {row["exception_id"]: row for row in before.base.to_pylist()}
    actions = {row["exception_id"]: row for row in before.actions.to_pylist()}
    names = ("acknowledged_by", "assignee", "waived_until", "waiver_facts")
    wrong = []
    for row in connection.execute(select(findings).where(findings.c.agency == agency)):
        event, action = base.pop(row.exception_id, None), actions.get(row.exception_id, {})
        until = row.waived_until.isoformat() if row.waived_until else None
        columns = (row.acknowledged_by, row.assignee, until, row.waiver_facts)
        if event is None:
            wrong += [row.exception_id] if row.status != "withdrawn" else []
            continue
        same = (event["is_live"], event["first_seen"]) == (row.is_live, row.first_seen.isoformat())
        if not (same and columns == tuple(action.get(name) for name in names)):
            wrong.append(row.exception_id)
    for one in sorted([*wrong, *base]):
        yield Fault(head, "It does not agree with its events.", "findings", json.dumps([one]))
