"""What Compose does with the text of its file: variables and durations."""

import re
from collections.abc import Mapping
from typing import Any

DURATION = re.compile(r"(\d+)(ms|s|m|h)")
UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def filled(value: Any, variables: Mapping[str, str]) -> Any:
    """A part of the file with its variables filled in.

    Raises:
        KeyError: a variable with `?` is not set; says what the file says.
        ValueError: a `${` that is not closed, or an operator that is not known.
    """
    if isinstance(value, dict):
        return {key: filled(one, variables) for key, one in value.items()}
    if isinstance(value, list):
        return [filled(one, variables) for one in value]
    return _fill(value, variables) if isinstance(value, str) else value


def _fill(text: str, variables: Mapping[str, str]) -> str:
    out, at = [], 0
    while (dollar := text.find("$", at)) >= 0:
        out.append(text[at:dollar])
        if text.startswith("$$", dollar):
            out.append("$")
            at = dollar + 2
        elif text.startswith("${", dollar):
            end = _end(text, dollar + 2)
            out.append(_value(text[dollar + 2 : end], variables))
            at = end + 1
        else:
            raise ValueError(f"write $$ or ${{…}}: {text[dollar : dollar + 20]}")
    return "".join([*out, text[at:]])


def _end(text: str, start: int) -> int:
    depth = 1
    for at in range(start, len(text)):
        depth += text.startswith("${", at) - (text[at] == "}")
        if depth == 0:
            return at
    raise ValueError(f"a ${{ is not closed: {text[:20]}")


def _value(inside: str, variables: Mapping[str, str]) -> str:
    """`NAME`, `NAME:-default`, `NAME-default`, `NAME:?words`, `NAME?words`; a default may hold variables."""
    match = NAME.match(inside)
    name = match[0] if match else ""
    rest = inside[len(name) :]
    counts_empty, rest = rest.startswith(":"), rest.removeprefix(":")
    value = variables.get(name)
    if value is None or (counts_empty and not value):
        if rest.startswith("?"):
            raise KeyError(rest[1:])
        if rest and not rest.startswith("-"):
            raise ValueError(f"not known: ${{{inside}}}")
        return _fill(rest[1:], variables)
    return value


def seconds(duration: str) -> float:
    """A duration of the file, such as `1m30s`, in seconds."""
    if not (parts := DURATION.findall(duration)) or "".join(map("".join, parts)) != duration:
        raise ValueError(f"not a duration: {duration}")
    return float(sum(int(number) * UNITS[unit] for number, unit in parts))
