"""The auditor's worksheet: what the paper file says about each sampled episode, written and read back (spec 6)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import xlsxwriter

from cmfc.errors import UsageError

SHEET, FACTS = "Worksheet", "About"
ANSWERS = {
    "le_on_file": ("on_time", "late", "never", "cannot_tell"),
    "ncmec_on_file": ("on_time", "late", "never", "cannot_tell"),
    "record_agrees": ("yes", "no", "cannot_tell"),
}
"""What the auditor fills in, and the only answers that are read back."""
GIVEN = ("stratum", "episode", "child", "county", "began_on", "ended_on", "outcome")
HELP = (
    "One line per sampled episode. Open the paper file of the episode and record what it says, not what the lists say.",
    "le_on_file, ncmec_on_file: the first report to law enforcement and to NCMEC: on_time (within 24 hours of the"
    " agency's information), late, never, or cannot_tell.",
    "record_agrees: does the agency's record of this episode (begin, end, information, reports) agree with the file?",
    "note: for yourself; it is never read back. Leave a line's answers empty if the file was not found.",
    "The agency finds the file by the pseudonym with its crosswalk. Do not write names here.",
)


@dataclass(frozen=True)
class Draw:
    """What a worksheet belongs to."""

    frame_hash: str
    seed: int
    strata: tuple[str, ...]


def write_worksheet(path: Path, rows: Sequence[Mapping[str, Any]], draw: Draw, created_at: int) -> None:
    """Write the worksheet; the same rows give the same bytes.

    Args:
        path: the XLSX file.
        rows: with the columns GIVEN, in the order to be worked.
        draw: which sample it is.
        created_at: epoch seconds UTC, for the file's properties.
    """
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        created = datetime.fromtimestamp(created_at, UTC).replace(tzinfo=None)
        book.set_properties({"title": "Audit sample: worksheet", "created": created, "comments": "Confidential"})
        head = book.add_format({"bold": True, "bottom": 1, "bg_color": "#E6EBF0"})
        question_format = book.add_format({"bold": True, "bottom": 1, "bg_color": "#FFF4CC"})
        sheet = book.add_worksheet(SHEET)
        for place, name in enumerate((*GIVEN, *ANSWERS, "note")):
            sheet.write_string(0, place, name, head if name in GIVEN else question_format)
        for number, row in enumerate(rows, start=1):
            for place, name in enumerate(GIVEN):
                if row[name] is not None:
                    sheet.write_string(number, place, str(row[name]))
        for place, answers in enumerate(ANSWERS.values(), start=len(GIVEN)):
            if rows:
                allowed = {"validate": "list", "source": list(answers)}
                sheet.data_validation(1, place, len(rows), place, allowed)
        sheet.set_column(0, 0, 22)
        sheet.set_column(1, 2, 36)
        sheet.set_column(3, len(GIVEN) + len(ANSWERS), 15)
        sheet.freeze_panes(1, 2)
        sheet.autofilter(0, 0, max(1, len(rows)), len(GIVEN) + len(ANSWERS))
        about = book.add_worksheet(FACTS)
        about.set_column(0, 0, 110)
        facts = (f"frame_hash: {draw.frame_hash}", f"seed: {draw.seed}", f"strata: {', '.join(draw.strata) or 'none'}")
        for number, sentence in enumerate((*facts, "", *HELP)):
            about.write_string(number, 0, sentence)


def read_worksheet(path: Path, episodes: Mapping[str, str], draw_hash: str) -> dict[str, dict[str, str]]:
    """What the auditor found, by episode and question; what was left empty is left out.

    Args:
        path: the filled worksheet.
        episodes: stratum by sampled episode, from sample.csv.
        draw_hash: the frame's hash, from manifest.json.

    Raises:
        UsageError: CMFC-U08 for another sample's worksheet, a line more, less or twice, or an answer
            that is not asked for.
    """
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        facts = [row[0] for row in book[FACTS].iter_rows(max_col=1, max_row=3, values_only=True)]
        lines = list(book[SHEET].iter_rows(values_only=True))
    except Exception as error:  # noqa: BLE001 - a damaged workbook fails in many ways
        raise UsageError("CMFC-U08", "The worksheet cannot be read.", type(error).__name__) from None
    if f"frame_hash: {draw_hash}" not in facts:
        raise UsageError("CMFC-U08", "The worksheet belongs to another sample.")
    names = [str(cell) for cell in lines[0] if cell is not None]
    if missing := [name for name in ("episode", *ANSWERS) if name not in names]:
        raise UsageError("CMFC-U08", f"The worksheet lacks the column {missing[0]}.")
    filled_in: dict[str, dict[str, str]] = {}
    for number, cells in enumerate(lines[1:], start=2):
        row = dict(zip(names, cells, strict=False))
        episode = str(row["episode"] or "").strip()
        if not episode and not any(row[name] for name in ANSWERS):
            continue
        if episode not in episodes or episode in filled_in:
            raise UsageError("CMFC-U08", f"Row {number} of the worksheet is not a sampled episode, or occurs twice.")
        filled_in[episode] = _answers_of(row, number)
    if len(filled_in) != len(episodes):
        message = f"The worksheet has only {len(filled_in)} of the {len(episodes)} sampled episodes."
        raise UsageError("CMFC-U08", message)
    return filled_in


def _answers_of(row: Mapping[str, Any], number: int) -> dict[str, str]:
    """The answers of one line by question, without those that were left empty."""
    filled_in: dict[str, str] = {}
    for question, answers in ANSWERS.items():
        answer = str(row[question] or "").strip().lower()
        if answer and answer not in answers:
            raise UsageError("CMFC-U08", f"Row {number}, {question}: give one of {', '.join(answers)}.")
        if answer:
            filled_in[question] = answer
    return filled_in
