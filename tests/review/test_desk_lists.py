"""The lists of the desk on the third night: every status, and every number beside the file it comes from."""

import html
import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from sqlalchemy import select

from cmfc.findings.lifecycle import DUTY_CHANGES
from cmfc.ledger.tables import journal, row_digests
from cmfc.ledger.verify import verify
from cmfc.review import data
from cmfc.review.case_query import MANY, STATUSES
from cmfc.review.caselist import LABELS
from cmfc.review.cases import PAGE
from cmfc.review.data import _night
from cmfc.settings import Settings
from cmfc.worklists.duties import duty_of
from cmfc.worklists.missing_now import STATES, UNTOLD
from tests.support.desk import BASE, NIGHTS, Desk

QUEUES = ("act_now", "explain", "correct_record", "history")


def body(answer: Any) -> str:
    assert answer.status_code == 200, answer.text[:500]
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", answer.text)))


@pytest.fixture(scope="module")
def folder(desk: Desk) -> Path:
    return Settings().lists / desk.agency / NIGHTS[-1]


@pytest.fixture(scope="module")
def listed(folder: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(folder / "exceptions.parquet").to_pylist()
    return rows


@pytest.fixture(scope="module")
def manifest(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "manifest.json").read_bytes())
    return content


def counts(rows: list[dict[str, Any]]) -> str:
    """As the list says them: a child or a subject, its duties, its findings."""
    children = len({row["child_id"] or "#" + row["subject_id"] for row in rows})
    duties = len({(row["subject_id"], duty_of(row["code"])) for row in rows})
    return f"{children:,} child{'' if children == 1 else 'ren'}, {duties:,} dut{'y' if duties == 1 else 'ies'}"


@pytest.mark.parametrize("who", ["rita", "vera"])
@pytest.mark.parametrize("path", ["/findings?", "/list?queue=all&"])
def test_every_status_and_every_change_can_be_listed(desk: Desk, who: str, path: str) -> None:
    """Resolved findings were an error from the second night on (D1)."""
    for name, values in (("status", STATUSES), ("changed", ("worse", "new", "over"))):
        for value in values:
            page = body(desk.get(who, f"{path}{name}={value}"))
            number = re.search(r"([\d,]+) findings?\b", page)
            assert number and number[1] != "0" and "Nothing fits" not in page, (name, value)


def test_what_was_resolved_has_pages_and_is_found(desk: Desk) -> None:
    for one in desk.findings(status="resolved"):
        assert desk.get("rita", f"/findings/{one.exception_id}").status_code == 200
        if one.child_id:
            assert desk.get("rita", f"/child/{one.child_id}").status_code == 200
            assert one.child_id in desk.send("rita", "/search", text=one.child_id).text


def test_the_overview_says_the_numbers_of_the_manifest(desk: Desk, manifest: dict[str, Any]) -> None:
    """Each feed was said to have delivered 0 records, status ok (D2)."""
    page = re.sub(r"\s+", " ", desk.get("vera", "/overview").text)
    for feed, facts in manifest["feeds"].items():
        numbers = [facts["accounting"][name] for name in ("pulled", "accepted", "quarantined", "voided", "collapsed")]
        cells = "".join(f'<td class="n">{number:,}</td>' for number in numbers)
        assert (
            f'<th scope="row"><a href="{BASE}/sources/{feed}">{feed}</a></th><td>{NIGHTS[-1]}</td><td>ok</td>{cells}'
            in page
        )
        assert numbers[0] > 0


