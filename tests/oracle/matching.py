"""Which episode a report belongs to, and which report counts (spec 4.2)."""

from dataclasses import dataclass
from typing import Any

from tests.oracle.spans import Episode
from tests.oracle.times import DAY, HOUR, Moment, distance, end_or_forever, may_overlap, outer
from tests.oracle.world import Row


@dataclass(frozen=True)
class Assignment:
    """The episode of one report, and every episode it may be for where it could be several (ID-06)."""

    episode: Episode | None
    could_be: tuple[Episode, ...] = ()


def assign(report: Row, episodes: list[Episode]) -> Assignment:
    """First rule that applies; `episodes` of one child, in their order."""
    reported: Moment = report["reported_at"]
    allowed = [e for e in episodes if reported[1] >= e.began[0] - DAY]
    since = report["missing_since"]
    if since is not None and (near := _nearest(since, reported, allowed)):
        return Assignment(near)
    met = [e for e in allowed if may_overlap(outer(e.began, e.ended), reported)]
    if met:
        return Assignment(met[-1], tuple(met) if len(met) > 1 else ())
    past = [e for e in allowed if e.ended and e.ended[1] < reported[0] <= e.ended[1] + 30 * DAY]
    soon = [e for e in allowed if reported[1] < e.began[0] <= reported[1] + DAY]
    if past:
        last = max(past, key=lambda e: (end_or_forever(e.ended)[1], e.order))
        return Assignment(last, (last, soon[0]) if soon else ())
    return Assignment(soon[0] if soon else None)


def _nearest(since: Moment, reported: Moment, allowed: list[Episode]) -> Episode | None:
    near = [e for e in allowed if distance(since, e.began) <= 48 * HOUR]

    def rank(episode: Episode) -> tuple[Any, ...]:
        meets = may_overlap(outer(episode.began, episode.ended), reported)
        return (-distance(since, episode.began), meets, episode.order)

    return max(near, key=rank, default=None)


def counting(recipient: str, duty: str, reports: list[Row]) -> list[Row]:
    """The reports that count toward a duty, earliest first."""
    if recipient == "law_enforcement":
        allowed: tuple[str | None, ...] = ("accepted", "refused", "told_to_wait")
        allowed += ("attempted",) if duty == "third_party" else ()
        rows = [r for r in reports if r["outcome"] in allowed]
    else:
        allowed = ("agency", None, "parent") if duty == "third_party" else ("agency", None)
        rows = [r for r in reports if r["source"] in allowed]
    return sorted((r for r in rows if r["may_count"]), key=by_time)


def by_time(report: Row) -> tuple[int, int, str]:
    return (*report["reported_at"], report["record_id"])


def first_moment(reports: list[Row], name: str = "reported_at") -> Moment | None:
    """The first of these moments lies somewhere between the least earliest and the least latest."""
    moments = [r[name] for r in reports if r[name]]
    return (min(m[0] for m in moments), min(m[1] for m in moments)) if moments else None


def accepted(episode: Episode) -> list[Row]:
    """Accepted reports to law enforcement, earliest first."""
    reports = episode.reports["law_enforcement"]
    return sorted((r for r in reports if r["outcome"] == "accepted" and r["may_count"]), key=by_time)


def unreadable_reports(episode: Episode, feed: str) -> list[Row]:
    """Reports of the child that were set aside for their time and may be for this episode."""
    rows = [row for row in episode.child.set_aside if row["feed"] == feed and row["field"] == "reported_at"]
    return [row for row in rows if _may_be_for(row, episode)]


def _may_be_for(row: Row, episode: Episode) -> bool:
    if "missing_since_earliest" not in row or row["missing_since_earliest"] is None:
        return True
    since = (row["missing_since_earliest"], row["missing_since_latest"])
    return distance(since, episode.began) <= 48 * HOUR
