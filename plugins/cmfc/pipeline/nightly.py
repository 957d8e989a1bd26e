"""One night as a few plain function calls: what the DAG's tasks and the command line both call.

Every function takes and gives ids, counts and paths only, so that nothing personal can cross between tasks.
"""

import fcntl
import logging
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from cmfc.errors import InputError
from cmfc.feeds.catalog import feeds
from cmfc.ingest.mapping import mapping_of_folder
from cmfc.ingest.sources import SqlSource
from cmfc.pipeline.preflight import refuse_unfinished, refuse_unready
from cmfc.pipeline.run import (
    Place,
    as_of_night,
    checked_feeds,
    code_version,
    law_of,
    matched_before,
    models_of,
    place_of,
    previous_rows,
)
from cmfc.privacy.logs import logger

if TYPE_CHECKING:  # at run time each step imports what it needs: a DAG is parsed often, and pandas takes a second
    from cmfc.ingest.pulled import PulledFeed
    from cmfc.ingest.readers import Connect
    from cmfc.matching.answers import Decision
    from cmfc.validation.result import CheckedFeed

__all__ = ["Place", "as_of_night", "code_version", "place_of"]

log = logger(__name__)


def pull_feed(
    place: Place, feed: str, pulled_at: int, connect: "Connect | None", again: bool = False
) -> dict[str, Any]:
    """Pulls one feed, or takes the snapshot that is there (ingest/snapshot.py).

    `may_pass` says of a broken feed that it comes from a database, which may answer later; `how` whether the snapshot
    that was there was reused, or why not; `sentence` says so to a person.
    """
    from cmfc.ingest.snapshot import pull

    pulled = pull(
        feed, place.mapping, place.folder, pulled_at=pulled_at, as_of=place.as_of, connect=connect, again=again
    )
    log.info(_came(place, pulled), feed=feed, rows=pulled.rows, status="broken" if pulled.broken else "read")
    mapped = place.mapping.feeds.get(feed)
    return {
        "feed": feed,
        "rows": pulled.rows,
        "sha256": pulled.sha256,
        "is_broken": bool(pulled.broken),
        "how": pulled.how,
        "sentence": _came(place, pulled),
        "may_pass": mapped is not None and isinstance(mapped.source, SqlSource),
    }


def _came(place: Place, pulled: "PulledFeed") -> str:
    if pulled.how != "reused":
        return f"Feed {pulled.how.replace('_', ' ')}."
    at = datetime.fromtimestamp(pulled.pulled_at, UTC).astimezone(ZoneInfo(place.mapping.zone))
    return f"Snapshot of {at:%Y-%m-%d %H:%M} (local) reused."


def check_feed(place: Place, feed: str, previous: tuple[int | None] | None = None) -> dict[str, Any]:
    """Checks one pulled feed at the door (validation/validate.py).

    `previous`: its rows before, of a night that is rebuilt from what the ledger kept; else those on file.

    Raises:
        InputError: CMFC-I05, the mapping changed since the pull, as when an engine runs this step alone again.
    """
    # Importing it writes some 200 lines, and this must be said before.
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    from cmfc.ingest.pulled import refuse_other_mapping
    from cmfc.validation.validate import check

    if previous is None:
        refuse_other_mapping(feed, place.mapping, place.folder)
    rows = previous[0] if previous is not None else previous_rows(place, feed)
    checked = check(feed, place.mapping, place.folder, as_of=place.as_of, previous_rows=rows)
    log.info("Feed checked.", feed=feed, status=checked.status, **asdict(checked.accounting))
    return {"feed": feed, "status": checked.status, **asdict(checked.accounting)}


def settle_night(place: Place) -> dict[str, str]:
    """What the door can only say with every feed at hand (validation/cross_feed.py); gives each feed's status."""
    from cmfc.validation.validate import settle

    return {name: checked.status for name, checked in settle(place.folder, place.mapping).items()}


def validate_night(place: Place, step: Callable[[str], None] = lambda name: None) -> dict[str, dict[str, Any]]:
    """Checks every feed, then what needs all of them; one process, as Great Expectations takes seconds to import.

    Returns:
        What `check_feed` gives, by feed.

    Raises:
        InputError: CMFC-I02 or I05; the sentences of every feed without which the night cannot go on.
    """
    checked: dict[str, dict[str, Any]] = {}
    faults: list[InputError] = []
    for feed in feeds():
        step(f"check {feed}")
        try:
            checked[feed] = check_feed(place, feed)
        except InputError as error:
            faults.append(error)
    if len(faults) > 1:
        raise InputError(faults[0].code, " ".join(fault.message for fault in faults), faults[0].detail)
    if faults:
        raise faults[0]
    step("settle")
    settle_night(place)
    return checked


def match_night(place: Place, everything: bool = False) -> dict[str, int]:
    """Matches the reports that no id links (matching/match.py); gives reports per method.

    What people answered before as_of is applied. `everything`: nothing is taken over from an earlier night.
    """
    from cmfc.pipeline.ledger_steps import answers_before

    return match_records(place, answers_before(place), None if everything else matched_before(place))


