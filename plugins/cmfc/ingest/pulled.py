"""What a pull said and left: the record beside the snapshot, and how both are read again (docs/architecture.md)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from cmfc.errors import InputError
from cmfc.ingest.mapping import AgencyMapping
from cmfc.storage.digest import sha256_of
from cmfc.storage.layout import snapshot_file, snapshot_record

HEADERS = b"cmfc.unknown_headers"
"""Where a snapshot's metadata keeps the headers that the mapping does not know."""


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
        fields: dict[str, Any] = {n: tuple(value) if isinstance(value, list) else value for n, value in raw.items()}
        return cls(**fields)


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
        census: what lay in the source, counted in two ways (ingest/readers/census.py).
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


def load_pulled(feed_name: str, folder: Path) -> PulledFeed:
    """What `pull` said, after the file's hash has been verified.

    Raises:
        InputError: CMFC-I03 the hash differs or the record cannot be read, CMFC-I04 the feed was never pulled.
    """
    pulled = read_pulled(feed_name, folder)
    if pulled is None:
        raise InputError("CMFC-I04", f"{feed_name} has not been pulled for this night.")
    if not pulled.broken and not _is_whole(snapshot_file(folder, feed_name), pulled.sha256):
        message = f"{feed_name}: the pulled snapshot was changed or is not whole; pull it again on purpose."
        raise InputError("CMFC-I03", message)
    return pulled


def read_pulled(feed_name: str, folder: Path) -> PulledFeed | None:
    """What `pull` said; None for a feed that was not pulled. Verifies nothing.

    Raises:
        InputError: CMFC-I03, the record beside the snapshot cannot be read.
    """
    path = snapshot_record(folder, feed_name)
    if not path.exists():
        return None
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        raw["unknown_codes"] = tuple(UnknownCode.of(code) for code in raw["unknown_codes"])
        fields: dict[str, Any] = {n: tuple(value) if isinstance(value, list) else value for n, value in raw.items()}
        return PulledFeed(**fields)
    except (ValueError, KeyError, TypeError) as error:
        message = f"{feed_name}: the record beside the pulled snapshot is not whole; pull it again on purpose."
        raise InputError("CMFC-I03", message, type(error).__name__) from None


def refuse_other_mapping(feed_name: str, mapping: AgencyMapping, folder: Path) -> None:
    """What was pulled with one mapping must not be understood with another, as when a task is run again alone.

    Raises:
        InputError: CMFC-I05, the mapping changed since the pull.
    """
    pulled = read_pulled(feed_name, folder)
    if pulled and feed_name in mapping.feeds and pulled.mapping_digest != mapping.digest_of(feed_name):
        message = f"{feed_name}: the mapping changed since this feed was pulled; run the night again from its pulls."
        raise InputError("CMFC-I05", message)


def source_of(feed_name: str, folder: Path) -> str:
    """How messages name what a feed was pulled from; empty for one that was not mapped. Verifies nothing."""
    pulled = read_pulled(feed_name, folder)
    return pulled.source if pulled else ""


def unknown_headers(feed_name: str, folder: Path) -> list[str]:
    """The headers that the mapping does not know, as the source wrote them: they lie with the records.

    Not for messages.
    """
    metadata = pq.read_schema(snapshot_file(folder, feed_name)).metadata or {}
    return list(json.loads(metadata[HEADERS])) if HEADERS in metadata else []


def _is_whole(snapshot: Path, sha256: str) -> bool:
    return snapshot.exists() and sha256_of(snapshot) == sha256
