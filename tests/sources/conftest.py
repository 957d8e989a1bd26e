"""A PostgreSQL of the tests' own for the cases that read a database."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine

from tests.support.postgres import Database, new_database


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """Makes a database of its own from a case's ddl.sql; the server starts with the first."""
    engines: list[Engine] = []

    def make(ddl: Path) -> Engine:
        engine = create_engine(new_database(request.getfixturevalue("server")))
        raw = engine.raw_connection()
        raw.cursor().execute(ddl.read_text(encoding="utf-8"))
        raw.commit()
        raw.close()
        engines.append(engine)
        return engine

    yield make
    for engine in engines:
        engine.dispose()
