"""What people do on the desk: on a case, a duty, several findings; nothing by default; each can be taken back."""

import html
import json
import re
from datetime import date
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import select

from cmfc.ledger.queries import Event, Listed, history, one_finding
from cmfc.ledger.tables import journal
from cmfc.ledger.verify import verify
from cmfc.review.finding import last_act
from cmfc.review.search_words import child_names, named
from cmfc.storage.duck import open_duckdb
from tests.support.desk import BASE, FORM, Desk

pytestmark = pytest.mark.long


def now(desk: Desk, finding: Listed) -> Listed:
    listed = one_finding(desk.ledger, desk.agency, finding.exception_id)
    assert listed
    return listed


def some(desk: Desk, code: str, number: int) -> list[Listed]:
    return [f for f in desk.findings(code=code) if f.status == "open" and not f.assignee][:number]


def box(*findings: Listed) -> str:
    return ",".join(f"{f.exception_id}:{f.revision}" for f in findings)


def undo(desk: Desk, who: str, page: str) -> Any:
    form = re.search(r'<form method="post" action="[^"]*/acts">(?:(?!</form>).)*Undo.*?</form>', page, re.DOTALL)
    assert form, page[:3000]
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[0]))
    return desk.send(who, "/acts", **{name: value for name, value in fields.items() if name != "token"})


@pytest.mark.parametrize("back", ["list?queue=all&code=LE-01", "findings?code=LE-01"])
def test_enter_in_a_field_does_nothing_and_loses_nothing(desk: Desk, back: str) -> None:
    """The first button was taken: a name typed into "Assign to" acknowledged (D4)."""
    one, *_ = some(desk, "LE-01", 1)
    answer = desk.send("rita", "/acts", chosen=box(one), text="the aunt called", assignee="kim", back=back)
    assert answer.status_code == 422 and "Choose what to do. Nothing was done." in answer.text
    assert now(desk, one) == one
    assert (
        'value="the aunt called"' in answer.text
        and 'autocomplete="off" placeholder="type a name" value="kim"' in answer.text
    )
    assert re.search(rf'value="{one.exception_id}:{one.revision}" aria-label="[^"]+" checked', answer.text)
    assert 'role="alert"' in answer.text and "Missing now</a>" in answer.text


@pytest.mark.parametrize(
    ("form", "field"),
    [({"kind": "waive", "until": "2026-10-20"}, "text"), ({"kind": "waive", "text": "x"}, "until"),
     ({"kind": "waive", "text": "x", "until": "soon"}, "until"), ({"kind": "comment"}, "text"),
     ({"kind": "waive", "text": "x", "until": "2027-10-20"}, "until"),
     ({"kind": "assign", "assignee": "W0057 (typo)"}, "assignee"), ({"kind": "assign", "assignee": " "}, "assignee"),
     ({"kind": "fly"}, "kind")],
)  # fmt: skip
def test_a_mistake_is_said_beside_its_field_on_the_same_page(desk: Desk, form: dict[str, str], field: str) -> None:
    """It was a page without navigation, and filter, selection and words were gone (D5)."""
    one, *_ = some(desk, "NC-01", 1)
    answer = desk.send("rita", "/acts", chosen=box(one), back="list?queue=all&code=NC-01", **form)
    assert answer.status_code == 422 and f'id="problem-{field}"' in answer.text
    assert "Only:" in answer.text and "Not reported to NCMEC (NC-01)" in answer.text
    assert f'aria-describedby="problem-{field}"' in answer.text and now(desk, one) == one
    again = desk.send("rita", f"/findings/{one.exception_id}", revision=one.revision, **form)
    if field != "kind":
        assert again.status_code == 422 and "Nothing was done." in again.text and "Timeline" in again.text


def test_nothing_selected_is_said(desk: Desk) -> None:
    answer = desk.send("rita", "/acts", kind="acknowledge", back="list")
    assert answer.status_code == 422 and "Choose at least one child, duty or finding" in answer.text


