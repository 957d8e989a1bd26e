"""The audit extract's DAG: who is asked, what is handed on, what is decided."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cmfc.errors import UsageError
from tests.support.places import PROJECT

APPROVERS = "vera, 7:otto"


@pytest.fixture(scope="module")
def dag(tmp_path_factory: pytest.TempPathFactory) -> Any:
    from airflow.dag_processing.dagbag import DagBag

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CMFC_AUDIT_APPROVERS", APPROVERS)
        patch.setenv("CMFC_AUDITS", str(tmp_path_factory.mktemp("audits")))
        bag = DagBag(str(PROJECT / "dags" / "cmfc_audit_extract.py"))
    assert not bag.import_errors
    return bag.dags["cmfc_audit_extract"]


def context(by: str | None) -> dict[str, Any]:
    return {"dag_run": SimpleNamespace(triggering_user_name=by), "task_instance": SimpleNamespace(id="x")}


def ask(dag: Any, by: str | None, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """Who may answer when `by` has built; Airflow's own part, which asks and waits, is left out."""
    from airflow.providers.standard.operators.hitl import HITLOperator

    operator = dag.get_task("approve")
    before = list(operator.assigned_users)
    monkeypatch.setattr(HITLOperator, "execute", lambda self, context: self.assigned_users)
    try:
        return list(operator.execute(context(by)))
    finally:
        operator.assigned_users = before


def test_it_builds_asks_and_decides(dag: Any) -> None:
    assert dag.get_task("build").downstream_task_ids == {"approve", "decide"}
    assert dag.get_task("approve").downstream_task_ids == {"decide"}
    assert dag.get_task("approve").options == ["Approve", "Refuse"]
    for word in ("period", "CMFC_AUDIT_APPROVERS", "verify.py", "released", "Privacy"):
        assert word in dag.doc_md, word


def test_those_who_did_not_build_are_asked(dag: Any, monkeypatch: pytest.MonkeyPatch) -> None:
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
