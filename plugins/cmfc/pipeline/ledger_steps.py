"""A run's dealings with the ledger: what it reads beforehand, what it records, and what was published of it."""

import json
import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cmfc.errors import InputError
from cmfc.feeds.catalog import feeds
from cmfc.ledger.journal import canonical, digest
from cmfc.storage.atomic import write_text
from cmfc.storage.digest import sha256_of
from cmfc.timing.clock import local_date

if TYPE_CHECKING:
    from cmfc.ledger.inputs import FeedInput, NightInputs
    from cmfc.ledger.journal import Head
    from cmfc.ledger.store import Ledger
    from cmfc.matching.answers import Decision
    from cmfc.pipeline.run import Run

LEFT = ("standing.parquet", "delta.parquet", "ledger.json", "noted.parquet")


def answers_before(run: "Run", until_seq: int | None = None) -> "list[Decision]":
    """Answers of people about matches from before as_of (ledger/match_answers.py)."""
    from cmfc.ledger.match_answers import answers_in_force

    ledger = ledger_of(run)
    answers = answers_in_force(ledger, run.mapping.agency, run.as_of, until_seq)
    ledger.close()
    return answers


def ledger_of(run: "Run") -> "Ledger":
    """The ledger of a run, open; to be closed."""
    from cmfc.ledger.store import open_ledger

    return open_ledger(run.ledger)


def kept_folder(run: "Run") -> Path:
    """Where snapshots and the tables for following nights are kept, named by their SHA-256."""
    return run.folder.parent / "kept"


def known_before(run: "Run") -> tuple[Path | None, tuple[str, ...]]:
    """The episodes as the last earlier night left them, and those that a person explained since they vanished.

    Takes away what an earlier run of this night left. `work/base.json` says whose the episodes are, so that recording
    can tell whether they still are the last.
    """
    work = run.folder / "work"
    work.mkdir(parents=True, exist_ok=True)
    for name in LEFT:
        (work / name).unlink(missing_ok=True)
    if not run.ledger:
        return None, ()
    from cmfc.ledger.bitemporal import known_after
    from cmfc.ledger.explained import explained_before

    ledger, agency = ledger_of(run), run.mapping.agency
    known_episodes, base = known_after(ledger, agency, night_of(run), kept_folder(run))
    explained = explained_before(ledger, agency, night_of(run), run.as_of)
    ledger.close()
    note_base(run, base.seq if base else None, explained)
    return known_episodes, explained


def note_base(run: "Run", base_seq: int | None, explained: tuple[str, ...]) -> None:
    """Note in `work/base.json` what the ledger gave the night."""
    _write(run.folder / "work" / "base.json", {"base_seq": base_seq, "explained": explained})


def record_run(run: "Run", at: int) -> dict[str, Any]:
    """Store the snapshots, record the night, and leave `work/ledger.json`.

    Raises:
        InputError: CMFC-I03, a snapshot is not the one that was validated.
    """
    from cmfc.ledger.record import record

    inputs = inputs_of(run)
    for name, feed in inputs.feeds.items():
        if feed.sha256:
            _store_snapshot(run.folder / "pulled" / f"{name}.parquet", kept_folder(run), feed.sha256)
    ledger = ledger_of(run)
    recorded = record(ledger, inputs, digest(inputs.identity()), run.folder / "work", kept_folder(run), at)
    ledger.close()
    note_record(run, recorded.run_id, recorded.head, recorded.counts, recorded.code_commit)
    return {
        "run_id": recorded.run_id, "counts": dict(recorded.counts), "is_again": recorded.is_again,
        "is_late": recorded.is_late,
    }  # fmt: skip


def note_record(run: "Run", run_id: str, head: "Head", counts: Mapping[str, int], commit: str) -> None:
    """Leave `work/ledger.json`, what the manifest says of the record of this night."""
    content = {"run_id": run_id, "journal_head": str(head), "changes": dict(counts), "code_commit": commit}
    _write(run.folder / "work" / "ledger.json", content)


def read_record(run: "Run") -> dict[str, Any] | None:
    """What recording left for the manifest; None outside a nightly run.

    Raises:
        UsageError: CMFC-P03 if the night is not on record.
    """
    from cmfc.errors import UsageError

    if not run.ledger:
        return None
    path = run.folder / "work" / "ledger.json"
    if not path.exists():
        raise UsageError("CMFC-P03", "This night is not on record; nothing was published.")
    return dict(json.loads(path.read_bytes()))


def notification_key(run: "Run") -> str:
    """Under which key the outbox holds the message of a night on record.

    Raises:
        UsageError: CMFC-P03 if the night is not on record.
    """
    record = read_record(run)
    assert record is not None
    return f"night:{run.business_date}:{record['run_id']}"


