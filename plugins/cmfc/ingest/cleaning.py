"""What is taken off native text, and which words say nothing (spec 1, Ids and text).

Whole columns at a time. Plain ASCII, which nearly all of it is, is told by one look at the bytes.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cmfc.feeds.catalog import Column
from cmfc.ingest.headers import UNSEEN
from cmfc.ingest.text import UNREADABLE
from cmfc.timing.moments import TRUTH_WORDS

CONTROLS = "with_controls"
"""Column of a snapshot: the names of the columns from which control characters were taken off, joined by semicolons."""
UNREAD = "without_cells"
"""Column of a snapshot: the names of the columns, of those that take any text, whose cell could not be read."""
WORDS = (
    *("null", "\\n", "n/a", "#n/a", "na", "none", "unknown", "pending", "tbd", "-", "0", "x"),
    *("(null)", "[null]", "<null>", "nan", "nat", "<na>", "undefined"),
)
"""Words that say nothing, compared without case and dots; those of the second line are written by programs."""
_ERRORS = ("#null!", "#div/0!", "#value!", "#ref!", "#name?", "#num!")
"""How a spreadsheet writes a cell in error; in an id or a number it says nothing (elsewhere it cannot be read)."""
_NOT_IN_CODES = ("0", "-", "x")
_WITH_WORDS = ("id", "number", "agency", "date", "moment", "code", "bool")

_CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x{80}-\x{9f}\x{fdd0}-\x{fdef}\x{fffe}\x{ffff}]"
_INVISIBLE = rf"(?i){UNSEEN}|_x000d_"
_CONTROL_BYTES = np.isin(np.arange(256), [*set(range(32)) - {9, 10, 13}, 0x7F, 0xC2, 0xEF])
"""Bytes of control characters, and the first bytes of those beyond ASCII."""
_ENDLESS = r"(?i)^\s*(?:9999-12-31|2099-12-31|99991231|20991231|\+?infinity$|\+?inf$)"
"""How systems write an end that is not: it is open."""
_LONGEST_WORD = 16
"""Longer text is no word that says nothing, however many dots it has."""


def without_endless(ends: Any) -> Any:
    """Texts of ends, null where they say that there is none."""
    return pc.if_else(pc.match_substring_regex(ends, pattern=_ENDLESS), pa.scalar(None, pa.string()), ends)


def take_off_controls(values: Any) -> tuple[Any, Any]:
    """Control characters and NUL, but for tabs and line breaks, taken off any text.

    A cell that holds nothing else cannot be read: it is no empty one, unless all of it is NUL, as systems fill fields.

    Returns:
        The values, and a bool array of those that had any (None where none had).
    """
    if not _may_hold(values, controls=True):
        return values, None
    had = pc.and_(pc.match_substring_regex(values, pattern=_CONTROL), pc.not_equal(values, UNREADABLE))
    had = pc.fill_null(had, False)
    if not pc.any(had).as_py():
        return values, None
    bare = pc.replace_substring_regex(values, pattern=_CONTROL, replacement="")
    is_lost = pc.and_(
        pc.equal(pc.utf8_trim_whitespace(bare), ""), pc.match_substring_regex(values, pattern=r"[^\s\x00]")
    )
    return pc.if_else(had, pc.if_else(is_lost, UNREADABLE, bare), values), had


def take_off_invisibles(values: Any) -> tuple[Any, int]:
    """Zero-width and bidirectional characters, byte-order marks and `_x000D_`, taken off ids; and how many had any."""
    if not _may_hold(values, controls=False):
        return values, 0
    had = pc.sum(pc.match_substring_regex(values, pattern=_INVISIBLE)).as_py() or 0
    return (pc.replace_substring_regex(values, pattern=_INVISIBLE, replacement="") if had else values), had


def take_off_formula(values: Any) -> Any:
    """Trimmed text that was written as a formula, so that a spreadsheet keeps its zeros (`="00123"`), as the text."""
    if not pc.any(pc.starts_with(values, pattern='="')).as_py():
        return values
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(values, pattern='^="([^"]*)"$', replacement=r"\1"))


def as_whole_numbers(values: Any) -> Any:
    """Ids that a program made numbers with a fraction (`10001.0`), as they were."""
    return pc.replace_substring_regex(values, pattern=r"^([0-9]+)\.0+$", replacement=r"\1")


def padded(values: Any, width: int) -> Any:
    """Ids of digits alone with zeros before them up to a width, as before a spreadsheet took them for numbers."""
    is_number = pc.fill_null(pc.match_substring_regex(values, pattern=r"^[0-9]+$"), False)
    return pc.if_else(is_number, pc.ascii_lpad(values, width=width, padding="0"), values)


def empty_what_says_nothing(values: Any, column: Column, codes: Iterable[str], words: Iterable[str] | None) -> Any:
    """Null in place of text that says nothing.

    Args:
        values: trimmed utf8.
        column: whose type decides which words say nothing.
        codes: words that do say something in this column: its codes, or the keys of its table.
        words: the mapping's `null_values`, which replace the list; None: the list.
    """
    if words is None and column.type not in _WITH_WORDS:
        return values
    silent = set(map(_plain_word, WORDS if words is None else words))
    if words is None and column.type in ("id", "number"):
        silent |= set(_ERRORS)
    if words is None and column.type in ("code", "bool"):
        silent -= {*_NOT_IN_CODES, *map(_plain_word, codes), *(TRUTH_WORDS if column.type == "bool" else ())}
    is_short = pc.less_equal(
        pc.utf8_length(values), _LONGEST_WORD if words is None else max(map(len, silent), default=0) + 8
    )
    if not pc.any(is_short).as_py():
        return values
    plain = pc.replace_substring(pc.utf8_lower(values), pattern=".", replacement="")
    is_silent = pc.is_in(plain, value_set=pa.array(sorted(silent), pa.string()))
    return pc.if_else(is_silent, _nothing(), values)


def empty_without_digit(values: Any) -> Any:
    """Null in place of an official number that holds no digit (spec 1: it proves nothing)."""
    has_digit = pc.match_substring_regex(values, pattern=r"\d")
    return pc.if_else(pc.fill_null(has_digit, False), values, _nothing())


def empty_unreadable(values: Any) -> tuple[Any, Any]:
    """Null in place of a cell that could not be read, in columns that take any text.

    Returns:
        The values, and a bool array of those cells (None where there is none).
    """
    is_bad = pc.fill_null(pc.equal(values, UNREADABLE), False)
    if not pc.any(is_bad).as_py():
        return values, None
    return pc.if_else(is_bad, _nothing(), values), is_bad


def _plain_word(word: str) -> str:
    return word.strip().lower().replace(".", "")


def _may_hold(values: Any, *, controls: bool) -> bool:
    """Whether a look at the bytes leaves it open that there are control or invisible characters."""
    data = values.buffers()[2] if len(values) else None
    if data is None:
        return False
    text = np.frombuffer(data, dtype=np.uint8)
    if controls:
        return bool(_CONTROL_BYTES[text].any())
    return bool((text >= 0x80).any()) or b"_x000" in bytes(data)


def _nothing() -> Any:
    return pa.scalar(None, pa.string())
