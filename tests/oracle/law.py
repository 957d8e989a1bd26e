"""Who owes which report, and which rules judge it (spec 2.3, 3)."""

from collections.abc import Callable

from tests.oracle.law_files import FEDERAL, Value, is_on_file, values_for
from tests.oracle.times import FOREVER, Moment, local_midnight

RANK = ("state_care", "court_guardianship", "tribal", "other_state", "voluntary_extended_care", "in_home", "none")
"""Custody authorities, highest first."""
DUTY_OF = {"law_enforcement": "report_to_le", "ncmec": "report_to_ncmec"}
TELL = {"law_enforcement": "tell_le_located", "ncmec": "tell_ncmec_located"}
NCIC = "us/federal/ncic_entry"
NO_WAITING = "us/federal/no_waiting_period"


def duty_to(recipient: str, custody: str, age: int | None) -> str:
    """The first row of the table that matches."""
    to_le, to_ncmec = _duties(custody, age)
    return to_le if recipient == "law_enforcement" else to_ncmec


def _duties(custody: str, age: int | None) -> tuple[str, str]:
    if age is not None and age >= 21:
        is_no_duty = custody in ("in_home", "other_state")
        return ("not_required", "not_required") if is_no_duty else ("review", "review")
    is_adult = age is not None and age >= 18
    if custody == "voluntary_extended_care" and age is None:
        return ("required", "review")
    if custody == "tribal":
        return ("review", "review")
    if custody == "other_state":
        return ("not_required", "not_required")
    if custody == "in_home":
        return ("review", "review") if is_adult else ("third_party", "third_party")
    if custody == "none":
        return ("review", "review") if is_adult else ("required", "required")
    if not is_adult:
        return ("required", "required")
    return {
        "state_care": ("required", "review"),
        "court_guardianship": ("required", "required"),
        "voluntary_extended_care": ("required", "not_required"),
    }[custody]


def federal_rule(recipient: str, custody: str, age: int | None) -> str:
    """A young adult in voluntary extended care has a rule of their own."""
    is_young_adult = age is not None and 18 <= age <= 20
    own = recipient == "law_enforcement" and custody == "voluntary_extended_care" and is_young_adult
    return "us/federal/report_to_le_under_21" if own else f"{FEDERAL}/{DUTY_OF[recipient]}"


def state_rule(jurisdiction: str, duty: str) -> str | None:
    """The state's rule on a duty, if one is on file."""
    rule = f"{jurisdiction}/{duty}"
    return rule if jurisdiction != FEDERAL and is_on_file(rule) else None


def in_force(
    rule: str, custody: str, age: int | None, clock_of: Callable[[Value | None], Moment | None], zone: str
) -> list[tuple[Value | None, Moment | None]]:
    """Every value in force at some instant of its own clock, with that clock; None where there may be no value."""
    pairs: list[tuple[Value | None, Moment | None]] = []
    stretches = []
    for value in values_for(rule, custody, age):
        stretch, clock = _stretch(value, rule, custody, age, zone), clock_of(value)
        stretches.append(stretch)
        probe = clock or clock_of(None)
        if probe is None or (stretch[0] <= probe[1] and probe[0] < stretch[1]):
            pairs.append((value, clock))
    plain = clock_of(pairs[0][0] if pairs else None)
    if plain is None:
        return pairs
    gaps = zip([-FOREVER, *(stop for _, stop in stretches)], [*(start for start, _ in stretches), FOREVER], strict=True)
    if any(start < stop and start <= plain[1] and plain[0] < stop for start, stop in gaps):
        pairs.append((None, plain))
    return pairs


def _stretch(value: Value, rule: str, custody: str, age: int | None, zone: str) -> Moment:
    """From the first second of a value to the first second after it."""
    later = [v.in_force for v in values_for(rule, custody, age) if v.in_force > value.in_force]
    days = [day for day in (value.until, min(later, default=None)) if day]
    return (local_midnight(value.in_force, zone), local_midnight(min(days), zone) if days else FOREVER)


def first_day(rule: str, custody: str, age: int | None, zone: str) -> int | None:
    """The first second of a rule's first value."""
    values = values_for(rule, custody, age)
    return local_midnight(values[0].first, zone) if values else None


def strength(value: Value) -> int:
    """Of the broken rules the strongest basis names the finding (spec 5): verified law, other law, policy, advice."""
    if value.basis == "law":
        return 0 if value.is_verified else 1
    return {"policy": 2, "advice": 3}[value.basis]
