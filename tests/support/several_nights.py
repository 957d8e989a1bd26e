"""A small agency over several nights: corrections, a night run twice, a log that broke, one that is half unreadable.

Missouri's limit was 24 hours until 2023-08-27 and is 2 since, and before 2014-09-29 there was no duty: episodes of
these years are on file too. What is true of each episode follows from its number (`Planned`).
"""

import csv
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from cmfc.feeds.catalog import feeds
from cmfc.ingest.mapping import mapping_of_folder
from cmfc.ledger.actions import Action, apply_action
from cmfc.ledger.store import opened
from cmfc.pipeline.nightly import mark_current, run_night
from cmfc.pipeline.run import Run, run_of
from cmfc.timing.clock import as_of_night

ZONE, AGENCY = "America/Chicago", "nights"
FIRST_NIGHT, CORRECTED, BROKEN, DOUBTFUL = "2026-09-15", "2026-09-30", "2026-10-15", "2026-10-31"
PERIOD = (date(2025, 10, 1), date(2026, 9, 30))
COUNTIES = ("Boone", "Cole", "Solo")
HOUR = timedelta(hours=1)
CHILDREN = 132
Rows = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Planned:
    """One episode of the period, as planned; `le` and `ncmec`: hours to the report, None for never."""

    number: int
    began: datetime
    ended: datetime | None
    le: float | None
    ncmec: float | None

    @property
    def child(self) -> str:
        return f"K{self.number:03}"


