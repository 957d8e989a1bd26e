"""Judges again: from a line's times, the rules of rules.csv and who owes what by duties.csv (spec 2.1, 3).

Every verdict is three-valued: what the records cannot decide is undetermined. The value in force when the clock starts
decides; where several may be in force and differ, or none is in force at one end, the verdict is undetermined.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, FrozenSet, List, Optional, Tuple

from cmfc.audit_extract.verifier.clock import FOREVER, Clock, Moment
from cmfc.audit_extract.verifier.reading import Odd, Package, Row

REPORTS = {"le": "report_to_le", "ncmec": "report_to_ncmec"}
NOTICES = {"le": "tell_le_located", "ncmec": "tell_ncmec_located"}
BANDS = ((17, "under_18"), (20, "18_to_20"), (120, "21_and_over"))


@dataclass(frozen=True)
class Value:
    """One dated value of a rule."""

    name: str
    rule_id: str
    level: str
    duty: str
    strength: int
    starts_when: str
    limit: Optional[int]
    working_days: Optional[int]
    from_at: int
    until_at: int
    covers: FrozenSet[str]


@dataclass(frozen=True)
class Owed:
    """A duty that an episode raises, and what was done about it."""

    duty: str
    rule_id: str
    covered: str
    began: Moment
    ended: Optional[Moment]
    end_kind: str
    informed: Optional[Moment] = None
    custody_from: Optional[Moment] = None
    accepted: Optional[Moment] = None
    done: Optional[Moment] = None
    sure: Optional[Moment] = None
    doubt: str = ""


@dataclass(frozen=True)
class Judged:
    """A verdict, the rule that decided, the clock's start, and when the agency knew."""

    verdict: str
    rule: str
    clock: Optional[Moment]
    information: Optional[Moment]


class Law:
    """The rules of a package."""

    def __init__(self, package: Package, clock: Clock, as_of: int, is_by_day: bool) -> None:
        self.clock, self.as_of, self.is_by_day = clock, as_of, is_by_day
        self.values = [_value(row, clock) for row in package.table("rules")]
        self.names = frozenset(value.name for value in self.values)
        self._of_rule: Dict[Tuple[str, str], List[Value]] = {}
        self.duties: Dict[Tuple[str, str, str, str], Tuple[str, str]] = {}
        for row in package.table("duties"):
            key = (row["level"], row["duty"], row["custody"], row["age_band"])
            self.duties[key] = (row["obligation"], row["rule_id"])
        self.has_state = any(key[0] == "state" for key in self.duties)

    def rules_of(self, duty: str, covered: str) -> List[Tuple[str, str]]:
        """Level and id of every rule on a duty that has a value for such children."""
        return sorted({(v.level, v.rule_id) for v in self.values if v.duty == duty and covered in v.covers})

    def of_rule(self, rule_id: str, covered: str) -> List[Value]:
        """The values of a rule that are for such children."""
        key = (rule_id, covered)
        if key not in self._of_rule:
            self._of_rule[key] = [v for v in self.values if v.rule_id == rule_id and covered in v.covers]
        return self._of_rule[key]


def _value(row: Row, clock: Clock) -> Value:
    hours, days = row.number_or_none("limit_hours"), row.number_or_none("limit_business_days")
    strength = {"law": 0 if row["is_verified"] == "true" else 1, "policy": 2}.get(row["basis"], 3)
    begin, end = clock.single(row, "from_at"), clock.single(row, "until_at")
    if begin is None:
        raise Odd(f"{row.place('from_at')} is empty")
    return Value(
        row["rule"], row["rule_id"], row["level"], row["duty"], strength, row["starts_when"],
        None if hours is None else round(hours * 3600), None if days is None else int(days),
        begin[0], end[0] if end else FOREVER, frozenset(row["covers"].split(";")),
    )  # fmt: skip


def band_of(age: str, place: str) -> str:
    """The age band that duties.csv knows."""
    if not age:
        return "unknown"
    if not age.isdigit():
        raise Odd(f"{place}: '{age[:40]}' is no age")
    return next((band for last, band in BANDS if int(age) <= last), "21_and_over")


