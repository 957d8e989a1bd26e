"""Invented agencies of any size: seeded, vectorised, no wall clock, no real person.

Children are drawn in chunks that do not depend on each other, so that the memory needed does not grow with the number
of children, and the same seed gives the same bytes whether a population is held in memory or written away.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from cmfc.feeds.catalog import feeds
from cmfc.validation.quarantine import SCHEMA
from cmfc.validation.types import checked_schema
from cmfc_demo.synthetic.clock import LocalClock, local_clock
from cmfc_demo.synthetic.columns import Column, Drawn, Numbers, Times, Truths, Words, checked_table, text_table
from cmfc_demo.synthetic.descriptions import description_columns
from cmfc_demo.synthetic.episodes import absence_columns, draw_episodes, quiet_absences
from cmfc_demo.synthetic.people import Shape, children_columns, custody_columns, draw_people
from cmfc_demo.synthetic.placements import placement_columns
from cmfc_demo.synthetic.reporting import draw_reporting, truth_table
from cmfc_demo.synthetic.reports import contact_columns, le_columns, ncmec_columns, return_columns

Feeds = dict[str, Any]
"""Feed name to pyarrow Table of canonical text columns; times are local clock times or days."""

CHUNK = 100_000
"""Children per chunk; part of what a seed means."""
MOST_CHILDREN = 6_000_000
"""Ids have room for so many."""
BENCHMARK = Shape(share_missing=0.2, moves=3.55)
"""Five placements and half an absence per child."""


@dataclass(frozen=True)
class _Chunk:
    feeds: Mapping[str, Drawn]
    truth: Any


def generate(children: int, seed: int, as_of: int, zone: str, *, clean: bool = False) -> Feeds:
    """Draw a population as canonical text.

    About one child in twelve goes missing, 2.5 times each; half the episodes are over in a day or two, a few last for
    months. Reports are drawn with the shares of HHS-OIG's samples; some times are known by the day only.

    Args:
        children: how many.
        seed: same seed, same population.
        as_of: epoch seconds UTC; nothing is drawn after it.
        zone: IANA zone of the local times.
        clean: every child raises no finding at all under the laws of Missouri and the nation.
    """
    return generate_with_truth(children, seed, as_of, zone, clean=clean)[0]


def generate_with_truth(children: int, seed: int, as_of: int, zone: str, *, clean: bool = False) -> tuple[Feeds, Any]:
    """As `generate`; also what was drawn about each episode (reporting.truth_table)."""
    clock, shape = local_clock(zone), Shape(is_clean=clean)
    tables: dict[str, list[Any]] = {name: [] for name in feeds()}
    truths = []
    for chunk in _chunks(children, seed, as_of, clock, shape):
        truths.append(chunk.truth)
        for name, columns in chunk.feeds.items():
            tables[name].append(text_table(feeds()[name], columns, clock))
    return {name: pa.concat_tables(parts).combine_chunks() for name, parts in tables.items()}, pa.concat_tables(truths)


def write_text(folder: Path, children: int, seed: int, as_of: int, zone: str, *, clean: bool = False) -> None:
    """Write `<feed>.parquet` with the tables that `generate` gives, and `drawn.parquet`, chunk by chunk."""
    clock, shape = local_clock(zone), Shape(is_clean=clean)
    folder.mkdir(parents=True, exist_ok=True)
    texts = {name: pa.schema([(column, pa.string()) for column in feed.columns]) for name, feed in feeds().items()}
    with _Writers(folder, texts) as writers:
        for chunk in _chunks(children, seed, as_of, clock, shape):
            for name, columns in chunk.feeds.items():
                writers.write(name, text_table(feeds()[name], columns, clock))
            writers.write("drawn", chunk.truth)


def generate_typed(children: int, seed: int, as_of: int, zone: str, *, shape: Shape = BENCHMARK) -> Feeds:
    """Draw the checked tables that validation would accept (docs/architecture.md); the benchmark's form."""
    clock = local_clock(zone)
    tables: dict[str, list[Any]] = {name: [] for name in feeds()}
    for name, table in _typed(children, seed, as_of, clock, shape):
        tables[name].append(table)
    return {name: pa.concat_tables(parts) for name, parts in tables.items()}


