"""Copies of one record become one, never the better for the child's being back or reported (spec 1)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from cmfc.feeds.catalog import Feed
from cmfc.feeds.codes import codes
from cmfc.timing.moments import DAY
from cmfc.validation.identity import NAMED_IN_REPORT, within_feed
from cmfc.validation.types import AGAIN

_OUTCOMES = ("attempted", "told_to_wait", "refused", "accepted")
_SOURCES = ("unreadable", "law_enforcement", "other", "parent", None, "agency")
_EARLIEST = ("agency_informed_at", "entered_at")


@dataclass(frozen=True)
class Deduplicated:
    """Rows with one per identity, but for copies that cannot be the same record.

    Attributes:
        table: the checked table, in source order; its `record` names copies apart that stay apart.
        collapsed: how many rows went.
    """

    table: Any
    collapsed: int


def deduplicate(feed: Feed, table: Any, identity: Any, texts: Any) -> Deduplicated:
    """Leave one row per identity.

    Args:
        feed: the feed.
        table: accepted rows in the columns of the checked table.
        identity: int64, as long as `table`; null for a row that is alone.
        texts: the feed's columns as text, in catalogue order, as long as `table`.

    Identical rows collapse. Of different ones: absences, placements and custody rows that may touch become one with the
    earliest begin and the latest or no end; of reports the least favourable stands; elsewhere the greatest by the
    columns in their order, as text, empty first.
    """
    numbers = identity.to_pandas(types_mapper=pd.ArrowDtype)
    copies = numbers.duplicated(keep=False).to_numpy() & numbers.notna().to_numpy()
    if not copies.any():
        return Deduplicated(table, 0)
    rows = table.filter(pa.array(copies)).to_pandas(types_mapper=pd.ArrowDtype)
    order = texts.filter(pa.array(copies)).to_pandas().fillna("")
    rows["rank"] = order.sort_values(list(order.columns), kind="stable").assign(rank=range(len(order)))["rank"]
    rows["identity"] = numbers[copies].to_numpy(dtype=np.int64)
    distinct = rows.drop_duplicates(subset=[name for name in rows.columns if name not in ("source_row", "rank")])
    is_alone = ~distinct["identity"].duplicated(keep=False)
    differing = distinct[~is_alone].groupby("identity", sort=True)
    merged = pd.concat([distinct[is_alone], *(_merge(feed, group) for _, group in differing)])
    single = pa.Table.from_pandas(merged[table.column_names], schema=table.schema, preserve_index=False)
    whole = pa.concat_tables([table.filter(pa.array(~copies)), single]).sort_by("source_row")
    named = within_feed(feed, whole["record"].combine_chunks())
    whole = whole.set_column(whole.column_names.index("record_id"), "record_id", named)
    return Deduplicated(whole, len(table) - len(whole))


def _merge(feed: Feed, group: pd.DataFrame) -> pd.DataFrame:
    """One identity's copies as one row, or as several that cannot be the same record."""
    if feed.kind is not None and feed.begins is not None:
        stretches = _stretches(feed, group)
        merged = [_merge_stretch(feed, stretch) for stretch in stretches]
        if len(merged) > 1:
            merged = [row.assign(record=row["record"] + "@" + _begin_of(feed, row)) for row in merged]
        return pd.concat(merged)
    row = _greatest(group)
    if feed.name == "children":
        births = group["date_of_birth"].dropna().unique()
        return row.assign(date_of_birth=births[0] if len(births) == 1 else None)
    if feed.role == "report":
        return _merge_report(feed, group, row)
    if feed.name == "sightings":
        return _merge_sighting(group, row)
    return row


def _greatest(group: pd.DataFrame) -> pd.DataFrame:
    """The greatest by text; it stands where the first of its copies in the source does."""
    return group.loc[[group["rank"].idxmax()]].assign(source_row=group["source_row"].min())


def _stretches(feed: Feed, group: pd.DataFrame) -> list[pd.DataFrame]:
    """Copies whose intervals may overlap or touch, together; one that surely began after all others ended, apart."""
    begin = f"{feed.begins}_earliest"
    ordered = group.sort_values([begin, "rank"], kind="stable")
    until = ordered["ended_at_latest"].astype("float64").fillna(np.inf).cummax().shift(1, fill_value=-np.inf)
    starts = (ordered[begin].astype("float64") > until).cumsum()
    return [stretch for _, stretch in ordered.groupby(starts, sort=True)]


