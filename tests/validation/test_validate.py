"""Faults at the door (spec 1, Checks at the door): what stops the night, what is set aside, what is not checked."""

import os
import re
import shutil
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from cmfc.errors import InputError
from cmfc.feeds.catalog import Column, Feed, feeds
from cmfc.ingest.mapping import ColumnMapping
from cmfc.ingest.pulled import UnknownCode, load_pulled
from cmfc.ingest.snapshot import pull
from cmfc.validation import cross_feed
from cmfc.validation.contract import is_mostly
from cmfc.validation.cross_feed import validate_across_feeds
from cmfc.validation.result import Accounting, LostColumn, load_checked
from cmfc.validation.suites import load_suite, skeleton
from cmfc.validation.types import ages
from tests.support import small_agency as door
from tests.support.small_agency import (
    AS_OF,
    PULLED_AT,
    ROWS,
    Row,
    accepted,
    change,
    deliver,
    good_rows,
    mapping_of,
    quarantine,
    take_in,
    text_of,
    with_column,
)

FEEDS = list(feeds().values())
BEGINNING = [feed for feed in FEEDS if feed.begins]


def name_of(feed: Feed) -> str:
    return feed.name


def expect_broken(folder: Path, feed: Feed, expected: str, **options: Any) -> None:
    """An agency feed stops the night; another one is broken, empty and recorded."""
    if feed.role == "agency":
        with pytest.raises(InputError) as error:
            take_in(folder, feed.name, **options)
        sentence = error.value.message
    else:
        _, checked = take_in(folder, feed.name, **options)
        assert accepted(folder, feed.name) == [] and quarantine(folder, feed.name) == []
        sentence, rows = " ".join(checked.broken), checked.accounting.pulled
        assert (checked.status, checked.accounting) == ("broken", Accounting(rows, 0, rows, 0, 0))
        assert checked.fields_set_aside == 0
    assert expected in sentence
    assert sentence.startswith(f"{feed.name}: {feed.name}.csv")


@pytest.mark.parametrize("feed", FEEDS, ids=name_of)
def test_a_good_feed_passes_whole(tmp_path: Path, feed: Feed) -> None:
    deliver(tmp_path, feed)
    _, checked = take_in(tmp_path, feed.name)
    assert checked.status == "ok"
    assert (checked.accounting, checked.fields_set_aside) == (Accounting(ROWS, ROWS, 0, 0, 0), 0)
    assert quarantine(tmp_path, feed.name) == []
    assert accepted(tmp_path, feed.name)[0]["source_row"] == 2


@pytest.mark.parametrize("feed", FEEDS, ids=name_of)
@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (door.absent, "is not there"),
        (door.zero_bytes, "is empty (0 bytes)"),
        (door.header_only, "has no records"),
        (door.header_without_line_end, "has no line end"),
        (door.cut_off, f"row {ROWS + 1} has 1 columns"),
        (door.open_quote, "opens a quote that is not closed"),
        (door.other_encoding, "is not utf-8 text"),
        (door.no_header, ""),
        (
            door.semicolons,
            "has none of the mapped columns; the delimiter is another one: `kind: csv` and `delimiter: ';'`",
        ),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_file_that_cannot_be_read_breaks_the_contract(
    tmp_path: Path, feed: Feed, spoil: door.Spoil, expected: str
) -> None:
    spoil(deliver(tmp_path, feed))
    expect_broken(tmp_path, feed, expected)


@pytest.mark.parametrize("feed", FEEDS, ids=name_of)
def test_a_missing_required_column_breaks_the_contract(tmp_path: Path, feed: Feed) -> None:
    path = deliver(tmp_path, feed)
    path.write_text(path.read_text().replace(feed.key, "other", 1))
    expect_broken(tmp_path, feed, f"lacks the required column {feed.key} (in the mapping: {feed.key}).")


def test_a_missing_column_is_named_beside_the_one_that_differs_only_in_case_or_space(tmp_path: Path) -> None:
    path = deliver(tmp_path, feeds()["absences"])
    path.write_text(path.read_text().replace("reason", "other", 1).replace("kind", " Kind", 1))
    what = "lacks the required column kind (in the mapping: kind); it has Kind, which differs only in case or space."
    expect_broken(tmp_path, feeds()["absences"], what)


EVERY_COLUMN = [(feed, name) for feed in FEEDS for name in feed.columns if name != feed.key]


@pytest.mark.parametrize(("feed", "column"), EVERY_COLUMN, ids=lambda v: getattr(v, "name", v))
def test_a_promised_column_that_does_not_come_breaks_the_contract_or_is_lost(
    tmp_path: Path, feed: Feed, column: str
) -> None:
    path = deliver(tmp_path, feed)
    head, rest = path.read_text().split("\n", 1)
    names = ["other" if name == column else name for name in head.split(",")]
    path.write_text("\n".join([",".join(names), rest]))
    if feed.columns[column].breaks_contract:
        required = f"lacks the required column {column}" if feed.columns[column].required else f"the column {column}"
        expect_broken(tmp_path, feed, required)
        return
    _, checked = take_in(tmp_path, feed.name)
    assert checked.status == "ok" and checked.missing_columns == (column,)
    assert checked.lost_columns == (LostColumn(column, 0, 0, breaks=False),)
    assert [(u.subject, u.severity) for u in checked.unknowns] == [(f"{feed.name}:other", "medium")]
    assert column in checked.incomplete[0]


