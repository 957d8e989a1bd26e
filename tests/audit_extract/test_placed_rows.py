"""Which record belongs to which episode is joined, not read out of the text of `evidence`."""

from pathlib import Path

import pytest

from tests.audit_extract.test_truth import read
from tests.support import planted_year as planted
from tests.support.audited import Audited

AWAY = {"absent_since": "2025-03-03T09:00:00", "agency_informed_at": "2025-03-03T09:20:00", "kind": "missing"}


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Audited:
    """A few planted children, and one with ids in which the text of evidence could be found again."""
    root = tmp_path_factory.mktemp("odd")
    year = planted.plant(children=12)
    child = {"child_id": "C;1", "date_of_birth": "2011-01-02", "county": "Agave"}
    year.feeds["children"].append(child)
    year.feeds["custody"].append(
        {"custody_id": "KC;1", "child_id": "C;1", "authority": "state_care", "began_at": "2019-01-01T08:00:00"}
    )
    # The key of the first holds that of the second, which is in no episode: a sighting knew where the child was.
    year.feeds["absences"] += [
        {"absence_id": "A;absences:B;\\", "child_id": "C;1", **AWAY, "ended_at": "2025-03-06T09:00:00",
         "end_reason": "returned"},
        {"absence_id": "B", "child_id": "C;1", **AWAY, "absent_since": "2025-04-03T09:00:00",
         "agency_informed_at": None, "ended_at": "2025-04-04T09:00:00", "end_reason": "returned"},
        {"absence_id": "E;1", "child_id": "C;1", **AWAY, "absent_since": "2025-06-03T09:00:00",
         "agency_informed_at": None, "end_reason": "error"},
    ]  # fmt: skip
    year.feeds["sightings"].append(
        {"sighting_id": "SC;1", "child_id": "C;1", "known_from": "2025-04-03T08:00:00",
         "known_to": "2025-04-05T08:00:00", "basis": "school", "verified": "true"}
    )  # fmt: skip
    planted.write(root / "records", year)
    planted.night(root, root / "records")
    audited = Audited(root, year, root / "package", {})
    audited.build(root / "package")
    return audited


def _number(package: Path, item: str) -> int:
    return sum(int(row["number"]) for row in read(package, "population") if row["item"] == item)


def test_an_id_that_holds_a_semicolon_is_in_its_own_episode_alone(odd: Audited) -> None:
    truths, excluded = odd.planted.truths, odd.planted.excluded
    assert _number(odd.package, "episodes") == len(truths) + 2
    assert _number(odd.package, "whereabouts_known") == excluded["whereabouts_known"] + 1
    assert _number(odd.package, "same_episode") == sum(t.rows - 1 for t in truths)


def test_an_error_without_an_end_is_evidence_still(odd: Audited) -> None:
    """Only with an end is it a record made in error (spec 2.2, rule 1); the child stands as missing."""
    assert _number(odd.package, "recorded_in_error") == odd.planted.excluded["recorded_in_error"]
    still = [row for row in read(odd.package, "episodes") if row["began_on"] == "2025-06-03" and not row["ended_on"]]
    assert len(still) == 1
