"""Planted cases about the report to NCMEC (spec 5, NC)."""

from cmfc_demo.synthetic.cases import Case, Day, Planted, Run, planted
from cmfc_demo.synthetic.clock import DAY, HOUR, MINUTE

BOOK: list[Planted] = []


@planted(BOOK, "NC-01")
def _never_told_ncmec(c: Case) -> None:
    c.closed().ncmec = None
    c.expect("NC-01", "high")


@planted(BOOK, "NC-01")
def _never_told_ncmec_and_gone(c: Case) -> None:
    c.open().ncmec = None
    c.expect("NC-01", "critical")


@planted(BOOK, "NC-02")
def _ncmec_late(c: Case) -> None:
    _report_ncmec_after(c.closed(), 30)
    c.expect("NC-02", "medium")


@planted(BOOK, "NC-02")
def _ncmec_late_and_gone(c: Case) -> None:
    _report_ncmec_after(c.open(), 30)
    c.expect("NC-02", "high")


@planted(BOOK, "NC-03")
def _ncmec_known_by_the_day(c: Case) -> None:
    run = c.closed()
    run.the_ncmec["reported_at"] = Day(run.the_ncmec["reported_at"])
    c.expect("NC-03", "medium")


@planted(BOOK, "NC-04")
def _ncmec_but_not_le(c: Case) -> None:
    c.open().le = None
    c.expect("NC-04", "medium")
    c.expect("LE-01", "critical")


@planted(BOOK, "NC-05")
def _opened_by_le_only(c: Case) -> None:
    c.closed().the_ncmec["source"] = "law_enforcement"
    c.expect("NC-01", "high")
    c.expect("NC-05", "high")


@planted(BOOK, "NC-05")
def _opened_by_le_only_and_gone(c: Case) -> None:
    c.open().the_ncmec["source"] = "law_enforcement"
    c.expect("NC-01", "critical")
    c.expect("NC-05", "critical")


@planted(BOOK, "NC-06")
def _ncmec_due(c: Case) -> None:
    run = c.run(c.as_of - 80 * MINUTE, None)
    run.ncmec = None
    run.the_le["ncic_entered_at"] = c.as_of - 10 * MINUTE
    c.expect("NC-06", "high")


@planted(BOOK, "NC-07")
def _no_photo(c: Case) -> None:
    c.closed().the_ncmec["has_photo"] = False
    c.expect("NC-07", "low")


@planted(BOOK, "NC-08", age=19, authority="voluntary_extended_care")
def _not_eligible(c: Case) -> None:
    c.closed()
    c.expect("NC-08", "info")


@planted(BOOK, "NC-09")
def _ncmec_told_too_early(c: Case) -> None:
    run = c.closed()
    run.the_ncmec["told_located_at"] = run.the_absence["absent_since"] + DAY
    c.expect("NC-09", "medium")


@planted(BOOK, "NC-09")
def _ncmec_closed_while_gone(c: Case) -> None:
    run = c.open()
    run.the_ncmec["closed_at"] = run.the_absence["absent_since"] + DAY
    c.expect("NC-09", "critical")


@planted(BOOK, "NC-10")
def _back_before_ncmec_was_due(c: Case) -> None:
    c.closed(length=100 * MINUTE).ncmec = None
    c.expect("NC-10", "low")


@planted(BOOK, "NC-11")
def _ncmec_first(c: Case) -> None:
    run = c.closed()
    _report_le_after(run, 1.2)
    c.expect("NC-11", "info")


@planted(BOOK, "NC-12")
def _source_not_recorded(c: Case) -> None:
    c.closed().the_ncmec["source"] = None
    c.expect("NC-12", "medium")


def _report_le_after(run: Run, hours: float) -> None:
    at = run.the_absence["agency_informed_at"] + int(hours * HOUR)
    run.the_le.update(reported_at=at, ncic_entered_at=at + 30 * MINUTE)


def _report_ncmec_after(run: Run, hours: float) -> None:
    run.the_ncmec["reported_at"] = run.the_absence["agency_informed_at"] + int(hours * HOUR)
