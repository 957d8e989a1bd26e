"""docker-compose.yaml as a person starts it, but for the container engine: two nights, backup, restore.

Every command is that of docs/how-to/production.md and docs/how-to/backup.md, run by tools/compose_local.py.
"""

import csv
import html
import json
import re
import shutil
import time
import urllib.parse
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.support import access_table
from tests.support.deployment import (
    ADMIN,
    Browser,
    place_agency,
    schedule_in,
    variables,
    wait_for_dag,
    wait_for_runs,
    wait_until,
)
from tests.support.mail_server import MailServer
from tests.support.nightly_alone import PATIENCE
from tools.compose_local import Compose, NotUp

pytestmark = pytest.mark.soak("compose")
NIGHTLY = "cmfc_nightly__demo"


@dataclass
class Installation:
    """What the two nights left, and the services that made it."""

    compose: Compose
    due: date
    mails: list[Any] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)

    @cached_property
    def browser(self) -> Browser:
        return Browser(self.compose.url, ADMIN, self.compose.variables["ADMIN_PASSWORD"])

    @cached_property
    def people(self) -> dict[str, Browser]:
        return access_table.people(self.browser)

    @property
    def lists(self) -> Path:
        return self.compose.root / "volumes" / "store" / "lists" / "demo"


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    # Not below pytest's own folder: another session of it, beside this one, closes that to PostgreSQL's account again.
    with TemporaryDirectory(prefix="cmfc-compose-", ignore_cleanup_errors=True) as folder:
        yield from installed(Path(folder))


def installed(root: Path) -> Iterator[Installation]:
    mapping = place_agency(root, children=60)
    settings = {**variables(), "CMFC_NOTIFY_TO": "desk@agency.example", "CMFC_NOTIFY_FROM": "cmfc@agency.example",
                "CMFC_LEDGER": "conn:cmfc_ledger", "CMFC_AUDIT_APPROVERS": "uma"}  # fmt: skip
    compose = Compose(root, settings)
    with MailServer() as sink:
        try:
            compose.up(only=("postgres", "init"))
            connect(compose, mapping.parent / "case_management.sqlite", sink.port)
            instance = Installation(compose, schedule_in(mapping, minutes=4).date() - timedelta(days=1))
            compose.up()
            before = instance.due - timedelta(days=1)
            wait_for_dag(compose, instance.browser, NIGHTLY, PATIENCE)
            body = {"logical_date": None, "partition_key": before.isoformat()}
            instance.browser.ask(f"/api/v2/dags/{NIGHTLY}/dagRuns", body)
            instance.runs = wait_for_runs(compose, instance.browser, NIGHTLY, 2, PATIENCE)
            instance.mails = sink.mails()
            yield instance
        finally:
            compose.stop()


def connect(compose: Compose, database: Path, mail: int) -> None:
    """The connections, made as docs/how-to/production.md makes them: before anything runs."""
    quiet = json.dumps({"disable_ssl": True, "disable_tls": True})
    port, password = str(compose.places.port("postgres", 5432)), compose.variables["LEDGER_NIGHT_PASSWORD"]
    for name, about in {
        "smtp_default": {"type": "smtp", "host": "127.0.0.1", "port": str(mail), "extra": quiet},
        # Airflow has no SQLite type to choose, so the driver is named.
        "cmfc_demo_case_management": {
            "type": "generic", "host": str(database), "extra": '{"sqlalchemy_driver": "sqlite"}',
        },
        "cmfc_ledger": {
            "type": "postgres", "host": "127.0.0.1", "port": port, "schema": "cmfc",
            "login": "night", "password": password,
        },
    }.items():  # fmt: skip
        words = [word for key, value in about.items() for word in (f"--conn-{key}", value)]
        compose.run("cli", ["airflow", "connections", "add", name, *words])


def test_the_night_that_was_due_ran_by_itself_after_the_one_that_was_asked_for(installation: Installation) -> None:
    days = [(installation.due - timedelta(days=back)).isoformat() for back in (1, 0)]
    assert [(run["run_type"], run["state"], run["partition_key"]) for run in installation.runs] == [
        ("manual", "success", days[0]), ("scheduled", "success", days[1]),
    ]  # fmt: skip
    current = json.loads((installation.lists / "current.json").read_bytes())
    assert current["business_date"] == days[-1] and not (installation.lists / "STALE.json").exists()
    rows = list(
        csv.DictReader((installation.lists / days[-1] / "exceptions.csv").read_text(encoding="utf-8").splitlines())
    )
    assert {row["status"] for row in rows} >= {"open"}, "the second night knows the first by the ledger"


def test_each_night_sent_its_message(installation: Installation) -> None:
    subjects = [str(mail["Subject"]) for mail in installation.mails]
    assert sum(installation.due.isoformat() in subject for subject in subjects) >= 1, subjects
    assert all(mail["To"] == "desk@agency.example" for mail in installation.mails), subjects


def test_every_service_became_healthy_and_the_page_shows_the_list(installation: Installation) -> None:
    healthy = {what.removesuffix(" is healthy") for _, what in installation.compose.log if what.endswith("healthy")}
    assert healthy == {"postgres", "api-server", "scheduler", "dag-processor", "triggerer", "cleanup"}
    assert (installation.compose.places.home / "logs" / ".cleaned").exists()
    status, page = installation.browser.status("/cmfc/demo/")
    assert status == 200 and installation.due.isoformat().encode() in page
    assert Browser(installation.compose.url).status("/cmfc/demo/")[0] == 401


