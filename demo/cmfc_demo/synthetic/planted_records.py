"""Planted cases about absences and placements that contradict each other (spec 5, RC)."""

import numpy as np

from cmfc_demo.synthetic.cases import Case, Planted, Run, planted
from cmfc_demo.synthetic.clock import DAY, HOUR, MINUTE

BOOK: list[Planted] = []


@planted(BOOK, "RC-01")
def _placement_alone(c: Case) -> None:
    c.closed().absence = None
    c.expect("RC-01", "medium")


@planted(BOOK, "RC-01")
def _placement_alone_and_gone(c: Case) -> None:
    c.open().absence = None
    c.expect("RC-01", "high")


@planted(BOOK, "RC-02")
def _absence_alone(c: Case) -> None:
    c.closed().placement = None
    c.expect("RC-02", "low")


@planted(BOOK, "RC-03")
def _placed_again(c: Case) -> None:
    c.open()
    c.add("placements", placement_id=f"X{c.id}", setting="group_home", began_at=c.at(7, 12), entered_at=c.at(7, 13))
    c.expect("RC-03", "high")


@planted(BOOK, "RC-04")
def _two_absences(c: Case) -> None:
    run = c.closed()
    began, other = run.the_absence["absent_since"] + DAY, f"A{c.id}-x"
    row = {**run.the_absence, "absence_id": other, "absent_since": began, "agency_informed_at": began + 10 * MINUTE}
    c.add("absences", **{**row, "entered_at": began + HOUR})
    c.expect("RC-04", "low", subject=_pair(c, run.the_absence["absence_id"], other))


@planted(BOOK, "RC-04")
def _second_run_inside_an_open_record(c: Case) -> None:
    """Whoever was told, was told of the first: of the second nobody may have been."""
    run = c.open()
    began, other = run.the_absence["absent_since"] + 2 * DAY, f"A{c.id}-x"
    row = {**run.the_absence, "absence_id": other, "absent_since": began, "agency_informed_at": began + 10 * MINUTE}
    c.add("absences", **{**row, "entered_at": began + HOUR})
    c.expect("RC-04", "high", subject=_pair(c, run.the_absence["absence_id"], other))
    c.expect("LE-03", "medium")
    c.expect("NC-03", "medium")


@planted(BOOK, "RC-05")
def _outside_custody(c: Case) -> None:
    run = c.closed()
    c.custody[0].update(ended_at=run.the_absence["absent_since"] - 10 * DAY, end_reason="reunified")
    c.expect("RC-05", "medium", subject=_subject(run))
    c.expect("CV-04", "medium")


@planted(BOOK, "RC-06")
def _entered_late(c: Case) -> None:
    run = c.closed()
    run.the_absence["entered_at"] = run.the_absence["agency_informed_at"] + 30 * HOUR
    c.expect("RC-06", "low", subject=_subject(run))


@planted(BOOK, "RC-07")
def _informed_not_recorded(c: Case) -> None:
    run = c.closed()
    run.the_absence["agency_informed_at"] = None
    c.expect("RC-07", "medium", subject=_subject(run))


@planted(BOOK, "RC-08")
def _informed_before(c: Case) -> None:
    run = c.closed()
    run.the_absence["agency_informed_at"] = run.the_absence["absent_since"] - 20 * MINUTE
    c.expect("RC-08", "medium")


@planted(BOOK, "RC-11")
def _seen_in_between(c: Case) -> None:
    run = c.closed(length=10 * DAY)
    began = run.the_absence["absent_since"]
    _see(c, began + 3 * DAY, began + 4 * DAY)
    c.expect("RC-11", "medium")


@planted(BOOK, "RC-12", age=17)
def _turned_eighteen(c: Case) -> None:
    run = c.closed(c.days_ago + 40, 40 * DAY)
    # A run of 40 days holds a first of the month, which is a birthday in every year.
    month = np.datetime64(run.the_absence["absent_since"] + 2 * DAY, "s").astype("M8[M]") + 1
    born = (month - 12 * 18).astype("M8[D]")
    c.child["date_of_birth"] = born
    for row in (run.the_le, run.the_ncmec):
        row["date_of_birth"] = born
    c.expect("RC-12", "medium")


@planted(BOOK, "RC-13")
def _returned_but_placed_as_runaway(c: Case) -> None:
    run = c.closed()
    run.the_placement["ended_at"] = run.the_absence["ended_at"] + 2 * DAY
    c.expect("RC-13", "low")


@planted(BOOK, "RC-13")
def _returned_but_still_placed_as_runaway(c: Case) -> None:
    c.closed().the_placement["ended_at"] = None
    c.expect("RC-13", "high")


