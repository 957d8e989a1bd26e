"""Names of columns are written one way before they are compared, whatever the source."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook
from sqlalchemy import create_engine

from cmfc.ingest.headers import delimiter_sentence, plain_header
from cmfc.ingest.mapping import ColumnMapping, FeedMapping
from cmfc.ingest.readers import Layout, UnreadableFeed, read
from cmfc.ingest.sources import CsvSource, FixedField, FixedWidthSource, ParquetSource, Source, SqlSource, XlsxSource

SPLIT, WHOLE = "e\u0301nde\u0301", "\u00e9nd\u00e9"
NAMES = [SPLIT, "agency\r\n informed_at ", "\ufeffid"]
PLAIN = [WHOLE, "agency informed_at", "id"]


def sources(folder: Path) -> list[Source]:
    (folder / "a.csv").write_text(",".join(f'"{name}"' for name in NAMES) + "\n1,2,3\n", encoding="utf-8")
    book = Workbook()
    for row in (NAMES, [1, 2, 3]):
        book.active.append(row)  # type: ignore[union-attr]
    book.save(folder / "a.xlsx")
    pq.write_table(pa.table({name: [at + 1] for at, name in enumerate(NAMES)}), folder / "a.parquet")
    (folder / "a.txt").write_text("123\n", encoding="utf-8")
    fields = tuple(FixedField(name=name, start=at + 1, width=1) for at, name in enumerate(NAMES))
    columns = ", ".join(f'{at + 1} AS "{name}"' for at, name in enumerate(NAMES))
    return [
        CsvSource(kind="csv", path=folder / "a.csv"),
        XlsxSource(kind="xlsx", path=folder / "a.xlsx"),
        ParquetSource(kind="parquet", path=folder / "a.parquet"),
        FixedWidthSource(kind="fixed_width", path=folder / "a.txt", fields=fields),
        SqlSource(kind="sql", connection="db", query=f"SELECT {columns}"),
    ]


@pytest.mark.parametrize("at", range(5), ids=["csv", "xlsx", "parquet", "fixed", "sql"])
def test_accents_and_line_breaks_of_a_header_are_written_one_way(tmp_path: Path, at: int) -> None:
    chunks = list(read("absences", sources(tmp_path)[at], lambda name: create_engine("sqlite://")))
    assert [chunk.table.to_pylist() for chunk in chunks] == [[dict(zip(PLAIN, "123", strict=True))]]


def test_the_mapping_names_columns_in_the_same_way(tmp_path: Path) -> None:
    columns = {"ended_at": ColumnMapping(native=WHOLE), "agency_informed_at": ColumnMapping(native=NAMES[1])}
    mapped = FeedMapping(source=sources(tmp_path)[0], columns=columns, ignore=("\u00fc", "u\u0308ber", "no\nuse"))
    assert mapped.natives() == {WHOLE, "agency informed_at"}
    assert mapped.ignore == ("\u00fc", "\u00fcber", "no use")
    split = {"ended_at": ColumnMapping(native=SPLIT)}
    assert FeedMapping(source=sources(tmp_path)[0], columns=split).natives() == {plain_header(SPLIT)} == {WHOLE}


@pytest.mark.parametrize(
    "name", ["Child\xa0Id", "Child\u202fId", "\u200bChild Id\u200e", "Chi\xadld Id", "\ufeff\xa0Child Id "]
)
def test_signs_that_nobody_sees_make_no_other_name(name: str) -> None:
    assert plain_header(name) == "Child Id"


def test_two_ways_to_write_one_name_are_two_columns_of_one_name(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"id,{SPLIT},{WHOLE}\n1,2,3\n", encoding="utf-8")
    with pytest.raises(UnreadableFeed, match=r"two columns of one name \(2 and 3\)"):
        list(read("absences", CsvSource(kind="csv", path=tmp_path / "a.csv")))


@pytest.mark.parametrize(
    ("header", "own", "expected"),
    [
        ("ID;Child;since", ",", "`kind: csv` and `delimiter: ';'` would find 3 of 3"),
        ("id\tchild\tother", ",", "`kind: tsv` would find 2 of 3"),
        ('"id"|"child"|"since"', ";", "`kind: csv` and `delimiter: '|'` would find 3 of 3"),
        ("id;child;since", ";", ""),
        ("A1;C1;2026-03-01", ",", ""),
    ],
)
def test_another_delimiter_is_named_when_it_fits_better(header: str, own: str, expected: str) -> None:
    sentence = delimiter_sentence(header, ["id", "child", "since"], own)
    assert expected in sentence and bool(expected) == bool(sentence)


def test_a_quoted_header_of_another_delimiter_says_so_too(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('"id";"child"\n"1";"2"\n', encoding="utf-8")
    layout = Layout(frozenset({"id", "child"}), "id")
    with pytest.raises(UnreadableFeed, match=r"row 1 is the header.*the delimiter is another one: .*';'.* 2 of 2"):
        list(read("absences", CsvSource(kind="csv", path=tmp_path / "a.csv"), layout=layout))
