"""The demonstration agency: a SQL database, a clerk's XLSX and a CSV export, with names and codes of their own."""

import csv
import sqlite3
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import xlsxwriter
import yaml

from cmfc.feeds.catalog import feeds as catalogue
from cmfc_demo.synthetic.cases import Row
from cmfc_demo.synthetic.native import DATABASE, LE_LOG, NCMEC_EXPORT, Layout, Native
from cmfc_demo.synthetic.planted import TRUTH_COLUMNS, plant
from cmfc_demo.synthetic.population import Feeds, generate_with_truth

CONNECTION = "cmfc_demo_case_management"
LOG_HEADER_ROW = 3
"""The clerk's sheet has a title above its headings."""
LOG_TIMES = ("reported_at", "missing_since", "ncic_entered_at", "ncic_removed_at", "told_located_at")
COPIES = 2


def write_demo(
    folder: Path, children: int = 2000, seed: int = 7, as_of: int = 0, zone: str = "America/Chicago",
    jurisdiction: str = "us/mo",
) -> Path:  # fmt: skip
    """Write the agency's three sources, its mapping and what is known to be true.

    Beside `demo.yml` stand `truth.csv`, the findings of the planted children (planted.plant), and
    `drawn.csv`, what was drawn about the others (reporting.truth_table; epoch seconds UTC).

    Args:
        folder: where; made if it is not there.
        children: how many ordinary children.
        seed: same seed, same bytes.
        as_of: epoch seconds UTC, a local midnight.
        zone: IANA zone of the agency.
        jurisdiction: `us/xx`; the truth holds for `us/mo`.

    Returns:
        The mapping's path.
    """
    folder.mkdir(parents=True, exist_ok=True)
    feeds, draws = generate_with_truth(children, seed, as_of, zone)
    truth = plant(feeds, seed, as_of, zone, COPIES)
    write_sources(folder, feeds)
    pacsv.write_csv(draws, folder / "drawn.csv")
    write_truth(folder / "truth.csv", truth)
    path = folder / "demo.yml"
    mapping = _mapping(zone, jurisdiction)
    path.write_text(yaml.safe_dump(mapping, sort_keys=False, allow_unicode=True, width=120), encoding="utf-8")
    return path


def write_sources(folder: Path, feeds: Feeds) -> None:
    """Write the database, the clerk's workbook and the export."""
    _write_database(folder / "case_management.sqlite", feeds)
    _write_workbook(folder / "le_log.xlsx", feeds["le_reports"])
    _write_export(folder / "ncmec_export.csv", feeds["ncmec_reports"])


def write_canonical(folder: Path, feeds: Feeds) -> None:
    """Write `<feed>.csv` with canonical columns, for `cmfc reconcile`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in feeds.items():
        pacsv.write_csv(table, folder / f"{name}.csv")


def write_truth(path: Path, truth: list[Row]) -> None:
    """Write what must be found."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, TRUTH_COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(truth)


def _coded(values: Any, native: Native) -> Any:
    """Our codes as theirs; one that has none stays as it is."""
    if native.codes is None:
        return values
    place = pc.index_in(values, value_set=pa.array(native.codes.values(), pa.string()))
    theirs = pa.array(native.codes, pa.string()).take(place.combine_chunks())
    return pc.coalesce(theirs, values.combine_chunks())


def _native_columns(layout: Layout, table: Any) -> dict[str, list[str | None]]:
    """The feed's columns as the agency keeps them; a column that no mapping knows comes along if anything is in it."""
    columns: dict[str, list[str | None]] = {}
    for name, native in layout.columns.items():
        texts: list[str | None] = _coded(table[name], native).to_pylist()
        if native.split:
            columns[f"{native.name}_DT"] = [text and text[:10] if _is_time(text) else text for text in texts]
            columns[f"{native.name}_TM"] = [
                text[11:] if text and _is_time(text) and text[11:] else None for text in texts
            ]
        elif native.midnight:
            columns[native.name] = [f"{t} 00:00:00" if t and len(t) == 10 and _is_time(t) else t for t in texts]
        elif native.format is not None:
            columns[native.name] = [_formatted(text, native.format) for text in texts]
        else:
            columns[native.name] = texts
    for name in table.column_names:
        if name not in layout.columns and table[name].null_count < len(table):
            columns[name] = table[name].to_pylist()
    return columns


