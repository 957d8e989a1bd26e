"""The life of a finding from night to night, on both databases."""

import threading
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from cmfc.errors import CmfcError, UsageError
from cmfc.ledger.actions import Action, apply_action
from cmfc.ledger.queries import Filter, count_changes, history, list_findings, one_finding
from cmfc.ledger.store import Ledger, open_ledger
from cmfc.ledger.verify import verify
from cmfc.review.access import Sight
from tests.ledger.nights import AGENCY, Nights, finding_of, instant, night_number

A, B, C = finding_of("A"), finding_of("B"), finding_of("C")
ID_A, ID_B = A["exception_id"], B["exception_id"]
CLOCK = ("clock_start_earliest", "clock_start_latest", "deadline_earliest", "deadline_latest")


@pytest.fixture
def nights(ledger: Ledger, tmp_path: Path) -> Nights:
    return Nights(ledger, tmp_path / "nights")


def do(nights: Nights, number: int, kind: Any, exception_id: str = ID_A, **more: Any) -> int:
    """Somebody acts on the day after a night."""
    today = night_number(number) + timedelta(days=1)
    return apply_action(
        nights.ledger, AGENCY, exception_id, Action(kind, "pat", instant(today) + 40_000, today, **more)
    )


def waive(nights: Nights, number: int, days: int, exception_id: str = ID_A) -> None:
    until = night_number(number) + timedelta(days=1 + days)
    do(nights, number, "waive", exception_id, text="seen by a nurse", until=until)


def whole(nights: Nights) -> None:
    """The memory is whole: the journal, and every row that it vouches for."""
    assert verify(nights.ledger, AGENCY, {})[1] == []


def test_new_then_open_then_resolved_then_reopened(nights: Nights) -> None:
    nights.night(0, [A])
    assert nights.statuses(0) == {ID_A: "new"} and nights.delta(0) == {("new", ID_A)}
    nights.night(1, [A])
    assert nights.statuses(1) == {ID_A: "open"} and nights.delta(1) == set()
    nights.night(2, [])
    assert nights.statuses(2) == {} and nights.delta(2) == {("resolved", ID_A)}
    nights.night(3, [])
    assert nights.delta(3) == set()
    nights.night(4, [A])
    assert nights.statuses(4) == {ID_A: "reopened"} and nights.delta(4) == {("reopened", ID_A)}
    nights.night(5, [A])
    line = nights.lines(5)[ID_A]
    assert (line["status"], line["first_seen"], line["age_days"]) == ("open", "2026-03-03", 5)
    kinds = [event.kind for event in history(nights.ledger, AGENCY, ID_A)]
    assert kinds == ["found", "resolved", "reopened"]
    whole(nights)


def test_what_became_of_its_facts_is_written_whether_or_not_its_status_moves(nights: Nights) -> None:
    """Open on two nights before, then worse, then with other facts."""
    worse = A | {"severity": "critical"}
    for number, row in enumerate([A, A, worse, worse | {"office": "South"}]):
        nights.night(number, [row])
        (finding,) = list_findings(nights.ledger, AGENCY, Filter())[0]
        assert (finding.severity, finding.office) == (row["severity"], row["office"])
    assert [event.kind for event in history(nights.ledger, AGENCY, ID_A)] == ["found", "severity"]
    whole(nights)


def test_a_night_that_is_run_again_ends_nothing_twice(nights: Nights) -> None:
    nights.night(0, [A, B])
    for salt in ("", "other", "others"):
        nights.night(1, [B], salt=salt)
    assert [event.kind for event in history(nights.ledger, AGENCY, ID_A)] == ["found", "resolved"]
    whole(nights)


def test_what_resolved_it_is_kept(nights: Nights) -> None:
    le = finding_of("A", "LE-01", recipient="law_enforcement", rule_id="us/federal/report_to_le")
    whose = finding_of("B", "ID-01", recipient="")
    nights.night(0, [A, le, B, whose])
    nights.night(1, [], episodes=[{"episode_id": "A", "le_report_id": "L7", "ncmec_report_id": None},
                                  {"episode_id": "B", "le_report_id": None, "ncmec_report_id": "N7"}])  # fmt: skip
    resolutions = {
        f.exception_id: (f.resolved_by, f.resolved_on)
        for f in list_findings(nights.ledger, AGENCY, Filter(status="resolved"))[0]
    }
    on = night_number(2)
    assert resolutions == {
        le["exception_id"]: ("le_reports:L7", on),
        ID_A: ("no longer found", on),
        ID_B: ("ncmec_reports:N7", on),
        whose["exception_id"]: ("no longer found", on),
    }


