"""A planted year: invented records whose every verdict is known because of how they were made, not by judging them."""

import csv
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from cmfc.feeds.catalog import feeds
from cmfc.ingest.mapping import mapping_of_folder
from cmfc.pipeline.nightly import mark_current, run_night
from cmfc.pipeline.run import Run, run_of
from cmfc.timing.clock import as_of_night

ZONE, LOCAL = "America/Phoenix", timezone(timedelta(hours=-7))
NIGHT = "2026-02-28"
HOUR, DAY = 3600, 86400
COUNTIES = ("Agave", "Borage", "Cholla", "Datura", "Ephedra")
SHORT, OVERNIGHT, LONG = 5 * HOUR, 30 * HOUR, (4 * DAY, 12 * DAY, 60 * DAY, 120 * DAY)
CANARIES = ("Zzyzxovar", "Quenthildry", "RPT-CANARY-77", "NICCANARY", "Midwintrel")
KINDS = {
    # what was done: (hours after the information, known by the day only, statute, auditor's calendar days)
    "soon": (2, False, "on_time", "on_time"),
    "next_noon": (26, False, "late", "on_time"),
    "two_days": (50, False, "late", "late"),
    "next_day": (24, True, "undetermined", "on_time"),
    "never": (None, False, "never", "never"),
}


@dataclass(frozen=True)
class Truth:
    """One episode as it was planted. Days since 1970-01-01 by the local calendar; outcomes by view."""

    child: str
    county: str
    age: int
    custody: str
    reason: str
    began_day: int
    ended_day: int | None
    outcome: str | None
    le: dict[str, str]
    ncmec: dict[str, str]
    because: str | None
    ncic: str
    le_notice: str
    ncmec_notice: str
    rows: int


@dataclass
class Planted:
    """The records of the year by feed, and what is true of them; rows that are no episode by their reason."""

    feeds: dict[str, list[dict[str, Any]]]
    truths: list[Truth]
    excluded: dict[str, int]


def wall(instant: int | None) -> str | None:
    return None if instant is None else datetime.fromtimestamp(instant, LOCAL).strftime("%Y-%m-%dT%H:%M:%S")


def day_of(instant: int) -> int:
    return (instant - 7 * HOUR) // DAY


def plant(children: int = 260, seed: int = 11) -> Planted:
    draw = random.Random(seed)
    year = Planted({name: [] for name in feeds()}, [], {})
    for number in range(children):
        _child(year, draw, f"C{number:04}")
    _no_episodes(year)
    return year


def write(records: Path, planted: Planted, shuffle: int | None = None) -> None:
    records.mkdir(parents=True, exist_ok=True)
    for name, rows in planted.feeds.items():
        rows = list(rows)
        if shuffle is not None:
            random.Random(shuffle).shuffle(rows)
        with (records / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(feeds()[name].columns))
            writer.writeheader()
            writer.writerows(rows)


def night(root: Path, records: Path, date: str = NIGHT, agency: str = "planted") -> Run:
    """Runs the whole night on the records and makes its list the current one."""
    mapping = mapping_of_folder(records, ZONE, "us/tx", agency, True)
    run = run_of(mapping, date, root / "store", root / "lists")
    run_night(run, as_of_night(date, ZONE))
    mark_current(run, root / "lists")
    return run


