"""docker-compose.yaml: valid, whole, in an order that comes up, every setting passed; and the tool that starts it.

It is started, with a night, a backup and a restore, in tests/e2e/test_compose.py.
"""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from cmfc.settings import REVIEW_ROLES, Settings, meanings
from tests.support.access_table import REVIEW, routes_of
from tests.support.places import PROJECT
from tools.compose_images import Places, program_of
from tools.compose_local import NotUp, ordered, read_compose, read_env, waits_for
from tools.compose_text import filled, seconds

COMPOSE = PROJECT / "docker-compose.yaml"
TEXT = COMPOSE.read_text(encoding="utf-8")
RAW: dict[str, dict[str, Any]] = yaml.safe_load(TEXT)["services"]
OURS = {"init", "api-server", "scheduler", "dag-processor", "triggerer", "cleanup", "cli"}
FOR_TESTS = {"CMFC_CLOCK", "CMFC_CLOCK_FOR_ACTS"}
FOR_PEOPLE = {"CMFC_AUDIT_KEY_NEXT"}
SET = dict.fromkeys(re.findall(r"\$\{(\w+):\?", TEXT), "x")


def test_the_compose_file_is_valid() -> None:
    command = ["check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(COMPOSE)]
    done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", sorted(SET))
def test_nothing_starts_without_its_secrets(name: str) -> None:
    read_compose(SET)
    for missing in ({**SET, name: ""}, {key: value for key, value in SET.items() if key != name}):
        with pytest.raises(KeyError, match=f"set {name}"):
            read_compose(missing)


def test_no_secret_has_a_default() -> None:
    for name, default in re.findall(r"\$\{(\w*(?:PASSWORD|SECRET|KEY)\w*)(:\?|:-[^}]?)", TEXT):
        assert default == (":-" if name in ("CMFC_HEAD_KEY", "CMFC_AUDIT_KEY_NEXT") else ":?"), name


def test_the_image_holds_nothing_that_only_tests_and_documentation_need() -> None:
    dockerfile = COMPOSE.with_name("Dockerfile").read_text(encoding="utf-8")
    assert "uv export --frozen --no-default-groups --extra fab " in dockerfile


def test_every_service_stands_alone_and_what_stays_says_how_it_is() -> None:
    assert set(RAW) == OURS | {"postgres", "backup", "restore"}
    for name, service in RAW.items():
        if service["restart"] == "no":
            assert service.get("profiles") == ["tools"] or all(
                waits_for(other).get(name) == "service_completed_successfully"
                for key, other in RAW.items()
                if key in OURS - {"init", "cli"}
            )
        else:
            check = service["healthcheck"]
            assert check["test"][0] in ("CMD", "CMD-SHELL") and check["retries"] > 1
            assert seconds(check["timeout"]) <= seconds(check["interval"]) <= 60, name
        assert re.fullmatch(r"\d+g", service["deploy"]["resources"]["limits"]["memory"]), name
        assert service["logging"]["options"] == {"max-size": "20m", "max-file": "5"}


def test_services_come_up_after_those_that_they_wait_for() -> None:
    order = ordered(RAW)
    assert order[:3] == ["postgres", "init", "api-server"] and set(order) == set(RAW) - {"cli", "backup", "restore"}
    assert waits_for(RAW["init"]) == {"postgres": "service_healthy"}
    for name in ("scheduler", "dag-processor", "triggerer"):
        assert waits_for(RAW[name])["api-server"] == "service_healthy"
    with pytest.raises(NotUp):
        ordered({"a": {"depends_on": {"b": {"condition": "x"}}}, "b": {"depends_on": {"a": {"condition": "x"}}}})


def test_every_setting_is_passed_to_every_service_with_its_own_default() -> None:
    settings = {f"CMFC_{name.upper()}" for name in Settings.model_fields}
    for service in OURS:
        passed = {name: str(value) for name, value in RAW[service]["environment"].items() if name.startswith("CMFC_")}
        assert set(passed) == settings - FOR_TESTS - (FOR_PEOPLE if service != "cli" else set()), service
        for name, value in passed.items():
            field = Settings.model_fields[name.removeprefix("CMFC_").lower()]
            default = re.fullmatch(r"\$\{" + name + r"(:\?[^}]+|:-(.*))\}", value)
            if name in ("CMFC_LEDGER", "CMFC_LEDGER_DESK"):
                assert "@postgres/cmfc" in value, "the ledger is in PostgreSQL where nobody says otherwise"
            elif default is None:
                assert value.startswith(("/var/lib/cmfc/", "/etc/cmfc/")), name  # a folder of the container
            elif default[2] is not None:
                plain = (
                    field.default.get_secret_value() if hasattr(field.default, "get_secret_value") else field.default
                )
                assert default[2].lower() == ("" if isinstance(plain, dict) else str(plain).lower()), name


def test_an_empty_variable_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in read_compose(SET)["services"]["scheduler"]["environment"].items():
        if name.startswith("CMFC_"):
            monkeypatch.setenv(name, value)
    settings = Settings()
    assert settings.review_roles == REVIEW_ROLES and settings.review_offices == {} and settings.late_hour == 7


def test_the_example_names_each_variable_and_the_reference_each_setting() -> None:
    variables = set(re.findall(r"\$\{([A-Z_]+)", TEXT))
    example = (PROJECT / ".env.example").read_text(encoding="utf-8")
    named = re.findall(r"^#? ?([A-Z_]+)=", example, re.MULTILINE)
    assert sorted(named) == sorted(variables), "each once"
    reference = (PROJECT / "docs" / "reference" / "settings.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `CMFC_(\w+)` \|", reference, re.MULTILINE) == [name.upper() for name in meanings()]


def test_the_example_can_be_read_and_its_roles_are_a_setting() -> None:
    example = PROJECT / ".env.example"
    settings = dict(re.findall(r"^# ([A-Z_]+)='(.*)'$", example.read_text(encoding="utf-8"), re.MULTILINE))
    assert set(settings) == {"CMFC_REVIEW_ROLES", "CMFC_REVIEW_OFFICES", "CMFC_REVIEW_DEFAULT_OFFICES"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(name, value)
        assert Settings().review_roles["Demo desk"] == "demo/reviewer"
    assert read_env(example)["AIRFLOW_BASE_URL"] == "http://localhost:8080"


def test_who_serves_people_and_who_runs_nights_have_accounts_of_their_own() -> None:
    environments = {
        name: service["environment"]
        for name, service in read_compose({**SET, "POSTGRES_PASSWORD": "own"})["services"].items()
    }
    accounts = {name: re.findall(r"//(\w+):", environments[name]["CMFC_LEDGER"])[0] for name in OURS}
    assert accounts == {**dict.fromkeys(OURS, "night"), "init": "postgres", "api-server": "desk"}
    holds = {
        name for name, environment in environments.items() if any("own" in str(value) for value in environment.values())
    }
    assert holds == {"postgres", "init", "backup", "restore"}


def test_code_is_in_the_image_and_mappings_must_be_there() -> None:
    for name in OURS:
        targets = [v["target"] if isinstance(v, dict) else v.split(":")[1] for v in RAW[name]["volumes"]]
        assert targets == ["/etc/cmfc/agencies", "/var/lib/cmfc", "/opt/airflow/logs"], name
        assert RAW[name]["volumes"][0]["bind"] == {"create_host_path": False} and RAW[name]["volumes"][0]["read_only"]
    dockerfile = (PROJECT / "Dockerfile").read_text(encoding="utf-8")
    for folder in ("dags", "plugins", "expectations", "deploy"):
        assert f"COPY --chown=airflow:root {folder} /opt/airflow/{folder}\n" in dockerfile
    assert "RUN install -d -o airflow -g root -m 0700 /var/lib/cmfc " in dockerfile
    folders = re.findall(r"/var/lib/cmfc/(\w+)", dockerfile)
    assert {f"/var/lib/cmfc/{name}" for name in folders} == {
        str(RAW["scheduler"]["environment"][f"CMFC_{name}"]) for name in ("STORE", "LISTS", "AUDITS")
    }


def test_the_table_of_who_may_see_what_has_every_route_of_the_page() -> None:
    from cmfc.review.access import Person, Role
    from cmfc.review.app import build_app

    assert routes_of(build_app(lambda: Person("x", Role.VIEWER), "secret")) == set(REVIEW)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${A}", "a"), ("${A:-b}", "a"), ("${E:-b}", "b"), ("${E-b}", ""), ("${N-b}", "b"), ("${N}", ""),
        ("x${A}y$$z", "xay$z"), ("${N:-${A}@${E:-e}}.", "a@e."), ("${A:?no}", "a"), ("${E?no}", ""),
    ],
)  # fmt: skip
def test_variables_are_filled_in_as_compose_does(text: str, value: str) -> None:
    assert filled({"key": [text]}, {"A": "a", "E": ""}) == {"key": [value]}


