"""Checks that every record is accounted for, and draws the sample again."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from typing import Any, Dict, List, Tuple

from cmfc.audit_extract.verifier.reading import Odd, Package, Row

UNLISTED = ("ordinary_placement", "quarantined", "voided", "collapsed")
"""What population.csv counts and exclusions.csv does not list one by one."""
OTHERS = {"sample_exclusions": ("subject", "exclusions"), "sample_reports": ("report", "reports")}
OUTSIDE = ("began_after_the_period", "ended_before_the_period")
Draws = Dict[str, Tuple[str, int, int, int]]
"""Stratum, place in it, its size and how many of it were drawn, by what was drawn."""

OUT_OF_AUDIT = "shorter_than_two_calendar_days"


def wrong_sums(package: Package, lines: List[Row]) -> List[str]:
    """Steps at which the population does not add up, and exclusions that are not listed one by one."""
    wrong: List[str] = []
    remaining = 0
    outs: Counter[str] = Counter()
    steps: Dict[Tuple[int, str], List[Row]] = defaultdict(list)
    for row in package.table("population"):
        steps[row.whole("step"), row["effect"]].append(row)
    for (step, effect), rows in sorted(steps.items()):
        number = sum(row.whole("number") for row in rows)
        if effect == "left" and number != remaining:
            wrong.append(f"population.csv, step {step}: {number} remain, and {remaining} should")
        remaining = number if effect == "left" else remaining + (number if effect == "in" else -number)
        for row in rows if effect == "out" else ():
            outs[row["item"]] += row.whole("number")
    wrong += _wrong_feeds(steps)
    counted = Counter({item: n for item, n in outs.items() if n and item not in UNLISTED})
    listed = Counter(row["item"] for row in package.table("exclusions"))
    for item in sorted({*counted, *listed}):  # what one of them does not name it counts as none
        if counted[item] != listed[item]:
            wrong.append(f"exclusions.csv lists {listed[item]} as {item}, and population.csv counts {counted[item]}")
    if remaining != sum(line["in_audit_population"] == "true" for line in lines):
        wrong.append("the auditor's population of episodes.csv is not what population.csv leaves")
    return wrong + _wrong_subjects(package, lines)


def _wrong_feeds(steps: Dict[Tuple[int, str], List[Row]]) -> List[str]:
    """Feeds that do not add up by themselves, down to the rows that are evidence."""
    wrong = []
    remaining: Counter[str] = Counter()
    for (step, effect), rows in sorted(steps.items()):
        for row in rows if row_counts(rows) else ():
            feed, number = row["feed"], row.whole("number")
            if effect == "left" and remaining[feed] != number:
                wrong.append(f"population.csv, step {step}: {feed} leaves {number}, and {remaining[feed]} should")
            remaining[feed] += {"in": number, "out": -number}.get(effect, number - remaining[feed])
    return wrong


def row_counts(rows: List[Row]) -> bool:
    """Whether a step counts rows feed by feed; later ones count episodes."""
    return all(row["counted"] == "rows" for row in rows)


def _wrong_subjects(package: Package, lines: List[Row]) -> List[str]:
    """Excluded episodes that are not the lines outside the auditor's population, or that are lines."""
    short = {line["episode"]: line["child"] for line in lines if line["in_audit_population"] != "true"}
    inside = {line["episode"] for line in lines} - set(short)
    wrong, subjects = [], set()
    for row in package.table("exclusions"):
        place, subject = row.place("subject"), row["subject"]
        if row["counted"] != ("episodes" if subject.startswith("E") else "rows"):
            wrong.append(f"{row.place('counted')}: '{row['counted']}' is not what its subject is")
        if subject in inside or (subject in short) != (row["item"] == OUT_OF_AUDIT):
            wrong.append(f"{place} and its reason do not agree with episodes.csv")
        if subject in short and row["child"] != short[subject]:
            wrong.append(f"{row.place('child')} is not the child of that episode in episodes.csv")
        subjects.add(subject)
    return wrong + [f"exclusions.csv lacks the episode {episode}" for episode in short if episode not in subjects]


def wrong_sample(package: Package, lines: List[Row]) -> List[str]:
    """Draws the sample again: the frame's hash, the allocation, which episodes, and their weights."""
    request = package.fact("sample")
    strata: Dict[str, List[str]] = defaultdict(list)
    for line in lines:
        if request["population"] == "statute" or line["in_audit_population"] == "true":
            stratum = "/".join(line[name] or "not recorded" for name in request["strata"]) or "all"
            strata[stratum].append(line["episode"])
    return _compare(package.table("sample"), draw_again(strata, request, "episodes.csv"), "sample", "episode")


