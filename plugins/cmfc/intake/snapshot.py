"""Pulls a feed once a night into an immutable, hashed Parquet file of canonical text (spec 1, docs/architecture.md).

A snapshot belongs to its question: it is used again only for the mapping it was pulled with, and only when the night
was over by then.
"""

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from hashlib import file_digest
from itertools import chain
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cmfc.errors import InputError
from cmfc.feeds.catalog import Feed, feeds
from cmfc.feeds.moments import parse_moments
from cmfc.intake.canonical import OWN_COLUMNS, Translation
from cmfc.intake.mapping import AgencyMapping, FeedMapping
from cmfc.intake.readers import Chunk, Connect, SourceCensus, UnreadableFeed, Wanted, read
from cmfc.intake.sources import SqlSource
from cmfc.intake.spelling import why_no_column
from cmfc.intake.unknowns import show_codes, show_columns

_HEADERS = b"cmfc.unknown_headers"
NO_HEADER = "column {} (no header)"


@dataclass(frozen=True)
class UnknownCode:
    """A native code the mapping does not list, as it may be shown, and its rows.

    Attributes:
        records, children: of a code that decides whether a row says a child is missing: which rows have it, and whose.
        is_open: one of these rows has no usable end.
    """

    column: str
    code_shown: str
    rows: int
    records: tuple[str, ...] = ()
    children: tuple[str, ...] = ()
    is_open: bool = False

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> "UnknownCode":
        """From what was kept as JSON."""
        kept: dict[str, Any] = {n: tuple(value) if isinstance(value, list) else value for n, value in raw.items()}
        return cls(**kept)


@dataclass(frozen=True)
class PulledFeed:
    """What was pulled. Times in epoch seconds UTC; no value of a record.

    Attributes:
        source: the file's name or the connection; empty for a feed that is not mapped.
        newest_at: latest end of the newest time that is not after the pull, or a file's modification time.
        missing_columns: canonical columns whose native column the source lacks.
        cleaned: ids from which invisible characters were taken off, by column.
        broken: why a report or optional feed could not be read; then there is no Parquet file.
        mapping_digest: of the mapping it was pulled with (`AgencyMapping.digest_of`).
        how: how this call came by it: `pulled`, `reused`, `pulled_again: ` and why, or `not_mapped`. Not kept.
        census: what lay in the source, counted in two ways (intake/readers/census.py).
    """

    feed: str
    source: str
    rows: int
    sha256: str
    pulled_at: int
    newest_at: int | None = None
    unknown_columns: tuple[str, ...] = ()
    unknown_codes: tuple[UnknownCode, ...] = ()
    missing_columns: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    cleaned: Mapping[str, int] = field(default_factory=dict)
    mapping_digest: str = ""
    how: str = field(default="", compare=False)
    census: Mapping[str, int] = field(default_factory=dict)


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
    asked = mapping.digest_of(feed_name)
    how = "pulled" if again else _standing(feed_name, folder, asked, as_of, mapping.zone)
    if how == "reused":
        return replace(load_pulled(feed_name, folder), how=how)
    (folder / "pulled").mkdir(parents=True, exist_ok=True)
    try:
        pulled = _pull(feed, mapping, mapped, folder, pulled_at, connect)
    except UnreadableFeed as error:
        if feed.role == "agency":
            raise
        _parquet(feed_name, folder).unlink(missing_ok=True)
        pulled = PulledFeed(feed_name, mapped.source.shown, 0, "", pulled_at, broken=(error.message,))
    pulled = replace(pulled, mapping_digest=asked)
    kept = {name: value for name, value in asdict(pulled).items() if name != "how"}
    _replace(_json(feed_name, folder), json.dumps(kept, indent=1).encode())
    return replace(pulled, how=how)


