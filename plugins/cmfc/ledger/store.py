"""Opens the ledger: SQLite embedded by default, PostgreSQL by URL; migrated when opened (docs/how-to/ledger.md)."""

import re
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, Engine, MetaData, String, Table, create_engine, event, select, text
from sqlalchemy.exc import ArgumentError, DBAPIError

from cmfc.errors import UsageError
from cmfc.ledger.driver import may_pass, refusal
from cmfc.ledger.tables import SCHEMA
from cmfc.settings import look_up

VERSION_TABLE = "cmfc_version"
PATIENCE_SECONDS = 120
"""How long a writer waits for the one that is writing: longer than a big night takes."""
_MIGRATION_LOCK = zlib.crc32(b"cmfc migration")
_NIGHT = "hashtext(:agency), hashtext(:night)"
"""A lock of two numbers; those of one number are others."""


class Ledger:
    """An open ledger. Reading needs no lock; writing is one writer at a time per agency."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @property
    def is_sqlite(self) -> bool:
        """SQLite has one writer in all; PostgreSQL one per agency."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent view."""
        with _hide_values(), self.engine.connect() as connection:
            if not self.is_sqlite:
                connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection

    @contextmanager
    def writing(self, agency: str) -> Iterator[Connection]:
        """One transaction; others of the agency wait for its end, and give up after PATIENCE_SECONDS.

        Raises:
            CmfcError: CMFC-J01 if the ledger could not be written.
        """
        with _hide_values(), self.engine.connect() as connection:
            if self.is_sqlite:
                connection.execution_options(cmfc_writes=True)
            with connection.begin():
                if not self.is_sqlite:
                    connection.execute(text(f"SET LOCAL lock_timeout = '{PATIENCE_SECONDS}s'"))
                    connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": zlib.crc32(agency.encode())})
                yield connection

    @contextmanager
    def holding(self, agency: str, night: str) -> Iterator[None]:
        """Hold a night for this process alone, on whatever machine; SQLite is on one, where a file's lock does.

        Raises:
            BlockingIOError: another process holds it.
            CmfcError: CMFC-J01 if the database did not answer, or let go before the end.
        """
        if self.is_sqlite:
            yield
            return
        names = {"agency": agency, "night": night}
        with ExitStack() as stack:
            with _hide_values():
                connection = stack.enter_context(self.engine.connect())
                connection.execution_options(isolation_level="AUTOCOMMIT")
                if not connection.scalar(text(f"SELECT pg_try_advisory_lock({_NIGHT})"), names):
                    raise BlockingIOError
            yield
            with _hide_values():
                connection.execute(text(f"SELECT pg_advisory_unlock({_NIGHT})"), names)

    def analyze_findings(self, connection: Connection) -> None:
        """Update the database's statistics of the findings, so that it takes the right index for a list."""
        connection.exec_driver_sql("ANALYZE findings" if self.is_sqlite else f"ANALYZE {SCHEMA}.findings")

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def open_ledger(url: str) -> Ledger:
    """Opens the ledger at a SQLAlchemy URL and migrates it to this version.

    Args:
        url: `sqlite:///path` or `postgresql+psycopg2://...`; the driver is named. Or `conn:` and a connection of
            Airflow, which is looked up only here, so that its password is in no run and no settings.

    Raises:
        UsageError: CMFC-J02 if the database is neither, or cannot be opened; CMFC-J09 if it cannot be reached; CMFC-S02
            if the connection is not there.
    """
    url = look_up(url, "url")
    if not url.startswith(("sqlite:///", "postgresql+")):
        raise UsageError("CMFC-J02", "The ledger's URL must begin with sqlite:/// or postgresql+psycopg2://.")
    if url.startswith("sqlite:///"):
        path = Path(url.removeprefix("sqlite:///"))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)  # it holds what people typed
        except OSError as error:
            raise UsageError("CMFC-J02", "The ledger's file cannot be written.", type(error).__name__) from None
        engine = create_engine(url, connect_args={"timeout": PATIENCE_SECONDS})
        engine = engine.execution_options(schema_translate_map={SCHEMA: None})
        event.listen(engine, "connect", _tune_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        try:
            engine = create_engine(url, pool_pre_ping=True)
        except (ArgumentError, ImportError, ValueError) as error:  # its text may quote the password
            message = "The ledger's URL cannot be read, or its driver is not installed."
            raise UsageError("CMFC-J02", message, type(error).__name__) from None
    if not _is_current(engine):
        migrate(engine)
    return Ledger(engine)


@contextmanager
def opened(url: str) -> Iterator[Ledger]:
    """The ledger at a URL, closed at the end; errors as `open_ledger`."""
    ledger = open_ledger(url)
    try:
        yield ledger
    finally:
        ledger.close()


@cache
def newest_revision() -> str:
    """The version that this code's tables have: of the last file in migrations/versions, by its name."""
    names = (path.name for path in files("cmfc.ledger").joinpath("migrations", "versions").iterdir())
    return max(name[1:5] for name in names if re.fullmatch(r"v\d{4}_\w+\.py", name))


def _is_current(engine: Engine) -> bool:
    """Whether the tables have this code's version: a night opens its ledger six times, and Alembic is slow."""
    table = Table(VERSION_TABLE, MetaData(schema=SCHEMA), Column("version_num", String))
    try:
        with engine.connect() as connection:
            return connection.scalars(select(table.c.version_num)).all() == [newest_revision()]
    except DBAPIError:  # there is no such table, or no such database; migrating says which
        return False


def migrate(engine: Engine, to: str = "head") -> None:
    """Brings the tables to a version; two that open a new ledger at once wait for one another."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "cmfc.ledger:migrations")
    config.set_main_option("path_separator", "os")
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                connection.execution_options(cmfc_writes=True)
            with connection.begin():
                if engine.dialect.name != "sqlite":
                    connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _MIGRATION_LOCK})
                    if not connection.scalar(text(f"SELECT to_regnamespace('{SCHEMA}') IS NOT NULL")):
                        connection.execute(text(f"CREATE SCHEMA {SCHEMA}"))  # a plain writer may not
                config.attributes["connection"] = connection
                command.upgrade(config, to)
    except DBAPIError as error:
        kind = type(error.orig).__name__
        if may_pass(error.orig, error.connection_invalidated):
            raise UsageError("CMFC-J09", "The ledger's database could not be reached.", kind) from None
        raise UsageError("CMFC-J02", "The ledger could not be opened.", kind) from None


_CACHE = "cache_size = -65536"
"""64 MiB of pages, in KiB: with SQLite's own 2 MiB a large night writes and reads the same ones again and again."""


def _tune_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we begin transactions, not the driver
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "temp_store = MEMORY", _CACHE):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("cmfc_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _hide_values() -> Iterator[None]:
    """Driver messages may contain row values; report only the class of the error."""
    try:
        yield
    except DBAPIError as error:
        raise refusal(error.orig, error.connection_invalidated) from None
