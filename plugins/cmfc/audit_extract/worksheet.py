"""The auditor's worksheet: what the paper file says about each sampled episode, written and read back (spec 6).

Each sheet is one page wide, and the case's number and pseudonym stand on every page. What is read back: the answers of
the drop-downs, dates and times, and of a number only whether there is one.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import openpyxl
import xlsxwriter

from cmfc.audit_extract.answers import ANSWERS, DATES, NUMBERS, SHEETS, TIMES, Answered, Sheet
from cmfc.errors import UsageError

FACTS = "About"
CASE_COLUMNS = SHEETS[0].columns
HELP = (
    "One line per case. Open the paper file and record what it says, not what the lists say. Write no names.",
    "file: located or not_located. Choose not_located rather than leaving a line empty: that is work not done.",
    "learned_on, le_on, ncmec_on, ended_on_file: the dates in the file, YYYY-MM-DD; learned_time, le_time, ncmec_time:"
    " HH:MM on the agency's clock, if the file has them. By these dates the estimates judge again, also by two calendar"
    " days, as HHS-OIG did.",
    "le_number, ncmec_number: the report's number; read back is only whether there is one. Empty where there is none.",
    "le_on_file, ncmec_on_file: the first report: on_time (within 24 hours of the agency's information), late, never,"
    " no_duty (the file shows that none was owed, such as another agency's child), or cannot_tell.",
    "record_agrees: does the agency's record of this episode (its beginning and end, information, reports) agree with"
    " the file?",
    "Exclusions: was_missing: does the file show that nobody knew where the child was? Reports: in_records: is the"
    " report in the agency's records of the child; is_of_episode: was the child missing then?",
    "note: for yourself; it is never read back.",
    "The agency finds the file by the pseudonym with its crosswalk.",
)
EARLIEST, LATEST = date(2000, 1, 1), date(2099, 12, 31)
EARLY_DAYS = 31
"""So long before the agency learned of it a report by another may have been made; what is longer is a wrong year."""
_TIME = re.compile(r"([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?")
_PAPER_WIDTHS = {"case": 5, "stratum": 12, "episode": 36, "subject": 36, "report": 36, "county": 11, "note": 16}


@dataclass(frozen=True)
class Draw:
    """What a worksheet belongs to."""

    frame_hash: str
    seed: int
    strata: tuple[str, ...]
    others: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    """Rows of the other samples, by sheet."""


def write_worksheet(path: Path, rows: Sequence[Mapping[str, Any]], draw: Draw, created_at: int) -> None:
    """Write the worksheet; the same rows give the same bytes.

    Args:
        path: the XLSX file.
        rows: with CASE_COLUMNS, in the order to be worked.
        draw: which sample it is, and the rows of the other ones.
        created_at: epoch seconds UTC, for the file's properties.
    """
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        created = datetime.fromtimestamp(created_at, UTC).replace(tzinfo=None)
        book.set_properties({"title": "Audit sample: worksheet", "created": created, "comments": "Confidential"})
        for sheet in SHEETS:
            some = rows if sheet is SHEETS[0] else draw.others.get(sheet.name)
            if some is not None:
                _write_sheet(book, sheet, some)
        about = book.add_worksheet(FACTS)
        about.set_column(0, 0, 110)
        about.set_landscape()
        about.fit_to_pages(1, 0)
        facts = (f"frame_hash: {draw.frame_hash}", f"seed: {draw.seed}", f"strata: {', '.join(draw.strata) or 'none'}")
        wrapped = book.add_format({"text_wrap": True})
        for number, sentence in enumerate((*facts, "", *HELP)):
            about.write_string(number, 0, sentence, wrapped)


def _write_sheet(book: Any, sheet: Sheet, rows: Sequence[Mapping[str, Any]]) -> None:
    head = book.add_format({"bold": True, "bottom": 1, "bg_color": "#E6EBF0", "text_wrap": True})
    question = book.add_format({"bold": True, "bottom": 1, "bg_color": "#FFF4CC", "text_wrap": True})
    day, plain = book.add_format({"num_format": "yyyy-mm-dd", "border": 4}), book.add_format({"border": 4})
    page = book.add_worksheet(sheet.name)
    names = ("case", *sheet.columns, *sheet.questions, "note")
    for place, name in enumerate(names):
        page.write_string(0, place, name, question if name in sheet.questions else head)
        page.set_column(place, place, _PAPER_WIDTHS.get(name, 11))
    for number, row in enumerate(rows, start=1):
        page.write_number(number, 0, number)
        for place, name in enumerate(sheet.columns, start=1):
            if row[name] is not None:
                page.write_string(number, place, str(row[name]))
        for place, name in enumerate((*sheet.questions, "note"), start=1 + len(sheet.columns)):
            page.write_blank(number, place, None, day if name in DATES else plain)
    for place, name in enumerate(names):
        if rows and name in sheet.questions:
            _allow(page, name, place, len(rows))
    page.freeze_panes(1, 2 + (sheet.columns[0] == "stratum"))
    page.autofilter(0, 0, max(1, len(rows)), len(names) - 1)
    page.set_landscape()
    page.set_paper(5)  # legal
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)
    page.set_header("&L&A&RConfidential")
    page.set_footer("&L&F&RPage &P of &N")


def _allow(page: Any, name: str, place: int, rows: int) -> None:
    if name in ANSWERS:
        page.data_validation(1, place, rows, place, {"validate": "list", "source": list(ANSWERS[name])})
    elif name in DATES:
        limits = {"minimum": EARLIEST, "maximum": LATEST}
        page.data_validation(1, place, rows, place, {"validate": "date", "criteria": "between", **limits})


def read_worksheet(
    path: Path, cases: Mapping[str, Mapping[str, str]], draw_hash: str
) -> dict[str, dict[str, Answered]]:
    """What the auditor found, by sheet and case.

    Args:
        path: the filled worksheet.
        cases: by sheet, the stratum of each sampled case; the first sheet must be there, others may be.
        draw_hash: the frame's hash, from manifest.json.

    Raises:
        UsageError: CMFC-U08 for another sample's worksheet, a line more, less or twice, or an answer that is not asked
            for.
    """
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        facts = [row[0] for row in book[FACTS].iter_rows(max_col=1, max_row=3, values_only=True)]
        lines, formulas = _lines(book), _lines(openpyxl.load_workbook(path, read_only=True))
        if SHEETS[0].name not in lines:
            raise KeyError(SHEETS[0].name)
    except Exception as error:  # noqa: BLE001 - a damaged workbook fails in many ways
        raise UsageError("CMFC-U08", "The worksheet cannot be read.", type(error).__name__) from None
    if f"frame_hash: {draw_hash}" not in facts:
        raise UsageError("CMFC-U08", "The worksheet belongs to another sample.")
    there = [sheet for sheet in SHEETS if sheet.name in lines]
    return {s.name: _read_sheet(s, lines[s.name], formulas[s.name], cases.get(s.name, {})) for s in there}


def _lines(book: Any) -> dict[str, list[Sequence[Any]]]:
    return {s.name: list(book[s.name].iter_rows(values_only=True)) for s in SHEETS if s.name in book.sheetnames}


def _read_sheet(
    sheet: Sheet, lines: Sequence[Sequence[Any]], formulas: Sequence[Sequence[Any]], cases: Mapping[str, str]
) -> dict[str, Answered]:
    places = _places(sheet, lines[0] if lines else ())
    filled_in: dict[str, Answered] = {}
    for number, (cells, written) in enumerate(zip(lines[1:], formulas[1:], strict=True), start=2):
        row = {name: cells[place] if place < len(cells) else None for name, place in places.items()}
        case = str(row[sheet.subject] or "").strip()
        if not case and not any(row[name] for name in sheet.questions):
            continue
        if case not in cases or case in filled_in:
            raise UsageError("CMFC-U08", f"Row {number} of {sheet.name} is not a sampled case, or occurs twice.")
        for name, place in places.items():  # a program that does not calculate leaves a formula without its value
            if row[name] is None and place < len(written) and written[place] is not None:
                raise UsageError("CMFC-U08", f"{sheet.name}, row {number}, {name}: give the value, not a formula.")
        filled_in[case] = _answers_of(sheet, row, number)
    if len(filled_in) != len(cases):
        raise UsageError("CMFC-U08", f"The sheet {sheet.name} has only {len(filled_in)} of the {len(cases)} cases.")
    return filled_in


def _places(sheet: Sheet, head: Sequence[Any]) -> dict[str, int]:
    """Where each column stands that is read back; columns of the auditor's own may stand anywhere."""
    names = [str(cell or "").strip().lower() for cell in head]
    for name in (sheet.subject, *sheet.questions):
        if names.count(name) != 1:
            problem = "lacks the column" if name not in names else "has more than once the column"
            raise UsageError("CMFC-U08", f"The sheet {sheet.name} {problem} {name}.")
    return {name: names.index(name) for name in (sheet.subject, *sheet.questions)}


