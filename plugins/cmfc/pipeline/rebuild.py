"""A past night as it was known: its lists again, byte for byte, from what the ledger kept (spec 6)."""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from cmfc.errors import UsageError
from cmfc.feeds.catalog import feeds
from cmfc.ledger.journal import Head, digest
from cmfc.pipeline.ledger_steps import answers_before, inputs_of, kept_of, ledger_of, night_of
from cmfc.pipeline.run import Place, code_version, models_of
from cmfc.publishing.manifest import MANIFEST
from cmfc.storage.digest import sha256_of


def rebuild(place: Place, out: Path, known_on: int | None = None) -> dict[str, Any]:
    """Publishes a recorded night again into `out`, as it was known at an instant; the ledger is only read.

    Args:
        place: the night; where its snapshots and its ledger are.
        out: the folder to appear.
        known_on: epoch seconds UTC; the last run recorded by then counts. None: the last run.

    Returns:
        What publishing tells, with `run_id`, and `is_as_published`: the manifest has the bytes of what went out then;
        None where nothing was noted.

    Raises:
        UsageError: CMFC-J05 nothing was on record by then; CMFC-J06 a piece that it was made from is another or absent.
    """
    run, told, base, hashed, sent = _asked(place, known_on)
    _refuse_other_pieces(place, run, told)
    with tempfile.TemporaryDirectory(prefix="cmfc-", dir=place.store) as aside:
        then = _then(place, run, told, Path(aside), out)
        published = _run_again(place, then, run, told, base, Head(run.seq, hashed))
    fresh = sha256_of(out / MANIFEST)
    return {**published, "run_id": run.run_id, "is_as_published": fresh in sent if sent else None}


@contextmanager
def lists_of(place: Place, known_on: int | None = None) -> Iterator[Path]:
    """The folder of a night's lists: the published one if it has the bytes of the run that is asked for, else anew."""
    run, _, _, _, sent = _asked(place, known_on)
    there = place.out / MANIFEST
    if there.exists() and sha256_of(there) in sent and json.loads(there.read_bytes())["ledger"]["run_id"] == run.run_id:
        yield place.out
        return
    with tempfile.TemporaryDirectory(prefix="cmfc-", dir=place.store) as aside:
        rebuild(place, Path(aside) / "lists", known_on)
        yield Path(aside) / "lists"


def _asked(place: Place, known_on: int | None) -> tuple[Any, dict[str, Any], Any, str, set[str]]:
    """The run, its snapshots, the run of the night before, the journal's hash with it, and what was published of it."""
    from sqlalchemy import select

    from cmfc.ledger.runs import feeds_of, last_run
    from cmfc.ledger.tables import journal, releases, runs

    ledger, agency = ledger_of(place), place.mapping.agency
    with ledger.reading() as connection:
        run = last_run(connection, agency, night_of(place), known_on)
        if run is None:
            when = datetime.fromtimestamp(known_on, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if known_on else "now"
            raise UsageError("CMFC-J05", f"By {when}, the night {place.business_date} was not on record.")
        told = feeds_of(connection, agency, run.seq)
        base = connection.execute(select(runs).where(runs.c.agency == agency, runs.c.seq == run.base_seq)).first()
        of = (journal.c.agency == agency, journal.c.seq == run.seq)
        hashed = str(connection.scalar(select(journal.c.hash).where(*of)))
        mine = (releases.c.agency == agency, releases.c.kind == "list", releases.c.subject == run.run_id)
        sent = set(connection.scalars(select(releases.c.sha256).where(*mine)))
    ledger.close()
    return run, told, base, hashed, sent


def _refuse_other_pieces(place: Place, run: Any, told: dict[str, Any]) -> None:
    import duckdb

    from cmfc.matching.model import load_model

    engine = f"duckdb {duckdb.__version__}"
    for what, then, now in (("code", run.code_version, code_version()), ("set engine", run.engine, engine)):
        if then != now:
            raise UsageError(
                "CMFC-J06",
                f"That night was judged by {what} {then}; this is {now}. Install that version and ask again.",
            )
    model = load_model(json.loads(run.mapping)["matching"]["model"], models_of(place)).digest
    if run.model_digest not in (None, model):
        raise UsageError("CMFC-J06", "The linkage model of that night is another now; put it back and ask again.")
    for feed, snapshot in sorted(told.items()):
        kept = kept_of(place) / f"{snapshot.sha256}.parquet"
        if snapshot.sha256 and (not kept.exists() or sha256_of(kept) != snapshot.sha256):
            raise UsageError("CMFC-J06", f"The snapshot of {feed} of that night is no longer kept, or was changed.")


def _then(place: Place, run: Any, told: dict[str, Any], store: Path, out: Path) -> Place:
    """The night's folder as it was after pulling, in a store of its own."""
    from cmfc.ingest.mapping import AgencyMapping

    mapping = AgencyMapping.model_validate(json.loads(run.mapping))
    folder = store / mapping.agency / str(place.business_date)
    (folder / "pulled").mkdir(parents=True)
    for feed, snapshot in told.items():
        if snapshot.pulled:
            (folder / "pulled" / f"{feed}.json").write_text(snapshot.pulled, encoding="utf-8")
        if snapshot.sha256:
            os.link(kept_of(place) / f"{snapshot.sha256}.parquet", folder / "pulled" / f"{feed}.parquet")
    return replace(place, mapping=mapping, folder=folder, out=out, as_of=run.as_of)


def _run_again(
    place: Place, then: Place, run: Any, told: dict[str, Any], base: Any, head: Head
) -> dict[str, Any]:  # fmt: skip
    from cmfc.findings.lifecycle import Life, Tonight
    from cmfc.ledger.bitemporal import known_of
    from cmfc.ledger.runs import before_at
    from cmfc.pipeline.nightly import check_feed, judge_night, match_records, publish_night, settle_night

    for feed in feeds():
        check_feed(then, feed, previous=(told[feed].previous_rows,))
    settle_night(then)
    answers = answers_before(replace(place, as_of=then.as_of), run.seq)
    match_records(then, answers, models=models_of(place))
    ledger, work = ledger_of(place), then.folder / "work"
    with ledger.reading() as connection:
        known = known_of(connection, then.mapping.agency, base, kept_of(place)) if base else None
        judge_night(then, known)
        work.joinpath("base.json").write_text(json.dumps({"base_seq": run.base_seq}), encoding="utf-8")
        inputs = inputs_of(then, {feed: snapshot.previous_rows for feed, snapshot in told.items()})
        tonight = Tonight(date.fromisoformat(str(then.business_date)), inputs.seen_on, work, inputs.broken, inputs.lost)
        with Life(tonight, before_at(connection, then.mapping.agency, tonight, run.seq)) as life:
            if digest(inputs.told()) != run.inputs_digest or life.digest() != run.standing_digest:
                raise UsageError(
                    "CMFC-J06", "What that night was made from does not give it again: a piece is another."
                )
            life.write()
    ledger.close()
    said = {"run_id": run.run_id, "journal_head": str(head), "changes": json.loads(run.counts)}
    work.joinpath("ledger.json").write_text(json.dumps(said), encoding="utf-8")
    return publish_night(then)
