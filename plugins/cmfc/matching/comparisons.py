"""What of two rows is compared, and in which steps of likeness (spec 4.1). Splink weighs the steps."""

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cache


@dataclass(frozen=True)
class Level:
    """One step of likeness, tried in order.

    Attributes:
        name: how the model artefact and an explanation call it.
        sql: over `x_l` (the child) and `x_r` (the report); ELSE for what no other step took.
        frequency: column by whose frequency on file the weight is adjusted; a shared rare name says more.
    """

    name: str
    sql: str
    frequency: str = ""


@dataclass(frozen=True)
class Comparison:
    """One field. A pair in which either side is unknown says nothing."""

    name: str
    unknown: str
    levels: tuple[Level, ...]


def _likeness(column: str, least: float) -> str:
    return f"jaro_winkler_similarity({column}_l, {column}_r) >= {least}"


ALIKE, REMOTE = 0.9, 0.8
"""Jaro-Winkler similarity."""
DAY_MONTH = (
    "substr(born_l, 1, 4) = substr(born_r, 1, 4) AND substr(born_l, 5, 2) = substr(born_r, 7, 2)"
    " AND substr(born_l, 7, 2) = substr(born_r, 5, 2)"
)

COMPARISONS = (
    Comparison(
        "first_name",
        "first_l IS NULL OR first_r IS NULL",
        (
            Level("same", "first_l = first_r", "first"),
            Level("part", "list_has_any(given_l, given_r)"),
            Level("nickname", "list_has_any(stands_for_l, stands_for_r)"),
            Level("alike", _likeness("first", ALIKE)),
            Level("swapped", "list_has_any(given_l, family_r)"),
            Level("remote", _likeness("first", REMOTE)),
            Level("other", "ELSE"),
        ),
    ),
    Comparison(
        "last_name",
        "last_l IS NULL OR last_r IS NULL",
        (
            Level("same", "last_l = last_r", "last"),
            Level("part", "list_has_any(family_l, family_r)"),
            Level("alike", _likeness("last", ALIKE)),
            Level("swapped", "list_has_any(family_l, given_r)"),
            Level("remote", _likeness("last", REMOTE)),
            Level("other", "ELSE"),
        ),
    ),
    Comparison(
        "date_of_birth",
        "born_l IS NULL OR born_r IS NULL",
        (
            Level("same", "born_l = born_r"),
            Level("day_month", DAY_MONTH),
            Level("one_digit", "damerau_levenshtein(born_l, born_r) = 1"),
            Level("year", "substr(born_l, 5, 4) = substr(born_r, 5, 4)"),
            Level("two_digits", "damerau_levenshtein(born_l, born_r) = 2"),
            Level("other", "ELSE"),
        ),
    ),
    Comparison(
        "sex", "sex_l IS NULL OR sex_r IS NULL", (Level("same", "sex_l = sex_r"), Level("other", "ELSE"))
    ),
    Comparison(
        "missing_then",
        "weeks_l IS NULL OR weeks_r IS NULL",
        (Level("same", "list_has_any(weeks_l, weeks_r)"), Level("other", "ELSE")),
    ),
    Comparison(
        "county", "county_l IS NULL OR county_r IS NULL", (Level("same", "county_l = county_r"), Level("other", "ELSE"))
    ),
)  # fmt: skip


@cache
def shape_digest() -> str:
    """Which comparisons a model is for: 16 hex of a SHA-256 over all of the above."""
    return hashlib.sha256(json.dumps([asdict(c) for c in COMPARISONS]).encode()).hexdigest()[:16]
