"""What leaves the house: lists that went out, and audit extracts that were built, released or refused (spec 6)."""

import json
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, insert, select

from cmfc.ledger.journal import Head
from cmfc.ledger.row_digests import NewEntry
from cmfc.ledger.store import Ledger
from cmfc.ledger.tables import journal, releases

Kind = Literal["list", "extract", "shared"]
Decision = Literal["built", "released", "refused", "not_allowed"]
"""`not_allowed`: a person tried to decide who may not."""


@dataclass(frozen=True)
class Release:
    """One step on the way out.

    Attributes:
        kind: `list` for a night's lists, `extract` for an audit extract, `shared` for what of one may be passed on.
        subject: the run's id, the name of the package, or the period that is shared.
        sha256: of the manifest.
        by: who took the step; `cmfc` for what goes out by itself.
        at: when, epoch seconds UTC.
        decision: what was decided.
        reason: a code of audit_extract/options.py; of a list BACKFILL (ledger/current_lists.py) or empty; of what is
            shared, the name of a correction.
        request: what an extract was built by, its seed and the hash of its sample's frame among it; in the journal's
            entry alone.
        shows: what is shared, as JSON; it stands in the journal's entry alone.
    """

    kind: Kind
    subject: str
    sha256: str
    by: str
    at: int
    decision: Decision = "released"
    reason: str = ""
    request: str = ""
    shows: str = ""


def note_release(ledger: Ledger, agency: str, release: Release) -> bool:
    """Note a step in the table and the journal; False if the same bytes were released before (a list: so as well)."""
    with ledger.writing(agency) as connection:
        if release.decision == "released" and _is_released(connection, agency, release):
            return False
        values = {"kind": release.kind, "subject": release.subject, "sha256": release.sha256,
                  "decision": release.decision, "reason": release.reason}  # fmt: skip
        entry = NewEntry(connection, agency)
        entry.touch(releases, [(entry.seq,)])
        connection.execute(
            insert(releases).values(agency=agency, seq=entry.seq, released_by=release.by, at=release.at, **values)
        )
        more: dict[str, Any] = {"request": release.request} if release.request else {}
        if release.shows:
            more["shows"] = json.loads(release.shows)
        entry.append(release.at, "release", {**values, **more, "by": release.by})
        return True


def list_shared(ledger: Ledger, agency: str, before: int | None = None) -> list[str]:
    """The register: what was passed on of each period, as JSON, first one first; `before` an entry of the journal."""
    t = releases.c
    stmt = select(journal.c.body).join(releases, (journal.c.agency == t.agency) & (journal.c.seq == t.seq))
    where = [t.seq < before] if before is not None else []
    with ledger.reading() as connection:
        bodies = connection.scalars(stmt.where(t.agency == agency, t.kind == "shared", *where).order_by(t.seq))
        return [json.dumps(json.loads(body)["shows"], sort_keys=True) for body in bodies]


def list_shared_with(ledger: Ledger, agency: str) -> list[str]:
    """What others passed on in which the agency is named, as JSON: a state's releases that count its episodes."""
    t = releases.c
    stmt = select(journal.c.body).join(releases, (journal.c.agency == t.agency) & (journal.c.seq == t.seq))
    where = (t.agency != agency, t.kind == "shared", journal.c.body.contains(json.dumps(agency), autoescape=True))
    with ledger.reading() as connection:
        bodies = connection.scalars(stmt.where(*where).order_by(t.agency, t.seq))
        return [json.dumps(json.loads(body)["shows"], sort_keys=True) for body in bodies]


def list_releases(ledger: Ledger, agency: str, kind: Kind, subject: str) -> list[tuple[Release, Head]]:
    """Every step of a subject with the journal's entry of it, first one first."""
    t = releases.c
    stmt = select(t.kind, t.subject, t.sha256, t.released_by, t.at, t.decision, t.reason, t.seq, journal.c.hash)
    stmt = stmt.join(journal, (journal.c.agency == t.agency) & (journal.c.seq == t.seq))
    where = (t.agency == agency, t.kind == kind, t.subject == subject)
    with ledger.reading() as connection:
        rows = connection.execute(stmt.where(*where).order_by(t.seq))
        return [(Release(*row[:-2]), Head(*row[-2:])) for row in rows]


def _is_released(connection: Connection, agency: str, release: Release) -> bool:
    t = releases.c
    where = [t.agency == agency, t.kind == release.kind, t.subject == release.subject, t.sha256 == release.sha256]
    if release.kind == "list":  # one that a backfill made may come to stand by a later run
        where.append(t.reason == release.reason)
    return connection.execute(select(t.seq).where(*where, t.decision == "released")).first() is not None
