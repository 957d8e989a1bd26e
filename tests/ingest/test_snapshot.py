"""A snapshot belongs to its question: the mapping it was pulled with, and the night it was pulled for."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from cmfc.errors import InputError
from cmfc.feeds.catalog import feeds
from cmfc.ingest.mapping import AgencyMapping, ColumnMapping
from cmfc.ingest.pulled import load_pulled, refuse_other_mapping
from cmfc.ingest.snapshot import pull
from cmfc.pipeline.nightly import run_night
from cmfc.pipeline.run import run_of
from cmfc.publishing.manifest import read_facts
from tests.support.small_agency import AS_OF, PULLED_AT, deliver, good_rows, mapping_of

DAY = 86_400
HOUR = 3600


def changed(mapping: AgencyMapping, feed: str, **changes: Any) -> AgencyMapping:
    """The mapping with one feed's settings changed."""
    other = mapping.feeds[feed].model_copy(update=changes)
    return mapping.model_copy(update={"feeds": {**mapping.feeds, feed: other}})


def take(mapping: AgencyMapping, folder: Path, at: int = PULLED_AT, as_of: int = AS_OF, **more: Any) -> Any:
    return pull("absences", mapping, folder / "night", pulled_at=at, as_of=as_of, **more)


def test_a_snapshot_is_reused_for_the_same_mapping_and_night(tmp_path: Path) -> None:
    deliver(tmp_path, feeds()["absences"])
    mapping = mapping_of(tmp_path)
    assert take(mapping, tmp_path).how == "pulled"
    again = take(changed(mapping, "absences", count_band=(0.5, 2.0)), tmp_path, PULLED_AT + HOUR)
    assert (again.how, again.pulled_at) == ("reused", PULLED_AT)
    assert (
        again.mapping_digest
        == mapping.digest_of("absences")
        == load_pulled("absences", tmp_path / "night").mapping_digest
    )
    assert "how" not in json.loads((tmp_path / "night" / "pulled" / "absences.json").read_text())


@pytest.mark.parametrize("what", ["codes", "zone", "ignore", "freshness"])
def test_another_mapping_pulls_again_and_says_so(tmp_path: Path, what: str) -> None:
    deliver(tmp_path, feeds()["absences"])
    mapping = mapping_of(tmp_path)
    take(mapping, tmp_path)
    kind = mapping.feeds["absences"].columns["kind"].model_copy(update={"codes": {"missing": "planned"}})
    columns = {**mapping.feeds["absences"].columns, "kind": kind}
    other = {
        "codes": lambda: changed(mapping, "absences", columns=columns),
        "zone": lambda: mapping.model_copy(update={"zone": "America/Denver"}),
        "ignore": lambda: changed(mapping, "absences", ignore=("note",)),
        "freshness": lambda: changed(mapping, "absences", freshness_column="absent_since"),
    }[what]()
    pulled = take(other, tmp_path, PULLED_AT + HOUR)
    local = "2026-03-10 03:00 MDT" if what == "zone" else "2026-03-10 04:00 CDT"
    assert pulled.how == f"pulled_again: the mapping changed since the pull of {local}"
    assert pulled.pulled_at == PULLED_AT + HOUR
    assert take(other, tmp_path, PULLED_AT + DAY).how == "reused"


def test_what_was_pulled_before_the_night_ended_is_pulled_again(tmp_path: Path) -> None:
    deliver(tmp_path, feeds()["absences"], good_rows(feeds()["absences"], 3))
    mapping = mapping_of(tmp_path)
    take(mapping, tmp_path, AS_OF - HOUR)
    deliver(tmp_path, feeds()["absences"], good_rows(feeds()["absences"], 5))  # that evening two more ran away
    pulled = take(mapping, tmp_path, AS_OF + HOUR)
    assert pulled.how == "pulled_again: the snapshot of 2026-03-09 23:00 CDT was pulled before the night ended"
    assert pulled.rows == 5
    assert take(mapping, tmp_path, AS_OF + DAY).how == "reused"
    assert take(mapping, tmp_path, AS_OF + DAY, again=True).how == "pulled"


def test_a_snapshot_of_before_mappings_had_digests_is_pulled_again(tmp_path: Path) -> None:
    deliver(tmp_path, feeds()["absences"])
    take(mapping_of(tmp_path), tmp_path)
    record = tmp_path / "night" / "pulled" / "absences.json"
    facts = json.loads(record.read_text())
    del facts["mapping_digest"]
    record.write_text(json.dumps(facts))
    assert take(mapping_of(tmp_path), tmp_path).how.startswith("pulled_again: the mapping changed")


