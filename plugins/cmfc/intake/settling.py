"""What the door can only say once every feed has been checked (spec 1)."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cmfc.feeds.catalog import Feed, feeds
from cmfc.feeds.moments import parse_bools
from cmfc.intake.canonical import UNLISTED
from cmfc.intake.checked import CheckedFeed, load_checked, write_checked, write_record
from cmfc.intake.gate import Breach
from cmfc.intake.mapping import AgencyMapping
from cmfc.intake.quarantine import ORDER, list_breaches
from cmfc.intake.snapshot import UnknownCode
from cmfc.intake.suites import OLDEST
from cmfc.intake.typed import ages
from cmfc.intake.unknowns import show_codes

_EVENTS = ("custody", "placements", "absences")


def settle(folder: Path, mapping: AgencyMapping) -> dict[str, CheckedFeed]:
    """Hold birth dates against events, and show unknown codes now that the names on file are known.

    Doing it again changes nothing.

    Returns:
        What the door says in the end, by feed.
    """
    checked = {name: load_checked(name, folder) for name in feeds()}
    checked["children"] = _null_implausible_births(folder, mapping, checked["children"])
    for name, said in checked.items():
        if said.unknown_codes:
            checked[name] = replace(said, unknown_codes=_shown_again(feeds()[name], folder))
            write_record(folder, checked[name])
    return checked


def _null_implausible_births(folder: Path, mapping: AgencyMapping, said: CheckedFeed) -> CheckedFeed:
    """Born surely after an event, or 27 or older at one: the birth date is null from here on (then CV-05)."""
    children = pq.read_table(folder / "checked" / "children.parquet")
    if not len(children):
        return said
    events = pa.concat_tables([_events_of(feeds()[name], folder) for name in _EVENTS])
    span = events.group_by("child_id").aggregate([("earliest", "max"), ("latest", "min")])
    place = pc.index_in(children["child_id"].combine_chunks(), value_set=span["child_id"].combine_chunks())
    last, first = (span[name].combine_chunks().take(place) for name in ("earliest_max", "latest_min"))
    born = children["date_of_birth"].combine_chunks()
    age_at_last = ages(born, last, last, mapping.zone)
    age_at_first = ages(born, first, first, mapping.zone)
    is_wrong = pc.fill_null(pc.or_kleene(pc.greater(age_at_last, OLDEST), pc.less(age_at_first, 0)), False)
    if not pc.any(is_wrong).as_py():
        return said
    rows = children["source_row"].filter(is_wrong).to_numpy()
    breach = Breach("birth_date_implausible", "date_of_birth", "field", rows)
    nobody = np.zeros(len(children), dtype=np.bool_)
    fresh = list_breaches(feeds()["children"], said.source, children, [breach], nobody)
    lines = pa.concat_tables([pq.read_table(folder / "checked" / "quarantine.children.parquet"), fresh])
    kept = pc.if_else(is_wrong, pa.scalar(None, pa.date32()), born)
    children = children.set_column(children.column_names.index("date_of_birth"), "date_of_birth", kept)
    said = replace(said, fields_set_aside=said.fields_set_aside + len(fresh))
    write_checked(folder, said, children, lines.sort_by(ORDER))
    return said


def _events_of(feed: Feed, folder: Path) -> Any:
    names = ["child_id", f"{feed.begins}_earliest", f"{feed.begins}_latest"]
    table = pq.read_table(folder / "checked" / f"{feed.name}.parquet", columns=names)
    return table.select(names).rename_columns(["child_id", "earliest", "latest"])


def _shown_again(feed: Feed, folder: Path) -> tuple[UnknownCode, ...]:
    """Count the unknown codes from the snapshot, which keeps them as they came."""
    pulled = pq.read_table(folder / "pulled" / f"{feed.name}.parquet")
    found: Counter[tuple[str, str]] = Counter()
    for column in feed.of_type("code", "bool"):
        values = pulled[column.name].combine_chunks()
        known = pc.is_in(values, value_set=pa.array(column.codes, pa.string()))
        is_unknown = parse_bools(values)[1] if column.type == "bool" else pc.and_(pc.is_valid(values), pc.invert(known))
        for pair in pc.value_counts(values.filter(is_unknown)).to_pylist():
            found[column.name, pair["values"].removeprefix(UNLISTED)] += pair["counts"]
    shown = show_codes((code for _, code in found), folder)
    merged: Counter[tuple[str, str]] = Counter()
    for (column_name, code), rows in found.items():
        merged[column_name, shown[code]] += rows
    return tuple(UnknownCode(column, code, rows) for (column, code), rows in sorted(merged.items()))
