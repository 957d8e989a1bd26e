"""What the review page asks the ledger beside its lists: what people did since, whom they assign to, what they keep."""

import secrets
from collections.abc import Iterable

from sqlalchemy import Connection, delete, insert, select

from cmfc.errors import UsageError
from cmfc.ledger.bulk import select_by
from cmfc.ledger.journal import append
from cmfc.ledger.queries import COLUMNS, Event, Listed, events_of
from cmfc.ledger.row_digests import NewEntry
from cmfc.ledger.store import Ledger
from cmfc.ledger.tables import finding_events, findings, saved_views

VIEWS = 30
"""So many views may a person keep of an agency."""


def changed_since(ledger: Ledger, agency: str, seq: int) -> tuple[int, list[Listed]]:
    """The findings to which something happened after an entry of the journal, and the last entry that did."""
    newer = select(finding_events.c.seq, finding_events.c.exception_id).where(
        finding_events.c.agency == agency, finding_events.c.seq > seq
    )
    with ledger.reading() as connection:
        rows = connection.execute(newer).fetchall()
        if not rows:
            return seq, []
        changed = select_by(connection, COLUMNS, findings.c.exception_id, sorted({row[1] for row in rows}),
                            findings.c.agency == agency)  # fmt: skip
        return max(row[0] for row in rows), [Listed(*row) for row in changed]


def listed_of(ledger: Ledger, agency: str, ids: Iterable[str]) -> dict[str, Listed]:
    """Findings by their ids."""
    there = (findings.c.agency == agency, findings.c.status != "withdrawn")
    with ledger.reading() as connection:
        rows = select_by(connection, COLUMNS, findings.c.exception_id, sorted(set(ids)), *there)
        return {row[0]: Listed(*row) for row in rows}


def of_child(ledger: Ledger, agency: str, child_id: str) -> list[Listed]:
    """Every finding about a child, resolved ones too; by id."""
    where = (findings.c.agency == agency, findings.c.child_id == child_id, findings.c.status != "withdrawn")
    with ledger.reading() as connection:
        rows = connection.execute(select(*COLUMNS).where(*where).order_by(findings.c.exception_id)).fetchall()
    return [Listed(*row) for row in rows]


def of_subjects(ledger: Ledger, agency: str, subjects: Iterable[str]) -> list[Listed]:
    """Every finding about any of some subjects, or that has one of these ids itself; resolved ones too."""
    ids = sorted(set(subjects))
    there = (findings.c.agency == agency, findings.c.status != "withdrawn")
    with ledger.reading() as connection:
        rows = {row[0]: row for name in ("subject_id", "exception_id", "episode_id")
                for row in select_by(connection, COLUMNS, findings.c[name], ids, *there)}  # fmt: skip
    return [Listed(*rows[one]) for one in sorted(rows)]


def acts_on(ledger: Ledger, agency: str, ids: Iterable[str]) -> list[Event]:
    """What happened to some findings, the last first."""
    with ledger.reading() as connection:
        events = events_of(connection, agency, ids)
    return sorted(events, key=lambda event: (-event.seq, event.exception_id))


def note_search(ledger: Ledger, agency: str, by: str, hits: int, term: str, at: int) -> None:
    """Note a search in the journal.

    Args:
        ledger: open.
        agency: whose.
        by: who searched.
        hits: how many children or records were shown.
        term: a keyed hash of what was typed, never what was typed.
        at: when, epoch seconds UTC.
    """
    with ledger.writing(agency) as connection:
        append(connection, agency, at, "search", {"by": by, "hits": hits, "term": term})


def views_of(ledger: Ledger, agency: str, person: str) -> dict[str, str]:
    """The views that a person keeps: query by name."""
    where = (saved_views.c.agency == agency, saved_views.c.person == person)
    stmt = select(saved_views.c.name, saved_views.c.query).where(*where).order_by(saved_views.c.name)
    with ledger.reading() as connection:
        return {row.name: row.query for row in connection.execute(stmt)}


def keep_view(ledger: Ledger, agency: str, person: str, name: str, query: str, at: int) -> None:
    """Keep a view under a name; one of the same name gives way.

    Args:
        ledger: open.
        agency: whose list.
        person: whose view.
        name: what they call it.
        query: the filters, as they stand in the address.
        at: when, epoch seconds UTC.

    Raises:
        UsageError: CMFC-F03 it has no name, or the person keeps VIEWS already.
    """
    if not name:
        raise UsageError("CMFC-F03", "Give the view a name.")
    with ledger.writing(agency) as connection:
        former, others = _views(connection, agency, person, name)
        if others >= VIEWS:
            raise UsageError("CMFC-F03", f"You keep {VIEWS} views already; remove one first.")
        entry, view_id = NewEntry(connection, agency), secrets.token_hex(16)
        entry.touch(saved_views, [(one,) for one in (*former, view_id)])
        _delete(connection, agency, former)
        values = {"agency": agency, "view_id": view_id, "person": person, "name": name, "query": query}
        connection.execute(insert(saved_views).values(**values))
        entry.append(at, "view_kept", {"by": person})


def drop_view(ledger: Ledger, agency: str, person: str, name: str, at: int) -> None:
    """Keep a view no longer; nothing happens if there is none of the name. `at`: when, epoch seconds UTC."""
    with ledger.writing(agency) as connection:
        former, _ = _views(connection, agency, person, name)
        if former:
            entry = NewEntry(connection, agency)
            entry.touch(saved_views, [(one,) for one in former])
            _delete(connection, agency, former)
            entry.append(at, "view_dropped", {"by": person})


def _views(connection: Connection, agency: str, person: str, name: str) -> tuple[list[str], int]:
    """The ids of a person's views of a name, and how many others they keep."""
    of = (saved_views.c.agency == agency, saved_views.c.person == person)
    rows = connection.execute(select(saved_views.c.view_id, saved_views.c.name).where(*of)).fetchall()
    return [row.view_id for row in rows if row.name == name], sum(row.name != name for row in rows)


def _delete(connection: Connection, agency: str, ids: list[str]) -> None:
    connection.execute(delete(saved_views).where(saved_views.c.agency == agency, saved_views.c.view_id.in_(ids)))
