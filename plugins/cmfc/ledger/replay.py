"""Holds the ledger's tables against its journal: what the chain alone does not cover."""

import json
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from cmfc.findings.lifecycle import Tonight
from cmfc.ledger.actions import note_hash
from cmfc.ledger.journal import Head, head_of, lines_digest
from cmfc.ledger.runs import before_at
from cmfc.ledger.store import Ledger
from cmfc.ledger.tables import finding_events, findings, journal, lineage, link_decisions, notes, releases, runs
from cmfc.ledger.verify import Fault, verify_chain

_RUN = {"run_id": "run_id", "inputs": "inputs_digest", "code_version": "code_version", "law": "law_digest",
        "standing": "standing_digest", "known": "known_sha256", "links": "links_sha256", "as_of": "as_of",
        "attempt": "attempt", "is_late": "is_late"}  # fmt: skip
_RELEASE = {"kind": "kind", "subject": "subject", "sha256": "sha256", "by": "released_by"}
_ANSWER = {name: name for name in ("feed", "report_id", "child_id", "answer", "decided_by", "decided_at", "revision",
                                   "report_print", "child_print")} | {"note": "note_id"}  # fmt: skip


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
    said = {table: _by_seq(connection, table, agency) for table in (runs, releases, link_decisions)}
    for entry in entries:
        body = json.loads(entry.body)
        if "events" in body and body["events"] != lines_digest(_events(connection, agency, entry.seq)):
            yield Fault(entry.seq, "The findings' events of this entry were changed, or some are missing.")
        if entry.kind == "night" and not _agrees(said[runs].pop(entry.seq, None), body, _RUN):
            yield Fault(entry.seq, "The run of this entry was changed or is missing.")
        if entry.kind == "night" and body["lineage"] != lines_digest(_lineage(connection, agency, entry.seq)):
            yield Fault(entry.seq, "The lineage of this entry was changed, or some is missing.")
        if entry.kind == "release" and not _agrees(said[releases].pop(entry.seq, None), body, _RELEASE):
            yield Fault(entry.seq, "The release of this entry was changed or is missing.")
        if entry.kind == "answer" and not _agrees(said[link_decisions].pop(entry.seq, None), body, _ANSWER):
            yield Fault(entry.seq, "The answer of this entry was changed or is missing.")
        if entry.kind in ("act", "answer"):
            yield from _verify_note(connection, agency, entry.seq, body)
    for left in said.values():
        yield from (Fault(seq, "A run, release or answer has no entry of its kind.") for seq in left)


def _verify_note(connection: Connection, agency: str, seq: int, body: Mapping[str, Any]) -> Iterator[Fault]:
    asked = select(notes.c.note_id, notes.c.text).where(notes.c.agency == agency, notes.c.seq == seq)
    for note_id, text in connection.execute(asked):
        of = (finding_events.c.agency == agency, finding_events.c.seq == seq)
        detail = (
            body
            if "note" in body
            else json.loads(connection.scalar(select(finding_events.c.detail).where(*of)) or "{}")
        )
        if detail.get("note") != note_id or detail.get("note_sha256") != note_hash(note_id, text):
            yield Fault(seq, "What a person typed was changed since.")


def _verify_rows(connection: Connection, agency: str, seq: int) -> Iterator[Fault]:
    """The findings' rows say what their events say."""
    before = before_at(connection, agency, Tonight(date.max, date.max, Path()), seq)
    base = {row["exception_id"]: row for row in before.base.to_pylist()}
    acts = {row["exception_id"]: row for row in before.acts.to_pylist()}
    names = ("acknowledged_by", "assignee", "waived_until", "waiver_facts")
    wrong = 0
    for row in connection.execute(select(findings).where(findings.c.agency == agency)):
        told, done = base.pop(row.exception_id, None), acts.get(row.exception_id, {})
        until = row.waived_until.isoformat() if row.waived_until else None
        has = (row.acknowledged_by, row.assignee, until, row.waiver_facts)
        if told is None:
            wrong += row.status != "withdrawn"
            continue
        same = (told["is_live"], told["first_seen"]) == (row.is_live, row.first_seen.isoformat())
        wrong += not (same and has == tuple(done.get(name) for name in names))
    if wrong or base:
        yield Fault(seq - 1, f"{wrong + len(base)} findings do not stand where their events say.")


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
    return row is not None and all(body[said] == getattr(row, column) for said, column in names.items())
