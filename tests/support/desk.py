"""Three nights of the invented agency, with all that a desk meets, and the review page on the last of them.

After the first night people act; the second ends, brings and loses records; on the third one comes back. So every
status of a finding and every `record_state` of a missing child is there. Airflow is not: a header says who looks.
"""

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cmfc.ledger.actions import Action, apply_action
from cmfc.ledger.queries import Filter, Listed, list_findings
from cmfc.review.access import Person, Role
from cmfc.review.data import AgencyData, open_agency
from cmfc.settings import Settings
from cmfc_demo.run import write_agency
from tests.support.office import KEY, NIGHT, Office, ask_a_person

NIGHTS = (NIGHT, "2026-10-01", "2026-10-02")
BASE = f"/{KEY}"
PEOPLE = {"vera": Role.VIEWER, "rita": Role.REVIEWER, "kim": Role.REVIEWER, "ada": Role.ADMIN}
FORM = {"content-type": "application/x-www-form-urlencoded"}


@dataclass
class Desk:
    """The installation on its last night. `parts`: which child or finding plays which part."""

    office: Office
    parts: dict[str, str] = field(default_factory=dict)
    clients: dict[str, Any] = field(default_factory=dict)

    @property
    def agency(self) -> str:
        return self.office.agency

    @property
    def ledger(self) -> Any:
        return self.office.ledger

    @property
    def data(self) -> AgencyData:
        return open_agency(Settings(), KEY)

    def rows(self, sql: str, values: tuple[Any, ...] = ()) -> list[dict[str, Any]]:
        return self.data.rows(sql, values)

    def findings(self, **criteria: Any) -> list[Listed]:
        return list_findings(self.ledger, self.agency, Filter(**criteria), 100_000)[0]

    def as_(self, name: str) -> Any:
        """A client of somebody who is signed in; `nobody` is not."""
        if name not in self.clients:
            from fastapi.testclient import TestClient

            client = TestClient(desk_app(), base_url="http://localhost", follow_redirects=False)
            client.headers["x-person"] = name
            self.clients[name] = client
        return self.clients[name]

    def get(self, name: str, path: str, **more: Any) -> Any:
        return self.as_(name).get(BASE + path, **more)

    def token(self, name: str) -> str:
        match = re.search(r'name="token" value="([^"]+)"', self.get(name, "/help").text)
        assert match
        return match[1]

    def send(self, who: str, path: str, /, **form: Any) -> Any:
        return self.as_(who).post(BASE + path, data={"token": self.token(who), **form}, headers=FORM)


def desk_app(agencies: tuple[str, ...] = (KEY,)) -> Any:
    """The application for whoever the header `x-person` names."""
    from fastapi import HTTPException, Request

    from cmfc.review.app import build_app

    def identify(request: Request) -> Person:
        name = request.headers.get("x-person", request.cookies.get("person", "nobody"))
        if name not in PEOPLE:
            raise HTTPException(401)
        return Person(name, PEOPLE[name], agencies)

    return build_app(identify, "a secret of these tests, long enough")


def make_desk(root: Path) -> dict[str, str]:
    """Runs the nights at `root`, acts between them, and gives who plays which part."""
    write_agency(root / "agencies", NIGHT, children=300)
    ask_a_person(root / "agencies")
    with _environment(root, NIGHTS[0]):
        parts = _first(root)
    with _environment(root, NIGHTS[1]):
        _second(root, parts)
    with _environment(root, NIGHTS[2]):
        _third(root, parts)
    return parts


@contextmanager
def opened(root: Path, parts: dict[str, str]) -> Iterator[Desk]:
    """The desk of what `make_desk` made, on the morning after its last night."""
    with _environment(root, NIGHTS[-1]):
        yield Desk(Office(root, open_agency(Settings(), KEY).agency), parts)


@contextmanager
def _environment(root: Path, night: str) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("CMFC_")]:
            patch.delenv(name)
        for name in ("store", "lists", "agencies"):
            patch.setenv(f"CMFC_{name.upper()}", str(root / name))
        day = date.fromordinal(date.fromisoformat(night).toordinal() + 1)
        patch.setenv("CMFC_CLOCK", f"{day}T08:30:00Z")
        patch.setenv("CMFC_CLOCK_FOR_ACTS", "true")
        yield


def _change(root: Path, sql: str, *values: str | None) -> None:
    with sqlite3.connect(root / "agencies" / "case_management.sqlite") as database:
        assert database.execute(sql, values).rowcount == 1, sql


def _ask_about(root: Path, child: str) -> None:
    """A report without an id, with the name of a child who is missing and another birth date."""
    with sqlite3.connect(root / "agencies" / "case_management.sqlite") as database:
        query = "SELECT GIVEN_NM, SURNAME FROM TBL_CLIENT WHERE CLIENT_NO = ?"
        first, last = database.execute(query, [child]).fetchone()
    with (root / "agencies" / "ncmec_export.csv").open("a", encoding="utf-8") as lines:
        lines.write(f'"N-MISSING","","{first}","{last}","2013-02-03","","2026-10-01 10:15:00","TEL","CWA","000777002",'
                    '"2026-08-20 09:11:00","","","Y","Y","Y","Y","Y","","",""\n')  # fmt: skip


