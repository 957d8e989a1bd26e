"""Rows by key: what the files say, whatever the keys are called and however often they come."""

import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmfc.feeds.catalog import feeds
from cmfc.review.lookup import LONGEST, Lookup
from cmfc.storage.layout import checked_folder, work_folder
from tests.support.desk import Desk

pytestmark = pytest.mark.long

NAMES = st.one_of(st.none(), st.text(st.characters(exclude_characters="\x00", exclude_categories=("Cs",)), max_size=8))


def lookup_of(folder: Path, rows: list[dict[str, Any]]) -> Lookup:
    """Rows with the columns `key` and `n`, in small groups."""
    path = folder / "rows.parquet"
    kinds = pa.schema([("key", pa.string()), ("n", pa.int64())])
    pq.write_table(pa.Table.from_pylist(rows, kinds), path, row_group_size=3)
    return Lookup(path, folder, ["key"])


@settings(max_examples=60)
@given(keys=st.lists(NAMES, max_size=30), more=st.lists(NAMES.filter(bool), max_size=5))
def test_it_finds_what_a_reader_of_all_rows_finds(
    tmp_path_factory: pytest.TempPathFactory, keys: list[str | None], more: list[str]
) -> None:
    rows = [{"key": key, "n": n} for n, key in enumerate(keys)]
    queries = sorted({key for key in (*keys, *more) if key})
    lookup = lookup_of(tmp_path_factory.mktemp("rows"), rows)
    result = lookup.find("key", queries)
    assert result == [row for key in queries for row in rows if row["key"] == key]
    assert lookup.find("key", queries, ["n"]) == [{"n": row["n"]} for row in result]


def test_by_a_key_with_a_very_long_value_nothing_is_looked_up(tmp_path: Path) -> None:
    for length, has in ((LONGEST, True), (LONGEST + 1, False)):
        assert lookup_of(tmp_path, [{"key": "x" * length, "n": 1}, {"key": "a", "n": 2}]).has("key") is has


def test_a_column_that_the_table_has_not_is_no_key(tmp_path: Path) -> None:
    path = tmp_path / "of_an_older_version.parquet"
    pq.write_table(pa.table({"child_id": ["a"]}), path)
    lookup = Lookup(path, tmp_path, ["child_id", "record_id"])
    assert lookup.has("child_id") and not lookup.has("record_id")


def test_tables_of_a_night_are_looked_up_as_sql_reads_them(desk: Desk) -> None:
    """All rows of all tables, of the types that they have."""
    data = desk.data
    folders = [(checked_folder(data.folder), name, "child_id") for name in feeds()]
    folders += [(work_folder(data.folder), name, "child_id") for name in ("findings", "episodes", "links")]
    night, names = data._tables(), {name for _, name, _ in folders}
    for _ in range(3000):  # they are made behind the first pages
        if names <= night.lookups.keys():
            break
        time.sleep(0.1)
    assert all(night.lookups[name].has(key) for _, name, key in folders)
    for folder, name, key in folders:
        rows = data.rows(f"SELECT * FROM read_parquet('{folder / name}.parquet') WHERE {key} IS NOT NULL")
        ids = sorted({row[key] for row in rows})
        for part in (ids[n : n + 100] for n in range(0, len(ids), 100)):
            expected = [row for row in rows if row[key] in part]
            assert sorted(map(repr, data.find(name, key, part))) == sorted(map(repr, expected)), name