def test_missing_now_is_the_file_row_by_row(desk: Desk, folder: Path) -> None:
    rows = pq.read_table(folder / "missing_now.parquet").to_pylist()
    assert {row["record_state"] for row in rows} == set(STATES)
    page = desk.get("rita", "/").text
    table = page.partition('class="work missing"')[2]
    assert re.findall(rf'class="open" href="{BASE}/child/([^"]+)"', table) and f"<strong>{len(rows)}</strong>" in page
    assert set(re.findall(rf'class="open" href="{BASE}/child/([^"]+)"', table)) == {row["child_id"] for row in rows}
    missing = sum(row["record_state"] == "open" for row in rows)
    le, ncmec = (sum(row["record_state"] == "open" and row[f"{who}_state"] in UNTOLD for row in rows)
                 for who in ("le", "ncmec"))  # fmt: skip
    sentence = f"For {le} of them no report that counts was made to law enforcement, for {ncmec} none to NCMEC."
    assert le and ncmec and f"{missing} children are missing now. {sentence}" in page
    for state in STATES:
        number = sum(row["record_state"] == state for row in rows)
        assert f"<strong>{number}</strong> child" in desk.get("rita", f"/?only={state}").text


def test_above_it_stand_what_is_due_what_is_new_and_what_a_person_can_answer(desk: Desk) -> None:
    page = desk.get("rita", "/").text
    due, new, ask = (page.partition(f'id="h-{name}"')[2].partition("</section>")[0] for name in ("due", "new", "ask"))
    assert desk.parts["second"] in new and desk.parts["second"] in due and "law enforcement by" in due
    assert desk.parts["first"] not in new  # the night before brought that one
    assert "/questions/ncmec_reports/N-MISSING" in ask and "N-ASKED" not in ask
    assert "Questions that" not in desk.get("vera", "/").text


def test_the_reports_stand_with_their_state_and_time(desk: Desk) -> None:
    (row,) = desk.rows("SELECT * FROM episodes WHERE child_id = ? AND status = 'open'", (desk.parts["reported"],))
    page = desk.get("rita", "/").text
    line = next(one for one in page.split("<tr ") if f'/child/{desk.parts["reported"]}"' in one and "data-label" in one)
    for who, label in (("le", "Law enforcement"), ("ncmec", "NCMEC")):
        cell = line.partition(f'data-label="{label}"')[2].partition("</td>")[0]
        assert "Told" in cell and desk.data.mapping.zone == "America/Chicago"
        assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d C[SD]T", cell) and row[f"{who}_reported_earliest"]


def test_each_queue_says_its_children_duties_and_findings(desk: Desk, listed: list[dict[str, Any]]) -> None:
    for queue in (*QUEUES, "all"):
        rows = [row for row in listed if queue in ("all", row["queue"])]
        page = body(desk.get("rita", f"/list?queue={queue}"))
        assert f"{counts(rows)}, {len(rows):,} findings" in page
        for other in QUEUES:
            assert counts([row for row in listed if row["queue"] == other]) in page


def test_filters_take_several_values_and_say_how_many_each_would_show(desk: Desk, listed: list[dict[str, Any]]) -> None:
    query = "/list?queue=all&code=NC-01&code=LE-01&status=open"
    rows = [row for row in listed if row["code"] in ("NC-01", "LE-01") and row["status"] == "open"]
    page = desk.get("rita", query).text
    assert f"{counts(rows)}, {len(rows)} findings" in body(desk.get("rita", query))
    for name in MANY:
        assert f"<legend>{LABELS[name]}</legend>" in page
    for value, number in re.findall(r'name="office" value="([^"]+)"[^>]*> [^<]+<span class="soft">(\d+)</span>', page)[
        :3
    ]:
        narrowed = desk.get("rita", f"{query}&office={value}").text
        assert f"<strong>{number}</strong> child" in narrowed
    assert "Not reported to NCMEC (NC-01)" in page  # titles, where people choose (D24)


def test_mine_and_nobodys_can_be_asked_for(desk: Desk, listed: list[dict[str, Any]]) -> None:
    for who, value in (("kim", "kim"), ("nobody", None)):
        rows = [row for row in listed if row["assignee"] == value]
        page = desk.get("kim", f"/list?queue=all&assignee={'~me' if who == 'kim' else '~nobody'}")
        assert rows and f"{counts(rows)}, {len(rows)} findings" in body(page)


