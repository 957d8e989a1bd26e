"""Reports that people noted and the log did not have after two days: lines to answer on the lists (spec 6).

They stand beside the findings. No verdict, no count and no place in the order knows of them.
"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from cmfc.ledger.claims import Noted
from cmfc.publishing.manifest import NightFacts
from cmfc.storage.duck import open_duckdb, quoted
from cmfc.storage.layout import checked_folder, work_table
from cmfc.timing.clock import local_time
from cmfc.worklists.child_records import child_records
from cmfc.worklists.claims import by_present_id, standings_of
from cmfc.worklists.lines import full_name
from cmfc.worklists.sheets import SheetColumn, plain_text, set_up, write_header, write_row
from cmfc.worklists.wording import RECIPIENT

TABLE = "noted"
SHEET = "To answer"
TITLE = "Noted as reported, not in the log after two days"
WHAT = "Enter the report in the log, make it, or take the note back on the review page."
_SCHEMA = pa.schema([
    ("child_id", pa.string()), ("recipient", pa.string()), ("reported_at", pa.int64()), ("noted_at", pa.int64()),
    ("noted_by", pa.string()), ("record", pa.string()),
])  # fmt: skip


@dataclass(frozen=True)
class ToAnswer:
    """One line. Instants in epoch seconds UTC; `record`: a row of the log that says otherwise; empty: none."""

    child_id: str
    recipient: str
    reported_at: int
    noted_at: int
    noted_by: str
    record: str
    office: str
    caseworker_id: str
    last_name: str
    first_name: str
    middle_name: str

    @property
    def name(self) -> str:
        """Family name, given and middle name; empty if the child is not on file."""
        return full_name(self.last_name, self.first_name, self.middle_name)

    @property
    def whom(self) -> str:
        """Who is said to have been told."""
        return RECIPIENT[self.recipient]

    def report_time(self, facts: NightFacts) -> str:
        """When the report was made, by the person's word."""
        return local_time(self.reported_at, facts.zone)

    def noted(self, facts: NightFacts) -> str:
        """When it was noted, and by whom."""
        return f"{local_time(self.noted_at, facts.zone)} by {self.noted_by}"

    @property
    def log(self) -> str:
        """What the log has."""
        return f"{self.record}, but not as taken" if self.record else "nothing"


def write_to_answer(folder: Path, claims: Collection[Noted], as_of: int, broken: Collection[str] = ()) -> int:
    """Write the table of a run's folder from the claims that stood before its as_of; give the number of lines.

    `broken`: feeds that could not be used. Of a report to be found in one of these nothing is said.
    """
    rows: list[dict[str, Any]] = [
        {"child_id": claim.child_id, "recipient": one.claim.recipient, "reported_at": one.claim.reported_at,
         "noted_at": one.claim.at, "noted_by": one.claim.by, "record": one.record}
        for claim in by_present_id(claims, _children(folder))
        for one in standings_of([claim], child_records(folder, claim.child_id), broken, as_of)
        if one.state == "to_answer"
    ]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows, schema=_SCHEMA), work_table(folder, TABLE))
    return len(rows)


def _children(folder: Path) -> dict[str, str]:
    """By missing episode of the night, its child."""
    path = quoted(work_table(folder, "episodes"))
    with open_duckdb(threads=1) as connection:
        return dict(connection.execute(f"SELECT episode_id, child_id FROM read_parquet('{path}')").fetchall())


def read_to_answer(connection: duckdb.DuckDBPyConnection, work: Path) -> list[ToAnswer]:
    """The lines of a night, the oldest note first; none where nobody noted anything or there is no ledger."""
    path = work / f"{TABLE}.parquet"
    if not path.exists():
        return []
    children = checked_folder(work.parent) / "children.parquet"
    texts = ("office", "caseworker_id", "last_name", "first_name", "middle_name")
    named = ", ".join(f"coalesce(c.{name}, '')" for name in texts)
    rows = connection.execute(
        f"SELECT n.child_id, n.recipient, n.reported_at, n.noted_at, n.noted_by, n.record, {named}"
        f" FROM read_parquet('{quoted(path)}') AS n"
        f" LEFT JOIN read_parquet('{quoted(children)}') AS c ON c.child_id = n.child_id"
        " ORDER BY n.noted_at, n.child_id, n.recipient"
    ).fetchall()
    return [ToAnswer(*row) for row in rows]


def write_sheet(sheet: Any, lines: list[ToAnswer], facts: NightFacts, formats: dict[str, Any]) -> None:
    """A sheet of the workbook."""
    columns = [
        SheetColumn("Child", 24, "wrapped", lambda line: line.name or "Not on file"),
        SheetColumn("To", 16, "text", lambda line: line.whom),
        SheetColumn("Made, as noted", 22, "text", lambda line: line.report_time(facts)),
        SheetColumn("Noted", 32, "wrapped", lambda line: line.noted(facts)),
        SheetColumn("In the log", 26, "wrapped", lambda line: line.log),
        SheetColumn("Office", 18, "wrapped", lambda line: line.office),
        SheetColumn("Caseworker", 12, "text", lambda line: line.caseworker_id),
        SheetColumn("Child id", 12, "text", lambda line: line.child_id),
    ]
    sheet.write_string(0, 0, plain_text(TITLE), formats["title"])
    sheet.write_string(1, 0, plain_text(WHAT), formats["text"])
    write_header(sheet, 2, columns, formats)
    for row, line in enumerate(lines, 3):
        write_row(sheet, row, line, columns, formats)
    set_up(sheet, 2, 2 + len(lines), columns)
