"""How a code or column that the mapping does not know may be shown (docs/readings.md, Subjects and rules)."""

import re
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,23}")
_COLUMN = re.compile(r"[A-Za-z_][A-Za-z0-9_ .-]{0,63}")
_DATE_OR_NUMBER = re.compile(r"\d[\d./-]{5,}")
_NAMES = ("last_name", "first_name", "middle_name", "aliases")


def show_column(name: str) -> str:
    """A native column's name as it may be shown: itself when plain, else a short hash."""
    return name if _COLUMN.fullmatch(name) else _hidden(name)


def show_codes(tokens: Iterable[str], folder: Path) -> dict[str, str]:
    """What to show for each native code: itself, or `#` and 8 hex of its SHA-256.

    A code is shown only when it is short, plain, not like a date or a long number, and no name on file. Before children
    have been pulled nobody knows the names, and every code is hidden.
    """
    tokens = list(tokens)
    children = folder / "pulled" / "children.parquet"
    on_file = _names_among(tokens, children) if children.exists() else set(tokens)
    return {token: token if _is_plain(token) and token not in on_file else _hidden(token) for token in tokens}


def _is_plain(token: str) -> bool:
    return bool(_PLAIN.fullmatch(token)) and not _DATE_OR_NUMBER.fullmatch(token)


def _hidden(token: str) -> str:
    return "#" + sha256(token.encode()).hexdigest()[:8]


def _names_among(tokens: list[str], children: Path) -> set[str]:
    wanted = pa.array([token.lower() for token in tokens], pa.string())
    found: set[str] = set()
    for values in pq.read_table(children, columns=list(_NAMES)).columns:
        words = pc.list_flatten(pc.split_pattern(pc.utf8_lower(values), ";"))
        words = pc.utf8_trim_whitespace(words)
        found.update(pc.unique(words.filter(pc.is_in(words, value_set=wanted))).to_pylist())
    return {token for token in tokens if token.lower() in found}
