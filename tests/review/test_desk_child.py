"""The page of a child, and the first screen through the day."""

import html
import json
import re

import pytest
from sqlalchemy import update

from cmfc.ingest.mapping import load_mapping
from cmfc.ledger.tables import findings
from cmfc.pipeline.hourly import watch
from cmfc.pipeline.run import run_of
from cmfc.settings import Settings
from tests.support.desk import BASE, KEY, NIGHTS, Desk, _change, go_missing

pytestmark = pytest.mark.long


def page(desk: Desk, child: str) -> str:
    answer = desk.get("rita", f"/child/{child}")
    assert answer.status_code == 200
    return str(answer.text)


def test_the_open_episode_stands_first_and_every_duty_on_a_line(desk: Desk) -> None:
    several = desk.rows(
        "SELECT child_id FROM episodes GROUP BY child_id HAVING count(*) > 1 AND count(*) FILTER (status = 'open') = 1"
        " ORDER BY 1"
    )
    assert several
    for row in several[:3]:
        text = page(desk, row["child_id"])
        heads = re.findall(r'<h2 id="e\d+">([^<]+)</h2>', text)
        number = len(desk.rows("SELECT 1 FROM episodes WHERE child_id = ?", (row["child_id"],)))
        assert len(heads) == number and heads[0].endswith("open") and heads[1].startswith("Earlier: missing episode")
        for duty in ("Report to law enforcement", "Entry into NCIC", "Report to NCMEC"):
            assert text.count(f'data-label="Duty">{duty}') == number
        assert "All missing episodes" in text and ">now</text>" in text


def test_everything_found_of_a_child_is_on_its_page(desk: Desk) -> None:
    children = sorted({f.child_id for f in desk.findings() if f.child_id})[:40]
    for child in children:
        text = page(desk, child)
        ids = {f.exception_id for status in (None, "resolved") for f in desk.findings(child_id=child, status=status)}
        assert {one for one in ids if f'href="{BASE}/findings/{one}"' not in text} == set()


def test_the_limits_are_named_on_the_timeline(desk: Desk) -> None:
    text = page(desk, desk.parts["second"])
    for lane in ("LE: federal: 24 hours", "NCMEC: federal: 24 hours", "LE: Missouri: 2 hours"):
        assert f">{lane}</text>" in text, lane


def test_the_records_stand_by_feed_the_newest_first(desk: Desk) -> None:
    child = desk.parts["back"]
    text = page(desk, child).partition('<details class="records"')[2]
    rows = desk.rows("SELECT * FROM absences WHERE child_id = ? ORDER BY absent_since_earliest DESC", (child,))
    assert rows and [text.index(f">{row['record']}<") for row in rows] == sorted(
        text.index(f">{row['record']}<") for row in rows
    )
    assert "<h3>Reports to law enforcement</h3>" in text and "told located at" in text


def test_a_closed_finding_says_that_the_child_is_missing_again(desk: Desk) -> None:
    """Only an absence card among fourteen told (D10)."""
    rows = desk.rows(
        "SELECT d.exception_id, m.child_id FROM desk AS d JOIN missing_now AS m ON m.child_id = d.child_id"
        " WHERE m.record_state = 'open' AND d.ended IS NULL AND d.episode_id <> m.episode_id ORDER BY ALL"
    )
    assert rows
    body = desk.get("rita", f"/findings/{rows[0]['exception_id']}").text
    assert "<strong>Missing</strong>" in body and "not the missing episode of this finding" in body


def test_a_row_that_was_set_aside_is_named_as_its_source_names_it(desk: Desk) -> None:
    """Key, feed, row and column stood in quarantine.csv alone (D8)."""
    rows = desk.rows("SELECT * FROM quarantine WHERE effect = 'row' AND feed = 'absences' ORDER BY ALL")
    assert rows
    for row in rows:
        (one,) = desk.rows("SELECT exception_id FROM findings WHERE subject_id = ?", (row["subject"],))
        body = desk.get("rita", f"/findings/{one['exception_id']}").text
        section = body.partition("What was set aside")[2].partition("</table>")[0]
        native = desk.data.mapping.feeds["absences"].columns[row["field"]].native
        for text in (row["key"], str(row["row"]), row["source"], row["field"], html.escape(str(native))):
            assert text in section, text
        assert f'<dd class="id">{html.escape(row["subject"])}</dd>' in body


