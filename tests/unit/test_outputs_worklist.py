from pathlib import Path
from typing import Any

from cmfc.outputs.tables import lay_out, open_engine
from cmfc.outputs.worklist import Line, first_lines, lay_out_worklist
from tests.unit.outputs_night import AS_OF, finding, some_findings, write_night


def worklist(folder: Path, findings: list[dict[str, Any]]) -> list[Line]:
    work, checked = write_night(folder, findings)
    with open_engine(folder / "spill") as connection:
        lay_out(connection, work, checked)
        number = lay_out_worklist(connection, checked)
        found = list(first_lines(connection, 1000))
    assert len(found) == number
    return found


def subjects(found: list[Line]) -> list[str]:
    return [line.first.subject_id for line in found]


def test_one_line_per_subject_and_recipient_with_rules_and_codes_merged(tmp_path: Path) -> None:
    found = worklist(tmp_path, some_findings())
    assert len(found) == 7
    line = next(f for f in found if (f.first.subject_id, f.first.recipient) == ("e1", "law_enforcement"))
    assert [entry.first.code for entry in line.entries] == ["LE-01", "LE-05"]
    assert [rule.rule_id for rule in line.entries[0].rules] == ["us/federal/report_to_le", "us/tx/report_to_le"]
    assert line.entries[0].whys == ["Why LE-01.", "The state's limit is over."]
    assert line.first.severity == "critical" and line.queue == "act_now"
    assert line.evidence == ["absences:A1", "placements:P1"]
    assert line.unverified == ["us/tx/report_to_le"] and line.hours_over == (72.0, 72.0003)
    assert len({f.exception_id for f in line.findings}) == 3


def test_lines_stand_by_queue_then_severity_then_the_youngest_and_abducted_then_clock_then_code(tmp_path: Path) -> None:
    clock = {"clock_start_earliest": AS_OF - 10}
    found = worklist(tmp_path, [
        finding("LE-01", "9-history", severity="critical", queue="history"),
        finding("RC-01", "8-record", severity="critical", queue="correct_record"),
        finding("LE-02", "7-medium", severity="medium"),
        finding("LE-02", "6-no-clock", clock_start_earliest=None),
        finding("NC-01", "5-later-code", **clock),
        finding("LE-01", "5b-subject", **clock),
        finding("LE-01", "4-same-clock", **clock),
        finding("LE-01", "3-longest"),
        finding("LE-01", "2-abducted", reason="taken_or_kept_by_relative", **clock),
        finding("LE-01", "1-under-13", age=12),
        finding("LE-01", "0-critical", severity="critical", age=17, **clock),
    ])  # fmt: skip
    assert subjects(found) == ["0-critical", "1-under-13", "2-abducted", "3-longest", "4-same-clock", "5b-subject",
                               "5-later-code", "6-no-clock", "7-medium", "8-record", "9-history"]  # fmt: skip


def test_a_line_stands_in_its_most_urgent_queue(tmp_path: Path) -> None:
    record = finding("LE-05", "e1", severity="high", queue="correct_record")
    found = worklist(tmp_path, [record, finding("LE-06", "e1", severity="medium"), finding("LE-06", "e2")])
    assert [(f.queue, len(f.entries)) for f in found] == [("act_now", 2), ("act_now", 1)]


def test_a_resolved_finding_is_not_work(tmp_path: Path) -> None:
    found = worklist(tmp_path, [finding("LE-01", "e1", status="resolved"), finding("LE-01", "e2", status="reopened")])
    assert subjects(found) == ["e2"]


def test_a_child_that_is_not_on_file_keeps_its_line(tmp_path: Path) -> None:
    found = worklist(
        tmp_path, [finding("DQ-03", "custody:K1", child_id="C404"), finding("ID-01", "le_reports:L1", child_id=None)]
    )
    assert [line.child_name for line in found] == ["", ""]


def test_the_name_of_the_child_is_family_name_then_given_names(tmp_path: Path) -> None:
    assert worklist(tmp_path, [finding("LE-01", "e1")])[0].child_name == "O'Fallonish, Quillon"
