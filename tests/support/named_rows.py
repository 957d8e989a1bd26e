"""Rows of checked tables as validation leaves them, for tests that write these tables themselves."""

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from cmfc.feeds.catalog import Feed
from cmfc.validation.types import checked_schema


def checked_table(feed: Feed, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """The rows with the columns of the checked table; each is named after its key, and stands where it is given."""
    schema = checked_schema(feed)
    full = [
        {
            "record": f"{feed.name}:{row[feed.key]}",
            "record_id": row[feed.key],
            "may_count": True,
            "source_row": n,
            **row,
        }
        for n, row in enumerate(rows, 2)
    ]
    return pa.Table.from_pylist([{name: row.get(name) for name in schema.names} for row in full], schema=schema)
