"""What must hold of a reader whatever it is given: a refusal or the truth; never a crash, a hang or a silent loss.

`make test` runs a short seeded part, `make soak PART=fuzz` half an hour (test_fuzz_readers.py).
"""

import csv
import io
import re
import signal
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import assume, example, given
from hypothesis import strategies as st
from openpyxl import Workbook

from cmfc.ingest.readers import Layout, SourceCensus, UnreadableFeed, read
from cmfc.ingest.sources import CsvSource, FixedField, FixedWidthSource, ParquetSource, Source, XlsxSource

WANTED = Layout(frozenset({"id", "at", "note"}), "id", "at")
NAMES = ("id", "at", "note")
PATIENCE = 60
"""Seconds after which a reader hangs; soak sets 10."""

Rows = list[tuple[int, list[str | None]]]


@contextmanager
def patience() -> Iterator[None]:
    def hang(*_: Any) -> None:
        raise AssertionError("the reader hangs")

    before = signal.signal(signal.SIGALRM, hang)
    signal.alarm(PATIENCE)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def take(make: Callable[[Path], Source], content: bytes) -> Rows | None:
    """The rows with their numbers, or None when the file is refused."""
    with tempfile.TemporaryDirectory() as folder, patience():
        path = Path(folder) / "a"
        path.write_bytes(content)
        rows: Rows = []
        census = SourceCensus()
        try:
            for chunk in read("absences", make(path), None, census, WANTED):
                columns = [column.to_pylist() for column in chunk.table.columns]
                rows += zip(chunk.rows.to_pylist(), map(list, zip(*columns, strict=True)), strict=True)
        except UnreadableFeed as error:
            assert error.message.startswith("absences: a")
            return None
        numbers = [number for number, _ in rows]
        assert numbers == sorted(set(numbers))
        assert census.counts["records"] == census.counts["records_counted_apart"]
        return rows


def as_csv(path: Path) -> Source:
    return CsvSource(kind="csv", path=path)


def as_open_csv(path: Path) -> Source:
    return CsvSource(kind="csv", path=path, last_line_may_be_open=True)


def as_fixed(path: Path) -> Source:
    fields = tuple(FixedField(name=name, start=1 + 4 * at, width=4) for at, name in enumerate(NAMES))
    return FixedWidthSource(kind="fixed_width", path=path, fields=fields)


def as_records(path: Path) -> Source:
    source = as_fixed(path)
    assert isinstance(source, FixedWidthSource)
    return source.model_copy(update={"record_length": 12, "widths_in": "bytes"})


def as_xlsx(path: Path) -> Source:
    return XlsxSource(kind="xlsx", path=path)


def as_parquet(path: Path) -> Source:
    return ParquetSource(kind="parquet", path=path)


# Delimited text against Python's own parser: another program, in another language.

SIGNS = st.text(st.sampled_from(list('a1",\n\r \t\\;')), max_size=60)


@example('a,1,"\n')
@example('"\\""a,1,\n')
@example('1,"a"",\n')
@example('a,1,""""\n1,1,"""\n,"\n')
@example("\r\r\n\n,,\r")
@example(' "')
@given(SIGNS)
def text_is_read_as_another_program_reads_it(body: str) -> None:
    content = "id,at,note\n" + body
    rows = take(as_open_csv, content.encode())
    if rows is None:
        return
    other = list(csv.reader(io.StringIO(content, newline="")))[1:]
    assert [[value or "" for value in row] for _, row in rows] == [r for r in other if any(v.strip() for v in r)]


TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc"), include_characters='\n\r",;'), max_size=12)
RECORD = st.tuples(st.integers(1, 999), TEXT)
END = st.sampled_from(["\n", "\r\n", "\r"])


@given(st.lists(RECORD, max_size=30), END, st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]), st.booleans())
def every_written_record_is_read(records: list[tuple[int, str]], end: str, encoding: str, quoted: bool) -> None:
    assume(not any(re.search("[\r\n]", note) and note.count(",") > 1 for _, note in records))
    if not quoted:  # the writer quotes no line end but its own
        records = [(key, re.sub("[\r\n]", " ", note)) for key, note in records]
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator=end, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL)
    writer.writerow(NAMES)
    writer.writerows([f"A{key}", "2026-03-01", note] for key, note in records)

    def source(path: Path) -> Source:
        return CsvSource(kind="csv", path=path, encoding=encoding)

    rows = take(source, out.getvalue().encode(encoding))
    assert rows is not None
    assert [[value or "" for value in row] for _, row in rows] == [[f"A{k}", "2026-03-01", n] for k, n in records]


LINES = [f"A{at},2026-03-0{at % 9 + 1},{'' if at % 3 else 'note'}\n" for at in range(1, 9)]
DAMAGE = st.sampled_from(['"', '""', ",", "\n", "\r", '",', ',"', '"\n', "\\", "\x00", "\x1a", "é", '"a"', ""])


