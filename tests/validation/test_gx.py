"""What Great Expectations keeps per feed does not leak from one frame to the next (validation/gx.py)."""

import gc
import weakref
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cmfc.errors import CmfcError
from cmfc.feeds.catalog import Feed, feeds
from cmfc.validation import contract, gx, validate
from cmfc.validation.gx import run_suite
from cmfc.validation.gx_import import import_gx, without_repeats
from cmfc.validation.suites import Expectation
from tests.support.small_agency import ROWS, change, deliver, good_rows, take_in


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
    table = frame(1, 7, 9)
    there = weakref.ref(table)
    assert len(run_suite("children", [between("value")], table, {"least": 5})) == 1
    del table
    gc.collect()
    assert there() is None


def test_great_expectations_is_asked_for_everything_also_where_all_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    import_gx()
    from great_expectations.datasource.fluent.interfaces import Batch

    types: list[str] = []
    validate = Batch.validate

    def noted(batch: Any, suite: Any, **more: Any) -> Any:
        types.extend(expectation.expectation_type for expectation in suite.expectations)
        return validate(batch, suite, **more)

    monkeypatch.setattr(Batch, "validate", noted)
    meta = {"column": "value", "rule": "r", "effect": "row"}
    suite: list[Expectation] = [
        {"type": "expect_column_to_exist", "kwargs": {"column": "value"}, "meta": meta},
        {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "value"}, "meta": meta},
        {"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "value", "value_set": [1]}, "meta": meta},
    ]
    assert run_suite("children", suite, frame(1, 1), {}) == []
    assert types == [expectation["type"] for expectation in suite]


@pytest.mark.parametrize("places", [(0,), (0, 0), (0, 1, 1)], ids=str)
def test_results_that_are_not_one_for_each_expectation_stop_the_night(
    monkeypatch: pytest.MonkeyPatch, places: tuple[int, ...]
) -> None:
    import_gx()
    from great_expectations.datasource.fluent.interfaces import Batch

    validate = Batch.validate

    def other(batch: Any, suite: Any, **more: Any) -> Any:
        found = validate(batch, suite, **more)
        found.results = [found.results[place] for place in places]
        return found

    monkeypatch.setattr(Batch, "validate", other)
    with pytest.raises(CmfcError, match=rf"CMFC-G02.*2 expectations returned {len(places)} results"):
        run_suite("children", [between("value"), between("source_row")], frame(1, 1), {"least": 0})


@pytest.mark.parametrize("listed", [{}, {"unexpected_index_list": None}, {"unexpected_index_list": []}], ids=str)
def test_rows_that_are_counted_and_not_listed_stop_the_night(listed: dict[str, Any]) -> None:
    result = SimpleNamespace(result={"unexpected_count": 1, **listed})
    with pytest.raises(CmfcError, match=r"CMFC-G02.*the rule too_low on value did not list every row"):
        gx._breach("children", between("value"), result)


def test_of_rows_that_do_not_hold_it_gives_the_numbers_and_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    results: list[dict[str, Any]] = []
    breach = gx._breach

    def noted(feed: str, expectation: Expectation, result: Any) -> Any:
        results.append(result.result)
        return breach(feed, expectation, result)

    monkeypatch.setattr(gx, "_breach", noted)
    assert rows(5000, 4711, 9000) == [[2]]
    assert len(results) == 1 and "4711" not in str(results)
    assert not {"unexpected_rows", "unexpected_index_query"} & set(results[0])


@pytest.mark.parametrize("keys", [(), (["value"],), ([],)], ids=str)
@pytest.mark.parametrize("which", [{}, {"id_ignore_keys": ["value"]}, {"id_ignore_keys": []}], ids=str)
def test_arguments_are_named_as_where_nothing_is_spared(keys: tuple[list[str], ...], which: dict[str, Any]) -> None:
    import_gx()
    from great_expectations.core.id_dict import IDDict

    long = np.zeros(5000, dtype=np.int64), np.eye(1, 5000, 2500, dtype=np.int64)[0]
    assert repr(long[0]) == repr(long[1])
    values = [1, 2, "1", {"$PARAMETER": "least"}, {"$PARAMETER": "most"}, [1], [1, 2], *long]
    arguments = [IDDict(value=value, column="a") for value in values]
    names = [one.to_id(*keys, **which) for one in arguments]
    with without_repeats():
        for one in arguments:
            one.to_id()
        assert [one.to_id(*keys, **which) for one in arguments] == names


def test_an_expectation_of_a_share_or_of_a_whole_column_is_held_against_all_rows_at_once() -> None:
    assert gx.is_by_row(between("value"))
    assert not gx.is_by_row({**between("value"), "kwargs": {"column": "value", "min_value": 1, "mostly": 0.9}})
    assert not gx.is_by_row({**between("value"), "type": "expect_column_values_to_be_unique"})


@pytest.mark.parametrize("feed", feeds().values(), ids=lambda feed: feed.name)
def test_it_says_the_same_where_nothing_is_spared(feed: Feed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of a feed's columns is empty in a row, and what nobody can read in another."""
    calls: list[tuple[Any, ...]] = []

    def noted(*call: Any) -> Any:
        calls.append(call)
        return run_suite(*call)

    monkeypatch.setattr(contract, "run_suite", noted)
    monkeypatch.setattr(validate, "run_suite", noted)
    rows = good_rows(feed, 6 * ROWS)
    for number, column in enumerate(feed.columns):
        rows = change(change(rows, 3 * number, **{column: ""}), 3 * number + 1, **{column: "??"})
    deliver(tmp_path, feed, rows)
    take_in(tmp_path, feed.name)

    def answers() -> list[Any]:
        return [[(b.of, b.rows.tolist()) for b in run_suite(*call)] for call in calls]

    spared = answers()
    monkeypatch.setattr(gx, "without_repeats", nullcontext)
    assert spared == answers()
    assert sum(map(len, spared)) > 3, "nothing was wrong"
