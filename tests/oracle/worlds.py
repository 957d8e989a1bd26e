"""Small, nasty worlds: children whose times sit on, just before and just after every limit."""

import random
from collections.abc import Callable
from datetime import date

from tests.oracle import more_stories, rows, stories
from tests.oracle.draws import Draw
from tests.oracle.times import DAY, HOUR, local_date, local_midnight
from tests.oracle.world import KEYS, SET_ASIDE, Night, Row

Feeds = dict[str, list[Row]]

ZONES = ("America/Chicago", "America/New_York", "America/Denver", "America/Anchorage")
JURISDICTIONS = ("us/federal", "us/mo", "us/tx")
AS_OF_DATES = (
    "2026-10-01", "2026-11-01", "2026-11-02", "2026-11-03", "2026-03-08", "2026-03-09", "2026-03-10", "2026-07-06",
    "2023-08-28", "2023-08-29", "2023-08-30", "2020-05-31", "2020-06-01", "2017-09-02", "2016-09-29", "2016-09-30",
    "2016-10-02", "2024-03-01", "2026-11-28", "2027-01-04", "2011-09-02", "2023-01-06", "2023-02-05",
)  # fmt: skip
OK_MOSTLY = ("ok", "absent", "broken")
DRAWN: tuple[tuple[str, int, Callable[[Draw], Row]], ...] = (
    ("custody", 3, rows.custody),
    ("placements", 4, rows.placement),
    ("absences", 5, rows.absence),
    ("le_reports", 4, rows.le_report),
    ("ncmec_reports", 4, rows.ncmec_report),
    ("sightings", 3, rows.sighting),
    ("contacts", 2, rows.contact),
    ("returns", 2, rows.return_),
)
"""Feed, most rows of a child, and what draws one."""

STORIES: tuple[Callable[[Draw, Feeds], None], ...] = (
    stories.two_runs_of_a_day,
    stories.second_run_in_open_record,
    stories.marked_as_error,
    stories.sightings,
    stories.back_or_not,
    more_stories.left_care,
    more_stories.back_and_told,
    more_stories.guardian_meanwhile,
    more_stories.report_between_runs,
    more_stories.attempt_for_a_third_party,
    more_stories.unreadable_time,
    more_stories.row_set_aside,
    more_stories.details_of_another,
    more_stories.known_for_long,
)


def draw_night(rng: random.Random) -> Night:
    """One configuration: where, when, under which law, and which feeds failed."""
    zone = rng.choice(ZONES)
    as_of = local_midnight(date.fromisoformat(rng.choice(AS_OF_DATES)), zone)
    as_of += rng.choices((0, 1, -1, 13 * HOUR, HOUR + 1800), (6, 1, 1, 1, 1))[0]
    status = {feed: rng.choices(OK_MOSTLY, (8, 1, 1))[0] for feed in ("le_reports", "ncmec_reports")}
    status |= {feed: rng.choices(OK_MOSTLY, (6, 1, 1))[0] for feed in ("sightings", "contacts", "returns")}
    status |= dict.fromkeys(("children", "custody", "placements", "absences"), "ok")
    return Night(
        agency="oracle",
        as_of=as_of,
        zone=zone,
        jurisdiction=rng.choice(JURISDICTIONS),
        stitch_gap_seconds=rng.choice((0, 0, 3600, 6 * 3600)),
        runaway_placements_kept=rng.random() < 0.5,
        history_begins=rng.choice((None, local_midnight(local_date(as_of - 4 * DAY, zone), zone))),
        status=status,
    )


def draw_world(rng: random.Random, night: Night, name: str) -> Feeds:
    """One to six children with all their rows; ids begin with `name`."""
    feeds: Feeds = {feed: [] for feed in ("children", *KEYS, SET_ASIDE)}
    for position in range(rng.choice((1, 1, 1, 2, 3, 6))):
        _write_child(Draw(rng, night, f"{name}c{position}"), feeds)
    return feeds


def _write_child(d: Draw, feeds: Feeds) -> None:
    """Rows at random, a story, or both; a story alone is what a person could have thought of."""
    rng = d.rng
    if rng.random() < 0.93:
        feeds["children"].append(rows.on_file(d))
    story_count = rng.choice((0, 0, 1, 1, 2))
    most_of_all = rng.choice((0, 1)) if story_count and rng.random() < 0.6 else rng.choice((1, 2, 9))
    for feed, most, draw in DRAWN:
        for _ in range(max(0, rng.randint(-1, min(most, most_of_all)))):
            feeds[feed].append({KEYS[feed]: d.id(), "child_id": d.child_id} | draw(d))
    for story in rng.sample(STORIES, story_count):
        story(d, feeds)
