"""The outbox of notifications to staff: counts and a link, never a child. Each has a key and goes out at most once.

A message is `waiting`, `claimed` by a process that is about to send it, `sending` once its text is being handed over,
then `sent`. What fails before the handing over waits again; what fails after it is `unsure`, since only the mail server
knows whether it arrived, and nobody sends it again until a person settles it. `logged`: nobody is to be notified. A
process that dies leaves `claimed`, which another takes over after CLAIM_SECONDS, or `sending`, which is unsure.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, and_, insert, or_, select, update

from cmfc.ledger.delivery import ClaimLost, Deliver, Parcel
from cmfc.ledger.messages import render
from cmfc.ledger.row_digests import NewEntry
from cmfc.ledger.store import Ledger
from cmfc.ledger.tables import outbox

CLAIM_SECONDS = 900
"""How long a claim holds: longer than any mail server is waited for."""
FIRST_PAUSE, LONGEST_PAUSE = 300, 7200
"""Seconds until a message that waits is tried again: doubled by each try, up to the longest."""
PENDING_SECONDS = 3600
"""How long a message may wait for its first try before somebody should know."""


@dataclass(frozen=True)
class Tally:
    """Messages that somebody should know of: `waiting` after a failed try or for too long, `unsure`."""

    waiting: int
    unsure: int


def put(ledger: Ledger, agency: str, key: str, kind: str, body: Mapping[str, Any], at: int, **more: Any) -> bool:
    """Put a message into the outbox, unless one of its key is there; return whether there is something to send.

    Args:
        ledger: open.
        agency: whose.
        key: what makes the message one and the same.
        kind: see ledger/messages.py.
        body: counts, codes and days.
        at: epoch seconds UTC.
        more: columns of a message that has been tried before it came here.
    """
    with ledger.writing(agency) as connection:
        state = connection.scalar(select(outbox.c.state).where(*_named(agency, key)))
        if state is not None:
            return state not in ("sent", "logged")
        row = {"agency": agency, "key": key, "kind": kind, "body": json.dumps(body), "state": "waiting",
               "queued_at": at, "tries": 0, **more}  # fmt: skip
        entry = NewEntry(connection, agency)
        entry.touch(outbox, [(key,)])
        connection.execute(insert(outbox).values(**row))
        entry.append(at, "message", {"key": key, "state": row["state"]})
    return row["state"] not in ("sent", "logged")


def send(ledger: Ledger, agency: str, key: str, deliver: Deliver | None, link: str, at: int) -> str:
    """Send a message that waits; return its state, `unsure` also for one that a process left half sent, or `absent`.

    Raises:
        CmfcError: CMFC-J01 if the ledger did not answer; what was not handed over is taken up again later.
    """
    claimed = _claim(ledger, agency, key, at, "claimed" if deliver else "logged")
    if deliver is None or isinstance(claimed, str):
        return claimed if isinstance(claimed, str) else "logged"
    body = json.loads(claimed.body)
    subject, html = render(claimed.kind, body, link)

    def hand_over() -> None:
        if not _move(ledger, claimed, {"state": "sending"}, ("claimed",), at):
            raise ClaimLost

    receipt = deliver(Parcel(f"{agency}/{key}", subject, html, frozenset(body.get("reached", ()))), hand_over)
    values: dict[str, Any] = {"state": receipt.state, "body": json.dumps(body | {"reached": sorted(receipt.reached)})}
    if receipt.state == "sent":
        values |= {"sent_at": at}
    elif receipt.state == "waiting":
        values |= {"claimed_at": None, "due_at": at + pause_after(claimed.tries)}
    _move(ledger, claimed, values, ("claimed", "sending"), at)
    return receipt.state


def due(ledger: Ledger, agency: str, at: int) -> list[str]:
    """Keys of messages to be sent now. A night's message waits for its first try until its lists are out."""
    c = outbox.c
    is_begun = or_(c.tries > 0, c.kind != "night")
    is_due = and_(c.state == "waiting", is_begun, or_(c.due_at.is_(None), c.due_at <= at))
    is_left = and_(c.state == "claimed", c.claimed_at < at - CLAIM_SECONDS)
    with ledger.reading() as connection:
        stmt = select(c.key).where(c.agency == agency, or_(is_due, is_left))
        return list(connection.scalars(stmt.order_by(c.queued_at, c.key)))


