"""How much a source may ask of a worker before it is refused: a small file must not hold one for hours."""

import zipfile
from dataclasses import dataclass
from pathlib import Path

from cmfc.ingest.readers.chunk import Chunk, UnreadableFeed
from cmfc.settings import Settings

MIB = 1 << 20
_PACKED_TIGHT = 64 * MIB
"""Below this a part of a workbook may be packed as tightly as it likes: a few cells repeated pack a thousandfold."""


@dataclass(frozen=True)
class Budget:
    """The limits of one feed's source (CMFC_SOURCE_…, docs/reference/settings.md).

    Attributes:
        rows, columns: of the whole feed.
        cell_bytes: of the longest single value.
        unpacked_bytes: of a workbook's parts or a Parquet file's pages, as the file declares them.
        unpacked_times: how many times its packed size a large part may unpack to.
        memory_bytes: what reading one chunk may take, and what a reader in a process of its own may take in all.
        seconds: processor time of a reader in a process of its own.
    """

    rows: int = 50_000_000
    columns: int = 2_000
    cell_bytes: int = MIB
    unpacked_bytes: int = 4096 * MIB
    unpacked_times: int = 150
    memory_bytes: int = 2048 * MIB
    seconds: int = 3_600

    @classmethod
    def of(cls, settings: Settings) -> "Budget":
        """The limits that this installation has set."""
        return cls(
            rows=settings.source_rows,
            columns=settings.source_columns,
            unpacked_bytes=settings.source_unpacked_mib * MIB,
            memory_bytes=settings.source_memory_mib * MIB,
            seconds=settings.source_seconds,
        )

    def refuse_parts(self, feed: str, shown: str, path: Path) -> int:
        """Look at what a workbook's parts declare before one is unpacked; gives their bytes in all.

        A zip reader gives no more than is declared, so a file that declares too little is cut off and refused as
        damaged.

        Raises:
            UnreadableFeed: more than the budget, or a large part that unpacks to too many times its size.
        """
        with zipfile.ZipFile(path) as book:
            parts = book.infolist()
        total = sum(part.file_size for part in parts)
        if total > self.unpacked_bytes:
            raise self._over(feed, shown, f"unpacks to {total // MIB} MiB", self.unpacked_bytes // MIB, "unpacked_mib")
        for part in parts:
            if part.file_size > _PACKED_TIGHT and part.file_size > self.unpacked_times * part.compress_size:
                message = f"{feed}: {shown} holds a part that unpacks to {part.file_size // MIB} MiB, more than"
                raise UnreadableFeed(f"{message} {self.unpacked_times} times its size; have it saved anew.")
        return total

    def refuse_columns(self, feed: str, shown: str, count: int) -> None:
        """Refuse a header that is too wide.

        Raises:
            UnreadableFeed: says both numbers.
        """
        if count > self.columns:
            raise self._over(feed, shown, f"has {count} columns", self.columns, "columns")

    def refuse_rows(self, feed: str, shown: str, count: int) -> None:
        """Refuse a source that is too long.

        Raises:
            UnreadableFeed: says both numbers.
        """
        if count > self.rows:
            raise self._over(feed, shown, f"has more than {self.rows} rows", self.rows, "rows")

    def refuse_memory(self, feed: str, shown: str, memory: int) -> None:
        """Refuse rows that would take too much memory once they are decoded.

        Raises:
            UnreadableFeed: says both numbers.
        """
        if memory > self.memory_bytes:
            what = f"would take {memory // MIB} MiB of memory"
            raise self._over(feed, shown, what, self.memory_bytes // MIB, "memory_mib")

    def hold(self, feed: str, shown: str, chunk: Chunk, rows_before: int) -> None:
        """Refuse a chunk that breaks a limit."""
        self.refuse_columns(feed, shown, chunk.table.num_columns)
        self.refuse_rows(feed, shown, rows_before + len(chunk.table))
        self.refuse_memory(feed, shown, chunk.table.nbytes)

    @staticmethod
    def _over(feed: str, shown: str, what: str, limit: int, setting: str) -> UnreadableFeed:
        remedy = f"if it should, raise CMFC_SOURCE_{setting.upper()}"
        return UnreadableFeed(f"{feed}: {shown} {what}, and a source may have {limit}; {remedy}.")
