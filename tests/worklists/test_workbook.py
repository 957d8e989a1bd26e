from datetime import datetime
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import openpyxl
import pytest

from cmfc.worklists import workbook
from cmfc.worklists.publish import publish
from cmfc.worklists.sheets import MAX_TEXT, write_row
from cmfc.worklists.workbook import sheet_names
from tests.support.outputs_night import child, facts, finding, write_night

RAW_MARKUP = '<r><t>x</t></r></is></c><c r="A9"><f>1+1</f></c><c r="B9" t="inlineStr"><is><r><t>y</t></r>'


def book_of(folder: Path, findings: list[dict[str, Any]] | None = None, **changes: Any) -> Any:
    publish(*write_night(folder, findings, changes.pop("children", None)), facts(**changes), folder / "out")
    return openpyxl.load_workbook(folder / "out" / "exceptions.xlsx")


def test_one_sheet_per_office_after_the_summary_with_frozen_header_and_filter(tmp_path: Path) -> None:
    book = book_of(tmp_path)
    assert book.sheetnames == ["Missing now", "Summary", "Mesa East 2", "Tucson North", "No office"]
    for sheet in book.worksheets[2:]:
        assert sheet.freeze_panes == "E2"
        assert sheet.auto_filter.ref == f"A1:AA{sheet.max_row}" and sheet["A1"].value == "Severity"


def test_a_line_shows_the_child_the_local_time_and_everything_merged(tmp_path: Path) -> None:
    sheet = book_of(tmp_path)["Tucson North"]
    header = [cell.value for cell in sheet[1]]
    row = dict(zip(header, [cell.value for cell in sheet[2]], strict=True))
    assert row["Severity"] == "Critical" and row["Codes"] == "LE-01\nLE-05" and row["Child"] == "O'Fallonish, Quillon"
    assert row["Birth date"] == datetime(2010, 2, 2)  # noqa: DTZ001
    assert row["Missing since (America/Phoenix)"] == datetime(2026, 2, 26)  # noqa: DTZ001
    assert row["Why"] == "LE-01: Why LE-01.\nLE-05: Why LE-05."
    assert row["Rules"] == "Texas: 24 hours – limit over, nothing on file\nfederal: 24 hours – in doubt"
    assert row["Rule verified"] == "Not verified: us/tx/report_to_le" and row["Over the limit"] == "3 days"
    assert row["Missing for"] == "5 days" and row["Reason"] == "Ran away" and row["Note"] == "New"


def test_no_text_becomes_a_formula_a_link_or_markup(tmp_path: Path) -> None:
    texts = ["=1+1", "@SUM(A1)", "http://example.test", "mailto:x@example.test", RAW_MARKUP, "{=1}", "12", "<r>a</r>"]
    findings = [finding("RC-02", f"e{n}", why=text, county=text, office=None) for n, text in enumerate(texts)]
    book = book_of(tmp_path, findings, children=[child("C1", 1, last_name="=cmd|'/c calc'!A0")])
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
    assert not [cell.value for cell in cells if cell.data_type == "f" or cell.hyperlink]
    values = {cell.value for cell in cells}
    assert {"=1+1", "12", " " + RAW_MARKUP, "=cmd|'/c calc'!A0, Quillon"} <= values
    with ZipFile(tmp_path / "out" / "exceptions.xlsx") as parts:
        assert not [name for name in parts.namelist() if b"<f>" in parts.read(name)]


def test_the_summary_says_what_is_incomplete_and_counts(tmp_path: Path) -> None:
    sheet = book_of(tmp_path, incomplete=("The NCMEC log could not be read.",), stale=True)["Summary"]
    rows = [[cell for cell in row if cell is not None] for row in sheet.iter_rows(values_only=True)]
    assert ["The NCMEC log could not be read."] in rows
    assert ["As of", "2026-03-03 00:00 MST (2026-03-03T07:00:00Z)"] in rows
    assert any(row and str(row[0]).startswith("This list is out of date") for row in rows)
    assert ["Act now", 3, 0, 1, 0, 0, 4] in rows and ["Explain", 0, 0, 1, 0, 0, 1] in rows
    assert ["LE-01", "Title of LE-01", 2, 0, 0, 0, 0, 2, "Law"] in rows
    assert ["absences", "ok", 40, 37, 1, 2, 0] in rows and ["Tucson North", 3] in rows


def test_a_long_text_is_cut_and_not_lost(tmp_path: Path) -> None:
    sheet = book_of(tmp_path, [finding("LE-01", "e1", why="x" * 40_000)])["Tucson North"]
    assert max(len(str(cell.value)) for cell in sheet[2]) == MAX_TEXT


