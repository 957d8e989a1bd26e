"""Signs that turn the direction of writing: in a name they let a page show another one than is on file."""

from typing import Any

_SIGNS = dict.fromkeys([0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])


def without_turns(value: Any) -> Any:
    """A text without these signs, markup too; anything else as it is."""
    return value.translate(_SIGNS) if isinstance(value, str) else value
