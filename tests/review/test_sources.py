"""For the owner of a source: what was set aside over the nights, by rule and own column, and never a value."""

import csv
import html
import io
import json
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cmfc.feeds.catalog import feeds
from cmfc.review.data import open_agency
from cmfc.settings import Settings
from tests.support.office import BASE, Office, ask_a_person, installed

pytestmark = pytest.mark.long

PLANTED = "Quillfeather Zephyrine"
NIGHTS = ("2026-09-30", "2026-10-01")


def spoil(agency: Path) -> None:
    """A name in a time column of the export, and one in the database."""
    ask_a_person(agency)
    spoil_export(agency, 2)
    with sqlite3.connect(agency / "case_management.sqlite") as connection:
        connection.execute("UPDATE TBL_RETURN SET INTERVIEW_TS = ? WHERE rowid <= 2", [PLANTED])


def spoil_export(agency: Path, rows: int) -> None:
    path = agency / "ncmec_export.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        records = list(reader)
    for record in records[5 : 5 + rows]:
        record["ReportedOn"] = PLANTED
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, reader.fieldnames or (), quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(records)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Two nights: two bad rows of the export, three on the second, when most contacts are gone too."""
    with installed(tmp_path_factory.mktemp("sources"), spoil) as installation, pytest.MonkeyPatch.context() as patch:
        spoil_export(installation.root / "agencies", 3)
        with sqlite3.connect(installation.root / "agencies" / "case_management.sqlite") as connection:
            connection.execute("DELETE FROM TBL_CONTACT WHERE rowid > 15")
        patch.setenv("CMFC_CLOCK", "2026-10-02T08:30:00Z")
        installation.night(NIGHTS[1])
        yield installation


def page_of(browser: Any, path: str, name: str = "rita") -> str:
    answer = browser(name).get(BASE + path)
    assert answer.status_code == 200, answer.text
    return re.sub(r"\s+", " ", html.unescape(answer.text))


def cells(page: str, heading: str) -> list[list[str]]:
    table = page[page.index(f'id="{heading}"') :].partition("</table>")[0]
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in table.split("<tr")[2:]]
    return [[re.sub(r"<[^>]+>", "", cell).strip() for cell in row] for row in rows]


def manifest(office: Office, night: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((office.root / "lists" / office.agency / night / "manifest.json").read_bytes())
    return read


def test_the_numbers_of_every_feed_and_night_are_those_of_the_manifests(office: Office, browser: Any) -> None:
    whole = page_of(browser, "/sources")
    for feed in feeds():
        rows = cells(page_of(browser, f"/sources/{feed}"), "nights")
        assert [row[0] for row in rows] == list(NIGHTS)
        for night, status, pulled, quarantined, _, _ in rows:
            facts = manifest(office, night)["feeds"][feed]
            counts = (facts["status"], f"{facts['accounting']['pulled']:,}", f"{facts['accounting']['quarantined']:,}")
            assert (status, pulled, quarantined) == counts, (feed, night)
        assert f'href="{BASE}/sources/{feed}"' in whole
    assert "TBL_RETURN (connection cmfc_demo_case_management)" in whole and "ncmec_export.csv" in whole


def test_the_overview_says_of_every_feed_and_night_what_the_manifests_say(office: Office, browser: Any) -> None:
    rows = cells(page_of(browser, "/overview", "vera"), "feeds")
    assert {(row[0], row[1]) for row in rows} == {(feed, night) for feed in feeds() for night in NIGHTS}
    for feed, night, status, *counts, _ in rows:
        facts = manifest(office, night)["feeds"][feed]
        parts = ("pulled", "accepted", "quarantined", "voided", "collapsed")
        numbers = [f"{facts['accounting'][part]:,}" for part in parts]
        assert [status, *counts] == [facts["status"], *numbers], (feed, night)
    assert any(row[3] != "0" for row in rows)


def test_rules_stand_by_the_owners_column_over_both_nights(browser: Any) -> None:
    rules = cells(page_of(browser, "/sources/ncmec_reports"), "rules")
    assert ["ReportedOn", "reported_at", "cannot be read as a time", "the row is not used", "2", "3"] in rules
    rules = cells(page_of(browser, "/sources/returns"), "rules")
    assert ["INTERVIEW_TS", "interviewed_at", "cannot be read as a time", "the field is left empty", "2", "2"] in rules


def test_rows_say_where_they_stand_and_a_query_has_no_row(office: Office, browser: Any) -> None:
    answer = browser("rita").get(f"{BASE}/sources/ncmec_reports/rows.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    bad = [row for row in rows if row["own_column"] == "ReportedOn"]
    assert [row["night"] for row in bad].count(NIGHTS[0]) == 2 and [row["night"] for row in bad].count(NIGHTS[1]) == 3
    # Of a file, the row is its line: the header is the first.
    with (office.root / "agencies" / "ncmec_export.csv").open(encoding="utf-8", newline="") as lines:
        records = list(csv.DictReader(lines))
    for row in bad:
        assert records[int(row["row"]) - 2]["ReportId"] == row["record"].removeprefix("ncmec_reports:")
        assert row["source"] == "ncmec_export.csv"
    of_query = list(csv.DictReader(io.StringIO(browser("rita").get(f"{BASE}/sources/returns/rows.csv").text)))
    assert (
        of_query
        and {row["row"] for row in of_query} == {""}
        and {row["own_column"] for row in of_query} == {"INTERVIEW_TS"}
    )


def test_no_page_and_no_file_shows_a_value_or_a_child_to_a_viewer(browser: Any) -> None:
    children = {row["child_id"] for row in open_agency(Settings(), "demo").rows("SELECT child_id FROM children")}
    for feed in feeds():
        for name in ("vera", "rita"):
            page = page_of(browser, f"/sources/{feed}", name)
            assert not re.search("quillfeather|zephyrine", page, re.IGNORECASE)
        text = browser("rita").get(f"{BASE}/sources/{feed}/rows.csv").text
        assert not re.search("quillfeather|zephyrine", text, re.IGNORECASE)
        viewers = page_of(browser, f"/sources/{feed}", "vera")
        assert 'id="rows"' not in viewers and not any(f":{child}" in viewers for child in children)
        assert browser("vera").get(f"{BASE}/sources/{feed}/rows.csv").status_code == 403
        assert browser("nobody").get(f"{BASE}/sources/{feed}").status_code == 401
    for path in ("/sources/nothing", "/sources/nothing/rows.csv"):
        assert browser("rita").get(BASE + path).status_code == 404


def test_a_finding_about_data_leads_to_its_rows(browser: Any) -> None:
    sql = "SELECT exception_id, subject_id FROM findings WHERE code = 'DQ-01' AND subject_id LIKE 'ncmec_reports:%'"
    finding = open_agency(Settings(), "demo").rows(f"{sql} ORDER BY ALL")[0]
    page = page_of(browser, f"/findings/{finding['exception_id']}")
    (link,) = re.findall(rf'href="{BASE}(/sources/ncmec_reports\?about=[^"]+)"', page)
    rows = page_of(browser, link)
    assert finding["subject_id"] in rows[rows.index('class="differs"') :][:200]


def test_a_person_of_another_office_sees_the_counts_of_their_own_rows(
    browser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = {
        row["office"]
        for row in open_agency(Settings(), "demo").rows("SELECT DISTINCT office FROM children")
        if row["office"]
    }
    everybody = {f"of {place}": [f"demo/{place}"] for place in places}
    all_rows = list(csv.DictReader(io.StringIO(browser("rita").get(f"{BASE}/sources/placements/rows.csv").text)))
    rows_seen = []
    for place in sorted(places):
        monkeypatch.setenv("CMFC_REVIEW_OFFICES", json.dumps({**everybody, "rita": [f"demo/{place}"]}))
        monkeypatch.setenv("CMFC_REVIEW_DEFAULT_OFFICES", json.dumps({"demo": sorted(places)[0]}))
        rows_seen += list(csv.DictReader(io.StringIO(browser("rita").get(f"{BASE}/sources/placements/rows.csv").text)))
    key = lambda row: tuple(row.values())  # noqa: E731
    assert all_rows and sorted(map(key, rows_seen)) == sorted(map(key, all_rows))


def test_a_feed_that_brings_the_very_same_rows_again_is_named(office: Office, browser: Any) -> None:
    page = page_of(browser, "/sources")
    assert page.count(f"the same since {NIGHTS[0]}") == len(feeds()) - 2  # all but the export and the contacts
    assert f"the very same rows since {NIGHTS[0]}" in page_of(browser, "/sources/absences")
    assert "the very same rows since" not in page_of(browser, "/sources/ncmec_reports")


def test_a_feed_that_lost_more_than_half_of_its_rows_is_named(office: Office, browser: Any) -> None:
    """Where no band says what is normal; what is missing from it looks as if it had never been."""
    before = manifest(office, NIGHTS[0])["feeds"]["contacts"]["accounting"]["pulled"]
    assert page_of(browser, "/sources").count(" rows the last time</strong>") == 1
    assert f"{before} rows the last time" in page_of(browser, "/sources")
    assert f"It has 15 rows and had {before} the last time: is it whole?" in page_of(browser, "/sources/contacts")