def _answers_of(sheet: Sheet, row: Mapping[str, Any], number: int) -> Answered:
    """The answers of one line by question, without those that were left empty."""
    filled_in: dict[str, str | date | time] = {}
    for name in sheet.questions:
        cell, place = row[name], f"{sheet.name}, row {number}, {name}"
        if cell is None or not str(cell).strip():
            continue
        if name in ANSWERS:
            answer = "_".join(str(cell).lower().replace("_", " ").split())
            if answer not in ANSWERS[name]:
                raise UsageError("CMFC-U08", f"{place}: give one of {', '.join(ANSWERS[name])}.")
            filled_in[name] = answer
        elif name in DATES:
            filled_in[name] = _date(cell, place)
        elif name in TIMES:
            filled_in[name] = _time(cell, place)
        elif name in NUMBERS:
            if not any(letter in "123456789" for letter in str(cell)):  # n/a, none, -: no number, and not an empty cell
                raise UsageError("CMFC-U08", f"{place}: give the number, or leave it empty where there is none.")
            filled_in[name] = "yes"
    _refuse_slips(filled_in, f"{sheet.name}, row {number}")
    return filled_in


def _refuse_slips(answered: Answered, place: str) -> None:
    """Refuse a report long before the agency learned, as of a wrong year: it would count as on time."""
    for to in ("le", "ncmec"):
        learned, reported = answered.get("learned_on"), answered.get(f"{to}_on")
        if isinstance(learned, date) and isinstance(reported, date) and (learned - reported).days > EARLY_DAYS:
            message = f"{place}, {to}_on: that is {(learned - reported).days} days before learned_on."
            raise UsageError("CMFC-U08", f"{message} Correct one of them, or answer {to}_on_file alone.")


def _date(cell: Any, place: str) -> date:
    try:
        day = cell.date() if isinstance(cell, datetime) else cell
        day = day if isinstance(day, date) else date.fromisoformat(str(cell).strip())
    except ValueError:
        raise UsageError("CMFC-U08", f"{place}: give a date, YYYY-MM-DD.") from None
    if not EARLIEST <= day <= LATEST:
        raise UsageError("CMFC-U08", f"{place}: give a date from {EARLIEST} to {LATEST}.")
    return day


def _time(cell: Any, place: str) -> time:
    if isinstance(cell, datetime):
        return cell.time()
    if isinstance(cell, time):
        return cell
    text = str(cell).strip()
    if not _TIME.fullmatch(text):
        raise UsageError("CMFC-U08", f"{place}: give a time of day, HH:MM.")
    return time.fromisoformat(text.zfill(5) if len(text) < len("12:34:56") - 1 else text.zfill(8))
