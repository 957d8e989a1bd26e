"""Readers: a feed as chunks of text under its native column names, every byte a row or named (spec 1)."""

from cmfc.ingest.readers.census import SourceCensus
from cmfc.ingest.readers.chunk import ROWS_PER_CHUNK, Chunk, Connect, Layout, SilentDatabase, UnreadableFeed, chunk_of
from cmfc.ingest.readers.feed import read

__all__ = [
    "ROWS_PER_CHUNK", "Chunk", "Connect", "Layout", "SilentDatabase", "SourceCensus", "UnreadableFeed",
    "chunk_of", "read",
]  # fmt: skip
