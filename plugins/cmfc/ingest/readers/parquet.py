"""Reads a Parquet file; typed values become text, and the footer's count is held against the rows (spec 1)."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cmfc.ingest.readers.budget import Budget
from cmfc.ingest.readers.census import SourceCensus
from cmfc.ingest.readers.chunk import ROWS_PER_CHUNK, Chunk, Layout, UnreadableFeed, columns_of, counts_differ
from cmfc.ingest.sources import ParquetSource
from cmfc.ingest.text import text_of_array


def read_parquet(
    feed: str, source: ParquetSource, census: SourceCensus, layout: Layout, budget: Budget
) -> Iterator[Chunk]:
    """Read Parquet. The first record is row 2, as in files with a header.

    Raises:
        UnreadableFeed: it is damaged, holds other than its footer says, or its values take more than the budget.
    """
    done = 0
    try:
        with pq.ParquetFile(source.path, read_dictionary=_texts(source)) as file:
            budget.refuse_columns(feed, source.label, file.metadata.num_columns)
            budget.refuse_rows(feed, source.label, file.metadata.num_rows)
            columns = columns_of(feed, source.label, file.schema_arrow.names, layout)
            for batch in file.iter_batches(ROWS_PER_CHUNK):
                budget.refuse_memory(feed, source.label, sum(map(_bytes_of, batch.columns)))
                table = columns.table([text_of_array(column) for column in batch.columns], census)
                yield Chunk(pa.array(np.arange(done + 2, done + 2 + len(batch)), pa.int64()), table)
                done += len(batch)
            census.record(records=done, records_counted_apart=file.metadata.num_rows)
    except (pa.ArrowException, OSError) as error:
        message = f"{feed}: {source.label} is not a readable Parquet file; deliver it again."
        raise UnreadableFeed(message, type(error).__name__) from None
    counts_differ(feed, source.label, census)
    if not done:
        yield columns.nothing()


def _texts(source: ParquetSource) -> list[str]:
    """Top-level columns of text: read as dictionaries, a value that a small file repeats is held once."""
    schema = pq.read_schema(source.path)
    return [field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)]


def _bytes_of(column: Any) -> int:
    """What a column takes once it is text."""
    if not pa.types.is_dictionary(column.type):
        return int(column.nbytes)
    kind = column.type.value_type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        return int(column.nbytes)
    lengths = pc.binary_length(column.dictionary).cast(pa.int64())
    return int(pc.sum(lengths.take(column.indices)).as_py() or 0)