def planned() -> list[Planned]:
    """An episode a child, about every third day of the period from October on."""
    episodes = []
    for number in range(CHILDREN):
        began = datetime.fromisoformat("2025-10-02T10:00:00") + timedelta(days=(number * 5) % 340, minutes=number % 50)
        length = (5 * HOUR, 30 * HOUR, timedelta(days=9), timedelta(days=70))[number % 4]
        ended = None if number % 11 == 0 else began + length
        le = (1.0, 1.0, 0.5, 30.0, None, 60.0)[number % 6]
        ncmec = (2.0, 2.0, 40.0, None)[(number // 2) % 4]
        episodes.append(Planned(number, began, ended, le, ncmec))
    return episodes


def _wall(at: datetime | None) -> str:
    return "" if at is None else at.isoformat(timespec="seconds")


def records(night: str) -> Rows:
    """What was on file on a night: nothing that had not been typed in by then."""
    rows: Rows = {name: [] for name in feeds()}
    until = datetime.fromisoformat(night) + timedelta(days=1)
    for one in planned():
        _child(rows, one.child, one.number, "2010-03-05" if one.number % 7 else "2008-02-02")
        if one.began + HOUR >= until:
            continue
        ended = one.ended if one.ended and one.ended < until else None
        reason = ("returned", "located", "exited_care", "")[one.number % 4]
        _absence(rows, one.child, one.began, ended, reason)
        _reports(rows, one, ended, until)
        if ended and one.number % 3 == 0 and reason in ("returned", "located"):
            rows["returns"].append(
                {"return_id": f"T{one.child}", "child_id": one.child, "returned_at": _wall(ended),
                 "interviewed_at": _wall(ended + 20 * HOUR),
                 "screened_for_trafficking_at": _wall(ended + 50 * HOUR) if one.number % 2 else "",
                 "trafficked": ("true", "false", "")[one.number // 3 % 3]}
            )  # fmt: skip
        if one.number % 5 == 0:
            rows["contacts"].append(
                {"contact_id": f"Z{one.child}", "child_id": one.child, "party": "law_enforcement",
                 "contacted_at": _wall(one.began + timedelta(days=3)), "purpose": "news"}
            )  # fmt: skip
    _earlier_years(rows)
    return rows


def _child(rows: Rows, child: str, number: int, born: str) -> None:
    rows["children"].append(
        {"child_id": child, "last_name": f"Family{child}", "first_name": f"Given{child}", "date_of_birth": born,
         "sex": "FM"[number % 2], "race": ("White", "Black", "")[number % 3],
         "ethnicity": "Hispanic" if number % 5 == 0 else "", "county": COUNTIES[min(number % 20, 2)],
         "office": "Main"}
    )  # fmt: skip
    rows["custody"].append(
        {"custody_id": f"C{child}", "child_id": child, "authority": "state_care", "began_at": "2012-01-01T08:00:00",
         "conservatorship": ("permanent", "temporary", "")[number % 3]}
    )  # fmt: skip
    rows["placements"].append(
        {"placement_id": f"P{child}", "child_id": child, "began_at": "2012-01-01T08:00:00",
         "setting": ("foster_home", "group_home")[number % 2]}
    )  # fmt: skip


def _absence(rows: Rows, child: str, began: datetime, ended: datetime | None, reason: str) -> None:
    rows["absences"].append(
        {"absence_id": f"A{child}", "child_id": child, "kind": "missing", "absent_since": _wall(began),
         "agency_informed_at": _wall(began), "ended_at": _wall(ended), "end_reason": reason if ended else "",
         "reason": "ran_away", "entered_at": _wall(began + HOUR)}
    )  # fmt: skip


def _reports(rows: Rows, one: Planned, ended: datetime | None, until: datetime) -> None:
    for feed, key, hours in (("le_reports", "L", one.le), ("ncmec_reports", "N", one.ncmec)):
        if hours is None or one.began + hours * HOUR >= until:
            continue
        row = {f"{feed[:-8]}_report_id": f"{key}{one.child}", "child_id": one.child,
               "reported_at": _wall(one.began + hours * HOUR), "missing_since": _wall(one.began),
               "first_name": f"Given{one.child}", "last_name": f"Family{one.child}"}  # fmt: skip
        if key == "L":
            row |= {"outcome": "accepted", "reporter": "agency", "agency_name": "PD",
                    "report_number": f"77-{one.number}" if one.number % 4 else ""}  # fmt: skip
            row |= {"ncic_number": f"M1{one.number:08}", "ncic_entered_at": _wall(one.began + (hours + 1) * HOUR)}
        else:
            row |= {"channel": "online", "source": "agency", "has_photo": ("true", "false", "")[one.number % 3],
                    "ncmec_case_number": f"{1200000 + one.number}"}  # fmt: skip
        rows[feed].append(row)


def _earlier_years(rows: Rows) -> None:
    """Ten episodes across the change of 2023-08-27, four before there was a duty; a report ten hours later each."""
    days = [date(2023, 8, 20) + timedelta(days=2 * n) for n in range(10)]
    days += [date(2014, 9, 18) + timedelta(days=2 * n) for n in range(4)]
    for number, day in enumerate(days):
        child, began = f"Y{number:03}", datetime.fromisoformat(f"{day}T10:00:00")
        _child(rows, child, number, f"{day.year - 15}-01-01")
        _absence(rows, child, began, began + timedelta(days=5), "returned")
        rows["le_reports"].append(
            {"le_report_id": f"L{child}", "child_id": child, "reported_at": _wall(began + 10 * HOUR),
             "outcome": "accepted", "reporter": "agency", "agency_name": "PD", "report_number": f"9-{number}",
             "missing_since": _wall(began)}
        )  # fmt: skip


def write(folder: Path, rows: Rows) -> None:
    """The records as canonical CSV, in the columns of the catalogue."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, listed in rows.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(feeds()[name].columns))
            writer.writeheader()
            writer.writerows(listed)


def night(root: Path, rows: Rows, day: str, spoil: str = "", again: bool = False, hours: int = 0) -> Run:
    """Run a night of these records; `spoil`: a feed's file whose header nobody knows; `hours`: after its as_of."""
    folder = root / "records" / day
    write(folder, rows)
    if spoil:
        (folder / f"{spoil}.csv").write_text("number;nonsense\n1;2\n", encoding="utf-8")
    run = run_of(mapping_of_folder(folder, ZONE, "us/mo", AGENCY, True), day, root / "store", root / "lists")
    run_night(run, as_of_night(day, ZONE) + hours * 3600, again=again)
    mark_current(run, root / "lists")
    return run


def corrected() -> Rows:
    """The second night: a report found and entered, an absence withdrawn, one that turned out shorter."""
    rows = records(CORRECTED)
    never = next(one for one in planned() if one.le is None and one.number % 4 == 2)
    rows["le_reports"].append(
        {"le_report_id": "LATE1", "child_id": never.child, "reported_at": _wall(never.began + HOUR),
         "outcome": "accepted", "reporter": "agency", "agency_name": "PD", "report_number": "77-9999",
         "missing_since": _wall(never.began)}
    )  # fmt: skip
    for row in rows["absences"]:
        if row["absence_id"] == "AK010":
            row["voided"] = "true"
        if row["absence_id"] == "AK023":
            row["absent_since"] = _wall(planned()[23].began - 3 * HOUR)
    return rows


def doubtful() -> Rows:
    """The last night: of twelve reports to law enforcement one cannot be dated, and three name nobody on file."""
    rows = records(DOUBTFUL)
    for number, row in enumerate(rows["le_reports"]):
        if number % 12 == 0:
            row["reported_at"] = "31/02/26 ??"
        elif number % 4 == 1:
            row |= {"child_id": "", "first_name": "Unk", "last_name": f"Juv{number}"}
    return rows


def run_nights(root: Path) -> None:
    """Five runs of four nights; between the first two a person sets a finding aside."""
    night(root, records(FIRST_NIGHT), FIRST_NIGHT)
    _set_aside(root)
    night(root, corrected(), CORRECTED, hours=6)
    fewer = corrected()
    fewer["ncmec_reports"] = fewer["ncmec_reports"][:-20]
    night(root, fewer, CORRECTED, again=True, hours=30)
    night(root, corrected() | {"contacts": records(BROKEN)["contacts"]}, BROKEN, spoil="le_reports")
    night(root, doubtful(), DOUBTFUL)


def _set_aside(root: Path) -> None:
    from cmfc.ledger.queries import Filter, list_findings

    at = as_of_night(FIRST_NIGHT, ZONE) + 3600
    with opened(f"sqlite:///{root / 'store' / 'ledger.sqlite'}") as ledger:
        listed, _ = list_findings(ledger, AGENCY, Filter(code="NC-01"))
        one = listed[0]
        today, until = date(2026, 9, 16), date(2026, 12, 1)
        action = Action("waive", "vera", at, today, text="waits for the file", until=until, may_waive_longer=True)
        apply_action(ledger, AGENCY, one.exception_id, action)
