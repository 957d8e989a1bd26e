"""Gives a pulled feed its types, beside the text, so that the suites can look at both (spec 1, 2.1)."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cmfc.feeds.catalog import Column, Feed
from cmfc.ingest.cleaning import without_endless
from cmfc.ingest.mapping import AgencyMapping
from cmfc.timing.clock import local_midnight
from cmfc.timing.moments import DAY, local_dates, parse_bools, parse_dates, parse_moments

_TYPES = {"date": pa.date32(), "bool": pa.bool_()}


FIRST_DAY = date(1990, 1, 1)
"""What lies before it is a sentinel (1900-01-01, 0001-01-01): no time (spec 1)."""
_ENDS = ("ended_at", "expected_end_at")
AGAIN = ("again_earliest", "again_latest")
"""Of an absence of which copies became one: the begin of the last copy that may be a run of its own (spec 2.2.3)."""
_NAMES = ("record", "record_id")
"""What a record is called, with its feed and within it (validation/identity.py)."""


@dataclass(frozen=True)
class TypedFeed:
    """A feed with types.

    Attributes:
        table: text columns as pulled, and for a column `x`: a moment's `x_earliest` and `x_latest` (int64 seconds) and
            `x_less_a_day`, a date's or bool's `x_value`; their `x_is_readable`; `x_is_time` (false: a sentinel that
            costs the row); and `age`, where the feed has a birth date: completed years at the row's begin (children:
            at the pull), -1 when surely born after it.
        sentinels: how many times lay before 1990, by column.
    """

    table: Any
    sentinels: dict[str, int]


def type_feed(feed: Feed, pulled: Any, mapping: AgencyMapping, pulled_at: int) -> TypedFeed:
    """Add to the text columns what the checks look at."""
    columns: dict[str, Any] = {name: pulled[name].combine_chunks() for name in pulled.column_names}
    sentinels: Counter[str] = Counter()
    for column in feed.columns.values():
        name = column.name
        if column.type == "moment":
            typed, early = _moment_columns(feed, column, columns[name], mapping)
            columns |= typed
            sentinels[name] += early
        elif column.type in _TYPES:
            if column.type == "date":
                zone, is_utc = mapping.zone_of(feed.name, name), mapping.feeds[feed.name].column(name).utc
                columns[f"{name}_value"], is_bad = parse_dates(columns[name], zone, is_utc=is_utc)
            else:
                columns[f"{name}_value"], is_bad = parse_bools(columns[name])
            columns[f"{name}_is_readable"] = pc.invert(is_bad)
    if "date_of_birth" in feed.columns:
        now = pa.array(np.full(len(pulled), pulled_at))
        earliest, latest = (columns[f"{feed.begins}_{end}"] if feed.begins else now for end in ("earliest", "latest"))
        columns["age"] = ages(columns["date_of_birth_value"], earliest, latest, mapping.zone)
    return TypedFeed(pa.table(columns), {name: count for name, count in sentinels.items() if count})


def _moment_columns(feed: Feed, column: Column, text: Any, mapping: AgencyMapping) -> tuple[dict[str, Any], int]:
    """The derived columns of one time, its text without what stands for nothing, and how many lay before 1990."""
    name, spec = column.name, mapping.feeds[feed.name].column(column.name)
    nothing = pa.scalar(None, pa.string())
    if name in _ENDS:
        text = without_endless(text)
    moments = parse_moments(
        text,
        mapping.zone_of(feed.name, name),
        is_utc=spec.utc,
        midnight_means_date_only=spec.midnight_means_date_only,
    )
    first = local_midnight(FIRST_DAY, mapping.zone)
    is_early = pc.fill_null(pc.less(moments.latest, first), False)
    if (feed.name, name) == ("sightings", "known_to"):  # taken for empty it would have no end: it is before the begin
        is_early = pc.and_(is_early, False)
    earliest, latest = moments.earliest, moments.latest
    if feed.name == "custody" and name == feed.begins:  # the row stands, from the first day that is a time
        earliest, latest = (pc.if_else(is_early, pa.scalar(first), end) for end in (earliest, latest))
    else:
        no_time = pa.scalar(None, pa.int64())
        earliest, latest = (pc.if_else(is_early, no_time, end) for end in (earliest, latest))
        text = text if column.row_stops else pc.if_else(is_early, nothing, text)
    columns = {
        name: text,
        f"{name}_earliest": earliest,
        f"{name}_latest": latest,
        f"{name}_less_a_day": pc.subtract(earliest, DAY),
        f"{name}_is_readable": pc.invert(moments.is_bad),
        f"{name}_is_time": pc.invert(is_early),
    }
    return columns, int(pc.sum(is_early).as_py() or 0)


def content_of(feed: Feed, typed: Any) -> Any:
    """The typed columns of the catalogue: what a record says, in the columns of the checked table."""
    fields = [field for field in checked_schema(feed) if field.metadata]
    return pa.table([_typed_column(field, typed) for field in fields], schema=pa.schema(fields))


def accepted_columns(feed: Feed, typed: Any, nulled: dict[str, Any]) -> Any:
    """The checked table: typed columns in catalogue order, null where `nulled` (bool arrays by column) says so."""
    arrays = []
    for field in checked_schema(feed):
        values = _typed_column(field, typed)
        mask = nulled.get(_column_of(field))
        arrays.append(values if mask is None else pc.if_else(pa.array(mask), pa.scalar(None, field.type), values))
    return pa.table(arrays, schema=checked_schema(feed)).replace_schema_metadata()


def checked_schema(feed: Feed) -> Any:
    """The schema of checked/<feed>.parquet (docs/architecture.md); fields of the catalogue say their column."""
    fields = []
    for column in feed.columns.values():
        if column.name == "voided":
            continue
        names = [f"{column.name}_{end}" for end in ("earliest", "latest")] if column.type == "moment" else [column.name]
        kind = pa.int64() if column.type == "moment" else _TYPES.get(column.type, pa.string())
        fields += [pa.field(name, kind, metadata={"column": column.name}) for name in names]
    own = [pa.field("may_count", pa.bool_())] if feed.role == "report" else []
    if feed.name == "absences":  # filled where copies become one (validation/duplicates.py)
        own = [pa.field(name, pa.int64()) for name in AGAIN]
    return pa.schema(
        [*fields, *own, *(pa.field(name, pa.string()) for name in _NAMES), pa.field("source_row", pa.int64())]
    )


def _column_of(field: Any) -> str:
    return str(field.metadata[b"column"].decode()) if field.metadata else str(field.name)


def _typed_column(field: Any, typed: Any) -> Any:
    if field.name in AGAIN:
        return pa.nulls(len(typed), field.type)
    is_read = field.metadata and field.type in _TYPES.values()
    return typed[f"{field.name}_value" if is_read else field.name].combine_chunks().cast(field.type)


def ages(born: Any, earliest: Any, latest: Any, zone: str) -> Any:
    """Completed years on the local date of an event's earliest end; -1 when surely born after the event.

    Args:
        born: date32.
        earliest: the event's earliest end, int64 epoch seconds UTC.
        latest: its latest end.
        zone: IANA zone of the local date.

    Returns:
        int64 with nulls where either is unknown. A birth inside the event's span counts as age 0.
    """
    on = local_dates(earliest, zone)
    had_birthday = pc.greater_equal(_month_day(on), _month_day(born))
    years = pc.subtract(pc.year(on), pc.year(born))
    years = pc.max_element_wise(pc.if_else(had_birthday, years, pc.subtract(years, 1)), 0, skip_nulls=False)
    birth = parse_moments(pc.strftime(born, format="%Y-%m-%d"), zone).earliest
    return pc.if_else(pc.greater(birth, latest), pa.scalar(-1, pa.int64()), years)


def _month_day(days: Any) -> Any:
    return pc.add(pc.multiply(pc.month(days), 100), pc.day(days))
