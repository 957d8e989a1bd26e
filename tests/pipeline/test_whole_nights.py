"""One fault of input a night: it fails with a sentence and the last list stays, or goes on and says what it lacks."""

import json
import os
from pathlib import Path

import pytest

from cmfc.errors import CmfcError
from cmfc.feeds.catalog import feeds
from cmfc.pipeline.nightly import mark_current, mark_stale, run_night
from cmfc.pipeline.run import Run, run_of
from tests.support import small_agency as door

pytestmark = pytest.mark.long

GOOD, NEXT = "2026-03-09", "2026-03-10"
DAY = 86_400


@pytest.fixture
def agency(tmp_path: Path) -> Path:
    """A folder of nine good files and a published night."""
    for feed in feeds().values():
        rows = [row | ({"verified": "false"} if "verified" in row else {}) for row in door.good_rows(feed)]
        path = door.deliver(tmp_path, feed, rows)
        os.utime(path, (door.PULLED_AT, door.PULLED_AT))
    run = night(tmp_path, GOOD)
    run_night(run, door.PULLED_AT)
    mark_current(run, tmp_path / "lists")
    return tmp_path


def night(folder: Path, day: str) -> Run:
    mapping = door.mapping_of(folder, max_age_hours=26, count_band=(0.5, 2.0))
    return run_of(mapping, day, folder / "store", folder / "lists")


def next_night(folder: Path) -> CmfcError | None:
    """The night after, a day later, with files that came that day."""
    run = night(folder, NEXT)
    try:
        run_night(run, door.PULLED_AT + DAY)
    except CmfcError as error:
        mark_stale(run, folder / "lists", f"{error.code}: {error.message}")
        return error
    mark_current(run, folder / "lists")
    return None


def deliver_again(folder: Path) -> None:
    for path in folder.glob("*.csv"):
        os.utime(path, (door.PULLED_AT + DAY, door.PULLED_AT + DAY))


def truncated(path: Path) -> None:
    path.write_text("\n".join(path.read_text().splitlines()[: door.ROWS // 3]) + "\n")


def stale(path: Path) -> None:
    os.utime(path, (door.PULLED_AT - DAY, door.PULLED_AT - DAY))


def without_key_column(path: Path) -> None:
    path.write_text(path.read_text().replace("absence_id", "something", 1))


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (door.absent, "is not there"),
        (door.header_only, "has no records"),
        (truncated, "where 15 to 60 are normal"),
        (stale, "old at the pull"),
        (without_key_column, "lacks the required column absence_id"),
        (door.other_encoding, "is not utf-8 text"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_broken_feed_fails_the_night_and_the_last_list_stays(agency: Path, spoil: door.Spoil, reason: str) -> None:
    here = agency / "lists" / "demo"
    before = {path: path.read_bytes() for path in (here / GOOD).iterdir()}
    deliver_again(agency)
    spoil(agency / "absences.csv")
    error = next_night(agency)
    assert error is not None and reason in error.message and "absences" in error.message
    assert {path: path.read_bytes() for path in (here / GOOD).iterdir()} == before
    assert not (here / NEXT).exists()
    assert json.loads((here / "current.json").read_bytes())["business_date"] == GOOD
    mark = json.loads((here / "STALE.json").read_bytes())
    assert mark["since"] == NEXT and mark["message"] == f"{error.code}: {error.message}"


@pytest.mark.parametrize("spoil", [door.absent, stale, truncated], ids=lambda value: value.__name__)
def test_a_broken_report_log_leaves_its_verdicts_unchecked(agency: Path, spoil: door.Spoil) -> None:
    deliver_again(agency)
    spoil(agency / "le_reports.csv")
    assert next_night(agency) is None
    here = agency / "lists" / "demo" / NEXT
    manifest = json.loads((here / "manifest.json").read_bytes())
    assert manifest["feeds"]["le_reports"]["status"] == "broken" and "le_reports" in manifest["incomplete"][0]
    episodes = (here / "episodes.csv").read_text()
    assert "not_checked" in episodes
    assert not any(line.startswith("LE-01") for line in (here / "exceptions.csv").read_text().splitlines())


def test_a_column_more_and_a_key_twice_are_listed_and_the_night_goes_on(agency: Path) -> None:
    deliver_again(agency)
    path = agency / "absences.csv"
    head, *rows = path.read_text().splitlines()
    twice = rows[0].replace("missing", "planned", 1)
    path.write_text("\n".join([f"{head},extra", *(f"{row},x" for row in [*rows, twice])]) + "\n")
    os.utime(path, (door.PULLED_AT + DAY, door.PULLED_AT + DAY))
    assert next_night(agency) is None
    findings = (agency / "lists" / "demo" / NEXT / "exceptions.csv").read_text()
    assert "DQ-02,absences:extra" in findings and "DQ-01,absences:" in findings


def test_a_snapshot_that_was_changed_fails_the_night(agency: Path) -> None:
    snapshot = next((agency / "store" / "demo" / GOOD).glob("pulled/absences*.parquet"))
    snapshot.chmod(0o644)
    snapshot.write_bytes(snapshot.read_bytes() + b"x")
    with pytest.raises(CmfcError, match="CMFC-I03"):
        run_night(night(agency, GOOD), door.PULLED_AT)


def cut(path: Path) -> None:
    """As a full disk, a kill or a power cut may leave it."""
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def emptied(path: Path) -> None:
    path.chmod(0o644)
    path.write_bytes(b"")


@pytest.mark.parametrize(
    ("spoil", "left"),
    [
        (emptied, ("matched/match.json", "checked/absences.json")),
        (cut, ("matched/scored.parquet", "matched/rows.parquet")),
    ],
    ids=["records", "scores"],
)
def test_what_is_left_of_half_a_night_stops_no_night_after_it(
    agency: Path, spoil: door.Spoil, left: tuple[str, str]
) -> None:
    deliver_again(agency)
    for name in left:
        spoil(agency / "store" / "demo" / GOOD / name)
    assert next_night(agency) is None
    assert json.loads((agency / "lists" / "demo" / "current.json").read_bytes())["business_date"] == NEXT


def test_a_record_of_a_pull_that_is_not_whole_is_called_so(agency: Path) -> None:
    emptied(agency / "store" / "demo" / GOOD / "pulled" / "absences.json")
    with pytest.raises(CmfcError, match=r"CMFC-I03: absences: the record beside .* pull it again on purpose"):
        run_night(night(agency, GOOD), door.PULLED_AT)


def test_all_feeds_that_break_their_contract_are_named_at_once(agency: Path) -> None:
    deliver_again(agency)
    without_key_column(agency / "absences.csv")
    truncated(agency / "placements.csv")
    error = next_night(agency)
    assert error is not None and error.code == "CMFC-I02"
    assert "lacks the required column absence_id" in error.message and "placements.csv has" in error.message