def test_a_night_again_changes_nothing(nights: Nights) -> None:
    nights.night(0, [A, B])
    nights.night(1, [A, C])
    waive(nights, 1, 30)
    first = nights.done[night_number(1)]
    lines = nights.lines(1)
    again = nights.night(1, [A, C])
    assert (again.is_again, again.run_id, again.head) == (True, first.run_id, first.head)
    assert nights.lines(1) == lines  # the waiver came after that list
    whole(nights)


def test_a_night_with_other_inputs_counts_from_the_night_before(nights: Nights) -> None:
    """What is new, open or resolved tonight is so against the last earlier night, however often tonight is run."""
    nights.night(0, [A])
    nights.night(1, [B])
    assert nights.delta(1) == {("new", ID_B), ("resolved", ID_A)}
    nights.night(1, [A, C], salt="pulled anew")
    assert nights.statuses(1) == {ID_A: "open", C["exception_id"]: "new"}
    assert nights.delta(1) == {("new", C["exception_id"])}
    assert one_finding(nights.ledger, AGENCY, ID_B) is None  # it was never on a list that stands
    nights.night(2, [A, B, C])
    assert nights.statuses(2) == {ID_A: "open", ID_B: "new", C["exception_id"]: "open"}
    assert nights.lines(2)[ID_B]["first_seen"] == "2026-03-05"
    whole(nights)


def test_a_late_night_gets_its_list_and_changes_nothing_later(nights: Nights) -> None:
    nights.night(0, [A])
    nights.night(2, [A, B])
    late = nights.night(1, [C])
    assert late.is_late and nights.statuses(1) == {C["exception_id"]: "new"}
    assert nights.delta(1) == {("new", C["exception_id"]), ("resolved", ID_A)}
    nights.night(3, [A, B])
    assert nights.statuses(3) == {ID_A: "open", ID_B: "open"} and nights.delta(3) == set()
    whole(nights)


def test_a_waiver_holds_until_its_last_day(nights: Nights) -> None:
    nights.night(0, [A, B])
    waive(nights, 0, 2)  # on 3 March, until the end of 5 March
    for number, status in [(1, "waived"), (2, "waived"), (3, "open")]:
        nights.night(number, [A, B])
        assert nights.statuses(number) == {ID_A: status, ID_B: "open"}
    assert nights.lines(2)[ID_A]["waived_until"] == "2026-03-05"
    assert history(nights.ledger, AGENCY, ID_A)[-1].detail == {"why": "expired"}
    whole(nights)


@pytest.mark.parametrize(
    ("change", "lapses"),
    [
        ({"is_open": False}, True),
        ({"clock_start_earliest": 900}, True),
        ({"deadline_latest": 8000}, True),
        ({"child_id": "another"}, True),
        ({"severity": "critical"}, False),  # time alone raises it
        ({"office": "South"}, False),
        ({"evidence": "absences:A9"}, False),  # the clock says whether more evidence matters
    ],
)
def test_a_waiver_lapses_when_the_facts_under_it_change(change: dict[str, Any], lapses: bool, nights: Nights) -> None:
    nights.night(0, [A])
    waive(nights, 0, 30)
    nights.night(1, [finding_of("A", **change)])
    assert nights.statuses(1)[ID_A] == ("open" if lapses else "waived")
    nights.night(2, [A])
    assert nights.statuses(2)[ID_A] == ("open" if lapses else "waived")  # once lapsed it does not come back by itself
    whole(nights)


def test_a_waiver_ends_where_a_record_became_worse(nights: Nights) -> None:
    """A cell that could not be read was set aside by a person; then the whole row could not be."""
    row = finding_of("absences:A1", "DQ-01", episode_id=None, recipient="", severity="low", is_open=False,
                     evidence="absences:A1", began_earliest=None) | dict.fromkeys(CLOCK)  # fmt: skip
    nights.night(0, [row])
    waive(nights, 0, 30, row["exception_id"])
    nights.night(1, [row])
    assert nights.statuses(1) == {row["exception_id"]: "waived"}
    nights.night(2, [row | {"severity": "critical"}])
    assert nights.statuses(2) == {row["exception_id"]: "open"}
    waive(nights, 2, 30, row["exception_id"])
    nights.night(3, [row | {"severity": "critical"}])
    nights.night(4, [row])
    assert [nights.statuses(number)[row["exception_id"]] for number in (3, 4)] == ["waived", "waived"]
    whole(nights)


