"""Which tests can notice a mutant: those that run its statement, or judge a night that it changes."""

import ast
import json
import pickle
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from tools.mutation.keeper import MORE, WORLDS
from tools.mutation.site import Site

FILE, CONTEXTS = "reach.json", "contexts"
"""In the folder that trials share: what the baseline noted, and coverage's own data."""
CORE = "plugins/cmfc/reconcile/"
SPARK = "tests/reconcile/test_spark.py"
"""Judges what is Spark's alone; of anything else a mutant is the same on both engines, and DuckDB is quicker."""
SCENARIO = "tests/scenarios/test_scenarios.py::test_scenario["
"""Scenarios of one setting are one night, which the first of them judges."""
Rounds = list[list[str]]
"""What judges a mutant, one round after the other: tests as pytest names them, or the worlds alone."""


@dataclass(eq=False)
class Clock:
    """A plugin of pytest that adds up the seconds of each test, set-up and teardown with it, and of each file."""

    seconds: dict[str, float] = field(default_factory=dict)

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Adds one phase of one test."""
        for name in (report.nodeid, report.nodeid.partition("::")[0]):
            self.seconds[name] = self.seconds.get(name, 0.0) + report.duration


def note(shared: Path, root: Path, clock: Clock, cpu_seconds: float, settings: Mapping[str, str]) -> None:
    """Keeps for the trials what the baseline took, in the tree at root, and the settings of scenarios."""
    noted = {"cpu_seconds": cpu_seconds, "seconds": clock.seconds, "root": str(root), "settings": dict(settings)}
    (shared / FILE).write_text(json.dumps(noted), encoding="utf-8")


def cpu_seconds(shared: Path) -> float:
    """What the baseline took of the processor."""
    return float(_noted(shared)["cpu_seconds"])


def survey(shared: Path, root: Path, sites: Sequence[Site], jobs: int) -> dict[Site, list[str] | None]:
    """Asks of each mutant in a file of the core's SQL which kept nights it changes (tools/mutation/nights.py).

    Returns:
        By mutant the names of those nights' tests; None where the database cannot read it. Each is asked once.
    """
    kept = shared / "survey.pickle"
    known: dict[Site, list[str] | None] = pickle.loads(kept.read_bytes()) if kept.exists() else {}
    if asked := [site for site in sites if site not in known]:
        (shared / "sites.pickle").write_bytes(pickle.dumps(asked))
        command = [sys.executable, "-m", "tools.mutation.nights", str(shared)]
        running = [subprocess.Popen([*command, str(n), str(jobs)], cwd=root) for n in range(jobs)]
        ends = [process.wait() for process in running]
        if any(ends):
            sys.exit("The nights of the baseline cannot be judged again.")
        parts = [json.loads((shared / f"changed-{n}.json").read_text(encoding="utf-8")) for n in range(jobs)]
        for site, *lists in zip(asked, *parts, strict=True):
            known[site] = None if None in lists else sorted(set().union(*lists))
        kept.write_bytes(pickle.dumps(known))
    return {site: known[site] for site in sites}


def is_surveyed(site: Site) -> bool:
    """Whether `survey` can answer."""
    return site.path.startswith(CORE) and site.path.endswith(".sql")


def rounds(shared: Path, site: Site, source: bytes, tests: list[str], changed: Sequence[str] | None) -> Rounds:
    """What is to judge a mutant.

    Args:
        shared: where `note` wrote.
        site: the mutant.
        source: its file without it.
        tests: files and folders of tests that judge its room.
        changed: what `survey` said of it; None: it was not asked.

    Returns:
        Of the core's SQL the worlds and tests of the nights that change, and where these are many all scenarios. Of
        other SQL, and of Python that runs on import, all tests, then the worlds. Of Python that only Spark runs, those
        of Spark. Of other Python the tests that run the statement, then the files that these lie in, as one test's
        fixture serves another, or all tests where it also runs outside of them, as in processes that they start; the
        worlds last. What a cached function did for an earlier file is not known: such a mutant meets too few tests and
        may be called a survivor, never killed, for it.
    """
    if site.path.startswith(f"{CORE}spark_"):
        return [["tests/reconcile"], [SPARK]]  # the first leaves it out
    if changed is not None:
        names = set(changed) - {WORLDS, MORE}
        exact = {name.rpartition(" (")[0] if name.endswith("(call)") else name.partition("::")[0] for name in names}
        asked = [[WORLDS] if WORLDS in changed else [], _in_order(shared, exact, tests)]
        asked.append([SCENARIO.partition("::")[0]] if MORE in changed else [])
        return [judges for judges in asked if judges]
    contexts = _contexts(shared, site, source)
    if contexts is None:
        return [tests, [WORLDS]]
    ours = {name for name in contexts if any(_is_in(name, test) for test in tests)}
    exact = {name.rpartition("|")[0] if name.endswith("|run") else name.partition("::")[0] for name in ours}
    files = {name.partition("::")[0] for name in exact}
    others = tests if "" in contexts else _in_order(shared, files, tests)
    return [judges for judges in (_in_order(shared, exact, tests), others, [WORLDS]) if judges]


def _contexts(shared: Path, site: Site, source: bytes) -> set[str] | None:
    """The tests, with their phase, that run a function's statement, "" for what else does; None if it is of none."""
    line = site.line(source)
    if not site.path.endswith(".py") or not is_in_function(source, line):
        return None
    lines = _lines(shared, site.path)
    return {name for number in statement(source, line) for name in lines.get(number, ())}


