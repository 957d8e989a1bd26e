"""A long list is put in the order of the night's list without reading it whole, and comes out the same (spec 5)."""

import random
from pathlib import Path

import pytest

from cmfc.ledger import queries
from cmfc.ledger.queries import ORDERS, Filter, list_findings
from cmfc.ledger.store import Ledger
from tests.ledger.nights import AGENCY, Nights, found


@pytest.fixture
def nights(ledger: Ledger, tmp_path: Path) -> Nights:
    return Nights(ledger, tmp_path / "nights")


@pytest.mark.parametrize("order", ORDERS)
def test_pages_of_a_long_list_are_those_of_the_list_read_whole(
    nights: Nights, monkeypatch: pytest.MonkeyPatch, order: str
) -> None:
    draw = random.Random(7)
    many = [
        found(f"E{n:03}", office=draw.choice(["North", "South", None]), severity=draw.choice(["critical", "low"]),
              child_id=draw.choice([f"C{n % 20}", None]), deadline_earliest=draw.choice([None, 5, 5, 9]))
        for n in range(150)
    ]  # fmt: skip
    nights.night(0, many)
    nights.night(1, many[:140])
    ids = [f["exception_id"] for f in many[:138]]
    draw.shuffle(ids)
    places = {one: number for number, one in enumerate(ids, 1)}

    def pages(wanted: Filter) -> list[str]:
        told = [list_findings(nights.ledger, AGENCY, wanted, 10, at, order, places) for at in range(0, 160, 10)]
        assert len({total for _, total in told}) == 1
        shown = [f.exception_id for page, _ in told for f in page]
        assert len(shown) == len(set(shown)) == told[0][1]
        return shown

    for wanted in (Filter(), Filter(severity="low"), Filter(office="North"), Filter(status="resolved")):
        whole = pages(wanted)
        with monkeypatch.context() as patch:
            patch.setattr(queries, "_FEW", 3)
            patch.setattr(queries, "_WALKED", 90)
            assert pages(wanted) == whole
    if order == "urgency":
        unplaced = {f["exception_id"] for f in many[138:140]}
        shown = pages(Filter())
        assert shown[:138] == ids and set(shown[138:]) == unplaced
