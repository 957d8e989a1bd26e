"""Draws the children, their families and the agency's authority over them."""

from dataclasses import dataclass

import numpy as np

from cmfc.timing.zones import Ints
from cmfc_demo.synthetic import names
from cmfc_demo.synthetic.clock import DAY, HOUR, NEVER, Flags, LocalClock
from cmfc_demo.synthetic.columns import Days, Drawn, Numbers, Times, Words

AGE_BANDS = ((0, 5, 0.32), (5, 11, 0.28), (11, 15, 0.18), (15, 18, 0.22))
"""Years from, years to, share; of children in care. Those who go missing are 11 or older."""
AUTHORITIES = ("state_care", "court_guardianship", "voluntary_extended_care", "in_home", "tribal", "other_state")
END_REASONS = ("reunified", "adopted", "guardianship", "other")
LONGEST_CUSTODY_DAYS = 1000


@dataclass(frozen=True)
class Shape:
    """What a population is like.

    Attributes:
        share_missing: share of children who ever go missing.
        moves: ordinary moves per child, on average, beside those that an absence brings.
        is_clean: nothing is wrong in the records; else realistic defects are drawn.
    """

    share_missing: float = 1 / 12
    moves: float = 1.0
    is_clean: bool = False


@dataclass(frozen=True)
class People:
    """One chunk of children; every array has one entry per child.

    Attributes:
        leader: the chunk's place of the sibling whose runs this child shares; else its own place.
        custody_from, custody_to: epoch seconds UTC, `custody_to` NEVER while it lasts.
    """

    number: Ints
    last: Ints
    first: Ints
    middle: Ints
    born: Ints
    is_birth_unknown: Flags
    sex: Ints
    race: Ints
    county: Ints
    worker: Ints
    authority: Ints
    custody_from: Ints
    custody_to: Ints
    end_reason: Ints
    is_missing: Flags
    leader: Ints


