"""docker-compose.yaml: valid by the compose schema, and no start without secrets."""

import re
import subprocess
import sys
from pathlib import Path

import yaml

COMPOSE = Path(__file__).resolve().parents[2] / "docker-compose.yaml"


def test_the_compose_file_is_valid() -> None:
    command = ["check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(COMPOSE)]
    done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_nothing_starts_without_its_secrets() -> None:
    text = COMPOSE.read_text(encoding="utf-8")
    assert all(name.endswith(":") for name in re.findall(r"\$\{[A-Z_]+(.)\?", text))
    assert not re.findall(r"\$\{[A-Z_]+\}", text)
    for line in text.splitlines():
        if re.search(r"(PASSWORD|SECRET|KEY)\w*:", line) and "CMFC_HEAD_KEY" not in line:  # a path, and optional
            assert ":?" in line, line


def test_the_image_holds_nothing_that_only_tests_and_documentation_need() -> None:
    dockerfile = COMPOSE.with_name("Dockerfile").read_text(encoding="utf-8")
    assert "uv export --frozen --no-default-groups" in dockerfile


def test_every_service_of_airflow_stands_alone() -> None:
    services = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]
    assert set(services) == {"postgres", "init", "api-server", "scheduler", "dag-processor", "triggerer"}