def write_checked(
    folder: Path, children: int, seed: int, as_of: int, zone: str, *, shape: Shape = BENCHMARK
) -> dict[str, int]:
    """Write the tables of `generate_typed` and an empty quarantine per feed, chunk by chunk; give rows per feed."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = dict.fromkeys(feeds(), 0)
    schemas = {name: _bare(checked_schema(feed)) for name, feed in feeds().items()}
    with _Writers(folder, schemas) as writers:
        for name, table in _typed(children, seed, as_of, local_clock(zone), shape):
            writers.write(name, table)
            rows[name] += len(table)
    for name in feeds():
        pq.write_table(SCHEMA.empty_table(), folder / f"quarantine.{name}.parquet")
    return rows


class _Writers:
    """One Parquet file per table, opened at the first rows; tables named in `schemas` are written even when empty."""

    def __init__(self, folder: Path, schemas: Mapping[str, Any]) -> None:
        self.folder, self.schemas = folder, schemas
        self.open: dict[str, Any] = {}

    def __enter__(self) -> "_Writers":
        for name, schema in self.schemas.items():
            self.open[name] = pq.ParquetWriter(self.folder / f"{name}.parquet", schema, compression="zstd")
        return self

    def __exit__(self, *_: object) -> None:
        for writer in self.open.values():
            writer.close()

    def write(self, name: str, table: Any) -> None:
        if name not in self.open:
            self.open[name] = pq.ParquetWriter(self.folder / f"{name}.parquet", table.schema, compression="zstd")
        self.open[name].write_table(table)


def _typed(children: int, seed: int, as_of: int, clock: LocalClock, shape: Shape) -> Iterator[tuple[str, Any]]:
    done = dict.fromkeys(feeds(), 1)
    for chunk in _chunks(children, seed, as_of, clock, shape):
        for name, columns in chunk.feeds.items():
            schema = _bare(checked_schema(feeds()[name]))
            table = checked_table(feeds()[name], columns, clock, schema, done[name])
            done[name] += len(table)
            yield name, table


def _bare(schema: Any) -> Any:
    return pa.schema([(field.name, field.type) for field in schema])


def _chunks(children: int, seed: int, as_of: int, clock: LocalClock, shape: Shape) -> Iterator[_Chunk]:
    if not 0 < children <= MOST_CHILDREN:
        raise ValueError(f"children must be 1 to {MOST_CHILDREN}")
    for place, first in enumerate(range(0, children, CHUNK)):
        random = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, place])))
        yield _draw(random, first, min(CHUNK, children - first), as_of, clock, shape)


def _draw(random: np.random.Generator, first: int, count: int, as_of: int, clock: LocalClock, shape: Shape) -> _Chunk:
    people = draw_people(random, first, count, as_of, clock, shape)
    runs = draw_episodes(random, people, as_of, clock)
    reporting = draw_reporting(random, runs, as_of, clock, shape.is_clean)
    quiet, sightings = quiet_absences(random, people, as_of)
    absences = absence_columns(random, people, runs, as_of, shape, reporting.has_absence)
    columns: dict[str, Drawn] = {
        "children": children_columns(people),
        "custody": custody_columns(people),
        "placements": placement_columns(random, people, runs, as_of, shape, reporting.has_placement),
        "absences": {name: _joined(column, quiet[name]) for name, column in absences.items()},
        "le_reports": le_columns(random, people, runs, reporting, as_of, shape.is_clean),
        "ncmec_reports": ncmec_columns(random, people, runs, reporting, as_of, shape.is_clean),
        "sightings": sightings,
        "contacts": contact_columns(random, people, runs, reporting, as_of, shape.is_clean),
        "returns": return_columns(random, people, runs, as_of, shape.is_clean),
        "descriptions": description_columns(random, people, runs, as_of),  # last, so that it moves no other draw
    }
    return _Chunk(columns, truth_table(people, runs, reporting))


def _joined(one: Column, other: Column) -> Column:
    """Two columns of one kind, one after the other."""
    if isinstance(one, Times) and isinstance(other, Times):
        first, second = (np.zeros(len(t.at), dtype=np.bool_) if t.is_day is None else t.is_day for t in (one, other))
        return Times(np.concatenate([one.at, other.at]), np.concatenate([first, second]))
    if isinstance(one, Words) and isinstance(other, Words):
        return Words(np.concatenate([one.place, other.place]), one.words)
    if isinstance(one, Numbers) and isinstance(other, Numbers):
        return Numbers(one.prefix, np.concatenate([one.number, other.number]), one.width)
    if isinstance(one, Truths) and isinstance(other, Truths):
        return Truths(np.concatenate([one.value, other.value]))
    raise TypeError(f"{type(one).__name__} and {type(other).__name__} cannot be joined")
