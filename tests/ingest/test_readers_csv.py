"""Every byte of delimited text becomes a row, or is named (spec 1, Completeness of a pull)."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cmfc.ingest.readers import Layout, SourceCensus, UnreadableFeed, read
from cmfc.ingest.sources import CsvSource, TsvSource

WANTED = Layout(frozenset({"id", "child", "since", "note"}), "id", "since")
CODED = replace(WANTED, codes={"note": ["missing", "planned"]})
"""With a column of codes."""
HEADER = b"id,child,since,note\n"
PLANTED = "Quillfeather"


def take(folder: Path, content: bytes, **settings: Any) -> tuple[list[tuple[int, list[Any]]], SourceCensus]:
    """The rows of a CSV file, with their numbers, and what was counted."""
    (folder / "a.csv").write_bytes(content)
    census, rows = SourceCensus(), []
    source = CsvSource(kind="csv", path=folder / "a.csv", **settings)
    for chunk in read("absences", source, None, census, WANTED):
        rows += zip(chunk.rows.to_pylist(), (list(row.values()) for row in chunk.table.to_pylist()), strict=True)
    assert census.counts["records"] == census.counts["records_counted_apart"]
    return rows, census


def refuse(folder: Path, content: bytes, sentence: str, **settings: Any) -> None:
    with pytest.raises(UnreadableFeed, match=sentence) as error:
        take(folder, content, **settings)
    assert error.value.message.startswith("absences: a.csv")
    assert PLANTED not in str(error.value)


MARK = b"\xef\xbb\xbf"
A1, A3 = b"A1,C1,2026-03-01,x\n", b"A3,C3,2026-03-02,y\n"


@pytest.mark.parametrize(
    ("body", "row"),
    [
        (A1 + b'A2,C2,2026-03-01,"back by noon\n' + A3 + b'A4,C4,2026-03-02,"no contact\n', 3),
        (b'A1,"Bo,2026-03-01,x\nA2,"Zee,2026-03-01,y\n', 2),
        (b'A1,C1,2026-03-01,"a"b\n', 2),
        (b'A1,C1,2026-03-01,"a" \n', 2),
        (A1 + A3 + b'A4,C4,2026-03-02,"open', 4),
        (A1 + b'A2,C2,2026-03-02,"open\n' + A3, 3),
        (b'A1,C1,2026-03-01,5\'4" tall\nA2,C2,2026-03-01,"x\nA3,C3,2026-03-01,"y\n', 3),
    ],
)
def test_a_quote_that_would_swallow_rows_is_refused(tmp_path: Path, body: bytes, row: int) -> None:
    refuse(tmp_path, HEADER + body, f"row {row} opens a quote that is not closed")


@pytest.mark.parametrize(
    "second",
    [
        b"child,id,since,note\n",
        b' CHILD ,"Note",since,ID\n',
        MARK + b"child,id,note,since\n",
        MARK + b'"child","id","note","since"\n',
        b"\x1achild,id,note,since\n",
        b"\x1a" + MARK + b"Child,id,since,note\n",
        b"id,child id,note,since\n",
        b"person,since,child,note\n",
        b"key,person,note,since\n",
        b"key,child,note,begun\n",
    ],
)
def test_a_part_whose_columns_stand_in_another_order_is_refused(tmp_path: Path, second: bytes) -> None:
    """Its values would be read under the names of others."""
    refuse(tmp_path, HEADER + A1 + second + A3, "row 3 is a second header, whose columns stand in another order")


@pytest.mark.parametrize(
    "line",
    [
        b"id,child,since,note\n",
        MARK + b"ID, child,since,Note\n",
        b"id,person,since,note\n",
        b"note,,,\n",
        b"id,C1,since,x\n",
        b"A2,since,2026-03-01,child\n",
    ],
)
def test_a_header_again_is_a_row_like_any_other(tmp_path: Path, line: bytes) -> None:
    rows, _ = take(tmp_path, HEADER + A1 + line + A3)
    assert len(rows) == 3


def test_a_header_of_other_names_is_refused_as_nobody_knows_its_order(tmp_path: Path) -> None:
    refuse(
        tmp_path,
        HEADER + A1 + b"Key,Person,Remark,Begun\n" + A3,
        "row 3 is a second header, whose columns have other names",
    )


@pytest.mark.parametrize(
    "line", [b"unknown,unknown,unknown,left\n", b"Key,Person,,Begun\n", b"Key,Person,Begun,\n", b"A,B,C,missing\n"]
)
def test_a_row_of_words_may_be_a_record(tmp_path: Path, line: bytes) -> None:
    (tmp_path / "a.csv").write_bytes(HEADER + A1 + line)
    (chunk,) = read("absences", CsvSource(kind="csv", path=tmp_path / "a.csv"), layout=CODED)
    assert len(chunk.table) == 2


def test_a_stray_quote_in_a_tab_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_bytes(b'id\tname\tat\nL1\t"Bo\t2026\nL2\tC\t2026\nL3\t"Zee\t2026\n')
    with pytest.raises(UnreadableFeed, match="row 2 opens a quote"):
        list(read("le_reports", TsvSource(kind="tsv", path=path)))


@pytest.mark.parametrize(
    "body",
    [
        A1 + b'A2,C2,2026-03-01,"noon\n' + A3.rstrip() + b' 5"\n',
        b'A1,"C1,2026-03-01,x\nA2,C2"\n',
        b'A1,"C1\nA2,C2",2026-03-01,x\n',
        b'A1,"C1\r\nA2,C2",2026-03-01,x\r\n',
    ],
)
def test_a_quoted_value_that_holds_a_record_is_refused(tmp_path: Path, body: bytes) -> None:
    content = HEADER + body
    sentence = (
        "holds a quoted value with whole records" if body.count(b"2026") > 1 or b'A2,C2",2' in body else "columns"
    )
    refuse(tmp_path, content, sentence)


def test_a_record_inside_quotes_may_have_a_key_as_the_mapping_says(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(HEADER + b'A 1,C1,2026-03-01,"noon\nA 3,C3,2026-03-02,out"\n')
    source = CsvSource(kind="csv", path=tmp_path / "a.csv")
    with pytest.raises(UnreadableFeed, match="row 2 holds a quoted value with whole records"):
        list(read("absences", source, layout=replace(WANTED, key_pattern=r"A \d")))


def rows_around(folder: Path, line: bytes) -> int:
    """How many rows a file has of which the first has a note that holds this line."""
    (folder / "a.csv").write_bytes(HEADER + b'A1,C1,2026-03-01,"noon\n' + line + b'"\n' + A3)
    (chunk,) = read("absences", CsvSource(kind="csv", path=folder / "a.csv"), layout=CODED)
    return len(chunk.table)


@pytest.mark.parametrize(
    "line",
    [
        b"A 3,C3,2026-03-02,missing",
        b"2026 / 3,C3,2026-03-02T20:00:00,missing",
        b"urn:uuid:6f1c2b34-1111-2222-3333-444455556666,C3,2026-03-02,missing",
        b",C3,2026-03-02,missing",
        b"A3,C3,unknown,left",
        b"A 3,C3,,missing",
        b",somebody,unknown,Missing ",
        b"A3,somebody,unknown,Missing ",
        b",C3,3/2/2026 20:00,left",
        b",C3,unknown 2026-03-01,until 2026-03-02",
    ],
)
def test_a_record_that_could_not_be_used_is_not_swallowed_either(tmp_path: Path, line: bytes) -> None:
    """Read as a record it would be set aside with a finding; inside a value nobody would hear of it."""
    with pytest.raises(UnreadableFeed, match="row 2 holds a quoted value with whole records"):
        rows_around(tmp_path, line)


@pytest.mark.parametrize(
    "line",
    [
        b"asked mother, aunt, uncle, school",
        b"on 3 March, room 12, bus 4, nobody",
        b", ,2026,",
        b"tried them, 555-1234, twice at, 5551234567",
        b"told her, and the police, that he is, missing",
    ],
)
def test_a_line_of_a_note_with_as_many_commas_is_data(tmp_path: Path, line: bytes) -> None:
    assert rows_around(tmp_path, line) == 2


@pytest.mark.parametrize("last", [b"NEW,C3,unknown,missing\n", b"pending,C3,,missing\n", b",C3,, MISSING\n"])
def test_a_record_in_place_of_the_footer_need_not_be_a_good_one(tmp_path: Path, last: bytes) -> None:
    (tmp_path / "a.csv").write_bytes(HEADER + A1 + last)
    source = CsvSource(kind="csv", path=tmp_path / "a.csv", skip_footer=1)
    with pytest.raises(UnreadableFeed, match="row 3: the last lines are records, not a footer"):
        list(read("absences", source, layout=CODED))


def test_a_quoted_value_with_line_breaks_is_data(tmp_path: Path) -> None:
    note = b'"seen, at school\nhome, by, the river\n, ,2026,\n"" said so"'
    rows, census = take(tmp_path, HEADER + b"A1,C1,2026-03-01," + note + b"\n" + A3)
    assert [row for row, _ in rows] == [2, 3] and rows[0][1][3].endswith('" said so')
    assert census.counts["lines_in_values"] == 3


@pytest.mark.parametrize(
    ("note", "text"),
    [
        (b"5'4\" brown hair", "5'4\" brown hair"),
        (b'6\'0" tall "Bo"', '6\'0" tall "Bo"'),
        (b' "x"', ' "x"'),
        (b'"he said \\"later\\" and left"', 'he said \\later\\" and left"'),
        (b'"he said ""later"" and left"', 'he said "later" and left'),
        (b'""', None),
        (b'""""', '"'),
    ],
)
def test_quotes_inside_values_are_data(tmp_path: Path, note: bytes, text: str | None) -> None:
    rows, _ = take(tmp_path, HEADER + b"A1,C1,2026-03-01," + note + b"\n" + A3)
    assert [row for _, row in rows] == [["A1", "C1", "2026-03-01", text], ["A3", "C3", "2026-03-02", "y"]]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize(
    ("dress", "settings", "counted"),
    [
        (lambda text, end: text, {}, {}),
        (lambda text, end: text + end + end + b",,," + end + b" , ,,\t" + end, {}, {"lines_blank": 4}),
        (lambda text, end: text + (b",,,,,," + end) * 30, {}, {"lines_blank": 30}),
        (lambda text, end: b"sep=;" + end + text.replace(b",", b";"), {}, {}),
        (lambda text, end: b"\xef\xbb\xbf" + text, {}, {}),
        (lambda text, end: text + b"\x1a", {}, {"end_marks": 1}),
        (lambda text, end: text.removesuffix(end) + b"\x1a\x1a", {}, {"end_marks": 1}),
        (lambda text, end: text.decode().encode("utf-16"), {"encoding": "utf-16"}, {}),
        (lambda text, end: ("\ufeff" + text.decode()).encode("utf-16-le"), {"encoding": "utf-16-le"}, {}),
        (lambda text, end: b"Report of" + end + end + text, {"header_row": 3}, {"lines_before_header": 2}),
        (
            lambda text, end: text + end + b"(2 rows affected)" + end,
            {"skip_footer": 1},
            {"lines_footer": 1, "lines_blank": 1},
        ),
        (lambda text, end: text + b"Total,2,," + end + b"end" + end, {"skip_footer": 2}, {"lines_footer": 2}),
        (lambda text, end: text + b"2 rows,,," + end, {"skip_footer": 1}, {"lines_footer": 1}),
        (
            lambda text, end: text + b"(2 rows affected)",
            {"skip_footer": 1, "last_line_may_be_open": True},
            {"lines_footer": 1, "last_line_open": 1},
        ),
        (lambda text, end: text.removesuffix(end), {}, {"last_line_open": 1}),
    ],
)
def test_dressing_is_understood(
    tmp_path: Path, end: bytes, dress: Any, settings: dict[str, Any], counted: dict[str, int]
) -> None:
    text = (HEADER + A1 + A3).replace(b"\n", end)
    rows, census = take(tmp_path, dress(text, end), **settings)
    assert [row for _, row in rows] == [["A1", "C1", "2026-03-01", "x"], ["A3", "C3", "2026-03-02", "y"]]
    assert [number for number, _ in rows] == [at + census.counts.get("lines_before_header", 0) for at in (2, 3)]
    plain = {"bytes", "records", "records_counted_apart"}
    assert {name: count for name, count in census.counts.items() if name not in plain} == counted


