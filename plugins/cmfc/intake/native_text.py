"""Native values as text: what a pulled snapshot holds before the door gives types (docs/architecture.md)."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc


UNREADABLE = "\ufdd0"
"""A noncharacter: the text of a cell that holds something which cannot be read. It costs its cell, not the night."""


def text_of(value: Any) -> str | None:
    """One value as text: ISO 8601 times, true|false, lists joined by semicolons, whole numbers without a fraction."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float | Decimal):
        return _number(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).decode("utf-8")
    if isinstance(value, Sequence | set | frozenset):
        return ";".join(text for text in map(text_of, value) if text)
    return str(value)


def text_of_array(values: Any) -> Any:
    """An Arrow array as utf8, by the same rules as `text_of`."""
    kind = values.type
    if pa.types.is_dictionary(kind):
        return text_of_array(values.cast(kind.value_type))
    if pa.types.is_timestamp(kind):
        seconds = values.cast(pa.timestamp("s", tz=kind.tz), safe=False)
        return pc.strftime(_in_utc(seconds), format="%Y-%m-%dT%H:%M:%SZ" if kind.tz else "%Y-%m-%dT%H:%M:%S")
    if pa.types.is_date(kind):
        return pc.strftime(values.cast(pa.date32()), format="%Y-%m-%d")
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return values.cast(pa.string())
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_null(kind):
        return values.cast(pa.string())
    return pa.array([text_of(value) for value in values.to_pylist()], pa.string())


def _in_utc(values: Any) -> Any:
    return values.cast(pa.timestamp("s", tz="UTC")) if values.type.tz else values


def _number(value: float | Decimal) -> str | None:
    if value != value:  # NaN is how frames write "nothing"
        return None
    return str(int(value)) if value == int(value) else str(value)
