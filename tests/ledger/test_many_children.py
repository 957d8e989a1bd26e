"""What several nights know of a child is the same alone and beside other children with like records."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.ledger.core_nights import DAY, HOUR, CoreNights, absence, child, core_nights, placement, report, unreadable
from tests.ledger.nights import instant, night_number

pytestmark = pytest.mark.long

GONE = instant(night_number(0)) - 5 * DAY
Rows = Mapping[str, Sequence[Mapping[str, Any]]]
Story = Callable[[str], Sequence[Rows]]


def away(number: str, c: str, since: int = GONE, until: int | None = None) -> dict[str, Any]:
    """An absence whose key, too, is the child's own."""
    return absence(f"{number}{c}", since, until, child_id=c)


STORIES: dict[str, Story] = {
    "open and stays open": lambda c: [{"absences": [away("A", c)]}] * 3,
    "open, then no record": lambda c: [{"absences": [away("A", c)]}, {}, {}],
    "open, then no record, then back": lambda c: [
        {"absences": [away("A", c)]}, {}, {"absences": [away("A", c, GONE, GONE + DAY)]}],
    "open, then typed in again": lambda c: [{"absences": [away("A", c)]}, *[{"absences": [away("B", c)]}] * 2],
    "cannot be read, then no record": lambda c: [{"quarantine": [unreadable(f"A{c}", c)]}, {}, {}],
    "can be read no more": lambda c: [
        {"absences": [away("A", c)]}, {"quarantine": [unreadable(f"A{c}", c)]}, {}],
    "one record of two goes": lambda c: [
        {"absences": [away("A", c), away("B", c, GONE + HOUR)]}, *[{"absences": [away("B", c, GONE + HOUR)]}] * 2],
    "became a placement": lambda c: [
        {"absences": [away("A", c)]}, *[{"placements": [placement(f"P{c}", GONE, child_id=c)]}] * 2],
    "split in two": lambda c: [
        {"absences": [away("A", c, GONE, GONE + 3 * DAY)]},
        *[{"absences": [away("A", c, GONE, GONE + DAY), away("B", c, GONE + 2 * DAY, GONE + 3 * DAY)]}] * 2],
    "its reported start moves": lambda c: [
        {"absences": [away("A", c, GONE + moved * HOUR)], "ncmec_reports": [report(f"N{c}", GONE + DAY, c)]}
        for moved in (0, 3, 3)],
}  # fmt: skip
CHILDREN = {f"C{number}": story for number, story in enumerate(STORIES)}


def run(folder: Path, stories: Mapping[str, str]) -> CoreNights:
    """Three nights of these children."""
    nights = core_nights(folder)
    by_child = [STORIES[story](c) for c, story in stories.items()]
    for number in range(3):
        rows: dict[str, list[Mapping[str, Any]]] = {"children": [child(c) for c in stories]}
        for records in (story[number] for story in by_child):
            for feed, listed in records.items():
                rows.setdefault(feed, []).extend(listed)
        nights.judge(number, rows)
    return nights


def of_child(nights: CoreNights, name: str, c: str) -> list[list[dict[str, Any]]]:
    return [[row for row in nights.work(number, name) if row["child_id"] == c] for number in range(3)]


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> CoreNights:
    return run(tmp_path_factory.mktemp("together"), CHILDREN)


@pytest.mark.parametrize("c", CHILDREN, ids=list(STORIES))
def test_other_children_change_nothing(c: str, together: CoreNights, tmp_path: Path) -> None:
    alone = run(tmp_path, {c: CHILDREN[c]})
    for name in ("known", "episodes", "missing_now", "findings"):
        assert of_child(together, name, c) == of_child(alone, name, c), name


def test_each_story_says_what_it_is_for(together: CoreNights) -> None:
    vanished: dict[str, list[int]] = {}
    for number in range(3):
        for row in together.work(number, "findings"):
            if row["code"] == "RC-09":
                vanished.setdefault(CHILDREN[row["child_id"]], []).append(number)
    assert vanished == {
        "open, then no record": [1, 2], "open, then no record, then back": [1], "open, then typed in again": [1, 2],
        "cannot be read, then no record": [1, 2], "can be read no more": [1, 2], "became a placement": [1, 2],
    }  # fmt: skip
