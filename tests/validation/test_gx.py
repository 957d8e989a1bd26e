"""What Great Expectations keeps per feed does not leak from one frame to the next (intake/gx.py)."""

import gc
import weakref

import pandas as pd
import pytest

from cmfc.errors import CmfcError
from cmfc.validation import gx
from cmfc.validation.gx import run_suite
from cmfc.validation.suites import Expectation


def between(column: str) -> Expectation:
    return {
        "type": "expect_column_values_to_be_between",
        "kwargs": {"column": column, "min_value": {"$PARAMETER": "least"}},
        "meta": {"column": column, "rule": "too_low", "effect": "row"},
    }


def frame(*values: int) -> pd.DataFrame:
    return pd.DataFrame({"value": values, "source_row": range(2, 2 + len(values))})


def rows(least: int, *values: int) -> list[list[int]]:
    return [
        breach.rows.tolist() for breach in run_suite("children", [between("value")], frame(*values), {"least": least})
    ]


def test_the_same_suite_is_held_with_the_parameters_of_each_call() -> None:
    assert rows(5, 1, 7, 9) == [[2]]
    assert rows(8, 1, 7, 9) == [[2, 3]]
    assert rows(0, 1, 7, 9) == []


def test_each_frame_of_a_feed_is_held_alone() -> None:
    assert rows(5, 9, 9, 1) == [[4]]
    assert rows(5, 1) == [[2]]
    assert rows(5, 9) == []


def test_what_could_not_be_evaluated_spoils_nothing_after_it() -> None:
    with pytest.raises(CmfcError, match="CMFC-G02"):
        run_suite("children", [between("no_such_column")], frame(1), {"least": 5})
    assert rows(5, 1, 7) == [[2]]


def test_a_frame_is_let_go() -> None:
    """Else the feeds of a night, which are large, would all stay in memory until its end."""
    held = frame(1, 7, 9)
    there = weakref.ref(held)
    assert len(run_suite("children", [between("value")], held, {"least": 5})) == 1
    del held
    gc.collect()
    assert there() is None


KINDS: dict[str, dict[str, object]] = {
    "expect_column_values_to_not_be_null": {},
    "expect_column_values_to_be_null": {},
    "expect_column_values_to_be_in_set": {"value_set": [True]},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("values", [[True, True], [True, False], [False], [None, None], [True, None], [None, False]])
def test_what_plainly_holds_is_what_great_expectations_finds_held(
    kind: str, values: list[bool | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    expectation: Expectation = {
        "type": kind,
        "kwargs": {"column": "value", **KINDS[kind]},
        "meta": {"column": "value", "rule": "r", "effect": "row"},
    }
    data = pd.DataFrame({"value": values, "source_row": range(2, 2 + len(values))})
    plainly = gx.plainly_holds(expectation, data)
    monkeypatch.setattr(gx, "plainly_holds", lambda *_: False)
    assert plainly is (run_suite("children", [expectation], data, {}) == [])


def test_an_expectation_of_a_share_or_of_a_whole_column_is_held_against_all_rows_at_once() -> None:
    assert gx.is_by_row(between("value"))
    assert not gx.is_by_row({**between("value"), "kwargs": {"column": "value", "min_value": 1, "mostly": 0.9}})
    assert not gx.is_by_row({**between("value"), "type": "expect_column_values_to_be_unique"})
