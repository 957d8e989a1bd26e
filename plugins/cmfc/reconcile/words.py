"""The few words that the SQL steps use beyond standard SQL, in DuckDB's dialect (another engine gives its own)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

FOREVER = 253402300799
SEPARATOR = "chr(31)"
"""Between the records that something rests on, until they are written: ids may hold a semicolon."""
PACKING = 131072
"""A source moment spans at most 25 h = 90,000 s, so it packs into one integer that sorts by earliest, then latest."""

VERDICT = """CASE
    WHEN limit_seconds IS NULL THEN 'no_rule'
    WHEN done_earliest IS NOT NULL THEN CASE
        WHEN done_latest - start_earliest <= limit_seconds THEN 'met'
        WHEN done_earliest - start_latest > limit_seconds THEN 'late'
        ELSE 'undetermined' END
    WHEN closed_latest <= start_earliest + limit_seconds THEN 'ended_first'
    WHEN as_of - start_latest > limit_seconds THEN 'missing'
    WHEN as_of - start_earliest <= limit_seconds THEN 'pending'
    ELSE 'undetermined' END"""
"""Spec 2.1: elapsed time against a limit. Never a boolean and never a guess."""

WORDS = {
    "forever()": str(FOREVER),
    "whole_days(seconds)": "CAST(floor(seconds / 86400.0) AS BIGINT)",
    "packed(earliest, latest)": f"earliest * {PACKING} + (latest - earliest)",
    "earliest_of(moment)": f"CAST(floor(moment / {PACKING}) AS BIGINT)",
    "latest_of(moment)": f"earliest_of(moment) + moment % {PACKING}",
    # In no order and with doubles, which cost much here: every output goes through sorted_evidence or sentence_of.
    "joined(item)": f"string_agg(item, {SEPARATOR})",
    "with_evidence(a, b)": f"concat_ws({SEPARATOR}, a, b)",
    "items_of(items)": f"list_sort(list_distinct(string_split(items, {SEPARATOR})))",
    "escaped(item)": "replace(replace(item, '\\', '\\\\'), ';', '\\;')",
    "sorted_evidence(items)": "array_to_string([escaped(item) FOR item IN items_of(items)], ';')",
    "sentence_of(items)": "array_to_string(items_of(items), ', ')",
    # What a record is called, with its feed and as the row that names an episode (intake/identity.py).
    "record_name(feed, id)": "CASE WHEN starts_with(id, feed || '#') THEN id ELSE feed || ':' || id END",
    "row_name(kind, id)": "CASE WHEN starts_with(id, kind || 's#') THEN id ELSE kind || ':' || id END",
    "plain_name(name)": "nullif(lower(trim(name)), '')",
    "digest20(item)": "substr(sha256(item), 1, 20)",
    "completed_years(born, on_day)": (
        "extract(year FROM DATE '1970-01-01' + CAST(on_day AS INTEGER)) - extract(year FROM born)"
        " - CASE WHEN extract(month FROM DATE '1970-01-01' + CAST(on_day AS INTEGER)) * 100"
        " + extract(day FROM DATE '1970-01-01' + CAST(on_day AS INTEGER))"
        " < extract(month FROM born) * 100 + extract(day FROM born) THEN 1 ELSE 0 END"
    ),
    "is_leap_born(born)": "extract(month FROM born) = 2 AND extract(day FROM born) = 29",
    "birthday(born, years)": (
        "date_diff('day', DATE '1970-01-01', make_date(extract(year FROM born) + years,"
        " CASE WHEN is_leap_born(born) THEN 3 ELSE extract(month FROM born) END,"
        " CASE WHEN is_leap_born(born) THEN 1 ELSE extract(day FROM born) END))"
    ),
    "hours_text(seconds)": "CAST(CAST(seconds / 3600.0 AS DECIMAL(14, 1)) AS VARCHAR)",
    "verdict(start_earliest, start_latest, done_earliest, done_latest, closed_latest, as_of, limit_seconds)": VERDICT,
}


def local_day_word(zone: str) -> str:
    """`local_day(moment)`: days since 1970-01-01 of an instant's local date in the zone, from Python's zone data."""
    offsets = _offsets(ZoneInfo(zone))
    branches = " ".join(f"WHEN moment >= {start} THEN {offset}" for start, offset in reversed(offsets))
    shifted = f"moment + CASE {branches} ELSE {offsets[0][1]} END"
    return f"CAST(floor(({shifted}) / 86400.0) AS BIGINT)"


def _offsets(zone: ZoneInfo, first: int = 1970, last: int = 2070) -> list[tuple[int, int]]:
    """Every change of the zone's UTC offset: (from epoch seconds, offset seconds), found by bisection."""
    at = datetime(first, 1, 1, tzinfo=UTC)
    found = [(int(at.timestamp()), _offset(at, zone))]
    while at.year < last:
        following = at + timedelta(days=7)
        if _offset(following, zone) != found[-1][1]:
            low, high = int(at.timestamp()), int(following.timestamp())
            while high - low > 1:
                middle = (low + high) // 2
                if _offset(datetime.fromtimestamp(middle, UTC), zone) == found[-1][1]:
                    low = middle
                else:
                    high = middle
            found.append((high, _offset(datetime.fromtimestamp(high, UTC), zone)))
        at = following
    return found


def _offset(at: datetime, zone: ZoneInfo) -> int:
    shift = at.astimezone(zone).utcoffset()
    assert shift is not None
    return int(shift.total_seconds())
