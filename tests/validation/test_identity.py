"""Key, child and kind are a row's identity: copies become one, what only shares a key stays apart (spec 1)."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from cmfc.feeds.catalog import feeds
from cmfc.ingest.text import UNREADABLE, text_of, text_of_array
from cmfc.privacy.ids import are_ids
from tests.support.small_agency import Row, accepted, deliver, good_rows, quarantine, take_in


def take(folder: Path, feed: str, *rows: Row) -> list[dict[str, Any]]:
    """The accepted rows of a feed that holds these, by record."""
    deliver(folder, feeds()[feed], [*rows])
    _, checked = take_in(folder, feed)
    counted = checked.accounting
    assert counted.pulled == len(rows) == counted.accepted + counted.quarantined + counted.voided + counted.collapsed
    return sorted(accepted(folder, feed), key=lambda row: row["record"])


def listed(folder: Path, feed: str) -> list[tuple[str, str, str]]:
    """What was set aside: subject, rule, severity."""
    return sorted({(line["subject"], line["rule"], line["severity"]) for line in quarantine(folder, feed)})


def row(feed: str, **values: str) -> Row:
    return good_rows(feeds()[feed], 1)[0] | values


OPEN = {"ended_at": "", "end_reason": ""}


@pytest.mark.parametrize("feed", ["absences", "placements", "custody", "sightings", "contacts", "returns"])
def test_one_key_under_two_children_is_two_records(tmp_path: Path, feed: str) -> None:
    key = feeds()[feed].key
    rows = take(tmp_path, feed, row(feed, **{key: "K1"}, child_id="C1"), row(feed, **{key: "K1"}, child_id="C2"))
    assert [r["record"] for r in rows] == [f"{feed}:K1@C1", f"{feed}:K1@C2"]
    assert [(r[key], r["record_id"]) for r in rows] == [("K1", "K1@C1"), ("K1", "K1@C2")]
    assert listed(tmp_path, feed) == [(f"{feed}:K1", "key_shared", "medium")]


def test_a_key_that_looks_like_a_name_told_apart_is_another_record(tmp_path: Path) -> None:
    rows = take(tmp_path, "absences", *(row("absences", absence_id=key, child_id=child)
                                        for key, child in (("A1", "C1"), ("A1", "C2"), ("A1@C2", "C3"))))  # fmt: skip
    assert [r["child_id"] for r in rows] == ["C1", "C3", "C2"] and len({r["record"] for r in rows}) == 3


@pytest.mark.parametrize("feed", ["le_reports", "ncmec_reports"])
def test_one_report_id_over_siblings_is_listed_nowhere(tmp_path: Path, feed: str) -> None:
    key, named = feeds()[feed].key, {"child_id": "", "first_name": "Ann", "last_name": "Poe"}
    rows = take(
        tmp_path, feed,
        row(feed, **{key: "R1"}, child_id="C1"), row(feed, **{key: "R1"}, child_id="C2"),
        row(feed, **{key: "R1"}, **named), row(feed, **{key: "R1"}, **named | {"first_name": "Bea"}),
    )  # fmt: skip
    assert len(rows) == 4 and len({r["record"] for r in rows}) == 4 and {r[key] for r in rows} == {"R1"}
    assert not any(name in r["record"] for r in rows for name in ("Ann", "Bea", "Poe"))
    assert listed(tmp_path, feed) == []


def test_one_key_under_two_kinds_is_two_records(tmp_path: Path) -> None:
    home = row("placements", placement_id="P3", setting="foster_home", began_at="2025-01-01", ended_at="2026-02-20")
    rows = take(tmp_path, "placements", home, home | {"setting": "runaway", "began_at": "2026-02-20", "ended_at": ""})
    assert [r["record"] for r in rows] == ["placements:P3@foster_home", "placements:P3@runaway"]
    assert listed(tmp_path, "placements") == [("placements:P3", "key_shared", "medium")]


def test_a_row_set_aside_counts_among_the_records_of_its_key(tmp_path: Path) -> None:
    good = row("absences", absence_id="A1", child_id="C1")
    rows = take(tmp_path, "absences", good, good | {"child_id": "C2", "absent_since": "?"})
    assert [r["record"] for r in rows] == ["absences:A1@C1"]
    assert ("absences:A1@C2", "time_unparseable", "critical") in listed(tmp_path, "absences")


def test_absences_that_may_touch_become_one_with_the_widest_times(tmp_path: Path) -> None:
    first = row("absences", absence_id="A1", absent_since="2026-02-20T08:00", agency_informed_at="2026-03-04T20:00",
                ended_at="2026-02-25T08:00", end_reason="returned", entered_at="2026-03-04T21:00")  # fmt: skip
    other = first | {"absent_since": "2026-02-21T08:00", "agency_informed_at": "2026-02-21T09:00",
                     "entered_at": "2026-02-21T10:00", **OPEN}  # fmt: skip
    (merged,) = take(tmp_path, "absences", first, other)
    assert (merged["record"], merged["absent_since_earliest"]) == ("absences:A1", utc("2026-02-20T14:00:00"))
    assert merged["agency_informed_at_earliest"] == utc("2026-02-21T15:00:00")
    assert merged["entered_at_earliest"] == utc("2026-02-21T16:00:00")
    assert (merged["ended_at_earliest"], merged["end_reason"]) == (None, None)
    assert listed(tmp_path, "absences") == [("absences:A1", "key_twice", "medium")]


def test_a_copy_that_began_a_day_after_leaves_its_begin_with_both_ends(tmp_path: Path) -> None:
    first = row("absences", absence_id="A1", absent_since="2026-03-01T10:00:00Z", **OPEN)
    (kept,) = take(tmp_path, "absences", first, first | {"absent_since": "2026-03-03"})
    assert kept["again_latest"] - kept["again_earliest"] == 86_399


@pytest.mark.parametrize("began", ["2026-03-02T10:00:00Z", "2026-03-02T10:00:01Z"])
def test_a_copy_that_began_within_a_day_is_the_same_run(tmp_path: Path, began: str) -> None:
    first = row("absences", absence_id="A1", absent_since="2026-03-01T10:00:00Z", **OPEN)
    (kept,) = take(tmp_path, "absences", first, first | {"absent_since": began})
    assert (kept["again_earliest"] is None) is began.endswith("00Z")


def test_of_ends_that_differ_the_later_stands_with_what_is_known_of_it(tmp_path: Path) -> None:
    """A day that begins before a time of it and ends after: what ends later, and then what begins later."""
    first = row("absences", absence_id="A1", absent_since="2026-02-01T08:00", end_reason="returned")
    ends = ("2026-02-25", "2026-02-25T23:59:59", "2026-02-24T08:00")
    (merged,) = take(tmp_path, "absences", *(first | {"ended_at": end} for end in ends))
    assert merged["ended_at_earliest"] == merged["ended_at_latest"] == utc("2026-02-26T05:59:59")
    assert (merged["absent_since_earliest"], merged["absent_since_latest"]) == (utc("2026-02-01T14:00:00"),) * 2


def test_of_begins_that_differ_the_earlier_stands_with_what_is_known_of_it(tmp_path: Path) -> None:
    first = row("absences", absence_id="A1", **OPEN)
    begins = ("2026-02-25", "2026-02-25T00:00", "2026-02-26T08:00")
    (merged,) = take(tmp_path, "absences", *(first | {"absent_since": begin} for begin in begins))
    assert merged["absent_since_earliest"] == merged["absent_since_latest"] == utc("2026-02-25T06:00:00")
    (merged,) = take(tmp_path / "next", "absences", *(first | {"absent_since": begin} for begin in begins[::2]))
    assert merged["absent_since_latest"] - merged["absent_since_earliest"] == 86_399


def test_of_times_that_may_be_the_same_the_one_that_may_be_earlier_stands(tmp_path: Path) -> None:
    first = row("absences", absence_id="A1", absent_since="2026-02-24T08:00", **OPEN)
    one, other = {"agency_informed_at": "2026-02-25T23:59:59"}, {"agency_informed_at": "2026-02-25"}
    for name, at in {"before": "2026-02-24T07:00", "after": "2026-02-24T09:00"}.items():
        (merged,) = take(tmp_path / name, "absences", first | one, first | other | {"absent_since": at})
        assert merged["agency_informed_at_latest"] - merged["agency_informed_at_earliest"] == 86_399


def test_copies_that_touch_are_one_record(tmp_path: Path) -> None:
    first = row("absences", absence_id="A1", absent_since="2026-02-01T08:00", ended_at="2026-02-03T08:00")
    (merged,) = take(tmp_path, "absences", first, first | {"absent_since": "2026-02-03T08:00", **OPEN})
    assert (merged["absent_since_earliest"], merged["ended_at_earliest"]) == (utc("2026-02-01T14:00:00"), None)


def test_copies_that_cannot_overlap_are_two_records(tmp_path: Path) -> None:
    first = row("absences", absence_id="A1", absent_since="2026-02-01T08:00", ended_at="2026-02-03T08:00")
    rows = take(tmp_path, "absences", first, first | {"absent_since": "2026-02-10T08:00", **OPEN})
    assert [r["record"] for r in rows] == [
        "absences:A1@2026-02-01T14:00:00Z", "absences:A1@2026-02-10T14:00:00Z"]  # fmt: skip
    assert listed(tmp_path, "absences") == [("absences:A1", "key_twice", "medium")]


@pytest.mark.parametrize(
    ("reasons", "stands"),
    [
        (["error", "error"], "error"),
        (["error", ""], None),
        (["error", "returned"], "returned"),
        (["returned", "exited_care"], "exited_care"),
    ],
)
def test_an_end_reason_stands_only_as_far_as_the_copies_agree(
    tmp_path: Path, reasons: list[str], stands: str | None
) -> None:
    ended = row("absences", absence_id="A1", absent_since="2026-02-01T08:00", ended_at="2026-02-03T08:00")
    rows = [
        ended | {"end_reason": reason, "reason": why} for reason, why in zip(reasons, ["other", "unknown"], strict=True)
    ]
    (merged,) = take(tmp_path, "absences", *rows)
    assert merged["end_reason"] == stands


@pytest.mark.parametrize(
    ("feed", "column", "values", "stands"),
    [
        ("le_reports", "outcome", ["accepted", "attempted"], "attempted"),
        ("le_reports", "outcome", ["refused", "accepted"], "refused"),
        ("le_reports", "outcome", ["accepted", "gibberish"], None),
        ("ncmec_reports", "source", ["agency", "law_enforcement"], "law_enforcement"),
        ("ncmec_reports", "source", ["agency", ""], None),
        ("ncmec_reports", "source", ["agency", "gibberish"], "unreadable"),
    ],
)
def test_of_copies_of_a_report_the_least_favourable_stands(
    tmp_path: Path, feed: str, column: str, values: list[str], stands: str | None
) -> None:
    at = ["2026-03-01T10:00", "2026-03-02T10:00"]
    rows = [row(feed, reported_at=when, **{column: value}) for when, value in zip(at, values, strict=True)]
    (merged,) = take(tmp_path, feed, *rows)
    assert merged[column] == stands
    span = (merged["reported_at_earliest"], merged["reported_at_latest"])
    assert span == (utc("2026-03-01T16:00:00"), utc("2026-03-02T16:00:00"))


def test_one_voided_copy_voids_the_report_and_an_unreadable_flag_makes_it_not_count(tmp_path: Path) -> None:
    one, other = row("le_reports", le_report_id="L1"), row("le_reports", le_report_id="L2", child_id="C2")
    rows = take(tmp_path, "le_reports", one, one | {"voided": "yes"}, other | {"voided": "perhaps"}, other)
    assert [(r["record"], r["may_count"]) for r in rows] == [("le_reports:L2", False)]
    assert take(tmp_path / "next", "absences", row("absences", voided="perhaps"))[0]["record"] == "absences:AB0"


def test_of_copies_of_a_sighting_the_shorter_window_stands(tmp_path: Path) -> None:
    first = row("sightings", known_from="2026-03-01T10:00", known_to="", verified="yes")
    (merged,) = take(
        tmp_path, "sightings", first, first | {"known_from": "2026-03-02T10:00", "known_to": "2026-03-03T10:00"}
    )
    assert merged["known_from_earliest"] == utc("2026-03-02T16:00:00") and merged["verified"] is True
    assert merged["known_to_earliest"] == utc("2026-03-03T16:00:00")
    begins = ("2026-03-01T23:59:59", "2026-03-01", "2026-03-01T08:00")
    (merged,) = take(tmp_path / "next", "sightings", *(first | {"known_from": begin} for begin in begins))
    assert merged["known_from_earliest"] == merged["known_from_latest"] == utc("2026-03-02T05:59:59")


def test_children_that_differ_in_birth_date_have_none(tmp_path: Path) -> None:
    child = row("children")
    (merged,) = take(tmp_path, "children", child, child | {"date_of_birth": "2011-01-01"})
    assert merged["date_of_birth"] is None
    (merged,) = take(tmp_path / "next", "children", child | {"office": "A"}, child | {"office": "B"})
    assert merged["date_of_birth"] is not None and merged["office"] == "B"


@pytest.mark.parametrize("feed", [*feeds()])
def test_the_order_of_rows_decides_nothing(tmp_path: Path, feed: str) -> None:
    rows = good_rows(feeds()[feed], 4)
    columns = feeds()[feed].columns.values()
    text = next(c.name for c in columns if c.type == "code" or c.name in ("office", "contributing_factors", "marks"))
    rows += [r | {text: value} for r, value in zip(rows, feeds()[feed].columns[text].codes or "ABCD", strict=False)]
    names = ("forwards", "backwards")
    results = [take(tmp_path / name, feed, *ordered) for name, ordered in zip(names, (rows, rows[::-1]), strict=True)]
    first, second = ([{k: v for k, v in r.items() if k != "source_row"} for r in side] for side in results)
    assert first == second


@pytest.mark.parametrize(
    ("feed", "column"),
    [(feed.name, column.name) for feed in feeds().values() for column in feed.of_type("id")
     if column.name not in (feed.key, "child_id")],
)  # fmt: skip
@pytest.mark.parametrize(("written", "shown"), [("W-17.b", "W-17.b"), ("Ann Poe", "#[0-9a-f]{8}")])
def test_an_id_of_another_than_the_child_that_is_no_plain_token_is_a_hash(
    tmp_path: Path, feed: str, column: str, written: str, shown: str
) -> None:
    (kept,) = take(tmp_path, feed, row(feed, **{column: written}))
    assert re.fullmatch(shown, kept[column])


def test_a_key_that_is_no_plain_token_costs_only_its_name(tmp_path: Path) -> None:
    named = [row("absences", absence_id=key) for key in ("Abara, Tomas b. 2011-04-03", "A" * 41, "Quillfeather")]
    deliver(tmp_path, feeds()["children"])  # Quillfeather is a name on file
    take_in(tmp_path, "children")
    rows = take(tmp_path, "absences", *named, row("absences", absence_id="A1"))
    assert [r["record"] for r in rows][3] == "absences:A1"
    for r in rows[:3]:
        assert r["absence_id"] == r["record"] == r["record_id"] and r["record"].startswith("absences#")
    assert listed(tmp_path, "absences") == []


def utc(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize("rounded", ["4.10012E+15", "4,1E+15", "9e+9", "2.0260301E12", "20.26e11", "########", "***"])
def test_a_number_that_a_spreadsheet_rounded_is_no_childs_id(tmp_path: Path, rounded: str) -> None:
    good = row("absences", absence_id="A1", child_id="C1")
    rows = take(tmp_path, "absences", good, good | {"absence_id": "A2", "child_id": rounded.replace(",", ".")})
    assert [r["record"] for r in rows] == ["absences:A1"]
    assert ("absences:A2", "not_an_id", "critical") in listed(tmp_path, "absences")


@pytest.mark.parametrize("kept", ["4E12", "12e45", "A#1", "1.2.3"])
def test_what_only_resembles_a_rounded_number_is_an_id(tmp_path: Path, kept: str) -> None:
    assert are_ids(pa.array([kept]), tmp_path, None).to_pylist() == [True]


def test_a_floating_point_number_that_stands_for_several_ids_is_no_id(tmp_path: Path) -> None:
    rounded = text_of(9007199254740992.0)
    assert rounded == "9.007199254740992e+15" and text_of(9007199254740991.0) == "9007199254740991"
    assert are_ids(pa.array([rounded, "9007199254740991"]), tmp_path, None).to_pylist() == [False, True]
    # A number of four bytes is exact up to 2**24 only.
    short = text_of_array(pa.array([100000001.0, 16777215.0, None, float("inf")], pa.float32()))
    assert short.to_pylist() == ["1.000000000000000e+08", "16777215", None, UNREADABLE]


def test_a_copy_that_is_set_aside_takes_the_good_of_the_other_with_it(tmp_path: Path) -> None:
    report, other = row("le_reports", le_report_id="L1"), row("le_reports", le_report_id="L2", child_id="C2")
    rows = take(tmp_path, "le_reports", report, report | {"reported_at": "?", "outcome": "refused"}, other)
    assert [(r["record"], r["may_count"]) for r in rows] == [("le_reports:L1", False), ("le_reports:L2", True)]
    sighting = row("sightings", verified="yes")
    rows = take(tmp_path / "next", "sightings", sighting, sighting | {"known_from": "?", "verified": "no"})
    assert [r["verified"] for r in rows] == [False]


def test_one_id_under_two_names_and_birth_dates_may_be_two_children(tmp_path: Path) -> None:
    ann = row("children", child_id="C1", last_name="Poe", first_name="Ann", date_of_birth="2011-04-03")
    take(tmp_path, "children", ann, ann | {"last_name": "Lee", "date_of_birth": "2014-01-09"})
    assert ("children:C1", "two_people", "high") in listed(tmp_path, "children")
    take(tmp_path / "next", "children", ann, ann | {"last_name": "Lee"})
    assert listed(tmp_path / "next", "children") == [("children:C1", "key_twice", "medium")]


@pytest.mark.parametrize("child", ["C1", ""])
def test_a_withdrawn_row_that_names_nobody_withdraws_the_report_of_its_key(tmp_path: Path, child: str) -> None:
    other = row("ncmec_reports", ncmec_report_id="N2", child_id="C2")
    report = row("ncmec_reports", ncmec_report_id="N1", child_id="C1")
    nobody = dict.fromkeys(report, "") | {"ncmec_report_id": "N1", "child_id": child, "voided": "true"}
    rows = take(tmp_path, "ncmec_reports", report, nobody, other)
    assert [r["record"] for r in rows] == ["ncmec_reports:N2"]
    siblings = [report, report | {"child_id": "C3"}, nobody | {"child_id": ""}, other]
    assert [r["record"] for r in take(tmp_path / "next", "ncmec_reports", *siblings)] == ["ncmec_reports:N2"]


def test_a_copy_of_a_report_that_names_nobody_weighs_in(tmp_path: Path) -> None:
    report = row("le_reports", le_report_id="L1", child_id="C1", first_name="Ann")
    nobody = report | {"child_id": "", "first_name": "", "last_name": "", "date_of_birth": "", "outcome": "refused"}
    (merged,) = take(tmp_path, "le_reports", report | {"outcome": "accepted"}, nobody)
    assert (merged["child_id"], merged["outcome"], merged["record"]) == ("C1", "refused", "le_reports:L1")
    known_by_name = report | {"child_id": "", "reported_at": "2026-03-01T10:00", "outcome": "accepted"}
    (merged,) = take(tmp_path / "next", "le_reports", known_by_name, nobody | {"reported_at": "2026-03-02T10:00"})
    assert (merged["first_name"], merged["outcome"]) == ("Ann", "refused")
    (merged,) = take(tmp_path / "none", "le_reports", nobody, nobody | {"outcome": "attempted"})
    assert (merged["child_id"], merged["outcome"], merged["record"]) == (None, "attempted", "le_reports:L1")
