"""Nothing that a user can edit is trusted, and a night ends with what it began with."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cmfc.errors import CmfcError, UsageError
from cmfc.ledger.journal import GENESIS
from cmfc.ledger.pins import note_pin, read_pin
from cmfc.ledger.store import opened
from cmfc.ledger.verify import verify
from cmfc.orchestration import notifications, wiring
from cmfc.pipeline.pin import run_key
from tests.support.demo_agency import Agency

pytestmark = pytest.mark.long

DAY = "2026-09-30"
Night = dict[str, Any]


@pytest.fixture(scope="module")
def mapping(agency: Agency) -> str:
    return (agency.folder / "demo.yml").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def as_it_was(agency: Agency, mapping: str) -> Iterator[None]:
    yield
    (agency.folder / "demo.yml").write_text(mapping, encoding="utf-8")
    (agency.folder / "evil.yml").unlink(missing_ok=True)


def context(key: str | None = None, conf: dict[str, Any] | None = None, run: str = "run-1", **params: Any) -> Any:
    return {
        "dag_run": SimpleNamespace(partition_key=key, conf=conf or {}), "params": params, "run_id": run,
        "dag": SimpleNamespace(dag_id="cmfc_nightly__demo"),
    }  # fmt: skip


@pytest.fixture
def go_on(monkeypatch: pytest.MonkeyPatch) -> Callable[[Night, Any], Any]:
    def go_on(night: Any, task_context: Any) -> Any:
        monkeypatch.setattr(wiring, "get_current_context", lambda: task_context)
        return wiring.pinned(night)

    return go_on


def code_of(go: Callable[[], object]) -> str:
    with pytest.raises(CmfcError) as refused:
        go()
    return refused.value.code


def evil(agency: Agency, mapping: str, name: str = "demo") -> None:
    """As a hostile insider wrote it: the same agency, another mapping."""
    (agency.folder / "evil.yml").write_text(mapping.replace("agency: demo", f"agency: {name}"), encoding="utf-8")


def test_what_began_goes_on(agency: Agency, go_on: Any) -> None:
    for task_context in (context(DAY), context(business_date=DAY, run="run-2"), context(run="run-3")):
        night = wiring.begin(task_context)
        assert (night["agency"], night["business_date"]) == ("demo", DAY)
        assert go_on(night, task_context).business_date == DAY


@pytest.mark.parametrize(
    "edit",
    [
        {"agency": "evil"},
        {"agency": "evil.yml"},
        {"agency": "../agencies/evil"},
        {"agency_file": "/somewhere/evil.yml"},
        {"business_date": "2026-09-29"},
        {"business_date": "2099-01-01"},
        {"business_date": "../../elsewhere"},
        {"business_date": None},
        {"business_date": ["2026-09-30"]},
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "task_context", [context(DAY), context(business_date=DAY), context()], ids=["key", "param", "none"]
)
def test_what_was_edited_between_two_tasks_stops_the_next(
    edit: Night, task_context: Any, agency: Agency, go_on: Any, mapping: str
) -> None:
    evil(agency, mapping, "evil")
    night = wiring.begin(task_context)
    assert code_of(lambda: go_on({**night, **edit}, task_context)) in ("CMFC-A07", "CMFC-A04")


@pytest.mark.parametrize("night", [None, [], "demo", {}, {"agency": "demo", "business_date": DAY}], ids=str)
def test_something_that_is_no_night_stops_the_task(night: Any, agency: Agency, go_on: Any) -> None:
    wiring.begin(context(DAY))
    assert code_of(lambda: go_on(night, context(DAY))) == "CMFC-A07"


def test_a_run_that_did_not_begin_does_not_go_on(agency: Agency, go_on: Any) -> None:
    night = wiring.begin(context(DAY))
    assert code_of(lambda: go_on(night, context(DAY, run="another"))) == "CMFC-A09"


@pytest.mark.parametrize(
    "change",
    [
        ("FROM TBL_ABSENCE", "FROM (SELECT * FROM TBL_ABSENCE LIMIT 40) AS few"),
        ("path: le_log.xlsx", "path: elsewhere/le_log.xlsx"),
        ("name: ", "name: Another "),
    ],
    ids=["another query", "another folder", "another name"],
)
def test_another_mapping_stops_the_night(change: tuple[str, str], agency: Agency, go_on: Any, mapping: str) -> None:
    night = wiring.begin(context(DAY))
    assert change[0] in mapping
    (agency.folder / "demo.yml").write_text(mapping.replace(*change, 1), encoding="utf-8")
    with pytest.raises(UsageError, match=r"CMFC-A08: Another mapping came since") as refused:
        go_on(night, context(DAY))
    assert not refused.value.entry.may_pass
    wiring.begin(context(DAY))  # as when the run is cleared from its first task
    assert go_on(night, context(DAY)).business_date == DAY


def test_a_remark_or_another_hour_in_the_mapping_does_not_stop_it(agency: Agency, go_on: Any, mapping: str) -> None:
    night = wiring.begin(context(DAY))
    (agency.folder / "demo.yml").write_text(f"# a remark\n{mapping}schedule: 45 3 * * *\n", encoding="utf-8")
    assert go_on(night, context(DAY)).business_date == DAY


def test_another_law_or_code_stops_the_night(agency: Agency, go_on: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from cmfc.pipeline import pin
    from cmfc.pipeline.code import Code

    night = wiring.begin(context(DAY))
    with monkeypatch.context() as patch:
        patch.setattr(pin, "current_code", lambda: Code("0.1.0+another", ""))
        assert code_of(lambda: go_on(night, context(DAY))) == "CMFC-A08"
    monkeypatch.setattr(pin, "law_of", lambda mapping: SimpleNamespace(digest="another"))
    with pytest.raises(UsageError, match=r"CMFC-A08: Another law came"):
        go_on(night, context(DAY))


def test_a_worker_without_the_shared_folders_says_so_at_once_and_makes_nothing(
    agency: Agency, go_on: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    night = wiring.begin(context(DAY))
    for name in ("store", "lists"):
        with monkeypatch.context() as patch:
            patch.setenv(f"CMFC_{name.upper()}", str(tmp_path / name))
            with pytest.raises(UsageError, match=rf"CMFC-N06: .*folder of the {name} .*has no id file"):
                go_on(night, context(DAY))
            assert not (tmp_path / name).exists()
            (tmp_path / name).mkdir()
            (tmp_path / name / ".cmfc-id").write_text("0" * 32)
            with pytest.raises(UsageError, match=r"CMFC-N06: .*is another one"):
                go_on(night, context(DAY))
            assert [path.name for path in (tmp_path / name).iterdir()] == [".cmfc-id"]


def test_ids_of_folders_that_were_edited_do_not_help(
    agency: Agency, go_on: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The worker's own store with a copy of the ledger, and its id put where the task reads it."""
    night = wiring.begin(context(DAY))
    shutil.copytree(agency.store, tmp_path / "store")
    (tmp_path / "store" / ".cmfc-id").write_text("0" * 32)
    monkeypatch.setenv("CMFC_STORE", str(tmp_path / "store"))
    edited = {**night, "places": f"{'0' * 32}:{night['places'].split(':')[1]}"}
    assert code_of(lambda: go_on(edited, context(DAY))) == "CMFC-N06"


