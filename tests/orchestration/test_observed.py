"""What a night tells machines that watch: an asset, gauges, lineage, pools, names; never a child."""

import json
import re
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cmfc.ingest.mapping import load_mapping
from cmfc.orchestration import lineage, wiring
from cmfc.pipeline.agencies import schedule_of
from cmfc.pipeline.figures import Figures
from cmfc.pipeline.ledger_steps import mapping_text
from cmfc.pipeline.run import run_of
from cmfc.settings import Settings
from tests.support.demo_agency import NAMES, Agency
from tests.support.places import PROJECT

pytestmark = pytest.mark.long

DAY = "2026-09-30"


@pytest.fixture(scope="module")
def observed(run: Callable[..., Any], agency: Agency) -> Any:
    """A night, and each gauge with what it was set to last."""
    from airflow.sdk.observability import stats

    gauges: dict[str, float] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stats, "gauge", lambda name, value, **_: gauges.update({name: value}))
        finished = run(business_date=DAY)
    assert finished.state == "success"
    return SimpleNamespace(run=finished, gauges=gauges)


def events(metadata: Path, run_id: str) -> list[tuple[str, dict[str, Any], str]]:
    """Those of a run; other tests of the process leave theirs."""
    with sqlite3.connect(metadata) as connection:
        rows = connection.execute(
            "SELECT a.name, e.extra, e.partition_key FROM asset_event e JOIN asset a ON a.id = e.asset_id"
            " WHERE e.source_run_id = ?",
            [run_id],
        ).fetchall()
    return [(name, json.loads(extra), key) for name, extra, key in rows]


def test_the_gauges_are_those_of_the_list(observed: Any, agency: Agency) -> None:
    manifest = json.loads((agency.lists / "demo" / DAY / "manifest.json").read_bytes())
    gauges = {name.removeprefix("cmfc.demo."): value for name, value in observed.gauges.items() if "cmfc.demo." in name}
    assert gauges["missing_now"] == manifest["outputs"]["missing_now.csv"]["rows"] > 0
    assert 0 < gauges["overdue_now"] <= gauges["missing_now"]
    assert gauges["findings"] == sum(manifest["counts"]["by_code"].values())
    assert gauges["set_aside"] == sum(feed["accounting"]["quarantined"] for feed in manifest["feeds"].values())
    assert gauges["list_age_seconds"] == 3.5 * 3600
    stages = {name.removeprefix("seconds.") for name in gauges if name.startswith("seconds.")}
    assert stages >= {"begin", "pull", "validate", "match", "reconcile", "record", "publish"}


def test_the_asset_has_a_partition_and_counts(observed: Any, metadata: Path) -> None:
    ((name, extra, key),) = events(metadata, observed.run.run_id)
    assert (name, key) == ("cmfc_lists__demo", DAY)
    assert set(extra) == {
        "agency", "business_date", "is_current", "missing_now", "overdue_now", "findings", "set_aside"}  # fmt: skip
    assert extra["is_current"] is True and extra["missing_now"] == observed.gauges["cmfc.demo.missing_now"]


