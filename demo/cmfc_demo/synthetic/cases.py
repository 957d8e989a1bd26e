"""Builds children by hand whose findings are known: the workbench of the planted cases."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cmfc_demo.synthetic import names
from cmfc_demo.synthetic.clock import HOUR, MINUTE, LocalClock

Row = dict[str, Any]
STATE = "us/mo"
LE_RULE, NCMEC_RULE = "us/federal/report_to_le", "us/federal/report_to_ncmec"
STATE_LE_RULE, STATE_NCMEC_RULE = f"{STATE}/report_to_le", f"{STATE}/report_to_ncmec"
NAMED_RULE = {
    **dict.fromkeys(("LE-01", "LE-02", "LE-03", "LE-06", "LE-08"), STATE_LE_RULE),
    **dict.fromkeys(("NC-01", "NC-02", "NC-03", "NC-05", "NC-06", "NC-10"), STATE_NCMEC_RULE),
    "LE-04": "us/federal/no_waiting_period", "LE-07": LE_RULE, "NC-04": NCMEC_RULE, "NC-09": NCMEC_RULE,
    **dict.fromkeys(("NI-01", "NI-02", "NI-03", "NI-04"), "us/federal/ncic_entry"),
    "RT-01": "us/federal/tell_le_located", "RT-02": "us/federal/tell_ncmec_located",
    "RT-03": "advice/screen_after_return", **dict.fromkeys(("CM-01", "CM-02"), "us/federal/keep_in_contact"),
}  # fmt: skip
"""The rule that a finding names: of federal and state law, both verified, the one of the earlier deadline (spec 5).
What is not here rests on the records alone."""
TO_LE, TO_NCMEC = ("LE-", "NI-", "RT-01", "CM-01"), ("NC-", "RT-02", "CM-02", "CV-02")
ACT_NOW = ("NI-03", "NI-04", "RT-01", "RT-02", "RT-04", "RT-05", "RC-14")
ACT_NOW_OPEN = (
    "LE-01", "LE-04", "LE-06", "LE-07", "NC-01", "NC-04", "NC-05", "NC-06", "NC-09", "NI-01",
    "CV-01", "CV-02", "CV-03", "CM-01", "CM-02",
)  # fmt: skip
"""To be acted on while the child is gone; afterwards to be explained."""
ACT_NOW_AT = {"RC-04": "high", "RC-19": "high", "DQ-01": "critical", "DQ-02": "critical"}
EXPLAIN = ("LE-02", "LE-03", "NC-02", "NC-03", "NI-02", "RT-03")
HISTORY = ("LE-08", "NC-10", "NC-11")


@dataclass(frozen=True)
class Day:
    """A time of which only the local day is known: the day of this instant."""

    of: int


def _there(row: Row | None) -> Row:
    assert row is not None
    return row


@dataclass
class Run:
    """One episode's records; a record that is set to None is not kept."""

    absence: Row | None
    placement: Row | None
    le: Row | None
    ncmec: Row | None
    back: Row | None

    @property
    def the_absence(self) -> Row:
        """The absence, which must be there."""
        return _there(self.absence)

    @property
    def the_placement(self) -> Row:
        """The placement in a missing setting, which must be there."""
        return _there(self.placement)

    @property
    def the_le(self) -> Row:
        """The report to law enforcement, which must be there."""
        return _there(self.le)

    @property
    def the_ncmec(self) -> Row:
        """The report to NCMEC, which must be there."""
        return _there(self.ncmec)

    @property
    def the_back(self) -> Row:
        """The work after the return, which must be there."""
        return _there(self.back)

    @property
    def is_open(self) -> bool:
        """Whether the child is still missing."""
        row = self.placement if self.absence is None else self.absence
        return _there(row)["ended_at"] is None

    @property
    def first_row(self) -> str:
        """The first evidence row, `kind:id`."""
        if self.absence is not None:
            return f"absence:{self.absence['absence_id']}"
        return f"placement:{self.the_placement['placement_id']}"


