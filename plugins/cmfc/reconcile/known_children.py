"""Which children's ids the agency's own feeds hold (spec 4.1.1): what the core links by and matching leaves alone."""

from collections.abc import Callable, Sequence
from pathlib import Path

from cmfc.feeds.catalog import feeds
from cmfc.storage.duck import parquet_of


def known_children(checked: Path, read: Callable[[Sequence[Path]], str] = parquet_of) -> str:
    """SQL for the ids that any agency feed of the night holds, begun or not, in accepted rows and in those set aside.

    Args:
        checked: folder of the accepted feeds, and beside them of what was set aside, where there is any.
        read: gives a relation over Parquet files as the engine says it; DuckDB's, if none is given.
    """
    names = [feed.name for feed in feeds().values() if feed.role == "agency"]
    quarantines = [f"quarantine.{name}" for name in names if (checked / f"quarantine.{name}.parquet").is_file()]
    selects = (f"SELECT child_id FROM {read([checked / f'{name}.parquet'])}" for name in (*names, *quarantines))
    return f"SELECT child_id FROM ({' UNION '.join(selects)}) AS held WHERE child_id IS NOT NULL"
