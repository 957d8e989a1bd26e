"""The sample: anyone draws the same one again, each stratum gets its part, and the frame's hash names the frame."""

import hashlib
import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmfc.audit_extract.sample import allocate, draw, frame_hash, frame_of
from cmfc.errors import UsageError

FRAME = {f"E{number:04}": "abc"[number % 3 - (number % 7 == 0)] for number in range(500)}


def test_the_order_of_the_frame_does_not_matter() -> None:
    episodes = list(FRAME.items())
    random.Random(1).shuffle(episodes)
    assert draw(dict(episodes), 42, 60) == draw(FRAME, 42, 60)
    assert frame_hash(dict(episodes)) == frame_hash(FRAME)


def test_another_seed_gives_another_sample() -> None:
    first, other = ({d.episode for d in draw(FRAME, seed, 60)} for seed in (42, 43))
    assert first != other


def test_the_sample_is_those_with_the_smallest_hashes() -> None:
    def order(episode: str) -> bytes:
        return hashlib.sha256(f"7|{episode}".encode()).digest()

    for stratum in "abc":
        episodes = sorted((e for e, s in FRAME.items() if s == stratum), key=order)
        draws = [d for d in draw(FRAME, 7, 90) if d.stratum == stratum]
        assert [d.episode for d in draws] == episodes[: len(draws)]
        assert {d.in_stratum for d in draws} == {len(episodes)}


def test_every_episode_is_drawn_alike_often() -> None:
    """In 2,000 draws each of 60 episodes comes 500 times, give or take what chance allows (5 standard deviations)."""
    frame = {f"E{number}": "ab"[number % 2] for number in range(60)}
    times = Counter(d.episode for seed in range(2000) for d in draw(frame, seed, 15))
    assert set(times) == set(frame)
    for stratum in "ab":
        expected = 2000 * sum(d.stratum == stratum for d in draw(frame, 0, 15)) / 30
        spread = (expected * (1 - expected / 2000)) ** 0.5
        assert all(abs(times[e] - expected) < 5 * spread for e, s in frame.items() if s == stratum)


@given(st.dictionaries(st.text("xyz", min_size=1, max_size=2), st.integers(1, 300), min_size=1), st.integers(24, 400))
def test_allocation_gives_two_to_each_and_the_rest_by_size(sizes: dict[str, int], sample_size: int) -> None:
    allocation = allocate(sizes, sample_size)
    total = sum(sizes.values())
    assert sum(allocation.values()) == min(sample_size, total)
    for name, number in allocation.items():
        assert min(2, sizes[name]) <= number <= sizes[name]
        share = min(sample_size, total) * sizes[name] / total
        assert number <= max(2, share + 1)


def test_too_many_strata_are_refused() -> None:
    with pytest.raises(UsageError, match="CMFC-U07"):
        allocate({str(n): 5 for n in range(10)}, 19)


def test_a_frame_is_named_by_its_strata() -> None:
    assert frame_of([("E1", "002-007", None)]) == {"E1": "002-007/not recorded"}
    assert frame_of([("E1",)]) == {"E1": "all"}
    lines = b"002-007/not recorded\tE1\n"
    assert frame_hash({"E1": "002-007/not recorded"}) == hashlib.sha256(lines).hexdigest()
