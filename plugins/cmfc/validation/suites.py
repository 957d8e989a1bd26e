"""The Great Expectations suites in expectations/: their skeletons from the catalogue, and how they are read.

`python -m cmfc.validation.suites --write` adds what the catalogue asks for and keeps what a data team has added.
"""

import json
import sys
from pathlib import Path
from typing import Any

from cmfc.errors import UsageError
from cmfc.feeds.catalog import Column, Feed, feeds
from cmfc.ingest.cleaning import CONTROLS, UNREAD

SUITES = Path(__file__).parents[3] / "expectations"
EFFECTS = ("contract", "row", "field", "note")
OLDEST = 26
"""Completed years up to which a birth date is plausible at an event (spec 1)."""

_ENDS = {"custody": "ended_at", "placements": "ended_at", "absences": "ended_at", "sightings": "known_to"}
_NOT_BEFORE = {
    ("le_reports", "ncic_entered_at"): "reported_at_less_a_day",
    ("placements", "entered_at"): "began_at_less_a_day",
    ("absences", "entered_at"): "absent_since_less_a_day",
    ("le_reports", "told_located_at"): "reported_at_earliest",
    ("ncmec_reports", "told_located_at"): "reported_at_earliest",
    ("ncmec_reports", "closed_at"): "reported_at_earliest",
    ("returns", "interviewed_at"): "returned_at_earliest",
    ("returns", "screened_for_trafficking_at"): "returned_at_earliest",
}
"""Times that cannot surely lie before another of their row (spec 1, An implausible time)."""
_MAY_BE_AFTER_THE_PULL = {("custody", "ended_at"), ("placements", "ended_at"), ("absences", "expected_end_at")}

NOTED = {CONTROLS: "control_characters", UNREAD: "cell_unreadable"}
"""What a snapshot notes of columns, and the rule that it must note nothing."""

Expectation = dict[str, Any]


def skeleton(feed: Feed) -> list[Expectation]:
    """What every suite of this feed must hold: contract first, then columns in catalogue order."""
    expectations = [_contract("rows", "row_count", {"min_value": _from("least_rows"), "max_value": _from("most_rows")})]
    expectations.append(_contract("newest_at", "stale", {"min_value": _from("oldest_allowed")}))
    for noted, rule in NOTED.items():
        nothing = {"type": "expect_column_values_to_be_null", "kwargs": {"column": noted}}
        expectations.append(nothing | {"meta": _meta(noted, rule, "note")})
    for column in feed.columns.values():
        expectations += _of_column(feed, column)
    return expectations