def _child(year: Planted, draw: random.Random, child: str) -> None:
    is_grown = draw.random() < 0.1
    age = 19 if is_grown else draw.choice((7, 9, 13, 14, 15, 16))
    custody = "voluntary_extended_care" if is_grown else "state_care"
    county = draw.choices(COUNTIES, (40, 30, 20, 9, 1))[0]
    year.feeds["children"].append(
        {"child_id": child, "last_name": CANARIES[0], "first_name": CANARIES[1], "middle_name": CANARIES[4],
         "date_of_birth": f"{2025 - age - (age == 19)}-0{6 if age == 19 else 1}-02", "county": county, "office": "Main"}
    )  # fmt: skip
    year.feeds["custody"].append(
        {"custody_id": f"K{child}", "child_id": child, "authority": custody, "began_at": "2019-01-01T08:00:00"}
    )
    year.feeds["placements"].append(
        {"placement_id": f"P{child}", "child_id": child, "setting": "foster_home", "began_at": "2019-01-01T08:00:00"}
    )
    day = (
        datetime(2024, 6, 1, tzinfo=UTC).toordinal()
        - datetime(1970, 1, 1, tzinfo=UTC).toordinal()
        + draw.randrange(480)
    )
    for nth in range(draw.choice((0, 1, 1, 2, 3, 4))):
        length = draw.choice((SHORT, OVERNIGHT, *LONG, *LONG))
        is_open = draw.random() < 0.08
        began = day * DAY + 7 * HOUR + 9 * HOUR + draw.randrange(60) * 60  # 9:00 to 9:59 on the local clock
        if day_of(began) > day_of(as_of_night(NIGHT, ZONE)) - 5:
            return
        ended = None if is_open or began + length > as_of_night(NIGHT, ZONE) - 5 * DAY else began + length
        if ended is None and began > as_of_night(NIGHT, ZONE) - 5 * DAY:
            return
        # A planted age holds for the year in which the child was that old; an older episode would be another age.
        _episode(year, draw, child, nth, county, age, custody, began, ended)
        if ended is None:
            return
        day = day_of(ended) + 5 + draw.randrange(60)


def _episode(
    year: Planted, draw: random.Random, child: str, nth: int, county: str, age: int, custody: str,
    began: int, ended: int | None,
) -> None:  # fmt: skip
    key, length = f"{child}-{nth}", (ended or as_of_night(NIGHT, ZONE)) - began
    kinds = (
        ["soon", "never"]
        + (["next_noon"] if length > SHORT else [])
        + (["two_days", "next_day"] if length > DAY * 2 else [])
    )
    le_kind, ncmec_kind = draw.choice(kinds), draw.choice(kinds)
    is_unrecorded = length > 2 * DAY and draw.random() < 0.1
    informed = began + 20 * 60
    outcome = (
        None if ended is None else draw.choice(("returned", "located", "returned", "exited_care", "aged_out", None))
    )
    reason = draw.choice(("ran_away", "other", None))
    if is_unrecorded:  # the caregiver reported; when the agency heard is bounded by the typing alone
        le_kind, ncmec_kind, informed = "soon", "never", began + 28 * HOUR
    born = next(c for c in year.feeds["children"] if c["child_id"] == child)["date_of_birth"]
    on_day = datetime.fromtimestamp(began, LOCAL).date()
    age = on_day.year - int(born[:4]) - ((on_day.month, on_day.day) < (int(born[5:7]), int(born[8:])))
    year.feeds["absences"].append(
        {"absence_id": f"A{key}", "child_id": child, "kind": "missing", "absent_since": wall(began),
         "agency_informed_at": None if is_unrecorded else wall(informed), "ended_at": wall(ended),
         "end_reason": outcome, "reason": reason,
         "entered_at": wall(began + 40 * HOUR if is_unrecorded else informed + HOUR)}
    )  # fmt: skip
    has_placement = draw.random() < 0.5
    if has_placement:
        year.feeds["placements"].append(
            {"placement_id": f"Q{key}", "child_id": child, "setting": "runaway", "began_at": wall(began),
             "ended_at": wall(ended), "entered_at": wall(began + 41 * HOUR)}
        )  # fmt: skip
    is_back = ended is not None and outcome in ("returned", "located")
    notice = draw.choice(((3, "met"), (30, "late"), (None, "missing")))
    entry = draw.choice(((1, "met"), (5, "late"), (None, "missing")))
    back = None if not is_back or notice[0] is None or ended is None else ended + notice[0] * HOUR

    def report_at(kind: str) -> str | None:
        hours, is_day = KINDS[kind][:2]
        if hours is None:
            return None
        return (wall(informed + hours * HOUR) or "")[: 10 if is_day else 19]

    if le_kind != "never":
        hours = KINDS[le_kind][0] or 0
        year.feeds["le_reports"].append(
            {"le_report_id": f"L{key}", "child_id": child, "reported_at": report_at(le_kind), "outcome": "accepted",
             "reporter": "caregiver", "agency_name": "PD", "report_number": f"{CANARIES[2]}-{key}",
             "missing_since": wall(began), "ncic_number": entry[0] and f"{CANARIES[3]}{key}",
             "ncic_entered_at": entry[0] and wall(informed + (hours + entry[0]) * HOUR), "told_located_at": wall(back)}
        )  # fmt: skip
    if ncmec_kind != "never":
        year.feeds["ncmec_reports"].append(
            {"ncmec_report_id": f"N{key}", "child_id": child, "reported_at": report_at(ncmec_kind), "channel": "online",
             "ncmec_case_number": f"{CANARIES[2]}-{key}", "missing_since": wall(began), "told_located_at": wall(back)}
        )  # fmt: skip
    is_explained = ended is None or outcome is not None
    views = {"le": _views(le_kind, length, is_explained), "ncmec": _views(ncmec_kind, length, is_explained)}
    if is_unrecorded:
        views["le"] = {"statute": "undetermined", "state": "undetermined", "calendar_days": "on_time"}
    if custody == "voluntary_extended_care":  # no words of the state's cover it
        views["le"]["state"] = "no_duty"
        views["ncmec"] = dict.fromkeys(("statute", "state", "calendar_days"), "no_duty")
    because = {"next_day": "report_time_imprecise"}.get(le_kind)
    if le_kind == "never" and views["le"]["statute"] == "undetermined":
        because = "report_or_rule_in_doubt"
    because = "information_time_only_bounded" if is_unrecorded else because
    ncic = "not_required" if le_kind == "never" else _ncic(le_kind, entry[1])
    year.truths.append(
        Truth(
            child, county, age, custody, reason or "not recorded", day_of(began), ended and day_of(ended),
            None if ended is None else outcome or "not_recorded", views["le"], views["ncmec"],
            because,
            ncic, notice[1] if is_back and le_kind != "never" else "not_required",
            notice[1] if is_back and ncmec_kind != "never" else "not_required", 1 + has_placement,
        )
    )  # fmt: skip


