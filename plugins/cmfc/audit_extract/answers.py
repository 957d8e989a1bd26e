"""What a worksheet asks, and what follows from the answers: the questions that are estimated (spec 6)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

Answered = Mapping[str, str | date | time]
"""Of one case, by question; what was left empty is not in it."""

REPORTED = ("on_time", "late", "never", "no_duty", "cannot_tell")
AGREES = ("yes", "no", "cannot_tell")
ANSWERS: dict[str, tuple[str, ...]] = {
    "file": ("located", "not_located"),
    "le_on_file": REPORTED,
    "ncmec_on_file": REPORTED,
    "record_agrees": AGREES,
    "was_missing": AGREES,
    "in_records": AGREES,
    "is_of_episode": AGREES,
}
"""The drop-downs, and the only answers that are read back."""
DATES = ("learned_on", "le_on", "ncmec_on", "ended_on_file")
TIMES = ("learned_time", "le_time", "ncmec_time")
NUMBERS = ("le_number", "ncmec_number")


@dataclass(frozen=True)
class Sheet:
    """One sheet: its name, its sample's table, what names a case, what is shown, what is to be filled in."""

    name: str
    table: str
    subject: str
    columns: tuple[str, ...]
    questions: tuple[str, ...]


SHEETS = (
    Sheet(
        "Worksheet", "sample", "episode", ("episode", "stratum", "child", "county", "began_on", "ended_on", "outcome"),
        ("file", "learned_on", "learned_time", "le_on_file", "le_on", "le_time", "le_number", "ncmec_on_file",
         "ncmec_on", "ncmec_time", "ncmec_number", "ended_on_file", "record_agrees"),
    ),
    Sheet("Exclusions", "sample_exclusions", "subject", ("subject", "stratum"), ("file", "was_missing")),
    Sheet("Reports", "sample_reports", "report", ("report", "stratum"), ("file", "in_records", "is_of_episode")),
)  # fmt: skip
ESTIMATED: dict[str, dict[str, tuple[str, ...]]] = {
    "Worksheet": {
        "file": ANSWERS["file"],
        "le_on_file": REPORTED,
        "ncmec_on_file": REPORTED,
        "record_agrees": AGREES,
        "le_calendar_days": ("on_time", "late", "never"),
        "ncmec_calendar_days": ("on_time", "late", "never"),
        "le_by_the_dates": ("on_time", "late", "in_doubt", "never"),
        "ncmec_by_the_dates": ("on_time", "late", "in_doubt", "never"),
        "learned_on_agrees": ("yes", "no"),
        "le_on_agrees": ("yes", "no"),
        "ncmec_on_agrees": ("yes", "no"),
        "ended_on_agrees": ("yes", "no"),
        "le_number_on_file": ("yes", "no"),
        "ncmec_number_on_file": ("yes", "no"),
    },
    "Exclusions": {"file": ANSWERS["file"], "was_missing": AGREES},
    "Reports": {"file": ANSWERS["file"], "in_records": AGREES, "is_of_episode": AGREES},
}
"""By sheet, every question that is estimated, with its answers. What is not asked follows from dates (`follow`)."""


def follow(answered: Answered, record: Mapping[str, date | None]) -> dict[str, str]:
    """What can be estimated of one case: the drop-downs, and what follows from the dates in the file.

    Args:
        answered: of the case.
        record: the dates that the agency's records have: learned_on, le_on, ncmec_on, ended_on_file; None: none.
    """
    out = {name: str(value) for name, value in answered.items() if name in ANSWERS}
    if answered.get("file") == "not_located":
        return {"file": "not_located"}
    for name in DATES:
        if name in answered and name in record:
            out[f"{name.removesuffix('_file')}_agrees"] = "yes" if answered[name] == record[name] else "no"
    learned = answered.get("learned_on")
    for to in ("le", "ncmec"):
        reported, says = answered.get(f"{to}_on"), answered.get(f"{to}_on_file")
        if reported is not None:
            out[f"{to}_number_on_file"] = "yes" if f"{to}_number" in answered else "no"
        if says == "never":
            out |= {f"{to}_calendar_days": "never", f"{to}_by_the_dates": "never"}
        elif isinstance(reported, date) and isinstance(learned, date) and says != "no_duty":
            out[f"{to}_calendar_days"] = "late" if (reported - learned).days >= 2 else "on_time"
            out[f"{to}_by_the_dates"] = _by_hours(
                learned, reported, answered.get("learned_time"), answered.get(f"{to}_time")
            )
    return out


def _by_hours(learned: date, reported: date, learned_at: object, reported_at: object) -> str:
    """24 hours, from what the file has of the times; a time that it lacks may be any of its day."""
    first = [learned_at] if isinstance(learned_at, time) else [time.min, time.max]
    last = [reported_at] if isinstance(reported_at, time) else [time.min, time.max]
    least = datetime.combine(reported, last[0]) - datetime.combine(learned, first[-1])
    most = datetime.combine(reported, last[-1]) - datetime.combine(learned, first[0])
    day = timedelta(hours=24)
    return "on_time" if most <= day else "late" if least > day else "in_doubt"
