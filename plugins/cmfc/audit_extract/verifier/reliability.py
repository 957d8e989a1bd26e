"""Checks what says how far an extract can be trusted: what of it follows from the lines and from itself.

Findings, nights and most measures come from the agency's ledger and feeds, which no package holds: their sums, their
order in time and what they share with other tables are checked; the rest is held by its hash.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from statistics import median
from typing import Any, Dict, Iterator, List, Optional, Set, Tuple

from cmfc.audit_extract.verifier.auditors import wrong_number
from cmfc.audit_extract.verifier.clock import day_number
from cmfc.audit_extract.verifier.reading import Package, Row
from cmfc.audit_extract.verifier.tables import Context, outcome

ENDS = ("done", "worse", "milder", "corrected", "left", "not_recorded")
STANDS = ("resolved", "still_open", "set_aside", "not_checked")
SPLIT = ("accepted", "quarantined", "voided", "collapsed")
LOGS = {"le_reports": ("law_enforcement", "le"), "ncmec_reports": ("ncmec", "ncmec")}
DOUBTS = ("undated_of_child", "set_aside_of_child", "unlinked_of_days", "not_counting_of_days")
OF_NIGHT = {
    "rows_pulled": "pulled", "rows_accepted": "accepted", "rows_set_aside": "quarantined", "rows_voided": "voided",
    "rows_doubled": "collapsed", "control_total": "control_total", "control_difference": "control_difference",
}  # fmt: skip
"""Measures that are a column of the night's row in nights.csv."""
Measures = Dict[Tuple[str, str, str], int]


def by_agency(package: Package, name: str) -> Iterator[Tuple[str, List[Row]]]:
    """The rows of each agency, which a state lists beside each other; of an agency's own extract all of them."""
    rows: Dict[str, List[Row]] = defaultdict(list)
    for row in package.table(name):
        rows[row.get("agency", "")].append(row)
    yield from rows.items()


def wrong_findings(context: Context) -> List[str]:
    """Findings that ended in no way or on no night, and counts of resolution.csv that they do not give."""
    wrong: List[str] = []
    some: Dict[Tuple[str, str], List[Row]] = defaultdict(list)
    names = ("agency_lines", "episodes", "exclusions")
    episodes = {
        row.get("episode", row.get("subject"))
        for n in names
        if context.package.has(n)
        for row in context.package.table(n)
    }
    for row in context.package.table("findings"):
        if row["episode"] and row["episode"] not in episodes:
            wrong.append(f"{row.place('episode')}: there is no such episode")
        some[row.get("agency", ""), row["code"]].append(row)
        first, is_over = day_number(row["first_on"], row.place("first_on")), row["state"] == "resolved"
        if not context.first <= first <= context.last:
            wrong.append(f"{row.place('first_on')}: it is not in the period")
        wrong += [
            f"{row.place(name)}: '{row[name]}' of a finding that is {row['state']}"
            for name in ("ended", "ended_on", "days")
            if bool(row[name]) != is_over
        ]
        if is_over and row["ended_on"] and row["days"]:
            days = day_number(row["ended_on"], row.place("ended_on")) - first
            wrong += [f"{row.place('days')}: {row['days']}, not {days}"] if row.whole("days") != days else []
            wrong += [f"{row.place('ended_on')}: it is before the first night"] if days < 0 else []
        for name in ("not_checked_feeds", "not_checked_since"):
            if row[name] and row["state"] != "not_checked":
                wrong.append(f"{row.place(name)}: '{row[name]}' of a finding that is {row['state']}")
    return wrong + _wrong_resolution(context.package, some)