@example([(19, 4, '"'), (19, 4, '"'), (19, 4, '"')])
@example([(24, 0, '"'), (60, 0, '"')])
@example([(30, 0, ',"'), (50, 0, '"')])
@given(st.lists(st.tuples(st.integers(0, 150), st.integers(0, 4), DAMAGE), min_size=1, max_size=3))
def a_damaged_line_costs_no_other_line(damages: list[tuple[int, int, str]]) -> None:
    """Whatever is put in or taken out: refused, or every line that was not touched is read as it was."""
    text = ["id,at,note\n", *LINES]
    content, touched = "".join(text), set()
    starts = [sum(map(len, text[:at])) for at in range(len(text) + 1)]
    before = len(content)
    for place, length, new in sorted(damages, reverse=True):
        place = min(place, len(content))
        # Up to the damage behind it: where two overlap, the places in the text as it was would no longer be known.
        length, before = min(length, max(before - place, 0)), place
        first = sum(start <= place for start in starts) - 1
        touched |= {at for at in range(len(text)) if starts[at] <= place + length and place <= starts[at + 1]} | {first}
        content = content[:place] + new + content[place + length :]
    rows = take(as_csv, content.encode())
    if rows is None or 0 in touched:
        return
    records = [[value or "" for value in row] for _, row in rows]
    for at in set(range(1, len(text))) - touched:
        assert text[at].rstrip("\n").split(",") in records, f"line {at} is gone"


@given(st.binary(max_size=200))
def any_bytes_are_refused_or_read(content: bytes) -> None:
    if content:
        for make in (as_csv, as_open_csv, as_fixed, as_records, as_xlsx, as_parquet):
            take(make, content)


# Fixed width: what stands in the lines is known.

CELL = st.text(st.sampled_from("a1é "), min_size=4, max_size=4)


@given(st.lists(st.tuples(CELL, CELL, CELL), max_size=20), END, st.integers(0, 3))
def every_fixed_line_is_read(lines: list[tuple[str, str, str]], end: str, spaces: int) -> None:
    text = "".join("".join(line) + " " * spaces + end for line in lines)
    rows = take(as_fixed, text.encode()) if text else []
    assert rows is not None
    assert [row for _, row in rows] == [list(line) for line in lines if "".join(line).strip()]


@given(st.text(st.sampled_from("a1 \n\r\x1a"), max_size=80))
def fixed_text_is_refused_or_read_whole(text: str) -> None:
    for make in (as_fixed, as_records):
        rows = take(make, text.encode()) if text else None
        if rows is not None:
            content = "".join("".join(value or "" for value in row) for _, row in rows)
            assert re.sub(r"[\s\x1a]", "", content) == re.sub(r"[\s\x1a]", "", text)


# Workbooks and Parquet: made well, then damaged inside.

VALUE = st.one_of(st.none(), st.text(st.sampled_from("a1é<&"), max_size=5), st.integers(-9, 10**6), st.booleans())


def workbook(rows: list[list[Any]]) -> bytes:
    book, out = Workbook(), io.BytesIO()
    book.active.append(list(NAMES))
    for row in rows:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


def plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


@given(st.lists(st.lists(VALUE, min_size=3, max_size=3), max_size=8))
def every_row_of_a_workbook_is_read(rows: list[list[Any]]) -> None:
    result = take(as_xlsx, workbook(rows))
    assert result is not None
    expected = [[plain(value) for value in row] for row in rows]
    assert [[value or "" for value in row] for _, row in result] == [row for row in expected if any(row)]


SHEET = [["A1", "2026", "x"], ["A2", 2026, None], [None, None, None], ["A4", "=B2", True]]
TAGS = [
    b"",
    b"<row>",
    b"</row>",
    b'<row r="2">',
    b"<c>",
    b"</c>",
    b"<v>7</v>",
    b'r="A1"',
    b't="e"',
    b"<",
    b"&",
    b"\xff",
]


@given(st.integers(0, 1200), st.integers(0, 30), st.sampled_from(TAGS))
def a_damaged_sheet_is_refused_or_read_whole(place: int, length: int, new: bytes) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook(SHEET))) as book, zipfile.ZipFile(out, "w") as copy:
        for name in book.namelist():
            xml = book.read(name)
            if name.endswith("sheet1.xml"):
                xml = xml[:place] + new + xml[place + length :]
            copy.writestr(name, xml)
    take(as_xlsx, out.getvalue())


@given(st.integers(0, 9000), st.binary(min_size=1, max_size=4))
def a_damaged_container_is_refused_or_read(place: int, new: bytes) -> None:
    content = workbook(SHEET)
    place = min(place, len(content) - 1)
    take(as_xlsx, content[:place] + new + content[place + len(new) :])


@given(st.lists(st.tuples(st.text(max_size=5), st.floats(), st.datetimes()), max_size=20), st.integers(0, 4000))
def parquet_is_refused_or_read_whole(rows: list[tuple[str, float, Any]], cut: int) -> None:
    out = io.BytesIO()
    table = pa.table([pa.array(column) for column in zip(*rows, strict=True)] if rows else [[]] * 3, names=list(NAMES))
    pq.write_table(table, out)
    result = take(as_parquet, out.getvalue())
    assert result is not None and [row[0] for _, row in result] == [row[0] for row in rows]
    content = out.getvalue()
    cut = min(cut, len(content) - 1)
    assert take(as_parquet, content[:cut] or b"x") is None


PROPERTIES = (
    text_is_read_as_another_program_reads_it,
    every_written_record_is_read,
    a_damaged_line_costs_no_other_line,
    any_bytes_are_refused_or_read,
    every_fixed_line_is_read,
    fixed_text_is_refused_or_read_whole,
    every_row_of_a_workbook_is_read,
    a_damaged_sheet_is_refused_or_read_whole,
    a_damaged_container_is_refused_or_read,
    parquet_is_refused_or_read_whole,
)
