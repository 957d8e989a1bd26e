"""Every word of a law file acts: each changes a verdict at its limit, to the second (spec 3).

One child of a state that does not exist. Away since Thursday 10:00, the agency informed at 12:00, law enforcement told
at 18:00; what differs is when NCMEC was told.
"""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest

from cmfc.law.terms import CLOCKS as FITTING
from tests.oracle.core import run_core
from tests.oracle.law_files import FILES, law_at
from tests.oracle.laws import STATE, copy_of_the_law, write_document
from tests.oracle.world import KEYS, SET_ASIDE, Night
from tests.oracle.worlds import Feeds

pytestmark = pytest.mark.long

ZONE = "America/Chicago"


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE)).timestamp())


def moment(name: str, instant: int | None) -> dict[str, int | None]:
    return {f"{name}_earliest": instant, f"{name}_latest": instant}


AWAY, INFORMED, LE_TOLD = at("2026-02-19T10:00"), at("2026-02-19T12:00"), at("2026-02-19T18:00")
HOUR = 3600
CLOCKS = ("agency_informed", "absent_since", "determined_missing", "first_suspected", "le_reported")
END_OF_FRIDAY, END_OF_MONDAY = at("2026-02-21T00:00") - 1, at("2026-02-24T00:00") - 1
PLAIN = {"in_force": "2020-01-01", "basis": "law", "starts_when": "agency_informed"}
ELAPSED = {"limit_hours": 8, "counting": "elapsed"}


def verdict(folder: Path, values: list[dict[str, Any]], ncmec_told: int | None, custody: str = "state_care") -> str:
    """The state's verdict on the report to NCMEC."""
    cited = {"title": "Drawn", "section": "1", "read_on": "2026-11-26", "verified": False}
    root = copy_of_the_law(folder)
    covers = {"duties": ["report_to_ncmec"], "custody": ["state_care", "in_home"], "ages": [0, 120], "citation": cited}
    write_document(root / STATE / "coverage.yml", {"name": "Zenith", "encoded": "2026-11-26", "covers": [covers]})
    whole = [{"in_force_certainty": "read", "encoded": "2026-11-26", "citation": cited, **value} for value in values]
    rule = {"title": "Drawn", "duty": "report_to_ncmec", "recipient": "ncmec", "values": whole}
    write_document(root / STATE / "report_to_ncmec.yml", rule)
    feeds: Feeds = {feed: [] for feed in ("children", *KEYS, SET_ASIDE)}
    feeds["children"] = [{"child_id": "C1", "last_name": "Poe", "first_name": "Ann", "date_of_birth": None}]
    feeds["custody"] = [
        {"custody_id": "K1", "child_id": "C1", "authority": custody, **moment("began_at", at("2025-01-01"))}
    ]
    absence = {"absence_id": "A1", "child_id": "C1", "kind": "missing", **moment("absent_since", AWAY)}
    feeds["absences"] = [absence | moment("agency_informed_at", INFORMED)]
    le = {"le_report_id": "L1", "child_id": "C1", "outcome": "accepted", "reporter": "caregiver"}
    feeds["le_reports"] = [le | moment("reported_at", LE_TOLD)]
    if ncmec_told is not None:
        report = {"ncmec_report_id": "N1", "child_id": "C1", "source": "parent" if custody == "in_home" else "agency"}
        feeds["ncmec_reports"] = [report | moment("reported_at", ncmec_told)]
    ok = dict.fromkeys(("children", "custody", "placements", "absences", "le_reports", "ncmec_reports"), "ok")
    night = Night("a", at("2026-03-20"), ZONE, STATE, 0, False, None, ok)
    with law_at(root):
        (episode,) = pq.read_table(run_core(feeds, night, folder) / "episodes.parquet").to_pylist()
    return str(episode["ncmec_state_verdict"])


@pytest.mark.parametrize(
    ("value", "limit", "before", "after"),
    [
        ({"starts_when": "agency_informed", **ELAPSED}, INFORMED + 8 * HOUR, "met", "late"),
        ({"starts_when": "absent_since", **ELAPSED}, AWAY + 8 * HOUR, "met", "late"),
        ({"starts_when": "le_reported", **ELAPSED}, LE_TOLD + 8 * HOUR, "met", "late"),
        ({"starts_when": "determined_missing", **ELAPSED}, INFORMED + 8 * HOUR, "met", "undetermined"),
        ({"starts_when": "first_suspected", **ELAPSED}, INFORMED + 8 * HOUR, "undetermined", "late"),
        ({"limit_hours": 0, "counting": "elapsed"}, INFORMED, "met", "late"),
        ({"limit_business_days": 1, "counting": "business_days"}, END_OF_FRIDAY, "met", "late"),
        ({"limit_business_days": 2, "counting": "business_days"}, END_OF_MONDAY, "met", "late"),
        ({"immediately": True}, INFORMED + 8 * HOUR, "no_number", "no_number"),
        ({"no_number": True}, INFORMED + 8 * HOUR, "no_number", "no_number"),
    ],
    ids=lambda value: "-".join(f"{k}={v}" for k, v in value.items()) if isinstance(value, dict) else None,
)
def test_a_word_acts_at_its_limit(tmp_path: Path, value: dict[str, Any], limit: int, before: str, after: str) -> None:
    values = [{**PLAIN, **value}]
    assert verdict(tmp_path / "at", values, limit) == before
    assert verdict(tmp_path / "after", values, limit + 1) == after


def test_until_ends_a_value_and_a_later_one_takes_over_at_local_midnight(tmp_path: Path) -> None:
    ended = [{**PLAIN, **ELAPSED, "until": "2026-02-19"}]
    assert verdict(tmp_path / "ended", ended, INFORMED) == "no_rule"
    assert verdict(tmp_path / "lasts", [{**PLAIN, **ELAPSED, "until": "2026-02-20"}], INFORMED) == "met"
    longer = {**PLAIN, "in_force": "2026-02-19", "limit_hours": 48, "counting": "elapsed"}
    assert verdict(tmp_path / "next", [{**PLAIN, **ELAPSED}, longer], INFORMED + 48 * HOUR) == "met"
    tomorrow = longer | {"in_force": "2026-02-20"}
    assert verdict(tmp_path / "not yet", [{**PLAIN, **ELAPSED}, tomorrow], INFORMED + 48 * HOUR) == "late"


def test_a_value_is_for_those_it_names(tmp_path: Path) -> None:
    scope = {"custody": ["in_home"], "ages": [0, 17]}
    apart = [{**PLAIN, **ELAPSED, "applies_to": {"custody": ["state_care"], "ages": [0, 120]}},
             {**PLAIN, "limit_hours": 48, "counting": "elapsed", "applies_to": scope}]  # fmt: skip
    assert verdict(tmp_path / "care", apart, INFORMED + 9 * HOUR) == "late"
    assert verdict(tmp_path / "home", apart, INFORMED + 9 * HOUR, "in_home") == "met"


def test_whom_the_states_words_do_not_cover_owes_the_state_nothing(tmp_path: Path) -> None:
    assert verdict(tmp_path, [{**PLAIN, **ELAPSED}], None, "tribal") == "no_duty"


def test_every_clock_of_this_duty_is_held_here() -> None:
    """A clock that is added needs its test; those of notices and contact are held in scenarios."""
    assert set(FITTING["report_to_ncmec"]) == set(CLOCKS)
    listed = re.search(r'"starts_when": {"enum": (\[.*?\])}', (FILES / "schema.json").read_text(encoding="utf-8"))
    assert listed and set(json.loads(listed[1])) == {clock for clocks in FITTING.values() for clock in clocks}
