"""What an extract says after a broken log, a night run twice, corrections, and a change of the law."""

import shutil
import subprocess
import sys
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from cmfc.audit_extract.extract import audit_tables
from cmfc.audit_extract.source_night import choose
from cmfc.errors import UsageError
from cmfc.timing.clock import as_of_night
from tests.support import several_nights
from tests.support.packages import Packages, manifest_of, one_of, rows_of

pytestmark = pytest.mark.long

IN_LE = ("LE-01", "LE-02", "LE-05")
TWICE = as_of_night(several_nights.CORRECTED, several_nights.ZONE)
"""The end of the night that ran twice: the first run was recorded 6 hours later, the second 30."""


def holds(package: Path) -> str:
    """What the package's own verifier says; it must find nothing wrong."""
    command = [sys.executable, "-I", "-S", str(package / "verify.py"), str(package)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={}, cwd="/")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_log_that_broke_on_the_last_night_resolves_nothing(nights: Packages) -> None:
    before, after = (nights.package(moment) for moment in (TWICE + 30 * 3600, several_nights.BROKEN))
    for code in IN_LE:
        row = one_of(after, "resolution", code=code)
        assert int(row["not_checked"]) > 10 and row["done"] == row["still_open"] == "0", row
        assert (row["not_checked_since"], row["not_checked_feeds"]) == (several_nights.BROKEN, "le_reports")
        assert one_of(before, "resolution", code=code)["not_checked"] == "0"
        assert int(row["found"]) == int(one_of(before, "resolution", code=code)["found"])


def test_what_ended_says_how_and_what_a_person_set_aside_is_neither(nights: Packages) -> None:
    package = nights.package(several_nights.BROKEN)
    ended = Counter(row["ended"] for row in rows_of(package, "findings", state="resolved"))
    assert ended["corrected"] >= 1 and ended["done"] >= 1
    corrected = [row["code"] for row in rows_of(package, "findings", ended="corrected")]
    assert "LE-01" in corrected or "NC-01" in corrected  # the absence that was withdrawn
    assert one_of(package, "resolution", code="NC-01")["set_aside"] == "1"
    for row in rows_of(package, "resolution"):
        parts = ("resolved", "still_open", "set_aside", "not_checked")
        assert int(row["found"]) == sum(int(row[name]) for name in parts)
        listed = rows_of(package, "findings", code=row["code"])
        assert {name: sum(one["state"] == name for one in listed) for name in parts} == {
            name: int(row[name]) for name in parts
        }


def test_a_log_that_came_back_is_checked_again(nights: Packages) -> None:
    assert {row["not_checked"] for row in rows_of(nights.package(several_nights.DOUBTFUL), "resolution")} == {"0"}


def test_a_log_that_is_not_usable_is_a_column_of_its_own_in_every_table(nights: Packages) -> None:
    package = nights.package(several_nights.BROKEN)
    for row in rows_of(package, "timeliness", recipient="law_enforcement"):
        assert row["never"] == row["late"] == row["on_time"] == "0"
        assert int(row["not_checked"]) + int(row["no_duty"]) == int(row["episodes"])
    assert {row["days"] for row in rows_of(package, "time_to_report", recipient="law_enforcement")} == {"not_checked"}
    assert {row["verdict"] for row in rows_of(package, "ncic")} == {"not_checked"}
    assert {row["verdict"] for row in rows_of(package, "notices", recipient="law_enforcement")} == {"not_checked"}
    assert "not_checked" not in {row["verdict"] for row in rows_of(package, "notices", recipient="ncmec")}
    assert {row["state"] for row in rows_of(package, "completeness", recipient="law_enforcement")} == {"not_checked"}
    assert {row["judged"] for row in rows_of(package, "monthly", recipient="law_enforcement")} == {"0"}
    unusable = {row["table_name"] for row in rows_of(package, "usability", feed="le_reports", test="feed_used")
                if row["is_usable"] == "false"}  # fmt: skip
    assert {"timeliness", "monthly", "completeness"} <= unusable
    assert "Not to be used." in (package / "report.html").read_text(encoding="utf-8")
    holds(package)


