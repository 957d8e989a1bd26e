"""Whole nights, pull to publish, of agencies of several sizes: CPU and wall seconds and peak memory of every stage.

Usage: python -m benchmarks.night [--children 10000 100000 1000000] [--sources sqlite postgres]
A first night, then the following one, for which about one child in a hundred has changed; each in a process of its own,
as `cmfc night` runs it. Beside them `read`: one reading of the same sources that keeps nothing; and `scan` and `core`
of benchmarks/parts.py on the first night's checked tables: the engine's reading alone, and its judging.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from importlib import import_module
from pathlib import Path
from typing import Any
from xml.parsers import expat

from benchmarks.agencies import DATABASE, FIRST, FOLLOWING, into_postgres, of_postgres, write_first, write_following
from benchmarks.measuring import ROOT, Meter, machine
from benchmarks.reconcile import measure as measure_part

FOLDER = ROOT / ".local" / "bench" / "nights"
CONNECTION = "CMFC_CONN_CMFC_DEMO_CASE_MANAGEMENT"
STAGES = ("start", "pull", "check", "settle", "match", "reconcile", "record", "publish")


def run_night(mapping: Path, date: str) -> dict[str, Any]:
    """One night in this process; its stages and its findings."""
    meter = Meter("start")
    from cmfc.cli import arguments
    from cmfc.ingest.mapping import load_mapping
    from cmfc.pipeline import nightly
    from cmfc.pipeline.run import run_of
    from cmfc.settings import Settings

    settings = Settings()
    run = run_of(load_mapping(mapping), date, settings.store, settings.lists, settings.ledger)
    report = nightly.run_night(
        run, settings.now(), arguments.connection_url, step=lambda step: meter.next(step.split()[0])
    )
    nightly.mark_current(run, settings.lists)
    meter.next("over")
    return {"stages": meter.stages, "findings": report["rows"]["exceptions.csv"]}


def read_sources(folder: Path, url: str) -> dict[str, Any]:
    """One reading: every row out of the database, the CSV through a parser, the workbook's XML through another."""
    meter = Meter("start")
    from pyarrow import csv
    from sqlalchemy import create_engine, inspect

    meter.next("read")
    engine = create_engine(url)
    with engine.connect() as connection:
        for table in inspect(engine).get_table_names():
            cursor: Any = connection.connection.cursor()
            cursor.execute(f'SELECT * FROM "{table}"')
            while cursor.fetchmany(10_000):
                pass
    csv.read_csv(folder / "ncmec_export.csv")
    with zipfile.ZipFile(folder / "le_log.xlsx") as book:
        for name in book.namelist():
            with book.open(name) as part:
                expat.ParserCreate().ParseFile(part)
    meter.next("over")
    return {"stages": meter.stages, "findings": 0}


def measure(what: str, agency: Path, mapping: Path, url: str, where: Path) -> dict[str, Any]:
    """One night, or one reading, in a process of its own."""
    environment = os.environ | {
        CONNECTION: url, "CMFC_STORE": str(where / "store"), "CMFC_LISTS": str(where / "lists"),
        "CMFC_CLOCK": "2026-10-03T12:00:00Z", "CMFC_LEDGER": "",
    }  # fmt: skip
    command = [sys.executable, "-m", "benchmarks.night", "--one", what, str(agency), str(mapping)]
    done = subprocess.run(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def table_row(children: int, source: str, what: str, figures: dict[str, Any]) -> str:
    stages = figures["stages"]
    total = [sum(stage[0] for stage in stages.values()), sum(stage[1] for stage in stages.values())]
    peak = max(stage[2] for stage in stages.values())
    each = [f"{stages[s][0]:.1f} / {stages[s][2]:.0f}" if s in stages else "" for s in STAGES]
    cells = [children, source, what, f"{total[0]:.1f}", f"{total[1]:.1f}", f"{peak:.0f}", figures["findings"], *each]
    return f"| {' | '.join(map(str, cells))} |"


def run_agency(children: int, source: str) -> None:
    """The reading and both nights of one agency."""
    agency = FOLDER / f"{children}"
    where = FOLDER / f"{children}-{source}"
    shutil.rmtree(where, ignore_errors=True)
    mapping = write_first(agency, children)
    with tempfile.TemporaryDirectory(prefix="cmfc-bench-pg-") as data:
        server = None
        url = f"sqlite:///{agency / DATABASE}"
        if source == "postgres":
            postgres = import_module("tests.support.postgres")
            server = postgres.start(data)
            url = postgres.new_database(server.get_uri().replace("postgresql://", "postgresql+psycopg2://"))
            into_postgres(agency, url)
            mapping = of_postgres(mapping)
        try:
            reading = measure("read", agency, mapping, url, where)
            reading["stages"] = {"read": reading["stages"]["read"]}
            print(table_row(children, source, "read", reading), flush=True)
            print(table_row(children, source, "first", measure(FIRST, agency, mapping, url, where)), flush=True)
            (checked,) = (where / "store").glob(f"*/{FIRST}/checked")
            for part in ("scan", "core"):
                alone = measure_part(part, checked, 1)
                figures = {"stages": {"reconcile": [alone["cpu"], alone["seconds"], alone["mebibytes"]]},
                           "findings": int(alone.get("findings", 0))}  # fmt: skip
                print(table_row(children, source, part, figures), flush=True)
            write_following(agency, children)
            if server is not None:
                into_postgres(agency, url)
            print(table_row(children, source, "following", measure(FOLLOWING, agency, mapping, url, where)), flush=True)
        finally:
            if server is not None:
                server.cleanup()
    shutil.rmtree(where)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--children", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--sources", nargs="+", choices=("sqlite", "postgres"), default=["sqlite", "postgres"])
    parser.add_argument("--one", nargs=3, metavar=("WHAT", "AGENCY", "MAPPING"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        what, agency, mapping = options.one
        print(json.dumps(
            read_sources(Path(agency), os.environ[CONNECTION]) if what == "read" else run_night(Path(mapping), what)
        ))  # fmt: skip
        return
    print(f"{machine()}\n")
    print(f"| children | source | night | CPU s | wall s | peak MiB | findings | {' | '.join(STAGES)} |")
    print("|" + "---|" * (7 + len(STAGES)))
    for children in options.children:
        for source in options.sources:
            run_agency(children, source)
    print(f"\nEach stage: CPU s / peak MiB. After: {machine()}")


if __name__ == "__main__":
    main()
