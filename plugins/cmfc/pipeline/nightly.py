"""A nightly run as a few plain function calls, for the DAG's tasks and the command line.

Every function takes and gives ids, counts and paths only, so that nothing personal can cross between tasks.
"""

import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cmfc.errors import InputError
from cmfc.feeds.catalog import feeds
from cmfc.ingest.sources import SqlSource
from cmfc.pipeline.code import current_code
from cmfc.pipeline.preflight import refuse_unfinished, refuse_unready
from cmfc.pipeline.run import (
    Run,
    checked_feeds,
    law_of,
    matched_before,
    models_of,
    previous_rows,
)
from cmfc.privacy.logs import logger
from cmfc.publishing.manifest import MANIFEST
from cmfc.storage.atomic import write_text
from cmfc.storage.digest import sha256_of
from cmfc.storage.layout import checked_folder, validation_record
from cmfc.storage.lock import lock_file
from cmfc.timing.clock import as_of_night, local_time

if TYPE_CHECKING:  # at run time each step imports what it needs: a DAG is parsed often, and pandas takes a second
    from cmfc.ingest.pulled import PulledFeed
    from cmfc.ingest.readers import Connect
    from cmfc.matching.answers import Decision
    from cmfc.reconcile.engine import Night
    from cmfc.validation.result import CheckedFeed

log = logger(__name__)
VALIDATED_BY = "validated-by.txt"
"""Beside what validation noted of the feeds: the key of the engine's run that it was noted in."""


def pull_feed(run: Run, feed: str, pulled_at: int, connect: "Connect | None", again: bool = False) -> dict[str, Any]:
    """Pull one feed, or take the snapshot that is there (ingest/snapshot.py).

    `may_pass` says of a broken feed that it comes from a database, which may answer later; `how` whether the snapshot
    that was there was reused, or why not; `sentence` says so to a person.

    Raises:
        InputError: CMFC-N03, another process pulls this feed; others as ingest/snapshot.py.
    """
    from cmfc.ingest.snapshot import pull

    run.folder.mkdir(parents=True, exist_ok=True)
    with _held(run.folder / f".{feed}.lock"):
        pulled = pull(feed, run.mapping, run.folder, pulled_at=pulled_at, as_of=run.as_of, connect=connect, again=again)
    log.info(_describe_pull(run, pulled), feed=feed, rows=pulled.rows, status="broken" if pulled.broken else "read")
    mapped = run.mapping.feeds.get(feed)
    return {
        "feed": feed,
        "rows": pulled.rows,
        "sha256": pulled.sha256,
        "is_broken": bool(pulled.broken),
        "how": pulled.how,
        "sentence": _describe_pull(run, pulled),
        "may_pass": mapped is not None and isinstance(mapped.source, SqlSource),
    }


def _describe_pull(run: Run, pulled: "PulledFeed") -> str:
    if pulled.how != "reused":
        return f"Feed {pulled.how.replace('_', ' ')}."
    return f"Snapshot of {local_time(pulled.pulled_at, run.mapping.zone)} reused."


def check_feed(run: Run, feed: str, previous: tuple[int | None] | None = None) -> dict[str, Any]:
    """Validate one pulled feed (validation/validate.py).

    `previous`: its rows before, of a night that is rebuilt from what the ledger kept; else those on file.

    Raises:
        InputError: CMFC-I05, the mapping changed since the pull, as when an engine runs this step alone again.
    """
    # Importing it writes some 200 lines, and this must be said before.
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    from cmfc.ingest.pulled import refuse_other_mapping
    from cmfc.validation.validate import validate_feed

    if previous is None:
        refuse_other_mapping(feed, run.mapping, run.folder)
    rows = previous[0] if previous is not None else previous_rows(run, feed)
    checked = validate_feed(feed, run.mapping, run.folder, as_of=run.as_of, previous_rows=rows)
    figures = _figures_of(checked)
    log.info("Feed checked.", **figures)
    return figures


def settle_night(run: Run) -> dict[str, dict[str, Any]]:
    """Validate across feeds (validation/cross_feed.py); return what `check_feed` gives, by feed, as it is in the end.

    Raises:
        InputError: CMFC-I02, as `validate_across_feeds`.
    """
    from cmfc.validation.cross_feed import validate_across_feeds

    return {name: _figures_of(checked) for name, checked in validate_across_feeds(run.folder, run.mapping).items()}


def _figures_of(checked: "CheckedFeed") -> dict[str, Any]:
    return {"feed": checked.feed, "status": checked.status, **asdict(checked.accounting)}


