"""Which text is a record id, and what a record is called where its key is none (spec 1, Ids and text).

A key that is no plain token may be a name or a note; it is called `feed#` and 8 hex of its SHA-256 wherever only ids
may stand.
"""

import re
from collections.abc import Iterable
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cmfc.feeds.catalog import feeds

LONGEST = 40
"""Characters of a plain token."""
_NAMES = ("last_name", "first_name", "middle_name", "aliases")
_SPACE = r"[\s\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}]"
_ROUNDED = r"^\d(?:[.,]\d+)?[eE]\+\d+$|^\d+[.,]\d+[eE]-?\d+$|^[#*]+$"
"""A number that a program rounded (4.10012E+15, 4.10012E15) or had no room for (####): several ids are written so."""
_NOT_A_LETTER = re.compile(r"[\W\d_]+")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


def short_hash(text: str) -> str:
    """8 hex of the SHA-256 of a text in UTF-8."""
    return sha256(text.encode()).hexdigest()[:8]


def are_ids(values: Any, pulled: Path, pattern: str | None) -> Any:
    """Which values are record ids.

    Args:
        values: utf8, null where there is nothing.
        pulled: folder of the night's snapshots, for the names on file.
        pattern: the mapping's `id_pattern`, which then decides alone.

    Returns:
        A bool array, true for null too: nothing is wrong with an id that is not there.
    """
    if pattern is not None:
        compiled = re.compile(pattern)  # the mapping was checked against this dialect, not Arrow's
        return pa.array([value is None or compiled.fullmatch(value) is not None for value in values.to_pylist()])
    is_id = pc.and_(
        pc.less_equal(pc.utf8_length(values), LONGEST),
        pc.invert(pc.match_substring_regex(values, pattern=f"{_SPACE}|{_ROUNDED}")),
    )
    # A token with a digit is never taken for a name.
    wordy = pc.unique(values.filter(pc.invert(pc.match_substring_regex(values, pattern=r"\d")))).drop_null().to_pylist()
    named = pa.array(sorted(names_among(wordy, pulled)), pa.string())
    return pc.fill_null(pc.and_(is_id, pc.invert(pc.is_in(values, value_set=named))), True)


def names_among(tokens: Iterable[str], pulled: Path) -> set[str]:
    """The tokens that are names on file: in the children's file or in a log of reports, whole or all their words."""
    parts = {token: _words(token) for token in tokens}
    candidates = {word for token, words in parts.items() for word in (token.lower(), *words)}
    on_file = _on_file(candidates, pulled)
    return {
        token
        for token, words in parts.items()
        if token.lower() in on_file or (words and all(word in on_file for word in words))
    }


def names_within(tokens: Iterable[str], pulled: Path) -> set[str]:
    """The tokens of which any word of two letters or more is a name on file, written with its accents or without.

    Words end at what is no letter and where a capital follows a small letter (`homeOfCutler`, `notesDeShawn`). A word
    of five letters or more is also taken for a name that one letter more, less or other would make of it (`Alderr`).
    """
    parts = {token: {token.lower(), *filter(_is_long, _words(token)), *_humps(token)} for token in tokens}
    candidates = {word for words in parts.values() for word in words}
    on_file = _on_file(candidates, pulled, accents_count=False)
    on_file |= _misspelled(candidates - on_file, pulled)
    return {token for token, words in parts.items() if not words.isdisjoint(on_file)}


def _misspelled(words: set[str], pulled: Path) -> set[str]:
    """The words of five letters or more that differ in one letter from a name on file of four or more."""
    shortened = {word: _shortened(word) for word in words if len(word) > 4 and word.isalpha()}
    if not shortened:
        return set()
    forms = {short for shorts in shortened.values() for short in shorts}
    near = {short for name in _names_on_file(pulled) for short in _shortened(name) & forms}
    return {word for word, shorts in shortened.items() if not shorts.isdisjoint(near)}


def _shortened(word: str) -> set[str]:
    """The word, and all that leaving out one of its letters gives: two that differ in one letter share one of them."""
    return {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))}


def _names_on_file(pulled: Path) -> set[str]:
    """Every name of four letters or more in small letters without accents."""
    names: set[str] = set()
    for feed in feeds().values():
        columns = [name for name in _NAMES if name in feed.columns]
        path = pulled / f"{feed.name}.parquet"
        for values in pq.read_table(path, columns=columns).columns if columns and path.exists() else ():
            bare = pc.replace_substring_regex(pc.utf8_normalize(pc.unique(values), form="NFKD"), r"\pM", "")
            words = pc.unique(pc.list_flatten(pc.split_pattern_regex(pc.utf8_lower(bare), pattern=r"[;,\s.'-]+")))
            names.update(word for word in words.to_pylist() if word and len(word) > 3)
    return names


def _words(token: str) -> list[str]:
    return [part for part in _NOT_A_LETTER.split(token.lower()) if part]


def _humps(token: str) -> set[str]:
    """The words of camel case, alone and with the next one: of `DeShawn` both parts and the whole."""
    words = [word.lower() for part in _NOT_A_LETTER.split(token) for word in _HUMP.split(part)]
    return {word for word in (*words, *map("".join, pairwise(words))) if _is_long(word)}


def _is_long(word: str) -> bool:
    """A middle initial on file must not hide half of all codes."""
    return len(word) > 1


def _on_file(candidates: set[str], pulled: Path, accents_count: bool = True) -> set[str]:
    names: set[str] = set()
    if not candidates:
        return names
    value_set = pa.array(sorted(candidates), pa.string())
    for feed in feeds().values():
        columns = [name for name in _NAMES if name in feed.columns]
        path = pulled / f"{feed.name}.parquet"
        for values in pq.read_table(path, columns=columns).columns if columns and path.exists() else ():
            whole = pc.utf8_lower(pc.unique(values))
            if not accents_count:
                bare = pc.replace_substring_regex(pc.utf8_normalize(whole, form="NFKD"), r"\pM", "")
                whole = pa.concat_arrays([whole, bare])
            words = pc.list_flatten(pc.split_pattern_regex(whole, pattern=r"[;,\s.'-]+"))
            for spelled in (whole, words):
                names.update(pc.unique(spelled.filter(pc.is_in(spelled, value_set=value_set))).to_pylist())
    return names
