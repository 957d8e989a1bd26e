"""The list of rows and fields that the door set aside: positions and rules, no values (spec 1, 6)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cmfc.feeds.catalog import Feed
from cmfc.intake.canonical import UNLISTED
from cmfc.intake.gate import Breach
from cmfc.intake.twins import MISSING

SCHEMA = pa.schema(
    [("feed", pa.string()), ("source", pa.string()), ("row", pa.int64())]
    + [(name, pa.string()) for name in ("key", "field", "rule", "effect", "severity", "subject")]
)
ORDER = [(name, "ascending") for name in ("row", "field", "rule")]


def list_breaches(
    feed: Feed, source: str, typed: Any, breaches: Sequence[Breach], is_out: npt.NDArray[np.bool_]
) -> Any:
    """One line per reason.

    Args:
        feed: the feed.
        source: how messages name its source.
        typed: text columns and `source_row`, ascending.
        breaches: what does not hold, by source row.
        is_out: per row of `typed`, whether the row is quarantined; then each of its reasons has the effect `row`.
    """
    rows = np.concatenate([breach.rows for breach in breaches]) if breaches else np.empty(0, dtype=np.int64)
    sizes = [len(breach.rows) for breach in breaches]
    places = np.searchsorted(typed["source_row"].to_numpy(), rows)
    at = pa.array(places)
    key = typed[feed.key].take(at)
    numbers = pa.array(rows).cast(pa.string())
    is_row = pa.array(is_out[places])
    severity = pc.if_else(is_row, _severity_of_row(feed, typed).take(at), "low")
    columns = [
        pa.array([feed.name] * len(rows), pa.string()),
        pa.array([source] * len(rows), pa.string()),
        pa.array(rows, pa.int64()),
        key,
        pa.array(np.repeat([breach.column for breach in breaches], sizes).tolist(), pa.string()),
        pa.array(np.repeat([breach.rule for breach in breaches], sizes).tolist(), pa.string()),
        pc.if_else(is_row, "row", "field"),
        severity,
        pc.coalesce(_joined(feed.name, ":", key), _joined(feed.name, "#", numbers)),
    ]
    return pa.table(columns, schema=SCHEMA).sort_by(
        [("row", "ascending"), ("field", "ascending"), ("rule", "ascending")]
    )


def _joined(feed: str, sign: str, values: Any) -> Any:
    return pc.binary_join_element_wise(feed + sign, values, "")


def _severity_of_row(feed: Feed, typed: Any) -> Any:
    """critical where the row legibly says that the child is missing, high for reports, else low (docs/readings.md)."""
    if feed.name not in MISSING:
        return pa.array(["high" if feed.role == "report" else "low"] * len(typed), pa.string())
    column, codes = MISSING[feed.name]
    text = pc.utf8_ltrim(typed[column], characters=UNLISTED)
    return pc.if_else(pc.is_in(text, value_set=pa.array(codes)), "critical", "low")
