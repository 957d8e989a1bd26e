"""Workbooks, Parquet, fixed-width files and queries: every byte a row, or named (spec 1, Completeness of a pull)."""

import re
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet
from sqlalchemy import create_engine, text

from cmfc.ingest.readers import Layout, SourceCensus, UnreadableFeed, read
from cmfc.ingest.sources import (
    CsvSource,
    FixedField,
    FixedPlace,
    FixedWidthSource,
    ParquetSource,
    Source,
    SqlSource,
    XlsxSource,
)
from cmfc.ingest.text import UNREADABLE, text_of, text_of_array, text_of_database_time

Rows = list[tuple[int, list[Any]]]


def take(source: Source, connect: Any = None) -> tuple[Rows, SourceCensus]:
    census, rows = SourceCensus(), []
    for chunk in read("absences", source, connect, census, Layout(frozenset({"id"}), "id", "at")):
        rows += zip(chunk.rows.to_pylist(), (list(row.values()) for row in chunk.table.to_pylist()), strict=True)
    return rows, census


def refuse(source: Source, sentence: str, connect: Any = None) -> UnreadableFeed:
    with pytest.raises(UnreadableFeed, match=sentence) as error:
        take(source, connect)
    assert error.value.message.startswith("absences: ") and "Quillfeather" not in str(error.value)
    return error.value


def fill(sheet: Worksheet, *rows: list[Any]) -> None:
    for row in rows:
        sheet.append(row)


def book_of(folder: Path, **sheets: list[list[Any]]) -> Path:
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        fill(book.create_sheet(name.replace("_", " ")), *rows)
    book.save(folder / "a.xlsx")
    return folder / "a.xlsx"


def edit(path: Path, part: str, change: Any) -> None:
    """Rewrite the parts of a workbook whose names fit."""
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    with zipfile.ZipFile(path, "w") as book:
        for name, content in parts.items():
            book.writestr(name, change(content) if re.search(part, name) else content)


def xlsx(path: Path, **settings: Any) -> XlsxSource:
    return XlsxSource(kind="xlsx", path=path, **settings)


FEB, MAR = [["id", "at"], ["A1", "x"], ["A2", "y"]], [["id", "at"], [], ["A3", "z"]]


def test_a_sheet_that_nobody_named_is_refused(tmp_path: Path) -> None:
    path = book_of(tmp_path, Feb=FEB, Quillfeather=MAR, Empty=[])
    refuse(xlsx(path), r"has several sheets with data \(1 and 2\)")
    refuse(xlsx(path, sheet="Feb"), "sheet 2 holds data and is neither read nor in `ignore_sheets`")
    refuse(xlsx(path, sheet_pattern="F.*"), "sheet 2 holds data")
    refuse(xlsx(path, sheet_pattern="May"), "no sheet that fits `sheet_pattern`")
    rows, census = take(xlsx(path, sheet="Feb", ignore_sheets=("Quillfeather",)))
    assert [row for _, row in rows] == [["A1", "x"], ["A2", "y"]] and census.counts["sheets_ignored"] == 1


@pytest.mark.parametrize("settings", [{"sheets": ("Feb", "Mar")}, {"sheet_pattern": "(Feb|Mar)"}])
def test_several_sheets_are_read_one_after_the_other(tmp_path: Path, settings: dict[str, Any]) -> None:
    rows, census = take(xlsx(book_of(tmp_path, Feb=FEB, Mar=MAR), **settings))
    assert rows == [(2, ["A1", "x"]), (3, ["A2", "y"]), (6, ["A3", "z"])]
    assert census.counts["rows_before_sheet_2"] == 3 and census.counts["records_counted_apart"] == 3


def test_sheets_of_other_columns_are_refused(tmp_path: Path) -> None:
    path = book_of(tmp_path, Feb=FEB, Mar=[["at", "id"], ["z", "A3"]])
    refuse(xlsx(path, sheets=("Feb", "Mar")), "sheet 'Mar' has other columns than the sheet before it")


