"""A part of the soak tests goes on where it stopped, and counts what held before (tests/support/soak.py)."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.places import PROJECT

CONFTEST = """
import pathlib
import tests.support.soak
tests.support.soak.STORE = pathlib.Path(__file__).parent / "store"
tests.support.soak.commit = lambda: pathlib.Path(__file__).with_name("commit").read_text()
pytest_plugins = ["tests.support.soak"]
"""
TESTS = """
import pathlib
import pytest

@pytest.mark.soak("seeds")
@pytest.mark.parametrize("seed", range(4))
def test_seed(seed, figures):
    figures.update(seeds=1, worlds=1000)
    with open(pathlib.Path(__file__).with_name("ran"), "a") as ran:
        ran.write(str(seed))
    assert seed != 2 or pathlib.Path(__file__).with_name("mended").exists()

@pytest.mark.soak("other")
def test_other():
    pass

def test_quick():
    pass
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_parts.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = soak(part): long\n")
    (tmp_path / "commit").write_text("abc123")
    return tmp_path


def run(project: Path, part: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "soak", "--part", part]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def ran(project: Path) -> str:
    record = project / "ran"
    text = record.read_text() if record.exists() else ""
    record.unlink(missing_ok=True)
    return text


def test_what_held_is_left_out_and_still_counted(project: Path) -> None:
    status, output = run(project, "seeds")
    assert (status, ran(project)) == (1, "0123")
    assert "soak seeds: 3 of 4 tests held, 1 failed, seeds 3, worlds 3,000; commit abc123, " in output
    assert "soak other" not in output
    (project / "mended").touch()
    status, output = run(project, "seeds")
    assert (status, ran(project)) == (0, "2")
    assert "soak seeds: 4 of 4 tests held, 0 failed, seeds 4, worlds 4,000; commit abc123, " in output
    status, output = run(project, "all")
    assert (status, ran(project)) == (0, "")
    assert "soak other: 1 of 1 tests held" in output and "soak seeds: 4 of 4 tests held" in output
    assert run(project, "all")[0] == 0  # nothing is left to do


def test_a_killed_run_goes_on_and_another_commit_begins_anew(project: Path) -> None:
    (project / "mended").touch()
    notes = project / "store" / "seeds" / "abc123.jsonl"
    run(project, "seeds")
    ran(project)
    notes.write_text("".join(notes.read_text().splitlines(keepends=True)[:3]) + '{"test": "test_pa')
    assert run(project, "seeds")[0] == 0 and ran(project) == "3"
    for commit in ("def456", "def456+", "def456+"):  # the sign of uncommitted changes: never gone on with
        (project / "commit").write_text(commit)
        assert run(project, "seeds")[0] == 0 and ran(project) == "0123"


def test_a_part_that_is_not_there_is_refused_with_those_that_are(project: Path) -> None:
    status, output = run(project, "sedes")
    assert status == pytest.ExitCode.USAGE_ERROR
    assert "No soak part sedes. There are: other, seeds." in output


def test_a_soak_test_without_a_part_is_refused(project: Path) -> None:
    (project / "test_parts.py").write_text("import pytest\n\n@pytest.mark.soak\ndef test_it():\n    pass\n")
    assert "say which part it belongs to" in run(project, "all")[1]
