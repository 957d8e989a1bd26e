"""Rows of a night's table by the values of its keys: an Arrow file, and the sorted values of each key.

A page of a child looks up two dozen tables. The database plans each for milliseconds; here one takes a fraction of one.
The file is mapped, so that what nobody looks up takes no memory.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

LONGEST = 64
"""Bytes of a key's longest value: all take as many. By a key with a longer one nothing can be looked up."""


class Lookup:
    """One table. Keys are texts; a row without one is found by none."""

    def __init__(self, table: Path, folder: Path, keys: Iterable[str]) -> None:
        """Copy a Parquet file into `folder` and sort the values of each key that it has.

        Raises:
            OSError: one of the two cannot be read or written.
            pyarrow.ArrowException: the file is damaged.
        """
        path = folder / f"{table.stem}.arrow"
        with pq.ParquetFile(table) as source, pa.ipc.new_file(path, source.schema_arrow) as copy:
            for batch in source.iter_batches():
                copy.write_batch(batch)
        rows = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
        self._columns = dict(zip(rows.column_names, rows.itercolumns(), strict=True))
        there = (key for key in keys if key in self._columns)
        self._keys = {key: order for key in there if (order := _order(self._columns[key])) is not None}

    def has(self, key: str) -> bool:
        """Whether rows can be looked up by a column."""
        return key in self._keys

    def find(self, key: str, values: Sequence[str], columns: Sequence[str] = ()) -> list[dict[str, Any]]:
        """The rows with one of the values, by value; those of one value as they stand in the file.

        Args:
            key: one that it has.
            values: what to look for.
            columns: of the rows; none: all.
        """
        there, places = self._keys[key]
        wanted = np.array([value.encode() for value in values], dtype="S")
        spans = zip(np.searchsorted(there, wanted), np.searchsorted(there, wanted, "right"), strict=True)
        positions = [int(row) for first, end in spans for row in places[first:end]]
        read = [(name, self._columns[name]) for name in columns or self._columns]
        return [{name: column[row].as_py() for name, column in read} for row in positions]


def _order(column: pa.ChunkedArray) -> tuple[Any, Any] | None:
    """The values of a column in order, as bytes, and the row of each; None where one is too long."""
    there = np.flatnonzero(~np.asarray(column.is_null()))
    binary = column.drop_null().cast(pa.binary())
    if (pc.max(pc.binary_length(binary)).as_py() or 0) > LONGEST:
        return None
    values = np.array(binary.to_pylist(), dtype="S")
    order = np.argsort(values, kind="stable")
    return values[order], there[order].astype(np.uint32)
