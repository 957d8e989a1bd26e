"""An audit extract of a big year: seconds and peak memory, in a process of its own.

Usage: python -m benchmarks.audit [--children 1000000] [--episodes 100000] [--months]
With --months: an extract of each of the twelve months up to August, then of their year, each held against what was
passed on before as a release does, and how many small counts all thirteen together give away.
The night is a synthetic one (demo/cmfc_demo/synthetic/population.py), kept below .local/bench; the year is the one
that ends with it.
"""

import argparse
import json
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.reconcile import FOLDER

BENCH = (sys.executable, "-m", "benchmarks.audit")
NIGHT = "2026-09-30"
ZONE, JURISDICTION = "America/Chicago", "us/mo"


def prepare(children: int, episodes: int, folder: Path) -> None:
    """A night of so many children, of whom some went missing, judged, with the least of a published list."""
    import duckdb

    from cmfc.feeds.catalog import feeds
    from cmfc.law.library import load_law
    from cmfc.publishing.manifest import FeedFacts, NightFacts, write_json
    from cmfc.reconcile.engine import Night, reconcile
    from cmfc.timing.clock import as_of_night
    from cmfc_demo.synthetic.people import Shape
    from cmfc_demo.synthetic.population import write_checked

    night = folder / "store" / "bench" / NIGHT
    as_of = as_of_night(NIGHT, ZONE)
    # A child who goes missing does so 2.5 times, and of these 1.55 meet the last year, as drawn.
    shape = Shape(share_missing=episodes / children / 1.55, moves=3.0)
    rows = write_checked(night / "checked", children, 7, as_of, ZONE, shape=shape)
    status = dict.fromkeys(feeds(), "ok")
    reconcile(
        night / "checked",
        night / "work",
        Night("bench", as_of, ZONE, JURISDICTION, 0, True, None, status),
        load_law(JURISDICTION, ZONE),
    )
    accounts = {
        name: {"pulled": n, "accepted": n, "quarantined": 0, "voided": 0, "collapsed": 0} for name, n in rows.items()
    }
    facts = NightFacts(
        agency="bench", agency_name="Benchmark", business_date=NIGHT, as_of=as_of, zone=ZONE, jurisdiction=JURISDICTION,
        code_version="bench", law_digest="", linkage_model_digest=None,
        feeds={name: FeedFacts("ok", account) for name, account in accounts.items()},
    )  # fmt: skip
    duckdb.execute(
        f"COPY (SELECT exception_id, status FROM '{night}/work/findings.parquet')"
        f" TO '{night}/work/standing.parquet' (FORMAT parquet)"
    )
    lists = folder / "lists" / "bench" / NIGHT
    lists.mkdir(parents=True)
    write_json(lists.parent / "current.json", {"business_date": NIGHT})
    write_json(lists / "manifest.json", {**asdict(facts), "as_of": "2026-10-01T05:00:00Z"})


def knowledge_of(folder: Path) -> Any:
    """The night with the least of a record: one run, and every finding found on it."""
    import duckdb

    from cmfc.audit_extract.source_night import Chosen, Knowledge
    from cmfc.ledger.extracts import ACTS, LINKS, LIVES, VERSIONS, FeedNight, Record, table_of
    from cmfc.ledger.runs import RunRow

    night, path = folder / "store" / "bench" / NIGHT, folder / "lists" / "bench" / NIGHT / "manifest.json"
    manifest = json.loads(path.read_bytes())
    as_of = int(datetime.fromisoformat(manifest["as_of"]).timestamp())
    names = [f.name for f in fields(RunRow)]
    facts: dict[str, Any] = {**dict.fromkeys(names, ""), "seq": 1, "attempt": 1, "is_late": False, "base_seq": None}
    facts |= {"agency": "bench", "run_id": "bench", "business_date": date.fromisoformat(NIGHT)}
    run = RunRow(**facts | {"as_of": as_of, "recorded_at": as_of})
    lives = duckdb.execute(
        "SELECT exception_id, code, recipient, episode_id, 'found', 1, ?, NULL FROM read_parquet(?)",
        [NIGHT, str(night / "work" / "findings.parquet")],
    ).fetchall()
    clean = {"lost_columns": [], "fields_set_aside": 0}
    feeds = tuple(
        FeedNight(1, name, feed["status"], {"accounting": feed["accounting"], **clean}, {})
        for name, feed in manifest["feeds"].items()
    )
    tables = [table_of(LIVES, lives), *(table_of(columns, []) for columns in (VERSIONS, LINKS, ACTS))]
    record = Record((run,), feeds, *tables)
    where = (night, manifest, path, Chosen(run, (run,)), record)
    return Knowledge("bench", NIGHT, as_of, ZONE, JURISDICTION, *where)


