"""Seconds and peak memory of the core beside DuckDB's bare scan of the same columns, each in a process of its own.

Usage: python -m benchmarks.reconcile [CHILDREN ...]
"""

import json
import resource
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.records import AS_OF, write_records

FOLDER = Path(__file__).resolve().parents[1] / ".local" / "bench"


def scan(folder: Path) -> dict[str, float]:
    """Reads every column that the core needs, and nothing else."""
    import duckdb

    began = time.perf_counter()
    with duckdb.connect() as connection:
        for path in sorted(folder.glob("[!q]*.parquet")):
            names = [row[0] for row in connection.execute(f"DESCRIBE FROM '{path}'").fetchall()]
            wanted = [name for name in names if not name.endswith("_name")]
            connection.execute(f"SELECT {', '.join(f'max({name})' for name in wanted)} FROM '{path}'").fetchall()
    return {"scan": time.perf_counter() - began}


def core(folder: Path) -> dict[str, float]:
    """Snapshots to work tables, as a night does."""
    from cmfc.feeds.catalog import feeds
    from cmfc.law.library import load_law
    from cmfc.reconcile.engine import Night, reconcile

    status = {name: "absent" if feed.role == "optional" else "ok" for name, feed in feeds().items()}
    night = Night("bench", AS_OF, "America/Chicago", "us/mo", 0, True, None, status)
    timings: dict[str, float] = {}
    counts = reconcile(folder, folder / "work", night, load_law("us/mo", night.zone), timings)
    return {**timings, **counts}


def measure(what: str, folder: Path) -> dict[str, float]:
    """Runs `scan` or `core` in a fresh process."""
    command = [sys.executable, "-m", "benchmarks.reconcile", "--only", what, str(folder)]
    return dict(json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout))


def main(sizes: list[int]) -> None:
    """Prints one line per size."""
    print("| children | episodes | findings | scan s | judge s | write s | peak MiB |\n|---|---|---|---|---|---|---|")
    for size in sizes:
        folder = FOLDER / str(size)
        if not (folder / "returns.parquet").exists():
            write_records(folder, size)
        bare, judged = measure("scan", folder), measure("core", folder)
        seconds = " | ".join(f"{x:.2f}" for x in (bare["scan"], judged["judge"], judged["write"]))
        print(f"| {size} | {judged['episodes']} | {judged['findings']} | {seconds} | {judged['mebibytes']:.0f} |")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--only"]:
        found = {"scan": scan, "core": core}[sys.argv[2]](Path(sys.argv[3]))
        found["mebibytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps(found))
    else:
        main([int(size) for size in sys.argv[1:]] or [10_000, 100_000, 1_000_000])