def test_rows_are_numbered_as_a_spreadsheet_shows_them(tmp_path: Path) -> None:
    rows, _ = take(tmp_path, HEADER + A1 + b"\n,\n\n" + A3 + b",,,\n" + b"A5,C5,2026-03-02,z\n")
    assert [number for number, _ in rows] == [2, 6, 8]


@pytest.mark.parametrize(
    ("content", "sentence", "settings"),
    [
        (HEADER + A1 + b"A2,C2\n" + A3, "row 3 has 2 columns instead of 4", {}),
        (HEADER + A1 + b"\n\nA2,C2,2026,Quillfeather,x\n", "row 5 has 5 columns instead of 4", {}),
        (HEADER + A1 + A3[:-2] + b"2026-03-0", "row 3 is the last and has no line end", {}),
        (HEADER + A1[:-1], "row 2 is the last and has no line end", {}),
        (HEADER[:-1], "row 1 is the header and has no line end", {}),
        (HEADER + A1 + A3, "row 3: the last lines are records, not a footer", {"skip_footer": 1}),
        (HEADER + A1 + b"A2,C2,unknown,y\n", "row 3: the last lines are records", {"skip_footer": 1}),
        (HEADER + A1 + b"no 2,C2,2026-03-02,y\n", "row 3: the last lines are records", {"skip_footer": 1}),
        (HEADER + A1 + b"A2,C", "row 3 is the last and has no line end; it may be no footer", {"skip_footer": 1}),
        (HEADER + A1 + b"Total,1\nA", "row 4 is the last and has no line end; it may be no footer", {"skip_footer": 2}),
        (HEADER, "ends without its 1 footer lines", {"skip_footer": 1}),
        (HEADER + A1, "ends before its header", {"header_row": 9}),
        (b'id,child,since,"note\n' + A1 + A3, "row 1 is the header and opens a quote", {}),
        (b'id,child,since,"note\n' + A1 + b'A3,C3,2026-03-02,y"\n', "a name in the header holds whole lines", {}),
        (b"id,child,since,id \n" + A1, "two columns of one name", {}),
        (b"id,child,since,ID\n" + A1, "differ in case alone", {}),
        (HEADER + A1 + b"A2,Jos\xe9,2026,Quillfeather\n", "row 3, column 2 is not utf-8 text|row 3 is not utf-8", {}),
        (HEADER + A1 + b"A2,Jos\x81,2026,Quillfeather\n", "row 3 is not cp1252 text", {"encoding": "cp1252"}),
        (HEADER + A1, "is not nonsense text", {"encoding": "nonsense"}),
        ((HEADER + A1).decode().encode("utf-16-le"), "row 1 is not utf-8 text; set `encoding`", {}),
        ((HEADER + A1).decode().encode("utf-16"), "row 1 is not cp1252 text; set `encoding`", {"encoding": "cp1252"}),
        ((HEADER + A1).decode().encode("utf-16-be"), "row 1 is not latin-1 text", {"encoding": "latin-1"}),
        (MARK + HEADER + A1, "row 1 is not cp1252 text; set `encoding`", {"encoding": "cp1252"}),
        (MARK + HEADER + A1, "row 1 is not utf-16 text; set `encoding`", {"encoding": "utf-16"}),
    ],
)
def test_what_is_refused_names_file_and_row(
    tmp_path: Path, content: bytes, sentence: str, settings: dict[str, Any]
) -> None:
    refuse(tmp_path, content, sentence, **settings)


