"""Which child a report is about: linked only when sure, asked when in doubt, never guessed (spec 4.1.3)."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.small_world import AS_OF, DAY, absence_of, child, of, report

Run = Callable[..., dict[str, list[dict[str, Any]]]]
MIRA = child(1, "Margaret", "Castellanos-Roy", "2012-03-07")


@pytest.mark.parametrize(
    ("first", "last", "born"),
    [
        ("Margaret", "Castellanos-Roy", "2012-03-07"),
        ("MARGARET", "Castellanos Roy", "2012-03-07"),
        ("Márgaret", "Castellanos", "2012-03-07"),
        ("Peggy", "Castellanos-Roy", "2012-03-07"),
        ("Margret", "Castellanos-Roy", "2012-03-07"),
        ("Castellanos-Roy", "Margaret", "2012-03-07"),
        ("Margaret J", "Castellanos-Roy", "2012-03-07"),
        ("Margaret", "Castellanos-Roy", "2012-07-03"),
        ("Margaret", "Castellanos-Roy", "2012-03-17"),
        ("Margaret", "Castelanos-Roy", "2012-03-07"),
        ("Margaret", None, "2012-03-07"),
        ("Margaret", "Jr.", "2012-03-07"),  # no last name either
    ],
)  # fmt: skip
def test_one_slip_does_not_lose_the_child(matched: Run, first: str, last: str | None, born: str) -> None:
    assert of(matched([MIRA], [report(1, first, last, born)], [absence_of(1)]), 1) == ("probable", ["C1"])


@pytest.mark.parametrize(
    ("first", "last", "born", "sex"),
    [
        (None, "Castellanos-Roy", "2012-03-07", "F"),  # no first name: never by itself
        ("Unknown", "Castellanos-Roy", "2012-03-07", "F"),  # nor with a word that is none
        ("Margaret", "Castellanos-Roy", None, "F"),  # no birth date: never by itself
        ("Margaret", "Castellanos-Roy", "2009-11-24", "F"),  # quite another birth date
        ("Margaret", "Castellanos-Roy", "2012-03-07", "M"),  # a contradiction
        ("Ottoline", "Castellanos-Roy", "2012-03-07", "F"),  # a twin who is not on file?
        ("Margaret", "Zbigniewska", "2012-03-07", "F"),  # married, adopted, or another child
        ("Peggy", "Castellanos-Roy", "2012-11-17", "F"),  # two digits of it wrong
        ("Margaret", "Caztellanos", "2012-03-17", "F"),  # day, month or year wrong, and the begin of the last name
        ("Margaret", "Caztellanos", "2012-08-07", "F"),
        ("Margaret", "Caztellanos", "2013-03-07", "F"),
    ],
)
def test_what_is_less_sure_is_a_question(
    matched: Run, first: str | None, last: str, born: str | None, sex: str
) -> None:  # fmt: skip
    assert of(matched([MIRA], [report(1, first, last, born, sex)], [absence_of(1)]), 1) == ("candidate", ["C1"])


def test_nobody_like_it_is_nobody(matched: Run) -> None:
    matches = matched([MIRA], [report(1, "Wolfgang", "Xerxes", "2001-01-01", "M"), report(2, None, None, None, None)])
    assert of(matches, 1) == of(matches, 2) == ("none", [])


def test_an_alias_and_a_middle_name_are_names(matched: Run) -> None:
    aliased = child(1, "Margaret", "Castellanos", "2012-03-07", middle_name="Philippa", aliases="Zoe Ferreira;Ferrer")
    matches = matched([aliased], [report(1, "Philippa", "Castellanos", "2012-03-07"),
                              report(2, "Margaret", "Ferreira", "2012-03-07")], [absence_of(1)])  # fmt: skip
    assert of(matches, 1) == of(matches, 2) == ("probable", ["C1"])


@pytest.mark.parametrize("word", ["Bo", "Ben", "Ana"])
def test_a_middle_name_and_a_first_name_may_be_short(matched: Run, word: str) -> None:
    short = [child(1, "Margaret", "Castellanos-Roy", "2012-03-07", middle_name=word),
             child(2, f"{word} Al", "Orme", "2010-01-30")]  # fmt: skip
    typed = [report(1, word, "Castellanos-Roy", "2012-03-07"), report(2, word, "Orme", "2010-01-30")]
    matches = matched(short, typed, [absence_of(1), absence_of(2)])
    assert (of(matches, 1), of(matches, 2)) == (("probable", ["C1"]), ("probable", ["C2"]))


def test_a_last_name_may_be_of_short_words_alone(matched: Run) -> None:
    short = child(1, "Margaret", "Ben Al", "2012-03-07")
    matches = matched([short], [report(1, "Margaret", "Al", "2012-03-07")], [absence_of(1)])
    assert of(matches, 1) == ("probable", ["C1"])


@pytest.mark.parametrize("more", [{"first_name": "Margaret J"}, {"middle_name": "J"}, {"aliases": "J"}])
def test_an_initial_is_no_name(matched: Run, more: dict[str, Any]) -> None:
    typed = [report(1, "J Wolfgang", "Castellanos-Roy", "2012-03-07")]
    assert of(matched([MIRA | more], typed, [absence_of(1)]), 1) == ("candidate", ["C1"])


WEEK = 7 * DAY
MONDAY = AS_OF // WEEK * WEEK - 3 * WEEK


@pytest.mark.parametrize(
    ("began", "ended", "since", "agrees"),
    [
        (-3 * WEEK, -2 * DAY, 0, "same"),
        (-3 * WEEK, -2 * DAY - 1, 0, "other"),
        (DAY - 1, None, -1, "same"),
        (DAY, None, -1, "other"),
    ],
)
def test_a_child_was_missing_in_the_weeks_of_the_record_a_day_before_and_two_after(
    matched: Run, began: int, ended: int | None, since: int, agrees: str
) -> None:
    """Weeks are counted from 1970; seconds from the begin of one."""
    to = None if ended is None else MONDAY + ended
    record = {**absence_of(1), "absent_since_earliest": MONDAY + began, "absent_since_latest": MONDAY + began,
              "ended_at_earliest": to, "ended_at_latest": to}  # fmt: skip
    typed = report(1, "Margaret", "Castellanos-Roy", "2012-03-07",
                   missing_since_earliest=MONDAY + since, missing_since_latest=MONDAY + since)  # fmt: skip
    assert matched([MIRA], [typed], [record])["L1"][0]["missing_then"] == agrees


@pytest.mark.parametrize(("until", "agrees"), [(WEEK // 2, "same"), (0, "same"), (-1, "other")])
def test_a_report_that_does_not_say_since_when_is_of_the_weeks_in_which_it_may_have_been_made(
    matched: Run, until: int, agrees: str
) -> None:
    began = MONDAY + DAY
    record = {**absence_of(1), "absent_since_earliest": began, "absent_since_latest": began}
    typed = report(1, "Margaret", "Castellanos-Roy", "2012-03-07", source="agency",
                   reported_at_earliest=MONDAY - WEEK // 2, reported_at_latest=MONDAY + until)  # fmt: skip
    to_ncmec = {name: value for name, value in typed.items() if name != "outcome"}
    to_ncmec["ncmec_report_id"] = to_ncmec.pop("le_report_id")
    for reports, more in (([typed], {}), ([], {"ncmec_reports": [to_ncmec]})):
        assert matched([MIRA], reports, [record], more=more)["L1"][0]["missing_then"] == agrees


def test_twins_with_names_alike_are_a_question_and_both_are_named(matched: Run) -> None:
    twins = [child(1, "Jaydon", "Orme", "2012-03-07", "M"), child(2, "Jayden", "Orme", "2012-03-07", "M")]
    matches = matched(
        twins, [report(1, "Jaydenn", "Orme", "2012-03-07", "M"), report(2, None, "Orme", "2012-03-07", "M")]
    )
    for number in (1, 2):
        method, candidates = of(matches, number)
        assert method == "candidate" and sorted(candidates) == ["C1", "C2"]


def test_a_common_name_is_weaker_evidence_than_a_rare_one(matched: Run) -> None:
    many = [child(n, "Maria", "Garcia", f"{2004 + n % 15}-{1 + n % 12:02}-11") for n in range(2, 62)]
    both = [child(1, "Ottoline", "Orme", "2012-03-07"), *many]
    matches = matched(both, [report(1, "Ottoline", "Orme", None), report(2, "Maria", "Garcia", None)], [absence_of(1)])
    assert matches["L1"][0]["score"] > 0.9 > (matches["L2"][0]["score"] or 0)


def test_a_report_with_an_id_on_file_is_not_looked_at_and_one_with_an_unknown_id_is(matched: Run) -> None:
    named = ("Margaret", "Castellanos-Roy", "2012-03-07")
    matches = matched([MIRA], [report(1, *named, child_id="C1"), report(2, *named, child_id="gone")], [absence_of(1)])
    assert "L1" not in matches and of(matches, 2) == ("probable", ["C1"])


def test_what_is_no_name_is_no_evidence(matched: Run) -> None:
    strange = child(1, "Unknown", "Unknown", "2012-03-07")
    assert of(matched([strange], [report(1, "UNKNOWN", "unknown", "2012-03-07")]), 1)[0] != "probable"
