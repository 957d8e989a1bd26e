"""What is measured, one part per process: python -m benchmarks.parts PART FOLDER prints its figures as JSON."""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.measuring import Meter

DUCK = "cut"
"""The part that the peers are held against: the core's SQL, cut at their table."""


def scan(folder: Path) -> dict[str, float]:
    """Read every column that the core needs, and nothing else."""
    import duckdb

    with duckdb.connect() as connection:
        rows = 0
        for path in sorted(folder.glob("[!q]*.parquet")):
            names = [row[0] for row in connection.execute(f"DESCRIBE FROM '{path}'").fetchall()]
            maxima = ", ".join(f"max({name})" for name in names if not name.endswith("_name"))
            counts = connection.execute(f"SELECT count(*), {maxima} FROM '{path}'").fetchone()
            rows += counts[0] if counts else 0
    return {"rows": rows}


def core(folder: Path) -> dict[str, float]:
    """Checked tables to work tables, all codes, as a night does."""
    from benchmarks.verdicts import JURISDICTION, ZONE, night
    from cmfc.law.library import load_law
    from cmfc.reconcile.engine import reconcile

    timings: dict[str, float] = {}
    counts = reconcile(folder, folder / "work", night(), load_law(JURISDICTION, ZONE), timings)
    return {**timings, "findings": counts["findings"], "rows": counts["episodes"]}


def cut(folder: Path) -> dict[str, float]:
    """Checked tables to the verdict table, by the core's own statements."""
    from benchmarks.verdicts import VERDICTS, ZONE, judge
    from cmfc.reconcile.engines import open_engine

    with tempfile.TemporaryDirectory(dir=folder) as spill, open_engine("duckdb", ZONE, Path(spill)) as engine:
        judge(engine, folder)
        return {"rows": engine.write(VERDICTS, folder / f"{DUCK}.answer")}


def postgres(folder: Path) -> dict[str, float]:
    """The same statements on PostgreSQL."""
    from benchmarks.peer_postgres import judged

    with tempfile.TemporaryDirectory(prefix="cmfc-bench-pg-") as where:
        return _write_answer(judged(folder, Path(where)), folder / "postgres.answer")


def loop(folder: Path) -> dict[str, float]:
    """The same table by groupby and Python."""
    from benchmarks.peer_loop import judge

    return _write_answer(judge(folder), folder / "loop.answer")


def vector(folder: Path) -> dict[str, float]:
    """The same table by whole columns."""
    from benchmarks.peer_vector import judge

    return _write_answer(judge(folder), folder / "vector.answer")


PARTS = {"scan": scan, "core": core, DUCK: cut, "postgres": postgres, "vector": vector, "loop": loop}
PEERS = ("postgres", "vector", "loop")


def _write_answer(judged: Any, path: Path) -> dict[str, float]:
    judged.to_parquet(path, index=False)
    return {"rows": len(judged)}


def differing(folder: Path, part: str) -> list[tuple[Any, ...]]:
    """Rows of the verdict table that only the core or only another part has."""
    import duckdb

    from benchmarks.peer_records import NEVER, RESULT

    ours = f"SELECT {', '.join(RESULT)} FROM read_parquet('{folder / DUCK}.answer')"
    theirs = f"read_parquet('{folder / part}.answer')"
    if part == "core":
        theirs = f"read_parquet('{folder / 'work' / 'episodes.parquet'}')"
    ends = [f"nullif({name}, {NEVER}) AS {name}" if name.startswith("ended") else name for name in RESULT]
    theirs = f"SELECT {', '.join(ends)} FROM {theirs}"
    with duckdb.connect() as connection:
        both = f"(({ours}) EXCEPT ALL ({theirs})) UNION ALL (({theirs}) EXCEPT ALL ({ours}))"
        return list(connection.execute(f"{both} ORDER BY ALL").fetchall())


def main(part: str, folder: Path) -> None:
    meter = Meter(part)
    figures = PARTS[part](folder)
    meter.next("over")
    cpu, wall, peak = meter.stages[part]
    print(json.dumps({**figures, "cpu": cpu, "seconds": wall, "mebibytes": peak}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
