"""More situations: custody that ends or begins meanwhile, odd reports, rows that were set aside."""

from datetime import date, timedelta

from tests.oracle import rows
from tests.oracle.draws import Draw, put
from tests.oracle.stories import Feeds, add, in_care, run, runaway, tell
from tests.oracle.times import HOUR, Moment, local_date
from tests.oracle.world import SET_ASIDE


def left_care(d: Draw, feeds: Feeds) -> None:
    """Custody that ends at the end of the run, near it or on a birthday; a successor now and then (2.2 (a), RT-04)."""
    first = d.anchors[0]
    ended = first + d.rng.choice((24, 60, 240)) * HOUR
    end = d.rng.choice(((ended, ended), d.day(ended), None))
    if d.rng.random() < 0.5:
        runaway(d, feeds, d.moment(first), end)
    else:
        run(d, feeds, d.moment(first), end, d.rng.choice((None, None, "returned", "exited_care")))
    authority = d.rng.choice(("state_care", "state_care", "court_guardianship", "voluntary_extended_care", "in_home"))
    left = d.rng.choice((d.about(ended, (-48, -24, 0, 0, 24, 25)), d.about(ended, (0,)), d.day(first)))
    if d.rng.random() < 0.4:
        _come_of_age(d, feeds, left)
    in_care(d, feeds, authority, left, d.rng.choice(rows.CUSTODY_ENDS))
    if d.rng.random() < 0.4:
        begins = d.about(left[1], (0, 24, 25, -1))
        row = {"authority": d.rng.choice(("state_care", "in_home", "court_guardianship")), "end_reason": None}
        row |= put("began_at", begins) | put("ended_at", d.rng.choice((None, left, d.about(left[1], (48,)))))
        add(d, feeds, "custody", row)


def _come_of_age(d: Draw, feeds: Feeds, left: Moment) -> None:
    """A child on file whose 18th or 21st birthday lies within a day or two of the end of custody."""
    day = local_date(left[0], d.night.zone) + timedelta(days=d.rng.choice((-2, -1, 0, 1, 2)))
    born = date(day.year - d.rng.choice((18, 18, 21)), day.month, min(day.day, 28))
    for child in feeds["children"]:
        if child["child_id"] == d.child_id:
            child["date_of_birth"] = born


def back_and_told(d: Draw, feeds: Feeds) -> None:
    """Back and placed again; told that the child is located on that day, at the limit of 24 hours, late or never.

    RT-01, RT-02, NI-04, and LE-07 where it was before the end.
    """
    first = d.anchors[0]
    back = first + d.rng.choice((30, 48, 96)) * HOUR
    run(
        d, feeds, (first, first), d.rng.choice(((back, back), d.day(back))), d.rng.choice(("returned", "located", None))
    )
    in_care(d, feeds, d.rng.choice(("state_care", "state_care", "other_state")), None, None)
    stay = {"setting": "foster_home"} | put("began_at", (back + HOUR, back + HOUR)) | put("ended_at", None)
    add(d, feeds, "placements", stay | put("entered_at", None))
    at = (first + HOUR, first + HOUR)
    for feed, row in (("le_reports", rows.le_report(d)), ("ncmec_reports", rows.ncmec_report(d))):
        row |= put("reported_at", at) | put("missing_since", None) | {"child_id": d.child_id, "may_count": True}
        row |= put("told_located_at", d.rng.choice((None, d.day(back), d.about(back, (-1, 2, 24, 26, 50)))))
        if feed == "le_reports":
            row |= {"outcome": "accepted"} | put("ncic_entered_at", at) | put("ncic_removed_at", None)
        else:
            row |= {"source": "agency"} | put("closed_at", None)
        add(d, feeds, feed, row)


def guardian_meanwhile(d: Draw, feeds: Feeds) -> None:
    """Custody that changes a duty begins inside the run, or two on a day, one of them at a known hour (2.3)."""
    first = d.anchors[0]
    run(d, feeds, d.rng.choice(((first, first), d.day(first))), d.rng.choice((None, d.about(first, (72,)))), None)
    change = d.about(first, (0, 1, 24, 48, 72))
    before = d.rng.choice(("voluntary_extended_care", "in_home", "tribal", "other_state"))
    in_care(d, feeds, before, d.rng.choice((None, change)), None)
    row = {"authority": d.rng.choice(("court_guardianship", "state_care", "voluntary_extended_care"))}
    row |= put("ended_at", None) | {"end_reason": None}
    if d.rng.random() < 0.3:
        change = d.day(change[0])
        other = {"authority": d.rng.choice(("court_guardianship", "state_care"))}
        add(d, feeds, "custody", row | other | put("began_at", (change[0], change[0])))
    add(d, feeds, "custody", row | put("began_at", change))
    if d.rng.random() < 0.6:
        tell(d, feeds, d.about(first, (1, 24, 48, 72, 73)))


