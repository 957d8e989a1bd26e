"""Drawn laws of a state that does not exist: every word of a law file, near the nights of the worlds (spec 3)."""

import random
import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

from tests.oracle.law_files import FILES

STATE = "us/zz"
DUTIES = {"report_to_le": "law_enforcement", "report_to_ncmec": "ncmec", "tell_le_located": "law_enforcement"}
SINCE_MISSING = ("agency_informed", "agency_informed", "absent_since", "determined_missing", "first_suspected")
CLOCKS = {
    "report_to_le": SINCE_MISSING,
    "report_to_ncmec": (*SINCE_MISSING, "le_reported"),
    "tell_le_located": ("returned", "returned", "agency_informed_of_return"),
}
CUSTODIES = ("state_care", "court_guardianship", "voluntary_extended_care", "in_home", "tribal", "other_state", "none")
AGES = ([0, 120], [0, 120], [0, 17], [0, 20], [18, 20], [18, 120])
AGO = (0, 1, 2, 3, 4, 10, 30, 90, 400, 4000)


def write_law(rng: random.Random, today: date, folder: Path) -> Path:
    """A copy of the law on file with one more state; gives its root."""
    root = copy_of_the_law(folder)
    own = root / STATE
    duties = [duty for duty in DUTIES if rng.random() < 0.85] or ["report_to_le"]
    cited = _cited(verified=False)
    covers = [{"duties": [duty], "custody": _some(rng), "ages": rng.choice(AGES), "citation": cited} for duty in duties]
    write_document(own / "coverage.yml", {"name": "Zenith", "encoded": "2026-11-26", "covers": covers})
    for duty, words in zip(duties, covers, strict=True):
        rule = {"title": "Drawn", "duty": duty, "recipient": DUTIES[duty], "values": _values(rng, duty, today, words)}
        write_document(own / f"{duty}.yml", rule)
    return root


def copy_of_the_law(folder: Path) -> Path:
    """The law on file, and an empty folder for one more state; gives its root."""
    root = folder / "law"
    shutil.copytree(FILES, root, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    (root / STATE).mkdir()
    return root


def _values(rng: random.Random, duty: str, today: date, words: dict[str, Any]) -> list[dict[str, Any]]:
    """Values one after the other for all whom the state's words cover, or apart for two kinds of custody."""
    if rng.random() < 0.6:
        return _dated(rng, duty, today, None)
    custodies, (lowest, highest) = words["custody"], words["ages"]
    ages = [ages for ages in AGES if lowest <= ages[0] and ages[1] <= highest]
    middle = rng.randint(1, len(custodies) - 1)
    values = []
    for half in (custodies[:middle], custodies[middle:]):
        values += _dated(rng, duty, today, {"custody": half, "ages": rng.choice(ages)})
    return values


def _dated(rng: random.Random, duty: str, today: date, scope: dict[str, Any] | None) -> list[dict[str, Any]]:
    days = sorted(today - timedelta(days=ago) for ago in rng.sample(AGO, rng.choice((1, 2, 3))))
    values = []
    for number, day in enumerate(days):
        value: dict[str, Any] = {"in_force": day.isoformat(), "in_force_certainty": "read", "encoded": "2026-11-26"}
        value |= {"basis": rng.choice(("law", "law", "policy")), "citation": _cited(verified=rng.random() < 0.6)}
        value |= {"starts_when": rng.choice(CLOCKS[duty])} | _limit(rng)
        if scope:
            value["applies_to"] = scope
        last = days[number + 1] if number + 1 < len(days) else today + timedelta(days=1)
        if rng.random() < 0.2 and last - day > timedelta(days=1):
            value["until"] = (day + timedelta(days=rng.randint(1, (last - day).days))).isoformat()
        values.append(value)
    return values


def _limit(rng: random.Random) -> dict[str, Any]:
    return rng.choice(
        (
            {"limit_hours": rng.choice((0, 1, 2, 8, 12, 24, 48)), "counting": "elapsed"},
            {"limit_hours": 24, "counting": "elapsed"},
            {"limit_business_days": rng.choice((1, 2, 3)), "counting": "business_days"},
            {"immediately": True},
            {"no_number": True},
        )
    )


def _cited(*, verified: bool) -> dict[str, Any]:
    cited: dict[str, Any] = {"title": "Drawn", "section": "1", "read_on": "2026-11-26", "verified": verified}
    quote = "immediately tell law enforcement and the NCMEC"
    return cited | {"quote": quote, "link": "https://example.org/law"} if verified else cited


def _some(rng: random.Random) -> list[str]:
    """Two custodies or more; state care, which most children are in, most often among them."""
    first = rng.choice((*CUSTODIES[:1] * 3, *CUSTODIES[1:]))
    return [first, *rng.sample([c for c in CUSTODIES if c != first], rng.randint(1, len(CUSTODIES) - 1))]


def write_document(path: Path, document: dict[str, Any]) -> None:
    """One YAML file."""
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
