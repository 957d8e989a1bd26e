"""Native columns and codes to canonical ones, as text (spec 1; docs/architecture.md, Pulled text)."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from cmfc.feeds.catalog import Column, Feed
from cmfc.ingest.cleaning import (
    CONTROLS,
    UNREAD,
    as_whole_numbers,
    empty_unreadable,
    empty_what_says_nothing,
    empty_without_digit,
    padded,
    take_off_controls,
    take_off_formula,
    take_off_invisibles,
)
from cmfc.ingest.formats import full_width, loses_a_zero
from cmfc.ingest.mapping import ColumnMapping, FeedMapping
from cmfc.ingest.readers import Chunk
from cmfc.ingest.text import UNREADABLE
from cmfc.timing.moments import TRUTH_WORDS

UNLISTED = "?"
"""Stands before a native code that looks like one of ours but is not in the mapping's table of codes."""
OWN_COLUMNS = {"source_row": pa.int64(), CONTROLS: pa.string(), UNREAD: pa.string()}
"""What a snapshot holds beside the canonical columns."""


@dataclass
class Translation:
    """Translates the chunks of one feed and counts what the mapping does not know.

    Attributes:
        unknown: per column, the native codes that no table lists, with their rows. Raw: not for messages.
        cleaned: per id column, how many values had invisible characters, which were taken off.
    """

    feed: Feed
    mapping: FeedMapping
    unknown: dict[str, Counter[str]] = field(default_factory=dict)
    cleaned: Counter[str] = field(default_factory=Counter)

    def natives(self) -> set[str]:
        """The native columns that the mapping maps or ignores."""
        return self.mapping.natives() | set(self.mapping.ignore)

    def missing(self, natives: list[str]) -> list[str]:
        """Canonical columns that are mapped to a native column the source does not have."""
        columns = self.mapping.columns.items()
        return [name for name, column in columns if column.native is not None and column.native not in natives]

    def translate(self, chunk: Chunk) -> Any:
        """One chunk with canonical columns (utf8, null for empty) and `OWN_COLUMNS`."""
        arrays = []
        noted: dict[str, list[Any]] = {CONTROLS: [], UNREAD: []}
        for column in self.feed.columns.values():
            values, had_controls = self._native(column, chunk.table)
            values, was_unread = self._by_type(column, values)
            arrays.append(values)
            for what, mask in ((CONTROLS, had_controls), (UNREAD, was_unread)):
                if mask is not None:
                    noted[what].append(pc.if_else(mask, column.name, pa.scalar(None, pa.string())))
        notes = [_joined(noted[what], len(chunk.table)) for what in (CONTROLS, UNREAD)]
        return pa.table([*arrays, chunk.rows, *notes], names=[*self.feed.columns, *OWN_COLUMNS])

    def _native(self, column: Column, table: Any) -> tuple[Any, Any]:
        """A column as the source has it, tidied; and which values had control characters."""
        spec = self.mapping.columns.get(column.name)
        if spec is not None and spec.always is not None:
            return pa.repeat(spec.always, len(table)), None
        if spec is None or spec.native not in table.column_names:
            return pa.nulls(len(table), pa.string()), None
        values = table[spec.native]
        values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
        values, had_controls = take_off_controls(values)
        if column.type == "id":
            values, taken_off = take_off_invisibles(values)
            self.cleaned[column.name] += taken_off
        values = take_off_formula(pc.utf8_trim_whitespace(values))
        values = pc.if_else(pc.equal(values, ""), pa.scalar(None, pa.string()), values)
        values = empty_what_says_nothing(values, column, spec.codes or column.codes, spec.null_values)
        values = as_whole_numbers(values) if spec.whole_number else values
        return values if spec.pad is None else padded(values, spec.pad), had_controls

    def _by_type(self, column: Column, values: Any) -> tuple[Any, Any]:
        """A column as canonical text; and which cells could not be read, where that shows in no other way."""
        spec = self.mapping.columns.get(column.name)
        if column.type in ("id", "agency", "text", "list", "number"):
            values, was_unread = empty_unreadable(values)
            values = empty_without_digit(values) if column.type == "number" else values
            return values, None if column.name in (self.feed.key, "child_id") else was_unread
        return (values if spec is None or spec.always is not None else self._typed(column, spec, values)), None

    def _typed(self, column: Column, spec: ColumnMapping, values: Any) -> Any:
        if spec.format is not None:
            values = _iso(values, spec.format)
        if column.type == "code" or spec.codes is not None:
            values = self._code(column, spec, values)
        return values

    def _code(self, column: Column, spec: ColumnMapping, values: Any) -> Any:
        table = spec.codes if spec.codes is not None else {code: code for code in column.codes}
        plain = pc.utf8_lower(values)
        place = pc.index_in(plain, value_set=pa.array([code.strip().lower() for code in table], pa.string()))
        is_unknown = pc.and_(pc.is_null(place), pc.is_valid(values))
        is_unknown = pc.and_(is_unknown, pc.fill_null(pc.not_equal(values, UNREADABLE), False))
        if pc.any(is_unknown).as_py():
            counted = self.unknown.setdefault(column.name, Counter())
            for pair in pc.value_counts(values.filter(is_unknown)).to_pylist():
                counted[pair["values"]] += pair["counts"]
        ours = pa.array(list(table.values()), pa.string()).take(place)
        if spec.codes is None:
            return pc.coalesce(ours, values)
        looks_ours = pc.is_in(plain, value_set=pa.array([*map(str.lower, column.codes or TRUTH_WORDS)], pa.string()))
        marked = pc.if_else(looks_ours, pc.binary_join_element_wise(UNLISTED, values, ""), values)
        return pc.coalesce(ours, marked)