def test_a_waiver_outlasts_a_night_without_the_finding(nights: Nights) -> None:
    """The same facts came back: the person judged exactly these."""
    nights.night(0, [A])
    waive(nights, 0, 30)
    nights.night(1, [])
    nights.night(2, [A])
    assert nights.statuses(2) == {ID_A: "waived"}
    assert nights.delta(2) == {("reopened", ID_A)}
    whole(nights)


def test_people_act_and_the_list_shows_it(nights: Nights) -> None:
    nights.night(0, [A, B])
    do(nights, 0, "acknowledge")
    do(nights, 0, "assign", assignee="kim")
    do(nights, 0, "comment", text="called the office")
    nights.night(1, [A, B])
    line = nights.lines(1)[ID_A]
    assert (line["status"], line["assignee"]) == ("acknowledged", "kim")
    events = [(event.kind, event.actor, event.text) for event in history(nights.ledger, AGENCY, ID_A)]
    assert events == [("found", "cmfc", None), ("acknowledged", "pat", None), ("assigned", "pat", None),
                    ("commented", "pat", "called the office")]  # fmt: skip
    do(nights, 1, "assign", assignee="")
    nights.night(2, [])
    nights.night(3, [A])
    line = nights.lines(3)[ID_A]
    assert (line["status"], line["assignee"]) == ("reopened", None)
    nights.night(4, [A])
    assert nights.statuses(4) == {ID_A: "open"}  # what came back is not acknowledged any more
    whole(nights)


def test_of_two_people_who_act_on_one_finding_the_second_is_told(nights: Nights) -> None:
    nights.night(0, [A])
    before = one_finding(nights.ledger, AGENCY, ID_A)
    assert before is not None
    assert do(nights, 0, "acknowledge", revision=before.revision) == before.revision + 1
    with pytest.raises(UsageError, match="CMFC-F02"):
        do(nights, 0, "assign", assignee="kim", revision=before.revision)
    after = one_finding(nights.ledger, AGENCY, ID_A)
    assert after is not None and after.assignee is None


@pytest.mark.parametrize(
    ("kind", "more", "code"),
    [
        ("waive", {"text": "", "until": date(2026, 5, 1)}, "CMFC-F03"),
        ("waive", {"text": "why", "until": None}, "CMFC-F03"),
        ("waive", {"text": "why", "until": date(2026, 3, 3)}, "CMFC-F03"),  # today is not to come
        ("comment", {"text": "  "}, "CMFC-F03"),
        ("explain", {"text": " "}, "CMFC-F03"),
        ("explain", {"text": "why"}, "CMFC-F04"),  # NC-01: it ends when the records say so
        ("acknowledge", {"exception_id": "0" * 20}, "CMFC-F01"),
        ("acknowledge", {"exception_id": ID_B}, "CMFC-F01"),  # resolved
    ],
)
def test_an_act_that_lacks_something_is_refused(kind: Any, more: dict[str, Any], code: str, nights: Nights) -> None:
    nights.night(-1, [A, B])
    nights.night(0, [A])
    before = nights.ledger and [e.seq for e in history(nights.ledger, AGENCY, ID_A)]
    with pytest.raises(UsageError, match=code):
        do(nights, 0, kind, **more)
    assert [e.seq for e in history(nights.ledger, AGENCY, ID_A)] == before


def test_no_finding_ends_through_the_silence_of_a_feed(nights: Nights) -> None:
    le, pair = finding_of("A", "LE-01", recipient="law_enforcement"), finding_of("A", "RC-04")
    nights.night(0, [A, le, pair, B])
    done = nights.night(1, [B], broken=("le_reports",))
    assert nights.delta(1) == {("resolved", pair["exception_id"])} and done.counts["not_checked"] == 2
    nights.night(2, [A, le, pair, B])
    assert nights.statuses(2) == {
        ID_A: "open", le["exception_id"]: "open", pair["exception_id"]: "reopened", ID_B: "open",
    }  # fmt: skip
    whole(nights)