def extract(folder: Path) -> dict[str, float]:
    """One extract of the year that ends with the night."""
    from cmfc.audit_extract.extract import Request, build
    from cmfc.privacy.pseudonyms import read_key

    shutil.rmtree(folder / "extract", ignore_errors=True)
    began = time.perf_counter()
    knowledge = knowledge_of(folder)
    request = Request(date(2025, 10, 1), date(2026, 9, 30), NIGHT, seed=42)
    summary = build(knowledge, request, read_key("k" * 40), folder / "extract", "bench")
    seconds = time.perf_counter() - began
    size = sum(path.stat().st_size for path in (folder / "extract").rglob("*") if path.is_file())
    return {
        "episodes": summary["episodes"],
        "audit population": summary["audit_population"],
        "hidden cells": summary["hidden"],
        "seconds": seconds,
        "mebibytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "package mebibytes": size / 2**20,
    }


def extract_months(folder: Path) -> dict[str, float]:
    """Twelve extracts of a month and one of their fiscal year, as if each were released."""
    from cmfc.audit_extract.differencing import Shared, given_away
    from cmfc.audit_extract.extract import Request, build
    from cmfc.audit_extract.package import read_manifest
    from cmfc.audit_extract.sharing import read_shared, refuse_given_away
    from cmfc.privacy.pseudonyms import read_key

    shutil.rmtree(folder / "months", ignore_errors=True)
    (folder / "months").mkdir()
    begins = [date(2025 + n // 12, n % 12 + 1, 1) for n in range(8, 21)]
    periods = [(first, after - timedelta(days=1)) for first, after in pairwise(begins)]
    knowledge, key, shared = knowledge_of(folder), read_key("k" * 40), list[Shared]()
    seconds: list[float] = []
    hidden = 0
    for first, last in [*periods, (begins[0], begins[-1] - timedelta(days=1))]:
        began, package = time.perf_counter(), folder / "months" / f"{first}-{last}"
        summary = build(knowledge, Request(first, last, NIGHT, seed=42, year_begins=9), key, package, "bench", shared)
        one = read_shared(package, read_manifest(package))
        if one is not None:
            refuse_given_away(one, shared)
            shared.append(one)
        seconds.append(time.perf_counter() - began)
        hidden += summary["hidden"]
    return {
        "extracts": len(seconds),
        "released": len(shared),
        "cells shown": sum(_shown(row) for one in shared for row in (*one.timeliness, *one.flows)),
        "hidden cells": hidden,
        "cells recoverable": len(given_away(shared)),
        "seconds": sum(seconds),
        "slowest": max(seconds),
        "mebibytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _shown(row: Mapping[str, Any]) -> int:
    return sum(isinstance(cell, int) for cell in row.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--children", type=int, default=1_000_000)
    parser.add_argument("--episodes", type=int, default=100_000, help="about so many in the year")
    parser.add_argument("--months", action="store_true", help="twelve months and their year, one after another")
    parser.add_argument("--prepare", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.prepare:
        prepare(options.children, options.episodes, options.prepare)
        return
    if options.measure:
        print(json.dumps(extract_months(options.measure) if options.months else extract(options.measure)))
        return
    folder = FOLDER / f"audit-{options.children}-{options.episodes}"
    if not (folder / "lists").exists():
        shutil.rmtree(folder, ignore_errors=True)
        # In a process of its own: a process begins with the peak memory of the one that started it.
        size = ["--children", str(options.children), "--episodes", str(options.episodes)]
        subprocess.run([*BENCH, "--prepare", str(folder), *size], check=True)
    command = [*BENCH, "--measure", str(folder), *(["--months"] if options.months else [])]
    figures = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
    if not options.months:
        began = time.perf_counter()
        verify = [sys.executable, "-I", str(folder / "extract" / "verify.py"), str(folder / "extract")]
        subprocess.run(verify, stdout=subprocess.DEVNULL, check=True)
        figures["verifier seconds"] = time.perf_counter() - began
    print(f"| children | {' | '.join(figures)} |\n|{'---|' * (len(figures) + 1)}")
    print(f"| {options.children} | {' | '.join(f'{number:.0f}' for number in figures.values())} |")


if __name__ == "__main__":
    main()