def test_a_question_about_a_missing_child_stands_first_and_says_what_a_yes_ends(desk: Desk) -> None:
    """Only ids stood there, in no order of urgency (D25)."""
    text = desk.get("rita", "/questions").text
    questions = re.findall(rf'href="{BASE}/questions/ncmec_reports/([^"]+)"', text)
    assert questions[0] == "N-MISSING" and len(questions) == 3
    body = desk.get("rita", "/questions/ncmec_reports/N-ASKED").text
    child = desk.rows("SELECT child_id FROM matches WHERE report_id = 'N-ASKED' AND method = 'candidate'")[0][
        "child_id"
    ]
    codes = {f.code for f in desk.findings(child_id=child) if f.code in ("NC-01", "NC-06")}
    for code in codes:
        assert f"({code})" in body.partition("A yes may end")[2].partition("</p>")[0]
    assert codes or "A yes ends nothing that is open." in body
    (row,) = desk.rows("SELECT * FROM children WHERE child_id = ?", (child,))
    assert row["caseworker_id"] in body
    own = desk.rows("SELECT report_number FROM le_reports WHERE child_id = ? AND report_number IS NOT NULL", (child,))
    assert own and all(one["report_number"] in body for one in own)


def test_the_overview_leads_to_the_cases_and_begins_with_what_there_is_most_of(desk: Desk) -> None:
    text = desk.get("rita", "/overview").text
    codes = re.findall(rf'href="{BASE}/list\?queue=all&amp;code=([A-Z]+-\d+)"', text)
    numbers = {row["code"]: row["n"] for row in desk.rows(
        "SELECT code, count(*) AS n FROM findings WHERE queue <> 'history' GROUP BY code"
    )}  # fmt: skip
    assert codes == sorted(numbers, key=lambda code: (-numbers[code], code))


def test_a_child_who_is_back_is_said_to_be_back(desk: Desk) -> None:
    text = page(desk, desk.parts["back"])
    assert "Not missing by the records" in text and "is back" in html.unescape(text)
    assert "Report to NCMEC now" not in text


def test_what_people_did_stands_on_the_page_and_nights_too(desk: Desk) -> None:
    one = next(f for f in desk.findings(status="waived"))
    text = page(desk, str(one.child_id))
    did = text.partition("What people did")[2].partition("</table>")[0]
    assert "waived until 2026-10-21" in did and "rita" in did and "the family was asked" in did


def test_no_page_names_a_child_to_a_viewer(desk: Desk) -> None:
    children = desk.rows("SELECT child_id, last_name FROM children")
    names = {row["last_name"] for row in children if len(row["last_name"]) > 5}
    for path in (
        "/",
        "/list?queue=all",
        "/findings",
        "/changes",
        "/overview",
        "/help",
        "/weeks",
        f"/weeks/{NIGHTS[0]}/missing",
    ):
        text = desk.get("vera", path).text
        body = re.sub(r"<option[^>]*>[^<]*</option>", "", text)
        assert not any(f">{row['child_id']}<" in body or f"/{row['child_id']}" in body for row in children), path
        assert not any(f"{name}," in body for name in names), path


def test_the_page_leads_to_the_report_sheet_of_the_child(desk: Desk) -> None:
    link = re.search(rf'href="{BASE}(/[^"]+)">Report sheet', page(desk, desk.parts["second"]))
    assert link and desk.parts["second"] in link[1] and desk.get("rita", link[1]).status_code == 200


