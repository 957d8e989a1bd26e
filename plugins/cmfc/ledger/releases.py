"""Notes what left the house: which bytes, for what, released by whom (spec 6)."""

from sqlalchemy import insert, select

from cmfc.ledger.journal import append
from cmfc.ledger.store import Ledger
from cmfc.ledger.tables import releases


def note_release(ledger: Ledger, agency: str, kind: str, subject: str, sha256: str, by: str, at: int) -> bool:
    """Notes a release in the table and the journal; False if the same one was noted before.

    Args:
        ledger: open.
        agency: whose.
        kind: `list` for a night's lists, `extract` for an audit extract.
        subject: the run's id, or what was extracted.
        sha256: of the manifest.
        by: who released it; `cmfc` for what goes out by itself.
        at: the time it is taken to be.
    """
    with ledger.writing(agency) as connection:
        same = (releases.c.agency == agency, releases.c.kind == kind, releases.c.subject == subject)
        if connection.execute(select(releases.c.seq).where(*same, releases.c.sha256 == sha256)).first():
            return False
        body = {"kind": kind, "subject": subject, "sha256": sha256, "by": by}
        head = append(connection, agency, at, "release", body)
        connection.execute(
            insert(releases).values(
                agency=agency, seq=head.seq, kind=kind, subject=subject, sha256=sha256, released_by=by, at=at
            )
        )
    return True
