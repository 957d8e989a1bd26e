"""Rows that claim known whereabouts, and whether anything proves it (spec 2.2.5; RC-15)."""

from dataclasses import dataclass

from tests.oracle.episode_checks import lasted
from tests.oracle.finding import Findings
from tests.oracle.sightings import verified
from tests.oracle.spans import is_recorded_error
from tests.oracle.times import DAY, HOUR, Moment, may_overlap, outer
from tests.oracle.world import Child, Night


@dataclass(frozen=True)
class Known:
    """An `away_known` absence or an `unapproved_known` placement."""

    record: str
    id: str
    began: Moment
    ended: Moment | None


def known_rows(child: Child) -> list[Known]:
    rows = [
        Known(a["record"], a["record_id"], a["absent_since"], a["ended_at"])
        for a in child.rows["absences"]
        if a["kind"] == "away_known" and not is_recorded_error(a)
    ]
    return rows + [
        Known(p["record"], p["record_id"], p["began_at"], p["ended_at"])
        for p in child.rows["placements"]
        if p["setting"] == "unapproved_known"
    ]


def check_known(child: Child, night: Night, f: Findings) -> None:
    """RC-15; not on a night when the sightings failed."""
    if night.status.get("sightings") == "broken":
        return
    for row in known_rows(child):
        if lasted(row.began, row.ended, night) > 24 * HOUR and not _is_vouched_for(row, child, night):
            f.raise_("RC-15", "low" if row.ended else "high", subject=row.record, child_id=child.child_id)


def _is_vouched_for(row: Known, child: Child, night: Night) -> bool:
    """A sighting without an end vouches for its own moment; an open row needs one of the last 30 days."""
    stretches = [outer(s["known_from"], s["known_to"] or s["known_from"]) for s in verified(child)]
    stretches = [stretch for stretch in stretches if may_overlap(outer(row.began, row.ended), stretch)]
    return bool(stretches) and (row.ended is not None or any(stop >= night.as_of - 30 * DAY for _, stop in stretches))
