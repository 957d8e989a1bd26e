"""Planted cases about whom a report is for, who is covered and by what law (spec 5, ID, CV, LW)."""

from datetime import UTC, datetime

import numpy as np

from cmfc_demo.synthetic.cases import STATE_LE_RULE, STATE_NCMEC_RULE, Case, Day, Planted, Run, planted
from cmfc_demo.synthetic.clock import DAY, HOUR

BOOK: list[Planted] = []


@planted(BOOK, "ID-01")
def _report_of_nobody(c: Case) -> None:
    row = {"outcome": "accepted", "reporter": "agency", "agency_name": "Metro Police", "report_number": f"MO-{c.id}"}
    c.extra.append(("le_reports", {"le_report_id": f"L{c.id}", "reported_at": c.at(20, 10), **row}))
    c.expect("ID-01", "high", recipient="law_enforcement", subject=f"le_reports:L{c.id}")


@planted(BOOK, "ID-01")
def _ncmec_report_of_nobody(c: Case) -> None:
    row = {"child_id": f"{c.id}-unknown", "source": "agency", "ncmec_case_number": f"9{c.days_ago}"}
    c.extra.append(("ncmec_reports", {"ncmec_report_id": f"N{c.id}", "reported_at": c.at(20, 10), **row}))
    c.expect("ID-01", "high", recipient="ncmec", subject=f"ncmec_reports:N{c.id}")


@planted(BOOK, "ID-02")
def _report_without_episode(c: Case) -> None:
    row = {"outcome": "accepted", "reporter": "agency", "agency_name": "Metro Police", "report_number": f"MO-{c.id}"}
    c.add("le_reports", le_report_id=f"L{c.id}", reported_at=c.at(40, 10), **row)
    c.expect("ID-02", "high", recipient="law_enforcement", subject=f"le_reports:L{c.id}")


@planted(BOOK, "ID-04")
def _number_twice(c: Case) -> None:
    first, second = c.closed(70), c.closed(40)
    second.the_le["report_number"] = first.the_le["report_number"]
    for run in (first, second):
        subject = f"{c.id}|{run.first_row}"
        c.expect("ID-04", "medium", recipient="law_enforcement", subject=subject)


@planted(BOOK, "ID-05")
def _birth_date_disagrees(c: Case) -> None:
    run = c.closed()
    run.the_le["date_of_birth"] = run.the_le["date_of_birth"] + np.timedelta64(9, "D")
    c.expect("ID-05", "low", recipient="law_enforcement")


@planted(BOOK, "ID-06")
def _either_of_two(c: Case) -> None:
    began = c.at(c.days_ago, 9)
    c.run(began - 3 * DAY, began)
    second = c.run(began + 6 * HOUR, began + 4 * DAY)
    second.the_le.update(missing_since=None, reported_at=Day(second.the_le["reported_at"]))
    c.expect("ID-06", "medium", recipient="law_enforcement")
    c.expect("LE-03", "medium")


@planted(BOOK, "CV-01", age=19)
def _adult_in_state_care(c: Case) -> None:
    c.closed()
    c.expect("CV-01", "medium", recipient="ncmec")


@planted(BOOK, "CV-01", age=19)
def _adult_in_state_care_and_gone(c: Case) -> None:
    c.open().ncmec = None
    c.expect("CV-01", "high", recipient="ncmec")


@planted(BOOK, "CV-01", age=22)
def _too_old_for_care(c: Case) -> None:
    """The birth date or the custody is wrong, or the record was never closed: a question, never silence."""
    c.open()
    c.expect("CV-01", "medium", recipient="law_enforcement")
    c.expect("CV-01", "medium", recipient="ncmec")
    c.expect("CV-05", "medium")


@planted(BOOK, "CV-01", authority="tribal")
def _tribal(c: Case) -> None:
    c.closed()
    c.expect("CV-01", "medium", recipient="law_enforcement")
    c.expect("CV-01", "medium", recipient="ncmec")


@planted(BOOK, "CV-02", authority="in_home")
def _no_parent_contact(c: Case) -> None:
    run = c.closed()
    run.the_ncmec["has_guardian_contact"] = None
    c.expect("CV-02", "medium")


@planted(BOOK, "DQ-00", authority="in_home")
def _of_whom_the_states_words_say_nothing(c: Case) -> None:
    """Told after five hours: in time by federal law; the state's two hours are not for this child."""
    run = c.closed()
    run.the_le["reported_at"] += 5 * HOUR
    run.the_le["ncic_entered_at"] = run.the_le["reported_at"] + HOUR
    run.the_ncmec["reported_at"] = run.the_le["reported_at"] + HOUR


@planted(BOOK, "DQ-00", age=22, authority="other_state")
def _grown_up_elsewhere(c: Case) -> None:
    run = c.open()
    run.le = run.ncmec = None


@planted(BOOK, "CV-03", authority="other_state")
def _of_another_state(c: Case) -> None:
    _unreported(c.closed())
    c.expect("CV-03", "info")


@planted(BOOK, "CV-03", authority="other_state")
def _of_another_state_and_gone(c: Case) -> None:
    _unreported(c.open())
    c.expect("CV-03", "high")


@planted(BOOK, "CV-04", authority=None)
def _no_custody(c: Case) -> None:
    run = c.closed()
    c.expect("CV-04", "medium")
    c.expect("RC-05", "medium", subject=_subject(run))


@planted(BOOK, "CV-05")
def _no_birth_date(c: Case) -> None:
    c.child["date_of_birth"] = None
    c.closed()
    c.expect("CV-05", "medium")


@planted(BOOK, "LW-01", age=22)
def _before_the_state_had_a_rule(c: Case) -> None:
    _long_ago(c, 2018, 5, 14)
    _expect_no_rule(c)


@planted(BOOK, "LW-01", age=22)
def _before_the_nation_had_a_rule(c: Case) -> None:
    _long_ago(c, 2016, 3, 7)
    _expect_no_rule(c)


def _expect_no_rule(c: Case) -> None:
    for rule, recipient in ((STATE_LE_RULE, "law_enforcement"), (STATE_NCMEC_RULE, "ncmec")):
        c.expect("LW-01", "medium", rule, recipient, queue="history")


def _subject(run: Run) -> str:
    return f"absences:{run.the_absence['absence_id']}"


def _unreported(run: Run) -> None:
    run.le = run.ncmec = None


def _long_ago(c: Case, year: int, month: int, day: int) -> None:
    began = int(datetime(year, month, day + len(c.id) % 3, 15, tzinfo=UTC).timestamp())
    c.custody[0].update(began_at=began - 60 * DAY, ended_at=began + 60 * DAY, end_reason="reunified")
    c.run(began, began + 3 * DAY)
