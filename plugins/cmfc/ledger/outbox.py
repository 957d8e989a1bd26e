"""The outbox of notifications to staff: counts and a link, never a child. Each has a key and goes out at most once.

A message is claimed before it is sent. A process that dies in between leaves it `sending`, and nobody sends it again:
whether it arrived cannot be known from here. Upkeep lists such messages.
"""

import html
import json
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import insert, select, update

from cmfc.findings.lifecycle import DUTY_CHANGES
from cmfc.ledger.row_digests import NewEntry
from cmfc.ledger.store import Ledger
from cmfc.ledger.tables import outbox

Deliver = Callable[[str, str], None]
"""Send a subject and an HTML body."""


def put(ledger: Ledger, agency: str, key: str, kind: str, body: Mapping[str, Any], at: int) -> bool:
    """Put a message into the outbox; False if one of this key was there before."""
    with ledger.writing(agency) as connection:
        where = (outbox.c.agency == agency, outbox.c.key == key)
        if connection.execute(select(outbox.c.state).where(*where)).first():
            return False
        row = {
            "agency": agency,
            "key": key,
            "kind": kind,
            "body": json.dumps(body),
            "state": "waiting",
            "queued_at": at,
        }
        entry = NewEntry(connection, agency)
        entry.touch(outbox, [(key,)])
        connection.execute(insert(outbox).values(**row))
        entry.append(at, "message", {"key": key, "state": "waiting"})
    return True


def send(ledger: Ledger, agency: str, key: str, deliver: Deliver | None, link: str, at: int) -> str:
    """Send a message that waits; return its state: sent, logged (nobody is to be notified), unsure, or absent.

    Raises:
        ConnectionError: if the mail server was not reached; the message still waits.
    """
    where = (outbox.c.agency == agency, outbox.c.key == key)
    with ledger.writing(agency) as connection:
        message = connection.execute(select(outbox).where(*where)).first()
        if message is None or message.state != "waiting":
            return {"sending": "unsure"}.get(message.state, message.state) if message else "absent"
        state = "sending" if deliver else "logged"
        entry = NewEntry(connection, agency)
        entry.touch(outbox, [(key,)])
        connection.execute(update(outbox).where(*where).values(state=state, claimed_at=at))
        entry.append(at, "message", {"key": key, "state": state})
    if deliver is None:
        return "logged"
    try:
        deliver(*render(message.kind, json.loads(message.body), link))
    except ConnectionError:
        _set_state(ledger, agency, key, {"state": "waiting", "claimed_at": None}, at)
        raise
    _set_state(ledger, agency, key, {"state": "sent", "sent_at": at}, at)
    return "sent"


def unsure(ledger: Ledger, agency: str) -> list[str]:
    """Keys of messages that were claimed, and of which nobody knows whether they went out."""
    with ledger.reading() as connection:
        stmt = select(outbox.c.key).where(outbox.c.agency == agency, outbox.c.state == "sending")
        return list(connection.scalars(stmt.order_by(outbox.c.key)))


def render(kind: str, body: Mapping[str, Any], link: str) -> tuple[str, str]:
    """Subject and HTML body of a message."""
    night, at = html.escape(str(body["business_date"])), html.escape(link, quote=True)
    tail = f"<p><a href='{at}'>{at}</a></p>"
    if kind == "late":
        return f"The list of {night} is late", f"<p>By {html.escape(str(body['by']))} it had not come.</p>{tail}"
    if kind == "watch":
        due, fresh = int(body["due"]), int(body["fresh"])
        return (
            f"{due} reports fall due soon, {fresh} children newly missing",
            f"<p>Reports due within 12 hours: {due}. Absences opened since the list of {night}: {fresh}.</p>{tail}",
        )
    counts, severities = body["counts"], ", ".join(f"{name} {n}" for name, n in body["severities"].items())
    changes = ", ".join(f"{counts[name]} {name}" for name in DUTY_CHANGES)
    rows = "".join(
        f"<tr><td>{html.escape(office or '(no office)')}</td><td>{severity}</td><td>{number}</td></tr>"
        for office, severity, number in body["offices"]
    )
    held = f"<p>Not checked tonight: {counts['not_checked']}.</p>" if counts["not_checked"] else ""
    table = f"<table><tr><th>office</th><th>severity</th><th>findings</th></tr>{rows}</table>"
    return (
        f"The list of {night}: {severities or 'no findings'}",
        f"<p>Duties since the last night: {changes}.</p>{held}{table}{tail}",
    )


def _set_state(ledger: Ledger, agency: str, key: str, values: Mapping[str, Any], at: int) -> None:
    with ledger.writing(agency) as connection:
        entry = NewEntry(connection, agency)
        entry.touch(outbox, [(key,)])
        connection.execute(update(outbox).where(outbox.c.agency == agency, outbox.c.key == key).values(**values))
        entry.append(at, "message", {"key": key, "state": values["state"]})
