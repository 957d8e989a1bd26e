"""Many agencies in one run: each by its own zone and law, each with its own folder, and no one stops the others."""

import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml
from typer.testing import CliRunner

from cmfc.cli.main import app
from cmfc.errors import CmfcError
from cmfc.feeds.catalog import feeds
from cmfc.ingest.snapshot import pull
from cmfc.pipeline.many import reconcile_many
from cmfc.reconcile import engine, engines
from cmfc.timing.clock import as_of_night
from cmfc.validation.cross_feed import validate_across_feeds
from cmfc.validation.validate import validate_feed
from tests.support import small_agency as door
from tests.support.spark import spark_session, table_hash

DAY = "2026-03-09"
AGENCIES = {"hill": ("America/Chicago", "us/mo"), "river": ("America/Los_Angeles", "us/federal")}


@pytest.fixture(scope="module")
def agencies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two agencies with the same records."""
    folder, records = tmp_path_factory.mktemp("agencies"), tmp_path_factory.mktemp("records")
    for feed in feeds().values():
        door.deliver(records, feed)
    for agency, (zone, jurisdiction) in AGENCIES.items():
        mapping_text = {"agency": agency, "zone": zone, "jurisdiction": jurisdiction}
        mapping = door.mapping_of(records).model_copy(update=mapping_text)
        home, as_of = folder / agency, as_of_night(DAY, zone)
        for feed in feeds():
            pull(feed, mapping, home, pulled_at=as_of + 60, as_of=as_of)
            validate_feed(feed, mapping, home, as_of=as_of, previous_rows=None)
        validate_across_feeds(home, mapping)
        text = yaml.safe_dump(mapping.model_dump(mode="json", exclude_defaults=True))
        (home / "agency.yml").write_text(text, encoding="utf-8")
    return folder


def test_each_is_judged_by_its_own_zone_and_law(agencies: Path, tmp_path: Path) -> None:
    shutil.copytree(agencies, tmp_path / "agencies")
    outcomes = reconcile_many(tmp_path / "agencies", DAY, at_once=2)
    assert [(outcome.agency, outcome.code) for outcome in outcomes] == [("hill", ""), ("river", "")]
    read = {agency: tmp_path / "agencies" / agency / "work" for agency in AGENCIES}
    levels = {agency: set(pq.read_table(work / "rules.parquet")["level"].to_pylist()) for agency, work in read.items()}
    assert "state" in levels["hill"] and "state" not in levels["river"]
    episodes = [pq.read_table(work / "episodes.parquet") for work in read.values()]
    began = [sorted(table["began_earliest"].to_pylist()) for table in episodes]
    assert {later - earlier for earlier, later in zip(*began, strict=True)} == {2 * 3600}
    ids = [set(table["episode_id"].to_pylist()) for table in episodes]
    assert ids[0] and not ids[0] & ids[1]


def test_one_that_is_broken_is_named_and_stops_no_other(agencies: Path, tmp_path: Path) -> None:
    folder = tmp_path / "agencies"
    shutil.copytree(agencies, folder)
    shutil.copytree(agencies / "hill", folder / "valley")  # a copy with the mapping of another
    shutil.copytree(agencies / "hill", folder / "meadow")
    for name in ("valley", "meadow"):
        (folder / name / "work").mkdir()
        (folder / name / "work" / "episodes.parquet").touch()  # of an earlier run
    mapping_text = yaml.safe_load((folder / "meadow" / "agency.yml").read_text(encoding="utf-8")) | {"agency": "meadow"}
    (folder / "meadow" / "agency.yml").write_text(yaml.safe_dump(mapping_text), encoding="utf-8")
    (folder / "meadow" / "checked" / "absences.parquet").write_bytes(b"PAR1 and nothing else")
    (folder / "empty").mkdir()
    done = CliRunner().invoke(app, ["reconcile-many", str(folder), "--date", DAY, "--json"])
    assert done.exit_code == 1
    by_agency = {one["agency"]: one for one in json.loads(done.stdout)["agencies"]}
    assert {agency: one["code"] for agency, one in by_agency.items()} == {
        "empty": "CMFC-M01", "hill": "", "meadow": "CMFC-C13", "river": "", "valley": "CMFC-C14",
    }  # fmt: skip
    for agency in ("empty", "meadow", "valley"):
        assert not (folder / agency / "work").exists()
    for agency in AGENCIES:
        assert set(by_agency[agency]["rows"]) == set(engine.WORK_TABLES)
        assert (folder / agency / "work" / "findings.parquet").is_file()


def test_a_folder_without_agencies_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(CmfcError) as refused:
            reconcile_many(folder, DAY)
        assert refused.value.code == "CMFC-C12"


@pytest.mark.soak("spark")
def test_on_spark_each_agency_has_the_same_tables(agencies: Path, tmp_path: Path) -> None:
    for name in ("duckdb", "spark"):
        shutil.copytree(agencies, tmp_path / name)
    spark = spark_session()
    next(spark)
    try:
        for name in engines.ENGINES:
            outcomes = reconcile_many(tmp_path / name, DAY, name, at_once=2)
            assert [outcome.code for outcome in outcomes] == ["", ""]
    finally:
        spark.close()
    for agency in AGENCIES:
        for table in engine.WORK_TABLES:
            one, other = (tmp_path / name / agency / "work" / f"{table}.parquet" for name in engines.ENGINES)
            assert table_hash(one) == table_hash(other), (agency, table)
