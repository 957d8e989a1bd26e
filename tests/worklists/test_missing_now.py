"""Who is missing now stands first on the workbook and the page, with names, in words (spec 6)."""

import csv
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.utils import column_index_from_string

from cmfc.publishing.tables import create_views, open_engine
from cmfc.worklists import page
from cmfc.worklists.missing_now import STATES, create_missing_now, missing, missing_sentence
from cmfc.worklists.publish import publish
from tests.support.outputs_night import AS_OF, DAY, HOUR, child, facts, missing_child, write_night
from tests.worklists.test_page import Outline

CHILDREN = [child(f"C{n}", n) for n in (1, 2, 3)]


def published(folder: Path, rows: list[dict[str, Any]] | None = None, **changes: Any) -> Path:
    publish(*write_night(folder, None, CHILDREN, rows), facts(**changes), folder / "out")
    return folder / "out"


def text_of(folder: Path) -> str:
    outline = Outline()
    outline.feed((folder / "exceptions.html").read_text(encoding="utf-8"))
    return " ".join(outline.text.split())


def sheet_of(folder: Path) -> Any:
    return openpyxl.load_workbook(folder / "exceptions.xlsx").worksheets[0]


def lines(sheet: Any) -> list[dict[str, Any]]:
    rows = list(sheet.iter_rows(values_only=True))
    at = next(n for n, row in enumerate(rows) if row[0] == "Severity")
    return [dict(zip(rows[at], row, strict=True)) for row in rows[at + 1 :]]


def test_children_stand_by_state_severity_age_or_abduction_what_is_due_and_since_when(tmp_path: Path) -> None:
    reported = {"le_state": "told", "ncmec_state": "told"}
    rows = [
        missing_child("9", record_state="seen"),
        missing_child("8", record_state="vanished"),
        missing_child("7", record_state="cannot_be_read"),
        missing_child("6", worst="low", age=3),
        missing_child("6b", worst=None),
        missing_child("5b", missing_since_earliest=AS_OF - DAY, **reported),
        missing_child("5", **reported),
        missing_child("4", le_due=AS_OF),
        missing_child("3", le_due=AS_OF - DAY),
        missing_child("2", reason="abducted_by_stranger", **reported),
        missing_child("1", age=12, **reported),
        missing_child("1b", age=13, le_due=AS_OF - 2 * DAY, ncmec_state="in_doubt", ncmec_due=AS_OF - 9 * DAY),
    ]
    work, checked = write_night(tmp_path, missing=rows)
    with open_engine(tmp_path / "spill") as connection:
        create_views(connection, work, checked)
        assert create_missing_now(connection, checked) == len(rows)
        order = [one.child_id for one in missing(connection)]
    assert order == ["1", "2", "1b", "3", "4", "5", "5b", "6", "6b", "7", "8", "9"]


def test_the_sentence_counts_those_untold_by_recipient() -> None:
    counts = {**dict.fromkeys(STATES, 0), "open": 3, "untold_le": 0, "untold_ncmec": 2}
    ncmec = "For 2 of them no report that counts was made to NCMEC."
    assert missing_sentence(counts) == f"3 children are missing now. {ncmec}"
    both = "For 1 of them no report that counts was made to law enforcement, for 2 none to NCMEC."
    assert missing_sentence({**counts, "untold_le": 1}) == f"3 children are missing now. {both}"
    assert missing_sentence({**counts, "open": 0, "untold_ncmec": 0}) == "0 children are missing now."


