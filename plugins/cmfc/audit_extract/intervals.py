"""Confidence limits of proportions: stratified, and exact for small counts. All are for samples without replacement."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from scipy import stats

TIE = 1e-12
"""A chance that equals the tail keeps its value within the limits, however the machine rounds it."""


@dataclass(frozen=True)
class Stratum:
    """What was found in one stratum: `cases` among `sampled` of `size` episodes."""

    size: int
    sampled: int
    cases: int


@dataclass(frozen=True)
class Limits:
    """Both ends of an interval, as shares from 0 to 1."""

    low: float
    high: float


def share_of(strata: Sequence[Stratum]) -> float:
    """The stratified estimate of a share: the strata's shares weighted by their sizes (Lohr, Sampling, ch. 3)."""
    total = sum(s.size for s in strata)
    return sum(s.size / total * s.cases / s.sampled for s in strata)


def standard_error(strata: Sequence[Stratum]) -> float:
    """Its standard error, with the finite population correction; strata that were drawn whole add nothing."""
    total = sum(s.size for s in strata)
    variance = 0.0
    for s in strata:
        if s.sampled < s.size:
            share = s.cases / s.sampled
            variance += (s.size / total) ** 2 * (1 - s.sampled / s.size) * share * (1 - share) / (s.sampled - 1)
    return math.sqrt(variance)


def stratified_limits(strata: Sequence[Stratum], level: float) -> Limits:
    """Clopper-Pearson limits at the effective sample size (Korn and Graubard 1998).

    The effective size is never taken to be more than that of a simple random sample of as many, so that strata in which
    all or none are cases do not make the limits look sharper than they are.

    Args:
        strata: each with two sampled episodes or more, or drawn whole.
        level: such as 0.95.
    """
    sampled, size = sum(s.sampled for s in strata), sum(s.size for s in strata)
    share, error = share_of(strata), standard_error(strata)
    if sampled == size:
        return Limits(share, share)
    most = (sampled - 1) / (1 - sampled / size) + 1
    effective = share * (1 - share) / error**2 if error > 0 else most
    freedom = max(1, sampled - len(strata))
    wider = (stats.t.ppf((1 + level) / 2, sampled - 1) / stats.t.ppf((1 + level) / 2, freedom)) ** 2
    return within_seen(clopper_pearson(share, min(effective, most) * wider, level), strata)


def within_seen(limits: Limits, strata: Sequence[Stratum]) -> Limits:
    """Limits that are never below the cases that were seen, nor above what the others seen leave."""
    size, cases = sum(s.size for s in strata), sum(s.cases for s in strata)
    others = sum(s.sampled for s in strata) - cases
    return Limits(max(limits.low, cases / size), min(limits.high, 1 - others / size))


def pooled_limits(strata: Sequence[Stratum], level: float) -> Limits | None:
    """Exact limits over all strata as one, where each was drawn in proportion to its size; None where not.

    A sample in proportion spreads at least as evenly as a simple one of as many, so that one hypergeometric holds.
    In proportion: no stratum is more than one episode away from its part.
    """
    size, sampled = sum(s.size for s in strata), sum(s.sampled for s in strata)
    if any(abs(s.sampled - sampled * s.size / size) > 1 for s in strata):
        return None
    return exact_limits([Stratum(size, sampled, sum(s.cases for s in strata))], level)


def clopper_pearson(share: float, sampled: float, level: float) -> Limits:
    """Exact limits of a binomial share; `sampled` need not be whole."""
    cases, tail = share * sampled, (1 - level) / 2
    low = 0.0 if cases <= 0 else float(stats.beta.ppf(tail, cases, sampled - cases + 1))
    high = 1.0 if cases >= sampled else float(stats.beta.ppf(1 - tail, cases + 1, sampled - cases))
    return Limits(low, high)


@cache
def most_cases(stratum: Stratum, tail: float) -> int:
    """The most cases a stratum can have before so few in the sample would be rarer than `tail` (hypergeometric)."""
    low, high = stratum.cases, stratum.size - (stratum.sampled - stratum.cases)
    while low < high:
        middle = (low + high + 1) // 2
        if stats.hypergeom.cdf(stratum.cases, stratum.size, middle, stratum.sampled) >= tail - TIE:
            low = middle
        else:
            high = middle - 1
    return low


def fewest_cases(stratum: Stratum, tail: float) -> int:
    """The fewest cases a stratum can have before so many in the sample would be rarer than `tail`."""
    others = Stratum(stratum.size, stratum.sampled, stratum.sampled - stratum.cases)
    return stratum.size - most_cases(others, tail)


def exact_limits(strata: Sequence[Stratum], level: float) -> Limits:
    """Limits that hold at the level or more, whatever the truth: hypergeometric in each stratum, then added up.

    The strata are drawn apart, so that limits of each at level**(1/H) hold together at `level`.
    """
    size = sum(s.size for s in strata)
    tail = (1 - level ** (1 / len(strata))) / 2
    return Limits(sum(fewest_cases(s, tail) for s in strata) / size, sum(most_cases(s, tail) for s in strata) / size)


def exact_one_sided(strata: Sequence[Stratum], level: float) -> Limits:
    """A lower limit alone and an upper limit alone, each at the level: not an interval."""
    size = sum(s.size for s in strata)
    tail = 1 - level ** (1 / len(strata))
    return Limits(sum(fewest_cases(s, tail) for s in strata) / size, sum(most_cases(s, tail) for s in strata) / size)
