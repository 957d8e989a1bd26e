"""Small, nasty worlds: children whose times sit on, just before and just after every limit."""

import random
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.oracle.times import DAY, HOUR, Moment, local_date, local_midnight
from tests.oracle.world import KEYS, Night, Row

Feeds = dict[str, list[Row]]

ZONES = ("America/Chicago", "America/New_York", "America/Denver", "America/Anchorage")
JURISDICTIONS = ("us/federal", "us/mo", "us/tx")
AS_OF_DATES = (
    "2026-10-01", "2026-11-01", "2026-11-02", "2026-11-03", "2026-03-08", "2026-03-09", "2026-03-10", "2026-07-06",
    "2023-08-28", "2023-08-29", "2023-08-30", "2020-09-11", "2020-09-12", "2017-09-02", "2016-09-29", "2016-09-30",
    "2016-10-02", "2024-03-01", "2026-11-28", "2027-01-04",
)  # fmt: skip
LIMITS = (0, 2, 6, 12, 24, 26, 30, 36, 48, 72, 96, 24 * 30, 24 * 90)
AUTHORITIES = ("state_care", "court_guardianship", "voluntary_extended_care", "in_home", "tribal", "other_state")
CUSTODY_ENDS = ("reunified", "adopted", "runaway_or_unknown", "emancipated", None)
SETTINGS = ("runaway", "whereabouts_unknown", "foster_home", "hospital", "unapproved_known")
END_REASONS = ("returned", "located", "whereabouts_established", "exited_care", "aged_out", "died", "error", None)
REASONS = ("ran_away", "abducted_by_stranger", "wandered_or_lost", "unknown", None)
OUTCOMES = ("accepted", "refused", "told_to_wait", "attempted", None)
SOURCES = ("agency", "law_enforcement", "parent", "other", None)
OK_MOSTLY = ("ok", "absent", "broken")


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
    feeds: Feeds = {feed: [] for feed in ("children", *KEYS)}
    for position in range(rng.choice((1, 1, 1, 2, 3, 6))):
        _Child(rng, night, f"{name}c{position}").write(feeds)
    return feeds


