"""Of many cases of one test the first few are run each time, and the others where the long tests are."""

from collections.abc import Iterable
from typing import Any

import pytest


def first(few: int, cases: Iterable[Any]) -> list[Any]:
    """The cases for `parametrize`, in their order; those after the first few are marked as long."""
    return [case if n < few else pytest.param(case, marks=pytest.mark.long) for n, case in enumerate(cases)]
