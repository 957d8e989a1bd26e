"""The timeline of an episode: what is drawn on which lane, and where.

Every mark has a sentence, so that the picture can be read as a table too. A moment that is known only within bounds is
as wide as they are; what has not ended is drawn up to the night.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

from cmfc.law.library import Law, band_of

WIDTH, LEFT, LANE, TOP, DATE = 1000, 190, 26, 30, 75
MARGIN_SECONDS = 2 * 86_400
LONG = 5
"""An episode so many times as long as what matters of its first days gets a second picture, of those."""
_LEAST = 4
RECIPIENTS = {"report_to_le": "LE", "report_to_ncmec": "NCMEC"}
"""Before the name of a limit, on a lane of its own, so that each limit is named."""


@dataclass(frozen=True)
class Mark:
    """One thing on a lane. `begin`, `end`: epoch seconds UTC, None: open; `kind` is its look; `says` a sentence."""

    lane: str
    kind: str
    begin: int | None
    end: int | None
    says: str


@dataclass(frozen=True)
class Placed:
    """A mark with its place on the picture, in its units. An end of a limit is higher, so that a report hides none."""

    mark: Mark
    x: float
    width: float
    y: float
    height: float


@dataclass(frozen=True)
class Picture:
    """A picture: size, lanes (label and height), vertical lines (place and date), marks, spans of episodes, now."""

    title: str
    width: int
    height: int
    lanes: tuple[tuple[str, int], ...]
    ticks: tuple[tuple[float, str], ...]
    placed: tuple[Placed, ...]
    spans: tuple[tuple[float, float], ...]
    now: float | None


def marks(
    episode: Mapping[str, Any], records: Mapping[str, Sequence[Mapping[str, Any]]], law: Law,
    clock: Callable[[int | None], str],
) -> list[Mark]:  # fmt: skip
    """Everything of an episode that a timeline shows.

    Args:
        episode: its row of episodes.parquet.
        records: accepted rows about the child, by feed.
        law: whose deadlines are drawn.
        clock: an instant in words.
    """
    items = [_between("Placements", "row", row, "began_at", "ended_at",
                      f"{row['setting']} {row['placement_id']}", clock)
             for row in records["placements"]]  # fmt: skip
    items += [_between("Absences", "away", row, "absent_since", "ended_at",
                       f"{row['kind']} {row['absence_id']}", clock)
              for row in records["absences"]]  # fmt: skip
    items += [_between("Sightings", "seen", row, "known_from", "known_to", f"seen: {row['basis']}", clock)
              for row in records["sightings"]]  # fmt: skip
    items += of_episode(episode, law, clock)
    for feed, lane in (("le_reports", "Law enforcement"), ("ncmec_reports", "NCMEC")):
        key = feed.removesuffix("s") + "_id"
        for row in records[feed]:
            items += _moment(lane, "moment", row, "reported_at", f"report {row[key]}", clock)
            items += _moment(lane, "seen", row, "told_located_at", f"told located, {row[key]}", clock)
            if feed == "le_reports":
                items += _moment("NCIC", "moment", row, "ncic_entered_at", f"entered, {row[key]}", clock)
                items += _moment("NCIC", "seen", row, "ncic_removed_at", f"removed, {row[key]}", clock)
    items += [one for row in records["contacts"] for one in
              _moment("Contacts", "row", row, "contacted_at", f"contact with {row['party']}", clock)]  # fmt: skip
    for row in records["returns"]:
        items += _moment("Return", "seen", row, "returned_at", f"returned, {row['return_id']}", clock)
    return items


def of_episode(episode: Mapping[str, Any], law: Law, clock: Callable[[int | None], str]) -> list[Mark]:
    """When the agency was informed, and the ends of the limits that ran from then."""
    informed = f"agency informed ({episode['informed_basis']})"
    return [*_moment("Informed", "moment", episode, "informed", informed, clock), *_deadlines(episode, law, clock)]


def draw_all(episodes: Sequence[Mapping[str, Any]], items: Sequence[Mark], as_of: int, zone: ZoneInfo) -> Picture:
    """One picture over all missing episodes of a child, from the first that is known of them to the night."""
    near = [at for mark in items for at in (mark.begin, mark.end) if at is not None and mark.kind != "row"]
    began = [episode["began_earliest"] for episode in episodes]
    low, high = min([*began, *near, as_of]) - MARGIN_SECONDS, as_of + MARGIN_SECONDS
    return _picture("All missing episodes", episodes, items, as_of, zone, low, high)


def draw(episode: Mapping[str, Any], items: Sequence[Mark], as_of: int, zone: ZoneInfo) -> list[Picture]:
    """The marks that lie around the episode; and, where it is long, its first days by themselves."""
    began, ended = episode["began_earliest"], _or(episode["ended_latest"], as_of)
    near = [at for mark in items for at in (mark.begin, mark.end) if at is not None and _is_near(mark, began, ended)]
    low, high = min([began, *near]) - MARGIN_SECONDS, max([ended, *near]) + MARGIN_SECONDS
    low, high = max(low, began - 30 * 86_400), min(high, ended + 60 * 86_400)
    pictures = [_picture("The missing episode", [episode], items, as_of, zone, low, high)]
    due = [mark.end for mark in items if mark.kind == "due" and mark.end is not None]
    first, last = began - MARGIN_SECONDS // 2, max([began, *due]) + MARGIN_SECONDS // 2
    if high - low > LONG * (last - first):
        pictures.append(_picture("Its first days", [episode], items, as_of, zone, first, last))
    return pictures


def _picture(
    title: str,
    episodes: Sequence[Mapping[str, Any]],
    items: Sequence[Mark],
    as_of: int,
    zone: ZoneInfo,
    low: int,
    high: int,
) -> Picture:
    scale = (WIDTH - LEFT - 10) / max(1, high - low)

    def x(at: int | None, otherwise: int) -> float:
        return float(round(LEFT + (min(max(_or(at, otherwise), low), high) - low) * scale, 1))

    visible = [m for m in items if _or(m.begin, low) <= high and _or(m.end, as_of) >= low]
    lanes = {lane: TOP + LANE * place for place, lane in enumerate(dict.fromkeys(m.lane for m in visible))}
    placed = []
    for mark in visible:
        left, right = x(mark.begin, low), x(mark.end, as_of)
        inset = 2 if mark.kind == "due" else 6
        width = max(_LEAST, round(right - left, 1))
        placed.append(Placed(mark, left, width, lanes[mark.lane] + inset, LANE - 2 * inset))
    spans = []
    for episode in episodes:
        began, ended = x(episode["began_earliest"], low), x(episode["ended_latest"], as_of)
        if _or(episode["ended_latest"], as_of) >= low and episode["began_earliest"] <= high:
            spans.append((began, max(_LEAST, round(ended - began, 1))))
    now = x(as_of, as_of) if low <= as_of <= high else None
    height = TOP + LANE * len(lanes) + 10
    ticks = tuple(_ticks(low, high, scale, zone))
    return Picture(title, WIDTH, height, tuple(lanes.items()), ticks, tuple(placed), tuple(spans), now)


def _between(
    lane: str, kind: str, row: Mapping[str, Any], begin: str, end: str, what: str, clock: Callable[[int | None], str]
) -> Mark:  # fmt: skip
    first, last = row[f"{begin}_earliest"], row[f"{end}_latest"]
    return Mark(lane, kind, first, last, f"{what}, from {clock(first) or 'an unknown time'} to {clock(last) or 'now'}")


def _moment(
    lane: str, kind: str, row: Mapping[str, Any], name: str, what: str, clock: Callable[[int | None], str]
) -> Iterator[Mark]:  # fmt: skip
    first, last = row[f"{name}_earliest"], row[f"{name}_latest"]
    if first is not None:
        when = clock(first) if first == last else f"between {clock(first)} and {clock(last)}"
        yield Mark(lane, kind, first, last, f"{what}: {when}")


def _deadlines(episode: Mapping[str, Any], law: Law, clock: Callable[[int | None], str]) -> Iterator[Mark]:
    """The ends of the limits for both reports, where a report is owed and the agency was informed."""
    first, last = episode["informed_earliest"], episode["informed_latest"]
    if first is None:
        return
    pair = (episode["custody"], band_of(episode["age"]))
    owed = {
        duty.rule_id for duty in law.duties
        if (duty.custody, duty.age_band) == pair and duty.obligation not in ("not_required", "no_duty")
    }  # fmt: skip
    for value in law.values:
        if value.rule_id not in owed or pair not in value.scopes:
            continue
        if value.limit_seconds is None or value.duty not in RECIPIENTS:
            continue
        if value.starts_when != "agency_informed" or not value.from_at <= first < value.until_at:
            continue
        due = {"due_earliest": first + value.limit_seconds, "due_latest": last + value.limit_seconds}
        what = f"{value.level} limit of {value.limit_seconds / 3600:g} hours ({value.rule_id})"
        yield from _moment(f"{RECIPIENTS[value.duty]}: {value.plain_name}", "due", due, "due", what, clock)


def _ticks(low: int, high: int, scale: float, zone: ZoneInfo) -> Iterator[tuple[float, str]]:
    """At most seven local midnights, so that their dates do not touch, and none whose date would be cut off."""
    days = max(1, ceil((high - low) / 86_400 / 7))
    at = datetime.fromtimestamp(low, zone).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    while (place := round(LEFT + (at.timestamp() - low) * scale, 1)) < WIDTH - DATE:
        yield place, at.date().isoformat()
        at += timedelta(days=days)


def _is_near(mark: Mark, began: int, ended: int) -> bool:
    return mark.kind in ("moment", "due", "seen") and _or(mark.begin, began) >= began - MARGIN_SECONDS and (
        _or(mark.begin, ended) <= ended + 30 * 86_400
    )  # fmt: skip


def _or(value: int | None, otherwise: int) -> int:
    return otherwise if value is None else value
