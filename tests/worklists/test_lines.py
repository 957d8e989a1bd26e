from pathlib import Path
from typing import Any

from cmfc.feeds.catalog import feeds
from cmfc.publishing.tables import create_views, open_engine
from cmfc.worklists import wording
from cmfc.worklists.lines import Line, create_worklist, first_lines
from tests.support.outputs_night import AS_OF, HOUR, finding, some_findings, write_night


def worklist(folder: Path, findings: list[dict[str, Any]]) -> list[Line]:
    work, checked = write_night(folder, findings)
    with open_engine(folder / "spill") as connection:
        create_views(connection, work, checked)
        number = create_worklist(connection, checked, AS_OF)
        lines = list(first_lines(connection, 1000))
    assert len(lines) == number
    return lines


def test_every_feed_has_a_word_for_people() -> None:
    assert set(wording.FEED) == set(feeds())


def subjects(lines: list[Line]) -> list[str]:
    return [line.first.subject_id for line in lines]


def test_one_line_per_subject_and_recipient_with_everything_found(tmp_path: Path) -> None:
    lines = worklist(tmp_path, some_findings())
    assert len(lines) == 8
    line = next(f for f in lines if (f.first.subject_id, f.first.recipient) == ("e1", "law_enforcement"))
    assert [finding.code for finding in line.findings] == ["LE-01", "LE-05"]
    assert line.first.severity == "critical" and line.queue == "act_now" and line.flags == ["New"]
    assert line.evidence == ["absences:A1", "placements:P1"]
    assert line.unverified == ["us/tx/report_to_le"] and line.hours_over == (72.0, 72.0003)


def test_lines_stand_in_the_order_of_the_specification(tmp_path: Path) -> None:
    clock = {"clock_start_earliest": AS_OF - 10, "status": "open"}
    now, later = {"status": "open"}, {"clock_start_earliest": AS_OF - 11, "status": "open"}
    lines = worklist(tmp_path, [
        finding("LE-01", "e-history", severity="critical", queue="history"),
        finding("RC-01", "d-record", severity="critical", queue="correct_record"),
        finding("LE-02", "c-explain", severity="critical", queue="explain"),
        finding("LE-02", "b-medium", severity="medium"),
        finding("LE-02", "a-no-clock", clock_start_earliest=None, **now),
        finding("NC-01", "9-later-code", **clock),
        finding("LE-01", "8-subject", **clock),
        finding("LE-01", "7-same-clock", **clock),
        finding("LE-01", "6-longest", **now),
        finding("LE-01", "5-reopened", **clock | {"status": "reopened", "clock_start_earliest": AS_OF - 20}),
        finding("LE-01", "5b-new", **clock | {"status": "new"}),
        finding("LE-06", "4-due", deadline_earliest=AS_OF + 12 * HOUR, **clock),
        finding("LE-06", "6b-due-later", deadline_earliest=AS_OF + 12 * HOUR + 1, **later),
        finding("LE-01", "2-abducted", reason="taken_or_kept_by_relative", **clock),
        finding("LE-01", "1-under-13", age=12, **now),
        finding("LE-01", "0-critical", severity="critical", age=17, **clock),
    ])  # fmt: skip
    assert subjects(lines) == ["0-critical", "1-under-13", "2-abducted", "4-due", "5-reopened", "5b-new", "6-longest",
                               "6b-due-later", "7-same-clock", "8-subject", "9-later-code", "a-no-clock", "b-medium",
                               "c-explain", "d-record", "e-history"]  # fmt: skip
    flags = {line.first.subject_id: line.flags for line in lines}
    assert flags["4-due"] == ["Due within 12 h"] and flags["6b-due-later"] == [] and flags["5b-new"] == ["New"]
    assert flags["1-under-13"] == ["Under 13"] and flags["2-abducted"] == ["Abducted"]


def test_a_line_stands_where_its_first_finding_stands(tmp_path: Path) -> None:
    record = finding("LE-05", "e1", severity="critical", queue="correct_record")
    lines = worklist(tmp_path, [record, finding("LE-06", "e1", severity="medium"), finding("LE-06", "e2")])
    summary = [(f.first.subject_id, f.queue, f.first.severity, [x.code for x in f.findings]) for f in lines]
    assert summary == [("e2", "act_now", "high", ["LE-06"]), ("e1", "act_now", "medium", ["LE-06", "LE-05"])]


def test_a_resolved_finding_is_not_work(tmp_path: Path) -> None:
    lines = worklist(tmp_path, [finding("LE-01", "e1", status="resolved"), finding("LE-01", "e2", status="reopened")])
    assert subjects(lines) == ["e2"]


def test_a_child_that_is_not_on_file_keeps_its_line(tmp_path: Path) -> None:
    lines = worklist(
        tmp_path, [finding("DQ-03", "custody:K1", child_id="C404"), finding("ID-01", "le_reports:L1", child_id=None)]
    )
    assert [line.child_name for line in lines] == ["", ""]


def test_the_name_of_the_child_is_family_name_then_given_names(tmp_path: Path) -> None:
    assert worklist(tmp_path, [finding("LE-01", "e1")])[0].child_name == "O'Fallonish, Quillon"
