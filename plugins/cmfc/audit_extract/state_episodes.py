"""Which episodes of several agencies are one: missing at the same time, or handed over while missing (spec 6)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

HANDED_OVER = ("exited_care", "not_recorded")
"""How an agency writes that a missing child went to another one, or says nothing: no end, if the other goes on."""
A_DAY = 1
"""Local days between the end with one agency and the begin with the next."""


@dataclass(frozen=True)
class Line:
    """What joining needs of an agency's episode. Moments in epoch seconds, days since 1970-01-01; None: open."""

    state_child: str
    agency: str
    episode: str
    began_earliest: int
    ended_latest: int | None
    began_day: int
    ended_day: int | None
    outcome: str | None


def group_episodes(lines: Iterable[Line]) -> list[tuple[list[Line], list[str]]]:
    """Groups of two episodes or more of different agencies, and for each how it came to be joined.

    Args:
        lines: of children that several agencies know.
    """
    groups: list[tuple[list[Line], list[str]]] = []
    current: list[Line] = []
    how: list[str] = []
    for line in sorted(lines, key=lambda one: (one.state_child, one.began_earliest, one.agency, one.episode)):
        by = _by(current, line) if current and current[0].state_child == line.state_child else None
        if by is None:
            groups.append((current, how))
            current, how = [line], ["first"]
        else:
            current.append(line)
            how.append(by)
    groups.append((current, how))
    return [(some, by) for some, by in groups if len({line.agency for line in some}) > 1]


def _by(group: Sequence[Line], line: Line) -> str | None:
    """Why a later episode belongs to a group: overlap, transfer; None: it does not."""
    if any(one.ended_latest is None or line.began_earliest < one.ended_latest for one in group):
        return "overlap"
    last = max(group, key=lambda one: (one.ended_latest or 0, one.agency, one.episode))
    is_next = last.ended_day is not None and line.began_day - last.ended_day <= A_DAY
    if is_next and last.agency != line.agency and last.outcome in HANDED_OVER:
        return "transfer"
    return None
