"""A past night as it was known: its lists again by today's code, held against the bytes on record (spec 6)."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cmfc.errors import UsageError
from cmfc.feeds.catalog import feeds
from cmfc.pipeline.code import current_code
from cmfc.pipeline.compare import Comparison, compare, count_differing, other_pieces
from cmfc.pipeline.ledger_steps import (
    answers_before,
    inputs_of,
    kept_folder,
    lay_out_noted,
    ledger_of,
    night_of,
    note_base,
    note_record,
)
from cmfc.pipeline.run import Run, models_of
from cmfc.publishing.manifest import MANIFEST
from cmfc.storage.atomic import refuse_others
from cmfc.storage.digest import sha256_of
from cmfc.storage.scratch import ScratchFolder
from cmfc.timing.clock import local_time

if TYPE_CHECKING:
    from cmfc.ledger.runs import PastRun


def rebuild(run: Run, out: Path, known_on: int | None = None) -> dict[str, Any]:
    """Publish a recorded night again into `out`, as it was known at an instant; the ledger is only read.

    Today's code judges it, whatever code judged it then; where the bytes come out as those on record, the manifest
    names that code, as it did then.

    Args:
        run: the night; where its snapshots and its ledger are.
        out: the folder to appear.
        known_on: epoch seconds UTC; the last run recorded by then counts. None: the last run.

    Returns:
        What publishing returns, with `run_id` and the fields of `Comparison.summary`.

    Raises:
        UsageError: CMFC-P02 if `out` is not ours to replace; CMFC-J05 if nothing was on record by then; CMFC-J06 if a
            snapshot is absent or changed, or the mapping on record cannot be read.
    """
    made_for = {"agency": run.mapping.agency, "business_date": run.business_date}
    refuse_others(out, made_for, (*run.spared, run.out))  # what was published is never replaced by what is built again
    past = _past_run(run, known_on)
    _refuse_without_snapshots(run, past)
    with ScratchFolder(run.store, "rebuild") as scratch:
        then = _lay_out(run, past, scratch.folder, out)
        published, comparison = _run_again(run, then, past)
    return {**published, "run_id": past.run.run_id, **comparison.summary()}


@contextmanager
def run_again(run: Run, run_id: str) -> Iterator[tuple[Path, Path]]:
    """One run of a night built again: its folder as in the store, and its lists; both go at the end.

    Raises:
        UsageError: CMFC-U19 if what comes out is not what went out then; CMFC-J05 and J06 as `rebuild`.
    """
    past = _past_run(run, None, run_id)
    _refuse_without_snapshots(run, past)
    with ScratchFolder(run.store, "run") as scratch:
        out = scratch.folder / "lists"
        then = _lay_out(run, past, scratch.folder, out)
        _, comparison = _run_again(run, then, past)
        if not comparison.is_same:
            message = f"The run {run_id} cannot be built again as it was. {comparison.sentence}"
            raise UsageError("CMFC-U19", message)
        yield then.folder, out


@contextmanager
def lists_of(run: Run, known_on: int | None = None) -> Iterator[tuple[Path, str]]:
    """The folder of a night's lists: the published one if it has the bytes of the run, else built again.

    With it comes a sentence where what was built again differs from what was published; else empty.
    """
    past = _past_run(run, known_on)
    if _is_published(run.out, past):
        yield run.out, ""
        return
    with ScratchFolder(run.store, "lists") as scratch:
        summary = rebuild(run, scratch.folder / "lists", known_on)
        yield scratch.folder / "lists", "" if summary["is_same"] else f"{run.business_date}: {summary['sentence']}"


def _past_run(run: Run, known_on: int | None, run_id: str = "") -> "PastRun":
    from cmfc.ledger.runs import past_run

    ledger = ledger_of(run)
    past = past_run(ledger, run.mapping.agency, night_of(run), known_on, run_id)
    ledger.close()
    if past is None:
        when = local_time(known_on, run.mapping.zone) if known_on else "now"
        raise UsageError("CMFC-J05", f"By {when}, the night {run.business_date} was not on record.")
    return past


def _is_published(folder: Path, past: "PastRun") -> bool:
    """Whether a folder holds the bytes that went out for a run."""
    manifest = folder / MANIFEST
    return (
        manifest.exists()
        and sha256_of(manifest) in past.published
        and json.loads(manifest.read_bytes())["ledger"]["run_id"] == past.run.run_id
    )


def _refuse_without_snapshots(run: Run, past: "PastRun") -> None:
    for feed, snapshot in sorted(past.snapshots.items()):
        stored = kept_folder(run) / f"{snapshot.sha256}.parquet"
        if snapshot.sha256 and (not stored.exists() or sha256_of(stored) != snapshot.sha256):
            raise UsageError("CMFC-J06", f"The snapshot of {feed} of that night is no longer kept, or was changed.")


def _lay_out(run: Run, past: "PastRun", store: Path, out: Path) -> Run:
    """The night's folder as it was after pulling, in a store of its own."""
    from pydantic import ValidationError

    from cmfc.ingest.mapping import AgencyMapping

    try:
        mapping = AgencyMapping.model_validate(json.loads(past.run.mapping))
    except ValidationError as error:
        message = "The mapping on record of that night cannot be read by this version; ask with the one that wrote it."
        raise UsageError("CMFC-J06", message, f"{error.error_count()} faults") from None
    folder = store / mapping.agency / str(run.business_date)
    (folder / "pulled").mkdir(parents=True)
    for feed, snapshot in past.snapshots.items():
        if snapshot.pulled:
            (folder / "pulled" / f"{feed}.json").write_text(snapshot.pulled, encoding="utf-8")
        if snapshot.sha256:
            os.link(kept_folder(run) / f"{snapshot.sha256}.parquet", folder / "pulled" / f"{feed}.parquet")
    return replace(run, mapping=mapping, folder=folder, out=out, as_of=past.run.as_of)


