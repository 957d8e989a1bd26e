"""What ended a finding is what tonight's facts show: nothing is done because it is not found any more (spec 5)."""

from pathlib import Path
from typing import Any

import pytest

from cmfc.feeds.catalog import feeds
from tests.ledger.core_nights import DAY, HOUR, CoreNights, absence, child, core_nights, report
from tests.ledger.nights import instant, night_number

pytestmark = pytest.mark.long

NOW = instant(night_number(0))
GONE, BACK = NOW - 6 * DAY, NOW - 5 * DAY
LONG_AGO = NOW - 400 * DAY
Row = dict[str, Any]


@pytest.fixture
def nights(tmp_path: Path) -> CoreNights:
    return core_nights(tmp_path)


def le_report(at: int = GONE + HOUR, outcome: str = "accepted", **more: Any) -> Row:
    """A report to law enforcement."""
    return {"le_report_id": "L1", "child_id": "C1", "reported_at": at, "outcome": outcome, "reporter": "agency",
            "agency_name": "PD", "report_number": "77"} | more  # fmt: skip


ENTERED: Row = {"ncic_number": "M1", "ncic_entered_at": GONE + 2 * HOUR}


def placed(until: int | None = None) -> Row:
    return {"placement_id": "P1", "child_id": "C1", "setting": "foster_home", "began_at": LONG_AGO, "ended_at": until}


def rows(**feeds: Any) -> dict[str, Any]:
    """A child in state care who was away for a day and is back; both were told."""
    custody = {"custody_id": "K1", "child_id": "C1", "authority": "state_care", "began_at": LONG_AGO}
    usual = {"children": [child()], "custody": [custody], "placements": [placed()],
             "absences": [absence("A1", GONE, BACK)],
             "le_reports": [le_report(**ENTERED)], "ncmec_reports": [report("N1", GONE + HOUR)]}  # fmt: skip
    return usual | feeds


AWAY: Row = {"absences": [absence("A1", GONE)]}
ONE_MONTH: Row = {"absences": [absence("A1", NOW - 40 * DAY)], "le_reports": [le_report(NOW - 40 * DAY + HOUR)],
             "ncmec_reports": [report("N1", NOW - 40 * DAY + HOUR)], "contacts": []}  # fmt: skip
CONTACT = {"contact_id": "Z1", "child_id": "C1", "party": "law_enforcement", "contacted_at": NOW + HOUR}
TOLD: Row = {"told_located_at": BACK + HOUR}


CASES: tuple[tuple[str, Row, Row, str], ...] = (
    ("RT-01", {}, {"le_reports": [le_report(**ENTERED, **TOLD)]}, "done"),
    ("RT-02", {}, {"ncmec_reports": [report("N1", GONE + HOUR) | TOLD]}, "done"),
    ("NI-04", {}, {"le_reports": [le_report(**ENTERED, ncic_removed_at=BACK + HOUR)]}, "done"),
    # placed nowhere: nobody can say where the child is, so nothing is asked for, and nothing was done
    ("RT-01", {}, {"placements": [placed(NOW - 2 * DAY)]}, "left"),
    ("RT-02", {}, {"placements": [placed(NOW - 2 * DAY)]}, "left"),
    ("NI-04", {}, {"placements": [placed(NOW - 2 * DAY)]}, "left"),
    ("RT-02", {}, {"absences": [absence("A1", GONE, NOW + 30 * HOUR)]}, "left"),  # not yet asked for
    ("RT-01", {}, {"le_reports": []}, "left"),
    ("RT-03", {"returns": []}, {"returns": []} | AWAY, "left"),
    ("RT-05", {"absences": [absence("A1", GONE, BACK, end_reason=None)]}, AWAY, "corrected"),
    ("RT-05", {"absences": [absence("A1", GONE, BACK, end_reason=None)]}, {}, "done"),
    ("CM-01", ONE_MONTH, ONE_MONTH | {"contacts": [CONTACT]}, "done"),
    ("CM-01", ONE_MONTH, ONE_MONTH | {"absences": [absence("A1", NOW - 40 * DAY, NOW + HOUR)]}, "left"),
    ("CM-01", ONE_MONTH, ONE_MONTH | {"le_reports": []}, "left"),
    ("NI-01", AWAY | {"le_reports": [le_report()]}, AWAY | {"le_reports": [le_report(**ENTERED)]}, "done"),
    ("NI-01", AWAY | {"le_reports": [le_report()]}, AWAY | {"le_reports": []}, "corrected"),
    ("LE-04", AWAY | {"le_reports": [le_report(outcome="refused")]}, AWAY, "done"),
    ("LE-04", AWAY | {"le_reports": [le_report(outcome="refused")]}, AWAY | {"le_reports": []}, "corrected"),
    ("LE-05", AWAY | {"le_reports": [le_report(report_number=None)]}, AWAY, "done"),
    ("LE-05", AWAY | {"le_reports": [le_report(report_number=None)]}, AWAY | {"le_reports": []}, "corrected"),
    ("NC-04", AWAY | {"le_reports": []}, AWAY, "done"),
    ("NC-04", AWAY | {"le_reports": []}, AWAY | {"le_reports": [], "ncmec_reports": []}, "corrected"),
)  # fmt: skip


