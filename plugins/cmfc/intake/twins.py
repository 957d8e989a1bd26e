"""What becomes of rows that share a key (spec 1: Same key twice)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from cmfc.feeds.catalog import Feed

MISSING = {"absences": ("kind", ("missing",)), "placements": ("setting", ("runaway", "whereabouts_unknown"))}
"""The rows that say a child is missing: feed, column and codes."""


@dataclass(frozen=True)
class Settled:
    """Rows with one per key.

    Attributes:
        table: the checked table, in source order.
        replaced: source rows that gave way to another row of their key with different content.
        collapsed: how many rows went, identical ones included.
    """

    table: Any
    replaced: npt.NDArray[np.int64]
    collapsed: int


def settle_twins(feed: Feed, table: Any) -> Settled:
    """Leave one row per key.

    Identical rows (but for their place in the source) collapse. Of different ones the last in source order stays; of
    absences and placements one row stays with the earliest begin and the latest or no end, and it is one that says the
    child is missing if any does: the door must not make a missing child disappear.
    """
    keys = table[feed.key].to_pandas()
    is_twin = keys.duplicated(keep=False).to_numpy()
    if not is_twin.any():
        return Settled(table, np.empty(0, dtype=np.int64), 0)
    rows = table.filter(pa.array(is_twin)).to_pandas(types_mapper=_nullable)
    content = [name for name in rows.columns if name != "source_row"]
    distinct = rows.drop_duplicates(subset=content, keep="last")
    kept = _merge(feed, distinct) if feed.name in MISSING else distinct.drop_duplicates(subset=feed.key, keep="last")
    replaced = distinct.loc[~distinct["source_row"].isin(kept["source_row"]), "source_row"].to_numpy(dtype=np.int64)
    single = pa.Table.from_pandas(kept, schema=table.schema, preserve_index=False)
    whole = pa.concat_tables([table.filter(pa.array(~is_twin)), single]).sort_by("source_row")
    return Settled(whole, replaced, len(table) - len(whole))


def _merge(feed: Feed, rows: pd.DataFrame) -> pd.DataFrame:
    column, codes = MISSING[feed.name]
    says_missing = rows[column].isin(codes).astype(int)
    base = rows.assign(says_missing=says_missing).sort_values(["says_missing", "source_row"], kind="stable")
    base = base.drop(columns="says_missing").drop_duplicates(subset=feed.key, keep="last").set_index(feed.key)

    begin, end = [f"{feed.begins}_earliest", f"{feed.begins}_latest"], ["ended_at_earliest", "ended_at_latest"]
    first = rows.sort_values([*begin, "source_row"], kind="stable").drop_duplicates(subset=feed.key).set_index(feed.key)
    by_end = rows.sort_values([*reversed(end), "source_row"], kind="stable", na_position="last")
    last = by_end.drop_duplicates(subset=feed.key, keep="last").set_index(feed.key)
    # The reason goes with its end: an open row must not inherit "error" or "returned" from a closed one.
    ending = [*end, "end_reason"] if "end_reason" in rows.columns else end
    base[begin] = first[begin].reindex(base.index)
    base[ending] = last[ending].reindex(base.index)
    return base.reset_index()


def _nullable(kind: Any) -> Any:
    """Whole numbers stay whole beside nulls."""
    return pd.ArrowDtype(kind)
