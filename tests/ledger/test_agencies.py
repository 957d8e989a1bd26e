"""Simulated agencies over many nights: late entries, corrections, merges of ids, a law that changes mid-episode.

After each night a simple model must agree: no finding is lost, doubled or re-keyed, and none is new twice.
"""

import random
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cmfc.ledger.store import open_ledger
from cmfc.ledger.verify import verify
from tests.ledger.core_nights import DAY, HOUR, LAW, CoreNights, absence, child, placement, report
from tests.ledger.nights import AGENCY, instant, night_number

pytestmark = pytest.mark.long

HALVED = tuple(replace(value, limit_seconds=value.limit_seconds and value.limit_seconds // 2) for value in LAW.values)
STRICTER = replace(LAW, values=HALVED)
"""As if the limits had been halved, from the middle of the nights on: episodes that are open then change under it."""


class Agency:
    """Records that change from night to night, as they do."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.children = [f"C{n}" for n in range(5)]
        self.absences: dict[str, dict[str, Any]] = {}
        self.placements: dict[str, dict[str, Any]] = {}
        self.reports: dict[str, dict[str, Any]] = {}
        self.number = 0
        self.merged = False

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        rows = {"children": [child(name) for name in self.children], "absences": list(self.absences.values()),
                "placements": list(self.placements.values()), "ncmec_reports": list(self.reports.values())}  # fmt: skip
        for feed in rows.values():
            self.draw.shuffle(feed)  # the order of rows means nothing
        return rows

    def live_a_day(self, now: int) -> None:
        for _ in range(self.draw.randint(0, 3)):
            often = [self.run, self.come_back, self.enter_late, self.correct, self.remove, self.report, self.overlap]
            self.draw.choice([*often, *often, self.merge_ids])(now)

    def _name(self, letter: str) -> str:
        self.number += 1
        return f"{letter}{self.number}"

    def run(self, now: int) -> None:
        name, since = self._name("A"), now - self.draw.randint(1, 20) * HOUR
        self.absences[name] = absence(name, since, child_id=self.draw.choice(self.children))

    def _some(self, rows: dict[str, dict[str, Any]]) -> dict[str, Any] | None:
        return rows[self.draw.choice(sorted(rows))] if rows else None

    def come_back(self, now: int) -> None:
        if (row := self._some(self.absences)) and "ended_at" not in row:
            ended = max(row["absent_since"] + HOUR, now - self.draw.randint(0, 9) * HOUR)
            row |= {"ended_at": ended, "end_reason": "returned"}

    def enter_late(self, now: int) -> None:
        """A runaway placement that begins before an absence on file."""
        if row := self._some(self.absences):
            name = self._name("P")
            since = row["absent_since"]
            self.placements[name] = placement(name, since - 2 * HOUR, since + HOUR, child_id=row["child_id"])

    def correct(self, now: int) -> None:
        if row := self._some(self.absences):
            row["absent_since"] -= self.draw.choice([-2, 1, 5]) * HOUR
            if "ended_at" in row:
                row["ended_at"] = max(row["ended_at"], row["absent_since"] + HOUR)

    def remove(self, now: int) -> None:
        if row := self._some(self.absences):
            del self.absences[row["absence_id"]]

    def overlap(self, now: int) -> None:
        """A second record of the same stretch, or one that joins two."""
        if row := self._some(self.absences):
            name = self._name("A")
            since, until = row["absent_since"] + HOUR, row.get("ended_at")
            self.absences[name] = absence(name, since, until and until + DAY, child_id=row["child_id"])

    def report(self, now: int) -> None:
        if row := self._some(self.absences):
            name = self._name("N")
            at = row["absent_since"] + self.draw.randint(1, 60) * HOUR
            self.reports[name] = report(name, min(at, now), child_id=row["child_id"])

    def merge_ids(self, now: int) -> None:
        if len(self.children) < 3:
            return
        leaver = self.children.pop(self.draw.randrange(len(self.children)))
        into = self.draw.choice(self.children)
        for rows in (self.absences, self.placements, self.reports):
            for row in rows.values():
                row["child_id"] = into if row["child_id"] == leaver else row["child_id"]
        self.merged = True


def simulate(seed: int, days: int, folder: Path) -> Counter[str]:
    """Lives through the nights and holds each against the model; gives what happened how often."""
    nights = CoreNights(open_ledger(f"sqlite:///{folder / 'ledger.sqlite'}"), folder / "nights")
    agency, happened = Agency(seed), Counter[str]()
    live: set[str] = set()
    ever: dict[str, str] = {}
    evidence: dict[frozenset[str], str] = {}
    for number in range(days):
        agency.merged = False
        agency.live_a_day(instant(night_number(number + 1)))
        nights.law = LAW if number < days // 2 else STRICTER
        nights.judge(number, agency.rows())
        ids = [row["exception_id"] for row in nights.work(number, "findings")]
        assert len(ids) == len(set(ids)), "doubled"
        lines, delta = nights.lines(number), nights.delta(number)
        assert set(lines) == set(ids)
        today = night_number(number + 1).isoformat()
        taken_over = {name for name, row in lines.items() if name not in ever and row["first_seen"] != today}
        expected = {(("reopened" if name in ever else "new"), name) for name in set(ids) - live - taken_over}
        expected |= {("resolved", name) for name in live - set(ids)}
        assert delta == expected, (seed, number)
        for name in ids:
            ever.setdefault(name, lines[name]["first_seen"])
            assert lines[name]["first_seen"] == ever[name] and lines[name]["age_days"] >= 0
        live = set(ids)
        episodes = {frozenset(key.split(";")): name for key, name in nights.episodes(number).items()}
        assert len(set(episodes.values())) == len(episodes), "two cases under one name"
        for rows, name in episodes.items():
            if rows in evidence:
                assert evidence[rows] == name, (seed, number, "re-keyed")
        evidence = episodes
        happened.update(change for change, _ in delta)
        happened.update({"taken over": len(taken_over), "merged": int(agency.merged), "nights": 1})
        happened.update(row["change"] for row in nights.work(number, "lineage"))
    again = verify(nights.ledger, AGENCY, {})
    assert again[1] == [], seed
    nights.ledger.close()
    return happened


def test_an_agency_over_some_nights(tmp_path: Path) -> None:
    happened = simulate(4, 10, tmp_path)
    assert happened["new"] and happened["resolved"]


@pytest.mark.parametrize("number", [pytest.param(n, marks=pytest.mark.soak(f"agencies-{n // 5}")) for n in range(50)])
def test_agencies_over_thirty_nights(number: int, tmp_path: Path, figures: Counter[str]) -> None:
    """1,000 agencies, in fifty times twenty."""
    happened = Counter[str]()
    for seed in range(20 * number, 20 * number + 20):
        folder = tmp_path / str(seed)
        folder.mkdir()
        happened.update(simulate(seed, 30, folder))
    figures.update(happened, agencies=20)
    assert happened["reopened"] and happened["supersedes"] and happened["split_from"] and happened["first_row"]