def unsure(ledger: Ledger, agency: str, at: int | None = None) -> list[str]:
    """Keys of messages of which nobody knows whether they went out; with `at`, without those that are going out."""
    c = outbox.c
    is_left = c.state == "sending"
    if at is not None:
        is_left = and_(is_left, c.claimed_at < at - CLAIM_SECONDS)
    with ledger.reading() as connection:
        stmt = select(c.key).where(c.agency == agency, or_(c.state == "unsure", is_left))
        return list(connection.scalars(stmt.order_by(c.key)))


def tally(ledger: Ledger, agency: str, at: int) -> Tally:
    """Count the messages that somebody should know of."""
    c = outbox.c
    is_tried = and_(c.state == "waiting", c.tries > 0)
    is_old = and_(c.state == "waiting", c.kind != "night", c.queued_at < at - PENDING_SECONDS)
    is_left = and_(c.state == "claimed", c.claimed_at < at - CLAIM_SECONDS)
    with ledger.reading() as connection:
        waiting = connection.scalars(select(c.key).where(c.agency == agency, or_(is_tried, is_old, is_left))).all()
    return Tally(len(waiting), len(unsure(ledger, agency, at)))


def settle(ledger: Ledger, agency: str, key: str, has_arrived: bool, at: int) -> str:
    """A person says whether an unsure message arrived; return its state then: sent or waiting; else as it is."""
    values = {"state": "sent", "sent_at": at} if has_arrived else {"state": "waiting", "claimed_at": None, "due_at": at}
    with ledger.writing(agency) as connection:
        message = connection.execute(select(outbox).where(*_named(agency, key))).first()
        if message is None:
            return "absent"
        if message.state not in ("sending", "unsure"):
            return str(message.state)
        _write(connection, agency, key, values, at)
    return str(values["state"])


def pause_after(tries: int) -> int:
    """Seconds until the next try, after so many."""
    return int(min(FIRST_PAUSE * 2 ** min(max(tries - 1, 0), 16), LONGEST_PAUSE))


def _claim(ledger: Ledger, agency: str, key: str, at: int, state: str) -> Row[Any] | str:
    """The message, now of this process; or the state that keeps it from being sent."""
    with ledger.writing(agency) as connection:
        message = connection.execute(select(outbox).where(*_named(agency, key))).first()
        if message is None:
            return "absent"
        is_left = message.state == "claimed" and message.claimed_at < at - CLAIM_SECONDS
        if message.state != "waiting" and not is_left:
            return "unsure" if message.state == "sending" else str(message.state)
        values = {"state": state, "claimed_at": at, "tries": message.tries + 1}
        _write(connection, agency, key, values, at)
        return connection.execute(select(outbox).where(*_named(agency, key))).one()


def _move(ledger: Ledger, message: Row[Any], values: Mapping[str, Any], of: tuple[str, ...], at: int) -> bool:
    """Change a claimed message; False if another process has taken it over since."""
    where = (*_named(message.agency, message.key), outbox.c.tries == message.tries, outbox.c.state.in_(of))
    with ledger.writing(message.agency) as connection:
        if connection.execute(select(outbox.c.key).where(*where)).first() is None:
            return False
        _write(connection, message.agency, message.key, values, at)
    return True


def _write(connection: Connection, agency: str, key: str, values: Mapping[str, Any], at: int) -> None:
    """Change a message, under an entry of the journal."""
    entry = NewEntry(connection, agency)
    entry.touch(outbox, [(key,)])
    connection.execute(update(outbox).where(*_named(agency, key)).values(**values))
    entry.append(at, "message", {"key": key, "state": values["state"]})


def _named(agency: str, key: str) -> tuple[Any, Any]:
    return outbox.c.agency == agency, outbox.c.key == key