@planted(BOOK, "RC-14")
def _found_but_still_open(c: Case) -> None:
    run = c.open()
    _see(c, run.the_absence["absent_since"] + 3 * DAY, None)
    c.expect("RC-14", "high")


@planted(BOOK, "RC-15")
def _known_but_unverified(c: Case) -> None:
    _away_known(c, 30, c.at(30, 10) + 3 * DAY)
    c.expect("RC-15", "low", subject=f"absences:B{c.id}")


@planted(BOOK, "RC-15")
def _known_but_unverified_and_away(c: Case) -> None:
    _away_known(c, 6, None)
    c.expect("RC-15", "high", subject=f"absences:B{c.id}")


@planted(BOOK, "RC-15")
def _unapproved_but_unverified(c: Case) -> None:
    began = c.at(30, 10)
    row = {"placement_id": f"X{c.id}", "setting": "unapproved_known", "began_at": began, "ended_at": began + 3 * DAY}
    c.add("placements", **row, entered_at=began + HOUR)
    c.expect("RC-15", "low", subject=f"placements:X{c.id}")


@planted(BOOK, "RC-16")
def _missing_and_known(c: Case) -> None:
    run = c.closed(30)
    _away_known(c, 29, c.at(29, 15))
    c.expect("RC-16", "medium", subject=_pair(c, run.the_absence["absence_id"], f"B{c.id}"))
    c.expect("RC-16", "medium", subject=_pair(c, run.the_placement["placement_id"], f"B{c.id}"))


@planted(BOOK, "RC-17")
def _not_back_from_a_visit(c: Case) -> None:
    began = c.at(12, 10)
    row = {"absence_id": f"B{c.id}", "kind": "planned", "absent_since": began, "expected_end_at": began + 2 * DAY}
    c.add("absences", **row, entered_at=began)
    c.expect("RC-17", "high", subject=f"absences:B{c.id}")


@planted(BOOK, "RC-17")
def _visit_without_an_end(c: Case) -> None:
    began = c.at(40, 10)
    c.add("absences", absence_id=f"B{c.id}", kind="planned", absent_since=began, entered_at=began)
    c.expect("RC-17", "medium", subject=f"absences:B{c.id}")


@planted(BOOK, "RC-18")
def _error_without_an_end(c: Case) -> None:
    """Whoever marks a row as an error has ended it; without an end it is evidence as before."""
    run = c.open()
    run.the_absence["end_reason"] = "error"
    c.expect("RC-18", "high", subject=_subject(run))


@planted(BOOK, "RC-18")
def _error_after_days(c: Case) -> None:
    began = c.at(30, 10)
    row = {"absence_id": f"B{c.id}", "kind": "missing", "absent_since": began, "agency_informed_at": began + HOUR}
    c.add("absences", **row, ended_at=began + 3 * DAY, end_reason="error", entered_at=began + 2 * HOUR)
    c.expect("RC-18", "medium", subject=f"absences:B{c.id}")


@planted(BOOK, "RC-19")
def _placed_nowhere(c: Case) -> None:
    c.has_home = False
    began = c.custody[0]["began_at"]
    row = {"placement_id": f"X{c.id}", "setting": "shelter", "began_at": began, "ended_at": c.at(10, 10)}
    c.add("placements", **row, entered_at=began + HOUR)
    c.expect("RC-19", "medium", subject=f"children:{c.id}")


@planted(BOOK, "RC-19")
def _placed_nowhere_after_a_run(c: Case) -> None:
    run = c.closed()
    c.has_home = False
    began = c.custody[0]["began_at"]
    row = {"placement_id": f"X{c.id}", "setting": "shelter", "began_at": began, "entered_at": began + HOUR}
    c.add("placements", **row, ended_at=run.the_absence["absent_since"])
    c.expect("RC-19", "high", subject=f"children:{c.id}")


def _subject(run: Run) -> str:
    return f"absences:{run.the_absence['absence_id']}"


def _pair(c: Case, one: str, other: str) -> str:
    return f"{c.id}:{min(one, other)}+{max(one, other)}"


def _see(c: Case, known_from: int, known_to: int | None) -> None:
    row = {"known_from": known_from, "known_to": known_to, "basis": "school", "verified": True}
    c.add("sightings", sighting_id=f"S{c.id}", **row)


def _away_known(c: Case, days_ago: int, ended: int | None) -> None:
    began = c.at(days_ago, 10)
    row = {"absence_id": f"B{c.id}", "kind": "away_known", "absent_since": began, "ended_at": ended}
    c.add("absences", **row, end_reason=ended and "returned", entered_at=began + HOUR)