def test_a_hidden_sheet_is_read_only_when_named(tmp_path: Path) -> None:
    book = Workbook()
    fill(book.active, *MAR)
    book.create_sheet("Now")
    fill(book["Now"], *FEB)
    book.active.sheet_state = "hidden"
    book.active = book["Now"]
    book.save(tmp_path / "a.xlsx")
    rows, census = take(xlsx(tmp_path / "a.xlsx"))
    assert [row[0] for _, row in rows] == ["A1", "A2"] and census.counts["sheets_hidden"] == 1
    assert [row[0] for _, row in take(xlsx(tmp_path / "a.xlsx", sheet="Sheet", ignore_sheets=("Now",)))[0]] == ["A3"]


def test_data_in_hidden_sheets_alone_is_refused(tmp_path: Path) -> None:
    book = Workbook()
    fill(book.create_sheet("Old"), *FEB)
    book["Old"].sheet_state = "veryHidden"
    book.save(tmp_path / "a.xlsx")
    refuse(xlsx(tmp_path / "a.xlsx"), "holds data only in hidden sheets")


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    source = fixed(tmp_path / "a.txt", b"A1 2026\nA2 2026\n")
    chunks = read("absences", source)
    next(chunks)
    source.path.write_bytes(b"A1 2026\nA2 2026\nA3 2026\n")
    with pytest.raises(UnreadableFeed, match=r"was read as 2 records|changed while it was read"):
        list(chunks)


def test_cells_that_cannot_be_read_are_not_empty(tmp_path: Path) -> None:
    when = datetime(2026, 3, 1, 10)  # noqa: DTZ001
    path = book_of(tmp_path, Log=[["id", "at", "n"], ["A1", "=B9", 5], ["A2", when, 1], ["A3", when, 7]])
    with_error = re.compile(rb'<c r="A4"[^>]*>.*?</c>')

    def spoil(xml: bytes) -> bytes:
        xml = with_error.sub(b'<c r="A4" t="e"><v>#REF!</v></c>', xml)
        xml = re.sub(rb'(<c r="B4"[^>]*>)<v>[^<]*</v>', rb"\1<v>99999999</v>", xml)
        return re.sub(rb'(<c r="C3"[^>]*>)<v>1</v>', rb"\1<v>1E999</v>", xml)

    edit(path, "sheet1.xml", spoil)
    rows, census = take(xlsx(path))
    bad = UNREADABLE
    assert rows == [(2, ["A1", bad, "5"]), (3, ["A2", "2026-03-01T10:00:00", bad]), (4, [bad, bad, "7"])]
    assert census.counts["formulas_without_value"] == 1


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("2026-03-02T13:00:00.000Z", "2026-03-02T13:00:00.000Z"),  # as SheetJS writes it
        ("2026-03-03T02:00:00+00:00", "2026-03-03T02:00:00+00:00"),
        ("2026-03-02T13:00:00", "2026-03-02T13:00:00"),
        ("2026-03-02T06:00:00Z", "2026-03-02T06:00:00Z"),
        ("2026-03-02", "2026-03-02"),
        ("2 March", "2 March"),
    ],
)
def test_a_time_that_is_kept_as_text_keeps_its_offset(tmp_path: Path, written: str, text: str) -> None:
    path = book_of(tmp_path, Log=[["id", "at"], ["A1", datetime(2026, 3, 1, 10)]])  # noqa: DTZ001
    cell = re.compile(rb'(<c r="B2"[^>]*?)(?: t="n")?>.*?</c>')
    edit(path, "sheet1.xml", lambda xml: cell.sub(rb'\1 t="d"><v>' + written.encode() + b"</v></c>", xml))
    assert take(xlsx(path))[0] == [(2, ["A1", text])]


@pytest.mark.parametrize("offset", ["", "Z", "+00:00"])
def test_midnight_kept_as_text_is_a_day_where_the_cell_shows_no_hour(tmp_path: Path, offset: str) -> None:
    written = f"2026-03-01T00:00:00.000{offset}"
    path = book_of(tmp_path, Log=[["id", "at"], ["A1", date(2026, 3, 1)], ["A2", datetime(2026, 3, 1, 1)]])  # noqa: DTZ001
    cell = re.compile(rb'(<c r="B[23]"[^>]*?)(?: t="n")?>.*?</c>')
    edit(path, "sheet1.xml", lambda xml: cell.sub(rb'\1 t="d"><v>' + written.encode() + b"</v></c>", xml))
    assert take(xlsx(path))[0] == [(2, ["A1", "2026-03-01"]), (3, ["A2", written])]