@pytest.mark.parametrize(
    ("feed", "column", "over"),
    [
        ("le_reports", "missing_since", {"RC-04", "DQ-03"}),
        ("le_reports", "first_name", {"NC-01", "RC-04", "DQ-03"}),
        ("absences", "reason", {"DQ-03"}),
        ("returns", "contributing_factors", {"LE-01", "NC-01", "RC-04", "DQ-03"}),
    ],
)
def test_no_finding_ends_that_may_rest_on_a_column_that_is_lost(
    feed: str, column: str, over: set[str], nights: Nights
) -> None:
    others = [finding_of("A", code) for code in ("RC-04", "DQ-03")]
    nights.night(0, [A, finding_of("A", "LE-01", recipient="law_enforcement"), *others])
    nights.lost = {feed: column}
    nights.night(1, [])
    assert set(nights.ended(1)) == over


def test_a_duty_only_seems_milder_while_the_other_log_is_silent(nights: Nights) -> None:
    late, in_doubt = finding_of("A", "NC-02"), finding_of("A", "NC-03")
    nights.night(0, [late])
    done = nights.night(1, [in_doubt], broken=("le_reports",))
    assert nights.delta(1) == {("new", in_doubt["exception_id"])}
    assert (done.counts["better"], done.counts["new"], done.counts["not_checked"]) == (0, 0, 1)
    nights.night(2, [late])
    assert nights.statuses(2) == {late["exception_id"]: "open"}
    assert nights.delta(2) == {("resolved", in_doubt["exception_id"])}
    whole(nights)


def test_an_episode_that_goes_on_in_another_takes_its_findings_along(nights: Nights) -> None:
    nights.night(0, [A, B])
    do(nights, 0, "assign", assignee="kim")
    waive(nights, 0, 30)
    nights.night(1, [B, C], lineage=[("C", "supersedes", "A")])
    line = nights.lines(1)[C["exception_id"]]
    assert (line["status"], line["first_seen"], line["assignee"]) == ("open", "2026-03-03", "kim")
    assert nights.delta(1) == {("resolved", ID_A)}
    assert [e.kind for e in history(nights.ledger, AGENCY, C["exception_id"])] == [
        "found", "assigned", "waived", "resolved", "found", "inherits",
    ]  # fmt: skip
    nights.night(2, [B, C])
    assert nights.lines(2)[C["exception_id"]]["assignee"] == "kim"
    whole(nights)


def test_a_list_is_filtered_and_paged(nights: Nights) -> None:
    many = [finding_of(f"E{n:03}", office="North" if n % 2 else "South", severity="low" if n % 3 else "critical")
            for n in range(60)]  # fmt: skip
    nights.night(0, many)
    page, total = list_findings(nights.ledger, AGENCY, Filter(office="North"), limit=10, offset=0)
    rest, _ = list_findings(nights.ledger, AGENCY, Filter(office="North"), limit=100, offset=10)
    assert total == 30 and len(page) == 10 and len(rest) == 20
    assert len({f.exception_id for f in page + rest}) == 30 and {f.office for f in page + rest} == {"North"}
    assert [f.severity for f in page + rest] == ["critical"] * 10 + ["low"] * 20
    assert list_findings(nights.ledger, "another", Filter())[1] == 0


def test_rows_that_were_changed_behind_the_ledger_show_when_the_night_runs_again(nights: Nights) -> None:
    nights.night(0, [A])
    nights.night(1, [A])
    waive(nights, 1, 30)
    nights.night(2, [A])
    prefix = "" if nights.ledger.is_sqlite else "cmfc."
    with nights.ledger.writing(AGENCY) as connection:
        connection.exec_driver_sql(f"UPDATE {prefix}waivers SET facts_digest = 'forged'")
    with pytest.raises(CmfcError, match="CMFC-J03"):
        nights.night(2, [A])
    (fault,) = verify(nights.ledger, AGENCY, {})[1]
    assert (fault.seq, str(fault)) == (3, f"Entry 3: waivers {ID_A}, 3: It was changed later.")


def test_of_two_runs_of_one_night_at_once_one_wins_and_the_other_says_so(
    ledger: Ledger, url: str, tmp_path: Path
) -> None:
    both = [Nights(ledger, tmp_path / "one"), Nights(open_ledger(url), tmp_path / "two")]
    done: list[Any] = []

    def run(nights: Nights) -> None:
        done.append(nights.night(0, [A, B, C]))

    runs = [threading.Thread(target=run, args=[nights]) for nights in both]
    for each in runs:
        each.start()
    for each in runs:
        each.join()
    both[1].ledger.close()
    assert sorted(each.is_again for each in done) == [False, True]
    assert done[0].run_id == done[1].run_id and done[0].head == done[1].head
    assert both[0].lines(0) == both[1].lines(0)
    whole(both[0])


