"""Runs a feed's Great Expectations suite; with gx_import.py all that knows Great Expectations (spec 1).

What comes back are rules, columns and row numbers. Values stay in the frame: results are asked for without them, and an
exception's text, which may quote them, is not passed on.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

import numpy as np
import pandas as pd

from cmfc.errors import CmfcError
from cmfc.validation.breach import Breach
from cmfc.validation.gx_import import import_gx, without_repeats
from cmfc.validation.suites import Expectation

_WHETHER = {"result_format": "BOOLEAN_ONLY"}
_ROWS = {
    "result_format": "COMPLETE",
    "unexpected_index_column_names": ["source_row"],
    "exclude_unexpected_values": True,
    "include_unexpected_rows": False,
    "return_unexpected_index_query": False,
}

_BY_ROW = {
    "expect_column_to_exist",
    "expect_column_values_to_not_be_null",
    "expect_column_values_to_be_null",
    "expect_column_values_to_be_in_set",
    "expect_column_values_to_be_between",
    "expect_column_pair_values_a_to_be_greater_than_b",
}
"""What is judged of each row by itself, if nothing is asked of a share of them (`mostly`)."""


def is_by_row(expectation: Expectation) -> bool:
    """Whether it may be held against some rows of a feed and then against others."""
    return expectation["type"] in _BY_ROW and expectation["kwargs"].get("mostly") is None


def columns_of(suite: Sequence[Expectation]) -> set[str]:
    """The frame's columns that these expectations look at."""
    keys = ("column", "column_A", "column_B")
    return {e["kwargs"][key] for e in suite for key in keys if key in e["kwargs"]}


def run_suite(
    feed: str, suite: Sequence[Expectation], frame: pd.DataFrame, parameters: Mapping[str, int | None]
) -> list[Breach]:
    """Hold a frame against expectations.

    Args:
        feed: name of the feed, for messages.
        suite: expectations with meta column, rule and effect.
        frame: the columns they look at, and `source_row`.
        parameters: values of the suite's parameters; times in epoch seconds UTC.

    Returns:
        One breach per expectation that does not hold.

    Raises:
        CmfcError: CMFC-G02, an expectation could not be evaluated, or did not list every row it counted.
    """
    if not suite:
        return []
    definition = _definition()
    try:
        with without_repeats():
            batch = definition.get_batch({"dataframe": frame})
            failing = [e for e, r in _results(feed, batch, suite, parameters, _WHETHER) if not r.success]
            # Which rows, of what does not hold alone: to list them costs as much again as to count them.
            by_row = [e for e in failing if not _is_contract(e)]
            listed = iter(_results(feed, batch, by_row, parameters, _ROWS))
            return [_whole(e) if _is_contract(e) else _breach(feed, *next(listed)) for e in failing]
    finally:
        _let_go(definition)


def _results(
    feed: str, batch: Any, suite: Sequence[Expectation], parameters: Mapping[str, int | None], form: Mapping[str, Any]
) -> list[tuple[Expectation, Any]]:
    """What Great Expectations says of each expectation, in the suite's order."""
    if not suite:
        return []
    numbered = [e | {"meta": e["meta"] | {"place": place}} for place, e in enumerate(suite)]
    results = batch.validate(
        _suite(json.dumps(numbered)), expectation_parameters=dict(parameters), result_format=dict(form)
    ).results
    by_place = {int(result.expectation_config.meta["place"]): result for result in results}
    if by_place.keys() != set(range(len(suite))) or len(results) != len(suite):
        raise CmfcError("CMFC-G02", f"{feed}: {len(suite)} expectations returned {len(results)} results.")
    for place, expectation in enumerate(suite):
        if _has_failed(by_place[place].exception_info):
            rule, column, _ = _about(expectation)
            message = f"{feed}: the rule {rule} on {column} could not be evaluated."
            raise CmfcError("CMFC-G02", message, expectation["type"])
    return [(expectation, by_place[place]) for place, expectation in enumerate(suite)]


def _is_contract(expectation: Expectation) -> bool:
    return bool(expectation["meta"]["effect"] == "contract")


def _whole(expectation: Expectation) -> Breach:
    return Breach(*_about(expectation), np.empty(0, dtype=np.int64))


def _about(expectation: Expectation) -> tuple[str, str, str]:
    rule, column, effect = (str(expectation["meta"][key]) for key in ("rule", "column", "effect"))
    return rule, column, effect


def _breach(feed: str, expectation: Expectation, result: Any) -> Breach:
    rule, column, effect = _about(expectation)
    listed = result.result.get("unexpected_index_list") or []
    rows = np.array([row for entry in listed for row in _numbers(entry["source_row"])], dtype=np.int64)
    if len(rows) != result.result.get("unexpected_count"):
        message = f"{feed}: the rule {rule} on {column} did not list every row."
        raise CmfcError("CMFC-G02", message, expectation["type"])
    return Breach(rule, column, effect, np.sort(rows), expectation["meta"].get("severity", "low"))


def _numbers(entry: Any) -> Any:
    return entry if isinstance(entry, list | tuple | np.ndarray) else [entry]


def _has_failed(info: Mapping[str, Any]) -> bool:
    """Great Expectations gives one record, or one per metric, of what was raised."""
    return bool(info["raised_exception"]) if "raised_exception" in info else bool(info)


@cache
def _definition() -> Any:
    """What Great Expectations calls a feed's frame: once per process, as each new one rewrites its whole settings."""
    source = _context().data_sources.add_pandas("feed")
    return source.add_dataframe_asset("feed").add_batch_definition_whole_dataframe("feed")


@lru_cache(maxsize=64)
def _suite(expectations: str) -> Any:
    import_gx()
    from great_expectations.core.expectation_suite import ExpectationSuite

    return ExpectationSuite(name="suite", expectations=json.loads(expectations))


def _let_go(definition: Any) -> None:
    """Free the frame, which the data source's engine would keep until the feed's next one."""
    batches = definition.data_asset.datasource.get_execution_engine().batch_manager
    batches.reset_batch_cache()
    batches.batch_data_cache.clear()


@cache
def _context() -> Any:
    # Before the import, which takes seconds and would write hundreds of lines.
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    gx = import_gx()
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    return context
