"""Which test files run a line of Python, and how long each takes: a mutant meets only those, the quickest first."""

import ast
import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from tools.mutation.site import Site

FILE, CONTEXTS = "reach.json", "contexts"
"""In the folder that trials share: what the baseline noted, and coverage's own data."""


@dataclass(eq=False)
class Clock:
    """A plugin of pytest that adds up the seconds of each test file, set-up and teardown with it."""

    seconds: dict[str, float] = field(default_factory=dict)

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Adds one phase of one test."""
        file = report.nodeid.partition("::")[0]
        self.seconds[file] = self.seconds.get(file, 0.0) + report.duration


def note(shared: Path, root: Path, clock: Clock, cpu_seconds: float) -> None:
    """Keeps for the trials what the baseline took and which test files ran which lines."""
    from coverage import CoverageData

    lines: dict[str, dict[int, list[str]]] = {}
    for data_file in sorted(shared.glob(f"{CONTEXTS}*")):
        data = CoverageData(basename=str(data_file))
        data.read()
        for path in data.measured_files():
            if not Path(path).is_relative_to(root):  # a copy that a test made
                continue
            here = lines.setdefault(Path(path).relative_to(root).as_posix(), {})
            for line, contexts in data.contexts_by_lineno(path).items():
                here[line] = sorted({*here.get(line, []), *(context.partition("::")[0] for context in contexts)})
    noted = {"cpu_seconds": cpu_seconds, "seconds": clock.seconds, "lines": lines}
    (shared / FILE).write_text(json.dumps(noted), encoding="utf-8")


def cpu_seconds(shared: Path) -> float:
    """What the baseline took of the processor."""
    return float(_noted(shared)["cpu_seconds"])


def selected(shared: Path, site: Site, source: bytes, tests: list[str]) -> list[str]:
    """Of the tests, those that can notice the mutant.

    Args:
        shared: where `note` wrote.
        site: the mutant.
        source: its file without it.
        tests: files and folders of tests, in the order in which they are to run.

    Returns:
        The tests as they are for a file of SQL, and for Python that runs outside of tests (on import, in processes that
        they start); else the files among them that run the statement, the quickest first. Whole files, as one test's
        fixture serves another. What a cached function did for an earlier file is not known: such a mutant meets too few
        tests and may be called a survivor, never killed, for it.
    """
    line = site.line(source)
    if not site.path.endswith(".py") or not is_in_function(source, line):
        return tests
    noted = _noted(shared)
    lines = noted["lines"].get(site.path, {})
    files = {file for number in statement(source, line) for file in lines.get(str(number), [])}
    if "" in files:
        return tests
    ours = {file for file in files if any(file == test or file.startswith(f"{test}/") for test in tests)}
    return sorted(ours, key=lambda file: (noted["seconds"][file], file))


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
