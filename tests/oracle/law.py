"""Law as plain data (spec 2.3, 3): dated limits in hours, and the table of who is covered."""

from datetime import date

from tests.oracle.times import FOREVER, HOUR, Moment, local_midnight

LIMITS: dict[str, list[tuple[date, int | None]]] = {
    "us/federal/report_to_le": [(date(2016, 9, 29), 24)],
    "us/federal/report_to_ncmec": [(date(2016, 9, 29), 24)],
    "us/federal/report_to_le_under_21": [(date(2016, 9, 29), 24)],
    "us/federal/ncic_entry": [(date(2006, 7, 27), 2)],
    "us/federal/no_waiting_period": [(date(2006, 7, 27), None)],
    "us/mo/report_to_le": [(date(2020, 9, 11), 24), (date(2023, 8, 28), 2)],
    "us/mo/report_to_ncmec": [(date(2020, 9, 11), 24), (date(2023, 8, 28), 2)],
    "us/tx/report_to_le": [(date(2017, 9, 1), 24)],
    "us/tx/report_to_ncmec": [(date(2017, 9, 1), 24)],
    "us/tx/tell_le_located": [(date(2017, 9, 1), 24)],
    "us/tx/tell_ncmec_located": [(date(2017, 9, 1), 24)],
    "advice/tell_le_located": [(date(1970, 1, 1), 24)],
    "advice/tell_ncmec_located": [(date(1970, 1, 1), 24)],
    "advice/keep_in_contact": [(date(1970, 1, 1), 720)],
    "advice/screen_after_return": [(date(1970, 1, 1), 72)],
}

FEDERAL = "us/federal"
RANK = ("state_care", "court_guardianship", "tribal", "other_state", "voluntary_extended_care", "in_home", "none")
DUTY_OF = {"law_enforcement": "report_to_le", "ncmec": "report_to_ncmec"}


def duties(custody: str, age: int | None) -> tuple[str, str]:
    """Duty to law enforcement and to NCMEC; the first row of the table that matches (spec 2.3)."""
    if age is not None and age >= 21:
        return ("not_required", "not_required")
    is_adult = age is not None and age >= 18
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
    """A young adult in voluntary extended care has a rule of their own (spec 2.3)."""
    is_young_adult = age is not None and 18 <= age <= 20
    own = recipient == "law_enforcement" and custody == "voluntary_extended_care" and is_young_adult
    return "us/federal/report_to_le_under_21" if own else f"{FEDERAL}/{DUTY_OF[recipient]}"


def state_rule(jurisdiction: str, duty: str) -> str | None:
    """The state's rule on a duty, if one is on file."""
    rule = f"{jurisdiction}/{duty}"
    return rule if jurisdiction != FEDERAL and rule in LIMITS else None


def limits_at(rule: str, clock: Moment, zone: str) -> list[int | None]:
    """Every limit (seconds) in force at some instant of the clock's moment; None where none was (spec 3)."""
    dated = [(local_midnight(day, zone), hours) for day, hours in LIMITS[rule]]
    starts = [-FOREVER, *(start for start, _ in dated)]
    values = [None, *(hours for _, hours in dated)]
    stops = [*starts[1:], FOREVER]
    return [
        None if hours is None else hours * HOUR
        for start, stop, hours in zip(starts, stops, values, strict=True)
        if start <= clock[1] and clock[0] < stop
    ]
