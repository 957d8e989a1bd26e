"""Who is named for an office of one agency sees that office there and nothing else: every pair on every route (S10)."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest

from cmfc.ingest.mapping import load_mapping
from cmfc.ledger.queries import Filter, list_findings
from cmfc.pipeline.nightly import mark_current, run_night
from cmfc.pipeline.run import run_of
from cmfc.review.access import Sight, sight_of
from cmfc.settings import Settings
from tests.support.office import NIGHT, Office, send

pytestmark = pytest.mark.long

PATHS = ("", "list", "findings", "changes", "overview", "questions", "help", "export.csv", "export.xlsx",
         "noted", "sources", "weeks", f"weeks/{NIGHT}/missing")  # fmt: skip
KEYS = {"demo": "demo", "other": "other"}


@pytest.fixture(scope="module")
def both(office: Office) -> Iterator[dict[str, list[Any]]]:
    """Two agencies whose offices have the same names; the findings of each, by the name of its mapping."""
    agencies = office.root / "agencies"
    text = (agencies / "demo.yml").read_text(encoding="utf-8")
    (agencies / "other.yml").write_text(text.replace("agency: demo", "agency: other"), encoding="utf-8")
    mapping, settings = load_mapping(agencies / "other.yml"), Settings()
    run = run_of(mapping, NIGHT, settings.store, settings.lists, settings.ledger_url())
    run_night(run, settings.now(), lambda name: f"sqlite:///{agencies / 'case_management.sqlite'}")
    mark_current(run, settings.lists)
    yield {key: list_findings(office.ledger, agency, Filter(), 100_000)[0] for key, agency in KEYS.items()}
    (agencies / "other.yml").unlink()


def exported(browser: Any, key: str) -> set[str]:
    """The ids of what a person can take away."""
    answer = browser("rita").get(f"/cmfc/{key}/export.csv")
    rows = csv.DictReader(io.StringIO(answer.text)) if answer.status_code == 200 else ()
    return {row["exception_id"] for row in rows}


def test_every_pair_of_agency_and_office_on_every_route(
    both: dict[str, list[Any]], browser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    offices = sorted({f.office for f in both["demo"] if f.office})
    assert len(offices) > 1 and {f.office for f in both["demo"]} == {f.office for f in both["other"]}
    everybody = {f"one-{n}": [f"{agency}/{office}" for agency in KEYS.values()] for n, office in enumerate(offices)}
    for key, agency in KEYS.items():
        for place in offices:
            monkeypatch.setenv("CMFC_REVIEW_OFFICES", json.dumps({**everybody, "rita": [f"{agency}/{place}"]}))
            default = next(office for office in offices if office != place)
            monkeypatch.setenv("CMFC_REVIEW_DEFAULT_OFFICES", json.dumps(dict.fromkeys(KEYS.values(), default)))
            own = {f.exception_id for f in both[key] if f.office == place}
            assert exported(browser, key) == own
            for there, findings in both.items():
                for path in PATHS if place in offices[:2] else ("", "list", "export.csv"):
                    status = browser("rita").get(f"/cmfc/{there}/{path}").status_code
                    assert status == (200 if there == key else 404), path
                for office in (*offices, None):
                    one = next((f for f in findings if f.office == office), None)
                    if one is not None:
                        code = browser("rita").get(f"/cmfc/{there}/findings/{one.exception_id}").status_code
                        assert code == (200 if there == key and office == place else 404)
                        if one.child_id and office in (place, *offices[:2]):
                            code = browser("rita").get(f"/cmfc/{there}/child/{one.child_id}").status_code
                            assert code == (200 if there == key and office == place else 404)


def test_what_has_no_office_or_one_that_nobody_is_named_for_is_somebodys(
    both: dict[str, list[Any]], office: Office, browser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, *rest = sorted({f.office for f in both["demo"] if f.office})
    everything = {f.exception_id: f.office for f in both["demo"]}
    loose = {one for one, place in everything.items() if place not in (first, second)}
    assert rest and loose
    own = {place: {one for one, at in everything.items() if at == place} for place in (first, second)}
    for place, default, has_rest in ((first, None, True), (first, first, True), (first, second, False)):
        restriction = {"rita": [f"demo/{place}"], "lea": [f"demo/{second}"]}
        monkeypatch.setenv("CMFC_REVIEW_OFFICES", json.dumps(restriction))
        monkeypatch.setenv("CMFC_REVIEW_DEFAULT_OFFICES", json.dumps({"demo": default} if default else {}))
        assert exported(browser, "demo") == own[place] | (loose if has_rest else set())
        assert browser("rita").get("/cmfc/demo/overview").status_code == 200
    monkeypatch.delenv("CMFC_REVIEW_DEFAULT_OFFICES")
    one = next(f for f in both["demo"] if f.exception_id in loose)
    done = send(browser, "rita", f"/findings/{one.exception_id}", kind="acknowledge", revision=one.revision)
    assert done.status_code == 303


RESTRICTION = {"kim": ["demo/North", "demo/A/B", "x/South"], "ann": ["demo/*"], "lee": ["*"], "joe": ["demo/South"]}


@pytest.mark.parametrize(
    ("name", "agency", "defaults", "sight"),
    [
        ("kim", "demo", {"demo": "South"}, Sight(("A/B", "North"))),
        ("kim", "demo", {"demo": "North"}, Sight(("A/B", "North"), ("A/B", "North", "South"))),
        ("kim", "demo", {"x": "South"}, Sight(("A/B", "North"), ("A/B", "North", "South"))),
        ("kim", "x", {}, Sight(("South",), ("South",))),
        ("joe", "x", {}, Sight(())),
        ("ann", "demo", {}, None),
        ("ann", "x", {}, Sight(())),
        ("lee", "x", {}, None),
        ("nobody", "demo", {}, Sight(())),
    ],
)
def test_offices_belong_to_an_agency(name: str, agency: str, defaults: dict[str, str], sight: Sight | None) -> None:
    assert sight_of(name, agency, RESTRICTION, defaults) == sight
    assert sight_of(name, agency, {}, defaults) is None
    if sight is not None:
        assert sight.is_blind == (not sight.offices) and sight.covers(None) == (sight.named is not None)