def test_a_formula_that_gives_an_empty_text_is_empty(tmp_path: Path) -> None:
    path = book_of(tmp_path, Log=[["id", "at"], ["A1", "=B9"]])
    edit(path, "sheet1.xml", lambda xml: xml.replace(b'<c r="B2">', b'<c r="B2" t="str">'))
    assert take(xlsx(path))[0] == [(2, ["A1", None])]


def test_a_strict_workbook_is_read(tmp_path: Path) -> None:
    path = book_of(tmp_path, Log=FEB)
    kinds = (b"spreadsheetml", b"officeDocument")

    def strict(xml: bytes) -> bytes:
        for kind in kinds:
            common = b"http://schemas.openxmlformats.org/" + kind + b"/2006/"
            xml = xml.replace(common, b"http://purl.oclc.org/ooxml/" + kind + b"/")
        return xml

    edit(path, r"(xml|rels)$", strict)
    assert [row for _, row in take(xlsx(path))[0]] == [["A1", "x"], ["A2", "y"]]


def test_blank_headers_hide_no_data(tmp_path: Path) -> None:
    header, first = ["id", None, "at", "", None], ["A1", None, "x", None, None, "free"]
    path = book_of(tmp_path, Log=[header, first, ["A2", " ", "y"]])
    rows, census = take(xlsx(path))
    assert [row for _, row in rows] == [["A1", "x"], ["A2", "y"]] and census.unnamed == {6}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'<row r="3">', b'<row r="2">'),
        (b'<row r="3">', b'<row r="1">'),
        (b'<row r="3">', b'<row r="9999999999">'),
        (b'r="B3"', b'r="A3"'),
        (b'r="B3"', b'r="A1"'),
    ],
)
def test_rows_and_cells_that_a_library_would_lose_are_refused(tmp_path: Path, old: bytes, new: bytes) -> None:
    path = book_of(tmp_path, Log=FEB)
    edit(path, "sheet1.xml", lambda xml: xml.replace(old, new))
    refuse(xlsx(path), "is not a readable workbook|cells and holds|cannot be read")


def test_a_damaged_workbook_is_refused_wherever_it_is_cut(tmp_path: Path) -> None:
    whole = book_of(tmp_path, Log=FEB).read_bytes()
    for cut in range(1, len(whole), 97):
        (tmp_path / "a.xlsx").write_bytes(whole[:cut])
        refuse(xlsx(tmp_path / "a.xlsx"), "is not a readable workbook")


def test_times_and_numbers_that_no_calendar_holds() -> None:
    far = pa.array(np.array([0, 253_402_300_800, -62_135_596_801, 2**60]), pa.timestamp("s"))
    assert text_of_array(far).to_pylist() == ["1970-01-01T00:00:00", UNREADABLE, UNREADABLE, UNREADABLE]
    days = pa.array([0, 2_932_897, -719_163, None], pa.int32()).cast(pa.date32())
    assert text_of_array(days).to_pylist() == ["1970-01-01", UNREADABLE, UNREADABLE, None]
    numbers = pa.array([1.0, float("inf"), float("-inf"), float("nan"), 2.5])
    assert text_of_array(numbers).to_pylist() == ["1", UNREADABLE, UNREADABLE, None, "2.5"]
    assert text_of(b"\xff") == text_of(10**5000) == UNREADABLE
    expected = {
        "2026-03-01": "2026-03-01",
        "2026-03-01 10:00:00": "2026-03-01T10:00:00",
        "2026-03-01 10:00:00.25": "2026-03-01T10:00:00",
        "2026-03-01 10:00:00-06": "2026-03-01T10:00:00-06:00",
        "2026-03-01 10:00:00.5+05:30": "2026-03-01T10:00:00+05:30",
        "infinity": "infinity",
        "-infinity": UNREADABLE,
        "0001-12-31 BC": UNREADABLE,
        "10000-01-01 00:00:00": UNREADABLE,
    }
    assert {value: text_of_database_time(value) for value in expected} == expected


