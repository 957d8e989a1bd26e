"""Fuzzing of every reader: a short seeded run, and half an hour in soak (`make soak PART=fuzz`)."""

import importlib
import os
import time
from collections import Counter
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


@pytest.mark.soak("fuzz")
@pytest.mark.parametrize("holds", properties.PROPERTIES, ids=name_of)
def test_a_reader_refuses_or_tells_the_truth_for_minutes(holds: Callable[[], None], figures: Counter[str]) -> None:
    """Seed after seed; the last one that was begun is ended, so that a found one can be run again."""
    seconds = 60 * float(os.environ.get("CMFC_TEST_FUZZ_MINUTES", "30")) / len(properties.PROPERTIES)
    number, until = int(os.environ.get("CMFC_TEST_FUZZ_SEED", "1")), time.monotonic() + seconds
    while time.monotonic() < until:
        again = importlib.reload(properties)  # a property takes its settings only once
        again.PATIENCE = 10
        seed(number)(LONG(getattr(again, holds.__name__)))()
        figures.update(seeds=1, examples=LONG.max_examples, lost=0)
        number += 1
