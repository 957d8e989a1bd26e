"""Which mutants there are, and a seeded sample of them."""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from tools.mutation import python, sql
from tools.mutation.site import Site

PACKAGE = Path("plugins/cmfc")
ROOMS = ("feeds", "law", "timing", "validation", "matching", "reconcile", "findings")
"""The rooms that decide what is on a list."""
APART = frozenset(("reference.py", "training.py", "explain.py", "__main__.py"))
"""Modules of these rooms that write pages for people or train the model, and decide nothing."""

GUARDS = (b"frozen=", b"strict=", b"maxsize=", b"zero_copy_only=")
"""That nobody writes to an object, joins lists of two lengths or copies an array; how many results are remembered."""


def sites(root: Path, rooms: Sequence[str] = ROOMS) -> dict[str, list[Site]]:
    """Every mutant of the rooms that are there, by `sql` and `python`."""
    kinds: dict[str, list[Site]] = {"sql": [], "python": []}
    for room in rooms:
        for file in sorted((root / PACKAGE / room).rglob("*")):
            for site in _sites_of(file, file.relative_to(root).as_posix()):
                kinds["sql" if site.is_sql else "python"].append(site)
    return kinds


def _sites_of(file: Path, path: str) -> list[Site]:
    if file.name in APART:
        return []
    if file.suffix == ".py":
        return python.sites(path, file.read_bytes())
    return sql.sites(path, file.read_text(encoding="utf-8")) if file.suffix == ".sql" else []


def draw(root: Path, seed: int, sql_share: float, rooms: Sequence[str] = ROOMS) -> Iterator[Site]:
    """Sites at random without end or repetition, with this share of SQL, as long as there are any.

    Files are drawn in proportion to their sites. Passed over is a mutant that is no longer SQL or Python, and one of a
    guard against the project's own mistakes, which shows only where there is one.
    """
    rng = random.Random(seed)
    kinds = sites(root, rooms)
    for each in kinds.values():
        rng.shuffle(each)
    while any(kinds.values()):
        kind = "sql" if kinds["sql"] and (not kinds["python"] or rng.random() < sql_share) else "python"
        site = kinds[kind].pop()
        source = (root / site.path).read_bytes()
        if not source[: site.start].endswith(GUARDS) and _is_readable(site, source):
            yield site


def _is_readable(site: Site, source: bytes) -> bool:
    mutant = site.apply(source)
    if site.path.endswith(".py"):
        return python.compiles(mutant)
    return sql.parses(mutant.decode()) or not sql.parses(source.decode())
