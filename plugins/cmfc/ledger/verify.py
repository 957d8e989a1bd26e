"""Verifies an agency's memory: the journal's chain, and the tables that its entries vouch for."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from cmfc.findings.lifecycle import Tonight
from cmfc.ledger.actions import note_hash
from cmfc.ledger.before import before_at
from cmfc.ledger.journal import GENESIS, Head, entry_hash, head_of, lines_digest
from cmfc.ledger.store import Ledger
from cmfc.ledger.tables import finding_events, findings, journal, lineage, link_decisions, notes, releases, runs

_RUN = {"run_id": "run_id", "inputs": "inputs_digest", "code_version": "code_version", "commit": "code_commit",
        "law": "law_digest", "standing": "standing_digest", "known": "known_sha256", "links": "links_sha256",
        "as_of": "as_of", "attempt": "attempt", "is_late": "is_late"}  # fmt: skip
_RELEASE = {"kind": "kind", "subject": "subject", "sha256": "sha256", "by": "released_by", "decision": "decision",
            "reason": "reason"}  # fmt: skip
_ANSWER = {name: name for name in ("feed", "report_id", "child_id", "answer", "decided_by", "decided_at", "revision",
                                   "report_print", "child_print")} | {"note": "note_id"}  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """Something wrong: at which entry, and what in a sentence."""

    seq: int
    what: str


def verify_chain(connection: Connection, agency: str, heads: Mapping[int, str] | None = None) -> Iterator[Fault]:
    """Every fault of an agency's journal, in order.

    Args:
        connection: to read with.
        agency: whose journal.
        heads: hashes by entry number that somebody wrote down outside (manifests, `--head`); without one, entries cut
            off the end leave no trace.
    """
    stmt = select(journal).where(journal.c.agency == agency).order_by(journal.c.seq)
    rows: Any = connection.execution_options(yield_per=10_000).execute(stmt)
    previous, expected, outside = GENESIS, 1, dict(heads or {})
    for row in rows:
        if row.seq != expected:
            yield Fault(expected, f"Entries {expected} to {row.seq - 1} are missing.")
        elif row.previous != previous:
            yield Fault(row.seq, "It does not follow the entry before it: one of them was inserted, moved or replaced.")
        if row.hash != entry_hash(agency, row.seq, row.at, row.kind, row.body, row.previous):
            yield Fault(row.seq, "It was changed: its hash is not that of its content.")
        if outside.pop(row.seq, row.hash) != row.hash:
            yield Fault(row.seq, "It is not the entry that the given head names: the journal was written anew.")
        previous, expected = row.hash, row.seq + 1
    for seq in sorted(outside):
        yield Fault(seq, f"The journal ends at entry {expected - 1}; the given head names entry {seq}.")


def head_from(text: str) -> Head:
    """A head as a manifest prints it, `seq:hash`.

    Raises:
        ValueError: if `text` is not a head.
    """
    seq, _, hashed = text.strip().partition(":")
    if len(hashed) != 64:
        raise ValueError("a head is an entry number, a colon and 64 hex digits")
    return Head(int(seq), hashed)


def verify(ledger: Ledger, agency: str, heads: Mapping[int, str]) -> tuple[Head, list[Fault]]:
    """The journal's head and every fault of the journal and of the tables it vouches for, in order.

    Args:
        ledger: open.
        agency: whose.
        heads: hashes by entry number that were written down outside.
    """
    with ledger.reading() as connection:
        faults = [*verify_chain(connection, agency, heads), *_verify_tables(connection, agency)]
        head = head_of(connection, agency)
        faults += _verify_rows(connection, agency, head.seq + 1)
    return head, sorted(faults, key=lambda fault: fault.seq)


def _verify_tables(connection: Connection, agency: str) -> Iterator[Fault]:
    """Events, runs, lineage, releases, answers and notes, entry by entry."""
    entries = connection.execute(select(journal).where(journal.c.agency == agency).order_by(journal.c.seq)).fetchall()
    rows = {table: _by_seq(connection, table, agency) for table in (runs, releases, link_decisions)}
    for entry in entries:
        body = json.loads(entry.body)
        if "events" in body and body["events"] != lines_digest(_events(connection, agency, entry.seq)):
            yield Fault(entry.seq, "The findings' events of this entry were changed, or some are missing.")
        if entry.kind == "night" and not _agrees(rows[runs].pop(entry.seq, None), body, _RUN):
            yield Fault(entry.seq, "The run of this entry was changed or is missing.")
        if entry.kind == "night" and body["lineage"] != lines_digest(_lineage(connection, agency, entry.seq)):
            yield Fault(entry.seq, "The lineage of this entry was changed, or some is missing.")
        if entry.kind == "release" and not _agrees(rows[releases].pop(entry.seq, None), body, _RELEASE):
            yield Fault(entry.seq, "The release of this entry was changed or is missing.")
        if entry.kind == "answer" and not _agrees(rows[link_decisions].pop(entry.seq, None), body, _ANSWER):
            yield Fault(entry.seq, "The answer of this entry was changed or is missing.")
        if entry.kind in ("action", "answer"):
            yield from _verify_note(connection, agency, entry.seq, body)
    for left in rows.values():
        yield from (Fault(seq, "A run, release or answer has no entry of its kind.") for seq in left)


def _verify_note(connection: Connection, agency: str, seq: int, body: Mapping[str, Any]) -> Iterator[Fault]:
    stmt = select(notes.c.note_id, notes.c.text).where(notes.c.agency == agency, notes.c.seq == seq)
    for note_id, text in connection.execute(stmt):
        of = (finding_events.c.agency == agency, finding_events.c.seq == seq)
        detail = (
            body
            if "note" in body
            else json.loads(connection.scalar(select(finding_events.c.detail).where(*of)) or "{}")
        )
        if detail.get("note") != note_id or detail.get("note_sha256") != note_hash(note_id, text):
            yield Fault(seq, "What a person typed was changed later.")


def _verify_rows(connection: Connection, agency: str, seq: int) -> Iterator[Fault]:
    """The findings' rows agree with their events."""
    before = before_at(connection, agency, Tonight(date.max, date.max, Path()), seq)
    base = {row["exception_id"]: row for row in before.base.to_pylist()}
    actions = {row["exception_id"]: row for row in before.actions.to_pylist()}
    names = ("acknowledged_by", "assignee", "waived_until", "waiver_facts")
    wrong = 0
    for row in connection.execute(select(findings).where(findings.c.agency == agency)):
        event, action = base.pop(row.exception_id, None), actions.get(row.exception_id, {})
        until = row.waived_until.isoformat() if row.waived_until else None
        columns = (row.acknowledged_by, row.assignee, until, row.waiver_facts)
        if event is None:
            wrong += row.status != "withdrawn"
            continue
        same = (event["is_live"], event["first_seen"]) == (row.is_live, row.first_seen.isoformat())
        wrong += not (same and columns == tuple(action.get(name) for name in names))
    if wrong or base:
        yield Fault(seq - 1, f"{wrong + len(base)} findings do not agree with their events.")


def _events(connection: Connection, agency: str, seq: int) -> Iterator[list[Any]]:
    of = (finding_events.c.agency == agency, finding_events.c.seq == seq)
    for row in connection.execute(select(finding_events).where(*of).order_by(finding_events.c.ordinal)):
        night = row.night.isoformat() if row.night else None
        yield [row.ordinal, row.exception_id, row.kind, night, row.at, row.actor, row.detail]


def _lineage(connection: Connection, agency: str, seq: int) -> Iterator[list[Any]]:
    of = (lineage.c.agency == agency, lineage.c.seq == seq)
    rows = connection.execute(select(lineage.c.episode_id, lineage.c.change, lineage.c.other_id).where(*of))
    yield from sorted(list(row) for row in rows)


def _by_seq(connection: Connection, table: Any, agency: str) -> dict[int, Any]:
    return {row.seq: row for row in connection.execute(select(table).where(table.c.agency == agency))}


def _agrees(row: Any, body: Mapping[str, Any], names: Mapping[str, str]) -> bool:
    return row is not None and all(body[key] == getattr(row, column) for key, column in names.items())
