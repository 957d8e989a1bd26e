"""Columns that were promised and did not come, or of which most cannot be read: silence that proves nothing (DQ-04)."""

from collections.abc import Sequence

import numpy as np

from cmfc.feeds.catalog import Feed
from cmfc.validation.breach import Breach
from cmfc.validation.contract import is_mostly
from cmfc.validation.result import LostColumn

UNREADABLE_RULES = ("time_unparseable", "date_unparseable", "bool_unparseable", "code_not_listed")


def columns_not_delivered(feed: Feed, missing: Sequence[str]) -> list[LostColumn]:
    """Promised columns that the source lacks."""
    return [LostColumn(name, 0, 0, feed.columns[name].breaks_contract) for name in missing]


def unreadable_columns(feed: Feed, filled: dict[str, int], breaches: Sequence[Breach]) -> list[LostColumn]:
    """Columns of whose filled values more than 20 % (and at least 20, or all of at least 5) cannot be read.

    Args:
        feed: the feed.
        filled: rows in which a column holds anything, by column.
        breaches: what does not hold, by source row.
    """
    lost = []
    for column in feed.columns.values():
        bad = [b.rows for b in breaches if b.column == column.name and b.rule in UNREADABLE_RULES]
        unreadable = len(np.unique(np.concatenate(bad))) if bad else 0
        if unreadable and is_mostly(unreadable, filled[column.name]):
            lost.append(LostColumn(column.name, filled[column.name], unreadable, column.breaks_contract))
    return lost


def without_lost(breaches: Sequence[Breach], lost: Sequence[LostColumn]) -> list[Breach]:
    """The breaches without those that the loss of their column stands for."""
    names = {column.column for column in lost}
    return [b for b in breaches if not (b.column in names and b.rule in UNREADABLE_RULES and b.effect == "field")]