def match_records(
    place: Place, answers: "Sequence[Decision]", previous: Path | None = None, models: Path | None = None
) -> dict[str, int]:
    """As `match_night`, with the answers given; `models`: the folder of the agency's models, if not in its store."""
    from cmfc.matching.match import Rules, match
    from cmfc.matching.model import load_model

    said = place.mapping.matching
    told = match(
        place.folder / "checked",
        place.folder / "matched",
        place.as_of,
        load_model(said.model, models or models_of(place)),
        rules=Rules(said.accept, said.review),
        answers=answers,
        previous=previous,
    )
    log.info("Reports matched.", model=told.model, reports=told.reports, scored=told.scored, kept=told.kept)
    return {"reports": told.reports, **told.methods}


def reconcile_night(place: Place, threads: int | None = None) -> dict[str, int]:
    """Judges the night with what the last one knew (reconcile/engine.py); gives the rows of each work table."""
    from cmfc.pipeline.ledger_steps import known_before

    return judge_night(place, known_before(place), threads)


def judge_night(place: Place, known: Path | None, threads: int | None = None) -> dict[str, int]:
    """As `reconcile_night`, with what is known beforehand given: the work table `known` of the last night."""
    from cmfc.matching.match import MATCHES
    from cmfc.reconcile.engine import reconcile

    night, law = _night(place, checked_feeds(place), threads), law_of(place.mapping)
    matches = place.folder / "matched" / MATCHES
    rows = reconcile(place.folder / "checked", place.folder / "work", night, law, known=known, matches=matches)
    for table, count in rows.items():
        log.info("Table written.", table=table, rows=count)
    return rows


def record_night(place: Place, at: int) -> dict[str, Any]:
    """Records the night in the ledger (ledger/runs.py); `at` is the time it is taken to be."""
    from cmfc.pipeline.ledger_steps import record_place

    told = record_place(place, at)
    log.info("Night recorded again." if told["is_again"] else "Night recorded.", findings=told["counts"]["listed"])
    return told


def publish_night(place: Place, at: int | None = None) -> dict[str, Any]:
    """Publishes the night's lists, whole or not at all (worklists/publish.py); `at` notes it in the ledger."""
    from cmfc.matching.match import read_summary
    from cmfc.pipeline.ledger_steps import mapping_text, note_published, recorded
    from cmfc.publishing.manifest import NightFacts
    from cmfc.worklists.publish import publish

    checked = checked_feeds(place)
    incomplete = tuple(sentence for c in checked.values() for sentence in c.incomplete)
    facts = NightFacts(
        agency=place.mapping.agency,
        agency_name=place.mapping.name,
        business_date=place.business_date,
        as_of=place.as_of,
        zone=place.mapping.zone,
        jurisdiction=place.mapping.jurisdiction,
        code_version=code_version(),
        law_digest=law_of(place.mapping).digest,
        linkage_model_digest=read_summary(place.folder / "matched").model_digest,
        feeds={name: _feed_facts(place, c) for name, c in checked.items()},
        incomplete=incomplete,
        ledger=recorded(place),
        mapping_digest=sha256(mapping_text(place).encode()).hexdigest(),
    )
    report = publish(place.folder / "work", place.folder / "checked", facts, place.out)
    log.info("Lists published.", folder=place.out)
    if at is not None:
        note_published(place, report["manifest_sha256"], at)
    accounting = {name: {"status": c.status, **asdict(c.accounting)} for name, c in checked.items()}
    notes = [f"{name}: {note}" for name, c in checked.items() for note in c.notes]
    return {**report, "feeds": accounting, "incomplete": list(incomplete), "notes": notes}


def run_night(
    place: Place,
    pulled_at: int,
    connect: "Connect | None" = None,
    again: bool = False,
    step: Callable[[str], None] = lambda name: None,
    answers: "Sequence[Decision] | None" = None,
) -> dict[str, Any]:
    """A whole night, one step after the other; `step` is told the name of each.

    `answers` about matches, if they are not the ledger's. Gives what publishing tells, and `pulls`: by feed, how it was
    come by (`how`) and a `sentence` that says so.

    Raises:
        CmfcError: CMFC-N03, another process runs this night; CMFC-N04, its business date is not over; others of
            pipeline/preflight.py before anything is read.
    """
    refuse_unfinished(place, pulled_at)
    refuse_unready(place)
    pulls: dict[str, dict[str, str]] = {}
    with alone(place):
        for feed in feeds():
            step(f"pull {feed}")
            pulled = pull_feed(place, feed, pulled_at, connect, again)
            pulls[feed] = {name: pulled[name] for name in ("how", "sentence")}
        validate_night(place, step)
        step("match")
        if answers is None:
            match_night(place, everything=again)
        else:
            match_records(place, answers)
        step("reconcile")
        reconcile_night(place)
        if place.ledger:
            step("record")
            record_night(place, pulled_at)
        step("publish")
        return {**publish_night(place, pulled_at if place.ledger else None), "pulls": pulls}


