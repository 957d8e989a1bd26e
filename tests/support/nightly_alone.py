"""A real Airflow on a machine that may be busy: each wait ends as soon as what it waits for is there."""

import time
import urllib.error
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cmfc_demo.local_airflow import LocalAirflow
from cmfc_demo.run import DAG, airflow

PATIENCE = 900
"""Seconds after which something is given up as never coming."""


@contextmanager
def nightly_alone(root: Path, agency: Path, business_date: str) -> Iterator[LocalAirflow]:
    """An Airflow with only the nightly job switched on.

    The others have hours of the clock on the wall: started soon after a full hour, the watch ran beside the night, and
    would fail with the night's bad input. The DAGs are read once: nobody changes them, and each reading takes from the
    night what the machine has.
    """
    service = airflow(root, agency, business_date)
    once = {"CORE__DAGS_ARE_PAUSED_AT_CREATION": "True", "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": str(PATIENCE)}
    service.more = {**service.more, **{f"AIRFLOW__{name}": value for name, value in once.items()}}
    with service:
        until = time.monotonic() + PATIENCE
        while not _switched_on(service):
            service.refuse_dead()
            assert time.monotonic() < until, "Airflow does not know the nightly job"
            time.sleep(0.25)
        yield service


def _switched_on(service: LocalAirflow) -> bool:
    try:
        service.ask(DAG, {"is_paused": False}, "PATCH")
    except urllib.error.HTTPError:  # not read yet
        return False
    return True
