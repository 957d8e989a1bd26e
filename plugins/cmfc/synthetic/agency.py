"""The demonstration agency: a SQL database, a clerk's XLSX and a CSV export, with names and codes of their own."""

import csv
import sqlite3
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import xlsxwriter
import yaml

from cmfc.synthetic.population import Population, Row, generate

CONNECTION = "cmfc_demo_case_management"
SEX = {"1": "M", "2": "F"}
SETTING = {"1": "foster_home", "12": "runaway", "13": "whereabouts_unknown"}
KIND = {"M": "missing", "K": "away_known", "P": "planned"}
AUTHORITY = {"SC": "state_care", "IH": "in_home"}

TABLES: dict[str, tuple[str, dict[str, str | tuple[str, dict[str, str]]]]] = {
    "children": ("TBL_CLIENT", {"child_id": "CLIENT_NO", "last_name": "SURNAME", "first_name": "GIVEN_NM",
        "date_of_birth": "BIRTH_DT", "sex": ("GENDER_CD", SEX), "county": "COUNTY_NM", "office": "OFFICE_NM",
        "caseworker_id": "WORKER_NO"}),
    "custody": ("TBL_LEGAL", {"custody_id": "LEGAL_NO", "child_id": "CLIENT_NO", "authority": ("LEGAL_CD", AUTHORITY),
        "began_at": "BEG_TS", "ended_at": "END_TS"}),
    "placements": ("TBL_PLACEMENT", {"placement_id": "PLC_NO", "child_id": "CLIENT_NO", "setting": ("PLC_TYP", SETTING),
        "began_at": "BEG_TS", "ended_at": "END_TS", "entered_at": "KEYED_TS"}),
    "absences": ("TBL_ABSENCE", {"absence_id": "ABS_NO", "child_id": "CLIENT_NO", "kind": ("ABS_TYP", KIND),
        "absent_since": "LEFT_TS", "agency_informed_at": "TOLD_TS", "ended_at": "BACK_TS", "end_reason": "BACK_RSN",
        "reason": "LEFT_RSN", "entered_at": "KEYED_TS"}),
    "sightings": ("TBL_SIGHTING", {"sighting_id": "SEEN_NO", "child_id": "CLIENT_NO", "known_from": "FROM_TS",
        "known_to": "TO_TS", "basis": "BASIS", "verified": "VERIFIED"}),
}  # fmt: skip

LE_LOG = {
    "le_report_id": "Log no.",
    "child_id": "Client no.",
    "reported_at": "Date/time reported",
    "outcome": "Outcome",
    "reporter": "Reported by",
    "agency_name": "Police agency",
    "report_number": "Case no.",
    "ncic_number": "NIC",
    "ncic_entered_at": "NCIC entered",
    "ncic_removed_at": "NCIC removed",
    "told_located_at": "Told located",
}

NCMEC_LOG = {
    "ncmec_report_id": "ReportId",
    "child_id": "AgencyChildId",
    "reported_at": "ReportedOn",
    "channel": "Channel",
    "source": "Source",
    "ncmec_case_number": "CaseNumber",
    "has_photo": "Photo",
    "told_located_at": "LocatedTold",
}


def write_demo(folder: Path, children: int, seed: int, as_of: int, zone: str, jurisdiction: str = "us/mo") -> Path:
    """Writes the agency's three sources and its mapping; gives the mapping's path."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = generate(children, seed, as_of, zone)
    _write_database(folder / "case_management.sqlite", drawn)
    _write_workbook(folder / "le_log.xlsx", drawn.le_reports)
    _write_export(folder / "ncmec_export.csv", drawn.ncmec_reports)
    path = folder / "agency.yml"
    path.write_text(yaml.safe_dump(_mapping(zone, jurisdiction), sort_keys=False, allow_unicode=True), encoding="utf-8")
    return path


def _text(value: Any) -> str | None:
    if isinstance(value, datetime):
        return (value + timedelta(microseconds=-value.microsecond)).isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    return None if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _write_database(path: Path, drawn: Population) -> None:
    path.unlink(missing_ok=True)
    with sqlite3.connect(path) as connection:
        for feed, (table, columns) in TABLES.items():
            natives = [c if isinstance(c, str) else c[0] for c in columns.values()]
            connection.execute(f"CREATE TABLE {table} ({', '.join(f'{n} TEXT' for n in natives)})")
            rows = [[_native(row.get(name), c) for name, c in columns.items()] for row in getattr(drawn, feed)]
            connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(natives))})", rows)


def _native(value: Any, column: str | tuple[str, dict[str, str]]) -> str | None:
    text = _text(value)
    if isinstance(column, str) or text is None:
        return text
    return {ours: native for native, ours in column[1].items()}[text]


def _write_workbook(path: Path, rows: list[Row]) -> None:
    with xlsxwriter.Workbook(path, {"default_date_format": "mm/dd/yyyy hh:mm:ss"}) as workbook:
        workbook.set_properties({"created": datetime(2026, 1, 1)})  # noqa: DTZ001 (a fixed stamp, for equal bytes)
        sheet = workbook.add_worksheet("Reports")
        sheet.write_row(0, 0, LE_LOG.values())
        for number, row in enumerate(rows, start=1):
            for place, name in enumerate(LE_LOG):
                value = row.get(name)
                if isinstance(value, datetime):
                    sheet.write_datetime(number, place, value)
                elif value is not None:
                    sheet.write_string(number, place, _text(value) or "")


def _write_export(path: Path, rows: list[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(NCMEC_LOG.values())
        writer.writerows([_text(row.get(name)) or "" for name in NCMEC_LOG] for row in rows)


def _mapping(zone: str, jurisdiction: str) -> dict[str, Any]:
    feeds: dict[str, Any] = {}
    for feed, (table, columns) in TABLES.items():
        mapped = {n: c if isinstance(c, str) else {"from": c[0], "codes": c[1]} for n, c in columns.items()}
        feeds[feed] = {
            "source": {"kind": "sql", "connection": CONNECTION, "query": f"SELECT * FROM {table} ORDER BY 1"},
            "columns": mapped,
            "may_be_empty": feed == "sightings",
        }
    feeds["le_reports"] = {"source": {"kind": "xlsx", "path": "le_log.xlsx", "sheet": "Reports"}, "columns": LE_LOG}
    feeds["ncmec_reports"] = {"source": {"kind": "csv", "path": "ncmec_export.csv"}, "columns": NCMEC_LOG}
    return {
        "agency": "demo",
        "name": "Demonstration County",
        "zone": zone,
        "jurisdiction": jurisdiction,
        "runaway_placements_kept": True,
        "feeds": feeds,
    }