def load_pulled(feed_name: str, folder: Path) -> PulledFeed:
    """What `pull` said, after the file's hash has been verified.

    Raises:
        InputError: CMFC-I03 the hash differs, CMFC-I04 the feed was never pulled.
    """
    pulled = read_pulled(feed_name, folder)
    if pulled is None:
        raise InputError("CMFC-I04", f"{feed_name} has not been pulled for this night.")
    if not pulled.broken and _digest(_parquet(feed_name, folder)) != pulled.sha256:
        message = f"{feed_name}: the pulled snapshot was changed or is not whole; pull it again on purpose."
        raise InputError("CMFC-I03", message)
    return pulled


def read_pulled(feed_name: str, folder: Path) -> PulledFeed | None:
    """What `pull` said; None for a feed that was not pulled. Verifies nothing."""
    path = _json(feed_name, folder)
    if not path.exists():
        return None
    raw = json.loads(path.read_text(encoding="utf-8"))
    raw["unknown_codes"] = tuple(UnknownCode.of(code) for code in raw["unknown_codes"])
    fields: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in raw.items()}
    return PulledFeed(**fields)


def refuse_other_mapping(feed_name: str, mapping: AgencyMapping, folder: Path) -> None:
    """What was pulled with one mapping must not be understood with another, as when a task is run again alone.

    Raises:
        InputError: CMFC-I05, the mapping changed since the pull.
    """
    pulled = read_pulled(feed_name, folder)
    if pulled and feed_name in mapping.feeds and pulled.mapping_digest != mapping.digest_of(feed_name):
        message = f"{feed_name}: the mapping changed since this feed was pulled; run the night again from its pulls."
        raise InputError("CMFC-I05", message)


def wanted_of(feed: Feed, mapped: FeedMapping) -> Wanted:
    """What a feed's mapping looks for in its source, by native names."""
    natives = {name: spec.native for name, spec in mapped.columns.items() if spec.native is not None}
    begins = natives.get(feed.begins) if feed.begins else None
    return Wanted(frozenset([*natives.values(), *mapped.ignore]), natives.get(feed.key), begins)


def source_of(feed_name: str, folder: Path) -> str:
    """How messages name what a feed was pulled from; empty for one that was not mapped. Verifies nothing."""
    pulled = read_pulled(feed_name, folder)
    return pulled.source if pulled else ""


def _standing(feed_name: str, folder: Path, asked: str, as_of: int, zone: str) -> str:
    """Whether the snapshot that is there answers what is asked tonight: `reused`, else how it is pulled and why."""
    there = read_pulled(feed_name, folder)
    if there is None or there.broken:
        return "pulled"  # a feed that could not be read is tried again
    at = datetime.fromtimestamp(there.pulled_at, UTC).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")
    if there.mapping_digest != asked:
        return f"pulled_again: the mapping changed since the pull of {at}"
    if there.pulled_at < as_of:
        return f"pulled_again: the snapshot of {at} was pulled before the night ended"
    return "reused"


def _pull(
    feed: Feed, mapping: AgencyMapping, mapped: FeedMapping, folder: Path, pulled_at: int, connect: Connect | None
) -> PulledFeed:
    translation, census = Translation(feed, mapped), SourceCensus()
    chunks = read(feed.name, mapped.source, connect, census, wanted_of(feed, mapped))
    first = next(chunks, None)
    natives = first.table.column_names if first else []
    missing = translation.missing(natives)
    if mapped.natives().isdisjoint(natives):
        why = why_no_column(mapped, natives)
        raise UnreadableFeed(f"{feed.name}: {mapped.source.shown} has none of the mapped columns; {why}")
    unknown = [name for name in natives if name not in translation.natives()]
    freshness = _Freshness(mapping, feed, pulled_at)
    every = chain([first] if first else [], chunks)
    rows = _write(_parquet(feed.name, folder), every, translation, freshness, unknown)
    shown = show_codes((code for codes in translation.unknown.values() for code in codes), folder)
    return PulledFeed(
        feed=feed.name,
        source=mapped.source.shown,
        rows=rows,
        sha256=_digest(_parquet(feed.name, folder)),
        pulled_at=pulled_at,
        newest_at=freshness.newest,
        unknown_columns=(
            *show_columns(unknown, folder),
            *(NO_HEADER.format(position) for position in sorted(census.unnamed)),
        ),
        unknown_codes=tuple(_counted(translation.unknown, shown)),
        missing_columns=tuple(missing),
        cleaned={name: count for name, count in sorted(translation.cleaned.items()) if count},
        census=census.as_mapping(),
    )