def _views(kind: str, length: int, is_explained: bool) -> dict[str, str]:
    """The state's limits are the federal ones here. Over before the limit, unless nobody wrote how it ended."""
    is_brief = kind == "never" and length == SHORT
    statute = KINDS[kind][2] if not is_brief else "ended_first" if is_explained else "undetermined"
    return {"statute": statute, "state": statute, "calendar_days": KINDS[kind][3]}


def _ncic(le_kind: str, entry: str) -> str:
    """A report known by its day alone starts a clock of a day's width: an entry on that day cannot be judged."""
    if entry == "missing":
        return "missing"
    return "undetermined" if le_kind == "next_day" else entry


def _no_episodes(year: Planted) -> None:
    """Rows that say a child was away and are no evidence, one of a kind and a few of another."""
    for number in range(9):
        child = f"C9{number:03}"
        year.feeds["children"].append(
            {"child_id": child, "last_name": CANARIES[0], "first_name": CANARIES[1], "date_of_birth": "2011-01-02",
             "county": "Agave"}
        )  # fmt: skip
        year.feeds["custody"].append(
            {"custody_id": f"K{child}", "child_id": child, "authority": "state_care", "began_at": "2019-01-01T08:00:00"}
        )
        absence: dict[str, Any] = {
            "absence_id": f"A{child}", "child_id": child, "absent_since": "2025-05-05T09:00:00",
            "ended_at": "2025-05-07T09:00:00", "kind": "missing", "end_reason": "returned",
        }  # fmt: skip
        kind = ("planned", "away_known", "recorded_in_error", "whereabouts_known", "unapproved_known", "voided")[
            number % 6
        ]
        if kind in ("planned", "away_known"):
            absence["kind"] = kind
        elif kind == "recorded_in_error":
            absence["end_reason"] = "error"
        elif kind == "voided":
            absence["voided"] = "true"
        elif kind == "whereabouts_known":
            year.feeds["sightings"].append(
                {"sighting_id": f"S{child}", "child_id": child, "known_from": "2025-05-05T08:00:00",
                 "known_to": "2025-05-08T08:00:00", "basis": "school", "verified": "true"}
            )  # fmt: skip
        if kind == "unapproved_known":
            year.feeds["placements"].append(
                {"placement_id": f"U{child}", "child_id": child, "setting": kind, "began_at": "2025-05-05T09:00:00"}
            )
        else:
            year.feeds["absences"].append(absence)
        year.excluded[kind] = year.excluded.get(kind, 0) + 1
