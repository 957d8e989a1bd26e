"""Draws when children go missing, when the agency hears of it and when they are back."""

from dataclasses import dataclass

import numpy as np

from cmfc.feeds.codes import codes
from cmfc.timing.zones import Ints
from cmfc_demo.synthetic.clock import DAY, HOUR, MINUTE, NEVER, Flags, LocalClock
from cmfc_demo.synthetic.columns import Drawn, Numbers, Times, Truths, Words
from cmfc_demo.synthetic.people import People, Shape, child_ids

SHORTEST = 3 * HOUR
KINDS = ("missing", "away_known", "planned")
OUTCOMES = (*codes().found_outcomes, "exited_care")
REASONS = (
    "ran_away", "taken_or_kept_by_relative", "abducted_by_stranger", "wandered_or_lost", "other", "unknown",
)  # fmt: skip
SHORT, LONG, LONG_SHARE = (0.85, 1.5), (150.0, 1.2), 0.22
"""Log-normal durations as (median days, spread): half are over within a day and a half, and the few long ones bring the
mean near a month (HHS-OIG: 34 days)."""


@dataclass(frozen=True)
class Episodes:
    """One chunk of episodes as they truly were, in epoch seconds UTC; one entry per episode.

    Attributes:
        child: place of the child in the chunk.
        key: unique number of the episode, the same in every record about it.
        shared: the key of the sibling's episode it is part of, else its own.
        ended: NEVER while open.
        gap_before, gap_after: seconds to the child's neighbouring episodes; NEVER without one.
    """

    child: Ints
    key: Ints
    shared: Ints
    began: Ints
    informed: Ints
    ended: Ints
    gap_before: Ints
    gap_after: Ints
    outcome: Ints

    @property
    def is_open(self) -> Flags:
        """Whether the child is still missing."""
        return self.ended >= NEVER


def draw_episodes(random: np.random.Generator, people: People, as_of: int, clock: LocalClock) -> Episodes:
    """Draw 2.5 episodes per missing child on average; siblings that run together share theirs."""
    place = np.arange(len(people.number))
    leaders = np.flatnonzero(people.is_missing & (people.leader == place))
    began, ended = _runs(random, people, leaders, as_of, clock)
    row = np.full(len(place), -1, dtype=np.int64)
    row[leaders] = np.arange(len(leaders))
    runners = np.flatnonzero(people.is_missing)
    began, ended = began[row[people.leader[runners]]], ended[row[people.leader[runners]]]
    who, nth = np.nonzero(began < NEVER)
    child, starts, ends = runners[who], began[who, nth], ended[who, nth]
    is_same = np.diff(child) == 0
    gap = np.where(is_same, starts[1:] - ends[:-1], NEVER)
    no_gap = np.array([NEVER], dtype=np.int64)
    informed = starts + random.integers(10 * MINUTE, 3 * HOUR, len(starts))
    leading = people.leader[child]
    outcome = random.choice(3, size=len(child), p=[0.7, 0.2, 0.1])
    return Episodes(
        child=child,
        key=people.number[child] * 16 + nth,
        shared=people.number[leading] * 16 + nth,
        began=starts,
        informed=informed,
        ended=ends,
        gap_before=np.concatenate([no_gap, gap]),
        gap_after=np.concatenate([gap, no_gap]),
        outcome=np.where(ends < NEVER, outcome, -1),
    )


def _runs(
    random: np.random.Generator, people: People, leaders: Ints, as_of: int, clock: LocalClock
) -> tuple[Ints, Ints]:
    """Begins and ends, one row per leader and one column per run in order; NEVER where there is none (or no end)."""
    count = np.minimum(1 + random.poisson(1.75, len(leaders)), 12)
    most = int(count.max(initial=1))
    low = people.custody_from[leaders] + 3 * DAY
    has_left = people.custody_to[leaders] < NEVER
    high = np.where(has_left, people.custody_to[leaders] - 3 * DAY, as_of - 6 * HOUR)
    lots = np.where(np.arange(most) < count[:, None], random.random((len(leaders), most)), 2.0)
    planned = low[:, None] + (np.sort(lots, axis=1) * (high - low)[:, None]).astype(np.int64)
    began = np.full((len(leaders), most), NEVER, dtype=np.int64)
    ended = began.copy()
    before, goes_on = low - 6 * HOUR, np.ones(len(leaders), dtype=np.bool_)
    for nth in range(most):
        is_brief = (random.random(len(leaders)) < 0.12) & (nth > 0)
        back = random.integers(90 * MINUTE, 12 * HOUR, len(leaders))
        start = np.where(is_brief, before + back, np.maximum(planned[:, nth], before + 6 * HOUR))
        start = clock.make_plain(clock.after_fold(start, 12 * HOUR))
        end = start + _lengths(random, len(leaders))
        following = planned[:, nth + 1] - 6 * HOUR if nth + 1 < most else np.full(len(leaders), NEVER)
        is_last = nth + 1 >= count
        is_free = random.random(len(leaders)) < 0.8
        end = np.where(is_last | is_free, end, np.minimum(end, np.maximum(following, start + SHORTEST)))
        goes_on &= (nth < count) & (start <= high)
        is_open = ~has_left & (end >= as_of)
        end = np.where(has_left, np.minimum(end, people.custody_to[leaders] - DAY), end)
        end = clock.make_plain(end)
        began[:, nth] = np.where(goes_on, start, NEVER)
        ended[:, nth] = np.where(goes_on & ~is_open, end, NEVER)
        before = end
        goes_on &= ~is_open
    return began, ended


