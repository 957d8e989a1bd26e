"""From records to episodes: evidence, cut, stitch, trim (spec 2.2, rules 1 to 5)."""

from dataclasses import dataclass, field
from typing import Any

from tests.oracle.times import FOREVER, Moment, end_or_forever
from tests.oracle.world import Child, Night, Row

FOUND = ("returned", "located", "whereabouts_established")
MISSING_SETTINGS = ("runaway", "whereabouts_unknown")


@dataclass
class Evidence:
    """One evidence row."""

    kind: str
    id: str
    began: Moment
    ended: Moment | None
    is_found: bool
    source: Row
    was_cut: bool = False

    @property
    def name(self) -> str:
        return f"{self.kind}s:{self.id}"


@dataclass
class Episode:
    """One episode; `recorded` is the begin before sightings moved it."""

    child: Child
    evidence: list[Evidence]
    recorded: Moment
    began: Moment
    ended: Moment | None
    trimmed_to: int | None = None
    is_trimmed_at_end: bool = False
    has_open_row: bool = False
    interruptions: list[Moment] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    reports: dict[str, list[Row]] = field(default_factory=lambda: {"law_enforcement": [], "ncmec": []})

    @property
    def is_open(self) -> bool:
        return self.ended is None

    @property
    def order(self) -> tuple[Any, ...]:
        first = self.evidence[0]
        return (*self.began, *first.began, first.kind, first.id)

    @property
    def absences(self) -> list[Row]:
        return [e.source for e in self.evidence if e.kind == "absence"]


def is_error(absence: Row) -> bool:
    return bool(absence["end_reason"] == "error")


def evidence_of(child: Child) -> list[Evidence]:
    """Rules 1 and 2: evidence rows in the order of rule 3, with placements cut at the first find in them."""
    rows = [
        Evidence(
            kind="absence",
            id=a["absence_id"],
            began=a["absent_since"],
            ended=a["ended_at"],
            is_found=a["ended_at"] is not None and a["end_reason"] in FOUND,
            source=a,
        )
        for a in child.rows["absences"]
        if a["kind"] == "missing" and not is_error(a)
    ]
    finds = sorted(row.ended for row in rows if row.is_found and row.ended)
    for p in child.rows["placements"]:
        if p["setting"] in MISSING_SETTINGS:
            rows.append(_cut(Evidence("placement", p["placement_id"], p["began_at"], p["ended_at"], False, p), finds))
    return sorted(rows, key=lambda row: (*row.began, row.kind, row.id))


def _cut(placement: Evidence, finds: list[Moment]) -> Evidence:
    for find in finds:
        if placement.began[0] <= find[0] and find[1] < end_or_forever(placement.ended)[0]:
            placement.ended, placement.is_found, placement.was_cut = find, True, True
            return placement
    return placement


def stitch(rows: list[Evidence], gap: int) -> list[list[Evidence]]:
    """Rule 3. The greatest ends are over all earlier rows of the child."""
    spans: list[list[Evidence]] = []
    greatest_end = greatest_unfound = -FOREVER
    for row in rows:
        if row.began[1] < greatest_end or row.began[0] <= greatest_unfound + gap:
            spans[-1].append(row)
        else:
            spans.append([row])
        earliest, latest = end_or_forever(row.ended)
        greatest_end = max(greatest_end, earliest)
        if not row.is_found:
            greatest_unfound = max(greatest_unfound, latest)
    return spans


def end_of_span(span: list[Evidence]) -> Moment | None:
    if any(row.ended is None for row in span):
        return None
    return min(span, key=lambda row: (-end_or_forever(row.ended)[1], row.kind, row.id)).ended


@dataclass
class Window:
    """A stretch of verified whereabouts, and the sightings that make it; FOREVER where nothing ends it."""

    start: int
    stop: int
    sightings: list[str]


def windows_of(child: Child, rows: list[Evidence]) -> list[Window]:
    """Rule 4: windows of verified sightings, united."""
    windows = []
    for sighting in child.rows["sightings"]:
        if sighting["verified"] is not True:
            continue
        start = sighting["known_from"][1]
        until = sighting["known_to"]
        later = [row.began[0] for row in rows if row.began[0] > start]
        stop = until[0] if until else min(later, default=FOREVER)
        if stop > start:
            windows.append((start, stop, f"sightings:{sighting['sighting_id']}"))
    united: list[Window] = []
    for start, stop, name in sorted(windows):
        if united and start <= united[-1].stop:
            united[-1].stop = max(stop, united[-1].stop)
            united[-1].sightings.append(name)
        else:
            united.append(Window(start, stop, [name]))
    return united


def trim(child: Child, span: list[Evidence], windows: list[Window]) -> Episode | Window:
    """Rule 4 for one span; the window that leaves nothing of it, where one does."""
    ended = end_of_span(span)
    episode = Episode(child, span, span[0].began, span[0].began, ended, has_open_row=ended is None)
    last = end_or_forever(ended)[1]
    for window in windows:
        start, stop, began = window.start, window.stop, episode.began[0]
        if start <= began < stop:
            if stop >= last:
                return window
            episode.began, episode.trimmed_to = (stop, stop), stop
        elif began < start < last <= stop:
            episode.ended, episode.is_trimmed_at_end = (start, start), True
        elif began < start and stop < last:
            episode.interruptions.append((start, stop))
    return episode


def episodes_of(child: Child, night: Night) -> tuple[list[Episode], list[tuple[list[Evidence], Window]]]:
    """A child's episodes in their order, and the spans of which a window left nothing."""
    rows = evidence_of(child)
    windows = windows_of(child, rows)
    kept, gone = [], []
    for span in stitch(rows, night.stitch_gap_seconds):
        left = trim(child, span, windows)
        if isinstance(left, Episode):
            kept.append(left)
        else:
            gone.append((span, left))
    return sorted(kept, key=lambda e: e.order), gone
