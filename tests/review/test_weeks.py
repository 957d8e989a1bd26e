"""Over the weeks: every number is counted anew from the tables of its night, by pandas, and leads to its rows."""

import json
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest

from tests.review.test_sources import cells, manifest, page_of
from tests.support.office import Office, installed

pytestmark = pytest.mark.long

NIGHTS = ("2026-09-30", "2026-10-01")
UNTOLD = ["overdue", "not_told", "refused", "attempted"]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Two nights."""
    with installed(tmp_path_factory.mktemp("weeks")) as installation, pytest.MonkeyPatch.context() as patch:
        patch.setenv("CMFC_CLOCK", "2026-10-02T08:30:00Z")
        installation.night(NIGHTS[1])
        yield installation


def counted(office: Office, night: str, places: list[str] | None = None) -> list[str]:
    folder = office.root / "lists" / office.agency / night
    missing, episodes = (pd.read_parquet(folder / f"{name}.parquet") for name in ("missing_now", "episodes"))
    if places is not None:
        missing, episodes = (table[table["office"].isin(places)] for table in (missing, episodes))
    numbers = [len(missing), *(int(missing[f"{who}_state"].isin(UNTOLD).sum()) for who in ("le", "ncmec"))]
    cells = [f"{number:,}" for number in numbers]
    since = pd.Timestamp(manifest(office, night)["as_of"]).tz_convert("UTC") - pd.Timedelta(days=30)
    recent = episodes[pd.to_datetime(episodes["began_earliest"], utc=True) > since]
    for who in ("le", "ncmec"):
        owed = recent[recent[f"{who}_duty"] == "required"]
        hours, verdicts = owed[f"{who}_hours_max"].dropna(), owed[f"{who}_verdict"]
        judged = verdicts[verdicts.isin(["met", "late", "missing"])]
        cells.append(f"{round(float(hours.median()), 1):,}" if len(hours) else "not said")
        cells.append(f"{round(100 * int((judged == 'met').sum()) / len(judged), 1):,}" if len(judged) else "not said")
    quarantined = sum(feed["accounting"]["quarantined"] for feed in manifest(office, night)["feeds"].values())
    return [night, *cells, f"{quarantined:,}" if places is None else "not said"]


def test_every_number_is_that_of_its_nights_own_tables(office: Office, browser: Any) -> None:
    rows = cells(page_of(browser, "/weeks", "vera"), "weeks")
    assert rows == [counted(office, night) for night in NIGHTS]
    assert int(rows[0][1]) > 0 and "not said" not in rows[0]


def test_each_count_leads_to_as_many_rows_and_a_viewer_sees_no_id(office: Office, browser: Any) -> None:
    for row in cells(page_of(browser, "/weeks"), "weeks"):
        missing = pd.read_parquet(office.root / "lists" / office.agency / row[0] / "missing_now.parquet")
        for count, which in zip(row[1:4], ("missing", "le", "ncmec"), strict=True):
            assert f"{count} rows" in page_of(browser, f"/weeks/{row[0]}/{which}")
        named, page = (page_of(browser, f"/weeks/{row[0]}/missing", name) for name in ("rita", "vera"))
        assert all(child in named and child not in page for child in missing["child_id"])


def test_of_other_offices_nothing_is_counted(office: Office, browser: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = office.root / "lists" / office.agency / NIGHTS[1]
    episodes = pd.read_parquet(folder / "episodes.parquet")
    own, *rest = sorted(episodes["office"].dropna().unique())
    named = {"vera": [f"demo/{own}"], "rita": [f"demo/{place}" for place in rest]}
    monkeypatch.setenv("CMFC_REVIEW_OFFICES", json.dumps(named))
    monkeypatch.setenv("CMFC_REVIEW_DEFAULT_OFFICES", json.dumps({"demo": rest[0]}))
    assert cells(page_of(browser, "/weeks", "vera"), "weeks") == [counted(office, night, [own]) for night in NIGHTS]
