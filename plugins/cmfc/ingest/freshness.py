"""How new a feed is: the newest time in it that is not after the pull (spec 1, Validation)."""

from typing import Any

import pyarrow.compute as pc

from cmfc.feeds.catalog import Feed
from cmfc.ingest.mapping import AgencyMapping
from cmfc.ingest.sources import SqlSource
from cmfc.timing.moments import parse_moments


class Freshness:
    """Follows the newest time of a feed while it is read."""

    def __init__(self, mapping: AgencyMapping, feed: Feed, pulled_at: int) -> None:
        self.mapped, self.column = mapping.feeds[feed.name], mapping.feeds[feed.name].freshness_column
        self.feed, self.mapping, self.pulled_at = feed.name, mapping, pulled_at
        self.newest: int | None = None
        if self.column is None and not isinstance(self.mapped.source, SqlSource):
            self.newest = int(self.mapped.source.path.stat().st_mtime)

    def note(self, table: Any) -> None:
        """Follows the column, table by table."""
        if self.column is None:
            return
        spec = self.mapped.column(self.column)
        zone = self.mapping.zone_of(self.feed, self.column)
        moments = parse_moments(
            table[self.column], zone, is_utc=spec.utc, midnight_means_date_only=spec.midnight_means_date_only
        )
        # A typing error in the far future must not make an old feed look new.
        newest = pc.max(moments.latest.filter(pc.less_equal(moments.earliest, self.pulled_at))).as_py()
        if newest is not None:
            self.newest = max(self.newest or newest, newest)
