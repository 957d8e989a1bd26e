"""Attribute estimates from a filled worksheet: per stratum and overall, with 90 and 95 % limits (spec 6)."""

import csv
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from cmfc.audit_extract import intervals
from cmfc.audit_extract.intervals import Stratum
from cmfc.audit_extract.worksheet import ANSWERS, read_worksheet
from cmfc.errors import UsageError

SMALL = 5
"""With so few cases, or so few others, the exact one-sided limits are the ones to quote."""
ALL = "all"


@dataclass(frozen=True)
class Estimate:
    """How many episodes of the frame have an attribute.

    Attributes:
        question: as in the worksheet; value: one of its answers.
        stratum: its name, or `all`.
        in_frame: episodes of the frame; sampled: drawn; answered: of these, with an answer.
        cases: sampled episodes with the value.
        share, total: estimated; standard_error: of the share.
        low_95 and so on: two-sided limits of the share. One stratum: hypergeometric; all: Korn and Graubard.
        exact_low_95 and so on: two-sided limits that hold whatever the truth.
        at_least_95, at_most_95: one-sided intervals, each alone at its level, that hold whatever the truth.
        quote: `two_sided`, or `one_sided` where the counts are small.
    """

    question: str
    value: str
    stratum: str
    in_frame: int
    sampled: int
    answered: int
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
    at_least_90: float
    at_most_90: float
    at_least_95: float
    at_most_95: float
    quote: str


def estimate(
    filled_in: Mapping[str, Mapping[str, str]], strata: Mapping[str, str], sizes: Mapping[str, int]
) -> list[Estimate]:
    """Every answered question, per stratum and overall. An episode without an answer counts as not drawn.

    Args:
        filled_in: answers by episode and question.
        strata: stratum by sampled episode.
        sizes: episodes of the frame by stratum.

    Raises:
        UsageError: CMFC-U09 where nothing was answered, or a stratum has fewer than two answers to a question.
    """
    if not any(filled_in.values()):
        raise UsageError("CMFC-U09", "The worksheet has no answer.")
    estimates = []
    for question, values in ANSWERS.items():
        answered = {episode: answers[question] for episode, answers in filled_in.items() if question in answers}
        for value in values if answered else ():
            counted = {name: _stratum(name, value, answered, strata, sizes) for name in sorted(sizes)}
            drawn_of = {name: sum(1 for s in strata.values() if s == name) for name in sizes}
            estimates.append(estimate_one(question, value, ALL, list(counted.values()), sum(drawn_of.values())))
            estimates += [estimate_one(question, value, name, [s], drawn_of[name]) for name, s in counted.items()]
    return estimates


def estimate_one(question: str, value: str, name: str, strata: list[Stratum], drawn: int) -> Estimate:
    """One attribute in one stratum or over all."""
    cases, answered, size = (sum(getattr(s, part) for s in strata) for part in ("cases", "sampled", "size"))
    share = intervals.share_of(strata)
    exact = {level: intervals.exact_limits(strata, level / 100) for level in (90, 95)}
    alone = {level: intervals.exact_one_sided(strata, level / 100) for level in (90, 95)}
    two = {level: intervals.stratified_limits(strata, level / 100) for level in (90, 95)} if len(strata) > 1 else exact
    return Estimate(
        question=question, value=value, stratum=name, in_frame=size, sampled=drawn, answered=answered, cases=cases,
        share=share, standard_error=intervals.standard_error(strata), total=share * size,
        low_90=two[90].low, high_90=two[90].high, low_95=two[95].low, high_95=two[95].high,
        exact_low_90=exact[90].low, exact_high_90=exact[90].high,
        exact_low_95=exact[95].low, exact_high_95=exact[95].high,
        at_least_90=alone[90].low, at_most_90=alone[90].high, at_least_95=alone[95].low, at_most_95=alone[95].high,
        quote="one_sided" if min(cases, answered - cases) <= SMALL else "two_sided",
    )  # fmt: skip


def estimate_package(package: Path, worksheet: Path, out: Path) -> list[Estimate]:
    """Read a filled worksheet against its package and write `estimates.csv` into a new folder.

    Raises:
        UsageError: CMFC-U08, CMFC-U09; CMFC-U10 where the package or the place to write is not as it must be.
    """
    try:
        manifest = json.loads((package / "manifest.json").read_bytes())
        with (package / "sample.csv").open(encoding="utf-8", newline="") as stream:
            sample = list(csv.DictReader(stream))
    except (OSError, ValueError):
        raise UsageError("CMFC-U10", "This folder is not an audit extract.") from None
    strata = {row["episode"]: row["stratum"] for row in sample}
    sizes = {row["stratum"]: int(row["in_stratum"]) for row in sample}
    answers = read_worksheet(worksheet, strata, manifest["sample"]["frame_hash"])
    estimates = estimate(answers, strata, sizes)
    out.mkdir(parents=True, exist_ok=True)
    with (out / "estimates.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\r\n")
        writer.writerow(field.name for field in fields(Estimate))
        for one in estimates:
            writer.writerow(f"{cell:.6f}" if isinstance(cell, float) else cell for cell in asdict(one).values())
    return estimates


def _stratum(
    name: str, value: str, answered: Mapping[str, str], strata: Mapping[str, str], sizes: Mapping[str, int]
) -> Stratum:
    answers = [answer for episode, answer in answered.items() if strata[episode] == name]
    if len(answers) < min(2, sizes[name]):
        raise UsageError("CMFC-U09", f"Stratum {name} has {len(answers)} answers; two are needed.")
    return Stratum(sizes[name], len(answers), answers.count(value))
