"""Publishes a night's lists: the whole folder or nothing (spec 6)."""

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb

from cmfc.publishing.manifest import MANIFEST, NightFacts, write_datapackage, write_manifest
from cmfc.publishing.schema import output_tables
from cmfc.publishing.tables import create_views, open_engine, write_csv, write_parquet
from cmfc.storage.atomic import replace_folder
from cmfc.storage.digest import sha256_of
from cmfc.worklists.lines import HISTORY, WORK, create_worklist
from cmfc.worklists.missing_now import create_missing_now
from cmfc.worklists.page import write_page
from cmfc.worklists.summary import tally
from cmfc.worklists.to_answer import read_to_answer
from cmfc.worklists.workbook import write_workbook


def publish(work: Path, checked: Path, facts: NightFacts, out: Path, spared: Iterable[Path] = ()) -> dict[str, Any]:
    """Write every file of spec 6 aside, makes them durable, and put the folder in the place of `out`.

    The same inputs give the same bytes in every file. One process publishes to a folder at a time.

    Args:
        work: the core's tables (docs/architecture.md, Work tables).
        checked: the accepted feeds; names and birth dates come from its children, for the worklists only.
        facts: the night.
        out: the folder to appear; an older one of the same night is replaced, and is back if anything fails.
        spared: files and folders that must not go with it (storage/atomic.py).

    Returns:
        Ids, counts and paths: `folder`, `rows` per file, `lines`, `counts` and the manifest's `manifest_sha256`.

    Raises:
        UsageError: CMFC-P01 for a table that is absent or lacks columns, CMFC-P02 where `out` is not
            ours to replace.
    """
    with replace_folder(out, made_for(facts), spared) as folder:
        report = _write(work, checked, facts, folder)
    return {"folder": str(out), **report}


def made_for(facts: NightFacts) -> dict[str, str | None]:
    """What the manifest of a folder says that these lists may replace."""
    return {"agency": facts.agency, "business_date": facts.business_date}


def _write(work: Path, checked: Path, facts: NightFacts, folder: Path) -> dict[str, Any]:
    spill = folder / ".spill"
    with open_engine(spill) as connection:
        create_views(connection, work, checked)
        rows = _write_tables(connection, facts, folder)
        create_missing_now(connection, checked)
        lines = create_worklist(connection, checked, facts.as_of)
        noted = read_to_answer(connection, work)
        rows["exceptions.xlsx"] = write_workbook(connection, facts, folder / "exceptions.xlsx", True, WORK, noted)
        rows["history.xlsx"] = write_workbook(connection, facts, folder / "history.xlsx", False, HISTORY)
        rows["exceptions.html"] = write_page(connection, facts, folder / "exceptions.html", noted=noted)
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