def validate_night(run: Run, step: Callable[[str], None] = lambda _: None, by: str = "") -> dict[str, dict[str, Any]]:
    """Validate every feed, then across feeds; one process, as Great Expectations takes seconds to import.

    What an earlier run of the night noted of its feeds goes first; `by` is the key of the engine's run.

    Returns:
        What `settle_night` gives.

    Raises:
        InputError: CMFC-I02 or I05; the sentences of every feed without which the night cannot go on.
    """
    _begin_validation(run, by)
    faults: list[InputError] = []
    for feed in feeds():
        step(f"check {feed}")
        try:
            check_feed(run, feed)
        except InputError as error:
            faults.append(error)
    if len(faults) > 1:
        raise InputError(faults[0].code, " ".join(fault.message for fault in faults), faults[0].detail)
    if faults:
        raise faults[0]
    step("settle")
    return settle_night(run)


def _begin_validation(run: Run, by: str) -> None:
    folder = checked_folder(run.folder)
    folder.mkdir(parents=True, exist_ok=True)
    for feed in feeds():
        validation_record(run.folder, feed).unlink(missing_ok=True)
    write_text(folder / VALIDATED_BY, by)


def match_night(run: Run, everything: bool = False) -> dict[str, int]:
    """Match the reports that no id links (matching/match.py); return reports per method.

    Answers of people from before as_of are applied. `everything`: nothing is taken over from an earlier night.
    """
    from cmfc.pipeline.ledger_steps import answers_before

    return match_records(run, answers_before(run), None if everything else matched_before(run))


def match_records(
    run: Run, answers: "Sequence[Decision]", previous: Path | None = None, models: Path | None = None
) -> dict[str, int]:
    """As `match_night`, with the answers given; `models`: the folder of the agency's models, if not in its store."""
    from cmfc.matching.match import Rules, match
    from cmfc.matching.model import load_model

    settings = run.mapping.matching
    summary = match(
        run.folder / "checked",
        run.folder / "matched",
        run.as_of,
        load_model(settings.model, models or models_of(run)),
        rules=Rules(settings.accept, settings.review),
        answers=answers,
        previous=previous,
    )
    log.info("Reports matched.", model=summary.model, reports=summary.reports, scored=summary.scored, kept=summary.kept)
    return {"reports": summary.reports, **summary.methods}


def reconcile_night(run: Run, threads: int | None = None) -> dict[str, int]:
    """Judge the night with the episodes of the last one (reconcile/engine.py); return the rows of each work table."""
    from cmfc.pipeline.ledger_steps import known_before

    known_episodes, explained = known_before(run)
    return judge_night(run, known_episodes, explained, threads)


def judge_night(
    run: Run, known_episodes: Path | None, explained: tuple[str, ...] = (), threads: int | None = None
) -> dict[str, int]:
    """As `reconcile_night`, with what is known beforehand given.

    `known`: the work table of the last night; `explained`: episodes that vanished and that a person explained.
    """
    from cmfc.matching.match import MATCHES
    from cmfc.reconcile.engine import reconcile

    night, law = replace(core_night(run, checked_feeds(run), threads), explained=explained), law_of(run.mapping)
    matches = run.folder / "matched" / MATCHES
    checked, work, engine = run.folder / "checked", run.folder / "work", run.mapping.engine
    rows = reconcile(checked, work, night, law, known=known_episodes, matches=matches, engine=engine)
    for table, count in rows.items():
        log.info("Table written.", table=table, rows=count)
    return rows


def record_night(run: Run, at: int) -> dict[str, Any]:
    """Record the night in the ledger (ledger/record.py); `at` in epoch seconds UTC."""
    from cmfc.pipeline.ledger_steps import record_run

    summary = record_run(run, at)
    message = "Night recorded again." if summary["is_again"] else "Night recorded."
    log.info(message, findings=summary["counts"]["listed"])
    return summary


def publish_night(run: Run, at: int | None = None, code: str = "", is_aside: bool = False) -> dict[str, Any]:
    """Publish the night's lists, whole or not at all (worklists/publish.py).

    Args:
        run: the night.
        at: when it is noted in the ledger, epoch seconds UTC; None: it is not noted.
        code: the version that the manifest names, for a night that is rebuilt; empty: that of this process.
        is_aside: it does not become the current list (pipeline/backfill.py).
    """
    from cmfc.ledger.current_lists import BACKFILL
    from cmfc.pipeline.ledger_steps import lay_out_noted, note_published
    from cmfc.pipeline.night_facts import facts_of
    from cmfc.worklists.publish import publish

    if at is not None:
        lay_out_noted(run)
    checked = checked_feeds(run)
    facts = facts_of(run, checked, code or current_code().version)
    report = publish(run.folder / "work", run.folder / "checked", facts, run.out, run.spared)
    log.info("Lists published.", folder=run.out)
    if at is not None:
        note_published(run, report["manifest_sha256"], at, BACKFILL if is_aside else "")
    accounting = {name: {"status": c.status, **asdict(c.accounting)} for name, c in checked.items()}
    notes = [f"{name}: {note}" for name, c in checked.items() for note in c.notes]
    return {**report, "feeds": accounting, "incomplete": list(facts.incomplete), "notes": notes}


