"""A brother, a sister, a namesake or a housemate who may be meant makes a likely link a question (spec 4.1.3)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cmfc.matching.answers import Decision
from cmfc.matching.match import match
from cmfc.matching.model import load_model
from tests.support.small_world import AS_OF, DAY, absence_of, child, choices, home, of, others, report, write

Run = Callable[..., dict[str, list[dict[str, Any]]]]
MIRA = child(1, "Margaret", "Castellanos", "2012-03-07")
CLEAR = report(1, "Margaret", "Castellanos", "2012-03-07")


def test_twins_whose_names_differ_are_a_question_about_both(matched: Run) -> None:
    twins = [child(1, "Ottoline", "Orme", "2012-03-07"), child(2, "Bathsheba", "Orme", "2012-03-07")]
    matches = matched(twins, [report(1, "Bathsheba", "Orme", "2012-03-07")], [absence_of(1), absence_of(2)])
    assert of(matches, 1) == ("candidate", ["C2", "C1"])


def test_namesakes_are_a_question_with_at_most_three_candidates(matched: Run) -> None:
    same = [child(n, "Ottoline", "Orme", born) for n, born in
            enumerate(("2012-03-07", "2009-10-28", "2016-06-15", "2004-12-01"), 1)]  # fmt: skip
    matches = matched(same, [report(1, "Ottoline", "Orme", "2009-10-28"), report(2, "Ottoline", "Orme", None)],
                    [absence_of(n) for n in (1, 2, 3, 4)])  # fmt: skip
    for number in (1, 2):
        method, candidates = of(matches, number)
        assert method == "candidate" and len(candidates) == 3
    assert matches["L1"][0]["child_id"] == "C2"


@pytest.mark.parametrize(
    ("other", "method"),
    [
        (child(2, "Bathsheba", "Castellanos", "2009-10-28"), "probable"),  # a sister who agrees in nothing else
        (child(2, "Bathsheba", "CASTELLANOS", "2012-03-07"), "candidate"),
        (child(2, "Bathsheba", "Castéllanos", "2012-03-07"), "candidate"),
        (child(2, "Bathsheba", "Castellanos", "2012-03-08"), "probable"),
        (child(2, "margaret", "Castellanos", "2009-10-28"), "candidate"),
        (child(2, "Margaret", "Castellanos", None), "candidate"),
        (child(2, "Margaret", "Trolle", "2009-10-28"), "probable"),  # another family in another home
        (child(2, "Bathsheba", "Trolle", "2012-03-07"), "probable"),
        (child(2, "Bathsheba", None, "2012-03-07"), "probable"),
    ],
)
def test_another_child_of_that_last_name_who_agrees_in_first_name_or_birth_date(
    matched: Run, other: dict[str, Any], method: str
) -> None:
    matches = matched([MIRA, other], [CLEAR], [absence_of(1)])
    assert matches["L1"][0]["method"] == method and matches["L1"][0]["child_id"] == "C1"


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("Margaret J", "Castellanos"),  # a word of the first name
        ("Peggy", "Castellanos"),  # short for the other's name too
        ("Margaret", "Castelanos"),  # the last name mistyped: the likely child's counts
        ("Margaret", None),
    ],
)
def test_a_slip_in_the_report_does_not_hide_the_namesake(matched: Run, first: str, last: str | None) -> None:
    namesake = child(2, "Margaret", "Castellanos", "2009-10-28")
    matches = matched([MIRA, namesake], [report(1, first, last, "2012-03-07")], [absence_of(1)])
    assert matches["L1"][0]["method"] == "candidate" and matches["L1"][0]["child_id"] == "C1"


BORN_ON_HER_DAY = child(2, "Bathsheba", "Trolle", "2012-03-07")
NAMED_LIKE_HER = child(2, "Margaret", "Trolle", "2009-10-28")
AGREES_IN_NOTHING = child(2, "Bathsheba", "Trolle", "2009-10-28")
MAY_HAVE_STAYED = home(1, "V1", 90, 13) | {"ended_at_latest": AS_OF - 12 * DAY}


@pytest.mark.parametrize(
    ("other", "homes", "since", "method"),
    [
        (BORN_ON_HER_DAY, [home(1, "V1", 90), home(2, "V1", 30)], None, "candidate"),
        (NAMED_LIKE_HER, [home(1, "V1", 90), home(2, "V1", 30)], None, "candidate"),
        (AGREES_IN_NOTHING, [home(1, "V1", 90), home(2, "V1", 30)], None, "probable"),
        (BORN_ON_HER_DAY, [home(1, "V1", 90), home(2, "V2", 30)], None, "probable"),
        (
            BORN_ON_HER_DAY,
            [home(1, "V1", 90, 11), home(2, "V1", 30)],
            None,
            "candidate",
        ),  # her bed given up as she went
        (BORN_ON_HER_DAY, [home(1, "V1", 90, 13), home(2, "V1", 30)], None, "probable"),  # she had moved on before
        (BORN_ON_HER_DAY, [home(1, "V1", 90, 13), home(2, "V1", 30)], 14, "candidate"),  # missing since then
        (BORN_ON_HER_DAY, [home(1, "V1", 90), home(2, "V1", 30, 20)], None, "probable"),  # the other had
        (BORN_ON_HER_DAY, [home(1, "V1", 90), home(2, "V1", 9)], None, "probable"),  # or came later
        (BORN_ON_HER_DAY, [home(1, "V1", 90), home(2, "V1", 30, 12)], None, "candidate"),  # two days before
        (BORN_ON_HER_DAY, [home(1, "V1", 90), home(2, "V1", 10)], None, "candidate"),  # as she went
        (BORN_ON_HER_DAY, [MAY_HAVE_STAYED, home(2, "V1", 30)], None, "candidate"),
        (BORN_ON_HER_DAY, [home(1, "V1", 90), {**MAY_HAVE_STAYED, "child_id": "C2"}], None, "candidate"),
    ],
)
def test_a_child_of_the_same_provider_meanwhile(
    matched: Run, other: dict[str, Any], homes: list[dict[str, Any]], since: int | None, method: str
) -> None:
    at = AS_OF - since * DAY if since else None
    typed = {**CLEAR, "missing_since_earliest": at, "missing_since_latest": at}
    matches = matched([MIRA, other], [typed], [absence_of(1)], more={"placements": homes})
    assert matches["L1"][0]["method"] == method and matches["L1"][0]["child_id"] == "C1"


@pytest.mark.parametrize(
    ("answer", "method"), [("same", "decided"), ("not_same", "none"), ("cannot_tell", "candidate")]
)
def test_a_persons_answer_decides_about_such_a_question(matched: Run, answer: Any, method: str) -> None:
    sister = child(2, "Bathsheba", "Castellanos", "2012-03-07")
    answers = [Decision("le_reports", "L1", "C1", answer, "ann", AS_OF - 100, "she said so", "", "", 1, 1)]
    ruled_out = Decision("le_reports", "L1", "C2", "not_same", "ann", AS_OF - 99, "she said so", "", "", 1, 2)
    matches = matched([MIRA, sister], [CLEAR], [absence_of(1)], answers=[*answers, ruled_out])
    assert matches["L1"][0]["method"] == method


def test_a_housemate_who_moves_in_makes_last_nights_link_a_question_without_a_score_anew(tmp_path: Path) -> None:
    model, children = load_model("default"), [MIRA, BORN_ON_HER_DAY, *others()]
    for night, provider in (("one", "V2"), ("two", "V1")):
        homes = {"placements": [home(1, "V1", 90), home(2, provider, 90)]}
        write(tmp_path / night, children, [CLEAR], [absence_of(1)], homes)
    match(tmp_path / "one", tmp_path / "out-one", AS_OF, model)
    outcome = match(tmp_path / "two", tmp_path / "out-two", AS_OF, model, previous=tmp_path / "out-one")
    assert of(choices(tmp_path / "out-one"), 1) == ("probable", ["C1"])
    assert outcome.scored == 0 and of(choices(tmp_path / "out-two"), 1) == ("candidate", ["C1"])


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kin=st.lists(
        st.tuples(
            st.sampled_from(["Margaret", "Bathsheba", "Otto"]),
            st.sampled_from(["Castellanos", "Trolle"]),
            st.sampled_from(["2012-03-07", "2009-10-28", "2015-01-30"]),
            st.sampled_from(["V1", "V2"]),
        ),
        max_size=4,
    )
)
def test_no_link_while_a_relative_or_housemate_agrees(
    tmp_path_factory: pytest.TempPathFactory, kin: list[tuple[str, str, str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("kin")
    children = [child(n, first, last, born) for n, (first, last, born, _) in enumerate(kin, 2)]
    homes = [home(1, "V1", 90), *(home(n, provider, 90) for n, (*_, provider) in enumerate(kin, 2))]
    checked = write(folder / "in", [MIRA, *children, *others()], [CLEAR], [absence_of(1)], {"placements": homes})
    match(checked, folder / "out", AS_OF, load_model("default"))
    near = [one for one in kin if one[1] == "Castellanos" or one[3] == "V1"]
    is_doubtful = any(first == "Margaret" or born == "2012-03-07" for first, _, born, _ in near)
    assert of(choices(folder / "out"), 1)[0] == ("candidate" if is_doubtful else "probable")
