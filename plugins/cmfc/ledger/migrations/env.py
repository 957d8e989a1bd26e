"""Alembic's entry: the ledger's own schema and version table, on the connection that store.py hands over."""

from alembic import context

from cmfc.ledger.store import VERSION_TABLE
from cmfc.ledger.tables import SCHEMA, metadata

connection = context.config.attributes["connection"]
schema = None if connection.dialect.name == "sqlite" else SCHEMA
context.configure(
    connection=connection,
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    version_table_schema=schema,
    include_schemas=True,
    transaction_per_migration=False,
)
context.run_migrations()
