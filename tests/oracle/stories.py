"""Situations that random rows seldom meet: each function adds one child's rows, near the limits of one rule."""

from tests.oracle import rows
from tests.oracle.draws import Draw, put
from tests.oracle.times import DAY, HOUR, Moment
from tests.oracle.world import KEYS, Row

Feeds = dict[str, list[Row]]

FOUND_MOSTLY = ("returned", "located", None, None, "exited_care")


def add(d: Draw, feeds: Feeds, feed: str, row: Row) -> None:
    """Adds a row under an id of its own."""
    feeds[feed].append({KEYS[feed]: d.id(), "child_id": d.child_id} | row)


def run(d: Draw, feeds: Feeds, began: Moment, ended: Moment | None, end_reason: str | None) -> None:
    """A missing absence of which the agency knows at once."""
    row = rows.absence(d) | {"kind": "missing", "end_reason": end_reason} | put("absent_since", began)
    row |= put("ended_at", ended) | put("agency_informed_at", began)
    add(d, feeds, "absences", row | put("entered_at", None))


def runaway(d: Draw, feeds: Feeds, began: Moment, ended: Moment | None) -> None:
    row = {"setting": "runaway"} | put("began_at", began) | put("ended_at", ended)
    add(d, feeds, "placements", row | put("entered_at", None))


def in_care(d: Draw, feeds: Feeds, authority: str, ended: Moment | None, end_reason: str | None) -> None:
    begun = d.night.as_of - 500 * DAY
    row = {"authority": authority, "end_reason": end_reason} | put("began_at", (begun, begun))
    add(d, feeds, "custody", row | put("ended_at", ended))


def tell(d: Draw, feeds: Feeds, at: Moment) -> None:
    """A report to one or to both, without a missing_since."""
    for feed, draw in (("le_reports", rows.le_report), ("ncmec_reports", rows.ncmec_report)):
        if d.rng.random() < 0.8:
            row = draw(d) | put("reported_at", at) | put("missing_since", None) | put("told_located_at", None)
            add(d, feeds, feed, row | {"child_id": d.child_id})


def two_runs_of_a_day(d: Draw, feeds: Feeds) -> None:
    """Back on a day, and a next run that is dated to that day, or begins in the evening (2.2.2, 2.2.3)."""
    first = d.anchors[0]
    back = first + d.rng.choice((24, 47, 72)) * HOUR
    run(d, feeds, d.moment(first), d.rng.choice(((back, back), d.day(back))), d.rng.choice(FOUND_MOSTLY))
    again = d.rng.choice((d.day(back), (back + HOUR, back + HOUR), (back, back)))
    ended = d.rng.choice((None, (back + 50 * HOUR, back + 50 * HOUR)))
    if d.rng.random() < 0.6:
        runaway(d, feeds, again, ended)
    else:
        run(d, feeds, again, ended, None)
    if d.rng.random() < 0.6:
        tell(d, feeds, d.rng.choice((d.day(back), d.about(first, (1, 24)), d.about(back, (0, 1)))))


def second_run_in_open_record(d: Draw, feeds: Feeds) -> None:
    """A second absence a day later while the first is open, told of once or twice (2.2.3)."""
    first = d.anchors[0]
    again = first + 24 * HOUR + d.rng.choice((-1, 0, 1, HOUR, 30 * HOUR))
    end = d.rng.choice((None, (again, again), (again + 1, again + 1), d.day(again), (again + 9 * DAY, again + 9 * DAY)))
    run(d, feeds, d.rng.choice(((first, first), d.day(first))), end, None)
    run(d, feeds, d.rng.choice(((again, again), d.day(again))), d.rng.choice((None, end)), None)
    tell(d, feeds, (first + HOUR, first + HOUR))
    if d.rng.random() < 0.4:
        tell(d, feeds, d.rng.choice((d.about(again, (0, 1)), d.day(again))))
    in_care(d, feeds, "state_care", None, None)


def marked_as_error(d: Draw, feeds: Feeds) -> None:
    """An absence of any kind marked as an error, with and without an end (RC-18)."""
    first = d.anchors[0]
    ended = d.rng.choice((None, None, d.about(first, (12, 24, 30)), (d.night.as_of + 1, d.night.as_of + 1)))
    row = rows.absence(d) | {"end_reason": "error"} | put("absent_since", d.moment(first)) | put("ended_at", ended)
    add(d, feeds, "absences", row)


def sightings(d: Draw, feeds: Feeds) -> None:
    """Sightings before, on and after the begin, over the end or up to it, with and without an end (2.2.4)."""
    first = d.anchors[0]
    ended = d.rng.choice((None, d.about(first, (48, 96)), d.day(first + 48 * HOUR)))
    run(d, feeds, d.rng.choice(((first, first), d.day(first))), ended, d.rng.choice((None, None, "exited_care")))
    if d.rng.random() < 0.3:
        runaway(d, feeds, d.about(first, (24, 60)), d.rng.choice((None, ended)))
    for _ in range(d.rng.choice((1, 1, 2))):
        at = d.about(first, (-24, -2, 0, 0, 2, 24, 48, 72))
        until = d.rng.choice((None, None, ended, d.about(at[1], (1, 24, 48, 96))))
        row = {"basis": "school", "verified": True} | put("known_from", at)
        add(d, feeds, "sightings", row | put("known_to", until if until and until[0] > at[1] else None))


def back_or_not(d: Draw, feeds: Feeds) -> None:
    """A run that ended without a word, and what may prove the return, at the limit of 72 hours (2.2 outcome)."""
    first = d.anchors[0]
    ended = first + d.rng.choice((3, 24, 60)) * HOUR
    began = d.rng.choice(((first, first), d.day(first)))
    draw_run = runaway if d.rng.random() < 0.5 else run_without_word
    draw_run(d, feeds, began, d.rng.choice(((ended, ended), d.day(ended))))
    at = d.about(ended, (-72, -1, 0, 0, 1, 71, 72, 73))
    kind = d.rng.choice(("placement", "placement", "return", "sighting"))
    if kind == "placement":
        stay = {"setting": d.rng.choice(("foster_home", "hospital"))} | put("began_at", at) | put("entered_at", None)
        add(d, feeds, "placements", stay | put("ended_at", d.rng.choice((None, d.about(at[1], (1, 48))))))
    elif kind == "return":
        add(d, feeds, "returns", rows.return_(d) | put("returned_at", at))
    else:
        add(d, feeds, "sightings", rows.sighting(d) | put("known_from", at) | put("known_to", None))
    if d.rng.random() < 0.3:
        run(d, feeds, d.about(ended, (24, 72)), None, None)
    if d.rng.random() < 0.4:
        placement = (
            {"setting": "foster_home"} | put("began_at", d.about(first, (-24 * 90, 0))) | put("entered_at", None)
        )
        add(d, feeds, "placements", placement | put("ended_at", d.rng.choice((None, d.about(ended, (-1, 0, 1))))))
    tell(d, feeds, d.about(first, (1, 24)))
    in_care(d, feeds, "state_care", None, None)


def run_without_word(d: Draw, feeds: Feeds, began: Moment, ended: Moment | None) -> None:
    run(d, feeds, began, ended, None)
