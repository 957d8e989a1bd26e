"""Which ids link, and what becomes of a report that carries one and has every detail of somebody else (spec 4.1.1)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cmfc.errors import UsageError
from cmfc.matching.answers import Answer, Decision
from cmfc.matching.explain import explain
from cmfc.matching.match import match, prints_of
from cmfc.matching.model import load_model
from tests.support.small_world import AS_OF, absence_of, child, choices, home, of, others, report, summary, write

Run = Callable[..., dict[str, list[dict[str, Any]]]]
MIRA = child(1, "Margaret", "Castellanos-Roy", "2012-03-07")
OTTO = child(2, "Otto", "Orme", "2010-01-30", "M")
HERS = ("Margaret", "Castellanos-Roy", "2012-03-07")
SWAPPED = report(1, *HERS, child_id="C2")
STRANGER = report(1, "Wolfgang", "Xerxes", "2001-01-01", child_id="C2")


def decision(child_id: str, answer: Answer, nth: int = 1, prints: tuple[str, str] = ("", "")) -> Decision:
    return Decision("le_reports", "L1", child_id, answer, "ann", AS_OF - 100 + nth, "she said so", *prints, nth, nth)


HELD = {
    "custody": {"custody_id": "K1", "child_id": "C9", "authority": "state_care"},
    "placements": home(9, "V1", 90),
    "absences": absence_of(9),
}


@pytest.mark.parametrize("feed", list(HELD))
def test_an_id_that_any_agency_feed_holds_links_and_is_not_matched(matched: Run, feed: str) -> None:
    typed = [report(1, *HERS, child_id="C9"), report(2, *HERS)]
    matches = matched([MIRA], typed, more={feed: [HELD[feed]]})
    assert "L1" not in matches and of(matches, 2)[1] == ["C1"]


@pytest.mark.parametrize("feed", ["children", "custody", "placements", "absences"])
def test_so_does_one_in_a_row_that_was_set_aside(matched: Run, feed: str) -> None:
    assert "L1" not in matched([MIRA], [report(1, *HERS, child_id="C9")], quarantined={feed: ["C9"]})


@pytest.mark.parametrize("feed", ["sightings", "le_reports"])
def test_an_id_that_no_agency_feed_holds_does_not(matched: Run, feed: str) -> None:
    assert of(matched([MIRA], [report(1, *HERS, child_id="C9")], quarantined={feed: ["C9"]}), 1) == ("probable", ["C1"])


def test_details_that_are_all_anothers_are_a_question_about_both(matched: Run) -> None:
    matches = matched([MIRA, OTTO], [SWAPPED], [absence_of(1)])
    assert of(matches, 1) == ("candidate", ["C1", "C2"])
    assert [row["place"] for row in matches["L1"]] == [1, 2]
    assert not any(row["is_asked_again"] for row in matches["L1"])


@pytest.mark.parametrize(
    "agreeing",
    [
        {"first_name": " OTTO "},
        {"last_name": "orme"},
        {"date_of_birth": OTTO["date_of_birth"]},
        {"first_name": None},
        {"last_name": ""},
        {"date_of_birth": None},
    ],
)
def test_one_detail_that_agrees_or_is_not_given_leaves_the_link(matched: Run, agreeing: dict[str, Any]) -> None:
    assert "L1" not in matched([MIRA, OTTO], [{**SWAPPED, **agreeing}], [absence_of(1)])


def test_the_child_whose_id_it_carries_is_asked_about_however_unlike(matched: Run) -> None:
    assert of(matched([MIRA, OTTO], [STRANGER]), 1) == ("candidate", ["C2"])
    many = [child(n, "Ottoline", "Orme", "2009-10-28") for n in range(3, 8)]
    typed = report(1, "Ottoline", "Orme", "2009-10-28", child_id="C1")
    method, candidates = of(matched([MIRA, *many], [typed]), 1)
    assert method == "candidate" and len(candidates) == 3 and candidates[2] == "C1"


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([decision("C2", "same")], ("decided", ["C2"])),
        ([decision("C1", "same")], ("decided", ["C1"])),
        ([decision("C2", "not_same")], ("candidate", ["C1"])),  # never linked by likeness
        ([decision("C1", "not_same")], ("candidate", ["C2"])),
        ([decision("C1", "not_same"), decision("C2", "not_same", 2)], ("none", [])),
        ([decision("C2", "cannot_tell")], ("candidate", ["C2", "C1"])),
    ],
)
def test_a_person_decides(matched: Run, answers: list[Decision], expected: tuple[str, list[str]]) -> None:
    assert of(matched([MIRA, OTTO], [SWAPPED], [absence_of(1)], answers=answers), 1) == expected


def test_an_answer_remembers_both_rows_and_holds_while_they_stay(matched: Run, tmp_path: Path) -> None:
    checked = write(tmp_path / "before", [OTTO], [STRANGER])
    answer = decision("C2", "same", prints=prints_of(checked, AS_OF, "le_reports:L1", "C2"))
    assert of(matched([MIRA, OTTO], [STRANGER], answers=[answer]), 1) == ("decided", ["C2"])
    corrected = {**STRANGER, "first_name": "Wolfram"}
    row = matched([MIRA, OTTO], [corrected], answers=[answer])["L1"][0]
    assert (row["method"], row["child_id"], row["is_asked_again"]) == ("candidate", "C2", True)


def test_a_report_that_shares_its_number_is_answered_for_by_its_own_name(tmp_path: Path) -> None:
    shared = {**SWAPPED, "record_id": "L1@C2", "record": "le_reports:L1@C2"}
    checked = write(tmp_path, [MIRA, OTTO], [shared])
    assert all(prints_of(checked, AS_OF, "le_reports:L1@C2", "C1"))


def test_an_id_of_the_children_feed_alone_can_be_contradicted(tmp_path: Path) -> None:
    checked = write(tmp_path, [MIRA], [SWAPPED], [], {"absences": [{**absence_of(2)}]})
    with pytest.raises(UsageError, match="CMFC-E05"):
        prints_of(checked, AS_OF, "le_reports:L1", "C1")


def test_the_explanation_shows_the_child_whose_id_it_carries(tmp_path: Path) -> None:
    checked = write(tmp_path, [MIRA, OTTO, *others()], [SWAPPED], [absence_of(1)])
    matches = explain(checked, AS_OF, load_model("default"), "le_reports:L1", most=1)
    assert [one.child_id for one in matches.candidates] == ["C1", "C2"]


def test_what_is_taken_over_gives_the_same_question(tmp_path: Path) -> None:
    model, checked = load_model("default"), write(tmp_path / "in", [MIRA, OTTO, *others()], [SWAPPED], [absence_of(1)])
    match(checked, tmp_path / "one", AS_OF, model)
    outcome = match(checked, tmp_path / "two", AS_OF, model, previous=tmp_path / "one")
    assert outcome.kept > 0 and choices(tmp_path / "one") == choices(tmp_path / "two")


def test_a_report_whose_time_nobody_can_read_is_linked_when_sure_and_never_asked_about(
    matched: Run, tmp_path: Path
) -> None:
    sure, doubtful = report(1, *HERS), report(2, None, *HERS[1:])
    decided, identified = report(3, "Peggotty", "Quarles", None), report(4, *HERS, child_id="C1")
    same = Decision("le_reports", "L3", "C2", "same", "ann", AS_OF - 100, "she said so", "", "", 1, 1)
    matches = matched([MIRA, OTTO], [report(5, *HERS)], [absence_of(1)], answers=[same],
                    untimed=[sure, doubtful, decided, identified, {**STRANGER, "le_report_id": "L6"}])  # fmt: skip
    assert of(matches, 1) == ("probable", ["C1"]) and of(matches, 3) == ("decided", ["C2"])
    assert of(matches, 2) == of(matches, 6) == ("none", []) and "L4" not in matches
    outcome = summary(tmp_path / "matched")
    assert (outcome.reports, outcome.methods) == (1, {"probable": 1})


def test_of_copies_only_the_one_whose_time_is_known_is_matched(matched: Run) -> None:
    typed = report(1, *HERS)
    matches = matched([MIRA], [typed], [absence_of(1)], untimed=[report(1, None, None, None), report(1, *HERS)])
    assert of(matches, 1) == ("probable", ["C1"]) and len(matches["L1"]) == 1
