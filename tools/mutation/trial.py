"""One mutant before its judges, in a process of its own that was forked with the heavy libraries already imported."""

import json
import os
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.mutation import keeper, reach

SURVIVED, KILLED, INVALID = 0, 10, 12
FAILED = 1
"""The trial itself went wrong: that says nothing of the mutant."""
PATIENCE, WALL_SECONDS = 2, 4 * 3600
"""A mutant that takes this many times what the baseline took of the processor has been noticed; one that waits for ever
ends by the clock."""
INVALID_WORDS = ("ParserException", "BinderException", "CatalogException", "SyntaxError:")
"""A mutant that the database or Python cannot read proves nothing of the tests."""
NO_CONFTEST = "ImportError while loading conftest"
"""How pytest begins to say that the project cannot be imported, which it takes for wrong usage."""
OVER = "out of time"
"""By what a mutant survived that was not before all its judges."""

EVERYWHERE = ("tests/scenarios", "tests/property")
LEFT_OUT = ("tests/property/test_against_oracle.py", "tests/property/test_oracle_alone.py", reach.SPARK)
"""The worlds have been judged before; the second asks the oracle alone; Spark's judges what is its own."""
BY_ROOM = {
    "feeds": ("tests/feeds", "tests/timing"),
    "validation": ("tests/validation",),
    "timing": ("tests/timing",),
    "law": ("tests/law",),
    "matching": ("tests/matching",),
    "reconcile": ("tests/reconcile", "tests/worklists/test_times.py", "tests/ledger/test_continuity.py",
                  "tests/ledger/test_many_children.py", "tests/audit_extract/test_package.py"),
    "findings": ("tests/ledger/test_life.py", "tests/ledger/test_machine.py", "tests/ledger/test_ended.py",
                 "tests/ledger/test_past.py"),
}  # fmt: skip
"""What judges a room beside scenarios and properties; what is not there is passed over."""


def import_libraries() -> None:
    """What every trial needs and no mutant changes; the project's own code is not among it."""
    import duckdb  # noqa: F401
    import great_expectations  # noqa: F401
    import holidays  # noqa: F401
    import hypothesis  # noqa: F401
    import openpyxl  # noqa: F401
    import pandas  # noqa: F401
    import pyarrow.parquet  # noqa: F401
    import pydantic  # noqa: F401
    import pytest  # noqa: F401
    import scipy.stats  # noqa: F401
    import splink  # noqa: F401
    import sqlalchemy  # noqa: F401
    import structlog  # noqa: F401
    import typer  # noqa: F401
    import xdist  # noqa: F401


def judges(root: Path, rooms: Sequence[str]) -> list[str]:
    """The tests of the rooms that are there, and then those of everything."""
    own = [path for room in rooms for pattern in BY_ROOM.get(room, ()) for path in sorted(root.glob(pattern))]
    return list(dict.fromkeys([*(path.relative_to(root).as_posix() for path in own), *EVERYWHERE]))


def fork(
    tree: Path,
    shared: Path,
    rounds: reach.Rounds,
    log: Path,
    baseline_jobs: int = 0,
    seconds: float = WALL_SECONDS,
) -> int:
    """Starts a trial of the tree as it stands; gives the id of its process, whose end says how it went.

    Args:
        tree: a copy of the project, with the mutant in it.
        shared: where the baseline left the worlds, what Great Expectations said, and what each test reaches.
        rounds: what judges it, in this order.
        log: where what the trial writes goes; `log`.json says who killed the mutant.
        baseline_jobs: not 0: nothing is mutated, and the one round runs in this many processes, which leave in `shared`
            what the trials need.
        seconds: how long tests are asked; the worlds are asked in any case.
    """
    process = os.fork()
    if process:
        return process
    code = FAILED
    try:
        _enter(tree, log, None if baseline_jobs else reach.cpu_seconds(shared))
        with tempfile.TemporaryDirectory(prefix="cmfc-mutant-") as scratch:
            trial = Trial(tree, shared, rounds, log, Path(scratch), Passed(seconds))
            code = trial.baseline(baseline_jobs) if baseline_jobs else trial.run()
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _enter(tree: Path, log: Path, usual: float | None) -> None:
    """Makes the copy the only project that this process can import from; `usual` is the baseline's CPU seconds."""
    os.chdir(tree)
    if usual is not None:
        limit = round(usual * PATIENCE) + 60
        signal.alarm(WALL_SECONDS)
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))
    here = str(Path(__file__).resolve().parents[2])
    sys.path[:] = [str(tree / "plugins"), str(tree), *(path for path in sys.path if path not in ("", here))]
    sys.dont_write_bytecode = usual is not None
    with log.open("w") as stream:
        os.dup2(stream.fileno(), 1)
        os.dup2(stream.fileno(), 2)


