"""Who a case is, from night to night: RC-09, RC-10, and identity carried over by shared evidence."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from cmfc.ledger.actions import Action, apply_action
from cmfc.ledger.tables import episodes, lineage
from cmfc.ledger.verify import verify
from tests.ledger.core_nights import DAY, HOUR, CoreNights, absence, child, core_nights, placement, report, unreadable
from tests.ledger.nights import AGENCY, instant, night_number

pytestmark = pytest.mark.long

GONE = instant(night_number(0)) - 5 * DAY
CHILD = {"children": [child()]}


@pytest.fixture
def nights(tmp_path: Path) -> CoreNights:
    return core_nights(tmp_path)


def waive(nights: CoreNights, number: int, code: str) -> str:
    """Waives the night's finding of a code; gives its id."""
    (exception_id,) = [row["exception_id"] for row in nights.work(number, "findings") if row["code"] == code][:1]
    today = night_number(number) + timedelta(days=1)
    action = Action("waive", "pat", instant(today) + DAY, today, text="why", until=today + timedelta(days=30))
    apply_action(nights.ledger, AGENCY, exception_id, action)
    return str(exception_id)


def changes(nights: CoreNights) -> list[tuple[str, str, str]]:
    with nights.ledger.reading() as connection:
        query = select(lineage.c.episode_id, lineage.c.change, lineage.c.other_id).order_by(lineage.c.seq)
        return [tuple(row) for row in connection.execute(query)]


def states(nights: CoreNights, number: int) -> list[tuple[str, str, bool]]:
    return [(row["child_id"], row["record_state"], row["is_new"]) for row in nights.work(number, "missing_now")]


def test_an_open_episode_that_vanished_stays_on_the_list_until_it_is_back(nights: CoreNights) -> None:
    nights.judge(0, {**CHILD, "absences": [absence("A1", GONE)]})
    (episode,) = nights.episodes(0).values()
    for number in (1, 2):
        nights.judge(number, CHILD)
        assert nights.codes(number)["RC-09"] == [episode]
        (names,) = [row for row in nights.work(number, "findings") if row["code"] == "RC-09"]
        assert (names["severity"], names["evidence"], names["child_id"]) == ("high", "absences:A1", "C1")
    nights.judge(3, {**CHILD, "absences": [absence("A1", GONE)]})
    assert "RC-09" not in nights.codes(3) and list(nights.episodes(3).values()) == [episode]
    assert {row["status"] for row in nights.lines(3).values()} == {"reopened"}


def test_a_record_that_could_not_be_read_and_vanished_stays_on_the_list_until_it_is_back(nights: CoreNights) -> None:
    """It may have said that the child is missing; deleted, it would have taken the child off the list in silence."""
    nights.judge(0, {**CHILD, "quarantine": [unreadable("A1"), unreadable("A2")]})
    assert states(nights, 0) == [("C1", "cannot_be_read", True)] and "RC-09" not in nights.codes(0)
    nights.judge(1, {**CHILD, "quarantine": [unreadable("A2")]})
    assert states(nights, 1) == [("C1", "cannot_be_read", False)] and nights.codes(1)["RC-09"] == ["absences:A1"]
    nights.judge(2, {**CHILD, "quarantine": [unreadable("A1")]})
    assert nights.codes(2)["RC-09"] == ["absences:A2"]
    nights.judge(3, {**CHILD, "quarantine": [unreadable("A2")], "absences": [absence("A1", GONE, GONE + DAY)]})
    assert "RC-09" not in nights.codes(3)
    for number in (4, 5):
        nights.judge(number, CHILD)
        assert nights.codes(number)["RC-09"] == ["absences:A2"]
        assert states(nights, number) == [("C1", "vanished", number == 4)]
        (row,) = [row for row in nights.work(number, "findings") if row["code"] == "RC-09"]
        assert (row["severity"], row["evidence"], row["child_id"]) == ("high", "absences:A2", "C1")
    nights.judge(6, {**CHILD, "quarantine": [unreadable("A2")]})
    assert states(nights, 6) == [("C1", "cannot_be_read", True)] and "RC-09" not in nights.codes(6)
    nights.judge(7, {**CHILD, "absences": [absence("A2", GONE, GONE + DAY)]})
    nights.judge(8, CHILD)
    assert [states(nights, n) for n in (7, 8)] == [[], []] and not {"RC-09"} & {*nights.codes(7), *nights.codes(8)}
    assert verify(nights.ledger, AGENCY, {})[1] == []


