"""Spark as the engine of the core, for what one machine cannot hold (docs/how-to/spark.md).

Every table of a step is written as Parquet into the run's spill folder and read from there: no plan grows with the
number of steps, and nothing is computed twice. Rows have no order in Spark but where a query asks for one, and no
query of the core depends on how they are shared out.
"""

import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count, islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark import SparkContext
from pyspark.sql import DataFrame, SparkSession

from cmfc.reconcile.spark_words import NAMES, ONCE, words_of
from cmfc.reconcile.word_expansion import WordExpansion, common_tables

SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",  # an overflow or a bad cast is an error and no NULL
    "spark.sql.caseSensitive": "false",
    "spark.sql.legacy.consecutiveStringLiterals.enabled": "false",  # two quotes are one quote
    "spark.sql.files.ignoreCorruptFiles": "false",
    "spark.sql.files.ignoreMissingFiles": "false",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.sql.parquet.compression.codec": "zstd",
}
"""Of the run's own session, whatever else the installation sets. The result depends on them, but for the last one."""
OWN_SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "OFF",  # an error may quote a record
    "spark.driver.defaultJavaOptions": "-XX:-DontCompileHugeMethods",  # those of steps of a hundred columns
}
"""Of a Spark that is started here."""
PARTS_AT_ONCE = 12
"""Checks whose findings one job writes: each job has a price, and so has a plan that grows."""