def lay_out_noted(run: "Run", until_seq: int | None = None) -> None:
    """Leave `work/noted.parquet`: reports noted before as_of that the log does not have (worklists/to_answer.py)."""
    from cmfc.ledger.claims import list_claims
    from cmfc.pipeline.run import checked_feeds
    from cmfc.worklists.to_answer import write_to_answer

    ledger = ledger_of(run)
    claims = list_claims(ledger, run.mapping.agency, before=run.as_of, until_seq=until_seq)
    ledger.close()
    broken = [name for name, checked in checked_feeds(run).items() if checked.status == "broken"]
    write_to_answer(run.folder, claims, run.as_of, broken)


def note_published(run: "Run", manifest_sha256: str, at: int, reason: str = "") -> None:
    """Note in the ledger which bytes went out for a run; once for the same bytes and `reason` (ledger/releases.py)."""
    from cmfc.ledger.releases import Release, note_release

    record = read_record(run)
    assert record is not None
    ledger = ledger_of(run)
    note_release(
        ledger, run.mapping.agency, Release("list", record["run_id"], manifest_sha256, "cmfc", at, reason=reason)
    )
    ledger.close()


def inputs_of(run: "Run", previous: Mapping[str, int | None] | None = None) -> "NightInputs":
    """Everything this night was made from, from what lies in its folder; `previous` rows by feed, else of the store."""
    import duckdb

    from cmfc.ledger.inputs import NightInputs
    from cmfc.matching.match import MATCHES, read_summary
    from cmfc.pipeline.code import current_code
    from cmfc.pipeline.run import law_of

    matched = run.folder / "matched"
    base = json.loads((run.folder / "work" / "base.json").read_bytes())
    return NightInputs(
        agency=run.mapping.agency,
        business_date=night_of(run),
        seen_on=local_date(run.as_of, run.mapping.zone),
        as_of=run.as_of,
        base_seq=base["base_seq"],
        code_version=current_code().version,
        code_commit=current_code().commit,
        engine=f"duckdb {duckdb.__version__}",
        expectations_digest=_expectations_digest(),
        law_digest=law_of(run.mapping).digest,
        model_digest=read_summary(matched).model_digest,
        matches_sha256=sha256_of(matched / MATCHES),
        mapping=mapping_text(run),
        feeds=_feed_inputs(run, previous),
        explained=tuple(base["explained"]),
    )


def night_of(run: "Run") -> date:
    """The business date."""
    assert run.business_date is not None
    return date.fromisoformat(run.business_date)


def _feed_inputs(run: "Run", previous: Mapping[str, int | None] | None) -> "dict[str, FeedInput]":
    from dataclasses import asdict

    from cmfc.ledger.inputs import FeedInput
    from cmfc.pipeline.run import checked_feeds, previous_rows

    inputs = {}
    for name, checked in checked_feeds(run).items():
        path = run.folder / "pulled" / f"{name}.json"
        pulled = path.read_text(encoding="utf-8") if name in run.mapping.feeds else ""
        accounting = canonical(json.loads(json.dumps(asdict(checked))))
        rows = previous_rows(run, name) if previous is None else previous[name]
        inputs[name] = FeedInput(checked.status, checked.sha256, pulled, accounting, rows)
    return inputs


def mapping_text(run: "Run") -> str:
    """The mapping as canonical JSON, without folders of its files, hours and pools: they say nothing of a record."""
    mapping = json.loads(run.mapping.model_dump_json(exclude={"schedule", "engine"}))
    for feed in mapping["feeds"].values():
        feed["source"].pop("pool", None)
        if feed["source"].get("path"):
            feed["source"]["path"] = Path(feed["source"]["path"]).name
    return json.dumps(mapping, sort_keys=True, ensure_ascii=False)


def _expectations_digest() -> str:
    from cmfc.validation.suites import SUITES

    return digest({name: (SUITES / f"{name}.json").read_text(encoding="utf-8") for name in feeds()})


def _store_snapshot(pulled: Path, folder: Path, sha256: str) -> None:
    """A pulled file never changes, it is only replaced: a second name for it costs nothing.

    Raises:
        InputError: CMFC-I03, another process replaced it since it was validated.
    """
    target = folder / f"{sha256}.parquet"
    if target.exists():
        return
    if sha256_of(pulled) != sha256:
        message = f"{pulled.stem}: the snapshot was replaced since it was validated; run the night again."
        raise InputError("CMFC-I03", message)
    folder.mkdir(parents=True, exist_ok=True)
    os.link(pulled, target)


def _write(path: Path, content: dict[str, Any]) -> None:
    write_text(path, json.dumps(content, sort_keys=True) + "\n")