def test_unusable_and_unlinked_reports_are_counted_and_make_a_never_doubtful(nights: Packages) -> None:
    package = nights.package(several_nights.DOUBTFUL)
    reports = several_nights.doubtful()["le_reports"]
    undated = [row for row in reports if row["reported_at"].endswith("??")]
    unlinked = [row for row in reports if row["child_id"] == ""]
    assert one_of(package, "reliability", feed="le_reports", measure="reports_undated")["number"] == str(len(undated))
    in_period = [row for row in unlinked if row["reported_at"] >= "2025-10-01"]
    measure = one_of(package, "reliability", feed="le_reports", measure="reports_dated_in_period", item="none")
    assert int(measure["number"]) == len(in_period) > 20
    set_aside = one_of(package, "reliability", feed="le_reports", measure="set_aside_rows")
    assert set_aside["item"].startswith("reported_at") and int(set_aside["number"]) == len(undated)
    tests = {row["test"]: row["is_usable"] for row in rows_of(
        package, "usability", table_name="timeliness", recipient="law_enforcement", feed="le_reports")}  # fmt: skip
    assert tests["unlinked"] == tests["undated"] == tests["set_aside"] == "false" and tests["feed_used"] == "true"
    nevers = rows_of(package, "nevers", recipient="law_enforcement")
    counted = {(row["episode"]) for row in rows_of(package, "episodes") if row["le_verdict"] == "missing"}
    assert counted <= {row["episode"] for row in nevers}
    assert {row["is_in_doubt"] for row in nevers} == {"true", "false"}
    assert all((row["is_in_doubt"] == "true") == any(
        row[name] != "0" for name in row if name.endswith(("_of_child", "_of_days"))) for row in nevers)  # fmt: skip
    # A report that cannot be dated makes no never: the verdict is in doubt.
    reasons = {row["because"] for row in rows_of(package, "undetermined", recipient="law_enforcement")}
    assert "report_or_rule_in_doubt" in reasons
    holds(package)


def test_the_nights_that_ran_are_listed_with_what_each_feed_gave(nights: Packages) -> None:
    package = nights.package(several_nights.DOUBTFUL)
    listed = rows_of(package, "nights", feed="le_reports")
    assert [(row["night"], row["nth"], row["is_last"], row["status"]) for row in listed] == [
        (several_nights.FIRST_NIGHT, "1", "true", "ok"), (several_nights.CORRECTED, "1", "false", "ok"),
        (several_nights.CORRECTED, "2", "true", "ok"), (several_nights.BROKEN, "1", "true", "broken"),
        (several_nights.DOUBTFUL, "1", "true", "ok"),
    ]  # fmt: skip
    assert listed[0]["pulled"] == listed[0]["control_total"] and listed[0]["control_difference"] == "0"
    counted = {row["measure"]: row["number"] for row in rows_of(package, "reliability", feed="")}
    assert (counted["nights_run"], counted["nights_run_again"]) == ("4", "1")
    assert counted["people_who_decided"] == "1"
    changed = one_of(package, "reliability", measure="episodes_changed_since_first_seen", item="began")
    assert changed["number"] == "1"
    late = one_of(nights.package(TWICE + 30 * 3600), "reliability", feed="le_reports", measure="appeared_after_2_days")
    assert late["number"] == "1"  # entered weeks after it was made


def test_a_night_that_ran_twice_must_be_named_and_gives_what_each_run_said(nights: Packages) -> None:
    with pytest.raises(UsageError, match=r"CMFC-U18.*run 2 times"):
        nights.package(several_nights.CORRECTED)
    with pytest.raises(UsageError, match="CMFC-U01"):
        choose(nights.ledger, several_nights.AGENCY, "", "no such run")
    early, late = nights.package(TWICE + 7 * 3600), nights.package(TWICE + 31 * 3600)
    runs = [manifest_of(package)["night"]["run"] for package in (early, late)]
    assert [(one["nth"], one["of"]) for one in runs] == [(1, 2), (2, 2)]
    assert runs[0]["others"][0]["run_id"] == runs[1]["run_id"] != runs[0]["run_id"]
    never = [int(one_of(package, "timeliness", population="statute", recipient="ncmec", view="statute",
                        dimension="all")["never"]) for package in (early, late)]  # fmt: skip
    assert never[1] - never[0] > 10  # twenty reports were missing from the second run, some of brief episodes
    by_id = nights.package("", runs[0]["run_id"])
    assert (by_id / "timeliness.csv").read_bytes() == (early / "timeliness.csv").read_bytes()
    for package in (early, late):
        assert "by run" in (package / "report.html").read_text(encoding="utf-8")
        assert "was run 2 times" in (package / "report.html").read_text(encoding="utf-8")
        holds(package)


def test_an_instant_names_the_run_that_stood_then(nights: Packages) -> None:
    for hours, night, nth in ((-1, several_nights.FIRST_NIGHT, 1), (5, several_nights.FIRST_NIGHT, 1),
                              (6, several_nights.CORRECTED, 1), (29, several_nights.CORRECTED, 1),
                              (30, several_nights.CORRECTED, 2)):  # fmt: skip
        chosen = choose(nights.ledger, several_nights.AGENCY, TWICE + hours * 3600)
        assert (chosen.run.business_date.isoformat(), chosen.nth) == (night, nth), hours


def test_before_there_was_a_duty_nothing_is_late_or_in_time_by_days(nights: Packages) -> None:
    package = nights.package(several_nights.DOUBTFUL, period=(date(2014, 9, 1), date(2014, 12, 31)))
    for view in ("statute", "calendar_days"):
        row = one_of(package, "timeliness", population="audit", recipient="law_enforcement", view=view, dimension="all")
        assert (row["episodes"], row["no_rule"], row["on_time"], row["late"], row["never"]) == ("4", "4", "0", "0", "0")
    holds(package)