def test_a_case_a_duty_and_a_finding_are_acted_on_and_it_is_taken_back(desk: Desk) -> None:
    child = desk.parts["second"]
    page = desk.get("rita", f"/child/{child}").text
    boxes = re.findall(r'name="chosen" value="([^"]+)" aria-label="(Select [^"]+)"', page)
    case = next(value for value, label in boxes if label == "Select everything of the case")
    duty = next(value for value, label in boxes if label == "Select Report to NCMEC")
    before = desk.findings(child_id=child)
    assert {part.partition(":")[0] for part in case.split(",")} == {f.exception_id for f in before}
    worker = before[0].caseworker_id
    assert page.index(f'<option value="{worker}"') < page.index('<option value="rita"')  # the child's caseworker first
    done = desk.send("rita", "/acts", kind="assign", assignee=worker, chosen=[case, duty], back=f"child/{child}")
    assert done.status_code == 200 and f"{len(before)} of {len(before)} findings: assigned to {worker}." in done.text
    assert {now(desk, f).assignee for f in before} == {worker}
    assert done.headers["HX-Push-Url"].endswith(f"/child/{child}")  # a reload shows the child, not the list
    assert undo(desk, "rita", done.text).status_code == 200
    assert {now(desk, f).assignee for f in before} == {None}
    done = desk.send("rita", "/acts", kind="acknowledge", chosen=duty_of(desk, child), back=f"child/{child}")
    assert [f.recipient for f in before if now(desk, f).acknowledged_by] == ["ncmec"]
    undo(desk, "rita", done.text)
    assert not any(now(desk, f).acknowledged_by for f in before)
    assert "unacknowledged" in desk.get("rita", f"/child/{child}").text
    assert verify(desk.ledger, desk.agency, {})[1] == []


def test_a_list_keeps_its_page_and_filters_after_an_act(desk: Desk) -> None:
    page = desk.get("rita", "/list?queue=all&severity=low&page=2").text
    back = re.search(r'name="back" value="([^"]+)"', page)
    chosen = re.search(r'name="chosen" value="([^"]+)"', page)
    assert back and chosen
    done = desk.send("rita", "/acts", kind="comment", text="x", chosen=chosen[1], back=html.unescape(back[1]))
    assert done.status_code == 200 and "page 2 of" in done.text
    assert done.headers["HX-Push-Url"].endswith("/list?queue=all&severity=low&page=2")


def duty_of(desk: Desk, child: str) -> str:
    page = desk.get("rita", f"/child/{child}").text
    match = re.search(r'name="chosen" value="([^"]+)" aria-label="Select Report to NCMEC"', page)
    assert match
    return match[1]


def test_setting_aside_is_taken_back_as_long_as_nobody_acted_after_it(desk: Desk) -> None:
    one, two = some(desk, "LE-02", 2)
    form = {"kind": "waive", "text": "moved", "until": "2026-10-20", "back": "list?queue=all&code=LE-02"}
    done = desk.send("rita", "/acts", chosen=[box(one), box(two)], **form)
    assert now(desk, one).waived_until == date(2026, 10, 20)
    desk.send("ada", f"/findings/{two.exception_id}", kind="comment", text="why?", revision=now(desk, two).revision)
    back = undo(desk, "rita", done.text)
    assert back.status_code == 409 and two.exception_id in back.text  # somebody acted on it meanwhile
    assert now(desk, one).waived_until is None and now(desk, two).waived_until == date(2026, 10, 20)
    kinds = [event.kind for event in history(desk.ledger, desk.agency, one.exception_id)]
    assert kinds[-2:] == ["waived", "unwaived"]


def test_an_explanation_is_taken_back_before_the_night_takes_it(desk: Desk) -> None:
    from cmfc.ledger.explained import explained_before

    (one,) = desk.findings(code="RC-09")
    child = desk.parts["gone"]
    form = {"kind": "explain", "text": "with the aunt", "chosen": box(one), "back": f"child/{child}"}
    before = explained_before(desk.ledger, desk.agency, date(2026, 10, 3), 2_000_000_000)
    done = desk.send("rita", "/acts", **form)
    assert "explained" in done.text
    with_word = explained_before(desk.ledger, desk.agency, date(2026, 10, 3), 2_000_000_000)
    assert set(with_word) - set(before) == {one.subject_id}
    assert undo(desk, "rita", done.text).status_code == 200
    assert explained_before(desk.ledger, desk.agency, date(2026, 10, 3), 2_000_000_000) == before
    assert verify(desk.ledger, desk.agency, {})[1] == []


def test_what_people_do_stands_on_the_lists_at_once(desk: Desk) -> None:
    one, *_ = some(desk, "RT-01", 1)
    path = "/list?queue=all&status=acknowledged&code=RT-01"
    assert one.exception_id not in desk.get("rita", path).text
    desk.send("rita", "/acts", kind="acknowledge", chosen=box(one), back="list")
    assert one.exception_id in desk.get("rita", path).text


