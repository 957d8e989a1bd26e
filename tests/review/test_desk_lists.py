"""The lists of the desk on the third night: every status, and every number beside the file it comes from."""

import csv
import html
import io
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from sqlalchemy import select

from cmfc.findings.lifecycle import DUTY_CHANGES
from cmfc.ledger.current_lists import choose_list
from cmfc.ledger.tables import journal, row_digests
from cmfc.ledger.verify import verify
from cmfc.pipeline.current_list import set_current
from cmfc.review import data, standing_list
from cmfc.review.case_query import MANY, STATUSES
from cmfc.review.caselist import LABELS
from cmfc.review.cases import PAGE
from cmfc.review.data import _night
from cmfc.settings import Settings
from cmfc.worklists.duties import duty_of
from cmfc.worklists.missing_now import STATES, UNTOLD
from cmfc.worklists.order import SOON_SECONDS
from tests.support.desk import BASE, NIGHTS, Desk

pytestmark = pytest.mark.long

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


@pytest.mark.parametrize("path", ["/?", "/list?queue=all&", "/findings?", "/questions?"])
def test_a_page_that_is_no_more_is_the_last_one(desk: Desk, path: str) -> None:
    """It said that nobody fits: the list had become shorter, say."""
    text = desk.get("rita", f"{path}page=999").text
    assert "fits" not in text and 'class="open"' in text and not re.search(r"[Pp]age 999", text)


def test_what_is_due_soon_is_so_from_now_on_every_page(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list counted from midnight: by noon it had nothing of the afternoon under "due within 12 hours"."""
    as_of, shown_by = desk.data.as_of, {}
    for now in (as_of - SOON_SECONDS + 60, as_of + 3600):
        monkeypatch.setenv("CMFC_CLOCK", datetime.fromtimestamp(now, UTC).isoformat())
        page = desk.get("rita", "/list?queue=all&soon=1").text
        sql = "SELECT case_id FROM desk WHERE is_open AND ended IS NULL AND deadline_earliest BETWEEN ? AND ?"
        due = {row["case_id"] for row in desk.rows(sql, (as_of, now + SOON_SECONDS))}
        shown_by[now] = set(re.findall(r'class="open" href="[^"]*/child/([^"]+)"', page))
        assert shown_by[now] == due
    first, second = shown_by.values()
    assert second > first


def test_an_address_that_cannot_be_read_says_where(desk: Desk) -> None:
    for path, name in (("/list?severity=none", "severity"), ("/list?page=0", "page"), ("/findings?sort=x", "sort"),
                       (f"/list?office={'x' * 5000}", "office")):  # fmt: skip
        answer = desk.get("rita", path)
        assert answer.status_code == 400 and f"cannot be read at: {name}." in answer.text
    for path in ("/list", "/findings", "/"):
        assert desk.get("rita", f"{path}?office={'x' * 300}").status_code == 200  # an office may be called so
    assert desk.get("rita", "/sources/absences/rows.csv?night=2026-09-01").status_code == 400


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


def exported(desk: Desk) -> set[str]:
    rows = csv.DictReader(io.StringIO(desk.get("rita", "/export.csv").text))
    return {row["exception_id"] for row in rows}


def test_a_list_that_stands_again_is_whole_on_every_page_and_export(desk: Desk) -> None:
    """The table of findings and its exports were those of the list that was taken back."""
    before = pq.read_table(Settings().lists / desk.agency / NIGHTS[1] / "exceptions.parquet").to_pylist()
    listed = {row["exception_id"] for row in before}
    assert listed - {f.exception_id for f in desk.findings()}  # the later night ended some of them
    for night, sentence in ((NIGHTS[1], "which was taken back"), (None, "")):
        state = choose_list(
            desk.ledger, desk.agency, night, by="rita", entered_by="", reason="x", at=Settings().act_time()
        )
        assert state.night
        set_current(Settings().lists, desk.agency, state.night, state.taken_back)
        if sentence:
            table = body(desk.get("rita", "/findings"))
            assert sentence in table and f"{len(before)} findings" in table and exported(desk) == listed
            waiting = next(row for row in before if row["status"] == "waived")
            assert waiting["exception_id"] in desk.get("rita", "/findings?status=waived&sort=deadline&min_age=1").text
            every = "".join(desk.get("rita", f"/list?queue=all&page={n}").text for n in range(1, 12))
            assert {one for one in listed if one not in every} == set() and 'class="state resolved"' not in every
    assert "taken back" not in desk.get("rita", "/findings").text


def test_a_ledger_that_does_not_have_the_list_hides_nothing_of_it(
    desk: Desk, listed: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another one, or an older copy: the table of findings was empty, and said that nothing fits."""
    monkeypatch.setenv("CMFC_LEDGER", f"sqlite:///{tmp_path / 'empty.sqlite'}")
    page = body(desk.get("rita", "/findings"))
    assert "The ledger does not have this list" in page and f"{len(listed)} findings" in page
    assert exported(desk) == {row["exception_id"] for row in listed}


def test_what_a_run_took_back_that_is_not_published_yet_stands_on_the_list(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between `record` and `publish` of a night run again the ledger is ahead of the list."""
    first, known_of = (
        re.search(r"/findings/([0-9a-f]{20})", desk.get("rita", "/findings").text),
        standing_list.listed_of,
    )
    assert first
    exception_id = first[1]
    monkeypatch.setattr(
        standing_list, "listed_of",
        lambda *of: {one: row for one, row in known_of(*of).items() if one != exception_id},
    )  # fmt: skip
    assert f"/findings/{exception_id}" in desk.get("rita", "/findings").text and exception_id in exported(desk)


@pytest.mark.parametrize("lost", ["store", "work/findings.parquet", "checked/children.parquet", "manifest.json"])
def test_files_of_the_list_that_are_gone_or_damaged_are_said_to_be(desk: Desk, folder: Path, lost: str) -> None:
    """It was "nothing was lost; the list itself is as it was", which was not so."""
    night = desk.data.folder
    path = night if lost == "store" else folder / lost if lost == "manifest.json" else night / lost
    away = path.with_name(path.name + ".away")
    path.rename(away)
    try:
        for damaged in (False, True) if lost != "store" else (False,):
            if damaged:
                path.write_bytes(b"{")
            _night.cache_clear()
            answer = desk.get("rita", "/list")
            assert answer.status_code == 503 and "CMFC-W07" in answer.text, (lost, damaged)
            assert "exceptions.xlsx" in answer.text and f'href="{BASE}/help"' in answer.text
    finally:
        away.replace(path)
        _night.cache_clear()


def test_a_damaged_list_of_an_old_night_leaves_the_others(desk: Desk, folder: Path) -> None:
    whole = desk.get("rita", "/weeks").text
    for name in ("missing_now.parquet", "manifest.json"):
        path = folder.with_name(NIGHTS[0]) / name
        content = path.read_bytes()
        path.write_bytes(b"{")
        try:
            page = desk.get("rita", "/weeks")
            assert page.status_code == 200 and page.text.count("not said") > whole.count("not said")
            assert desk.get("rita", f"/weeks/{NIGHTS[0]}/missing").status_code == 400
        finally:
            path.write_bytes(content)


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
