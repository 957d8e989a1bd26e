"""The pages of the review, through Airflow's own interface: who may what, what is said, and what is written."""

import csv
import html
import io
import json
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from cmfc.errors import entries
from cmfc.feeds.catalog import feeds
from cmfc.ledger.actions import Action, apply_action
from cmfc.ledger.queries import Filter, Listed, history, list_findings, one_finding
from cmfc.ledger.tables import journal
from cmfc.ledger.verify import verify
from cmfc.settings import Settings
from tests.support.office import BASE, CARRIED, ROLES, Office, send, token

NAMED = {"chosen": "none:0", "kind": "acknowledge"}


def findings(office: Office, **criteria: Any) -> list[Listed]:
    return list_findings(office.ledger, office.agency, Filter(**criteria), 100_000)[0]


def question_of(office: Office) -> tuple[str, str, str]:
    from cmfc.review.data import open_agency
    from cmfc.settings import Settings

    row = open_agency(Settings(), "demo").rows("SELECT * FROM matches WHERE method = 'candidate' ORDER BY ALL")[0]
    return row["feed"], row["report_id"], row["child_id"]


def test_every_route_for_every_role(office: Office, browser: Callable[[str], Any]) -> None:
    """Reads: nobody 401; a viewer sees counts and pseudonyms alone. Changes: without our token always refused."""
    one, child = findings(office)[0].exception_id, findings(office)[0].child_id
    feed, report, _ = question_of(office)
    agency = "/{agency}"
    child = next(f.child_id for f in findings(office) if f.child_id)
    reads = {(f"{agency}/", "/"): (200, 200, 200), (f"{agency}/overview", "/overview"): (200, 200, 200),
             (f"{agency}/list", "/list"): (200, 200, 200), (f"{agency}/findings", "/findings"): (200, 200, 200),
             (f"{agency}/changes", "/changes"): (200, 200, 200), (f"{agency}/help", "/help"): (200, 200, 200),
             (f"{agency}/child/{{child_id:path}}", f"/child/{child}"): (403, 200, 200),
             (f"{agency}/child/{{child_id:path}}", "/child/none"): (403, 404, 404),
             (f"{agency}/search", "/search"): (303, 303, 303), (f"{agency}/acts", "/acts"): (303, 303, 303),
             (f"{agency}/views", "/views"): (303, 303, 303),
             (f"{agency}/findings/{{exception_id}}", f"/findings/{one}"): (403, 200, 200),
             (f"{agency}/findings/{{exception_id}}", "/findings/none"): (403, 404, 404),
             (f"{agency}/questions", "/questions"): (403, 200, 200),
             (f"{agency}/questions/{{feed}}/{{report_id:path}}", f"/questions/{feed}/{report}"): (403, 200, 200),
             (f"{agency}/questions/{{feed}}/{{report_id:path}}", f"/questions/{feed}/none"): (403, 404, 404),
             (f"{agency}/export.csv", "/export.csv"): (403, 200, 200),
             (f"{agency}/export.xlsx", "/export.xlsx"): (403, 200, 200),
             (f"{agency}/child/{{child_id:path}}/sheet", f"/child/{child}/sheet"): (403, 200, 200),
             (f"{agency}/child/{{child_id:path}}/sheet", "/child/none/sheet"): (403, 404, 404),
             (f"{agency}/child/{{child_id:path}}/sheet/undo", f"/child/{child}/sheet/undo"): (403, 303, 303),
             (f"{agency}/noted", "/noted"): (403, 200, 200), (f"{agency}/sources", "/sources"): (200, 200, 200),
             (f"{agency}/sources/{{feed}}", "/sources/absences"): (200, 200, 200),
             (f"{agency}/sources/{{feed}}", "/sources/none"): (404, 404, 404),
             (f"{agency}/sources/{{feed}}/rows.csv", "/sources/absences/rows.csv"): (403, 200, 200),
             (f"{agency}/sources/{{feed}}/rows.csv", "/sources/absences/rows.csv?night=%C4%80"): (403, 400, 400),
             (f"{agency}/weeks", "/weeks"): (200, 200, 200),
             (f"{agency}/weeks/{{night}}/{{which}}", "/weeks/2026-09-30/missing"): (200, 200, 200),
             (f"{agency}/weeks/{{night}}/{{which}}", "/weeks/2026-09-29/missing"): (400, 400, 400),
             (f"{agency}/", "/?page=0"): (400, 400, 400),
             (f"{agency}/list", "/list?status=none"): (400, 400, 400),
             ("/", "/cmfc/"): (303, 303, 303), (agency, ""): (303, 303, 303),
             ("/static/{name}", "/cmfc/static/review.css"): (200, 200, 200),
             ("/static/{name}", "/cmfc/static/app.py"): (404, 404, 404)}  # fmt: skip
    changes = {f"{agency}/acts": "/acts", f"{agency}/search": "/search", f"{agency}/views": "/views",
               f"{agency}/child/{{child_id:path}}/sheet": f"/child/{child}/sheet",
               f"{agency}/child/{{child_id:path}}/sheet/undo": f"/child/{child}/sheet/undo",
               f"{agency}/findings/{{exception_id}}": f"/findings/{one}",
               f"{agency}/questions/{{feed}}/{{report_id:path}}": f"/questions/{feed}/{report}"}  # fmt: skip
    for (_, path), expected in reads.items():
        url = path if path.startswith("/cmfc/") else BASE + path
        assert tuple(browser(name).get(url).status_code for name in ("nobody", *ROLES)) == (401, *expected), path
    form = {"kind": "acknowledge", "revision": "1", "name": "z", "chosen": f"{one}:1", "child_id": "x",
            "choice": "same", "why": "y", "text": "z", "recipient": "ncmec", "reported_at": "2026-09-30T22:00", 
            "claim": "1"}  # fmt: skip
    for path in changes.values():
        got = tuple(browser(name).post(BASE + path, data=form).status_code for name in ("nobody", *ROLES))
        assert got == (401, 403, 403, 403), path
        assert browser("vera").post(BASE + path, data=form | {"token": token(browser, "rita")}).status_code == 403
    requests = {("GET", "/health")} | {("GET", route) for route, _ in reads} | {("POST", route) for route in changes}
    assert requests == {(method, route.path) for route in every_route() for method in route.methods}
    for name in ("nobody", *ROLES):
        assert browser(name).get("/cmfc/health").status_code == 200  # for monitors: ages and counts alone
        for path in ("/cmfc/openapi.json", "/cmfc/docs", "/cmfc/redoc", f"{BASE}/nothing", "/cmfc/elsewhere/"):
            assert browser(name).get(path).status_code in (401, 404), path


