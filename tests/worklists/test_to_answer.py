"""Which of the noted reports a night asks about: a line says that the log has nothing, so it must be so."""

from pathlib import Path

import pytest

from cmfc.ledger.claims import Noted
from cmfc.worklists.to_answer import write_to_answer
from tests.ledger.core_nights import DAY, HOUR, CoreNights, absence, child, core_nights, report
from tests.ledger.nights import instant, night_number

GONE = instant(night_number(0)) - 5 * DAY


@pytest.fixture
def nights(tmp_path: Path) -> CoreNights:
    return core_nights(tmp_path)


def lines(nights: CoreNights, number: int, claim: Noted, broken: tuple[str, ...] = ()) -> int:
    """How many lines a night has of a claim."""
    there = nights.folder / night_number(number).isoformat()
    folder = nights.folder.parent / f"run {number}"
    if not folder.exists():
        folder.mkdir()
        (folder / "work").symlink_to(there)
        (folder / "checked").symlink_to(there / "checked")
    return write_to_answer(folder, [claim], instant(night_number(number + 1)), broken)


def noted(episode: str, reported_at: int = GONE + 2 * HOUR) -> Noted:
    return Noted(7, "C1", episode, "ncmec", reported_at, "rita", reported_at + HOUR, None)


def test_of_a_log_that_could_not_be_used_nothing_is_said(nights: CoreNights) -> None:
    """Every note of all time became a line: "in the log: nothing"."""
    nights.judge(0, {"children": [child()], "absences": [absence("A1", GONE)]})
    (episode,) = nights.episodes(0).values()
    assert lines(nights, 0, noted(episode)) == 1
    assert lines(nights, 0, noted(episode), broken=("le_reports",)) == 1
    assert lines(nights, 0, noted(episode), broken=("ncmec_reports",)) == 0


@pytest.mark.parametrize(
    ("key", "record"), [("N1", "ncmec_reports:N1"), ("ncmec_reports#0123abcd", "ncmec_reports#0123abcd")]
)
def test_a_report_of_an_earlier_run_does_not_answer_for_the_next(key: str, record: str, nights: CoreNights) -> None:
    runs = [absence("A1", GONE, GONE + 6 * HOUR), absence("A2", GONE + 12 * HOUR)]
    rows = {"children": [child()], "absences": runs, "ncmec_reports": [report(key, GONE + HOUR) | {"record": record}]}
    nights.judge(0, rows)
    names = nights.episodes(0)
    assert lines(nights, 0, noted(names["absences:A1"])) == 0
    assert lines(nights, 0, noted(names["absences:A2"], GONE + 13 * HOUR)) == 1
    assert lines(nights, 0, noted("an episode that is none now", GONE + 13 * HOUR)) == 0


def test_a_note_goes_along_with_a_child_whose_ids_were_merged(nights: CoreNights) -> None:
    nights.judge(0, {"children": [child("C1"), child("C2")], "absences": [absence("A1", GONE)]})
    (episode,) = nights.episodes(0).values()
    log = [report("N1", GONE + 2 * HOUR, "C2")]
    nights.judge(1, {"children": [child("C2")], "absences": [absence("A1", GONE, child_id="C2")], "ncmec_reports": log})
    assert [lines(nights, number, noted(episode)) for number in (0, 1)] == [1, 0]
