"""What the checks can only say once every feed is at hand (spec 1)."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cmfc.errors import InputError
from cmfc.feeds.catalog import Feed, feeds
from cmfc.ingest.mapping import AgencyMapping
from cmfc.ingest.pulled import UnknownCode, unknown_headers
from cmfc.ingest.text import UNREADABLE
from cmfc.ingest.translate import UNLISTED
from cmfc.privacy.redact import show_codes, show_columns
from cmfc.storage.layout import accepted_file, quarantine_file, snapshot_file
from cmfc.timing.clock import local_midnight
from cmfc.timing.moments import parse_bools, parse_moments
from cmfc.validation.breach import Breach
from cmfc.validation.contract import broken_ids
from cmfc.validation.quarantine import ORDER, list_breaches
from cmfc.validation.result import CheckedFeed, load_checked, refuse, write_checked, write_record
from cmfc.validation.suites import OLDEST
from cmfc.validation.types import FIRST_DAY, ages

_EVENTS = ("custody", "placements", "absences")
_BIRTH_IS_WRONG = ("placements", "absences")
"""Where a begin before the birth makes the birth date the bad field; elsewhere the time is."""


def validate_across_feeds(folder: Path, mapping: AgencyMapping) -> dict[str, CheckedFeed]:
    """Hold birth dates and times against each other; show unknown codes and columns, now that names on file are known.

    Doing it again changes nothing.

    Returns:
        What the checks say in the end, by feed.

    Raises:
        InputError: CMFC-I02, a feed without which the night cannot go on has the ids of children in another spelling.
    """
    on_file = pc.unique(pq.read_table(accepted_file(folder, "children"), columns=["child_id"])["child_id"])
    plain = pc.value_counts(_plain_ids(on_file))
    checked = {name: load_checked(name, folder) for name in feeds()}
    checked = _refuse_other_spellings(folder, checked, on_file, plain.field("values"))
    children = _note_alike(folder, checked["children"], plain.field("counts"))
    checked["children"] = _null_implausible_births(folder, mapping, children)
    births, first_instant = _births(folder, mapping.zone), local_midnight(FIRST_DAY, mapping.zone)
    for name, feed in feeds().items():
        if feed.begins and checked[name].status == "ok" and len(births):
            checked[name] = _empty_times_before_birth(folder, feed, checked[name], births, first_instant)
        if checked[name].unknown_codes or checked[name].unknown_columns:
            result = replace(checked[name], unknown_columns=_columns_shown_again(checked[name], folder))
            checked[name] = replace(result, unknown_codes=_shown_again(feed, folder) if result.unknown_codes else ())
            write_record(folder, checked[name])
    return checked


def _refuse_other_spellings(
    folder: Path, checked: dict[str, CheckedFeed], on_file: Any, plain_on_file: Any
) -> dict[str, CheckedFeed]:
    """A feed with the ids of children in another spelling than theirs cannot be used: no row would find its child."""
    # What was refused here before is refused again, when an engine runs this step alone.
    faults = [" ".join(c.broken) for name, c in checked.items() if c.broken and feeds()[name].role == "agency"]
    for name, feed in feeds().items():
        ids = pc.unique(pq.read_table(accepted_file(folder, name), columns=["child_id"])["child_id"]).drop_null()
        unknown = ids.filter(pc.invert(pc.is_in(ids, value_set=on_file)))
        alike = pc.sum(pc.is_in(_plain_ids(unknown), value_set=plain_on_file)).as_py() or 0
        if broken := broken_ids(feed, checked[name].source, alike, len(ids)):
            try:
                checked[name] = refuse(feed, folder, checked[name], broken)
            except InputError as fault:
                faults.append(fault.message)
    if faults:
        raise InputError("CMFC-I02", " ".join(faults))
    return checked


def _note_alike(folder: Path, children: CheckedFeed, counts: Any) -> CheckedFeed:
    """Notes how many children nobody could tell apart by an id that lost its zeros; `counts`: ids of each plain one."""
    alike = int(pc.sum(counts.filter(pc.greater(counts, 1))).as_py() or 0)
    if alike == children.alike:
        return children
    counted = replace(children, alike=alike)
    write_record(folder, counted)
    return counted


def _plain_ids(ids: Any) -> Any:
    """Ids without signs, a fraction of nothing, capitals, and zeros before a number."""
    for pattern, instead in ((r"\.0+$", ""), (r"[^\pL\d]", ""), (r"(^|\pL)0+(\d)", r"\1\2")):
        ids = pc.replace_substring_regex(ids, pattern=pattern, replacement=instead)
    return pc.utf8_lower(ids)


def _null_implausible_births(folder: Path, mapping: AgencyMapping, checked: CheckedFeed) -> CheckedFeed:
    """Born surely after a placement or an absence, or 27 or older at an event: the birth date is null from here on."""
    children = pq.read_table(accepted_file(folder, "children"))
    if not len(children):
        return checked
    born = children["date_of_birth"].combine_chunks()
    last = _span_of(_EVENTS, folder, children, "earliest", "max")
    first = _span_of(_BIRTH_IS_WRONG, folder, children, "latest", "min")
    age_at_last, age_at_first = ages(born, last, last, mapping.zone), ages(born, first, first, mapping.zone)
    is_wrong = pc.fill_null(pc.or_kleene(pc.greater(age_at_last, OLDEST), pc.less(age_at_first, 0)), False)
    if not pc.any(is_wrong).as_py():
        return checked
    rows = children["source_row"].filter(is_wrong).to_numpy()
    breach = Breach("birth_date_implausible", "date_of_birth", "field", rows)
    births = pc.if_else(is_wrong, pa.scalar(None, pa.date32()), born)
    corrected = children.set_column(children.column_names.index("date_of_birth"), "date_of_birth", births)
    return _write(folder, feeds()["children"], checked, children, corrected, [breach])


def _span_of(names: tuple[str, ...], folder: Path, children: Any, end: str, how: str) -> Any:
    """Per child the first or last begin of its rows in these feeds; null for none."""
    tables = []
    for name in names:
        column = f"{feeds()[name].begins}_{end}"
        table = pq.read_table(accepted_file(folder, name), columns=["child_id", column])
        tables.append(table.select(["child_id", column]).rename_columns(["child_id", "begin"]))
    span = pa.concat_tables(tables).group_by("child_id").aggregate([("begin", how)])
    place = pc.index_in(children["child_id"].combine_chunks(), value_set=span["child_id"].combine_chunks())
    return span[f"begin_{how}"].combine_chunks().take(place)


def _births(folder: Path, zone: str) -> Any:
    """The children with a birth date, and the instant their day of birth begins."""
    children = pq.read_table(accepted_file(folder, "children"), columns=["child_id", "date_of_birth"])
    children = children.filter(pc.is_valid(children["date_of_birth"])).combine_chunks()
    text = pc.strftime(children["date_of_birth"], format="%Y-%m-%d")
    return pa.table({"child_id": children["child_id"], "born": parse_moments(text, zone).earliest})


def _empty_times_before_birth(
    folder: Path, feed: Feed, checked: CheckedFeed, births: Any, first_instant: int
) -> CheckedFeed:
    """A time surely before the child's birth is empty (spec 1, An implausible time).

    A custody row then begins at the birth. A row that cannot be without the time is set aside. Begins of placements and
    absences made the birth date the bad field; a report before the birth is of no episode (ID-02).
    """
    table = pq.read_table(accepted_file(folder, feed.name))
    place = pc.index_in(table["child_id"].combine_chunks(), value_set=births["child_id"].combine_chunks())
    born = births["born"].combine_chunks().take(place)
    corrected, breaches, out = table, [], np.zeros(len(table), dtype=np.bool_)
    for column in feed.of_type("moment"):
        if column.name == feed.begins and feed.role == "report":
            continue
        latest = table[f"{column.name}_latest"].combine_chunks()
        is_early = pc.fill_null(pc.less(latest, born), False)
        if not pc.any(is_early).as_py():
            continue
        goes = column.row_stops and feed.name != "custody"
        # What typing put in place of a sentinel was counted there, and is not listed one by one.
        rows = table["source_row"].filter(pc.and_(is_early, pc.not_equal(latest, first_instant))).to_numpy()
        if len(rows):
            breaches.append(Breach("before_the_birth", column.name, "row" if goes else "field", rows, "medium"))
        instead = born if column.name == feed.begins else pa.scalar(None, pa.int64())
        for name in (f"{column.name}_earliest", f"{column.name}_latest"):
            values = pc.if_else(is_early, instead, corrected[name].combine_chunks())
            corrected = corrected.set_column(corrected.column_names.index(name), name, values)
        if goes:
            out |= is_early.to_numpy(zero_copy_only=False)
    if corrected is table:
        return checked
    return _write(folder, feed, checked, table, corrected.filter(pa.array(~out)), breaches, out)


def _write(
    folder: Path,
    feed: Feed,
    checked: CheckedFeed,
    rows: Any,
    corrected: Any,
    breaches: list[Breach],
    out: Any = None,
) -> CheckedFeed:
    """Write a feed again, with what was set aside only now."""
    is_out = np.zeros(len(rows), dtype=np.bool_) if out is None else out
    named = rows.append_column("child", rows["child_id"])
    fresh = list_breaches(feed, checked.source, named, breaches, is_out)
    lines = pa.concat_tables([pq.read_table(quarantine_file(folder, feed.name)), fresh])
    counted, out_count = checked.accounting, int(is_out.sum())
    accounting = replace(counted, accepted=counted.accepted - out_count, quarantined=counted.quarantined + out_count)
    fields = int(pc.sum(pc.equal(lines["effect"], "field")).as_py() or 0)
    checked = replace(checked, accounting=accounting, fields_set_aside=fields)
    write_checked(folder, checked, corrected, lines.sort_by(ORDER))
    return checked


def _columns_shown_again(checked: CheckedFeed, folder: Path) -> tuple[str, ...]:
    """Headers that the mapping does not know, and columns without one that hold data."""
    headers = unknown_headers(checked.feed, folder) if checked.sha256 else []
    return (*show_columns(headers, folder), *checked.unknown_columns[len(headers) :])


def _shown_again(feed: Feed, folder: Path) -> tuple[UnknownCode, ...]:
    """Count the unknown codes from the snapshot, which keeps them as they came, and name the rows of a kind's."""
    columns = [column.name for column in feed.of_type("code", "bool")]
    pulled = pq.read_table(snapshot_file(folder, feed.name), columns=[*columns, "source_row"])
    lines = pq.read_table(quarantine_file(folder, feed.name))
    counts: Counter[tuple[str, str]] = Counter()
    rows: dict[tuple[str, str], list[int]] = {}
    for column in feed.of_type("code", "bool"):
        values = pulled[column.name].combine_chunks()
        mask = pc.is_in(values, value_set=pa.array([*column.codes, UNREADABLE], pa.string()))
        is_unknown = parse_bools(values)[1] if column.type == "bool" else pc.and_(pc.is_valid(values), pc.invert(mask))
        unknown = values.filter(is_unknown)
        for pair in pc.value_counts(unknown).to_pylist():
            counts[column.name, pair["values"].removeprefix(UNLISTED)] += pair["counts"]
        if column.name == feed.kind:
            for code, row in zip(unknown.to_pylist(), pulled["source_row"].filter(is_unknown).to_pylist(), strict=True):
                rows.setdefault((column.name, code.removeprefix(UNLISTED)), []).append(row)
    labels = show_codes((code for _, code in counts), folder)
    merged: dict[tuple[str, str], UnknownCode] = {}
    for (name, code), count in sorted(counts.items()):
        there = merged.get((name, labels[code]))
        named = _named(lines, [*rows.get((name, code), ())])
        merged[name, labels[code]] = _together(there, UnknownCode(name, labels[code], count, **named))
    return tuple(merged[key] for key in sorted(merged))


def _together(there: UnknownCode | None, more: UnknownCode) -> UnknownCode:
    if there is None:
        return more
    return replace(
        more,
        rows=there.rows + more.rows,
        records=tuple(sorted({*there.records, *more.records})),
        children=tuple(sorted({*there.children, *more.children})),
        is_open=there.is_open or more.is_open,
    )


def _named(lines: Any, rows: list[int]) -> dict[str, Any]:
    some = lines.filter(pc.is_in(lines["row"], value_set=pa.array(rows, pa.int64())))
    return {
        "records": tuple(sorted(set(some["record"].to_pylist()))),
        "children": tuple(sorted(set(some["child_id"].drop_null().to_pylist()))),
        "is_open": bool(pc.any(some["is_open"]).as_py()),
    }
