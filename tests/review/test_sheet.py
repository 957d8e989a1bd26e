"""The report sheet: filled from the records or open to ask, journaled, for those alone who may see the child."""

import csv
import html
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from cmfc.cli.acting import user
from cmfc.cli.sheet import sheet
from cmfc.errors import UsageError
from cmfc.ledger.claims import list_claims
from cmfc.ledger.tables import journal
from cmfc.ledger.verify import verify
from cmfc.review.data import open_agency
from cmfc.settings import Settings
from tests.support.office import BASE, FORM, Office, send, token

NUMBER = "MC-2026-555"


def rows(sql: str, *values: Any) -> list[dict[str, Any]]:
    return open_agency(Settings(), "demo").rows(sql, values)


def missing_child() -> dict[str, Any]:
    """A described child that is missing and was not reported to law enforcement."""
    return rows(
        "SELECT e.*, c.last_name, c.first_name, c.date_of_birth, d.hair FROM episodes AS e"
        " JOIN children AS c ON c.child_id = e.child_id JOIN descriptions AS d ON d.child_id = e.child_id"
        " WHERE e.status = 'open' AND e.le_verdict = 'missing' AND e.ncmec_duty = 'required' AND d.hair IS NOT NULL"
        " ORDER BY e.child_id"
    )[0]


def entries(office: Office) -> list[tuple[str, dict[str, Any]]]:
    with office.ledger.reading() as connection:
        entries_found = connection.execute(select(journal.c.kind, journal.c.body).order_by(journal.c.seq))
        return [(row.kind, json.loads(row.body)) for row in entries_found]


def page_of(browser: Any, child_id: str, name: str = "rita") -> str:
    answer = browser(name).get(f"{BASE}/child/{child_id}/sheet")
    assert answer.status_code == 200, answer.text
    return re.sub(r"\s+", " ", html.unescape(answer.text))


def test_it_says_whom_to_call_and_what_they_ask_in_their_order(office: Office, browser: Callable[[str], Any]) -> None:
    child = missing_child()
    page = page_of(browser, child["child_id"])
    titles = ["First: law enforcement", "The child", "What the child looks like", "Photo", "How, when and where",
             "What endangers the child", "Whom to reach", "Then: NCMEC", "What law enforcement gave you",
             "If law enforcement refuses", "When the child is located"]  # fmt: skip
    body = page[page.index("<article") :]
    assert [body.index(title) for title in titles] == sorted(body.index(title) for title in titles)
    assert "1-800-THE-LOST (1-800-843-5678)" in page and "https://cmfc.missingkids.org/reportit" in page
    assert f"{child['last_name']}, {child['first_name']}" in page and str(child["date_of_birth"]) in page
    assert f"<td>{child['hair']}</td>" in page
    assert re.search(r"Filled from records of 2026-10-01 00:00 CDT; check with the caregiver\.", page)


def test_every_answer_names_its_record_and_what_is_not_on_file_is_a_box(office: Office, browser: Any) -> None:
    child = missing_child()
    page = page_of(browser, child["child_id"])
    fields = re.findall(
        r'<tr(?: class="ask")?><th scope="row">(.*?)</th><td>(.*?)</td><td class="from">(.*?)</td>', page
    )
    assert len(fields) > 30
    titles = [(label, source) for label, answer, source in fields if 'class="empty"' in answer]
    assert "You: name, title, telephone" in [label for label, _ in titles]
    for label, answer, source in fields:
        if 'class="empty"' not in answer and label not in ("Missing before",):
            assert re.match(r"[a-z_]+:.+, (read|written) 20\d\d-\d\d-\d\d \d\d:\d\d C[DS]T", source), (label, source)


def test_only_what_was_read_at_its_source_stands_as_law(browser: Any) -> None:
    page = page_of(browser, missing_child()["child_id"])
    card = page[page.index("If law enforcement refuses") : page.index("When the child is located")]
    assert (
        "(Federal law, 34 U.S.C. 41308(1) (National Child Search Assistance Act): “… no law enforcement agency" in card
    )
    assert "not verified" in card  # the state's own way to turn to is a manual's, which nobody has read again
    assert "NCMEC's FAQ for social service agencies, ncmec.org/cmfc; not law" in card


def test_it_is_for_those_who_may_see_names_and_is_noted_before_it_is_shown(office: Office, browser: Any) -> None:
    child = missing_child()["child_id"]
    before = len(entries(office))
    for name, status in (("nobody", 401), ("vera", 403)):
        answer = browser(name).get(f"{BASE}/child/{child}/sheet")
        assert answer.status_code == status and child not in answer.text
    for path in ("/child/NOBODY/sheet", "/child/%2e%2e/sheet"):
        assert browser("rita").get(BASE + path).status_code == 404
    assert len(entries(office)) == before
    page_of(browser, child)
    kind, body = entries(office)[-1]
    assert (kind, body["by"], body["page"], body["shown"]) == ("view", "rita", "sheet", [child])


