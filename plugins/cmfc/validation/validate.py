"""Validate a feed: what was pulled becomes accepted, typed rows and a list of what was set aside (spec 1).

The rule behind all of it: validation must not make a missing child disappear.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cmfc.errors import CmfcError
from cmfc.feeds.catalog import Feed, feeds
from cmfc.ingest.mapping import AgencyMapping
from cmfc.ingest.pulled import PulledFeed, load_pulled
from cmfc.ingest.text import UNREADABLE
from cmfc.storage.layout import pulled_folder, snapshot_file
from cmfc.validation.breach import Breach
from cmfc.validation.contract import (
    broken_keys,
    broken_rows,
    broken_sentences,
    broken_voids,
    open_voids,
    rows_before,
)
from cmfc.validation.duplicates import deduplicate
from cmfc.validation.gx import columns_of, is_by_row, run_suite
from cmfc.validation.identity import identify, name_keys, void_copies
from cmfc.validation.quarantine import list_breaches
from cmfc.validation.result import Accounting, CheckedFeed, LostColumn, refuse, write_checked, write_nothing
from cmfc.validation.suites import NOTED, SUITES, Expectation, load_suite
from cmfc.validation.types import accepted_columns, content_of, type_feed
from cmfc.validation.unread_columns import columns_not_delivered, unreadable_columns, without_lost

_ROWS = 100_000
"""Rows that leave Arrow at once: in a frame, 2 million placements would take 1.5 GiB."""


def validate_feed(
    feed_name: str,
    mapping: AgencyMapping,
    folder: Path,
    *,
    as_of: int,
    previous_rows: int | None = None,
    suites: Path = SUITES,
) -> CheckedFeed:
    """Validate one pulled feed and write `<folder>/checked/`.

    Args:
        feed_name: a feed of the catalogue; one that is not mapped is `absent`.
        mapping: the agency's mapping.
        folder: the night's folder.
        as_of: the night's instant, epoch seconds UTC; a parameter of the suites.
        previous_rows: rows of the last accepted pull, for the band.
        suites: folder of the suites.

    Raises:
        InputError: CMFC-I02, the contract of a feed without which the night cannot go on is broken; all sentences.
    """
    feed = feeds()[feed_name]
    if feed_name not in mapping.feeds:
        return write_nothing(feed, folder, CheckedFeed(feed_name, "absent"))
    pulled = load_pulled(feed_name, folder)
    if pulled.broken:
        return _refuse(feed, folder, pulled, list(pulled.broken))
    suite = load_suite(feed_name, suites)
    if broken := broken_sentences(feed, mapping.feeds[feed_name], pulled, suite, previous_rows):
        return _refuse(feed, folder, pulled, broken, _not_delivered(feed, mapping, pulled))
    before = rows_before(mapping.feeds[feed_name], pulled.rows, previous_rows)
    return _check_rows(feed, mapping, folder, pulled, suite, as_of, before)


def _check_rows(
    feed: Feed, mapping: AgencyMapping, folder: Path, pulled: PulledFeed, suite: list[Expectation], as_of: int,
    before: int | None,
) -> CheckedFeed:  # fmt: skip
    typed = type_feed(feed, _named(feed, mapping, folder), mapping, pulled.pulled_at)
    voided = void_copies(feed, typed.table)
    live = typed.table.filter(pc.invert(voided))
    live = _with_marks(feed, identify(feed, live, content_of(feed, live)))
    breaches = _row_breaches(feed, suite, live, {"pulled_at": pulled.pulled_at, "as_of": as_of})

    lost = [*_not_delivered(feed, mapping, pulled), *unreadable_columns(feed, _filled(feed, live), breaches)]
    is_out, nulled = _apply_breaches(live, breaches)
    bad_keys = int(pc.sum(pc.or_(pc.is_null(live[feed.key]), pc.invert(live["is_only_content"]))).as_py() or 0)
    broken = [f"{feed.name}: {pulled.source}: {column.sentence}" for column in lost if column.breaks]
    broken += broken_voids(feed, mapping.feeds[feed.name], pulled.source, len(typed.table) - len(live), pulled.rows)
    doubt, is_broken = open_voids(feed, mapping.feeds[feed.name], pulled.source, typed.table, voided)
    broken += [doubt] if is_broken else []
    broken += broken_keys(feed, pulled.source, bad_keys, len(live))
    broken += broken_rows(feed, pulled.source, is_out, breaches)
    if broken:
        return _refuse(feed, folder, pulled, broken, lost)

    live = _weigh_copies_set_aside(feed, _mark_unusable(feed, live, nulled), is_out)
    accepted = accepted_columns(feed, live, nulled).filter(pa.array(~is_out))
    texts = live.select(list(feed.columns)).filter(pa.array(~is_out))
    single = deduplicate(feed, accepted, live["identity"].combine_chunks().filter(pa.array(~is_out)), texts)
    lines = list_breaches(feed, pulled.source, live, without_lost(breaches, lost), is_out)
    accounting = Accounting(
        pulled=pulled.rows,
        accepted=len(single.table),
        quarantined=int(is_out.sum()),
        voided=len(typed.table) - len(live),
        collapsed=single.collapsed,
    )
    _assert_balanced(feed, accounting)
    checked = replace(
        _described(feed, pulled),
        accounting=accounting,
        fields_set_aside=int(pc.sum(pc.equal(lines["effect"], "field")).as_py() or 0),
        lost_columns=tuple(lost),
        sentinels=typed.sentinels,
        rows_before=before,
        doubt=doubt,
    )
    write_checked(folder, checked, single.table, lines, _untimed(feed, live, breaches, nulled))
    return checked


def _named(feed: Feed, mapping: AgencyMapping, folder: Path) -> Any:
    """The snapshot, every row with a name that may stand where only ids may."""
    table = pq.read_table(snapshot_file(folder, feed.name))
    key, child = (mapping.id_pattern_of(feed.name, name) for name in (feed.key, "child_id"))
    return name_keys(feed, table, pulled_folder(folder), key, child)


def _not_delivered(feed: Feed, mapping: AgencyMapping, pulled: PulledFeed) -> list[LostColumn]:
    promised = mapping.feeds[feed.name].promises == "mapped"
    return columns_not_delivered(feed, pulled.missing_columns if promised else ())


def _filled(feed: Feed, live: Any) -> dict[str, int]:
    return {name: len(live) - live[name].null_count for name in feed.columns}


def _with_marks(feed: Feed, live: Any) -> Any:
    """What severities and merging look at beside the feed's columns."""
    marks: dict[str, Any] = {}
    if feed.role == "report":
        marks["may_count"] = live["voided_is_readable"].combine_chunks()
    if feed.missing_codes and feed.kind is not None:
        kind = live[feed.kind].combine_chunks()
        listed = pc.is_in(kind, value_set=pa.array(feed.columns[feed.kind].codes, pa.string()))
        marks["has_unlisted_kind"] = pc.fill_null(pc.and_(pc.invert(listed), pc.not_equal(kind, UNREADABLE)), False)
    for name, values in marks.items():
        live = live.append_column(name, values)
    return live


