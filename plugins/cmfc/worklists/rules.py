"""Rules by the names that people know them by (spec 5, Sentences)."""

from collections.abc import Mapping
from functools import lru_cache

from cmfc.law.library import load_law

VERDICT = {
    "met": "met",
    "late": "late",
    "missing": "limit over, nothing on file",
    "undetermined": "in doubt",
    "pending": "not due yet",
    "ended_first": "the absence ended first",
    "not_checked": "not checked tonight",
    "no_number": "asks, but without a number of hours",
    "no_rule": "no rule in force that day",
    "no_duty": "does not cover the child",
}


@lru_cache(maxsize=8)
def rule_names(jurisdiction: str, zone: str) -> Mapping[str, str]:
    """The plain name of every rule by its id: `Texas: 24 hours`; only whose it is, where its number changes."""
    names_of_rule: dict[str, set[str]] = {}
    for value in load_law(jurisdiction, zone).values:
        names_of_rule.setdefault(value.rule_id, set()).add(value.plain_name)
    return {rule: _one_name(names) for rule, names in names_of_rule.items()}


def _one_name(names: set[str]) -> str:
    if len(names) == 1:
        return next(iter(names))
    return min(names).partition(":")[0].partition(" (")[0]


def rule_sentences(rules: str | None, names: Mapping[str, str]) -> list[str]:
    """The column `rules` of a finding in words, one rule each, earliest deadline first."""
    sentences = []
    for part in (rules or "").split(";"):
        rule, _, verdict = part.partition("=")
        if rule:
            sentences.append(f"{names.get(rule, rule)} – {VERDICT.get(verdict, verdict.replace('_', ' '))}")
    return sentences