def test_a_search_finds_by_name_id_and_number_and_leaves_no_term(desk: Desk, caplog: Any) -> None:
    (child,) = desk.rows("SELECT * FROM children WHERE child_id = ?", (desk.parts["second"],))
    log = "SELECT * FROM le_reports WHERE child_id IS NOT NULL AND report_number IS NOT NULL ORDER BY le_report_id"
    report = desk.rows(log)[0]
    absence = desk.rows("SELECT * FROM absences WHERE child_id = ?", (child["child_id"],))[0]["absence_id"]
    name = f"{child['first_name'][:3]} {child['last_name']}".upper()
    number = report["report_number"].replace("-", " ").lower()
    for term, child_id in ((name, child["child_id"]), (child["last_name"][:4], child["child_id"]),
                           (child["child_id"].lower(), child["child_id"]), (absence, child["child_id"]),
                           (child["caseworker_id"], child["child_id"]), (number, report["child_id"])):  # fmt: skip
        answer = desk.send("rita", "/search", text=term)
        assert f'href="{BASE}/child/{child_id}"' in answer.text, term
        assert term not in str(answer.url) and term not in caplog.text
    assert "Nothing fits" in desk.send("rita", "/search", text="Zebulonia-Quillfeather").text
    assert "0</strong> children" in desk.send("rita", "/search", text="%").text
    with desk.ledger.reading() as connection:
        rows = connection.execute(select(journal).where(journal.c.kind == "search")).fetchall()
        everything = "".join(connection.scalars(select(journal.c.body)))
    assert {tuple(sorted(json.loads(row.body))) for row in rows} == {("by", "hits", "term")}
    assert json.loads(rows[-2].body)["hits"] == 0
    for term in ("Zebulonia", child["last_name"], number, name):
        assert term not in everything
    assert desk.as_("vera").post(f"{BASE}/search", data={"text": name}).status_code == 403


@pytest.mark.parametrize(
    "term", ["O'Neil", "oneil BROWN", "Neil-Brown", "Brown, Seán", "sean darcy", "Arcy o’n", "jo 2nd"]
)
def test_a_name_is_found_however_it_is_written(term: str) -> None:
    with open_duckdb() as engine:
        engine.execute(
            "CREATE TABLE children (child_id TEXT, first_name TEXT, middle_name TEXT, last_name TEXT, aliases TEXT)"
        )
        engine.execute("INSERT INTO children VALUES ('1', 'Seán', NULL, 'O’Neil-Brown', 'D''Arcy;Jo 2nd'),"
                       " ('2', 'Ann', 'McNeil', 'Browne', NULL), ('3', 'Jo', NULL, 'Arcyon', NULL)")  # fmt: skip
        where, words = named(term)
        assert engine.execute(f"SELECT child_id FROM ({child_names()}) WHERE {where}", words).fetchall() == [("1",)]
    assert named("a 2") == ("", [])


@pytest.mark.parametrize(
    ("term", "child"),
    [("李", "1"), ("李明", "1"), ("明 李", "1"), ("soren", "2"), ("lukasz Søren", "2"), ("GROSS", "2"),
     ("s lukasz", "2"), ("محمد", "3"), ("j initial", "4"), ("Initial J", "4")],
)  # fmt: skip
def test_a_name_is_found_with_other_letters_and_by_an_initial(term: str, child: str) -> None:
    with open_duckdb() as engine:
        engine.execute(
            "CREATE TABLE children (child_id TEXT, first_name TEXT, middle_name TEXT, last_name TEXT, aliases TEXT)"
        )
        engine.execute("INSERT INTO children VALUES ('1', '明', NULL, '李', NULL), "
                       " ('2', 'Søren', 'Groß', 'Łukasz', NULL), ('3', '\u200fمحمد', NULL, 'الأحمد', NULL),"
                       " ('4', 'Jo', NULL, 'Initial', NULL),"
                       " ('5', NULL, NULL, NULL, NULL)")  # fmt: skip
        where, words = named(term)
        assert engine.execute(f"SELECT child_id FROM ({child_names()}) WHERE {where}", words).fetchall() == [(child,)]


def test_undo_on_the_page_of_a_finding_goes_back_to_what_was(desk: Desk) -> None:
    """It took a finding from everybody, and an address that was kept offered to undo what somebody else did."""
    one = some(desk, "NC-02", 1)[0]
    path = f"/findings/{one.exception_id}"

    def act(who: str, kind: str, whom: str = "") -> str:
        done = desk.send(who, path, kind=kind, assignee=whom, revision=now(desk, one).revision)
        return str(desk.as_(who).get(done.headers["location"]).text)

    assert "Undo: assign to nobody" in act("kim", "assign", "kim")
    assert "Undo" not in desk.get("rita", f"{path}?done=assign").text
    assert "Undo: assign to kim" in act("rita", "assign", "rita")
    assert "Undo the acknowledgement" in act("kim", "acknowledge")
    assert "Undo" not in desk.get("rita", f"{path}?done=assign").text  # kim acted after it
    again = act("rita", "acknowledge")
    assert "Done: acknowledged" in again and "Undo" not in again  # kim's would go with it
    listed = desk.send("rita", "/acts", kind="acknowledge", chosen=box(now(desk, one)), back="list?queue=all")
    assert "1 of 1 findings: acknowledged." in listed.text and "<button>Undo" not in listed.text


