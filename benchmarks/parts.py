"""What is measured, one part per process: python -m benchmarks.parts PART FOLDER prints its figures as JSON."""

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.records import AS_OF

ZONE, JURISDICTION = "America/Chicago", "us/mo"


def scan(folder: Path) -> dict[str, float]:
    """Read every column that the core needs, and nothing else."""
    import duckdb

    with duckdb.connect() as connection:
        rows = 0
        for path in sorted(folder.glob("[!q]*.parquet")):
            names = [row[0] for row in connection.execute(f"DESCRIBE FROM '{path}'").fetchall()]
            wanted = ", ".join(f"max({name})" for name in names if not name.endswith("_name"))
            counts = connection.execute(f"SELECT count(*), {wanted} FROM '{path}'").fetchone()
            rows += counts[0] if counts else 0
    return {"rows": rows}


def core(folder: Path) -> dict[str, float]:
    """Checked tables to work tables, all codes, as a night does."""
    from cmfc.feeds.catalog import feeds
    from cmfc.law.library import load_law
    from cmfc.reconcile.engine import Night, reconcile

    status = {name: "absent" if feed.role == "optional" else "ok" for name, feed in feeds().items()}
    night = Night("bench", AS_OF, ZONE, JURISDICTION, 0, True, None, status)
    timings: dict[str, float] = {}
    counts = reconcile(folder, folder / "work", night, load_law(JURISDICTION, ZONE), timings)
    return {**timings, "rows": counts["episodes"]}


def publish(folder: Path) -> dict[str, float]:
    """Work tables to all files of spec 6."""
    from cmfc.feeds.catalog import feeds
    from cmfc.publishing.manifest import FeedFacts, NightFacts
    from cmfc.worklists.publish import publish as publish_lists

    facts = NightFacts(
        agency="bench",
        agency_name="Benchmark",
        business_date="2026-09-30",
        as_of=AS_OF,
        zone=ZONE,
        jurisdiction=JURISDICTION,
        code_version="bench",
        law_digest="",
        linkage_model_digest=None,
        feeds={name: FeedFacts("ok", {}, None, ()) for name in feeds()},
    )
    return {"rows": publish_lists(folder / "work", folder, facts, folder / "lists")["rows"]["exceptions.csv"]}


def loop(folder: Path) -> dict[str, float]:
    """Episodes and federal verdicts by groupby and Python."""
    from benchmarks.peer_loop import judge

    return _write_answer(judge(folder), folder / "loop.answer")


def vector(folder: Path) -> dict[str, float]:
    """The same by whole columns."""
    from benchmarks.peer_vector import judge

    return _write_answer(judge(folder), folder / "vector.answer")


def _write_answer(judged: Any, path: Path) -> dict[str, float]:
    judged.to_parquet(path, index=False)
    return {"rows": len(judged)}


def differing(folder: Path, part: str) -> list[tuple[Any, ...]]:
    """Rows that only the core or only a peer has: child, begin, end, verdicts."""
    import duckdb

    from benchmarks.peer_records import NEVER, RESULT

    ours = f"SELECT {', '.join(RESULT)} FROM '{folder / 'work' / 'episodes.parquet'}'"
    ends = [f"nullif({name}, {NEVER})" if name.startswith("ended") else name for name in RESULT]
    theirs = f"SELECT {', '.join(ends)} FROM read_parquet('{folder / part}.answer')"
    with duckdb.connect() as connection:
        both = f"(({ours}) EXCEPT ALL ({theirs})) UNION ALL (({theirs}) EXCEPT ALL ({ours}))"
        return list(connection.execute(f"{both} ORDER BY ALL").fetchall())


def main(part: str, folder: Path) -> None:
    began = time.perf_counter()
    figures = {"scan": scan, "core": core, "publish": publish, "loop": loop, "vector": vector}[part](folder)
    figures["seconds"] = time.perf_counter() - began
    figures["mebibytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(figures))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