def test_a_key_that_nobody_reads_is_refused_by_its_position(agency: Agency) -> None:
    task_context = context(DAY, {"again": True, "Smith, Ana 2012-05-10": "missing", "again ": 1})
    with pytest.raises(UsageError, match=r"CMFC-A05: .* at position 2, 3; known: again, business_date") as refused:
        wiring.begin(task_context)
    assert "Smith" not in str(refused.value) and "missing" not in str(refused.value)
    wiring.mark_stale(task_context | {"exception": refused.value})
    wiring.mark_stale(task_context)
    assert not list(agency.lists.rglob("STALE.json"))
    assert wiring.begin(context(DAY, {"again": True, "business_date": DAY}))["business_date"] == DAY


def test_a_second_mapping_of_the_same_agency_is_not_run(agency: Agency, mapping: str) -> None:
    evil(agency, mapping)
    task_context = context(DAY) | {"dag": SimpleNamespace(dag_id="cmfc_nightly__evil")}
    assert code_of(lambda: wiring.begin(task_context)) == "CMFC-A06"
    assert wiring.begin(context(DAY))["agency"] == "demo"


def test_a_mapping_that_is_removed_while_the_night_runs_stops_it(agency: Agency, go_on: Any) -> None:
    night = wiring.begin(context(DAY))
    (agency.folder / "demo.yml").unlink()
    assert code_of(lambda: go_on(night, context(DAY))) == "CMFC-A01"


