"""The hours between two nights: absences that opened since, and reports that fall due soon, from the same core.

Nothing of it goes into the ledger but its messages: the night decides what is on record.
"""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from cmfc.feeds.catalog import feeds
from cmfc.ingest.mapping import AgencyMapping
from cmfc.ledger.journal import digest
from cmfc.ledger.store import Ledger
from cmfc.pipeline.run import Run, matched_before
from cmfc.storage.layout import WATCH
from cmfc.timing.clock import local_clock, local_date

DUE = ("LE-06", "NC-06")


def watch(night: Run, ledger: Ledger, now: int, connect: Any) -> dict[str, Any]:
    """Pulls, checks and judges as of now, and publishes the list as it stands into `watch` beside the nights' lists.

    Args:
        night: any night of the agency; says where things lie.
        ledger: open; only a message is written.
        now: epoch seconds UTC.
        connect: gives the SQLAlchemy URL of a named connection.

    Returns:
        `due`: reports that fall due within 12 hours (LE-06, NC-06); `fresh`: open episodes that were not among the
        missing of the last night; `key`: of the message put into the outbox, None if there is nothing to say or it was
        said before.
    """
    from cmfc.ledger.outbox import put
    from cmfc.pipeline.ledger_steps import answers_before
    from cmfc.pipeline.nightly import alone, judge_night, match_records, publish_night, pull_feed, validate_night

    agency = night.mapping.agency
    folder, out = night.folder.parent / WATCH, night.out.parent / WATCH
    run = replace(night, folder=folder, out=out, as_of=now, business_date=None, ledger="")
    with alone(replace(run, ledger=night.ledger)):
        for feed in feeds():
            pull_feed(run, feed, now, connect, again=True)
        validate_night(run)
        match_records(run, answers_before(replace(night, as_of=now)), matched_before(run))
        known_episodes, explained, last = _known_before(ledger, agency, night, now)
        judge_night(run, known_episodes, explained)
        _write_status(run, ledger, now)
        publish_night(run)
        work = folder / "work"
        due = _ids(f"SELECT exception_id FROM '{work}/findings.parquet' WHERE code IN {DUE} AND severity = 'high'")
        # One that had ended by the night and is open now is as new as one that the night did not know.
        of_night = f"SELECT episode_id FROM '{known_episodes}' WHERE state IN ('open', 'gone')"
        before = of_night if known_episodes else "SELECT NULL WHERE FALSE"
        fresh = _ids(
            f"SELECT episode_id FROM '{work}/episodes.parquet' WHERE status = 'open' AND episode_id NOT IN ({before})"
        )
    key: str | None = None
    if due or fresh:
        key = f"watch:{digest([due, fresh])}"
        body = {"business_date": last, "due": len(due), "fresh": len(fresh)}
        key = key if put(ledger, agency, key, "watch", body, now) else None
    return {"due": len(due), "fresh": len(fresh), "key": key}


def late(mapping: AgencyMapping, ledger: Ledger, lists: Path, now: int, hour: int) -> str | None:
    """Puts a message into the outbox if last night's list has not come by `hour` (local); its key, once a night."""
    from cmfc.ledger.outbox import put
    from cmfc.pipeline.current_list import current

    local = local_clock(now, mapping.zone)
    night = (local.date() - timedelta(days=1)).isoformat()
    published = current(lists, mapping.agency)
    if local.hour < hour or (published is not None and published >= night):
        return None
    key = f"late:{night}"
    body = {"business_date": night, "by": f"{hour:02}:00"}
    return key if put(ledger, mapping.agency, key, "late", body, now) else None


def _known_before(ledger: Ledger, agency: str, night: Run, now: int) -> tuple[Path | None, tuple[str, ...], str]:
    from cmfc.ledger.bitemporal import known_after
    from cmfc.ledger.explained import explained_before
    from cmfc.pipeline.ledger_steps import kept_folder

    known_episodes, last = known_after(ledger, agency, date.max, kept_folder(night))
    explained = explained_before(ledger, agency, date.max, now)
    return known_episodes, explained, last.business_date.isoformat() if last else "no night"


def _write_status(run: Run, ledger: Ledger, now: int) -> None:
    from cmfc.findings.lifecycle import Life, Tonight
    from cmfc.ledger.before import before_next
    from cmfc.pipeline.run import checked_feeds

    today = local_date(now, run.mapping.zone)
    checked = checked_feeds(run)
    broken = tuple(name for name, feed in checked.items() if feed.broken)
    lost = tuple((name, lost.column) for name, feed in checked.items() for lost in feed.lost_columns)
    tonight = Tonight(today, today, run.folder / "work", broken, lost)
    with ledger.reading() as connection:
        before = before_next(connection, run.mapping.agency, tonight.work)
    with Life(tonight, before) as life:
        life.write()


def _ids(query: str) -> list[str]:
    from cmfc.storage.duck import open_duckdb

    with open_duckdb() as engine:
        return [str(row[0]) for row in engine.execute(f"{query} ORDER BY 1").fetchall()]