@pytest.mark.parametrize("feed", FEEDS, ids=name_of)
def test_where_only_required_columns_are_promised_another_is_noted(tmp_path: Path, feed: Feed) -> None:
    optional = next(column.name for column in feed.columns.values() if not column.required)
    path = deliver(tmp_path, feed)
    path.write_text(path.read_text().replace(f",{optional}", ",other", 1))
    _, checked = take_in(tmp_path, feed.name, mapping_of(tmp_path, promises="required"))
    assert checked.status == "ok" and checked.missing_columns == (optional,) and checked.lost_columns == ()


READABLE = [
    (feed, column.name)
    for feed in FEEDS
    for column in feed.columns.values()
    if column.type in ("code", "bool", "moment", "date") and (column.breaks_contract or not column.row_stops)
]


@pytest.mark.parametrize(("feed", "column"), READABLE, ids=lambda v: getattr(v, "name", v))
def test_a_column_that_is_mostly_unreadable_breaks_the_contract_or_is_lost(
    tmp_path: Path, feed: Feed, column: str
) -> None:
    rows = [row | {column: "gibberish"} if n < 5 else row | {column: ""} for n, row in enumerate(good_rows(feed))]
    if feed.columns[column].required:
        rows = [row | {column: "gibberish"} for row in good_rows(feed)]
    deliver(tmp_path, feed, rows)
    if feed.columns[column].breaks_contract:
        expect_broken(tmp_path, feed, f"values of {column} cannot be read")
        return
    _, checked = take_in(tmp_path, feed.name)
    assert [(lost.column, lost.unreadable) for lost in checked.lost_columns] == [(column, 5)]
    assert quarantine(tmp_path, feed.name) == []  # one finding for the column, not one for each row


@pytest.mark.parametrize(("bad", "is_lost"), [(4, False), (5, True)])
def test_few_unreadable_values_are_slips(tmp_path: Path, bad: int, is_lost: bool) -> None:
    feed = feeds()["absences"]
    rows = [row | {"entered_at": "gibberish" if n < bad else ""} for n, row in enumerate(good_rows(feed))]
    deliver(tmp_path, feed, rows)
    _, checked = take_in(tmp_path, "absences")
    assert bool(checked.lost_columns) is is_lost and len(quarantine(tmp_path, "absences")) == (0 if is_lost else bad)


@pytest.mark.parametrize("feed", FEEDS, ids=name_of)
def test_a_stale_file_breaks_the_contract(tmp_path: Path, feed: Feed) -> None:
    os.utime(deliver(tmp_path, feed), (PULLED_AT - 90_000, PULLED_AT - 90_000))
    expect_broken(
        tmp_path, feed, "25.0 h old at the pull, 24 h are allowed", mapping=mapping_of(tmp_path, max_age_hours=24)
    )


@pytest.mark.parametrize("feed", BEGINNING, ids=name_of)
def test_a_stale_night_breaks_the_contract(tmp_path: Path, feed: Feed) -> None:
    deliver(tmp_path, feed)
    mapping = mapping_of(tmp_path, max_age_hours=2, freshness_column="<begins>")
    expect_broken(tmp_path, feed, "is stale", mapping=mapping)


def after_the_pull(feed: Feed) -> list[Row]:
    return [row | {str(feed.begins): "2026-04-01T10:00:00"} for row in good_rows(feed)]


@pytest.mark.parametrize("feed", BEGINNING, ids=name_of)
def test_a_night_from_the_future_is_not_fresh(tmp_path: Path, feed: Feed) -> None:
    deliver(tmp_path, feed, after_the_pull(feed))
    mapping = mapping_of(tmp_path, max_age_hours=24, freshness_column="<begins>")
    expect_broken(tmp_path, feed, "is it for the right night?", mapping=mapping)


@pytest.mark.parametrize("feed", BEGINNING, ids=name_of)
def test_rows_that_begin_after_the_pull_are_set_aside(tmp_path: Path, feed: Feed) -> None:
    after = after_the_pull(feed)
    deliver(tmp_path, feed, after)
    expect_broken(
        tmp_path, feed, f"has {ROWS} of {ROWS} rows that cannot be used: {feed.begins} lies after the pull ({ROWS})"
    )
    deliver(tmp_path, feed, [*good_rows(feed), *(row | {feed.key: f"L{n}"} for n, row in enumerate(after[:4]))])
    _, checked = take_in(tmp_path, feed.name, again=True)
    assert checked.accounting.quarantined == 4
    assert {(line["rule"], line["effect"]) for line in quarantine(tmp_path, feed.name)} == {("after_the_pull", "row")}


