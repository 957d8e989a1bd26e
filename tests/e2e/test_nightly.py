"""The nightly DAG on a real api-server, scheduler and dag-processor, triggered over the REST interface.

One Airflow and two nights: a good one, then one whose absences cannot be understood.
"""

import csv
import json
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest

from cmfc_demo.local_airflow import LocalAirflow
from cmfc_demo.run import DAG, run_dag, write_agency
from tests.support.nightly_alone import PATIENCE, nightly_alone

pytestmark = pytest.mark.long

NAMES = ("Zebulonia", "Quillfeather-Ng")
NUMBER = "RPT-99-ZEBRA"


@dataclass(frozen=True)
class Nights:
    """What the two nights left behind."""

    root: Path
    good: dict[str, Any]
    files: dict[str, bytes]
    bad: dict[str, Any]
    notice: str
    stale: dict[str, Any]
    edited: dict[str, Any]

    @property
    def lists(self) -> Path:
        return self.root / "lists" / "demo"


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Nights:
    root = tmp_path_factory.mktemp("nights")
    agency = root / "agencies"
    write_agency(agency, "2026-09-30", children=120)
    _plant(agency)
    with nightly_alone(root, agency, "2026-10-01") as service:
        good = run_dag(service, "2026-09-30")
        here = root / "lists" / "demo" / "2026-09-30"
        files = {path.name: path.read_bytes() for path in here.iterdir()} if here.exists() else {}
        with sqlite3.connect(agency / "case_management.sqlite") as connection:
            connection.execute("DROP TABLE TBL_ABSENCE")
            connection.execute("CREATE TABLE TBL_ABSENCE (NOTHING_WE_KNOW TEXT)")
        bad = run_dag(service, "2026-10-01")
        notice = _notice(root / "airflow" / "logs" / "dag_processor")
        stale = json.loads((here.parent / "STALE.json").read_bytes())
        edited = _run_with_edited_xcom(service, agency, good["run_id"])
    return Nights(root, good, files, bad, notice, stale, edited)


def _run_with_edited_xcom(service: LocalAirflow, agency: Path, run_id: str) -> dict[str, Any]:
    """What `begin` handed on is edited to name another mapping, and everything after it runs again; how that ended."""
    text = (agency / "demo.yml").read_text(encoding="utf-8")
    (agency / "evil.yml").write_text(text.replace("agency: demo", "agency: evil"), encoding="utf-8")
    entry = f"{DAG}/dagRuns/{run_id}/taskInstances/begin/xcomEntries/return_value"
    value = service.ask(entry)["value"]
    value = json.loads(value) if isinstance(value, str) else value
    patched = service.ask(entry, {"value": {**value, "agency": "evil"}}, "PATCH")
    tasks = service.ask(f"{DAG}/dagRuns/{run_id}/taskInstances?limit=100")["task_instances"]
    later = sorted({task["task_id"] for task in tasks} - {"begin"})
    service.ask(f"{DAG}/clearTaskInstances", {
        "dag_run_id": run_id, "task_ids": later, "dry_run": False, "only_failed": False, "reset_dag_runs": True,
    })  # fmt: skip
    until = time.monotonic() + PATIENCE
    state = "running"
    while state not in ("success", "failed") and time.monotonic() < until:
        time.sleep(0.5)
        state = service.ask(f"{DAG}/dagRuns/{run_id}")["state"]
    tasks = service.ask(f"{DAG}/dagRuns/{run_id}/taskInstances?limit=100")["task_instances"]
    return {"state": state, "patched": "evil" in json.dumps(patched), "logs": service.home / "logs",
            "failed": sorted({task["task_id"] for task in tasks if task["state"] == "failed"})}  # fmt: skip


def _notice(logs: Path, patience: float = PATIENCE) -> str:
    """The line of the failed night's notice, which comes from the DAG processor a little after the run's end.

    The hours of the clock on the wall may have started a run of last night beside it, which fails too: that night is
    not over by the test's clock.
    """
    until = time.monotonic() + patience
    while time.monotonic() < until:
        for path in logs.rglob("*.log"):
            for line in path.read_text(encoding="utf-8").splitlines():
                if "A run failed." in line and "business_date=2026-10-01" in line:
                    return line
        time.sleep(0.25)
    return ""


