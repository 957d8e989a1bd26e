"""Draws when each episode was reported to law enforcement and to NCMEC: the known truth of a population."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cmfc.timing.zones import Ints
from cmfc_demo.synthetic.clock import DAY, HOUR, MINUTE, NEVER, Flags, LocalClock
from cmfc_demo.synthetic.columns import Numbers, text_of_numbers
from cmfc_demo.synthetic.episodes import Episodes
from cmfc_demo.synthetic.people import People

LE_SHARES = (0.86, 0.08, 0.06)
NCMEC_SHARES = (0.33, 0.22, 0.45)
"""In time, late, never: HHS-OIG's two samples of 100, as shapes only (A-07-21-06102 and its sister report)."""
DRAWN = ("in_time", "late", "never")


@dataclass(frozen=True)
class Made:
    """Reports to one recipient, one entry per episode; `at` is NEVER where none was made by as_of.

    Attributes:
        kind: place in DRAWN.
        is_day: the log knows only the day.
    """

    at: Ints
    kind: Ints
    is_day: Flags


@dataclass(frozen=True)
class Reporting:
    """What was reported about each episode, and what the absence feed and the placements say about it."""

    to_le: Made
    to_ncmec: Made
    has_absence: Flags
    has_placement: Flags


def draw_reporting(
    random: np.random.Generator, runs: Episodes, as_of: int, clock: LocalClock, is_clean: bool
) -> Reporting:
    """Draw both recipients apart; in a clean population both are told within 80 minutes, law enforcement first."""
    count = len(runs.child)
    lots = random.random(count)
    lacks_absence, lacks_placement = (0.0, 0.0) if is_clean else (0.03, 0.06)
    to_le = _draw_reports(random, runs.informed, as_of, clock, LE_SHARES, is_clean)
    after_le = np.where(to_le.kind == 0, to_le.at, runs.informed)
    to_ncmec = _draw_reports(random, after_le, as_of, clock, NCMEC_SHARES, is_clean)
    return Reporting(
        to_le=to_le,
        to_ncmec=to_ncmec,
        has_absence=lots >= lacks_absence,
        has_placement=lots < 1 - lacks_placement,
    )


def _draw_reports(
    random: np.random.Generator, start: Ints, as_of: int, clock: LocalClock, shares: tuple[float, ...], is_clean: bool
) -> Made:
    count = len(start)
    kind = random.choice(3, size=count, p=(1.0, 0.0, 0.0) if is_clean else shares)
    soon = random.integers(5 * MINUTE, 40 * MINUTE, count)
    if not is_clean:
        # Most of those in time are made at once, some only within the federal day.
        soon = np.where(random.random(count) < 0.25, random.integers(2 * HOUR, 22 * HOUR, count), soon)
    late = random.lognormal(np.log(3.0), 1.0, count).clip(1.1, 120) * DAY
    at = clock.make_plain(start + np.where(kind == 1, late.astype(np.int64), soon))
    at = np.where((kind == 2) | (at > as_of), NEVER, at)
    is_day = (random.random(count) < (0.0 if is_clean else 0.1)) & (at < NEVER)
    return Made(at, kind, is_day)


def truth_table(people: People, runs: Episodes, reporting: Reporting) -> Any:
    """One row per episode: what was drawn, in epoch seconds UTC, null where it never was."""

    def instants(values: Ints) -> Any:
        return pa.array(values, mask=values >= NEVER)

    def columns_of(prefix: str, one: Made) -> dict[str, Any]:
        return {
            f"{prefix}_drawn": _words(one.kind),
            f"{prefix}_reported_at": instants(one.at),
            f"{prefix}_is_day_only": pa.array(one.is_day),
        }

    columns = {
        "child_id": text_of_numbers(Numbers("C", people.number[runs.child], 7)),
        "absence_id": text_of_numbers(Numbers("A", runs.key, 9)),
        "began_at": instants(runs.began),
        "informed_at": instants(runs.informed),
        "ended_at": instants(runs.ended),
        "has_absence": pa.array(reporting.has_absence),
        "has_placement": pa.array(reporting.has_placement),
        **columns_of("le", reporting.to_le),
        **columns_of("ncmec", reporting.to_ncmec),
    }
    return pa.table(columns)


def _words(place: Ints) -> Any:
    return pa.DictionaryArray.from_arrays(pa.array(place.astype(np.int32)), pa.array(DRAWN)).cast(pa.string())


def lots_of(random: np.random.Generator, count: int, is_clean: bool, rate: float) -> npt.NDArray[np.bool_]:
    """Which of `count` records have a defect that `rate` of them have; none in a clean population."""
    return random.random(count) < (0.0 if is_clean else rate)
