"""What mutants of the core's SQL change on the nights of its tests: a first look at many.

Usage: python -m tools.survey [--count 1000] [--seed 1] [--jobs 2] (docs/testing.md, Mutants)
Nights that tests judge are kept with all their tables. Of a mutant the one statement that holds it runs anew on each
night: where no table differs on any, none of these tests can notice it; where one does, `make mutants` asks further.
"""

import argparse
import json
import pickle
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import duckdb

from cmfc.reconcile import engine
from cmfc.reconcile.duck_engine import DuckEngine
from cmfc.reconcile.registry import checks
from cmfc.storage.duck import open_duckdb
from tools.mutation import drawing, sql
from tools.mutation.site import Site

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / ".local" / "mutants"
TESTS = ("tests/scenarios/test_scenarios.py", "tests/ledger/test_continuity.py", "tests/ledger/test_many_children.py")
EACH_NIGHT_ONCE = "test_scenario and not alone or test_continuity or story"
UNREADABLE = (duckdb.BinderException, duckdb.ParserException, duckdb.CatalogException)
SURVIVED, CHANGED, INVALID = "changes nothing", "changed", "cannot be read"


class Catcher:
    """A plugin of pytest that keeps what each night is judged from."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.numbers = count()

    def pytest_configure(self) -> None:
        """Puts itself before the judge."""
        judge = engine.judge

        def caught(
            opened: Any,
            checked: Path,
            night: Any,
            law: Any,
            known: Any = None,
            matches: Any = None,
            is_tidy: bool = False,
        ) -> None:
            here = self.folder / f"{next(self.numbers):05}"
            shutil.copytree(checked, here / "checked")
            for name, path in (("known", known), ("matches", matches)):
                if path is not None:
                    shutil.copy(path, here / f"{name}.parquet")
            (here / "night.pickle").write_bytes(pickle.dumps((night, law)))
            judge(opened, checked, night, law, known, matches, is_tidy)

        engine.judge = caught  # type: ignore[assignment]


def collect(folder: Path) -> None:
    """Runs the tests and the random worlds once, and keeps their nights; to be called in a process of its own."""
    import pytest

    from tools.mutation import worlds

    catcher = Catcher(folder / "nights")
    options = [
        "-q",
        "-n0",
        "-m",
        "not soak",
        "-k",
        EACH_NIGHT_ONCE,
        "-p",
        "no:cacheprovider",
        f"--basetemp={folder / 'pytest'}",
    ]
    if pytest.main([*options, *TESTS], plugins=[catcher]):
        sys.exit("The code as it is does not hold before its own tests.")
    (folder / "worlds").mkdir()
    worlds.prepare(folder)
    if objection := worlds.disagreement(folder, folder / "worlds"):
        sys.exit(f"The code as it is does not agree with the oracle: {objection}.")


class Night:
    """A judged night in a DuckDB of its own, with the tables of all its steps."""

    def __init__(self, folder: Path) -> None:
        night, law = pickle.loads((folder / "night.pickle").read_bytes())
        self.connection = open_duckdb(threads=1, memory="400MB", spill=folder / "spill")
        self.silenced = engine._silenced(night)  # noqa: SLF001 - a tool that takes the engine apart
        known, matches = (path if path.exists() else None for path in
                          (folder / "known.parquet", folder / "matches.parquet"))  # fmt: skip
        self.opened = DuckEngine(self.connection, night.zone)
        engine.judge(self.opened, folder / "checked", night, law, known, matches)
        for name in engine.WORK_TABLES:
            text = engine.TABLES.joinpath(f"{name}.sql").read_text(encoding="utf-8")
            self.connection.execute(f"CREATE TABLE work_{name} AS {text}")

    def is_changed(self, path: str, text: str) -> bool:
        """Whether the statement, in place of that of the file, gives another table; an error is a change."""
        room, name = path.split("/")[-2:]
        if room == "steps":
            query, table = text, name[4:-4]
        elif room == "tables":
            query, table = text, f"work_{name[:-4]}"
        else:
            check = next(one for one in checks() if one.code == name[:5])
            if check.code in self.silenced:
                return False
            query = engine._findings_of(self.opened, replace(check, sql=text))  # noqa: SLF001
            table = f"(FROM raised_findings WHERE code = '{check.code}')"
        self.connection.execute(f"CREATE OR REPLACE TABLE mutant AS {query}")
        difference = f"(FROM mutant EXCEPT ALL FROM {table}) UNION ALL (FROM {table} EXCEPT ALL FROM mutant)"
        return bool(self.connection.execute(f"SELECT 1 FROM ({difference}) LIMIT 1").fetchone())


_NIGHTS: list[Night] = []
"""Of this process; they are never closed but with it."""


def _load(folder: Path) -> None:
    _NIGHTS.extend(Night(path) for path in sorted((folder / "nights").iterdir()))


def judge(site: Site) -> str:
    """What becomes of a mutant on the nights of this process."""
    text = site.apply((ROOT / site.path).read_bytes()).decode()
    for night in _NIGHTS:
        try:
            if night.is_changed(site.path, text):
                return CHANGED
        except UNREADABLE:
            return INVALID
        except duckdb.IOException:  # its files are gone or the disk is full: that says nothing of the mutant
            raise
        except duckdb.Error:
            return CHANGED
    return SURVIVED


def main() -> None:
    """Prints how many change something, and writes those that do not."""
    parser = argparse.ArgumentParser(prog="survey", description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--collect", type=Path, help=argparse.SUPPRESS)
    choice = parser.parse_args()
    if choice.collect:
        collect(choice.collect)
        return
    sites = [site for site in drawing.sites(ROOT, ["reconcile"])["sql"] if site.path.endswith(".sql")]
    random.Random(choice.seed).shuffle(sites)
    sites = [site for site in sites[: choice.count] if sql.parses(site.apply((ROOT / site.path).read_bytes()).decode())]
    with tempfile.TemporaryDirectory(prefix="cmfc-survey-") as scratch:
        (Path(scratch) / "nights").mkdir()
        subprocess.run([sys.executable, "-m", "tools.survey", "--collect", scratch], cwd=ROOT, check=True)
        nights = len(list((Path(scratch) / "nights").iterdir()))
        with ProcessPoolExecutor(choice.jobs, initializer=_load, initargs=(Path(scratch),)) as pool:
            ends = list(pool.map(judge, sites, chunksize=4))
    survivors = [site for site, end in zip(sites, ends, strict=True) if end == SURVIVED]
    OUT.mkdir(parents=True, exist_ok=True)
    page = OUT / f"survey-{choice.seed}.md"
    blocks = [f"{site.path}:{site.line(source)} ({site.kind})\n```diff\n{site.describe(source)}\n```\n"
              for site in sorted(survivors) for source in [(ROOT / site.path).read_bytes()]]  # fmt: skip
    page.write_text("\n".join(blocks), encoding="utf-8")
    counts = Counter(ends)
    rate = counts[CHANGED] / (len(ends) - counts[INVALID])
    print(f"{json.dumps(counts)} on {nights} nights: {rate:.1%} change a table; seed {choice.seed}. The others: {page}")


if __name__ == "__main__":
    main()