def _row_breaches(
    feed: Feed, suite: Sequence[Expectation], live: Any, parameters: dict[str, int | None]
) -> list[Breach]:
    rules = [e for e in suite if e["meta"]["effect"] != "contract"]
    alone = [e for e in rules if is_by_row(e)]
    together = [e for e in rules if not is_by_row(e)]
    runs = [(alone, live.slice(at, _ROWS)) for at in range(0, len(live), _ROWS)]
    runs += [(together, live)] if together and len(live) else []
    groups: dict[tuple[str, str, str, str], list[Breach]] = {}
    for expectations, rows in runs:
        # Only the columns that are looked at leave Arrow: less memory, and no free text where nothing asks for it.
        names = [name for name in live.column_names if name in columns_of(expectations) or name == "source_row"]
        for breach in run_suite(feed.name, expectations, rows.select(names).to_pandas(), parameters):
            groups.setdefault(breach.of, []).append(breach)
    places = {(e["meta"]["rule"], e["meta"]["column"], e["meta"]["effect"]): at for at, e in enumerate(rules)}
    whole = [replace(parts[0], rows=np.unique(np.concatenate([p.rows for p in parts]))) for parts in groups.values()]
    whole.sort(key=lambda breach: places[breach.of[:3]])
    return [part for breach in whole for part in _by_column(breach, live)]