def _is_time(text: str | None) -> bool:
    return text is not None and text[:4].isdigit() and text[4:5] == "-"


def _formatted(text: str | None, shape: str) -> str | None:
    return datetime.fromisoformat(text).strftime(shape) if text is not None and _is_time(text) else text


def _write_database(path: Path, feeds: Feeds) -> None:
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    with connection:
        for feed, layout in DATABASE.items():
            columns = _native_columns(layout, feeds[feed])
            columns |= {name: ["A"] * len(feeds[feed]) for name in layout.ignored}
            connection.execute(f"CREATE TABLE {layout.table} ({', '.join(f'{name} TEXT' for name in columns)})")
            marks = ", ".join("?" * len(columns))
            rows = zip(*columns.values(), strict=True)
            connection.executemany(f"INSERT INTO {layout.table} VALUES ({marks})", rows)
    connection.close()


def _write_workbook(path: Path, table: Any) -> None:
    columns = _native_columns(LE_LOG, table)
    times = {LE_LOG.columns[name].name for name in LOG_TIMES}
    with xlsxwriter.Workbook(path, {"default_date_format": "mm/dd/yyyy hh:mm:ss"}) as workbook:
        workbook.set_properties({"title": "LE log", "created": datetime(2026, 1, 1)})  # noqa: DTZ001 (equal bytes)
        sheet = workbook.add_worksheet(LE_LOG.table)
        sheet.write_string(0, 0, "Reports to law enforcement: one line per call")
        sheet.write_row(LOG_HEADER_ROW - 1, 0, [*columns, *LE_LOG.ignored])
        for place, (name, texts) in enumerate(columns.items()):
            for number, text in enumerate(texts, start=LOG_HEADER_ROW):
                if text is not None and name in times and len(text) == 19:
                    sheet.write_datetime(number, place, datetime.fromisoformat(text))
                elif text is not None:
                    sheet.write_string(number, place, text)


def _write_export(path: Path, table: Any) -> None:
    pacsv.write_csv(pa.table(_native_columns(NCMEC_EXPORT, table)), path)


def _mapping(zone: str, jurisdiction: str) -> dict[str, Any]:
    may_be_empty = {name for name, feed in catalogue().items() if feed.role == "optional"}
    mapped = {feed: _mapped(layout, _sql(layout)) for feed, layout in DATABASE.items()}
    log = {"kind": "xlsx", "path": "le_log.xlsx", "sheet": LE_LOG.table, "header_row": LOG_HEADER_ROW}
    mapped["le_reports"] = _mapped(LE_LOG, log)
    export = {"kind": "csv", "path": "ncmec_export.csv", "encoding": "utf-8", "delimiter": ","}
    mapped["ncmec_reports"] = _mapped(NCMEC_EXPORT, export)
    band = {"count_band": [0.5, 2.0]}
    return {
        "agency": "demo",
        "name": "Demonstration County",
        "zone": zone,
        "jurisdiction": jurisdiction,
        "stitch_gap_hours": 0,
        "runaway_placements_kept": True,
        "feeds": {n: mapped[n] | ({"may_be_empty": True} if n in may_be_empty else band) for n in catalogue()},
    }


def _sql(layout: Layout) -> dict[str, str]:
    joined = [c.name for c in layout.columns.values() if c.split]
    extra = "".join(f", {n}_DT || COALESCE(' ' || {n}_TM, '') AS {n}_TS" for n in joined)
    return {"kind": "sql", "connection": CONNECTION, "query": f"SELECT *{extra} FROM {layout.table} ORDER BY rowid"}


def _mapped(layout: Layout, source: Mapping[str, Any]) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    ignored = list(layout.ignored)
    for name, native in layout.columns.items():
        spec: dict[str, Any] = {"from": f"{native.name}_TS" if native.split else native.name}
        if native.split:
            ignored += [f"{native.name}_DT", f"{native.name}_TM"]
        spec |= {"codes": dict(native.codes)} if native.codes is not None else {}
        spec |= {"midnight_means_date_only": True} if native.midnight else {}
        spec |= {"format": native.format} if native.format is not None else {}
        columns[name] = spec["from"] if len(spec) == 1 else spec
    return {"source": dict(source), "columns": columns} | ({"ignore": ignored} if ignored else {})
