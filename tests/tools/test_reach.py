"""A mutant meets the tests that run its statement, or judge a night that it changes, the quickest first."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.support.places import PROJECT
from tools.mutation import keeper, reach
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


def limit():
    return LIMIT + 1
"""
TESTS = {
    "slow/test_late.py": "from code_under import late\n\ndef test_late():\n    assert late(25)\n\ndef test_other():\n"
    "    assert True\n",
    "quick/test_both.py": "from code_under import early, late\n\ndef test():\n    assert late(25) and not early(2)\n",
    "quick/test_made.py": "import pytest\nfrom code_under import late\n\n@pytest.fixture\ndef made():\n"
    "    return late(25)\n\ndef test(made):\n    assert made\n",
    "quick/test_none.py": "from code_under import limit\n\nlimit()\n\ndef test_none():\n    assert limit()\n",
}
SECONDS = {
    "slow/test_late.py::test_late": 9.0,
    "slow/test_late.py::test_other": 9.0,
    "quick/test_both.py::test": 1.0,
    "quick/test_made.py::test": 2.0,
    "quick/test_none.py::test_none": 0.1,
    f"{reach.SCENARIO}late-report]": 1.0,
    f"{reach.SCENARIO}on-time]": 1.0,
}
SETTINGS = {"late-report": "a", "early-report": "b", "on-time": "a"}
BOTH, MADE, LATE = "quick/test_both.py::test", "quick/test_made.py", "slow/test_late.py::test_late"


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
    for test, seconds in SECONDS.items():
        for _ in ("setup", "call"):
            clock.pytest_runtest_logreport(SimpleNamespace(nodeid=test, duration=seconds / 2))
    reach.note(shared, root, clock, 70.0, SETTINGS)
    return shared


def of(shared: Path, words: str, tests: list[str], path: str = "code_under.py") -> reach.Rounds:
    at = CODE.index(words)
    return reach.rounds(shared, Site(path, at, at + 1, "", "comparison", False), CODE.encode(), tests, None)


def test_only_tests_that_run_the_statement_are_asked_and_then_their_files(shared: Path) -> None:
    assert of(shared, "> LIMIT", ["quick", "slow"]) == [
        [BOTH, MADE, LATE],
        ["quick/test_both.py", MADE, "slow/test_late.py"],
        ["worlds"],
    ]
    assert of(shared, "< 1", ["slow", "quick"]) == [[BOTH], ["quick/test_both.py"], ["worlds"]]
    assert of(shared, "True", ["slow", "quick"]) == [["worlds"]]
    assert of(shared, "> LIMIT", ["slow"])[0] == [LATE]
    assert of(shared, "> LIMIT", ["slow", "quick"])[0] == [LATE, BOTH, MADE]
    assert reach.cpu_seconds(shared) == 70.0


def test_what_runs_beside_the_tests_too_meets_all_after_those_that_run_it(shared: Path) -> None:
    assert of(shared, "+ 1", ["slow", "quick"]) == [["quick/test_none.py::test_none"], ["slow", "quick"], ["worlds"]]


def test_what_runs_on_import_and_sql_meet_all(shared: Path) -> None:
    assert of(shared, "24", ["slow", "quick"]) == [["slow", "quick"], ["worlds"]]
    assert of(shared, "> LIMIT", ["slow", "quick"], "a.sql") == [["slow", "quick"], ["worlds"]]


def test_sql_of_the_core_meets_the_tests_of_the_nights_that_it_changes(shared: Path) -> None:
    site = Site(f"{reach.CORE}steps/070_episodes.sql", 0, 1, "", "comparison", is_sql=True)
    assert reach.is_surveyed(site)

    def changed(*names: str) -> reach.Rounds:
        return reach.rounds(shared, site, b"", ["slow", "quick"], names)

    assert changed() == []
    assert changed("worlds") == [["worlds"]]
    assert changed(f"{LATE} (call)", "worlds", f"{BOTH} (call)") == [["worlds"], [LATE, BOTH]]
    assert changed("quick/test_made.py::test (setup)") == [[MADE]]
    assert changed(f"{BOTH} (call)", keeper.MORE) == [[BOTH], ["tests/scenarios/test_scenarios.py"]]
    together = [f"{reach.SCENARIO}{slug}]" for slug in ("late-report", "on-time")]
    assert changed(f"{together[0]} (call)") == [together]


def test_what_only_spark_runs_meets_its_tests(shared: Path) -> None:
    site = Site(f"{reach.CORE}spark_engine.py", 0, 1, "", "comparison", is_sql=False)
    rounds = reach.rounds(shared, site, b"", ["tests/reconcile", "tests/scenarios"], None)
    assert rounds == [["tests/reconcile"], ["tests/reconcile/test_spark.py"]]
    assert all((PROJECT / path).exists() for judges in rounds for path in judges)