def _joined(columns: list[Any], rows: int) -> Any:
    """The names that stand in any of the columns, joined; null where there is none."""
    if not columns:
        return pa.nulls(rows, pa.string())
    # Not null_handling="skip": Arrow then leaves out the rows in which every column is null, and the result is shorter.
    joined = pc.binary_join_element_wise(*columns, ";", null_handling="replace", null_replacement="")
    joined = pc.utf8_trim(pc.replace_substring_regex(joined, pattern=";+", replacement=";"), characters=";")
    return pc.if_else(pc.equal(joined, ""), pa.scalar(None, pa.string()), joined)


def _iso(values: Any, strptime: str) -> Any:
    """Text in the agency's own format as ISO 8601; what does not fit stays as it is, for the checks to find.

    pandas and not Arrow reads it: Arrow takes 30 February for 2 March.
    """
    has_clock = any(sign in strptime for sign in ("%H", "%I", "%T", "%R", "%X", "%c"))
    has_offset = "%z" in strptime
    written = pd.Series(_written(values, strptime).to_pandas())
    parsed = pd.to_datetime(written, format=strptime, errors="coerce", utc=has_offset)
    shape = "%Y-%m-%d" + ("T%H:%M:%S" if has_clock else "") + ("Z" if has_offset else "")
    text = pa.array(parsed.dt.strftime(shape), pa.string(), from_pandas=True)
    return pc.coalesce(text, values)


def _written(values: Any, strptime: str) -> Any:
    """What of the values can be meant by a format, without what pandas would make a time of all the same.

    It takes `now` and `today` for the time at which it runs, and guesses where numbers touch and one is too short.
    """
    nothing = pa.scalar(None, pa.string())
    shape = full_width(strptime)
    if shape is not None:
        padded = pc.binary_join_element_wise("0", values, "") if loses_a_zero(strptime) else values
        values = pc.if_else(pc.match_substring_regex(values, pattern=shape), values, padded)
        values = pc.if_else(pc.match_substring_regex(values, pattern=shape), values, nothing)
    return pc.if_else(pc.match_substring_regex(values, pattern=r"\d"), values, nothing)