@pytest.mark.parametrize(
    "corrected",
    [
        {"absences": [absence("A1", GONE, GONE + DAY)]},
        {"absences": [absence("A1", GONE, kind="visit")]},
        {"absences": [absence("A7", GONE)]},
        {"placements": [placement("P1", GONE)]},
        {"quarantine": [unreadable("A1") | {"severity": "low"}]},
    ],
    ids=["corrected", "it says no such thing", "typed in again", "entered as a placement", "it has no bearing now"],
)
def test_a_record_that_can_be_read_now_or_was_typed_in_again_has_not_vanished(
    corrected: dict[str, Any], nights: CoreNights
) -> None:
    nights.judge(0, {**CHILD, "quarantine": [unreadable("A1")]})
    for number in (1, 2):
        nights.judge(number, {**CHILD, **corrected})
        assert "RC-09" not in nights.codes(number)


def test_a_record_that_can_be_read_no_more_is_not_said_to_have_gone(nights: CoreNights) -> None:
    nights.judge(0, {**CHILD, "absences": [absence("A1", GONE)]})
    nights.judge(1, {**CHILD, "quarantine": [unreadable("A1")]})
    nights.judge(2, CHILD)
    for number, words in ((1, "cannot be read"), (2, "has gone since")):
        reasons = [row["why"] for row in nights.work(number, "findings") if row["code"] == "RC-09"]
        assert len(reasons) == 1 and words in reasons[0]


def test_a_closed_episode_that_vanished_is_no_rc_09(nights: CoreNights) -> None:
    nights.judge(0, {**CHILD, "absences": [absence("A1", GONE, GONE + DAY)]})
    nights.judge(1, CHILD)
    assert "RC-09" not in nights.codes(1)


def test_an_end_that_nothing_proves_is_no_reason_to_forget_the_child_when_the_records_go(nights: CoreNights) -> None:
    """Missing, then over and nobody wrote how (RT-05), then deleted: no list had the child any more."""
    over = absence("A1", GONE, GONE + DAY, end_reason=None)
    nights.judge(0, {**CHILD, "absences": [absence("A1", GONE)]})
    (episode,) = nights.episodes(0).values()
    nights.judge(1, {**CHILD, "absences": [over]})
    assert "RT-05" in nights.codes(1) and "RC-09" not in nights.codes(1) and states(nights, 1) == []
    for number in (2, 3):
        nights.judge(number, CHILD)
        assert nights.codes(number)["RC-09"] == [episode]
        assert states(nights, number) == [("C1", "vanished", number == 2)]
        (row,) = [row for row in nights.work(number, "findings") if row["code"] == "RC-09"]
        assert "ended and nothing on file said how" in row["why"]
    nights.judge(4, {**CHILD, "absences": [over | {"end_reason": "returned"}]})
    nights.judge(5, CHILD)
    assert "RC-09" not in nights.codes(4) and "RC-09" not in nights.codes(5)


@pytest.mark.parametrize("before", [(), (absence("A1", GONE - 200 * DAY),)], ids=["never seen open", "long over"])
def test_of_an_end_that_nothing_proves_only_what_was_open_and_is_not_long_over_is_asked(
    before: tuple[dict[str, Any], ...], nights: CoreNights
) -> None:
    over = absence("A1", GONE - 200 * DAY, GONE - (100 * DAY if before else 0), end_reason=None)
    nights.judge(0, {**CHILD, "absences": list(before)})
    nights.judge(1, {**CHILD, "absences": [over]})
    nights.judge(2, CHILD)
    assert "RC-09" not in nights.codes(2)


