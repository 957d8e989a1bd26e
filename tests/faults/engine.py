"""The nightly DAG of an installation, task by task as Airflow runs it: context, retries, callbacks.

It is the DAG's own wiring that runs; only what Airflow's scheduler would do is done here, in one process and without
its database, so that a fault can be put before any task in a second.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace
from typing import Any

from airflow.sdk.execution_time.context import OutletEventAccessors, set_current_context

from cmfc.feeds.catalog import feeds
from tests.support.places import PROJECT

STAGES = ("begin", "pull", "validate", "match", "reconcile", "record", "publish", "notify", "report")


def dag_of(agency: str) -> Any:
    """The agency's nightly DAG, read from the DAG file."""
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(str(PROJECT / "dags" / "cmfc_nightly.py")).dags[f"cmfc_nightly__{agency}"]


@dataclass
class Engine:
    """One run of a night.

    Attributes:
        dag: its DAG.
        day: the business date.
        run_id: its name.
        night: what `begin` handed on.
        tries: how often each task was begun.
        before_retry: called before a task is tried again.
    """

    dag: Any
    day: str
    run_id: str = "run-1"
    night: dict[str, str] | None = None
    tries: dict[str, int] = field(default_factory=dict)
    before_retry: Callable[[], None] = lambda: None

    def run(self, first: str = STAGES[0], last: str = STAGES[-1]) -> str:
        """Run the tasks from `first` to `last`; `success`, or the name of the task that failed for good.

        `report` does not wait for `notify`, but it is run after it.
        """
        failed = ""
        for stage in STAGES[STAGES.index(first) : STAGES.index(last) + 1]:
            if not self._task(stage):
                failed = failed or stage
                if stage not in ("notify", "report"):
                    break
        if failed:
            self.dag.on_failure_callback.notify(self.context(stage="", run=True))
        return failed or "success"

    def context(self, stage: str, number: int = 1, run: bool = False, exception: BaseException | None = None) -> Any:
        """What Airflow gives to a task and to its callbacks; to those of a run, without an exception."""
        task = SimpleNamespace(try_number=number, max_tries=2, task_id=stage, start_date=None)
        more = {} if run else {"exception": exception}
        return {
            "dag": self.dag, "run_id": self.run_id, "ti": task, "params": {"business_date": None, "again": False},
            "dag_run": SimpleNamespace(partition_key=self.day, conf={}, clear_number=0, run_type="scheduled"),
            "task": SimpleNamespace(inlets=[], outlets=[]), "outlet_events": OutletEventAccessors(), **more,
        }  # fmt: skip

    def _task(self, stage: str) -> bool:
        task = self.dag.get_task(stage)
        each: list[tuple[Any, ...]] = [()] if stage == "begin" else [(self.night,)]
        if stage == "pull":
            each = [(self.night, feed) for feed in feeds()]
        return all(self._try(stage, task, partial(task.python_callable, *of)) for of in each)

    def _try(self, stage: str, task: Any, call: Callable[[], Any]) -> bool:
        for number in range(1, task.retries + 2):
            self.tries[stage] = self.tries.get(stage, 0) + 1
            try:
                with set_current_context(self.context(stage, number)):
                    result = call()
            except Exception as error:
                decision = task.retry_policy.evaluate(error, number, task.retries + 1)
                if number <= task.retries and decision.action.value != "fail":
                    self.before_retry()
                    continue
                self._fail(task, self.context(stage, number, exception=error))
                return False
            if stage == "begin":
                self.night = result
            return True
        return False

    @staticmethod
    def _fail(task: Any, context: Any) -> None:
        """Each callback has its turn, whatever the one before it raises, as in Airflow."""
        callbacks = task.on_failure_callback
        for callback in callbacks if isinstance(callbacks, list) else [callbacks]:
            try:
                callback(context)
            except Exception as error:
                print(f"{type(error).__name__} in {callback.__name__}")


if __name__ == "__main__":  # DAY AGENCY: a whole night in a process of its own
    sys.exit(Engine(dag_of(sys.argv[2]), sys.argv[1], run_id=sys.argv[2]).run() != "success")
