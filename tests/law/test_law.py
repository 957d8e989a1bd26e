"""The law as data: the values of spec 3, their names, their quotes, what is due for reading."""

from datetime import date, datetime
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml

from cmfc.errors import UsageError
from cmfc.law.library import Value, due_for_reading, jurisdictions, load_law
from cmfc.law.quotes import lacks
from cmfc.reconcile.registry import checks
from tests.law.law_folder import law_folder, rule

ZONE = "America/Chicago"
CARE = ("state_care", "court_guardianship")
HELD = [  # rule, first day, limit in hours, clock, basis, verified (spec 3, Values to hold now)
    ("us/federal/report_to_le", "2016-09-29", 24, "agency_informed", "law", True),
    ("us/federal/report_to_ncmec", "2016-09-29", 24, "agency_informed", "law", True),
    ("us/federal/report_to_le_under_21", "2016-09-29", 24, "agency_informed", "law", False),
    ("us/federal/ncic_entry", "2006-07-27", 2, "le_reported", "law", True),
    ("us/federal/no_waiting_period", "1990-11-29", None, "le_reported", "law", True),
    ("us/federal/tell_le_located", "2023-01-05", None, "returned", "law", True),
    ("us/federal/tell_ncmec_located", "2023-01-05", None, "returned", "law", True),
    ("us/federal/keep_in_contact", "2023-01-05", None, "last_contact", "law", True),
    ("us/mo/report_to_le", "2020-05-31", 24, "agency_informed", "policy", False),
    ("us/mo/report_to_le", "2023-08-28", 2, "agency_informed", "law", True),
    ("us/mo/report_to_ncmec", "2020-05-31", 24, "agency_informed", "policy", False),
    ("us/mo/report_to_ncmec", "2023-08-28", 2, "agency_informed", "law", True),
    ("us/tx/report_to_le", "2011-09-01", 24, "agency_informed", "law", True),
    ("us/tx/tell_le_located", "2011-09-01", 24, "returned", "law", True),
    ("us/tx/report_to_ncmec", "2020-05-31", 24, "agency_informed", "policy", False),
    ("advice/keep_in_contact", "1970-01-01", 720, "last_contact", "advice", False),
    ("advice/screen_after_return", "1970-01-01", 72, "returned", "advice", False),
    ("advice/tell_le_located", "1970-01-01", 24, "returned", "advice", False),
    ("advice/tell_ncmec_located", "1970-01-01", 24, "returned", "advice", False),
]


def midnight(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(ZONE)).timestamp())


def values_on_file() -> list[Value]:
    return list({(v.rule_id, v.from_at): v for j in jurisdictions() for v in load_law(j, ZONE).values}.values())


def test_the_values_are_those_of_the_specification() -> None:
    expected = {(r, midnight(day), h and h * 3600, clock, basis, is_read) for r, day, h, clock, basis, is_read in HELD}
    values = {(v.rule_id, v.from_at, v.limit_seconds, v.starts_when, v.basis, v.is_verified) for v in values_on_file()}
    assert values == expected


def test_missouris_two_hour_limit_applies_from_its_effective_date() -> None:
    first, second = (v for v in load_law("us/mo", ZONE).values if v.rule_id == "us/mo/report_to_ncmec")
    changes = midnight("2023-08-28")
    assert (first.limit_seconds, first.until_at, first.is_first) == (24 * 3600, changes, True)
    assert (second.limit_seconds, second.from_at, second.is_first) == (2 * 3600, changes, False)


def test_a_states_values_are_only_for_whom_its_words_cover() -> None:
    for state in ("us/mo", "us/tx"):
        assert {v.custodies for v in load_law(state, ZONE).values if v.level == "state"} == {CARE}


def test_people_can_tell_law_policy_and_advice_apart_by_name() -> None:
    names = {v.plain_name for v in values_on_file()}
    assert names == {
        "federal: 24 hours", "federal: 2 hours", "federal: no number of hours", "Missouri (policy): 24 hours",
        "Missouri: 2 hours", "Texas: 24 hours", "Texas (policy): 24 hours", "advice: 24 hours", "advice: 72 hours",
        "advice: 30 days",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "name", "limits"),
    [
        ({"limit_hours": 0}, "0 hours", (0, None, "elapsed")),
        ({"limit_hours": 1}, "1 hour", (3600, None, "elapsed")),
        ({"limit_hours": None, "counting": None, "immediately": True}, "immediately", (None, None, "elapsed")),
        (
            {"limit_hours": None, "limit_business_days": 1, "counting": "business_days"},
            "1 business day",
            (None, 1, "business_days"),
        ),
        ({"starts_when": "absent_since"}, "24 hours since the child left", (86400, None, "elapsed")),
        (
            {"starts_when": "determined_missing"},
            "24 hours since the child was determined missing",
            (86400, None, "elapsed"),
        ),
        ({"starts_when": "first_suspected"}, "24 hours since it was first suspected", (86400, None, "elapsed")),
        ({"starts_when": "le_reported"}, "24 hours after the report to law enforcement", (86400, None, "elapsed")),
    ],
)
def test_every_form_of_a_value_has_its_limit_and_its_name(
    tmp_path: Path, change: dict[str, object], name: str, limits: tuple[object, ...]
) -> None:
    law = load_law("us/zz", ZONE, law_folder(tmp_path, report_to_ncmec=rule(change)))
    value = next(v for v in law.values if v.level == "state")
    assert (value.limit_seconds, value.limit_business_days, value.counting) == limits
    assert value.plain_name == f"Zet: {name}"
    assert value.starts_when == change.get("starts_when", "agency_informed")