def draw_people(
    random: np.random.Generator, first: int, count: int, as_of: int, clock: LocalClock, shape: Shape
) -> People:
    """Draw `count` children, numbered from `first`; siblings share name, office, custody and, at times, their runs."""
    is_sibling = random.random(count) < 0.35
    is_sibling[0] = False
    family = np.cumsum(~is_sibling) - 1
    families = int(family[-1]) + 1
    today = int(clock.days(np.array([as_of], dtype=np.int64))[0])
    age_days = _ages(random, count)
    is_grown = np.zeros(count, dtype=np.bool_) if shape.is_clean else random.random(count) < 0.03
    age_days = np.where(is_grown, random.integers(18 * 366, 21 * 365, count), age_days)
    in_care = np.clip(random.exponential(900, families), 60, LONGEST_CUSTODY_DAYS).astype(np.int64)[family]
    hour = random.integers(10 * HOUR, 16 * HOUR, families)[family]  # before midnight, when as_of is one
    in_care = np.minimum(in_care, age_days - 2) * DAY + hour
    custody_from = as_of - in_care
    has_left = ((random.random(families) < 0.25)[family]) & (in_care > 40 * DAY)
    stay = (random.random(families)[family] * (in_care - 30 * DAY)).astype(np.int64) + 20 * DAY
    custody_to = np.where(has_left, custody_from + stay, NEVER)
    is_missing, leader = _runners(random, age_days, custody_from, custody_to, as_of, is_sibling, shape)
    return People(
        number=np.arange(first, first + count, dtype=np.int64),
        last=random.integers(len(names.LAST), size=families)[family],
        first=random.integers(len(names.FIRST), size=count),
        middle=np.where(random.random(count) < 0.4, random.integers(len(names.INITIALS), size=count), -1),
        born=today - age_days,
        is_birth_unknown=np.zeros(count, dtype=np.bool_) if shape.is_clean else random.random(count) < 0.004,
        sex=random.choice(4, size=count, p=[0.485, 0.5, 0.008, 0.007]),
        race=np.where(random.random(count) < 0.95, random.integers(len(names.RACES), size=count), -1),
        county=random.integers(len(names.COUNTIES), size=families)[family],
        worker=random.integers(max(8, count // 15), size=families)[family],
        authority=_authorities(random, is_missing, is_grown, shape),
        custody_from=custody_from,
        custody_to=custody_to,
        end_reason=random.integers(len(END_REASONS), size=count),
        is_missing=is_missing,
        leader=leader,
    )  # fmt: skip


def _ages(random: np.random.Generator, count: int) -> Ints:
    band = random.choice(len(AGE_BANDS), size=count, p=[share for *_, share in AGE_BANDS])
    low, high = (np.array([b[side] for b in AGE_BANDS])[band] * 365 for side in (0, 1))
    days: Ints = (low + 3 + random.random(count) * (high - low - 4)).astype(np.int64)
    return days


def _runners(
    random: np.random.Generator,
    age_days: Ints,
    custody_from: Ints,
    custody_to: Ints,
    as_of: int,
    is_sibling: Flags,
    shape: Shape,
) -> tuple[Flags, Ints]:
    stay = np.minimum(custody_to, as_of) - custody_from
    is_able = (age_days >= 11 * 365) & (stay > 15 * DAY)
    chance = shape.share_missing * len(age_days) / max(1, int(is_able.sum()))
    is_missing = is_able & (random.random(len(age_days)) < chance)
    place = np.arange(len(age_days), dtype=np.int64)
    before = np.maximum(place - 1, 0)
    is_same = (custody_from == custody_from[before]) & (custody_to == custody_to[before])
    follows = is_sibling & is_missing & is_missing[before] & is_same & (random.random(len(place)) < 0.5)
    follows &= ~follows[before]  # who follows a follower would need a chain
    return is_missing, np.where(follows, before, place)


def _authorities(random: np.random.Generator, is_missing: Flags, is_grown: Flags, shape: Shape) -> Ints:
    """Places in AUTHORITIES. In a clean population whoever goes missing is in state care."""
    count = len(is_missing)
    young = random.choice(6, size=count, p=[0.88, 0.02, 0.0, 0.08, 0.01, 0.01])
    grown = random.choice(6, size=count, p=[0.35, 0.15, 0.45, 0.0, 0.02, 0.03])
    authority: Ints = np.where(is_grown, grown, young).astype(np.int64)
    return np.where(is_missing, 0, authority) if shape.is_clean else authority


def children_columns(people: People) -> Drawn:
    """The children feed."""
    return {
        "child_id": child_ids(people, slice(None)),
        "last_name": Words(people.last, names.LAST),
        "first_name": Words(people.first, names.FIRST),
        "middle_name": Words(people.middle, names.INITIALS),
        "date_of_birth": Days(people.born, people.is_birth_unknown),
        "sex": Words(people.sex, ("F", "M", "X", "U")),
        "race": Words(people.race, names.RACES),
        "county": Words(people.county, names.COUNTIES),
        "office": Words(people.county, names.OFFICES),
        "caseworker_id": Numbers("W", people.worker, 5),
    }


def custody_columns(people: People) -> Drawn:
    """The custody feed: one row per child, known by the day as court orders are."""
    every_day = np.ones(len(people.number), dtype=np.bool_)
    has_ended = people.custody_to < NEVER
    return {
        "custody_id": Numbers("K", people.number, 7),
        "child_id": child_ids(people, slice(None)),
        "authority": Words(people.authority, AUTHORITIES),
        "began_at": Times(people.custody_from, every_day),
        "ended_at": Times(np.where(has_ended, people.custody_to + HOUR, NEVER), has_ended),
        "end_reason": Words(np.where(has_ended, people.end_reason, -1), END_REASONS),
    }


def child_ids(people: People, at: "slice | Ints") -> Numbers:
    """The ids of the children at these places of the chunk."""
    return Numbers("C", people.number[at], 7)
