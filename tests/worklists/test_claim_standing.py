"""What becomes of a claim: answered by the log, waiting, or a line to answer after 48 hours."""

from dataclasses import replace
from typing import Any

import pytest

from cmfc.ledger.claims import Noted
from cmfc.worklists.claims import ANSWER_SECONDS, standing_of

AT = 1_790_000_000
HOUR = 3600


def claim(recipient: str = "law_enforcement", number: str | None = None) -> Noted:
    return Noted(7, "C1", "e1", recipient, AT - HOUR, "rita", AT, number)


def le(at: int = AT - HOUR, outcome: str | None = "accepted", number: str | None = None, **more: Any) -> dict[str, Any]:
    row = {"record": "le_reports:L1", "reported_at_earliest": at, "reported_at_latest": at, "outcome": outcome}
    return row | {"report_number": number, "may_count": True} | more


def ncmec(source: str | None = "agency", at: int = AT - HOUR) -> dict[str, Any]:
    row = {"record": "ncmec_reports:N1", "reported_at_earliest": at, "reported_at_latest": at, "source": source}
    return row | {"ncmec_case_number": None, "may_count": True}


@pytest.mark.parametrize(
    ("after", "state"), [(0, "waiting"), (ANSWER_SECONDS - 1, "waiting"), (ANSWER_SECONDS, "to_answer")]
)
def test_without_a_row_it_waits_for_48_hours_and_is_then_to_be_answered(after: int, state: str) -> None:
    assert standing_of(claim(), [], AT + after).state == state


@pytest.mark.parametrize("hours", [-24, 0, 24])
def test_a_row_within_a_day_of_the_noted_time_answers_it_whenever_it_came(hours: int) -> None:
    result = standing_of(claim(), [le(AT - HOUR + hours * HOUR)], AT + 9 * ANSWER_SECONDS)
    assert (result.state, result.record, result.is_contradicted) == ("answered", "le_reports:L1", False)


@pytest.mark.parametrize("seconds", [-24 * HOUR - 1, 24 * HOUR + 1])
def test_a_row_further_away_is_another_report(seconds: int) -> None:
    assert standing_of(claim(), [le(AT - HOUR + seconds)], AT + ANSWER_SECONDS).state == "to_answer"


def test_a_row_that_is_known_by_its_day_answers_what_was_noted_on_that_day() -> None:
    day = le(AT - 30 * HOUR, reported_at_latest=AT - 6 * HOUR)
    assert standing_of(claim(), [day], AT).state == "answered"


def test_the_same_number_answers_whatever_the_time_and_however_it_is_written() -> None:
    far = le(AT - 900 * HOUR, number="26-00123 ")
    assert standing_of(claim(number="26 00123"), [far], AT).state == "answered"
    assert standing_of(claim(number="26 00124"), [far], AT).state == "waiting"
    assert standing_of(claim(number=None), [far | {"report_number": None}], AT).state == "waiting"


@pytest.mark.parametrize("outcome", ["refused", "told_to_wait", "attempted", None])
def test_a_log_that_says_refused_does_not_answer_that_a_report_was_made(outcome: str | None) -> None:
    result = standing_of(claim(), [le(outcome=outcome)], AT + ANSWER_SECONDS)
    assert (result.state, result.is_contradicted) == ("to_answer", True)
    assert standing_of(claim(), [le(outcome=outcome), le(record="le_reports:L2")], AT).state == "answered"


def test_a_row_that_may_be_voided_answers_nothing() -> None:
    assert standing_of(claim(), [le(may_count=False)], AT).state == "waiting"


def test_a_report_to_ncmec_by_the_police_is_not_the_agencys() -> None:
    assert standing_of(claim("ncmec"), [ncmec("law_enforcement")], AT + ANSWER_SECONDS).state == "to_answer"
    for source in ("agency", "parent", "other", None):
        assert standing_of(claim("ncmec"), [ncmec(source)], AT).state == "answered"


def test_a_row_for_another_missing_episode_answers_only_by_its_number() -> None:
    row = le(AT - 2 * HOUR, number="26-00123")
    assert standing_of(claim(), [row], AT, {"le_reports:L9"}).state == "answered"
    assert standing_of(claim(), [row], AT, {"le_reports:L1"}).state == "waiting"
    assert standing_of(claim(number="26-00123"), [row], AT, {"le_reports:L1"}).state == "answered"


def test_a_log_that_could_not_be_used_says_nothing() -> None:
    result = standing_of(claim(), None, AT + 9 * ANSWER_SECONDS)
    assert (result.state, result.record) == ("not_checked", "")


def test_a_number_that_was_erased_does_not_make_an_answered_note_a_line_again() -> None:
    far, late = le(AT - 900 * HOUR, number="26-00123"), AT + 9 * ANSWER_SECONDS
    erased = replace(claim(), is_number_erased=True)
    assert standing_of(claim(number="26-00123"), [far], late).state == "answered"
    assert standing_of(erased, [far], late).state == "not_checked"
    assert standing_of(erased, [far, le()], late).state == "answered"
    assert standing_of(erased, [le(outcome="refused")], late).state == "to_answer"
