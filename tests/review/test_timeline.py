from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from cmfc.review.timeline import Mark, Picture, draw

DAY, AS_OF = 86_400, 1_790_000_000
OPEN = {"began_earliest": AS_OF - 9 * DAY, "ended_latest": None}


def pictures(*marks: Mark, days: int) -> list[Picture]:
    return draw(OPEN | {"began_earliest": AS_OF - days * DAY}, marks, AS_OF, ZoneInfo("America/Chicago"))


def picture(*marks: Mark, days: int = 9) -> Picture:
    return pictures(*marks, days=days)[0]


@pytest.mark.parametrize("days", [0, 1, 3, 7, 8, 15, 29, 300])
def test_the_dates_of_the_axis_do_not_touch(days: int) -> None:
    ticks = picture(days=days).ticks
    assert 1 <= len(ticks) <= 8
    assert all(after[0] - before[0] > 80 for before, after in pairwise([*ticks, (1005.0, "the edge")]))


def test_what_has_not_ended_is_drawn_up_to_the_night() -> None:
    now = Mark("Law enforcement", "moment", AS_OF, AS_OF, "the night")
    chart = picture(Mark("Absences", "away", AS_OF - 9 * DAY, None, "away"), now)
    away, night = chart.placed
    assert away.x + away.width == pytest.approx(night.x, abs=0.2)
    assert night.x < chart.width


def test_a_moment_known_within_bounds_is_as_wide_as_they_are() -> None:
    sharp, wide = (
        picture(Mark("NCMEC", "moment", AS_OF - 5 * DAY, AS_OF - end * DAY, "told")).placed[0] for end in (5, 3)
    )
    assert wide.x == sharp.x and wide.width > 10 * sharp.width


@pytest.mark.parametrize("days", [1, 3, 9, 400])
def test_the_ends_of_the_limits_can_be_told_from_a_report_in_time(days: int) -> None:
    """However long the child is gone: in the first days, drawn by themselves where they would be a line."""
    began = AS_OF - days * DAY
    due = Mark("NCMEC", "due", began + DAY, began + DAY, "the limit")
    report = Mark("NCMEC", "moment", began + DAY - 7200, began + DAY - 7200, "a report two hours before it")
    chart = pictures(due, report, days=days)
    limit, report_mark = chart[-1].placed
    assert limit.x - report_mark.x > 5 and limit.height > report_mark.height
    assert len(chart) == (1 if days <= 9 else 2)
