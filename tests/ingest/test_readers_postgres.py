"""What PostgreSQL can hold and Python cannot costs its cell, not the night (spec 1, Completeness of a pull)."""

from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text

from cmfc.ingest.readers import SourceCensus, read
from cmfc.ingest.sources import SqlSource
from cmfc.ingest.text import UNREADABLE
from tests.support.postgres import new_database, server

__all__ = ["server"]

TABLE = """
CREATE TABLE ab (id text, born date, since timestamp, informed timestamptz, clock time, pay float8, n numeric);
INSERT INTO ab VALUES
 ('A1', '2011-04-03', '2026-03-01 10:00:00', '2026-03-01 10:30:00-06', '09:05', 12345, 2.50),
 ('A2', '0001-12-31 BC', 'infinity', '-infinity', '24:00', 'Infinity', 'NaN'),
 ('A3', 'infinity', '20000-01-01', '2026-07-01 10:30:00.5-05', '10:00:00.5', 'NaN', 'Infinity'),
 ('A4', NULL, NULL, NULL, NULL, 1e16, 7.00)
"""


@pytest.fixture
def engine(server: str) -> Any:
    engine = create_engine(new_database(server))
    with engine.begin() as connection:
        connection.execute(text(TABLE))
    yield engine
    engine.dispose()


def take(engine: Engine, query: str) -> tuple[list[list[Any]], SourceCensus]:
    census, rows = SourceCensus(), []
    source = SqlSource(kind="sql", connection="casework", query=query)
    for chunk in read("absences", source, lambda _: engine, census):
        rows += [list(row.values()) for row in chunk.table.to_pylist()]
    return rows, census


def test_a_cell_that_python_cannot_hold_costs_itself(engine: Engine) -> None:
    rows, census = take(engine, "SELECT * FROM ab ORDER BY id;")
    bad = UNREADABLE
    assert rows[0][:3] == ["A1", "2011-04-03", "2026-03-01T10:00:00"]
    assert rows[0][3] in ("2026-03-01T10:30:00-06:00", "2026-03-01T16:30:00+00:00")
    assert rows[0][4:] == ["09:05:00", "12345", "2.50"]
    assert rows[1] == ["A2", bad, "infinity", bad, "24:00:00", bad, None]
    assert rows[2][:3] == ["A3", "infinity", bad] and rows[2][4:] == ["10:00:00.5", None, bad]
    assert rows[3] == ["A4", None, None, None, None, "1.000000000000000e+16", "7"]
    assert census.counts == {"records": 4, "records_counted_apart": 4}


def test_an_id_that_a_real_has_rounded_is_none(engine: Engine) -> None:
    """Two children's ids would be one: 16777216 and 16777217 are the same number of four bytes."""
    reals = ("16777217", "12345", "2.5", "'NaN'", "'Infinity'", "NULL")
    columns = ", ".join(f"{value}::real AS c{at}" for at, value in enumerate(reals))
    ((*short, whole),), _ = take(engine, f"SELECT {columns}, 16777217::float8 AS whole")
    assert short == ["1.677721600000000e+07", "12345", "2.5", None, UNREADABLE, None] and whole == "16777217"


def test_the_connection_goes_back_as_it_was(engine: Engine) -> None:
    take(engine, "SELECT born FROM ab WHERE id = 'A1'")
    with engine.connect() as connection:
        assert connection.execute(text("SELECT born FROM ab WHERE id = 'A1'")).scalar_one().year == 2011
        assert connection.execute(text("SHOW transaction_isolation")).scalar_one() == "read committed"


def test_rows_that_come_meanwhile_are_in_neither_count(engine: Engine) -> None:
    source = SqlSource(kind="sql", connection="casework", query="SELECT id FROM ab")
    census = SourceCensus()
    chunks = read("absences", source, lambda _: engine, census)
    next(chunks)
    with engine.begin() as other:
        other.execute(text("INSERT INTO ab (id) VALUES ('A9')"))
    assert list(chunks) == []
    assert census.counts == {"records": 4, "records_counted_apart": 4}
