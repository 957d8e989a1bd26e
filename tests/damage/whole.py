"""One damage of a whole source, and what a careful reader still finds in it.

`after` is known by construction or by an independent strict parse: with it honest.py tells whether what is left could
honestly have been delivered. None: nobody could take it for a whole source.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.damage.agency import Row

FILE = "(file)"
Deliver = Callable[[Path], None]
"""Writes the damaged source into the folder of sources."""


@dataclass(frozen=True)
class Whole:
    """One damage of one feed's source."""

    feed: str
    kind: str
    column: str
    name: str
    deliver: Deliver
    after: tuple[Row, ...] | None = None


def by_turns(names: Sequence[str], at: int, count: int) -> list[str]:
    """`count` of these for the column at this place, others for the next: each has its turn over a feed's columns."""
    return [names[(at * count + step) % len(names)] for step in range(min(count, len(names)))]


def rows_of(names: Sequence[str], lines: Sequence[Sequence[str]]) -> list[Row]:
    """Lines of values as records."""
    return [dict(zip(names, line, strict=True)) for line in lines]
