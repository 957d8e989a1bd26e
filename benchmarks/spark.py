"""The core on Spark beside the core on DuckDB: seconds, CPU, peak memory, shuffled bytes, and whether tables are equal.

Usage: python -m benchmarks.spark --children 100000 500000 [--memory 3g] [--partitions 8]; a process for each engine.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.measuring import cpu_seconds, peak_mebibytes
from benchmarks.reconcile import records_of
from benchmarks.verdicts import JURISDICTION, ZONE, night


def judge(folder: Path, engine: str, memory: str, partitions: int) -> dict[str, Any]:
    """One run in this process: its figures."""
    from cmfc.law.library import load_law
    from cmfc.reconcile.engine import reconcile

    law, work, timings = load_law(JURISDICTION, ZONE), folder / f"work-{engine}", dict[str, float]()
    began = time.perf_counter()
    if engine == "duckdb":
        rows = reconcile(folder, work, night(), law, timings)
        cost = {"cpu": cpu_seconds(), "mebibytes": peak_mebibytes()}
        return {"seconds": time.perf_counter() - began, **timings, **cost, "rows": rows}
    session = _session(memory, partitions)
    ready = time.perf_counter()
    rows = reconcile(folder, work, night(), law, timings, engine="spark")
    seconds = time.perf_counter() - began
    context = session.sparkContext
    shuffled = sum(one.totalShuffleWrite() for one in _each(context._jsc.sc().statusStore().executorList(False)))  # noqa: SLF001
    java = context._gateway.jvm.java.lang.ProcessHandle.current().pid()  # noqa: SLF001
    figures = {"start": ready - began, "shuffled_mebibytes": shuffled / 2**20, "java_mebibytes": peak_mebibytes(java)}
    cost = {"cpu": cpu_seconds() + _cpu(java), "mebibytes": peak_mebibytes()}
    session.stop()
    return {"seconds": seconds, **timings, **figures, **cost, "rows": rows}


def _session(memory: str, partitions: int) -> Any:
    from pyspark.sql import SparkSession

    from cmfc.reconcile.spark_engine import OWN_SETTINGS

    builder: Any = SparkSession.builder.master("local[2]").config("spark.driver.memory", memory)
    builder = builder.config(map=OWN_SETTINGS)
    return builder.config("spark.sql.shuffle.partitions", str(partitions)).getOrCreate()


def _each(sequence: Any) -> list[Any]:
    return [sequence.apply(n) for n in range(sequence.size())]


def _cpu(process: int) -> float:
    """CPU seconds of a process that still runs, user and system."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def differing(folder: Path) -> list[str]:
    """Work tables that differ between the engines, in schema, rows or their order."""
    import pyarrow.parquet as pq

    from cmfc.reconcile.engine import WORK_TABLES

    tables = {
        name: [pq.read_table(folder / f"work-{e}" / f"{name}.parquet") for e in ("duckdb", "spark")]
        for name in WORK_TABLES
    }
    return [name for name, (one, other) in tables.items() if not _is_same(one, other)]


def _is_same(one: Any, other: Any) -> bool:
    """Columns, types, rows and their order; DuckDB also notes which columns happen to hold no NULL."""
    types = [list(zip(table.schema.names, table.schema.types, strict=True)) for table in (one, other)]
    return types[0] == types[1] and all(one[name].equals(other[name]) for name in one.schema.names)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--children", type=int, nargs="+", default=[100_000])
    parser.add_argument("--memory", default="3g", help="of the Java process")
    parser.add_argument("--partitions", type=int, default=8, help="of a shuffle")
    parser.add_argument("--engine", choices=("duckdb", "spark"), help="one run in this process, as JSON")
    options = parser.parse_args()
    for children in options.children:
        folder = records_of(children)
        if options.engine:
            print(json.dumps(judge(folder, options.engine, options.memory, options.partitions)))
            continue
        for engine in ("duckdb", "spark"):
            command = [sys.executable, "-m", "benchmarks.spark", "--children", str(children), "--engine", engine]
            command += ["--memory", options.memory, "--partitions", str(options.partitions)]
            load = os.getloadavg()[0]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            print(children, engine, f"load {load:.1f}", done.stdout.strip().splitlines()[-1], flush=True)
        print(children, "tables that differ:", differing(folder) or "none", flush=True)


if __name__ == "__main__":
    main()
