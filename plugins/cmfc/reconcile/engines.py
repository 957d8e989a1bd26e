"""What the core needs of an engine of SQL, and the two that there are: DuckDB in the process, and Spark.

Steps, checks and tables are the same files on both. What follows the work tables knows of neither.
"""

import importlib.util
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Literal, Protocol

from cmfc.errors import UsageError

EngineName = Literal["duckdb", "spark"]
ENGINES: tuple[EngineName, ...] = ("duckdb", "spark")


class Engine(Protocol):
    """One night's tables by name, and the SQL over them."""

    def read(self, paths: Sequence[Path]) -> str:
        """A relation over Parquet files of one shape, as it stands behind FROM."""

    def fill(self, name: str, columns: Mapping[str, str], rows: Sequence[Sequence[object]]) -> None:
        """A small table of given rows; `columns`: types by name."""

    def view(self, name: str, sql: str) -> None:
        """A name for a query."""

    def table(self, name: str, sql: str) -> None:
        """A query's rows, computed once."""

    def unite(self, name: str, columns: Mapping[str, str], parts: Iterable[str]) -> None:
        """A table of the rows of several queries, which give its columns in their order."""

    def drop(self, name: str) -> None:
        """Forgets a table that nothing reads any more."""

    def columns_of(self, sql: str) -> list[str]:
        """The names of what a query gives."""

    def rows_of(self, sql: str) -> list[tuple[object, ...]]:
        """A query's rows, of which there are few."""

    def write(self, sql: str, target: Path) -> int:
        """Writes a query's rows, in their order, as one Parquet file; how many there are."""


def open_engine(name: EngineName, zone: str, spill: Path, threads: int | None = None) -> AbstractContextManager[Engine]:
    """An engine that knows the words (macros.py) for an agency's zone.

    Args:
        name: which one.
        zone: IANA name.
        spill: folder for what does not fit in memory, the run's own; Spark keeps the steps' tables there.
        threads: of DuckDB; None: one per core. Spark has its own setting.

    Raises:
        UsageError: CMFC-K04, Spark is asked for and PySpark is not installed; CMFC-K05, there is no Java.
    """
    if name == "duckdb":
        from cmfc.reconcile.duck_engine import open_duck

        return open_duck(zone, spill, threads)
    refuse_without_spark()
    from cmfc.reconcile.spark_engine import open_spark

    return open_spark(zone, spill)


def refuse_without_spark() -> None:
    """Says at once, before a night begins, that Spark cannot run here."""
    if importlib.util.find_spec("pyspark") is None:
        raise UsageError("CMFC-K04", "The engine spark is asked for, and PySpark is not installed here.")
    if "PYSPARK_GATEWAY_PORT" not in os.environ and not _has_java():
        raise UsageError("CMFC-K05", "The engine spark is asked for, and there is no Java here.")


def _has_java() -> bool:
    home = os.environ.get("JAVA_HOME")
    return bool(home and (Path(home) / "bin" / "java").is_file()) or shutil.which("java") is not None
