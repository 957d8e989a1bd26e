"""Signs that turn the direction of writing: in a name they let a page show another one than is on file."""

import re
from typing import Any

from markupsafe import Markup

TURNS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""As a class of a regular expression."""
_SIGNS = re.compile(f"[{TURNS}]")


def without_turns(value: Any) -> Any:
    """A text without these signs, markup too; anything else as it is."""
    if not isinstance(value, str):
        return value
    plain = _SIGNS.sub("", value)  # a plain text, whatever it was; taken for one, markup would be shown as text
    return Markup(plain) if isinstance(value, Markup) else plain  # noqa: S704 - it was markup before
