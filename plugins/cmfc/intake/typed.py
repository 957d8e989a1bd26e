"""Gives a pulled feed its types, beside the text, so that the suites can look at both (spec 1, 2.1)."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cmfc.feeds.catalog import Feed
from cmfc.feeds.moments import local_dates, parse_bools, parse_dates, parse_moments
from cmfc.intake.mapping import AgencyMapping

_TYPES = {"date": pa.date32(), "bool": pa.bool_()}


def type_feed(feed: Feed, pulled: Any, mapping: AgencyMapping, pulled_at: int) -> Any:
    """Add to the text columns what the door derives from them.

    Returns:
        The table with, for a column `x`: a moment's `x_earliest` and `x_latest` (int64 seconds), a date's or bool's
        `x_value`, their `x_is_readable`; and `age`, where the feed has a birth date: completed years at the row's
        begin (children: at the pull), -1 when surely born after it.
    """
    found: dict[str, Any] = {name: pulled[name].combine_chunks() for name in pulled.column_names}
    for column in feed.columns.values():
        name, text = column.name, found[column.name]
        if column.type == "moment":
            spec = mapping.feeds[feed.name].column(name)
            moments = parse_moments(
                text,
                mapping.zone_of(feed.name, name),
                is_utc=spec.utc,
                midnight_means_date_only=spec.midnight_means_date_only,
            )
            found[f"{name}_earliest"], found[f"{name}_latest"] = moments.earliest, moments.latest
            found[f"{name}_is_readable"] = pc.invert(moments.is_bad)
        elif column.type in _TYPES:
            found[f"{name}_value"], is_bad = parse_dates(text) if column.type == "date" else parse_bools(text)
            found[f"{name}_is_readable"] = pc.invert(is_bad)
    if "date_of_birth" in feed.columns:
        now = pa.array(np.full(len(pulled), pulled_at))
        earliest, latest = (found[f"{feed.begins}_{end}"] if feed.begins else now for end in ("earliest", "latest"))
        found["age"] = ages(found["date_of_birth_value"], earliest, latest, mapping.zone)
    return pa.table(found)


def accepted_columns(feed: Feed, typed: Any, nulled: dict[str, Any]) -> Any:
    """The checked table: typed columns in catalogue order, null where `nulled` (bool arrays by column) says so."""
    arrays = []
    for field in checked_schema(feed):
        column = field.metadata[b"column"].decode() if field.metadata else field.name
        source = f"{field.name}_value" if field.type in _TYPES.values() else field.name
        values = typed[source].combine_chunks().cast(field.type)
        mask = nulled.get(column)
        arrays.append(values if mask is None else pc.if_else(pa.array(mask), pa.scalar(None, field.type), values))
    return pa.table(arrays, schema=checked_schema(feed)).replace_schema_metadata()


def checked_schema(feed: Feed) -> Any:
    """The schema of checked/<feed>.parquet (docs/architecture.md)."""
    fields = []
    for column in feed.columns.values():
        if column.name == "voided":
            continue
        names = [f"{column.name}_{end}" for end in ("earliest", "latest")] if column.type == "moment" else [column.name]
        kind = pa.int64() if column.type == "moment" else _TYPES.get(column.type, pa.string())
        fields += [pa.field(name, kind, metadata={"column": column.name}) for name in names]
    return pa.schema([*fields, pa.field("source_row", pa.int64())])


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
