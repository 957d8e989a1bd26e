"""The audit extract's DAG: who is asked, what is handed on, what is decided."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cmfc.audit_extract.extract import Request
from cmfc.errors import UsageError
from cmfc.ledger.releases import Release, note_release
from cmfc.ledger.store import opened
from cmfc.orchestration.approval import decide_on_answer
from cmfc.settings import Settings
from cmfc.storage.digest import sha256_of
from cmfc_demo.run import write_agency
from tests.support.places import PROJECT

APPROVERS = "vera, 7:otto"
NIGHT = "2026-09-30"


@pytest.fixture(scope="module")
def audits(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the packages of the agency `demo` lie."""
    root = tmp_path_factory.mktemp("audits")
    write_agency(root / "agencies", NIGHT, children=5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CMFC_AUDIT_APPROVERS", APPROVERS)
        for name in ("audits", "agencies", "store", "lists"):
            patch.setenv(f"CMFC_{name.upper()}", str(root / name))
        yield root / "audits" / "demo"


@pytest.fixture(scope="module")
def dag(audits: Path) -> Any:
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(str(PROJECT / "dags" / "cmfc_audit_extract.py"))
    assert not bag.import_errors
    return bag.dags["cmfc_audit_extract__demo"]


def context(by: str | None, name: str = "first", run: str = "run-1") -> dict[str, Any]:
    return {
        "dag_run": SimpleNamespace(triggering_user_name=by), "task_instance": SimpleNamespace(id="x"),
        "dag": SimpleNamespace(dag_id="cmfc_audit_extract__demo"), "run_id": run, "params": {"name": name},
    }  # fmt: skip


def build(folder: Path, by: str = "otto", episodes: str = "episode\n1\n") -> str:
    """A package as small as can be, built by a person; gives the SHA-256 of its manifest."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "episodes.csv").write_text(episodes, encoding="utf-8")
    outputs = {"episodes.csv": {"rows": 1, "sha256": sha256_of(folder / "episodes.csv")}}
    manifest = {
        "kind": "cmfc audit extract", "agency": "demo", "period": {"first": "2025-01-01", "last": "2025-12-31"},
        "as_known_on": NIGHT, "sample": {"frame": 1, "drawn": 1}, "outputs": outputs, "shareable": {"period": ""},
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    digest = sha256_of(folder / "manifest.json")
    with opened(Settings().ledger_url()) as ledger:
        note_release(ledger, "demo", Release("extract", folder.name, digest, by, 1_800_000_000, "built", "as_asked"))
    return digest


def ask(dag: Any, by: str | None, monkeypatch: pytest.MonkeyPatch, name: str = "first") -> list[dict[str, str]]:
    """Who may answer when `by` has built; Airflow's own part, which asks and waits, is left out."""
    from airflow.providers.standard.operators.hitl import HITLOperator

    operator = dag.get_task("approve")
    before = list(operator.assigned_users)
    monkeypatch.setattr(HITLOperator, "execute", lambda self, context: self.assigned_users)
    try:
        return list(operator.execute(context(by, name, name)))
    finally:
        operator.assigned_users = before


def answer(dag: Any, name: str, option: str = "Approve", by: str = "vera") -> None:
    """What Airflow hands to the operator once a person has answered."""
    event = {
        "chosen_options": [option], "params_input": {"reason": "as_asked"},
        "responded_at": datetime(2026, 10, 1, tzinfo=UTC), "responded_by_user": {"id": by, "name": by},
    }  # fmt: skip
    dag.get_task("approve").execute_complete(context("otto", name, name), event)


def test_it_builds_asks_and_decides(dag: Any) -> None:
    assert dag.get_task("build").downstream_task_ids == {"approve"}
    assert dag.get_task("approve").downstream_task_ids == {"decide"}
    assert dag.get_task("approve").options == ["Approve", "Refuse"]
    for word in ("period", "CMFC_AUDIT_APPROVERS", "verify.py", "released", "Privacy"):
        assert word in dag.doc_md, word


def test_those_who_did_not_build_are_asked(dag: Any, audits: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(audits / "first")
    vera, otto = {"id": "vera", "name": "vera"}, {"id": "7", "name": "otto"}
    assert ask(dag, "somebody", monkeypatch) == [vera, otto]
    assert ask(dag, "otto", monkeypatch) == [vera]


def test_without_anybody_left_nobody_is_asked(dag: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    operator = dag.get_task("approve")
    monkeypatch.setattr(operator, "assigned_users", [{"id": "vera", "name": "vera"}])
    with pytest.raises(UsageError, match="CMFC-U13"):
        ask(dag, "vera", monkeypatch)
    with pytest.raises(UsageError, match="CMFC-U13"):
        ask(dag, None, monkeypatch)


def test_the_question_is_made_from_the_package_and_its_hash_is_noted(
    dag: Any, audits: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = build(audits / "shown")
    ask(dag, "otto", monkeypatch, "shown")
    body = dag.get_task("approve").body
    assert digest in body and str(audits / "shown") in body and "1 episodes" in body and "2025-01-01" in body
    answer(dag, "shown")
    assert decide_on_answer(context("otto", "shown", "shown")) == {
        "folder": str(audits / "released" / "shown"), "is_released": True,
    }  # fmt: skip


def test_a_refusal_leaves_the_package(dag: Any, audits: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(audits / "unwanted")
    ask(dag, "otto", monkeypatch, "unwanted")
    answer(dag, "unwanted", "Refuse")
    assert not decide_on_answer(context("otto", "unwanted", "unwanted"))["is_released"]
    assert (audits / "unwanted").is_dir()


def test_an_approval_of_one_package_releases_no_other(dag: Any, audits: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Found with an edited XCom; the same where the package is built anew under its name while the question waits."""
    build(audits / "approved")
    build(audits / "other", episodes="episode\n2\n")
    ask(dag, "otto", monkeypatch, "approved")
    answer(dag, "approved")
    build(audits / "approved", episodes="episode\n2\n")
    for name in ("approved", "other"):
        with pytest.raises(UsageError, match="CMFC-U15"):
            decide_on_answer(context("otto", name, "approved"))
    assert not (audits / "released" / "approved").exists() and not (audits / "released" / "other").exists()


def test_an_answer_that_nobody_gave_decides_nothing(dag: Any, audits: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(audits / "waiting")
    with pytest.raises(UsageError, match="CMFC-A09"):
        decide_on_answer(context("otto", "waiting", "waiting"))
    ask(dag, "otto", monkeypatch, "waiting")
    with pytest.raises(UsageError, match="CMFC-A09"):
        decide_on_answer(context("otto", "waiting", "waiting"))
    answer(dag, "waiting", by="otto")
    with pytest.raises(UsageError, match="CMFC-U13"):
        decide_on_answer(context("otto", "waiting", "waiting"))


def test_no_task_reads_what_another_handed_on(dag: Any) -> None:
    for name in ("build", "decide"):
        task = dag.get_task(name)
        assert (list(task.op_args), dict(task.op_kwargs)) == ([], {})
    assert "xcom" not in str(dag.get_task("approve").body).lower()


def test_reasons_are_codes_so_that_nobody_types_about_a_child(dag: Any) -> None:
    reason = dag.get_task("approve").params.get_param("reason")
    assert "privacy" in reason.schema["enum"]


PARSE = """
import json, sys
import airflow.sdk
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(sys.argv[1])
heavy = {"duckdb", "pandas", "scipy", "xlsxwriter"} & set(sys.modules)
print(json.dumps([list(bag.import_errors.values()), sorted(heavy)]))
"""


def test_it_parses_without_anything_set_and_without_anything_heavy() -> None:
    command = [sys.executable, "-c", PARSE, str(PROJECT / "dags" / "cmfc_audit_extract.py")]
    done = subprocess.run(command, env=dict(os.environ), capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.splitlines()[-1]) == [[], []]


def test_the_dag_file_is_short() -> None:
    assert len(Path(PROJECT / "dags" / "cmfc_audit_extract.py").read_text(encoding="utf-8").splitlines()) <= 150


def test_what_the_form_asks_is_what_is_built(dag: Any, audits: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every param by its name: the request is the form's, whatever the order of its fields."""
    requests: list[Request] = []
    monkeypatch.setattr("cmfc.audit_extract.release.build_extract", lambda _, request, *rest: requests.append(request))
    monkeypatch.setattr("cmfc.pipeline.past_run.known_at", lambda *where: nullcontext())
    monkeypatch.setattr("cmfc.privacy.pseudonyms.read_key", lambda text: text)
    task = dag.get_task("build").python_callable
    form = {"run": ""} | {
        "name": "form", "first": "2025-10-01", "last": "2026-09-30", "as_known_on": NIGHT, "seed": 7, "sample_size": 50,
        "strata": ["age_band"], "population": "statute", "year_begins": 7, "is_by_day": True, "is_shareable": False,
        "is_for_state": True, "compare": "before",
    }  # fmt: skip
    now = context("otto", "form")
    now["params"], now["dag_run"].conf = form, {}
    monkeypatch.setitem(task.__globals__, "get_current_context", lambda: now)
    task()
    assert requests == [
        Request(
            date(2025, 10, 1), date(2026, 9, 30), NIGHT, seed=7, sample_size=50, strata=("age_band",),
            population="statute", is_by_day=True, year_begins=7, is_shareable=False, is_for_state=True,
            former=audits / "released" / "before",
        )
    ]  # fmt: skip