@dataclass
class Case:
    """One planted child: begin with a clean one, spoil it, and say what must be found.

    Attributes:
        child: the row of the children feed.
        custody: its custody rows.
        extra: further rows by feed.
        has_home: ordinary placements fill the time in which the child is not missing.
    """

    code: str
    id: str
    clock: LocalClock
    as_of: int
    days_ago: int
    child: Row
    custody: list[Row]
    runs: list[Run] = field(default_factory=list)
    extra: list[tuple[str, Row]] = field(default_factory=list)
    truth: list[Row] = field(default_factory=list)
    has_home: bool = True

    def at(self, days_ago: int, hours: float) -> int:
        """An instant so many hours into a local day, counted back from as_of's."""
        today = self.clock.days(np.array([self.as_of], dtype=np.int64))
        return int(self.clock.midnight(today - days_ago)[0] + hours * HOUR)

    def closed(self, days_ago: int | None = None, length: float = 77.5 * HOUR) -> Run:
        """A child gone at 9:40 and back three days later; all in time."""
        began = self.at(self.days_ago if days_ago is None else days_ago, 9) + 40 * MINUTE
        return self.run(began, began + int(length))

    def open(self, days_ago: int = 9) -> Run:
        """A child still missing, of whom everybody was told in time."""
        return self.run(self.at(days_ago, 9) + 40 * MINUTE, None)

    def run(self, began: int, ended: int | None, informed: int | None = None) -> Run:
        """One clean episode."""
        reported, nth = informed or began + 20 * MINUTE, len(self.runs) + 1
        key = f"{self.id}-{nth}"

        def after(hours: float) -> int | None:
            return None if ended is None else ended + int(hours * HOUR)

        run = Run(
            absence={"absence_id": f"A{key}", "kind": "missing", "absent_since": began, "agency_informed_at": reported,
                     "ended_at": ended, "end_reason": ended and "returned", "reason": "ran_away",
                     "entered_at": reported + 10 * MINUTE},
            placement={"placement_id": f"Q{key}", "setting": "runaway", "began_at": began, "ended_at": ended,
                       "entered_at": reported + 10 * MINUTE},
            le={"le_report_id": f"L{key}", **self.identity(), "reported_at": reported + 30 * MINUTE,
                "outcome": "accepted", "reporter": "agency", "agency_name": names.POLICE[0],
                "report_number": f"MO-{key}", "missing_since": began, "ncic_number": f"M{key}",
                "ncic_entered_at": reported + 60 * MINUTE, "ncic_removed_at": after(4),
                "ncic_removal_reason": ended and "located", "told_located_at": after(2)},
            ncmec={"ncmec_report_id": f"N{key}", **self.identity(), "reported_at": reported + 50 * MINUTE,
                   "channel": "online", "source": "agency", "ncmec_case_number": f"{key}", "missing_since": began,
                   "le_agency": names.POLICE[0], "le_report_number": f"MO-{key}", "has_photo": True,
                   "has_description": True, "has_circumstances": True, "has_endangerments": True,
                   "has_guardian_contact": True, "told_located_at": after(3)},
            back=None if ended is None else {"return_id": f"R{key}", "returned_at": ended, "interviewed_at": after(5),
                                             "screened_for_trafficking_at": after(6)},
        )  # fmt: skip
        self.runs.append(run)
        return run

    def identity(self) -> Row:
        """Whom a log names."""
        return {name: self.child[name] for name in ("child_id", "first_name", "last_name", "date_of_birth", "sex")}

    def add(self, feed: str, **row: Any) -> None:
        """A further row of this child."""
        self.extra.append((feed, {"child_id": self.id, **row}))

    def expect(
        self, code: str, severity: str, rule: str | None = None, recipient: str | None = None, subject: str = "",
        queue: str = "",
    ) -> None:  # fmt: skip
        """One finding that must be raised; without a subject it is about the last episode."""
        if not subject:
            subject = f"{self.id}|{self.runs[-1].first_row}"
        to = "law_enforcement" if code.startswith(TO_LE) else "ncmec" if code.startswith(TO_NCMEC) else ""
        self.truth.append(
            {
                "code": code,
                "subject_kind": "episode"
                if "|" in subject
                else "pair"
                if "+" in subject
                else re.split("[:#]", subject)[0],
                "subject": subject,
                "child_id": self.id,
                "rule_id": NAMED_RULE.get(code, "") if rule is None else rule,
                "recipient": to if recipient is None else recipient,
                "severity": severity,
                "queue": queue or _queue(code, severity, any(run.is_open for run in self.runs)),
            }
        )

    def rows(self) -> Iterable[tuple[str, Row]]:
        """Every record of the child."""
        yield "children", self.child
        yield from (("custody", {"child_id": self.id, **row}) for row in self.custody)
        for run in self.runs:
            records = (("absences", run.absence), ("placements", run.placement), ("returns", run.back))
            yield from ((feed, {"child_id": self.id, **row}) for feed, row in records if row is not None)
            yield from (
                (f, row) for f, row in (("le_reports", run.le), ("ncmec_reports", run.ncmec)) if row is not None
            )
        yield from self._homes()
        yield from self.extra

    def _homes(self) -> Iterable[tuple[str, Row]]:
        if not (self.has_home and self.custody):
            return
        runaways = [run.placement for run in self.runs if run.placement is not None]
        until = self.custody[0].get("ended_at")
        starts = [self.custody[0]["began_at"], *(row["ended_at"] for row in runaways)]
        ends = [*(row["began_at"] for row in runaways), until]
        for nth, (start, end) in enumerate(zip(starts, ends, strict=True)):
            if start is not None and (until is None or start < until):
                home = {"placement_id": f"H{self.id}-{nth}", "setting": "foster_home", "began_at": start}
                yield "placements", {"child_id": self.id, **home, "ended_at": end, "entered_at": start + 30 * MINUTE}


