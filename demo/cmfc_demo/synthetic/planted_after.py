"""Planted cases about NCIC, the return and contact while missing (spec 5, NI, RT, CM)."""

from cmfc_demo.synthetic.cases import Case, Planted, Run, planted
from cmfc_demo.synthetic.clock import DAY, HOUR

BOOK: list[Planted] = []
WITHOUT_END_REASONS: list[Planted] = []
"""For an agency whose absences have no column that says how they ended."""


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
    """The law asks that they be told; the hours are advice."""
    run = c.closed()
    run.the_le["told_located_at"] = run.the_absence["ended_at"] + 30 * HOUR
    c.expect("RT-01", "medium", "advice/tell_le_located")


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


@planted(BOOK, "RT-04")
def _died_while_gone(c: Case) -> None:
    run = _unexplained(c)
    c.custody[0].update(ended_at=run.the_absence["ended_at"] + HOUR, end_reason="died")
    c.expect("RT-04", "high")


@planted(WITHOUT_END_REASONS, "RT-05")
@planted(BOOK, "RT-05")
def _nobody_wrote_how_it_ended(c: Case) -> None:
    run = _unexplained(c)
    _place_days_later(c, run)
    c.expect("RT-05", "high")


@planted(WITHOUT_END_REASONS, "RT-05")
@planted(BOOK, "RT-05")
def _nobody_wrote_how_it_ended_long_ago(c: Case) -> None:
    run = _unexplained(c, days_ago=120)
    _place_days_later(c, run)
    c.expect("RT-05", "medium", queue="history")


@planted(WITHOUT_END_REASONS, "RT-05")
def _nobody_can_write_how_it_ended(c: Case) -> None:
    """She stayed on file in the home she ran from, which covers the end: somebody writes down once how it ended."""
    run = c.closed()
    run.the_absence["end_reason"] = run.back = run.placement = None
    c.expect("RT-05", "medium", queue="explain")
    c.expect("RC-02", "low")


@planted(BOOK, "CM-01")
def _le_not_contacted(c: Case) -> None:
    c.open(45)
    c.add("contacts", contact_id=f"T{c.id}", party="ncmec", contacted_at=c.at(10, 9))
    c.expect("CM-01", "medium")


@planted(BOOK, "CM-01")
def _le_not_contacted_again(c: Case) -> None:
    """The law asks for contact; the thirty days between two are advice."""
    c.open(45)
    for days_ago, party in ((40, "law_enforcement"), (10, "ncmec")):
        c.add("contacts", contact_id=f"T{c.id}-{party}", party=party, contacted_at=c.at(days_ago, 9))
    c.expect("CM-01", "medium", "advice/keep_in_contact")


@planted(BOOK, "CM-02")
def _ncmec_not_contacted(c: Case) -> None:
    c.open(45)
    c.add("contacts", contact_id=f"T{c.id}", party="law_enforcement", contacted_at=c.at(10, 9))
    c.expect("CM-02", "medium")


def _unexplained(c: Case, days_ago: int | None = None) -> Run:
    """A run whose record ends, with nothing on file that says how; placed nowhere from its begin on."""
    run = c.closed(days_ago)
    run.the_absence["end_reason"] = run.back = None
    began = c.custody[0]["began_at"]
    c.has_home = False
    row = {"placement_id": f"X{c.id}", "setting": "shelter", "began_at": began, "entered_at": began + HOUR}
    c.add("placements", **row, ended_at=run.the_absence["absent_since"])
    return run


def _place_days_later(c: Case, run: Run) -> None:
    """In a home that was found too long after the end to prove it (more than 72 h)."""
    began = run.the_absence["ended_at"] + 4 * DAY
    c.add("placements", placement_id=f"Y{c.id}", setting="foster_home", began_at=began, entered_at=began + HOUR)