def report_between_runs(d: Draw, feeds: Feeds) -> None:
    """Two runs a day apart, and a report between them: the former's or the next one's (4.2, rules 3 and 4)."""
    first = d.anchors[0]
    back = first + 48 * HOUR
    again = back + d.rng.choice((2, 22, 24, 26, 50)) * HOUR
    run(d, feeds, (first, first), (back, back), "returned")
    run(d, feeds, (again, again), d.rng.choice((None, (again + 30 * HOUR, again + 30 * HOUR))), None)
    tell(d, feeds, d.rng.choice((d.about(back, (0, 1, 2)), d.about(again, (-24, -1, 0)), d.day(back))))
    in_care(d, feeds, "state_care", None, None)


def attempt_for_a_third_party(d: Draw, feeds: Feeds) -> None:
    """A child at home: an attempt counts, and so does the parent's own call to NCMEC (4.2)."""
    first = d.anchors[0]
    run(d, feeds, (first, first), d.rng.choice((None, d.about(first, (48,)))), "returned")
    in_care(d, feeds, d.rng.choice(("in_home", "in_home", "state_care")), None, None)
    for outcome in d.rng.choice((("attempted",), ("attempted", "accepted"), ("attempted", "refused"), ("refused",))):
        row = rows.le_report(d) | put("reported_at", d.about(first, (1, 24, 48))) | {"outcome": outcome}
        add(d, feeds, "le_reports", row | {"child_id": d.child_id})
    row = rows.ncmec_report(d) | put("reported_at", d.about(first, (1, 24, 48)))
    source = d.rng.choice(("parent", "unreadable", "agency"))
    add(d, feeds, "ncmec_reports", row | {"child_id": d.child_id, "source": source})


def unreadable_time(d: Draw, feeds: Feeds) -> None:
    """A report on file whose time cannot be read; it may be for the run, or says that it is for another (4.2)."""
    first = d.anchors[0]
    run(d, feeds, d.moment(first), d.rng.choice((None, d.about(first, (2, 30, 72)))), d.rng.choice((None, "returned")))
    in_care(d, feeds, "state_care", None, None)
    for feed in ("le_reports", "ncmec_reports"):
        since = d.rng.choice((None, d.about(first, (0, 48, -48, 60))))
        _set_aside(d, feeds, feed, "reported_at", "time_unparseable", "high", None, since)


def row_set_aside(d: Draw, feeds: Feeds) -> None:
    """A row that may be a child who is missing now, beside a run that is over (2.2 may_clear, 6 missing_now)."""
    first = d.anchors[0]
    run(d, feeds, (first, first), d.about(first, (24, 48)), "returned")
    in_care(d, feeds, "state_care", None, None)
    stay = {"setting": "foster_home"} | put("began_at", d.about(first, (48, 72)))
    add(d, feeds, "placements", stay | put("ended_at", None) | put("entered_at", None))
    tell(d, feeds, d.about(first, (1,)))
    is_open = d.rng.random() < 0.6
    feed, kind, begin = d.rng.choice((("absences", "kind", "absent_since"), ("placements", "setting", "began_at")))
    if d.rng.random() < 0.5:
        _set_aside(d, feeds, feed, kind, "code_not_listed", "high", is_open, None)
    else:
        _set_aside(d, feeds, feed, begin, "time_unparseable", "critical" if is_open else "high", is_open, None)


def details_of_another(d: Draw, feeds: Feeds) -> None:
    """A report under the child's id with the names and the birth date of somebody else, or with most of them (4.1)."""
    first = d.anchors[0]
    run(d, feeds, (first, first), None, None)
    row = rows.le_report(d) | put("reported_at", (first + HOUR, first + HOUR)) | {"child_id": d.child_id}
    row |= {"first_name": "Other", "last_name": "Another", "date_of_birth": date(2013, 1, 2)}
    field = d.rng.choice((None, None, "first_name", "last_name", "date_of_birth"))
    add(d, feeds, "le_reports", row if field is None else row | {field: None})


def known_for_long(d: Draw, feeds: Feeds) -> None:
    """Away and known, or on a visit, for about thirty days, with a sighting of long ago (RC-15, RC-17)."""
    began = d.about(d.night.as_of, (-24, -24 * 30, -24 * 31, -24 * 60))
    row = rows.absence(d) | {"kind": d.rng.choice(("away_known", "planned")), "end_reason": None}
    row |= put("absent_since", began) | put("expected_end_at", None)
    add(d, feeds, "absences", row | put("ended_at", d.rng.choice((None, None, d.about(began[1], (24, 25))))))
    at = d.rng.choice((d.about(d.night.as_of, (-24 * 30, -24 * 31, -1)), began, d.about(began[0], (-24,))))
    sighting = {"basis": "school", "verified": True} | put("known_from", at)
    add(d, feeds, "sightings", sighting | put("known_to", d.rng.choice((None, d.about(at[1], (1, 24 * 20))))))


def _set_aside(
    d: Draw, feeds: Feeds, feed: str, field: str, rule: str, severity: str, is_open: bool | None, since: Moment | None
) -> None:
    key = d.id()
    record = f"{feed}:{key}"
    line = {"key": key, "feed": feed, "source": "drawn", "row": len(feeds[SET_ASIDE]) + 2, "field": field}
    line |= {"rule": rule, "effect": "row", "severity": severity, "subject": record, "record": record}
    line |= {"child_id": d.child_id, "is_open": is_open} | dict.fromkeys(("county", "office", "caseworker_id"))
    feeds[SET_ASIDE].append(line | put("missing_since", since))
