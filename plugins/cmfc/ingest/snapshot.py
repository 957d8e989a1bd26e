"""Pulls a feed once a night into an immutable, hashed Parquet file of canonical text (spec 1, docs/architecture.md).

A snapshot belongs to its question: it is used again only for the mapping it was pulled with, and only when the night
was over by then.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, replace
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from cmfc.feeds.catalog import Feed, feeds
from cmfc.ingest.freshness import Freshness
from cmfc.ingest.mapping import AgencyMapping, FeedMapping
from cmfc.ingest.pulled import (
    HEADERS,
    PulledFeed,
    UnknownCode,
    load_pulled,
    read_pulled,
)
from cmfc.ingest.readers import Chunk, Connect, Layout, SourceCensus, UnreadableFeed, read
from cmfc.ingest.spelling import why_no_column
from cmfc.ingest.translate import OWN_COLUMNS, Translation
from cmfc.privacy.redact import show_codes, show_columns
from cmfc.storage.atomic import replace_file, write_text
from cmfc.storage.digest import sha256_of
from cmfc.storage.layout import pulled_folder, snapshot_file, snapshot_record
from cmfc.timing.clock import local_time

NO_HEADER = "column {} (no header)"


def pull(
    feed_name: str,
    mapping: AgencyMapping,
    folder: Path,
    *,
    pulled_at: int,
    as_of: int,
    connect: Connect | None = None,
    again: bool = False,
) -> PulledFeed:
    """Pull one feed into `<folder>/pulled/`, or take the snapshot that is there; `how` says which, and why.

    The snapshot that is there is taken only when it was pulled with the same mapping, at or after `as_of`, and could be
    read.

    Args:
        feed_name: a feed of the catalogue.
        mapping: the agency's mapping.
        folder: the night's folder.
        pulled_at: the instant of the pull, epoch seconds UTC.
        as_of: the instant that ends the night, epoch seconds UTC.
        connect: gives the SQLAlchemy URL or engine of a named connection.
        again: replace a snapshot that is there.

    Raises:
        UnreadableFeed: CMFC-I01, for a feed without which the night cannot go on.
        InputError: CMFC-I03, the snapshot that is there is not the one that was pulled.
    """
    feed, mapped = feeds()[feed_name], mapping.feeds.get(feed_name)
    if mapped is None:
        return PulledFeed(feed_name, "", 0, "", pulled_at, how="not_mapped")
    mapping_digest = mapping.digest_of(feed_name)
    how = "pulled" if again else _reuse_or_why(feed_name, folder, mapping_digest, as_of, mapping.zone)
    if how == "reused":
        return replace(load_pulled(feed_name, folder), how=how)
    pulled_folder(folder).mkdir(parents=True, exist_ok=True)
    try:
        pulled = _pull(feed, mapping, mapped, folder, pulled_at, connect)
    except UnreadableFeed as error:
        if feed.role == "agency":
            raise
        snapshot_file(folder, feed_name).unlink(missing_ok=True)
        pulled = PulledFeed(feed_name, mapped.source.label, 0, "", pulled_at, broken=(error.message,))
    pulled = replace(pulled, mapping_digest=mapping_digest)
    record = {name: value for name, value in asdict(pulled).items() if name != "how"}
    write_text(snapshot_record(folder, feed_name), json.dumps(record, indent=1))
    return replace(pulled, how=how)


def layout_of(feed: Feed, mapping: AgencyMapping) -> Layout:
    """What a feed's mapping looks for in its source, by native names."""
    mapped = mapping.feeds[feed.name]
    natives = {name: spec.native for name, spec in mapped.columns.items() if spec.native is not None}
    begins = natives.get(feed.begins) if feed.begins else None
    pattern = mapping.id_pattern_of(feed.name, feed.key)
    codes = {
        native: [code.casefold() for code in (mapped.columns[name].codes or feed.columns[name].codes)]
        for name, native in natives.items()
        if feed.columns[name].type == "code"
    }
    return Layout(frozenset([*natives.values(), *mapped.ignore]), natives.get(feed.key), begins, pattern, codes)


def _reuse_or_why(feed_name: str, folder: Path, mapping_digest: str, as_of: int, zone: str) -> str:
    """Whether the snapshot that is there answers what is asked tonight: `reused`, else how it is pulled and why."""
    there = read_pulled(feed_name, folder)
    if there is None or there.broken:
        return "pulled"  # a feed that could not be read is tried again
    at = local_time(there.pulled_at, zone)
    if there.mapping_digest != mapping_digest:
        return f"pulled_again: the mapping changed since the pull of {at}"
    if there.pulled_at < as_of:
        return f"pulled_again: the snapshot of {at} was pulled before the night ended"
    return "reused"


def _pull(
    feed: Feed, mapping: AgencyMapping, mapped: FeedMapping, folder: Path, pulled_at: int, connect: Connect | None
) -> PulledFeed:
    translation, census = Translation(feed, mapped), SourceCensus()
    chunks = read(feed.name, mapped.source, connect, census, layout_of(feed, mapping))
    first = next(chunks, None)
    natives = first.table.column_names if first else []
    missing = translation.missing(natives)
    if mapped.natives().isdisjoint(natives):
        why = why_no_column(mapped, natives)
        raise UnreadableFeed(f"{feed.name}: {mapped.source.label} has none of the mapped columns; {why}")
    unknown = [name for name in natives if name not in translation.natives()]
    freshness = Freshness(mapping, feed, pulled_at)
    every = chain([first] if first else [], chunks)
    rows = _write(snapshot_file(folder, feed.name), every, translation, freshness, unknown)
    labels = show_codes((code for codes in translation.unknown.values() for code in codes), folder)
    return PulledFeed(
        feed=feed.name,
        source=mapped.source.label,
        rows=rows,
        sha256=sha256_of(snapshot_file(folder, feed.name)),
        pulled_at=pulled_at,
        newest_at=freshness.newest,
        unknown_columns=(
            *show_columns(unknown, folder),
            *(NO_HEADER.format(position) for position in sorted(census.unnamed)),
        ),
        unknown_codes=tuple(_counted(translation.unknown, labels)),
        missing_columns=tuple(missing),
        cleaned={name: count for name, count in sorted(translation.cleaned.items()) if count},
        census=census.as_mapping(),
    )


def _write(
    path: Path, chunks: Iterator[Chunk], translation: Translation, freshness: Freshness, unknown: list[str]
) -> int:
    """Write the rows; a snapshot is whole or not there, and the ledger will name it. Gives how many."""
    fields = [*((name, pa.string()) for name in translation.feed.columns), *OWN_COLUMNS.items()]
    schema = pa.schema(fields, metadata={HEADERS: json.dumps(unknown)} if unknown else None)
    rows = 0
    with (
        replace_file(path, is_durable=True, is_read_only=True) as part,
        pq.ParquetWriter(part, schema, compression="zstd") as writer,
    ):
        for chunk in chunks:
            table = translation.translate(chunk)
            freshness.note(table)
            writer.write_table(table.replace_schema_metadata(schema.metadata))
            rows += len(table)
    return rows


def _counted(unknown: dict[str, Counter[str]], labels: dict[str, str]) -> list[UnknownCode]:
    merged: Counter[tuple[str, str]] = Counter()
    for column, codes in unknown.items():
        for code, rows in codes.items():
            merged[column, labels[code]] += rows
    return [UnknownCode(column, code, rows) for (column, code), rows in sorted(merged.items())]
