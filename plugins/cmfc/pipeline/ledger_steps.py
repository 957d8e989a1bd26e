"""What a night has to do with the ledger: what it is told beforehand, what it leaves, and what was published."""

import json
import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cmfc.feeds.catalog import feeds
from cmfc.ledger.journal import canonical, digest
from cmfc.storage.atomic import write_text
from cmfc.timing.clock import local_date

if TYPE_CHECKING:
    from cmfc.ledger.runs import FeedInput, NightInputs
    from cmfc.ledger.store import Ledger
    from cmfc.matching.answers import Decision
    from cmfc.pipeline.run import Place

LEFT = ("standing.parquet", "delta.parquet", "ledger.json")


def answers_before(place: "Place", until_seq: int | None = None) -> "list[Decision]":
    """What people answered about matches before as_of, as the ledger has it (ledger/match_answers.py)."""
    from cmfc.ledger.match_answers import standing

    ledger = ledger_of(place)
    found = standing(ledger, place.mapping.agency, place.as_of, until_seq)
    ledger.close()
    return found


def ledger_of(place: "Place") -> "Ledger":
    """The ledger of a night, open; to be closed."""
    from cmfc.ledger.store import open_ledger

    return open_ledger(place.ledger)


def kept_of(place: "Place") -> Path:
    """Where snapshots and the tables for following nights are kept, named by their SHA-256."""
    return place.folder.parent / "kept"


def known_before(place: "Place") -> Path | None:
    """The episodes as the last earlier night left them; takes away what an earlier run of this night left.

    `work/base.json` says whose they are, so that recording can tell whether they still are the last.
    """
    from cmfc.ledger.bitemporal import known_of
    from cmfc.ledger.runs import run_before

    work = place.folder / "work"
    work.mkdir(parents=True, exist_ok=True)
    for name in LEFT:
        (work / name).unlink(missing_ok=True)
    if not place.ledger:
        return None
    ledger, agency = ledger_of(place), place.mapping.agency
    with ledger.reading() as connection:
        base = run_before(connection, agency, night_of(place))
        known = known_of(connection, agency, base, kept_of(place)) if base else None
    ledger.close()
    _write(work / "base.json", {"base_seq": base.seq if base else None})
    return known


def record_place(place: "Place", at: int) -> dict[str, Any]:
    """Keeps the snapshots, records the night, and leaves `work/ledger.json`, what the manifest says of it."""
    from cmfc.ledger.runs import record

    inputs = inputs_of(place)
    for feed, told in inputs.feeds.items():
        if told.sha256:
            _keep_snapshot(place.folder / "pulled" / f"{feed}.parquet", kept_of(place) / f"{told.sha256}.parquet")
    ledger = ledger_of(place)
    done = record(ledger, inputs, digest(inputs.told()), place.folder / "work", kept_of(place), at)
    ledger.close()
    said = {"run_id": done.run_id, "journal_head": str(done.head), "changes": dict(done.counts)}
    _write(place.folder / "work" / "ledger.json", said)
    return {"run_id": done.run_id, "counts": dict(done.counts), "is_again": done.is_again, "is_late": done.is_late}


def recorded(place: "Place") -> dict[str, Any] | None:
    """What recording left for the manifest; None outside a night.

    Raises:
        UsageError: CMFC-P03, the night is not on record.
    """
    from cmfc.errors import UsageError

    if not place.ledger:
        return None
    path = place.folder / "work" / "ledger.json"
    if not path.exists():
        raise UsageError("CMFC-P03", "This night is not on record; nothing was published.")
    return dict(json.loads(path.read_bytes()))


def note_published(place: "Place", manifest_sha256: str, at: int) -> None:
    """Notes in the ledger which bytes went out for a run; once for the same bytes."""
    from cmfc.ledger.releases import note_release

    run = recorded(place)
    assert run is not None
    ledger = ledger_of(place)
    note_release(ledger, place.mapping.agency, "list", run["run_id"], manifest_sha256, "cmfc", at)
    ledger.close()


def inputs_of(place: "Place", previous: Mapping[str, int | None] | None = None) -> "NightInputs":
    """Everything this night was made from, from what lies in its folder; `previous` rows by feed, else of the store."""
    import duckdb

    from cmfc.ledger.runs import NightInputs
    from cmfc.matching.match import MATCHES, read_summary
    from cmfc.pipeline.run import code_version, law_of
    from cmfc.storage.digest import sha256_of

    matched = place.folder / "matched"
    base = json.loads((place.folder / "work" / "base.json").read_bytes())["base_seq"]
    return NightInputs(
        agency=place.mapping.agency,
        business_date=night_of(place),
        seen_on=local_date(place.as_of, place.mapping.zone),
        as_of=place.as_of,
        base_seq=base,
        code_version=code_version(),
        engine=f"duckdb {duckdb.__version__}",
        expectations_digest=_expectations_digest(),
        law_digest=law_of(place.mapping).digest,
        model_digest=read_summary(matched).model_digest,
        matches_sha256=sha256_of(matched / MATCHES),
        mapping=mapping_text(place),
        feeds=_feed_inputs(place, previous),
    )


def night_of(place: "Place") -> date:
    """The business date."""
    assert place.business_date is not None
    return date.fromisoformat(place.business_date)


def _feed_inputs(place: "Place", previous: Mapping[str, int | None] | None) -> "dict[str, FeedInput]":
    from dataclasses import asdict

    from cmfc.ledger.runs import FeedInput
    from cmfc.pipeline.run import checked_feeds, previous_rows

    found = {}
    for name, checked in checked_feeds(place).items():
        path = place.folder / "pulled" / f"{name}.json"
        pulled = path.read_text(encoding="utf-8") if name in place.mapping.feeds else ""
        said = canonical(json.loads(json.dumps(asdict(checked))))
        rows = previous_rows(place, name) if previous is None else previous[name]
        found[name] = FeedInput(checked.status, checked.sha256, pulled, said, rows)
    return found


def mapping_text(place: "Place") -> str:
    """The mapping as canonical JSON, without the folders its files lie in: those say nothing of a record."""
    told = json.loads(place.mapping.model_dump_json())
    for feed in told["feeds"].values():
        if feed["source"].get("path"):
            feed["source"]["path"] = Path(feed["source"]["path"]).name
    return json.dumps(told, sort_keys=True, ensure_ascii=False)


def _expectations_digest() -> str:
    from cmfc.validation.suites import SUITES

    return digest({name: (SUITES / f"{name}.json").read_text(encoding="utf-8") for name in feeds()})


def _keep_snapshot(pulled: Path, kept: Path) -> None:
    """A pulled file never changes, it is only replaced: a second name for it costs nothing."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    if not kept.exists():
        os.link(pulled, kept)


def _write(path: Path, content: dict[str, Any]) -> None:
    write_text(path, json.dumps(content, sort_keys=True) + "\n")
