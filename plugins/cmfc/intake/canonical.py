"""Native columns and codes to canonical ones, as text (spec 1; docs/architecture.md, Pulled text)."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from cmfc.feeds.catalog import Column, Feed
from cmfc.intake.mapping import ColumnMapping, FeedMapping
from cmfc.intake.readers import Chunk

UNLISTED = "?"
"""Stands before a native code that looks like one of ours but is not in the mapping's table of codes."""

_TRUTH = ("true", "false", "t", "f", "yes", "no", "y", "n", "1", "0")


@dataclass
class Translation:
    """Translates the chunks of one feed and counts what the mapping does not know.

    Attributes:
        unknown: per column, the native codes that no table lists, with their rows. Raw: not for messages.
    """

    feed: Feed
    mapping: FeedMapping
    unknown: dict[str, Counter[str]] = field(default_factory=dict)

    def natives(self) -> set[str]:
        """The native columns that the mapping maps or ignores."""
        return self.mapping.natives() | set(self.mapping.ignore)

    def missing(self, natives: list[str]) -> list[str]:
        """Canonical columns that are mapped to a native column the source does not have."""
        columns = self.mapping.columns.items()
        return [name for name, column in columns if column.native is not None and column.native not in natives]

    def translate(self, chunk: Chunk) -> Any:
        """One chunk with canonical columns (utf8, null for empty) and `source_row` (int64)."""
        arrays = [self._column(column, chunk.table) for column in self.feed.columns.values()]
        return pa.table([*arrays, chunk.rows], names=[*self.feed.columns, "source_row"])

    def _column(self, column: Column, table: Any) -> Any:
        spec = self.mapping.columns.get(column.name)
        if spec is not None and spec.always is not None:
            return pa.repeat(spec.always, len(table))
        if spec is None or spec.native not in table.column_names:
            return pa.nulls(len(table), pa.string())
        values = table[spec.native]
        values = pc.utf8_trim_whitespace(values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values)
        values = pc.if_else(pc.equal(values, ""), pa.scalar(None, pa.string()), values)
        if spec.format is not None:
            values = _iso(values, spec.format)
        if column.type == "code" or spec.codes is not None:
            values = self._code(column, spec, values)
        return values

    def _code(self, column: Column, spec: ColumnMapping, values: Any) -> Any:
        listed = list(spec.codes) if spec.codes is not None else list(column.codes)
        place = pc.index_in(values, value_set=pa.array(listed, pa.string()))
        is_unknown = pc.and_(pc.is_null(place), pc.is_valid(values))
        if pc.any(is_unknown).as_py():
            counted = self.unknown.setdefault(column.name, Counter())
            for pair in pc.value_counts(values.filter(is_unknown)).to_pylist():
                counted[pair["values"]] += pair["counts"]
        if spec.codes is None:
            return values
        ours = column.codes or _TRUTH
        looks_ours = pc.is_in(pc.utf8_lower(values), value_set=pa.array(ours, pa.string()))
        marked = pc.if_else(looks_ours, pc.binary_join_element_wise(UNLISTED, values, ""), values)
        return pc.coalesce(pa.array(list(spec.codes.values()), pa.string()).take(place), marked)


def _iso(values: Any, strptime: str) -> Any:
    """Text in the agency's own format as ISO 8601; what does not fit stays as it is, for the door to find.

    pandas and not Arrow reads it: Arrow takes 30 February for 2 March.
    """
    has_clock = any(sign in strptime for sign in ("%H", "%I", "%T", "%R", "%X", "%c"))
    has_offset = "%z" in strptime
    parsed = pd.to_datetime(pd.Series(values.to_pandas()), format=strptime, errors="coerce", utc=has_offset)
    shape = "%Y-%m-%d" + ("T%H:%M:%S" if has_clock else "") + ("Z" if has_offset else "")
    text = pa.array(parsed.dt.strftime(shape), pa.string(), from_pandas=True)
    return pc.coalesce(text, values)
