"""Whether a `format` of the mapping says what a time is, before any row is read (spec 1, Ids and text).

Directives are those of strptime whose meaning depends on no machine and no language setting.
"""

import re

DIRECTIVES = frozenset("YymdjbBaAGVuUWwHIpMSfz")
_DIRECTIVE = re.compile(r"%(.?)", re.DOTALL)
_DAYS = (
    {"year", "month", "day"},
    {"year", "day of the year"},
    {"year", "week", "weekday"},
)
_PARTS = {
    "year": "YyG",
    "month": "mbB",
    "day": "d",
    "day of the year": "j",
    "week": "VUW",
    "weekday": "uwaA",
    "hour": "HI",
}
_WIDTHS = {"Y": 4, "G": 4, "j": 3, "u": 1, "w": 1} | dict.fromkeys("ymdVUWHIMS", 2)
"""Digits of a directive that is a number of one width."""
_TOUCHING = re.compile(rf"((?:%[{''.join(_WIDTHS)}]){{2,}})")
_EXAMPLE = "write it like %m/%d/%Y or %m/%d/%Y %H:%M"


def format_fault(text: str) -> str | None:
    """What is wrong with a strptime format, in words that say how to write it; None if it can be read with."""
    letters = [letter for letter in _DIRECTIVE.findall(text) if letter != "%"]
    if not letters:
        return f"the format '{text}' has no % directive; {_EXAMPLE}"
    for position, letter in enumerate(letters):
        if letter not in DIRECTIVES:
            return f"the format directive '%{letter}' is not known; {_EXAMPLE}"
        if letter in letters[:position]:
            return f"the format directive '%{letter}' stands twice; %m is the month and %M the minute"
    parts = {part for part, group in _PARTS.items() if set(letters) & set(group)}
    if not any(needed <= parts for needed in _DAYS):
        return f"the format '{text}' does not say the year, the month and the day; {_EXAMPLE}"
    return _clock_fault(text, set(letters))


def full_width(text: str) -> str | None:
    """What a value must fit (RE2) where directives touch, as in %m%d%Y; None where none do.

    With a zero left out it can be read in two ways: 1112026 is 11 January or 1 November.
    """
    parts = _TOUCHING.split(text)
    if len(parts) == 1:
        return None
    return "^" + "".join(map(_shape, parts)) + "$"


def loses_a_zero(text: str) -> bool:
    """Whether a value that was taken for a number may lack its first zero: the format begins with two digits."""
    return _WIDTHS.get(text[1:2]) == 2 and text.startswith("%")


def _shape(part: str) -> str:
    """A run of directives that touch in all their digits, what stands around it by its signs alone."""
    if _TOUCHING.fullmatch(part):
        return "".join(rf"\d{{{_WIDTHS[letter]}}}" for letter in part[1::2])
    return "".join(
        ".+" if sign[0] == "%" else r"\s+" if sign.isspace() else re.escape(sign)
        for sign in re.findall(r"%.|\s+|.", part)
    )


def _clock_fault(text: str, letters: set[str]) -> str | None:
    if letters & {"M", "S", "f", "p", "z"} and not letters & {"H", "I"}:
        return f"the format '{text}' has parts of a clock and no hour; %m is the month and %M the minute"
    if "I" in letters and "p" not in letters:
        return f"the format '{text}' has %I, an hour of twelve, without %p; write %H for an hour of twenty-four"
    if "p" in letters and "H" in letters:
        return f"the format '{text}' has %p beside %H, where it would say nothing; write %I for an hour of twelve"
    return None