class Passed:
    """A plugin of pytest: a test that an earlier round ran is not run again, and none when the time is over."""

    def __init__(self, seconds: float) -> None:
        self.names: set[str] = set()
        self.deadline = time.monotonic() + seconds

    def pytest_sessionstart(self, session: Any) -> None:
        """Keeps what can be stopped."""
        self.session = session

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        """Leaves out what has run; of scenarios all or none, as their night is that of those that are to be run."""
        scenarios = {item.nodeid for item in items if item.nodeid.startswith(reach.SCENARIO)}
        done = self.names - (set() if scenarios <= self.names else scenarios)
        items[:] = [item for item in items if item.nodeid not in done]

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Notes what has run."""
        self.names.add(nodeid)
        if self.is_over():
            self.session.shouldstop = OVER

    def is_over(self) -> bool:
        """Whether no further test is asked."""
        return time.monotonic() > self.deadline


@dataclass(frozen=True)
class Trial:
    """What a trial needs."""

    tree: Path
    shared: Path
    rounds: reach.Rounds
    log: Path
    scratch: Path
    passed: Passed

    def baseline(self, jobs: int) -> int:
        """All judges must hold of the code as it is; keeps their nights and what each of them reached."""
        from tests.scenarios.scenario import SLUGS, scenario
        from tools.mutation import worlds

        os.environ[keeper.SHARED] = str(self.shared)
        keeper.pytest_configure()
        worlds.prepare(self.shared)
        if objection := worlds.disagreement(self.shared, self.scratch):
            print(objection)
            return KILLED
        clock = reach.Clock()
        os.environ["COVERAGE_FILE"] = str(self.shared / reach.CONTEXTS)
        measured = ["--cov", "--cov-context=test", "--cov-report=", "--cov-fail-under=0"]
        more = [f"-n{jobs}", "-p", keeper.__name__, *measured]
        code = self._pytest(self.rounds[0], *more, plugins=[clock])
        used = os.times()
        cpu = used.user + used.system + used.children_user + used.children_system
        if code == 0:
            reach.note(self.shared, self.tree, clock, cpu, {slug: scenario(slug).setting for slug in SLUGS})
        return code

    def run(self) -> int:
        """One round after the other, until one notices."""
        for judges_of_round in self.rounds:
            is_worlds = judges_of_round == [keeper.WORLDS]
            if self.passed.is_over() and not is_worlds:
                continue
            if objection := self._disagreement() if is_worlds else self._failing_test(judges_of_round):
                return self._noticed(objection)
        if self.passed.is_over():
            self._note(OVER)
        return SURVIVED

    def _note(self, by: str) -> None:
        self.log.with_suffix(".json").write_text(json.dumps({"by": by}))

    def _noticed(self, objection: str) -> int:
        sys.stdout.flush()
        sys.stderr.flush()
        self._note(objection)
        return INVALID if any(word in self.log.read_text(errors="replace") for word in INVALID_WORDS) else KILLED

    def _disagreement(self) -> str | None:
        from tools.mutation import worlds

        try:
            return worlds.disagreement(self.shared, self.scratch)
        except Exception as error:
            traceback.print_exc()
            return f"worlds: {type(error).__name__}"

    def _failing_test(self, tests: Sequence[str]) -> str | None:
        keeper.recall(self.shared)
        import pytest

        code = self._pytest(tests, "-n0", plugins=[self.passed])
        is_over = code == pytest.ExitCode.INTERRUPTED and self.passed.is_over()
        if is_over or code in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            return None
        sys.stdout.flush()
        sys.stderr.flush()
        lines = self.log.read_text(errors="replace").splitlines()
        if code == pytest.ExitCode.USAGE_ERROR and not any(line.startswith(NO_CONFTEST) for line in lines):
            raise LookupError("pytest knows no such test")
        failed = [line.split(" - ")[0] for line in lines if line.startswith(("FAILED", "ERROR"))]
        return failed[-1] if failed else f"pytest ended with {code}"

    def _pytest(self, tests: Sequence[str], *more: str, plugins: Sequence[object]) -> int:
        import pytest

        options = ["-x", "-q", "-m", "not soak", "-p", "no:cacheprovider", "-p", keeper.TRUTHS, "--tb=short",
                   "--durations=10", f"--rootdir={self.tree}", f"--basetemp={self.scratch / 'pytest'}"]  # fmt: skip
        options += [f"--ignore={path}" for path in LEFT_OUT if path not in tests]
        return int(pytest.main([*options, *more, *tests], plugins=plugins))
