"""A mutant of Python meets the test files that run its statement, the quickest first."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tools.mutation import reach
from tools.mutation.site import Site

CODE = """LIMIT = 24


def late(hours):
    return (
        hours
        > LIMIT
    )


def early(hours):
    if hours < 1:
        return True
    return False
"""
TESTS = {
    "slow/test_late.py": "from code_under import late\n\ndef test_late():\n    assert late(25)\n",
    "quick/test_both.py": "from code_under import early, late\n\ndef test():\n    assert late(25) and not early(2)\n",
    "quick/test_none.py": "def test_none():\n    assert True\n",
}
SECONDS = {"slow/test_late.py": 9.0, "quick/test_both.py": 1.0, "quick/test_none.py": 0.1}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root, shared = tmp_path_factory.mktemp("tree"), tmp_path_factory.mktemp("shared")
    (root / "code_under.py").write_text(CODE)
    for path, text in TESTS.items():
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text(text)
    env = {**os.environ, "COVERAGE_FILE": str(shared / reach.CONTEXTS), "PYTHONPATH": str(root)}
    command = [sys.executable, "-m", "pytest", "-q", "--cov=code_under", "--cov-context=test", "--cov-report="]
    subprocess.run([*command, "slow", "quick"], cwd=root, env=env, check=True, capture_output=True)
    clock = reach.Clock()
    for file, seconds in SECONDS.items():
        for phase in ("setup", "call"):
            clock.pytest_runtest_logreport(SimpleNamespace(nodeid=f"{file}::test[{phase}]", duration=seconds / 2))
    reach.note(shared, root, clock, 70.0)
    return shared


def of(shared: Path, words: str, tests: list[str], path: str = "code_under.py") -> list[str]:
    at = CODE.index(words)
    return reach.selected(shared, Site(path, at, at + 1, "", "comparison", False), CODE.encode(), tests)


def test_only_files_that_run_the_statement_are_asked(shared: Path) -> None:
    assert of(shared, "> LIMIT", ["slow", "quick"]) == ["quick/test_both.py", "slow/test_late.py"]
    assert of(shared, "< 1", ["slow", "quick"]) == ["quick/test_both.py"]
    assert of(shared, "True", ["slow", "quick"]) == []
    assert of(shared, "> LIMIT", ["slow"]) == ["slow/test_late.py"]
    assert reach.cpu_seconds(shared) == 70.0


def test_what_runs_on_import_and_sql_meet_all(shared: Path) -> None:
    assert of(shared, "24", ["slow", "quick"]) == ["slow", "quick"]
    assert of(shared, "> LIMIT", ["slow", "quick"], "a.sql") == ["slow", "quick"]
