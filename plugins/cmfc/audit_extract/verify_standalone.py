"""Checks an audit extract with Python's standard library alone: python3 verify.py [FOLDER].

It shares no code with the program that made the extract. It recomputes the hash of every file, every table from
episodes.csv, the sums from all records to the population, and the sample. Exit 0: all holds; 1: something does not.
"""

import csv
import hashlib
import json
import sys
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path
from typing import Any, Callable, Iterator

Row = dict[str, str]
Counts = dict[tuple[str, ...], Counter[str]]
FOUND = ("returned", "located", "whereabouts_established")
LEFT = ("exited_care", "aged_out", "died")
OUTCOMES = (
    "never", "late", "on_time", "undetermined", "ended_first", "pending", "no_rule", "no_number", "no_duty",
    "not_checked",
)  # fmt: skip
TO = (("law_enforcement", "le"), ("ncmec", "ncmec"))
BY_COUNTY_AND_MONTH = ("all", "county", "month")


def read(folder: Path, name: str) -> list[Row]:
    with (folder / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def length_band(days: int) -> str:
    for limit, band in (
        (2, "000-001"),
        (8, "002-007"),
        (31, "008-030"),
        (91, "031-090"),
        (181, "091-180"),
        (366, "181-365"),
    ):
        if days < limit:
            return band
    return "366+"


def age_band(age: str) -> str:
    if age == "":
        return "unknown"
    bands = ((6, "00-05"), (13, "06-12"), (16, "13-15"), (18, "16-17"), (21, "18-20"))
    return next((band for limit, band in bands if int(age) < limit), "21+")


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal()


def value_of(line: Row, dimension: str, duty: str = "") -> str:
    if dimension == "all":
        return "all"
    if dimension == "month":
        return line["began_on"][:7]
    return line[duty if dimension == "duty" else dimension] or "not recorded"


def populations(lines: list[Row]) -> Iterator[tuple[str, Row]]:
    for line in lines:
        yield "statute", line
        if line["in_audit_population"] == "true":
            yield "audit", line


def outcome(line: Row, to: str, view: str) -> str:
    verdict = line[f"{to}_verdict"]
    if view == "state":
        verdict = line[f"{to}_state_verdict"]
    elif view == "calendar_days" and verdict not in ("not_required", "not_checked", "no_rule"):
        is_late = int(line[f"{to}_calendar_days"]) >= 2
        if line[f"has_{to}_report"] == "true":
            verdict = "late" if is_late else "met"
        else:
            verdict = "missing" if is_late else "pending"
    return {"met": "on_time", "missing": "never", "not_required": "no_duty"}.get(verdict, verdict)


def timeliness(lines: list[Row]) -> Counts:
    made: Counts = defaultdict(Counter)
    dimensions = ("all", "county", "age_band", "custody", "reason", "length_band", "duty", "month")
    for population, line in populations(lines):
        for recipient, to in TO:
            for view in ("statute", "state", "calendar_days"):
                if view == "state" and not line[f"{to}_state_verdict"]:
                    continue
                for dimension in dimensions:
                    value = value_of(line, dimension, f"{to}_duty")
                    cell = made[population, recipient, view, dimension, value]
                    cell["episodes"] += 1
                    cell[outcome(line, to, view)] += 1
    return made


def days_to_report(line: Row, to: str) -> str:
    seen = outcome(line, to, "calendar_days")
    if seen in ("no_duty", "not_checked", "no_rule"):
        return seen
    if line[f"has_{to}_report"] != "true":
        return "none"
    days = int(line[f"{to}_calendar_days"])
    if days < 0:
        return "before"
    return f"d0{days}" if days < 4 else "d04-007" if days < 8 else "d08-030" if days < 31 else "d31+"


def time_to_report(lines: list[Row]) -> Counts:
    made: Counts = defaultdict(Counter)
    for population, line in populations(lines):
        for recipient, to in TO:
            made[population, recipient, days_to_report(line, to)]["episodes"] += 1
    return made


def undetermined(lines: list[Row]) -> Counts:
    made: Counts = defaultdict(Counter)
    for population, line in populations(lines):
        for recipient, to in TO:
            for view, prefix in (("statute", to), ("state", f"{to}_state")):
                if line[f"{prefix}_verdict"] == "undetermined":
                    made[population, recipient, view, line[f"{prefix}_undetermined_because"]]["episodes"] += 1
    return made


def ncic(lines: list[Row]) -> Counts:
    made: Counts = defaultdict(Counter)
    for population, line in populations(lines):
        for dimension in BY_COUNTY_AND_MONTH:
            made[population, dimension, value_of(line, dimension), line["ncic_verdict"]]["episodes"] += 1
    return made


def notices(lines: list[Row]) -> Counts:
    made: Counts = defaultdict(Counter)
    for population, line in populations(lines):
        for recipient, to in TO:
            for dimension in BY_COUNTY_AND_MONTH:
                value = value_of(line, dimension)
                told = (line[f"{to}_notice_rule"], line[f"{to}_notice"])
                made[(population, recipient, dimension, value, *told)]["episodes"] += 1
    return made


def stock_and_flow(lines: list[Row], first: int, last: int) -> Counts:
    made: Counts = defaultdict(Counter)
    children: dict[str, list[Row]] = defaultdict(list)
    for line in lines:
        children[line["child"]].append(line)
        began, ended = day(line["began_on"]), day(line["ended_on"]) if line["ended_on"] else None
        is_closed = ended is not None and ended <= last
        until = ended if is_closed and ended is not None else last
        run_days = (until if is_closed else last + 1) - max(began, first)
        values = {"all": "all", "county": line["county"] or "not recorded", "length_band": length_band(until - began)}
        for dimension, value in values.items():
            flow(made["episodes", dimension, value], began < first, is_closed, line["outcome"] in FOUND, run_days)
    for own in children.values():
        own.sort(key=lambda line: int(line["nth_of_child"]))
        closed = [bool(line["ended_on"]) and day(line["ended_on"]) <= last for line in own]
        began_before = [day(line["began_on"]) < first for line in own]
        was_open, is_open = any(began_before), not all(closed)
        for dimension, value in (("all", "all"), ("county", own[0]["county"] or "not recorded")):
            cell = made["children", dimension, value]
            cell["open_at_start"] += was_open
            cell["open_at_end"] += is_open
            cell["new"] += is_open and not was_open
            is_found = own[-1]["outcome"] in FOUND
            cell["returned"] += was_open and not is_open and is_found
            cell["otherwise_closed"] += was_open and not is_open and not is_found
            cell["had_new"] += not all(began_before)
            cell["had_return"] += any(c and line["outcome"] in FOUND for c, line in zip(closed, own))
            for line in own:
                ended = day(line["ended_on"]) if line["ended_on"] else last + 1
                cell["run_days"] += min(ended, last + 1) - max(day(line["began_on"]), first)
    return made


def flow(cell: Counter[str], is_old: bool, is_closed: bool, is_found: bool, run_days: int) -> None:
    cell["open_at_start"] += is_old
    cell["new"] += not is_old
    cell["had_new"] += not is_old
    cell["returned"] += is_closed and is_found
    cell["had_return"] += is_closed and is_found
    cell["otherwise_closed"] += is_closed and not is_found
    cell["open_at_end"] += not is_closed
    cell["run_days"] += run_days


def yearly(lines: list[Row], years: list[Row]) -> Counts:
    made: Counts = {(row["year"], row["counted"]): Counter() for row in years}
    for year, counted in made:
        row = next(r for r in years if r["year"] == year)
        first, last = row["first_on"], row["last_on"]
        met = [
            line for line in lines if line["began_on"] <= last and (not line["ended_on"] or line["ended_on"] >= first)
        ]
        if counted == "children":
            latest: dict[str, Row] = {}
            for line in sorted(met, key=lambda line: int(line["nth_of_child"])):
                latest[line["child"]] = line
            met = list(latest.values())
        for line in met:
            made[year, counted]["missing"] += 1
            made[year, counted][fate(line, last)] += 1
    return made


def fate(line: Row, last: str) -> str:
    if not line["ended_on"] or line["ended_on"] > last:
        return "still_missing"
    return "located" if line["outcome"] in FOUND else "left_care" if line["outcome"] in LEFT else "not_recorded"


def differences(made: Counts, told: list[Row], keys: tuple[str, ...], numbers: tuple[str, ...]) -> list[str]:
    """Keys whose numbers differ between what was recomputed and the file."""
    filed = {tuple(row[key] for key in keys): {name: int(row[name]) for name in numbers} for row in told}
    wrong = [key for key in made if {name: made[key][name] for name in numbers} != filed.get(key)]
    return ["/".join(key) for key in [*wrong, *(key for key in filed if key not in made and any(filed[key].values()))]]


def wrong_lines(lines: list[Row], as_of_day: int) -> list[str]:
    """Lines whose derived columns do not follow from the others."""
    wrong = []
    for line in lines:
        length = (day(line["ended_on"]) if line["ended_on"] else as_of_day) - day(line["began_on"])
        holds = (
            int(line["length_days"]) == length
            and line["length_band"] == length_band(length)
            and line["age_band"] == age_band(line["age"])
            and (line["in_audit_population"] == "true") == (length >= 2)
            and all(
                (line[f"{to}_audit_late"] == "true") == (int(line[f"{to}_calendar_days"]) >= 2)
                for _, to in TO
                if line[f"{to}_calendar_days"]
            )
        )
        if not holds:
            wrong.append(line["episode"])
    return wrong


def wrong_sums(folder: Path, lines: list[Row]) -> list[str]:
    """Steps at which the population does not add up, or exclusions that are not listed one by one."""
    wrong, remaining, outs = [], 0, Counter[str]()
    steps: dict[tuple[int, str], list[Row]] = defaultdict(list)
    for row in read(folder, "population.csv"):
        steps[int(row["step"]), row["effect"]].append(row)
    for (step, effect), rows in sorted(steps.items()):
        number = sum(int(row["number"]) for row in rows)
        if effect == "left" and number != remaining:
            wrong.append(f"step {step}")
        remaining = number if effect == "left" else remaining + (number if effect == "in" else -number)
        if effect == "out":
            outs.update({row["item"]: 0 for row in rows})
            for row in rows:
                outs[row["item"]] += int(row["number"])
    counted = {
        item: n
        for item, n in outs.items()
        if n and item not in ("ordinary_placement", "quarantined", "voided", "collapsed")
    }
    listed = Counter(row["item"] for row in read(folder, "exclusions.csv"))
    wrong += [f"exclusions {item}" for item in {*counted, *listed} if counted.get(item, 0) != listed[item]]
    if remaining != sum(line["in_audit_population"] == "true" for line in lines):
        wrong.append("auditor's population")
    return wrong


def wrong_sample(folder: Path, lines: list[Row], asked: dict[str, Any]) -> list[str]:
    """Draws the sample again: the frame's hash, the allocation, and which episodes."""
    is_all = asked["population"] == "statute"
    strata: dict[str, list[str]] = defaultdict(list)
    for line in lines:
        if is_all or line["in_audit_population"] == "true":
            strata["/".join(line[name] or "not recorded" for name in asked["strata"]) or "all"].append(line["episode"])
    frame = sorted(f"{stratum}\t{episode}\n".encode() for stratum, found in strata.items() for episode in found)
    if hashlib.sha256(b"".join(frame)).hexdigest() != asked["frame_hash"]:
        return ["frame hash"]
    total = len(frame)
    wanted = min(asked["size"], total)
    given = {stratum: min(2, len(found)) for stratum, found in sorted(strata.items())}
    while sum(given.values()) < wanted:
        fillable = [stratum for stratum in given if given[stratum] < len(strata[stratum])]
        given[max(fillable, key=lambda s: wanted * len(strata[s]) - given[s] * total)] += 1

    def order(episode: str) -> tuple[bytes, str]:
        return hashlib.sha256(f"{asked['seed']}|{episode}".encode()).digest(), episode

    drawn = {
        (stratum, str(place), episode, str(len(found)), str(given[stratum]))
        for stratum, found in strata.items()
        for place, episode in enumerate(sorted(found, key=order)[: given[stratum]], start=1)
    }
    columns = ["stratum", "draw", "episode", "in_stratum", "sampled"]
    filed = {tuple(row[name] for name in columns) for row in read(folder, "sample.csv")}
    return sorted(row[2] for row in drawn ^ filed)


def wrong_files(folder: Path, manifest: dict[str, Any]) -> list[str]:
    """Files that are not as the manifest says, are missing, or are not in it."""
    wrong = []
    for name, told in manifest["outputs"].items():
        path = folder / name
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != told["sha256"]:
            wrong.append(name)
    there = {str(path.relative_to(folder)).replace("\\", "/") for path in folder.rglob("*") if path.is_file()}
    return wrong + sorted(there - set(manifest["outputs"]) - {"manifest.json", "approval.json"})


def wrong_approval(folder: Path) -> list[str]:
    """The approval, if it is of another manifest."""
    approval = json.loads((folder / "approval.json").read_bytes())
    actual = hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()
    return [] if approval["manifest_sha256"] == actual else ["approval.json"]


def main(folder: Path) -> int:
    """Prints a line per check and gives the exit code."""
    manifest = json.loads((folder / "manifest.json").read_bytes())
    failed = 0

    def say(what: str, wrong: list[str]) -> None:
        nonlocal failed
        failed += bool(wrong)
        print(f"{'WRONG' if wrong else 'ok   '}  {what}" + (f": {', '.join(wrong[:5])}" if wrong else ""))

    say("every file has the hash in manifest.json, and no other file is there", wrong_files(folder, manifest))
    if (folder / "approval.json").is_file():
        say("the approval is of this manifest.json", wrong_approval(folder))
    lines = read(folder, "episodes.csv")
    first, last = (day(manifest["period"][end]) for end in ("first", "last"))
    say(
        "bands, lengths and views follow from each line",
        wrong_lines(lines, day(manifest["night"]["business_date"]) + 1),
    )
    say("rows and episodes add up from all records to the population", wrong_sums(folder, lines))
    one = ("episodes",)
    flows = ("open_at_start", "new", "returned", "otherwise_closed", "open_at_end", "had_new", "had_return", "run_days")
    fates = ("missing", "located", "still_missing", "left_care", "not_recorded")
    years = read(folder, "yearly.csv")
    by_name: dict[str, tuple[Callable[[], Counts], tuple[str, ...], tuple[str, ...]]] = {
        "timeliness": (
            lambda: timeliness(lines),
            ("population", "recipient", "view", "dimension", "value"),
            (*one, *OUTCOMES),
        ),
        "time_to_report": (lambda: time_to_report(lines), ("population", "recipient", "days"), one),
        "undetermined": (lambda: undetermined(lines), ("population", "recipient", "view", "because"), one),
        "ncic": (lambda: ncic(lines), ("population", "dimension", "value", "verdict"), one),
        "notices": (lambda: notices(lines), ("population", "recipient", "dimension", "value", "rule", "verdict"), one),
        "stock_and_flow": (lambda: stock_and_flow(lines, first, last), ("counted", "dimension", "value"), flows),
        "yearly": (lambda: yearly(lines, years), ("year", "counted"), fates),
    }
    for name, (recompute, keys, numbers) in by_name.items():
        told = read(folder, f"{name}.csv")
        say(f"{name}.csv follows from episodes.csv", differences(recompute(), told, keys, numbers))
    unbalanced = [
        "/".join((row["counted"], row["dimension"], row["value"]))
        for row in read(folder, "stock_and_flow.csv")
        if int(row["open_at_start"]) + int(row["new"]) - int(row["returned"]) - int(row["otherwise_closed"])
        != int(row["open_at_end"])
    ]
    say("open at start + new - returned - otherwise closed = open at end", unbalanced)
    say("the sample is the one that the seed gives", wrong_sample(folder, lines, manifest["sample"]))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else ".")))
