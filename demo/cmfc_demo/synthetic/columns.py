"""Drawn columns and their two forms: canonical text as pulled, and checked types (docs/architecture.md)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cmfc.feeds.catalog import Feed
from cmfc.timing.zones import Ints
from cmfc_demo.synthetic.clock import DAY, NEVER, Flags, LocalClock


@dataclass(frozen=True)
class Times:
    """Instants in epoch seconds UTC; NEVER is null; where `is_day` only the local day is known."""

    at: Ints
    is_day: Flags | None = None


@dataclass(frozen=True)
class Days:
    """Dates as days since 1970; null where `is_null`."""

    on: Ints
    is_null: Flags | None = None


@dataclass(frozen=True)
class Words:
    """Places in a list of words; -1 is null."""

    place: npt.NDArray[Any]
    words: tuple[str, ...]


@dataclass(frozen=True)
class Numbers:
    """Ids: a prefix and a number padded to `width` digits; null where `is_null`."""

    prefix: str
    number: Ints
    width: int
    is_null: Flags | None = None


@dataclass(frozen=True)
class Truths:
    """Booleans as 1 and 0; -1 is null."""

    value: npt.NDArray[np.int8]


Column = Times | Days | Words | Numbers | Truths
Drawn = Mapping[str, Column]
"""One feed's drawn columns by canonical name, all equally long; a column that is left out is null."""


def text_table(feed: Feed, columns: Drawn, clock: LocalClock) -> Any:
    """The feed as canonical text: every column of the catalogue, utf8, null for empty."""
    rows = _length(columns)
    arrays = [_text(columns[name], clock) if name in columns else pa.nulls(rows, pa.string()) for name in feed.columns]
    return pa.table(arrays, names=list(feed.columns))


def checked_table(feed: Feed, columns: Drawn, clock: LocalClock, schema: Any, first_row: int) -> Any:
    """The feed as validation accepts it: typed, without voided rows, `source_row` counted from `first_row`."""
    rows = _length(columns)
    by_name: dict[str, Any] = {"source_row": pa.array(np.arange(first_row, first_row + rows, dtype=np.int64))}
    for name, column in columns.items():
        if isinstance(column, Times):
            by_name[f"{name}_earliest"], by_name[f"{name}_latest"] = _ends(column, clock)
        elif isinstance(column, Days):
            by_name[name] = pa.array(column.on.astype(np.int32), mask=column.is_null).cast(pa.date32())
        elif isinstance(column, Truths):
            by_name[name] = pa.array(column.value == 1, mask=column.value < 0)
        else:
            by_name[name] = _text(column, clock)
    key = by_name[feed.key]
    by_name |= {"record": pc.binary_join_element_wise(f"{feed.name}:", key, ""), "record_id": key}
    by_name["may_count"] = pa.array(np.ones(rows, dtype=np.bool_))
    arrays = [by_name.get(f.name, pa.nulls(rows, f.type)) for f in schema]
    table = pa.table(arrays, names=schema.names)
    voided = columns.get("voided")
    return table.filter(pa.array(voided.value != 1)) if isinstance(voided, Truths) else table


def text_of_numbers(column: Numbers) -> Any:
    """The ids as utf8."""
    # One digit more in front and then cut off again is quicker than padding.
    digits = pa.array(column.number + 10**column.width).cast(pa.string())
    text = pc.utf8_replace_slice(digits, start=0, stop=1, replacement=column.prefix)
    return text if column.is_null is None else pc.if_else(pa.array(column.is_null), pa.scalar(None, pa.string()), text)


def _length(columns: Drawn) -> int:
    first = next(iter(columns.values()))
    for name in ("at", "on", "place", "number", "value"):
        if hasattr(first, name):
            return len(getattr(first, name))
    raise TypeError(type(first).__name__)


def _text(column: Column, clock: LocalClock) -> Any:
    if isinstance(column, Words):
        place = pa.array(column.place.astype(np.int32), mask=column.place < 0)
        return pa.DictionaryArray.from_arrays(place, pa.array(column.words, pa.string())).cast(pa.string())
    if isinstance(column, Numbers):
        return text_of_numbers(column)
    if isinstance(column, Truths):
        return pa.array(column.value == 1, mask=column.value < 0).cast(pa.string())
    if isinstance(column, Days):
        return pa.array(column.on.astype(np.int32), mask=column.is_null).cast(pa.date32()).cast(pa.string())
    is_null = column.at >= NEVER
    wall = clock.wall(clock.make_plain(column.at))
    text = pa.array(wall, mask=is_null).cast(pa.timestamp("s")).cast(pa.string())
    if column.is_day is None or not column.is_day.any():
        return text
    return pc.if_else(pa.array(column.is_day), pc.utf8_slice_codeunits(text, 0, 10), text)


def _ends(column: Times, clock: LocalClock) -> tuple[Any, Any]:
    is_null = column.at >= NEVER
    earliest = clock.make_plain(column.at)
    latest = earliest
    if column.is_day is not None and column.is_day.any():
        day = clock.wall(earliest) // DAY
        latest = np.where(column.is_day, clock.midnight(day + 1) - 1, latest)
        earliest = np.where(column.is_day, clock.midnight(day), earliest)
    return pa.array(earliest, mask=is_null), pa.array(latest, mask=is_null)
