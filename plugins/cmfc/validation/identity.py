"""A row's identity is its key and its child, and for some feeds its kind (spec 1); what a record is called.

`record` is the name in subjects, pairs and evidence: `feed:key`, or `feed#` and 8 hex where the key is no plain token,
with `@child` or `@kind` behind it where the key names several records of the night.
"""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from cmfc.feeds.catalog import Feed
from cmfc.privacy.ids import are_ids, short_hash

_NAMED = ("first_name", "last_name", "date_of_birth")
NAMED_IN_REPORT = ("child_id", *_NAMED)
"""The columns by which a report says whom it is about."""
_NOBODY = "unknown"


def name_keys(feed: Feed, table: Any, pulled: Any, key_pattern: str | None, child_pattern: str | None) -> Any:
    """Give every row a name that may stand where only ids may.

    Args:
        feed: the feed.
        table: the snapshot.
        pulled: folder of the night's snapshots.
        key_pattern: the mapping's `id_pattern` of the key.
        child_pattern: and of the child's id.

    Returns:
        The table with its ids as they may be shown: the key (null where there is none), others as `#` and 8 hex where
        they are no plain token; `key_name` (never null), `child_id_is_id`, and `child`: the child's id as it may be
        shown.
    """
    keys = table[feed.key].combine_chunks()
    is_token = are_ids(keys, pulled, key_pattern)
    safe_keys = _replaced(keys, pc.invert(is_token), lambda key: f"{feed.name}#{short_hash(key)}")
    without = pc.is_null(keys)
    names = safe_keys
    if pc.any(without).as_py():
        content = table.filter(without).drop_columns(["source_row"]).to_pylist()
        hashes = (f"{feed.name}#{short_hash(repr(sorted((k, v) for k, v in row.items() if v)))}" for row in content)
        names = pc.replace_with_mask(safe_keys, without, pa.array(list(hashes), pa.string()))
    children = table["child_id"].combine_chunks()
    is_id = is_token if feed.key == "child_id" else are_ids(children, pulled, child_pattern)
    child = _replaced(children, pc.invert(is_id), lambda child: f"#{short_hash(child)}")
    table = table.set_column(table.column_names.index(feed.key), feed.key, safe_keys)
    for column in feed.of_type("id"):  # a caseworker's or a provider's: nobody is looked up by it
        if column.name not in (feed.key, "child_id"):
            values = table[column.name].combine_chunks()
            other = _replaced(values, pc.invert(are_ids(values, pulled, None)), lambda text: f"#{short_hash(text)}")
            table = table.set_column(table.column_names.index(column.name), column.name, other)
    return table.append_column("key_name", names).append_column("child_id_is_id", is_id).append_column("child", child)


def void_copies(feed: Feed, typed: Any) -> Any:
    """The rows that are withdrawn, as a bool array.

    One voided copy of a report voids the report; one that names no child voids every report of its key.
    """
    if "voided" not in feed.columns:
        return pa.array(np.zeros(len(typed), dtype=np.bool_))
    voided = pc.fill_null(typed["voided_value"].combine_chunks(), False)
    if feed.role != "report" or not pc.any(voided).as_py():
        return voided
    is_voided = voided.to_numpy(zero_copy_only=False)
    rows = pd.DataFrame({"key": typed["key_name"].to_pylist(), "who": _who(feed, typed)})
    keys = pd.MultiIndex.from_frame(rows)
    withdrawn = rows["key"].isin(rows["key"][is_voided & (rows["who"] == _NOBODY)]).to_numpy()
    return pa.array(keys.isin(keys[is_voided]) | withdrawn)


