"""The words of the law files, each of which acts: custodies, ages, clocks (spec 2.3, 3)."""

FEDERAL = "us/federal"
ADVICE = "advice"
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

OLDEST = 120
"""`ages: [21, 120]` is 21 and over."""

AGE_BANDS = {"under_18": (0, 17), "18_to_20": (18, 20), "21_and_over": (21, OLDEST), "unknown": (0, 17)}
"""Each band with its ages in completed years. An unknown birth date is a band of its own, read as a child's in the
scope of a value: fail safe (spec 2.3)."""

SCOPE_OF_ALL = tuple((custody, band) for custody in CUSTODIES for band in AGE_BANDS)

_SINCE_MISSING = ("agency_informed", "absent_since", "determined_missing", "first_suspected")
CLOCKS = {
    "report_to_le": _SINCE_MISSING,
    "report_to_ncmec": (*_SINCE_MISSING, "le_reported"),
    "ncic_entry": ("le_reported",),
    "no_waiting_period": ("le_reported",),
    "tell_le_located": ("returned", "agency_informed_of_return"),
    "tell_ncmec_located": ("returned", "agency_informed_of_return"),
    "keep_in_contact": ("last_contact",),
    "screen_after_return": ("returned", "agency_informed_of_return"),
}
"""Per duty, the clocks that fit it; the first is its usual one."""

RECIPIENTS = {
    "report_to_le": "law_enforcement",
    "report_to_ncmec": "ncmec",
    "ncic_entry": "law_enforcement",
    "no_waiting_period": "law_enforcement",
    "tell_le_located": "law_enforcement",
    "tell_ncmec_located": "ncmec",
    "keep_in_contact": "",
    "screen_after_return": "",
}
"""To whom each duty is owed; empty: to both, or to nobody outside."""

FOREVER = 253402300799
"""9999-12-31T23:59:59Z in epoch seconds."""


def band_of(age: int | None) -> str:
    """The age band of an age in completed years; None: the birth date is not known."""
    if age is None:
        return "unknown"
    return next(band for band, (low, high) in AGE_BANDS.items() if band != "unknown" and min(age, OLDEST) <= high)


def bands_of(low: int, high: int) -> tuple[str, ...] | None:
    """The age bands that a scope's ages make up; None if they cut one."""
    parts = [range(first, last + 1) for first, last in AGE_BANDS.values()]
    if any((low in part or high in part) and not (low <= part[0] and part[-1] <= high) for part in parts):
        return None
    return tuple(band for band, (first, last) in AGE_BANDS.items() if low <= first and last <= high)