@contextmanager
def alone(place: Place) -> Iterator[None]:
    """Holds the night's folder, so that two processes do not write it at once; the second is told so.

    Raises:
        InputError: CMFC-N03, another process runs this night.
    """
    place.folder.mkdir(parents=True, exist_ok=True)
    with (place.folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError("CMFC-N03", "Another process runs this night; its lists will count.") from None
        yield


def stand(place: Place, lists: Path) -> None:
    """Makes the night's list the current one, unless a later night's stands.

    The mark of being stale goes when this night is not before the one that failed.
    """
    from cmfc.pipeline.current_list import clear_stale, current, point_current, stale

    agency, date_now = place.mapping.agency, place.business_date
    assert date_now is not None
    standing, mark = current(lists, agency), stale(lists, agency)
    if standing is None or standing <= date_now:
        point_current(lists, agency, date_now)
    if mark and mark["since"] <= date_now:
        clear_stale(lists, agency)


def fall_short(place: Place, lists: Path, sentence: str | None = None) -> None:
    """The night failed: the last list stays and is marked stale, with a sentence for an analyst.

    A list of a later night is not stale because an earlier night failed. Without a sentence, the one that stands stays.
    """
    from cmfc.pipeline.current_list import current, mark_stale

    agency, date_now = place.mapping.agency, place.business_date
    assert date_now is not None
    standing = current(lists, agency)
    if standing is not None and standing > date_now:
        return
    mark_stale(lists, agency, date_now, sentence)
    log.warning("The last list is stale.", agency=agency, business_date=date_now)


def log_summary(told: Mapping[str, Any]) -> None:
    """Says in the log what `publish_night` told: the accounting per feed, counts per code and severity, the folder."""
    for name, feed in told["feeds"].items():
        log.info("Feed.", feed=name, **feed)
    for severity, count in told["counts"]["by_severity"].items():
        log.info("Findings.", severity=severity, findings=count)
    for code, count in told["counts"]["by_code"].items():
        log.info("Findings.", code=code, findings=count)
    log.info("Lists.", folder=told["folder"])


def reconcile_folder(
    records: Path,
    zone: str,
    jurisdiction: str,
    as_of: int,
    out: Path,
    agency: str = "local",
    runaway_placements_kept: bool = False,
    threads: int | None = None,
    step: Callable[[str], None] = lambda name: None,
) -> dict[str, Any]:
    """Reconciles a folder of `<feed>.csv` files with canonical columns, without Airflow and without a store.

    The pull is taken to have been at as_of. `decisions.csv` in the folder holds people's answers about matches, if
    there are any (docs/how-to/matching.md). Nothing is kept but `out`.
    """
    mapping = mapping_of_folder(records, zone, jurisdiction, agency, runaway_placements_kept)
    with tempfile.TemporaryDirectory(prefix="cmfc-") as store:
        place = Place(mapping, Path(store) / agency / "night", out, as_of, None)
        return run_night(place, as_of, step=step, answers=_answers_of(records, zone, as_of))


def _answers_of(records: Path, zone: str, as_of: int) -> "list[Decision]":
    from cmfc.ledger.match_answers import latest, read_decisions

    file = records / "decisions.csv"
    return latest(read_decisions(file, zone), as_of) if file.is_file() else []


def _feed_facts(place: Place, checked: "CheckedFeed") -> Any:
    from cmfc.ingest.pulled import read_pulled
    from cmfc.publishing.manifest import FeedFacts, iso

    pulled = read_pulled(checked.feed, place.folder) if checked.feed in place.mapping.feeds else None
    return FeedFacts(
        checked.status,
        asdict(checked.accounting),
        checked.sha256 or None,
        checked.broken,
        mapping_digest=pulled.mapping_digest if pulled else None,
        pulled_at=iso(pulled.pulled_at) if pulled else None,
        census=pulled.census if pulled else {},
        notes=checked.notes,
    )


def _night(place: Place, checked: "Mapping[str, CheckedFeed]", threads: int | None) -> Any:
    from cmfc.reconcile.engine import Night

    mapping = place.mapping
    begins = mapping.history_begins_on
    before = (begins - timedelta(days=1)).isoformat() if begins else None
    return Night(
        agency=mapping.agency,
        as_of=place.as_of,
        zone=mapping.zone,
        jurisdiction=mapping.jurisdiction,
        stitch_gap_seconds=int(mapping.stitch_gap_hours * 3600),
        runaway_placements_kept=mapping.runaway_placements_kept,
        history_begins=as_of_night(before, mapping.zone) if before else None,
        status={name: c.status for name, c in checked.items()},
        runs_are_placements_only=mapping.runs_are_placements_only,
        end_reasons_kept="end_reason" in mapping.feeds["absences"].columns
        and "end_reason" not in checked["absences"].missing_columns,
        threads=threads,
        unknowns=tuple(u for c in checked.values() for u in c.unknowns),
        lost={name: c.lost_columns for name, c in checked.items()},
    )
