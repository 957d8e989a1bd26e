"""On the path of a real Airflow: each task of a night kills its process once, with signal 9, in the middle of it.

A task is told by a module that it is the first to import. `CMFC_TEST_KILLS` names a folder; a file in it says that a
task has been killed. Only processes that the scheduler started for a task are looked at.
"""

import os
import signal
import sys

TASKS = {
    "cmfc.pipeline.pin": "begin", "cmfc.ingest.snapshot": "pull", "cmfc.validation.validate": "validate",
    "cmfc.matching.match": "match", "cmfc.reconcile.engine": "reconcile", "cmfc.ledger.record": "record",
    "cmfc.worklists.publish": "publish", "cmfc.ledger.heads": "notify",
}  # fmt: skip
FOLDER = os.environ.get("CMFC_TEST_KILLS", "")


def kill_once(event, args):
    """An audit hook."""
    if event != "import" or args[0] not in TASKS or "scheduler" not in sys.argv:
        return
    runner = sys.modules.get("airflow.sdk.execution_time.task_runner")
    if getattr(runner, "SUPERVISOR_COMMS", None) is None:
        return
    path = f"{FOLDER}/{TASKS[args[0]]}"
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    except FileExistsError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


if FOLDER:
    sys.addaudithook(kill_once)