def test_rows_are_the_bytes_that_the_writer_makes_cell_by_cell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = ["a & b < c > d \" '", "\x01\x0b\x1f", "_x0041_", " begins", "ends\n", "\t", "<r>bold</r>", "\ufffe\uffff",
           "\u202eturned\u2066", "\U0001f600" * 20_000, "x" * 40_000, "two\nlines", "é\u00a0", "\u00a0"]  # fmt: skip
    findings = [
        finding("LE-01" if n % 3 else "NC-01", f"e{n}", why=text, county=text[:40], office=f"Office {n % 2}",
                severity=("critical", "high", "medium", "low", "info")[n % 5],
                began_earliest=None if n % 4 else 10**9 + n)
        for n, text in enumerate(odd)
    ]  # fmt: skip
    fast = tmp_path / "fast"
    book_of(fast, findings)

    def cell_by_cell(sheet: Any, row: int, lines: Any, columns: Any, formats: Any) -> int:
        for line, is_same in lines:
            row += 1
            write_row(sheet, row, line, columns, formats, is_same)
        return row

    monkeypatch.setattr(workbook, "write_rows", cell_by_cell)
    slow = tmp_path / "slow"
    book_of(slow, findings)
    (one,), (other,) = (sorted(folder.rglob("exceptions.xlsx")) for folder in (fast, slow))
    with ZipFile(one) as first, ZipFile(other) as second:
        assert first.namelist() == second.namelist()
        for name in first.namelist():
            assert first.read(name) == second.read(name), name
    assert one.read_bytes() == other.read_bytes()


def test_a_full_sheet_says_where_the_rest_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MAX_LINES", 2)
    book = book_of(tmp_path, [finding("LE-01", f"e{n}") for n in range(4)] + [finding("LE-01", "z", office="Z")])
    assert book["Tucson North"]["A4"].value.startswith("This sheet is full.") and book["Tucson North"].max_row == 4
    assert book["Z"].max_row == 2


def test_sheet_names_are_accepted_by_spreadsheets_and_unique() -> None:
    names = sheet_names(["a/b", "A:B", "Summary", "History", "missing NOW", "'quoted'", "x" * 40, "x" * 41, "[]", ""])
    assert list(names.values()) == ["a b", "A B (2)", "Summary (2)", "History (2)", "missing NOW (2)", "quoted",
                                    "x" * 31, "x" * 27 + " (2)", "No office", "No office (2)"]  # fmt: skip


def test_what_is_done_with_lies_in_a_workbook_of_its_own_laid_out_alike(tmp_path: Path) -> None:
    work = book_of(tmp_path)
    history = openpyxl.load_workbook(tmp_path / "out" / "history.xlsx")
    assert history.sheetnames == ["Summary", "tucson north"]
    for book, queues in ((work, {"Act now", "Explain", "Correct the record"}), (history, {"History"})):
        offices = [sheet for sheet in book.worksheets if sheet["A1"].value == "Severity"]
        rows = [row for sheet in offices for row in sheet.iter_rows(values_only=True)]
        at = list(rows[0]).index("Queue")
        assert {row[at] for row in rows if row[0] != "Severity"} == queues


def test_the_lines_of_a_child_stand_together_and_a_child_that_is_missing_now_first(tmp_path: Path) -> None:
    """The case of C9 is the more urgent by its first finding; C1 is missing now."""
    findings = [
        finding("LE-01", "e2", severity="critical", child_id="C9"),
        finding("RC-02", "e1b", severity="low", child_id="C1"),
        finding("LE-02", "e1", severity="medium", child_id="C1"),
        finding("RC-02", "e2b", severity="low", child_id="C9"),
    ]
    sheet = book_of(tmp_path, findings)["Tucson North"]
    head, *rows = list(sheet.iter_rows(values_only=True))
    cells = [(row[head.index("Child id")], row[head.index("Codes")]) for row in rows]
    missing = {row[-2] for row in openpyxl.load_workbook(tmp_path / "out" / "exceptions.xlsx")["Missing now"].values}
    assert "C1" in missing and "C9" not in missing
    assert cells == [("C1", "LE-02"), ("C1", "RC-02"), ("C9", "LE-01"), ("C9", "RC-02")]
    child = head.index("Child") + 1
    grey = [
        sheet.cell(number, child).font.color.rgb if sheet.cell(number, child).font.color else None for number in (2, 3)
    ]
    assert grey[0] != grey[1] and sheet.cell(3, child).value == sheet.cell(2, child).value
    assert [bool(sheet.cell(number, child).border.top.style) for number in (2, 3, 4, 5)] == [True, False, True, False]


def test_every_sheet_prints_on_one_page_s_width_at_8_points_or_more_with_its_header_on_each_page(
    tmp_path: Path,
) -> None:
    """A character of the sheet's own font is 7 pixels wide at 96 to the inch, and a column has 5 more."""
    book_of(tmp_path)
    for name in ("exceptions.xlsx", "history.xlsx"):
        for sheet in openpyxl.load_workbook(tmp_path / "out" / name).worksheets:
            assert sheet.page_setup.orientation == "landscape" and sheet.page_setup.fitToHeight == 0
            assert sheet.sheet_properties.pageSetUpPr.fitToPage and sheet.page_setup.fitToWidth in (None, 1)
            area = str(sheet.print_area).replace("$", "").partition("!")[2] if sheet.print_area else None
            last = openpyxl.utils.cell.range_boundaries(area)[2] if area else sheet.max_column
            widths = [sheet.column_dimensions[openpyxl.utils.get_column_letter(n + 1)].width for n in range(last)]
            inches = sum(7 * (width - 0.7109375) + 5 for width in widths) / 96
            assert 10 * min(1.0, 10.2 / inches) >= 8, (name, sheet.title, inches)
            if sheet.title != "Summary":
                assert sheet.print_title_rows, (name, sheet.title)
