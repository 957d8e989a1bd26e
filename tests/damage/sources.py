"""Writes a feed as every kind of source, with its part of the mapping; a cell that a kind cannot hold is said so."""

import csv
import io
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter
from sqlalchemy import NullPool, create_engine

from cmfc.feeds.catalog import Feed, feeds
from cmfc.ingest.mapping import AgencyMapping
from tests.damage.agency import JURISDICTION, NAME, ZONE, Row

KINDS = ("csv", "tsv", "xlsx", "parquet", "fixed_width", "sql")
SUFFIX = {"csv": "csv", "tsv": "tsv", "xlsx": "xlsx", "parquet": "parquet", "fixed_width": "txt"}
POSTGRES = "postgres"
"""A kind of its own in soak; the folder holds the address of the server (`postgres.url`)."""
DATABASE, ADDRESS = "agency.sqlite", "postgres.url"
WIDTH = 40
SHEET = "Records"

Header = Sequence[str]
Lines = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Sheet:
    """A table as a file holds it: native header and lines of text, before it is written."""

    header: Header
    lines: Lines


def sheet_of(feed: Feed, rows: Sequence[Row]) -> Sheet:
    """The rows under the canonical columns."""
    return Sheet(list(feed.columns), [[row[name] for name in feed.columns] for row in rows])


def holds(kind: str, text: str) -> bool:
    """Whether a well-written source of this kind can hold the text in one cell."""
    if kind == "fixed_width":
        return len(text) <= WIDTH and not {"\r", "\n"} & set(text)
    return not (kind == POSTGRES and "\0" in text)


def path_of(folder: Path, feed: str, kind: str) -> Path:
    """Where the feed lies; a query's database is one for all feeds."""
    return folder / ({"sql": DATABASE, POSTGRES: ADDRESS}.get(kind) or f"{feed}.{SUFFIX[kind]}")


def write(folder: Path, feed: str, kind: str, sheet: Sheet) -> Path:
    """Write the feed as a source of this kind."""
    path = path_of(folder, feed, kind)
    WRITERS[kind](path, feed, sheet)
    return path


def _write_csv(path: Path, feed: str, sheet: Sheet) -> None:
    path.write_bytes(delimited(sheet, ","))


def _write_tsv(path: Path, feed: str, sheet: Sheet) -> None:
    path.write_bytes(delimited(sheet, "\t"))


def delimited(sheet: Sheet, delimiter: str) -> bytes:
    """RFC 4180 text with line feeds."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows([sheet.header, *sheet.lines])
    return text.getvalue().encode("utf-8", "surrogatepass")


def _write_xlsx(path: Path, feed: str, sheet: Sheet) -> None:
    write_book(path, {SHEET: sheet})


def write_book(path: Path, sheets: Mapping[str, Sheet], hidden: Sequence[str] = ()) -> None:
    """A workbook of text cells."""
    book = xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False})
    for name, sheet in sheets.items():
        page = book.add_worksheet(name)
        if name in hidden:
            page.hide()
        for number, line in enumerate([sheet.header, *sheet.lines]):
            for place, value in enumerate(line):
                if value != "":
                    page.write_string(number, place, value)
    visible = [page for page in book.worksheets() if page.get_name() not in hidden]
    visible[0].activate()
    visible[0].set_first_sheet()
    book.close()


def _write_parquet(path: Path, feed: str, sheet: Sheet) -> None:
    columns = [pa.array([line[i] or None for line in sheet.lines], pa.string()) for i in range(len(sheet.header))]
    pq.write_table(pa.Table.from_arrays(columns, names=list(sheet.header)), path)


def _write_fixed(path: Path, feed: str, sheet: Sheet) -> None:
    path.write_bytes(fixed(sheet))


def fixed(sheet: Sheet) -> bytes:
    """Lines of fields of one width; no header."""
    return "".join("".join(value.ljust(WIDTH) for value in line) + "\n" for line in sheet.lines).encode()


def _write_sql(path: Path, feed: str, sheet: Sheet) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute(f'DROP TABLE IF EXISTS "{feed}"')
        connection.execute(f'CREATE TABLE "{feed}" ({", ".join(f"{_quoted(name)} TEXT" for name in sheet.header)})')
        marks = ", ".join("?" * len(sheet.header))
        lines = [[value or None for value in line] for line in sheet.lines]
        connection.executemany(f'INSERT INTO "{feed}" VALUES ({marks})', lines)
    connection.close()


def _write_postgres(path: Path, feed: str, sheet: Sheet) -> None:
    engine = create_engine(path.read_text(encoding="utf-8"), poolclass=NullPool)
    columns = ", ".join(f"{_quoted(name)} text" for name in sheet.header)
    text = io.StringIO()
    csv.writer(text).writerows(sheet.lines)
    text.seek(0)
    connection = engine.raw_connection()
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {feed}; CREATE TABLE {feed} ({columns})")
        cursor.copy_expert(f"COPY {feed} FROM STDIN (FORMAT csv)", text)
    connection.commit()
    connection.close()


def connect_in(folder: Path) -> Callable[[str], str]:
    """The address of a connection that the mapping names."""
    addresses = {"sql": lambda: f"sqlite:///{folder / DATABASE}", POSTGRES: lambda: (folder / ADDRESS).read_text()}
    return lambda name: addresses[name]()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


WRITERS: Mapping[str, Callable[[Path, str, Sheet], None]] = {
    "csv": _write_csv,
    "tsv": _write_tsv,
    "xlsx": _write_xlsx,
    "parquet": _write_parquet,
    "fixed_width": _write_fixed,
    "sql": _write_sql,
    POSTGRES: _write_postgres,
}


def mapping_of(folder: Path, kinds: Mapping[str, str]) -> AgencyMapping:
    """The agency's mapping with each feed in its kind of source."""
    mapped = {name: {"source": _source(folder, name, kinds[name])} | _columns(feeds()[name]) for name in feeds()}
    raw = {"agency": NAME, "name": "Harrow", "zone": ZONE, "jurisdiction": JURISDICTION, "feeds": mapped}
    return AgencyMapping.model_validate(raw)


def _columns(feed: Feed) -> dict[str, Any]:
    return {"columns": {name: name for name in feed.columns}}


def _source(folder: Path, feed: str, kind: str) -> dict[str, Any]:
    if kind in ("sql", POSTGRES):
        return {"kind": "sql", "connection": kind, "query": f"SELECT * FROM {feed}"}
    source: dict[str, Any] = {"kind": kind, "path": folder / f"{feed}.{SUFFIX[kind]}"}
    if kind == "xlsx":
        source["sheet"] = SHEET
    if kind == "fixed_width":
        names = enumerate(feeds()[feed].columns)
        source["fields"] = [{"name": name, "start": 1 + i * WIDTH, "width": WIDTH} for i, name in names]
    return source
