"""What the hourly watch found since the night, for the first screen: who is missing as of its last hour.

The watch publishes a list of its own beside the nights' (pipeline/hourly.py). It is read where it is newer than the
night; what people work is the night's list all the same.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb

from cmfc.errors import CmfcError
from cmfc.publishing.manifest import MANIFEST, NightFacts, read_facts
from cmfc.review.answers import Answers
from cmfc.review.search_words import child_names
from cmfc.storage.duck import open_duckdb, quoted, rows_of
from cmfc.storage.layout import WATCH, checked_folder
from cmfc.worklists.missing_now import create_missing_now

_MOMENTS = {
    "missing_now": ("missing_since_earliest", "missing_since_latest", "informed_earliest", "informed_latest", "le_due",
                    "ncmec_due"),
    "episodes": ("le_reported_earliest", "le_reported_latest", "ncmec_reported_earliest", "ncmec_reported_latest"),
}  # fmt: skip


@dataclass(frozen=True)
class Watch:
    """The list of the last hour. `as_of`: epoch seconds UTC; `folder`: its run in the store."""

    connection: duckdb.DuckDBPyConnection
    facts: NightFacts
    folder: Path
    answers: Answers = field(default_factory=Answers)

    @property
    def as_of(self) -> int:
        """For when it is true."""
        return self.facts.as_of

    def rows(self, sql: str, values: list[Any]) -> list[dict[str, Any]]:
        """Ask its tables."""
        with self.connection.cursor() as cursor:
            return rows_of(cursor, sql, values)

    def hour_rows(self, sql: str, values: list[Any]) -> list[dict[str, Any]]:
        """As `rows`, and remembered until the next hour, so not for what a person typed; to be read, not written."""
        rows: list[dict[str, Any]] = self.answers.recall((sql, repr(values)), lambda: self.rows(sql, values))
        return rows


class UnreadWatch(Exception):
    """The watch's list cannot be read: another hour is being published over it, or its files are damaged."""


def last_watch(lists: Path, store: Path, agency: str, as_of: int) -> Watch | None:
    """The watch's list, where there is one newer than `as_of` (epoch seconds UTC).

    Args:
        lists: of all agencies.
        store: of all agencies.
        agency: whose.
        as_of: of the night.

    Raises:
        UnreadWatch: there is one, and it cannot be read.
    """
    manifest = lists / agency / WATCH / MANIFEST
    if not manifest.is_file():
        return None
    try:
        watch = _read(manifest.parent, store / agency / WATCH, manifest.stat().st_mtime_ns)
    except (OSError, ValueError, KeyError, TypeError, duckdb.Error, CmfcError):  # whatever it is, the night stands
        raise UnreadWatch from None
    return watch if watch.as_of > as_of else None


@lru_cache(maxsize=4)
def _read(out: Path, folder: Path, _stamp: int) -> Watch:
    """Its tables in memory."""
    children = checked_folder(folder) / "children.parquet"
    connection = open_duckdb(threads=1, memory="256MB")
    facts = read_facts(out)
    for name, moments in _MOMENTS.items():
        seconds = ", ".join(f"CAST(epoch({column}) AS BIGINT) AS {column}" for column in moments)
        source = f"read_parquet('{quoted(out / name)}.parquet')"
        connection.execute(f"CREATE TABLE {name} AS SELECT * REPLACE ({seconds}) FROM {source}")
    create_missing_now(connection, children.parent)
    connection.execute(
        "CREATE VIEW child_names AS " + child_names("missing_named", "first_name, middle_name, last_name")
    )
    for name in ("le_reports", "links"):
        connection.execute(f"CREATE TABLE {name} ({_NONE[name]})")
    return Watch(connection, facts, folder)


_NONE = {
    "le_reports": "le_report_id VARCHAR, ncic_entered_at_earliest BIGINT, ncic_entered_at_latest BIGINT",
    "links": "feed VARCHAR, report_id VARCHAR, episode_id VARCHAR",
}
"""The watch publishes no reports: when a child was entered into NCIC is not said."""
