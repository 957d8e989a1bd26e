"""What `verified: true` asks for: words that were read, and that say to whom and by when (spec 3)."""

import re
from typing import Any

MOST_WORDS = 25
_WHOM = {
    "law_enforcement": (r"law[- ]enforcement|\bpolice\b|\bsheriff",),
    "ncmec": (r"\bNCMEC\b|National Center for Missing",),
}
_NUMBERS = {
    1: "one", 2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 8: "eight", 10: "ten", 12: "twelve",
    24: "twenty-four", 48: "forty-eight", 72: "seventy-two",
}  # fmt: skip
_TIMELESS = {
    "no_waiting_period": r"waiting period",
    "keep_in_contact": r"communicat|contact",
    "tell_le_located": r"communicat|recover|return|locat",
    "tell_ncmec_located": r"communicat|recover|return|locat",
}
"""What the words of a duty without a number must speak of, where they do not say "immediately"."""


def lacks(rule: dict[str, Any], value: dict[str, Any]) -> str | None:
    """What a value that calls itself verified lacks to be so; None: nothing, or it does not call itself verified."""
    cited = value["citation"]
    if not cited["verified"]:
        return None
    if problem := lacks_proof(cited):
        return problem
    whom = _WHOM.get(rule["recipient"], tuple(pattern for patterns in _WHOM.values() for pattern in patterns))
    if not all(re.search(pattern, cited["quote"], re.IGNORECASE) for pattern in whom):
        return "the quote does not name the recipient"
    if not re.search(_time(rule["duty"], value), cited["quote"], re.IGNORECASE):
        return "the quote names neither the time nor the word immediately"
    return None


def lacks_proof(cited: dict[str, Any]) -> str | None:
    """What a citation that calls itself verified lacks, whatever it is of; None: nothing."""
    if not cited["verified"]:
        return None
    if missing := [word for word in ("quote", "link") if word not in cited]:
        return f"verified: true needs {' and '.join(missing)}"
    words = [word for word in cited["quote"].split() if word != "…"]
    return f"the quote has {len(words)} words, and at most {MOST_WORDS} are kept" if len(words) > MOST_WORDS else None


def _time(duty: str, value: dict[str, Any]) -> str:
    limits = ((value.get("limit_hours"), "hour"), (value.get("limit_business_days"), "day"))
    for number, unit in limits:
        if number is not None:
            forms = "|".join([str(number), *([_NUMBERS[number]] if number in _NUMBERS else [])])
            return rf"\bimmediately\b|\b(?:{forms})\b[^.;]{{0,25}}?\b{unit}s?\b"
    return rf"\bimmediately\b|{_TIMELESS[duty]}" if "no_number" in value and duty in _TIMELESS else r"\bimmediately\b"