def unknown_headers(feed_name: str, folder: Path) -> list[str]:
    """The headers that the mapping does not know, as the source wrote them: they lie with the records.

    Not for messages.
    """
    metadata = pq.read_schema(_parquet(feed_name, folder)).metadata or {}
    return list(json.loads(metadata[_HEADERS])) if _HEADERS in metadata else []


def _write(
    path: Path, chunks: Iterator[Chunk], translation: Translation, freshness: "_Freshness", unknown: list[str]
) -> int:
    """Write aside, then put in place: a snapshot is whole or not there."""
    aside, rows = path.with_suffix(".part"), 0
    fields = [*((name, pa.string()) for name in translation.feed.columns), *OWN_COLUMNS.items()]
    schema = pa.schema(fields, metadata={_HEADERS: json.dumps(unknown)} if unknown else None)
    try:
        with pq.ParquetWriter(aside, schema, compression="zstd") as writer:
            for chunk in chunks:
                table = translation.translate(chunk)
                freshness.note(table)
                writer.write_table(table.replace_schema_metadata(schema.metadata))
                rows += len(table)
        _settle_file(aside, path)
    finally:
        aside.unlink(missing_ok=True)
    return rows


class _Freshness:
    """Follows the newest time of a feed while it is read."""

    def __init__(self, mapping: AgencyMapping, feed: Feed, pulled_at: int) -> None:
        self.mapped, self.column = mapping.feeds[feed.name], mapping.feeds[feed.name].freshness_column
        self.feed, self.mapping, self.pulled_at = feed.name, mapping, pulled_at
        self.newest: int | None = None
        if self.column is None and not isinstance(self.mapped.source, SqlSource):
            self.newest = int(self.mapped.source.path.stat().st_mtime)

    def note(self, table: Any) -> None:
        if self.column is None:
            return
        spec = self.mapped.column(self.column)
        zone = self.mapping.zone_of(self.feed, self.column)
        found = parse_moments(
            table[self.column], zone, is_utc=spec.utc, midnight_means_date_only=spec.midnight_means_date_only
        )
        # A typing error in the far future must not make an old feed look new.
        newest = pc.max(found.latest.filter(pc.less_equal(found.earliest, self.pulled_at))).as_py()
        if newest is not None:
            self.newest = max(self.newest or newest, newest)


def _counted(unknown: dict[str, Counter[str]], shown: dict[str, str]) -> list[UnknownCode]:
    merged: Counter[tuple[str, str]] = Counter()
    for column, codes in unknown.items():
        for code, rows in codes.items():
            merged[column, shown[code]] += rows
    return [UnknownCode(column, code, rows) for (column, code), rows in sorted(merged.items())]


def _parquet(feed_name: str, folder: Path) -> Path:
    return folder / "pulled" / f"{feed_name}.parquet"


def _json(feed_name: str, folder: Path) -> Path:
    return folder / "pulled" / f"{feed_name}.json"


def _replace(path: Path, content: bytes) -> None:
    aside = path.with_suffix(".part.json")
    aside.write_bytes(content)
    os.replace(aside, path)


def _settle_file(aside: Path, path: Path) -> None:
    aside.chmod(0o444)
    os.replace(aside, path)


def _digest(path: Path) -> str:
    if not path.exists():
        return ""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
