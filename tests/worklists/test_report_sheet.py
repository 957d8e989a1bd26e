"""What the report sheet says of one child's records: each state of them, and what nobody verified."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cmfc.errors import UsageError
from cmfc.feeds.catalog import feeds
from cmfc.law.library import load_law
from cmfc.worklists.child_records import ChildRecords, child_records
from cmfc.worklists.report_sheet import Field, Sheet, make_sheet
from cmfc.worklists.sheet_page import sheet_page, sheet_text
from tests.support.outputs_night import AS_OF, facts

ZONE, DAY = "America/Phoenix", 86_400
LAW = load_law("us/mo", ZONE)
BEGAN = AS_OF - 3 * DAY


def records(episode: dict[str, Any] | None = None, **rows: list[dict[str, Any]]) -> ChildRecords:
    child = {"record": "children:C1", "child_id": "C1", "last_name": "Poe", "first_name": "Ann", "middle_name": None,
             "aliases": None, "date_of_birth": date(2012, 3, 4), "sex": "U", "race": None, "office": "North",
             "caseworker_id": "W1"}  # fmt: skip
    every: dict[str, Any] = {name: [] for name in feeds()} | {"children": [child]} | rows
    whole = {"episode_id": "e1", "status": "open", "began_earliest": BEGAN, "began_latest": BEGAN,
             "custody": "state_care", "le_duty": "required", "ncmec_duty": "required",
             "informed_earliest": BEGAN, "informed_latest": BEGAN,
             "reason": "ran_away", "office": "North", "evidence": "absences:A1"}  # fmt: skip
    return ChildRecords("C1", every, [] if episode is None else [whole | episode], {"le_reports:L1": "e1"})


def described(written: int, record: str = "descriptions:C1", **values: Any) -> dict[str, Any]:
    row = dict.fromkeys(feeds()["descriptions"].columns) | {"record": record, "child_id": "C1"}
    return row | {"updated_at_earliest": written, "updated_at_latest": written} | values


def sheet_of(child: ChildRecords) -> Sheet:
    return make_sheet(child, facts(), LAW)


def field(sheet: Sheet, label: str) -> Field:
    return next(one for part in sheet.parts for one in part.fields if one.label == label)


def test_what_belongs_to_the_day_is_taken_only_from_what_was_written_since() -> None:
    values = {"last_seen_place": "bus station", "hair": "red"}
    since = sheet_of(records({}, descriptions=[described(BEGAN + 60, **values)]))
    assert field(since, "Last seen where").value == "bus station" and field(since, "Hair").value == "red"
    before = sheet_of(records({}, descriptions=[described(BEGAN - 60, **values)]))
    assert field(before, "Last seen where").value == "" and field(before, "Hair").value == "red"
    assert field(before, "Last seen where").note == "Ask anew. On file from before: bus station"
    undated = described(0, **values) | {"updated_at_earliest": None, "updated_at_latest": None}
    assert field(sheet_of(records({}, descriptions=[undated])), "Last seen where").value == ""


def test_of_two_descriptions_the_one_written_last_is_used_whatever_their_order() -> None:
    old, new = (
        described(BEGAN + 1, "descriptions:C1#a", hair="red"),
        described(BEGAN + 2, "descriptions:C1#b", hair="black"),
    )
    for both in ([old, new], [new, old]):
        assert field(sheet_of(records({}, descriptions=both)), "Hair").value == "black"


def test_a_no_is_an_answer_and_silence_is_a_box() -> None:
    sheet = sheet_of(records({}, descriptions=[described(BEGAN + 60, suicidal=False, gang=True)]))
    labels = ("Risk of suicide or self-harm", "Gang", "Pregnant")
    assert [field(sheet, label).value for label in labels] == ["No", "Yes", ""]
    assert field(sheet, "Sex").value == "" and field(sheet, "A recent photo is on file").note.startswith("Ask")


@pytest.mark.parametrize(
    "episode", [{"ncmec_duty": "third_party", "custody": "in_home"}, {"le_duty": "third_party"}, {"custody": "in_home"}]
)
def test_a_third_party_reports_together_with_the_parent(episode: dict[str, Any]) -> None:
    sheet = sheet_of(records(episode))
    assert any("together with the parent" in one.says for one in sheet.third_party)
    assert field(sheet, "Parents or guardian: names, address, telephone").note.startswith("Needed for NCMEC")
    assert sheet_of(records({})).third_party == ()


def test_who_is_in_voluntary_extended_care_is_not_promised_ncmec() -> None:
    assert "NCMEC does not take such a report" in sheet_of(records({"custody": "voluntary_extended_care"})).ncmec_hint
    assert sheet_of(records({})).ncmec_hint == ""


def test_a_refusal_stands_in_the_log_and_gives_no_number_to_ncmec() -> None:
    row = dict.fromkeys(feeds()["le_reports"].columns) | {
        "record": "le_reports:L1", "outcome": "refused", "agency_name": "Metro Police", "report_number": "77",
        "reported_at_earliest": BEGAN + 60, "reported_at_latest": BEGAN + 60,
        "ncic_entered_at_earliest": None, "ncic_entered_at_latest": None,
    }  # fmt: skip
    sheet = sheet_of(records({}, le_reports=[row]))
    assert "Metro Police, refused, number 77" in sheet.log_lines["law_enforcement"][0]
    assert {one.value for one in sheet.answers} == {""}
    accepted = sheet_of(records({}, le_reports=[row | {"outcome": "accepted"}]))
    assert [one.value for one in accepted.answers][:2] == ["Metro Police", "77"]
    assert sheet_of(records(None, le_reports=[row])).log_lines["law_enforcement"] == ()  # of no episode that lasts


def test_a_rule_that_nobody_read_is_not_put_as_law() -> None:
    unread = replace(LAW, values=tuple(replace(value, is_verified=False) for value in LAW.values))
    sheet = make_sheet(records({}), facts(), unread)
    sources = [one.source for one in (*sheet.refusal, *sheet.returned)]
    assert not [source for source in sources if source.startswith("Federal law")]
    assert sum(source.startswith("NOT verified") for source in sources) == 3
    read = [one.source for one in (*sheet_of(records({})).refusal, *sheet_of(records({})).returned)]
    assert sum(source.startswith("Federal law") for source in read) == 3


def test_no_text_of_a_record_becomes_markup_or_an_order_to_the_terminal() -> None:
    hostile = "<script>x</script>\x1b[2J\u202eevil\x00"
    sheet = sheet_of(records({}, descriptions=[described(BEGAN + 60, marks=hostile)]))
    page, text = sheet_page(sheet, ZONE), sheet_text(sheet, ZONE)
    assert "<script" not in page and "\x00" not in page and "\u202e" not in page
    assert "<script>x</script>[2Jevil" in text and not {"\x1b", "\x00", "\u202e"} & set(text)


def test_a_stale_or_incomplete_list_says_so_on_the_sheet() -> None:
    sheet = make_sheet(records({}), facts(stale=True, incomplete=("The log could not be read.",)), LAW)
    assert sheet.warnings[0].startswith("This list is out of date") and "The log could not be read." in sheet.warnings


def test_a_night_whose_tables_are_gone_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="CMFC-W07"):
        child_records(tmp_path, "C1")
