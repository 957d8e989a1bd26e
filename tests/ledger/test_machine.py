"""The life of findings against a simple model: any order of nights, runs again, and what people do."""

import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from cmfc.errors import UsageError
from cmfc.ledger.actions import Action, apply_action
from cmfc.ledger.store import open_ledger
from cmfc.ledger.verify import verify
from tests.ledger.nights import AGENCY, Nights, finding_of, instant, night_number

SUBJECTS = ("A", "B", "C", "D")
KINDS = ("acknowledge", "assign", "unassign", "waive", "unwaive", "comment")
ID = {subject: finding_of(subject)["exception_id"] for subject in SUBJECTS}
Found = dict[str, int]
"""What a night finds: subjects, each with the version of its facts."""


@dataclass
class Model:
    """The life cycle, as a person would tell it: plain dictionaries, one night after the other."""

    before: dict[str, tuple[bool, date]] = field(default_factory=dict)
    now: dict[str, tuple[bool, date]] = field(default_factory=dict)
    facts: Found = field(default_factory=dict)
    acknowledged: set[str] = field(default_factory=set)
    assigned: dict[str, str] = field(default_factory=dict)
    waived: dict[str, tuple[date, int]] = field(default_factory=dict)

    def night(self, what: Found, seen_on: date) -> tuple[dict[str, Any], set[tuple[str, str]]]:
        """Where each finding stands, and the delta."""
        lines, delta, after = {}, set(), {}
        for subject, facts in what.items():
            lived, first = self.before.get(subject, (None, seen_on))
            life = "new" if lived is None else "open" if lived else "reopened"
            if life != "open" and not self.now.get(subject, (False, None))[0]:
                self.acknowledged.discard(subject)
            if subject in self.waived and (self.waived[subject][0] < seen_on or self.waived[subject][1] != facts):
                del self.waived[subject]
            status = life if life != "open" else "acknowledged" if subject in self.acknowledged else "open"
            until = self.waived[subject][0].isoformat() if subject in self.waived else None
            lines[subject] = (
                "waived" if until else status, first.isoformat(), (seen_on - first).days,
                self.assigned.get(subject), until,
            )  # fmt: skip
            if life != "open":
                delta.add((life, subject))
            after[subject], self.facts[subject] = (True, first), facts
        for subject, (lived, first) in self.before.items():
            if subject not in what:
                after[subject] = (False, first)
                if lived:
                    delta.add(("resolved", subject))
        self.now = after
        return lines, delta


class Life(RuleBasedStateMachine):
    """The ledger beside the model."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="cmfc-life-"))
        self.nights = Nights(open_ledger(f"sqlite:///{self.folder / 'ledger.sqlite'}"), self.folder / "nights")
        self.model, self.number, self.last, self.salt = Model(), -1, Found(), 0

    @rule(what=st.dictionaries(st.sampled_from(SUBJECTS), st.integers(0, 1)), days=st.integers(1, 2))
    def next_night(self, what: Found, days: int) -> None:
        self.number, self.salt = self.number + days, 0
        self.model.before = dict(self.model.now)
        self.compare(what)

    @precondition(lambda self: self.number >= 0)
    @rule(what=st.dictionaries(st.sampled_from(SUBJECTS), st.integers(0, 1)))
    def the_night_with_other_records(self, what: Found) -> None:
        self.salt += 1
        self.compare(what)

    @precondition(lambda self: self.number >= 0)
    @rule()
    def the_same_night_again(self) -> None:
        lines, delta = self.nights.lines(self.number), self.nights.delta(self.number)
        done = self.record(self.last)
        assert done.is_again
        assert (self.nights.lines(self.number), self.nights.delta(self.number)) == (lines, delta)

    @precondition(lambda self: self.number >= 0)
    @rule(subject=st.sampled_from(SUBJECTS), kind=st.sampled_from(KINDS), days=st.integers(1, 4))
    def somebody_acts(self, subject: str, kind: str, days: int) -> None:
        today, model = night_number(self.number + 1), self.model
        until = today + timedelta(days=days)
        named: Any = {"unassign": "assign"}.get(kind, kind)
        to = "kim" if kind == "assign" else ""
        act = Action(named, "pat", max(instant(today), self.nights.at), today, text="why", assignee=to, until=until)
        lives = model.now.get(subject, (None,))[0]
        try:
            apply_action(self.nights.ledger, AGENCY, ID[subject], act)
        except UsageError as error:
            assert error.code == "CMFC-F01" and not lives
            return
        assert lives or (lives is False and kind in ("comment", "unwaive"))
        match kind:
            case "acknowledge":
                model.acknowledged.add(subject)
            case "assign":
                model.assigned[subject] = "kim"
            case "unassign":
                model.assigned.pop(subject, None)
            case "waive":
                model.waived[subject] = (until, model.facts[subject])
            case "unwaive":
                model.waived.pop(subject, None)

    def record(self, what: Found) -> Any:
        rows = [finding_of(subject, deadline_latest=87400 + facts) for subject, facts in sorted(what.items())]
        return self.nights.night(self.number, rows, salt=str(self.salt))

    def compare(self, what: Found) -> None:
        self.last = what
        self.record(what)
        lines, delta = self.model.night(what, night_number(self.number + 1))
        names = ("status", "first_seen", "age_days", "assignee", "waived_until")
        listed = {name: tuple(row[n] for n in names) for name, row in self.nights.lines(self.number).items()}
        assert listed == {ID[subject]: line for subject, line in lines.items()}
        assert self.nights.delta(self.number) == {(change, ID[subject]) for change, subject in delta}

    def teardown(self) -> None:
        assert verify(self.nights.ledger, AGENCY, {})[1] == []
        self.nights.ledger.close()
        shutil.rmtree(self.folder)


def run(examples: int, steps: int, life: type[Life] = Life) -> None:
    profile = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, derandomize=life is Life,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    run_state_machine_as_test(life, settings=profile)  # type: ignore[no-untyped-call]


def test_the_ledger_and_a_simple_model_agree() -> None:
    run(5, 12)


@pytest.mark.parametrize("number", [pytest.param(n, marks=pytest.mark.soak(f"model-{n // 20}")) for n in range(80)])
def test_the_ledger_and_a_simple_model_agree_for_long(number: int, figures: Counter[str]) -> None:
    """2,000 lives of 50 steps; each 25 have a seed of their own."""
    run(25, 50, seed(number)(type("Life", (Life,), {})))
    figures.update(lives=25, steps=25 * 50)