def test_a_file_cut_anywhere_but_at_a_line_end_is_refused(tmp_path: Path) -> None:
    content = HEADER + A1 + b'A2,C2,2026-03-01,"a, ""b""\nc"\n' + A3
    ends = {at for at in range(len(content)) if content[at : at + 1] == b"\n"} - {content.index(b"\nc")}
    whole = {0, *ends, *(at + 1 for at in ends)} - {
        len(HEADER + A1) - 1
    }  # there the last value is the first of its kind
    for cut in sorted(set(range(1, len(content))) - whole):
        with pytest.raises(UnreadableFeed):
            take(tmp_path, content[:cut])


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (b"y" * (9 << 20), "row 3 is longer than 8 MiB, and no record of ours is; a value must be shortened"),
        (b'"' + b"y" * (17 << 20) + b'"', "row 3 is longer than 8 MiB.*a quote in it is not closed, or a value"),
        (b'"' + b"y\n" * (5 << 20), "row 3 is longer than 8 MiB.*a quote in it is not closed, or a value"),
    ],
    ids=["plain", "quoted", "open"],
)
def test_a_record_that_is_too_long_is_called_so(tmp_path: Path, value: bytes, sentence: str) -> None:
    refuse(tmp_path, HEADER + A1 + b"A2,C2,2026-03-01," + value + b"\n" + A3, sentence)


def test_data_under_an_empty_header_is_told(tmp_path: Path) -> None:
    rows, census = take(tmp_path, b"id,,child,,,since\nA1,,C1,w,,2026\nA2,,C2,, ,2026\n")
    assert census.unnamed == {4} and rows[0][1] == ["A1", "C1", "2026"]


def test_records_that_cross_blocks_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cmfc.ingest.readers import delimited, head, quoting

    body = b"".join(b'A%d,C1,2026-03-01,"a ""%d""\r\n,b"\r\n' % (at, at) + b"\r\n" * (at % 3) for at in range(400))
    expected, _ = take(tmp_path, HEADER + body)
    assert len(expected) == 400
    for size in (61, 128, 1000):
        for module in (delimited, head, quoting):
            monkeypatch.setattr(module, "BLOCK_BYTES", size)
        monkeypatch.setattr(head, "_FOOT_BYTES", 50)
        rows, _ = take(tmp_path, HEADER + body)
        assert rows == expected