def _lengths(random: np.random.Generator, count: int) -> Ints:
    """Durations in seconds."""
    is_long = random.random(count) < LONG_SHARE
    median, spread = (np.where(is_long, LONG[part], SHORT[part]) for part in (0, 1))
    days = np.exp(np.log(median) + spread * random.standard_normal(count))
    seconds: Ints = (days * DAY).clip(SHORTEST, 4000 * DAY).astype(np.int64)
    return seconds


def absence_columns(
    random: np.random.Generator, people: People, runs: Episodes, as_of: int, shape: Shape, is_kept: Flags
) -> Drawn:
    """The absences of the episodes in `is_kept`, as the agency recorded them."""
    at = np.flatnonzero(is_kept)
    count, began, ended, informed = len(at), runs.began[at], runs.ended[at], runs.informed[at]
    is_day_begun = (random.random(count) < 0.2) & (runs.gap_before[at] > 3 * DAY)
    is_day_ended = (random.random(count) < 0.12) & (ended - began > 2 * DAY) & (runs.gap_after[at] > 3 * DAY)
    delay = random.integers(5 * MINUTE, 20 * HOUR, count)
    lots = random.random((3, count))
    if not shape.is_clean:
        delay = np.where(lots[0] < 0.08, random.integers(25 * HOUR, 12 * DAY, count), delay)
    is_unrecorded = lots[1] < (0.0 if shape.is_clean else 0.1)
    is_day_informed = (lots[2] < (0.0 if shape.is_clean else 0.06)) & ~is_unrecorded
    return {
        "absence_id": Numbers("A", runs.key[at], 9),
        "child_id": child_ids(people, runs.child[at]),
        "kind": Words(np.zeros(count, dtype=np.int64), KINDS),
        "absent_since": Times(began, is_day_begun),
        "agency_informed_at": Times(np.where(is_unrecorded, NEVER, informed), is_day_informed),
        "ended_at": Times(ended, is_day_ended & (ended < NEVER)),
        "expected_end_at": Times(np.full(count, NEVER, dtype=np.int64)),
        "end_reason": Words(runs.outcome[at], OUTCOMES),
        "reason": Words(random.choice(len(REASONS), size=count, p=[0.86, 0.04, 0.003, 0.007, 0.02, 0.07]), REASONS),
        "entered_at": Times(np.minimum(informed + delay, as_of - 2 * MINUTE)),
        "voided": Truths(np.where(random.random(count) < 0.5, 0, -1).astype(np.int8)),
    }


def quiet_absences(random: np.random.Generator, people: People, as_of: int) -> tuple[Drawn, Drawn]:
    """Absences that are no episodes, of children who never go missing, and the sightings that go with them.

    A planned one ends in time; one without permission is short or its whereabouts are verified; a voided one says
    nothing.
    """
    has_room = np.minimum(people.custody_to, as_of) - people.custody_from > 40 * DAY
    at = np.flatnonzero(~people.is_missing & has_room & (random.random(len(has_room)) < 0.05))
    count = len(at)
    lot = random.random(count)
    room = np.minimum(people.custody_to[at], as_of) - people.custody_from[at]
    began = people.custody_from[at] + DAY + (random.random(count) * (room - 20 * DAY)).astype(np.int64)
    kind = np.where(lot < 0.5, 2, 1)
    is_long, is_voided = (lot > 0.8) & (lot < 0.95), lot >= 0.95
    length = np.where(kind == 2, random.integers(DAY, 8 * DAY, count), random.integers(2 * HOUR, 20 * HOUR, count))
    length = np.where(is_long, random.integers(2 * DAY, 6 * DAY, count), length)
    number = people.number[at]
    absences: Drawn = {
        "absence_id": Numbers("A", number * 16 + 15, 9),
        "child_id": child_ids(people, at),
        "kind": Words(np.where(is_voided, 0, kind), KINDS),
        "absent_since": Times(began),
        "agency_informed_at": Times(np.where(kind == 2, NEVER, began + 20 * MINUTE)),
        "ended_at": Times(np.where(is_voided, NEVER, began + length)),
        "expected_end_at": Times(np.where(kind == 2, began + length + HOUR, NEVER)),
        "end_reason": Words(np.where(is_voided, -1, 0), OUTCOMES),
        "reason": Words(np.full(count, -1), REASONS),
        "entered_at": Times(began + 2 * HOUR),
        "voided": Truths(is_voided.astype(np.int8)),
    }
    sighted = np.flatnonzero(is_long)
    sightings: Drawn = {
        "sighting_id": Numbers("S", number[sighted], 7),
        "child_id": child_ids(people, at[sighted]),
        "known_from": Times(began[sighted] + HOUR),
        "known_to": Times(began[sighted] + length[sighted]),
        "basis": Words(random.integers(6, size=len(sighted)), BASES),
        "verified": Truths(np.ones(len(sighted), dtype=np.int8)),
    }
    return absences, sightings


BASES = ("school", "employment", "caregiver", "relative", "agency_visit", "law_enforcement")