def _plant(agency: Path) -> None:
    """A name on every child and a report number on every report, to look for where they must not be."""
    with sqlite3.connect(agency / "case_management.sqlite") as connection:
        connection.execute("UPDATE TBL_CLIENT SET GIVEN_NM = ?, SURNAME = ?", NAMES)
    book = openpyxl.load_workbook(agency / "le_log.xlsx")
    sheet = book["Reports"]
    heading = next(cell for row in sheet.iter_rows() for cell in row if cell.value == "Case no.")
    for row in range(heading.row + 1, sheet.max_row + 1):
        sheet.cell(row, heading.column, f"{NUMBER}-{row}")
    book.save(agency / "le_log.xlsx")


def test_the_good_night_publishes_what_its_manifest_says(nights: Nights) -> None:
    assert nights.good["state"] == "success", nights.good["log"]
    manifest = json.loads(nights.files["manifest.json"])
    rows = list(csv.DictReader(nights.files["exceptions.csv"].decode().splitlines()))
    assert len(rows) == sum(manifest["counts"]["by_code"].values()) > 0
    with sqlite3.connect(nights.root / "agencies" / "case_management.sqlite") as connection:
        (children,) = connection.execute("SELECT count(*) FROM TBL_CLIENT").fetchone()
    assert manifest["feeds"]["children"]["accounting"]["pulled"] == children > 120
    assert set(manifest["outputs"]) == set(nights.files) - {"manifest.json"}
    assert NAMES[0].encode() in nights.files["exceptions.html"]


def test_the_bad_night_fails_with_a_sentence(nights: Nights) -> None:
    assert nights.bad["state"] == "failed"
    assert nights.stale["since"] == "2026-10-01"
    assert nights.stale["message"].startswith("CMFC-I01: absences: ")
    assert "CMFC-I01" in nights.bad["log"]


def test_the_log_says_which_night_of_which_agency_failed_and_why(nights: Nights) -> None:
    assert "A run failed. agency=demo business_date=2026-10-01 code=CMFC-I" in nights.notice


def test_the_bad_night_leaves_the_list_that_stands(nights: Nights) -> None:
    assert {path.name: path.read_bytes() for path in (nights.lists / "2026-09-30").iterdir()} == nights.files
    assert json.loads((nights.lists / "current.json").read_bytes())["business_date"] == "2026-09-30"
    assert not (nights.lists / "2026-10-01").exists()


def test_a_run_whose_xcom_was_edited_to_name_another_mapping_stops_and_leaves_the_list(nights: Nights) -> None:
    """cmfc does not trust what whoever may edit an XCom can write: the run itself says whose night it is."""
    assert nights.edited["patched"] and nights.edited["state"] == "failed" and nights.edited["failed"] == ["pull"]
    logs = nights.edited["logs"].rglob(f"*{nights.good['run_id']}*/**/*.log")
    assert any("CMFC-A07" in path.read_text(encoding="utf-8") for path in logs)
    assert not (nights.root / "lists" / "evil").exists()
    names = {path.name for path in (nights.root / "store").glob("evil/*")}
    assert names <= {"schedule.json"}  # which the DAG processor writes when it comes to read the mapping


def test_nobody_waited_for_bad_input_to_mend_itself(nights: Nights) -> None:
    with sqlite3.connect(nights.root / "airflow" / "airflow.db") as connection:
        failed = connection.execute(
            "SELECT task_id, try_number FROM task_instance WHERE state = 'failed' AND run_id = ?",
            [nights.bad["run_id"]],
        ).fetchall()
    assert failed == [("pull", 1)]


def test_what_is_planted_is_really_in_the_snapshots(nights: Nights) -> None:
    """Else the next test would find nothing, whatever leaked."""
    pulled = nights.root / "store" / "demo" / "2026-09-30" / "pulled"
    assert set(pq.read_table(pulled / "children.parquet")["first_name"].to_pylist()) == {NAMES[0]}
    numbers = pq.read_table(pulled / "le_reports.parquet")["report_number"].to_pylist()
    assert numbers and all(number.startswith(NUMBER) for number in numbers)


def test_no_name_and_no_report_number_is_where_a_viewer_of_airflow_looks(nights: Nights) -> None:
    """Logs of tasks and services, and the metadata: XCom, rendered fields, event log, serialized DAGs."""
    looked = [path for path in (nights.root / "airflow").rglob("*") if path.is_file()]
    assert any("task_id=validate" in str(path) for path in looked) and any(path.name == "airflow.db" for path in looked)
    public = [path for path in nights.lists.rglob("*") if path.suffix in (".csv", ".json", ".parquet")]
    for path in [*looked, *public]:
        content = path.read_bytes()
        for planted in (*NAMES, NUMBER):
            assert planted.encode() not in content, path.name
