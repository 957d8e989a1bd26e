"""Which list is current, by the journal: that of the latest night, unless a person took it back (spec 6).

What a person decides is an entry of the kind `current`; the reason is a note like any other (ledger/actions.py).
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import Connection, select

from cmfc.errors import UsageError
from cmfc.ledger.actions import write_note
from cmfc.ledger.journal import refuse_early
from cmfc.ledger.outbox import put
from cmfc.ledger.row_digests import NewEntry
from cmfc.ledger.store import Ledger
from cmfc.ledger.tables import journal, notes, releases, runs

KIND = "current"
BACKFILL = "backfill"
"""Reason of a list that a backfill made of a night which was not the latest: it does not become current by itself."""


FRESH_SECONDS = 7 * 86_400


@dataclass(frozen=True)
class Standing:
    """What the journal says of the current list.

    Attributes:
        night: its business date; None: there is none.
        taken_back: lists that a person took back, by night: the SHA-256 of the manifest.
        seq: the entry in which a person decided last; None: nobody did.
        by, at, reason: who decided, when (epoch seconds UTC) and why; empty where the reason was erased.
    """

    night: str | None = None
    taken_back: Mapping[str, str] = field(default_factory=dict)
    seq: int | None = None
    by: str = ""
    at: int = 0
    reason: str = ""


def choose_list(
    ledger: Ledger, agency: str, night: str | None, *, by: str, entered_by: str, reason: str, at: int
) -> Standing:
    """Make the list of a night the current one and take every later one back; what stands then.

    Nothing is written where it stands so already.

    Args:
        ledger: open.
        agency: whose.
        night: the business date; None: take nothing back, and let the latest night's list stand.
        by: who decides.
        entered_by: the login of somebody who enters this for `by`; empty: `by` acts in person.
        reason: why; kept in the ledger alone.
        at: epoch seconds UTC.

    Raises:
        UsageError: CMFC-F03 without a reason; CMFC-C09 where no list of that night went out; CMFC-J12 if the time is
            before that of the journal's last entry.
    """
    if not reason.strip():
        raise UsageError("CMFC-F03", "Say why, with --reason.")
    with ledger.writing(agency) as connection:
        lists = _last_lists(connection, agency)
        on_time = [one for one, (_, why) in lists.items() if why != BACKFILL]
        wanted = night or max(on_time, default=None)
        if wanted is None or wanted not in lists:
            raise UsageError("CMFC-C09", f"No list of {wanted or 'any night'} went out, so none can stand.")
        taken = {one: sha256 for one, (sha256, _) in lists.items() if one > wanted} if night else {}
        before = standing(connection, agency)
        if (before.night, dict(before.taken_back)) == (wanted, taken):
            return before
        refuse_early(connection, agency, at)
        entry = NewEntry(connection, agency)
        note = write_note(entry, reason)
        entered = {"entered_by": entered_by} if entered_by else {}
        entry.append(at, KIND, {"night": wanted, "taken_back": taken, "by": by, **note, **entered})
        return Standing(wanted, taken, entry.seq, by, at, reason.strip())


def announce_choice(ledger: Ledger, agency: str, now: int) -> None:
    """Put into the outbox that a person took a list back, unless it is there.

    Who decides may not write the outbox, so whoever sends does it. After FRESH_SECONDS nobody needs to hear of it, and
    retention may have erased the message.
    """
    current = current_standing(ledger, agency)
    if current.seq is not None and current.at >= now - FRESH_SECONDS:
        body = {"agency": agency, "stands": current.night, "taken_back": sorted(current.taken_back)}
        put(ledger, agency, f"current:{current.seq}", KIND, body, now)


def current_standing(ledger: Ledger, agency: str) -> Standing:
    """As `standing`, in a transaction of its own."""
    with ledger.reading() as connection:
        return standing(connection, agency)


def standing(connection: Connection, agency: str) -> Standing:
    """Which list is current: each list that went out and each decision, in order."""
    current = Standing()
    events: list[tuple[int, Literal["list", "choice"], Any]] = [
        *((seq, "list", (night, sha256, why)) for seq, night, sha256, why in _lists(connection, agency)),
        *((seq, "choice", (seq, at, body)) for seq, at, body in _choices(connection, agency)),
    ]
    night: str | None = None
    for _, kind, what in sorted(events, key=lambda event: event[0]):
        if kind == "choice":
            seq, at, body = what
            current = Standing(body["night"], body["taken_back"], seq, body["by"], at, body["note"])
            night = current.night
        elif what[2] != BACKFILL and current.taken_back.get(what[0]) != what[1] and (night or "") <= what[0]:
            night = what[0]
    left = {one: sha256 for one, sha256 in current.taken_back.items() if one > (night or "")}
    return Standing(night, left, current.seq, current.by, current.at, _text(connection, agency, current.reason))


def _lists(connection: Connection, agency: str) -> Iterator[tuple[int, str, str, str]]:
    """Every list that went out: entry, night, SHA-256 of the manifest, reason."""
    of_run = (runs.c.agency == releases.c.agency) & (runs.c.run_id == releases.c.subject)
    stmt = select(releases.c.seq, runs.c.business_date, releases.c.sha256, releases.c.reason).join(runs, of_run)
    stmt = stmt.where(releases.c.agency == agency, releases.c.kind == "list").order_by(releases.c.seq)
    for seq, night, sha256, reason in connection.execute(stmt):
        yield seq, night.isoformat(), sha256, reason


def _last_lists(connection: Connection, agency: str) -> dict[str, tuple[str, str]]:
    return {night: (sha256, reason) for _, night, sha256, reason in _lists(connection, agency)}


def _choices(connection: Connection, agency: str) -> Iterator[tuple[int, int, dict[str, Any]]]:
    stmt = select(journal.c.seq, journal.c.at, journal.c.body)
    for seq, at, body in connection.execute(stmt.where(journal.c.agency == agency, journal.c.kind == KIND)):
        yield seq, at, json.loads(body)


def _text(connection: Connection, agency: str, note_id: str) -> str:
    where = (notes.c.agency == agency, notes.c.note_id == note_id)
    return str(connection.scalar(select(notes.c.text).where(*where)) or "") if note_id else ""