@pytest.mark.parametrize(
    ("done", "kinds", "is_offered"),
    [
        ("waive", ("found", "waived"), True),
        ("waive", ("found", "waived", "lapsed", "waived"), True),  # the former one had run out
        ("waive", ("found", "waived", "waived"), False),
        ("explain", ("found", "explained", "resolved", "reopened", "explained"), True),
        ("explain", ("found", "explained", "explained"), False),
        ("acknowledge", ("found", "acknowledged", "withdrawn", "found", "acknowledged"), True),
    ],
)
def test_undo_is_offered_where_what_was_there_before_is_over(
    done: str, kinds: tuple[str, ...], is_offered: bool
) -> None:
    events = [Event(n, "f", kind, None, n, "rita", {}, None) for n, kind in enumerate(kinds)]
    visit: Any = SimpleNamespace(person=SimpleNamespace(name="rita"))
    assert (last_act(visit, done, events)[1] is not None) is is_offered


def test_a_page_may_send_more_boxes_than_a_framework_takes(desk: Desk) -> None:
    findings = desk.findings()
    form = [("token", desk.token("rita")), ("kind", "comment"), ("text", "all"), ("back", "list")]
    boxes = [("chosen", box(one)) for one in findings] * (1 + 2000 // len(findings))
    answer = desk.as_("rita").post(f"{BASE}/acts", content=urlencode([*form, *boxes]), headers=FORM)
    assert len(boxes) > 2000 and answer.status_code == 200
    assert f"{len(findings)} of {len(findings)} findings: comment added." in answer.text


def test_a_search_shows_nothing_of_other_offices(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    (child,) = desk.rows("SELECT * FROM children WHERE child_id = ?", (desk.parts["second"],))
    other = desk.rows("SELECT DISTINCT office FROM children WHERE office <> ? ORDER BY 1", (child["office"],))[0][
        "office"
    ]
    restriction = {"rita": [f"demo/{other}"], "lea": [f"demo/{child['office']}"]}
    monkeypatch.setenv("CMFC_REVIEW_OFFICES", json.dumps(restriction))
    for term in (child["child_id"], child["last_name"], child["caseworker_id"]):
        assert child["child_id"] not in desk.send("rita", "/search", text=term).text.replace(f'value="{term}"', "")
    assert desk.get("rita", f"/child/{child['child_id']}").status_code == 404
    page = desk.get("rita", "/").text + desk.get("rita", "/list?queue=all").text
    assert child["child_id"] not in page and child["office"] not in page


def test_an_error_is_a_page_with_a_way_on_and_keeps_what_was_typed(desk: Desk) -> None:
    for path in ("/findings/none", "/child/none", "/nowhere", "/list?queue=none", "/weeks/2020-01-01/missing"):
        answer = desk.get("rita", path)
        assert answer.status_code in (400, 404)
        assert f'<a href="{BASE}/list">Cases</a>' in answer.text, path
    old = desk.as_("rita").post(f"{BASE}/acts", data={"token": "old", "text": "long <b>reason</b>", "kind": "comment"})
    assert old.status_code == 403 and "long &lt;b&gt;reason&lt;/b&gt;" in old.text and "Load the page again" in old.text
    for path in ("/acts", "/views", "/search"):  # the session ended while somebody was typing
        form = {"text": "long <b>reason</b>", "name": "long <b>reason</b>", "kind": "comment"}
        ended = desk.as_("nobody").post(f"{BASE}{path}", data=form, headers=FORM)
        assert ended.status_code == 401 and "long &lt;b&gt;reason&lt;/b&gt;" in ended.text
        assert "Sign in to Airflow first." in ended.text


def test_a_fault_of_the_program_is_a_page_too(desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    from fastapi.testclient import TestClient

    from cmfc.review import help as help_page
    from tests.support.desk import desk_app

    monkeypatch.setattr(help_page, "KEYS", None)
    client = TestClient(desk_app(), raise_server_exceptions=False)
    answer = client.get(f"{BASE}/help", headers={"x-person": "rita"})
    assert answer.status_code == 500 and "CMFC-W06" in answer.text and "Cases</a>" in answer.text