def test_who_serves_people_has_not_the_account_of_the_nights(installation: Installation) -> None:
    ledgers = {name: installation.compose.environment(name)["CMFC_LEDGER"] for name in ("api-server", "scheduler")}
    assert ledgers["scheduler"] == "conn:cmfc_ledger"
    assert "//desk:" in ledgers["api-server"]
    owner = installation.compose.variables["POSTGRES_PASSWORD"]
    for name in ("api-server", "scheduler", "dag-processor", "triggerer", "cleanup", "cli"):
        assert owner not in installation.compose.environment(name).values()


def test_no_secret_of_the_env_file_is_in_a_log(installation: Installation) -> None:
    logs = [path for path in installation.compose.places.home.rglob("*.log") if path.is_file()]
    assert len(logs) > 20
    for path in logs:
        content = path.read_bytes()
        for name, secret in installation.compose.variables.items():
            if name.endswith(("PASSWORD", "KEY", "SECRET")):
                assert secret.encode() not in content, (path.name, name)


def test_an_extract_is_released_by_whom_the_setting_names_by_login(installation: Installation) -> None:
    """FAB knows people by a number; nobody else may answer, not even an admin."""
    admin, dag = installation.browser, "/api/v2/dags/cmfc_audit_extract__demo/dagRuns"
    browsers = installation.people
    day = installation.due.isoformat()
    conf = {"name": "by_login", "first": f"{day[:4]}-01-01", "last": day, "as_known_on": day, "sample_size": 30}
    run = admin.ask(dag, {"logical_date": None, "conf": conf})["dag_run_id"]
    task = f"{dag}/{run}/taskInstances/approve"
    wait_until(installation.compose, lambda: admin.ask(task)["state"] == "awaiting_input", PATIENCE)
    time.sleep(5)  # the scheduler sees the end of what asks a little later; no person answers that quickly
    answer = {"chosen_options": ["Approve"], "params_input": {"reason": "as_asked"}}
    for role, browser in {"admin who built": admin, **browsers}.items():
        if role != "User":
            assert browser.status(f"{task}/-1/hitlDetails", answer, "PATCH")[0] in (401, 403), role
    assert browsers["User"].status(f"{task}/-1/hitlDetails", answer, "PATCH")[0] == 200
    wait_until(installation.compose, lambda: admin.ask(f"{dag}/{run}")["state"] != "running", PATIENCE)
    assert admin.ask(f"{dag}/{run}")["state"] == "success"
    released = installation.lists.parent.parent / "audits" / "demo" / "released" / "by_login"
    approval = json.loads((released / "approval.json").read_bytes())
    assert "uma" in approval.values() and "admin" in approval.values()


def test_who_may_see_what_is_as_the_page_says(installation: Installation) -> None:
    admin = installation.browser
    worklist = admin.status("/cmfc/demo/findings")[1].decode()
    finding, revision = re.findall(r'name="chosen" value="([^":]+):(\d+)" aria', worklist)[0]
    report = re.findall(r'href="[^"]*/questions/([^"]+)"', admin.status("/cmfc/demo/questions")[1].decode())[0]
    child = re.findall(r'name="child_id" value="([^"]+)"', admin.status(f"/cmfc/demo/questions/{report}")[1].decode())
    names = {
        "agency": "demo", "finding": finding, "revision": revision,
        "feed": "absences", "which": "missing",
        "night": json.loads((installation.lists / "current.json").read_bytes())["business_date"],
        "report": report, "child": html.unescape(child[0]), "dag": NIGHTLY, "task": "publish",
        "run": urllib.parse.quote(installation.runs[-1]["dag_run_id"]),
    }  # fmt: skip
    table = access_table.observe(installation.people, names)
    text = "\n".join(access_table.write_table(table))
    assert table == access_table.read_table(), text
    elsewhere = {route: by for route, by in table.items() if "/api/v2" in route and "names" in by.values()}
    assert not elsewhere, elsewhere


def test_what_was_backed_up_is_whole_after_it_was_restored_into_an_empty_place(
    installation: Installation, tmp_path: Path, figures: Counter[str]
) -> None:
    """The last test: it stops the services, as the second installation is the same on another machine."""
    compose = installation.compose
    head = compose.run("cli", ["bash", "-c", "cmfc verify --json"])
    name = compose.run("backup").split()[-1]
    figures.update({f"peak MiB {service}": size for service, size in compose.weigh().items()})
    compose.stop()
    backup = compose.root / "volumes" / "backups" / name
    figures["backup bytes"] = sum(path.stat().st_size for path in backup.iterdir())
    other = Compose(tmp_path / "o", dict(compose.variables) | {"CMFC_LEDGER": ""})
    shutil.copytree(backup, other.root / "volumes" / "backups" / name)
    shutil.unpack_archive(backup / "agencies.tar", other.root / "volumes" / "agencies")
    try:
        other.up(only=("postgres",))
        (spoilt := other.root / "volumes" / "backups" / "spoilt").mkdir()
        for path in backup.iterdir():
            (spoilt / path.name).write_bytes(path.read_bytes() + b"x" * (path.name == "records.tar"))
        with pytest.raises(NotUp):
            other.run("restore", ["spoilt"])
        other.run("restore", [name])
        with pytest.raises(NotUp):
            other.run("restore", [name])
        other.up(only=("postgres", "init"))
        restored = json.loads(other.run("cli", ["bash", "-c", "cmfc verify --json"]))
        assert restored == json.loads(head) and restored["faults"] == []
        users = other.run("cli", ["airflow", "users", "list", "--output", "json"])
        assert ADMIN in users
    finally:
        other.stop()
