"""One set of DAGs per agency: a broken mapping keeps its own hours, and no agency is touched by another's."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cmfc_demo.run import write_agency
from tests.support.places import PROJECT

pytestmark = pytest.mark.long

KINDS = ("cmfc_nightly", "cmfc_hourly", "cmfc_maintenance", "cmfc_audit_extract")
ZONES = {"adams": "America/New_York", "boone": "America/Chicago", "clark": "America/Denver"}
Parse = Callable[[], dict[str, Any]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two agencies, each with a mapping, and a third that is added later."""
    for name in ("store", "lists", "agencies"):
        monkeypatch.setenv(f"CMFC_{name.upper()}", str(tmp_path / name))
    monkeypatch.setenv("CMFC_CLOCK", "2026-10-01T12:30:00Z")
    (tmp_path / "agencies").mkdir()
    write_agency(tmp_path / "made", "2026-09-30", children=5)
    for name in ("adams", "boone"):
        add(tmp_path / "agencies", name)
    return tmp_path / "agencies"


def add(folder: Path, name: str, more: str = "") -> Path:
    text = (folder.parent / "made" / "demo.yml").read_text(encoding="utf-8")
    text = text.replace("agency: demo", f"agency: {name}").replace("zone: America/Chicago", f"zone: {ZONES[name]}")
    path = folder / f"{name}.yml"
    path.write_text(text + more, encoding="utf-8")
    return path


@pytest.fixture
def parse() -> Parse:
    def parse() -> dict[str, Any]:
        from airflow.dag_processing.dagbag import DagBag

        bag = DagBag(str(PROJECT / "dags"))
        assert not bag.import_errors
        return dict(bag.dags)

    return parse


def hours(dags: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Cron text and zone of each nightly DAG, by agency."""
    nightly = {name.partition("__")[2]: dag for name, dag in dags.items() if name.startswith("cmfc_nightly__")}
    return {name: (dag.timetable.expression, str(dag.timetable.timezone)) for name, dag in nightly.items()}


def test_each_agency_has_its_own_dags_in_its_zone_at_its_hours(folder: Path, parse: Parse) -> None:
    add(folder, "clark", "schedule: 15 4 * * *\n")
    dags = parse()
    assert set(dags) == {f"{kind}__{name}" for kind in KINDS for name in ZONES}
    assert hours(dags) == {
        "adams": ("30 3 * * *", "America/New_York"),
        "boone": ("30 3 * * *", "America/Chicago"),
        "clark": ("15 4 * * *", "America/Denver"),
    }
    assert str(dags["cmfc_maintenance__clark"].timetable.timezone) == "America/Denver"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_text("agency: [boone"),
        lambda path: path.write_text(path.read_text().replace("zone: America/Chicago", "zone: America/Chicagoo")),
        lambda path: path.write_text(path.read_text().replace("jurisdiction:", "jurisdicton:")),
        lambda path: path.write_text(path.read_text() + "schedule: '61 3 * * *'\n"),
        lambda path: path.write_text(path.read_text().replace("agency: boone", "agency: adams")),
        lambda path: shutil.copy(path, path.with_suffix(".yaml")),
        lambda path: path.write_bytes(b"\xff\xfe"),
    ],
    ids=["no yaml", "no zone", "no key", "no hour", "another agency's", "two of them", "no text"],
)
def test_a_broken_mapping_keeps_its_last_good_hours_and_touches_no_other(
    spoil: Callable[[Path], object], folder: Path, parse: Parse
) -> None:
    path = folder / "boone.yml"
    path.write_text(path.read_text(encoding="utf-8") + "schedule: 45 3 * * *\n", encoding="utf-8")
    before = hours(parse())
    assert before["boone"] == ("45 3 * * *", "America/Chicago")
    path.write_text(path.read_text().replace("schedule: 45 3 * * *\n", ""))
    spoil(path)
    assert hours(parse()) == before
    add(folder, "clark")
    assert hours(parse()) == before | {"clark": ("30 3 * * *", "America/Denver")}
    (folder / "adams.yml").unlink()
    assert set(hours(parse())) == {"boone", "clark"}


def test_a_mapping_that_never_could_be_read_has_dags_all_the_same(folder: Path, parse: Parse) -> None:
    (folder / "clark.yml").write_text("zone: [", encoding="utf-8")
    assert hours(parse())["clark"] == ("30 3 * * *", "UTC")


def test_a_folder_that_is_not_mounted_takes_no_job_away(folder: Path, parse: Parse) -> None:
    before = hours(parse())
    folder.rename(folder.with_name("elsewhere"))
    assert hours(parse()) == before
    folder.mkdir()
    assert hours(parse()) == before


def test_without_a_store_to_write_into_the_dags_are_there(
    folder: Path, parse: Parse, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder.parent / "taken").write_text("a file")
    monkeypatch.setenv("CMFC_STORE", str(folder.parent / "taken"))
    assert hours(parse())["adams"] == ("30 3 * * *", "America/New_York")


def test_the_run_of_a_broken_mapping_says_what_is_wrong_with_it(folder: Path, parse: Parse, metadata: Path) -> None:
    parse()
    path = folder / "boone.yml"
    path.write_text(path.read_text().replace("zone: America/Chicago", "zone: America/Chicagoo"))
    finished = parse()["cmfc_nightly__boone"].test(run_conf={"business_date": "2026-09-30"})
    assert finished.state == "failed"
    stale = json.loads((folder.parent / "lists" / "boone" / "STALE.json").read_bytes())
    assert stale["since"] == "2026-09-30" and stale["message"].startswith("CMFC-M03") and "zone" in stale["message"]
    assert [path.name for path in (folder.parent / "lists").iterdir()] == ["boone"]


def test_the_process_of_a_task_gets_its_dag_alone_also_where_the_mapping_is_gone(
    folder: Path, parse: Parse, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.sdk.definitions.context import AirflowParsingContext

    from cmfc.orchestration import wiring

    def only(dag_id: str) -> list[str]:
        monkeypatch.setattr(wiring, "get_parsing_context", lambda: AirflowParsingContext(dag_id, "begin"))
        return [one[0] for one in wiring.dags_of("cmfc_nightly")]

    assert only("cmfc_nightly__boone") == ["cmfc_nightly__boone"]
    (folder / "boone.yml").unlink()
    assert only("cmfc_nightly__boone") == ["cmfc_nightly__boone"]
    assert only("cmfc_hourly__boone") == only("cmfc_nightly__../boone") == only("another") == []
