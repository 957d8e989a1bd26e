"""The seeded stratified random sample, drawn by hash so that anyone can draw it again (spec 6).

In each stratum the episodes are ordered by SHA-256 of `seed|episode` and the first ones are taken. Whoever holds
episodes.csv and the seed gets the same sample; verify.py does so with the standard library alone.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cmfc.errors import UsageError

LEAST = 2
"""Episodes drawn from every stratum that has as many: one alone says nothing about variance."""


@dataclass(frozen=True)
class SampleRow:
    """One sampled episode. `weight` is in_stratum / sampled."""

    stratum: str
    draw: int
    episode: str
    in_stratum: int
    sampled: int

    @property
    def weight(self) -> float:
        """How many episodes of the frame it stands for."""
        return self.in_stratum / self.sampled


def frame_hash(frame: Mapping[str, str]) -> str:
    """SHA-256 of the frame: a line `stratum<TAB>episode<LF>` per episode, sorted by bytes.

    Args:
        frame: stratum by episode.
    """
    lines = sorted(f"{stratum}\t{episode}\n".encode() for episode, stratum in frame.items())
    return hashlib.sha256(b"".join(lines)).hexdigest()


def allocate(sizes: Mapping[str, int], sample_size: int) -> dict[str, int]:
    """How many to draw from each stratum: two at least, the rest in proportion to size.

    One episode at a time goes to the stratum that is furthest below its share (then by name), in whole numbers, so that
    every machine allocates alike.

    Args:
        sizes: episodes of the frame by stratum.
        sample_size: episodes to draw; all of the frame if it has fewer.

    Raises:
        UsageError: CMFC-U07 if two from every stratum are more than sample_size.
    """
    total = sum(sizes.values())
    sample_size = min(sample_size, total)
    sizes_drawn = {name: min(LEAST, size) for name, size in sorted(sizes.items())}
    if sum(sizes_drawn.values()) > sample_size:
        raise UsageError(
            "CMFC-U07", f"{len(sizes)} strata need {sum(sizes_drawn.values())} episodes; the sample has {sample_size}."
        )
    for _ in range(sample_size - sum(sizes_drawn.values())):
        open_ones = [name for name in sizes_drawn if sizes_drawn[name] < sizes[name]]
        neediest = max(open_ones, key=lambda name: sample_size * sizes[name] - sizes_drawn[name] * total)
        sizes_drawn[neediest] += 1
    return sizes_drawn


def draw(frame: Mapping[str, str], seed: int, sample_size: int) -> list[SampleRow]:
    """The sample, sorted by stratum and draw.

    Args:
        frame: stratum by episode (its pseudonym).
        seed: any whole number; the same gives the same sample.
        sample_size: episodes to draw.
    """
    members: dict[str, list[str]] = {}
    for episode, stratum in frame.items():
        members.setdefault(stratum, []).append(episode)
    allocation = allocate({stratum: len(episodes) for stratum, episodes in members.items()}, sample_size)
    return [
        SampleRow(stratum, place, episode, len(episodes), allocation[stratum])
        for stratum, episodes in sorted(members.items())
        for place, episode in enumerate(_shuffled(episodes, seed)[: allocation[stratum]], start=1)
    ]


def frame_of(rows: Iterable[Sequence[str | None]]) -> dict[str, str]:
    """Stratum by episode, from rows of the episode and its stratifying values."""
    return {str(episode): "/".join(value or "not recorded" for value in values) or "all" for episode, *values in rows}


def _shuffled(episodes: list[str], seed: int) -> list[str]:
    return sorted(episodes, key=lambda episode: (hashlib.sha256(f"{seed}|{episode}".encode()).digest(), episode))
