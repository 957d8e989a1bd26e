"""A real Airflow on a machine that may be busy: each wait ends as soon as what it waits for is there."""

from collections.abc import Iterator

import pytest

from cmfc_demo import local_airflow
from tests.support.nightly_alone import PATIENCE


@pytest.fixture(scope="session", autouse=True)
def patience() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for what in ("start", "parse", "answer"):
            patch.setitem(local_airflow.PATIENCE, what, PATIENCE)
        yield
