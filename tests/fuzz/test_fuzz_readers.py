"""Fuzzing of every reader: a short seeded run, and half an hour in soak (`make soak PART=fuzz`)."""

import importlib
import os
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings

from tests.fuzz import properties

SHORT = settings(
    max_examples=60, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
LONG = settings(SHORT, max_examples=400, derandomize=False, phases=(Phase.explicit, Phase.generate, Phase.shrink))


def name_of(holds: Any) -> str:
    return str(holds.__name__)


@pytest.mark.parametrize("holds", properties.PROPERTIES, ids=name_of)
def test_a_reader_refuses_or_tells_the_truth(holds: Callable[[], None]) -> None:
    SHORT(holds)()


@pytest.mark.soak
def test_readers_for_half_an_hour() -> None:
    minutes = float(os.environ.get("CMFC_FUZZ_MINUTES", "30"))
    first = int(os.environ.get("CMFC_FUZZ_SEED", "1"))
    until, number, tried = time.monotonic() + 60 * minutes, first, 0
    while time.monotonic() < until:
        again = importlib.reload(properties)  # a property takes its settings only once
        again.PATIENCE = 10
        for holds in again.PROPERTIES:
            if time.monotonic() > until:
                break
            seed(number)(LONG(holds))()
            tried += LONG.max_examples
        number += 1
    print(f"fuzz: seeds {first} to {number - 1}, up to {tried} examples, 0 lost")
