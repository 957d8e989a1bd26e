"""Writes the first sheet of the workbook: who is missing now, or may be (spec 6)."""

from collections.abc import Callable
from typing import Any

import duckdb

from cmfc.publishing.manifest import NightFacts
from cmfc.worklists.missing_now import Missing, count_missing, missing, missing_sentence
from cmfc.worklists.sheets import Cell, SheetColumn, day_number, plain_text, set_up, write_header, write_row
from cmfc.worklists.wording import PRIVACY, REASON, RECORD_STATE, SEVERITY, as_of_text, banner

MISSING_NOW = "Missing now"


def write_missing(connection: duckdb.DuckDBPyConnection, facts: NightFacts, sheet: Any, formats: dict[str, Any]) -> int:
    """Write the sheet from the table `missing_named` and give the number of children."""
    columns = _columns(facts)
    head = [("title", missing_sentence(count_missing(connection))), ("text", PRIVACY)]
    head += [("alert", sentence) for sentence in banner(facts)]
    head += [("text", f"{facts.agency_name}, as of {as_of_text(facts)}. Times on the agency's clock ({facts.zone}).")]
    for row, (kind, sentence) in enumerate(head):
        sheet.write_string(row, 0, plain_text(sentence), formats[kind])
    header, row = len(head), len(head)
    write_header(sheet, header, columns, formats)
    for child in missing(connection):
        row += 1
        write_row(sheet, row, child, columns, formats)
    set_up(sheet, header, row, columns)
    return row - header


def _columns(facts: NightFacts) -> list[SheetColumn]:
    def state(whom: str) -> Callable[[Missing], Cell]:
        return lambda child: child.states[whom]

    def due(recipient: str) -> Callable[[Missing], Cell]:
        return lambda child: child.due_text(recipient, facts)

    return [
        SheetColumn("Severity", 9, "text", lambda child: SEVERITY.get(child.worst, "")),
        SheetColumn("Child", 20, "wrapped", lambda child: child.name or "Not on file"),
        SheetColumn("Birth date", 11, "day", lambda child: day_number(child.date_of_birth)),
        SheetColumn("Age", 5, "number", lambda child: child.age),
        SheetColumn("Record", 16, "wrapped", lambda child: RECORD_STATE.get(child.record_state, child.record_state)),
        SheetColumn("Missing since", 17, "wrapped", lambda child: child.since_text(facts)),
        SheetColumn("Missing for", 12, "wrapped", lambda child: child.for_text),
        SheetColumn("Law enforcement", 13, "wrapped", state("Law enforcement")),
        SheetColumn("Law enforcement due", 18, "wrapped", due("le")),
        SheetColumn("NCIC", 11, "wrapped", state("NCIC")),
        SheetColumn("NCMEC", 13, "wrapped", state("NCMEC")),
        SheetColumn("NCMEC due", 18, "wrapped", due("ncmec")),
        SheetColumn("Note", 12, "wrapped", lambda child: ", ".join(child.flags)),
        SheetColumn("Reason", 22, "text", lambda child: REASON.get(child.reason, child.reason)),
        SheetColumn("Office", 18, "text", lambda child: child.office),
        SheetColumn("County", 14, "text", lambda child: child.county),
        SheetColumn("Caseworker", 12, "text", lambda child: child.caseworker_id),
        SheetColumn("Child id", 12, "text", lambda child: child.child_id),
        SheetColumn("Missing episode", 22, "text", lambda child: child.episode_id),
    ]
