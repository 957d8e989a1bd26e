"""What people do about a finding: acknowledge, assign, comment, waive, end a waiver (spec 5, Life of a finding).

What they type goes into the table `notes`, which retention may erase; the journal holds a salted hash of it.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from sqlalchemy import Connection, insert, select, update

from cmfc.errors import UsageError
from cmfc.ledger.journal import append, head_of, lines_digest
from cmfc.ledger.store import Ledger
from cmfc.ledger.tables import assignments, finding_events, findings, notes, waivers

Kind = Literal["acknowledge", "assign", "comment", "waive", "unwaive"]
EVENT = {"acknowledge": "acknowledged", "assign": "assigned", "comment": "commented", "waive": "waived",
         "unwaive": "unwaived"}  # fmt: skip


@dataclass(frozen=True)
class Act:
    """What a person does.

    Attributes:
        kind: what.
        by: who, as their login names them.
        at: when, epoch seconds UTC.
        today: the local date of `at`; a waiver must end after it.
        text: a comment or a waiver's reason; kept in the ledger alone.
        assignee: to whom it is given; empty: to nobody.
        until: the last day of a waiver.
        revision: of the finding as the person saw it; None: whatever it is.
    """

    kind: Kind
    by: str
    at: int
    today: date
    text: str = ""
    assignee: str = ""
    until: date | None = None
    revision: int | None = None


def act(ledger: Ledger, agency: str, exception_id: str, what: Act) -> int:
    """Does it and gives the finding's new revision.

    Raises:
        UsageError: CMFC-F01 there is no such finding, or it is resolved; CMFC-F02 it changed since the person looked;
            CMFC-F03 something is missing, such as a waiver's reason.
    """
    _refuse_incomplete(what)
    with ledger.writing(agency) as connection:
        return _act(connection, agency, exception_id, what)


def act_on_many(
    ledger: Ledger, agency: str, seen: Mapping[str, int], what: Act
) -> tuple[list[str], dict[str, UsageError]]:
    """Does one thing to many findings, in one transaction.

    Args:
        ledger: the ledger.
        agency: whose.
        seen: exception_id to the revision that the person saw; `revision` of the act is not looked at.
        what: the act.

    Returns:
        The ids of those it was done to, and of the others why not (CMFC-F01, CMFC-F02).

    Raises:
        UsageError: CMFC-F03 something is missing; nothing was done.
    """
    _refuse_incomplete(what)
    done, refused = list[str](), dict[str, UsageError]()
    with ledger.writing(agency) as connection:
        for exception_id, revision in sorted(seen.items()):
            try:
                _act(connection, agency, exception_id, replace(what, revision=revision))
            except UsageError as error:  # raised before anything of this finding is written
                refused[exception_id] = error
            else:
                done.append(exception_id)
    return done, refused


def _act(connection: Connection, agency: str, exception_id: str, what: Act) -> int:
    found = _finding(connection, agency, exception_id)
    if what.revision is not None and found.revision != what.revision:
        raise UsageError("CMFC-F02", "This finding changed after you looked at it; look again.")
    if not found.is_live and what.kind not in ("comment", "unwaive"):
        raise UsageError("CMFC-F01", "This finding is resolved; only a comment can be added.")
    seq = head_of(connection, agency).seq + 1
    note = write_note(connection, agency, seq, what.text, exception_id) if what.text.strip() else {}
    detail = note | _told(what)
    mine = (findings.c.agency == agency, findings.c.exception_id == exception_id)
    changed = _change(connection, agency, found, seq, what)
    connection.execute(update(findings).where(*mine).values(revision=found.revision + 1, **changed))
    event = (exception_id, EVENT[what.kind], json.dumps(detail, sort_keys=True))
    body = {"exception_id": exception_id, "kind": EVENT[what.kind], "by": what.by,
            "events": lines_digest([[0, exception_id, event[1], None, what.at, what.by, event[2]]])}  # fmt: skip
    append(connection, agency, what.at, "act", body)
    connection.execute(insert(finding_events).values(
        agency=agency, seq=seq, ordinal=0, exception_id=exception_id, kind=event[1], night=None, at=what.at,
        actor=what.by, detail=event[2],
    ))  # fmt: skip
    return int(found.revision) + 1


def _refuse_incomplete(what: Act) -> None:
    if not what.by.strip():
        raise UsageError("CMFC-F03", "Name the person who acts on the finding.")
    if what.kind in ("comment", "waive") and not what.text.strip():
        raise UsageError("CMFC-F03", f"To {what.kind}, say why.")
    if what.kind == "waive" and (what.until is None or what.until <= what.today):
        raise UsageError("CMFC-F03", "A waiver needs a last day in the future.")


def _finding(connection: Connection, agency: str, exception_id: str) -> Any:
    asked = select(findings).where(findings.c.agency == agency, findings.c.exception_id == exception_id)
    found = connection.execute(asked).first()
    if found is None or found.status == "withdrawn":
        raise UsageError("CMFC-F01", "There is no finding with this id on record.")
    return found


def write_note(
    connection: Connection, agency: str, seq: int, text: str, exception_id: str | None = None
) -> dict[str, str]:
    """Keeps what a person typed, and gives what a journal entry says of it: its random id and a hash."""
    note_id, said = secrets.token_hex(16), text.strip()
    connection.execute(
        insert(notes).values(agency=agency, note_id=note_id, seq=seq, exception_id=exception_id, text=said)
    )
    return {"note": note_id, "note_sha256": note_hash(note_id, said)}


def note_hash(note_id: str, text: str) -> str:
    """What the journal holds of a note; once the note and its random id are erased, nothing can be guessed from it."""
    return hashlib.sha256(f"{note_id}|{text}".encode()).hexdigest()


def _told(what: Act) -> dict[str, Any]:
    told = {"assignee": what.assignee} if what.kind == "assign" else {}
    return told | ({"until": what.until.isoformat()} if what.kind == "waive" and what.until else {})


def _change(connection: Connection, agency: str, found: Any, seq: int, what: Act) -> dict[str, Any]:
    """Writes the table of the act, and gives the finding's columns that change."""
    mine = {"agency": agency, "exception_id": found.exception_id, "from_seq": seq}
    match what.kind:
        case "acknowledge":
            return {"acknowledged_by": what.by}
        case "assign":
            _end(connection, assignments, agency, found.exception_id, {"to_seq": seq})
            if what.assignee:
                connection.execute(insert(assignments).values(**mine, assignee=what.assignee, given_by=what.by))
            return {"assignee": what.assignee or None}
        case "waive":
            _end(connection, waivers, agency, found.exception_id, {"to_seq": seq, "ended_why": "replaced"})
            asked = select(notes.c.note_id).where(notes.c.agency == agency, notes.c.seq == seq)
            connection.execute(insert(waivers).values(
                **mine, until=what.until, facts_digest=found.facts_digest, note_id=connection.scalar(asked),
                given_by=what.by,
            ))  # fmt: skip
            return {"waived_until": what.until, "waiver_facts": found.facts_digest}
        case "unwaive":
            _end(connection, waivers, agency, found.exception_id, {"to_seq": seq, "ended_why": "person"})
            return {"waived_until": None, "waiver_facts": None}
        case "comment":
            return {}


def _end(connection: Connection, table: Any, agency: str, exception_id: str, values: dict[str, Any]) -> None:
    mine = (table.c.agency == agency, table.c.exception_id == exception_id, table.c.to_seq.is_(None))
    connection.execute(update(table).where(*mine).values(**values))
