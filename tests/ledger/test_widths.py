"""What a night writes fits the columns of PostgreSQL, which refuses what SQLite takes."""

from pathlib import Path

from sqlalchemy import select

from cmfc.feeds.catalog import feeds
from cmfc.ledger.store import opened
from cmfc.ledger.tables import episodes
from cmfc.pipeline.nightly import run_night
from cmfc.pipeline.run import run_of
from tests.support import small_agency as door
from tests.support.postgres import new_database

LONG = "7F3C1E0A9D414C528B1F"
"""With `child:` before it, longer than the ids that we make ourselves."""
NIGHTS = ("2026-03-09", "2026-03-10")


def deliver(root: Path, **absence: str) -> None:
    for feed in feeds().values():
        rows = [row | ({"verified": "false"} if "verified" in row else {}) for row in door.good_rows(feed)]
        rows = [row | {"child_id": LONG} if row.get("child_id") == "CH0" else row for row in rows]
        door.deliver(root, feed, door.change(rows, 0, **absence) if feed.name == "absences" else rows)


def test_a_child_whose_record_cannot_be_read_stops_no_night_on_postgresql(server: str, tmp_path: Path) -> None:
    """It did: the ledger's column was narrower than the word for its state, and than `child:` with such an id."""
    url = new_database(server)
    for day, absence in zip(NIGHTS, ({"kind": "not_listed"}, {}), strict=True):
        deliver(tmp_path, **absence)
        run = run_of(door.mapping_of(tmp_path, max_age_hours=None), day, tmp_path / "store", tmp_path / "lists", url)
        run_night(run, door.PULLED_AT + 86_400)
    with opened(url) as ledger, ledger.reading() as connection:
        states = connection.execute(
            select(episodes.c.state, episodes.c.to_seq.is_(None)).where(episodes.c.child_id == LONG)
        ).all()
        assert ("unreadable", False) in states and any(is_now for _, is_now in states)
