"""`cmfc explain` reads what is published for programs, not what is guarded for spreadsheets."""

import csv
from pathlib import Path
from typing import Any

import pytest

from cmfc.errors import UsageError
from cmfc.worklists.explain import BASES, explain_finding, find, night_of
from cmfc.worklists.publish import publish
from tests.support.outputs_night import AS_OF, DAY, HOUR, facts, finding, some_findings, write_night


def rows_of(folder: Path, findings: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Publishes the findings into `out`; the rows of the CSV."""
    publish(*write_night(folder, findings), facts(), folder / "out")
    with (folder / "out" / "exceptions.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_an_id_that_begins_like_a_formula_is_shown_as_it_is(tmp_path: Path) -> None:
    (row,) = rows_of(tmp_path, [finding("LE-01", "-A1", child_id="-C1", clock_start_earliest=AS_OF)])
    assert row["child_id"] == "'-C1"
    published = find(tmp_path / "out", row["exception_id"])
    assert (published["child_id"], published["subject_id"]) == ("-C1", "-A1")
    assert "It is about child -C1, -A1." in explain_finding(published, facts())


def test_a_finding_is_told_on_the_agencys_clock_with_its_rules_by_name(tmp_path: Path) -> None:
    row_of_finding = finding(
        "LE-01", "e1", rule_id="us/tx/report_to_le", rules="us/tx/report_to_le=missing;us/federal/report_to_le=pending",
        clock_start_earliest=AS_OF - 2 * DAY, clock_start_latest=AS_OF - DAY - 1, deadline_earliest=AS_OF + 5 * HOUR,
        deadline_latest=AS_OF + 5 * HOUR, observed_at_earliest=AS_OF - HOUR, observed_at_latest=AS_OF + HOUR,
        hours_over_min=60.0, hours_over_max=62.5,
    )  # fmt: skip
    (row,) = rows_of(tmp_path, [row_of_finding])
    sentences = explain_finding(find(tmp_path / "out", row["exception_id"]), night_of(tmp_path / "out")).split("\n")
    assert sentences[3:9] == [
        "The clock started on 2026-03-01.",
        "The limit ends at 2026-03-03 05:00 MST.",
        "What counts was done between 2026-03-02 23:00 MST and 2026-03-03 01:00 MST.",
        "Over the limit: between 2 days 12 h and 2 days 14 h.",
        "This is law: rule us/tx/report_to_le, 42 U.S.C. 671(a)(35)(B) (read and verified).",
        "By rule: Texas: 24 hours – limit over, nothing on file; federal: 24 hours – not due yet.",
    ]


@pytest.mark.parametrize("basis", ["law", "policy", "advice", "record"])
def test_law_policy_advice_and_records_are_told_apart(tmp_path: Path, basis: str) -> None:
    (row,) = rows_of(tmp_path, [finding("LE-01", "e1", basis=basis)])
    assert f"{BASES[basis]}: rule" in explain_finding(find(tmp_path / "out", row["exception_id"]), facts())
    assert len(set(BASES.values())) == len(BASES) == 4


def test_everything_else_reads_as_in_the_csv(tmp_path: Path) -> None:
    numbers = finding("LE-02", "e77", hours_over_min=-5.5, hours_over_max=1 / 3600, audit_late=True)
    rows = rows_of(tmp_path, [*some_findings(), numbers])
    assert len(rows) == 10
    for row in rows:
        published = {name: value or "" for name, value in find(tmp_path / "out", row["exception_id"]).items()}
        assert published == {name: value.removeprefix("'") for name, value in row.items()}


def test_a_list_or_a_finding_that_is_not_there_is_said(tmp_path: Path) -> None:
    for ask in (lambda: find(tmp_path, "x"), lambda: night_of(tmp_path)):
        with pytest.raises(UsageError, match="CMFC-X01: There is no list in"):
            ask()
    rows_of(tmp_path, some_findings())
    with pytest.raises(UsageError, match="CMFC-X01: There is no finding x in"):
        find(tmp_path / "out", "x")
