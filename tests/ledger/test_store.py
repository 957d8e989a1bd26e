"""The tables on both databases: migrated, append-only, one writer at a time."""

import threading

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import BLANK_SCHEMA, MetaData, inspect, update

from cmfc.errors import CmfcError, UsageError
from cmfc.ledger.journal import append, head_of
from cmfc.ledger.store import VERSION_TABLE, Ledger, newest_revision, open_ledger
from cmfc.ledger.tables import APPEND_ONLY, SCHEMA, journal, metadata


def test_the_migrations_give_the_tables_that_the_code_has(ledger: Ledger) -> None:
    schema = None if ledger.is_sqlite else SCHEMA
    expected = MetaData(schema=schema)
    for table in [journal, *(t for t in metadata.sorted_tables if t is not journal)]:
        table.to_metadata(expected, schema=schema, referred_schema_fn=lambda *_: schema or BLANK_SCHEMA)
    options = {
        "version_table": VERSION_TABLE, "version_table_schema": schema, "include_schemas": schema is not None,
        "include_object": lambda _, name, *__: ledger.is_sqlite or name != "findings_listed",
            "include_name": lambda name, kind, _: kind != "schema" or name == schema,
    }  # fmt: skip
    with ledger.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts=options), expected) == []


def test_the_version_stands_in_a_table_of_its_own(ledger: Ledger) -> None:
    names = inspect(ledger.engine).get_table_names(schema=None if ledger.is_sqlite else SCHEMA)
    assert VERSION_TABLE in names and "alembic_version" not in names


def test_the_version_by_which_a_ledger_is_known_as_current_is_the_one_that_migrating_gives(ledger: Ledger) -> None:
    scripts = Config()
    scripts.set_main_option("script_location", "cmfc.ledger:migrations")
    scripts.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(scripts).get_current_head() == newest_revision()
    options = {"version_table": VERSION_TABLE, "version_table_schema": None if ledger.is_sqlite else SCHEMA}
    with ledger.reading() as connection:
        assert MigrationContext.configure(connection, opts=options).get_current_heads() == (newest_revision(),)


def test_opening_again_changes_nothing(ledger: Ledger, url: str) -> None:
    with ledger.writing("hill") as connection:
        append(connection, "hill", 5, "test", {})
    again = open_ledger(url)
    with again.reading() as connection:
        assert head_of(connection, "hill").seq == 1
    again.close()


@pytest.mark.parametrize("name", APPEND_ONLY)
@pytest.mark.parametrize("change", ["UPDATE {} SET agency = 'x'", "DELETE FROM {}"])
def test_what_is_written_for_ever_cannot_be_changed(name: str, change: str, ledger: Ledger) -> None:
    table = name if ledger.is_sqlite else f"{SCHEMA}.{name}"
    rows = {
        "journal": "(agency, seq, at, kind, body, previous, hash) VALUES ('hill', 1, 1, 'k', '{}', 'p', 'h')",
        "finding_events": "(agency, seq, ordinal, exception_id, kind, at, actor, detail)"
        " VALUES ('hill', 1, 0, 'e', 'k', 1, 'a', '{}')",
        "lineage": "(agency, seq, episode_id, change, other_id) VALUES ('hill', 1, 'e', 'c', 'o')",
        "releases": "(agency, seq, kind, subject, sha256, released_by, decision, reason, at)"
        " VALUES ('hill', 1, 'k', 's', 'h', 'b', 'd', '', 1)",
        "link_decisions": "(agency, seq, feed, report_id, child_id, revision, answer, decided_by, decided_at, note_id,"
        " report_print, child_print) VALUES ('hill', 1, 'f', 'r', 'c', 1, 'same', 'b', 1, 'n', '', '')",
        "claims": "(agency, seq, claim, change, child_id, episode_id, recipient, reported_at, actor, at)"
        " VALUES ('hill', 1, 1, 'noted', 'c', 'e', 'ncmec', 1, 'a', 1)",
        "row_digests": "(agency, relation, key, seq, digest) VALUES ('hill', 'runs', '[1]', 1, 'd')",
    }
    prefix = "" if ledger.is_sqlite else f"{SCHEMA}."
    with ledger.writing("hill") as connection:
        for each in dict.fromkeys(["journal", name]):
            connection.exec_driver_sql(f"INSERT INTO {prefix}{each} {rows[each]}")
    with pytest.raises(CmfcError, match="CMFC-J10"), ledger.writing("hill") as connection:
        connection.exec_driver_sql(change.format(table))


def test_two_writers_of_one_agency_take_turns(ledger: Ledger) -> None:
    """Every entry of both follows the one before it; none is lost."""
    from cmfc.ledger.verify import verify_chain

    def write() -> None:
        for n in range(25):
            with ledger.writing("hill") as connection:
                append(connection, "hill", n, "test", {"n": n})

    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with ledger.reading() as connection:
        assert head_of(connection, "hill").seq == 50
        assert list(verify_chain(connection, "hill")) == []


def test_a_transaction_that_fails_leaves_nothing(ledger: Ledger) -> None:
    with pytest.raises(RuntimeError), ledger.writing("hill") as connection:
        append(connection, "hill", 1, "test", {})
        raise RuntimeError
    with ledger.reading() as connection:
        assert head_of(connection, "hill").seq == 0


def test_an_error_of_the_database_quotes_nothing(ledger: Ledger) -> None:
    with pytest.raises(CmfcError) as refused, ledger.writing("hill") as connection:
        append(connection, "hill", 1, "test", {"planted": "Zebulonia"})
        connection.execute(update(journal).values(kind="Zebulonia"))
    assert "Zebulonia" not in f"{refused.value}{refused.value.__context__ if refused.value.__cause__ else ''}"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("postgresql://x/y", "CMFC-J02"),
        ("mysql://x", "CMFC-J02"),
        ("postgresql+psycopg2://nobody@127.0.0.1:1/none", "CMFC-J09"),
    ],
)
def test_a_ledger_that_cannot_be_opened_says_so(url: str, code: str) -> None:
    with pytest.raises(UsageError, match=code):
        open_ledger(url)
