"""What surrounds the code: the hooks, the workflow, the list of targets, and the files that a newcomer looks for."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

PROJECT = Path(__file__).resolve().parents[2]
HOOKS = PROJECT / ".pre-commit-config.yaml"
WORKFLOW = PROJECT / ".github" / "workflows" / "ci.yml"


def test_the_hooks_are_local_and_hold(tmp_path: Path) -> None:
    """mypy and the layers are left out here: `make check` runs them just before the tests."""
    repositories = yaml.safe_load(HOOKS.read_text(encoding="utf-8"))["repos"]
    assert {repository["repo"] for repository in repositories} == {"local"}
    languages = {hook["language"] for repository in repositories for hook in repository["hooks"]}
    assert languages <= {"system", "pygrep"}
    around = os.environ | {"PRE_COMMIT_HOME": str(tmp_path), "SKIP": "mypy,lint-imports"}
    command = [sys.executable, "-m", "pre_commit", "run", "--all-files"]
    done = subprocess.run(command, cwd=PROJECT, env=around, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert {line.split("...")[0]: line.rpartition(".")[2] for line in done.stdout.splitlines()} == {
        hook["name"]: "Skipped" if hook["id"] in ("mypy", "lint-imports") else "Passed"
        for hook in repositories[0]["hooks"]
    }


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        ("vendor.github-workflows", WORKFLOW),
        ("vendor.github-issue-config", PROJECT / ".github/ISSUE_TEMPLATE/config.yml"),
    ],
    ids=["workflow", "issues"],
)
def test_what_github_reads_is_valid(schema: str, file: Path) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_workflow_runs_what_runs_here_on_our_python() -> None:
    steps = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"]["everything"]["steps"]
    assert [step["run"] for step in steps if "run" in step] == [".ci/run"]
    assert os.access(PROJECT / ".ci" / "run", os.X_OK)
    versions = [step["with"]["python-version"] for step in steps if "python-version" in step.get("with", {})]
    assert versions == ["3.11"] and project()["requires-python"] == ">=3.11,<3.12"


def test_make_alone_lists_every_target() -> None:
    text = (PROJECT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    assert phony is not None
    done = subprocess.run(["make", "--no-print-directory"], cwd=PROJECT, capture_output=True, text=True, check=True)
    listed = dict(re.findall(r"^make (\w+) +(.+)$", done.stdout, re.MULTILINE))
    assert set(listed) == set(phony[1].split())


def test_the_licence_is_the_one_that_the_package_names() -> None:
    assert project()["license"] == "Apache-2.0"
    assert all((PROJECT / name).is_file() for name in project()["license-files"])
    text = (PROJECT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text and "Version 2.0, January 2004" in text and "9. Accepting Warranty" in text


def project() -> dict[str, object]:
    return dict(tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"])


def test_every_answer_of_the_strangers_test_is_there() -> None:
    text = (PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## The stranger's test")[2]
    answers = re.findall(r"^\| .+\? \| `(.+)` \|$", text, re.MULTILINE)
    assert len(set(answers)) == 10
    new = "plugins/cmfc/law/us/ks/"  # a state that is to be added: its neighbours are there
    assert [answer for answer in answers if answer != new and not list(PROJECT.glob(answer))] == []
    assert (PROJECT / new).parent.is_dir() and new in answers


def test_nobody_is_invented() -> None:
    """No address or account of a person whom nobody could reach."""
    for name in ("CONTRIBUTING.md", "SECURITY.md", "CODE_OF_CONDUCT.md"):
        text = (PROJECT / name).read_text(encoding="utf-8")
        assert not re.search(r"[\w.]+@[\w.]+|(?<![\w/])@\w+", text), name
        assert "the maintainers" in text.lower() or name == "CONTRIBUTING.md"