def test_lineage_names_tables_and_files_and_hides_what_may_be_a_name(
    observed: Any, agency: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (agency.folder / "demo.yml").read_text(encoding="utf-8")
    run = run_of(load_mapping(agency.folder / "demo.yml"), DAY, agency.store, agency.lists)

    def url(_: str) -> str:
        return "postgresql+psycopg2://reader:secret@db.example.org:5432/cases"

    sources = {feed: list(lineage.sources_of(run, feed, url)) for feed in run.mapping.feeds}
    assert ("postgres://db.example.org:5432", "cases.TBL_ABSENCE") in sources["absences"]
    ((namespace, file),) = sources["le_reports"]
    assert namespace == "file" and re.fullmatch(r"demo/(le_log|#\w{8})\.xlsx", file)  # Le is a surname on file
    assert "secret" not in str(sources)
    bad = agency.folder / "bad.yml"
    named = f"FROM {NAMES[0]}_2011 JOIN own.TBL_ABSENCE"
    bad.write_text(re.sub("FROM TBL_ABSENCE", named, text, count=1).replace("le_log.xlsx", f"{NAMES[0]}.xlsx"))
    mapping = load_mapping(bad)
    bad.unlink()
    run = run_of(mapping, DAY, agency.store, agency.lists)
    names = [*lineage.sources_of(run, "absences", url), *lineage.sources_of(run, "le_reports", url)]
    assert not any(name.lower() in str(names).lower() for name in NAMES) and "own.TBL_ABSENCE" in str(names)

    task = SimpleNamespace(inlets=[])
    lineage.tell_source({"task": task}, run, "absences", url)
    assert task.inlets == []  # without OpenLineage nothing is said
    monkeypatch.setitem(sys.modules, "openlineage.client.event_v2", SimpleNamespace(Dataset=lambda *of: of))
    lineage.tell_source({"task": task}, run, "absences", url)
    assert task.inlets == list(lineage.sources_of(run, "absences", url))
    asset, event = lineage.lists_of("demo"), SimpleNamespace(extra=None, add_partitions=lambda _: None)
    task = SimpleNamespace(outlets=[])
    lineage.tell_published({"task": task, "outlet_events": {asset: event}}, run, Figures(1, 1, 0, 2), True)
    assert task.outlets == [("file", str(agency.lists / "demo"))] and event.extra["findings"] == 2


def test_lists_that_moved_are_the_same_asset(agency: Agency) -> None:
    """Airflow puts one of two assets of a name out of use, and the task that has it fails before it publishes."""
    asset = lineage.lists_of("demo")
    assert str(agency.lists) not in asset.uri and asset.uri == "cmfc://demo/lists"


def test_a_source_may_name_a_pool_which_changes_nothing_that_is_read(
    agency: Agency, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from airflow.dag_processing.dagbag import DagBag

    text = (agency.folder / "demo.yml").read_text(encoding="utf-8")
    pooled = re.sub(r"( +)connection:", r"\1pool: case_system\n\1connection:", text, count=1)
    folder = tmp_path / "agencies"
    folder.mkdir()
    (folder / "demo.yml").write_text(pooled, encoding="utf-8")
    monkeypatch.setenv("CMFC_AGENCIES", str(folder))
    monkeypatch.setenv("CMFC_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("CMFC_SOURCE_POOL", "sources")
    before, after = load_mapping(agency.folder / "demo.yml"), load_mapping(folder / "demo.yml")
    runs = [run_of(one, DAY, agency.store, agency.lists) for one in (before, after)]
    assert mapping_text(runs[0]) == mapping_text(runs[1])
    (feed,) = [name for name, one in after.feeds.items() if getattr(one.source, "pool", None)]
    assert before.digest_of(feed) == after.digest_of(feed)
    assert schedule_of(Settings(), "demo") == schedule_of(Settings(), "demo")  # read, then remembered
    dag = DagBag(str(PROJECT / "dags" / "cmfc_nightly.py")).dags["cmfc_nightly__demo"]
    pools = {task.task_id: task.pool for task in dag.tasks if task.task_id.startswith("pull")}
    assert pools == {"pull": "sources", "pull_in_case_system": "case_system"}
    assert {up for task in pools for up in dag.get_task(task).downstream_task_ids} == {"validate"}


def test_names_tags_and_owners_say_whose_dag_it_is_and_the_table_has_all(agency: Agency) -> None:
    from airflow.dag_processing.dagbag import DagBag

    dags = DagBag(str(PROJECT / "dags")).dags
    assert all(one.startswith("cmfc_") and one.endswith("__demo") for one in dags)
    for dag in dags.values():
        assert dag.dag_display_name.startswith("demo: ") and {"cmfc", "demo"} < set(dag.tags) and dag.owner == "cmfc"
    nightly = dags["cmfc_nightly__demo"]
    assert "business_date" in str(nightly.get_task("pull").map_index_template)
    rows = re.findall(r"^\| `(\S+)` \| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$", readme(), re.MULTILINE)
    assert rows == [
        (
            name.replace("demo", "<agency>"), str(dag.dag_display_name).replace("demo", "<agency>"), when(name, dag),
            ", ".join(sorted(f"`{task.task_id}`" for task in dag.tasks)), type(dag.on_failure_callback).__name__,
        )
        for name, dag in sorted(dags.items())
    ]  # fmt: skip


def when(name: str, dag: Any) -> str:
    if not hasattr(dag.timetable, "expression"):
        return "when triggered"
    return "the mapping's `schedule`" if "nightly" in name else f"`{dag.timetable.expression}`"


def readme() -> str:
    return (PROJECT / "dags" / "README.md").read_text(encoding="utf-8")


def test_a_run_says_the_business_date_in_its_name() -> None:
    """Airflow makes the id of a scheduled and of a backfilled run from the partition key."""
    from datetime import UTC, datetime

    from airflow.timetables.trigger import CronPartitionTimetable
    from airflow.utils.types import DagRunType

    run_id = CronPartitionTimetable("30 3 * * *", timezone="UTC", run_offset=-1, key_format="%Y-%m-%d").generate_run_id(
        run_type=DagRunType.SCHEDULED, run_after=datetime(2026, 10, 1, 8, 30, tzinfo=UTC), data_interval=None,
        partition_key=DAY,
    )  # fmt: skip
    assert DAY in run_id
    assert type(wiring.nightly_at(schedule_of(Settings(), "demo"))).__name__ == CronPartitionTimetable.__name__
