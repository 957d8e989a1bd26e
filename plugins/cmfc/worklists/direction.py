"""Signs that turn the direction of writing: in a name they let a page show another one than is on file."""

import re
from typing import Any

TURNS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""As a class of a regular expression."""
_TURN = re.compile(f"[{TURNS}]")
_SIGNS = dict.fromkeys([0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])


def without_turns(value: Any) -> Any:
    """A text without these signs, markup too, which stays markup; anything else as it is."""
    return value.translate(_SIGNS) if isinstance(value, str) and _TURN.search(value) else value