def _wrong_resolution(package: Package, some: Dict[Tuple[str, str], List[Row]]) -> List[str]:
    wrong, keys = [], set()
    for row in package.table("resolution"):
        key = (row.get("agency", ""), row["code"])
        findings = some.get(key, [])
        keys.add(key)
        counted: Counter[str] = Counter(one["state"] for one in findings)
        counted.update(one["ended"] for one in findings if one["ended"])
        days = [one.whole("days") for one in findings if one["days"]]
        should: Dict[str, Any] = {"found": len(findings), **{name: counted[name] for name in (*STANDS, *ENDS)}}
        should["longest_days"] = max(days) if days else ""
        should["not_checked_since"] = min(
            (one["not_checked_since"] for one in findings if one["not_checked_since"]), default=""
        )
        should["not_checked_feeds"] = ";".join(sorted({one["not_checked_feeds"] for one in findings} - {""}))
        wrong += [
            f"{row.place(c)}: '{row[c]}', and '{value}' by findings.csv"
            for c, value in should.items()
            if row[c] != str(value)
        ]
        wrong += wrong_number(row, "median_days", float(median(days)) if days else None, 1)
    return wrong + [f"resolution.csv lacks the code {code}, which findings.csv has" for _, code in set(some) - keys]


def wrong_nights(context: Context) -> List[str]:
    """Runs that do not add up, or are not those that manifest.json names."""
    wrong: List[str] = []
    for agency, rows in by_agency(context.package, "nights"):
        night = context.package.fact("agencies", agency, "night") if agency else context.package.fact("night")
        last: Dict[str, int] = defaultdict(int)
        for row in rows:
            last[row["night"]] = max(last[row["night"]], row.whole("nth"))
        for row in rows:
            wrong += _wrong_run(row, row.whole("nth") == last[row["night"]])
            if day_number(row["night"], row.place("night")) < context.first:
                wrong.append(f"{row.place('night')}: it is before the period")
            if row["night"] == night["business_date"] and row.whole("nth") == last[row["night"]]:
                wrong += _wrong_tonight(row, night)
        if sorted(last) != night["nights_since_first_day"]:
            wrong.append(f"nights.csv has other nights{agency and ' of '}{agency} than manifest.json")
    return wrong


def _wrong_run(row: Row, is_last: bool) -> List[str]:
    wrong = []
    parts = sum(row.whole(name) for name in SPLIT)
    if row.whole("pulled") != parts:
        wrong.append(f"{row.place('pulled')}: {row['pulled']}, not {parts}, the sum of what became of the rows")
    if row["is_last"] != str(is_last).lower():
        wrong.append(f"{row.place('is_last')}: '{row['is_last']}', not '{str(is_last).lower()}'")
    difference = str(row.whole("pulled") - row.whole("control_total")) if row["control_total"] else ""
    if row["control_difference"] != difference:
        wrong.append(f"{row.place('control_difference')}: '{row['control_difference']}', not '{difference}'")
    return wrong


def _wrong_tonight(row: Row, night: Dict[str, Any]) -> List[str]:
    """What manifest.json says of the night whose knowledge is used."""
    feed = night["feeds"].get(row["feed"])
    if not isinstance(feed, dict) or not isinstance(feed.get("accounting"), dict):
        return [f"{row.place('feed')}: manifest.json does not say what became of the rows of {row['feed']}"]
    should = {"run_id": night["run"]["run_id"], "run_at": night["run"]["recorded_at"], "status": feed.get("status")}
    should.update({name: str(feed["accounting"].get(name, "nothing")) for name in ("pulled", *SPLIT)})
    return [f"{row.place(c)}: '{row[c]}', not '{value}'" for c, value in should.items() if row[c] != value]


def wrong_nevers(context: Context) -> List[str]:
    """Episodes without a report that nevers.csv lacks, or has and should not; doubts that do not add up."""
    package, nevers = context.package, {}
    for line in package.table("agency_lines") if package.has("agency_lines") else context.lines:
        for recipient, to in LOGS.values():
            by = {
                "by_statute": line[f"{to}_verdict"] == "missing", "by_state": line[f"{to}_state_verdict"] == "missing",
                "by_calendar_days": outcome(line, to, "calendar_days") == "never",
            }  # fmt: skip
            if any(by.values()):
                words = {name: str(is_so).lower() for name, is_so in by.items()}
                same = {name: line[name] for name in ("child", "in_audit_population")}
                nevers[recipient, line["episode"]] = {**words, **same}
    wrong, keys = [], set()
    for row in package.table("nevers"):
        key = (row["recipient"], row["episode"])
        keys.add(key)
        if key not in nevers:
            wrong.append(f"nevers.csv, row {row.number}: no view says never of it")
            continue
        wrong += [f"{row.place(c)}: '{row[c]}', not '{v}'" for c, v in nevers[key].items() if row[c] != v]
        wrong += _wrong_doubt(row)
    return wrong + [f"nevers.csv lacks the episode {one} to {to}" for to, one in nevers if (to, one) not in keys]