@contextmanager
def open_spark(zone: str, spill: Path) -> Iterator["SparkEngine"]:
    """A session of its own that knows the words; a Spark that was not there before is ended with it."""
    folder = spill / "spark"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with running() as shared:
        session = shared.newSession()
        for name, value in SETTINGS.items():
            session.conf.set(name, value)
        try:
            yield SparkEngine(session, zone, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running() -> Iterator[SparkSession]:
    """The Spark that runs already, as under spark-submit or in a notebook; else one that ends with this."""
    is_own = SparkContext._active_spark_context is None and "PYSPARK_GATEWAY_PORT" not in os.environ  # noqa: SLF001
    builder: Any = SparkSession.builder
    if is_own:
        builder = builder.appName("cmfc").config(map=OWN_SETTINGS)
    session: SparkSession = builder.getOrCreate()
    try:
        yield session
    finally:
        if is_own:
            session.stop()


class SparkEngine:
    """The core's tables as Parquet in a folder that driver and executors share (engines.py says what each is for)."""

    def __init__(self, session: SparkSession, zone: str, folder: Path) -> None:
        self._session = session
        self._words = WordExpansion(words_of(zone), NAMES, ONCE)
        self._folder = folder
        self._numbers = count()

    def read(self, paths: Sequence[Path]) -> str:
        """A view of the files."""
        name = f"file_{next(self._numbers)}"
        self._session.read.parquet(*(_pattern(path) for path in paths)).createOrReplaceTempView(name)
        return name

    def fill(self, name: str, columns: Mapping[str, str], rows: Sequence[Sequence[object]]) -> None:
        """The rows as a file that Spark reads, so that no Python process is needed beside the executors."""
        kinds = {"VARCHAR": pa.string(), "BIGINT": pa.int64(), "BOOLEAN": pa.bool_()}
        lists = zip(*rows, strict=True) if rows else ((),) * len(columns)
        arrays = [pa.array(list(values), kinds[kind]) for values, kind in zip(lists, columns.values(), strict=True)]
        file = self._folder / f"{name}.parquet"
        pq.write_table(pa.table(arrays, names=list(columns)), file)
        self._session.read.parquet(_pattern(file)).createOrReplaceTempView(name)

    def view(self, name: str, sql: str) -> None:
        """A temporary view."""
        self._frame(sql).createOrReplaceTempView(name)

    def table(self, name: str, sql: str) -> None:
        """The rows as Parquet; before them what the query reads more than once, which Spark works out per reader."""
        tables, query = common_tables(self._words.expand(sql))
        kept: list[str] = []
        for number, common in enumerate(tables):
            later = [*list(tables.values())[number + 1 :], query]
            if sum(len(re.findall(rf"\b(?:FROM|JOIN)\s+{common}\b", text)) for text in later) > 1:
                kept.append(f"{name}_{common}")
                before = dict(islice(tables.items(), number))
                self._keep(kept[-1], [self._session.sql(_query_of(before, tables[common]))])
                tables[common] = f"SELECT * FROM {kept[-1]}"
        self._keep(name, [self._session.sql(_query_of(tables, query))])
        for common in kept:
            self._forget(common)

    def unite(self, name: str, columns: Mapping[str, str], parts: Iterable[str]) -> None:
        """The rows of all parts as Parquet, a dozen parts at a time."""
        types = [f"CAST(`{column}` AS {NAMES.get(kind, kind)}) AS `{column}`" for column, kind in columns.items()]
        frames = (self._frame(part).toDF(*columns).selectExpr(*types) for part in parts)
        self._keep(name, _united(frames))

    def drop(self, name: str) -> None:
        """Its files stay until the run ends: a plan that is not yet carried out may read them."""
        self._session.catalog.dropTempView(name)

    def columns_of(self, sql: str) -> list[str]:
        """By the plan alone."""
        return list(self._frame(sql).columns)

    def rows_of(self, sql: str) -> list[tuple[object, ...]]:
        """Brought to the driver."""
        return [tuple(row) for row in self._frame(sql).collect()]

    def write(self, sql: str, target: Path) -> int:
        """Spark writes its parts in the order of the query; the driver strings them together into one file.

        The rows are kept before they are sorted, as Spark works out twice what it sorts: where to cut, what to write.
        """
        self._session.conf.set("spark.sql.codegen.wholeStage", "false")  # sentences grow beyond one Java method
        query, _, keys = sql.rpartition("\nORDER BY ")
        assert query, f"{target.stem}: no ORDER BY on a line of its own"
        unsorted, parts = f"unsorted_{target.stem}", self._folder / "sorted" / target.stem
        self.table(unsorted, query)
        order = re.sub(r"\b\w+\.(?=\w)", "", keys)  # columns of what was kept, no longer of its sources
        self._frame(f"SELECT * FROM {unsorted} ORDER BY {order}").write.parquet(_address(parts))
        self._forget(unsorted)
        rows = _string_together(parts, target)
        shutil.rmtree(parts)
        return rows

    def _forget(self, name: str) -> None:
        """A table that no plan will read any more, and its files."""
        self.drop(name)
        shutil.rmtree(self._folder / name)

    def _frame(self, sql: str) -> DataFrame:
        return self._session.sql(self._words.expand(sql))

    def _keep(self, name: str, frames: Iterable[DataFrame]) -> None:
        target = self._folder / name
        schema = None
        for frame in frames:
            frame.write.mode("append").parquet(_address(target))
            schema = frame.schema
        assert schema is not None, name
        self._session.read.schema(schema).parquet(_pattern(target)).createOrReplaceTempView(name)


def _query_of(tables: Mapping[str, str], query: str) -> str:
    common = ", ".join(f"{name} AS ({text})" for name, text in tables.items())
    return f"WITH {common} {query}" if common else query


def _united(frames: Iterator[DataFrame]) -> Iterator[DataFrame]:
    while some := list(islice(frames, PARTS_AT_ONCE)):
        whole = some[0]
        for frame in some[1:]:
            whole = whole.unionAll(frame)
        yield whole


def _string_together(parts: Path, target: Path) -> int:
    """One file of the rows of all parts; Spark numbers its parts in the order of the sorted rows."""
    files = sorted(parts.glob("part-*.parquet"))
    schema = pq.read_schema(files[0]).remove_metadata()
    rows = 0
    with pq.ParquetWriter(target, schema, compression="zstd") as out:
        for file in files:
            for batch in pq.ParquetFile(file).iter_batches():
                out.write_batch(batch)
                rows += batch.num_rows
    return rows


def _address(path: Path) -> str:
    """A file of this machine, or of a file system that all machines of the cluster mount at the same place."""
    return f"file:{path.absolute()}"


def _pattern(path: Path) -> str:
    """The same for reading, where Spark takes some characters for wildcards."""
    return re.sub(r"([\\*?\[\]{},])", r"\\\1", _address(path))
