"""Makes the tables that auditors publish again, from the lines and characteristics.csv; adds them to TABLES."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from statistics import median
from typing import Dict, Iterator, List, Optional, Tuple

from cmfc.audit_extract.verifier.clock import EPOCH_DAY, Clock, day_number
from cmfc.audit_extract.verifier.lines import FOUND
from cmfc.audit_extract.verifier.reading import Counts, Package, Row
from cmfc.audit_extract.verifier.tables import (
    TABLES,
    TO,
    Context,
    Table,
    dimensions,
    fiscal_years,
    populations,
    timeliness,
    value_of,
)

OF_LINE = ("all", "county", "age_band", "custody", "reason")
OF_CHILD = ("sex", "race", "ethnicity")
OF_EPISODE = (*OF_CHILD, "setting_left", "conservatorship", "trafficked")
ELEMENTS = {
    "law_enforcement": {
        "agency": "le_has_agency", "report_number": "le_has_number", "ncic_number": "le_has_ncic_number",
        "ncic_time": "le_has_ncic_time",
    },
    "ncmec": {
        "case_number": "ncmec_has_number", "photo": "ncmec_has_photo", "description": "ncmec_has_description",
        "circumstances": "ncmec_has_circumstances", "endangerments": "ncmec_has_endangerments",
        "guardian_contact": "ncmec_has_guardian_contact",
    },
}  # fmt: skip
SURE_ELEMENTS = ("le_has_agency", "le_has_number", "le_has_ncic_number", "le_has_ncic_time", "ncmec_has_number")
"""Of a report that is on file it is always known whether it has these."""
UNUSED = {"absent": "not_recorded", "broken": "not_checked"}
TARGET = 95
JUDGED = ("never", "late", "on_time", "undetermined")
OWN_COUNTS = ("episodes", "children", "most_of_a_child", "over_50_days", "died", "came_of_age")
FEDERAL = (
    "missing", "not_checked", "reported", "recovered", "likely_trafficked", "not_trafficked",
    "trafficking_not_recorded",
)  # fmt: skip


def with_characteristics(context: Context) -> Iterator[Tuple[Row, Row]]:
    """Each line with its characteristics."""
    own = characteristics(context)
    return ((line, own[line["episode"]]) for line in context.lines if line["episode"] in own)


def characteristics(context: Context) -> Dict[str, Row]:
    """The rows of characteristics.csv by episode."""
    return {row["episode"]: row for row in context.package.table("characteristics")}


def unused(package: Package, line: Row, feed: str) -> str:
    """What a table says where a feed was not used by an agency that the line rests on; else empty."""
    if "agencies" in line:
        nights = [package.fact("agencies", agency, "night") for agency in line["agencies"].split(";")]
    else:
        nights = [package.fact("night")]
    states = [UNUSED.get(night["feeds"].get(feed, {}).get("status"), "") for night in nights]
    return max(states, key=lambda state: ("", "not_recorded", "not_checked").index(state))


def wrong_characteristics(context: Context, clock: Clock) -> List[str]:
    """Rows without a line, lines without a row, and values that the line contradicts."""
    lines = {line["episode"]: line for line in context.lines}
    wrong, episodes = [], set()
    for row in context.package.table("characteristics"):
        line = lines.get(row["episode"])
        episodes.add(row["episode"])
        if line is None:
            wrong.append(f"{row.place('episode')}: episodes.csv has no such episode")
            continue
        should = _of_line(line, row, context, clock)
        wrong += [f"{row.place(c)}: '{row[c]}', not '{value}'" for c, value in should.items() if row[c] != value]
        wrong += _wrong_gaps(row, line, context) if "le_contacts" in row else []
        wrong += [f"{row.place(c)}: it is of a report, and there is none" for c in _orphans(line, row)]
    return wrong + [f"characteristics.csv lacks the episode {one}" for one in lines if one not in episodes]


def _of_line(line: Row, row: Row, context: Context, clock: Clock) -> Dict[str, str]:
    began = day_number(line["began_on"], line.place("began_on"))
    ended = clock.moment(line, "ended")
    days = (context.as_of_day if ended is None else clock.day(ended[0])) - began
    should = {"days": str(days)}
    if line["age"]:
        age = line.whole("age")
        if age >= 18 or age + 1 + days // 365 < 18:
            should["came_of_age"] = "false"
        elif age == 17 and days > 366:
            should["came_of_age"] = "true"
    if ended is None or unused(context.package, line, "returns"):
        should.update(interviewed_after_days="", screened_after_days="")
    for _, to in TO:
        for name in SURE_ELEMENTS if line[f"has_{to}_report"] == "true" else ():
            if name.startswith(to) and not row[name]:
                should[name] = "true or false"
    return should


def _orphans(line: Row, row: Row) -> List[str]:
    """Elements of a report where there is none."""
    return [
        name
        for recipient, to in TO
        for name in ELEMENTS[recipient].values()
        if line[f"has_{to}_report"] != "true" and row[name]
    ]


def _wrong_gaps(row: Row, line: Row, context: Context) -> List[str]:
    """Silences that cannot be: so many contacts in so many days leave one of at least that length."""
    wrong = []
    is_unused = bool(unused(context.package, line, "contacts"))
    for _, to in TO:
        contacts, gap = f"{to}_contacts", f"{to}_longest_gap_days"
        if is_unused:
            wrong += [
                f"{row.place(c)}: contacts were not used, and it says {row[c]}" for c in (contacts, gap) if row[c]
            ]
            continue
        number, days = row.whole(contacts), row.whole("days")
        if row.whole(gap) * (number + 1) < days or (number == 0 and row.whole(gap) != days):
            wrong.append(f"{row.place(gap)}: {row[gap]} days cannot be the longest silence with {number} contacts")
    return wrong


def incidence(context: Context) -> Counts:
    """How many, how often, how long, by one characteristic at a time; here what is counted."""
    counts: Counts = defaultdict(Counter)
    children: Dict[Tuple[str, ...], Counter[str]] = defaultdict(Counter)
    for key, line, own in _by_characteristic(context):
        counts[key].update(
            episodes=1, over_50_days=own.whole("days") > 50, died=line["outcome"] == "died",
            came_of_age=own["came_of_age"] == "true",
        )  # fmt: skip
        children[key][line["child"]] += 1
    for one, counted in children.items():
        counts[one].update(children=len(counted), most_of_a_child=max(counted.values()))
    return counts


def _by_characteristic(context: Context) -> Iterator[Tuple[Tuple[str, str], Row, Row]]:
    names = dimensions(context.lines, OF_LINE)
    for line, own in with_characteristics(context):
        for name in names:
            yield (name, value_of(line, name)), line, own
        for name in OF_EPISODE:
            yield (name, own[name] or "not recorded"), line, own


def wrong_incidence(context: Context) -> List[str]:
    """Means and medians that the lines do not give; children in care that do not add up."""
    days: Dict[Tuple[str, ...], List[int]] = defaultdict(list)
    for key, _, own in _by_characteristic(context):
        days[key].append(own.whole("days"))
    wrong: List[str] = []
    in_care: Counter[str] = Counter()
    for row in context.package.table("incidence"):
        some = days.get((row["dimension"], row["value"]), [])
        mean, middle = (sum(some) / len(some), float(median(some))) if some else (None, None)
        for name, should, decimals in (("mean_days", mean, 2), ("median_days", middle, 1)):
            wrong += wrong_number(row, name, should, decimals)
        if row["children_in_care"]:
            in_care[row["dimension"]] += row.whole("children_in_care")
    wrong += [
        f"incidence.csv: children_in_care by {name} are {number}, and {in_care['all']} in all"
        for name, number in in_care.items()
        if number != in_care["all"]
    ]
    return wrong


def wrong_number(row: Row, name: str, should: Optional[float], decimals: int) -> List[str]:
    """A number that is not, to so many decimals, what it should be; None: empty."""
    number = row.number_or_none(name)
    if (number is None) == (should is None) and (
        number is None or should is None or abs(number - should) <= 0.5 * 10**-decimals + 1e-9
    ):
        return []
    return [f"{row.place(name)}: '{row[name]}', not '{'' if should is None else round(should, decimals)}'"]


def monthly(context: Context) -> Counts:
    """Reports in time by the month of the begin, for every month of the period."""
    days = range(context.first, context.last + 1)
    months = sorted({date.fromordinal(day + EPOCH_DAY).isoformat()[:7] for day in days})
    verdicts = timeliness(context)
    counts: Counts = {
        (*key, month): Counter(episodes=0)
        for key in {(population, to, view) for population, to, view, _, _ in verdicts}
        for month in months
    }
    for (population, recipient, view, dimension, value), cell in verdicts.items():
        if dimension == "month" and (population, recipient, view, value) in counts:
            counts[population, recipient, view, value].update(
                episodes=cell["episodes"], judged=sum(cell[name] for name in JUDGED), on_time=cell["on_time"],
                not_checked=cell["not_checked"],
            )  # fmt: skip
    return counts


def wrong_targets(package: Package) -> List[str]:
    """Shares and targets that do not follow from their own row."""
    wrong = []
    for row in package.table("monthly"):
        on_time, judged = row.whole("on_time"), row.whole("judged")
        wrong += wrong_number(row, "percent", on_time * 100 / judged if judged else None, 2)
        is_met = "" if not judged else "true" if on_time * 100 >= TARGET * judged else "false"
        for name, should in (("target_percent", str(TARGET)), ("is_met", is_met)):
            if row[name] != should:
                wrong.append(f"{row.place(name)}: '{row[name]}', not '{should}'")
    return wrong


def census(context: Context) -> Counts:
    """Who was missing on each day."""
    counts: Counts = {
        (date.fromordinal(day + EPOCH_DAY).isoformat(),): Counter(at_start=0)
        for day in range(context.first, context.last + 1)
    }
    cells = dict(zip(range(context.first, context.last + 1), counts.values()))
    for line in context.lines:
        began = day_number(line["began_on"], line.place("began_on"))
        ended = day_number(line["ended_on"], line.place("ended_on")) if line["ended_on"] else context.last + 1
        for day in range(max(began, context.first), min(ended, context.last) + 1):
            is_there = ended > day
            cells[day].update(
                at_start=began < day, began=began == day, ended=ended == day, at_end=is_there,
                over_50_days=is_there and day - began > 50, over_180_days=is_there and day - began > 180,
            )  # fmt: skip
    return counts


def after_return(context: Context) -> Counts:
    """Interview and screening after a find, by days."""
    counts: Counts = defaultdict(Counter)
    own = characteristics(context)
    for population, line in populations(context.lines):
        if line["outcome"] not in FOUND or line["episode"] not in own:
            continue
        if day_number(line["ended_on"], line.place("ended_on")) > context.last:
            continue
        for work, name in (("interview", "interviewed_after_days"), ("screening", "screened_after_days")):
            band = unused(context.package, line, "returns") or _band(own[line["episode"]], name)
            counts[population, work, band]["episodes"] += 1
    return counts


def _band(row: Row, name: str) -> str:
    if not row[name]:
        return "none"
    days = row.whole(name)
    if days < 0:
        return "before"
    return f"d0{days}" if days < 4 else "d04-007" if days < 8 else "d08-030" if days < 31 else "d31+"


def contact_kept(context: Context) -> Counts:
    """Whether a silence was longer than 7 and 30 days."""
    counts: Counts = defaultdict(Counter)
    own = characteristics(context)
    for population, line in populations(context.lines):
        for recipient, to in TO if line["episode"] in own else ():
            row, state = own[line["episode"]], unused(context.package, line, "contacts")
            for interval in (7, 30):
                is_kept = not state and row.whole(f"{to}_longest_gap_days") <= interval
                contact = "too_short" if row.whole("days") <= interval else "kept" if is_kept else "not_kept"
                counts[population, recipient, str(interval), state or contact]["episodes"] += 1
    return counts


def completeness(context: Context) -> Counts:
    """Which elements of the report that counts are on file."""
    counts: Counts = defaultdict(Counter)
    own = characteristics(context)
    words = {"true": "yes", "false": "no", "": "not_recorded"}
    for population, line in populations(context.lines):
        for recipient, to in TO if line["episode"] in own else ():
            for element, name in ELEMENTS[recipient].items():
                state = words.get(own[line["episode"]][name], "no")
                if line[f"{to}_verdict"] == "not_checked":
                    state = "not_checked"
                elif line[f"has_{to}_report"] != "true":
                    state = "no_report"
                counts[population, recipient, element, state]["episodes"] += 1
    return counts


def federal_counts(context: Context) -> Counts:
    """What 34 U.S.C. 11295a has NCMEC count, by fiscal year."""
    years, pairs = fiscal_years(context), list(with_characteristics(context))
    counts: Counts = {(year, counted): Counter() for year in years for counted in ("children", "episodes")}
    for year, (first, last, _) in years.items():
        of_child: Dict[str, List[Tuple[Row, Row]]] = defaultdict(list)
        for line, own in pairs:
            if line["began_on"] <= last and (not line["ended_on"] or line["ended_on"] >= first):
                _count_federal(counts[year, "episodes"], [(line, own)], last)
                of_child[line["child"]].append((line, own))
        for some in of_child.values():
            _count_federal(counts[year, "children"], some, last)
    return counts


def _count_federal(cell: Counter[str], some: List[Tuple[Row, Row]], last: str) -> None:
    """One episode, or one child by all its episodes of the year."""
    reported = [(line, own) for line, own in some if line["has_ncmec_report"] == "true"]
    cell.update(missing=1, not_checked=all(line["ncmec_verdict"] == "not_checked" for line, _ in some))
    if not reported:
        return
    flags = {own["trafficked"] for _, own in reported}
    is_back = any(line["ended_on"] and line["ended_on"] <= last and line["outcome"] in FOUND for line, _ in reported)
    kind = (
        "likely_trafficked" if "true" in flags else "not_trafficked" if "false" in flags else "trafficking_not_recorded"
    )
    cell.update({"reported": 1, "recovered": is_back, kind: 1})


TABLES.update(
    incidence=Table(
        ("dimension", "value"), OWN_COUNTS, incidence, lambda row: row["children_in_care"] not in ("", "0")
    ),
    monthly=Table(
        ("population", "recipient", "view", "month"), ("episodes", "judged", "on_time", "not_checked"), monthly
    ),
    census=Table(("day",), ("at_start", "began", "ended", "at_end", "over_50_days", "over_180_days"), census),
    after_return=Table(("population", "work", "days"), ("episodes",), after_return),
    contact_kept=Table(("population", "recipient", "interval_days", "state"), ("episodes",), contact_kept),
    completeness=Table(("population", "recipient", "element", "state"), ("episodes",), completeness),
    federal_counts=Table(("year", "counted"), FEDERAL, federal_counts),
)