def verdict_of(deadline: Moment, done: Optional[Moment], end_kind: str, ended: Optional[Moment], as_of: int) -> str:
    """Elapsed time against a limit."""
    if done is not None:
        return "met" if done[1] <= deadline[0] else "late" if done[0] > deadline[1] else "undetermined"
    if end_kind == "over" and ended is not None and ended[1] <= deadline[0]:
        return "ended_first"
    if end_kind == "unsure" and ended is not None and ended[0] > deadline[1]:
        return "missing"
    if as_of > deadline[1]:
        return "undetermined" if end_kind == "unsure" else "missing"
    return "pending" if as_of <= deadline[0] else "undetermined"


def later(moment: Optional[Moment], *floors: Optional[Moment]) -> Optional[Moment]:
    """A moment that is not before others."""
    if moment is None:
        return None
    bounds = [floor for floor in floors if floor is not None]
    return max([moment[0], *(f[0] for f in bounds)]), max([moment[1], *(f[1] for f in bounds)])


def judge(law: Law, owed: Owed) -> Judged:
    """The verdict on one duty of one episode."""
    values = law.of_rule(owed.rule_id, owed.covered)
    first = min((v.from_at for v in values), default=0) if owed.duty in REPORTS.values() else None
    ended_by = owed.ended[1] if owed.ended else FOREVER
    is_running = first is not None and owed.began[0] <= first <= ended_by
    floor = (first, first) if first is not None and is_running else None
    information = later(owed.informed, floor) or floor
    clocks = [(v, later(_start(v, owed), floor, owed.custody_from)) for v in values]
    in_force = [(v, clock) for v, clock in clocks if _is_in_force(v, clock or information)]
    if not in_force:
        has_value = information is not None and any(
            v.from_at <= information[0] and information[1] < v.until_at for v in values
        )
        verdict = "undetermined" if has_value else "no_rule"
        start = information or owed.informed or owed.accepted
        return Judged(verdict, owed.rule_id, start, information if values else owed.informed)
    verdicts = {_by_value(law, v, clock, owed) for v, clock in in_force}
    clock = min(in_force, key=lambda pair: (pair[0].from_at, pair[0].name))[1]
    is_whole = clock is None or _days_in_force(values, clock) > clock[1] - clock[0]
    strongest = min(in_force, key=lambda pair: (pair[0].strength, pair[0].from_at, pair[0].name))[0]
    starts = [c for _, c in in_force if c is not None]
    start = (min(c[0] for c in starts), max(c[1] for c in starts)) if starts else None
    verdict = verdicts.pop() if len(verdicts) == 1 and is_whole else "undetermined"
    return Judged(verdict, strongest.name, start, information)


def _start(value: Value, owed: Owed) -> Optional[Moment]:
    starts = {
        "absent_since": owed.began, "le_reported": owed.accepted, "returned": owed.ended,
        "agency_informed_of_return": owed.ended,
    }  # fmt: skip
    return starts.get(value.starts_when, owed.informed)


def _is_in_force(value: Value, clock: Optional[Moment]) -> bool:
    return clock is not None and value.from_at <= clock[1] and clock[0] < value.until_at


def _days_in_force(values: List[Value], clock: Moment) -> int:
    return sum(max(0, min(v.until_at, clock[1] + 1) - max(v.from_at, clock[0])) for v in values)


def _by_value(law: Law, value: Value, clock: Optional[Moment], owed: Owed) -> str:
    if clock is None:
        return "undetermined"
    if value.working_days is not None:
        ends = [law.clock.end_of_working_day(end, value.working_days) for end in clock]
        deadline = (ends[0], ends[1])
    elif value.limit is not None:
        deadline = (clock[0] + value.limit, clock[1] + value.limit)
    else:
        return "no_number"
    ending = (owed.end_kind, owed.ended, law.as_of)
    verdict, by_sure = (verdict_of(deadline, done, *ending) for done in (owed.done, owed.sure))
    if law.is_by_day and verdict == "missing" and owed.ended is not None and owed.ended[0] <= deadline[1]:
        return "undetermined"  # it may have been over before the limit: the day alone does not say
    is_doubtful = owed.doubt in ("second_run", "both")
    is_untimed = owed.doubt in ("untimed_report", "both")
    is_later = value.starts_when in ("determined_missing", "agency_informed_of_return")
    is_earlier = value.starts_when == "first_suspected"
    in_doubt = (
        (verdict == "met" and (by_sure != "met" or is_doubtful))
        or (verdict == "missing" and is_untimed)
        or (is_later and verdict in ("late", "missing"))
        or (is_earlier and verdict in ("met", "pending", "ended_first"))
    )
    return "undetermined" if in_doubt else verdict
