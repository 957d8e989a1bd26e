"""Attribute estimates from a filled worksheet: per stratum and overall, with 90 and 95 % limits (spec 6)."""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

from cmfc.audit_extract import intervals
from cmfc.audit_extract.answers import ESTIMATED, SHEETS, follow
from cmfc.audit_extract.intervals import Stratum
from cmfc.audit_extract.worksheet import read_worksheet
from cmfc.errors import UsageError
from cmfc.storage.digest import sha256_of
from cmfc.timing.clock import local_date, parse_iso

SMALL = 5
"""With so few cases, or so few others, the exact one-sided limits are the ones to quote."""
ALL = "all"
LEAST = 2
"""Answers that a stratum needs by itself."""
JOINT = " + "
"""Between the names of strata that were taken together."""


@dataclass(frozen=True)
class Estimate:
    """How many cases of the frame have an attribute.

    Attributes:
        sheet: which sample; question: asked, or following from the dates; value: one of its answers.
        stratum: its name, several joined by ` + ` where one alone has too few answers, or `all`.
        in_frame: cases of the frame; sampled: drawn; answered: of these, with an answer; not_located: without a file.
        cases: sampled cases with the value.
        share, total: estimated; standard_error: of the share.
        low_95 and so on: two-sided limits of the share. One stratum: hypergeometric; all: Korn and Graubard, never
            below what was seen.
        exact_low_95 and so on: two-sided limits that hold whatever the truth.
        pooled_low_95 and so on: exact limits over all strata as one; None where they were not drawn in proportion.
        at_least_95, at_most_95: one-sided intervals, each alone at its level, that hold whatever the truth.
        if_none, if_all: the share if no case without an answer had the value, and if every one had.
        quote: `two_sided`, or `one_sided` where the counts are small.
    """

    sheet: str
    question: str
    value: str
    stratum: str
    in_frame: int
    sampled: int
    answered: int
    not_located: int
    cases: int
    share: float
    standard_error: float
    total: float
    low_90: float
    high_90: float
    low_95: float
    high_95: float
    exact_low_90: float
    exact_high_90: float
    exact_low_95: float
    exact_high_95: float
    pooled_low_95: float | None
    pooled_high_95: float | None
    at_least_90: float
    at_most_90: float
    at_least_95: float
    at_most_95: float
    if_none: float
    if_all: float
    quote: str


@dataclass(frozen=True)
class StratumSample:
    """One stratum as it was drawn and answered: cases of the frame, drawn, and each answer that was given."""

    name: str
    size: int
    draws: int
    not_located: int
    answers: tuple[str, ...]


def estimate(
    followed: Mapping[str, Mapping[str, str]],
    strata: Mapping[str, str],
    sizes: Mapping[str, int],
    sheet: str = "Worksheet",
) -> list[Estimate]:
    """Every answered question, per stratum and overall. A case without an answer counts as not drawn.

    A stratum with fewer than two answers is taken together with its neighbour by name until they have two, so that a
    file that is not there refuses nobody the estimate; the rows name what was taken together.

    Args:
        followed: answers by case and question (`answers.follow`).
        strata: stratum by sampled case.
        sizes: cases of the frame by stratum.
        sheet: whose questions they are.

    Raises:
        UsageError: CMFC-U09 where nothing was answered, or a question has one answer alone of a frame of more.
    """
    if not any(followed.values()):
        raise UsageError("CMFC-U09", f"The sheet {sheet} has no answer.")
    estimates = []
    for question, values in ESTIMATED[sheet].items():
        one_each = [_sample_of(name, question, followed, strata, sizes[name]) for name in sorted(sizes)]
        if not any(one.answers for one in one_each):
            continue
        joint = take_together(one_each)
        if len(joint[0].answers) < min(LEAST, joint[0].size):
            raise UsageError("CMFC-U09", f"{question} has {len(joint[0].answers)} answer; two are needed.")
        for value in values:
            estimates.append(estimate_one(question, value, ALL, joint, sheet))
            estimates += [estimate_one(question, value, one.name, [one], sheet) for one in joint]
    return estimates


def take_together(strata: Sequence[StratumSample]) -> list[StratumSample]:
    """Strata by name, those with too few answers joined to the next one, the last ones to the one before."""
    joint: list[StratumSample] = []
    for one in strata:
        if joint and len(joint[-1].answers) < min(LEAST, joint[-1].size):
            joint[-1] = _together(joint[-1], one)
        else:
            joint.append(one)
    while len(joint) > 1 and len(joint[-1].answers) < min(LEAST, joint[-1].size):
        last = joint.pop()
        joint[-1] = _together(joint[-1], last)
    return joint


