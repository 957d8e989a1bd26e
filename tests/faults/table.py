"""The fault table: for each fault which list stands, whether it is marked, which mails came, and the ledger."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "faults.md"
KEPT = Path(__file__).parents[2] / ".local" / "soak" / "fault-rows"
COLUMNS = ("list", "mark", "mails", "ledger")


@dataclass(frozen=True)
class Outcome:
    """What stands after a fault.

    Attributes:
        list: `tonight`, `last night`, or what became of the message where the fault is of mail.
        mark: whether the list is marked stale: `marked`, `not marked`.
        mails: what came, such as `failed 1, night 1`.
        ledger: `sound`, or what `cmfc verify` found.
    """

    list: str
    mark: str
    mails: str
    ledger: str


@dataclass(frozen=True)
class Row:
    """One fault: what was expected and seen while it lasted, and after it was over and the task was run again.

    Attributes:
        group: the heading it stands under.
        fault: in words.
        how: what the task did: its tries and its code.
        is_silent: something went wrong, and nobody was told.
    """

    group: str
    fault: str
    how: str
    expected: Outcome
    actual: Outcome
    later_expected: Outcome
    later: Outcome
    is_silent: bool

    @property
    def is_right(self) -> bool:
        """What was seen is what was expected."""
        return self.expected == self.actual and self.later_expected == self.later and not self.is_silent


@dataclass(frozen=True)
class Run:
    """What one test of the soak part found, when and at which commit."""

    day: str
    commit: str
    rows: tuple[Row, ...]


def save(name: str, run: Run) -> None:
    """Keep what a test of the soak part found, in place of what it found before."""
    KEPT.mkdir(parents=True, exist_ok=True)
    (KEPT / f"{name}.json").write_text(json.dumps(asdict(run)), encoding="utf-8")


def load() -> list[Run]:
    """The last run of each test."""
    runs = []
    for path in sorted(KEPT.glob("*.json")):
        raw = json.loads(path.read_text(encoding="utf-8"))
        runs.append(Run(raw["day"], raw["commit"], tuple(_row(one) for one in raw["rows"])))
    return runs


def _row(raw: dict[str, Any]) -> Row:
    outcomes = {name: Outcome(**raw[name]) for name in ("expected", "actual", "later_expected", "later")}
    return Row(**{**raw, **outcomes})


def page(runs: list[Run]) -> str:
    """docs/reference/faults.md."""
    rows = [row for run in runs for row in run.rows]
    wrong, silent = sum(not row.is_right for row in rows), sum(row.is_silent for row in rows)
    parts = [_HEAD.format(tried=len(rows), wrong=wrong, silent=silent)]
    for group in dict.fromkeys(row.group for row in rows):
        of = [run for run in runs if any(row.group == group for row in run.rows)]
        when = "; ".join(dict.fromkeys(f"{run.day}, commit {run.commit}" for run in of))
        parts += [f"## {group}\n", f"Run on {when}.\n"]
        parts.append("| Fault | Task | | List | Mark | Mails | Ledger |")
        parts.append("| --- | --- | --- | --- | --- | --- | --- |")
        for row in (row for row in rows if row.group == group):
            parts.append(_line(row.fault, row.how, "while it lasts", row.expected, row.actual))
            parts.append(_line("", "", "then", row.later_expected, row.later))
        parts.append("")
    return "\n".join(parts)


def _line(fault: str, how: str, when: str, expected: Outcome, actual: Outcome) -> str:
    cells = [_cell(getattr(expected, name), getattr(actual, name)) for name in COLUMNS]
    return f"| {fault} | {how} | {when} | " + " | ".join(cells) + " |"


def _cell(expected: str, actual: str) -> str:
    return actual if expected == actual else f"**{actual}**, expected {expected}"


_HEAD = """# The fault table

{tried} faults: {wrong} not as expected, {silent} silent.

Written by `make soak PART=faults`; do not edit. Each fault is put before or into a task of a real night of a small
agency that has a list of the night before. The first line of a fault is what stands while it lasts, once the task was
given up or tried again with success; the second what stands after it is over, the task was run again, and the hourly
job has sent what waited. What was seen is what was expected, unless both are said, in bold. *Silent* would be a
list that is not tonight's, or a message that did not arrive, of which nobody learns.

Tasks are run by the DAG's own wiring in one process, without Airflow's scheduler (`tests/faults/engine.py`); kills
under a real Airflow have a heading of their own. Mail goes to a mail server of the test over a socket.
"""
