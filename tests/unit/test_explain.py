"""`cmfc explain` reads what is published for programs, not what is guarded for spreadsheets."""

import csv
from pathlib import Path
from typing import Any

import pytest

from cmfc.errors import UsageError
from cmfc.outputs.explain import explain_finding, find
from cmfc.outputs.publish import publish
from tests.unit.outputs_night import AS_OF, facts, finding, some_findings, write_night


def rows_of(folder: Path, findings: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Publishes the findings into `out`; the rows of the CSV."""
    publish(*write_night(folder, findings), facts(), folder / "out")
    with (folder / "out" / "exceptions.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_an_id_that_begins_like_a_formula_is_shown_as_it_is(tmp_path: Path) -> None:
    (row,) = rows_of(tmp_path, [finding("LE-01", "-A1", child_id="-C1", clock_start_earliest=AS_OF)])
    assert row["child_id"] == "'-C1"
    found = find(tmp_path / "out", row["exception_id"])
    assert (found["child_id"], found["subject_id"]) == ("-C1", "-A1")
    assert "It is about child -C1, -A1." in explain_finding(found)


def test_everything_else_reads_as_in_the_csv(tmp_path: Path) -> None:
    numbers = finding("LE-02", "e77", hours_over_min=-5.5, hours_over_max=1 / 3600, audit_late=True)
    rows = rows_of(tmp_path, [*some_findings(), numbers])
    assert len(rows) == 10
    for row in rows:
        found = {name: value or "" for name, value in find(tmp_path / "out", row["exception_id"]).items()}
        assert found == {name: value.removeprefix("'") for name, value in row.items()}


def test_a_list_or_a_finding_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="CMFC-X01: There is no list in"):
        find(tmp_path, "x")
    rows_of(tmp_path, some_findings())
    with pytest.raises(UsageError, match="CMFC-X01: There is no finding x in"):
        find(tmp_path / "out", "x")