def _wrong_doubt(row: Row) -> List[str]:
    is_in_doubt = str(any(row.whole(name) for name in DOUBTS)).lower()
    if row["is_in_doubt"] == is_in_doubt:
        return []
    return [f"{row.place('is_in_doubt')}: '{row['is_in_doubt']}', not '{is_in_doubt}'"]


def wrong_reliability(context: Context) -> List[str]:
    """Measures that nights.csv, nevers.csv or the lines do not give; tests of usability.csv that do not follow."""
    package, wrong = context.package, []
    nights, nevers = (dict(by_agency(package, name)) for name in ("nights", "nevers"))
    lines = dict(by_agency(package, "agency_lines")) if package.has("agency_lines") else {"": context.lines}
    tests = dict(by_agency(package, "usability"))
    for agency, rows in by_agency(package, "reliability"):
        filed: Measures = {(row["feed"], row["measure"], row["item"]): row.whole("number") for row in rows}
        places = {(row["feed"], row["measure"], row["item"]): row for row in rows}
        measures = _measures_of(context, nights.get(agency, []), nevers.get(agency, []), lines.get(agency, []))
        covered = {measure for _, measure, _ in measures}
        wrong += [
            f"{places[key].place('number')}: {number}, not {measures[key]}"  # what none is counted of is none
            for key, number in filed.items()
            if (key[1] in covered or key[1] in OF_NIGHT) and number != measures[key]
        ]
        wrong += [
            f"reliability.csv lacks {'/'.join(key)}" for key, number in measures.items() if number and key not in filed
        ]
        wrong += [f"{row.place('number')}: below zero" for row in rows if _is_below(row)]
        night = package.fact("agencies", agency, "night") if agency else package.fact("night")
        wrong += _wrong_tests(tests.get(agency, []), filed, night)
    return wrong


def _is_below(row: Row) -> bool:
    return row.whole("number") < 0 and row["measure"] not in ("control_difference", "entry_lag_hours")


def _measures_of(
    context: Context, nights: List[Row], nevers: List[Row], lines: List[Row]
) -> Counter[Tuple[str, str, str]]:
    measures: Counter[Tuple[str, str, str]] = Counter()
    last = [row for row in nights if row["is_last"] == "true"]
    latest = max((row["night"] for row in nights), default="")
    measures["", "nights_expected", ""] = context.as_of_day - context.first
    measures["", "nights_run", ""] = len({row["night"] for row in nights})
    measures["", "nights_run_again", ""] = len({row["night"] for row in nights if row["is_last"] != "true"})
    for row in last:
        measures[row["feed"], "nights_not_usable", row["status"]] += row["status"] != "ok"
        measures[row["feed"], "nights_with_lost_columns", ""] += bool(row["lost_columns"])
        for measure, column in OF_NIGHT.items() if row["night"] == latest else ():
            if row[column]:
                measures[row["feed"], measure, ""] = row.whole(column)
    for line in lines:
        measures["", "information_time", line["informed_basis"]] += 1
    for row in nevers:
        kind = "in_doubt" if row["is_in_doubt"] == "true" else "nothing_else_on_file"
        measures["", f"never_{row['recipient']}", kind] += 1
    return measures


