"""Actions of people on a finding: acknowledge, assign, comment, waive, explain, and what takes them back (spec 5).

What they type goes into the table `notes`, which retention may erase; the journal holds a salted hash of it.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, insert, select, update

from cmfc.errors import UsageError
from cmfc.ledger.explained import VANISHED
from cmfc.ledger.journal import lines_digest, refuse_early
from cmfc.ledger.row_digests import NewEntry
from cmfc.ledger.store import Ledger
from cmfc.ledger.tables import assignments, finding_events, findings, notes, waivers

Kind = Literal["acknowledge", "unacknowledge", "assign", "comment", "waive", "unwaive", "explain", "unexplain"]
WAIVER_DAYS = 30
"""A waiver lasts so many days at most; longer is for an admin."""
EVENT = {"acknowledge": "acknowledged", "unacknowledge": "unacknowledged", "assign": "assigned", "comment": "commented",
         "waive": "waived", "unwaive": "unwaived", "explain": "explained", "unexplain": "unexplained"}  # fmt: skip


@dataclass(frozen=True)
class Action:
    """What a person does to a finding.

    Attributes:
        kind: which action.
        by: the person's login name.
        at: when, epoch seconds UTC.
        today: the local date of `at`; a waiver must end after it.
        text: a comment, or the reason of a waiver or an explanation; stored in the ledger alone.
        assignee: the person it is assigned to; empty: nobody.
        until: the last day of a waiver.
        revision: of the finding as the person saw it; None: any revision.
        entered_by: the login of somebody who enters this for `by`; empty: `by` acts in person.
        may_waive_longer: whether the person may waive for more than WAIVER_DAYS.
    """

    kind: Kind
    by: str
    at: int
    today: date
    text: str = ""
    assignee: str = ""
    until: date | None = None
    revision: int | None = None
    entered_by: str = ""
    may_waive_longer: bool = False


def apply_action(ledger: Ledger, agency: str, exception_id: str, action: Action) -> int:
    """Apply an action to a finding; return the finding's new revision.

    Raises:
        UsageError: CMFC-F01 if there is no such finding or it is resolved; CMFC-F02 if it changed since the person
            looked; CMFC-F03 if something is missing, such as a waiver's reason; CMFC-F04 if no explanation ends it;
            CMFC-F05 if a waiver is too long; CMFC-J11 if the finding's row was changed past the journal; CMFC-J12 if
            the time is before that of the journal's last entry.
    """
    _refuse_incomplete(action)
    with ledger.writing(agency) as connection:
        return _apply(connection, agency, exception_id, action)


def apply_to_many(
    ledger: Ledger, agency: str, revisions: Mapping[str, int], action: Action
) -> tuple[list[str], dict[str, UsageError]]:
    """Apply one action to many findings, in one transaction.

    Args:
        ledger: the ledger.
        agency: whose.
        revisions: exception_id to the revision that the person saw; that of the action is ignored.
        action: what to do.

    Returns:
        The ids of the findings it was applied to, and why not for the others (CMFC-F01, CMFC-F02, CMFC-F04).

    Raises:
        UsageError: CMFC-F03 if something is missing; nothing was applied.
    """
    _refuse_incomplete(action)
    applied, refused = list[str](), dict[str, UsageError]()
    with ledger.writing(agency) as connection:
        for exception_id, revision in sorted(revisions.items()):
            try:
                _apply(connection, agency, exception_id, replace(action, revision=revision))
            except UsageError as error:  # raised before anything of this finding is written
                refused[exception_id] = error
            else:
                applied.append(exception_id)
    return applied, refused


def _apply(connection: Connection, agency: str, exception_id: str, action: Action) -> int:
    finding = _finding(connection, agency, exception_id)
    if action.revision is not None and finding.revision != action.revision:
        raise UsageError("CMFC-F02", "This finding changed after you looked at it; look again.")
    if not finding.is_live and action.kind not in ("comment", "unwaive"):
        raise UsageError("CMFC-F01", "This finding is resolved; only a comment can be added.")
    if action.kind in ("explain", "unexplain") and finding.code != VANISHED:
        raise UsageError("CMFC-F04", f"Only {VANISHED}, an open episode that vanished, ends by a person's word.")
    refuse_early(connection, agency, action.at)
    entry = NewEntry(connection, agency)
    entry.touch(findings, [(exception_id,)])
    _touch_own(entry, exception_id, action.kind)
    entry.refuse_altered()
    seq = entry.seq
    note = write_note(entry, action.text, exception_id) if action.text.strip() else {}
    detail = note | _detail(action)
    where = (findings.c.agency == agency, findings.c.exception_id == exception_id)
    changed = _change(connection, agency, finding, seq, action)
    connection.execute(update(findings).where(*where).values(revision=finding.revision + 1, **changed))
    event = (exception_id, EVENT[action.kind], json.dumps(detail, sort_keys=True))
    body = {"exception_id": exception_id, "kind": EVENT[action.kind], "by": action.by, **_entered(action),
            "events": lines_digest([[0, exception_id, event[1], None, action.at, action.by, event[2]]])}  # fmt: skip
    connection.execute(insert(finding_events).values(
        agency=agency, seq=seq, ordinal=0, exception_id=exception_id, kind=event[1], night=None, at=action.at,
        actor=action.by, detail=event[2],
    ))  # fmt: skip
    entry.append(action.at, "action", body)
    return int(finding.revision) + 1


def _refuse_incomplete(action: Action) -> None:
    if not action.by.strip():
        raise UsageError("CMFC-F03", "Name the person who acts on the finding.")
    if action.kind in ("comment", "waive", "explain") and not action.text.strip():
        raise UsageError("CMFC-F03", f"To {action.kind}, say why.")
    if action.kind == "waive" and (action.until is None or action.until <= action.today):
        raise UsageError("CMFC-F03", "A waiver needs a last day in the future.")
    longest = action.today + timedelta(days=WAIVER_DAYS)
    if action.kind == "waive" and action.until and action.until > longest and not action.may_waive_longer:
        raise UsageError("CMFC-F05", f"A waiver may last {WAIVER_DAYS} days; longer ones are for an admin on the page.")


def _finding(connection: Connection, agency: str, exception_id: str) -> Any:
    stmt = select(findings).where(findings.c.agency == agency, findings.c.exception_id == exception_id)
    finding = connection.execute(stmt).first()
    if finding is None or finding.status == "withdrawn":
        raise UsageError("CMFC-F01", "There is no finding with this id on record.")
    return finding


def write_note(entry: NewEntry, text: str, exception_id: str | None = None) -> dict[str, str]:
    """Store what a person typed; return what a journal entry holds of it: its random id and a hash."""
    note_id, salt, typed = secrets.token_hex(16), secrets.token_hex(16), text.strip()
    entry.touch(notes, [(note_id,)])
    entry.connection.execute(insert(notes).values(
        agency=entry.agency, note_id=note_id, seq=entry.seq, exception_id=exception_id, salt=salt, text=typed
    ))  # fmt: skip
    return {"note": note_id, "note_sha256": note_hash(salt, typed)}


def note_hash(salt: str, text: str) -> str:
    """What the journal holds of a note; once the note and its salt are erased, nothing can be guessed from it."""
    return hashlib.sha256(f"{salt}|{text}".encode()).hexdigest()


def _detail(action: Action) -> dict[str, Any]:
    detail = _entered(action) | ({"assignee": action.assignee} if action.kind == "assign" else {})
    return detail | ({"until": action.until.isoformat()} if action.kind == "waive" and action.until else {})


def _entered(action: Action) -> dict[str, str]:
    return {"entered_by": action.entered_by} if action.entered_by else {}


def _touch_own(entry: NewEntry, exception_id: str, kind: Kind) -> None:
    """The assignment or waiver that ends, and the one that begins."""
    table = {"assign": assignments, "waive": waivers, "unwaive": waivers}.get(kind)
    if table is not None:
        of = (table.c.agency == entry.agency, table.c.exception_id == exception_id, table.c.to_seq.is_(None))
        begun = entry.connection.scalars(select(table.c.from_seq).where(*of))
        entry.touch(table, [(exception_id, seq) for seq in (*begun, entry.seq)])


def _change(connection: Connection, agency: str, finding: Any, seq: int, action: Action) -> dict[str, Any]:
    """Write the table of the action; return the finding's columns that change."""
    key = {"agency": agency, "exception_id": finding.exception_id, "from_seq": seq}
    match action.kind:
        case "acknowledge":
            return {"acknowledged_by": action.by}
        case "unacknowledge":
            return {"acknowledged_by": None}
        case "assign":
            _end(connection, assignments, agency, finding.exception_id, {"to_seq": seq})
            if action.assignee:
                connection.execute(insert(assignments).values(**key, assignee=action.assignee, actor=action.by))
            return {"assignee": action.assignee or None}
        case "waive":
            _end(connection, waivers, agency, finding.exception_id, {"to_seq": seq, "ended_why": "replaced"})
            stmt = select(notes.c.note_id).where(notes.c.agency == agency, notes.c.seq == seq)
            connection.execute(insert(waivers).values(
                **key, until=action.until, facts_digest=finding.facts_digest, note_id=connection.scalar(stmt),
                actor=action.by,
            ))  # fmt: skip
            return {"waived_until": action.until, "waiver_facts": finding.facts_digest}
        case "unwaive":
            _end(connection, waivers, agency, finding.exception_id, {"to_seq": seq, "ended_why": "person"})
            return {"waived_until": None, "waiver_facts": None}
        case "comment" | "explain" | "unexplain":
            return {}


def _end(connection: Connection, table: Any, agency: str, exception_id: str, values: dict[str, Any]) -> None:
    where = (table.c.agency == agency, table.c.exception_id == exception_id, table.c.to_seq.is_(None))
    connection.execute(update(table).where(*where).values(**values))