def wrong_other_samples(package: Package) -> List[str]:
    """Draws what was left out, and the reports of the logs, again."""
    wrong = []
    for name, (subject, source) in OTHERS.items():
        strata: Dict[str, List[str]] = defaultdict(list)
        for row in package.table(source):
            if source == "reports":
                strata[f"{row['feed']}/{'assigned' if row['episode'] else 'not_assigned'}"].append(row[subject])
            elif row["item"] not in OUTSIDE:
                strata[row["item"]].append(row[subject])
        draws = draw_again(strata, package.fact("other_samples", name), f"{source}.csv")
        wrong += _compare(package.table(name), draws, name, subject)
    return wrong


def wrong_reports(package: Package, lines: List[Row]) -> List[str]:
    """Reports outside the period or of no episode of the agency, and lines whose first report is not listed."""
    episodes = {line["episode"] for line in lines}
    episodes |= {row["subject"] for row in package.table("exclusions") if row["counted"] == "episodes"}
    reported = Counter((row["feed"], row["episode"]) for row in package.table("reports"))
    first, last = str(package.fact("period", "first")), str(package.fact("period", "last"))
    wrong = []
    for row in package.table("reports"):
        if row["episode"] and row["episode"] not in episodes:
            wrong.append(f"{row.place('episode')}: there is no such episode")
        if not first <= row["reported_on"] <= last:
            wrong.append(f"{row.place('reported_on')}: it is not in the period")
        if (row["method"] == "none") and row["episode"]:
            wrong.append(f"{row.place('method')}: it is linked to nobody and has an episode")
    for line in lines:
        for feed, to in (("le_reports", "le"), ("ncmec_reports", "ncmec")):
            day = line[f"{to}_reported_earliest"][:10]
            if first < day < last and not reported[feed, line["episode"]]:
                wrong.append(f"reports.csv lacks the report that {line.place(f'{to}_reported_earliest')} is of")
    return wrong


def draw_again(strata: Dict[str, List[str]], request: Dict[str, Any], source: str) -> Draws:
    """Stratum, place, size and number drawn, by what was drawn."""
    try:
        size, seed, frame_hash = int(request["size"]), int(request["seed"]), request["frame_hash"]
    except (KeyError, TypeError, ValueError):
        raise Odd("manifest.json does not say the size, the seed and the frame of the sample") from None
    frame = sorted(f"{stratum}\t{one}\n".encode() for stratum, members in strata.items() for one in members)
    if hashlib.sha256(b"".join(frame)).hexdigest() != frame_hash:
        raise Odd(f"the frame of {source} has another hash than manifest.json says; it is not the frame of this sample")
    total = len(frame)
    sample_size = min(size, total)
    allocation = {stratum: min(2, len(members)) for stratum, members in sorted(strata.items())}
    while sum(allocation.values()) < sample_size:
        fillable = [stratum for stratum in allocation if allocation[stratum] < len(strata[stratum])]
        allocation[max(fillable, key=lambda s: sample_size * len(strata[s]) - allocation[s] * total)] += 1

    def order(one: str) -> Tuple[bytes, str]:
        return hashlib.sha256(f"{seed}|{one}".encode()).digest(), one

    return {
        one: (stratum, place, len(members), allocation[stratum])
        for stratum, members in strata.items()
        for place, one in enumerate(sorted(members, key=order)[: allocation[stratum]], start=1)
    }


def _compare(rows: List[Row], draws: Draws, name: str, subject: str) -> List[str]:
    wrong, subjects = [], set()
    for row in rows:
        one = row[subject]
        subjects.add(one)
        if one not in draws:
            wrong.append(f"{row.place(subject)}: the seed does not draw it")
            continue
        for column, value in zip(("stratum", "draw", "in_stratum", "sampled"), draws[one]):
            if row[column] != str(value):
                wrong.append(f"{row.place(column)}: '{row[column]}', not '{value}'")
        if row["weight"] != f"{draws[one][2] / draws[one][3]:.6f}".rstrip("0").rstrip("."):
            wrong.append(f"{row.place('weight')}: '{row['weight']}' is not in_stratum / sampled")
    return wrong + [f"{name}.csv lacks {one}, which the seed draws" for one in draws if one not in subjects]
