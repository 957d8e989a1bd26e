"""Which episode a report belongs to, and which report counts (spec 4.2)."""

from dataclasses import dataclass
from typing import Any

from tests.oracle.spans import Episode
from tests.oracle.times import DAY, HOUR, Moment, distance, end_or_forever, may_overlap
from tests.oracle.world import Row


@dataclass(frozen=True)
class Assignment:
    """The episode of one report, and every episode it met where it could be several (ID-06)."""

    episode: Episode | None
    could_be: tuple[Episode, ...] = ()


def outer(episode: Episode) -> Moment:
    return (episode.began[0], end_or_forever(episode.ended)[1])


def assign(report: Row, episodes: list[Episode]) -> Assignment:
    """First rule that applies; `episodes` of one child, in their order."""
    reported: Moment = report["reported_at"]
    allowed = [e for e in episodes if reported[1] >= e.began[0] - DAY]
    met = [e for e in allowed if may_overlap(outer(e), reported)]
    since = report["missing_since"]
    if since is not None and (near := _nearest(since, reported, allowed)):
        return Assignment(near)
    if met:
        return Assignment(met[-1], tuple(met) if since is None and len(met) > 1 else ())
    soon = [e for e in allowed if reported[1] < e.began[0] <= reported[1] + DAY]
    if soon:
        return Assignment(soon[0])
    past = [e for e in allowed if e.ended and e.ended[1] < reported[0] <= e.ended[1] + 30 * DAY]
    return Assignment(max(past, key=lambda e: (end_or_forever(e.ended)[1], e.order)) if past else None)


def _nearest(since: Moment, reported: Moment, allowed: list[Episode]) -> Episode | None:
    near = [e for e in allowed if distance(since, e.began) <= 48 * HOUR]
    if not near:
        return None

    def rank(episode: Episode) -> tuple[Any, ...]:
        return (-distance(since, episode.began), may_overlap(outer(episode), reported), episode.order)

    return max(near, key=rank)


def counting(recipient: str, duty: str, reports: list[Row]) -> list[Row]:
    """The reports that count toward a duty, earliest first."""
    if recipient == "law_enforcement":
        allowed: tuple[str | None, ...] = ("accepted", "refused", "told_to_wait")
        allowed += ("attempted",) if duty == "third_party" else ()
        found = [r for r in reports if r["outcome"] in allowed]
    else:
        allowed = ("agency", None, "parent") if duty == "third_party" else ("agency", None)
        found = [r for r in reports if r["source"] in allowed]
    return sorted(found, key=by_time)


def by_time(report: Row) -> tuple[int, int, str]:
    key = "le_report_id" if "le_report_id" in report else "ncmec_report_id"
    return (*report["reported_at"], report[key])


def accepted(episode: Episode) -> list[Row]:
    """Accepted reports to law enforcement, earliest first."""
    found = [r for r in episode.reports["law_enforcement"] if r["outcome"] == "accepted"]
    return sorted(found, key=by_time)
