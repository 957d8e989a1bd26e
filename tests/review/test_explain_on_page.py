"""An episode that vanished is explained on its page, and only such a finding can be (RC-09)."""

import sqlite3
from collections.abc import Callable
from typing import Any

import pytest

from cmfc.ledger.queries import Filter, history, list_findings
from cmfc.review.data import open_agency
from cmfc.settings import Settings
from cmfc_demo.synthetic.native import DATABASE
from tests.support.office import BASE, KEY, Office, send

pytestmark = pytest.mark.long

BUTTON = ">Explain</button>"


def vanish(office: Office) -> None:
    """Deletes the one record, an absence, of a child that is missing."""
    query = "SELECT evidence FROM episodes WHERE status = 'open' AND starts_with(evidence, 'absences:')"
    named = [row["evidence"] for row in open_agency(Settings(), KEY).rows(f"{query} ORDER BY ALL")]
    absence = next(name.partition(":")[2] for name in named if ";" not in name)
    layout = DATABASE["absences"]
    with sqlite3.connect(office.root / "agencies" / "case_management.sqlite") as database:
        key = layout.columns["absence_id"].name
        assert database.execute(f"DELETE FROM {layout.table} WHERE {key} = ?", [absence]).rowcount == 1


def test_a_vanished_episode_is_explained_on_its_page(
    office: Office, browser: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    vanish(office)
    monkeypatch.setenv("CMFC_CLOCK", "2026-10-02T08:30:00Z")
    office.night("2026-10-01")
    everything = list_findings(office.ledger, office.agency, Filter(), 100_000)[0]
    (one,) = [f for f in everything if f.code == "RC-09"]
    other = next(f for f in everything if f.code == "NC-01")
    assert BUTTON not in browser("rita").get(f"{BASE}/findings/{other.exception_id}").text
    refused = send(
        browser, "rita", f"/findings/{other.exception_id}", kind="explain", revision=other.revision, text="x"
    )
    assert refused.status_code == 422 and "an open episode that vanished, ends by" in refused.text
    path, form = f"/findings/{one.exception_id}", {"kind": "explain", "revision": one.revision}
    assert BUTTON in browser("rita").get(BASE + path).text
    assert send(browser, "rita", path, **form, text=" ").status_code == 422
    done = send(browser, "rita", path, **form, text="at home; <b>typed twice</b>")
    assert (done.status_code, done.headers["location"]) == (303, f"{BASE}{path}?done=explain")
    page = browser("rita").get(done.headers["location"]).text
    assert "Done: explained; from the next night on" in page and "&lt;b&gt;typed twice&lt;/b&gt;" in page
    monkeypatch.setenv("CMFC_CLOCK", "2026-10-03T08:30:00Z")
    office.night("2026-10-02")
    assert not list_findings(office.ledger, office.agency, Filter(code="RC-09", status="open"))[0]
    kinds = [(event.kind, event.actor) for event in history(office.ledger, office.agency, one.exception_id)]
    assert kinds == [("found", "cmfc"), ("explained", "rita"), ("resolved", "cmfc")]
    ended = browser("rita").get(done.headers["location"])  # a resolved finding has its page; what came after is said
    assert ended.status_code == 200 and "<td>explained</td>" in ended.text and "Done: " not in ended.text