def test_the_first_sheet_says_who_is_missing_in_words(tmp_path: Path) -> None:
    sheet = sheet_of(published(tmp_path))
    assert sheet.title == "Missing now"
    assert sheet["A1"].value == (
        "2 children are missing now. For 2 of them no report that counts was made to law enforcement."
        " 1 more may be missing."
    )
    young, older, unread = lines(sheet)
    assert young["Child"] == "Nuñezeta, Ondine" and str(young["Birth date"])[:10] == "2010-03-03"
    assert (young["Missing since"], young["Missing for"]) == ("2026-02-26 00:00 MST", "5 days")
    assert (young["Law enforcement"], young["Law enforcement due"]) == (
        "Not told yet", "2026-03-03 05:00 MST (in 5 h)")  # fmt: skip
    assert (young["NCMEC"], young["NCMEC due"], young["NCIC"]) == ("Told", None, "Not entered")
    assert young["Note"] == "Under 13, New" and young["Record"] == "Missing"
    assert (older["Law enforcement"], older["Law enforcement due"]) == (
        "Not told: overdue", "2026-02-28 00:00 MST (3 days ago)")  # fmt: skip
    assert unread["Record"] == "May be missing: a record of it cannot be read"
    assert unread["Missing since"] is unread["Law enforcement"] is unread["NCMEC due"] is None
    header = next(n for n, row in enumerate(sheet.iter_rows(values_only=True), 1) if row[0] == "Severity")
    assert sheet.freeze_panes == f"E{header + 1}" and sheet.auto_filter.ref.startswith(f"A{header}:")


def test_the_page_says_it_at_its_head(tmp_path: Path) -> None:
    text = text_of(published(tmp_path))
    head, _, rest = text.partition("Summary")
    assert head.index("Missing now 2 children are missing now.") < head.index("Nuñezeta, Ondine")
    assert head.index("Nuñezeta, Ondine") < head.index("O'Fallonish, Quillon") < head.index("Vandersnoot, Thaddea")
    for words in ("Not told yet due 2026-03-03 05:00 MST (in 5 h)", "Not told: overdue due 2026-02-28 00:00 MST",
                 "since 2026-02-26 00:00 MST", "for 5 days", "born 2010-03-03", "Under 13"):  # fmt: skip
        assert words in head
    assert "Lines by queue" in rest


def test_a_moment_of_a_day_is_a_day(tmp_path: Path) -> None:
    rows = [missing_child("C1", missing_since_earliest=AS_OF - 2 * DAY, missing_since_latest=AS_OF - DAY - 1,
                          days_missing=0, le_due=AS_OF + HOUR)]  # fmt: skip
    (line,) = lines(sheet_of(published(tmp_path, rows)))
    assert (line["Missing since"], line["Missing for"]) == ("2026-03-01", "less than a day")


def test_nobody_missing_is_said_and_not_of_an_incomplete_night(tmp_path: Path) -> None:
    assert "0 children are missing now." in text_of(published(tmp_path / "a", []))
    assert "Nobody is missing by the records; but the list is incomplete" in text_of(
        published(tmp_path / "b", [], incomplete=("Broken.",))
    )
    first = [row[0] for row in sheet_of(tmp_path / "b" / "out").iter_rows(values_only=True)]
    assert "Broken." in first


def test_the_files_for_programs_carry_ids_only(tmp_path: Path) -> None:
    folder = published(tmp_path)
    with (folder / "missing_now.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["child_id"] for row in rows] == ["C1", "C2", "C3"]
    for one in CHILDREN:
        for name in ("last_name", "first_name"):
            assert one[name].encode() not in (folder / "missing_now.csv").read_bytes()
            assert one[name].encode() not in (folder / "missing_now.parquet").read_bytes()


def test_more_children_than_the_page_shows_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "MAX_MISSING", 1)
    assert "2 more are not shown here." in text_of(published(tmp_path))


def test_what_is_printed_of_a_sheet_fits_the_width_of_a_page(tmp_path: Path) -> None:
    for sheet in openpyxl.load_workbook(published(tmp_path) / "exceptions.xlsx").worksheets:
        if sheet.title == "Summary":
            continue
        first, last = sheet.print_area.replace("$", "").split("!")[-1].split(":")
        number = column_index_from_string(last.strip("0123456789"))
        widths = [sheet.column_dimensions[cell.column_letter].width for cell in sheet[1][:number]]
        assert first == "A1" and sheet.sheet_properties.pageSetUpPr.fitToPage and sheet.page_setup.fitToHeight == 0
        assert sheet.page_setup.orientation == "landscape" and sheet.page_setup.paperSize == 1
        inches = sum(7 * width for width in widths) / 96  # as read, a width includes its padding
        room = 11 - sheet.page_margins.left - sheet.page_margins.right
        assert 8 <= 10 * room / inches < 11 and sheet["A1"].font.sz >= 10
