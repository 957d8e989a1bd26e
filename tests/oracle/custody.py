"""Which custody governs a duty, and how custody ends (spec 2.3; 2.2 outcome (a); 5 RT-04)."""

from datetime import timedelta

from tests.oracle.law import RANK, duty_to
from tests.oracle.spans import Episode
from tests.oracle.times import DAY, Moment, birthday, distance, end_or_forever, local_midnight, may_overlap, outer
from tests.oracle.world import Night, Row


def authority_of(row: Row | None) -> str:
    return str(row["authority"]) if row else "none"


def at_begin(episode: Episode) -> Row | None:
    """The row of the highest authority that may hold at the begin."""
    rows = [c for c in episode.child.rows["custody"] if may_overlap(outer(c["began_at"], c["ended_at"]), episode.began)]
    return min(rows, key=_by_rank, default=None)


def governing(episode: Episode, recipient: str, age: int | None) -> Row | None:
    """The row at the begin, or the first that begins inside and alone makes this duty required."""
    now = at_begin(episode)
    if duty_to(recipient, authority_of(now), age) == "required":
        return now
    stop = end_or_forever(episode.ended)[1]
    inside = [
        c
        for c in episode.child.rows["custody"]
        if episode.began[1] < c["began_at"][0] <= stop and duty_to(recipient, c["authority"], age) == "required"
    ]
    return min(inside, key=lambda c: (*c["began_at"], *_by_rank(c)), default=now)


def _by_rank(row: Row) -> tuple[int, int, int, str]:
    return (RANK.index(row["authority"]), *row["began_at"], row["record_id"])


def has_successor(custody: Row, episode: Episode) -> bool:
    """Another custody, not in_home, that begins within 24 h and lasts longer."""
    ended: Moment = custody["ended_at"]
    others = [c for c in episode.child.rows["custody"] if c is not custody and c["authority"] != "in_home"]
    return any(c["began_at"][0] <= ended[1] + DAY and end_or_forever(c["ended_at"])[1] > ended[1] for c in others)


def exit_from_care(episode: Episode, authorities: set[str], night: Night) -> str | None:
    """How care ended at or before the end of a closed episode, the gravest of the reasons on file."""
    stop = end_or_forever(episode.ended)[1]
    ended = [
        c
        for c in episode.child.rows["custody"]
        if c["authority"] in authorities
        and c["ended_at"]
        and c["ended_at"][1] >= episode.began[0]
        and c["ended_at"][0] <= stop + DAY
        and not has_successor(c, episode)
    ]
    if not ended:
        return None
    if any(c["end_reason"] == "died" for c in ended):
        return "died"
    if any(c["end_reason"] == "emancipated" or _is_of_age(c, episode, night) for c in ended):
        return "aged_out"
    return "exited_care"


def _is_of_age(custody: Row, episode: Episode, night: Night) -> bool:
    """It ended within 24 h of the day of the 18th birthday, or of the 21st, to which care may be extended."""
    born = episode.child.born
    if born is None:
        return False
    days = [birthday(born, years) for years in (18, 21)]
    spans = [(local_midnight(day, night.zone), local_midnight(day + timedelta(days=1), night.zone) - 1) for day in days]
    return any(distance(custody["ended_at"], span) <= DAY for span in spans)


def left_inside(custody: Row, episode: Episode) -> bool:
    """Custody ended inside the episode, and no other took over (RT-04)."""
    ended: Moment | None = custody["ended_at"]
    if ended is None or ended[1] < episode.began[0] or ended[0] > end_or_forever(episode.ended)[1]:
        return False
    if episode.facts["is_back"] and episode.ended and ended[1] >= episode.ended[0]:
        return False
    return not has_successor(custody, episode)
