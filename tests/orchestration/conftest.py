"""The demonstration agency, small, and the nightly DAG run on it in this process."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cmfc_demo.run import write_agency
from cmfc_demo.synthetic.agency import CONNECTION
from tests.support.demo_agency import NAMES, Agency
from tests.support.places import HOME, PROJECT


@pytest.fixture(scope="session")
def metadata() -> Path:
    """Airflow's tables, made in this process: five seconds less than by its command line."""
    from airflow.utils.db import initdb

    initdb()
    return HOME / "airflow.db"


@pytest.fixture(scope="module")
def agency(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agency]:
    root = tmp_path_factory.mktemp("agency")
    demo = Agency(root / "agencies", root / "store", root / "lists")
    write_agency(demo.folder, "2026-09-30", children=60)
    first, last = NAMES
    demo.change(f"UPDATE TBL_CLIENT SET GIVEN_NM = '{first}', SURNAME = '{last}'")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CMFC_STORE", str(demo.store))
        patch.setenv("CMFC_LISTS", str(demo.lists))
        patch.setenv("CMFC_AGENCIES", str(demo.folder))
        patch.setenv("CMFC_RETRY_SECONDS", "0")
        patch.setenv("CMFC_CLOCK", "2026-10-01T08:30:00Z")
        patch.setenv("CMFC_CLOCK_FOR_ACTS", "true")
        connection = {"conn_type": "sqlite", "host": str(demo.database)}
        patch.setenv(f"AIRFLOW_CONN_{CONNECTION.upper()}", json.dumps(connection))
        yield demo


@pytest.fixture(scope="module")
def run(agency: Agency, metadata: Path) -> Callable[..., Any]:
    """Runs one night of the DAG in this process; gives the finished run."""
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(str(PROJECT / "dags"))
    assert not bag.import_errors
    nightly = bag.dags["cmfc_nightly__demo"]
    return lambda **conf: nightly.test(run_conf=conf)
