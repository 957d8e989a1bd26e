"""Limits of shares: against statsmodels, worked examples, plain counting, and the truth in 2,000 draws."""

from fractions import Fraction
from functools import cache
from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from cmfc.audit_extract import intervals
from cmfc.audit_extract.intervals import Limits, Stratum
from cmfc.audit_extract.sample import draw

ACLS = {
    "Literature": (9100, 636, 38), "Classics": (1950, 451, 27), "Philosophy": (5500, 481, 18),
    "History": (10850, 611, 19), "Linguistics": (2100, 493, 36), "Political science": (5500, 575, 13),
    "Sociology": (9000, 588, 26),
}  # fmt: skip
"""Members, returned questionnaires and percent female of seven societies: Lohr, Sampling, the ACLS example."""


def test_the_worked_example_of_a_textbook() -> None:
    """Lohr gives 24.65 % and a standard error of 0.0071 (0.007118622 with all digits)."""
    strata = [Stratum(size, sampled, percent * sampled / 100) for size, sampled, percent in ACLS.values()]  # type: ignore[arg-type]
    assert intervals.share_of(strata) == pytest.approx(10847 / 44000, abs=1e-9)
    assert intervals.standard_error(strata) == pytest.approx(0.007118622, abs=1e-9)
    low, high = (getattr(intervals.stratified_limits(strata, 0.95), end) for end in ("low", "high"))
    assert low == pytest.approx(0.2465 - 1.96 * 0.0071, abs=1e-3) and high == pytest.approx(
        0.2465 + 1.96 * 0.0071, abs=1e-3
    )


@pytest.mark.parametrize(("cases", "sampled"), [(0, 10), (1, 100), (22, 100), (45, 100), (100, 100), (6, 59)])
@pytest.mark.parametrize("level", [0.90, 0.95])
def test_clopper_pearson_is_that_of_statsmodels(cases: int, sampled: int, level: float) -> None:
    limits = intervals.clopper_pearson(cases / sampled, sampled, level)
    low, high = proportion_confint(cases, sampled, alpha=1 - level, method="beta")
    assert (limits.low, limits.high) == (pytest.approx(low, abs=1e-12), pytest.approx(high, abs=1e-12))


def test_limits_of_one_large_stratum_are_clopper_pearsons() -> None:
    """With hardly any of the population sampled nothing is left of the finite population correction."""
    limits = intervals.stratified_limits([Stratum(10_000_000, 100, 22)], 0.95)
    low, high = proportion_confint(22, 100, method="beta")
    assert limits.low == pytest.approx(low, abs=0.003) and limits.high == pytest.approx(high, abs=0.003)


def test_the_rule_of_three() -> None:
    """No case among 100 of very many: at most 1 - 0.05**(1/100) = 2.95 %."""
    limits = intervals.exact_one_sided([Stratum(1_000_000, 100, 0)], 0.95)
    assert limits == Limits(0.0, pytest.approx(1 - 0.05**0.01, abs=1e-5))


def by_counting(size: int, sampled: int, cases: int, tail: Fraction) -> tuple[int, int]:
    """Both ends by trying every number of cases that the stratum can have, in whole numbers."""

    def chance(total: int, of: range) -> Fraction:
        return Fraction(sum(comb(total, k) * comb(size - total, sampled - k) for k in of), comb(size, sampled))

    possible = range(cases, size - (sampled - cases) + 1)
    most = max(m for m in possible if chance(m, range(0, cases + 1)) >= tail)
    fewest = min(m for m in possible if chance(m, range(cases, sampled + 1)) >= tail)
    return fewest, most


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 60), st.data())
def test_hypergeometric_limits_are_those_of_plain_counting(size: int, data: st.DataObject) -> None:
    sampled = data.draw(st.integers(1, size))
    cases = data.draw(st.integers(0, sampled))
    tail = data.draw(st.sampled_from((Fraction(1, 20), Fraction(1, 40), Fraction(1, 10))))
    stratum = Stratum(size, sampled, cases)
    assert (intervals.fewest_cases(stratum, float(tail)), intervals.most_cases(stratum, float(tail))) == by_counting(
        size, sampled, cases, tail
    )


def test_a_stratum_drawn_whole_is_known() -> None:
    whole = [Stratum(7, 7, 3), Stratum(5, 5, 0)]
    assert intervals.stratified_limits(whole, 0.95) == Limits(0.25, 0.25)
    assert intervals.exact_limits(whole, 0.95) == Limits(0.25, 0.25)
    assert intervals.standard_error(whole) == 0


def test_strata_of_only_cases_do_not_make_the_limits_look_certain() -> None:
    limits = intervals.stratified_limits([Stratum(500, 20, 20), Stratum(500, 20, 0)], 0.95)
    assert limits.high - limits.low > 0.2


def truth() -> tuple[dict[str, str], dict[str, str], float]:
    """A frame of 1,000 episodes in five strata, and what is true of each: rates as in HHS-OIG's sample, as shapes."""
    sizes, rates = (430, 250, 170, 100, 50), (0.30, 0.45, 0.55, 0.70, 0.90)
    strata, never = {}, {}
    for stratum, (size, rate) in enumerate(zip(sizes, rates, strict=True)):
        for number in range(size):
            episode = f"E{stratum}-{number}"
            strata[episode] = str(stratum)
            never[episode] = "yes" if number < size * rate else "no"
    return strata, never, sum(value == "yes" for value in never.values()) / len(never)


@cache
def both_limits(counts: tuple[tuple[str, int, int, int], ...]) -> tuple[Limits, Limits]:
    """The stratified and the exact 95 % intervals of equal counts, of which many draws have the same."""
    strata = [Stratum(*counted) for _, *counted in counts]
    return intervals.stratified_limits(strata, 0.95), intervals.exact_limits(strata, 0.95)


def covered(draws: int, question: str = "common") -> tuple[float, float]:
    """How often the true share lies within the stratified, and within the exact 95 % intervals."""
    strata, never, share = truth()
    if question == "rare":
        never = {episode: "yes" if episode.endswith("-7") else "no" for episode in strata}
        share = 5 / 1000
    stratified = exact = 0
    for seed in range(draws):
        counts: dict[str, list[int]] = {}
        for one in draw(strata, seed, 100):
            counted = counts.setdefault(one.stratum, [one.in_stratum, 0, 0])
            counted[1] += 1
            counted[2] += never[one.episode] == "yes"
        two, sure = both_limits(tuple((one, *counted) for one, counted in sorted(counts.items())))
        stratified += two.low <= share <= two.high
        exact += sure.low - 1e-9 <= share <= sure.high + 1e-9
    return stratified / draws, exact / draws


@pytest.mark.parametrize("question", ["common", "rare"])
def test_limits_cover_the_truth_in_2000_draws(question: str) -> None:
    stratified, exact = covered(2000, question)
    assert stratified >= 0.935 and exact >= 0.95