def test_children_who_are_missing_come_first_and_then_the_one_order(desk: Desk) -> None:
    missing = {row["child_id"] for row in desk.rows("SELECT child_id FROM missing_now")}
    places, on_pages = desk.data.places, []
    page = 1
    while True:
        text = desk.get("rita", f"/list?queue=act_now&page={page}").text
        ids = re.findall(r'<article class="case.*?href="[^"]*/(?:child|findings)/([^"]+)"', text, re.DOTALL)
        on_pages += ids
        if len(ids) < PAGE:
            break
        page += 1
    first: dict[str, int] = {}
    for row in desk.rows("SELECT * FROM desk WHERE queue = 'act_now' AND ended IS NULL ORDER BY place"):
        first.setdefault(row["child_id"] or row["exception_id"], places[row["exception_id"]])
    assert on_pages == sorted(first, key=lambda one: (one not in missing, first[one]))


def test_since_the_last_night_is_what_the_manifest_counts(desk: Desk, manifest: dict[str, Any]) -> None:
    page = desk.get("vera", "/changes").text
    for kind in DUTY_CHANGES:
        number = manifest["ledger"]["changes"][kind]
        link = f'<a href="{BASE}/list?queue=all&amp;changed={kind}">{number}</a>'
        assert (link in page) == (number > 0)
        if number:
            assert f"{number} finding" in body(desk.get("vera", f"/list?queue=all&changed={kind}"))
    assert manifest["ledger"]["changes"]["worse"] > 0
    over = body(desk.get("rita", "/list?queue=all&changed=over"))
    assert "the duty was met" in over or "the records changed" in over  # and never that a limit ran out
    assert "it became worse" not in over


def test_what_is_over_is_counted_on_the_first_page_of_a_process(desk: Desk, manifest: dict[str, Any]) -> None:
    _night.cache_clear()
    number = manifest["ledger"]["changes"]["over"]
    assert number and f'changed=over">{number}</a>' in desk.get("vera", "/changes").text


def test_a_desk_that_could_not_be_made_is_made_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk was full in the morning, say: that must not hold until somebody starts the page's process again."""

    def fail(*_: Any) -> None:
        raise duckdb.IOException("no space left")

    _night.cache_clear()
    with monkeypatch.context() as broken:
        broken.setattr(data, "Desk", fail)
        assert desk.get("rita", "/").status_code == 200  # the first screen does not rest on it
        with pytest.raises(duckdb.IOException):  # a page says so, after which the test's client raises it
            desk.get("rita", "/list")
    assert desk.get("rita", "/list").status_code == 200


def test_a_view_is_kept_per_person_without_what_was_searched_for(desk: Desk) -> None:
    answer = desk.send(
        "rita", "/views", name="Overdue in Taney", query="queue=all&code=NC-01&office=Taney+office&text=Nielsen"
    )
    assert answer.status_code == 303 and "Nielsen" not in answer.headers["location"]
    assert "Overdue in Taney" in desk.get("rita", "/list").text
    assert "Overdue in Taney" not in desk.get("ada", "/list").text
    link = re.search(rf'href="({BASE}/list\?[^"]+)">Overdue in Taney', desk.get("rita", "/list").text)
    assert link and html.unescape(link[1]) == f"{BASE}/list?queue=all&code=NC-01&office=Taney+office"
    assert desk.send("rita", "/views", name=" ", query="").status_code == 422
    desk.send("rita", "/views", name="Overdue in Taney", drop="1")
    assert "Overdue in Taney" not in desk.get("rita", "/list").text
    with desk.ledger.reading() as connection:
        assert "Taney" not in "".join(connection.scalars(select(journal.c.body)))
        assert "Taney" not in "".join(connection.scalars(select(row_digests.c.key)))
    assert verify(desk.ledger, desk.agency, {})[1] == []
