"""What a column is called: names of a source and of the mapping, written one way before they are compared (spec 1)."""

import re
import unicodedata
from collections.abc import Iterable

_LINE_BREAK = re.compile(r"\s*[\r\n\t\v\f\x85\u2028\u2029]\s*")
_OTHER_SPACE = re.compile(r"[\xa0\u2000-\u200a\u202f\u205f\u3000]")
UNSEEN = "[\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]"
"""A sign that nobody sees, as a pattern of `re` and of RE2 (cleaning.py takes them off ids)."""
_DELIMITERS = (",", ";", "\t", "|")


def plain_header(name: str) -> str:
    """A name without outer space and signs that nobody sees, its accents composed (NFC), a line break in it one space.

    A no-break space is a space: whoever copies a name out of a file cannot tell them apart.
    """
    visible = _OTHER_SPACE.sub(" ", re.sub(UNSEEN, "", name)).strip()
    return unicodedata.normalize("NFC", _LINE_BREAK.sub(" ", visible))


def delimiter_sentence(header: str, names: Iterable[str], own: str) -> str:
    """Which delimiter a header would be read with, as messages say it; empty when none finds more columns than `own`.

    Args:
        header: the header's line.
        names: native names of the mapping.
        own: the delimiter it was read with.
    """
    columns = {name.casefold() for name in names}
    matches = {sign: len(columns & _names(header, sign)) for sign in (own, *_DELIMITERS)}
    best = max(_DELIMITERS, key=lambda sign: matches[sign])
    if matches[best] <= matches[own]:
        return ""
    setting = "`kind: tsv`" if best == "\t" else f"`kind: csv` and `delimiter: '{best}'`"
    return f"the delimiter is another one: {setting} would find {matches[best]} of {len(columns)}"


def _names(header: str, delimiter: str) -> set[str]:
    return {plain_header(name.strip(' "\r\n')).casefold() for name in header.split(delimiter)}
