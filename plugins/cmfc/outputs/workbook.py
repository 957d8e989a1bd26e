"""Writes exceptions.xlsx: a summary and one sheet per office, for the people who work the list (spec 6).

Every text is written as text: no formula, link or number is made out of what a record says.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import xlsxwriter

from cmfc.outputs.package import NightFacts
from cmfc.outputs.summary import write_summary
from cmfc.outputs.wording import BASIS, QUEUE, RECIPIENT, SEVERITY, verified_text
from cmfc.outputs.worklist import Line, lines_by_office

NO_OFFICE = "No office"
MAX_LINES = 1_048_000
"""A sheet has 1,048,576 rows; the rest is for the header and a closing note."""
MAX_TEXT = 32_767
"""Characters in a cell; the writer silently drops a longer text."""
SUMMARY = "Summary"
_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_SHEET_EPOCH_DAYS = 25_569
"""1970-01-01 as a sheet counts days."""

Cell = str | float | None


@dataclass(frozen=True)
class SheetColumn:
    """One column of an office's sheet. `kind` is text, wrapped, number, hours, day or time; `width` in characters."""

    title: str
    width: float
    kind: str
    cell: Callable[[Line], Cell]


def write_workbook(connection: duckdb.DuckDBPyConnection, facts: NightFacts, path: Path) -> int:
    """Writes the workbook from the table `worklist`.

    Row by row, so that memory does not grow with the list; what is written aside lies next to the workbook, because it
    holds names.

    Returns:
        The number of lines, over all offices.
    """
    options = {
        "constant_memory": True,
        "tmpdir": str(path.parent),
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    book = xlsxwriter.Workbook(str(path), options)
    created = datetime.fromtimestamp(facts.as_of, UTC).replace(tzinfo=None)
    book.set_properties(
        {"title": "Children missing from care: worklist", "created": created, "comments": "Confidential"}
    )
    formats = _formats(book)
    offices = connection.execute(
        "SELECT line_office, count(DISTINCT line) FROM worklist"
        " GROUP BY line_office ORDER BY nullif(line_office, '') NULLS LAST"
    ).fetchall()
    names = sheet_names([office for office, _ in offices])
    summary = book.add_worksheet(SUMMARY)
    write_summary(connection, facts, book, summary, [(names[office], number) for office, number in offices])
    written = sum(
        _write_office(book.add_worksheet(names[office]), found, _columns(facts), formats)
        for office, found in lines_by_office(connection)
    )
    book.close()
    return written


def sheet_names(offices: list[str]) -> dict[str, str]:
    """A name per office that a workbook accepts: at most 31 characters, none forbidden, unique whatever the case."""
    taken = {SUMMARY.lower(), "history"}
    names: dict[str, str] = {}
    for office in offices:
        plain = " ".join(_FORBIDDEN.sub(" ", office).strip("' ").split()) or NO_OFFICE
        name, number = plain[:31].rstrip(" '"), 1
        while name.lower() in taken:
            number += 1
            ending = f" ({number})"
            name = plain[: 31 - len(ending)].rstrip(" '") + ending
        taken.add(name.lower())
        names[office] = name
    return names


def _write_office(sheet: Any, found: Iterator[Line], columns: list[SheetColumn], formats: dict[str, Any]) -> int:
    for number, column in enumerate(columns):
        sheet.set_column(number, number, column.width)
        sheet.write_string(0, number, column.title, formats["header"])
    row = 0
    for line in found:
        row += 1
        if row > MAX_LINES:
            sheet.write_string(
                row, 0, "This sheet is full. The rest of this office is in exceptions.csv.", formats["text"]
            )
            break
        _write_line(sheet, row, line, columns, formats)
    sheet.freeze_panes(1, 4)
    last = min(row, MAX_LINES)
    sheet.autofilter(0, 0, max(last, 1), len(columns) - 1)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_footer("&LConfidential&RPage &P of &N")
    return last


def _write_line(sheet: Any, row: int, line: Line, columns: list[SheetColumn], formats: dict[str, Any]) -> None:
    for number, column in enumerate(columns):
        value = column.cell(line)
        if value is None or value == "":
            continue
        if isinstance(value, str):
            kind = f"severity {value}" if column.title == "Severity" else column.kind
            sheet.write_string(row, number, plain_text(value), formats[kind])
        else:
            sheet.write_number(row, number, value, formats[column.kind])


def plain_text(text: str) -> str:
    """A text that a cell can hold, as text: the writer takes what begins with `<r>` for markup and writes it raw."""
    return (" " + text if text.startswith("<r>") else text)[:MAX_TEXT]


def _formats(book: Any) -> dict[str, Any]:
    top = {"valign": "top", "font_size": 10}
    dark = {"bg_color": "#1F3A52", "font_color": "#FFFFFF"}
    fills = {"Critical": "#F9D6D5", "High": "#FCE3C5", "Medium": "#FFF4C7", "Low": "#E8EEF4", "Info": "#F2F2F2"}
    return {
        "header": book.add_format({**top, **dark, "bold": True, "text_wrap": True, "border": 1}),
        "text": book.add_format({**top, "num_format": "@"}),
        "wrapped": book.add_format({**top, "num_format": "@", "text_wrap": True}),
        "number": book.add_format(top),
        "hours": book.add_format({**top, "num_format": "#,##0.0"}),
        "day": book.add_format({**top, "num_format": "yyyy-mm-dd", "align": "left"}),
        "time": book.add_format({**top, "num_format": "yyyy-mm-dd hh:mm", "align": "left"}),
        **{
            f"severity {name}": book.add_format({**top, "bold": True, "bg_color": fill}) for name, fill in fills.items()
        },
    }


def _columns(facts: NightFacts) -> list[SheetColumn]:
    """What people need first, then what explains it, then what proves it."""
    zone = ZoneInfo(facts.zone)

    def at(name: str) -> Callable[[Line], Cell]:
        return lambda line: _local_number(line.earliest(name), zone)

    return [
        SheetColumn("Severity", 9, "text", lambda line: SEVERITY[line.first.severity]),
        SheetColumn("Codes", 9, "wrapped", lambda line: "\n".join(e.first.code for e in line.entries)),
        SheetColumn("Child", 24, "wrapped", lambda line: line.child_name or "Not on file"),
        SheetColumn("Birth date", 11, "day", lambda line: _day_number(line.first.date_of_birth)),
        SheetColumn("Child id", 12, "text", lambda line: line.first.child_id),
        SheetColumn("Age", 5, "number", lambda line: line.first.age),
        SheetColumn("County", 14, "text", lambda line: line.first.county),
        SheetColumn("Caseworker", 12, "text", lambda line: line.first.caseworker_id),
        SheetColumn(f"Missing since ({facts.zone})", 16, "time", at("began_earliest")),
        SheetColumn("Days missing", 8, "number", lambda line: line.first.days_missing),
        SheetColumn("Open", 6, "text", lambda line: {True: "Yes", False: "No", None: ""}[line.first.is_open]),
        SheetColumn(f"Clock start ({facts.zone})", 16, "time", at("clock_start_earliest")),
        SheetColumn(f"Deadline ({facts.zone})", 16, "time", at("deadline_earliest")),
        SheetColumn("Hours over, at least", 9, "hours", lambda line: line.hours_over[0]),
        SheetColumn("Hours over, at most", 9, "hours", lambda line: line.hours_over[1]),
        SheetColumn("Why", 60, "wrapped", _why),
        SheetColumn("Next action", 45, "wrapped", lambda line: "\n".join(line.actions)),
        SheetColumn("Queue", 13, "text", lambda line: QUEUE[line.queue]),
        SheetColumn("Owed to", 15, "text", lambda line: RECIPIENT.get(line.first.recipient, line.first.recipient)),
        SheetColumn("Basis", 16, "wrapped", lambda line: "\n".join(_each_once(BASIS[f.basis] for f in line.findings))),
        SheetColumn("Rules", 30, "wrapped", lambda line: "\n".join(_each_once(f.rule_id for f in line.findings))),
        SheetColumn("Rule verified", 24, "wrapped", verified_text),
        SheetColumn("Reason", 18, "text", lambda line: line.first.reason),
        SheetColumn("Subject", 22, "text", lambda line: line.first.subject_id),
        SheetColumn("Evidence", 34, "wrapped", lambda line: ";".join(line.evidence)),
        SheetColumn("Exception ids", 24, "wrapped", lambda line: ";".join(f.exception_id for f in line.findings)),
    ]  # fmt: skip


def _why(line: Line) -> str:
    if len(line.entries) == 1:
        return " ".join(line.entries[0].whys)
    return "\n".join(f"{entry.first.code}: {' '.join(entry.whys)}" for entry in line.entries)


def _each_once(texts: Iterator[str]) -> list[str]:
    return [text for text in dict.fromkeys(texts) if text]


def _day_number(day: date | None) -> float | None:
    return None if day is None else float((day - date(1970, 1, 1)).days + _SHEET_EPOCH_DAYS)


def _local_number(epoch_seconds: int | None, zone: ZoneInfo) -> float | None:
    """An instant as a sheet counts days, on the agency's clock."""
    if epoch_seconds is None:
        return None
    shift = datetime.fromtimestamp(epoch_seconds, zone).utcoffset() or timedelta()
    return (epoch_seconds + shift.total_seconds()) / 86_400 + _SHEET_EPOCH_DAYS