def episode(subject: str, **more: Any) -> dict[str, Any]:
    plain = {"episode_id": subject, "child_id": f"child of {subject}", "status": "open", "is_back": False}
    return plain | {"le_verdict": "met", "ncmec_verdict": "missing"} | more


def test_what_ended_a_finding_and_what_changed_for_its_duty(nights: Nights) -> None:
    due, overdue, late = finding_of("A", "NC-06"), finding_of("A", "NC-01"), finding_of("A", "NC-02")
    nights.night(0, [due], episodes=[episode("A", ncmec_verdict="pending")])
    assert nights.ended(0) == {"NC-06": (None, "new")}
    nights.night(1, [overdue], episodes=[episode("A")])
    assert nights.ended(1) == {"NC-06": ("worse", None), "NC-01": (None, "worse")}
    nights.night(2, [late], episodes=[episode("A", ncmec_verdict="late")])
    assert nights.ended(2) == {"NC-01": ("milder", None), "NC-02": (None, "better")}
    nights.night(3, [], episodes=[episode("A", ncmec_verdict="met")])
    assert nights.ended(3) == {"NC-02": ("done", "over")}


def test_the_page_counts_and_lists_duties_as_the_delta_says(nights: Nights) -> None:
    due = [
        finding_of("A", "NC-06"),
        finding_of("B", "NC-06", office="South"),
        finding_of("D", "NC-06"),
        finding_of("E", "RC-01", recipient=""),
    ]
    nights.night(0, due, episodes=[episode(name, ncmec_verdict="pending") for name in "ABDE"])
    overdue = [
        finding_of("A", "NC-01"),
        finding_of("B", "NC-01", office="South"),
        finding_of("C", "NC-01"),
        finding_of("D2", "NC-06"),
        due[3],
    ]
    nights.night(1, overdue, episodes=[episode(name) for name in ("A", "B", "C", "D2", "E")],
                 lineage=[("D2", "supersedes", "D")])  # fmt: skip
    counts = [counted(nights)]
    met = [episode(name, ncmec_verdict="met") for name in ("A", "B", "C", "D2", "E")]
    nights.night(2, [finding_of("A", "NC-02")], episodes=met)
    counts.append(counted(nights, number=2))
    assert counts == [{"better": 0, "worse": 2, "new": 1, "over": 0}, {"better": 1, "worse": 0, "new": 0, "over": 4}]
    assert count_changes(nights.ledger, AGENCY, Sight(("South",))) == {"better": 0, "worse": 0, "new": 0, "over": 1}


def counted(nights: Nights, number: int = 1) -> dict[str, int]:
    """What the page counts, which is what it lists and what the delta says."""
    counts = count_changes(nights.ledger, AGENCY, None)
    for name, count in counts.items():
        rows, total = list_findings(nights.ledger, AGENCY, Filter(changed=name), 100)
        ids = {row["exception_id"] for row in nights.changes(number) if row["duty_change"] == name}
        assert count == total and {row.exception_id for row in rows} == ids
    return counts


def test_what_is_owed_no_more_is_left_and_what_is_gone_was_corrected(nights: Nights) -> None:
    back, again, other = finding_of("A", "RT-02"), finding_of("B", "RT-02"), finding_of("C", "RC-01", recipient="")
    whole_list = [back, again, other, finding_of("D")]
    closed = {"status": "closed", "is_back": True, "ncmec_verdict": "met"}
    nights.night(0, whole_list, episodes=[episode(name, **closed) for name in "ABCD"])
    run = {"episode_id": "B2", "child_id": "child of B"}
    notices = [{"episode_id": "A", "recipient": "ncmec", "verdict": "met", "told_earliest": 1}]
    still = [episode("A", **closed), episode("B", **closed), episode("B", **run), episode("C")]
    nights.night(1, [], episodes=still, notices=notices)
    rows = {row["subject_id"]: row["ended"] for row in nights.changes(1)}
    assert rows == {"A": "done", "B": "left", "C": "corrected", "D": "corrected"}
