"""A long list is put in the order of the night's list without reading it whole, and comes out the same (spec 5)."""

import random
from pathlib import Path

import pytest

from cmfc.ledger import queries
from cmfc.ledger.queries import ORDERS, Filter, list_findings
from cmfc.ledger.store import Ledger
from tests.ledger.nights import AGENCY, Nights, finding_of


@pytest.fixture
def nights(ledger: Ledger, tmp_path: Path) -> Nights:
    return Nights(ledger, tmp_path / "nights")


@pytest.mark.parametrize("order", ORDERS)
def test_pages_of_a_long_list_are_those_of_the_list_read_whole(
    nights: Nights, monkeypatch: pytest.MonkeyPatch, order: str
) -> None:
    draw = random.Random(7)
    many = [
        finding_of(f"E{n:03}", office=draw.choice(["North", "South", None]), severity=draw.choice(["critical", "low"]),
              child_id=draw.choice([f"C{n % 20}", None]), deadline_earliest=draw.choice([None, 5, 5, 9]))
        for n in range(150)
    ]  # fmt: skip
    nights.night(0, many)
    nights.night(1, many[:140])
    ids = [f["exception_id"] for f in many[:138]]
    draw.shuffle(ids)
    places = {one: number for number, one in enumerate(ids, 1)}

    def pages(criteria: Filter) -> list[str]:
        parts = [list_findings(nights.ledger, AGENCY, criteria, 10, at, order, places) for at in range(0, 160, 10)]
        assert len({total for _, total in parts}) == 1
        listed = [f.exception_id for page, _ in parts for f in page]
        assert len(listed) == len(set(listed)) == parts[0][1]
        return listed

    for criteria in (Filter(), Filter(severity="low"), Filter(office="North"), Filter(status="resolved")):
        whole = pages(criteria)
        with monkeypatch.context() as patch:
            patch.setattr(queries, "_FEW", 3)
            patch.setattr(queries, "_WALKED", 90)
            assert pages(criteria) == whole
    if order == "urgency":
        unplaced = {f["exception_id"] for f in many[138:140]}
        listed = pages(Filter())
        assert listed[:138] == ids and set(listed[138:]) == unplaced
