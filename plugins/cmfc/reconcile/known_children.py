"""Which children's ids the agency's own feeds hold (spec 4.1.1): what the core links by and matching leaves alone."""

from pathlib import Path

from cmfc.feeds.catalog import feeds
from cmfc.storage.duck import quoted


def known_children(checked: Path) -> str:
    """SQL for the ids that any agency feed of the night holds, begun or not, in accepted rows and in those set aside.

    Args:
        checked: folder of the accepted feeds, and beside them of what was set aside, where there is any.
    """
    names = [feed.name for feed in feeds().values() if feed.role == "agency"]
    aside = [f"quarantine.{name}" for name in names if (checked / f"quarantine.{name}.parquet").is_file()]
    held = (f"SELECT child_id FROM read_parquet('{quoted(checked)}/{name}.parquet')" for name in (*names, *aside))
    return f"SELECT child_id FROM ({' UNION '.join(held)}) WHERE child_id IS NOT NULL"
