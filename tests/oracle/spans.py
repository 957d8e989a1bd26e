"""From records to spans: evidence, cut, stitch (spec 2.2, rules 1 to 3)."""

from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from tests.oracle.times import DAY, FOREVER, Moment, end_or_forever
from tests.oracle.world import Child, Row

FOUND = ("returned", "located", "whereabouts_established")
LEFT_CARE = ("exited_care", "aged_out", "died")
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
        return str(self.source["record"])

    @property
    def key(self) -> str:
        return str(self.source[f"{self.kind}_id"])

    @property
    def order(self) -> tuple[Any, ...]:
        return (*self.began, self.kind, self.id)


@dataclass
class Episode:
    """One episode; `recorded` is the begin before sightings moved it, `seen_at` what RC-14 asks about."""

    child: Child
    evidence: list[Evidence]
    recorded: Moment
    began: Moment
    ended: Moment | None
    place: int
    trimmed_to: int | None = None
    is_trimmed_at_end: bool = False
    seen_at: list[int] = field(default_factory=list)
    interruptions: list[Moment] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    reports: dict[str, list[Row]] = field(default_factory=lambda: {"law_enforcement": [], "ncmec": []})

    @property
    def is_open(self) -> bool:
        return self.ended is None

    @property
    def order(self) -> tuple[Any, ...]:
        """Of two that begin in the same moment the later is the one stitched later (spec 4.2)."""
        return (*self.began, self.place)

    @property
    def absences(self) -> list[Row]:
        return [e.source for e in self.evidence if e.kind == "absence"]


def is_recorded_error(absence: Row) -> bool:
    """Marked as an error, with an end that has happened: no evidence of anything (rule 1)."""
    return absence["end_reason"] == "error" and absence["ended_at"] is not None


def evidence_of(child: Child) -> list[Evidence]:
    """Rules 1 and 2: evidence rows in the order of rule 3, with placements cut at the first find in them."""
    rows = [
        Evidence(
            kind="absence",
            id=a["record_id"],
            began=a["absent_since"],
            ended=a["ended_at"],
            is_found=a["ended_at"] is not None and a["end_reason"] in FOUND,
            source=a,
        )
        for a in child.rows["absences"]
        if a["kind"] == "missing" and not is_recorded_error(a)
    ]
    finds = sorted(row.ended for row in rows if row.is_found and row.ended)
    for p in child.rows["placements"]:
        if p["setting"] in MISSING_SETTINGS:
            rows.append(_cut(Evidence("placement", p["record_id"], p["began_at"], p["ended_at"], False, p), finds))
    return sorted(rows, key=lambda row: row.order)


def _cut(placement: Evidence, finds: list[Moment]) -> Evidence:
    """The first find that the placement surely began before, and surely outlasts."""
    for find in finds:
        if placement.began[1] <= find[0] and find[1] < end_or_forever(placement.ended)[0]:
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


def second_runs(evidence: list[Evidence]) -> list[tuple[Evidence, Evidence, Moment]]:
    """Pairs of a span's missing absences: one, and another that begins a day later while it is open (rule 3).

    Copies of one absence whose begins lie so far apart are a pair of one row with itself. The last part is the begin
    of the second run.
    """
    absences = [row for row in evidence if row.kind == "absence"]
    pairs = [(a, b, b.began) for a, b in combinations(absences, 2)]
    pairs += [(a, a, a.source["again"]) for a in absences if a.source["again"]]
    return [
        (a, b, again) for a, b, again in pairs if again[0] - a.began[1] > DAY and end_or_forever(a.ended)[0] > again[1]
    ]
