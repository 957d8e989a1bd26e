"""Random rows of one child, feed by feed."""

from datetime import date, timedelta

from tests.oracle.draws import Draw, put
from tests.oracle.times import DAY, HOUR, local_date
from tests.oracle.world import Row

AUTHORITIES = ("state_care", "court_guardianship", "voluntary_extended_care", "in_home", "tribal", "other_state")
CUSTODY_ENDS = (
    "reunified",
    "adopted",
    "guardianship",
    "emancipated",
    "transferred",
    "runaway_or_unknown",
    "died",
    None,
)
SETTINGS = ("runaway", "whereabouts_unknown", "foster_home", "hospital", "unapproved_known")
END_REASONS = ("returned", "located", "whereabouts_established", "exited_care", "aged_out", "died", "error", None)
REASONS = ("ran_away", "abducted_by_stranger", "wandered_or_lost", "unknown", None)
OUTCOMES = ("accepted", "refused", "told_to_wait", "attempted", None)
SOURCES = ("agency", "law_enforcement", "parent", "other", None, "unreadable")
AGES = (1, 8, 12, 16, 17, 18, 18, 19, 20, 21, 22, 24, 25, 26)
"""Some of them a birth date typed ten years early."""
FLAGS = ("has_photo", "has_description", "has_circumstances", "has_endangerments", "has_guardian_contact")


def on_file(d: Draw) -> Row:
    rng, first = d.rng, local_date(d.anchors[0], d.night.zone)
    year = first.year - rng.choice(AGES)
    day = first + timedelta(days=rng.choice((-200, -1, 0, 1, 2, 3, 200)))
    born = rng.choice((None, date(2008, 2, 29), *[date(year, day.month, min(day.day, 28))] * 8))
    return {
        "child_id": d.child_id,
        "last_name": f"Last{d.child_id}",
        "first_name": f"First{d.child_id}",
        "date_of_birth": born,
        "sex": rng.choice(("F", "M", "X", "U", None)),
        "county": rng.choice(("Bell", "Clay", None)),
        "office": rng.choice(("North", None)),
        "caseworker_id": rng.choice(("W1", None)),
    }


def custody(d: Draw) -> Row:
    rng = d.rng
    row = {"authority": rng.choice((*AUTHORITIES, "state_care")), "end_reason": rng.choice(CUSTODY_ENDS)}
    if rng.random() < 0.4:
        begun = d.night.as_of - 400 * DAY
        return row | put("began_at", (begun, begun)) | d.maybe("ended_at", 0.3)
    return row | d.stretch("began_at", "ended_at", 0.4)


def placement(d: Draw) -> Row:
    setting = d.rng.choices(SETTINGS, (4, 1, 3, 1, 2))[0]
    return {"setting": setting} | d.stretch("began_at", "ended_at", 0.35) | d.maybe("entered_at", 0.3)


def absence(d: Draw) -> Row:
    rng = d.rng
    kind = rng.choices(("missing", "away_known", "planned"), (8, 1, 1))[0]
    row = d.stretch("absent_since", "ended_at", 0.3)
    reasons = rng.choices(END_REASONS, (5, 2, 2, 1, 1, 1, 1, 3))
    row |= {"kind": kind, "reason": rng.choice(REASONS), "end_reason": reasons[0]}
    if row["ended_at_earliest"] is None:
        row["end_reason"] = rng.choices((None, "error"), (7, 1))[0]
    informed = None
    if rng.random() < 0.75:
        offset = rng.choice((0, 0, 1, 2, 6, 24, 48, -1, -24, -26)) * HOUR + rng.choice((0, 0, 1, -1))
        informed = d.moment(row["absent_since_earliest"] + offset)
    row |= put("agency_informed_at", informed) | _again(d, row)
    return row | d.maybe("entered_at", 0.4) | d.maybe("expected_end_at", 0.3)


def _again(d: Draw, row: Row) -> Row:
    """Now and then a copy of the absence, merged at the door, began much later and before the absence ended."""
    again = d.moment(row["absent_since_latest"] + d.rng.choice((25, 48, 100)) * HOUR)
    is_inside = row["ended_at_earliest"] is None or again[1] < row["ended_at_earliest"]
    is_later = again[0] - row["absent_since_latest"] > DAY
    return put("again", again if is_inside and is_later and d.rng.random() < 0.1 else None)


def report(d: Draw) -> Row:
    """What both logs have: a time, whom it is about, and now and then a missing_since that is of no use."""
    rng = d.rng
    row = d.maybe("reported_at", 1) | d.maybe("missing_since", 0.35) | d.maybe("told_located_at", 0.3)
    if rng.random() < 0.05:
        row |= put("missing_since", d.moment(d.anchors[0] - 60 * DAY))
    row |= dict.fromkeys(("first_name", "last_name", "date_of_birth", "sex"))
    row["may_count"] = rng.random() > 0.04
    stray = rng.random()
    if stray < 0.06:
        return row | {"child_id": None if stray < 0.03 else f"{d.child_id}x"}
    row["first_name"] = rng.choice((None, f" first{d.child_id.upper()} ", "Other"))
    row["last_name"] = rng.choice((None, f"Last{d.child_id}", "Another", " "))
    row["date_of_birth"] = rng.choice((None, None, None, date(2010, 5, 5)))
    row["sex"] = rng.choice((None, None, None, "F"))
    return row


def le_report(d: Draw) -> Row:
    rng = d.rng
    row = report(d) | d.maybe("ncic_entered_at", 0.4) | d.maybe("ncic_removed_at", 0.3)
    return row | {
        "outcome": rng.choices(OUTCOMES, (6, 1, 1, 1, 0.3))[0],
        "reporter": rng.choice(("agency", "caregiver", "other", None)),
        "agency_name": rng.choice(("PD", "Sheriff", None)),
        "report_number": rng.choice((f"N{d.child_id}", "N2", None)),
        "ncic_number": rng.choice(("M1", None)),
        "ncic_removal_reason": rng.choice(("located", "age", None)),
    }


def ncmec_report(d: Draw) -> Row:
    rng = d.rng
    row: Row = report(d) | d.maybe("closed_at", 0.2)
    row |= {flag: rng.choices((True, False, None), (6, 1, 2))[0] for flag in FLAGS}
    return row | {
        "channel": rng.choice(("phone", "online", None)),
        "source": rng.choices(SOURCES, (6, 2, 1, 1, 1, 0.5))[0],
        "ncmec_case_number": rng.choice((f"Q{d.child_id}", "Q2", None)),
    }


def sighting(d: Draw) -> Row:
    row = d.stretch("known_from", "known_to", 0.4)
    return row | {"basis": "school", "verified": d.rng.choices((True, False, None), (8, 1, 1))[0]}


def contact(d: Draw) -> Row:
    return {"party": d.rng.choice(("law_enforcement", "ncmec"))} | d.maybe("contacted_at", 1)


def return_(d: Draw) -> Row:
    row = d.maybe("returned_at", 1)
    return row | d.maybe("interviewed_at", 0.7) | d.maybe("screened_for_trafficking_at", 0.7)