@pytest.mark.parametrize(("early", "is_asked"), [(0, True), (1, False)], ids=["90 days", "a second more"])
def test_an_end_that_nothing_proves_is_asked_about_for_ninety_days(
    early: int, is_asked: bool, nights: CoreNights
) -> None:
    end = instant(night_number(3)) - 90 * DAY - early
    nights.judge(0, {**CHILD, "absences": [absence("A1", end - DAY)]})
    nights.judge(1, {**CHILD, "absences": [absence("A1", end - DAY, end, end_reason=None)]})
    nights.judge(2, CHILD)
    assert ("RC-09" in nights.codes(2)) is is_asked


def test_a_record_of_the_same_key_elsewhere_is_not_the_one_that_could_not_be_read(nights: CoreNights) -> None:
    """A placement and an absence may both be number 1."""
    nights.judge(0, {**CHILD, "quarantine": [unreadable("1")], "placements": [placement("1", GONE)]})
    nights.judge(1, CHILD)
    assert len(nights.codes(1)["RC-09"]) == 2


def test_an_absence_marked_as_an_error_is_evidence_that_vanished(nights: CoreNights) -> None:
    nights.judge(0, {**CHILD, "absences": [absence("A1", GONE)]})
    nights.judge(1, {**CHILD, "absences": [absence("A1", GONE, GONE + 2 * DAY, end_reason="error")]})
    assert {"RC-09", "RC-18"} <= set(nights.codes(1))


@pytest.mark.parametrize(("moved", "raised"), [(HOUR, False), (HOUR + 1, True), (-HOUR, False), (-HOUR - 1, True)])
def test_a_reported_start_that_moved_by_more_than_an_hour(moved: int, raised: bool, nights: CoreNights) -> None:
    rows: dict[str, Any] = {**CHILD, "ncmec_reports": [report("N1", GONE + 2 * HOUR)]}
    nights.judge(0, {**rows, "absences": [absence("A1", GONE)]})
    nights.judge(1, {**rows, "absences": [absence("A1", GONE + moved)]})
    assert ("RC-10" in nights.codes(1)) is raised
    nights.judge(2, {**rows, "absences": [absence("A1", GONE + moved)]})
    assert "RC-10" not in nights.codes(2)


def test_a_start_that_moved_without_a_report_is_no_rc_10(nights: CoreNights) -> None:
    """Nor where another child was reported."""
    other = {"children": [child(), child("C2")], "ncmec_reports": [report("N2", GONE + HOUR, "C2")]}
    nights.judge(0, {**other, "absences": [absence("A1", GONE), absence("A2", GONE, child_id="C2")]})
    nights.judge(1, {**other, "absences": [absence("A1", GONE + 5 * HOUR), absence("A2", GONE, child_id="C2")]})
    assert "RC-10" not in nights.codes(1)


def test_an_earlier_record_that_comes_in_late_changes_no_identity(nights: CoreNights) -> None:
    nights.judge(0, {**CHILD, "absences": [absence("A1", GONE)]})
    (episode,) = nights.episodes(0).values()
    nights.judge(1, {**CHILD, "absences": [absence("A1", GONE)], "placements": [placement("P1", GONE - 3 * HOUR)]})
    assert list(nights.episodes(1).values()) == [episode]
    assert changes(nights) == [(episode, "first_row", "absence:A1")]
    nights.judge(2, {**CHILD, "placements": [placement("P1", GONE - 3 * HOUR)]})  # and its own row goes
    assert list(nights.episodes(2).values()) == [episode]


def test_a_waiver_follows_the_case_when_its_first_record_changes_and_its_clock_does_not(nights: CoreNights) -> None:
    rows = {**CHILD, "absences": [absence("A1", GONE), absence("A2", GONE, agency_informed_at=None)]}
    nights.judge(0, rows)
    waived = waive(nights, 0, "NC-01")
    same_time = {**CHILD, "absences": [absence("A2", GONE, agency_informed_at=GONE)]}
    nights.judge(1, same_time)
    assert nights.statuses(1)[waived] == "waived"
    assert changes(nights)[0][1:] == ("first_row", "absence:A1")