def test_a_child_that_is_not_missing_by_the_records_has_a_sheet_too(browser: Any) -> None:
    """It may have gone this morning: what belongs to the day is left open."""
    one = rows("SELECT child_id FROM descriptions WHERE last_seen_place IS NOT NULL AND child_id NOT IN"
               " (SELECT child_id FROM episodes) ORDER BY child_id")[0]["child_id"]  # fmt: skip
    page = page_of(browser, one)
    assert "These records show no missing episode that lasts." in page
    assert re.search(
        r'class="ask"><th scope="row">Last seen where</th><td><span class="empty">ask</span>'
        r'<span class="note">Ask anew',
        page,
    )


def test_what_is_missing_from_a_note_is_said_beside_the_form_and_what_was_typed_stays(
    office: Office, browser: Any
) -> None:
    child, before = missing_child()["child_id"], len(list_claims(office.ledger, office.agency))
    for form, sentence in (
        ({"recipient": "", "reported_at": "2026-09-30T22:00", "number": NUMBER}, "to whom"),
        ({"recipient": "ncmec", "reported_at": "soon", "number": NUMBER}, "day and time"),
        ({"recipient": "ncmec", "reported_at": "2031-01-01T00:00", "number": NUMBER}, "future"),
        ({"recipient": "ncmec", "reported_at": "2025-01-01T00:00", "number": NUMBER}, "before the child went missing"),
    ):
        answer = send(browser, "rita", f"/child/{child}/sheet", **form)
        assert answer.status_code == 422 and sentence in answer.text and f'value="{NUMBER}"' in answer.text
        assert "<nav" in answer.text and "First: law enforcement" in answer.text
    assert len(list_claims(office.ledger, office.agency)) == before