def every_route() -> list[Any]:
    from cmfc.review.app import build_app

    return list(build_app(lambda: None, "a secret of this test").routes)  # type: ignore[arg-type,return-value]


def test_every_answer_carries_the_security_headers(browser: Any) -> None:
    for name, path in (("nobody", "/"), ("rita", "/"), ("rita", "/findings/none"), ("vera", "/questions")):
        part = browser(name).get(BASE + path).headers
        assert "script-src 'self'" in part["content-security-policy"] and part["cache-control"] == "no-store"
        assert part["x-content-type-options"] == "nosniff"


def test_a_form_of_another_person_or_from_another_site_is_refused(office: Office, browser: Any) -> None:
    one = findings(office)[0]
    form = {"token": token(browser, "ada"), "kind": "acknowledge", "revision": one.revision}
    assert browser("rita").post(f"{BASE}/findings/{one.exception_id}", data=form).status_code == 403
    form["token"] = token(browser, "rita")
    elsewhere = {"sec-fetch-site": "cross-site"}
    assert browser("rita").post(f"{BASE}/findings/{one.exception_id}", data=form, headers=elsewhere).status_code == 403
    assert one_finding(office.ledger, office.agency, one.exception_id) == one


def test_a_viewer_sees_pseudonyms_and_no_name_or_id(office: Office, browser: Any) -> None:
    page, named = (browser(name).get(f"{BASE}/findings").text for name in ("vera", "rita"))
    rows = {f.child_id for f in findings(office) if f.child_id and f"/findings/{f.exception_id}" in named}
    children = {row["child_id"]: row for row in desk_rows("SELECT * FROM children")}
    assert rows and not any(child in page for child in rows)
    assert not any(f">{children[child]['last_name']}, " in page for child in rows)
    assert re.search(r"C[0-9a-f]{12}", page)
    assert all(child in named for child in rows)


def desk_rows(sql: str) -> list[dict[str, Any]]:
    from cmfc.review.data import open_agency
    from cmfc.settings import Settings

    return open_agency(Settings(), "demo").rows(sql)


