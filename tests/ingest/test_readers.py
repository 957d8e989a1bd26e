"""Every kind of source gives the same text (docs/architecture.md, Pulled text)."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook
from sqlalchemy import create_engine, text

from cmfc.feeds.catalog import feeds
from cmfc.ingest.mapping import ColumnMapping, FeedMapping
from cmfc.ingest.readers import Chunk, UnreadableFeed, chunk_of, query, read, workbook
from cmfc.ingest.sources import (
    CsvSource,
    FixedField,
    FixedWidthSource,
    ParquetSource,
    Source,
    SqlSource,
    TsvSource,
    XlsxSource,
)
from cmfc.ingest.text import UNREADABLE, text_array, text_of, text_of_array, texts_of
from cmfc.ingest.translate import Translation

Rows = list[tuple[int, dict[str, Any]]]


def rows_of(source: Source, **options: Any) -> Rows:
    rows: Rows = []
    for chunk in read("absences", source, **options):
        assert all(kind == pa.string() for kind in chunk.table.schema.types)
        rows += zip(chunk.rows.to_pylist(), chunk.table.to_pylist(), strict=True)
    return rows


def test_csv_keeps_text_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes('\ufeffid , note\n007,"two\nlines, one cell"\n\n1e5,\n'.encode())
    source = CsvSource(kind="csv", path=path)
    assert rows_of(source) == [(2, {"id": "007", "note": "two\nlines, one cell"}), (4, {"id": "1e5", "note": None})]


def test_tsv_in_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_bytes("id\tnote\n1\tJosé\n".encode("cp1252"))
    assert rows_of(TsvSource(kind="tsv", path=path, encoding="cp1252")) == [(2, {"id": "1", "note": "José"})]


def test_bytes_outside_the_encoding_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"id,note\n1,ok\n2,Jos\x81\n")
    for encoding in ("utf-8", "cp1252"):
        with pytest.raises(UnreadableFeed, match=f"is not {encoding} text") as error:
            rows_of(CsvSource(kind="csv", path=path, encoding=encoding))
        assert "Jos" not in str(error.value)


DAYS = [
    "[White]yyyy-mm-dd", "[Color10]yyyy-mm-dd", "[$-fr-CH]dd/mm/yyyy", '"the"dd/mm', "\\hyyyy", "dd_hmm", "[<=9h]dd/mm",
    "dd*hmm", 'dd "open h',
]  # fmt: skip
TIMES = ["hh:mm", "[$-fr-CH]dd/mm/yyyy hh:mm", "[h]:mm", "[HH]:mm", '"day" d h', "[White]H AM/PM", "[h]"]


@pytest.mark.parametrize(
    ("number_format", "text"),
    [*((form, "2026-03-01") for form in DAYS), *((form, "2026-03-01T00:00:00") for form in TIMES)],
)
def test_only_an_hour_of_a_number_format_makes_a_midnight_a_time(number_format: str, text: str) -> None:
    cell = SimpleNamespace(value=datetime(2026, 3, 1), data_type="d", number_format=number_format)  # noqa: DTZ001
    assert workbook._text(cell) == text


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [(123, "00000", "00123"), (123.0, "00000", "00123"), (1234567, "00000", "1234567"), (0, "000", "000"),
     (123, "0", "123"), (123, "General", "123"), (1.5, "000", "1.5"), (-7, "000", "-7"), (True, "00", "true"),
     (7, "00.0", "7"), (45000, "yy00", "45000")],
)  # fmt: skip
def test_zeros_that_only_the_format_of_an_id_shows_are_of_the_id(value: object, number_format: str, text: str) -> None:
    assert workbook._text(SimpleNamespace(value=value, data_type="n", number_format=number_format)) == text


def test_a_workbook_tells_dates_from_midnights(tmp_path: Path) -> None:
    book, path = Workbook(), tmp_path / "a.xlsx"
    sheet = book.create_sheet("Log")
    sheet.append(["made by the county"])
    sheet.append(["id", "day", "at", "is", None])
    sheet.append([7.0, datetime(2026, 3, 1), datetime(2026, 3, 1), True])  # noqa: DTZ001
    sheet["B3"].number_format, sheet["C3"].number_format = "mm/dd/yyyy", "mm/dd/yyyy hh:mm"
    sheet.append([])
    sheet.append(["x8"])
    book.save(path)
    assert rows_of(XlsxSource(kind="xlsx", path=path, sheet="Log", header_row=2)) == [
        (3, {"id": "7", "day": "2026-03-01", "at": "2026-03-01T00:00:00", "is": "true"}),
        (5, {"id": "x8", "day": None, "at": None, "is": None}),
    ]
    with pytest.raises(UnreadableFeed, match="has no sheet"):
        rows_of(XlsxSource(kind="xlsx", path=path, sheet="Nowhere"))


def test_parquet_types_become_text(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    at = datetime(2026, 3, 1, 10, 0, 5, 900_000)  # noqa: DTZ001
    table = pa.table(
        {
            "id": pa.array([7, None]),
            "whole": pa.array([7.0, None]),
            "at": pa.array([at, None], pa.timestamp("us")),
            "utc": pa.array([at.replace(tzinfo=UTC), None], pa.timestamp("us", tz="America/Chicago")),
            "day": pa.array([date(2026, 3, 1), None]),
            "is": pa.array([False, None]),
            "names": pa.array([["a", "b"], None]),
            "code": pa.array(["x", None]).dictionary_encode(),
        }
    )
    pq.write_table(table, path)
    first, second = rows_of(ParquetSource(kind="parquet", path=path))
    assert first == (
        2,
        {
            **{"id": "7", "whole": "7", "at": "2026-03-01T10:00:05", "utc": "2026-03-01T10:00:05Z"},
            **{"day": "2026-03-01", "is": "false", "names": "a;b", "code": "x"},
        },
    )
    assert set(second[1].values()) == {None}


def test_fixed_width_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    fields = (FixedField(name="id", start=1, width=3), FixedField(name="code", start=5, width=2))
    source = FixedWidthSource(kind="fixed_width", path=path, fields=fields)
    path.write_text("001 AB\r\n002 C\r\n")
    assert rows_of(source) == [(1, {"id": "001", "code": "AB"}), (2, {"id": "002", "code": "C"})]
    for cut in ("001 AB\n00", "001 AB\n002 C"):
        path.write_text(cut)
        with pytest.raises(UnreadableFeed, match="row 2 is too short"):
            rows_of(source)


def test_a_query_is_read_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query, "ROWS_PER_CHUNK", 2)
    url = f"sqlite:///{tmp_path / 'db'}"
    with create_engine(url).begin() as connection:
        connection.execute(text("CREATE TABLE t (id INTEGER, at TIMESTAMP, price NUMERIC)"))
        connection.execute(text("INSERT INTO t VALUES (1, '2026-03-01 10:00:00', 2.50), (2, NULL, NULL), (3, NULL, 3)"))
    source = SqlSource(kind="sql", connection="warehouse", query="SELECT id, at, price FROM t ORDER BY id")
    rows = rows_of(source, connect={"warehouse": url}.__getitem__)
    assert [number for number, _ in rows] == [1, 2, 3]
    assert rows[0][1] == {"id": "1", "at": "2026-03-01 10:00:00", "price": "2.5"}
    none = SqlSource(kind="sql", connection="warehouse", query="SELECT id FROM t WHERE id > 9")
    assert [len(chunk.rows) for chunk in read("absences", none, lambda _: url)] == [0]


def test_a_failing_query_says_nothing_of_its_values(tmp_path: Path) -> None:
    source = SqlSource(kind="sql", connection="warehouse", query="SELECT 'Quillfeather' FROM nowhere")
    with pytest.raises(UnreadableFeed, match="through connection warehouse failed") as error:
        rows_of(source, connect=lambda _: f"sqlite:///{tmp_path / 'db'}")
    assert "Quillfeather" not in str(error.value)
    assert error.value.detail == "StatementError"
    with pytest.raises(UnreadableFeed, match="not set up"):
        rows_of(source)


def test_values_of_a_driver_become_text() -> None:
    values = [
        Decimal("7.00"),
        Decimal("7.5"),
        float("nan"),
        datetime(2026, 1, 2, 3, tzinfo=UTC),
        ["a", None, "b"],
        b"x",
        b"\x01",
        memoryview(b"\x00"),
    ]
    assert [text_of(v) for v in values] == ["7", "7.5", None, "2026-01-02T03:00:00+00:00", "a;b", "x", "1", "0"]


def test_a_text_of_one_control_character_is_no_bit_where_another_text_cannot_be_read() -> None:
    raw = [b"\x01", b"\x00", b"Jos\xe9", b"x", None]
    expected = ["\x01", "\x00", UNREADABLE, "x", None]
    assert text_of_array(pa.array(raw, pa.binary()).view(pa.string())).to_pylist() == expected
    assert text_array(raw).to_pylist() == expected


@pytest.mark.parametrize("cell", ["char(1)", "char(0)", "char(2)"])
def test_a_control_character_in_a_text_of_sqlite_is_no_bit(cell: str, tmp_path: Path) -> None:
    source = SqlSource(kind="sql", connection="warehouse", query=f"SELECT 'A1' AS id, {cell} AS voided")
    [(_, row)] = rows_of(source, connect=lambda _: f"sqlite:///{tmp_path / 'db'}")
    assert row["voided"] == {"char(1)": "\x01", "char(0)": "\x00", "char(2)": "\x02"}[cell]


def test_only_where_a_column_may_hold_bits_a_byte_is_one() -> None:
    assert list(texts_of([b"\x01", None, b"\x00"], has_bits=True)) == ["1", None, "0"]
    assert list(texts_of([b"\x01", None, b"\x00"], has_bits=False)) == [b"\x01", None, b"\x00"]
    assert list(texts_of([b"\x01", 1, b"\xff"], has_bits=False)) == ["\x01", "1", UNREADABLE]


def translated(chunk: Chunk, **columns: Any) -> tuple[Translation, list[dict[str, Any]]]:
    mapped = {name: ColumnMapping.model_validate(spec) for name, spec in columns.items()}
    source = CsvSource(kind="csv", path=Path("a.csv"))
    translation = Translation(feeds()["absences"], FeedMapping(source=source, columns=mapped))
    return translation, translation.translate(chunk).to_pylist()


def test_control_characters_are_noted_in_the_rows_that_hold_them_and_no_other_is_lost() -> None:
    chunk = chunk_of(["ID", "TYP"], [["a\x001", "x"], ["a2", "x"], ["a3", "\x01x"], ["\x00a4", "\x01x"]], [2, 3, 4, 5])
    _, rows = translated(chunk, absence_id={"from": "ID"}, kind={"from": "TYP", "codes": {"x": "missing"}})
    assert [row["absence_id"] for row in rows] == ["a1", "a2", "a3", "a4"]
    assert [row["with_controls"] for row in rows] == ["absence_id", None, "kind", "absence_id;kind"]
    _, rows = translated(chunk, absence_id={"from": "ID"})
    assert [row["with_controls"] for row in rows] == ["absence_id", None, None, "absence_id"]


@pytest.mark.parametrize("feed", ["le_reports", "absences"])
def test_a_cell_of_control_characters_alone_is_not_empty(feed: str) -> None:
    """MySQL writes true of a BIT column as \\x01: taken for empty, a withdrawn report would count."""
    cells = [["\x01", "\x01\x02", "\x01"], ["\x00\x00", " \x00", "\x00"]]
    mapped = {n: ColumnMapping(native=c) for n, c in (("voided", "V"), ("child_id", "C"), (feeds()[feed].key, "K"))}
    source = CsvSource(kind="csv", path=Path("a.csv"))
    translation = Translation(feeds()[feed], FeedMapping(source=source, columns=mapped))
    bad, empty = translation.translate(chunk_of(["V", "C", "K"], cells, [2, 3])).to_pylist()
    assert (bad["voided"], bad["child_id"], bad[feeds()[feed].key]) == (UNREADABLE, None, None)
    assert empty["voided"] is empty["child_id"] is None
    assert bad["with_controls"] and empty["with_controls"]


def test_text_that_was_written_as_a_formula_to_keep_its_zeros_is_that_text() -> None:
    cells = [['="00123"'], [' ="00123" '], ['=" 007 "'], ['=""'], ['="a"b"'], ['=A1&"0"'], ["00123"]]
    _, rows = translated(chunk_of(["C"], cells, list(range(2, 9))), child_id={"from": "C"})
    expected = ["00123", "00123", "007", None, '="a"b"', '=A1&"0"', "00123"]
    assert [row["child_id"] for row in rows] == expected


def test_ids_of_digits_are_what_they_were_before_a_spreadsheet_took_them_for_numbers() -> None:
    cells = [["123"], ["123.0"], ["00123"], ["1234567"], ["C12"], ["12.5"], ["0"], [None], ["１２３"], ["C1.0"]]
    chunk = chunk_of(["C"], cells, list(range(2, 12)))

    def ids(**options: Any) -> list[str | None]:
        return [row["child_id"] for row in translated(chunk, child_id={"from": "C", **options})[1]]

    rest = ["1234567", "C12", "12.5", None, None, "１２３", "C1.0"]
    assert ids() == ["123", "123.0", "00123", *rest]
    assert ids(pad=5) == ["00123", "123.0", "00123", *rest]
    assert ids(whole_number=True) == ["123", "123", "00123", *rest]
    assert ids(whole_number=True, pad=5) == ["00123", "00123", "00123", *rest]


def test_native_columns_and_codes_become_ours() -> None:
    chunk = chunk_of(["ID", "TYP"], [[" a1 ", "01"], ["a2", "99"], ["a3", "planned"], ["a4", " "]], [2, 3, 4, 5])
    translation, rows = translated(chunk, absence_id={"from": "ID"}, kind={"from": "TYP", "codes": {"01": "missing"}})
    assert [row["absence_id"] for row in rows] == ["a1", "a2", "a3", "a4"]
    assert [row["kind"] for row in rows] == ["missing", "99", "?planned", None]
    assert translation.unknown == {"kind": {"99": 1, "planned": 1}}


@pytest.mark.parametrize("word", ["nan", "NaT", "<NA>", "(null)", "[NULL]", "<null>", "undefined"])
def test_words_by_which_programs_write_nothing_say_nothing(word: str) -> None:
    chunk = chunk_of(["C", "T", "V"], [[word, word, word]], [2])
    _, rows = translated(chunk, child_id={"from": "C"}, ended_at={"from": "T"}, voided={"from": "V"})
    assert [rows[0][name] for name in ("child_id", "ended_at", "voided")] == [None] * 3


@pytest.mark.parametrize("word", ["#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!"])
def test_a_cell_in_error_that_was_saved_as_text_is_no_id_and_no_true_or_false(word: str) -> None:
    chunk = chunk_of(["C", "V"], [[word, word]], [2])
    _, rows = translated(chunk, child_id={"from": "C"}, voided={"from": "V"})
    assert (rows[0]["child_id"], rows[0]["voided"]) == (None, word)


@pytest.mark.parametrize(
    ("form", "native", "ours"),
    [
        ("%m/%d/%Y", "03/01/2026", "2026-03-01"),
        ("%m/%d/%Y %I:%M %p", "03/01/2026 01:30 PM", "2026-03-01T13:30:00"),
        ("%Y%m%d%H%M%S%z", "20260301133000-0600", "2026-03-01T19:30:00Z"),
        ("%m/%d/%Y", "02/30/2026", "02/30/2026"),
        ("%m/%d/%Y", "today", "today"),
        ("%m/%d/%Y %H:%M", "now", "now"),
        ("%m%d%Y", "03022026", "2026-03-02"),
        ("%m%d%Y", "1112026", "2026-01-11"),
        ("%m%d%Y %H:%M", "1112026 9:05", "2026-01-11T09:05:00"),
        ("%m%d%Y %H:%M", "01112026  19:05", "2026-01-11T19:05:00"),
        ("%m%d%Y", "112026", "112026"),
        ("%Y%m%d", "2026111", "2026111"),
        ("%Y%m%d", "202611", "202611"),
        ("%y%m%d", "60302", "2006-03-02"),
        ("%d-%b-%y %I.%M.%S.%f %p", "02-MAR-26 10.00.00.000000 PM", "2026-03-02T22:00:00"),
    ],
)
def test_times_in_the_agencys_format_become_iso(form: str, native: str, ours: str) -> None:
    _, rows = translated(chunk_of(["T"], [[native], [None]], [2, 3]), absent_since={"from": "T", "format": form})
    assert [row["absent_since"] for row in rows] == [ours, None]