def test_two_episodes_that_become_one_keep_the_older_identity(nights: CoreNights) -> None:
    apart = [absence("A1", GONE, GONE + DAY), absence("A2", GONE + 2 * DAY)]
    nights.judge(0, {**CHILD, "absences": apart})
    older, younger = (nights.episodes(0)[f"absences:{name}"] for name in ("A1", "A2"))
    nights.judge(1, {**CHILD, "absences": [absence("A1", GONE, GONE + 2 * DAY + HOUR), absence("A2", GONE + 2 * DAY)]})
    assert nights.episodes(1) == {"absences:A1;absences:A2": older}
    assert changes(nights) == [(older, "supersedes", younger)]
    nights.judge(2, {**CHILD, "absences": apart})  # and apart again: each has its own name back
    assert nights.episodes(2) == {"absences:A1": older, "absences:A2": younger}
    assert verify(nights.ledger, AGENCY, {})[1] == []


def test_of_a_split_episode_the_part_with_its_name_goes_on(nights: CoreNights) -> None:
    nights.judge(0, {**CHILD, "absences": [absence("A1", GONE, GONE + 2 * DAY + HOUR), absence("A2", GONE + 2 * DAY)]})
    (whole,) = nights.episodes(0).values()
    waived = waive(nights, 0, "NC-01")
    nights.judge(1, {**CHILD, "absences": [absence("A1", GONE, GONE + 36 * HOUR), absence("A2", GONE + 2 * DAY)]})
    names = nights.episodes(1)
    assert names["absences:A1"] == whole != names["absences:A2"]
    assert changes(nights) == [(names["absences:A2"], "split_from", whole)]
    assert nights.statuses(1)[waived] == "open"  # it is closed now: the facts changed
    assert "waived" not in nights.statuses(1).values()  # and the other part never had a waiver


def test_of_two_runs_under_one_key_each_keeps_its_name(nights: CoreNights) -> None:
    """Where a row of the same name is there it is the case's, and not the other one of the key."""

    def run(name: str, since: int, until: int | None = None) -> dict[str, Any]:
        return absence("A1", since, until) | {"record_id": f"A1@{name}", "record": f"absences:A1@{name}"}

    first, second, corrected = run("1", GONE, GONE + DAY), run("2", GONE + 2 * DAY), run("3", GONE, GONE + 30 * HOUR)
    nights.judge(0, {**CHILD, "absences": [first, second]})
    names = nights.episodes(0)
    assert len(set(names.values())) == 2
    nights.judge(1, {**CHILD, "absences": [first, second]})
    assert nights.episodes(1) == names
    nights.judge(2, {**CHILD, "absences": [corrected, second]})
    assert nights.episodes(2) == {
        f"absences:A1@{now}": names[f"absences:A1@{was}"] for now, was in (("2", "2"), ("3", "1"))
    }
    assert (names["absences:A1@1"], "first_row", "absence:A1@1") in changes(nights)


def test_a_name_that_is_taken_is_not_given_twice(nights: CoreNights) -> None:
    """P1 comes before A1 and carries A1's name on; when A1 parts from it, it needs another."""
    nights.judge(0, {**CHILD, "absences": [absence("A1", GONE)]})
    (name,) = nights.episodes(0).values()
    early = placement("P1", GONE - DAY, GONE + HOUR)
    nights.judge(1, {**CHILD, "absences": [absence("A1", GONE)], "placements": [early]})
    nights.judge(2, {**CHILD, "placements": [early]})
    assert nights.episodes(2) == {"placements:P1": name}
    apart = {**CHILD, "absences": [absence("A1", GONE + 2 * DAY)], "placements": [placement("P1", GONE - DAY, GONE)]}
    nights.judge(3, apart)
    names = nights.episodes(3)
    assert names["placements:P1"] == name != names["absences:A1"]
    nights.judge(4, apart)
    assert nights.episodes(4) == names


def test_a_record_moved_to_another_child_on_file_is_another_case(nights: CoreNights) -> None:
    both = {"children": [child("C1"), child("C2")]}
    nights.judge(0, {**both, "absences": [absence("A1", GONE)]})
    (was,) = nights.episodes(0).values()
    waived = waive(nights, 0, "NC-01")
    nights.judge(1, {**both, "absences": [absence("A1", GONE, child_id="C2")]})
    (now,) = nights.episodes(1).values()
    assert now != was and nights.codes(1)["RC-09"] == [was]
    assert waived not in nights.statuses(1) and "waived" not in nights.statuses(1).values()