@pytest.mark.long
def test_a_note_is_beside_the_duty_answered_by_the_log_or_to_be_answered(
    office: Office, browser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over three nights: noted for both; the log of NCMEC gets its row, that of law enforcement does not."""
    child = missing_child()
    one = child["child_id"]
    lists = office.root / "lists" / office.agency
    before = {name: (lists / "2026-09-30" / name).read_bytes() for name in ("exceptions.csv", "missing_now.csv")}
    for recipient in ("law_enforcement", "ncmec"):
        answer = send(
            browser, "rita", f"/child/{one}/sheet", recipient=recipient, reported_at="2026-10-01T02:00", number=NUMBER
        )
        assert answer.status_code == 303
    assert [body["change"] for kind, body in entries(office) if kind == "claim"] == ["noted", "noted"]
    assert NUMBER not in str(entries(office))
    assert page_of(browser, one).count("not in the log yet") == 2
    office.night()  # again: a note changes no list of its night
    assert before == {name: (lists / "2026-09-30" / name).read_bytes() for name in before}

    monkeypatch.setenv("CMFC_CLOCK", "2026-10-02T08:30:00Z")
    log_report_to_ncmec(office.root / "agencies", child)
    office.night("2026-10-01")
    page = page_of(browser, one)
    assert page.count("; in the log (ncmec_reports:N-NOTED)") == 1 and page.count("not in the log yet") == 1
    duties = rows("SELECT le_verdict, le_report_id FROM episodes WHERE episode_id = ?", child["episode_id"])
    assert duties == [{"le_verdict": "missing", "le_report_id": None}]
    assert rows("SELECT 1 FROM findings WHERE child_id = ? AND code = 'LE-01' AND severity = 'critical'", one)

    monkeypatch.setenv("CMFC_CLOCK", "2026-10-03T08:30:00Z")
    office.night("2026-10-02")
    listed = re.sub(r"\s+", " ", browser("rita").get(f"{BASE}/noted").text)
    assert listed.index("to answer") < listed.index(">in the log<") and "not in the log yet" not in listed
    assert "not in the log after two days" in page_of(browser, one)
    assert browser("vera").get(f"{BASE}/noted").status_code == 403

    monkeypatch.setenv("CMFC_CLOCK", "2026-10-04T08:30:00Z")
    assert "Noted as reported" not in (lists / "2026-10-02" / "exceptions.html").read_text(encoding="utf-8")
    office.night("2026-10-03")
    published = re.sub(r"\s+", " ", (lists / "2026-10-03" / "exceptions.html").read_text(encoding="utf-8"))
    section = published[published.index('id="noted"') :].partition("</section>")[0]
    assert f"id {one}" in section and "2026-10-01 02:00 CDT" in section and "by rita" in section
    assert "Law enforcement" in section and "NCMEC</td>" not in section and NUMBER not in published
    sheet_rows = list(load_workbook(lists / "2026-10-03" / "exceptions.xlsx")["To answer"].values)
    assert [row[-1] for row in sheet_rows[3:]] == [one] and "To answer" not in load_workbook(
        lists / "2026-10-02" / "exceptions.xlsx"
    ).sheetnames

    (claim,) = [c.claim for c in list_claims(office.ledger, office.agency, one) if c.recipient == "law_enforcement"]
    other = rows("SELECT child_id FROM children WHERE child_id <> ? ORDER BY child_id", one)[0]["child_id"]
    assert send(browser, "rita", f"/child/{other}/sheet/undo", claim=claim).status_code == 404
    assert send(browser, "rita", f"/child/{one}/sheet/undo", claim=claim).status_code == 303
    assert send(browser, "rita", f"/child/{one}/sheet/undo", claim=claim).status_code == 404
    assert "not in the log after two days" not in page_of(browser, one)
    assert verify(office.ledger, office.agency, [])[1] == []


def log_report_to_ncmec(agency: Path, child: dict[str, Any]) -> None:
    """The clerk enters the report to NCMEC."""
    export = agency / "ncmec_export.csv"
    with export.open(encoding="utf-8", newline="") as lines:
        names = list(csv.DictReader(lines).fieldnames or ())
    row = {"ReportId": "N-NOTED", "AgencyChildId": child["child_id"], "ChildFirst": child["first_name"],
           "ChildLast": child["last_name"], "ChildDOB": str(child["date_of_birth"]), "Source": "CWA",
           "ReportedOn": "2026-10-01 02:10:00", "Channel": "TEL"}  # fmt: skip
    with export.open("a", encoding="utf-8", newline="") as lines:
        csv.DictWriter(lines, names, restval="", quoting=csv.QUOTE_ALL).writerow(row)


def test_a_form_without_our_token_changes_nothing(office: Office, browser: Any) -> None:
    child = missing_child()["child_id"]
    before = len(entries(office))
    form = {"recipient": "ncmec", "reported_at": "2026-09-30T22:00", "claim": "1"}
    for path in (f"/child/{child}/sheet", f"/child/{child}/sheet/undo"):
        for name in ("vera", "rita"):
            assert browser(name).post(BASE + path, data=form, headers=FORM).status_code == 403
        assert browser("vera").post(BASE + path, data=form | {"token": token(browser, "rita")}).status_code == 403
    assert [kind for kind, _ in entries(office)[before:]].count("claim") == 0


@pytest.mark.parametrize(
    ("offices", "is_seen"), [(["demo/{own}"], True), (["demo/Elsewhere office"], False), (["*"], True)]
)
def test_offices_hold_for_the_sheet_on_the_page_and_at_the_command_line(
    offices: list[str], is_seen: bool, office: Office, browser: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    child = missing_child()
    named = [one.format(own=child["office"]) for one in offices]
    monkeypatch.setenv(
        "CMFC_REVIEW_OFFICES", json.dumps({"rita": named, user(): named, "kim": [f"demo/{child['office']}"]})
    )
    answer = browser("rita").get(f"{BASE}/child/{child['child_id']}/sheet")
    assert (answer.status_code == 200, child["last_name"] in answer.text) == (is_seen, is_seen)
    if is_seen:
        sheet(child["child_id"], out=tmp_path / "sheet.txt")
    else:
        with pytest.raises(UsageError, match="CMFC-F08"):
            sheet(child["child_id"], out=tmp_path / "sheet.txt")
    assert (tmp_path / "sheet.txt").exists() == is_seen


def test_the_command_writes_to_a_terminal_or_to_a_new_closed_file_and_nowhere_else(
    office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    child = missing_child()
    finding = rows("SELECT exception_id FROM findings WHERE child_id = ? ORDER BY ALL", child["child_id"])[0]
    before = len(entries(office))
    (tmp_path / "there.html").write_text("kept")
    for out in (None, tmp_path / "there.html"):
        with pytest.raises(UsageError, match="CMFC-C11"):
            sheet(child["child_id"], out=out)
    with pytest.raises(UsageError, match="CMFC-F08"):
        sheet("NOBODY", out=tmp_path / "nobody.html")
    assert len(entries(office)) == before and child["last_name"] not in capsys.readouterr().out
    old = os.umask(0o022)
    try:
        for name in ("sheet.html", "sheet.txt"):
            sheet(finding["exception_id"], out=tmp_path / name)
            assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    finally:
        os.umask(old)
    assert child["last_name"] not in capsys.readouterr().out
    text = (tmp_path / "sheet.txt").read_text(encoding="utf-8")
    assert child["last_name"] in text and child["hair"] in text and "1-800-THE-LOST" in text and "[ ask ]" in text
    page = (tmp_path / "sheet.html").read_text(encoding="utf-8")
    assert "http-equiv" in page and "<script" not in page and "https://cmfc.missingkids.org" in page
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    sheet(child["child_id"])
    assert capsys.readouterr().out == text
    views = [body for kind, body in entries(office)[before:] if kind == "view"]
    assert [(body["by"], body["page"], body["shown"]) for body in views] == [(user(), "sheet", [child["child_id"]])] * 3
