"""Planted rows for validation: unusable, doubled, withdrawn or unknown (spec 1, DQ-01 to DQ-03)."""

from cmfc_demo.synthetic.cases import Case, Planted, Row, planted
from cmfc_demo.synthetic.clock import DAY, HOUR

BOOK: list[Planted] = []
UNKNOWN_COLUMN = ("contacts", "legacy_note")
"""A column that no catalogue knows: one finding, however many children are planted."""


@planted(BOOK, "DQ-01")
def _absence_of_unreadable_begin(c: Case) -> None:
    c.add("absences", **_absence(c), absent_since="sometime in March")
    c.expect("DQ-01", "critical", subject=f"absences:B{c.id}")


@planted(BOOK, "DQ-01")
def _runaway_placement_without_begin(c: Case) -> None:
    c.add("placements", placement_id=f"X{c.id}", setting="runaway", began_at=None)
    c.expect("DQ-01", "critical", subject=f"placements:X{c.id}")


@planted(BOOK, "DQ-01")
def _report_of_unreadable_time(c: Case) -> None:
    row = {"outcome": "accepted", "reported_at": "13/45/2026"}
    c.add("le_reports", le_report_id=f"L{c.id}", **row)
    c.expect("DQ-01", "high", subject=f"le_reports:L{c.id}")


@planted(BOOK, "DQ-01")
def _custody_without_child(c: Case) -> None:
    c.extra.append(("custody", {"custody_id": f"X{c.id}", "authority": "state_care", "began_at": c.at(60, 9)}))
    c.expect("DQ-01", "low", subject=f"custody:X{c.id}")


@planted(BOOK, "DQ-01")
def _unreadable_birth_date(c: Case) -> None:
    c.child["date_of_birth"] = "spring 2011"
    c.expect("DQ-01", "low", subject=f"children:{c.id}")


@planted(BOOK, "DQ-01")
def _ended_before_it_began(c: Case) -> None:
    c.has_home = False
    row: Row = {
        "placement_id": f"X{c.id}",
        "setting": "foster_home",
        "began_at": c.at(100, 9),
        "ended_at": c.at(120, 9),
    }
    c.add("placements", **row, entered_at=c.at(100, 10))
    c.expect("DQ-01", "low", subject=f"placements:X{c.id}")


@planted(BOOK, "DQ-01")
def _one_key_two_contents(c: Case) -> None:
    row = {**_absence(c), "kind": "planned", "absent_since": c.at(50, 9), "ended_at": c.at(49, 9)}
    c.add("absences", **row)
    c.add("absences", **{**row, "ended_at": c.at(48, 9)})
    c.expect("DQ-01", "medium", subject=f"absences:B{c.id}")


@planted(BOOK, "DQ-01")
def _one_key_two_settings(c: Case) -> None:
    """Updated in place: both rows stay, and the key is listed."""
    row = {"placement_id": f"X{c.id}", "began_at": c.at(60, 9), "ended_at": c.at(59, 9)}
    c.add("placements", **row, setting="shelter")
    c.add("placements", **row, setting="hospital")
    c.expect("DQ-01", "medium", subject=f"placements:X{c.id}")


@planted(BOOK, "DQ-01")
def _key_missing(c: Case) -> None:
    c.add("le_reports", le_report_id=None, reported_at=c.at(30, 9), outcome="accepted")
    c.expect("DQ-01", "high", subject="le_reports#")


@planted(BOOK, "DQ-02")
def _unknown_code_of_a_field(c: Case) -> None:
    code = f"Q{c.id.rsplit('-', 1)[1]}"
    c.child["sex"] = code
    c.expect("DQ-01", "low", subject=f"children:{c.id}")
    c.expect("DQ-02", "medium", subject=f"children:sex={code}")


@planted(BOOK, "DQ-02")
def _unknown_code_of_a_setting(c: Case) -> None:
    code = f"BOAT{c.id.rsplit('-', 1)[1]}"
    row = {"placement_id": f"X{c.id}", "setting": code, "began_at": c.at(60, 9), "ended_at": c.at(59, 9)}
    c.add("placements", **row)
    c.expect("DQ-01", "high", subject=f"placements:X{c.id}")
    c.expect("DQ-02", "high", subject=f"placements:setting={code}")


@planted(BOOK, "DQ-03")
def _contact_about_nobody(c: Case) -> None:
    row = {"contact_id": f"T{c.id}", "child_id": f"{c.id}-unknown", "party": "ncmec", "contacted_at": c.at(20, 9)}
    c.extra.append(("contacts", row))
    c.expect("DQ-03", "high", subject=f"contacts:T{c.id}")


@planted(BOOK, "DQ-03")
def _missing_but_not_on_file(c: Case) -> None:
    run = c.closed()
    run.le = run.ncmec = run.back = None
    c.has_home = False
    c.child["child_id"] = f"{c.id}-kept-apart"  # the child on file is another one; nobody answers to c.id
    c.custody[0].update(ended_at=run.the_absence["ended_at"] + 5 * DAY, end_reason="reunified")
    c.expect("LE-01", "high")
    c.expect("NC-01", "high")
    c.expect("RT-03", "medium")
    c.expect("CV-05", "medium")
    for feed, key in (
        ("custody", c.custody[0]["custody_id"]),
        ("absences", run.the_absence["absence_id"]),
        ("placements", run.the_placement["placement_id"]),
    ):
        c.expect("DQ-03", "high", subject=f"{feed}:{key}")


@planted(BOOK, "DQ-00")
def _nothing_to_find(c: Case) -> None:
    """Twins of equal content collapse and withdrawn rows do not count: no finding at all."""
    run = c.closed()
    c.add("absences", **run.the_absence)
    c.add("absences", **{**_absence(c), "absent_since": c.at(5, 9)}, voided=True)
    c.add("placements", placement_id=f"X{c.id}", setting="runaway", began_at=c.at(5, 9), voided=True)
    c.add("le_reports", le_report_id=f"X{c.id}", reported_at=c.at(70, 9), outcome="accepted", voided=True)


def _absence(c: Case) -> Row:
    return {"absence_id": f"B{c.id}", "kind": "missing", "entered_at": c.at(20, 9) + HOUR, "reason": "unknown"}