def _rows_of(evidence: str) -> list[tuple[str, str, str]]:
    """Table, key column and key of the records that an episode rests on."""
    rows = (one.partition(":") for one in evidence.split(";"))
    places = {"absences": ("TBL_ABSENCE", "ABS_NO"), "placements": ("TBL_PLACEMENT", "PLC_NO")}
    return [(*places[feed], key) for feed, _, key in rows]


def go_missing(root: Path, child: str, absence: str, day: str, clock: str = "22:30:00") -> None:
    """A child goes missing, late in the evening where nothing else is said, and the agency knows 50 minutes later."""
    sql = "INSERT INTO TBL_ABSENCE VALUES (?, ?, 'M', ?, ?, ?, NULL, NULL, NULL, 'R', ?, NULL)"
    informed = f"{day} {datetime.fromisoformat(f'{day} {clock}') + timedelta(minutes=50):%H:%M:%S}"
    _change(root, sql, absence, child, day, clock, informed, informed)


def _first(root: Path) -> dict[str, str]:
    office = Office(root)
    office.night(NIGHTS[0])
    data = open_agency(Settings(), KEY)
    rows = data.rows("SELECT child_id, evidence FROM episodes WHERE status = 'open' ORDER BY ALL")
    missing = {row["child_id"]: row["evidence"] for row in rows if row["child_id"].startswith("C")}
    vanished = next(child for child, evidence in missing.items() if ";" not in evidence and "absences:" in evidence)
    back, lost, reported = [child for child, evidence in missing.items() if ";" in evidence][:3]
    settled = data.rows(
        "SELECT DISTINCT c.child_id FROM children AS c JOIN custody AS k ON k.child_id = c.child_id"
        " JOIN placements AS p ON p.child_id = c.child_id"
        " WHERE k.authority = 'state_care' AND k.ended_at_latest IS NULL AND p.setting = 'foster_home'"
        " AND p.ended_at_latest IS NULL AND starts_with(c.child_id, 'C')"
        " AND c.child_id NOT IN (SELECT child_id FROM episodes) ORDER BY 1"
    )
    undated = data.rows("SELECT subject_id FROM findings WHERE code = 'RC-07' ORDER BY ALL")[0]["subject_id"]
    listed = list_findings(office.ledger, office.agency, Filter(), 100_000, places=data.places)[0]
    late = [f for f in listed if f.code in ("LE-02", "NC-02", "LE-03")]
    acts = [("waive", late[0]), ("assign", late[1]), ("acknowledge", late[2]), ("comment", late[3]),
            ("acknowledge", listed[0]), ("assign", listed[1])]  # fmt: skip
    for kind, one in acts:
        _act(office, one.exception_id, kind)
    rows = {"gone_rows": missing[vanished], "lost_rows": missing[lost], "back_rows": missing[back]}
    new = {name: row["child_id"] for name, row in zip(("first", "second", "third"), settled, strict=False)}
    people = {"gone": vanished, "lost": lost, "back": back, "reported": reported, "undated": undated.partition(":")[2]}
    return {**people, **new, **rows, "waived": late[0].exception_id, "assigned": late[1].exception_id}


def _act(office: Office, exception_id: str, kind: Any) -> None:
    at = Settings().act_time()
    today = date.fromisoformat(os.environ["CMFC_CLOCK"][:10])
    last = date.fromordinal(today.toordinal() + 20) if kind == "waive" else None
    action = Action(kind, "rita", at, today, "the family was asked", "kim" if kind == "assign" else "", last)
    apply_action(office.ledger, office.agency, exception_id, action)


def _second(root: Path, parts: dict[str, str]) -> None:
    office = Office(root)
    for name in ("gone_rows", "lost_rows"):
        for table, column, key in _rows_of(parts[name]):
            _change(root, f"DELETE FROM {table} WHERE {column} = ?", key)
    for table, column, key in _rows_of(parts["back_rows"]):
        ends = "BACK_TS = '2026-10-01 15:10:00', BACK_RSN = 'RET'" if column == "ABS_NO" else "END_TS = '2026-10-01'"
        _change(root, f"UPDATE {table} SET {ends} WHERE {column} = ?", key)
    placed = ("P-BACK", parts["back"], "3", "2026-10-01 15:10:00", None, "V01668", None, "2026-10-01 17:00:00", None)
    _change(root, "INSERT INTO TBL_PLACEMENT VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", *placed)
    _change(root, "UPDATE TBL_ABSENCE SET TOLD_TS = KEYED_TS WHERE ABS_NO = ?", parts["undated"])
    with (root / "agencies" / "ncmec_export.csv").open("a", encoding="utf-8") as lines:
        lines.write(f'"N-TOLD","{parts["reported"]}","","","","","2026-10-01 09:15:00","TEL","CWA","000777001","",'
                    '"Christian County Sheriff","MO-777001","Y","Y","Y","Y","Y","","",""\n')  # fmt: skip
    _ask_about(root, parts["reported"])
    go_missing(root, parts["first"], "A-FIRST", NIGHTS[1])
    office.night(NIGHTS[1])
    vanished = list_findings(office.ledger, office.agency, Filter(code="RC-09"), 10)[0]
    _act(office, next(f.exception_id for f in vanished if f.child_id == parts["lost"]), "explain")


def _third(root: Path, parts: dict[str, str]) -> None:
    office = Office(root)
    _change(root, "UPDATE TBL_ABSENCE SET TOLD_TS = NULL WHERE ABS_NO = ?", parts["undated"])
    go_missing(root, parts["second"], "A-SECOND", NIGHTS[2])
    office.night(NIGHTS[2])