def test_filters_and_sorting_show_what_the_ledger_says(office: Office, browser: Any) -> None:
    for query, criteria in (("severity=critical", {"severity": "critical"}), ("code=NC-02", {"code": "NC-02"}),
                          ("episode=open", {"is_open": True}), ("status=resolved", {"status": "resolved"}),
                          ("min_age=1", {"first_seen_until": date(2026, 9, 30)})):  # fmt: skip
        body = browser("rita").get(f"{BASE}/findings?{query}").text
        assert f"<strong>{len(findings(office, **criteria)):,}</strong> findings" in body, query
    child = next(f.child_id for f in findings(office) if f.child_id)
    assert "<strong>1</strong> child." in send(browser, "rita", "/search", text=child).text
    assert "Nothing fits" in send(browser, "rita", "/search", text="no-such-id").text
    for order in ("urgency", "oldest", "deadline", "code", "office", "child"):
        first, second = (browser("rita").get(f"{BASE}/findings?sort={order}&page={n}").text for n in (1, 2))
        ids = [re.findall(r'name="chosen" value="(\w+):', page) for page in (first, second)]
        assert [len(page) for page in ids] == [50, 50] and len({*ids[0], *ids[1]}) == 100, order


def test_what_the_last_night_changed_can_be_listed(office: Office, browser: Any) -> None:
    brought = [f for f in findings(office) if f.status == "new"]
    page = browser("vera").get(f"{BASE}/changes").text
    assert f'href="{BASE}/list?queue=all&amp;changed=new">{len(brought):,}</a>' in page and "first night" in page
    one = brought[0]
    send(browser, "rita", f"/findings/{one.exception_id}", kind="acknowledge", revision=one.revision)
    for path in ("/findings?changed=new&page=1", "/list?queue=all&changed=new"):
        page = browser("rita").get(BASE + path).text
        assert f"<strong>{len(brought):,}</strong> findings" in page  # also what somebody has taken up since
    assert "<strong>0</strong> findings" in browser("rita").get(f"{BASE}/findings?changed=over").text
    assert browser("rita").get(f"{BASE}/export.csv?changed=over").status_code == 400


def test_a_page_that_a_form_brought_can_be_loaded_anew(office: Office, browser: Any) -> None:
    for path, leads in (("/search", "/"), ("/acts", "/list"), ("/views", "/list")):
        assert browser("rita").get(BASE + path).headers["location"] == f"{BASE}{leads}"


def test_a_finding_tells_why_the_rule_the_timeline_and_the_records(office: Office, browser: Any) -> None:
    one = next(f for f in findings(office, code="NC-02") if f.rule_id == "us/federal/report_to_ncmec")
    row = desk_rows(f"SELECT * FROM findings WHERE exception_id = '{one.exception_id}'")[0]
    page = browser("rita").get(f"{BASE}/findings/{one.exception_id}").text
    for part in (row["why"], row["next_action"], row["citation"], "read and verified", "<svg",
                 "The timeline as a table", "federal limit of 24 hours", "agency informed",
                 "the finding rests on it"):  # fmt: skip
        assert part in page, part
    for record in row["evidence"].split(";"):
        assert f'<th scope="row" class="id">{record} <span class="tag">the finding rests on it' in page
        feed, _, key = record.partition(":")
        place = desk_rows(f"SELECT source_row FROM {feed} WHERE {feeds()[feed].key} = '{key}'")[0]["source_row"]
        assert f"<td>{place}</td>" in page.partition(f'class="id">{record} ')[2].partition("</tr>")[0]


def test_every_finding_of_the_night_has_a_page(office: Office, browser: Any) -> None:
    per_code = {f.code: f.exception_id for f in findings(office)}
    assert len(per_code) > 40
    for code, one in per_code.items():
        assert browser("rita").get(f"{BASE}/findings/{one}").status_code == 200, code


def test_a_page_that_did_not_work_says_what_to_do_and_points_to_no_file(browser: Any) -> None:
    answer = browser("rita").get(f"{BASE}/findings/none")
    assert answer.status_code == 404
    body = html.unescape(answer.text)
    for step in entries()["CMFC-F01"].remedy:
        assert step.replace("`", "") in body
    assert "CMFC-F01" in body and "docs/" not in body and ".md" not in body
    for path in ("", "overview", "sources"):
        assert f'<a href="{BASE}/{path}">' in body
    assert "<nav" not in browser("rita").get("/cmfc/nowhere/").text  # an agency that is not there has no pages


