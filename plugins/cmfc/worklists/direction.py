"""Signs that turn the direction of writing: in a name they let a page show another one than is on file."""

import re
from typing import Any

TURNS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""As a class of a regular expression."""
_SIGNS = re.compile(f"[{TURNS}]")


def without_turns(value: Any) -> Any:
    """A text without these signs, markup too; anything else as it is."""
    return _SIGNS.sub("", value) if isinstance(value, str) else value
