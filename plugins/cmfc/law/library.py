"""Loads the duties of one jurisdiction as two small tables: who owes what, and the dated values (spec 2.3, 3)."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any
from zoneinfo import ZoneInfo

import jsonschema
import yaml

from cmfc.errors import UsageError

FEDERAL = "us/federal"
REPORT_DUTIES = ("report_to_le", "report_to_ncmec")
CUSTODIES = (
    "state_care",
    "court_guardianship",
    "tribal",
    "other_state",
    "voluntary_extended_care",
    "in_home",
    "none",
)
"""Custody authorities by rank, highest first (spec 2.3); `none` is no custody on file."""

AGE_BANDS = {"under_18_or_unknown": 0, "18_to_20": 18, "21_and_over": 21}
"""Each band with its lowest age in completed years."""

FOREVER = 253402300799
"""9999-12-31T23:59:59Z in epoch seconds."""


@dataclass(frozen=True)
class Duty:
    """Who owes which report: one row per (level, duty, custody, age band)."""

    level: str
    duty: str
    recipient: str
    custody: str
    age_band: str
    obligation: str
    rule_id: str | None
    why: str


@dataclass(frozen=True)
class Value:
    """One dated value of a rule. `from_at` ≤ clock < `until_at`, epoch seconds; `limit_seconds` elapsed."""

    rule_id: str
    level: str
    duty: str
    recipient: str
    basis: str
    starts_when: str
    from_at: int
    until_at: int
    limit_seconds: int | None
    citation: str
    is_verified: bool


@dataclass(frozen=True)
class Law:
    """The law of one jurisdiction, federal rules included, with the SHA-256 of every file it came from."""

    jurisdiction: str
    duties: tuple[Duty, ...]
    values: tuple[Value, ...]
    digest: str


def load_law(jurisdiction: str, zone: str, root: Traversable | None = None) -> Law:
    """The federal rules, this project's advice and, unless `us/federal` is asked for, one state's rules.

    Args:
        jurisdiction: `us/federal` or `us/<xx>`.
        zone: IANA zone of the agency; a value's days begin at its local midnight.
        root: another law folder, for tests.

    Raises:
        UsageError: no such jurisdiction (CMFC-L01), or a file that breaks schema.json (CMFC-L02).
    """
    base = root or files("cmfc.law")
    levels = {"federal": FEDERAL, "advice": "advice"}
    if jurisdiction != FEDERAL:
        levels["state"] = jurisdiction
    texts = {"coverage.yml": base.joinpath("coverage.yml").read_text(encoding="utf-8")}
    for folder in levels.values():
        texts |= _texts(base, folder, jurisdiction)
    documents = {name: _parsed(text) for name, text in sorted(texts.items())}
    values = tuple(v for level, folder in levels.items() for v in _values(documents, level, folder, ZoneInfo(zone)))
    duties = tuple(d for level in levels if level != "advice" for d in _duties(documents, level, levels[level]))
    digest = hashlib.sha256(json.dumps(texts, sort_keys=True).encode()).hexdigest()
    return Law(jurisdiction, duties, values, digest)


def due_for_reading(
    jurisdiction: str, today: date, days: int, root: Traversable | None = None
) -> list[tuple[str, str, str]]:
    """Values in force that nobody has read again for so many days: rule id, in force from, read on."""
    base = root or files("cmfc.law")
    found = []
    for folder in dict.fromkeys((FEDERAL, jurisdiction)):
        texts = _texts(base, folder, jurisdiction)
        rules = _rules({name: _parsed(text) for name, text in sorted(texts.items())}, folder)
        for rule_id, rule in rules.items():
            value = max(rule["values"], key=lambda v: str(v["in_force"]))
            read_on = value["citation"]["read_on"]
            if not value.get("until") and (today - date.fromisoformat(read_on)).days >= days:
                found.append((rule_id, value["in_force"], read_on))
    return sorted(found)


def jurisdictions(root: Traversable | None = None) -> list[str]:
    """Every jurisdiction on file, such as `us/federal` and `us/mo`."""
    return sorted(f"us/{p.name}" for p in (root or files("cmfc.law")).joinpath("us").iterdir() if p.is_dir())


def _texts(base: Traversable, folder: str, jurisdiction: str) -> dict[str, str]:
    if folder != "advice" and folder not in jurisdictions(base):
        known = ", ".join(jurisdictions(base))
        raise UsageError("CMFC-L01", f"No law is on file for jurisdiction '{jurisdiction}'. On file: {known}.")
    names = sorted((p for p in base.joinpath(folder).iterdir() if p.name.endswith(".yml")), key=lambda p: p.name)
    return {f"{folder}/{p.name}": p.read_text(encoding="utf-8") for p in names}


@cache
def _validator() -> Any:
    schema = json.loads(files("cmfc.law").joinpath("schema.json").read_text(encoding="utf-8"))
    return jsonschema.Draft202012Validator(schema)


def _rules(documents: dict[str, Any], folder: str) -> dict[str, dict[str, Any]]:
    """Each rule file of a folder, checked, by rule id."""
    found = {}
    for name, document in documents.items():
        if not name.startswith(f"{folder}/") or name.endswith("/coverage.yml"):
            continue
        for error in _validator().iter_errors(document):
            where = "/".join(str(p) for p in error.absolute_path)
            raise UsageError("CMFC-L02", f"Law file {name} is not valid at '{where}': {error.message}")
        found[name.removesuffix(".yml")] = document
    return found


def _parsed(text: str) -> Any:
    """YAML as JSON would hold it: dates stay ISO text, so that schema.json can check them."""
    return json.loads(json.dumps(yaml.safe_load(text), default=str))


def _values(documents: dict[str, Any], level: str, folder: str, zone: ZoneInfo) -> list[Value]:
    rows = []
    for rule_id, rule in _rules(documents, folder).items():
        dated = sorted(rule["values"], key=lambda v: v["in_force"])
        for value, following in zip(dated, [*dated[1:], None], strict=True):
            until = value.get("until") or (following and following["in_force"])
            cited = value["citation"]
            limit = value.get("limit_hours")
            rows.append(
                Value(
                    rule_id=rule_id,
                    level=level,
                    duty=rule["duty"],
                    recipient=rule["recipient"],
                    basis=rule["basis"],
                    starts_when=value["starts_when"],
                    from_at=_midnight(value["in_force"], zone),
                    until_at=_midnight(until, zone) if until else FOREVER,
                    limit_seconds=None if limit is None else limit * 3600,
                    citation=f"{cited['section']} ({cited['title']})",
                    is_verified=cited["verified"],
                )
            )
    return rows


def _duties(documents: dict[str, Any], level: str, folder: str) -> list[Duty]:
    rules = _rules(documents, folder)
    own = documents.get(f"{folder}/coverage.yml", {"rows": []})["rows"]
    rows = [*own, *documents["coverage.yml"]["rows"]]
    duties = []
    for custody in CUSTODIES:
        for band, lowest in AGE_BANDS.items():
            row = next(r for r in rows if r["custody"] in ("any", custody) and r["age"] in ("any", band))
            for duty, column in zip(REPORT_DUTIES, ("to_le", "to_ncmec"), strict=True):
                recipient = "law_enforcement" if column == "to_le" else "ncmec"
                rule = _governing(rules, duty, custody, lowest)
                duties.append(Duty(level, duty, recipient, custody, band, row[column], rule, row["why"]))
    return duties


def _governing(rules: dict[str, dict[str, Any]], duty: str, custody: str, age: int) -> str | None:
    """The rule for this custody and age: one that names them stands before the general one."""
    general = None
    for rule_id, rule in rules.items():
        if rule["duty"] != duty:
            continue
        named = rule["values"][0].get("applies_to")
        if named is None:
            general = rule_id
        elif custody in named["custody"] and named["ages"][0] <= age <= named["ages"][1]:
            return rule_id
    return general


def _midnight(day: str, zone: ZoneInfo) -> int:
    start = date.fromisoformat(day)
    return int(datetime(start.year, start.month, start.day, tzinfo=zone).timestamp())