@pytest.mark.parametrize("feed", FEEDS, ids=name_of)
@pytest.mark.parametrize(
    ("previous", "normal"),
    [(ROWS, ""), (60, ""), (61, "31 to 91"), (19, "10 to 28"), (20, ""), (0, "")],
)
def test_a_count_must_lie_within_the_band(tmp_path: Path, feed: Feed, previous: int, normal: str) -> None:
    deliver(tmp_path, feed)
    mapping = mapping_of(tmp_path, count_band=(0.5, 1.5))
    if normal:
        what = f"has {ROWS} rows where {normal} are normal"
        expect_broken(tmp_path, feed, what, mapping=mapping, previous_rows=previous)
    else:
        assert take_in(tmp_path, feed.name, mapping, previous)[1].status == "ok"


def test_one_row_more_or_less_is_normal_in_the_smallest_feed(tmp_path: Path) -> None:
    feed, mapping = feeds()["sightings"], mapping_of(tmp_path, count_band=(0.9, 1.1))
    for rows, status in ((4, "ok"), (6, "ok"), (7, "broken")):
        deliver(tmp_path, feed, good_rows(feed, rows))
        assert take_in(tmp_path, feed.name, mapping, 5, again=True)[1].status == status


@pytest.mark.parametrize("feed", FEEDS, ids=name_of)
def test_less_than_half_of_the_last_rows_is_noted_where_no_band_says_what_is_normal(tmp_path: Path, feed: Feed) -> None:
    """As when a log brings what is new instead of all: what it does not hold looks as if nobody had reported."""
    deliver(tmp_path, feed)
    note = f"It has {ROWS} rows and had {2 * ROWS + 1} the last time: is it whole?"
    for previous, notes in ((2 * ROWS, ()), (2 * ROWS + 1, (note,)), (None, ()), (ROWS // 2, ())):
        checked = take_in(tmp_path, feed.name, None, previous)[1]
        assert (checked.status, checked.notes) == ("ok", notes)
    band = mapping_of(tmp_path, count_band=(0.1, 1.5))
    assert take_in(tmp_path, feed.name, band, 2 * ROWS + 1)[1].notes == ()


def differing(feed: Feed, at: int) -> Row:
    """A value by which copies of a row differ."""
    if feed.name in ("custody", "placements", "absences"):
        return {str(feed.begins): f"2026-03-09T11:{at % 60:02}"}
    free = {
        "sightings": "known_from",
        "returns": "contributing_factors",
        "contacts": "purpose",
        "descriptions": "marks",
    }
    name = free.get(feed.name, "last_name")
    return {name: f"2026-03-09T11:{at % 60:02}" if name == "known_from" else str(at)}


@pytest.mark.parametrize("feed", FEEDS, ids=name_of)
def test_many_bad_keys_break_the_contract_and_few_do_not(tmp_path: Path, feed: Feed) -> None:
    rows = good_rows(feed, 400)
    doubled = [
        row | {"child_id": f"CH{at // 2}", feed.key: rows[at // 2][feed.key]} | differing(feed, at)
        for at, row in enumerate(rows)
    ]
    few = [row | {feed.key: ""} if at < 20 else row for at, row in enumerate(rows)]
    deliver(tmp_path, feed, few)
    assert take_in(tmp_path, feed.name)[1].accounting.quarantined == 20
    assert re.fullmatch(rf"{feed.name}#[0-9a-f]{{8}}", quarantine(tmp_path, feed.name)[0]["subject"])
    (tmp_path / "many").mkdir()
    deliver(tmp_path / "many", feed, doubled)
    expect_broken(tmp_path / "many", feed, "400 of 400 rows")


@pytest.mark.parametrize("feed", FEEDS, ids=name_of)
def test_identical_rows_collapse(tmp_path: Path, feed: Feed) -> None:
    rows = good_rows(feed)
    deliver(tmp_path, feed, [*rows, rows[3]])
    _, checked = take_in(tmp_path, feed.name)
    assert (checked.accounting.accepted, checked.accounting.collapsed) == (ROWS, 1)
    assert quarantine(tmp_path, feed.name) == []


@pytest.mark.parametrize("size", [1, 7])
def test_rows_held_in_pieces_are_set_aside_as_when_held_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    feed = feeds()["placements"]
    rows = good_rows(feed)
    rows = change(change(rows, 3, setting="", ended_at="?"), 12, entered_at="2999-01-01T00:00:00")
    rows = change(change(rows, 20, setting=""), 29, began_at="")
    deliver(tmp_path, feed, rows)
    take_in(tmp_path, feed.name)
    whole = quarantine(tmp_path, feed.name), accepted(tmp_path, feed.name)
    assert len(whole[0]) >= 4
    monkeypatch.setattr("cmfc.validation.validate._ROWS", size)
    take_in(tmp_path, feed.name)
    assert (quarantine(tmp_path, feed.name), accepted(tmp_path, feed.name)) == whole


def one_bad_value() -> list[Any]:
    """Per feed: a column, a value it cannot have, the rule, and whether the row goes."""
    cases = []
    for feed in FEEDS:
        for column in feed.columns.values():
            is_row = column.row_stops or (feed.name, column.name) == ("sightings", "known_to")
            effect = "row" if is_row else "field"
            if column.required:
                cases.append((feed, column.name, "", "required_missing", effect))
            if column.type == "code":
                cases.append((feed, column.name, "no_such_code", "code_not_listed", effect))
            if column.type == "moment" and column.row_stops and feed.name != "custody":
                cases.append((feed, column.name, "1900-01-01", "time_before_1990", effect))
            if column.name == "child_id":
                cases.append((feed, column.name, "two words", "not_an_id", effect))
            if column.type in ("moment", "date", "bool"):
                kind = {"moment": "time", "date": "date", "bool": "bool"}[column.type]
                cases.append((feed, column.name, "32.13.2026", f"{kind}_unparseable", effect))
            if column.type == "moment" and column.name not in ("ended_at", "expected_end_at"):
                cases.append((feed, column.name, "2026-03-11T00:00:01", "after_the_pull", effect))
    end = "2026-03-08"
    cases += [(feeds()[f], "ended_at", end, "end_before_begin", "field") for f in ("custody", "placements", "absences")]
    cases += [(feeds()["absences"], "ended_at", "2026-03-10T12:00:00", "after_the_pull", "field")]
    cases += [(feeds()["sightings"], "known_to", day, "end_before_begin", "row") for day in (end, "1900-01-01")]
    reports = [feeds()[f] for f in ("le_reports", "ncmec_reports")]
    cases += [
        (f, "date_of_birth", day, "birth_date_implausible", "field")
        for f in reports
        for day in ("1999-03-09", "2026-03-10")
    ]
    cases += [(feeds()["children"], "date_of_birth", "2026-03-11", "birth_date_implausible", "field")]
    return cases


@pytest.mark.parametrize(
    ("feed", "column", "value", "rule", "effect"), one_bad_value(), ids=lambda v: getattr(v, "name", str(v))
)
def test_a_bad_value_costs_its_field_or_its_row(
    tmp_path: Path, feed: Feed, column: str, value: str, rule: str, effect: str
) -> None:
    deliver(tmp_path, feed, change(good_rows(feed, 3), 1, **{column: value}))
    _, checked = take_in(tmp_path, feed.name)
    (line,) = quarantine(tmp_path, feed.name)
    assert (line["field"], line["rule"], line["effect"], line["row"]) == (column, rule, effect, 3)
    assert checked.accounting.accepted == (2 if effect == "row" else 3)
    assert checked.fields_set_aside == (effect == "field")
    if (feed.name, column) == ("ncmec_reports", "source"):
        assert accepted(tmp_path, feed.name)[1]["source"] == "unreadable"
    elif effect == "field" and column != "voided":
        row = accepted(tmp_path, feed.name)[1]
        assert row.get(column, row.get(f"{column}_earliest")) is None


@pytest.mark.parametrize(
    ("feed", "column"),
    [(feed, column) for feed in FEEDS for column in feed.of_type("moment")
     if (feed.name, column.name) != ("sightings", "known_to") and (not column.row_stops or feed.name == "custody")],
    ids=lambda value: value.name,
)  # fmt: skip
def test_a_time_before_1990_stands_for_none_and_is_counted(tmp_path: Path, feed: Feed, column: Column) -> None:
    """The row stands; custody that began then begins with the first day that is a time."""
    rows = good_rows(feed, 4)
    for number, written in enumerate(("1900-01-01", "1989-12-31", "1990-01-01")):
        rows = change(rows, number, **{column.name: written})
    deliver(tmp_path, feed, rows)
    notes = take_in(tmp_path, feed.name)[1].notes
    assert f"Times before 1990 in {column.name}, read as empty: 2." in notes
    first = at("1990-01-01T06:00:00Z")
    is_begin = column.name == feed.begins
    spans = [(row[f"{column.name}_earliest"], row[f"{column.name}_latest"]) for row in accepted(tmp_path, feed.name)]
    assert spans[:2] == [(first, first) if is_begin else (None, None)] * 2
    assert spans[2] == (first, first + 86_399) or not is_begin


@pytest.mark.parametrize(
    ("feed", "column"), [("custody", "ended_at"), ("placements", "ended_at"), ("absences", "expected_end_at")]
)
def test_some_ends_may_lie_after_the_pull(tmp_path: Path, feed: str, column: str) -> None:
    deliver(tmp_path, feeds()[feed], change(good_rows(feeds()[feed], 2), 0, **{column: "2026-05-01"}))
    take_in(tmp_path, feed)
    assert quarantine(tmp_path, feed) == []
    assert accepted(tmp_path, feed)[0][f"{column}_earliest"] is not None


@pytest.mark.parametrize(
    ("feed", "values", "severity"),
    [
        ("absences", {"kind": "missing"}, "critical"),
        ("absences", {"kind": ""}, "critical"),
        ("absences", {"kind": "AWOL"}, "high"),  # the code itself is critical (DQ-02)
        ("absences", {"kind": "missing", "ended_at": "2026-03-09"}, "high"),
        ("absences", {"kind": "missing", "ended_at": "soon"}, "critical"),
        ("absences", {"kind": "Missing", "ended_at": "9999-12-31"}, "critical"),
        ("absences", {"kind": "planned"}, "low"),
        ("placements", {"setting": "runaway"}, "critical"),
        ("placements", {"setting": "unknown"}, "critical"),
        ("placements", {"setting": "shelter"}, "low"),
        ("le_reports", {}, "high"),
        ("custody", {}, "low"),
        ("contacts", {}, "low"),
    ],
)
def test_a_row_set_aside_weighs_what_it_may_hide(tmp_path: Path, feed: str, values: Row, severity: str) -> None:
    begins = str(feeds()[feed].begins)
    deliver(tmp_path, feeds()[feed], change(good_rows(feeds()[feed], 2), 0, **values, **{begins: "?"}))
    take_in(tmp_path, feed)
    lines = [line for line in quarantine(tmp_path, feed) if line["effect"] == "row"]
    assert {line["severity"] for line in lines} == {severity} and {line["child_id"] for line in lines} == {"CH0"}


def test_a_bad_row_is_listed_with_every_reason(tmp_path: Path) -> None:
    bad = change(good_rows(feeds()["absences"], 3), 1, kind="", absent_since="?", reason="??")
    deliver(tmp_path, feeds()["absences"], bad)
    take_in(tmp_path, "absences")
    lines = [(line["row"], line["field"], line["rule"], line["effect"]) for line in quarantine(tmp_path, "absences")]
    assert lines == [
        (3, "absent_since", "time_unparseable", "row"),
        (3, "kind", "required_missing", "row"),
        (3, "reason", "code_not_listed", "row"),
    ]


def test_voided_rows_are_decided_first(tmp_path: Path) -> None:
    rows = change(good_rows(feeds()["absences"], 3), 1, voided="yes", kind="nonsense", absence_id="")
    deliver(tmp_path, feeds()["absences"], [*rows, rows[0] | {"voided": "true"}])
    _, checked = take_in(tmp_path, "absences")
    counted = checked.accounting
    assert (counted.pulled, counted.accepted, counted.voided, counted.quarantined) == (4, 2, 2, 0)
    assert quarantine(tmp_path, "absences") == []


@pytest.mark.parametrize(
    ("bad", "rows", "is_much"),
    [(20, 99, True), (20, 100, False), (19, 60, False), (21, 100, True), (5, 5, True), (5, 6, False), (4, 4, False)],
)
def test_more_than_a_fifth_of_many_rows_or_all_of_a_few_is_no_slip(bad: int, rows: int, is_much: bool) -> None:
    assert is_mostly(bad, rows) is is_much


@pytest.mark.parametrize("feed", [feed for feed in feeds().values() if "voided" in feed.columns], ids=lambda f: f.name)
@pytest.mark.parametrize(
    ("rows", "voided", "most", "is_broken"),
    [
        (20, 11, 0.5, True),
        (20, 10, 0.5, False),
        (19, 18, 0.5, False),
        (3, 3, 0.5, True),
        (2, 2, 0.5, False),
        (20, 15, 0.8, False),
        (20, 17, 0.8, True),
        (30, 30, 1.0, False),
        (3, 3, 1.0, False),
    ],
)
def test_a_feed_that_is_mostly_voided_breaks_the_contract(
    tmp_path: Path, feed: Feed, rows: int, voided: int, most: float, is_broken: bool
) -> None:
    records = good_rows(feed, rows)
    for row in records[:voided]:
        row["voided"] = "1"
    deliver(tmp_path, feed, records)
    mapping = mapping_of(tmp_path, most_voided=most)
    if is_broken:
        expect_broken(tmp_path, feed, f"{voided} of {rows} rows that are voided; is the flag mapped", mapping=mapping)
    else:
        assert take_in(tmp_path, feed.name, mapping)[1].accounting.voided == voided


@pytest.mark.parametrize("name", ["absences", "placements"])
@pytest.mark.parametrize(
    ("still_open", "voided_open", "ended", "voided_ended", "most", "what"),
    [
        (20, 20, 40, 0, 0.5, "broken"),
        (20, 20, 41, 2, 0.5, "broken"),
        (19, 19, 40, 0, 0.5, "doubt"),
        (3, 3, 40, 0, 0.5, "doubt"),
        (3, 3, 40, 2, 0.5, "doubt"),
        (3, 3, 1, 0, 0.5, "doubt"),
        (3, 3, 40, 3, 0.5, ""),
        (3, 3, 40, 0, 1.0, ""),
        (3, 2, 40, 0, 0.5, ""),
        (2, 2, 40, 0, 0.5, ""),
        (30, 29, 40, 0, 0.5, ""),
        (0, 0, 40, 0, 0.5, ""),
    ],
)
def test_a_flag_that_follows_the_end_is_said_or_breaks_the_contract(
    tmp_path: Path, name: str, still_open: int, voided_open: int, ended: int, voided_ended: int, most: float,
    what: str,
) -> None:  # fmt: skip
    feed = feeds()[name]
    records = good_rows(feed, still_open + ended)
    for number, row in enumerate(records):
        is_open = number < still_open
        row["ended_at"] = ("", "9999-12-31")[number % 2] if is_open else "2026-03-09T12:00:00"
        row["voided"] = str(number < voided_open or 0 <= number - still_open < voided_ended)
    deliver(tmp_path, feed, records)
    mapping = mapping_of(tmp_path, most_voided=most)
    expected = (
        f"has {still_open} rows without an end, which are all voided, and {ended} with one, of which {voided_ended}"
        " are; is voided mapped to a flag that says what is active?"
    )
    if what == "broken":
        expect_broken(tmp_path, feed, expected, mapping=mapping)
    else:
        checked = take_in(tmp_path, name, mapping)[1]
        assert checked.accounting.voided == voided_open + voided_ended
        assert [expected in sentence for sentence in checked.incomplete] == [True] * (what == "doubt")


def test_birth_dates_are_held_against_events(tmp_path: Path) -> None:
    born = {0: "1999-03-08", 1: "1999-03-10", 2: "2026-03-10", 3: "2026-03-09"}
    rows = good_rows(feeds()["children"])
    for number, day in born.items():
        rows = change(rows, number, date_of_birth=day)
    for feed in FEEDS:
        deliver(tmp_path, feed, rows if feed.name == "children" else None)
        take_in(tmp_path, feed.name)
    mapping = mapping_of(tmp_path)
    validate_across_feeds(tmp_path / "night", mapping)
    results = validate_across_feeds(tmp_path / "night", mapping)
    is_filled = [row["date_of_birth"] is not None for row in accepted(tmp_path, "children")[:4]]
    assert is_filled == [False, True, False, True]
    assert [line["row"] for line in quarantine(tmp_path, "children")] == [2, 4]
    assert results["children"].fields_set_aside == 2


@pytest.fixture(scope="module")
def taken_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A night of ten good feeds, each checked; for tests to copy."""
    folder = tmp_path_factory.mktemp("taken")
    for feed in FEEDS:
        deliver(folder, feed)
        take_in(folder, feed.name)
    return folder


@pytest.mark.parametrize(("earliest", "latest", "age"), [(-10, 10, 0), (-10, 0, 0), (-10, -1, -1), (0, 10, 0)])
def test_a_birth_within_the_span_of_an_event_is_not_after_it(earliest: int, latest: int, age: int) -> None:
    birth = at(BIRTH)
    span = (pa.array([birth + earliest]), pa.array([birth + latest]))
    assert ages(pa.array([date(2012, 8, 17)]), *span, "America/Chicago").to_pylist() == [age]


def test_who_may_not_have_had_the_birthday_yet_is_a_year_younger() -> None:
    """A day of a log farther east begins the day before."""
    span = (pa.array([at("2030-08-16T23:00:00-05:00")]), pa.array([at("2030-08-17T22:59:59-05:00")]))
    assert ages(pa.array([date(2012, 8, 17)]), *span, "America/Chicago").to_pylist() == [17]


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


BIRTH = "2012-08-17T05:00:00Z"
"""Where the day begins in Chicago on which every child was born."""


@pytest.mark.parametrize(
    ("name", "column", "written", "effect"),
    [
        ("custody", "began_at", "2012-08-16", "field"),  # it begins at the birth
        ("custody", "began_at", "1990-01-01", "field"),  # not what typing puts in place of a time before it
        ("sightings", "known_from", "2012-08-16", "row"),
        ("contacts", "contacted_at", "2012-08-16", "row"),
        ("returns", "returned_at", "2012-08-16", "row"),
        ("absences", "agency_informed_at", "2012-08-16", "field"),
        ("le_reports", "missing_since", "2012-08-16", "field"),
        ("ncmec_reports", "missing_since", "2012-08-16T23:59:59", "field"),
        ("le_reports", "reported_at", "2012-08-16", ""),  # it is of no episode (ID-02)
        *(("custody", "began_at", written, "") for written in ("2012-08-17", "2012-08-17T00:00")),
        *(("contacts", "contacted_at", written, "") for written in ("2012-08-17", "2012-08-17T10:00")),
    ],
)
def test_a_time_before_the_birth_is_empty_or_costs_its_row(
    taken_in: Path, tmp_path: Path, name: str, column: str, written: str, effect: str
) -> None:
    feed, folder = feeds()[name], tmp_path / "copy"
    shutil.copytree(taken_in, folder)
    unsaid = {"date_of_birth": ""} if feed.role == "report" else {}  # else it is the report's own that is wrong
    deliver(folder, feed, change(good_rows(feed), 3, **{column: written}, **unsaid))
    before = take_in(folder, name, again=True)[1].accounting
    results = [validate_across_feeds(folder / "night", mapping_of(folder))[name] for _ in range(2)]
    assert results[0] == results[1]
    counted, out = results[0].accounting, effect == "row"
    assert (counted.accepted, counted.quarantined) == (before.accepted - out, before.quarantined + out)
    lines = [(line["row"], line["rule"], line["effect"]) for line in quarantine(folder, name)]
    assert lines == ([(5, "before_the_birth", effect)] if effect else [])
    times = {row["child_id"]: row[f"{column}_earliest"] for row in accepted(folder, name)}
    birth = at(BIRTH)
    if effect == "":
        assert (times["CH3"] < birth) is (name == "le_reports")
    else:
        assert times.get("CH3") == (birth if name == "custody" else None) and len(times) == ROWS - out
        assert times["CH4"] != times.get("CH3") or column != feed.begins


@pytest.mark.parametrize(
    ("name", "spelling"),
    [*((feed.name, "CH0{}") for feed in FEEDS if feed.name != "children"),
     *(("absences", spelling) for spelling in ("ch{}", "C-H{}", "CH{}.0"))],
)  # fmt: skip
def test_a_feed_with_the_childrens_ids_in_another_spelling_cannot_be_used(
    taken_in: Path, tmp_path: Path, name: str, spelling: str
) -> None:
    """As one that went through a spreadsheet: every absence was of nobody on file, every child reported of nobody."""
    feed, folder = feeds()[name], tmp_path / "copy"
    shutil.copytree(taken_in, folder)
    rows = [row | {"child_id": spelling.format(number)} for number, row in enumerate(good_rows(feed))]
    deliver(folder, feed, rows)
    take_in(folder, name, again=True)
    sentence = f"{name}: {name}.csv has {ROWS} ids of children, of which {ROWS} are on file only if zeros, signs"
    for _ in range(2):  # an engine may run the step again
        if feed.role == "agency":
            with pytest.raises(InputError, match=sentence):
                validate_across_feeds(folder / "night", mapping_of(folder))
        else:
            checked = validate_across_feeds(folder / "night", mapping_of(folder))[name]
            assert checked.status == "broken" and sentence in checked.broken[0]
            assert checked.accounting.quarantined == checked.accounting.pulled == ROWS
    assert accepted(folder, name) == [] and quarantine(folder, name) == []


def test_few_ids_in_another_spelling_and_ids_of_nobody_cost_no_feed(taken_in: Path, tmp_path: Path) -> None:
    feed, folder = feeds()["absences"], tmp_path / "copy"
    shutil.copytree(taken_in, folder)
    rows = [row | {"child_id": f"X{number}"} for number, row in enumerate(good_rows(feed))]
    rows[:5] = [row | {"child_id": f"ch{number}"} for number, row in enumerate(rows[:5])]
    deliver(folder, feed, rows)
    take_in(folder, feed.name, again=True)
    assert validate_across_feeds(folder / "night", mapping_of(folder))["absences"].accounting.accepted == ROWS


def test_children_whose_ids_differ_in_spelling_alone_are_counted(taken_in: Path, tmp_path: Path) -> None:
    feed, folder = feeds()["children"], tmp_path / "copy"
    shutil.copytree(taken_in, folder)
    rows = good_rows(feed)
    for number, more in enumerate(((), ("ch3", "CH03"), ("ch3",))):
        deliver(folder, feed, [*rows, *(rows[3] | {"child_id": name} for name in more)])
        take_in(folder, feed.name, again=True)
        for _ in range(2):  # an engine may run the step again
            checked = validate_across_feeds(folder / "night", mapping_of(folder))["children"]
            assert checked.alike == (0, 3, 2)[number]
            assert any(f"signs or capitals: {checked.alike};" in note for note in checked.notes) is bool(more)


def test_codes_that_look_alike_when_shown_are_one_and_open_if_either_is() -> None:
    code = UnknownCode("kind", "hidden 1", 1, records=("absences:A1",), children=("C1",), is_open=True)
    other = UnknownCode("kind", "hidden 1", 2, records=("absences:A2",), children=("C1", "C2"), is_open=False)
    both = UnknownCode("kind", "hidden 1", 3, ("absences:A1", "absences:A2"), ("C1", "C2"), is_open=True)
    assert cross_feed._together(code, other) == cross_feed._together(other, code) == both
    assert cross_feed._together(None, other) == other


@pytest.mark.parametrize(
    ("written", "settings", "day"),
    [
        ("2012-08-16T14:00:00Z", {"zone": "Pacific/Guam"}, "2012-08-17"),
        ("2012-08-16T14:00:00", {"zone": "Pacific/Guam", "utc": True}, "2012-08-17"),
        ("08/16/2012 14:00 +0000", {"zone": "Pacific/Guam", "format": "%m/%d/%Y %H:%M %z"}, "2012-08-17"),
        ("2012-08-17T05:00:00Z", {}, "2012-08-17"),
        ("2012-08-17T00:00:00Z", {}, "2012-08-17"),
    ],
)
def test_a_birth_date_written_as_an_instant_is_the_local_day(
    tmp_path: Path, written: str, settings: dict[str, Any], day: str
) -> None:
    deliver(tmp_path, feeds()["children"], change(good_rows(feeds()["children"], 3), 1, date_of_birth=written))
    born = ColumnMapping(native="date_of_birth", **settings)
    take_in(tmp_path, "children", with_column(mapping_of(tmp_path), "children", "date_of_birth", born))
    assert str(accepted(tmp_path, "children")[1]["date_of_birth"]) == day


@pytest.mark.parametrize(("made", "listed"), [("2026-03-08", []), ("2026-03-07", ["birth_date_implausible"])])
def test_a_birth_on_the_day_of_a_report_from_farther_east_is_not_after_it(
    tmp_path: Path, made: str, listed: list[str]
) -> None:
    """The log's day begins an hour before the agency's."""
    feed = feeds()["ncmec_reports"]
    deliver(tmp_path, feed, change(good_rows(feed, 3), 1, date_of_birth="2026-03-08", reported_at=made))
    east = ColumnMapping(native="reported_at", zone="America/New_York")
    take_in(tmp_path, feed.name, with_column(mapping_of(tmp_path), feed.name, "reported_at", east))
    assert [line["rule"] for line in quarantine(tmp_path, feed.name)] == listed


def test_a_code_the_mapping_does_not_list_is_unknown_even_if_it_looks_like_ours(tmp_path: Path) -> None:
    rows = change(change(good_rows(feeds()["absences"], 3), 0, kind="01"), 1, kind="missing")
    deliver(tmp_path, feeds()["absences"], change(rows, 2, kind=door.LAST))
    deliver(tmp_path, feeds()["children"])
    kind = ColumnMapping(native="kind", codes={"01": "missing"})
    mapping = with_column(mapping_of(tmp_path), "absences", "kind", kind)
    pulled, _ = take_in(tmp_path, "absences", mapping)
    assert all(code.code_shown.startswith("#") for code in pulled.unknown_codes)  # no names are known yet
    for feed in FEEDS:
        if feed.name not in ("absences", "children"):
            deliver(tmp_path, feed)
        take_in(tmp_path, feed.name, mapping)
    codes = [code.code_shown for code in validate_across_feeds(tmp_path / "night", mapping)["absences"].unknown_codes]
    assert len(codes) == 2 and codes[0].startswith("#") and codes[1] == "missing"
    assert [row["kind"] for row in accepted(tmp_path, "absences")] == ["missing"]
    assert [line["severity"] for line in quarantine(tmp_path, "absences")] == ["high", "high"]
    unknowns = load_checked("absences", tmp_path / "night").unknowns
    assert {(u.severity, u.records) for u in unknowns} == {
        ("critical", ("absences:AB1",)),
        ("critical", ("absences:AB2",)),
    }


def test_a_snapshot_is_taken_once_and_verified(tmp_path: Path) -> None:
    feed, mapping, night = feeds()["custody"], mapping_of(tmp_path), tmp_path / "night"
    deliver(tmp_path, feed)
    first = pull("custody", mapping, night, pulled_at=PULLED_AT, as_of=AS_OF)
    (tmp_path / "custody.csv").write_text(text_of(feed, good_rows(feed, 5)))
    assert (
        pull("custody", mapping, night, pulled_at=PULLED_AT + 60, as_of=AS_OF) == first == load_pulled("custody", night)
    )
    assert pull("custody", mapping, night, pulled_at=PULLED_AT + 60, as_of=AS_OF, again=True).rows == 5
    snapshot = night / "pulled/custody.parquet"
    assert not snapshot.stat().st_mode & 0o222
    snapshot.chmod(0o644)
    snapshot.write_bytes(snapshot.read_bytes() + b"x")
    with pytest.raises(InputError, match="CMFC-I03"):
        pull("custody", mapping, night, pulled_at=PULLED_AT, as_of=AS_OF)


def test_a_report_file_that_could_not_be_read_is_tried_again(tmp_path: Path) -> None:
    _, checked = take_in(tmp_path, "le_reports")
    assert checked.status == "broken"
    deliver(tmp_path, feeds()["le_reports"])
    assert take_in(tmp_path, "le_reports")[1].status == "ok"


@pytest.mark.parametrize("feed", FEEDS, ids=name_of)
def test_the_committed_suite_holds_what_the_catalogue_asks_for(feed: Feed) -> None:
    committed = load_suite(feed.name)
    missing = [e for e in skeleton(feed) if e not in committed]
    assert missing == [], "run python -m cmfc.validation.suites --write"
