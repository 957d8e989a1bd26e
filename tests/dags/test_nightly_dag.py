"""The DAG file: it parses alone, lightly, and says what it is."""

import os
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]

PARSE = """
import sys
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(sys.argv[1])
assert not bag.import_errors, bag.import_errors
dag = bag.dags["cmfc_nightly"]
assert dag.doc_md and dag.max_active_runs == 1 and not dag.catchup
assert {t.retries for t in dag.tasks} == {2}
assert dag.task_ids == ["pull", "check", "reconcile", "publish"], dag.task_ids
print("heavy", sorted({"great_expectations", "pandas", "duckdb"} & set(sys.modules)))
"""


def test_the_dag_parses_without_errors_and_without_heavy_imports(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{tmp_path}/airflow.db",
    }
    command = [sys.executable, "-c", PARSE, str(PROJECT / "dags")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip().endswith("heavy []")


def test_the_dag_file_is_wiring_only() -> None:
    for path in (PROJECT / "dags").glob("*.py"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 150


def test_the_plugin_loader_leaves_the_package_alone() -> None:
    assert (PROJECT / "plugins" / ".airflowignore").read_text(encoding="utf-8") == "cmfc/\n"