def test_done_is_what_the_records_show(nights: CoreNights) -> None:
    """Each case is a child of its own: what is found of it, its records of the night after, and what these end."""
    for number, changed in enumerate(([case[1] for case in CASES], [case[2] for case in CASES])):
        everybody: dict[str, list[Row]] = {name: [] for name in ("contacts", "returns")}
        for n, one in enumerate(changed):
            for name, listed in rows(**one).items():
                everybody.setdefault(name, []).extend(of_child(name, row, n) for row in listed)
        nights.judge(number, everybody)
    ids = {(row["code"], row["child_id"]): row["exception_id"] for row in nights.work(0, "findings")}
    ended = {row["exception_id"]: row["ended"] for row in nights.changes(1)}
    results = [(case[0], n, ended.get(ids[case[0], f"C{n}"])) for n, case in enumerate(CASES)]
    assert results == [(case[0], n, case[3]) for n, case in enumerate(CASES)]


def of_child(feed: str, row: Row, n: int) -> Row:
    """A row as that of the n-th child."""
    key = feeds()[feed].key
    return row | {key: f"{row[key]}-{n}"} | {"child_id": f"C{n}"}


def statuses_of(nights: CoreNights, number: int, codes: set[str]) -> set[str]:
    """How the night's findings of these codes stand."""
    ids = [row["exception_id"] for row in nights.work(number, "findings") if row["code"] in codes]
    return {nights.statuses(number)[one] for one in ids}


SEEN = {
    "sighting_id": "S1",
    "child_id": "C1",
    "known_from": BACK,
    "known_to": BACK + DAY,
    "basis": "school",
    "verified": True,
}
RETURNED = {"return_id": "R1", "child_id": "C1", "returned_at": BACK}
NOBODY_WROTE = {"absences": [absence("A1", GONE, BACK, end_reason=None)]}


@pytest.mark.parametrize(
    ("feed", "row", "codes"),
    [
        ("sightings", SEEN, {"RT-01", "RT-02", "NI-04"}),
        ("returns", RETURNED, {"RT-01", "RT-02", "RT-03", "NI-04"}),
        ("sightings", None, {"RT-05"}),
        ("returns", None, {"RT-05"}),
    ],
)
def test_what_proves_a_return_may_be_silent_and_ends_nothing(
    feed: str, row: Row | None, codes: set[str], nights: CoreNights
) -> None:
    there = rows(**NOBODY_WROTE) | {feed: [row] if row else []}
    nights.judge(0, there)
    assert codes <= set(nights.codes(0))
    nights.judge(1, rows(**NOBODY_WROTE) | {feed: []}, broken=(feed,))
    assert not codes & set(nights.codes(1)) and not codes & set(nights.ended(1))
    nights.judge(2, there)
    assert statuses_of(nights, 2, codes) == {"open"}


def test_without_the_other_log_a_late_report_is_not_called_over(nights: CoreNights) -> None:
    """Nobody wrote when the agency was informed: its report to law enforcement alone says that it knew."""
    records = {"children": [child()], "absences": [absence("A1", GONE, agency_informed_at=None)],
               "ncmec_reports": [report("N1", GONE + 3 * DAY)]}  # fmt: skip
    there = records | {"le_reports": [le_report()]}
    nights.judge(0, there)
    nights.judge(1, records, broken=("le_reports",))
    assert "NC-02" in nights.codes(0) and "NC-02" not in nights.codes(1) and "NC-02" not in nights.ended(1)
    nights.judge(2, there)
    assert statuses_of(nights, 2, {"NC-02"}) == {"open"}


@pytest.mark.parametrize("broken", [(), ("le_reports",)], ids=["whole", "the other log is silent"])
def test_a_duty_that_is_shown_to_be_met_is_over_all_the_same(broken: tuple[str, ...], nights: CoreNights) -> None:
    records = {"children": [child()], "absences": [absence("A1", GONE)]}
    nights.judge(0, records)
    nights.judge(1, records | {"ncmec_reports": [report("N1", GONE + HOUR)]}, broken=broken)
    assert "NC-01" in nights.codes(0) and nights.ended(1)["NC-01"] == ("done", "over")
