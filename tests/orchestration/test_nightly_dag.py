"""The DAG file: it parses alone, lightly, and says what it is."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.places import PROJECT

DAGS = sorted((PROJECT / "dags").glob("*.py"))

HEAVY = "great_expectations pandas numpy pyarrow scipy duckdb splink openpyxl xlsxwriter holidays"

PARSE = """
import json, sys
import airflow.sdk
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(sys.argv[1])
dag = bag.dags["cmfc_nightly__demo"]
print(json.dumps({
    "errors": list(bag.import_errors.values()),
    "heavy": sorted(set(sys.argv[2].split()) & set(sys.modules)),
    "tasks": {t.task_id: [t.retries, type(t.retry_policy).__name__, t.is_mapped] for t in dag.tasks},
    "params": sorted(dag.params),
    "doc": dag.doc_md,
    "runs": dag.max_active_runs,
    "catchup": dag.catchup,
    "notice": type(dag.on_failure_callback).__name__,
    "schedule": [getattr(dag.timetable, n, None) for n in ("_expression", "expression", "cron", "_key_format")],
    "timetable": type(dag.timetable).__name__,
}, default=str))
"""


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a fresh process sees."""
    from cmfc_demo.run import write_agency

    agencies = tmp_path_factory.mktemp("agencies")
    write_agency(agencies, "2026-09-30", children=5)
    return parse({"CMFC_AGENCIES": str(agencies)})


def parse(more: dict[str, str]) -> dict[str, Any]:
    command = [sys.executable, "-c", PARSE, str(PROJECT / "dags"), HEAVY]
    done = subprocess.run(command, env={**os.environ, **more}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(json.loads(done.stdout.splitlines()[-1]))


def test_it_parses_without_errors(parsed: dict[str, Any]) -> None:
    assert parsed["errors"] == []


def test_parsing_imports_nothing_heavy(parsed: dict[str, Any]) -> None:
    """Airflow parses often: what takes seconds to import is imported by the tasks."""
    assert parsed["heavy"] == []


def test_every_step_stands_in_the_graph_and_feeds_are_mapped(parsed: dict[str, Any]) -> None:
    names = ["begin", "pull", "validate", "match", "reconcile", "record", "publish", "notify", "report"]
    assert sorted(parsed["tasks"]) == sorted(names)
    assert [name for name in names if parsed["tasks"][name][2]] == ["pull"]


def test_every_task_retries_with_a_reason(parsed: dict[str, Any]) -> None:
    assert {tuple(retries[:2]) for retries in parsed["tasks"].values()} == {(2, "OnlyWhatMayPass")}


def test_it_says_what_it_is_for(parsed: dict[str, Any]) -> None:
    for word in ("business date", "Retries", "Failure", "Privacy", "STALE.json", "not_checked"):
        assert word in parsed["doc"], word


def test_it_runs_once_a_night_keyed_by_the_business_date(parsed: dict[str, Any]) -> None:
    assert parsed["timetable"] == "CronPartitionTimetable"
    assert (parsed["runs"], parsed["catchup"], parsed["notice"]) == (1, False, "NightFailed")
    assert parsed["params"] == ["again", "business_date"]


@pytest.mark.parametrize("path", DAGS, ids=lambda path: path.name)
def test_dag_files_are_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 150


def test_the_plugin_loader_leaves_the_package_alone() -> None:
    assert (PROJECT / "plugins" / ".airflowignore").read_text(encoding="utf-8") == "cmfc/\n"


OTHERS = """
import json, sys
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(sys.argv[1])
print(json.dumps({
    "errors": list(bag.import_errors.values()), "dags": {
        name: {
            "tasks": sorted(t.task_id for t in dag.tasks), "doc": dag.doc_md,
            "retries": sorted({type(t.retry_policy).__name__ for t in dag.tasks}), "runs": dag.max_active_runs,
            "tries": sorted({t.retries for t in dag.tasks}), "failure": type(dag.on_failure_callback).__name__,
            "noted": [t.task_id for t in dag.tasks if "note_failure" not in str(t.on_failure_callback)],
        } for name, dag in bag.dags.items()
    }
}, default=str))
"""


def test_the_watch_and_the_upkeep_parse_and_say_what_they_are(tmp_path: Path) -> None:
    (tmp_path / "hill.yml").write_text("agency: [broken", encoding="utf-8")
    command = [sys.executable, "-c", OTHERS, str(PROJECT / "dags")]
    environment = {**os.environ, "CMFC_AGENCIES": str(tmp_path), "CMFC_STORE": str(tmp_path / "store")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    answer = json.loads(done.stdout.splitlines()[-1])
    kinds = ("cmfc_nightly", "cmfc_hourly", "cmfc_maintenance", "cmfc_audit_extract")
    assert answer["errors"] == [] and set(answer["dags"]) == {f"{kind}__hill" for kind in kinds}
    assert answer["dags"]["cmfc_hourly__hill"]["tasks"] == ["late", "resend", "watch"]
    assert answer["dags"]["cmfc_maintenance__hill"]["tasks"] == ["expire", "look", "retain", "verify"]
    failure = [answer["dags"][f"{kind}__hill"]["failure"] for kind in kinds]
    assert failure == ["NightFailed", "HourFailed", "UpkeepFailed", "AuditFailed"]
    for dag in answer["dags"].values():
        assert dag["retries"] == ["OnlyWhatMayPass"] and dag["tries"] == [2] and dag["noted"] == []
    for dag in (answer["dags"][f"{kind}__hill"] for kind in kinds[:3]):
        assert dag["runs"] == 1 and dag["retries"] == ["OnlyWhatMayPass"]
        assert "Privacy" in dag["doc"] and "Retries" in dag["doc"]
