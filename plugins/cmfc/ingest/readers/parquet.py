"""Reads a Parquet file; typed values become text, and the footer's count is held against the rows (spec 1)."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from cmfc.ingest.readers.census import SourceCensus
from cmfc.ingest.readers.chunk import ROWS_PER_CHUNK, Chunk, UnreadableFeed, Wanted, columns_of, counts_differ
from cmfc.ingest.sources import ParquetSource
from cmfc.ingest.text import text_of_array


def read_parquet(feed: str, source: ParquetSource, census: SourceCensus, wanted: Wanted) -> Iterator[Chunk]:
    """Read Parquet. The first record is row 2, as in files with a header.

    Raises:
        UnreadableFeed: it is damaged, or holds other than its footer says.
    """
    done = 0
    try:
        with pq.ParquetFile(source.path) as file:
            columns = columns_of(feed, source.shown, file.schema_arrow.names, wanted)
            for batch in file.iter_batches(ROWS_PER_CHUNK):
                table = columns.table([text_of_array(column) for column in batch.columns], census)
                yield Chunk(pa.array(np.arange(done + 2, done + 2 + len(batch)), pa.int64()), table)
                done += len(batch)
            census.record(records=done, records_counted_apart=file.metadata.num_rows)
    except (pa.ArrowException, OSError) as error:
        message = f"{feed}: {source.shown} is not a readable Parquet file; deliver it again."
        raise UnreadableFeed(message, type(error).__name__) from None
    counts_differ(feed, source.shown, census)
    if not done:
        yield columns.nothing()
