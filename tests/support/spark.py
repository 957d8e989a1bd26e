"""Spark for tests: one session, small and without compiled code, and what two engines' tables have in common."""

import os
import random
import shutil
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

MUST = "CMFC_TEST_SPARK"
"""Set to 1, as .ci/run does: a test of Spark that cannot run fails."""
SETTINGS = {
    "spark.driver.memory": "2g",
    "spark.driver.host": "localhost",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "OFF",
    "spark.driver.defaultJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",  # as for all that ends soon
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.codegen.wholeStage": "false",  # compiling takes longer than a small night
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}


@cache
def lacking() -> str:
    """Why Spark cannot run here; empty where it can."""
    if find_spec("pyspark") is None:
        return "PySpark is not installed (uv sync --extra spark)"
    return "" if shutil.which("java") or os.environ.get("JAVA_HOME") else "there is no Java"


def need_spark() -> None:
    """Skips the test where Spark cannot run, unless it must."""
    if why := lacking():
        if os.environ.get(MUST) == "1":
            pytest.fail(f"{why}, and {MUST} says that Spark must run", pytrace=False)
        pytest.skip(why)


def spark_session(**settings: str) -> Iterator[Any]:
    """The session that every run of the test joins, with other settings than SETTINGS where they are given."""
    need_spark()
    from pyspark.sql import SparkSession

    builder: Any = SparkSession.builder.master("local[2]").appName("cmfc tests")
    for name, value in {**SETTINGS, **settings}.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    try:
        yield session
    finally:
        session.stop()


def table_hash(file: Path) -> str:
    """A table's columns, types, rows and their order, whatever engine wrote the file."""
    table = pq.read_table(file)
    digest = sha256(repr([(column.name, str(column.type)) for column in table.schema]).encode())
    for column in table.columns:
        digest.update(repr(column.to_pylist()).encode())
    return digest.hexdigest()


def rows_hash(rows: pa.Table) -> str:
    """A step's rows in no order; lists of records are sorted, as a step has them in none; numbers by their value."""
    columns = [_settled(column) for column in rows.columns]
    names = sorted(range(len(columns)), key=lambda n: rows.column_names[n])
    lines = sorted(repr([columns[n][row] for n in names]) for row in range(rows.num_rows))
    return sha256("\n".join([repr(sorted(rows.column_names)), *lines]).encode()).hexdigest()


def _settled(column: pa.ChunkedArray) -> list[Any]:
    return [
        sorted(set(value.split("\x1f"))) if isinstance(value, str) and "\x1f" in value
        else int(value) if isinstance(value, (int, float, Decimal)) and value == int(value) else value
        for value in column.to_pylist()
    ]  # fmt: skip


def shuffled(folder: Path, target: Path, seed: int) -> Path:
    """The same checked tables with their rows in another order."""
    shutil.copytree(folder, target)
    draw = random.Random(seed)
    for file in target.glob("*.parquet"):
        table = pq.read_table(file)
        order = pa.array(draw.sample(range(table.num_rows), table.num_rows), pa.int64())
        pq.write_table(table.take(order), file)
    return target