def test_a_case_follows_a_child_whose_ids_were_merged(nights: CoreNights) -> None:
    nights.judge(0, {"children": [child("C1"), child("C2")], "absences": [absence("A1", GONE)]})
    (was,) = nights.episodes(0).values()
    nights.judge(1, {"children": [child("C2")], "absences": [absence("A1", GONE, child_id="C2")]})
    assert list(nights.episodes(1).values()) == [was] and "RC-09" not in nights.codes(1)


def test_a_key_of_several_children_tells_nothing_of_a_child_who_left_the_file(nights: CoreNights) -> None:
    """Absences counted from 1 for each child: another child's first absence was taken for the one that had gone."""
    shared = [absence("1", GONE - DAY, record="absences:1@C1", record_id="1@C1"),
              absence("1", GONE, child_id="C2", record="absences:1@C2", record_id="1@C2")]  # fmt: skip
    nights.judge(0, {"children": [child("C1"), child("C2")], "absences": shared})
    first, second = (nights.episodes(0)[f"absences:1@{name}"] for name in ("C1", "C2"))
    for number in (1, 2):
        nights.judge(number, {"children": [child("C2")], "absences": [absence("1", GONE, child_id="C2")]})
        assert nights.codes(number)["RC-09"] == [first]
        assert nights.episodes(number) == {"absences:1": second}
        assert {one[:2] for one in states(nights, number)} == {("C1", "vanished"), ("C2", "open")}


def test_a_key_that_another_child_bears_from_now_on_leaves_the_case_its_name(nights: CoreNights) -> None:
    both = {"children": [child("C1"), child("C2")]}
    nights.judge(0, {**both, "absences": [absence("1", GONE)]})
    (was,) = nights.episodes(0).values()
    shared = [absence("1", GONE, record="absences:1@C1", record_id="1@C1"),
              absence("1", GONE + DAY, child_id="C2", record="absences:1@C2", record_id="1@C2")]  # fmt: skip
    nights.judge(1, {**both, "absences": shared})
    assert nights.episodes(1)["absences:1@C1"] == was and changes(nights) == []


def test_a_child_whose_row_alone_is_gone_is_on_file_still(nights: CoreNights) -> None:
    """One night the row of C1 was set aside, and its absence was written to another child: two cases, not one."""
    custody = {"custody_id": "K1", "child_id": "C1", "authority": "state_care", "began_at": GONE - 90 * DAY}
    both = {"children": [child("C1"), child("C2")], "custody": [custody]}
    nights.judge(0, {**both, "absences": [absence("A1", GONE)]})
    (was,) = nights.episodes(0).values()
    nights.judge(1, {**both, "children": [child("C2")], "absences": [absence("A1", GONE, child_id="C2")]})
    assert nights.codes(1)["RC-09"] == [was] and was not in nights.episodes(1).values()


def test_what_was_believed_of_an_episode_stands_with_when(nights: CoreNights) -> None:
    first = nights.judge(0, {**CHILD, "absences": [absence("A1", GONE)]})
    second = nights.judge(1, {**CHILD, "absences": [absence("A1", GONE, GONE + DAY)]})
    nights.judge(2, {**CHILD, "absences": [absence("A1", GONE, GONE + DAY)]})
    with nights.ledger.reading() as connection:
        query = select(episodes.c.from_seq, episodes.c.to_seq, episodes.c.state).order_by(episodes.c.from_seq)
        believed = [tuple(row) for row in connection.execute(query)]
    assert believed == [(first.seq, second.seq, "open"), (second.seq, None, "closed")]


def test_what_is_known_is_made_anew_from_the_ledger_when_its_file_is_lost(nights: CoreNights) -> None:
    rows = {**CHILD, "absences": [absence("A1", GONE), absence("A2", GONE + HOUR)]}
    nights.judge(0, {**rows, "placements": [placement("P:1;x", GONE - HOUR)]})
    (episode,) = nights.episodes(0).values()
    for path in (nights.folder / "kept").iterdir():
        path.unlink()
    nights.judge(1, rows)
    assert list(nights.episodes(1).values()) == [episode]
    assert changes(nights) == [(episode, "first_row", "placement:P:1;x")]
