"""The same tests on SQLite and PostgreSQL, and nights made of a few findings, without records and door."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cmfc.ledger.store import Ledger, open_ledger
from tests.support.postgres import new_database


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    return new_database(request.getfixturevalue("server"))


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    opened = open_ledger(url)
    yield opened
    opened.close()
