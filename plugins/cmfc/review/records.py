"""A child's records as they came: a table per feed, the newest first, under the names of the catalogue."""

from dataclasses import dataclass
from typing import Any

from cmfc.feeds.catalog import feeds
from cmfc.ingest.pulled import source_of
from cmfc.review.context import Visit
from cmfc.worklists import wording

HIDDEN = ("source_row", "child_id")


@dataclass(frozen=True)
class RecordTable:
    """The rows of one feed. `columns`: those that any row fills; `rows`: name, place in the source, texts."""

    title: str
    source: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, int, tuple[str, ...]], ...]


def tables_of(visit: Visit, records: dict[str, list[dict[str, Any]]]) -> list[RecordTable]:
    """Every feed that has a row."""
    return [_table(visit, feed, rows) for feed, rows in records.items() if rows]


def _table(visit: Visit, feed: str, rows: list[dict[str, Any]]) -> RecordTable:
    begins = feeds()[feed].begins
    newest = sorted(rows, key=lambda row: -(row.get(f"{begins}_earliest") or 0))
    texts = [pairs_of(feed, row, visit) for row in newest]
    columns = [name for name in feeds()[feed].columns if any(name in dict(text) for text in texts)]
    return RecordTable(
        wording.FEED[feed].capitalize(), source_of(feed, visit.data.folder), tuple(columns),
        tuple((row["record"], row["source_row"], tuple(str(dict(text).get(name, "")) for name in columns))
              for row, text in zip(newest, texts, strict=True)),
    )  # fmt: skip


def pairs_of(feed: str, row: dict[str, Any], visit: Visit) -> list[tuple[str, Any]]:
    """A row as pairs of column and text; without what is empty."""
    pairs: list[tuple[str, Any]] = []
    for column in feeds()[feed].columns:
        if column in row and column not in HIDDEN:
            value = row[column]
            pairs.append((column, {True: "yes", False: "no"}[value] if isinstance(value, bool) else value))
        elif (first := row.get(f"{column}_earliest")) is not None:
            last = row[f"{column}_latest"]
            pairs.append((column, visit.local(first) + ("" if first == last else f" to {visit.local(last)}")))
    return [(key, value) for key, value in pairs if value not in (None, "")]
