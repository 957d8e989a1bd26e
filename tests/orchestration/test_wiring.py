"""The wiring around the nightly DAG: which night a run is, connections, retries, the notice of a failure."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from cmfc.errors import CmfcError, InputError, UsageError, entries
from cmfc.ingest.readers import SilentDatabase, UnreadableFeed
from tests.support.demo_agency import Agency
from tests.support.places import PROJECT


@pytest.fixture(scope="module")
def wiring() -> Iterator[ModuleType]:
    sys.path.append(str(PROJECT / "dags"))
    import cmfc.orchestration.notifications
    import cmfc.orchestration.wiring

    cmfc.orchestration.wiring.NightFailed = cmfc.orchestration.notifications.NightFailed  # type: ignore[attr-defined]
    yield cmfc.orchestration.wiring
    sys.path.remove(str(PROJECT / "dags"))


def context(key: str | None = None, agency: str = "demo", **params: Any) -> dict[str, Any]:
    return {
        "dag_run": SimpleNamespace(partition_key=key),
        "params": params,
        "dag": SimpleNamespace(dag_id=f"cmfc_nightly__{agency}"),
        "run_id": "run-1",
    }


@pytest.mark.parametrize(
    ("key", "date", "day"),
    [
        ("2026-03-08", "2026-01-01", "2026-03-08"),  # the key stands before the param
        (None, "2026-01-01", "2026-01-01"),
        (None, None, "2026-09-30"),  # by the clock it is 03:30 on October 1 in Chicago
    ],
)
def test_which_night_a_run_is(key: str | None, date: str | None, day: str, wiring: ModuleType, agency: Agency) -> None:
    night = wiring.night_of_run(context(key, business_date=date))
    assert night == {"agency": "demo", "business_date": day}


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"agency": "no-such"}, "CMFC-A01"),
        ({"agency": "../agencies/demo"}, "CMFC-A01"),  # a name, never a path
        ({"business_date": "yesterday"}, "CMFC-A04"),
    ],
)
def test_a_run_that_names_no_night_is_refused(
    params: dict[str, str], code: str, wiring: ModuleType, agency: Agency
) -> None:
    with pytest.raises(UsageError) as refused:
        wiring.find_run(wiring.night_of_run(context(**params)))
    assert refused.value.code == code


def test_a_night_begins_when_it_is_over_and_what_it_needs_is_there(
    wiring: ModuleType, agency: Agency, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def begin(date: str) -> dict[str, str]:
        night: dict[str, str] = wiring.begin(context(business_date=date))
        return night

    assert begin("2026-09-30")["business_date"] == "2026-09-30"
    with pytest.raises(UsageError, match="CMFC-N04") as refused:  # by the clock it is 03:30 on October 1 in Chicago
        begin("2026-10-01")
    wiring.mark_stale(context(business_date="2026-10-01") | {"exception": refused.value})
    assert not list(agency.lists.rglob("STALE.json"))
    monkeypatch.setenv("CMFC_LEDGER", "postgresql+psycopg2://reader:secret@127.0.0.1:1/no")
    with pytest.raises(UsageError, match="CMFC-J09"):
        begin("2026-09-30")
    assert not list(agency.store.rglob("pulled"))


@pytest.mark.parametrize(
    ("error", "action"),
    [
        (SilentDatabase("children: no answer", "OperationalError"), "retry"),
        (UnreadableFeed("children: the query failed", "ProgrammingError"), "fail"),
        (UnreadableFeed("children: children.csv is empty"), "fail"),
        (InputError("CMFC-I02", "children: stale"), "fail"),
        (UsageError("CMFC-A02", "no such connection"), "fail"),
        (UsageError("CMFC-J09", "the ledger could not be reached", "OperationalError"), "retry"),
        (UsageError("CMFC-J02", "the URL cannot be read", "ArgumentError"), "fail"),
        (UsageError("CMFC-N04", "not over"), "fail"),
        (OSError(28, "No space left on device"), "retry"),
        (TimeoutError(), "retry"),
        (KeyError("x"), "default"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_only_what_may_pass_is_asked_again(error: Exception, action: str, wiring: ModuleType) -> None:
    decision = wiring.OnlyWhatMayPass().evaluate(error, 1, 3)
    assert decision.action.value == action
    assert action == "default" or decision.reason


@pytest.mark.parametrize("code", list(entries()))
def test_each_code_is_tried_again_as_the_errors_file_says_and_the_reason_says_what_to_do(
    code: str, wiring: ModuleType
) -> None:
    entry = entries()[code]
    decision = wiring.OnlyWhatMayPass().evaluate(CmfcError(code, "what happened"), 1, 3)
    assert decision.action.value == ("retry" if entry.may_pass else "fail")
    assert code in decision.reason and all(step in decision.reason for step in entry.remedy)


def test_a_run_without_an_agency_or_a_day_marks_nothing_stale(wiring: ModuleType, agency: Agency) -> None:
    before = {path: path.read_bytes() for path in agency.lists.rglob("STALE.json")}
    wiring.mark_stale(context(agency="") | {"exception": OSError()})
    wiring.mark_stale(context(agency="../lists/no") | {"exception": OSError()})
    wiring.mark_stale(context(business_date="yesterday") | {"exception": OSError()})
    wiring.mark_stale(context(business_date="2026-10-01"))  # by the clock it is not over
    assert {path: path.read_bytes() for path in agency.lists.rglob("STALE.json")} == before


def test_the_list_of_an_agency_whose_mapping_is_gone_is_stale(wiring: ModuleType, agency: Agency) -> None:
    wiring.mark_stale(context(agency="removed") | {"exception": UsageError("CMFC-A01", "No mapping.")})
    assert json.loads((agency.lists / "removed" / "STALE.json").read_bytes())["message"].startswith("CMFC-A01")


def test_a_run_that_ran_out_of_time_leaves_a_stale_list_and_a_reason_that_stands(
    wiring: ModuleType, agency: Agency
) -> None:
    mark = agency.lists / "demo" / "STALE.json"
    wiring.NightFailed().notify(context("2026-09-30"))
    assert json.loads(mark.read_bytes())["message"] == "The night did not finish; its log says why."
    wiring.mark_stale(context("2026-09-30") | {"exception": InputError("CMFC-I02", "absences: a column is missing")})
    wiring.NightFailed().notify(context("2026-09-30"))
    assert json.loads(mark.read_bytes())["message"] == "CMFC-I02: absences: a column is missing"
