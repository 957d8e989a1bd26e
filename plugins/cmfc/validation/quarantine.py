"""The list of rows and fields that were set aside: whose they are, where they stand and why, no values (spec 1, 6)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cmfc.feeds.catalog import Feed
from cmfc.validation.breach import Breach

_ROUTING = ("county", "office", "caseworker_id")
SCHEMA = pa.schema(
    [("feed", pa.string()), ("source", pa.string()), ("row", pa.int64())]
    + [(name, pa.string()) for name in ("key", "field", "rule", "effect", "severity", "subject", "record", "child_id")]
    + [(name, pa.string()) for name in _ROUTING]
    + [("is_open", pa.bool_())]
)
ORDER = [(name, "ascending") for name in ("row", "field", "rule")]


def list_breaches(feed: Feed, source: str, rows: Any, breaches: Sequence[Breach], is_out: npt.NDArray[np.bool_]) -> Any:
    """One line per reason.

    Args:
        feed: the feed.
        source: how messages name its source.
        rows: `source_row` ascending, `record`, `child`, the key; for rows that go, the kind and its end too.
        breaches: what does not hold, by source row.
        is_out: per row of `rows`, whether it is set aside; then each of its reasons has the effect `row`.
    """
    numbers = np.concatenate([b.rows for b in breaches]) if breaches else np.empty(0, dtype=np.int64)
    sizes = [len(breach.rows) for breach in breaches]
    places = np.searchsorted(rows["source_row"].to_numpy(), numbers)
    at = pa.array(places)
    is_row = pa.array(is_out[places])
    record = rows["record"].take(at)
    subject = rows["base_record"].take(at) if "base_record" in rows.column_names else record
    of_key = pa.array(np.repeat([breach.is_about_key for breach in breaches], sizes).astype(np.bool_))
    of_field = pa.array(np.repeat([breach.severity for breach in breaches], sizes).tolist(), pa.string())
    own = severity_of_rows(feed, rows).take(at) if pc.any(is_row).as_py() else of_field
    columns = {
        "feed": pa.array([feed.name] * len(numbers), pa.string()),
        "source": pa.array([source] * len(numbers), pa.string()),
        "row": pa.array(numbers, pa.int64()),
        "key": rows[feed.key].take(at),
        "field": pa.array(np.repeat([breach.column for breach in breaches], sizes).tolist(), pa.string()),
        "rule": pa.array(np.repeat([breach.rule for breach in breaches], sizes).tolist(), pa.string()),
        "effect": pc.if_else(is_row, "row", "field"),
        "severity": pc.if_else(is_row, own, of_field),
        "subject": pc.if_else(of_key, subject, record),
        "record": record,
        "child_id": rows["child"].take(at),
    }
    open_rows = is_open(rows) if pc.any(is_row).as_py() and feed.missing_codes else pa.nulls(len(rows), pa.bool_())
    columns["is_open"] = pc.if_else(is_row, open_rows.take(at), pa.scalar(None, pa.bool_()))
    for name in _ROUTING:  # of a child on file, the file tells them; of one that is set aside, its own row does
        is_child_row = pc.and_(is_row, feed.name == "children")
        values = rows[name].take(at) if feed.name == "children" else pa.nulls(len(numbers), pa.string())
        columns[name] = pc.if_else(is_child_row, values, pa.scalar(None, pa.string()))
    return pa.table([columns[name] for name in SCHEMA.names], schema=SCHEMA).sort_by(ORDER)


def severity_of_rows(feed: Feed, rows: Any) -> Any:
    """How urgent it is that a row cannot be used (spec 1, A bad row).

    A row that says the child is missing, or whose kind cannot be read, may be a missing child: critical while it has no
    usable end, high when it ended. Where the mapping does not list the kind's code, the code is critical (DQ-02), and
    the row high. A report is high, everything else low.
    """
    if not feed.missing_codes or feed.kind is None:
        return pa.array(["high" if feed.role == "report" else "low"] * len(rows), pa.string())
    kind = rows[feed.kind]
    listed = pc.is_in(kind, value_set=pa.array(feed.columns[feed.kind].codes, pa.string()))
    may_be_missing = pc.or_(pc.is_in(kind, value_set=pa.array(feed.missing_codes, pa.string())), pc.invert(listed))
    urgent = pc.if_else(pc.and_(is_open(rows), pc.invert(rows["has_unlisted_kind"])), "critical", "high")
    return pc.if_else(may_be_missing, urgent, "low")


def is_open(rows: Any) -> Any:
    """Which rows have no end that can be used."""
    return pc.or_(pc.is_null(rows["ended_at_earliest"]), rows["has_bad_end"])