def _by_column(breach: Breach, live: Any) -> list[Breach]:
    """What a snapshot notes of rows, by the columns that it notes."""
    if breach.column not in NOTED:
        return [breach]
    rows: dict[str, list[int]] = {}
    for row in live.filter(pc.is_valid(live[breach.column])).select(["source_row", breach.column]).to_pylist():
        for name in row[breach.column].split(";"):
            rows.setdefault(name, []).append(row["source_row"])
    return [replace(breach, column=name, rows=np.array(numbers, dtype=np.int64)) for name, numbers in rows.items()]


def _apply_breaches(
    live: Any, breaches: Sequence[Breach]
) -> tuple[npt.NDArray[np.bool_], dict[str, npt.NDArray[np.bool_]]]:
    """Which rows go, and which fields of which rows become null."""
    numbers = live["source_row"].to_numpy()
    is_out = np.zeros(len(live), dtype=np.bool_)
    nulled: dict[str, npt.NDArray[np.bool_]] = {}
    for breach in breaches:
        if breach.effect == "note":
            continue
        mask = is_out if breach.effect == "row" else nulled.setdefault(breach.column, np.zeros_like(is_out))
        mask[np.searchsorted(numbers, breach.rows)] = True
    return is_out, nulled


def _mark_unusable(feed: Feed, live: Any, nulled: dict[str, npt.NDArray[np.bool_]]) -> Any:
    """A bad field never makes anything better: who made a report is then known not to be the agency."""
    nobody = np.zeros(len(live), dtype=np.bool_)
    if feed.missing_codes:
        live = live.append_column("has_bad_end", pa.array(nulled.get("ended_at", nobody)))
    if feed.name == "ncmec_reports":
        bad = nulled.pop("source", nobody)
        at = live.column_names.index("source")
        source = pc.if_else(pa.array(bad), "unreadable", live["source"].combine_chunks())
        live = live.set_column(at, "source", source)
    return live


def _untimed(feed: Feed, live: Any, breaches: Sequence[Breach], nulled: dict[str, npt.NDArray[np.bool_]]) -> Any:
    """Reports that were set aside only because nobody can read when they were made (spec 4.2, Unreadable time)."""
    numbers = live["source_row"].to_numpy()
    by_time, by_other = (np.zeros(len(live), dtype=np.bool_) for _ in range(2))
    for breach in breaches:
        if breach.effect == "row":
            (by_time if breach.column == feed.begins else by_other)[np.searchsorted(numbers, breach.rows)] = True
    table = accepted_columns(feed, live, nulled)
    if feed.role != "report":
        return table.slice(0, 0)
    is_unknown = pc.is_null(table[f"{feed.begins}_earliest"]).to_numpy(zero_copy_only=False)
    return table.filter(pa.array(by_time & ~by_other & is_unknown))


def _weigh_copies_set_aside(feed: Feed, live: Any, is_out: npt.NDArray[np.bool_]) -> Any:
    """What a copy that cannot be used would have said is not known.

    Its report does not count, and its sighting is not verified.
    """
    column = "may_count" if feed.role == "report" else "verified_value" if feed.name == "sightings" else None
    if column is None or not is_out.any():
        return live
    identity = live["identity"].combine_chunks()
    unknown = pc.unique(identity.filter(pa.array(is_out))).drop_null()
    mask = pc.is_in(identity, value_set=unknown)
    values = pc.if_else(mask, pa.scalar(False), live[column].combine_chunks())
    return live.set_column(live.column_names.index(column), column, values)


def _refuse(
    feed: Feed, folder: Path, pulled: PulledFeed, sentences: list[str], lost: Sequence[LostColumn] = ()
) -> CheckedFeed:
    accounting = Accounting(pulled=pulled.rows)
    described = replace(_described(feed, pulled), lost_columns=tuple(lost), accounting=accounting)
    return refuse(feed, folder, described, sentences)


def _described(feed: Feed, pulled: PulledFeed) -> CheckedFeed:
    return CheckedFeed(
        feed.name,
        "ok",
        source=pulled.source,
        sha256=pulled.sha256,
        missing_columns=pulled.missing_columns,
        unknown_columns=pulled.unknown_columns,
        unknown_codes=pulled.unknown_codes,
        cleaned=pulled.cleaned,
    )


def _assert_balanced(feed: Feed, counted: Accounting) -> None:
    if counted.pulled != counted.accepted + counted.quarantined + counted.voided + counted.collapsed:
        raise CmfcError("CMFC-G03", f"{feed.name}: the rows do not add up: {counted}.")
