"""How a code or column that the mapping does not know may be shown (docs/readings.md, Subjects and rules)."""

import re
from collections.abc import Iterable
from pathlib import Path

from cmfc.intake.ids import names_among, short_hash

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,23}")
_COLUMN = re.compile(r"[A-Za-z_][A-Za-z0-9_ .-]{0,63}")
_DATE_OR_NUMBER = re.compile(r"\d[\d./-]{5,}")


def show_column(name: str) -> str:
    """A native column's name as it may be shown: itself when plain, else a short hash."""
    return name if _COLUMN.fullmatch(name) else _hidden(name)


def show_codes(tokens: Iterable[str], folder: Path) -> dict[str, str]:
    """What to show for each native code: itself, or `#` and 8 hex of its SHA-256.

    A code is shown only when it is short, plain, not like a date or a long number, and no name on file. Before children
    have been pulled nobody knows the names, and every code is hidden.
    """
    tokens = list(tokens)
    pulled = folder / "pulled"
    on_file = names_among(tokens, pulled) if (pulled / "children.parquet").exists() else set(tokens)
    return {token: token if _is_plain(token) and token not in on_file else _hidden(token) for token in tokens}


def _is_plain(token: str) -> bool:
    return bool(_PLAIN.fullmatch(token)) and not _DATE_OR_NUMBER.fullmatch(token)


def _hidden(token: str) -> str:
    return "#" + short_hash(token)