class _Child:
    """Draws the rows of one child around a few anchor instants, so that rows touch, meet and just miss."""

    def __init__(self, rng: random.Random, night: Night, child_id: str) -> None:
        self.rng, self.night, self.child_id = rng, night, child_id
        first = night.as_of - rng.choice((6, 24, 26, 48, 72, 96, 240, 24 * 30, 24 * 92, 24 * 130)) * HOUR
        self.anchors = [first, *(self._near(first) for _ in range(2)), night.as_of - rng.choice(LIMITS) * HOUR]
        self.edges: list[tuple[int, tuple[int, ...]]] = []
        """Begins and ends of what may be an episode, with the distances in hours at which 4.2 changes its mind."""
        self.most = rng.choice((1, 2, 9))
        self.taken = 0

    def write(self, feeds: Feeds) -> None:
        rng = self.rng
        if rng.random() < 0.93:
            feeds["children"].append(self._on_file())
        for feed, most, draw in (
            ("custody", 3, self._custody),
            ("placements", 4, self._placement),
            ("absences", 5, self._absence),
            ("le_reports", 4, self._le_report),
            ("ncmec_reports", 4, self._ncmec_report),
            ("sightings", 3, self._sighting),
            ("contacts", 2, self._contact),
            ("returns", 2, self._return),
        ):
            for _ in range(max(0, rng.randint(-1, min(most, self.most)))):
                row: Row = {KEYS[feed]: self._id(), "child_id": self.child_id} | draw()
                feeds[feed].append(row)

    def _id(self) -> str:
        self.taken += 1
        return f"{self.child_id}r{self.rng.randint(0, 9)}{self.taken}"

    def _near(self, instant: int) -> int:
        return (
            instant + self.rng.choice((-1, 1, 1, 1)) * self.rng.choice(LIMITS) * HOUR + self.rng.choice((0, 0, 1, -1))
        )

    def _instant(self) -> int:
        if self.edges and self.rng.random() < 0.25:
            edge, hours = self.rng.choice(self.edges)
            return edge + self.rng.choice(hours) * HOUR + self.rng.choice((0, 0, 1, -1))
        anchor = self.rng.choice(self.anchors)
        if self.rng.random() < 0.05:
            return self.night.as_of + self.rng.choice((-1, 0, 1, 3600, DAY))
        return anchor if self.rng.random() < 0.35 else self._near(anchor)

    def _moment(self, instant: int) -> Moment:
        """Exact, date only, or the hour that the clock passes twice in autumn."""
        zone = ZoneInfo(self.night.zone)
        if self.rng.random() < 0.3:
            day = local_date(instant, self.night.zone)
            return (
                local_midnight(day, self.night.zone),
                local_midnight(day + timedelta(days=1), self.night.zone) - 1,
            )
        clock = datetime.fromtimestamp(instant, zone).replace(fold=0)
        twice = (int(clock.timestamp()), int(clock.replace(fold=1).timestamp()))
        is_real = instant in twice and twice[0] < twice[1]
        return twice if is_real and self.rng.random() < 0.7 else (instant, instant)

    def _put(self, name: str, moment: Moment | None) -> Row:
        return {f"{name}_earliest": moment[0] if moment else None, f"{name}_latest": moment[1] if moment else None}

    def _maybe(self, name: str, chance: float) -> Row:
        return self._put(name, self._moment(self._instant()) if self.rng.random() < chance else None)

    def _stretch(self, begins: str, ends: str, open_chance: float) -> Row:
        """A begin, and an end that is not surely before it."""
        rng = self.rng
        start = self._instant()
        began = self._moment(start)
        if rng.random() < open_chance:
            self.edges.append((began[0], (-24, -48, 48)))
            return self._put(begins, began) | self._put(ends, None)
        stop = start + rng.choice(LIMITS) * HOUR + rng.choice((0, 0, 1, -1)) if rng.random() < 0.6 else self._instant()
        ended = self._moment(stop)
        self.edges += [(began[0], (-24, -48, 48)), (ended[1], (24 * 30, 24, 72))]
        return self._put(begins, began) | self._put(ends, ended if ended[1] >= began[0] else None)

    def _on_file(self) -> Row:
        rng, first = self.rng, local_date(self.anchors[0], self.night.zone)
        year = first.year - rng.choice((1, 12, 16, 17, 18, 18, 19, 20, 21, 22))
        day = first + timedelta(days=rng.choice((-200, -1, 0, 1, 2, 3, 200)))
        born = rng.choice((None, date(2008, 2, 29), *[date(year, day.month, min(day.day, 28))] * 8))
        return {
            "child_id": self.child_id,
            "last_name": f"Last{self.child_id}",
            "first_name": f"First{self.child_id}",
            "date_of_birth": born,
            "sex": rng.choice(("F", "M", "X", "U", None)),
            "county": rng.choice(("Bell", "Clay", None)),
            "office": rng.choice(("North", None)),
            "caseworker_id": rng.choice(("W1", None)),
        }

    def _custody(self) -> Row:
        rng = self.rng
        row = {"authority": rng.choice((*AUTHORITIES, "state_care")), "end_reason": rng.choice(CUSTODY_ENDS)}
        if rng.random() < 0.4:
            begun = self.night.as_of - 400 * DAY
            return row | self._put("began_at", (begun, begun)) | self._maybe("ended_at", 0.3)
        return row | self._stretch("began_at", "ended_at", 0.4)

    def _placement(self) -> Row:
        setting = self.rng.choices(SETTINGS, (4, 1, 3, 1, 2))[0]
        return {"setting": setting} | self._stretch("began_at", "ended_at", 0.35) | self._maybe("entered_at", 0.3)

    def _absence(self) -> Row:
        rng = self.rng
        kind = rng.choices(("missing", "away_known", "planned"), (8, 1, 1))[0]
        row = self._stretch("absent_since", "ended_at", 0.3)
        reasons = rng.choices(END_REASONS, (5, 2, 2, 1, 1, 1, 1, 2))
        row |= {"kind": kind, "reason": rng.choice(REASONS), "end_reason": reasons[0]}
        if row["ended_at_earliest"] is None and rng.random() < 0.8:
            row["end_reason"] = None
        informed = None
        if rng.random() < 0.75:
            offset = rng.choice((0, 0, 1, 2, 6, 24, 48, -1, -24, -26)) * HOUR + rng.choice((0, 0, 1, -1))
            informed = self._moment(row["absent_since_earliest"] + offset)
        row |= self._put("agency_informed_at", informed)
        return row | self._maybe("entered_at", 0.4) | self._maybe("expected_end_at", 0.3)

    def _report(self) -> Row:
        rng = self.rng
        row = self._maybe("reported_at", 1) | self._maybe("missing_since", 0.35) | self._maybe("told_located_at", 0.3)
        row |= dict.fromkeys(("first_name", "last_name", "date_of_birth", "sex"))
        stray = rng.random()
        if stray < 0.06:
            return row | {"child_id": None if stray < 0.03 else f"{self.child_id}x"}
        row["first_name"] = rng.choice((None, f" first{self.child_id.upper()} ", "Other"))
        row["last_name"] = rng.choice((None, f"Last{self.child_id}", "Another", " "))
        row["date_of_birth"] = rng.choice((None, None, None, date(2010, 5, 5)))
        row["sex"] = rng.choice((None, None, None, "F"))
        return row

    def _le_report(self) -> Row:
        rng = self.rng
        row = self._report() | self._maybe("ncic_entered_at", 0.4) | self._maybe("ncic_removed_at", 0.3)
        return row | {
            "outcome": rng.choices(OUTCOMES, (6, 1, 1, 1, 0.3))[0],
            "reporter": rng.choice(("agency", "caregiver", "other", None)),
            "agency_name": rng.choice(("PD", "Sheriff", None)),
            "report_number": rng.choice((f"N{self.child_id}", "N2", None)),
            "ncic_number": rng.choice(("M1", None)),
            "ncic_removal_reason": rng.choice(("located", "age", None)),
        }

    def _ncmec_report(self) -> Row:
        rng = self.rng
        row: dict[str, Any] = self._report() | self._maybe("closed_at", 0.2)
        flags = ("has_photo", "has_description", "has_circumstances", "has_endangerments", "has_guardian_contact")
        row |= {flag: rng.choices((True, False, None), (6, 1, 2))[0] for flag in flags}
        return row | {
            "channel": rng.choice(("phone", "online", None)),
            "source": rng.choices(SOURCES, (6, 2, 1, 1, 1))[0],
            "ncmec_case_number": rng.choice((f"Q{self.child_id}", "Q2", None)),
        }

    def _sighting(self) -> Row:
        row = self._stretch("known_from", "known_to", 0.4)
        return row | {"basis": "school", "verified": self.rng.choices((True, False, None), (8, 1, 1))[0]}

    def _contact(self) -> Row:
        return {"party": self.rng.choice(("law_enforcement", "ncmec"))} | self._maybe("contacted_at", 1)

    def _return(self) -> Row:
        row = self._maybe("returned_at", 1)
        return row | self._maybe("interviewed_at", 0.7) | self._maybe("screened_for_trafficking_at", 0.7)
