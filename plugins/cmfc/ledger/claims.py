"""Claims: a person notes that a report was made, before the log says so (spec 6, the report sheet).

A claim stands beside the duty and changes no verdict: what a worker says is not what the log holds. Rows are only
added; an undo is a row of its own. The number that the worker was given is a note (ledger/actions.py), which retention
may erase; the journal holds who, when, and that.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select

from cmfc.errors import UsageError
from cmfc.ledger.actions import write_note
from cmfc.ledger.journal import EARLY_SECONDS, refuse_early
from cmfc.ledger.row_digests import NewEntry
from cmfc.ledger.store import Ledger
from cmfc.ledger.tables import claims, notes
from cmfc.reconcile.recipients import RECIPIENTS

_RECIPIENTS = {one.recipient for one in RECIPIENTS}


@dataclass(frozen=True)
class Claim:
    """What a person says: that this child was reported. Instants in epoch seconds UTC.

    Attributes:
        child_id: the child.
        episode_id: the missing episode it is about; empty where none is on record yet.
        recipient: one of reconcile/recipients.py.
        reported_at: when the report was made, by the person's word.
        by: the person's login name.
        at: when they note it.
        number: that the recipient gave; kept in the ledger alone.
        entered_by: the login of somebody who enters it for `by`; empty: `by` acts in person.
    """

    child_id: str
    episode_id: str
    recipient: str
    reported_at: int
    by: str
    at: int
    number: str = ""
    entered_by: str = ""


@dataclass(frozen=True)
class Noted:
    """A claim on record. `claim` is its number in the journal; `number` None: none was given, or retention erased it.

    `withdrawn_at` and `withdrawn_by` are None while it stands.
    """

    claim: int
    child_id: str
    episode_id: str
    recipient: str
    reported_at: int
    by: str
    at: int
    number: str | None
    withdrawn_at: int | None = None
    withdrawn_by: str | None = None
    is_number_erased: bool = False


def add_claim(ledger: Ledger, agency: str, claim: Claim) -> int:
    """Note a claim; return its number.

    Raises:
        UsageError: CMFC-F03 if the child, the recipient or the person is not named, or the report would be of the
            future; CMFC-J12 if the time is before that of the journal's last entry.
    """
    if claim.recipient not in _RECIPIENTS or not claim.child_id.strip() or not claim.by.strip():
        raise UsageError("CMFC-F03", "To note a report, say about which child, to whom, and who notes it.")
    if claim.reported_at > claim.at + EARLY_SECONDS:
        raise UsageError("CMFC-F03", "A report is noted once it was made; its time lies in the future.")
    with ledger.writing(agency) as connection:
        refuse_early(connection, agency, claim.at)
        entry = NewEntry(connection, agency)
        entry.touch(claims, [(entry.seq,)])
        note = write_note(entry, claim.number) if claim.number.strip() else {}
        about = {"child_id": claim.child_id, "episode_id": claim.episode_id, "recipient": claim.recipient,
                 "reported_at": claim.reported_at}  # fmt: skip
        connection.execute(insert(claims).values(
            agency=agency, seq=entry.seq, claim=entry.seq, change="noted", actor=claim.by, at=claim.at,
            note_id=note.get("note"), **about,
        ))  # fmt: skip
        entered = {"entered_by": claim.entered_by} if claim.entered_by else {}
        entry.append(claim.at, "claim", {**about, "change": "noted", "by": claim.by, **note, **entered})
        return entry.seq


def withdraw_claim(ledger: Ledger, agency: str, claim: int, by: str, at: int, entered_by: str = "") -> None:
    """Undo a claim: it was a mistake. What the journal has of it stays.

    Raises:
        UsageError: CMFC-F03 if nobody is named; CMFC-F07 if no such claim stands; CMFC-J11 if its row was changed past
            the journal; CMFC-J12 if the time is before that of the journal's last entry.
    """
    if not by.strip():
        raise UsageError("CMFC-F03", "Name the person who takes the note back.")
    with ledger.writing(agency) as connection:
        of_claim = select(claims).where(claims.c.agency == agency, claims.c.claim == claim).order_by(claims.c.seq)
        rows = connection.execute(of_claim).mappings().all()
        if len(rows) != 1:
            raise UsageError("CMFC-F07", "No noted report has this number, or it was taken back already.")
        refuse_early(connection, agency, at)
        entry = NewEntry(connection, agency)
        entry.touch(claims, [(claim,), (entry.seq,)])
        entry.refuse_altered()
        own = {"seq": entry.seq, "change": "withdrawn", "actor": by, "at": at, "note_id": None}
        connection.execute(insert(claims).values(**{**rows[0], **own}))
        entered = {"entered_by": entered_by} if entered_by else {}
        body = {"child_id": rows[0]["child_id"], "claim": claim, "change": "withdrawn", "by": by, **entered}
        entry.append(at, "claim", body)


def list_claims(
    ledger: Ledger,
    agency: str,
    child_id: str | None = None,
    before: int | None = None,
    until_seq: int | None = None,
    *,
    episodes: Collection[str] = (),
    is_withdrawn_shown: bool = False,
) -> list[Noted]:
    """Claims, the oldest first.

    Args:
        ledger: open.
        agency: whose.
        child_id: of this child; None: of all.
        episodes: of these missing episodes too: those of a child whose former id a claim may name.
        before: as they stood before an instant, epoch seconds UTC; a night reads what was noted before its as_of.
        until_seq: only what was on record by that entry of the journal.
        is_withdrawn_shown: those taken back as well.
    """
    t = claims.c
    stmt = select(claims, notes.c.text).where(t.agency == agency).order_by(t.seq)
    stmt = stmt.outerjoin(notes, (notes.c.agency == t.agency) & (notes.c.note_id == t.note_id))
    if child_id is not None:
        stmt = stmt.where((t.child_id == child_id) | t.episode_id.in_([one for one in episodes if one]))
    stmt = stmt if before is None else stmt.where(t.at < before)
    stmt = stmt if until_seq is None else stmt.where(t.seq <= until_seq)
    with ledger.reading() as connection:
        rows = connection.execute(stmt).mappings().all()
    return [one for one in _fold(rows) if is_withdrawn_shown or one.withdrawn_at is None]


def _fold(rows: Sequence[Mapping[Any, Any]]) -> list[Noted]:
    taken_back = {row["claim"]: row for row in rows if row["change"] == "withdrawn"}
    noted = []
    for row in (row for row in rows if row["change"] == "noted"):
        end = taken_back.get(row["claim"])
        noted.append(Noted(
            row["claim"], row["child_id"], row["episode_id"], row["recipient"], row["reported_at"], row["actor"],
            row["at"], row["text"], end["at"] if end else None, end["actor"] if end else None,
            row["note_id"] is not None and row["text"] is None,
        ))  # fmt: skip
    return noted
