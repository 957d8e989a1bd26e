"""Native values as text: what a pulled snapshot holds before validation gives types (docs/architecture.md)."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from types import NoneType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

UNREADABLE = "\ufdd0"
"""Stands for a cell that holds something that cannot be read: no text that anybody writes (a noncharacter)."""
_BITS = {b"\x00": "0", b"\x01": "1"}
"""True and false of a database whose driver gives a BIT column as bytes (MySQL)."""
INFINITY = "infinity"
"""Stands for a time without end, as PostgreSQL writes it."""

_FIRST_SECOND, _END_SECOND = -62_135_596_800, 253_402_300_800
"""0001-01-01 and 10000-01-01, in epoch seconds UTC."""
_MOST_DIGITS = 400
_EXACT = 2.0**53
"""From here on, neighbouring whole numbers are one floating-point number."""
_EXACT_IN = {pa.float16(): 2.0**11, pa.float32(): 2.0**24}
"""The same of shorter ones."""
_DATABASE_TIME = re.compile(r"(\d{4}-\d\d-\d\d)(?: (\d\d:\d\d:\d\d)(?:\.\d+)?([+-]\d\d)?(:\d\d(?::\d\d)?)?)?", re.ASCII)


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
    try:
        if isinstance(value, bytes | bytearray | memoryview):
            return _BITS.get(bytes(value)) or _decoded(bytes(value))
        if isinstance(value, Sequence | set | frozenset):
            return ";".join(text for text in map(text_of, value) if text)
        return str(value)
    except ValueError:  # a whole number of thousands of digits
        return UNREADABLE


def texts_of(values: Sequence[Any], *, has_bits: bool) -> Sequence[str | bytes | None]:
    """The values of a column as text, or as UTF-8 for `text_array`; most columns are taken as they come.

    Args:
        values: as the driver gives them.
        has_bits: the database gives BIT columns as bytes. Where it does not, a control character in a text is none.
    """
    kinds = set(map(type, values)) - {NoneType}
    if kinds <= {str} or (kinds == {bytes} and not (has_bits and any(bit in values for bit in _BITS))):
        return values
    return [_decoded(value) if isinstance(value, bytes) and not has_bits else text_of(value) for value in values]


def text_of_database_time(value: str | None) -> str | None:
    """A date or time as PostgreSQL writes it (ISO style), as `text_of` would write it."""
    if value is None:
        return None
    if len(value) == 19 and value[10] == " ":
        return f"{value[:10]}T{value[11:]}"
    if value == INFINITY:
        return value
    fit = _DATABASE_TIME.fullmatch(value)
    if fit is None:  # before Christ, after 9999, minus infinity
        return UNREADABLE
    day, clock, hours, minutes = fit.groups()
    if clock is None:
        return day if hours is None else UNREADABLE
    return f"{day}T{clock}" + (f"{hours}{minutes or ':00'}" if hours else "")


def text_of_real(value: str | None) -> str | None:
    """A float of four bytes as a database writes it, as `text_of` would; from 2 to the 24th on it was rounded."""
    if value is None:
        return None
    number = float(value)
    is_rounded = _EXACT_IN[pa.float32()] <= abs(number) < float("inf")
    return rounded_text(number) if is_rounded else text_of(number)


def text_array(values: Sequence[str | bytes | None]) -> Any:
    """Texts as an Arrow array; half a surrogate pair cannot be written, nor bytes that are no UTF-8."""
    try:
        return pa.array(values, pa.string())
    except (UnicodeEncodeError, pa.ArrowInvalid):
        texts = (_decoded(value) if isinstance(value, bytes) else value for value in values)
        return pa.array([UNREADABLE if text and not _is_writable(text) else text for text in texts], pa.string())


def text_of_array(values: Any) -> Any:
    """An Arrow array as utf8, by the same rules as `text_of`."""
    kind = values.type
    if pa.types.is_dictionary(kind):
        return text_of_array(values.cast(kind.value_type))
    if pa.types.is_timestamp(kind):
        return _times(values, "%Y-%m-%dT%H:%M:%SZ" if kind.tz else "%Y-%m-%dT%H:%M:%S")
    if pa.types.is_date(kind):
        days = values.cast(pa.date32(), safe=False) if pa.types.is_date64(kind) else values
        return _times(days.cast(pa.int32()).cast(pa.int64()), "%Y-%m-%d", seconds_each=86_400)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return _whole_text(values)
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_null(kind):
        return values.cast(pa.string())
    exact = _EXACT_IN.get(kind, _EXACT)
    return text_array([_text_of_scalar(value, exact) for value in values])


def _times(values: Any, form: str, seconds_each: int = 1) -> Any:
    """Times or whole days as text; one before the year 1 or after 9999 cannot be read."""
    if pa.types.is_timestamp(values.type):
        per_second = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[values.type.unit]
        ticks = values.cast(pa.int64())
    else:
        per_second, ticks = 1, values
    numbers = ticks.fill_null(0).to_numpy(zero_copy_only=False)
    # Of a span without overflow: the bounds are divided, not the values multiplied.
    seconds = numbers // per_second
    low, end = _FIRST_SECOND // seconds_each, _END_SECOND // seconds_each
    is_late, is_early = seconds >= end, seconds < low
    fit = np.where(is_late | is_early, 0, seconds) * seconds_each
    text = pc.strftime(pa.array(fit, pa.timestamp("s"), mask=np.asarray(values.is_null())), format=form.rstrip("Z"))
    if form.endswith("Z"):
        text = pc.binary_join_element_wise(text, "Z", "")
    if is_late.any() or is_early.any():
        text = pc.if_else(pa.array(is_late | is_early), UNREADABLE, text)
    return text


def _whole_text(values: Any) -> Any:
    """Text that is UTF-8: Parquet calls bytes text without looking at them."""
    raw = values.cast(pa.large_binary() if pa.types.is_large_string(values.type) else pa.binary())
    try:
        return raw.cast(pa.string())
    except pa.ArrowInvalid:
        return text_array(raw.to_pylist())


def _text_of_scalar(value: Any, exact: float) -> str | None:
    try:
        plain = value.as_py()
        if isinstance(plain, float) and exact <= abs(plain) < float("inf"):
            return rounded_text(plain)
        return text_of(plain)
    except (ValueError, OverflowError):
        return UNREADABLE


def rounded_text(value: float) -> str:
    """A number that was rounded, so that several ids are it; written so, it is none (privacy/ids.py)."""
    return f"{value:.15e}"


def _number(value: float | Decimal) -> str | None:
    if isinstance(value, Decimal):
        if value.is_nan():
            return None
        if not value.is_finite() or abs(value.adjusted()) > _MOST_DIGITS:
            return UNREADABLE
    elif value != value:  # NaN is how frames write "nothing"
        return None
    elif value in (float("inf"), float("-inf")):
        return UNREADABLE
    elif abs(value) >= _EXACT:
        return rounded_text(value)
    return str(int(value)) if value == int(value) else str(value)


def _decoded(value: bytes) -> str:
    """Bytes of a text; a control character among them is no bit."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return UNREADABLE


def _is_writable(text: str) -> bool:
    return not any("\ud800" <= sign <= "\udfff" for sign in text)
