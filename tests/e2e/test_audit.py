"""The audit extract on a real Airflow: one person builds, is refused as approver, another one approves over REST."""

import json
import time
import urllib.error
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cmfc.ledger.releases import Release, list_releases
from cmfc.ledger.store import opened
from cmfc_demo.local_airflow import LocalAirflow
from tests.support import planted_year as planted
from tests.support.nightly_alone import PATIENCE
from tests.support.planted_year import CANARIES, NIGHT

pytestmark = pytest.mark.soak("airflow")
DAG = "/api/v2/dags/cmfc_audit_extract__planted"
PEOPLE = {"admin": "admin", "vera": "user", "otto": "user"}
CONF = {
    "name": "y2025",
    "first": "2025-01-01",
    "last": "2025-12-31",
    "as_known_on": NIGHT,
    "seed": 42,
    "sample_size": 30,
}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAirflow]:
    root = tmp_path_factory.mktemp("audit")
    planted.write(root / "records", planted.plant())
    run = planted.night(root, root / "records")
    (root / "agencies").mkdir()
    mapping = run.mapping.model_dump_json(by_alias=True, exclude_defaults=True)
    (root / "agencies" / "planted.yml").write_text(mapping, encoding="utf-8")
    home = root / "airflow"
    home.mkdir()
    passwords = home / "people.json"
    passwords.write_text(json.dumps(dict.fromkeys(PEOPLE, "secret")))
    (home / "secrets.json").write_text(json.dumps({"password": "secret", "jwt": "a" * 96, "key": "b" * 64}))
    environment = {
        "CMFC_STORE": str(root / "store"), "CMFC_LISTS": str(root / "lists"), "CMFC_AUDITS": str(root / "audits"),
        "CMFC_AGENCIES": str(root / "agencies"), "CMFC_AUDIT_KEY": "k" * 40, "CMFC_AUDIT_APPROVERS": "admin,vera",
        "CMFC_CLOCK": "2026-03-05T12:00:00Z",
        "CMFC_CLOCK_FOR_ACTS": "true",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{name}:{role}" for name, role in PEOPLE.items()),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
    }  # fmt: skip
    with LocalAirflow(home, environment) as running:
        yield running


def wait(service: LocalAirflow, path: str, is_ready: Any, patience: float = PATIENCE) -> Any:
    until = time.monotonic() + patience
    while time.monotonic() < until:
        service.refuse_dead()
        try:
            answer = service.ask(path)
            if is_ready(answer):
                return answer
        except urllib.error.HTTPError:
            pass
        time.sleep(0.5)
    raise AssertionError(f"{path} did not come to what was waited for")


def login(service: LocalAirflow, name: str) -> None:
    service._token = ""
    service._token = service.ask("/auth/token", {"username": name, "password": "secret"})["access_token"]


def start(service: LocalAirflow, **changes: Any) -> str:
    login(service, "admin")
    wait(service, DAG, lambda body: body["last_parsed_time"])
    run = service.ask(f"{DAG}/dagRuns", {"logical_date": None, "conf": {**CONF, **changes}})["dag_run_id"]
    wait(service, f"{DAG}/dagRuns/{run}/taskInstances/approve", lambda body: body["state"] == "awaiting_input")
    _wait_until_seen(service, str(run))
    return str(run)


def _wait_until_seen(service: LocalAirflow, run: str) -> None:
    """Until the scheduler has seen the asking process end.

    An answer before that fails the task (Airflow 3.3.2: "finished with state success, but the task instance's state
    attribute is queued"). No person answers that quickly. Only the scheduler's log tells.
    """
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        service.refuse_dead()
        for line in (service.home / "scheduler.log").read_text(encoding="utf-8", errors="replace").splitlines():
            if "Received executor event" in line and "'approve'" in line and run in line:
                return
        time.sleep(0.25)
    raise AssertionError(f"the scheduler did not see the end of what asks in {run}")


def answer(service: LocalAirflow, run: str, option: str, reason: str) -> None:
    body = {"chosen_options": [option], "params_input": {"reason": reason}}
    service.ask(f"{DAG}/dagRuns/{run}/taskInstances/approve/-1/hitlDetails", body, "PATCH")


def steps(service: LocalAirflow, package: str) -> list[Release]:
    with opened(f"sqlite:///{service.home.parent / 'store' / 'ledger.sqlite'}") as ledger:
        return [step for step, _ in list_releases(ledger, "planted", "extract", package)]


def test_who_builds_and_who_is_not_assigned_may_not_answer_and_another_may(service: LocalAirflow) -> None:
    run = start(service)
    for name in ("admin", "otto"):
        login(service, name)
        with pytest.raises(urllib.error.HTTPError) as refused:
            answer(service, run, "Approve", "as_asked")
        assert refused.value.code == 403
    login(service, "vera")
    answer(service, run, "Approve", "as_asked")
    login(service, "admin")
    assert (
        wait(service, f"{DAG}/dagRuns/{run}", lambda body: body["state"] in ("success", "failed"))["state"] == "success"
    )
    audits = service.home.parent / "audits" / "planted"
    assert [(step.decision, step.by) for step in steps(service, "y2025")] == [("built", "admin"), ("released", "vera")]
    assert (audits / "released" / "y2025" / "approval.json").is_file()
    assert (audits / "released" / "y2025" / "verify.py").is_file()


def test_a_refusal_is_noted_and_the_package_is_not_released(service: LocalAirflow) -> None:
    run = start(service, name="refused")
    login(service, "vera")
    answer(service, run, "Refuse", "wrong_request")
    login(service, "admin")
    assert (
        wait(service, f"{DAG}/dagRuns/{run}", lambda body: body["state"] in ("success", "failed"))["state"] == "success"
    )
    audits = service.home.parent / "audits" / "planted"
    last = steps(service, "refused")[-1]
    assert (last.decision, last.reason, last.by) == ("refused", "wrong_request", "vera")
    assert (audits / "refused").is_dir() and not (audits / "released" / "refused").exists()


def test_nothing_of_anybody_is_where_a_viewer_of_airflow_looks(service: LocalAirflow) -> None:
    looked = [path for path in Path(service.home).rglob("*") if path.is_file()]
    assert any(path.name == "airflow.db" for path in looked)
    for path in looked:
        content = path.read_bytes()
        for canary in (*CANARIES, "k" * 40):
            assert canary.encode() not in content, path.name
