"""Makes each table again from the lines: one function per table, and its keys and numbers in TABLES.

To add a table: a function that takes a Context and gives numbers by key, and one entry of TABLES. Tables of the package
without an entry are named in what verify.py prints as held by their hash alone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Callable, Dict, Iterator, List, Tuple

from cmfc.audit_extract.verifier.clock import EPOCH_DAY
from cmfc.audit_extract.verifier.lines import FOUND, LEFT, day_of, length_band
from cmfc.audit_extract.verifier.reading import Counts, Odd, Package, Row

OUTCOMES = (
    "never", "late", "on_time", "undetermined", "ended_first", "pending", "no_rule", "no_number", "no_duty",
    "not_checked",
)  # fmt: skip
TO = (("law_enforcement", "le"), ("ncmec", "ncmec"))
BY_COUNTY_AND_MONTH = ("all", "county", "month")
BY_LINE = ("all", "county", "age_band", "custody", "reason", "length_band", "duty", "rule", "month")
FLOWS = ("open_at_start", "new", "returned", "otherwise_closed", "open_at_end", "had_new", "had_return", "run_days")
FATES = ("missing", "located", "still_missing", "left_care", "not_recorded")


@dataclass(frozen=True)
class Context:
    """What a table is made from. first, last: days of the period; as_of_day: the day after the last that is known."""

    package: Package
    lines: List[Row]
    first: int
    last: int
    as_of_day: int


@dataclass(frozen=True)
class Table:
    """How a table is made again: its key columns, the numbers that are compared, and the function.

    A row of noughts that no line gives is there where `may_be_nought` says so; elsewhere it is one too many.
    """

    keys: Tuple[str, ...]
    numbers: Tuple[str, ...]
    make: Callable[[Context], Counts]
    may_be_nought: Callable[[Row], bool] = lambda _: False


def value_of(line: Row, dimension: str, to: str = "", view: str = "") -> str:
    """The value of a line by which a table is broken down; `to`, `view`: whose duty and rule."""
    if dimension == "all":
        return "all"
    if dimension == "month":
        return line["began_on"][:7]
    if dimension == "rule":
        return line[f"{to}_state_rule" if view == "state" else f"{to}_rule"] or "no rule"
    return line[f"{to}_duty" if dimension == "duty" else dimension] or "not recorded"


def dimensions(lines: List[Row], names: Tuple[str, ...]) -> Tuple[str, ...]:
    """By what a table is broken down; of a state also by agency."""
    return (*names, "agency") if lines and "agency" in lines[0] else names


def populations(lines: List[Row]) -> Iterator[Tuple[str, Row]]:
    """Each line under the populations that it is in."""
    for line in lines:
        yield "statute", line
        if line["in_audit_population"] == "true":
            yield "audit", line


def outcome(line: Row, to: str, view: str) -> str:
    """How a line counts in a view."""
    verdict = line[f"{to}_verdict"]
    if view == "state":
        verdict = line[f"{to}_state_verdict"]
    elif view == "calendar_days" and verdict not in ("not_required", "not_checked", "no_rule"):
        is_late = line.whole(f"{to}_calendar_days") >= 2
        if line[f"has_{to}_report"] == "true":
            verdict = "late" if is_late else "met"
        else:
            verdict = "missing" if is_late else "pending"
    return {"met": "on_time", "missing": "never", "not_required": "no_duty"}.get(verdict, verdict)


def timeliness(context: Context) -> Counts:
    """Reports never made, late, on time, undetermined and so on."""
    counts: Counts = defaultdict(Counter)
    for population in ("statute", "audit"):  # without an episode a population has a row of noughts
        for recipient, _ in TO:
            for view in ("statute", "calendar_days"):
                counts[population, recipient, view, "all", "all"].update(episodes=0)
    for population, line in populations(context.lines):
        for recipient, to in TO:
            for view in ("statute", "state", "calendar_days"):
                if view == "state" and not line[f"{to}_state_verdict"]:
                    continue
                for dimension in dimensions(context.lines, BY_LINE):
                    cell = counts[population, recipient, view, dimension, value_of(line, dimension, to, view)]
                    cell["episodes"] += 1
                    cell[outcome(line, to, view)] += 1
    return counts


def time_to_report(context: Context) -> Counts:
    """Calendar days from information to report."""
    counts: Counts = defaultdict(Counter)
    for population, line in populations(context.lines):
        for recipient, to in TO:
            counts[population, recipient, _days_to_report(line, to)]["episodes"] += 1
    return counts


def _days_to_report(line: Row, to: str) -> str:
    verdict = outcome(line, to, "calendar_days")
    if verdict in ("no_duty", "not_checked", "no_rule"):
        return verdict
    if line[f"has_{to}_report"] != "true":
        return "none"
    days = line.whole(f"{to}_calendar_days")
    if days < 0:
        return "before"
    return f"d0{days}" if days < 4 else "d04-007" if days < 8 else "d08-030" if days < 31 else "d31+"


def undetermined(context: Context) -> Counts:
    """Why verdicts are undetermined."""
    counts: Counts = defaultdict(Counter)
    for population, line in populations(context.lines):
        for recipient, to in TO:
            for view, prefix in (("statute", to), ("state", f"{to}_state")):
                if line[f"{prefix}_verdict"] == "undetermined":
                    counts[population, recipient, view, line[f"{prefix}_undetermined_because"]]["episodes"] += 1
    return counts


def ncic(context: Context) -> Counts:
    """Entry in NCIC."""
    counts: Counts = defaultdict(Counter)
    for population, line in populations(context.lines):
        for dimension in dimensions(context.lines, BY_COUNTY_AND_MONTH):
            counts[population, dimension, value_of(line, dimension), line["ncic_verdict"]]["episodes"] += 1
    return counts


def notices(context: Context) -> Counts:
    """Notices that the child was located."""
    counts: Counts = defaultdict(Counter)
    for population, line in populations(context.lines):
        for recipient, to in TO:
            for dimension in dimensions(context.lines, BY_COUNTY_AND_MONTH):
                notice = (line[f"{to}_notice_rule"], line[f"{to}_notice"])
                counts[(population, recipient, dimension, value_of(line, dimension), *notice)]["episodes"] += 1
    return counts


def rules(context: Context) -> Counts:
    """How many episodes name each rule."""
    counts: Counts = {(row["rule"],): Counter() for row in context.package.table("rules")}
    columns = ("le_rule", "le_state_rule", "ncmec_rule", "ncmec_state_rule", "ncic_rule")
    for line in context.lines:
        for name in columns:
            if (line[name],) in counts:
                counts[(line[name],)]["episodes"] += 1
    return counts


def stock_and_flow(context: Context) -> Counts:
    """Open at the start, new, closed, open at the end; for episodes and for children."""
    counts: Counts = {("episodes", "all", "all"): Counter(), ("children", "all", "all"): Counter()}
    counts = defaultdict(Counter, counts)
    first, last = context.first, context.last
    children: Dict[str, List[Row]] = defaultdict(list)
    for line in context.lines:
        children[line["child"]].append(line)
        began, ended = day_of(line, "began_on"), day_of(line, "ended_on") if line["ended_on"] else last + 1
        is_closed = ended <= last
        until = min(ended, last)
        days = min(ended, last + 1) - max(began, first)
        values = {"all": "all", "county": line["county"] or "not recorded", "length_band": length_band(until - began)}
        if "agency" in line:
            values["agency"] = line["agency"]
        for dimension, value in values.items():
            _flow(counts["episodes", dimension, value], began < first, is_closed, line["outcome"] in FOUND, days)
    for own in children.values():
        _flow_of_child(counts, sorted(own, key=lambda line: line.whole("nth_of_child")), first, last)
    return counts


def _flow(cell: Counter[str], is_old: bool, is_closed: bool, is_found: bool, days: int) -> None:
    cell.update(
        open_at_start=is_old, new=not is_old, had_new=not is_old, returned=is_closed and is_found,
        had_return=is_closed and is_found, otherwise_closed=is_closed and not is_found, open_at_end=not is_closed,
        run_days=days,
    )  # fmt: skip


def _flow_of_child(counts: Counts, own: List[Row], first: int, last: int) -> None:
    ended = [day_of(line, "ended_on") if line["ended_on"] else last + 1 for line in own]
    began = [day_of(line, "began_on") for line in own]
    was_open, is_open = any(day < first for day in began), any(day > last for day in ended)
    is_found = own[-1]["outcome"] in FOUND
    values = {"all": "all", "county": own[0]["county"] or "not recorded"}
    if "agency" in own[0]:
        values["agency"] = own[0]["agency"]
    for dimension, value in values.items():
        counts["children", dimension, value].update(
            open_at_start=was_open, open_at_end=is_open, new=is_open and not was_open,
            returned=was_open and not is_open and is_found,
            otherwise_closed=was_open and not is_open and not is_found,
            had_new=any(day >= first for day in began),
            had_return=any(end <= last and line["outcome"] in FOUND for end, line in zip(ended, own)),
            run_days=sum(min(end, last + 1) - max(begin, first) for begin, end in zip(began, ended)),
        )  # fmt: skip


def fiscal_years(context: Context) -> Dict[str, Tuple[str, str, bool]]:
    """The fiscal years that meet the period: first and last day in it, and whether the year is whole."""
    begins = context.package.fact("year_begins")
    if not isinstance(begins, int) or not 1 <= begins <= 12:
        raise Odd("manifest.json, year_begins: it is no month")
    years = {}
    first, last = (date.fromordinal(day + EPOCH_DAY) for day in (context.first, context.last))
    for year in range(first.year, last.year + 2):
        opens = date(year - (begins > 1), begins, 1)
        closes = date.fromordinal(date(opens.year + 1, begins, 1).toordinal() - 1)
        if opens <= last and closes >= first:
            is_whole = first <= opens and closes <= last
            years[str(year)] = (max(opens, first).isoformat(), min(closes, last).isoformat(), is_whole)
    return years


def yearly(context: Context) -> Counts:
    """Missing in a fiscal year: located, still missing, left care, not recorded."""
    years = fiscal_years(context)
    counts: Counts = {(year, counted): Counter() for year in years for counted in ("children", "episodes")}
    for year, counted in counts:
        first, last, _ = years[year]
        met = [
            line
            for line in context.lines
            if line["began_on"] <= last and (not line["ended_on"] or line["ended_on"] >= first)
        ]
        if counted == "children":
            latest = {line["child"]: line for line in sorted(met, key=lambda line: line.whole("nth_of_child"))}
            met = list(latest.values())
        counts[year, counted].update(missing=len(met))
        counts[year, counted].update(_fate(line, last) for line in met)
    return counts


def wrong_years(context: Context) -> List[str]:
    """Days of fiscal years that the period does not give, and years said to have no records that have some."""
    wrong, years = [], fiscal_years(context)
    for row in context.package.table("yearly"):
        first, last, is_whole = years.get(row["year"], ("", "", False))
        has_records = row.whole("missing") + row.whole("children_in_care") > 0
        should = {
            "first_on": first, "last_on": last, "is_whole": str(is_whole).lower(),
            "has_records": str(has_records).lower(),
        }  # fmt: skip
        wrong += [f"{row.place(c)}: '{row[c]}', not '{value}'" for c, value in should.items() if row[c] != value]
    return wrong


def _fate(line: Row, last: str) -> str:
    if not line["ended_on"] or line["ended_on"] > last:
        return "still_missing"
    return "located" if line["outcome"] in FOUND else "left_care" if line["outcome"] in LEFT else "not_recorded"


TABLES: Dict[str, Table] = {
    "timeliness": Table(("population", "recipient", "view", "dimension", "value"), ("episodes", *OUTCOMES), timeliness),
    "time_to_report": Table(("population", "recipient", "days"), ("episodes",), time_to_report),
    "undetermined": Table(("population", "recipient", "view", "because"), ("episodes",), undetermined),
    "ncic": Table(("population", "dimension", "value", "verdict"), ("episodes",), ncic),
    "notices": Table(("population", "recipient", "dimension", "value", "rule", "verdict"), ("episodes",), notices),
    "rules": Table(("rule",), ("episodes",), rules),
    "stock_and_flow": Table(
        ("counted", "dimension", "value"), FLOWS, stock_and_flow, lambda row: row["care_days"] not in ("", "0")
    ),
    "yearly": Table(("year", "counted"), FATES, yearly),
}
"""Every table that is made again. The order is that in which verify.py prints them."""


def differences(table: Table, name: str, context: Context) -> List[str]:
    """Cells and rows of a table that differ from what its lines give, each in a sentence."""
    counts = table.make(context)
    wrong: List[str] = []
    keys = set()
    for row in context.package.table(name):
        key = tuple(row[column] for column in table.keys)
        if key in keys:
            wrong.append(f"{name}.csv, row {row.number} is a second row of {'/'.join(key)}")
        elif key not in counts and not (table.may_be_nought(row) and not any(row.whole(c) for c in table.numbers)):
            wrong.append(f"{name}.csv, row {row.number} ({'/'.join(key)}): no line gives such a row")
        else:
            numbers = {column: counts[key][column] if key in counts else 0 for column in table.numbers}
            wrong += [f"{row.place(c)}: {row[c]}, not {n}" for c, n in numbers.items() if row.whole(c) != n]
        keys.add(key)
    return wrong + [f"{name}.csv lacks the row {'/'.join(key)}" for key in counts if key not in keys]