def _merge_stretch(feed: Feed, copies: pd.DataFrame) -> pd.DataFrame:
    row = _greatest(copies)
    row = _take_moment(row, copies, str(feed.begins), first=True)
    for name in _EARLIEST:
        if f"{name}_earliest" in copies.columns:
            row = _take_moment(row, copies[copies[f"{name}_earliest"].notna()], name, first=True)
    if feed.name == "absences":
        row = row.assign(**_begun_again(copies))
    last = _last_to_end(copies)
    row = _take_moment(row, last, "ended_at", first=False)
    return row.assign(end_reason=_end_reason(last)) if "end_reason" in copies.columns else row


def _begun_again(copies: pd.DataFrame) -> dict[str, Any]:
    """The begin of the last copy that begins surely more than a day after another, and surely before that one's end."""
    begins = copies[["absent_since_earliest", "absent_since_latest"]].astype("float64").to_numpy()
    ends = copies["ended_at_earliest"].astype("float64").fillna(np.inf).to_numpy()
    again = [
        (int(earliest), int(latest))
        for earliest, latest in begins
        if ((earliest - begins[:, 1] > DAY) & (ends > latest)).any()
    ]
    return dict(zip(AGAIN, max(again, default=(None, None)), strict=True))


def _last_to_end(copies: pd.DataFrame) -> pd.DataFrame:
    """The copies whose end stands: those without one, else those with the latest."""
    ends = copies["ended_at_latest"].isna()
    if ends.any():
        return copies[ends]
    latest = copies.loc[copies["ended_at_latest"] == copies["ended_at_latest"].max()]
    last: pd.DataFrame = latest.loc[latest["ended_at_earliest"] == latest["ended_at_earliest"].max()]
    return last


def _end_reason(copies: pd.DataFrame) -> str | None:
    """`error` only if every copy says so, and a found outcome only if no copy says another."""
    reasons = [None if pd.isna(reason) else str(reason) for reason in copies["end_reason"]]
    if set(reasons) == {"error"}:
        return "error"
    outcomes = codes().found_outcomes
    others = sorted({reason for reason in reasons if reason not in (None, "error")}, key=lambda r: (r in outcomes, r))
    return others[0] if others else None


def _take_moment(row: pd.DataFrame, copies: pd.DataFrame, name: str, *, first: bool) -> pd.DataFrame:
    earliest, latest = f"{name}_earliest", f"{name}_latest"
    if copies.empty:
        return row
    ordered = copies.sort_values([earliest, latest] if first else [latest, earliest], kind="stable")
    source = ordered.iloc[0 if first else -1]
    return row.assign(**{earliest: source[earliest], latest: source[latest]})


def _merge_report(feed: Feed, group: pd.DataFrame, row: pd.DataFrame) -> pd.DataFrame:
    naming = group[group[list(NAMED_IN_REPORT)].notna().any(axis=1)]
    if not naming.empty:  # a copy that names nobody changes what is said of the report, not of whom it is
        row = _greatest(naming).assign(source_row=row["source_row"])
    row = row.assign(
        reported_at_earliest=group["reported_at_earliest"].min(),
        reported_at_latest=group["reported_at_latest"].max(),
        may_count=bool(group["may_count"].all()),
    )
    if feed.name == "le_reports":
        return row.assign(outcome=_least(group["outcome"], (None, *_OUTCOMES)))
    return row.assign(source=_least(group["source"], _SOURCES))


def _least(values: "pd.Series[Any]", order: tuple[str | None, ...]) -> str | None:
    listed = [None if pd.isna(value) else str(value) for value in values]
    return min(listed, key=order.index)


def _merge_sighting(group: pd.DataFrame, row: pd.DataFrame) -> pd.DataFrame:
    """Not verified stands, and the shorter window."""
    row = _take_moment(row, group, "known_from", first=False)
    row = _take_moment(row, group[group["known_to_earliest"].notna()], "known_to", first=True)
    return row.assign(verified=bool(group["verified"].fillna(False).all()))


def _begin_of(feed: Feed, row: pd.DataFrame) -> str:
    at = int(row[f"{feed.begins}_earliest"].iloc[0])
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