def _run_again(run: Run, then: Run, past: "PastRun") -> tuple[dict[str, Any], Comparison]:
    """Judge and publish; the list of the night as published is read where it still lies."""
    from cmfc.findings.lifecycle import Life, Tonight
    from cmfc.ledger.before import before_at
    from cmfc.ledger.bitemporal import known_of
    from cmfc.ledger.explained import explained_of
    from cmfc.pipeline.nightly import check_feed, judge_night, match_records, settle_night

    row = past.run
    previous = {feed: past.snapshots[feed].previous_rows if feed in past.snapshots else None for feed in feeds()}
    for feed in feeds():
        check_feed(then, feed, previous=(previous[feed],))
    settle_night(then)
    match_records(then, answers_before(replace(run, as_of=then.as_of), row.seq), models=models_of(run))
    ledger, work = ledger_of(run), then.folder / "work"
    with ledger.reading() as connection:
        known_episodes = known_of(connection, row.agency, past.base, kept_folder(run)) if past.base else None
        explained = explained_of(connection, row.agency, night_of(then), then.as_of, row.seq)
        judge_night(then, known_episodes, explained)
        note_base(then, row.base_seq, explained)
        inputs = inputs_of(then, previous)
        tonight = Tonight(date.fromisoformat(str(then.business_date)), inputs.seen_on, work, inputs.broken, inputs.lost)
        with Life(tonight, before_at(connection, row.agency, tonight, row.seq)) as life:
            life.write()
            has_same_status = life.digest() == row.standing_digest
            differing = 0 if has_same_status else count_differing(connection, life, tonight, row)
    ledger.close()
    lay_out_noted(then, row.seq)
    published, is_as_published = _publish(then, past)
    former = run.out if _is_published(run.out, past) else None
    pieces = other_pieces(row, inputs)
    return published, compare(row, pieces, then.out, former, has_same_status, differing, is_as_published)


def _publish(then: Run, past: "PastRun") -> tuple[dict[str, Any], bool | None]:
    """Publish; whether the bytes are those that went out then, None where nothing was noted."""
    from cmfc.pipeline.nightly import publish_night

    row, counts = past.run, json.loads(past.run.counts)
    note_record(then, row.run_id, past.head, counts, row.code_commit)
    published = publish_night(then, code=row.code_version)
    is_as_published = published["manifest_sha256"] in past.published
    if not is_as_published and row.code_version != current_code().version:  # then the manifest names who made this
        note_record(then, row.run_id, past.head, counts, current_code().commit)
        published = publish_night(then)
    return published, is_as_published if past.published else None
