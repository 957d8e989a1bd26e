"""Soak tests in named parts that go on where they were stopped (docs/testing.md); a plugin of pytest.

With `--part NAME` (or `all`), each test that held is noted under .local/soak with what it counted. The next run of the
same commit leaves those out, so that a part that was interrupted needs only its rest. Uncommitted changes: from anew.
"""

import json
import subprocess
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parents[2]
STORE = PROJECT / ".local" / "soak"
ALL = "all"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--part", metavar="NAME", help=f"one part of the soak tests, or `{ALL}`, going on where it stopped"
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--part"):
        if getattr(config.option, "numprocesses", None):
            raise pytest.UsageError("--part runs in one process: leave -n out.")
        config.pluginmanager.register(Soak(commit()), "soak-parts")


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Iterator[Counter[str]]:
    """What the test counts; a part's last line has the sums over its tests."""
    counted = Counter[str]()
    yield counted
    request.node.user_properties.append(("figures", dict(counted)))


def part_of(item: pytest.Item) -> str | None:
    """The part that a test names, which each soak test must do."""
    mark = item.get_closest_marker("soak")
    if mark is None:
        return None
    if len(mark.args) != 1 or mark.kwargs:
        raise pytest.UsageError(f'{item.nodeid}: say which part it belongs to, as in @pytest.mark.soak("oracle").')
    return str(mark.args[0])


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        part_of(item)


def commit() -> str:
    """The short name of the commit; a `+` behind it where the files are not what was committed."""

    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=PROJECT, capture_output=True, text=True, check=True).stdout.strip()

    # The pages of figures are what parts write, so they do not count as a change.
    pages = [f":(exclude)docs/reference/{name}.md" for name in ("damage", "faults", "spark")]
    changed = git("status", "--porcelain", "--", ".", *pages)
    return git("rev-parse", "--short=12", "HEAD") + ("+" if changed else "")


class Soak:
    """The tests of the parts that were asked for: which have held, and what they counted."""

    def __init__(self, at: str) -> None:
        self.commit = at
        self.part: dict[str, str] = {}
        self.passed: dict[str, dict[str, int]] = {}
        self.failed: set[str] = set()

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        wish, there = config.getoption("--part"), {part for item in items if (part := part_of(item))}
        if wish not in there | {ALL}:
            raise pytest.UsageError(f"No soak part {wish}. There are: {', '.join(sorted(there))}.")
        self.part = {item.nodeid: part for item in items if (part := part_of(item)) and wish in (part, ALL)}
        for part in set(self.part.values()):
            self.passed |= self._noted(part)
        left = [item for item in items if item.nodeid in self.part and item.nodeid not in self.passed]
        config.hook.pytest_deselected(items=[item for item in items if item not in left])
        items[:] = left

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.add(report.nodeid)
        elif report.when == "call" and report.passed:
            self.passed[report.nodeid] = {}
        elif report.when == "teardown" and report.nodeid in self.passed:
            self.passed[report.nodeid] = dict(report.user_properties).get("figures", {})  # type: ignore[assignment]
            self._note(report.nodeid)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        for part in sorted(set(self.part.values())):
            terminalreporter.write_line(self.line(part))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.part and session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
            session.exitstatus = pytest.ExitCode.OK  # all of them had held before

    def line(self, part: str) -> str:
        tests = {test for test, of in self.part.items() if of == part}
        passed = tests & self.passed.keys() - self.failed
        sums = Counter[str]()
        for test in passed:
            sums.update(self.passed[test])
        counted = "".join(f", {name} {number:,}" for name, number in sorted(sums.items()))
        line = f"soak {part}: {len(passed)} of {len(tests)} tests held, {len(tests & self.failed)} failed{counted}"
        return f"{line}; commit {self.commit}, {datetime.now(UTC):%Y-%m-%d}"

    def _file(self, part: str) -> Path:
        return STORE / part / f"{self.commit}.jsonl"

    def _noted(self, part: str) -> dict[str, dict[str, int]]:
        file = self._file(part)
        if self.commit.endswith("+"):
            file.unlink(missing_ok=True)
        if not file.exists():
            return {}
        whole = [line for line in file.read_text(encoding="utf-8").splitlines(keepends=True) if line.endswith("\n")]
        file.write_text("".join(whole), encoding="utf-8")  # without a line that was cut off when the run was killed
        notes = [json.loads(line) for line in whole]
        return {note["test"]: note["figures"] for note in notes if self.part.get(note["test"]) == part}

    def _note(self, test: str) -> None:
        file = self._file(self.part[test])
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps({"test": test, "figures": self.passed[test]}) + "\n")
