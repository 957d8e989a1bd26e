"""Looks at every mapped source before its first night: readable, with its columns, its rows in order (spec 1)?

Counts, shares and the mapping's own names come out, never a value of a record.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cmfc.feeds.catalog import feeds
from cmfc.ingest.mapping import AgencyMapping
from cmfc.ingest.readers import Chunk, Connect, UnreadableFeed, read
from cmfc.ingest.sample import SAMPLE_ROWS, Sample, describe_sample
from cmfc.ingest.snapshot import layout_of
from cmfc.ingest.spelling import spelled_otherwise, spelling_sentence, why_no_column
from cmfc.ingest.translate import Translation
from cmfc.privacy.redact import show_columns
from cmfc.settings import Settings
from cmfc.storage.layout import pulled_folder, snapshot_file
from cmfc.storage.scratch import ScratchFolder

_KNOWN = ("child_id", "last_name", "first_name", "middle_name", "aliases")


@dataclass(frozen=True)
class SourceProbe:
    """What one feed's source is like. No value of a record.

    Attributes:
        columns: how many are mapped.
        missing_columns: mapped ones that the source lacks, by our names.
        unknown_columns: of the source, which the mapping neither maps nor ignores, as they may be shown.
        faults: sentences; with one of these the mapping cannot run.
        sample: what the first rows say; None when none could be read.
        hints: sentences about the sample; a night would run.
    """

    source: str
    columns: int
    missing_columns: tuple[str, ...] = ()
    unknown_columns: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    sample: Sample | None = None
    hints: tuple[str, ...] = ()


def probe_sources(mapping: AgencyMapping, connect: Connect | None) -> dict[str, SourceProbe]:
    """Read the first rows of every mapped feed, and of `children` all ids and names, to hold the others against."""
    with ScratchFolder(Settings().store, "probe") as scratch:
        ids = _known_children(mapping, connect, scratch.folder)
        mapped = (name for name in feeds() if name in mapping.feeds)
        return {name: _probe_source(name, mapping, connect, ids, scratch.folder) for name in mapped}


def _probe_source(name: str, mapping: AgencyMapping, connect: Connect | None, ids: Any, scratch: Path) -> SourceProbe:
    mapped = mapping.feeds[name]
    label, count = mapped.source.label, len(mapped.columns)
    try:
        first = next(_chunks(name, mapping, connect), None)
    except UnreadableFeed as error:
        why = f" ({error.detail})" if error.detail else ""
        return SourceProbe(label, count, faults=(f"{error.message}{why}",))
    translation = Translation(feeds()[name], mapped)
    natives = first.table.column_names if first else []
    missing, spelled = translation.missing(natives), spelled_otherwise(mapped, natives)
    if mapped.natives().isdisjoint(natives):
        why = why_no_column(mapped, natives)
        return SourceProbe(label, count, tuple(missing), faults=(f"{label} has none of the mapped columns; {why}",))
    sample, hints = describe_sample(translation, mapping, first, ids, scratch) if first else (None, ())
    return SourceProbe(
        label,
        count,
        missing_columns=tuple(missing),
        unknown_columns=show_columns([native for native in natives if native not in translation.natives()], scratch),
        faults=tuple(_absent(name, mapping, column, spelled) for column in missing),
        sample=sample,
        hints=hints,
    )


def _absent(name: str, mapping: AgencyMapping, column: str, spelled: dict[str, str]) -> str:
    native = mapping.feeds[name].column(column).native or ""
    needed = "required column" if feeds()[name].columns[column].required else "column"
    sentence = f"{mapping.feeds[name].source.label} lacks the {needed} {column} (in the mapping: {native})"
    return f"{sentence}; {spelling_sentence({native: spelled[native]})}" if native in spelled else sentence


def _known_children(mapping: AgencyMapping, connect: Connect | None, scratch: Path) -> Any:
    """All ids of children; their names go where codes are held against them (unknowns.show_codes). None: not readable.

    The folder is gone when the command ends.
    """
    translation = Translation(feeds()["children"], mapping.feeds["children"])
    pulled_folder(scratch).mkdir()
    path, ids = snapshot_file(scratch, "children"), []
    try:
        with pq.ParquetWriter(path, pa.schema([(column, pa.string()) for column in _KNOWN])) as writer:
            for chunk in _chunks("children", mapping, connect, rows=None):
                rows = translation.translate(chunk).select(_KNOWN)
                writer.write_table(rows)
                ids.append(rows["child_id"].combine_chunks())
    except UnreadableFeed:
        path.unlink(missing_ok=True)
        return None
    return pa.concat_arrays(ids) if ids else None


def _chunks(
    name: str, mapping: AgencyMapping, connect: Connect | None, rows: int | None = SAMPLE_ROWS
) -> Iterator[Chunk]:
    mapped = mapping.feeds[name]
    for chunk in read(name, mapped.source, connect, layout=layout_of(feeds()[name], mapping)):
        yield chunk if rows is None else Chunk(chunk.rows[:rows], chunk.table.slice(0, rows))
