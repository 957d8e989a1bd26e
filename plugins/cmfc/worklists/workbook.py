"""Writes exceptions.xlsx: who is missing, a summary, one sheet per office, for those who work the list (spec 6).

What is done with lies in history.xlsx, laid out alike: it is for the file and not for today.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import xlsxwriter

from cmfc.publishing.manifest import NightFacts
from cmfc.worklists.direction import without_turns
from cmfc.worklists.lines import Line, lines_by_office, offices_of
from cmfc.worklists.missing_sheet import MISSING_NOW, write_missing
from cmfc.worklists.order import QUEUES
from cmfc.worklists.rows import write_rows
from cmfc.worklists.rules import rule_names
from cmfc.worklists.sheets import (
    Cell,
    SheetColumn,
    day_number,
    formats_of,
    local_number,
    set_up,
    write_header,
)
from cmfc.worklists.summary import write_summary
from cmfc.worklists.times import days_text, over_text
from cmfc.worklists.to_answer import SHEET, ToAnswer, write_sheet
from cmfc.worklists.wording import BASIS, QUEUE, REASON, RECIPIENT, SEVERITY, rules_of, verified_text

NO_OFFICE = "No office"
MAX_LINES = 1_048_000
"""A sheet has 1,048,576 rows; the rest is for the header and a closing note."""
SUMMARY = "Summary"
_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f]")


def write_workbook(
    connection: duckdb.DuckDBPyConnection,
    facts: NightFacts,
    path: Path,
    with_missing: bool = True,
    queues: Collection[str] = QUEUES,
    noted: Sequence[ToAnswer] = (),
) -> int:
    """Write the workbook from the tables `worklist` and `missing_named`.

    Row by row, so that memory does not grow with the list; what is written aside lies next to the workbook, because it
    holds names.

    Args:
        connection: holds the tables.
        facts: the night.
        path: the file to write.
        with_missing: whether the first sheet says who is missing; an extract of the list has none.
        queues: whose lines.
        noted: reports that people noted and the log does not have; a sheet of their own, if there are any.

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
    formats = formats_of(book)
    offices = offices_of(connection, queues)
    names = sheet_names([office for office, _ in offices])
    if with_missing:
        write_missing(connection, facts, book.add_worksheet(MISSING_NOW), formats)
    if noted:
        write_sheet(book.add_worksheet(SHEET), list(noted), facts, formats)
    summary = book.add_worksheet(SUMMARY)
    write_summary(connection, facts, summary, formats, [(names[office], number) for office, number in offices])
    written = sum(
        _write_office(book.add_worksheet(names[office]), lines, _columns(facts), formats)
        for office, lines in lines_by_office(connection, queues)
    )
    book.close()
    return written


def sheet_names(offices: list[str]) -> dict[str, str]:
    """A name per office that a workbook accepts: at most 31 characters, none forbidden, unique whatever the case."""
    in_use = {MISSING_NOW.lower(), SHEET.lower(), SUMMARY.lower(), "history"}
    names: dict[str, str] = {}
    for office in offices:
        plain = " ".join(_FORBIDDEN.sub(" ", without_turns(office)).strip("' ").split()) or NO_OFFICE
        name, number = plain[:31].rstrip(" '"), 1
        while name.lower() in in_use:
            number += 1
            ending = f" ({number})"
            name = plain[: 31 - len(ending)].rstrip(" '") + ending
        in_use.add(name.lower())
        names[office] = name
    return names


def _write_office(sheet: Any, lines: Iterator[Line], columns: list[SheetColumn], formats: dict[str, Any]) -> int:
    write_header(sheet, 0, columns, formats)
    row = write_rows(sheet, 0, _cases(islice(lines, MAX_LINES)), columns, formats)
    if next(lines, None) is not None:
        row += 1
        sheet.write_string(row, 0, "This sheet is full. The rest of this office is in exceptions.csv.", formats["text"])
    last = min(row, MAX_LINES)
    set_up(sheet, 0, last, columns)
    return last


