"""Invented children with invented absences and reports: seeded, no wall clock, no real person."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

FIRST = [
    "Ana",
    "Ben",
    "Cora",
    "Dev",
    "Ema",
    "Finn",
    "Gia",
    "Hugo",
    "Iris",
    "Jax",
    "Kian",
    "Lía",
    "Mara",
    "Noé",
    "Olek",
    "Pia",
    "Quin",
    "Rosa",
    "Sol",
    "Tariq",
    "Uma",
    "Vic",
    "Wen",
    "Yara",
]
LAST = [
    "Abara",
    "Brandt",
    "Castillo-Ruiz",
    "Duarte",
    "Eze",
    "Fontaine",
    "Grünwald",
    "Haddad",
    "Ibáñez",
    "Jonsson",
    "Kovač",
    "Lindqvist",
    "Mbeki",
    "Nguyen",
]
COUNTIES = ("Boone", "Greene", "Jackson", "Phelps", "St. Louis City")

Row = dict[str, Any]


@dataclass
class Population:
    """Canonical rows by feed; times are naive local datetimes, or dates where only the day is known."""

    children: list[Row] = field(default_factory=list)
    custody: list[Row] = field(default_factory=list)
    placements: list[Row] = field(default_factory=list)
    absences: list[Row] = field(default_factory=list)
    sightings: list[Row] = field(default_factory=list)
    le_reports: list[Row] = field(default_factory=list)
    ncmec_reports: list[Row] = field(default_factory=list)


def generate(children: int, seed: int, as_of: int, zone: str) -> Population:
    """Draws a population.

    About one child in twelve goes missing, 2.5 times each; most are back in a day or two, a few stay away for months.
    Of reports to NCMEC 45 in 100 are never made and 22 late, to law enforcement 6 and 8 (HHS-OIG's samples, as shapes
    only). A part of the times is known by the day only.

    Args:
        children: how many.
        seed: same seed, same population.
        as_of: epoch seconds UTC; nothing is drawn after it.
        zone: IANA zone of the local times.
    """
    random = np.random.Generator(np.random.PCG64(seed))
    now = datetime.fromtimestamp(as_of, ZoneInfo(zone)).replace(tzinfo=None)
    drawn = Population()
    for number in range(children):
        child = f"C{number:06d}"
        began = now - timedelta(days=int(random.integers(200, 1500)), hours=int(random.integers(8, 18)))
        _draw_child(drawn, random, child, began, now)
        if random.random() < 1 / 12:
            _draw_episodes(drawn, random, child, began, now)
    return drawn


def _draw_child(drawn: Population, random: np.random.Generator, child: str, began: datetime, now: datetime) -> None:
    born = now.date() - timedelta(days=int(random.integers(3 * 365, 18 * 365)))
    county = COUNTIES[int(random.integers(len(COUNTIES)))]
    drawn.children.append(
        {
            "child_id": child,
            "last_name": str(random.choice(LAST)),
            "first_name": str(random.choice(FIRST)),
            "date_of_birth": born,
            "sex": "FM"[int(random.integers(2))],
            "county": county,
            "office": f"{county} office",
            "caseworker_id": f"W{int(random.integers(40)):02d}",
        }
    )
    drawn.custody.append({"custody_id": f"K{child}", "child_id": child, "authority": "state_care", "began_at": began})
    drawn.placements.append(
        {
            "placement_id": f"P{child}",
            "child_id": child,
            "setting": "foster_home",
            "began_at": began,
            "entered_at": began,
        }
    )


def _draw_episodes(drawn: Population, random: np.random.Generator, child: str, began: datetime, now: datetime) -> None:
    at = began + timedelta(days=float(random.uniform(5, (now - began).days)))
    for number in range(1 + int(random.poisson(1.5))):
        at = at.replace(microsecond=0)
        days = float(random.lognormal(0.4, 1.6))
        ended = at + timedelta(seconds=int(days * 86400))
        if at >= now - timedelta(hours=3):
            return
        key = f"{child}-{number}"
        _draw_absence(drawn, random, child, key, at, ended if ended < now else None)
        at = ended + timedelta(days=float(random.exponential(40)))


def _draw_absence(
    drawn: Population, random: np.random.Generator, child: str, key: str, at: datetime, ended: datetime | None
) -> None:
    informed = at + timedelta(minutes=int(random.integers(10, 240)))
    is_day_only = random.random() < 0.15
    absence: Row = {
        "absence_id": f"A{key}",
        "child_id": child,
        "kind": "missing",
        "absent_since": at.date() if is_day_only else at,
        "agency_informed_at": informed if random.random() < 0.9 else None,
        "ended_at": ended,
        "end_reason": "returned" if ended else None,
        "reason": "ran_away" if random.random() < 0.9 else "unknown",
        "entered_at": informed + timedelta(hours=float(random.exponential(10))),
    }
    drawn.absences.append(absence)
    drawn.placements.append(
        {
            "placement_id": f"P{key}",
            "child_id": child,
            "setting": "runaway",
            "began_at": at,
            "ended_at": ended,
            "entered_at": absence["entered_at"],
        }
    )
    last = ended or absence["entered_at"]
    if (made := _report_time(random, informed, 0.06, 0.08)) and made < last + timedelta(days=2):
        drawn.le_reports.append(_le_report(random, child, key, made, ended))
    if (made := _report_time(random, informed, 0.45, 0.22)) and made < last + timedelta(days=2):
        drawn.ncmec_reports.append(_ncmec_report(random, child, key, made, ended))


def _report_time(random: np.random.Generator, informed: datetime, never: float, late: float) -> datetime | None:
    lot = random.random()
    if lot < never:
        return None
    hours = random.uniform(25, 200) if lot < never + late else random.uniform(0.2, 1.9)
    return informed + timedelta(seconds=int(hours * 3600))


def _le_report(random: np.random.Generator, child: str, key: str, made: datetime, ended: datetime | None) -> Row:
    return {
        "le_report_id": f"L{key}",
        "child_id": child if random.random() < 0.97 else None,
        "reported_at": made if random.random() < 0.9 else made.date(),
        "outcome": "accepted" if random.random() < 0.97 else "told_to_wait",
        "reporter": "agency",
        "agency_name": "Boone County Sheriff",
        "report_number": f"26-{int(random.integers(10**6)):06d}" if random.random() < 0.95 else None,
        "ncic_number": f"M{int(random.integers(10**9)):09d}",
        "ncic_entered_at": made + timedelta(minutes=int(random.integers(5, 150))),
        "ncic_removed_at": ended + timedelta(hours=5) if ended else None,
        "told_located_at": ended + timedelta(hours=3) if ended and random.random() < 0.9 else None,
    }


def _ncmec_report(random: np.random.Generator, child: str, key: str, made: datetime, ended: datetime | None) -> Row:
    return {
        "ncmec_report_id": f"N{key}",
        "child_id": child if random.random() < 0.97 else None,
        "reported_at": made if random.random() < 0.9 else made.date(),
        "channel": "online",
        "source": "agency" if random.random() < 0.95 else "law_enforcement",
        "ncmec_case_number": f"{int(random.integers(10**7)):07d}",
        "has_photo": bool(random.random() < 0.9),
        "told_located_at": ended + timedelta(hours=4) if ended and random.random() < 0.8 else None,
    }
