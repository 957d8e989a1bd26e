"""Planted cases about NCIC, the return and contact while missing (spec 5, NI, RT, CM)."""

from cmfc.synthetic.cases import Case, Planted, planted
from cmfc.synthetic.clock import DAY, HOUR

BOOK: list[Planted] = []


@planted(BOOK, "NI-01")
def _no_ncic(c: Case) -> None:
    c.closed().the_le.update(ncic_number=None, ncic_entered_at=None, ncic_removed_at=None, ncic_removal_reason=None)
    c.expect("NI-01", "low")


@planted(BOOK, "NI-01")
def _no_ncic_and_gone(c: Case) -> None:
    c.open().the_le.update(ncic_number=None, ncic_entered_at=None)
    c.expect("NI-01", "high")


@planted(BOOK, "NI-02")
def _ncic_late(c: Case) -> None:
    run = c.closed()
    run.the_le["ncic_entered_at"] = run.the_le["reported_at"] + 5 * HOUR
    c.expect("NI-02", "medium")


@planted(BOOK, "NI-03")
def _removed_for_age(c: Case) -> None:
    run = c.closed()
    run.the_le.update(ncic_removed_at=run.the_absence["absent_since"] + DAY, ncic_removal_reason="age")
    c.expect("NI-03", "medium")


@planted(BOOK, "NI-03")
def _removed_while_gone(c: Case) -> None:
    run = c.open()
    run.the_le.update(ncic_removed_at=run.the_absence["absent_since"] + DAY, ncic_removal_reason="cancelled")
    c.expect("NI-03", "critical")


@planted(BOOK, "NI-04")
def _still_in_ncic(c: Case) -> None:
    c.closed().the_le.update(ncic_removed_at=None, ncic_removal_reason=None)
    c.expect("NI-04", "medium")


@planted(BOOK, "RT-01")
def _le_not_told_of_the_return(c: Case) -> None:
    c.closed().the_le["told_located_at"] = None
    c.expect("RT-01", "medium")


@planted(BOOK, "RT-01")
def _le_told_late_of_the_return(c: Case) -> None:
    run = c.closed()
    run.the_le["told_located_at"] = run.the_absence["ended_at"] + 30 * HOUR
    c.expect("RT-01", "medium")


@planted(BOOK, "RT-02")
def _ncmec_not_told_of_the_return(c: Case) -> None:
    c.closed().the_ncmec["told_located_at"] = None
    c.expect("RT-02", "high")


@planted(BOOK, "RT-03")
def _not_interviewed(c: Case) -> None:
    c.closed().the_back["interviewed_at"] = None
    c.expect("RT-03", "medium")


@planted(BOOK, "RT-03")
def _no_work_after_the_return(c: Case) -> None:
    c.closed().back = None
    c.expect("RT-03", "medium")


@planted(BOOK, "RT-04")
def _left_care_while_missing(c: Case) -> None:
    run = c.closed()
    run.the_absence["end_reason"] = "exited_care"
    run.the_le.update(told_located_at=None, ncic_removed_at=None, ncic_removal_reason=None)
    run.the_ncmec["told_located_at"] = None
    run.back = None
    c.custody[0].update(ended_at=run.the_absence["ended_at"], end_reason="other")
    c.expect("RT-04", "high")


@planted(BOOK, "RT-04")
def _custody_ended_while_gone(c: Case) -> None:
    c.open()
    c.custody[0].update(ended_at=c.as_of - 5 * DAY, end_reason="other")
    c.expect("RT-04", "high")


@planted(BOOK, "RT-04")
def _discharged_as_runaway(c: Case) -> None:
    c.custody[0].update(ended_at=c.at(30, 12), end_reason="runaway_or_unknown")
    c.expect("RT-04", "high", subject=f"custody:{c.custody[0]['custody_id']}")


@planted(BOOK, "CM-01")
def _le_not_contacted(c: Case) -> None:
    c.open(45)
    c.add("contacts", contact_id=f"T{c.id}", party="ncmec", contacted_at=c.at(10, 9))
    c.expect("CM-01", "medium")


@planted(BOOK, "CM-02")
def _ncmec_not_contacted(c: Case) -> None:
    c.open(45)
    c.add("contacts", contact_id=f"T{c.id}", party="law_enforcement", contacted_at=c.at(10, 9))
    c.expect("CM-02", "medium")
