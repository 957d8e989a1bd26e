"""Each task of a night and the scheduler are killed with signal 9 under a real Airflow with LocalExecutor."""

import json
import os
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from cmfc.ingest.mapping import load_mapping
from cmfc.pipeline.current_list import current, stale
from cmfc.pipeline.maintenance import verify_agency
from cmfc.pipeline.run import run_of
from cmfc_demo.local_airflow import LocalAirflow, _airflow
from cmfc_demo.run import DAG, write_agency
from tests.faults.killing.sitecustomize import TASKS
from tests.faults.table import Outcome, Row
from tests.faults.test_faults import note
from tests.orchestration.mail_faults import connection
from tests.support.mail_server import MailServer
from tests.support.nightly_alone import PATIENCE, nightly_alone
from tests.support.places import PROJECT

pytestmark = pytest.mark.soak("faults")
NIGHT = "2026-09-30"
SECONDS = {"ORPHANED_TASKS_CHECK_INTERVAL": 10, "SCHEDULER_HEALTH_CHECK_THRESHOLD": 15, "JOB_HEARTBEAT_SEC": 2}


def test_a_night_in_which_every_task_and_the_scheduler_are_killed(
    tmp_path: Path, figures: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    agencies, kills = tmp_path / "agencies", tmp_path / "kills"
    kills.mkdir()
    write_agency(agencies, NIGHT, children=30)
    with MailServer() as server:
        for name, value in {
            "PYTHONPATH": f"{PROJECT / 'tests' / 'faults' / 'killing'}:{os.environ.get('PYTHONPATH', '')}",
            "CMFC_TEST_KILLS": str(kills), "CMFC_RETRY_SECONDS": "0", "CMFC_NOTIFY_TO": "a@example.org",
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        with nightly_alone(tmp_path, agencies, NIGHT) as service:
            smtp = {"AIRFLOW_CONN_SMTP_DEFAULT": json.dumps(connection(server))}
            slow = {f"AIRFLOW__SCHEDULER__{name}": str(value) for name, value in SECONDS.items()}
            service.more = {**service.more, **smtp, **slow}
            kill_scheduler(service)
            start_scheduler(service)
            body = {"logical_date": None, "partition_key": NIGHT, "conf": {}}
            run_id = service.ask(f"{DAG}/dagRuns", body)["dag_run_id"]
            state = wait(service, run_id, kills)
            tries = task_tries(tmp_path / "airflow" / "airflow.db", run_id)
        lists = tmp_path / "lists"
        night = run_of(load_mapping(agencies / "demo.yml"), NIGHT, tmp_path / "store", lists)
        which = "tonight's" if current(lists, "demo") == NIGHT else "last night's"
        subjects = [str(mail["Subject"]) for mail in server.mails()]
        verify_agency(night, lists)
    failed = sum(" failed (" in subject for subject in subjects)
    mails = f"night {len(subjects) - failed}" + (f", failed {failed}" if failed else "")
    outcome = Outcome(which, "marked" if stale(lists, "demo") else "not marked", mails, "sound")
    good = Outcome("tonight's", "not marked", "night 1", "sound")
    killed = [task for task in TASKS.values() if (kills / task).exists()]
    assert killed == list(TASKS.values()) and state == "success"
    faults = {f"`{task}`, in the middle of it": f"{tries[task]} tries" for task in killed}
    faults["the scheduler, while `match` runs"] = "started again"
    group = "Killed under a real Airflow (kill -9)"
    rows = [Row(group, fault, how, good, outcome, good, outcome, False) for fault, how in faults.items()]
    note("5-kills", rows, figures)
    assert all(tries[task] >= 2 for task in killed)


def wait(service: LocalAirflow, run_id: str, kills: Path) -> str:
    """The run's end; on the way the scheduler is killed once, when `match` has been."""
    until, is_killed = time.monotonic() + PATIENCE, False
    while time.monotonic() < until:
        if not is_killed and (kills / "match").exists():
            kill_scheduler(service)
            start_scheduler(service)
            is_killed = True
        state = str(service.ask(f"{DAG}/dagRuns/{run_id}")["state"])
        if state in ("success", "failed"):
            assert is_killed
            return state
        time.sleep(0.5)
    return "never ended"


def kill_scheduler(service: LocalAirflow) -> None:
    """It alone: what it started for tasks lives on, as after the kernel killed it."""
    scheduler = service._running.pop("scheduler")
    os.kill(scheduler.pid, signal.SIGKILL)
    scheduler.wait()


def start_scheduler(service: LocalAirflow) -> None:
    with (service.home / "scheduler.log").open("ab") as log:
        service._running["scheduler"] = subprocess.Popen(
            [_airflow(), "scheduler"], env=service._environment(), stdout=log, stderr=log, start_new_session=True
        )


def task_tries(metadata: Path, run_id: str) -> dict[str, int]:
    with sqlite3.connect(metadata) as database:
        rows = database.execute(
            "SELECT task_id, max(try_number) FROM task_instance WHERE run_id = ? GROUP BY task_id", [run_id]
        )
        return dict(rows.fetchall())