def test_parquet_is_held_against_its_footer(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    raw = pa.array([b"ok", b"\xff"], pa.binary()).cast(pa.binary()).view(pa.string())
    pq.write_table(pa.table([pa.array(["A1", "A2"]), raw, pa.array([None, "x"])], names=["id", "note", " "]), path)
    rows, census = take(ParquetSource(kind="parquet", path=path))
    assert rows == [(2, ["A1", "ok"]), (3, ["A2", UNREADABLE])] and census.unnamed == {3}
    assert census.counts["records_counted_apart"] == 2
    whole = path.read_bytes()
    for cut in range(1, len(whole), 61):
        path.write_bytes(whole[:cut])
        refuse(ParquetSource(kind="parquet", path=path), "is not a readable Parquet file|cannot be read")


def fixed(path: Path, content: bytes, **settings: Any) -> FixedWidthSource:
    path.write_bytes(content)
    fields = (FixedField(name="id", start=1, width=3), FixedField(name="at", start=4, width=4))
    return FixedWidthSource(kind="fixed_width", path=path, fields=fields, **settings)


MARK, UNITS = b"\xef\xbb\xbf", ("characters", "bytes")
TWO = [(1, ["A1 ", "2026"]), (2, ["A2 ", "20  "])]


@pytest.mark.parametrize(
    ("content", "settings", "expected"),
    [
        (b"A1 2026\nA2 20  \n", {}, TWO),
        (b"A1 2026\r\nA2 20      \r\n\r\n\x1a", {}, TWO),
        (b"A1 2026\nA2 20  ", {}, TWO),
        (b"A1 2026A2 20  ", {"record_length": 7}, TWO),
        (b"A1 2026A2 20  \r\n", {"record_length": 7}, TWO),
        (b"A1 2026\nA2 20  \n", {"record_length": 8}, TWO),
        (
            b"H9\nA1 2026\nA2 20  \nT 0002\n",
            {"header": "H", "trailer": r"T (?P<count>\d+)"},
            [(row + 1, values) for row, values in TWO],
        ),
        (b"A1 2026\nA2 20  \nT0002", {"trailer": "T", "trailer_count": FixedPlace(start=2, width=4)}, TWO),
        (
            b"Absences\nA1 2026\nA2 20  \nAll\n",
            {"header": "A", "trailer": "A"},
            [(row + 1, values) for row, values in TWO],
        ),
        (b"A1\n", {"trimmed": True}, [(1, ["A1", ""])]),
        ("Aé 2026\n".encode(), {}, [(1, ["Aé ", "2026"])]),
        ("Aé2026\nA1 2026\n".encode(), {"widths_in": "bytes"}, [(1, ["Aé", "2026"]), (2, ["A1 ", "2026"])]),
        ("AAé026\n".encode(), {"widths_in": "bytes"}, [(1, [UNREADABLE, UNREADABLE])]),
        ("Aé 2026\n".encode("cp1252"), {"widths_in": "bytes", "encoding": "cp1252"}, [(1, ["Aé ", "2026"])]),
        *((MARK + b"A1 2026\nA2 20  \n", {"widths_in": unit}, TWO) for unit in UNITS),
        *((b"A1 2026\r\n" + MARK + b"A2 20  \r\n", {"widths_in": unit}, TWO) for unit in UNITS),
        *((b"A1 2026\n\x1a" + MARK + b"A2 20  \n\x1a", {"widths_in": unit}, TWO) for unit in UNITS),
        *((MARK + b"A1 2026A2 20  ", {"widths_in": unit, "record_length": 7}, TWO) for unit in UNITS),
        (MARK + b"A1 2026\nA2 20  \n", {"encoding": "u8"}, TWO),
        ("\ufeffA1 2026\nA2 20  \n".encode("utf-16-le"), {"encoding": "utf-16-le"}, TWO),
        (b" \n\n", {}, []),
    ],
)
def test_fixed_width_is_understood(tmp_path: Path, content: bytes, settings: dict[str, Any], expected: Rows) -> None:
    rows, census = take(fixed(tmp_path / "a.txt", content, **settings))
    assert rows == expected
    assert census.counts["records"] == census.counts["records_counted_apart"] == len(expected)


@pytest.mark.parametrize(
    ("content", "settings", "sentence"),
    [
        (b"A1 2026A2 20  ", {}, "row 1 is longer than the fields, which end at 7.*record_length"),
        (b"A1 2026\nA2 2026xx\n", {}, "row 2 is longer"),
        (b"A1 20  \nA2 202\n", {}, "row 2 is shorter than others"),
        (b"A1 2026\nA2\n", {}, "row 2 is too short"),
        (b"A1 2026\nA2 20", {}, "row 2 is too short; the file is cut off"),
        (b"A1 2026A2 20", {"record_length": 7}, "row 2 is shorter than record_length"),
        (b"A1 2026\nA2 2026\n", {"record_length": 7}, "row 2 has a line end inside|row 2 is"),
        (b"A1 2026\n", {"header": "H"}, "row 1: the first line is not the header"),
        (b"A1 2026\n", {"trailer": "T"}, "row 1: the last line is not the trailer"),
        (b"A1 2026\nT 3\n", {"trailer": r"T (?P<count>\d+)"}, "the trailer counts 3 records and 1 are there"),
        (b"A1 2026\nT x\n", {"trailer": r"T (?P<count>\w+)"}, "the trailer's count of records is not a number"),
        (b"A1 2026\nA2 2026\nA3 2026\n", {"header": "A"}, "row 1 may be a record: `header` fits records too"),
        (b"A1 2026\nA2 2026\nA3 2026\n", {"trailer": "A"}, "row 3 may be a record: `trailer` fits records too"),
        (b"A 12026\nA 22026\nA 32026\n", {"trailer": "A"}, "row 3 may be a record: `trailer` fits records too"),
        (b"A 12026\nA 22026\nA 32026\n", {"header": "A"}, "row 1 may be a record: `header` fits records too"),
        (b"A1 2026A2 2026", {"record_length": 7, "header": "."}, "row 1 may be a record"),
        (b"A1 2026" + MARK + b"A2 20  ", {"record_length": 7, "widths_in": "bytes"}, "row 2 holds a byte-order mark"),
        (MARK + b"A1 2026\n", {"encoding": "cp1252", "widths_in": "bytes"}, "row 1 is not cp1252 text"),
        (b"A1 2026\nJ\xe9 2026\n", {}, "after row 0 is not utf-8 text|is not utf-8"),
        (b"A1 2026\nA2 20Quillfeather\n", {"record_length": None}, "row 2 is longer than the fields.*`ignore`"),
    ],
)
def test_fixed_width_is_refused_with_its_row(
    tmp_path: Path, content: bytes, settings: dict[str, Any], sentence: str
) -> None:
    refuse(fixed(tmp_path / "a.txt", content, **settings), sentence)


GAPPED = (FixedField(name="id", start=2, width=1), FixedField(name="at", start=5, width=4))


@pytest.mark.parametrize(
    ("content", "settings", "sentence"),
    [
        (b" A  2026\n A1 2026\n", {}, r"a.txt, row 2 holds data in positions 3 to 4, where no field is.*`ignore`"),
        (b" A  2026\nCA  2026\n", {}, "row 2 holds data in position 1, where no field is"),
        (b" A  2026 A 12026", {"record_length": 8}, "row 2 holds data in positions 3 to 4"),
        (" A  2026\n Aé2026\n".encode(), {"widths_in": "bytes"}, "row 2 holds data in positions 3 to 4"),
        (b" A\n A1\n", {"trimmed": True}, "row 2 holds data in positions 3 to 4"),
    ],
)
def test_data_where_no_field_is_is_refused(
    tmp_path: Path, content: bytes, settings: dict[str, Any], sentence: str
) -> None:
    source = fixed(tmp_path / "a.txt", content, **settings).model_copy(update={"fields": GAPPED})
    refuse(source, sentence)


def test_blanks_where_no_field_is_are_nothing_and_filler_may_be_a_field(tmp_path: Path) -> None:
    source = fixed(tmp_path / "a.txt", b" A\0 2026\n B\t 2026\n")
    assert take(source.model_copy(update={"fields": GAPPED}))[0] == [(1, ["A", "2026"]), (2, ["B", "2026"])]
    filler = (*GAPPED, FixedField(name="filler", start=3, width=2), FixedField(name="kind", start=1, width=1))
    source = fixed(tmp_path / "a.txt", b"xA122026\n").model_copy(update={"fields": filler})
    assert take(source)[0] == [(1, ["A", "2026", "12", "x"])]


@pytest.mark.parametrize(
    ("begin", "is_said"),
    [
        (b"PK\x03\x04\x14\0\6\0Quillfeather", "a workbook or another ZIP archive"),
        (b"PAR1\x15\x04\x15", "a Parquet file"),
        (b"\x1f\x8b\x08\0", "packed by gzip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old workbook"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b"\xef\xbb\xbf\r\n<!DOCTYPE HTML>\n<title>Quillfeather</title>", "a web page"),
        (b"<html>\n", "a web page"),
    ],
)
def test_a_file_of_another_kind_is_called_by_its_kind(tmp_path: Path, begin: bytes, is_said: str) -> None:
    for source in (CsvSource(kind="csv", path=tmp_path / "a"), XlsxSource(kind="xlsx", path=tmp_path / "a")):
        source.path.write_bytes(begin)
        refuse(source, "is not a readable workbook" if "ZIP" in is_said and source.kind == "xlsx" else is_said)


def test_a_text_that_begins_like_another_kind_is_text(tmp_path: Path) -> None:
    source = CsvSource(kind="csv", path=tmp_path / "a")
    source.path.write_bytes(b"PAR1,id,at\nx,A1,2026\n")
    assert take(source)[0] == [(2, ["x", "A1", "2026"])]


def sql(query: str, **settings: Any) -> SqlSource:
    return SqlSource(kind="sql", connection="casework", query=query, **settings)


def test_a_query_is_counted_by_the_database(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'db'}"
    with create_engine(url).begin() as connection:
        connection.execute(text("CREATE TABLE t (id TEXT, at TEXT)"))
        connection.execute(text("INSERT INTO t VALUES ('A1', '2026'), ('A2', NULL)"))

    def counts(query: str, **settings: Any) -> dict[str, int]:
        return dict(take(sql(query, **settings), lambda _: url)[1].counts)

    both = {"records": 2, "records_counted_apart": 2}
    assert counts("SELECT * FROM t ORDER BY id -- all;") == both
    assert counts("WITH x AS (SELECT id, at FROM t) SELECT * FROM x;\n") == both
    assert counts("SELECT * FROM t", count_again=False) == {"records": 2}
    refuse(sql("PRAGMA table_info(t)"), "one statement that reads", lambda _: url)
    refuse(sql("SELECT id, at AS ID FROM t"), "differ in case alone|one name", lambda _: url)
    _, census = take(sql('SELECT id, at AS " " FROM t'), lambda _: url)
    assert census.unnamed == {2}


def test_text_of_a_database_that_is_none_costs_its_cell(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'db'}")
    query = "SELECT 'A1' AS id, CAST(x'4a6f73e9' AS TEXT) AS at UNION ALL SELECT 'A2', 'José'"
    assert take(sql(query), lambda _: engine)[0] == [(1, ["A1", UNREADABLE]), (2, ["A2", "José"])]
    with engine.connect() as connection:
        assert connection.execute(text("SELECT 'é'")).scalar_one() == "é"


def test_a_count_of_the_database_that_differs_is_refused(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'db'}")
    calls: list[int] = []
    from sqlalchemy import event

    @event.listens_for(engine, "connect")
    def _(raw: Any, record: Any) -> None:
        raw.create_function("moving", 0, lambda: calls.append(1) or len(calls) - 1)

    query = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9) SELECT i AS id FROM n"
    assert take(sql(query), lambda _: engine)[1].counts["records"] == 9
    refuse(sql(f"{query} LIMIT 3 + (SELECT moving())"), "was read as 3 records and holds 4", lambda _: engine)


def test_a_step_that_nobody_thought_of_ends_as_a_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("Quillfeather")

    monkeypatch.setattr("cmfc.ingest.readers.query.chunk_of_columns", fail)
    error = refuse(sql("SELECT 1 AS id"), "cannot be read; check the query", lambda _: f"sqlite:///{tmp_path / 'db'}")
    assert re.fullmatch(r"RuntimeError in query\.py:\d+", error.detail)