def test_a_step_that_is_run_again_alone_refuses_another_mapping(tmp_path: Path) -> None:
    deliver(tmp_path, feeds()["absences"])
    mapping = mapping_of(tmp_path)
    refuse_other_mapping("absences", mapping, tmp_path / "night")  # not pulled: another step says so
    take(mapping, tmp_path)
    refuse_other_mapping("absences", mapping, tmp_path / "night")
    with pytest.raises(InputError, match=r"CMFC-I05: absences: the mapping changed"):
        refuse_other_mapping("absences", changed(mapping, "absences", ignore=("note",)), tmp_path / "night")


def test_names_that_differ_only_in_case_are_named(tmp_path: Path) -> None:
    path = deliver(tmp_path, feeds()["absences"])
    header, *rows = path.read_text().splitlines()
    path.write_text("\n".join([header.upper(), *rows]) + "\n")
    with pytest.raises(InputError, match=r"CMFC-I01.*none of the mapped columns; differs only in case: .*kind -> KIND"):
        take(mapping_of(tmp_path), tmp_path)


def test_a_night_says_which_snapshots_it_reused_and_the_manifest_names_mapping_and_pulls(tmp_path: Path) -> None:
    for feed in feeds().values():
        deliver(tmp_path, feed)
    mapping = mapping_of(tmp_path)
    run = run_of(mapping, "2026-03-09", tmp_path / "store", tmp_path / "lists")
    first = run_night(run, PULLED_AT)
    assert {pull["how"] for pull in first["pulls"].values()} == {"pulled"}
    again = run_night(run, PULLED_AT + HOUR)
    assert {pull["sentence"] for pull in again["pulls"].values()} == {"Snapshot of 2026-03-10 04:00 CDT reused."}
    assert again["manifest_sha256"] == first["manifest_sha256"]

    facts = read_facts(run.out)
    assert {name: feed.mapping_digest for name, feed in facts.feeds.items()} == {
        name: mapping.digest_of(name) for name in feeds()
    }
    assert {feed.pulled_at for feed in facts.feeds.values()} == {"2026-03-10T09:00:00Z"}

    other = run_of(changed(mapping, "absences", ignore=("note",)), "2026-03-09", tmp_path / "store", tmp_path / "lists")
    third = run_night(other, PULLED_AT + HOUR)
    assert third["pulls"]["absences"]["sentence"] == (
        "Feed pulled again: the mapping changed since the pull of 2026-03-10 04:00 CDT."
    )
    assert third["pulls"]["custody"]["how"] == "reused"
    later = read_facts(run.out)
    assert later.feeds["absences"].pulled_at == "2026-03-10T10:00:00Z"
    assert later.mapping_digest != facts.mapping_digest and len(later.mapping_digest or "") == 64


def test_a_feed_that_is_not_mapped_is_not_pulled_and_has_no_pull_in_the_manifest(tmp_path: Path) -> None:
    for feed in feeds().values():
        deliver(tmp_path, feed)
    mapping = mapping_of(tmp_path)
    store, lists = tmp_path / "store", tmp_path / "lists"
    run_night(run_of(mapping, "2026-03-09", store, lists), PULLED_AT)  # while it was mapped
    fewer = {name: mapped for name, mapped in mapping.feeds.items() if name != "sightings"}
    run = run_of(mapping.model_copy(update={"feeds": fewer}), "2026-03-09", store, lists)
    report = run_night(run, PULLED_AT + HOUR)
    assert report["pulls"]["sightings"] == {"how": "not_mapped", "sentence": "Feed not mapped."}
    sightings = read_facts(run.out).feeds["sightings"]
    assert (sightings.status, sightings.mapping_digest, sightings.pulled_at) == ("absent", None, None)


def test_a_code_that_is_always_the_same_needs_no_column(tmp_path: Path) -> None:
    """A file that holds missing children alone has no column that says so."""
    path = deliver(tmp_path, feeds()["absences"], good_rows(feeds()["absences"], 3))
    path.write_text(path.read_text().replace(",kind,", ",remark,", 1))
    mapping = mapping_of(tmp_path)
    columns = {**mapping.feeds["absences"].columns, "kind": ColumnMapping(always="missing")}
    pulled = take(changed(mapping, "absences", columns=columns, ignore=("remark",)), tmp_path)
    assert (pulled.missing_columns, pulled.unknown_columns, pulled.unknown_codes) == ((), (), ())
    table = pq.read_table(tmp_path / "night" / "pulled" / "absences.parquet")
    assert table["kind"].to_pylist() == ["missing"] * 3