def test_what_was_noted_stands_in_the_journal_once_and_is_verified(tmp_path: Path) -> None:
    with opened(f"sqlite:///{tmp_path / 'ledger.sqlite'}") as ledger:
        first, second = run_key("a", "b"), run_key("ab", "")
        assert first != second and read_pin(ledger, "demo", first) is None
        note_pin(ledger, "demo", first, {"mapping": "1"}, 10)
        note_pin(ledger, "demo", second, {"mapping": "2"}, 11)
        note_pin(ledger, "demo", first, {"mapping": "1"}, 12)
        head, faults = verify(ledger, "demo", {})
        assert (head.seq, faults) == (2, []) and head.hash != GENESIS
        note_pin(ledger, "demo", first, {"mapping": "3"}, 13)
        assert read_pin(ledger, "demo", first) == {"mapping": "3"}
        assert read_pin(ledger, "demo", second) == {"mapping": "2"}
        assert read_pin(ledger, "another", first) is None


def test_a_night_whose_tasks_were_given_something_else_publishes_nothing(
    run: Callable[..., Any], agency: Agency, mapping: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As found in a real Airflow: `begin` is done, its XCom is edited, and the rest of the night runs on it."""
    evil(agency, mapping, "evil")
    begin = wiring.begin
    monkeypatch.setattr(wiring, "begin", lambda task_context: {**begin(task_context), "agency": "evil"})
    finished = run(business_date="2026-09-27")
    assert finished.state == "failed"
    assert not (agency.lists / "demo" / "2026-09-27").exists() and not (agency.lists / "evil").exists()
    assert not list(agency.store.glob("*/2026-09-27/pulled"))


def test_a_good_list_is_not_stale_because_its_message_did_not_go(
    run: Callable[..., Any], agency: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any) -> str:
        raise ConnectionRefusedError(111, "refused")

    with monkeypatch.context() as patch:
        patch.setattr(notifications, "send_notification", refused)
        finished = run(business_date=DAY)
    states = {one.task_id: str(one.state) for one in finished.get_task_instances()}
    assert finished.state == "failed" and states["notify"] == "failed" and states["report"] == "success"
    task_context = context(business_date=DAY, run=finished.run_id)
    notifications.NightFailed().notify(task_context)  # what Airflow calls once the run has failed
    assert not (agency.lists / "demo" / "STALE.json").exists()
    wiring.mark_stale(task_context | {"exception": OSError()})  # the same run, cleared, and failed before its list
    assert json.loads((agency.lists / "demo" / "STALE.json").read_bytes())["since"] == DAY
    notifications.NightFailed().notify(task_context)
    assert (agency.lists / "demo" / "STALE.json").exists()
    assert run(business_date=DAY).state == "success"
    assert not (agency.lists / "demo" / "STALE.json").exists()


def test_only_tasks_without_which_there_is_no_list_mark_it(agency: Agency) -> None:
    from airflow.dag_processing.dagbag import DagBag

    from tests.support.places import PROJECT

    dag = DagBag(str(PROJECT / "dags" / "cmfc_nightly.py")).dags["cmfc_nightly__demo"]

    def has(task: Any) -> bool:
        """A mapped task has one callback, another one a list of them."""
        callbacks = task.on_failure_callback
        return wiring.mark_stale in (callbacks if isinstance(callbacks, list) else [callbacks])

    marking = {task.task_id for task in dag.tasks if has(task)}
    assert marking == {task.task_id for task in dag.tasks} - {"notify", "report"}
