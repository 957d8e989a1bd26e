"""Everything a night has on file about one child: accepted rows of every feed, episodes, links of reports."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from cmfc.errors import UsageError
from cmfc.feeds.catalog import feeds
from cmfc.storage.duck import open_duckdb, quoted, rows_of
from cmfc.storage.layout import accepted_file, work_table

Row = dict[str, Any]
LINKED = ("id", "probable", "decided")
"""Methods by which a report is this child's (spec 4)."""


@dataclass(frozen=True)
class ChildRecords:
    """One child's records of a night.

    Attributes:
        child_id: the child.
        rows: accepted rows by feed; of a log also those that were matched to the child.
        episodes: missing episodes, the last one first.
        episode_of: by name of a log's record, the episode it belongs to; empty for none.
    """

    child_id: str
    rows: Mapping[str, list[Row]]
    episodes: list[Row]
    episode_of: Mapping[str, str]

    @property
    def is_known(self) -> bool:
        """Whether anything at all is on file."""
        return bool(self.episodes) or any(self.rows.values())

    @property
    def child(self) -> Row:
        """The row of the children feed; empty for a child that is not on file."""
        return next(iter(self.rows["children"]), {})

    @property
    def open_episode(self) -> Row | None:
        """The missing episode that lasts; the one that began last, if there are several."""
        return next((episode for episode in self.episodes if episode["status"] == "open"), None)

    def elsewhere(self, episode_id: str) -> set[str]:
        """Records of the logs that are for another missing episode than this one; none if it is not the child's."""
        is_own = episode_id in {str(episode["episode_id"]) for episode in self.episodes}
        return records_elsewhere(self.episode_of, episode_id) if is_own else set()

    @property
    def office(self) -> str | None:
        """Whose the child is."""
        offices = [self.child.get("office"), *(episode["office"] for episode in self.episodes)]
        return next((str(office) for office in offices if office), None)


def child_records(folder: Path, child_id: str) -> ChildRecords:
    """Read them from a run's folder (storage/layout.py).

    Raises:
        UsageError: CMFC-W07, a table of the night is not there: retention took it, or an older version made it.
    """
    with open_duckdb(threads=1) as connection:
        linked = _rows(connection, work_table(folder, "links"), "child_id = ?", [child_id])
        rows: dict[str, list[Row]] = {}
        for feed in feeds().values():
            ids = [row["report_id"] for row in linked if row["feed"] == feed.name and row["method"] in LINKED]
            where, values = ("child_id = ?", [child_id]) if not ids else (
                "(child_id = ? OR record_id IN (SELECT unnest(?::VARCHAR[])))", [child_id, ids])  # fmt: skip
            rows[feed.name] = _rows(connection, accepted_file(folder, feed.name), where, values, "record")
        episodes = _rows(connection, work_table(folder, "episodes"), "child_id = ?", [child_id],
                         "began_earliest DESC, episode_id")  # fmt: skip
    return ChildRecords(child_id, rows, episodes, episodes_by_record(linked))


def episodes_by_record(links: Iterable[Row]) -> dict[str, str]:
    """By name of a log's record that is the child's, the episode it belongs to; empty for none."""
    own = (row for row in links if row["method"] in LINKED)
    return {_record_name(row["feed"], row["report_id"]): str(row["episode_id"] or "") for row in own}


def _record_name(feed: str, record_id: str) -> str:
    """As the core's word of this name (reconcile/macros.py): a record without a plain key has its feed in its id."""
    return record_id if record_id.startswith(f"{feed}#") else f"{feed}:{record_id}"


def records_elsewhere(episode_of: Mapping[str, str], episode_id: str) -> set[str]:
    """Records that are for another missing episode than this one."""
    return {record for record, episode in episode_of.items() if episode not in ("", episode_id)}


def _rows(
    connection: duckdb.DuckDBPyConnection, path: Path, where: str, values: list[Any], order: str = "ALL"
) -> list[Row]:
    if not path.exists():
        raise UsageError("CMFC-W07", "The tables of the current list are missing. Run its night again.", path.name)
    sql = f"SELECT * FROM read_parquet('{quoted(path)}') WHERE {where} ORDER BY {order}"
    return rows_of(connection, sql, values)