UNREADABLE = {"${N:?no}": KeyError, "${E:?no}": KeyError, "${A": ValueError, "$A": ValueError, "${A:=b": ValueError,
              "${N:+b}": ValueError}  # fmt: skip


@pytest.mark.parametrize(("text", "error"), UNREADABLE.items())
def test_what_cannot_be_filled_in_is_refused(text: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        filled(text, {"A": "a", "E": ""})


def test_durations_are_read() -> None:
    assert [seconds(text) for text in ("5s", "1m30s", "1500ms", "2h")] == [5, 90, 1.5, 7200]
    with pytest.raises(ValueError, match="not a duration"):
        seconds("5")


def test_containers_folders_names_and_ports_are_put_in_their_place(tmp_path: Path) -> None:
    places = Places(tmp_path, PROJECT, read_compose(SET)["services"])
    port, data = places.port("api-server", 8080), tmp_path / "volumes" / "store"
    assert places.local("/var/lib/cmfc/store", "scheduler") == str(data / "store")
    assert places.local("/var/lib/cmfcx /x/var/lib/cmfc", "scheduler") == "/var/lib/cmfcx /x/var/lib/cmfc"
    assert places.local("find /opt/airflow/logs/.cleaned", "cleanup") == f"find {tmp_path}/airflow/logs/.cleaned"
    assert places.local("http://api-server:8080/x", "scheduler") == f"http://127.0.0.1:{port}/x"
    assert places.local("http://localhost:8080/x", "api-server") == f"http://127.0.0.1:{port}/x"
    assert places.local("http://localhost:8080/x", "scheduler") == "http://localhost:8080/x"
    database = places.port("postgres", 5432)
    assert places.local("postgresql+psycopg2://postgres:p@postgres/cmfc", "init") == (
        f"postgresql+psycopg2://postgres:p@127.0.0.1:{database}/cmfc"
    )
    assert places.local("postgres", "cli") == "postgres", "a type of connection is no host"
    assert (tmp_path / "airflow" / "deploy" / "init.sh").is_file()


def test_an_image_s_entrypoint_puts_airflow_before_its_own_commands() -> None:
    assert program_of(RAW["scheduler"], ["scheduler"]) == ["airflow", "scheduler"]
    assert program_of(RAW["cli"], ["bash", "-c", "cmfc health"]) == ["bash", "-c", "cmfc health"]
    assert program_of(RAW["restore"], ["bash", "/deploy/restore.sh", "x"]) == ["bash", "/deploy/restore.sh", "x"]


@pytest.mark.parametrize("script", sorted((PROJECT / "deploy").glob("*.sh")), ids=lambda path: path.name)
def test_scripts_can_be_read_by_bash(script: Path) -> None:
    assert subprocess.run(["bash", "-n", str(script)], capture_output=True, check=False).stderr == b""
