"""Answers of people to the question whether a report is about a child (spec 4.1.4).

They are rows of the ledger that are only ever added, each with its journal entry. An answer remembers
prints (hashes) of both rows, not names. The reason is a note like any other that a person types (ledger/actions.py).
"""

import csv
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import func, insert, select

from cmfc.errors import UsageError
from cmfc.ledger.actions import write_note
from cmfc.ledger.journal import refuse_early
from cmfc.ledger.row_digests import NewEntry
from cmfc.ledger.store import Ledger
from cmfc.ledger.tables import link_decisions
from cmfc.matching.answers import ANSWERS, FIRST_SAME, Decision

_COLUMNS = ("feed", "report_id", "child_id", "answer", "decided_by", "decided_at", "report_print", "child_print")


def add_answer(ledger: Ledger, agency: str, decision: Decision, base: int | None = None, entered_by: str = "") -> int:
    """Add an answer; return its revision, 1 for the first about this report and child.

    Args:
        ledger: the ledger.
        agency: whose.
        decision: the answer.
        base: the revision that the person saw, 0 for none; None: any revision.
        entered_by: the login of somebody who enters it for `decided_by`; empty: that person answers.

    Raises:
        UsageError: CMFC-E04 if the answer is none of ANSWERS, or nobody or no reason is named; CMFC-F02 if somebody
            has answered since the person looked; CMFC-J12 if the time is before that of the journal's last entry.
    """
    _refuse_incomplete(decision)
    entered = {"entered_by": entered_by} if entered_by else {}
    t, values = link_decisions.c, {name: getattr(decision, name) for name in _COLUMNS}
    with ledger.writing(agency) as connection:
        about = (t.agency == agency, t.feed == decision.feed, t.report_id == decision.report_id)
        last = connection.scalar(select(func.max(t.revision)).where(*about, t.child_id == decision.child_id)) or 0
        if base is not None and base != last:
            raise UsageError("CMFC-F02", "Somebody answered about this child after you looked; look again.")
        refuse_early(connection, agency, decision.decided_at)
        revision, entry = int(last) + 1, NewEntry(connection, agency)
        entry.touch(link_decisions, [(entry.seq,)])
        note = write_note(entry, decision.why)
        connection.execute(insert(link_decisions).values(
            agency=agency, seq=entry.seq, revision=revision, note_id=note["note"], **values
        ))  # fmt: skip
        entry.append(decision.decided_at, "answer", {**values, "revision": revision, **note, **entered})
    return revision


def answers_in_force(ledger: Ledger, agency: str, before: int, until_seq: int | None = None) -> list[Decision]:
    """The last answer about each report and child from before an instant (epoch seconds UTC).

    A night reads what was answered before its as_of, so that running it again changes nothing. `until_seq`: only what
    was on record by that entry of the journal.
    """
    t = link_decisions.c
    stmt = select(link_decisions).where(t.agency == agency).order_by(t.seq)
    with ledger.reading() as connection:
        rows = connection.execute(stmt if until_seq is None else stmt.where(t.seq <= until_seq)).mappings().all()
    answers = (
        Decision(**{n: r[n] for n in _COLUMNS}, why="", revision=r["revision"], decision_id=r["seq"]) for r in rows
    )
    return latest(answers, before)


def latest(answers: Iterable[Decision], before: int) -> list[Decision]:
    """The last answer about each report and child, of those before an instant, in the order of reports."""
    last = {(d.feed, d.report_id, d.child_id): d for d in answers if d.decided_at < before}
    return [last[key] for key in sorted(last)]


def _refuse_incomplete(decision: Decision) -> None:
    if decision.answer not in (*ANSWERS, FIRST_SAME) or not decision.decided_by.strip() or not decision.why.strip():
        raise UsageError("CMFC-E04", "An answer is same, not_same or cannot_tell, with a name and a reason.")


def read_decisions(file: Path, zone: str) -> list[Decision]:
    """Answers from a CSV file: feed, report_id, child_id, answer, decided_by, decided_at, why.

    They carry no prints and so hold whatever becomes of the rows.

    Args:
        file: in UTF-8, with a header.
        zone: IANA zone of a `decided_at` without an offset.

    Raises:
        UsageError: CMFC-E04 if a row lacks a column, or its time cannot be read.
    """
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            decisions = [
                Decision(
                    feed=row["feed"],
                    report_id=row["report_id"],
                    child_id=row["child_id"],
                    answer=row["answer"],  # type: ignore[arg-type]  # looked at below
                    decided_by=row["decided_by"],
                    decided_at=_instant(row["decided_at"], zone),
                    why=row["why"],
                    report_print="",
                    child_print="",
                )
                for row in csv.DictReader(lines)
            ]
    except (KeyError, ValueError, TypeError, AttributeError):
        raise UsageError("CMFC-E04", "A row of decisions.csv lacks a column, or its time cannot be read.") from None
    for decision in decisions:
        _refuse_incomplete(decision)
    return [replace(decision, decision_id=number) for number, decision in enumerate(decisions, 1)]


def _instant(text: str, zone: str) -> int:
    moment = datetime.fromisoformat(text)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).timestamp())
