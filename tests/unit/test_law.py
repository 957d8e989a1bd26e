"""The law as data: dates, levels, coverage."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from cmfc.errors import UsageError
from cmfc.law.library import jurisdictions, load_law
from cmfc.reconcile.catalogue import checks

ZONE = "America/Chicago"


def test_missouris_two_hour_limit_applies_from_its_effective_date() -> None:
    first, second = (v for v in load_law("us/mo", ZONE).values if v.rule_id == "us/mo/report_to_ncmec")
    changes = int(datetime(2023, 8, 28, tzinfo=ZoneInfo(ZONE)).timestamp())
    assert (first.limit_seconds, first.until_at) == (24 * 3600, changes)
    assert (second.limit_seconds, second.from_at) == (2 * 3600, changes)


@pytest.mark.parametrize("jurisdiction", jurisdictions())
def test_every_jurisdiction_covers_every_custody_and_age(jurisdiction: str) -> None:
    law = load_law(jurisdiction, ZONE)
    levels = 1 if jurisdiction == "us/federal" else 2
    assert len(law.duties) == levels * 7 * 3 * 2
    assert all(duty.rule_id for duty in law.duties)


def test_a_consenting_young_adult_is_owed_a_report_by_a_rule_of_its_own_that_is_not_verified() -> None:
    law = load_law("us/federal", ZONE)
    mine = [d for d in law.duties if (d.custody, d.age_band) == ("voluntary_extended_care", "18_to_20")]
    assert {d.duty: d.obligation for d in mine} == {"report_to_le": "required", "report_to_ncmec": "not_required"}
    rule = next(d.rule_id for d in mine if d.duty == "report_to_le")
    assert rule == "us/federal/report_to_le_under_21"
    assert not next(v.is_verified for v in law.values if v.rule_id == rule)


def test_an_unknown_jurisdiction_is_refused_with_what_is_on_file() -> None:
    with pytest.raises(UsageError, match="On file: us/federal, us/mo, us/tx"):
        load_law("us/zz", ZONE)


def test_every_code_of_the_catalogue_but_those_of_later_issues_has_its_check() -> None:
    codes = {check.code for check in checks()}
    wanted = {f"LE-{n:02}" for n in range(1, 9)} | {f"NC-{n:02}" for n in range(1, 13)}
    wanted |= {f"{family}-{n:02}" for family in ("NI", "RT") for n in range(1, 5)}
    wanted |= {f"RC-{n:02}" for n in range(1, 20)}
    wanted |= {f"CV-{n:02}" for n in range(1, 6)} | {f"ID-{n:02}" for n in range(1, 7)}
    wanted |= {"CM-01", "CM-02", "LW-01", "DQ-01", "DQ-02", "DQ-03", "DQ-04"}
    assert codes == wanted
