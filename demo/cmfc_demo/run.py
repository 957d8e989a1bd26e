"""The demonstration: an invented agency's night through a real Airflow, with its real scheduler."""

import json
import signal
import sys
import time
import urllib.error
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cmfc.errors import UsageError
from cmfc.settings import PROJECT, Settings
from cmfc.timing.clock import as_of_night
from cmfc_demo.local_airflow import PATIENCE, ROLES, LocalAirflow

ROOT = PROJECT / ".local"
DAG = "/api/v2/dags/cmfc_nightly__demo"
ZONE = "America/Chicago"
CHILDREN = 2000
DONE = ("success", "failed", "upstream_failed", "skipped", "removed")
Say = Callable[[str, int, int], None]


def silent(what: str, done: int, of: int) -> None:
    """Says nothing of what is going on."""


def prepare(business_date: str) -> LocalAirflow:
    """Write the demonstration's agency; give an Airflow that knows it, to be started by a `with`."""
    write_agency(ROOT / "demo", business_date)
    return airflow(ROOT, ROOT / "demo", business_date)


def end_on_signals() -> None:
    """A demonstration that is told to end stops its Airflow first, however it was told and started."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell ignores it for what it starts with `&`


def keep(service: LocalAirflow) -> None:
    """Says where a running Airflow is, and waits for Ctrl-C."""
    users = ", ".join(ROLES)
    print(f"Airflow: {service.url}  users: {users}  password: {service.password}  (Ctrl-C stops it)", flush=True)
    print(f"The review page: {service.url}/plugin/cmfc", flush=True)
    try:
        while True:
            service.refuse_dead()
            time.sleep(1)
    except KeyboardInterrupt:
        print("Stopping.", flush=True)


def write_agency(folder: Path, business_date: str, children: int = CHILDREN) -> Path:
    """Write the invented agency, with data that end with the business date; give its mapping's path."""
    from cmfc_demo.synthetic.agency import write_demo

    return write_demo(folder, children=children, seed=7, as_of=as_of_night(business_date, ZONE), zone=ZONE)


def airflow(root: Path, agency: Path, business_date: str | None = None) -> LocalAirflow:
    """An Airflow at `<root>/airflow` that knows the agency in the folder `agency`; a `with` starts and stops it.

    Args:
        root: snapshots and lists go below it; to the installation's folders when it is the project's own.
        agency: what `write_agency` wrote.
        business_date: where given, the clock stands at half past three after it, so that a run that names no date
            takes this one.
    """
    from cmfc_demo.synthetic.agency import CONNECTION

    where = Settings() if root == ROOT else Settings(store=root / "store", lists=root / "lists")
    connection = {"conn_type": "sqlite", "host": str(agency / "case_management.sqlite")}
    environment = {
        "CMFC_STORE": str(where.store),
        "CMFC_LISTS": str(where.lists),
        "CMFC_AGENCIES": str(agency),
        f"AIRFLOW_CONN_{CONNECTION.upper()}": json.dumps(connection),
    }
    if business_date is not None:
        clock = datetime.fromtimestamp(as_of_night(business_date, ZONE) + 12_600, UTC)
        environment |= {"CMFC_CLOCK": clock.isoformat(), "CMFC_CLOCK_FOR_ACTS": "true"}
    return LocalAirflow(root / "airflow", environment)


def run_dag(service: LocalAirflow, business_date: str, again: bool = False, say: Say = silent) -> dict[str, Any]:
    """Triggers one night over the REST interface and waits for its end: `state`, `run_id`, of a failed one `log`."""
    _wait_until_parsed(service)
    _end_leftovers(service)
    body = {"logical_date": None, "partition_key": business_date, "conf": {"again": again}}
    run_id = service.ask(f"{DAG}/dagRuns", body)["dag_run_id"]
    while True:
        service.refuse_dead()
        state = service.ask(f"{DAG}/dagRuns/{run_id}")["state"]
        tasks = service.ask(f"{DAG}/dagRuns/{run_id}/taskInstances?limit=100")["task_instances"]
        counted = Counter(task["state"] for task in tasks)
        now = next((f"{t['task_id']} {t['rendered_map_index'] or ''}" for t in tasks if t["state"] == "running"), "")
        say(now.strip() or state, sum(counted[state] for state in DONE), len(tasks))
        if state in ("success", "failed"):
            return {"state": state, "run_id": run_id, "log": _tail(service, run_id, tasks)}
        time.sleep(0.5)


def _wait_until_parsed(service: LocalAirflow) -> None:
    """Until the DAG has been read since the start: what an earlier start left would run old wiring on new code."""
    until = time.monotonic() + PATIENCE["parse"]
    while time.monotonic() < until:
        service.refuse_dead()
        try:
            read_at = service.ask(DAG)["last_parsed_time"]
        except urllib.error.HTTPError:
            read_at = None
        if read_at and datetime.fromisoformat(read_at).timestamp() > service.started_at:
            return
        time.sleep(0.25)
    broken = service.ask("/api/v2/importErrors")["import_errors"]
    why = broken[0]["stack_trace"].strip().splitlines()[-1] if broken else f"logs in {service.home}"
    raise UsageError("CMFC-D02", "Airflow does not know cmfc_nightly__demo.", why)


def _end_leftovers(service: LocalAirflow) -> None:
    """A run that a killed demonstration left would be taken up again before ours."""
    for state in ("running", "queued"):
        for run in service.ask(f"{DAG}/dagRuns?state={state}")["dag_runs"]:
            service.ask(f"{DAG}/dagRuns/{run['dag_run_id']}", {"state": "failed"}, "PATCH")


def _tail(service: LocalAirflow, run_id: str, tasks: list[dict[str, Any]], lines: int = 15) -> str:
    """The last lines of the first failed task's log; empty when none failed."""
    failed = next((task for task in tasks if task["state"] == "failed"), None)
    if failed is None:
        return ""
    log = f"taskInstances/{failed['task_id']}/logs/{failed['try_number']}?map_index={failed['map_index']}"
    content = service.ask(f"{DAG}/dagRuns/{run_id}/{log}")["content"]
    texts = [_line(line) for line in content]
    return "\n".join([f"{failed['task_id']}:", *texts[-lines:]])


def _line(line: Any) -> str:
    """A line of a task's log as text; what was raised stands beside the event."""
    if not isinstance(line, dict):
        return str(line)
    raised = [f"{error['exc_type']}: {error['exc_value']}" for error in line.get("error_detail") or ()]
    return " ".join([str(line.get("event", "")), *raised])
