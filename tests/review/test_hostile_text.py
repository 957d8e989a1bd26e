"""Markup and formulas in every text and id of the sources, and in every field that people type, stay text."""

import csv
import html
import io
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from openpyxl import load_workbook

from cmfc.feeds.catalog import feeds
from cmfc.ledger.queries import Filter, Listed, list_findings
from cmfc.privacy.ids import short_hash
from cmfc.review.data import open_agency
from cmfc.settings import Settings
from cmfc_demo.synthetic.agency import LOG_HEADER_ROW
from cmfc_demo.synthetic.native import DATABASE, LE_LOG, NCMEC_EXPORT, Layout
from tests.support.office import BASE, KEY, Office, ask_a_person, installed, send

pytestmark = pytest.mark.long

TEXT = "=HYPERLINK(1)<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
ID = "=<script>alert(2)/?q=1#"
NO_ID = "no id/at all"
LIVE = ("<script>alert", "<img src=x", "<b onclick")


def spoil(agency: Path) -> None:
    """Every text that is there becomes TEXT, every id begins with ID; a column and a code that nobody knows."""
    ask_a_person(agency)
    with sqlite3.connect(agency / "case_management.sqlite") as connection:
        for feed, layout in DATABASE.items():
            for native, kind in _texts(feed, layout).items():
                value = "?" if kind == "text" else f"? || {native}"
                connection.execute(
                    f"UPDATE {layout.table} SET {native} = {value} WHERE {native} IS NOT NULL",
                    [TEXT if kind == "text" else ID],
                )
        connection.execute("ALTER TABLE TBL_CLIENT ADD COLUMN \"<script>alert('column')</script>\" TEXT")
        connection.execute("UPDATE TBL_CLIENT SET SURNAME = NULL, GIVEN_NM = NULL WHERE CLIENT_NO LIKE '%C0000003'")
        connection.execute(
            "INSERT INTO TBL_CLIENT (CLIENT_NO, SURNAME, OFFICE_NM) VALUES (?, 'Aside', 'Cass office')", [NO_ID]
        )
        connection.execute(
            "INSERT INTO TBL_ABSENCE (ABS_NO, CLIENT_NO, ABS_TYP, LEFT_DT) VALUES ('A-X', ?, 'M', '2026-09-29')",
            [NO_ID],
        )
        connection.execute("UPDATE TBL_ABSENCE SET LEFT_RSN = '<b onclick=x>' WHERE LEFT_RSN = 'L'")
    book = load_workbook(agency / "le_log.xlsx")
    sheet, texts = book["Reports"], _texts("le_reports", LE_LOG)
    for heading in sheet[LOG_HEADER_ROW]:
        if kind := texts.get(str(heading.value)):
            for row in range(LOG_HEADER_ROW + 1, sheet.max_row + 1):
                cell = sheet.cell(row, heading.column)
                if cell.value is not None:
                    cell.value, cell.data_type = _spoilt(str(cell.value), kind), "s"
    book.save(agency / "le_log.xlsx")
    export, texts = agency / "ncmec_export.csv", _texts("ncmec_reports", NCMEC_EXPORT)
    rows = list(csv.DictReader(export.read_text(encoding="utf-8").splitlines()))
    with export.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, rows[0], quoting=csv.QUOTE_ALL)
        writer.writeheader()
        for row in rows:
            names = ("ChildFirst", "ChildLast") if row["ReportId"] == "N-ASKED" else ()  # else nobody would be asked
            spoilt = {n: _spoilt(v, texts[n]) if v and n in texts and n not in names else v for n, v in row.items()}
            writer.writerow(spoilt)


def _texts(feed: str, layout: Layout) -> dict[str, str]:
    """Native columns of free text and of ids, with their kind. Names of children stay, as matching needs them."""
    names = {"first_name", "last_name"}
    mapped = [
        c for c in feeds()[feed].of_type("text", "list", "id") if c.name in layout.columns and c.name not in names
    ]
    return {layout.columns[c.name].name: "id" if c.type == "id" else "text" for c in mapped}


