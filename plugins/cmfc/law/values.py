"""The dated values of the rules, each held against what the engine can judge by (spec 3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from cmfc.law.quotes import lacks
from cmfc.law.reading import refuse
from cmfc.law.terms import CLOCKS, FOREVER, RECIPIENTS, SCOPE_OF_ALL, bands_of
from cmfc.timing.clock import local_midnight

Pair = tuple[str, str]
"""A custody and an age band."""

Rules = Mapping[str, dict[str, Any]]
"""Checked rule files by rule id."""

LIMITS = ("limit_hours", "limit_business_days", "immediately", "no_number")


@dataclass(frozen=True)
class Value:
    """One dated value of a rule. `from_at` ≤ clock < `until_at`, epoch seconds.

    Exactly one of `limit_seconds` (elapsed) and `limit_business_days` is set; neither, where the text names no number
    (judged `no_number`). `is_first`: no earlier value of its rule is for the same children. `scopes` holds every
    custody and age band it is for: its `applies_to`, and of a state's value only whom the state's words cover.
    """

    rule_id: str
    level: str
    duty: str
    recipient: str
    basis: str
    starts_when: str
    counting: str
    from_at: int
    until_at: int
    limit_seconds: int | None
    limit_business_days: int | None
    citation: str
    is_verified: bool
    quote: str | None
    in_force_certainty: str
    is_first: bool
    plain_name: str
    scopes: tuple[Pair, ...]

    @property
    def custodies(self) -> tuple[str, ...]:
        """The custodies it is for."""
        return tuple(dict.fromkeys(custody for custody, _ in self.scopes))

    @property
    def age_bands(self) -> tuple[str, ...]:
        """The age bands it is for."""
        return tuple(dict.fromkeys(band for _, band in self.scopes))


@dataclass(frozen=True)
class Dated:
    """A value as it stands in its file, with the pairs it is for and the days it holds."""

    value: dict[str, Any]
    place: str
    scope: frozenset[Pair]
    until: str | None
    is_first: bool


def check_rule(name: str, rule: dict[str, Any]) -> None:
    """Refuse what the schema cannot see: words that do not fit each other.

    Raises:
        UsageError: CMFC-L02.
    """
    duty = rule["duty"]
    if rule["recipient"] != RECIPIENTS[duty]:
        refuse(name, "recipient", f"{duty} is owed to '{RECIPIENTS[duty]}'; write that.")
    for number, value in enumerate(rule["values"]):
        place = f"values/{number}"
        limits = [word for word in LIMITS if word in value]
        if len(limits) != 1:
            listing = " and ".join(limits) or "none"
            refuse(name, place, f"it must have exactly one of {', '.join(LIMITS)} and has {listing}; keep one.")
        counting = "business_days" if limits == ["limit_business_days"] else "elapsed"
        if value.get("counting", "elapsed" if limits[0] in LIMITS[2:] else None) != counting:
            refuse(name, f"{place}/counting", f"{limits[0]} is counted as {counting}; write 'counting: {counting}'.")
        if value["starts_when"] not in CLOCKS[duty]:
            fitting = ", ".join(CLOCKS[duty])
            refuse(name, f"{place}/starts_when", f"no clock of {duty} starts at {value['starts_when']}; use {fitting}.")
        if value.get("until", "9999") <= value["in_force"]:
            refuse(name, f"{place}/until", "it is not after in_force; correct one of the two.")
        if (value["basis"] == "advice") != name.startswith("advice/"):
            refuse(name, f"{place}/basis", "advice stands in the folder advice, law and policy in us/; move it.")
        if "applies_to" in value and bands_of(*value["applies_to"]["ages"]) is None:
            refuse(name, f"{place}/applies_to/ages", "they cut an age band (0-17, 18-20, 21-120); use whole bands.")
        if problem := lacks(rule, value):
            refuse(name, f"{place}/citation", f"{problem}; quote what was read, or write 'verified: false'.")


def dated_values(name: str, rule: dict[str, Any]) -> list[Dated]:
    """The values of a rule by their first day, each ended by the next one for the same children.

    Raises:
        UsageError: CMFC-L02, where two values hold on one day for the same children.
    """
    values = sorted(enumerate(rule["values"]), key=lambda v: (v[1]["in_force"], v[0]))
    scopes = {number: _own_scope(value) for number, value in values}
    dated = []
    for position, (number, value) in enumerate(values):
        until = value.get("until")
        for later, other in values[position + 1 :]:
            if not scopes[number] & scopes[later] or (until and until <= other["in_force"]):
                continue
            if until or other["in_force"] == value["in_force"] or scopes[number] != scopes[later]:
                what = f"it holds on the same days as values/{later} for the same children; end one before the other."
                refuse(name, f"values/{number}", what)
            until = other["in_force"]
        is_first = not any(scopes[number] & scopes[earlier] for earlier, _ in values[:position])
        dated.append(Dated(value, f"values/{number}", scopes[number], until, is_first))
    return dated


def rows_of(
    rules: Rules, level: str, place_name: str, covered: Mapping[str, frozenset[Pair]], zone: str
) -> list[Value]:
    """The values of one level's rules.

    Args:
        rules: by rule id, checked.
        level: federal, state or advice.
        place_name: how people call whose rules they are: federal, Missouri, advice.
        covered: per duty, whom the state's words cover; a duty that is not in it is for all.
        zone: a value's days begin at this zone's local midnight.

    Raises:
        UsageError: CMFC-L02, for a scope that goes beyond whom the state's words cover.
    """
    rows = []
    for rule_id, rule in rules.items():
        for dated in dated_values(f"{rule_id}.yml", rule):
            value, cited = dated.value, dated.value["citation"]
            within = dated.scope & covered.get(rule["duty"], dated.scope)
            if "applies_to" in value and within != dated.scope:
                what = "it names children whom coverage.yml does not cover; take them out or cover them."
                refuse(f"{rule_id}.yml", f"{dated.place}/applies_to", what)
            hours = value.get("limit_hours")
            rows.append(
                Value(
                    rule_id=rule_id,
                    level=level,
                    duty=rule["duty"],
                    recipient=rule["recipient"],
                    basis=value["basis"],
                    starts_when=value["starts_when"],
                    counting=value.get("counting", "elapsed"),
                    from_at=local_midnight(date.fromisoformat(value["in_force"]), zone),
                    until_at=local_midnight(date.fromisoformat(dated.until), zone) if dated.until else FOREVER,
                    limit_seconds=None if hours is None else hours * 3600,
                    limit_business_days=value.get("limit_business_days"),
                    citation=f"{cited['section']} ({cited['title']})",
                    is_verified=cited["verified"],
                    quote=cited.get("quote"),
                    in_force_certainty=value["in_force_certainty"],
                    is_first=dated.is_first,
                    plain_name=_plain_name(place_name, rule["duty"], value),
                    scopes=tuple(pair for pair in SCOPE_OF_ALL if pair in within),
                )
            )
    return rows


_AFTER = {
    "absent_since": " since the child left",
    "determined_missing": " since the child was determined missing",
    "first_suspected": " since it was first suspected",
    "le_reported": " after the report to law enforcement",
}


def _plain_name(place_name: str, duty: str, value: dict[str, Any]) -> str:
    """How people call a value: `Missouri: 2 hours`, `Texas (policy): 24 hours`, `federal: no number of hours`."""
    policy = " (policy)" if value["basis"] == "policy" else ""
    after = "" if value["starts_when"] == CLOCKS[duty][0] else _AFTER.get(value["starts_when"], "")
    return f"{place_name}{policy}: {_limit(value)}{after}"


def _limit(value: dict[str, Any]) -> str:
    if "immediately" in value:
        return "immediately"
    if "no_number" in value:
        return "no number of hours"
    if "limit_business_days" in value:
        return _many(value["limit_business_days"], "business day")
    hours = value["limit_hours"]
    return _many(hours // 24, "day") if hours > 72 and hours % 24 == 0 else _many(hours, "hour")


def _many(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _own_scope(value: dict[str, Any]) -> frozenset[Pair]:
    named = value.get("applies_to")
    if named is None:
        return frozenset(SCOPE_OF_ALL)
    bands = bands_of(*named["ages"]) or ()
    return frozenset((custody, band) for custody in named["custody"] for band in bands)
