"""What the first rows of a feed say about its mapping: shares and counts, never a value (spec 1)."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from cmfc.ingest.cleaning import without_endless
from cmfc.ingest.mapping import AgencyMapping
from cmfc.ingest.readers import Chunk
from cmfc.ingest.translate import Translation
from cmfc.ingest.voids import Voids
from cmfc.privacy.redact import show_codes
from cmfc.timing.moments import parse_bools, parse_dates, parse_moments

SAMPLE_ROWS = 1_000
_MIDNIGHT = r"[T ]00:00(:00([.,]0+)?)?\s?([Zz]|[+-]\d\d(:?\d\d)?)?$"
_MANY, _SHARE = 5, 0.1
"""Midnights are a habit and no chance from so many values and so large a share on; a minute in 1,440 is midnight."""
_OPEN_SHARE = 0.9
"""Of the rows without an end: where so many are voided, the flag may say what is active."""


@dataclass(frozen=True)
class Sample:
    """What the first rows say.

    Attributes:
        readable: per column of times or dates, the share of its filled values that can be read; None: none is filled.
        unknown_codes: per column, native codes that the mapping does not list as they may be shown, with their rows.
        keys_shared: rows whose key stands in another row too.
        keys_empty: rows without a key.
        children_found: share of the filled `child_id` that are on file; None: not known.
        midnights: per column of times whose midnights count as times, the share of its readable values that are one.
    """

    rows: int
    readable: dict[str, float | None]
    unknown_codes: dict[str, dict[str, int]]
    keys_shared: int
    keys_empty: int
    children_found: float | None
    midnights: dict[str, float]


def describe_sample(
    translation: Translation, mapping: AgencyMapping, chunk: Chunk, ids: Any, scratch: Path
) -> tuple[Sample, tuple[str, ...]]:
    """Describe some rows of a feed; give counts and shares, and sentences about them for a person.

    Args:
        translation: of the feed, fresh.
        mapping: the agency's mapping.
        chunk: the rows.
        ids: all ids of children on file; None: not known.
        scratch: a folder with `pulled/children.parquet`, whose names no code may show.
    """
    feed, table = translation.feed, translation.translate(chunk)
    hints: list[str] = []
    readable, midnights = _times(translation, mapping, table, hints)
    unknown = _shown(translation, scratch)
    for name, codes in unknown.items():
        listing = ", ".join(f"{code} ({rows})" for code, rows in codes.items())
        hints.append(f"{name} has codes that are not in its table, with their rows: {listing}.")
    empty, shared = _keys(table[feed.key].combine_chunks())
    if empty or shared:
        hints.append(f"Of {len(table)} rows {empty} have no {feed.key}, and {shared} share theirs with another row.")
    _voids(translation, table, hints)
    share = _children(feed.name, table, ids, hints)
    return Sample(len(table), readable, unknown, shared, empty, share, midnights), tuple(hints)


def _times(
    translation: Translation, mapping: AgencyMapping, table: Any, hints: list[str]
) -> tuple[dict[str, float | None], dict[str, float]]:
    feed, spec = translation.feed, translation.mapping.columns
    readable: dict[str, float | None] = {}
    midnights: dict[str, float] = {}
    for column in (column for column in feed.of_type("moment", "date") if column.name in spec):
        text = table[column.name].combine_chunks()
        filled = len(text) - text.null_count
        good = filled - _unreadable(mapping, feed.name, column.name, column.type, text)
        readable[column.name] = _share(good, filled)
        if good < filled:
            kind = "dates" if column.type == "date" else "times"
            sentence = f"{_percent(good, filled)} of {filled} values of {column.name} can be read as {kind}"
            hints.append(f"{sentence}; look at its `format`.")
        if column.type == "moment" and not spec[column.name].midnight_means_date_only and good:
            many = int(pc.sum(pc.match_substring_regex(text, _MIDNIGHT)).as_py() or 0)
            midnights[column.name] = many / good
            if many >= _MANY and midnights[column.name] >= _SHARE:
                sentence = f"{_percent(many, good)} of the times in {column.name} are midnight"
                hints.append(f"{sentence}; if that means only the day is known, say midnight_means_date_only: true.")
    return readable, midnights


def _unreadable(mapping: AgencyMapping, feed: str, column: str, kind: str, text: Any) -> int:
    spec, zone = mapping.feeds[feed].column(column), mapping.zone_of(feed, column)
    if kind == "date":
        is_bad = parse_dates(text, zone, is_utc=spec.utc)[1]
    else:
        midnights = spec.midnight_means_date_only
        is_bad = parse_moments(text, zone, is_utc=spec.utc, midnight_means_date_only=midnights).is_bad
    return int(pc.sum(is_bad).as_py() or 0)


def _shown(translation: Translation, scratch: Path) -> dict[str, dict[str, int]]:
    labels = show_codes((code for codes in translation.unknown.values() for code in codes), scratch)
    rows_of_code: dict[str, dict[str, int]] = {}
    for column, codes in sorted(translation.unknown.items()):
        merged = Counter[str]()
        for code in sorted(codes, key=lambda code: (-codes[code], labels[code])):
            merged[labels[code]] += codes[code]  # two hidden ones may share a hash
        rows_of_code[column] = dict(merged)  # a Counter does not survive dataclasses.asdict
    return rows_of_code


def _keys(keys: Any) -> tuple[int, int]:
    """Rows without a key, and rows that share theirs."""
    counts = pc.value_counts(keys.drop_null())
    shared = sum(pair["counts"] for pair in counts.to_pylist() if pair["counts"] > 1)
    return keys.null_count, shared


def _voids(translation: Translation, table: Any, hints: list[str]) -> None:
    if "voided" not in translation.mapping.columns:
        return
    is_voided, _ = parse_bools(table["voided"].combine_chunks())
    voided = int(pc.sum(is_voided).as_py() or 0)
    if voided > translation.mapping.most_voided * len(table):
        hints.append(f"{voided} of {len(table)} rows are voided; is voided mapped the right way round?")
    elif "ended_at" in translation.feed.columns and translation.mapping.most_voided < 1:
        _open_voids(pc.fill_null(is_voided, False), table["ended_at"].combine_chunks(), hints)


def _open_voids(is_voided: Any, ends: Any, hints: list[str]) -> None:
    voids = Voids.of(is_voided, without_endless(ends))
    if voids.follow_the_end(_OPEN_SHARE):
        what = f"{voids.still_open} of {voids.open_rows} rows without an end are voided, and {voids.ended}"
        hints.append(f"{what} of {voids.ended_rows} with one; is voided mapped to a flag that says what is active?")


def _children(feed: str, table: Any, ids: Any, hints: list[str]) -> float | None:
    if feed == "children" or ids is None:
        return None
    theirs = table["child_id"].combine_chunks().drop_null()
    on_file = int(pc.sum(pc.is_in(theirs, value_set=ids.drop_null())).as_py() or 0)
    if on_file < len(theirs):
        sentence = f"{_percent(on_file, len(theirs))} of {len(theirs)} child ids are ids of children on file"
        remedy = "`pad` gives zeros back, `whole_number` takes `.0` off"
        hints.append(f"{sentence}; are they written as in children? {remedy}.")
    return _share(on_file, len(theirs))


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _percent(part: int, whole: int) -> str:
    """Never 100 % of what is not all, nor 0 % of what is there."""
    exact = 100 * part / whole
    rounded = min(max(round(exact), 1 if part else 0), 99 if part < whole else 100)
    return f"{rounded} %"