def test_waive_undo_and_the_limit_of_a_reviewer(office: Office, browser: Any) -> None:
    one = findings(office, code="NC-02")[1]
    path = f"/findings/{one.exception_id}"
    form = {"kind": "waive", "revision": one.revision, "text": "seen by <b>a nurse</b>"}
    assert send(browser, "rita", path, **form, until="2026-11-15").status_code == 422
    assert send(browser, "rita", path, **form, until="soon").status_code == 422
    done = send(browser, "rita", path, **form, until="2026-10-20")
    assert (done.status_code, done.headers["location"]) == (303, f"{BASE}{path}?done=waive")
    page = browser("rita").get(done.headers["location"]).text
    assert (
        "Undo: set aside no longer" in page
        and "seen by &lt;b&gt;a nurse&lt;/b&gt;" in page
        and "<b>a nurse" not in page
    )
    again = send(browser, "ada", path, **form, until="2026-12-15")
    assert again.status_code == 409 and "Somebody was quicker" in again.text
    assert 'value="seen by &lt;b&gt;a nurse&lt;/b&gt;"' in again.text  # what was typed is not lost
    now = one_finding(office.ledger, office.agency, one.exception_id)
    assert now is not None and str(now.waived_until) == "2026-10-20"
    send(browser, "rita", path, kind="unwaive", revision=now.revision)
    send(browser, "ada", path, **(form | {"revision": now.revision + 1}), until="2026-12-15")
    kinds = [(event.kind, event.actor) for event in history(office.ledger, office.agency, one.exception_id)]
    assert kinds == [("found", "cmfc"), ("waived", "rita"), ("unwaived", "rita"), ("waived", "ada")]


def test_many_at_once_and_who_comes_second_is_told(office: Office, browser: Any) -> None:
    some = findings(office, code="NC-01")[:3]
    chosen = [f"{f.exception_id}:{f.revision}" for f in some]
    send(browser, "ada", f"/findings/{some[0].exception_id}", kind="acknowledge", revision=some[0].revision)
    who = next(f.caseworker_id for f in findings(office) if f.caseworker_id)
    part = send(browser, "rita", "/acts", kind="assign", assignee=who, text="by telephone", chosen=chosen,
                back="findings?code=NC-01")  # fmt: skip
    assert 'name="text" maxlength="4000" value="by telephone"' in part.text
    assert part.status_code == 409 and "2 of 3 findings" in part.text and some[0].exception_id in part.text
    after = [one_finding(office.ledger, office.agency, f.exception_id) for f in some]
    assert [f.assignee for f in after if f] == [None, who, who]
    assert send(browser, "rita", "/acts", kind="assign").status_code == 422
    assert send(browser, "rita", "/acts", kind="waive", chosen=chosen).status_code == 422


def test_the_export_is_what_is_shown_and_runs_nothing(office: Office, browser: Any) -> None:
    one = findings(office, code="NC-01")[5]
    formula = '=HYPERLINK("http://example.org")'
    assign = Action("assign", "rita", Settings().act_time(), date(2026, 10, 1), assignee=formula)
    apply_action(office.ledger, office.agency, one.exception_id, assign)  # the page takes known people alone
    requests = findings(office, code="NC-01")
    answer = browser("rita").get(f"{BASE}/export.csv?code=NC-01")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert {row["exception_id"] for row in rows} == {f.exception_id for f in requests}
    assert {row["exception_id"]: row["assignee"] for row in rows}[one.exception_id] == "'" + formula
    book = load_workbook(io.BytesIO(browser("rita").get(f"{BASE}/export.xlsx?code=NC-01").content))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert len(cells) > 100 and not any(cell.data_type == "f" for cell in cells)


def test_a_question_hides_the_score_until_it_is_answered(office: Office, browser: Any) -> None:
    feed, report, child = question_of(office)
    path = f"/questions/{feed}/{report}"
    form = {"child_id": child, "choice": "cannot_tell", "why": "the sheriff said so", "revision": 0}
    assert "probability" not in browser("rita").get(BASE + path).text
    lacks = send(browser, "rita", path, **form | {"why": "  "})
    assert lacks.status_code == 422 and "Say why. Nothing was written." in lacks.text
    assert 'value="cannot_tell" required checked' in lacks.text and "Answered" not in lacks.text
    assert send(browser, "rita", path, **form | {"child_id": "nobody"}).status_code == 404
    assert send(browser, "rita", path, **form).status_code == 303
    assert "probability" in browser("rita").get(BASE + path).text
    assert "probability" not in browser("ada").get(BASE + path).text  # ada has not answered
    late = send(browser, "ada", path, **form)  # she looked before rita answered
    assert late.status_code == 409 and "Somebody was quicker" in late.text and "by rita" in late.text
    assert 'value="the sheriff said so"' in late.text
    assert send(browser, "ada", path, **form | {"revision": 1}).status_code == 303


