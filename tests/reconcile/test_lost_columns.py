"""A column that did not come is no answer: what would rest on its silence is not said (spec 1, DQ-04)."""

from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from cmfc.feeds.catalog import feeds
from cmfc.law.library import load_law
from cmfc.reconcile.engine import Night, reconcile
from cmfc.validation.result import LostColumn
from tests.oracle.core import write_checked
from tests.property.test_against_oracle import many_worlds

Raised = dict[str, dict[str, str]]
INTERVIEW, SCREENING = "interviewed_at", "screened_for_trafficking_at"
ONLY_INTERVIEW, ONLY_SCREENING = "the interview is", "the screening for trafficking is"
SILENCING = sorted((feed.name, column.name) for feed in feeds().values() for column in feed.columns.values()
                   if column.silences)  # fmt: skip


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Night]:
    folder = tmp_path_factory.mktemp("checked")
    rows, world = many_worlds(1, 120)
    write_checked(rows, world, folder)
    assert set(world.status.values()) == {"ok"}
    return folder, Night("a", world.as_of, world.zone, "us/mo", 0, True, None, world.status)


@pytest.fixture(scope="module")
def whole(checked: tuple[Path, Night], tmp_path_factory: pytest.TempPathFactory) -> Raised:
    """Of the night on which every column came."""
    return raised(checked, tmp_path_factory.mktemp("whole"), "returns")


def raised(checked: tuple[Path, Night], work: Path, feed: str, *names: str) -> Raised:
    """Why each finding was raised, by code and subject, on a night without these columns of a feed."""
    folder, night = checked
    lost = {feed: tuple(LostColumn(name, 0, 0, breaks=False) for name in names)}
    reconcile(folder, work, replace(night, lost=lost), load_law("us/mo", night.zone))
    by_code: Raised = defaultdict(dict)
    for row in pq.read_table(work / "findings.parquet").to_pylist():
        by_code[row["code"]][f"{row['subject_id']} {row['recipient']}"] = row["why"]
    return by_code


def test_of_a_return_only_the_half_whose_column_came_is_said_to_be_missing(
    checked: tuple[Path, Night], whole: Raised, tmp_path: Path
) -> None:
    every = whole["RT-03"]
    halves = {half: {k for k, why in every.items() if half in why} for half in (ONLY_INTERVIEW, ONLY_SCREENING)}
    both = set(every) - halves[ONLY_INTERVIEW] - halves[ONLY_SCREENING]
    assert both and all(halves.values())
    for lost, other in ((INTERVIEW, ONLY_SCREENING), (SCREENING, ONLY_INTERVIEW)):
        remaining = raised(checked, tmp_path / lost, "returns", lost)["RT-03"]
        assert set(remaining) == both | halves[other]
        assert all(other in why for why in remaining.values())
    assert not raised(checked, tmp_path / "neither", "returns", INTERVIEW, SCREENING)["RT-03"]


@pytest.mark.parametrize(("feed", "column"), SILENCING)
def test_a_check_that_rests_on_the_silence_of_a_lost_column_is_not_judged(
    feed: str, column: str, checked: tuple[Path, Night], whole: Raised, tmp_path: Path
) -> None:
    codes = {*feeds()[feed].columns[column].silences}
    assert codes <= {*whole}
    assert not codes & {*raised(checked, tmp_path, feed, column)}
