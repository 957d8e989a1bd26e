"""A real Airflow on this machine, for the demonstration and the end-to-end test: its processes and its REST interface.

Airflow is run as other processes and spoken to over HTTP; nothing of it is imported. SQLite and the simple logins are
for one person's machine, never for production (docker-compose.yaml is).
"""

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
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cmfc.errors import UsageError
from cmfc.settings import PROJECT

USER = "admin"
ROLES = {USER: "admin", "reviewer": "user", "viewer": "viewer"}
"""The logins of a local Airflow, all with one password: enough to see what each may do on the review page."""
COMPONENTS = ("api-server", "scheduler", "dag-processor")
"""What a night needs; nothing of it waits in a triggerer."""

PATIENCE = {"start": 120, "parse": 120, "answer": 30, "stop": 20}
"""Seconds for Airflow to come up, to read the DAG, to answer, and for a process to end before it is killed."""


@dataclass
class LocalAirflow:
    """One Airflow home and the processes that run on it.

    Attributes:
        home: AIRFLOW_HOME; kept, so that the next start is quick.
        more: further environment: settings and connections.
        port: where the interface listens, on this machine only; 0 takes a free one.
        started_at: epoch seconds of the last start.
    """

    home: Path
    more: Mapping[str, str]
    port: int = 0
    started_at: float = 0
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _token: str = ""

    def __enter__(self) -> "LocalAirflow":
        """Starts it; gives it once the interface answers."""
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Stop every process that was started."""
        self.stop()

    @property
    def url(self) -> str:
        """Where a browser finds it."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def password(self) -> str:
        """Of every user of ROLES; drawn once per home."""
        return str(self._secrets()["password"])

    def start(self) -> None:
        """Prepares the home, starts the processes, waits for the interface."""
        self.port, self.started_at = self.port or _free_port(), time.time()
        (self.home / "logs").mkdir(parents=True, exist_ok=True)
        environment = self._environment()
        self._migrate(environment)
        for component in COMPONENTS:
            with (self.home / f"{component}.log").open("wb") as log:
                # Its own process group, so that whatever it starts ends with it.
                self._running[component] = subprocess.Popen(
                    [_airflow(), component], env=environment, stdout=log, stderr=log, start_new_session=True
                )
        self._wait_until_up()

    def stop(self) -> None:
        """Ask each process group to end, and end those that do not within 20 s."""
        for process in self._running.values():
            _signal(process, signal.SIGTERM)
        until = time.monotonic() + PATIENCE["stop"]
        for process in self._running.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, until - time.monotonic()))
            _signal(process, signal.SIGKILL)  # also what the process left behind in its group
            process.wait()
        self._running.clear()

    def ask(self, path: str, body: Mapping[str, Any] | None = None, method: str | None = None) -> Any:
        """One request to the REST interface; gives the decoded answer.

        Raises:
            urllib.error.HTTPError: it said no.
        """
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        data = None if body is None else json.dumps(body).encode()
        url = self.url + path  # http, on this machine
        request = urllib.request.Request(url, data=data, headers=headers, method=method)  # noqa: S310
        with urllib.request.urlopen(request, timeout=PATIENCE["answer"]) as answer:  # noqa: S310
            return json.loads(answer.read() or b"null")

    def _wait_until_up(self) -> None:
        until = time.monotonic() + PATIENCE["start"]
        while time.monotonic() < until:
            self.refuse_dead()
            try:
                login = {"username": USER, "password": self.password}
                self._token = self.ask("/auth/token", login)["access_token"]
                return
            except OSError:  # not listening yet; urllib's errors are OSErrors
                time.sleep(0.25)
        raise UsageError("CMFC-D01", "Airflow did not start in time.", f"logs in {self.home}")

    def refuse_dead(self) -> None:
        """Raises CMFC-D01 when a process has ended by itself; its log has the reason."""
        for name, process in self._running.items():
            if process.poll() is not None:
                raise UsageError("CMFC-D01", f"Airflow's {name} ended by itself.", f"see {self.home / name}.log")

    def _migrate(self, environment: dict[str, str]) -> None:
        """Make the metadata tables, once per home and version of Airflow."""
        from importlib.metadata import version

        stamp = self.home / f".migrated-{version('apache-airflow')}"
        if stamp.exists() and (self.home / "airflow.db").exists():
            return
        done = subprocess.run([_airflow(), "db", "migrate"], env=environment, capture_output=True, check=False)
        if done.returncode:
            (self.home / "migrate.log").write_bytes(done.stdout + done.stderr)
            raise UsageError("CMFC-D01", "Airflow's tables could not be created.", f"see {self.home / 'migrate.log'}")
        stamp.touch()

    def _secrets(self) -> dict[str, str]:
        path = self.home / "secrets.json"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            secret = {"password": secrets.token_urlsafe(9), "jwt": secrets.token_hex(48), "key": secrets.token_hex(32)}
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
                json.dump(secret, stream)
        return dict(json.loads(path.read_bytes()))

    def _environment(self) -> dict[str, str]:
        """Isolated: nothing of another Airflow on this machine comes through."""
        secret = self._secrets()
        passwords = self.home / "passwords.json"
        with os.fdopen(os.open(passwords, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
            json.dump(dict.fromkeys(ROLES, secret["password"]), stream)
        sections = {
            "CORE__DAGS_FOLDER": PROJECT / "dags",
            "CORE__PLUGINS_FOLDER": PROJECT / "plugins",
            "CORE__LOAD_EXAMPLES": False,
            "CORE__EXECUTOR": "LocalExecutor",
            "CORE__DAGBAG_IMPORT_TIMEOUT": PATIENCE["parse"],
            "DAG_PROCESSOR__DAG_FILE_PROCESSOR_TIMEOUT": 2 * PATIENCE["parse"],
            "CORE__PARALLELISM": max(2, os.cpu_count() or 2),
            "CORE__DAGS_ARE_PAUSED_AT_CREATION": False,
            "CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{user}:{role}" for user, role in ROLES.items()),
            "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": passwords,
            "DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{self.home / 'airflow.db'}",
            "DATABASE__LOAD_DEFAULT_CONNECTIONS": False,
            "API__HOST": "127.0.0.1",
            "API__PORT": self.port,
            "API__BASE_URL": self.url,
            "API__SECRET_KEY": secret["key"],
            "API_AUTH__JWT_SECRET": secret["jwt"],
            "LOGGING__BASE_LOG_FOLDER": self.home / "logs",
            "LOGGING__WORKER_LOG_SERVER_PORT": _free_port(),
            "USAGE_DATA_COLLECTION__ENABLED": False,
        }
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "_AIRFLOW"))}
        ours = {f"AIRFLOW__{name}": str(value) for name, value in sections.items()}
        return {**inherited, "AIRFLOW_HOME": str(self.home), "PYTHONUNBUFFERED": "1", **ours, **self.more}


def _airflow() -> str:
    return str(Path(sys.executable).with_name("airflow"))


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)  # the group has the number of the process that was started in it


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