def test_a_report_that_contradicts_the_id_it_carries_is_answered_like_any_other(office: Office, browser: Any) -> None:
    rows = desk_rows(f"SELECT * FROM matches WHERE report_id = '{CARRIED}' ORDER BY place")
    child = desk_rows(f"SELECT child_id FROM ncmec_reports WHERE record_id = '{CARRIED}'")[0]["child_id"]
    assert {row["method"] for row in rows} == {"candidate"} and child in {row["child_id"] for row in rows}
    path = f"/questions/ncmec_reports/{CARRIED}"
    page = browser("rita").get(BASE + path).text
    assert "Quickenham" in page and child in page
    form = {"child_id": child, "choice": "not_same", "why": "a slip in the id", "revision": 0}
    assert send(browser, "rita", path, **form).status_code == 303
    severity = {f.severity for f in findings(office, code="ID-03") if f.subject_id == f"ncmec_reports:{CARRIED}"}
    assert severity == {"high"}


def test_the_finding_of_a_question_leads_to_it_and_does_not_tell_the_score(office: Office, browser: Any) -> None:
    one = next(f for f in findings(office, code="ID-03") if f.child_id)
    row = desk_rows(f"SELECT * FROM findings WHERE exception_id = '{one.exception_id}'")[0]
    page = browser("rita").get(f"{BASE}/findings/{one.exception_id}").text
    feed, _, report = one.subject_id.partition(":")
    assert f'href="{BASE}/questions/{feed}/{report}"' in page
    score = desk_rows(f"SELECT * FROM matches WHERE report_id = '{report}' ORDER BY place")[0]["score"]
    assert one.child_id in row["why"] and f"{score:.2f}" not in row["why"]


def test_a_reviewer_of_one_office_sees_that_office_only(
    office: Office, browser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = findings(office)
    own_office = next(f.office for f in everything if f.office)
    other = next(f for f in everything if f.office and f.office != own_office)
    restriction = {"rita": [f"demo/{own_office}"], "lea": [f"demo/{other.office}"], "ada": ["*"]}
    monkeypatch.setenv("CMFC_REVIEW_OFFICES", json.dumps(restriction))
    monkeypatch.setenv("CMFC_REVIEW_DEFAULT_OFFICES", json.dumps({"demo": other.office}))
    inside = [f for f in everything if f.office == own_office]
    for path in ("/findings", "/list?queue=all"):
        page = browser("rita").get(BASE + path).text
        assert f"<strong>{len(inside):,}</strong> findings" in page
        assert f"<strong>{len(everything):,}</strong> findings" in browser("ada").get(BASE + path).text
    changed = browser("rita").get(f"{BASE}/changes").text
    assert f">{len(inside):,}</a>" in changed  # on the first night every finding is new
    assert browser("vera").get(f"{BASE}/").status_code == 404  # named for none
    assert browser("rita").get(f"{BASE}/findings/{other.exception_id}").status_code == 404
    assert browser("rita").get(f"{BASE}/findings", params={"office": other.office}).text.count('name="chosen"') == 0
    path = f"/findings/{other.exception_id}"
    assert send(browser, "rita", path, kind="acknowledge", revision=other.revision).status_code == 404
    chosen = f"{other.exception_id}:{other.revision}"
    assert send(browser, "rita", "/acts", kind="acknowledge", chosen=chosen).status_code == 404
    rows = list(csv.DictReader(io.StringIO(browser("rita").get(f"{BASE}/export.csv").content.decode())))
    assert {row["office"] for row in rows} == {own_office} and len(rows) == len(inside)
    text = browser("rita").get(f"{BASE}/overview").text
    assert not any(f.office in text for f in everything if f.office and f.office != own_office)


def test_views_of_named_records_and_acts_are_in_the_journal(office: Office, browser: Any) -> None:
    one = findings(office)[3].exception_id
    browser("rita").get(f"{BASE}/findings/{one}")
    browser("vera").get(f"{BASE}/")
    with office.ledger.reading() as connection:
        rows = connection.execute(select(journal).where(journal.c.kind == "view").order_by(journal.c.seq)).fetchall()
    part = json.loads(rows[-1].body)
    assert part == {"by": "rita", "page": "finding", "shown": [one]}
    assert {json.loads(row.body)["by"] for row in rows} <= {"rita", "ada"}
    assert verify(office.ledger, office.agency, {})[1] == []


def test_a_stale_list_is_marked_on_every_page(office: Office, browser: Any) -> None:
    from cmfc.pipeline.current_list import clear_stale, write_stale

    write_stale(Settings().lists, office.agency, "2026-10-01", "The feed absences did not come.")
    one = findings(office)[0].exception_id
    for path in ("/", "/list", "/findings", "/changes", "/overview", "/questions", f"/findings/{one}"):
        assert "The feed absences did not come." in browser("rita").get(BASE + path).text
    clear_stale(Settings().lists, office.agency)
