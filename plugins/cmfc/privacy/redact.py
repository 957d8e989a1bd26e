"""How a code or column that the mapping does not know may be shown (docs/readings.md, Subjects and rules)."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from cmfc.privacy.ids import names_within, short_hash
from cmfc.storage.layout import pulled_folder, snapshot_file

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,23}")
_COLUMN = re.compile(r"[A-Za-z_][A-Za-z0-9_ .-]{0,63}")
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)"
)
_NUMBER_OR_DATE = re.compile(
    r"(?:\d\D*){5}"  # five digits anywhere: a case number, a phone, a year with a month
    r"|\d[-./]\d"  # 26-100, 4/3/11
    r"|(?:\d+\D+){2}\d"  # 4_3_11
    rf"|\d(?:st|nd|rd|th)?[\W_]*{_MONTH}(?![a-z])|(?<![a-z]){_MONTH}[\W_]*\d",
    re.IGNORECASE,
)


def show_columns(names: Sequence[str], folder: Path) -> tuple[str, ...]:
    """Native columns' names as they may be shown: themselves when plain, else `#` and 8 hex of their SHA-256.

    A name is plain as a code is (`show_codes`). Before children have been pulled nobody knows the names on file; the
    columns are shown again once they are.
    """
    on_file = names_within(names, pulled_folder(folder))
    return tuple(name if _is_plain(name, _COLUMN) and name not in on_file else _hidden(name) for name in names)


def show_codes(tokens: Iterable[str], folder: Path) -> dict[str, str]:
    """What to show for each native code: itself, or `#` and 8 hex of its SHA-256.

    A code is shown only when it is short, has no signs but `_`, `.` and `-`, looks like no date and no number of a
    case, and none of its words is a name on file. Before children have been pulled nobody knows the names, and every
    code is hidden.
    """
    tokens = list(tokens)
    pulled = pulled_folder(folder)
    on_file = names_within(tokens, pulled) if snapshot_file(folder, "children").exists() else set(tokens)
    return {token: token if _is_plain(token, _CODE) and token not in on_file else _hidden(token) for token in tokens}


def _is_plain(token: str, shape: re.Pattern[str]) -> bool:
    return bool(shape.fullmatch(token)) and not _NUMBER_OR_DATE.search(token)


def _hidden(token: str) -> str:
    return "#" + short_hash(token)