def _cases(lines: Iterable[Line]) -> Iterator[tuple[Line, bool]]:
    """Each line, and whether it is of the case of the line above."""
    case: Any = None
    for line in lines:
        yield line, line.case == case
        case = line.case


def _columns(facts: NightFacts) -> list[SheetColumn]:
    """What people need first, which is also what is printed; then what explains it, then what proves it."""
    zone, names = ZoneInfo(facts.zone), rule_names(facts.jurisdiction, facts.zone)

    def at(name: str) -> Callable[[Line], Cell]:
        return lambda line: local_number(line.earliest(name), zone)

    return [
        SheetColumn("Severity", 9, "text", lambda line: SEVERITY[line.first.severity]),
        SheetColumn("Codes", 7, "wrapped", lambda line: "\n".join(f.code for f in line.findings)),
        SheetColumn("Child", 20, "wrapped", lambda line: line.child_name or "Not on file", is_of_case=True),
        SheetColumn("Birth date", 11, "day", lambda line: day_number(line.first.date_of_birth), is_of_case=True),
        SheetColumn("Caseworker", 10, "wrapped", lambda line: line.first.caseworker_id, is_of_case=True),
        SheetColumn(f"Missing since ({facts.zone})", 16, "time", at("began_earliest")),
        SheetColumn(f"Deadline ({facts.zone})", 16, "time", at("deadline_earliest")),
        SheetColumn("Over the limit", 13, "wrapped", lambda line: over_text(*line.hours_over)),
        SheetColumn("Why", 34, "wrapped", _why),
        SheetColumn("Next action", 29, "wrapped", lambda line: "\n".join(line.actions)),
        SheetColumn("Queue", 13, "text", lambda line: QUEUE[line.queue]),
        SheetColumn("Note", 16, "wrapped", lambda line: ", ".join(line.flags)),
        SheetColumn("Owed to", 15, "text", lambda line: RECIPIENT.get(line.first.recipient, line.first.recipient)),
        SheetColumn("Open", 6, "text", lambda line: {True: "Yes", False: "No", None: ""}[line.first.is_open]),
        SheetColumn("Missing for", 14, "text", _missing_for),
        SheetColumn("Age", 5, "number", lambda line: line.first.age),
        SheetColumn("County", 14, "text", lambda line: line.first.county),
        SheetColumn(f"Clock start ({facts.zone})", 16, "time", at("clock_start_earliest")),
        SheetColumn("Basis", 16, "wrapped", _bases),
        SheetColumn("Rules", 44, "wrapped", lambda line: "\n".join(rules_of(line, names))),
        SheetColumn("Rule verified", 24, "wrapped", verified_text),
        SheetColumn("Citation", 34, "wrapped", lambda line: "\n".join(_each_once(f.citation for f in line.findings))),
        SheetColumn("Reason", 22, "text", lambda line: REASON.get(line.first.reason, line.first.reason)),
        SheetColumn("Child id", 12, "text", lambda line: line.first.child_id),
        SheetColumn("Subject", 22, "text", lambda line: line.first.subject_id),
        SheetColumn("Evidence", 34, "wrapped", lambda line: ";".join(line.evidence)),
        SheetColumn("Exception ids", 24, "wrapped", lambda line: ";".join(f.exception_id for f in line.findings)),
    ]


def _why(line: Line) -> str:
    if len(line.findings) == 1:
        return line.first.why
    return "\n".join(f"{finding.code}: {finding.why}" for finding in line.findings)


def _missing_for(line: Line) -> str:
    return "" if line.first.days_missing is None else days_text(line.first.days_missing)


def _bases(line: Line) -> str:
    return "\n".join(_each_once(BASIS.get(f.basis, f.basis) for f in line.findings))


def _each_once(texts: Iterable[str]) -> list[str]:
    return [text for text in dict.fromkeys(texts) if text]