def identify(feed: Feed, live: Any, content: Any) -> Any:
    """Find rows of one identity, and name every row.

    Args:
        feed: the feed.
        live: rows that are not voided, with `key_name` and `child`.
        content: the columns, as long as `live`, in which copies may differ.

    Returns:
        `live` with `record` and `record_id`; `base_record`, the name without what tells records of one key apart;
        `identity`: a number that copies share, null for a row that is alone; `is_only_content`: false where copies
        differ; `is_one_person`: false where copies of a child differ in name and in birth date; `key_is_alone`: false
        where the key stands under several children or kinds (in a report: siblings, and nothing is wrong).
    """
    base = _base_names(feed, live["key_name"].combine_chunks())
    keys = live["key_name"].to_pandas()
    repeated = keys.duplicated(keep=False).to_numpy()
    record, identity = base, pa.nulls(len(live), pa.int64())
    is_only, is_shared = np.ones(len(live), dtype=np.bool_), np.zeros(len(live), dtype=np.bool_)
    is_person = np.ones(len(live), dtype=np.bool_)
    if repeated.any():
        mask = pa.array(repeated)
        some = live.filter(mask)
        rows = pd.DataFrame({"key": keys[repeated].to_numpy(), "who": _who(feed, some)})
        rows["kind"] = _kinds(feed, some)
        children = rows.groupby("key")["who"].transform("nunique")
        kinds = rows.groupby(["key", "who"])["kind"].transform("nunique")
        suffix = ("@" + rows["who"]).where(children > 1, "") + ("@" + rows["kind"]).where(kinds > 1, "")
        plain = base.filter(mask)
        named = pc.binary_join_element_wise(plain, pa.array(suffix, pa.string()), "")
        # A key may hold an @, and what tells another apart may be just that key.
        is_taken = pc.and_(pc.not_equal(named, plain), pc.is_in(named, value_set=base))
        named = _replaced(named, is_taken, lambda name: f"{name}#{short_hash(name)}")
        record = pc.replace_with_mask(base, mask, named)
        group = rows.groupby(["key", "who", "kind"], sort=True)
        size = group["key"].transform("size").to_numpy()
        number = group.ngroup().to_numpy()
        identity = pc.replace_with_mask(identity, mask, pa.array(number, pa.int64(), mask=size == 1))
        copies = content.filter(mask).to_pandas(types_mapper=pd.ArrowDtype).assign(identity=number)
        distinct = copies.drop_duplicates().groupby("identity").size()
        is_only[repeated] = (distinct.reindex(number) == 1).to_numpy()
        if feed.name == "children":
            is_person[repeated] = _are_one_person(some, number)
        is_shared[repeated] = ((children > 1) | (kinds > 1)).to_numpy() & (feed.role != "report")
    for name, values in {
        "record": record,
        "record_id": within_feed(feed, record),
        "identity": identity,
        "is_only_content": pa.array(is_only),
        "is_one_person": pa.array(is_person),
        "key_is_alone": pa.array(~is_shared),
        "base_record": base,
    }.items():
        live = live.append_column(name, values)
    return live


def within_feed(feed: Feed, records: Any) -> Any:
    """What records are called within their feed: `A1`, `A1@C5`, or `absences#1a2b3c4d` as a whole."""
    plain = pc.utf8_slice_codeunits(records, len(feed.name) + 1)
    return pc.if_else(pc.starts_with(records, f"{feed.name}:"), plain, records)


def _base_names(feed: Feed, key_names: Any) -> Any:
    is_hash = pc.starts_with(key_names, f"{feed.name}#")
    return pc.if_else(is_hash, key_names, pc.binary_join_element_wise(f"{feed.name}:", key_names, ""))


def _kinds(feed: Feed, rows: Any) -> list[str]:
    if feed.kind is None:
        return [""] * len(rows)
    listed = feed.columns[feed.kind].codes
    return [kind if kind in listed else "unreadable" for kind in rows[feed.kind].to_pylist()]


def _are_one_person(rows: Any, identity: Any) -> Any:
    """Whether the copies of a child agree in a name or in the birth date, as a bool per row."""
    copies = rows.select(list(_NAMED)).to_pandas()
    copies = copies.apply(lambda column: column.str.strip().str.casefold()).groupby(identity)
    differs = {name: copies[name].transform("nunique") > 1 for name in _NAMED}
    return ~((differs["first_name"] | differs["last_name"]) & differs["date_of_birth"]).to_numpy()


def _who(feed: Feed, rows: Any) -> "pd.Series[str]":
    """Which child a row is about: its id, in a report else a hash of the one it names.

    A report's row that names nobody is about the one child that its key names elsewhere.
    """
    child = rows["child"].combine_chunks()
    if feed.role != "report":
        return pd.Series(pc.fill_null(child, _NOBODY).to_pylist(), dtype=object)
    named = pc.binary_join_element_wise(
        *(pc.utf8_lower(rows[name].combine_chunks()) for name in _NAMED), "\x1f", null_handling="replace"
    )
    unnamed = pc.equal(named, "\x1f" * (len(_NAMED) - 1))
    needed = pc.and_(pc.is_null(child), pc.invert(unnamed))
    hashed = _replaced(named, needed, short_hash)
    who = pd.Series(
        pc.if_else(pc.is_valid(child), child, pc.if_else(unnamed, _NOBODY, hashed)).to_pylist(), dtype=object
    )
    by_key = who.where(who != _NOBODY).groupby(pd.Series(rows["key_name"].to_pylist(), dtype=object))
    return who.where((who != _NOBODY) | (by_key.transform("nunique") != 1), by_key.transform("first"))


def _replaced(values: Any, mask: Any, new: Any) -> Any:
    """The values with `new(value)` where the mask says so."""
    mask = pc.fill_null(mask, False)
    if not pc.any(mask).as_py():
        return values
    return pc.replace_with_mask(values, mask, pa.array([new(v) for v in values.filter(mask).to_pylist()], pa.string()))
