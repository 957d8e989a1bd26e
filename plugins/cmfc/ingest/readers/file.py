"""Reads a file by its kind, in this process."""

from collections.abc import Iterator

from cmfc.errors import CmfcError
from cmfc.ingest.readers.budget import Budget
from cmfc.ingest.readers.census import SourceCensus
from cmfc.ingest.readers.chunk import Chunk, Layout
from cmfc.ingest.readers.refusal import unreadable
from cmfc.ingest.sources import CsvSource, FileSource, FixedWidthSource, TsvSource, XlsxSource


def read_here(feed: str, source: FileSource, census: SourceCensus, layout: Layout, budget: Budget) -> Iterator[Chunk]:
    """Read a file in this process, whatever its size; what a parser stumbles over is a refusal, as in `feed.read`."""
    try:
        yield from read_file(feed, source, census, layout, budget)
    except (CmfcError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever a parser raises
        raise unreadable(feed, source, error) from None


def read_file(feed: str, source: FileSource, census: SourceCensus, layout: Layout, budget: Budget) -> Iterator[Chunk]:
    """Read a file; each kind's libraries are loaded only where they are needed."""
    if isinstance(source, CsvSource | TsvSource):
        from cmfc.ingest.readers.delimited import read_delimited

        yield from read_delimited(feed, source, census, layout)
    elif isinstance(source, XlsxSource):
        from cmfc.ingest.readers.workbook import read_workbook

        yield from read_workbook(feed, source, census, layout)
    elif isinstance(source, FixedWidthSource):
        from cmfc.ingest.readers.fixed_width import read_fixed_width

        yield from read_fixed_width(feed, source, census, layout)
    else:
        from cmfc.ingest.readers.parquet import read_parquet

        yield from read_parquet(feed, source, census, layout, budget)
