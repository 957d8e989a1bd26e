"""What the last night changed, by duty, can be counted and listed.

Revision: 0004. Frozen: a later change of tables.py is a later revision.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

WRITER = "cmfc_writer"


def upgrade() -> None:
    """Adds the table, and on PostgreSQL the grant to the role that writes."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    schema = None if is_sqlite else "cmfc"
    op.create_table(
        "duty_changes",
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column("exception_id", sa.String(length=20), nullable=False),
        sa.Column("change", sa.String(length=8), nullable=False),
        sa.PrimaryKeyConstraint("agency", "exception_id"),
        schema=schema,
    )
    if not is_sqlite:
        op.execute(
            f"DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{WRITER}') THEN"
            f" GRANT SELECT, INSERT, UPDATE, DELETE ON cmfc.duty_changes TO {WRITER}; END IF; END $$"
        )
