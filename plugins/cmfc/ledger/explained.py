"""Episodes that vanished and for which a person gave a word with a reason (spec 5, RC-09).

A word is an event of the finding like any other act (ledger/actions.py); as long as no night has taken it, it can be
taken back. It ends RC-09 until the episode has evidence again: records that come back and vanish once more need a new
one.
"""

from datetime import date

from sqlalchemy import Connection, and_, func, or_, select

from cmfc.ledger.store import Ledger
from cmfc.ledger.tables import finding_events, findings

VANISHED = "RC-09"
_BEGINS = ("found", "reopened")


def explained_before(ledger: Ledger, agency: str, night: date, as_of: int) -> tuple[str, ...]:
    """As `explained_of`, with all that is on record."""
    with ledger.reading() as connection:
        return explained_of(connection, agency, night, as_of)


def explained_of(
    connection: Connection, agency: str, night: date, as_of: int, before_seq: int | None = None
) -> tuple[str, ...]:
    """The episodes that a night takes as explained, in order.

    Args:
        connection: of the ledger.
        agency: whose.
        night: the business date. What it and later nights found says nothing of when its word was given.
        as_of: epoch seconds UTC; a word counts for the nights whose as_of is after it, so that running an earlier
            night again changes nothing.
        before_seq: only what was on record before that entry of the journal; None: all there is.

    Returns:
        Episode ids: a word was given since the finding was found, or came back, for the last time, and stands.
    """
    e = finding_events.c
    word = and_(e.kind == "explained", e.at < as_of)
    begin, undo = and_(e.kind.in_(_BEGINS), e.night < night), and_(e.kind == "unexplained", e.at < as_of)
    last_word, last_begin, last_undo = (func.max(e.seq).filter(which) for which in (word, begin, undo))
    stmt = (
        select(findings.c.subject_id)
        .join(finding_events, and_(e.agency == findings.c.agency, e.exception_id == findings.c.exception_id))
        .where(findings.c.agency == agency, findings.c.code == VANISHED, or_(word, begin, undo))
        .group_by(findings.c.subject_id)
        .having(last_word > last_begin, last_word > func.coalesce(last_undo, 0))
        .order_by(findings.c.subject_id)
    )
    return tuple(connection.scalars(stmt if before_seq is None else stmt.where(e.seq < before_seq)))
