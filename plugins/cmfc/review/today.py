"""Who is missing by the newest there is: the hourly watch where it ran since the night, else the night's list.

What people work is the night's. But no page may call a child found whom the watch has among the missing, so whoever
speaks of one child asks both.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from cmfc.review.context import Visit
from cmfc.review.watch import UnreadWatch, Watch, last_watch
from cmfc.worklists import wording

Row = dict[str, Any]


@dataclass(frozen=True)
class Today:
    """What there is. `is_unread`: the watch's list is there and cannot be read; `as_of`: epoch seconds UTC."""

    watch: Watch | None
    is_unread: bool
    ask: Callable[[str, list[Any]], list[Row]]
    as_of: int


@dataclass(frozen=True)
class Whereabouts:
    """What is known of one child. `night`, `watch`: its row of `missing_named` there, None where it has none."""

    today: Today
    night: Row | None
    watch: Row | None

    @property
    def row(self) -> Row | None:
        """The newest that says the child is missing, or may be."""
        return self.watch or self.night

    @property
    def is_newer(self) -> bool:
        """Whether the child is among the missing only since the night."""
        return self.watch is not None and self.night is None

    @property
    def has_ended(self) -> bool:
        """Whether the night has the child among the missing and the watch, later, has not."""
        return self.today.watch is not None and self.watch is None and self.night is not None


def today_of(visit: Visit) -> Today:
    """What a page of the agency has to go by."""
    data, is_unread = visit.data, False
    try:
        watch = last_watch(visit.settings.lists, data.store, data.agency, data.as_of)
    except UnreadWatch:
        watch, is_unread = None, True
    return Today(watch, is_unread, watch.hour_rows if watch else data.night_rows, watch.as_of if watch else data.as_of)


def whereabouts(visit: Visit, today: Today, child_ids: Iterable[str]) -> dict[str, Whereabouts]:
    """What is known of children whom the visitor may see.

    Offices are not asked here: a child who moved to another one since the night is not found by that.
    """
    wanted = sorted(set(child_ids))
    query = "SELECT * FROM missing_named WHERE child_id IN (SELECT unnest(?))"
    night = {row["child_id"]: row for row in visit.data.rows(query, [wanted])}
    watch = {row["child_id"]: row for row in today.watch.rows(query, [wanted])} if today.watch else {}
    return {one: Whereabouts(today, night.get(one), watch.get(one)) for one in wanted}


def said_of(visit: Visit, one: Whereabouts) -> str:
    """In a few words, whether a child is missing, and by what."""
    if one.row is None:
        return f"not missing by the records of {visit.local(one.today.as_of)}"
    words = wording.RECORD_STATE[one.row["record_state"]]
    if one.is_newer:
        return f"{words}, by the hourly watch of {visit.local(one.today.as_of)}"
    return f"{words}; no more by the hourly watch of {visit.local(one.today.as_of)}" if one.has_ended else words
