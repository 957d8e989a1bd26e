"""One duty held against one rule (spec 2.1, 3)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from tests.oracle.law import in_force, strength
from tests.oracle.law_files import Value
from tests.oracle.spans import Episode
from tests.oracle.times import HOUR, Moment, business_day_after, local_date, local_midnight
from tests.oracle.world import Night

Clock = Callable[[Value | None], Moment | None]

NEVER_BROKEN_FOR_SURE = ("determined_missing", "agency_informed_of_return")
"""Clocks that start at or after the moment they are judged from."""


@dataclass(frozen=True)
class Judged:
    """One duty held against one rule. Seconds; `over` is the time over the limit, least and most.

    Where the clock's moment straddles a change, the specification fixes the verdict but no deadline.
    """

    rule: str
    verdict: str
    clock: Moment | None
    strength: int
    is_verified: bool
    deadline: Moment | None = None
    observed: Moment | None = None
    over: tuple[int, int] | None = None
    straddles: bool = False


def judge_rule(rule: str, custody: str, clock_of: Clock, done: Moment | None, episode: Episode, night: Night) -> Judged:
    """Every value in force within the clock's moment is asked; different answers are `undetermined`."""
    pairs = in_force(rule, custody, episode.facts["age"], clock_of, night.zone)
    verdicts, deadlines = set(), []
    for value, clock in pairs:
        deadline = deadline_of(value, clock, night) if value and clock else None
        verdicts.add(_verdict(value, clock, deadline, done, episode, night))
        deadlines += [deadline] if deadline else []
    values = [value for value, _ in pairs if value]
    verdict = verdicts.pop() if len(verdicts) == 1 else "undetermined"
    best = min(values, key=strength, default=None)
    clock = pairs[0][1] if pairs else clock_of(None)
    weight, is_verified = (strength(best), best.is_verified) if best else (4, False)
    if not deadlines:
        return Judged(rule, verdict, clock, weight, is_verified, observed=done, straddles=len(pairs) > 1)
    deadline = (min(d[0] for d in deadlines), max(d[1] for d in deadlines))
    until = done or episode.ended or (night.as_of, night.as_of)  # nothing runs on after the child is back
    over = (max(0, until[0] - deadline[1]), max(0, until[1] - deadline[0]))
    return Judged(rule, verdict, clock, weight, is_verified, deadline, done, over, len(pairs) > 1)


def deadline_of(value: Value, clock: Moment, night: Night) -> Moment | None:
    """When the limit runs out, by both ends of the clock; None where the law has no number."""
    if value.business_days is not None:
        ends = [_end_of_business_day(instant, value.business_days, night.zone) for instant in clock]
        return (ends[0], ends[1])
    if value.hours is None:
        return None
    limit = round(value.hours * HOUR)
    return (clock[0] + limit, clock[1] + limit)


def _end_of_business_day(instant: int, days: int, zone: str) -> int:
    """The last second of the nth business day after the instant's local date."""
    last = business_day_after(local_date(instant, zone), days)
    return local_midnight(last + timedelta(days=1), zone) - 1


def _verdict(
    value: Value | None,
    clock: Moment | None,
    deadline: Moment | None,
    done: Moment | None,
    episode: Episode,
    night: Night,
) -> str:
    if value is None:
        return "no_rule"
    if clock is None:
        return "undetermined"
    if deadline is None:
        return "no_number"
    verdict = judge_done(deadline, done) if done else judge_not_done(deadline, episode, night)
    if value.starts_when in NEVER_BROKEN_FOR_SURE and verdict in ("late", "missing"):
        return "undetermined"
    if value.starts_when == "first_suspected" and verdict in ("met", "pending", "ended_first"):
        return "undetermined"
    return verdict


def judge_done(deadline: Moment, done: Moment) -> str:
    """`met`, `late` or `undetermined`."""
    if done[1] <= deadline[0]:
        return "met"
    return "late" if done[0] > deadline[1] else "undetermined"


def judge_not_done(deadline: Moment, episode: Episode, night: Night) -> str:
    """`ended_first`, `missing`, `pending` or `undetermined`."""
    ended, facts = episode.ended, episode.facts
    is_proven = facts["is_back"] or facts["is_out_of_care"]
    if ended and is_proven and ended[1] <= deadline[0]:
        return "ended_first"
    if ended and not is_proven and ended[0] > deadline[1]:
        return "missing"
    if night.as_of > deadline[1]:
        return "undetermined" if ended and not is_proven else "missing"
    return "pending" if night.as_of <= deadline[0] else "undetermined"