def run_night(
    run: Run,
    pulled_at: int,
    connect: "Connect | None" = None,
    again: bool = False,
    step: Callable[[str], None] = lambda _: None,
    answers: "Sequence[Decision] | None" = None,
    is_aside: bool = False,
) -> dict[str, Any]:
    """A whole night, one step after the other; `step` is called with the name of each.

    `answers` about matches, if they are not the ledger's; `is_aside` as for `publish_night`.
    Returns what publishing returns, and `pulls`: by feed, how it was read (`how`) and a `sentence` for a person.

    Raises:
        CmfcError: CMFC-N03, another process runs this night; CMFC-N04, its business date is not over; others of
            pipeline/preflight.py before anything is read.
    """
    refuse_unfinished(run, pulled_at)
    refuse_unready(run)
    pulls: dict[str, dict[str, str]] = {}
    with alone(run):
        for feed in feeds():
            step(f"pull {feed}")
            pulled = pull_feed(run, feed, pulled_at, connect, again)
            pulls[feed] = {name: pulled[name] for name in ("how", "sentence")}
        validate_night(run, step)
        step("match")
        if answers is None:
            match_night(run, everything=again)
        else:
            match_records(run, answers)
        step("reconcile")
        reconcile_night(run)
        if run.ledger:
            step("record")
            record_night(run, pulled_at)
        step("publish")
        return {**publish_night(run, pulled_at if run.ledger else None, is_aside=is_aside), "pulls": pulls}


@contextmanager
def _held(path: Path) -> Iterator[None]:
    """Hold a file of the night's for this process alone.

    Raises:
        InputError: CMFC-N03 if another process holds it.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(lock_file(path, is_waiting=False))
        except BlockingIOError:
            raise _second_process() from None
        yield


def _second_process() -> InputError:
    return InputError("CMFC-N03", "Another process runs this night; its lists will count.")


@contextmanager
def alone(run: Run) -> Iterator[None]:
    """Hold the night's folder, so that two processes do not write it at once; the second is refused.

    A ledger on PostgreSQL holds the night too, for machines whose folders know nothing of one another's locks.

    Raises:
        InputError: CMFC-N03 if another process runs this night.
        CmfcError: CMFC-J01 if the ledger's database let go of the night while it was held.
    """
    from cmfc.pipeline.ledger_steps import ledger_of

    run.folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        try:
            stack.enter_context(lock_file(run.folder / ".lock", is_waiting=False))
            if run.ledger.startswith("postgresql"):
                ledger = ledger_of(run)
                stack.callback(ledger.close)
                stack.enter_context(ledger.holding(run.mapping.agency, run.folder.name))
        except BlockingIOError:
            raise _second_process() from None
        yield


def mark_current(run: Run, lists: Path, by: str = "") -> None:
    """Make the night's list the current one, unless that of a later night is; `by` the engine's run of this key.

    One that a person took back stays so until its bytes are others. The mark of being stale goes with the last night
    that failed, and stays while a later list is taken back.
    """
    from cmfc.pipeline import current_list as those

    agency, night = run.mapping.agency, run.business_date
    assert night is not None
    published, taken_back = those.current(lists, agency), those.taken_back(lists, agency)
    if taken_back and taken_back.get(night) == sha256_of(run.out / MANIFEST):
        log.warning("A person took this list back; it does not become the current one.", business_date=night)
        return
    if published is not None and published > night:
        return
    left = {one: sha256 for one, sha256 in taken_back.items() if one > night}
    those.write_current(lists, agency, night, by, left)
    if left:
        those.mark_taken_back(lists, agency, night, left)
    else:
        those.clear_stale(lists, agency, night)


def mark_stale(run: Run, lists: Path, sentence: str | None = None) -> None:
    """The night failed: mark the last list stale (current_list.mark_night_stale)."""
    from cmfc.pipeline.current_list import mark_night_stale

    assert run.business_date is not None
    mark_night_stale(lists, run.mapping.agency, run.business_date, sentence)


def log_list(run: Run) -> None:
    """Log what the published manifest says: the accounting per feed, counts per code and severity, the folder."""
    manifest = json.loads((run.out / MANIFEST).read_bytes())
    for name, feed in manifest["feeds"].items():
        log.info("Feed.", feed=name, status=feed["status"], **feed["accounting"])
    for severity, count in manifest["counts"]["by_severity"].items():
        log.info("Findings.", severity=severity, findings=count)
    for code, count in manifest["counts"]["by_code"].items():
        log.info("Findings.", code=code, findings=count)
    log.info("Lists.", folder=run.out)


def core_night(run: Run, checked: "Mapping[str, CheckedFeed]", threads: int | None = None) -> "Night":
    """What the core needs to know of the night."""
    from cmfc.reconcile.engine import Night

    mapping = run.mapping
    begins = mapping.history_begins_on
    before = (begins - timedelta(days=1)).isoformat() if begins else None
    return Night(
        agency=mapping.agency,
        as_of=run.as_of,
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
