"""The nights that judges of the core judge, kept by the baseline: a mutant of its SQL meets only tests that it changes.

`python -m tools.mutation.nights SHARED N OF`: for every mutant in SHARED/sites.pickle the statement that holds it runs
anew on each N-th of OF nights. Where no table of a night differs, no test of that night can notice the mutant.
"""

import json
import pickle
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb

from cmfc.reconcile import engine
from cmfc.reconcile.duck_engine import DuckEngine
from cmfc.reconcile.registry import Check, checks
from cmfc.storage.duck import open_duckdb
from tools.mutation import keeper
from tools.mutation.site import Site

ROOT = Path(__file__).resolve().parents[2]
ENOUGH = 8
UNREADABLE = (duckdb.BinderException, duckdb.ParserException, duckdb.CatalogException)


class Night:
    """A judged night in a DuckDB of its own, with the tables of all its steps.

    Attributes:
        tests: what pytest calls the tests that judge it, with their phase, or `worlds`.
    """

    def __init__(self, folder: Path) -> None:
        night, law = pickle.loads((folder / "night.pickle").read_bytes())
        self.tests = set((folder / keeper.TESTS).read_text(encoding="utf-8").splitlines())
        self.connection = open_duckdb(threads=1, memory="400MB", spill=folder / "spill")
        self.silenced = engine._silenced(night)  # noqa: SLF001 - a tool that takes the engine apart
        known, matches = (path if path.exists() else None for path in
                          (folder / "known.parquet", folder / "matches.parquet"))  # fmt: skip
        self.opened = DuckEngine(self.connection, night.zone)
        engine.judge(self.opened, folder / "checked", night, law, known, matches)
        self.sums: dict[str, tuple[Any, ...]] = {}
        for name in engine.WORK_TABLES:
            text = engine.TABLES.joinpath(f"{name}.sql").read_text(encoding="utf-8")
            self.connection.execute(f"CREATE TABLE work_{name} AS {text}")

    def is_changed(self, path: str, text: str) -> bool:
        """Whether the statement, in place of that of the file, gives another table; an error is a change."""
        try:
            return self._differs(path, text)
        except (*UNREADABLE, duckdb.IOException):  # no change by the mutant: unreadable, or the night's files are gone
            raise
        except duckdb.Error:
            return True

    def _differs(self, path: str, text: str) -> bool:
        room, name = path.split("/")[-2:]
        if room == "steps":
            query, table = text, name[4:-4]
        elif room == "tables":
            query, table = text, f"work_{name[:-4]}"
        else:
            check = next(one for one in checks() if one.code == name[:5])
            if check.code in self.silenced:
                return False
            query, table = self._findings_of(replace(check, sql=text)), self._findings_of(check)
        if table not in self.sums:
            self.sums[table] = self._sum(table)
        return self._sum(f"({query})") != self.sums[table]

    def _findings_of(self, check: Check) -> str:
        return f"({engine._findings_of(self.opened, check)})"  # noqa: SLF001

    def _sum(self, relation: str) -> tuple[Any, ...]:
        """Of rows in no order."""
        row = self.connection.execute(f"SELECT count(*), sum(hash(one)) FROM {relation} AS one").fetchone()
        assert row is not None
        return row


def tests_changed(site: Site, nights: Sequence[Night]) -> list[str] | None:
    """The tests of the nights that a mutant changes, in order; None where it cannot be read.

    After ENOUGH such nights no more are asked, and MORE stands for the others.
    """
    text = site.apply((ROOT / site.path).read_bytes()).decode()
    changed = (night for night in nights if night.is_changed(site.path, text))
    try:
        first = [night.tests for night in islice(changed, ENOUGH)]
        return sorted(set().union(*first, {keeper.MORE} if len(first) == ENOUGH else ()))
    except UNREADABLE:
        return None


def main(shared: Path, n: int, of: int) -> None:
    """The share of one process."""
    nights = [Night(path) for path in sorted((shared / keeper.FOLDER).iterdir())[n::of]]
    sites = pickle.loads((shared / "sites.pickle").read_bytes())
    changed = [tests_changed(site, nights) for site in sites]
    (shared / f"changed-{n}.json").write_text(json.dumps(changed), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