def test_until_ends_a_value_and_a_gap_stays_a_gap(tmp_path: Path) -> None:
    changes = ({"until": "2021-01-01"}, {"in_force": "2022-01-01", "limit_hours": 12})
    law = load_law("us/zz", ZONE, law_folder(tmp_path, report_to_ncmec=rule(*changes)))
    first, second = (v for v in law.values if v.level == "state")
    assert (first.until_at, second.from_at) == (midnight("2021-01-01"), midnight("2022-01-01"))


def test_applies_to_acts_value_by_value(tmp_path: Path) -> None:
    changes = (
        {"applies_to": {"custody": ["state_care"], "ages": [0, 17]}},
        {"applies_to": {"custody": ["voluntary_extended_care"], "ages": [18, 20]}, "in_force": "2022-01-01"},
    )
    law = load_law("us/zz", ZONE, law_folder(tmp_path, report_to_ncmec=rule(*changes)))
    minors, adults = (v for v in law.values if v.level == "state")
    assert minors.scopes == (("state_care", "under_18"), ("state_care", "unknown"))
    assert adults.scopes == (("voluntary_extended_care", "18_to_20"),)
    assert (minors.until_at > midnight("2100-01-01"), minors.is_first, adults.is_first) == (True, True, True)


def test_every_verified_value_quotes_to_whom_and_by_when() -> None:
    verified = 0
    for path in sorted(Path(str(files("cmfc.law"))).rglob("*.yml")):
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        for value in document.get("values", []):
            assert lacks(document, value) is None, path
            verified += value["citation"]["verified"]
    assert verified == sum(is_read for *_, is_read in HELD)


@pytest.mark.parametrize(
    ("hours", "word"),
    [(1, "one"), (2, "two"), (3, "three"), (4, "four"), (5, "five"), (6, "six"), (8, "eight"), (10, "ten"),
     (12, "twelve"), (24, "twenty-four"), (48, "forty-eight"), (72, "seventy-two")],
)  # fmt: skip
def test_a_limit_stands_in_the_words_as_figures_or_as_a_word(hours: int, word: str) -> None:
    rule = {"recipient": "law_enforcement", "duty": "report_to_le"}

    def lacking(limit: object) -> str | None:
        quote = f"shall report to law enforcement within {limit} hours"
        return lacks(rule, {"limit_hours": hours, "citation": {"verified": True, "link": "https://x", "quote": quote}})

    assert lacking(hours) is None and lacking(word) is None
    assert lacking(hours + 1) == lacking("ninety") == "the quote names neither the time nor the word immediately"


def test_a_refusal_says_where_to_turn_and_how_sure_that_is() -> None:
    refusals = {j: load_law(j, ZONE).refusal for j in jurisdictions()}
    assert all(
        "1-800-THE-LOST (1-800-843-5678)" in sentence and "not verified" in sentence for sentence in refusals.values()
    )
    assert "MULES" in refusals["us/mo"] and "DPS" in refusals["us/tx"] and "MULES" not in refusals["us/federal"]


def test_a_value_that_was_not_read_again_is_due_and_one_that_ended_is_not() -> None:
    due = due_for_reading("us/mo", date(2027, 11, 26), 365)
    assert ("us/mo/report_to_le", "2023-08-28", "2026-11-26") in due
    assert not [row for row in due if row[1] == "2020-05-31"]
    assert due_for_reading("us/mo", date(2027, 11, 25), 365) == []


def test_of_an_agencys_own_folder_its_own_values_are_due(tmp_path: Path) -> None:
    due = due_for_reading("us/zz", date(2027, 11, 26), 365, law_folder(tmp_path))
    assert ("us/zz/report_to_ncmec", "2020-01-01", "2026-11-26") in due


def test_an_unknown_jurisdiction_is_refused_with_what_is_on_file() -> None:
    with pytest.raises(UsageError, match="On file: us/federal, us/mo, us/tx"):
        load_law("us/zz", ZONE)


def test_advice_is_no_jurisdiction() -> None:
    with pytest.raises(UsageError, match="CMFC-L01"):
        load_law("advice", ZONE)


def test_every_code_of_the_catalogue_has_its_check() -> None:
    codes = {check.code for check in checks()}
    expected = {f"LE-{n:02}" for n in range(1, 9)} | {f"NC-{n:02}" for n in range(1, 13)}
    expected |= {f"NI-{n:02}" for n in range(1, 5)} | {f"RT-{n:02}" for n in range(1, 6)}
    expected |= {f"RC-{n:02}" for n in range(1, 20)}
    expected |= {f"CV-{n:02}" for n in range(1, 6)} | {f"ID-{n:02}" for n in range(1, 7)}
    expected |= {"CM-01", "CM-02", "LW-01", "DQ-01", "DQ-02", "DQ-03", "DQ-04"}
    assert codes == expected