def _wrong_tests(rows: List[Row], filed: Measures, night: Dict[str, Any]) -> List[str]:
    wrong: List[str] = []
    limits: Dict[str, Set[str]] = defaultdict(set)
    for row in rows:
        limits[row["test"]].add(row["most"])
        if row["test"] == "feed_used":
            is_usable, percent = night["feeds"].get(row["feed"], {}).get("status") == "ok", None
        else:
            percent = _percent(row["test"], row["feed"], filed)
            is_usable = percent is not None and percent <= (row.number_or_none("most") or 0)
        wrong += wrong_number(row, "percent", percent, 4)
        if row["is_usable"] != str(is_usable).lower():
            wrong.append(f"{row.place('is_usable')}: '{row['is_usable']}', not '{str(is_usable).lower()}'")
        if bool(row["why"]) == is_usable:
            wrong.append(f"{row.place('why')}: a reason is given where, and only where, the table is unusable")
    return wrong + [
        f"usability.csv has several limits for the test {name}" for name, some in limits.items() if len(some) > 1
    ]


def _percent(test: str, feed: str, filed: Measures) -> Optional[float]:
    """The share that a test holds against its limit; None for a test that is not known here."""

    def total(of: str, measure: str, *items: str) -> int:
        return sum(n for key, n in filed.items() if key[:2] == (of, measure) and (not items or key[2] in items))

    reports, undated = total(feed, "reports_dated_in_period"), total(feed, "reports_undated")
    expected, lines = total("", "nights_expected"), total("", "information_time")
    parts = {
        "nights_not_run": (expected - total("", "nights_run"), expected),
        "nights_not_usable": (total(feed, "nights_not_usable"), total("", "nights_run")),
        "set_aside": (total(feed, "rows_set_aside"), total(feed, "rows_pulled")),
        "control_difference": (abs(total(feed, "control_difference")), total(feed, "control_total")),
        "undated": (undated, reports + undated),
        "unlinked": (total(feed, "reports_dated_in_period", "none", "candidate"), reports),
        "information_time": (lines - total("", "information_time", "recorded"), lines),
    }
    if test not in parts:
        return None
    part, whole = parts[test]
    return 100 * part / whole if whole else 0.0


def wrong_changes(context: Context) -> List[str]:
    """Changes since the earlier extract that the lines contradict, and sums that they do not give."""
    package = context.package
    lines = {line["episode"]: line for line in context.lines}
    changes, filed = package.table("changes"), {row["item"]: row for row in package.table("reconciliation")}
    if package.fact("former") is None:
        return (
            ["changes.csv or reconciliation.csv has rows, and no earlier extract was given"] if changes or filed else []
        )
    wrong, counts = [], Counter({"new": 0, "gone": 0})
    for row in changes:
        line = lines.get(row["episode"])
        if row["item"] == "episode":
            counts[row["now"]] += 1
            if row["now"] not in ("new", "gone") or (row["now"] == "new") != (line is not None):
                wrong.append(f"{row.place('now')}: '{row['now']}' is not what episodes.csv says")
            continue
        counts[f"changed: {row['item']}"] += 1
        if line is None or row["item"] not in line or line[row["item"]] != row["now"]:
            wrong.append(f"{row.place('now')}: '{row['now']}' is not what episodes.csv says")
        if row["was"] == row["now"]:
            wrong.append(f"{row.place('was')}: it is the same as now")
    changed = {row["episode"] for row in changes}
    counts.update({"now": len(lines), "the_same": len([one for one in lines if one not in changed])})
    counts["then"] = counts["now"] - counts["new"] + counts["gone"]
    wrong += [
        f"{row.place('number')}: {row['number']}, and {counts[item]} by changes.csv and episodes.csv"
        for item, row in filed.items()
        if row.whole("number") != counts[item]
    ]
    return wrong + [f"reconciliation.csv lacks {item}" for item in counts if item not in filed]


def wrong_definitions(package: Package) -> List[str]:
    """Codes of findings, measures and tests without a definition."""
    codes = {row["code"] for row in package.table("definitions") if row["meaning"]}
    used = {
        (name, row[column])
        for name, column in (
            ("findings", "code"),
            ("findings", "state"),
            ("reliability", "measure"),
            ("usability", "test"),
        )
        for row in package.table(name)
    }
    wrong = [
        f"definitions.csv does not say what {code} of {name}.csv is" for name, code in sorted(used) if code not in codes
    ]
    return wrong + [
        f"{row.place('meaning')}: it is empty" for row in package.table("definitions") if not row["meaning"]
    ]