def _spoilt(value: str, kind: str) -> str:
    return ID + value if kind == "id" else TEXT


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with installed(tmp_path_factory.mktemp("hostile"), spoil) as installation:
        yield installation


def listed(office: Office, **criteria: Any) -> list[Listed]:
    return list_findings(office.ledger, office.agency, Filter(**criteria), 100_000)[0]


def is_text(body: str) -> None:
    assert [mark for mark in LIVE if mark in body] == []


def test_nothing_of_the_sources_is_markup_on_any_page(office: Office, browser: Any) -> None:
    per_code = {f.code: f.exception_id for f in listed(office)}
    assert len(per_code) > 40
    text = ""
    children = sorted({f.child_id for f in listed(office) if f.child_id})[:5]
    lists = ("/", "/list?queue=all", "/list?queue=all&page=2", "/findings", "/findings?page=2", "/changes", "/overview",
             "/questions", "/help", "/weeks/2026-09-30/missing", "/weeks")  # fmt: skip
    finds, pages = (f"/findings/{one}" for one in per_code.values()), (f"/child/{quote(one)}" for one in children)
    for path in (*lists, *finds, *pages):
        answer = browser("rita").get(BASE + path)
        assert answer.status_code == 200, path
        is_text(answer.text)
        text += answer.text
    for planted in ("&lt;script&gt;alert(1)", "&lt;script&gt;alert(2)"):
        assert planted in text, planted  # else the test would look at nothing
    assert "alert(&#39;column&#39;)" not in text  # a column's name that is none is not shown at all
    for path in ("/", "/list", "/findings", "/overview", "/changes"):
        is_text(browser("vera").get(BASE + path).text)


def test_an_address_made_of_odd_ids_leads_to_the_same_page_again(office: Office, browser: Any) -> None:
    """After an act, and in a window of its own, another child stood there, or none: a sign of an id was read twice."""
    (question,) = (f for f in listed(office, code="ID-03") if f.subject_id.endswith("N-ASKED"))
    child = next(f for f in listed(office, code="LE-02") if f.child_id)
    for path in (
        f"/child/{quote(child.child_id or '')}",
        f"/questions/ncmec_reports/{quote(question.subject_id.partition(':')[2])}",
    ):
        page = browser("rita").get(BASE + path).text
        own = re.search(r'class="own"[^>]*href="([^"]+)"', page)
        assert own and own[1] == BASE + path
    path = f"/child/{quote(child.child_id or '')}"

    def form() -> dict[str, str]:
        hidden = re.findall(
            r'type="hidden" name="(back|chosen)" value="([^"]*)"', browser("rita").get(BASE + path).text
        )
        return {name: html.unescape(value) for name, value in hidden} | {"kind": "comment", "text": "seen"}

    done = send(browser, "rita", "/acts", **form())
    assert done.status_code == 200 and "comment added" in done.text
    assert done.headers["hx-push-url"] == BASE + path
    answer = send(
        browser, "rita", "/acts", **form() | {"back": "child/nobody"}
    )  # left the list meanwhile: done all the same
    assert answer.status_code == 200 and "comment added" in answer.text and "<h1>Cases</h1>" in answer.text


def test_a_search_finds_who_has_no_name_and_who_has_no_id(office: Office, browser: Any) -> None:
    """A child without a name among others was an error; one whose row was set aside was not there."""
    by_worker = send(browser, "rita", "/search", text=worker_of_the_nameless(office))
    assert by_worker.status_code == 200 and "No name on file" in by_worker.text and "C0000003" in by_worker.text
    by_id = send(browser, "rita", "/search", text=NO_ID)
    assert f'href="{BASE}/child/%23{short_hash(NO_ID)}"' in by_id.text and "0</strong> children" not in by_id.text
    assert browser("rita").get(f"{BASE}/child/%23{short_hash(NO_ID)}").status_code == 200


