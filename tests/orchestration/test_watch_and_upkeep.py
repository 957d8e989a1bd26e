"""The watch and the upkeep of the ledger, run in this process after a night."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.demo_agency import NAMES, Agency
from tests.support.places import PROJECT

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def finished(run: Callable[..., Any], agency: Agency, metadata: Path) -> dict[str, Any]:
    from airflow.dag_processing.dagbag import DagBag

    assert run(business_date="2026-09-30").state == "success"
    dags = DagBag(str(PROJECT / "dags")).dags
    return {name: dags[name].test() for name in ("cmfc_hourly__demo", "cmfc_maintenance__demo")}


def crossed(metadata: Path, finished: Any) -> dict[str, Any]:
    with sqlite3.connect(metadata) as connection:
        rows = connection.execute("SELECT task_id, value FROM xcom WHERE run_id = ?", [finished.run_id]).fetchall()
    return {task: json.loads(str(value)) for task, value in rows}


def test_the_watch_publishes_beside_the_nights(finished: dict[str, Any], agency: Agency, metadata: Path) -> None:
    assert finished["cmfc_hourly__demo"].state == "success"
    assert (agency.lists / "demo" / "watch" / "exceptions.csv").stat().st_size > 1000
    values = crossed(metadata, finished["cmfc_hourly__demo"])
    assert values["late"] == "in time" and set(values["watch"]) == {"due", "fresh", "notification"}


def test_the_upkeep_verifies_and_looks(finished: dict[str, Any], metadata: Path) -> None:
    assert finished["cmfc_maintenance__demo"].state == "success"
    values = crossed(metadata, finished["cmfc_maintenance__demo"])
    assert values["verify"]["entries"] >= 2 and values["verify"]["heads"] == 1
    assert set(values["retain"].values()) == {0} and values["expire"] == 0
    assert values["look"] == {"law": [], "unsure": []}


def test_no_name_reached_the_metadata(finished: dict[str, Any], metadata: Path) -> None:
    content = metadata.read_bytes()
    assert finished and not [name for name in NAMES if name.encode() in content]