def test_a_change_of_law_within_the_period_holds(nights: Packages) -> None:
    package = nights.package(several_nights.BROKEN, period=(date(2023, 8, 1), date(2023, 9, 30)))
    row = one_of(package, "timeliness", population="audit", recipient="ncmec", view="state", dimension="all")
    assert row["never"] == row["episodes"] == "10"
    holds(package)


def test_a_period_across_a_change_of_law_is_told_by_rule(nights: Packages) -> None:
    """Ten hours to the report: four episodes under 24 hours, six under 2."""
    package = nights.package(TWICE + 7 * 3600, period=(date(2023, 8, 1), date(2023, 9, 30)))
    filters = {"population": "audit", "recipient": "law_enforcement", "view": "state", "dimension": "rule"}
    rows = sorted(rows_of(package, "timeliness", **filters), key=lambda row: row["value"])
    assert [(row["on_time"], row["late"]) for row in rows] == [("4", "0"), ("0", "6")], rows
    limits = {row["rule"]: row["limit_hours"] for row in rows_of(package, "rules")}
    assert [limits[row["value"]] for row in rows] == ["24", "2"]
    page = (package / "report.html").read_text(encoding="utf-8")
    assert all(one_of(package, "rules", rule=row["value"])["citation"] in page for row in rows)
    holds(package)


def test_a_period_without_episodes_has_noughts_and_a_year_without_records_says_so(nights: Packages) -> None:
    package = nights.package(several_nights.DOUBTFUL, period=(date(2013, 1, 1), date(2013, 12, 31)))
    flows = rows_of(package, "stock_and_flow", counted="episodes")
    assert {(row["value"], row["new"]) for row in flows} == {("all", "0"), ("Boone", "0"), ("Cole", "0"), ("Solo", "0")}
    assert all(int(row["care_days"]) > 0 for row in flows)
    assert one_of(package, "timeliness", population="statute", recipient="ncmec", view="statute")["episodes"] == "0"
    assert len(rows_of(package, "monthly", population="audit", recipient="ncmec", view="statute")) == 12
    assert {row["has_records"] for row in rows_of(package, "yearly")} == {"true"}
    holds(package)
    before = nights.package(several_nights.DOUBTFUL, period=(date(2009, 1, 1), date(2009, 12, 31)))
    assert {row["has_records"] for row in rows_of(before, "yearly")} == {"false"}
    assert "no records of that year" in (before / "report.html").read_text(encoding="utf-8")
    holds(before)


def test_it_says_what_changed_since_the_last_extract_of_the_period(nights: Packages, tmp_path: Path) -> None:
    former = nights.package(TWICE + 7 * 3600)
    package = nights.package(several_nights.DOUBTFUL, former=former)
    number = {row["item"]: int(row["number"]) for row in rows_of(package, "reconciliation")}
    assert number["then"] + number["new"] - number["gone"] == number["now"] == len(rows_of(package, "episodes"))
    assert number["changed: le_verdict"] > 20
    was = {row["episode"]: row["le_verdict"] for row in rows_of(former, "episodes")}
    for row in rows_of(package, "changes", item="le_verdict"):
        assert (row["was"], row["now"]) == (
            was[row["episode"]],
            one_of(package, "episodes", episode=row["episode"])["le_verdict"],
        )
    assert manifest_of(package)["former"]["name"] == former.name
    assert "Since the last extract" in (package / "report.html").read_text(encoding="utf-8")
    other = nights.package(several_nights.DOUBTFUL, period=(date(2023, 8, 1), date(2023, 9, 30)))
    with pytest.raises(UsageError, match="CMFC-U11"):
        nights.package(several_nights.DOUBTFUL, former=other)
    edited = Path(shutil.copytree(former, tmp_path / "edited"))
    lines = (edited / "episodes.csv").read_bytes().splitlines(keepends=True)
    (edited / "episodes.csv").write_bytes(b"".join(lines[:-1]))
    with pytest.raises(UsageError, match=r"CMFC-U11.*changed since it was built"):
        nights.package(several_nights.DOUBTFUL, former=edited)
    holds(package)


def test_every_code_in_every_table_is_explained_in_the_package(nights: Packages) -> None:
    package = nights.package(several_nights.DOUBTFUL)
    explained = {row["code"] for row in rows_of(package, "definitions")}
    names = {"county", "month", "dimension", "feed", "rule", "rule_id", "table_name", "not_checked_feeds"}
    unexplained = set()
    for table in audit_tables().values():
        path = package / f"{table.name}.csv"
        if not path.is_file() or table.name == "definitions":
            continue
        coded = [c.name for c in table.columns if c.type == "code" and not c.codes and c.name not in names]
        for row in rows_of(package, table.name):
            unexplained |= {(table.name, name, row[name]) for name in coded if row[name] and row[name] not in explained}
    assert not {one for one in unexplained if not one[1].endswith(("_rule", "_size", "county"))}
    assert not [
        code
        for code, meaning in ((row["code"], row["meaning"]) for row in rows_of(package, "definitions"))
        if not meaning
    ]
    page = (package / "report.html").read_text(encoding="utf-8")
    assert "42 U.S.C. 671(a)(35)(B)" in page and "What this extract cannot say" in page