def load_suite(feed_name: str, folder: Path = SUITES) -> list[Expectation]:
    """The committed suite of a feed.

    Raises:
        UsageError: CMFC-G01, no such suite, not JSON, or an expectation without its meta.
    """
    path = folder / f"{feed_name}.json"
    try:
        expectations: list[Expectation] = json.loads(path.read_text(encoding="utf-8"))["expectations"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError("CMFC-G01", f"expectations/{path.name} is not a suite.", type(error).__name__) from None
    for number, expectation in enumerate(expectations, 1):
        meta = expectation.get("meta", {})
        if not {"column", "rule"} <= meta.keys() or meta.get("effect") not in EFFECTS:
            message = f"expectations/{path.name}: expectation {number} needs meta column, rule and effect."
            raise UsageError("CMFC-G01", message)
    return expectations


def write_suites(folder: Path = SUITES) -> None:
    """Write all suites: the skeleton, then the expectations that are not part of it."""
    folder.mkdir(exist_ok=True)
    for feed in feeds().values():
        path, expectations = folder / f"{feed.name}.json", skeleton(feed)
        rules = {_identity(expectation) for expectation in expectations}
        if path.exists():
            expectations += [e for e in load_suite(feed.name, folder) if _identity(e) not in rules]
        path.write_text(suite_text(feed.name, expectations), encoding="utf-8")


def suite_text(feed_name: str, expectations: list[Expectation]) -> str:
    """A suite as JSON with one expectation a line, so that a change of a suite reads as lines."""
    lines = ",\n".join(f"    {json.dumps(expectation)}" for expectation in expectations)
    return f'{{\n  "name": {json.dumps(feed_name)},\n  "expectations": [\n{lines}\n  ]\n}}\n'


def _identity(expectation: Expectation) -> tuple[str, str, str]:
    return expectation["type"], expectation["meta"]["column"], expectation["meta"]["rule"]


def _of_column(feed: Feed, column: Column) -> list[Expectation]:
    name = column.name
    expectations = [*_of_presence(column), *_of_ids(feed, column), *_of_text(column)]
    if column.type == "moment" and column.row_stops and feed.name != "custody":
        expectations.append(_flag(column, "time_before_1990", f"{name}_is_time", "row"))
    if column.type == "moment" and (feed.name, name) not in _MAY_BE_AFTER_THE_PULL:
        expectations.append(
            _values(column, "after_the_pull", "be_between", f"{name}_earliest", {"max_value": _from("pulled_at")})
        )
    if name == _ENDS.get(feed.name):
        expectations.append(_end_not_before_begin(feed, column))
    if other := _NOT_BEFORE.get((feed.name, name)):
        expectations.append(_not_before(column, "too_early", f"{name}_latest", other, severity="medium"))
    if name == "date_of_birth":
        limits = {"min_value": 0, "max_value": OLDEST} if feed.begins else {"min_value": 0}
        expectations.append(_values(column, "birth_date_implausible", "be_between", "age", limits))
    # A sighting whose end is unusable would cover an open end, and hide a missing child: the row goes instead.
    return [_for_row(e) for e in expectations] if (feed.name, name) == ("sightings", "known_to") else expectations


def _of_presence(column: Column) -> list[Expectation]:
    if not column.required:
        return []
    exists = {"type": "expect_column_to_exist", "kwargs": {"column": column.name}}
    exists |= {"meta": _meta(column.name, "column_missing", "contract")}
    return [exists, _values(column, "required_missing", "not_be_null", column.name, {})]


def _of_ids(feed: Feed, column: Column) -> list[Expectation]:
    """What must hold of keys and children's ids; worked out beforehand (validation/identity.py)."""
    expectations = []
    if column.name == feed.key:
        expectations.append(_flag(column, "key_twice", "is_only_content", "note", severity="medium"))
        expectations.append(_flag(column, "key_shared", "key_is_alone", "note", severity="medium"))
        if feed.name == "children":
            expectations.append(_flag(column, "two_people", "is_one_person", "note", severity="high"))
    if column.name == "child_id":
        expectations.append(_flag(column, "not_an_id", "child_id_is_id", "row" if column.row_stops else "field"))
    return expectations


def _of_text(column: Column) -> list[Expectation]:
    """Whether the text can be read as what the catalogue says it is."""
    if column.type == "code":
        return [_values(column, "code_not_listed", "be_in_set", column.name, {"value_set": list(column.codes)})]
    rule = {"moment": "time_unparseable", "date": "date_unparseable", "bool": "bool_unparseable"}.get(column.type)
    if rule is None:
        return []
    return [_values(column, rule, "be_in_set", f"{column.name}_is_readable", {"value_set": [True]})]


def _end_not_before_begin(feed: Feed, end: Column) -> Expectation:
    # A sighting must end after it began; another end may touch its begin.
    is_window = feed.name == "sightings"
    return _not_before(end, "end_before_begin", f"{end.name}_latest", f"{feed.begins}_earliest", or_equal=not is_window)


def _not_before(
    column: Column, rule: str, later: str, other: str, *, or_equal: bool = True, **meta: str
) -> Expectation:
    ends = {"column_A": later, "column_B": other, "or_equal": or_equal}
    return {
        "type": "expect_column_pair_values_a_to_be_greater_than_b",
        "kwargs": ends | {"ignore_row_if": "either_value_is_missing"},
        "meta": _meta(column.name, rule, "field") | meta,
    }


def _flag(column: Column, rule: str, on: str, effect: str, **meta: str) -> Expectation:
    """A rule that is worked out beforehand, into a column that must be true."""
    kwargs = {"column": on, "value_set": [True]}
    full_meta = _meta(column.name, rule, effect) | meta
    return {"type": "expect_column_values_to_be_in_set", "kwargs": kwargs, "meta": full_meta}


def _values(column: Column, rule: str, what: str, on: str, kwargs: dict[str, Any]) -> Expectation:
    effect = "row" if column.row_stops else "field"
    meta = _meta(column.name, rule, effect)
    return {"type": f"expect_column_values_to_{what}", "kwargs": {"column": on, **kwargs}, "meta": meta}


def _contract(fact: str, rule: str, limits: dict[str, Any]) -> Expectation:
    kwargs = {"column": fact, **limits}
    return {"type": "expect_column_values_to_be_between", "kwargs": kwargs, "meta": _meta(fact, rule, "contract")}


def _for_row(expectation: Expectation) -> Expectation:
    return expectation | {"meta": expectation["meta"] | {"effect": "row"}}


def _meta(column: str, rule: str, effect: str) -> dict[str, str]:
    return {"column": column, "rule": rule, "effect": effect}


def _from(parameter: str) -> dict[str, str]:
    return {"$PARAMETER": parameter}


if __name__ == "__main__":
    if "--write" not in sys.argv:
        raise SystemExit("usage: python -m cmfc.validation.suites --write")
    write_suites()
