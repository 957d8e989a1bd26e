"""An installation by docker-compose.yaml, as processes of this machine, with an invented agency."""

import json
import re
import secrets
import sqlite3
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from cryptography.fernet import Fernet

from cmfc_demo.run import ZONE, write_agency
from tests.support.office import ask_a_person
from tools.compose_local import Compose

PASSWORDS = ("POSTGRES_PASSWORD", "AIRFLOW_DB_PASSWORD", "LEDGER_NIGHT_PASSWORD", "LEDGER_DESK_PASSWORD")
ADMIN = "admin"
NAMES = ("Zebulonia", "Quillfeather-Ng")
"""Of every child of the agency, to look for where they must not be."""


def variables() -> dict[str, str]:
    """What a person writes into .env: what must be set, drawn anew."""
    words = {name: secrets.token_hex(24) for name in (*PASSWORDS, "ADMIN_PASSWORD", "CMFC_AUDIT_KEY")}
    keys = {name: secrets.token_hex(48) for name in ("AIRFLOW_API_SECRET_KEY", "AIRFLOW_JWT_SECRET")}
    return {**words, **keys, "AIRFLOW_FERNET_KEY": Fernet.generate_key().decode()}


def place_agency(root: Path, children: int) -> Path:
    """The invented agency where the compose file has its mappings, with records that end last midnight."""
    folder = root / "volumes" / "agencies"
    mapping = write_agency(folder, last_night().isoformat(), children=children)
    with sqlite3.connect(folder / "case_management.sqlite") as connection:
        connection.execute("UPDATE TBL_CLIENT SET GIVEN_NM = ?, SURNAME = ?", NAMES)
    ask_a_person(folder)
    return mapping


def last_night() -> date:
    """The business date of the night that ended last, in the agency's zone."""
    return datetime.now(ZoneInfo(ZONE)).date() - timedelta(days=1)


def schedule_in(mapping: Path, minutes: int) -> datetime:
    """Let the agency's night begin that many minutes from now; gives when, in the agency's zone."""
    at = datetime.now(ZoneInfo(ZONE)).replace(second=0, microsecond=0) + timedelta(minutes=minutes)
    text = yaml.safe_load(mapping.read_text(encoding="utf-8"))
    text["schedule"] = f"{at.minute} {at.hour} * * *"
    mapping.write_text(yaml.safe_dump(text, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return at


class _Stay(urllib.request.HTTPRedirectHandler):
    """Goes nowhere else by itself."""

    def redirect_request(self, *_: Any) -> None:
        return None


OPENER = urllib.request.build_opener(_Stay)


class Browser:
    """Somebody at the interface of an installation, with a token."""

    def __init__(self, url: str, login: str = "", password: str = "") -> None:
        self.url, self.token = url, ""
        while login and not self.token:
            status, text = self.status("/auth/token", {"username": login, "password": password})
            assert status in (201, 429), (status, text[:300])
            if status == 201:
                self.token = json.loads(text)["access_token"]
            else:
                time.sleep(5)  # FAB lets nobody sign in more than five times in forty seconds

    def status(self, path: str, body: Mapping[str, Any] | None = None, method: str | None = None) -> tuple[int, bytes]:
        """The status and the text of one answer."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method)  # noqa: S310 - http, this machine
        return self._open(request, "application/json")

    def _open(self, request: urllib.request.Request, kind: str) -> tuple[int, bytes]:
        request.add_header("Content-Type", kind)
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        try:
            with OPENER.open(request, timeout=120) as answer:
                return int(answer.status), answer.read()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read()

    def send(self, path: str, form: Mapping[str, str]) -> tuple[int, bytes]:
        """A form of the review page, with the token that its first page gives; none where that page is refused."""
        match = re.search(rb'name="token" value="([^"]+)"', self.status(f"{path.partition('/demo/')[0]}/demo/")[1])
        data = urllib.parse.urlencode({**form, "token": match[1].decode() if match else ""}).encode()
        request = urllib.request.Request(self.url + path, data=data, method="POST")  # noqa: S310
        return self._open(request, "application/x-www-form-urlencoded")

    def ask(self, path: str, body: Mapping[str, Any] | None = None, method: str | None = None) -> Any:
        """A decoded answer that is none of refusal."""
        status, text = self.status(path, body, method)
        assert status < 300, (path, status, text[:300])
        return json.loads(text)


def wait_until(compose: Compose, what: Callable[[], bool], patience: float) -> None:
    """Until something holds; what does not answer yet does not."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        compose.refuse_dead()
        compose.weigh()
        with suppress(AssertionError, OSError):
            if what():
                return
        time.sleep(2)
    raise AssertionError("what was waited for did not come")


def wait_for_dag(compose: Compose, browser: Browser, dag: str, patience: float) -> None:
    """Until Airflow knows a DAG; it is not paused."""
    wait_until(compose, lambda: browser.status(f"/api/v2/dags/{dag}")[0] == 200, patience)
    assert browser.ask(f"/api/v2/dags/{dag}")["is_paused"] is False


def wait_for_runs(compose: Compose, browser: Browser, dag: str, count: int, patience: float) -> list[dict[str, Any]]:
    """Until a DAG has so many runs that ended; the first of them first."""
    path = f"/api/v2/dags/{dag}/dagRuns?order_by=run_after"

    def ended() -> bool:
        return sum(run["state"] in ("success", "failed") for run in browser.ask(path)["dag_runs"]) >= count

    wait_until(compose, ended, patience)
    return list(browser.ask(path)["dag_runs"])
