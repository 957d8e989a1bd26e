"""An installation of the review page with a list of the invented agency, and what a browser sends to it."""

import csv
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from cmfc.ingest.mapping import load_mapping
from cmfc.ledger.store import open_ledger
from cmfc.pipeline.nightly import mark_current, run_night
from cmfc.pipeline.run import run_of
from cmfc.settings import Settings
from cmfc_demo.run import write_agency

NIGHT, KEY, ASKED, CARRIED = "2026-09-30", "demo", "N-ASKED", "N-CARRIED"
BASE = f"/cmfc/{KEY}"
FORM = {"content-type": "application/x-www-form-urlencoded"}
ROLES = {"vera": "viewer", "rita": "user", "ada": "admin"}


@dataclass
class Office:
    """The installation under test."""

    root: Path
    agency: str = ""
    clients: dict[str, Any] = field(default_factory=dict)

    @property
    def ledger(self) -> Any:
        return open_ledger(Settings().ledger_url())

    def night(self, night: str = NIGHT) -> None:
        """Runs a night and lets its list stand."""
        settings = Settings()
        mapping = load_mapping(self.root / "agencies" / f"{KEY}.yml")
        self.agency = mapping.agency
        run = run_of(mapping, night, settings.store, settings.lists, settings.ledger_url())
        database = self.root / "agencies" / "case_management.sqlite"
        run_night(run, settings.now(), lambda name: f"sqlite:///{database}")
        mark_current(run, settings.lists)


def ask_a_person(agency: Path) -> None:
    """Adds two reports like one on file: without its child's id and with another day and month of birth, and with the
    id and every detail of somebody else.
    """
    export = agency / "ncmec_export.csv"
    with export.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    one = next(row for row in rows if row["AgencyChildId"] and row["ChildDOB"] and not row["Voided"])
    year, month, day = (int(part) for part in one["ChildDOB"].split("-"))
    born = f"{year}-{month % 9 + 1:02}-{day % 27 + 1:02}"
    question = one | {"ReportId": ASKED, "AgencyChildId": "", "ChildDOB": born, "CaseNumber": "A1", "LECaseNumber": ""}
    carried = one | {"ReportId": CARRIED, "ChildFirst": "Zebulon", "ChildLast": "Quickenham", "ChildDOB": born,
                     "CaseNumber": "A2", "LECaseNumber": ""}  # fmt: skip
    with export.open("a", encoding="utf-8", newline="") as lines:
        csv.DictWriter(lines, rows[0], quoting=csv.QUOTE_ALL).writerows([question, carried])


@contextmanager
def installed(root: Path, spoil: Callable[[Path], None] = ask_a_person) -> Iterator[Office]:
    """An installation at `root` after its first night; `spoil` changes the agency's sources before it."""
    write_agency(root / "agencies", NIGHT, children=300)
    spoil(root / "agencies")
    with installation(root) as office:
        office.night()
        yield office


@contextmanager
def installation(root: Path) -> Iterator[Office]:
    """What stands at `root`, on the morning after the night."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("store", "lists", "agencies"):
            patch.setenv(f"CMFC_{name.upper()}", str(root / name))
        patch.setenv("CMFC_CLOCK", "2026-10-01T08:30:00Z")
        patch.setenv("CMFC_CLOCK_FOR_ACTS", "true")
        yield Office(root, KEY)


def token(browser: Any, name: str) -> str:
    match = re.search(r'name="token" value="([^"]+)"', browser(name).get(f"{BASE}/").text)
    assert match
    return match[1]


def send(browser: Any, who: str, path: str, /, **form: Any) -> Any:
    return browser(who).post(BASE + path, data={"token": token(browser, who), **form}, headers=FORM)
