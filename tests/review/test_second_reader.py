"""A match that would end a critical finding takes two people, where the installation asks for a second reader."""

import csv
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

import duckdb
import pytest

from cmfc.findings.lifecycle import DUTY_CHANGES
from cmfc.ledger.queries import Filter, count_changes, list_findings
from cmfc.review.access import Sight
from cmfc.review.data import open_agency
from cmfc.settings import Settings
from tests.support.office import KEY, Office, send

pytestmark = pytest.mark.long

REPORT = "N-SECOND"


def critical(office: Office, child: str) -> list[str]:
    """The critical findings of a child that a report to NCMEC would end."""
    criteria = Filter(child_id=child, severity="critical")
    return [f.code for f in list_findings(office.ledger, office.agency, criteria)[0] if f.recipient == "ncmec"]


def report_like_somebody_missing(office: Office) -> str:
    """Adds a report to NCMEC about a child who was never reported, without its id and born on another day."""
    desk = open_agency(Settings(), KEY)
    child_row = desk.rows(
        "SELECT c.*, e.began_earliest FROM findings AS f JOIN children AS c USING (child_id)"
        " JOIN episodes AS e ON e.episode_id = f.episode_id"
        " WHERE f.code = 'NC-01' AND f.severity = 'critical' AND f.is_open AND c.middle_name IS NULL"
        " AND c.date_of_birth IS NOT NULL ORDER BY e.began_earliest, c.child_id LIMIT 1"
    )[0]
    since = str(datetime.fromtimestamp(child_row["began_earliest"], desk.zone).replace(tzinfo=None))
    year, month, day = (int(part) for part in str(child_row["date_of_birth"]).split("-"))
    path = office.root / "agencies" / "ncmec_export.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    row = dict.fromkeys(rows[0], "") | {
        "ReportId": REPORT, "ChildFirst": child_row["first_name"], "ChildLast": child_row["last_name"],
        "ChildDOB": f"{year}-{month % 9 + 1:02}-{day % 27 + 1:02}",
        "ReportedOn": since, "MissingSince": since, "Channel": rows[0]["Channel"], "Source": rows[0]["Source"],
        "CaseNumber": "A2",
    }  # fmt: skip
    with path.open("a", encoding="utf-8", newline="") as lines:
        csv.DictWriter(lines, rows[0], quoting=csv.QUOTE_ALL).writerow(row)
    return str(child_row["child_id"])


def the_counts_are_those_of_the_night(office: Office) -> None:
    """What the page counts in the ledger as changed is what delta.csv lists."""
    desk = open_agency(Settings(), KEY)
    delta = duckdb.read_parquet(str(desk.folder / "work" / "delta.parquet")).fetchall()
    listed = Counter(duty_change for *_, duty_change in delta)
    for sight in (None, Sight(("North",)), Sight(()), Sight(("North",), ("North", "South"))):
        counted = count_changes(office.ledger, office.agency, sight)
        rows = {name: list_findings(office.ledger, office.agency, Filter(changed=name, sight=sight), 10_000)
                for name in DUTY_CHANGES}  # fmt: skip
        assert counted == {name: len(child_row) for name, (child_row, _) in rows.items()}
        if sight is None:
            assert counted == {name: listed[name] for name in DUTY_CHANGES}
            changes = {(f.exception_id, name) for name, (child_row, _) in rows.items() for f in child_row}
            assert changes == {(row[1], row[-1]) for row in delta if row[-1]}
        else:
            assert all(sight.covers(f.office) for child_row, _ in rows.values() for f in child_row)


def test_one_reader_changes_nothing_and_two_end_the_finding(
    office: Office, browser: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CMFC_REVIEW_SECOND_READER", "true")
    child = report_like_somebody_missing(office)
    path = f"/questions/ncmec_reports/{REPORT}"
    per_night = []
    for night, reader in (("2026-10-01", "rita"), ("2026-10-02", "ada"), ("2026-10-03", "")):
        monkeypatch.setenv("CMFC_CLOCK", f"{night[:8]}{int(night[8:]) + 1:02}T08:30:00Z")
        office.night(night)
        the_counts_are_those_of_the_night(office)
        per_night.append(critical(office, child))
        if reader:
            assert "it takes two people" in browser(reader).get(f"/cmfc/{KEY}{path}").text
            form = {"child_id": child, "choice": "same", "why": "the same birth mark", "revision": len(per_night) - 1}
            answer = send(browser, reader, path, **form)
            assert answer.status_code == 303
    assert "NC-01" in per_night[0] and per_night[1] == per_night[0] and "NC-01" not in per_night[2]
