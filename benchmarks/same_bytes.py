"""Whether another checkout makes the same files of the same sources, on a first and on a following night.

Usage: python -m benchmarks.same_bytes OTHER_CHECKOUT [--children 10000]
The nights of both run one after the other, each in a process of its own, by this checkout's Python; the code's version,
which stands in the manifest, is held the same. Then every file of the store and of the lists is compared, and
the ledger by its rows: SQLite's statistics lie in another order each time. CPU seconds are printed on the way.
"""

import argparse
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.agencies import DATABASE, FIRST, FOLLOWING, write_first, write_following
from benchmarks.measuring import ROOT
from benchmarks.night import CONNECTION, FOLDER

_NIGHT = """
import json, sys
from pathlib import Path
root, mapping, date = sys.argv[1:]
sys.path[:0] = [f"{root}/plugins", root]
import cmfc.pipeline.code as code
same = code.Code("same", "same")
code.current_code = lambda: same  # before any step has imported it
from benchmarks.night import run_night
print(json.dumps(run_night(Path(mapping), date)))
"""
LEDGER = "store/ledger.sqlite"


def run_night(checkout: Path, agency: Path, mapping: Path, date: str, where: Path) -> dict[str, Any]:
    """One night by the code of a checkout."""
    environment = os.environ | {
        CONNECTION: f"sqlite:///{agency / DATABASE}", "CMFC_STORE": str(where / "store"), "CMFC_LEDGER": "",
        "CMFC_LISTS": str(where / "lists"), "CMFC_CLOCK": "2026-10-03T12:00:00Z",
    }  # fmt: skip
    command = [sys.executable, "-c", _NIGHT, str(checkout), str(mapping), date]
    done = subprocess.run(command, env=environment, cwd=checkout, stdout=subprocess.PIPE, text=True, check=True)
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def contents_of(where: Path) -> dict[str, str]:
    """A digest of every file, by its path."""
    files = {str(path.relative_to(where)): path for path in where.rglob("*") if path.is_file()}
    return {
        name: hashlib.sha256(rows_of(path) if name == LEDGER else path.read_bytes()).hexdigest()
        for name, path in files.items()
    }


def rows_of(ledger: Path) -> bytes:
    """The ledger's tables and rows as SQL, in one order."""
    connection = sqlite3.connect(ledger)
    lines = sorted(connection.iterdump())
    connection.close()
    return "\n".join(lines).encode("utf-8", "surrogatepass")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("other", type=Path, help="folder of the other checkout")
    parser.add_argument("--children", type=int, default=10_000)
    options = parser.parse_args()
    agency = FOLDER / f"same-{options.children}"
    places = {options.other.resolve(): agency / "other", ROOT: agency / "this"}
    for where in places.values():
        shutil.rmtree(where, ignore_errors=True)
    mapping = write_first(agency, options.children)
    for date in (FIRST, FOLLOWING):
        for checkout, where in places.items():
            figures = run_night(checkout, agency, mapping, date, where)
            cpu = sum(stage[0] for stage in figures["stages"].values())
            print(f"{date} {where.name}: {figures['findings']} findings, {cpu:.1f} CPU s", flush=True)
        if date == FIRST:
            write_following(agency, options.children)
    other, this = (contents_of(where) for where in places.values())
    differing = sorted(name for name in other.keys() | this.keys() if other.get(name) != this.get(name))
    print(f"{len(this)} files, {len(differing)} differ", *differing, sep="\n")
    sys.exit(1 if differing else 0)


if __name__ == "__main__":
    main()
