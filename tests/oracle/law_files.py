"""The law files, read without the program's own reader (spec 3)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FILES = Path(__file__).parents[2] / "plugins" / "cmfc" / "law"
FEDERAL = "us/federal"


_root = [FILES]
"""The folder that is read now, last."""


def root() -> Path:
    return _root[-1]


@contextmanager
def law_at(folder: Path) -> Iterator[None]:
    """Reads another law folder meanwhile."""
    _root.append(folder)
    try:
        yield
    finally:
        _root.pop()


@dataclass(frozen=True)
class Value:
    """One dated value of a rule; `first` is the first day of the rule's first value."""

    rule: str
    in_force: date
    until: date | None
    first: date
    hours: float | None
    business_days: int | None
    starts_when: str
    basis: str
    is_verified: bool


@cache
def _part_of(path: Path, part: str) -> tuple[dict[str, Any], ...]:
    """One list of a law file; nothing where there is no such file."""
    return tuple(yaml.safe_load(path.read_text(encoding="utf-8"))[part]) if path.exists() else ()


def values_of(rule: str) -> tuple[dict[str, Any], ...]:
    """The values of a rule as written."""
    return _part_of(root() / f"{rule}.yml", "values")


def is_on_file(rule: str) -> bool:
    return bool(values_of(rule))


def values_for(rule: str, custody: str, age: int | None) -> list[Value]:
    """The dated values of a rule that hold for this custody and age, in their order."""
    written = [value for value in values_of(rule) if _applies(value.get("applies_to"), custody, age)]
    first = min((_day(value["in_force"]) for value in written), default=date.max)
    values = [
        Value(
            rule=rule,
            in_force=_day(value["in_force"]),
            until=_day(value["until"]) if value.get("until") else None,
            first=first,
            hours=value.get("limit_hours"),
            business_days=value.get("limit_business_days"),
            starts_when=value["starts_when"],
            basis=value["basis"],
            is_verified=value["citation"]["verified"] is True,
        )
        for value in written
    ]
    return sorted(values, key=lambda value: value.in_force)


def _day(written: Any) -> date:
    return written if isinstance(written, date) else date.fromisoformat(written)


def _applies(scope: dict[str, Any] | None, custody: str, age: int | None) -> bool:
    """An unknown age is read as a child's: fail safe."""
    if scope is None:
        return True
    lowest, highest = scope.get("ages", (0, 200))
    return custody in scope.get("custody", [custody]) and lowest <= (age or 0) <= highest


def is_covered(jurisdiction: str, duty: str, custody: str, age: int | None) -> bool:
    """Whether the state's own words on this duty cover the child; for everybody else it has `no_duty` (spec 2.3)."""
    rows = _part_of(root() / jurisdiction / "coverage.yml", "covers")
    named = any(duty in row["duties"] and _applies(row, custody, age) for row in rows)
    return named and bool(values_for(f"{jurisdiction}/{duty}", custody, age))
