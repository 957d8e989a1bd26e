"""Planted cases about the report to law enforcement (spec 5, LE)."""

from cmfc_demo.synthetic.cases import LE_RULE, NCMEC_RULE, Case, Day, Planted, Run, planted
from cmfc_demo.synthetic.clock import DAY, HOUR, MINUTE

BOOK: list[Planted] = []


@planted(BOOK, "LE-01")
def _never_told_le(c: Case) -> None:
    c.closed().le = None
    c.expect("LE-01", "high")
    c.expect("NC-04", "medium")


@planted(BOOK, "LE-01")
def _never_told_le_and_gone(c: Case) -> None:
    c.open().le = None
    c.expect("LE-01", "critical")
    c.expect("NC-04", "medium")


@planted(BOOK, "LE-01")
def _perhaps_overdue(c: Case) -> None:
    run = c.run(c.as_of - 30 * HOUR, c.as_of - HOUR)
    run.le = None
    run.the_absence.update(agency_informed_at=None, entered_at=c.as_of - 10 * HOUR)
    run.the_ncmec["reported_at"] = c.as_of - 11 * HOUR
    run.the_ncmec["told_located_at"] = None
    run.the_placement["entered_at"] = c.as_of - 10 * HOUR
    run.the_back.update(interviewed_at=None, screened_for_trafficking_at=None)
    # Informed between 30 and 11 hours ago: the federal day may not have passed when the child was back, the state's two
    # hours have.
    c.expect("LE-01", "high")
    c.expect("NC-03", "medium")
    c.expect("NC-04", "medium")
    c.expect("RC-07", "medium", subject=f"absences:{run.the_absence['absence_id']}")


@planted(BOOK, "LE-01", age=19, authority="voluntary_extended_care")
def _adult_of_whom_nobody_was_told(c: Case) -> None:
    """The reading that holds for this adult is not verified: never critical, and the state's words leave it out."""
    run = c.open()
    run.le = run.ncmec = None
    c.expect("LE-01", "high", "us/federal/report_to_le_under_21")


@planted(BOOK, "LE-01")
def _report_of_unreadable_time(c: Case) -> None:
    run = c.open()
    run.the_le.update(reported_at="13/45/2026", ncic_number=None, ncic_entered_at=None)
    c.expect("LE-01", "critical")
    c.expect("DQ-01", "high", subject=f"le_reports:{run.the_le['le_report_id']}")
    c.expect("NC-04", "medium")


@planted(BOOK, "LE-02", authority="in_home")
def _le_late_by_federal_law_alone(c: Case) -> None:
    run = c.closed()
    _report_le_after(run, 30)
    run.the_ncmec["reported_at"] = run.the_le["reported_at"] + HOUR
    c.expect("LE-02", "medium", LE_RULE)
    c.expect("NC-02", "medium", NCMEC_RULE)


@planted(BOOK, "LE-02")
def _le_late(c: Case) -> None:
    _report_le_after(c.closed(), 30)
    c.expect("LE-02", "medium")
    c.expect("NC-11", "info")


@planted(BOOK, "LE-02")
def _le_late_and_gone(c: Case) -> None:
    _report_le_after(c.open(), 30)
    c.expect("LE-02", "high")
    c.expect("NC-11", "info")


@planted(BOOK, "LE-03")
def _le_known_by_the_day(c: Case) -> None:
    run = c.closed()
    run.the_le["reported_at"] = Day(run.the_le["reported_at"])
    c.expect("LE-03", "medium")


@planted(BOOK, "LE-02")
def _le_on_the_next_day(c: Case) -> None:
    run = c.closed()
    _report_le_after(run, 24)
    run.the_le["reported_at"] = Day(run.the_le["reported_at"])
    # Not surely later than a day, but surely later than two hours: the worse of the two is raised.
    c.expect("LE-02", "medium")
    c.expect("NC-11", "info")


@planted(BOOK, "LE-04")
def _refused(c: Case) -> None:
    c.closed().the_le.update(outcome="refused", ncic_number=None, ncic_entered_at=None, ncic_removed_at=None)
    c.expect("LE-04", "high")


@planted(BOOK, "LE-04")
def _told_to_wait(c: Case) -> None:
    c.open().the_le.update(outcome="told_to_wait", ncic_number=None, ncic_entered_at=None)
    c.expect("LE-04", "critical")


@planted(BOOK, "LE-05")
def _no_number(c: Case) -> None:
    c.closed().the_le["report_number"] = None
    c.expect("LE-05", "low")


@planted(BOOK, "LE-05")
def _no_agency_name(c: Case) -> None:
    c.closed().the_le["agency_name"] = None
    c.expect("LE-05", "low")


@planted(BOOK, "LE-06")
def _le_due(c: Case) -> None:
    run = c.run(c.as_of - 80 * MINUTE, None)
    run.le = None
    run.the_ncmec["reported_at"] = c.as_of - 30 * MINUTE
    c.expect("LE-06", "high")
    c.expect("NC-04", "medium")


@planted(BOOK, "LE-01")
def _le_overdue_by_the_states_rule_alone(c: Case) -> None:
    c.run(c.as_of - 15 * HOUR, None, informed=c.as_of - 15 * HOUR + MINUTE).le = None
    c.expect("LE-01", "critical")
    c.expect("NC-04", "medium")


@planted(BOOK, "LE-06", authority="in_home")
def _le_due_in_a_day(c: Case) -> None:
    run = c.run(c.as_of - 80 * MINUTE, None)
    run.le = run.ncmec = None
    c.expect("LE-06", "medium", LE_RULE)
    c.expect("NC-06", "medium", NCMEC_RULE)


@planted(BOOK, "LE-07")
def _le_told_too_early(c: Case) -> None:
    run = c.closed()
    run.the_le["told_located_at"] = run.the_absence["absent_since"] + DAY
    c.expect("LE-07", "medium")


@planted(BOOK, "LE-07")
def _le_told_while_gone(c: Case) -> None:
    run = c.open()
    run.the_le["told_located_at"] = run.the_absence["absent_since"] + DAY
    c.expect("LE-07", "critical")


@planted(BOOK, "LE-08")
def _back_before_le_was_due(c: Case) -> None:
    c.closed(length=100 * MINUTE).le = None
    c.expect("LE-08", "low")
    c.expect("NC-04", "medium")


def _report_le_after(run: Run, hours: float) -> None:
    at = run.the_absence["agency_informed_at"] + int(hours * HOUR)
    run.the_le.update(reported_at=at, ncic_entered_at=at + 30 * MINUTE)
