"""What people answered holds, stays, and is asked again when the rows no longer fit it (spec 4.1.4)."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from cmfc.errors import UsageError
from cmfc.ledger.match_answers import add_answer, answers_in_force
from cmfc.ledger.retention import Retention, retain
from cmfc.ledger.store import Ledger, open_ledger
from cmfc.ledger.verify import verify
from cmfc.matching.answers import Answer, Decision
from cmfc.matching.match import prints_of
from tests.support.small_world import AS_OF, absence_of, child, report, write

Run = Callable[..., dict[str, list[dict[str, Any]]]]
MIRA = child(1, "Margaret", "Castellanos", "2012-03-07")
OTTO = child(2, "Otto", "Orme", "2010-01-30", "M")
CLEAR = report(1, "Margaret", "Castellanos", "2012-03-07")
STRANGE = report(2, "Peggotty", "Quarles", "2001-10-10")


def answer(
    report_id: str, child_id: str, verdict: Answer, prints: tuple[str, str] = ("", ""), nth: int = 1
) -> Decision:
    return Decision(
        "le_reports", report_id, child_id, verdict, "ann", AS_OF - 100 + nth, "she said so", *prints, nth, nth
    )


def prints(folder: Path, report_row: dict[str, Any], child_row: dict[str, Any]) -> tuple[str, str]:
    checked = write(folder, [child_row], [report_row])
    return prints_of(checked, AS_OF, f"le_reports:{report_row['le_report_id']}", child_row["child_id"])


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(f"sqlite:///{tmp_path / 'store' / 'ledger.sqlite'}")
    yield opened
    opened.close()


def test_same_links_whatever_the_score_and_not_same_never_links(matched: Run) -> None:
    decisions = [answer("L1", "C1", "not_same"), answer("L2", "C2", "same", nth=2)]
    matches = matched([MIRA, OTTO], [CLEAR, STRANGE], [absence_of(1)], answers=decisions)
    assert matches["L1"][0]["method"] == "none"
    assert (matches["L2"][0]["method"], matches["L2"][0]["child_id"]) == ("decided", "C2")


def test_one_report_is_never_two_childrens_the_later_answer_counts(matched: Run) -> None:
    decisions = [answer("L1", "C1", "same", nth=1), answer("L1", "C2", "same", nth=2)]
    matches = matched([MIRA, OTTO], [CLEAR], answers=decisions)
    assert [(row["method"], row["child_id"]) for row in matches["L1"]] == [("decided", "C2")]


def test_who_cannot_tell_leaves_the_question_open(matched: Run) -> None:
    matches = matched([MIRA], [CLEAR], [absence_of(1)], answers=[answer("L1", "C1", "cannot_tell")])
    assert [(row["method"], row["child_id"]) for row in matches["L1"]] == [("candidate", "C1")]


def test_an_answer_survives_a_plausible_correction(matched: Run, tmp_path: Path) -> None:
    typed = report(1, "Peggy", "Castelanos", None)
    decisions = [answer("L1", "C1", "same", prints(tmp_path / "before", typed, MIRA))]
    corrected = report(1, "Peggy", "Castellanos", "2012-03-07")
    assert matched([MIRA], [corrected], [absence_of(1)], answers=decisions)["L1"][0]["method"] == "decided"


def test_an_answer_is_asked_again_when_the_rows_no_longer_fit_it(matched: Run, tmp_path: Path) -> None:
    decisions = [answer("L1", "C1", "same", prints(tmp_path / "before", CLEAR, MIRA))]
    other = report(1, "Wolfgang", "Xerxes", "2001-01-01", "M")
    row = matched([MIRA], [other], answers=decisions)["L1"][0]
    assert (row["method"], row["child_id"], row["is_asked_again"]) == ("candidate", "C1", True)


def test_not_same_is_asked_again_when_a_correction_makes_the_rows_agree(matched: Run, tmp_path: Path) -> None:
    vague = report(1, "Margaret", None, None)
    decisions = [answer("L1", "C1", "not_same", prints(tmp_path / "before", vague, MIRA))]
    row = matched([MIRA], [CLEAR], [absence_of(1)], answers=decisions)["L1"][0]
    assert (row["method"], row["child_id"], row["is_asked_again"]) == ("candidate", "C1", True)


def test_weeks_and_counties_are_no_correction(tmp_path: Path) -> None:
    moved = {**MIRA, "county": "Boone", "office": "Boone office"}
    assert prints(tmp_path / "a", CLEAR, MIRA) == prints(tmp_path / "b", {**CLEAR, "agency_name": "Boone PD"}, moved)


def test_answers_are_only_ever_added(ledger: Ledger) -> None:
    assert [add_answer(ledger, "hill", answer("L1", "C1", word)) for word in ("same", "cannot_tell", "not_same")] == [
        1,
        2,
        3,
    ]
    assert [(d.answer, d.revision) for d in answers_in_force(ledger, "hill", AS_OF)] == [("not_same", 3)]
    assert [d.answer for d in answers_in_force(ledger, "hill", AS_OF, until_seq=1)] == ["same"]
    for change in ("UPDATE link_decisions SET answer = 'same'", "DELETE FROM link_decisions"):
        with pytest.raises(DatabaseError, match="append-only"), ledger.engine.begin() as connection:
            connection.execute(text(change))


def test_an_answer_changed_behind_the_ledger_is_found_and_an_erased_reason_is_not(ledger: Ledger) -> None:
    add_answer(ledger, "hill", answer("L1", "C1", "same"))
    assert verify(ledger, "hill", {})[1] == []
    counts = retain(ledger, "hill", Retention(notes=1), Path("nowhere"), date(2026, 11, 1), AS_OF + 2 * 86_400)
    assert counts["notes"] == 1 and verify(ledger, "hill", {})[1] == []
    with ledger.engine.begin() as connection:
        connection.execute(text("DROP TRIGGER link_decisions_refuses_update"))
        connection.execute(text("UPDATE link_decisions SET answer = 'not_same'"))
    assert [fault.seq for fault in verify(ledger, "hill", {})[1]] == [1]


def test_a_night_reads_what_was_answered_before_its_as_of(ledger: Ledger) -> None:
    add_answer(ledger, "hill", answer("L1", "C1", "same"))
    add_answer(ledger, "hill", replace(answer("L1", "C1", "not_same"), decided_at=AS_OF))
    assert [d.answer for d in answers_in_force(ledger, "hill", AS_OF)] == ["same"]
    assert [d.answer for d in answers_in_force(ledger, "hill", AS_OF + 1)] == ["not_same"]


def test_agencies_do_not_see_each_others_answers(ledger: Ledger) -> None:
    add_answer(ledger, "hill", answer("L1", "C1", "same"))
    assert answers_in_force(ledger, "dale", AS_OF) == []


@pytest.mark.parametrize("wrong", [{"answer": "maybe"}, {"decided_by": " "}, {"why": ""}])
def test_an_answer_needs_a_name_and_a_reason(ledger: Ledger, wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="CMFC-E04"):
        add_answer(ledger, "hill", replace(answer("L1", "C1", "same"), **wrong))


def test_a_report_with_an_id_on_file_cannot_be_answered_for(tmp_path: Path) -> None:
    checked = write(tmp_path, [MIRA], [{**CLEAR, "child_id": "C1"}])
    with pytest.raises(UsageError, match="CMFC-E05"):
        prints_of(checked, AS_OF, "le_reports:L1", "C1")