def estimate_one(
    question: str, value: str, name: str, samples: Sequence[StratumSample], sheet: str = "Worksheet"
) -> Estimate:
    """One attribute in one stratum or over all."""
    strata = [Stratum(one.size, len(one.answers), one.answers.count(value)) for one in samples]
    cases, answered, size = (sum(getattr(s, part) for s in strata) for part in ("cases", "sampled", "size"))
    share = intervals.share_of(strata)
    exact = {level: intervals.exact_limits(strata, level / 100) for level in (90, 95)}
    alone = {level: intervals.exact_one_sided(strata, level / 100) for level in (90, 95)}
    two = {level: intervals.stratified_limits(strata, level / 100) for level in (90, 95)} if len(strata) > 1 else exact
    pooled = intervals.pooled_limits(strata, 0.95)
    bounds = [
        intervals.share_of(
            [
                Stratum(one.size, one.draws, stratum.cases + added * (one.draws - stratum.sampled))
                for one, stratum in zip(samples, strata, strict=True)
            ]
        )
        for added in (0, 1)
    ]
    return Estimate(
        sheet=sheet, question=question, value=value, stratum=name, in_frame=size,
        sampled=sum(one.draws for one in samples), answered=answered,
        not_located=sum(one.not_located for one in samples), cases=cases, share=share,
        standard_error=intervals.standard_error(strata), total=share * size,
        low_90=two[90].low, high_90=two[90].high, low_95=two[95].low, high_95=two[95].high,
        exact_low_90=exact[90].low, exact_high_90=exact[90].high,
        exact_low_95=exact[95].low, exact_high_95=exact[95].high,
        pooled_low_95=pooled.low if pooled else None, pooled_high_95=pooled.high if pooled else None,
        at_least_90=alone[90].low, at_most_90=alone[90].high, at_least_95=alone[95].low, at_most_95=alone[95].high,
        if_none=bounds[0], if_all=bounds[1],
        quote="one_sided" if min(cases, answered - cases) <= SMALL else "two_sided",
    )  # fmt: skip


def estimate_package(package: Path, worksheet: Path, out: Path) -> list[Estimate]:
    """Read a filled worksheet against its package and write `estimates.csv`, which names both, into a folder.

    Raises:
        UsageError: CMFC-U08, CMFC-U09; CMFC-U10 where the package or the place to write is not as it must be.
    """
    try:
        manifest = json.loads((package / "manifest.json").read_bytes())
        samples = {s.name: _rows(package / f"{s.table}.csv") for s in SHEETS if (package / f"{s.table}.csv").is_file()}
        records = _records(package, manifest["zone"])
        if SHEETS[0].name not in samples:
            raise FileNotFoundError
        read = ["episodes.csv", *(f"{s.table}.csv" for s in SHEETS if s.name in samples)]
        changed = [name for name in read if sha256_of(package / name) != manifest["outputs"][name]["sha256"]]
    except (OSError, ValueError, KeyError):
        raise UsageError("CMFC-U10", "This folder is not an audit extract.") from None
    if changed:
        raise UsageError("CMFC-U10", f"{changed[0]} is not the one that manifest.json names.")
    subjects = {sheet.name: sheet.subject for sheet in SHEETS}
    strata = {name: {row[subjects[name]]: row["stratum"] for row in rows} for name, rows in samples.items()}
    filled_in = read_worksheet(worksheet, strata, manifest["sample"]["frame_hash"])
    estimates: list[Estimate] = []
    for name, cases in filled_in.items():
        followed = {case: follow(answers, records.get(case, {})) for case, answers in cases.items()}
        sizes = {row["stratum"]: int(row["in_stratum"]) for row in samples.get(name, [])}
        if name == SHEETS[0].name or any(followed.values()):
            estimates += estimate(followed, strata[name], sizes, name)
    _write(estimates, manifest, package, worksheet, out)
    return estimates


def _write(
    estimates: Sequence[Estimate], manifest: Mapping[str, Any], package: Path, worksheet: Path, out: Path
) -> None:
    about = {
        "package": package.name, "manifest_sha256": sha256_of(package / "manifest.json"),
        "frame_hash": manifest["sample"]["frame_hash"], "seed": manifest["sample"]["seed"],
        "worksheet_sha256": sha256_of(worksheet),
    }  # fmt: skip
    out.mkdir(parents=True, exist_ok=True)
    with (out / "estimates.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\r\n")
        writer.writerow((*(field.name for field in fields(Estimate)), *about))
        for one in estimates:
            cells = (f"{cell:.6f}" if isinstance(cell, float) else cell for cell in asdict(one).values())
            writer.writerow((*cells, *about.values()))


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _records(package: Path, zone: str) -> dict[str, dict[str, date | None]]:
    """The dates that the agency's records have of each episode, where they are known to the day."""
    columns = {"learned_on": "informed", "le_on": "le_reported", "ncmec_on": "ncmec_reported", "ended_on_file": "ended"}
    return {
        row["episode"]: {name: _day(row[f"{column}_earliest"], zone) for name, column in columns.items()}
        for row in _rows(package / "episodes.csv")
    }


def _day(text: str, zone: str) -> date | None:
    if not text:
        return None
    return date.fromisoformat(text) if len(text) == len("2026-01-01") else local_date(parse_iso(text), zone)


def _sample_of(
    name: str, question: str, followed: Mapping[str, Mapping[str, str]], strata: Mapping[str, str], size: int
) -> StratumSample:
    cases = [case for case, stratum in strata.items() if stratum == name]
    answers = tuple(followed[case][question] for case in cases if question in followed.get(case, {}))
    not_located = sum(followed.get(case, {}).get("file") == "not_located" for case in cases)
    return StratumSample(name, size, len(cases), not_located, answers)


def _together(one: StratumSample, other: StratumSample) -> StratumSample:
    return StratumSample(
        f"{one.name}{JOINT}{other.name}", one.size + other.size, one.draws + other.draws,
        one.not_located + other.not_located, one.answers + other.answers,
    )  # fmt: skip