def test_a_child_of_another_office_now_is_not_shown_with_what_ended_before(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is over keeps the office that it had; the child's records went to people of the former office with it."""
    ended = next(f for f in desk.findings(status="resolved") if f.child_id)
    (child,) = desk.rows("SELECT * FROM children WHERE child_id = ?", (ended.child_id or "",))
    where = (findings.c.agency == desk.agency, findings.c.exception_id == ended.exception_id)
    with desk.ledger.writing(desk.agency) as connection:
        connection.execute(update(findings).where(*where).values(office="Former office"))
    restriction = {"rita": ["demo/Former office"], "lea": [f"demo/{child['office']}"]}
    monkeypatch.setenv("CMFC_REVIEW_OFFICES", json.dumps(restriction))
    answer = desk.get("rita", f"/findings/{ended.exception_id}")
    assert answer.status_code == 200 and "of another office now" in answer.text
    lists = [desk.get("rita", path).text for path in ("/findings?status=resolved", "/list?queue=all&changed=over")]
    assert ended.exception_id in lists[0]
    for text in (answer.text, *lists):
        assert child["last_name"] not in text and str(child["date_of_birth"]) not in text and "A000" not in text
    assert desk.get("rita", f"/child/{ended.child_id}").status_code == 404


def test_the_hourly_watch_feeds_the_first_screen_and_says_its_time(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page showed midnight's list all day (D26)."""
    before = desk.get("rita", "/").text
    assert "No hourly watch has run since." in before
    monkeypatch.setenv("CMFC_CLOCK", "2026-10-03T14:10:00Z")
    child = desk.parts["third"]
    go_missing(desk.office.root, child, "A-TODAY", "2026-10-03", "07:10:00")
    _change(desk.office.root, "INSERT INTO TBL_CLIENT (CLIENT_NO, SURNAME, GIVEN_NM) VALUES ('N-1', 'Newby', 'Una')")
    go_missing(desk.office.root, "N-1", "A-NEW", "2026-10-03", "07:10:00")
    back = desk.parts["second"]
    ends = "UPDATE TBL_ABSENCE SET BACK_TS = '2026-10-03 08:00:00', BACK_RSN = 'RET' WHERE ABS_NO = 'A-SECOND'"
    _change(desk.office.root, ends)
    settings = Settings()
    mapping = load_mapping(desk.office.root / "agencies" / f"{KEY}.yml")
    run = run_of(mapping, NIGHTS[-1], settings.store, settings.lists, settings.ledger_url())
    database = desk.office.root / "agencies" / "case_management.sqlite"
    text = watch(run, desk.ledger, settings.now(), lambda name: f"sqlite:///{database}")
    assert text["fresh"]
    after = desk.get("rita", "/").text
    assert "From the hourly watch, <strong>as of 2026-10-03 09:10 CDT</strong>" in after
    assert f'href="{BASE}/child/{child}"' not in before and f'href="{BASE}/child/{child}"' in after
    new = after.partition('id="h-new"')[2].partition("</section>")[0]
    assert child in new and desk.get("rita", f"/child/{child}").status_code == 200
    assert child not in desk.get("vera", "/").text
    for one, name in ((child, child), ("N-1", "Newby")):  # no page may call them found, or know nothing of them
        by_watch = "By the hourly watch, as of 2026-10-03 09:10 CDT; the list of 2026-10-02"
        assert by_watch in page(desk, one) and "<strong>Missing</strong>" in page(desk, one)
        assert "<strong>Missing, by the hourly watch of" in desk.send("rita", "/search", text=name).text
        sheet = desk.get("rita", f"/child/{one}/sheet")
        assert sheet.status_code == 200 and "2026-10-03 07:10 CDT" in sheet.text
    assert "does not have the child among the missing any more" in page(desk, back)
    assert "<strong>Missing</strong>" in page(desk, back)
    assert (
        "not missing by the records of 2026-10-03 09:10 CDT"
        in desk.send("rita", "/search", text=desk.parts["back"]).text
    )
    manifest = settings.lists / desk.agency / "watch" / "manifest.json"
    manifest.write_text("{", encoding="utf-8")
    broken = desk.get("rita", "/")
    assert broken.status_code == 200 and "The list of the hourly watch cannot be read just now." in broken.text
    manifest.unlink()
