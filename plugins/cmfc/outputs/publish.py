"""Publishes a night's lists: the whole folder or nothing (spec 6)."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from cmfc.errors import UsageError
from cmfc.outputs.columns import output_tables
from cmfc.outputs.missing import lay_out_missing
from cmfc.outputs.package import MANIFEST, NightFacts, sha256_of, write_datapackage, write_manifest
from cmfc.outputs.page import write_page
from cmfc.outputs.summary import tally
from cmfc.outputs.tables import lay_out, open_engine, write_csv, write_parquet
from cmfc.outputs.workbook import write_workbook
from cmfc.outputs.worklist import lay_out_worklist


def publish(work: Path, checked: Path, facts: NightFacts, out: Path) -> dict[str, Any]:
    """Writes every file of spec 6 aside, makes them durable, and puts the folder in the place of `out`.

    The same inputs give the same bytes in every file. One process publishes to a folder at a time.

    Args:
        work: the core's tables (docs/architecture.md, Work tables).
        checked: the accepted feeds; names and birth dates come from its children, for the worklists only.
        facts: the night.
        out: the folder to appear; an older one is replaced, and is back if anything fails.

    Returns:
        Ids, counts and paths: `folder`, `rows` per file, `lines`, `counts` and the manifest's `manifest_sha256`.

    Raises:
        UsageError: CMFC-P01 for a table that is absent or lacks columns, CMFC-P02 where `out` is not a folder.
    """
    with appearing(out) as aside:
        report = _write(work, checked, facts, aside)
    return {"folder": str(out), **report}


@contextmanager
def appearing(out: Path) -> Iterator[Path]:
    """A folder to write to, which takes the place of `out` when the block ends well, and is gone when it does not.

    Raises:
        UsageError: CMFC-P02 where `out` is not a folder.
    """
    aside, older = out.with_name(f".{out.name}.new"), out.with_name(f".{out.name}.old")
    out.parent.mkdir(parents=True, exist_ok=True)
    _settle(out, aside, older)
    aside.mkdir(mode=0o750)
    try:
        yield aside
        _make_durable(aside)
        _put_in_place(aside, out, older)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _write(work: Path, checked: Path, facts: NightFacts, folder: Path) -> dict[str, Any]:
    spill = folder / ".spill"
    with open_engine(spill) as connection:
        lay_out(connection, work, checked)
        rows = _write_tables(connection, facts, folder)
        lines = lay_out_worklist(connection, checked, facts.as_of)
        lay_out_missing(connection, checked)
        rows["exceptions.xlsx"] = write_workbook(connection, facts, folder / "exceptions.xlsx")
        rows["exceptions.html"] = write_page(connection, facts, folder / "exceptions.html")
        counts = tally(connection)
    shutil.rmtree(spill, ignore_errors=True)
    write_datapackage(folder, facts)
    manifest = write_manifest(folder, facts, rows, counts)
    return {"rows": rows, "lines": lines, "counts": manifest["counts"], "manifest_sha256": sha256_of(folder / MANIFEST)}


def _write_tables(connection: duckdb.DuckDBPyConnection, facts: NightFacts, folder: Path) -> dict[str, int]:
    rows: dict[str, int] = {}
    for table in output_tables().values():
        if "csv" in table.formats:
            rows[f"{table.name}.csv"] = write_csv(connection, table, folder / f"{table.name}.csv")
        if "parquet" in table.formats:
            note = " ".join(facts.incomplete)
            rows[f"{table.name}.parquet"] = write_parquet(connection, table, folder / f"{table.name}.parquet", note)
    return rows


def _settle(out: Path, aside: Path, older: Path) -> None:
    """Clears what a process that was killed left behind, and puts the old folder back if it had got that far."""
    if out.exists() and not out.is_dir():
        raise UsageError("CMFC-P02", "The place for the lists is taken by something that is not a folder.", out.name)
    if older.exists() and not out.exists():
        older.rename(out)
    for leftover in (aside, older):
        if leftover.exists():
            shutil.rmtree(leftover)


def _put_in_place(aside: Path, out: Path, older: Path) -> None:
    """Renames the new folder into place. POSIX cannot swap two folders at once: for an instant there is none."""
    if out.exists():
        out.rename(older)
    try:
        aside.rename(out)
    except BaseException:
        if older.exists():
            older.rename(out)
        raise
    _sync(out.parent)
    shutil.rmtree(older, ignore_errors=True)


def _make_durable(folder: Path) -> None:
    for path in sorted(folder.rglob("*")):
        _sync(path)
    _sync(folder)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
