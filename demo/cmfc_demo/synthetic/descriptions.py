"""What children look like and what endangers them, as a caseworker writes it down; for the report sheet."""

from typing import Any

import numpy as np
import numpy.typing as npt

from cmfc.timing.zones import Ints
from cmfc_demo.synthetic.clock import DAY, HOUR, NEVER
from cmfc_demo.synthetic.columns import Drawn, Numbers, Times, Truths, Words
from cmfc_demo.synthetic.episodes import Episodes
from cmfc_demo.synthetic.people import People, child_ids

Random = np.random.Generator
SHARE_OF_OTHERS = 0.25
"""Of the children who never went missing, so many are described; of those who did, nine in ten."""
SHARE_OF_RUNNERS = 0.9
_HEIGHTS = tuple(f"{feet} ft {inches} in" for feet in (4, 5) for inches in range(12))
_WEIGHTS = tuple(f"{pounds} lb" for pounds in range(70, 210, 5))
_HAIR = ("black, short", "black, braids", "brown, shoulder length", "dark brown, curly", "blond, long", "red, short")
_EYES = ("brown", "brown, glasses", "blue", "green", "hazel, contact lenses")
_MARKS = ("scar over the left eyebrow", "tattoo of a star, right wrist", "nose piercing", "braces", "none known")
_PLACES = ("the placement, by the front door", "school, after the last lesson", "bus station", "a friend's house")
_COMPANY = ("alone", "an older cousin", "two friends from school", "an adult nobody knew")
_CLOTHES = ("grey hooded sweater, black jeans", "red jacket, white sneakers", "school uniform, blue backpack")
_MEDICINES = ("none known", "inhaler for asthma", "insulin, twice a day", "antidepressant, once a day")


def description_columns(random: Random, people: People, runs: Episodes, as_of: int) -> Drawn:
    """One row per child that is described; some of what is asked is not filled in."""
    has_run = np.zeros(len(people.number), dtype=np.bool_)
    has_run[runs.child] = True
    share = np.where(has_run, SHARE_OF_RUNNERS, SHARE_OF_OTHERS)
    at = np.flatnonzero(random.random(len(people.number)) < share)
    count, is_girl = len(at), people.sex[at] == 0
    digits = random.integers(0, 10_000, count)
    return {
        "child_id": child_ids(people, at),
        "height": _words(random, count, _HEIGHTS, 0.05),
        "weight": _words(random, count, _WEIGHTS, 0.1),
        "hair": _words(random, count, _HAIR, 0.05),
        "eyes": _words(random, count, _EYES, 0.05),
        "marks": _words(random, count, _MARKS, 0.3),
        "photo_on_file": Truths(_said(random, count, 0.85, 0.05)),
        "phone": Numbers("555-01", digits % 100, 2, random.random(count) < 0.5),
        "last_seen_place": _words(random, count, _PLACES, 0.3),
        "last_seen_with": _words(random, count, _COMPANY, 0.5),
        "clothing": _words(random, count, _CLOTHES, 0.4),
        "medications": _words(random, count, _MEDICINES, 0.3),
        "suicidal": Truths(_said(random, count, 0.08, 0.3)),
        "pregnant": Truths(np.where(is_girl, _said(random, count, 0.04, 0.5), 0).astype(np.int8)),
        "trafficking_risk": Truths(_said(random, count, 0.12, 0.3)),
        "gang": Truths(_said(random, count, 0.05, 0.3)),
        "parents": _words(random, count, ("mother and father, telephone in the case file",), 0.2),
        "updated_at": Times(_written(random, people, runs, at, as_of)),
    }  # fmt: skip


def describe_planted(child_id: str, number: int, as_of: int) -> dict[str, Any]:
    """A description of a planted child that is missing; written two hours ago, its company left open."""
    return {
        "child_id": child_id, "height": _HEIGHTS[number % len(_HEIGHTS)], "weight": _WEIGHTS[number % len(_WEIGHTS)],
        "hair": _HAIR[number % len(_HAIR)], "eyes": _EYES[number % len(_EYES)], "marks": _MARKS[number % len(_MARKS)],
        "photo_on_file": number % 3 > 0, "phone": f"555-01{number % 100:02d}",
        "last_seen_place": _PLACES[number % len(_PLACES)], "clothing": _CLOTHES[number % len(_CLOTHES)],
        "medications": _MEDICINES[number % len(_MEDICINES)], "suicidal": number % 5 == 0,
        "trafficking_risk": number % 4 == 0, "gang": False, "parents": "mother and father, telephone in the case file",
        "updated_at": as_of - 2 * HOUR,
    }  # fmt: skip


def _words(random: Random, count: int, words: tuple[str, ...], silence: float) -> Words:
    return Words(np.where(random.random(count) < silence, -1, random.integers(len(words), size=count)), words)


def _said(random: Random, count: int, share: float, silence: float) -> npt.NDArray[np.int8]:
    """1 yes, 0 no, -1 nobody asked."""
    dice = random.random(count)
    return np.where(dice < silence, -1, random.random(count) < share).astype(np.int8)


def _written(random: Random, people: People, runs: Episodes, at: Ints, as_of: int) -> Ints:
    """Soon after custody began, or soon after the child's last run did."""
    last = np.full(len(people.number), -1, dtype=np.int64)
    np.maximum.at(last, runs.child, runs.began)
    custody = people.custody_from[at]
    first = custody + random.integers(DAY, 20 * DAY, len(at))
    again = last[at] + random.integers(HOUR, 6 * HOUR, len(at))
    written = np.where((last[at] > 0) & (random.random(len(at)) < 0.7), again, first)
    return np.where(written < as_of - HOUR, written, np.where(custody < as_of - HOUR, custody + HOUR // 2, NEVER))