@cache
def _lines(shared: Path, path: str) -> dict[int, list[str]]:
    from coverage import CoverageData

    lines: dict[int, list[str]] = {}
    for file in sorted(shared.glob(f"{CONTEXTS}*")):
        data = CoverageData(basename=str(file))
        data.read()
        for line, contexts in data.contexts_by_lineno(str(Path(_noted(shared)["root"]) / path)).items():
            lines.setdefault(line, []).extend(contexts)
    return lines


def _in_order(shared: Path, names: set[str], tests: Sequence[str]) -> list[str]:
    """Names in the order of `tests`, in each the quickest file first; a scenario with all those of its night."""
    noted = _noted(shared)
    settings, seconds = noted["settings"], noted["seconds"]
    nights = {settings[name.removeprefix(SCENARIO)[:-1]] for name in names if name.startswith(SCENARIO)}
    names = names | {f"{SCENARIO}{slug}]" for slug, setting in settings.items() if setting in nights}
    places = {name: next((n for n, test in enumerate(tests) if _is_in(name, test)), len(tests)) for name in names}
    return sorted(names, key=lambda name: (places[name], seconds[name.partition("::")[0]], seconds[name], name))


def _is_in(name: str, test: str) -> bool:
    return name == test or name.startswith((f"{test}::", f"{test}/"))


def is_in_function(source: bytes, line: int) -> bool:
    """Whether the line is in a function's body: what is not runs on import, for every test alike."""
    functions = (n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
    return any(node.body[0].lineno <= line <= (node.end_lineno or 0) for node in functions)


def statement(source: bytes, line: int) -> range:
    """The lines of the innermost statement that holds a line; of one with a body (a loop), those before the body."""
    smallest = range(line, line + 1)
    size = len(source)
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.stmt) or node.end_lineno is None:
            continue
        body = getattr(node, "body", None) or getattr(node, "cases", None)
        first = getattr(body[0], "lineno", None) or body[0].pattern.lineno if body else None
        lines = range(node.lineno, max(first, node.lineno + 1) if first else node.end_lineno + 1)
        if line in lines and len(lines) < size:
            smallest, size = lines, len(lines)
    return smallest


@cache
def _noted(shared: Path) -> Any:
    return json.loads((shared / FILE).read_text(encoding="utf-8"))
