"""A night's facts and one child's rows, with moments capped at as_of (spec 2.1)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tests.oracle.times import Moment, capped, completed_years, local_date

Row = dict[str, Any]
"""A checked row; a moment `x` is under `x` as (earliest, latest) or None."""

BEGINS = {
    "custody": "began_at",
    "placements": "began_at",
    "absences": "absent_since",
    "le_reports": "reported_at",
    "ncmec_reports": "reported_at",
    "sightings": "known_from",
    "contacts": "contacted_at",
    "returns": "returned_at",
}
KEYS = {
    "custody": "custody_id",
    "placements": "placement_id",
    "absences": "absence_id",
    "le_reports": "le_report_id",
    "ncmec_reports": "ncmec_report_id",
    "sightings": "sighting_id",
    "contacts": "contact_id",
    "returns": "return_id",
}
REPORTS = {"law_enforcement": "le_reports", "ncmec": "ncmec_reports"}
AGENCY_FEEDS = ("children", "custody", "placements", "absences")
"""An id that one of these holds is on file (spec 4.1)."""

SET_ASIDE = "set_aside"
"""The pseudo-feed of rows that the door set aside: the columns of the quarantine and, for reports, `missing_since`."""


@dataclass(frozen=True)
class Night:
    """What must be known of a night. Times in epoch seconds; `status` per feed: ok, absent or broken."""

    agency: str
    as_of: int
    zone: str
    jurisdiction: str
    stitch_gap_seconds: int
    runaway_placements_kept: bool
    history_begins: int | None
    status: Mapping[str, str]
    runs_are_placements_only: bool = False
    """The mapping says that runs are kept as placements only (RC-01)."""
    end_reasons_kept: bool = True
    """The source of absences has a column for how they ended (RT-05)."""

    def has(self, feed: str) -> bool:
        return self.status.get(feed) == "ok"

    def date_of(self, instant: int) -> date:
        return local_date(instant, self.zone)


@dataclass
class Child:
    """One child on file or not, with the rows that have begun."""

    child_id: str
    on_file: Row | None = None
    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    set_aside: list[Row] = field(default_factory=list)
    has_critical_code: bool = False
    """A row of a critical DQ-02 is the child's, be it open or not (spec 2.2, `may_clear`)."""

    @property
    def born(self) -> date | None:
        return self.on_file["date_of_birth"] if self.on_file else None

    def age_on(self, day: date) -> int | None:
        return None if self.born is None else completed_years(self.born, day)

    @property
    def may_be_missing(self) -> bool:
        """A critical DQ-01 names the child, or an open row of a critical DQ-02 is the child's (spec 6, missing_now)."""
        return any(row["severity"] == "critical" or (code_of(row) and row["is_open"]) for row in self.set_aside)


def code_of(row: Row) -> tuple[str, str] | None:
    """Where a row has an unlisted code of kind or setting; its DQ-02 is critical while an open row has it."""
    place = (row["feed"], row["field"])
    is_kind = place in (("absences", "kind"), ("placements", "setting"))
    return place if is_kind and row["rule"] == "code_not_listed" else None


def begun_rows(feed: str, rows: Iterable[Row], as_of: int) -> list[Row]:
    """Rows with capped moments, without those that have not begun, by begin and id."""
    begin = BEGINS[feed]
    begun = [row for row in (_with_moments(feed, raw, as_of) for raw in rows) if row[begin] is not None]
    return sorted(begun, key=lambda row: (row[begin], row["record_id"]))


def _with_moments(feed: str, raw: Row, as_of: int) -> Row:
    key = raw[KEYS[feed]]
    row: Row = {"record": f"{feed}:{key}", "record_id": key, "may_count": True, "again": None}
    for name, value in raw.items():
        if name.endswith("_earliest"):
            stem = name.removesuffix("_earliest")
            moment: Moment | None = None if value is None else (value, raw[f"{stem}_latest"])
            row[stem] = moment if stem == "expected_end_at" else capped(moment, as_of)
        elif not name.endswith("_latest"):
            row[name] = value
    return row


def _capped_since(row: Row, as_of: int) -> Row:
    """A row that was set aside, with its missing_since as it was at as_of."""
    since = row["missing_since_earliest"]
    moment = capped(None if since is None else (since, row["missing_since_latest"]), as_of) or (None, None)
    return {**row, "missing_since_earliest": moment[0], "missing_since_latest": moment[1]}


def report_name(feed: str, report: Row) -> str:
    """What a report is called in an episode's columns: its key, or the name that stands for it (spec 1)."""
    key, name = str(report[KEYS[feed]]), str(report["record_id"])
    return key if name.startswith(key) else name.split("@")[0]


def children_of(feeds: Mapping[str, list[Row]], night: Night) -> tuple[dict[str, Child], dict[str, list[Row]]]:
    """Every child with rows, and per report feed the reports of nobody on file (spec 4.1)."""
    children = {row["child_id"]: Child(row["child_id"], row) for row in feeds["children"]}
    set_aside = [row for row in feeds.get(SET_ASIDE, []) if row["effect"] == "row"]
    on_file = {row["child_id"] for feed in AGENCY_FEEDS for row in feeds[feed]}
    on_file |= {row["child_id"] for row in set_aside if row["feed"] in AGENCY_FEEDS and row["child_id"]}
    strays: dict[str, list[Row]] = defaultdict(list)
    for feed in BEGINS:
        for row in begun_rows(feed, feeds.get(feed, []) if night.has(feed) else [], night.as_of):
            child_id = row["child_id"]
            if feed in REPORTS.values() and child_id not in on_file:
                strays[feed].append(row)
            else:
                children.setdefault(child_id, Child(child_id)).rows[feed].append(row)
    critical = {code_of(row) for row in set_aside if row["is_open"]} - {None}
    for row in [_capped_since(row, night.as_of) for row in set_aside]:
        if row["child_id"] and night.has(row["feed"]):
            child = children.setdefault(row["child_id"], Child(row["child_id"]))
            child.set_aside.append(row)
            child.has_critical_code = child.has_critical_code or code_of(row) in critical
    return children, strays