def worker_of_the_nameless(office: Office) -> str:
    """The caseworker of the child without a name, who has other children too."""
    rows = open_agency(Settings(), KEY).rows("SELECT caseworker_id, last_name FROM children")
    (worker,) = {row["caseworker_id"] for row in rows if row["last_name"] is None and row["caseworker_id"]}
    assert sum(row["caseworker_id"] == worker for row in rows) > 1
    return str(worker)


def test_a_question_about_ids_that_are_markup_can_be_read_and_answered(office: Office, browser: Any) -> None:
    (question,) = (f for f in listed(office, code="ID-03") if f.subject_id.endswith("N-ASKED"))
    finding_page = browser("rita").get(f"{BASE}/findings/{question.exception_id}").text
    path = next(part for part in finding_page.split('"') if part.startswith(f"{BASE}/questions/")).removeprefix(BASE)
    page = browser("rita").get(BASE + path)
    assert page.status_code == 200
    is_text(page.text)
    answer = send(browser, "rita", path, child_id=question.child_id, choice="cannot_tell", why=TEXT, revision=0)
    assert answer.status_code == 303, answer.text
    is_text(browser("rita").get(answer.headers["location"]).text)


def test_what_people_type_is_text(office: Office, browser: Any) -> None:
    one = listed(office, code="LE-02")[0]
    path, revision = f"/findings/{one.exception_id}", one.revision
    refused = send(browser, "rita", path, revision=revision, kind="assign", assignee=TEXT)
    assert refused.status_code == 422
    is_text(refused.text)
    for form in ({"kind": "comment", "text": TEXT},
                 {"kind": "acknowledge", "text": TEXT},
                 {"kind": "waive", "text": TEXT, "until": "2026-10-20"}):  # fmt: skip
        assert send(browser, "rita", path, revision=revision, **form).status_code == 303
        revision += 1
    chosen = f"{one.exception_id}:{revision}"
    pages = [browser("rita").get(BASE + path), browser("rita").get(f"{BASE}/findings?code=LE-02"),
             browser("vera").get(f"{BASE}/findings?code=LE-02"),
             browser("rita").get(BASE + path, params={"done": TEXT}), send(browser, "rita", "/search", text=TEXT),
             send(browser, "rita", "/acts", kind="assign", assignee=TEXT, text=TEXT, chosen=chosen, back=TEXT),
             send(browser, "rita", "/acts", kind=TEXT, text=TEXT, chosen=chosen, back="findings?x"),
             send(browser, "rita", "/acts", kind=TEXT, text=TEXT, chosen=chosen, back=TEXT),
             send(browser, "rita", "/views", name=TEXT, query=TEXT), browser("rita").get(f"{BASE}/list"),
             *(browser("rita").get(f"{BASE}/{page}", params={name: TEXT}) for page in ("", "list", "findings")
               for name in ("assignee", "office", "county", "severity", "code", "sort", "page"))]  # fmt: skip
    for page in pages:
        is_text(page.text)
    assert "&lt;script&gt;alert(1)" in pages[0].text


@pytest.mark.parametrize("what", ["/export.csv", "/export.csv?code=NC-01"])
def test_no_cell_of_a_csv_file_begins_a_formula(office: Office, browser: Any, what: str) -> None:
    rows = list(csv.reader(io.StringIO(browser("rita").get(BASE + what).content.decode())))
    assert any(cell.startswith(f"'{ID}") for row in rows for cell in row)
    assert not [cell for row in rows for cell in row if cell[:1] in tuple("=+-@\t\r")]


def test_no_cell_of_a_workbook_is_a_formula_or_a_link(office: Office, browser: Any) -> None:
    book = load_workbook(io.BytesIO(browser("rita").get(f"{BASE}/export.xlsx").content))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert any(TEXT in str(cell.value) for cell in cells) and any(ID in str(cell.value) for cell in cells)
    assert not [cell for cell in cells if cell.data_type == "f" or cell.hyperlink]
