"""Runs the nightly DAG on an Airflow of its own: real services, SQLite metadata, nothing outside one folder."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cmfc.errors import UsageError
from cmfc.settings import PROJECT

SERVICES = ("api-server", "scheduler", "dag-processor")
DEMO_CHILDREN, DEMO_SEED, DEMO_ZONE = 2000, 7, "America/Chicago"


@dataclass
class LocalAirflow:
    """A running Airflow below `home`; `url`, `user` and `password` are for a person or the API."""

    home: Path
    url: str
    password: str
    user: str = "admin"
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def call(self, method: str, path: str, body: Any = None, token: str | None = None) -> Any:
        """One JSON call to the API."""
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def token(self) -> str:
        """A fresh access token."""
        answer = self.call("POST", "/auth/token", {"username": self.user, "password": self.password})
        return str(answer["access_token"])


def run_demo(business_date: str, keep_ui: bool = False) -> dict[str, Any]:
    """Writes the invented agency and runs its night through Airflow; gives `state`, `folder` and perhaps `log`."""
    from cmfc.night import as_of_night
    from cmfc.synthetic.agency import write_demo

    root = PROJECT / ".local"
    write_demo(root / "demo", DEMO_CHILDREN, DEMO_SEED, as_of_night(business_date, DEMO_ZONE), DEMO_ZONE)
    with airflow(root, root / "demo") as service:
        report = run_dag(service, business_date, again=True)
        if keep_ui:
            print(f"Airflow: {service.url}  user {service.user}  password {service.password}  (Ctrl-C stops it)")
            with suppress(KeyboardInterrupt):
                signal.pause()
    return report | {"folder": str(root / "lists" / "demo" / business_date)}


@contextmanager
def airflow(root: Path, agency: Path) -> Iterator[LocalAirflow]:
    """Starts api-server, scheduler and dag-processor with homes below `root`, and stops all of them in the end."""
    home = root / "airflow"
    home.mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    service = LocalAirflow(home, f"http://127.0.0.1:{port}", secrets.token_urlsafe(12))
    (home / "passwords.json").write_text(json.dumps({service.user: service.password}), encoding="utf-8")
    environment = _environment(service, root, agency, port)
    command = [sys.executable, "-m", "airflow"]
    with (home / "migrate.log").open("wb") as log:
        subprocess.run([*command, "db", "migrate"], env=environment, stdout=log, stderr=log, check=True)
    try:
        for name in SERVICES:
            arguments = ["--port", str(port), "--workers", "1"] if name == "api-server" else []
            with (home / f"{name}.log").open("wb") as log:
                service.processes[name] = subprocess.Popen(
                    [*command, name, *arguments], env=environment, stdout=log, stderr=log, start_new_session=True
                )
        yield service
    finally:
        _stop(service)


def run_dag(service: LocalAirflow, business_date: str, again: bool = False, patience: int = 240) -> dict[str, Any]:
    """Triggers one night over the API and waits for its end."""
    deadline = time.monotonic() + patience
    token = _wait_for_dag(service, deadline)
    run_id = f"night-{business_date}-{secrets.token_hex(4)}"
    conf = {"business_date": business_date, "again": again}
    body = {"dag_run_id": run_id, "logical_date": None, "conf": conf}
    service.call("POST", "/api/v2/dags/cmfc_nightly/dagRuns", body, token)
    state = "queued"
    while state not in ("success", "failed"):
        if time.monotonic() > deadline:
            return {"state": "timeout", "log": f"see {service.home}"}
        time.sleep(1)
        state = service.call("GET", f"/api/v2/dags/cmfc_nightly/dagRuns/{run_id}", None, token)["state"]
    return {"state": state} | ({} if state == "success" else {"log": f"see {service.home}/logs"})


def _wait_for_dag(service: LocalAirflow, deadline: float) -> str:
    while time.monotonic() < deadline:
        for name, process in service.processes.items():
            if process.poll() is not None:
                raise UsageError("CMFC-C07", f"Airflow's {name} stopped; its log is {service.home / name}.log.")
        try:
            token = service.token()
            service.call("GET", "/api/v2/dags/cmfc_nightly", None, token)
            return token
        except (urllib.error.URLError, OSError):
            time.sleep(1)
    raise UsageError("CMFC-C07", f"Airflow did not find the DAG in time; its logs are in {service.home}.")


def _environment(service: LocalAirflow, root: Path, agency: Path, port: int) -> dict[str, str]:
    secret = secrets.token_hex(48)
    settings = {
        "CORE__DAGS_FOLDER": PROJECT / "dags",
        "CORE__PLUGINS_FOLDER": PROJECT / "plugins",
        "CORE__LOAD_EXAMPLES": False,
        "CORE__DAGS_ARE_PAUSED_AT_CREATION": False,
        "CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "CORE__SIMPLE_AUTH_MANAGER_USERS": f"{service.user}:admin",
        "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": service.home / "passwords.json",
        "CORE__PARALLELISM": os.cpu_count() or 2,
        "DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{service.home}/airflow.db",
        "DATABASE__LOAD_DEFAULT_CONNECTIONS": False,
        "API_AUTH__JWT_SECRET": secret,
        "API__SECRET_KEY": secret,
        "LOGGING__BASE_LOG_FOLDER": service.home / "logs",
    }
    connection = {"conn_type": "sqlite", "host": str(agency / "case_management.sqlite")}
    return {
        **os.environ,
        **{f"AIRFLOW__{name}": str(value) for name, value in settings.items()},
        "AIRFLOW_HOME": str(service.home),
        "AIRFLOW_CONN_CMFC_DEMO_CASE_MANAGEMENT": json.dumps(connection),
        "CMFC_STORE": str(root / "store"),
        "CMFC_LISTS": str(root / "lists"),
        "CMFC_AGENCIES": str(agency),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
    }


def _stop(service: LocalAirflow) -> None:
    for how, seconds in ((signal.SIGTERM, 20), (signal.SIGKILL, 5)):
        for process in service.processes.values():
            try:
                os.killpg(process.pid, how)
            except ProcessLookupError:
                continue
        for process in service.processes.values():
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                break
