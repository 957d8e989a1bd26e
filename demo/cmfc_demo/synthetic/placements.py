"""Lays the placements of a chunk of children end to end, around the times they were missing."""

import numpy as np

from cmfc.timing.zones import Ints
from cmfc_demo.synthetic.clock import DAY, HOUR, MINUTE, NEVER, Flags
from cmfc_demo.synthetic.columns import Drawn, Numbers, Times, Truths, Words
from cmfc_demo.synthetic.episodes import Episodes
from cmfc_demo.synthetic.people import AUTHORITIES, People, Shape, child_ids

SETTINGS = (
    "foster_home", "relative_home", "group_home", "institution", "shelter", "trial_home_visit", "pre_adoptive_home",
    "hospital", "detention", "supervised_independent", "runaway", "whereabouts_unknown",
)  # fmt: skip
SHARES = (0.44, 0.31, 0.08, 0.05, 0.02, 0.04, 0.03, 0.01, 0.01, 0.01)
BACK, GONE, MOVE = 0, 1, 2


def placement_columns(
    random: np.random.Generator, people: People, runs: Episodes, as_of: int, shape: Shape, is_kept: Flags
) -> Drawn:
    """The placements feed.

    Args:
        random: the chunk's generator.
        people: the children.
        runs: their episodes.
        as_of: epoch seconds UTC.
        shape: what the population is like.
        is_kept: per episode, whether it has a placement in a missing setting.
    """
    child, start, what, run = _segments(random, people, runs, as_of, shape)
    count = len(child)
    is_last = np.append(np.diff(child) != 0, True)
    end = np.where(is_last, people.custody_to[child], np.append(start[1:], NEVER))
    is_gone = what == GONE
    setting = np.where(is_gone, 10 + (random.random(count) < 0.15), random.choice(10, size=count, p=SHARES))
    next_is_gone = np.append(is_gone[1:], False) & ~is_last
    is_day = (random.random(count) < 0.3) & ~is_gone & (what == MOVE)
    is_day_ended = np.append(is_day[1:], False) & ~is_last & ~next_is_gone & ~is_gone
    key = np.arange(count) - np.searchsorted(child, child) + people.number[child] * 64
    heard_at = start.copy()
    heard_at[is_gone] = runs.informed[run[is_gone]]  # typed in after the agency heard of it, not before
    entered = np.minimum(heard_at + random.integers(5 * MINUTE, 20 * HOUR, count), as_of - 2 * MINUTE)
    is_in = ~is_gone | is_kept[np.maximum(run, 0)] if len(runs.child) else np.ones(count, dtype=np.bool_)
    is_in &= is_gone | (people.authority[child] != AUTHORITIES.index("in_home"))
    at = np.flatnonzero(is_in)
    return {
        "placement_id": Numbers("P", key[at], 10),
        "child_id": child_ids(people, child[at]),
        "setting": Words(setting[at], SETTINGS),
        "began_at": Times(start[at], is_day[at]),
        "ended_at": Times(end[at], is_day_ended[at]),
        "provider_id": Numbers("V", random.integers(5000, size=len(at)), 5, is_gone[at]),
        "entered_at": Times(entered[at]),
        "voided": Truths(np.full(len(at), -1, dtype=np.int8)),
    }


def _segments(
    random: np.random.Generator, people: People, runs: Episodes, as_of: int, shape: Shape
) -> tuple[Ints, Ints, Ints, Ints]:
    """Where each stretch begins, in order: child, instant, what begins there, and the episode (-1: none)."""
    count, episodes = len(people.number), len(runs.child)
    moves = random.poisson(shape.moves, count)
    mover = np.repeat(np.arange(count), moves)
    room = np.minimum(people.custody_to, as_of) - people.custody_from
    moved = people.custody_from[mover] + (random.random(len(mover)) * room[mover]).astype(np.int64)
    closed = np.flatnonzero(runs.ended < NEVER)
    child = np.concatenate([np.arange(count), runs.child, runs.child[closed], mover])
    start = np.concatenate([people.custody_from, runs.began, runs.ended[closed], moved])
    parts = ((BACK, count), (GONE, episodes), (BACK, len(closed)), (MOVE, len(mover)))
    what = np.concatenate([np.full(size, kind) for kind, size in parts])
    none = np.full(count, -1)
    run = np.concatenate([none, np.arange(episodes), np.full(len(closed), -1), np.full(len(mover), -1)])
    order = np.lexsort((what, start, child))
    child, start, what, run = child[order], start[order], what[order], run[order]
    # A move while the child was gone did not happen: what stands before it is the last begin or end of an absence.
    last_real = np.maximum.accumulate(np.where(what != MOVE, np.arange(len(what)), 0))
    is_real = (what != MOVE) | ((what[last_real] == BACK) & (start - start[last_real] > DAY // 2))
    return child[is_real], start[is_real], what[is_real], run[is_real]
