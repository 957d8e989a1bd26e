"""The nightly DAG run in this process: what it publishes, what crosses between tasks, what a failure leaves."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cmfc.feeds.catalog import feeds
from tests.support.demo_agency import NAMES, Agency

ALLOWED = {
    "begin": {"agency", "business_date", "places"},
    "pull": {"feed", "rows", "sha256", "is_broken", "may_pass", "how", "sentence"},
    "validate": set(feeds()),
    "match": {"reports", "probable", "decided", "candidate", "none"},
    "reconcile": {
        "episodes",
        "determinations",
        "links",
        "findings",
        "missing_now",
        "episode_rows",
        "notices",
        "known",
        "lineage",
        "recipient_duties",
        "rules",
        "duties",
    },
    "record": {"run_id", "counts", "is_again", "is_late"},
    "publish": {"folder", "rows", "lines", "counts", "manifest_sha256", "feeds", "incomplete", "notes"},
}
CHECKED = {"feed", "status", "pulled", "accepted", "quarantined", "voided", "collapsed"}
NOTICE_STATES = {"sent", "logged", "unsure", "waiting"}
"""Every key a task may hand on: ids, counts, paths, hashes. A new one is added here on purpose or not at all."""


@pytest.fixture(scope="module")
def first(run: Callable[..., Any]) -> Any:
    return run(business_date="2026-09-28")


def crossed(metadata: Path, run_id: str) -> list[tuple[str, str, Any]]:
    with sqlite3.connect(metadata) as connection:
        rows = connection.execute("SELECT task_id, key, value FROM xcom WHERE run_id = ?", [run_id]).fetchall()
    return [(task, key, json.loads(value)) for task, key, value in rows]


def states(finished: Any) -> dict[str, set[str]]:
    by_task: dict[str, set[str]] = {}
    for instance in finished.get_task_instances():
        by_task.setdefault(instance.task_id, set()).add(str(instance.state))
    return by_task


def test_a_night_publishes_and_becomes_the_current_list(first: Any, agency: Agency) -> None:
    assert first.state == "success"
    here = agency.lists / "demo"
    assert json.loads((here / "current.json").read_bytes())["business_date"] == "2026-09-28"
    assert (here / "2026-09-28" / "exceptions.csv").stat().st_size > 1000
    assert not (here / "STALE.json").exists()


def test_only_ids_counts_and_paths_cross_between_tasks(first: Any, metadata: Path) -> None:
    values = crossed(metadata, first.run_id)
    assert {task for task, _, _ in values} == {*ALLOWED, "notify"}
    for task, key, value in values:
        assert key == "return_value", (task, key)
        assert value in NOTICE_STATES if task == "notify" else set(value) <= ALLOWED[task], task
        if task == "validate":
            assert all(set(feed) <= CHECKED for feed in value.values())


def test_a_night_run_twice_gives_the_same_bytes(first: Any, run: Callable[..., Any], agency: Agency) -> None:
    folder = agency.lists / "demo" / "2026-09-28"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert run(business_date="2026-09-28").state == "success"
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_no_name_is_in_the_metadata_of_airflow(first: Any, metadata: Path) -> None:
    content = metadata.read_bytes()
    for name in NAMES:
        assert name.encode() not in content


def test_a_broken_contract_fails_at_once_and_leaves_the_last_list(
    first: Any, run: Callable[..., Any], agency: Agency
) -> None:
    agency.change("ALTER TABLE TBL_ABSENCE RENAME COLUMN ABS_TYP TO GONE_TS")
    try:
        failed = run(business_date="2026-09-29")
    finally:
        agency.change("ALTER TABLE TBL_ABSENCE RENAME COLUMN GONE_TS TO ABS_TYP")
    assert failed.state == "failed"
    assert states(failed)["publish"] == {"upstream_failed"}
    assert {instance.try_number for instance in failed.get_task_instances() if instance.state == "failed"} == {1}
    stale = json.loads((agency.lists / "demo" / "STALE.json").read_bytes())
    assert stale["since"] == "2026-09-29"
    assert "absences" in stale["message"] and stale["message"].startswith("CMFC-I02")
    assert json.loads((agency.lists / "demo" / "current.json").read_bytes())["business_date"] == "2026-09-28"


def test_a_report_feed_that_cannot_be_read_does_not_stop_the_night(
    first: Any, run: Callable[..., Any], agency: Agency
) -> None:
    log = agency.folder / "le_log.xlsx"
    whole = log.read_bytes()
    log.write_bytes(b"not a workbook")
    try:
        assert run(business_date="2026-09-30").state == "success"
    finally:
        log.write_bytes(whole)
    here = agency.lists / "demo"
    manifest = json.loads((here / "2026-09-30" / "manifest.json").read_bytes())
    assert manifest["feeds"]["le_reports"]["status"] == "broken" and manifest["incomplete"]
    assert "not_checked" in (here / "2026-09-30" / "episodes.csv").read_text(encoding="utf-8")
    assert not (here / "STALE.json").exists()  # a later night than the one that failed was published