def _queue(code: str, severity: str, is_open: bool) -> str:
    """By what can still be done (spec 5), of an episode that is open or ended within 90 days."""
    if code in HISTORY or severity == "info":
        return "history"
    if code in ACT_NOW or ACT_NOW_AT.get(code) == severity:
        return "act_now"
    if code in ACT_NOW_OPEN:
        return "act_now" if is_open else "explain"
    return "explain" if code in EXPLAIN else "correct_record"


Builder = Callable[[Case], None]


@dataclass(frozen=True)
class Planted:
    """How to plant one case: `age` in years at as_of, `authority` of its custody (None: none on file)."""

    code: str
    build: Builder
    age: int = 14
    authority: str | None = "state_care"


def planted(book: list[Planted], code: str, **options: Any) -> Callable[[Builder], Builder]:
    """Enters a builder into a book of cases."""

    def enter(build: Builder) -> Builder:
        book.append(Planted(code, build, **options))
        return build

    return enter


def new_case(how: Planted, nth: int, turn: int, random: np.random.Generator, clock: LocalClock, as_of: int) -> Case:
    """A clean child for a builder to spoil; the `turn`-th of its kind lies further back."""
    child_id = f"P-{how.code}-{nth}"
    today = int(clock.days(np.array([as_of], dtype=np.int64))[0])
    county = int(random.integers(len(names.COUNTIES)))
    child = {
        "child_id": child_id,
        "last_name": str(random.choice(names.LAST)),
        "first_name": str(random.choice(names.FIRST)),
        "date_of_birth": np.datetime64(today - how.age * 365 - 120 - int(random.integers(100)), "D"),
        "sex": "FM"[int(random.integers(2))],
        "county": names.COUNTIES[county],
        "office": names.OFFICES[county],
        "caseworker_id": f"W{int(random.integers(100)):05d}",
    }
    case = Case(how.code, child_id, clock, as_of, 23 + 3 * turn, child, [])
    if how.authority is not None:
        case.custody.append({"custody_id": f"K{child_id}", "authority": how.authority, "began_at": case.at(150, 10)})
    return case
